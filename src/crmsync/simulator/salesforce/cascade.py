"""What hangs on a row: who goes to the recycle bin with it, and who follows the winner of a merge."""

from __future__ import annotations

from collections.abc import Iterator

from crmsync.simulator.salesforce.catalog_history import HISTORY
from crmsync.simulator.salesforce.rows import live
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Tenant

Link = tuple[str, str]
"""(object, its reference to the row)."""
_DEPENDENTS: dict[str, tuple[Link, ...]] = {
    "Account": (
        ("Contact", "AccountId"),
        ("Opportunity", "AccountId"),
        ("Task", "WhatId"),
        ("Event", "WhatId"),
    ),
    "Contact": (
        ("OpportunityContactRole", "ContactId"),
        ("CampaignMember", "ContactId"),
        ("Task", "WhoId"),
        ("Event", "WhoId"),
    ),
    "Lead": (("CampaignMember", "LeadId"), ("Task", "WhoId"), ("Event", "WhoId")),
    "Opportunity": (
        ("OpportunityContactRole", "OpportunityId"),
        ("OpportunityHistory", "OpportunityId"),
        ("Task", "WhatId"),
        ("Event", "WhatId"),
    ),
    "Campaign": (
        ("CampaignMember", "CampaignId"),
        ("CampaignMemberStatus", "CampaignId"),
        ("Task", "WhatId"),
        ("Event", "WhatId"),
    ),
}
"""Deleted with the row, and restored with it."""
_CHILDREN: dict[str, tuple[Link, ...]] = {
    "Account": (
        ("Contact", "AccountId"),
        ("Account", "ParentId"),
        ("Opportunity", "AccountId"),
        ("Task", "WhatId"),
        ("Event", "WhatId"),
    ),
    "Contact": (("Contact", "ReportsToId"), *_DEPENDENTS["Contact"]),
    "Lead": _DEPENDENTS["Lead"],
}
"""Handed over to the winner of a merge."""


def dependents(org: Tenant, entity: Entity, record_id: str) -> Iterator[tuple[Entity, Row]]:
    """The live rows that are deleted together with a row, one level down."""
    yield from _linked(org, _DEPENDENTS.get(entity.name, ()), record_id)
    history = HISTORY.get(entity.name)
    if history is not None:
        yield from _linked(org, ((history, f"{entity.name}Id"),), record_id)


def children(org: Tenant, entity: Entity, record_id: str) -> Iterator[tuple[Entity, str, Row]]:
    """The live rows that a merge hands over, each with the reference that changes."""
    for name, field in _CHILDREN.get(entity.name, ()):
        for row in live(org, name, field, record_id):
            yield org.schema.entities[name], field, row


def _linked(org: Tenant, links: tuple[Link, ...], record_id: str) -> Iterator[tuple[Entity, Row]]:
    for name, field in links:
        for row in live(org, name, field, record_id):
            yield org.schema.entities[name], row
