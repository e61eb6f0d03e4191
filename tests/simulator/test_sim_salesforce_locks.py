"""Row locks: who waits for whom, and what the error says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from facts import fact
from sim_salesforce import Org, new_org

BUSY = "unable to obtain exclusive access to this record or 1 records: "


def locked(*, inside: str = "") -> tuple[Org, str, str]:
    """An org with an Account that somebody holds for 30 s, and a Contact of it."""
    org = new_org()
    account = org.account()
    contact = org.contact(AccountId=account)
    org.sim.setup.lock([account], org.clock.now() + timedelta(seconds=30), inside)
    return org, account, contact


@fact(
    "salesforce", "locks", "A write to a row that another transaction holds fails: UNABLE_TO_LOCK_ROW.", "doc"
)
def test_a_locked_row() -> None:
    org, account, _ = locked()
    answer = org.patch("Account", account, Site="x")
    assert answer.status == 400
    assert answer.body == [{"message": BUSY + account, "errorCode": "UNABLE_TO_LOCK_ROW", "fields": []}]


@fact(
    "salesforce",
    "locks",
    "A write to a Contact locks its Account, so it waits for whoever holds that.",
    "seen",
)
def test_a_child_of_a_locked_account() -> None:
    org, account, contact = locked()
    answer = org.patch("Contact", contact, Title="x")
    assert (answer.code, answer.body[0]["message"]) == ("UNABLE_TO_LOCK_ROW", BUSY + account)
    assert org.post("Contact", LastName="x", AccountId=account).code == "UNABLE_TO_LOCK_ROW"
    assert org.send("DELETE", f"sobjects/Contact/{contact}").code == "UNABLE_TO_LOCK_ROW"
    assert org.post("Contact", LastName="x").status == 201


@fact("salesforce", "locks", "Moving a Contact to another Account locks both.", "seen")
def test_moving_locks_both_parents() -> None:
    org, account, contact = locked()
    assert org.patch("Contact", contact, AccountId=org.account()).code == "UNABLE_TO_LOCK_ROW"
    assert org.patch("Contact", org.contact(), AccountId=account).code == "UNABLE_TO_LOCK_ROW"


@pytest.mark.parametrize("obj", ["Opportunity", "Task"])
@fact("salesforce", "locks", "Opportunities and activities lock their Account as well.", "seen")
def test_other_children(obj: str) -> None:
    org, account, _ = locked()
    values: dict[str, dict[str, Any]] = {
        "Opportunity": {
            "Name": "x",
            "StageName": "Prospecting",
            "CloseDate": "2026-12-01",
            "AccountId": account,
        },
        "Task": {"WhatId": account},
    }
    assert org.post(obj, **values[obj]).code == "UNABLE_TO_LOCK_ROW"


@fact("salesforce", "locks", "A lock ends with the transaction that holds it.", "doc")
def test_a_lock_ends() -> None:
    org, account, _ = locked()
    org.clock.advance(30)
    assert org.patch("Account", account, Site="x").status == 204


@fact("salesforce", "locks", "Reading does not wait for locks.", "doc")
def test_reading_goes_on() -> None:
    org, account, _ = locked()
    assert org.send("GET", f"sobjects/Account/{account}").status == 200
    assert len(org.rows("SELECT Id FROM Contact")) == 1


@fact(
    "salesforce",
    "locks",
    "Rows of one Collections call never lock each other, also under one Account.",
    "seen",
)
def test_rows_of_one_call_share_their_locks() -> None:
    org = new_org()
    account = org.account()
    rows = [{"attributes": {"type": "Contact"}, "LastName": str(n), "AccountId": account} for n in range(5)]
    answer = org.send("POST", "composite/sobjects", {"records": rows})
    assert [r["success"] for r in answer.body] == [True] * 5


@fact("salesforce", "locks", "In Collections only the rows that meet the lock fail.", "doc")
def test_other_rows_of_the_call_succeed() -> None:
    org, account, _ = locked()
    rows = [
        {"attributes": {"type": "Contact"}, "LastName": "x", "AccountId": a} for a in (account, org.account())
    ]
    answer = org.send("POST", "composite/sobjects", {"records": rows})
    assert [r["success"] for r in answer.body] == [False, True]
    assert answer.body[0]["errors"] == [
        {"statusCode": "UNABLE_TO_LOCK_ROW", "message": BUSY + account, "fields": []}
    ]


@fact(
    "salesforce",
    "locks",
    "A trigger that meets a lock wraps it: CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.",
    "seen",
)
def test_a_lock_inside_a_trigger() -> None:
    org, _, contact = locked(inside="ContactTrigger")
    answer = org.patch("Contact", contact, Title="x")
    assert answer.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert "ContactTrigger: execution of AfterUpdate" in answer.body[0]["message"]
    assert "UNABLE_TO_LOCK_ROW" in answer.body[0]["message"]


def test_people_meet_locks_too() -> None:
    org, account, _ = locked()
    with pytest.raises(Exception, match="UNABLE_TO_LOCK_ROW"):
        org.sim.edit("Account", account, {"Site": "x"})
