"""Campaigns in Salesforce and who is in them: started by marketing, joined by Leads and Contacts, some of whom respond."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from crmsync.simulator.world.scene import Scene
from crmsync.simulator.world.souls import PERSON

KINDS = ("Webinar", "Conference", "Email", "Trade Show")


def start_campaign(scene: Scene) -> bool:
    today = scene.town.today
    kind = scene.rng.choice(KINDS)
    values = {
        "Name": f"{kind} {today.isoformat()}",
        "Type": kind,
        "Status": "In Progress",
        "IsActive": True,
        "StartDate": today.isoformat(),
        "EndDate": (today + timedelta(days=30)).isoformat(),
        "BudgetedCost": scene.rng.randint(5, 200) * 100,
    }
    scene.town.campaigns.append(scene.create("Campaign", values))
    return True


def join_campaign(scene: Scene) -> bool:
    """Somebody is put on the list of one of the latest campaigns."""
    town = scene.town
    soul = scene.somebody()
    sales = scene.on_salesforce(soul)
    if soul is None or sales is None:
        return False
    if not town.campaigns and not (town.habits.start_campaign and scene.play("start_campaign")):
        return False
    campaign = scene.rng.choice(town.campaigns[-4:])
    if campaign in soul.campaigns:
        return False
    who = "ContactId" if sales[0] == PERSON else "LeadId"
    soul.campaigns[campaign] = scene.create("CampaignMember", {"CampaignId": campaign, who: sales[1]})
    town.invited.append(soul.number)
    return True


def respond_to_campaign(scene: Scene) -> bool:
    """Somebody who was invited comes; the interested do so more often."""
    town = scene.town
    if not town.invited:
        return False
    soul = town.roster.souls[scene.rng.choice(town.invited[-200:])]
    if scene.rng.random() > 0.3 + soul.truth.interest or scene.on_salesforce(soul) is None:
        return False
    campaign, member = next(reversed(soul.campaigns.items()))
    if campaign in soul.responded:
        return False
    scene.edit("CampaignMember", member, {"Status": "Responded"})
    soul.responded.add(campaign)
    return True


BY_CAMPAIGNS: Mapping[str, Callable[[Scene], bool]] = {
    "start_campaign": start_campaign,
    "join_campaign": join_campaign,
    "respond_to_campaign": respond_to_campaign,
}
"""Acts of an office, in its working hours."""
