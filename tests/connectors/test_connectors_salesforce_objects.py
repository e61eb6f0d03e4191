"""Salesforce objects beside people: five to a call, each by its own stamp; deletes of every kind; activities and members."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from test_connectors_salesforce_org import Org, drained, scanned

from crmsync.errors import FatalError
from crmsync.model.records import Stamp
from crmsync.simulator.faults import Fault

OBJECTS = (
    "Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "OpportunityHistory",
    "Task", "Event", "Campaign", "CampaignMember",
)  # fmt: skip


def described(org: Org, *objects: str) -> Org:
    """Ask for the descriptions now, so that they do not count later."""
    for obj in objects:
        org.crm.describe(obj)
    org.calls()
    return org


def a_deal(org: Org, **more: object) -> str:
    values = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-06-30", "Amount": 100}
    return org.sim.create("Opportunity", values | more)


def told(org: Org, obj: str, since: datetime) -> list[tuple[str, bool]]:
    return [(s.id, s.deleted) for s in drained(org.crm, {obj: since})]


# -- changes --------------------------------------------------------------------------------------------------
def test_ten_objects_are_asked_in_two_calls() -> None:
    org = described(Org(), *OBJECTS)
    org.clock.advance(3600)
    since = org.clock.now()
    contact = org.sim.create("Contact", {"LastName": "C"})
    deal = a_deal(org)
    task = org.sim.create("Task", {"Subject": "Call", "WhoId": contact})
    org.calls()
    stamps = drained(org.crm, dict.fromkeys(OBJECTS, since))
    assert org.calls() == 2
    assert {(s.object, s.id) for s in stamps} >= {("Contact", contact), ("Opportunity", deal), ("Task", task)}
    assert "OpportunityHistory" in {s.object for s in stamps}


def test_the_history_of_an_opportunity_is_read_as_it_grows() -> None:
    org = described(Org(), "OpportunityHistory")
    deal = a_deal(org)
    org.clock.advance(3600)
    since = org.clock.now()
    org.sim.edit("Opportunity", deal, {"StageName": "Closed Won"})
    ((row, deleted),) = told(org, "OpportunityHistory", since)
    assert not deleted
    (record,) = org.crm.read("OpportunityHistory", [row], ("OpportunityId", "StageName", "Amount"))
    assert record.values == {"OpportunityId": deal, "StageName": "Closed Won", "Amount": 100}
    assert record.version == since
    whole = scanned(org.crm, "OpportunityHistory", ("StageName",))
    assert [r.values["StageName"] for r in whole] == ["Prospecting", "Closed Won"]


def test_rows_that_have_no_stamp_but_their_creation_are_read_by_that() -> None:
    org = described(Org(), "LeadHistory")
    org.sim.org.rules.tracked["Lead"] = frozenset({"Status"})
    assert "SystemModstamp" not in org.crm.describe("LeadHistory").fields
    (lead,) = org.leads(1)
    org.clock.advance(3600)
    since = org.clock.now()
    org.sim.edit("Lead", lead, {"Status": "Working - Contacted"})
    ((row, _),) = told(org, "LeadHistory", since)
    (record,) = org.crm.read("LeadHistory", [row], ("LeadId", "Field", "NewValue"))
    assert (record.version, record.values["LeadId"], record.values["Field"]) == (since, lead, "Status")


def test_rows_of_one_stamp_are_each_told_although_every_locator_is_lost() -> None:
    org = described(Org(), "Lead")
    ids = org.leads(900)
    org.sim.switches.page_size = 200
    org.faults.add(Fault("locator_expired", match="GET", count=3))
    stamps: list[Stamp] = drained(org.crm, {"Lead": org.clock.now()})
    assert org.faults.fired["locator_expired"] == 3
    assert [s.id for s in stamps] == sorted(ids)


# -- deletes --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("obj", ["Lead", "Contact", "Account", "Opportunity", "Task", "Campaign"])
def test_what_is_in_the_recycle_bin_is_a_change_and_in_the_log_until_it_is_restored(obj: str) -> None:
    org = described(Org(), obj)
    named = {
        "Lead": {"LastName": "L", "Company": "A"},
        "Contact": {"LastName": "L"},
        "Task": {"Subject": "S"},
    }
    one = a_deal(org) if obj == "Opportunity" else org.sim.create(obj, named.get(obj, {"Name": "N"}))
    org.clock.advance(3600)
    since = org.clock.now()
    org.sim.delete(obj, one)
    assert told(org, obj, since) == [(one, True)]
    org.clock.advance(60)
    assert [(s.id, s.deleted) for s in org.crm.archived(obj, None).stamps] == [(one, True)]
    org.sim.undelete(obj, one)
    org.clock.advance(60)
    assert told(org, obj, org.clock.now() - timedelta(seconds=60))[-1:] == [(one, False)]
    assert org.crm.archived(obj, None).stamps == []


def test_what_was_purged_between_two_readings_is_told_by_the_log_of_deletions() -> None:
    org = described(Org(), "Lead")
    ids = org.leads(3)
    org.clock.advance(3600)
    since = org.clock.now()
    org.sim.delete("Lead", ids[0])
    org.sim.purge("Lead", ids[0])
    org.sim.delete("Lead", ids[1])
    assert told(org, "Lead", since) == [(ids[1], True)]
    org.clock.advance(120)
    org.calls()
    assert [(s.id, s.deleted, s.version) for s in org.crm.archived("Lead", None).stamps] == [
        (ids[0], True, since),
        (ids[1], True, since),
    ]
    assert org.calls() == 2
    assert [r.id for r in org.crm.read("Lead", ids, ("LastName",)) if not r.deleted] == [ids[2]]


def test_a_log_too_long_for_one_answer_is_read_in_parts() -> None:
    org = described(Org(), "Lead")
    ids = org.leads(6)
    for one in ids:
        org.sim.delete("Lead", one)
        org.sim.purge("Lead", one)
        org.clock.advance(86_400)
    org.sim.switches.updated_limit = 2
    assert {s.id for s in org.crm.archived("Lead", None).stamps} == set(ids)


def test_how_far_back_the_log_goes_is_told() -> None:
    org = described(Org(), "Lead")
    fresh = org.crm.archived("Lead", None).since
    assert fresh is not None and org.clock.now() - fresh > timedelta(days=14)
    org.clock.advance(7200)
    org.sim.purge_log()
    assert org.crm.archived("Lead", None).since == org.clock.now()


def test_the_log_is_read_in_full_once_and_then_a_day_back() -> None:
    org = described(Org(), "Lead")
    (old,) = org.leads(1)
    org.sim.delete("Lead", old)
    org.sim.purge("Lead", old)
    org.clock.advance(5 * 86_400)
    assert [s.id for s in org.crm.archived("Lead", None).stamps] == [old]
    assert org.crm.archived("Lead", None).stamps == []


# -- activities and members -----------------------------------------------------------------------------------
def test_activities_that_salesforce_archived_are_still_read() -> None:
    org = described(Org(), "Task")
    contact = org.sim.create("Contact", {"LastName": "C"})
    values = {"Subject": "Call", "WhoId": contact, "Status": "Completed", "ActivityDate": "2026-03-02"}
    old = org.sim.create("Task", values)
    org.clock.advance(2 * 366 * 86_400)
    org.sim.archive_activities()
    new = org.sim.create("Task", {"Subject": "Call", "WhoId": contact})
    gone = org.sim.create("Task", {"Subject": "Call", "WhoId": contact})
    org.sim.delete("Task", gone)
    assert [r.id for r in scanned(org.crm, "Task", ("Subject",))] == [old, new]
    assert {a.id for a in org.crm.associated("Contact", "Task", [contact])[contact]} == {old, new}


def test_whom_an_activity_is_about_is_told_per_object() -> None:
    org = described(Org())
    (lead,) = org.leads(1)
    contact = org.sim.create("Contact", {"LastName": "C"})
    deal = a_deal(org)
    call = org.sim.create("Task", {"Subject": "Call", "WhoId": contact, "WhatId": deal})
    mail = org.sim.create("Task", {"Subject": "Mail", "WhoId": lead})
    times = {"StartDateTime": "2026-03-02T10:00:00Z", "EndDateTime": "2026-03-02T11:00:00Z"}
    meeting = org.sim.create("Event", {"Subject": "Meet", "WhoId": contact} | times)

    def related(obj: str, to: str, *ids: str) -> dict[str, list[str]]:
        return {k: [a.id for a in v] for k, v in org.crm.associated(obj, to, ids).items()}

    assert related("Task", "Contact", call, mail) == {call: [contact]}
    assert related("Task", "Lead", call, mail) == {mail: [lead]}
    assert related("Task", "Opportunity", call, mail) == {call: [deal]}
    assert related("Lead", "Task", lead) == {lead: [mail]}
    assert related("Contact", "Event", contact) == {contact: [meeting]}


def test_members_of_a_campaign_are_people_with_their_status() -> None:
    org = described(Org())
    (lead, other) = org.leads(2)
    contact = org.sim.create("Contact", {"LastName": "C"})
    campaign = org.sim.create("Campaign", {"Name": "Fair"})
    for name, one in (("LeadId", lead), ("LeadId", other), ("ContactId", contact)):
        org.sim.create("CampaignMember", {"CampaignId": campaign, name: one, "Status": "Responded"})
    became = org.sim.convert(other)["contactId"]
    page = org.crm.members(campaign, None)
    assert {(m.object, m.id, m.status) for m in page.members} == {
        ("Lead", lead, "Responded"),
        ("Contact", became, "Responded"),
        ("Contact", contact, "Responded"),
    }
    assert page.next is None
    (found,) = org.crm.associated("Contact", "Campaign", [contact])[contact]
    assert (found.id, found.labels) == (campaign, ("Responded",))


def test_the_statuses_of_a_lead_say_which_mean_converted() -> None:
    stages = Org().crm.stages("Lead")
    assert [s.id for s in stages if s.won] == ["Closed - Converted"]
    assert not any(s.closed for s in stages[:2])


# -- what is not there ----------------------------------------------------------------------------------------
def test_a_pair_that_nothing_joins_is_said() -> None:
    with pytest.raises(FatalError, match="no way from Salesforce's Lead to Account"):
        Org().crm.associated("Lead", "Account", ["00Q000000000001AAA"])
