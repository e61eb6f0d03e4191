"""What the vendor derives for Leads, Contacts and Users: the whole name, and whether mail to them bounced."""

from __future__ import annotations

from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant


def fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """A person's name is made of its parts; a new address has not bounced."""
    parts = (row.get("FirstName"), row.get("LastName"))
    row["Name"] = " ".join(str(p) for p in parts if p) or None
    if old is not None and row.get("Email") != old.get("Email") and org.switches.email_change_resets_bounce:
        for name in ("EmailBouncedReason", "EmailBouncedDate"):
            if row.get(name) == old.get(name):
                row[name] = None
    if entity.name == "Contact":
        row["IsEmailBounced"] = row.get("EmailBouncedDate") is not None


def user_fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """A user's name is made of its parts."""
    parts = (row.get("FirstName"), row.get("LastName"))
    row["Name"] = " ".join(str(p) for p in parts if p) or None
