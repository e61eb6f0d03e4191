"""Lead assignment rules: on by default, by id, off; and what they leave alone."""

from __future__ import annotations

import pytest
from facts import fact
from sim_salesforce import Org, new_org


def ruled() -> tuple[Org, str, str]:
    """An org with an active rule that gives every Lead to Rosa; her id and the rule's."""
    org = new_org()
    rosa = str(org.one("SELECT Id FROM User WHERE FirstName = 'Rosa'")["Id"])
    return org, rosa, org.sim.setup.assignment_rule("All to Rosa", lambda _row: rosa)


def owner(org: Org, lead: str) -> object:
    return org.row("Lead", lead)["OwnerId"]


def create(org: Org, header: str | None = None) -> str:
    headers = {} if header is None else {"sforce-auto-assign": header}
    body = {"LastName": "x", "Company": "y"}
    answer = org.send("POST", "sobjects/Lead", body, headers=headers)
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


@pytest.mark.parametrize("header", [None, "TRUE", "true"])
@fact("salesforce", "assignment", "The active rule runs on a create unless the header says FALSE.", "doc")
def test_the_active_rule_runs_by_default(header: str | None) -> None:
    org, rosa, _ = ruled()
    assert owner(org, create(org, header)) == rosa


@fact("salesforce", "assignment", "Sforce-Auto-Assign: FALSE leaves the owner alone.", "doc")
def test_false_leaves_the_owner() -> None:
    org, _, _ = ruled()
    assert owner(org, create(org, "FALSE")) == org.sim.user_id


@fact("salesforce", "assignment", "The active rule runs on an update over the API too.", "doc")
def test_updates_are_assigned() -> None:
    org, rosa, _ = ruled()
    lead = org.lead()
    assert owner(org, lead) == org.sim.user_id
    org.patch("Lead", lead, City="Ulm")
    assert owner(org, lead) == rosa


@fact("salesforce", "assignment", "A rule named by its id runs, active or not.", "doc")
def test_a_rule_by_id() -> None:
    org, _, _ = ruled()
    sam = str(org.one("SELECT Id FROM User WHERE FirstName = 'Sam'")["Id"])
    other = org.sim.setup.assignment_rule("To Sam", lambda _row: sam, active=False)
    assert owner(org, create(org, other)) == sam
    assert owner(org, create(org, other[:15])) == sam


def test_an_unknown_rule_is_refused() -> None:
    org, _, _ = ruled()
    body = {"LastName": "x", "Company": "y"}
    answer = org.send("POST", "sobjects/Lead", body, headers={"sforce-auto-assign": "01Q000000000001AAA"})
    assert (answer.status, answer.code) == (400, "INVALID_CROSS_REFERENCE_KEY")


@fact("salesforce", "assignment", "AssignmentRule lists the rules and which one is active.", "doc")
def test_rules_are_rows() -> None:
    org, _, rule = ruled()
    later = org.sim.setup.assignment_rule("Later", lambda _row: None)
    rows = org.rows("SELECT Id, Active, SobjectType FROM AssignmentRule ORDER BY Id")
    assert rows == [
        {"Id": rule, "Active": False, "SobjectType": "Lead"},
        {"Id": later, "Active": True, "SobjectType": "Lead"},
    ]


@fact("salesforce", "assignment", "A rule may give a Lead to a queue.", "doc")
def test_a_rule_may_name_a_queue() -> None:
    org = new_org()
    queue = str(org.one("SELECT Id FROM Group WHERE Type = 'Queue'")["Id"])
    org.sim.setup.assignment_rule("Triage", lambda _row: queue)
    assert owner(org, create(org)) == queue


@fact("salesforce", "assignment", "A Lead that meets no entry of the rule keeps its owner.", "doc")
def test_no_match_leaves_the_owner() -> None:
    org = new_org()
    org.sim.setup.assignment_rule("Nobody", lambda _row: None)
    assert owner(org, create(org)) == org.sim.user_id


@fact("salesforce", "assignment", "Contacts know no assignment rule.", "doc")
def test_contacts_are_not_assigned() -> None:
    org, _, _ = ruled()
    made = org.post("Contact", LastName="x").body["id"]
    assert org.row("Contact", made)["OwnerId"] == org.sim.user_id


@fact("salesforce", "assignment", "Assignment is the work of the system, not of the caller.", "seen")
def test_the_ledger_tells_assignment_apart() -> None:
    org, rosa, _ = ruled()
    create(org)
    made, assigned = org.ledger.entries
    assert (made.actor, made.after["OwnerId"]) == ("api", org.sim.user_id)
    assert (assigned.actor, assigned.after) == ("system", {"OwnerId": rosa})
