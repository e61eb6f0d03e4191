"""What goes to the recycle bin together, what comes back, what is gone for good, and what a merge hands over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from facts import fact
from sim_salesforce import Org, new_org

DAY = 86400


def alive(org: Org, obj: str) -> list[str]:
    return [r["Id"] for r in org.rows(f"SELECT Id FROM {obj} ORDER BY Id")]


def family(org: Org) -> dict[str, str]:
    """An Account with a Contact, an Opportunity, a role, a Task of each, and a membership."""
    account = org.account()
    contact, deal = org.contact(AccountId=account), org.opportunity(AccountId=account)
    role = org.sim.create("OpportunityContactRole", {"OpportunityId": deal, "ContactId": contact})
    member = org.sim.create("CampaignMember", {"CampaignId": org.campaign(), "ContactId": contact})
    task = org.sim.create("Task", {"WhoId": contact, "WhatId": deal})
    return {
        "Account": account,
        "Contact": contact,
        "Opportunity": deal,
        "OpportunityContactRole": role,
        "CampaignMember": member,
        "Task": task,
    }


# -- the recycle bin ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "obj", ["Contact", "Opportunity", "OpportunityContactRole", "CampaignMember", "Task"]
)
@fact(
    "salesforce",
    "delete",
    "Deleting an Account takes its Contacts, Opportunities and all of theirs along.",
    "doc",
)
def test_an_account_takes_its_family_along(obj: str) -> None:
    org = new_org()
    ids = family(org)
    assert org.send("DELETE", f"sobjects/Account/{ids['Account']}").status == 204
    assert alive(org, obj) == []
    assert [r["Id"] for r in org.rows(f"SELECT Id FROM {obj} WHERE IsDeleted = true", "queryAll")] == [
        ids[obj]
    ]


@fact("salesforce", "delete", "Undeleting an Account brings back what went with it, and nothing else.", "doc")
def test_what_went_together_comes_back_together() -> None:
    org = new_org()
    ids = family(org)
    before = org.contact(AccountId=ids["Account"], LastName="Early")
    org.sim.delete("Contact", before)
    org.sim.delete("Account", ids["Account"])
    org.sim.undelete("Account", ids["Account"])
    for obj in ("Contact", "Opportunity", "OpportunityContactRole", "CampaignMember", "Task"):
        assert alive(org, obj) == [ids[obj]]


@fact(
    "salesforce",
    "delete",
    "An Account with won Opportunities is not deleted.",
    "assumed",
    "won_keeps_account",
)
@pytest.mark.parametrize("kept", [True, False])
def test_a_won_opportunity_keeps_its_account(kept: bool) -> None:
    org = new_org()
    org.sim.switches.won_keeps_account = kept
    account = org.account()
    org.opportunity(AccountId=account, StageName="Closed Won")
    answer = org.send("DELETE", f"sobjects/Account/{account}")
    if kept:
        assert (answer.status, answer.code) == (400, "DELETE_FAILED")
    else:
        assert answer.status == 204


@fact("salesforce", "delete", "Deleting a Contact leaves its Account and its Opportunities.", "doc")
def test_a_contact_goes_alone() -> None:
    org = new_org()
    ids = family(org)
    org.sim.delete("Contact", ids["Contact"])
    assert alive(org, "Account") == [ids["Account"]]
    assert alive(org, "Opportunity") == [ids["Opportunity"]]
    assert alive(org, "OpportunityContactRole") == alive(org, "CampaignMember") == alive(org, "Task") == []


@fact("salesforce", "delete", "Deleting a Campaign takes its members and their statuses along.", "doc")
def test_a_campaign_takes_its_members_along() -> None:
    org = new_org()
    campaign = org.campaign()
    org.sim.create("CampaignMember", {"CampaignId": campaign, "LeadId": org.lead()})
    org.sim.delete("Campaign", campaign)
    assert alive(org, "CampaignMember") == alive(org, "CampaignMemberStatus") == []
    assert len(alive(org, "Lead")) == 1


@fact("salesforce", "delete", "Deleting an Opportunity takes its history along.", "doc")
def test_an_opportunity_takes_its_history_along() -> None:
    org = new_org()
    org.sim.delete("Opportunity", org.opportunity())
    assert alive(org, "OpportunityHistory") == []


def test_what_goes_along_is_the_systems_work() -> None:
    org = new_org()
    account = org.account()
    contact = org.contact(AccountId=account)
    org.send("DELETE", f"sobjects/Account/{account}")
    done = [(e.actor, e.op, e.id) for e in org.ledger.entries[-2:]]
    assert done == [("api", "delete", account), ("system", "delete", contact)]


@fact("salesforce", "delete", "Rows stay in the recycle bin for 15 days.", "doc")
def test_the_bin_is_emptied_after_15_days() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.delete("Lead", lead)
    org.clock.advance(15 * DAY - 1)
    assert org.sim.empty_bin() == 0
    org.clock.advance(1)
    assert org.sim.empty_bin() == 1
    assert org.rows("SELECT Id FROM Lead", "queryAll") == []


@fact("salesforce", "delete", "A hard-deleted row is gone from queryAll at once.", "seen")
def test_a_purged_row_is_gone_from_query_all() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.delete("Lead", lead)
    assert len(org.rows("SELECT Id FROM Lead", "queryAll")) == 1
    org.sim.purge("Lead", lead)
    assert org.rows("SELECT Id FROM Lead", "queryAll") == []


def deleted(org: Org, obj: str = "Lead") -> Any:
    now = org.clock.now()
    window = {
        "start": (now - timedelta(days=10)).isoformat(),
        "end": (now + timedelta(minutes=2)).isoformat(),
    }
    answer = org.send("GET", f"sobjects/{obj}/deleted", query=window)
    assert answer.status == 200, answer.body
    return answer.body


@fact("salesforce", "delete", "getDeleted still tells of a hard-deleted row until its log is purged.", "seen")
def test_the_log_outlives_the_row() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.delete("Lead", lead)
    org.sim.purge("Lead", lead)
    assert [d["id"] for d in deleted(org)["deletedRecords"]] == [lead]
    org.clock.advance(60)
    org.sim.purge_log()
    assert deleted(org)["deletedRecords"] == []


# -- merge ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("obj", "field"),
    [("Contact", "AccountId"), ("Opportunity", "AccountId"), ("Task", "WhatId"), ("Account", "ParentId")],
)
@fact(
    "salesforce",
    "merge",
    "A merge of Accounts hands Contacts, Opportunities, activities and children over.",
    "doc",
)
def test_an_account_merge_hands_over(obj: str, field: str) -> None:
    org = new_org()
    winner, loser = org.account(Name="A"), org.account(Name="B")
    more: dict[str, Any] = {
        "Contact": {"LastName": "x"},
        "Opportunity": {"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-12-01"},
        "Account": {"Name": "C"},
    }
    child = org.sim.create(obj, {field: loser, **more.get(obj, {})})
    org.sim.merge("Account", winner, [loser])
    assert org.row(obj, child)[field] == winner


@pytest.mark.parametrize(
    ("obj", "field"),
    [("OpportunityContactRole", "ContactId"), ("CampaignMember", "ContactId"), ("Task", "WhoId")],
)
@fact("salesforce", "merge", "A merge of Contacts hands roles, memberships and activities over.", "doc")
def test_a_contact_merge_hands_over(obj: str, field: str) -> None:
    org = new_org()
    winner, loser = org.contact(), org.contact()
    more: dict[str, Any] = {
        "OpportunityContactRole": {"OpportunityId": org.opportunity()},
        "CampaignMember": {"CampaignId": org.campaign()},
    }
    child = org.sim.create(obj, {field: loser, **more.get(obj, {})})
    org.sim.merge("Contact", winner, [loser])
    assert org.row(obj, child)[field] == winner


@fact("salesforce", "merge", "A merge of Leads hands memberships and activities over.", "doc")
def test_a_lead_merge_hands_over() -> None:
    org = new_org()
    winner, loser = org.lead(), org.lead()
    member = org.sim.create("CampaignMember", {"CampaignId": org.campaign(), "LeadId": loser})
    task = org.sim.create("Task", {"WhoId": loser})
    org.sim.merge("Lead", winner, [loser])
    row = org.row("CampaignMember", member)
    assert (row["LeadId"], row["LeadOrContactId"], org.row("Task", task)["WhoId"]) == (winner, winner, winner)


@fact("salesforce", "merge", "A membership that winner and loser share is not doubled.", "doc")
def test_a_shared_membership_stays_single() -> None:
    org = new_org()
    winner, loser, campaign = org.contact(), org.contact(), org.campaign()
    for contact in (winner, loser):
        org.sim.create("CampaignMember", {"CampaignId": campaign, "ContactId": contact})
    org.sim.merge("Contact", winner, [loser])
    assert org.rows("SELECT ContactId FROM CampaignMember") == [{"ContactId": winner}]
    assert org.one("SELECT NumberOfContacts FROM Campaign") == {"NumberOfContacts": 1}


@fact("salesforce", "merge", "Rows handed over by a merge fire no triggers.", "seen")
def test_reparenting_fires_no_triggers() -> None:
    org = new_org()
    winner, loser = org.account(Name="A"), org.account(Name="B")
    org.contact(AccountId=loser)
    org.sim.setup.failing_trigger("Contact", "System.NullPointerException")
    org.sim.merge("Account", winner, [loser])
    assert org.one("SELECT AccountId FROM Contact") == {"AccountId": winner}


@fact("salesforce", "merge", "A merge fires a delete for each loser and one update for the winner.", "doc")
def test_a_merge_fires_triggers() -> None:
    org = new_org()
    winner, one, two = (org.account(Name=n) for n in "abc")
    fired: list[tuple[str, bool]] = []
    org.sim.org.rules.afters.append(
        lambda _entity, row, _old: fired.append((str(row["Id"]), bool(row["IsDeleted"])))
    )
    org.sim.merge("Account", winner, [one, two])
    assert fired == [(one, True), (two, True), (winner, False)]


def test_a_merge_brings_what_is_derived_up_to_date() -> None:
    org = new_org()
    org.sim.setup.roll_up("Account", "People__c", "Contact", "AccountId", lambda rows: float(len(rows)))
    winner, loser = org.account(), org.account()
    org.contact(AccountId=loser)
    org.sim.create("Task", {"WhatId": loser, "Status": "Completed", "ActivityDate": "2026-11-01"})
    org.sim.merge("Account", winner, [loser])
    row = org.row("Account", winner)
    assert (row["People__c"], row["LastActivityDate"]) == (1.0, "2026-11-01")


@fact("salesforce", "merge", "Merges make chains of MasterRecordId, each pointing at its own winner.", "seen")
def test_merges_chain() -> None:
    org = new_org()
    one, two, three = org.lead(), org.lead(), org.lead()
    org.sim.merge("Lead", two, [one])
    org.sim.merge("Lead", three, [two])
    rows = org.rows("SELECT Id, MasterRecordId FROM Lead WHERE IsDeleted = true ORDER BY Id", "queryAll")
    assert [(r["Id"], r["MasterRecordId"]) for r in rows] == [(one, two), (two, three)]


@fact("salesforce", "merge", "A loser of a merge takes no write: ENTITY_IS_DELETED.", "doc")
def test_a_loser_takes_no_write() -> None:
    org = new_org()
    winner, loser = org.lead(), org.lead()
    org.sim.merge("Lead", winner, [loser])
    answer = org.patch("Lead", loser, City="Ulm")
    assert (answer.status, answer.code) == (404, "ENTITY_IS_DELETED")


@fact(
    "salesforce", "merge", "An external id of a merged record may count as taken until it is hard-deleted.", "assumed",
    "deleted_keys_clash",
)  # fmt: skip
@pytest.mark.parametrize("clash", [True, False])
def test_a_losers_key(clash: bool) -> None:
    org = new_org()
    org.key_field()
    org.sim.switches.deleted_keys_clash = clash
    winner, loser = org.lead(), org.lead(crmsync_id__c="k1")
    org.sim.merge("Lead", winner, [loser])
    answer = org.patch("Lead", winner, crmsync_id__c="k1")
    assert answer.status == (400 if clash else 204)
    if clash:
        assert answer.code == "DUPLICATE_VALUE"
        org.sim.purge("Lead", loser)
        assert org.patch("Lead", winner, crmsync_id__c="k1").status == 204
