"""Which object derives what when a row is saved: before the checks (`fill`) and after the write (`saved`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from crmsync.simulator.salesforce import activities, campaigns, opportunities, people
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant

Step = Callable[[Tenant, Entity, Row, Row | None, Actor], None]
"""(org, object, row as it will be or is, row as it was, who). May raise ApiError."""

FILL: Final[Mapping[str, Step]] = {
    "Lead": people.fill,
    "Contact": people.fill,
    "User": people.user_fill,
    "Opportunity": opportunities.fill,
    "Task": activities.fill,
    "Event": activities.fill,
    "CampaignMember": campaigns.member_fill,
    "CampaignMemberStatus": campaigns.status_fill,
}
SAVED: Final[Mapping[str, tuple[Step, ...]]] = {
    "Opportunity": (opportunities.saved, campaigns.opportunity_saved),
    "OpportunityContactRole": (opportunities.role_saved,),
    "Task": (activities.saved,),
    "Event": (activities.saved,),
    "Campaign": (campaigns.saved,),
    "CampaignMember": (campaigns.member_saved,),
    "CampaignMemberStatus": (campaigns.status_saved,),
}


def fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """What the vendor puts into the row itself."""
    for feature in org.rules.fills:
        feature(entity, row, old, actor)
    step = FILL.get(entity.name)
    if step is not None:
        step(org, entity, row, old, actor)


def saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """What the vendor does to other rows. On a delete `row` is the deleted one, on a restore `old` is."""
    for step in SAVED.get(entity.name, ()):
        step(org, entity, row, old, actor)
