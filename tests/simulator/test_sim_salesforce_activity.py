"""Tasks and Events: whom they are about, when they are over, and what their records show of them."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Org, new_org

BY = {"Subject": "Call"}


def last(org: Org, obj: str) -> object:
    return org.one(f"SELECT LastActivityDate FROM {obj}")["LastActivityDate"]


# -- tasks ----------------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "activities",
    "A Task needs nothing: it is Not Started, of Normal priority, of subtype Task.",
    "doc",
)
def test_a_task_has_defaults() -> None:
    org = new_org()
    org.post("Task")
    row = org.one("SELECT Status, Priority, TaskSubtype, IsClosed, OwnerId FROM Task")
    assert row == {
        "Status": "Not Started",
        "Priority": "Normal",
        "TaskSubtype": "Task",
        "IsClosed": False,
        "OwnerId": org.sim.user_id,
    }


@fact("salesforce", "activities", "WhoId is a Contact or a Lead.", "doc")
def test_who_is_a_person() -> None:
    org = new_org()
    assert org.post("Task", WhoId=org.lead()).status == 201
    assert org.post("Task", WhoId=org.contact()).status == 201
    answer = org.post("Task", WhoId=org.account())
    assert (answer.code, answer.body[0]["fields"]) == ("FIELD_INTEGRITY_EXCEPTION", ["WhoId"])


@fact(
    "salesforce",
    "activities",
    "WhatId is an Account, an Opportunity, a Campaign or the like, never a person.",
    "doc",
)
def test_what_is_no_person() -> None:
    org = new_org()
    for made in (org.account(), org.opportunity(), org.campaign()):
        assert org.post("Task", WhatId=made).status == 201
    assert org.post("Task", WhatId=org.contact()).code == "FIELD_INTEGRITY_EXCEPTION"


@fact("salesforce", "activities", "With a Lead in WhoId, WhatId is empty.", "doc")
def test_a_lead_stands_alone() -> None:
    org = new_org()
    answer = org.post("Task", WhoId=org.lead(), WhatId=org.opportunity())
    assert (answer.code, answer.body[0]["fields"]) == ("FIELD_INTEGRITY_EXCEPTION", ["WhatId"])


@fact("salesforce", "activities", "IsClosed follows the Task's status by TaskStatus.", "doc")
def test_closed_follows_the_status() -> None:
    org = new_org()
    assert org.rows("SELECT ApiName FROM TaskStatus WHERE IsClosed = true") == [{"ApiName": "Completed"}]
    made = org.post("Task", Status="Completed").body["id"]
    assert org.row("Task", made)["IsClosed"] is True
    org.patch("Task", made, Status="Deferred")
    assert org.row("Task", made)["IsClosed"] is False


@fact(
    "salesforce",
    "activities",
    "CompletedDateTime says when a Task was closed and goes when it is opened.",
    "doc",
)
def test_completion_has_a_time() -> None:
    org = new_org()
    made = org.post("Task").body["id"]
    org.clock.advance(60)
    org.patch("Task", made, Status="Completed")
    org.clock.advance(60)
    org.patch("Task", made, Description="x")
    assert org.row("Task", made)["CompletedDateTime"] == "2026-11-02T09:31:15.000+0000"
    org.patch("Task", made, Status="In Progress")
    assert "CompletedDateTime" not in org.row("Task", made)


@pytest.mark.parametrize("name", ["IsClosed", "AccountId", "IsArchived", "IsHighPriority"])
@fact("salesforce", "activities", "What a Task derives cannot be written.", "doc")
def test_derived_task_fields_are_read_only(name: str) -> None:
    assert new_org().post("Task", **{name: None}).code == "INVALID_FIELD_FOR_INSERT_UPDATE"


@fact(
    "salesforce",
    "activities",
    "A Task's Account is what it is about, or that of its Opportunity or Contact.",
    "doc",
)
def test_a_task_belongs_to_an_account() -> None:
    org = new_org()
    account = org.account()
    contact, deal = org.contact(AccountId=account), org.opportunity(AccountId=account)
    for values in ({"WhatId": account}, {"WhatId": deal}, {"WhoId": contact}, {"WhoId": org.lead()}):
        org.post("Task", **values)
    rows = org.rows("SELECT AccountId FROM Task ORDER BY Id")
    assert [r["AccountId"] for r in rows] == [account, account, account, None]


@fact("salesforce", "activities", "ActivityDate of a Task is a date without a time.", "doc")
def test_the_due_date_is_a_date() -> None:
    org = new_org()
    org.post("Task", ActivityDate="2026-11-30")
    assert org.one("SELECT ActivityDate FROM Task") == {"ActivityDate": "2026-11-30"}


@fact("salesforce", "activities", "TaskSubtype takes only its own values, and only on create.", "doc")
def test_the_subtype_is_fixed() -> None:
    org = new_org()
    assert org.post("Task", TaskSubtype="Fax").code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    made = org.post("Task", TaskSubtype="Call").body["id"]
    assert org.patch("Task", made, TaskSubtype="Email").code == "INVALID_FIELD_FOR_INSERT_UPDATE"


@fact("salesforce", "activities", "A queue set up for Tasks may own them.", "assumed", "task_queues")
@pytest.mark.parametrize("allowed", [True, False])
def test_a_queue_may_own_a_task(allowed: bool) -> None:
    org = new_org()
    org.sim.switches.task_queues = allowed
    answer = org.post("Task", OwnerId=org.sim.setup.queue("Callers", "Task"))
    assert answer.status == (201 if allowed else 400)


# -- events ---------------------------------------------------------------------------------------------------
def event(org: Org, **values: Any) -> dict[str, Any]:
    answer = org.post("Event", **values)
    assert answer.status == 201, answer.body
    return org.one(
        "SELECT StartDateTime, EndDateTime, DurationInMinutes, ActivityDate, ActivityDateTime, IsAllDayEvent FROM Event"
    )


START = "2026-11-05T10:00:00.000+0000"


@fact("salesforce", "activities", "An Event needs a start and a length.", "doc")
def test_an_event_needs_times() -> None:
    org = new_org()
    answer = org.post("Event", Subject="Demo")
    assert (answer.code, answer.body[0]["fields"]) == (
        "REQUIRED_FIELD_MISSING",
        ["DurationInMinutes", "ActivityDateTime"],
    )
    answer = org.post("Event", StartDateTime=START)
    assert (answer.code, answer.body[0]["fields"]) == ("REQUIRED_FIELD_MISSING", ["DurationInMinutes"])


@fact("salesforce", "activities", "An Event's end follows from its start and its length.", "doc")
def test_the_end_follows_from_the_length() -> None:
    assert (
        event(new_org(), StartDateTime=START, DurationInMinutes=45)["EndDateTime"]
        == "2026-11-05T10:45:00.000+0000"
    )


@fact("salesforce", "activities", "An Event's length follows from its start and its end.", "doc")
def test_the_length_follows_from_the_end() -> None:
    found = event(new_org(), StartDateTime=START, EndDateTime="2026-11-05T11:30:00Z")
    assert found["DurationInMinutes"] == 90


@fact("salesforce", "activities", "An Event's length and end must agree when both are given.", "doc")
def test_length_and_end_agree() -> None:
    answer = new_org().post(
        "Event", StartDateTime=START, EndDateTime="2026-11-05T11:00:00Z", DurationInMinutes=5
    )
    assert answer.code == "FIELD_INTEGRITY_EXCEPTION"


@fact("salesforce", "activities", "An Event does not end before it starts.", "doc")
def test_an_event_goes_forward() -> None:
    answer = new_org().post("Event", StartDateTime=START, EndDateTime="2026-11-05T09:00:00Z")
    assert answer.code == "FIELD_INTEGRITY_EXCEPTION"


@pytest.mark.parametrize(("multiday", "most"), [(True, 14 * 1440), (False, 1440)])
@fact(
    "salesforce", "activities", "An Event lasts 14 days at most, or one where the org joins no days.", "seen",
    "multiday_events",
)  # fmt: skip
def test_an_event_is_short(multiday: bool, most: int) -> None:
    org = new_org()
    org.sim.switches.multiday_events = multiday
    assert org.post("Event", StartDateTime=START, DurationInMinutes=most).status == 201
    answer = org.post("Event", StartDateTime=START, DurationInMinutes=most + 1)
    assert (answer.code, answer.body[0]["message"]) == (
        "FIELD_INTEGRITY_EXCEPTION",
        f"Duration must be between 0 and {most} minutes: Duration",
    )


@fact(
    "salesforce", "activities", "ActivityDateTime and StartDateTime of an Event are one and the same.", "doc"
)
def test_both_names_of_the_start() -> None:
    found = event(new_org(), ActivityDateTime=START, DurationInMinutes=5)
    assert (found["StartDateTime"], found["ActivityDate"]) == (START, "2026-11-05")


@fact("salesforce", "activities", "An all-day Event is dated by ActivityDate and lasts whole days.", "doc")
def test_an_all_day_event() -> None:
    found = event(new_org(), IsAllDayEvent=True, ActivityDate="2026-11-05")
    assert found == {
        "StartDateTime": "2026-11-05T00:00:00.000+0000",
        "EndDateTime": "2026-11-05T00:00:00.000+0000",
        "DurationInMinutes": 1440,
        "ActivityDate": "2026-11-05",
        "ActivityDateTime": None,
        "IsAllDayEvent": True,
    }


@fact("salesforce", "activities", "Moving an Event's start keeps its length.", "doc")
def test_moving_the_start_keeps_the_length() -> None:
    org = new_org()
    event(org, StartDateTime=START, DurationInMinutes=30)
    made = org.one("SELECT Id FROM Event")["Id"]
    org.patch("Event", made, StartDateTime="2026-11-06T08:00:00Z")
    row = org.one("SELECT EndDateTime, DurationInMinutes, ActivityDate FROM Event")
    assert row == {
        "EndDateTime": "2026-11-06T08:30:00.000+0000",
        "DurationInMinutes": 30,
        "ActivityDate": "2026-11-06",
    }


# -- what records show ----------------------------------------------------------------------------------------
@fact("salesforce", "activities", "LastActivityDate is the due date of the latest closed Task.", "doc")
def test_a_closed_task_is_the_last_activity() -> None:
    org = new_org()
    lead = org.lead()
    org.post("Task", WhoId=lead, ActivityDate="2026-11-20")
    assert last(org, "Lead") is None
    for day in ("2026-11-10", "2026-11-03"):
        org.post("Task", WhoId=lead, ActivityDate=day, Status="Completed")
    assert last(org, "Lead") == "2026-11-10"


@fact("salesforce", "activities", "LastActivityDate is also the date of the latest Event.", "doc")
def test_an_event_is_an_activity() -> None:
    org = new_org()
    contact = org.contact()
    org.post("Event", WhoId=contact, StartDateTime=START, DurationInMinutes=5)
    assert last(org, "Contact") == "2026-11-05"


@pytest.mark.parametrize("obj", ["Contact", "Account", "Opportunity"])
@fact(
    "salesforce",
    "activities",
    "An activity counts for its Contact, its Opportunity and their Account.",
    "doc",
)
def test_an_activity_counts_for_all_its_records(obj: str) -> None:
    org = new_org()
    account = org.account()
    contact, deal = org.contact(AccountId=account), org.opportunity(AccountId=account)
    org.post("Task", WhoId=contact, WhatId=deal, ActivityDate="2026-11-01", Status="Completed")
    assert last(org, obj) == "2026-11-01"


@fact("salesforce", "activities", "LastActivityDate goes back when the activity is deleted.", "doc")
def test_a_deleted_activity_does_not_count() -> None:
    org = new_org()
    made = org.post("Task", WhoId=org.lead(), ActivityDate="2026-11-01", Status="Completed").body["id"]
    org.send("DELETE", f"sobjects/Task/{made}")
    assert last(org, "Lead") is None


@fact(
    "salesforce", "activities", "A new LastActivityDate leaves SystemModstamp alone, as derived fields do.", "assumed",
    "activity_date_moves_stamp",
)  # fmt: skip
@pytest.mark.parametrize("moves", [False, True])
def test_the_last_activity_and_the_stamp(moves: bool) -> None:
    org = new_org()
    org.sim.switches.activity_date_moves_stamp = moves
    lead = org.lead()
    before = org.row("Lead", lead)
    org.clock.advance(60)
    org.post("Task", WhoId=lead, ActivityDate="2026-11-01", Status="Completed")
    after = org.row("Lead", lead)
    assert (after["SystemModstamp"] > before["SystemModstamp"]) is moves
    assert after["LastModifiedDate"] == before["LastModifiedDate"]


@fact(
    "salesforce",
    "activities",
    "Activities that were over a year ago are archived: only queryAll shows them.",
    "doc",
)
def test_old_activities_are_archived() -> None:
    org = new_org()
    org.post("Task", ActivityDate="2025-10-01", Status="Completed")
    org.post("Task", ActivityDate="2025-10-01", Status="In Progress")
    org.post("Event", StartDateTime="2025-10-01T10:00:00Z", DurationInMinutes=5)
    assert org.sim.archive_activities() == 2
    assert [r["Status"] for r in org.rows("SELECT Status FROM Task")] == ["In Progress"]
    assert org.rows("SELECT Id FROM Event") == []
    assert len(org.rows("SELECT Id FROM Task WHERE IsArchived = true", "queryAll")) == 1


@fact(
    "salesforce", "sharing", "An activity is seen by its owner and by whoever sees what it is about.", "doc"
)
def test_activities_are_seen_with_their_records() -> None:
    org = new_org(private_sharing=True)
    rep = org.one("SELECT Id FROM User WHERE FirstName = 'Rosa'")["Id"]
    mine, theirs = org.lead(), org.lead(OwnerId=rep)
    for who, owner, subject in ((theirs, rep, "no"), (mine, rep, "lead"), (theirs, org.sim.user_id, "owner")):
        org.sim.create("Task", {"WhoId": who, "OwnerId": owner, "Subject": subject})
    assert [r["Subject"] for r in org.rows("SELECT Subject FROM Task ORDER BY Id")] == ["lead", "owner"]
