"""Duplicate rules: block or alert, what the error tells, and whom they concern."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, new_org

HEADER = "sforce-duplicate-rule-header"


def guarded(obj: str = "Lead", on_create: str = "alert", on_update: str = "allow", **more: Any) -> Org:
    org = new_org()
    org.sim.setup.duplicate_rule(obj, on_create, on_update, **more)
    return org


def again(org: Org, header: str = "", /, **values: Any) -> Answer:
    """A Lead with the address of one that is there."""
    headers = {HEADER: header} if header else {}
    given = {"LastName": "Doe", "Company": "Other", "Email": "ann@one.example", **values}
    return org.send("POST", "sobjects/Lead", given, headers=headers)


@fact(
    "salesforce", "duplicates", "The standard duplicate rules are there and can be asked for by name.", "seen"
)
def test_the_rules_are_rows() -> None:
    rows = new_org().rows(
        "SELECT DeveloperName, SobjectType, IsActive FROM DuplicateRule ORDER BY DeveloperName"
    )
    assert rows == [
        {"DeveloperName": "Standard_Contact_Duplicate_Rule", "SobjectType": "Contact", "IsActive": False},
        {"DeveloperName": "Standard_Lead_Duplicate_Rule", "SobjectType": "Lead", "IsActive": False},
    ]
    assert guarded().one("SELECT SobjectType FROM DuplicateRule WHERE IsActive = true") == {
        "SobjectType": "Lead"
    }


def test_without_an_active_rule_nothing_is_compared() -> None:
    org = new_org()
    org.lead(Email="ann@one.example")
    assert again(org).status == 201


@fact(
    "salesforce",
    "duplicates",
    "The answer to a single row names the matches under the misspelt duplicateResut.",
    "seen",
)
def test_the_error_names_what_matched() -> None:
    org = guarded()
    lead = org.lead(Email="ann@one.example")
    answer = again(org)
    url = f"/services/data/v62.0/sobjects/Lead/{lead}"
    match = {
        "additionalInformation": [],
        "fieldDiffs": [],
        "matchConfidence": 100.0,
        "record": {"attributes": {"type": "Lead", "url": url}, "Id": lead},
    }
    result = {
        "entityType": "Lead",
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": [match],
        "rule": "Standard_Lead_Match_Rule",
        "size": 1,
        "success": True,
    }
    found = {
        "allowSave": True,
        "duplicateRule": "Standard_Lead_Duplicate_Rule",
        "duplicateRuleEntityType": "Lead",
        "errorMessage": "Use one of these records?",
        "matchResults": [result],
    }
    assert answer.status == 400
    assert answer.body == [
        {"duplicateResut": found, "errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?"}
    ]


@fact(
    "salesforce", "duplicates", "Collections tell DUPLICATES_DETECTED without the ids of the matches.", "seen"
)
def test_collections_name_no_match() -> None:
    org = guarded()
    org.lead(Email="ann@one.example")
    record = {"attributes": {"type": "Lead"}, "LastName": "x", "Company": "y", "Email": "ann@one.example"}
    (row,) = org.send("POST", "composite/sobjects", {"records": [record]}).body
    assert row["success"] is False
    assert row["errors"] == [
        {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    ]


@fact("salesforce", "duplicates", "allowSave=true saves past a rule that alerts.", "doc")
def test_an_alert_can_be_passed() -> None:
    org = guarded()
    org.lead(Email="ann@one.example")
    assert again(org, "allowSave=true").status == 201


@fact("salesforce", "duplicates", "allowSave does not pass a rule that blocks, and the error says so.", "doc")
def test_a_block_cannot_be_passed() -> None:
    org = guarded(on_create="block")
    org.lead(Email="ann@one.example")
    answer = again(org, "allowSave=true")
    assert answer.code == "DUPLICATES_DETECTED"
    assert answer.body[0]["duplicateResut"]["allowSave"] is False


@fact(
    "salesforce",
    "duplicates",
    "includeRecordDetails=true shows fields of the matches, not only their ids.",
    "doc",
)
def test_details_are_shown_when_asked_for() -> None:
    org = guarded()
    org.lead(Email="ann@one.example")
    (result,) = again(org, "includeRecordDetails=true").body[0]["duplicateResut"]["matchResults"]
    assert result["matchRecords"][0]["record"]["Email"] == "ann@one.example"


@fact(
    "salesforce", "duplicates", "A rule sees records that sharing hides, unless runAsCurrentUser=true.", "doc"
)
def test_sharing_counts_when_asked_for() -> None:
    org = new_org(private_sharing=True)
    org.sim.setup.duplicate_rule("Lead")
    rep = org.one("SELECT Id FROM User WHERE FirstName = 'Rosa'")["Id"]
    org.lead(Email="ann@one.example", OwnerId=rep)
    assert again(org).code == "DUPLICATES_DETECTED"
    assert again(org, "runAsCurrentUser=true").status == 201


def test_a_rule_may_honour_sharing_by_itself() -> None:
    org = new_org(private_sharing=True)
    org.sim.setup.duplicate_rule("Lead", bypass_sharing=False)
    rep = org.one("SELECT Id FROM User WHERE FirstName = 'Rosa'")["Id"]
    org.lead(Email="ann@one.example", OwnerId=rep)
    assert again(org).status == 201


@fact("salesforce", "duplicates", "A Lead can be a duplicate of a Contact, and a Contact of a Lead.", "seen")
def test_rules_look_across_objects() -> None:
    org = guarded()
    contact = org.contact(Email="ann@one.example")
    (result,) = again(org).body[0]["duplicateResut"]["matchResults"]
    assert (result["entityType"], result["matchRecords"][0]["record"]["Id"]) == ("Contact", contact)
    org.sim.setup.duplicate_rule("Contact")
    org.lead(Email="bob@one.example")
    assert org.post("Contact", LastName="x", Email="bob@one.example").code == "DUPLICATES_DETECTED"


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ({"FirstName": "Ann", "Company": "ACME"}, True),
        ({"FirstName": "Ann", "Company": "Other"}, False),
        ({"FirstName": "Bea", "Company": "Acme"}, False),
    ],
)
@fact("salesforce", "duplicates", "Without the address, the same names at the same company match.", "doc")
def test_names_and_company_match(values: dict[str, str], same: bool) -> None:
    org = guarded()
    org.lead(FirstName="ann", Email="ann@one.example")
    answer = org.post("Lead", LastName="Doe", **values)
    assert answer.status == (400 if same else 201)


def test_deleted_and_converted_records_are_no_duplicates() -> None:
    org = guarded()
    org.sim.delete("Lead", org.lead(Email="ann@one.example"))
    gone = org.lead(Email="ann@one.example")
    org.sim.delete("Contact", str(org.sim.convert(gone)["contactId"]))
    assert again(org).status == 201


@fact("salesforce", "duplicates", "What a rule does on edit is set apart from what it does on create.", "doc")
def test_edits_have_an_action_of_their_own() -> None:
    org = guarded(on_create="alert", on_update="block")
    org.lead(Email="ann@one.example")
    lead = org.lead(LastName="Roe")
    assert org.patch("Lead", lead, City="Ulm").status == 204
    assert org.patch("Lead", lead, Email="ann@one.example").code == "DUPLICATES_DETECTED"
    org.sim.setup.duplicate_rule("Lead", "alert", "allow")
    assert org.patch("Lead", lead, Email="ann@one.example").status == 204


def test_people_click_an_alert_away_but_not_a_block() -> None:
    org = guarded()
    org.lead(Email="ann@one.example")
    org.lead(Email="ann@one.example")
    org.sim.setup.duplicate_rule("Lead", "block")
    with pytest.raises(Exception, match="DUPLICATES_DETECTED"):
        org.lead(Email="ann@one.example")


def test_a_lead_is_no_duplicate_of_what_it_becomes() -> None:
    org = guarded("Contact", "block")
    done = org.sim.convert(org.lead(Email="ann@one.example"))
    assert org.row("Contact", str(done["contactId"]))["Email"] == "ann@one.example"


def test_an_account_has_a_rule_by_name() -> None:
    org = guarded("Account", "block")
    org.account()
    assert org.post("Account", Name="acme").code == "DUPLICATES_DETECTED"
    assert org.post("Account", Name="Acme Ltd").status == 201
