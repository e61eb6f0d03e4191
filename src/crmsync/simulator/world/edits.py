"""People who change a value here and there at once, without a life around it: for tests and the demo."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from crmsync.simulator.people import PLACES, TITLES, dial
from crmsync.simulator.world.peopled import Peopled


@dataclass(frozen=True, slots=True)
class Edit:
    """One human edit that was made."""

    side: str
    object: str
    id: str
    values: Mapping[str, str]


_EDITABLE: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("hubspot", "contacts"): ("jobtitle", "phone", "city"),
    ("salesforce", "Lead"): ("Title", "Phone", "City"),
    ("salesforce", "Contact"): ("Title", "Phone", "MailingCity"),
}


def humans(cluster: Peopled, rng: random.Random, edits: int) -> list[Edit]:
    """Let people change the title, phone or city of random live people on either side; returns what they did.

    A second of virtual time passes between two edits. Nobody blanks a value, and converted Leads are left alone.
    """
    people = _live(cluster)
    made = []
    for _ in range(edits if people else 0):
        side, obj, id = rng.choice(people)
        title, phone, city = _EDITABLE[(side, obj)]
        place = rng.choice(PLACES)
        values: dict[str, str] = rng.choice(
            (
                {title: rng.choice(TITLES)},
                {phone: dial(place.abroad, f"{rng.randrange(10_000):04d}")},
                {city: place.city},
            )
        )
        crm = cluster.hubspot if side == "hubspot" else cluster.salesforce
        crm.edit(obj, id, dict(values))
        cluster.clock.advance(1.0)
        made.append(Edit(side, obj, id, values))
    return made


def _live(cluster: Peopled) -> list[tuple[str, str, str]]:
    left = cluster.hubspot.state().get("contacts", [])
    people = [("hubspot", "contacts", str(row["id"])) for row in left if not row.get("archived")]
    right = cluster.salesforce.state()
    for obj in ("Lead", "Contact"):
        rows = (r for r in right.get(obj, []) if not r.get("IsDeleted") and not r.get("IsConverted"))
        people += [("salesforce", obj, str(row["Id"])) for row in rows]
    return people
