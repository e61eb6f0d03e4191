"""What the vendor derives for Leads, Contacts and Users: the whole name, and whether mail to them bounced."""

from __future__ import annotations

from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant


def fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """A person's name is made of its parts; a Contact's address bounced when there is a date of it."""
    user_fill(org, entity, row, old, actor)
    if entity.name == "Contact":
        row["IsEmailBounced"] = row.get("EmailBouncedDate") is not None


def unbounced(org: Tenant, entity: Entity, row: Row, old: Row | None) -> Row:
    """What the vendor clears when a Lead or Contact gets a new address, which has not bounced yet."""
    if old is None or entity.name not in _BOUNCING or row.get("Email") == old.get("Email"):
        return {}
    if not org.switches.email_change_resets_bounce:
        return {}
    return {n: None for n in _BOUNCE if row.get(n) is not None and row[n] == old.get(n)}


_BOUNCING = frozenset({"Lead", "Contact"})
_BOUNCE = ("EmailBouncedReason", "EmailBouncedDate")


def user_fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """A user's name is made of its parts."""
    parts = (row.get("FirstName"), row.get("LastName"))
    row["Name"] = " ".join(str(p) for p in parts if p) or None
