"""Heavy flows: the org's own automation costs more than a full call may, and changes what was saved.

Three of them: a trigger that runs out of CPU time or queries when a call has many rows (all of its rows fail), a
flow that writes titles out before the save, and one that counts the saves of a record after it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.profiles.shaping import Profile
from crmsync.simulator.salesforce.rows import touch
from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.tenant import Actor

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim

MOST: Final = {"Lead": 40, "Contact": 60}
"""Rows of one transaction that the triggers get through."""

LIMITS: Final = {
    "Lead": "LeadRouting: System.LimitException: Apex CPU time limit exceeded",
    "Contact": "ContactEnrichment: System.LimitException: Too many SOQL queries: 101",
}
COUNTER: Final = "Times_Routed__c"
_SHORT: Final = ((re.compile(r"\bVP\b"), "Vice President"), (re.compile(r"\bHR\b"), "Human Resources"))


def _shape(sim: SalesforceSim) -> None:
    org = sim.org
    for obj in MOST:
        sim.add_field(obj, Field(COUNTER, "double"))

    def routed(entity: Entity, row: Row, old: Row | None) -> None:
        if org.chunk > MOST.get(entity.name, org.chunk):
            raise row_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", LIMITS[entity.name])

    def counted(entity: Entity, row: Row, old: Row | None) -> None:
        if entity.name not in MOST:
            return
        was = row.get(COUNTER)
        count = float(was or 0) + 1
        touch(org, entity, row, {COUNTER: count}, org.user_id)
        system = Actor("system", org.user_id)
        org.record(
            system, "update", entity, str(row["Id"]), {COUNTER: was}, {COUNTER: count}, org.clock.now()
        )

    org.automations += [routed, _written_out]
    org.rules.afters.append(counted)


def _written_out(entity: Entity, row: Row, old: Row | None) -> None:
    title = row.get("Title") if entity.name in MOST else None
    if isinstance(title, str):
        for short, long in _SHORT:
            title = short.sub(long, title)
        row["Title"] = title


PROFILE = Profile(
    "heavy-flows", "its triggers fail when a call has many rows, and its flows change what is saved", _shape
)
