"""Person accounts in the simulated org: one person, an Account and the Contact behind it."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, new_org

from crmsync.simulator.salesforce.profiles import profile_of

ANN = {"LastName": "Lee", "FirstName": "Ann", "PersonEmail": "Ann@a.example", "PersonTitle": "CTO"}


@pytest.fixture
def org() -> Org:
    fresh = new_org()
    profile_of("person-accounts").shape(fresh.sim)
    return fresh


def kind(org: Org, person: bool) -> str:
    rows = org.rows(
        f"SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = {str(person).lower()}"
    )
    return str(rows[0]["Id"])


def made(org: Org, **values: Any) -> Answer:
    return org.send("POST", "sobjects/Account", values)


def ann(org: Org) -> tuple[str, str]:
    """A person account and its contact."""
    account = made(org, **ANN, RecordTypeId=kind(org, True)).body["id"]
    return account, org.rows(f"SELECT PersonContactId FROM Account WHERE Id = '{account}'")[0][
        "PersonContactId"
    ]


def change(org: Org, obj: str, record_id: str, **values: Any) -> Answer:
    return org.send("PATCH", f"sobjects/{obj}/{record_id}", values)


@fact("salesforce", "person accounts", "A person account brings a contact, named in PersonContactId", "doc")
def test_a_contact_comes_with_it(org: Org) -> None:
    account, contact = ann(org)
    (row,) = org.rows("SELECT Id, AccountId, IsPersonAccount, Name, Email, Title FROM Contact")
    assert row == {
        "Id": contact,
        "AccountId": account,
        "IsPersonAccount": True,
        "Name": "Ann Lee",
        "Email": "ann@a.example",
        "Title": "CTO",
    }


@fact("salesforce", "person accounts", "An account with LastName instead of Name becomes a person", "seen")
def test_a_last_name_makes_a_person(org: Org) -> None:
    account = made(org, **ANN).body["id"]
    (row,) = org.rows(f"SELECT IsPersonAccount, Name FROM Account WHERE Id = '{account}'")
    assert row == {"IsPersonAccount": True, "Name": "Ann Lee"}


@fact("salesforce", "person accounts", "Account shows the contact's fields as Person fields", "doc")
def test_the_account_shows_the_persons_fields(org: Org) -> None:
    ann(org)
    assert org.rows("SELECT FirstName, PersonEmail FROM Account WHERE PersonTitle = 'CTO'") == [
        {"FirstName": "Ann", "PersonEmail": "ann@a.example"}
    ]


@fact("salesforce", "person accounts", "A Person field written on the account changes the contact", "doc")
def test_the_account_writes_to_its_contact(org: Org) -> None:
    account, _ = ann(org)
    assert change(org, "Account", account, PersonTitle="CEO", FirstName="Anna").status == 204
    assert org.rows("SELECT Title, Name FROM Contact") == [{"Title": "CEO", "Name": "Anna Lee"}]
    assert org.rows("SELECT Name FROM Account") == [{"Name": "Anna Lee"}]


@fact("salesforce", "person accounts", "A person contact can be changed like any contact", "doc")
def test_the_contact_itself_can_be_changed(org: Org) -> None:
    _, contact = ann(org)
    assert change(org, "Contact", contact, LastName="Bell", Title="CFO").status == 204
    assert org.rows("SELECT Name, PersonTitle FROM Account") == [{"Name": "Ann Bell", "PersonTitle": "CFO"}]


@fact(
    "salesforce",
    "person accounts",
    "Account and contact of a person have the same stamps, whichever was written",
    "doc",
)
@pytest.mark.parametrize("values", [{"PersonTitle": "CEO"}, {"Industry": "Energy"}, {"Title": "CIO"}])
def test_both_halves_have_one_stamp(org: Org, values: dict[str, str]) -> None:
    account, contact = ann(org)
    org.clock.advance(60)
    obj = "Contact" if "Title" in values else "Account"
    assert change(org, obj, contact if obj == "Contact" else account, **values).status == 204
    stamps = [
        org.rows(f"SELECT SystemModstamp, LastModifiedDate FROM {o}")[0] for o in ("Account", "Contact")
    ]
    assert stamps[0] == stamps[1]
    assert stamps[0]["SystemModstamp"] == "2026-11-02T09:31:15.000+0000"


@fact(
    "salesforce",
    "person accounts",
    "Name cannot be written on a person account; it is told in one of two ways",
    "seen",
    "person_name_barred",
)
@pytest.mark.parametrize(
    ("barred", "text"),
    [
        (False, "Account: bad field names on insert/update call: Name"),
        (True, "Unable to create/update fields: Name. Please check the security settings of this field"),
    ],
)
def test_the_name_is_made_of_its_parts(org: Org, barred: bool, text: str) -> None:
    org.sim.switches.person_name_barred = barred
    account, _ = ann(org)
    refused = change(org, "Account", account, Name="Somebody")
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert refused.body[0]["message"].startswith(text) and refused.body[0]["fields"] == ["Name"]


@fact("salesforce", "person accounts", "Person fields on a business account are bad field names", "seen")
def test_a_business_has_no_person_fields(org: Org) -> None:
    refused = made(org, Name="Acme", PersonEmail="a@a.example")
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert refused.body[0]["message"] == "Account: bad field names on insert/update call: PersonEmail"


@fact(
    "salesforce", "person accounts", "A custom contact field shows on the account with the suffix __pc", "doc"
)
def test_custom_fields_show_as_pc(org: Org) -> None:
    org.key_field("Contact")
    account, contact = ann(org)
    assert change(org, "Contact", contact, crmsync_id__c="k-1").status == 204
    assert org.rows("SELECT crmsync_id__pc FROM Account") == [{"crmsync_id__pc": "k-1"}]
    assert change(org, "Account", account, crmsync_id__pc="k-2").status == 204
    assert org.rows("SELECT crmsync_id__c FROM Contact") == [{"crmsync_id__c": "k-2"}]


@fact("salesforce", "person accounts", "A __pc field on a business account is a bad field name", "seen")
def test_a_business_has_no_pc_fields(org: Org) -> None:
    org.key_field("Contact")
    refused = made(org, Name="Acme", crmsync_id__pc="k")
    assert "bad field names on insert/update call: crmsync_id__pc" in refused.body[0]["message"]


@fact("salesforce", "person accounts", "AccountId of a person contact cannot be written", "seen")
def test_a_person_contact_stays_with_its_account(org: Org) -> None:
    _, contact = ann(org)
    other = made(org, Name="Acme").body["id"]
    refused = change(org, "Contact", contact, AccountId=other)
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert refused.body[0]["message"] == "Account: bad field names on insert/update call: AccountId"


@fact("salesforce", "person accounts", "No second contact belongs to a person account", "doc")
def test_no_other_contact_joins_a_person_account(org: Org) -> None:
    account, _ = ann(org)
    assert org.send("POST", "sobjects/Contact", {"LastName": "Two", "AccountId": account}).status == 400
    assert len(org.rows("SELECT Id FROM Contact")) == 1


@fact("salesforce", "person accounts", "A change of kind goes by the record type alone", "seen")
def test_marriage_takes_no_other_field(org: Org) -> None:
    account, _ = ann(org)
    refused = change(org, "Account", account, RecordTypeId=kind(org, False), Industry="Energy")
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert "Cannot specify any additional fields when marrying or separating" in refused.body[0]["message"]


@fact(
    "salesforce",
    "person accounts",
    "A business account with one contact becomes a person by its record type",
    "doc",
)
def test_a_business_becomes_a_person(org: Org) -> None:
    account = made(org, Name="Acme").body["id"]
    contact = org.send("POST", "sobjects/Contact", {"LastName": "Bo", "AccountId": account}).body["id"]
    assert change(org, "Account", account, RecordTypeId=kind(org, True)).status == 204
    (row,) = org.rows("SELECT Name, IsPersonAccount, PersonContactId FROM Account")
    assert row == {"Name": "Bo", "IsPersonAccount": True, "PersonContactId": contact}


@fact(
    "salesforce", "person accounts", "A person contact is deleted with its account and not by itself", "doc"
)
def test_only_the_account_is_deleted(org: Org) -> None:
    account, contact = ann(org)
    assert org.send("DELETE", f"sobjects/Contact/{contact}").status == 400
    assert org.send("DELETE", f"sobjects/Account/{account}").status == 204
    assert org.rows("SELECT IsDeleted FROM Contact", "queryAll") == [{"IsDeleted": True}]


@fact(
    "salesforce",
    "person accounts",
    "Deleting a person contact by itself has a code of its own",
    "assumed",
    "person_delete_code",
)
@pytest.mark.parametrize("code", ["DELETE_FAILED", "INSUFFICIENT_ACCESS_OR_READONLY"])
def test_the_code_for_deleting_a_person_contact(org: Org, code: str) -> None:
    org.sim.switches.person_delete_code = code
    _, contact = ann(org)
    assert org.send("DELETE", f"sobjects/Contact/{contact}").code == code


@fact("salesforce", "person accounts", "A Lead needs no company where person accounts are enabled", "doc")
def test_a_lead_needs_no_company(org: Org) -> None:
    assert org.send("POST", "sobjects/Lead", {"LastName": "Lee"}).status == 201
    described = org.send("GET", "sobjects/Lead/describe").body["fields"]
    assert next(f for f in described if f["name"] == "Company")["nillable"] is True


@fact("salesforce", "convert", "A Lead without a company becomes a person account", "doc")
def test_a_lead_without_company_becomes_a_person(org: Org) -> None:
    lead = org.send(
        "POST", "sobjects/Lead", {"LastName": "Lee", "Email": "l@a.example", "City": "Bonn"}
    ).body["id"]
    ids = org.sim.convert(lead)
    (row,) = org.rows(
        "SELECT Id, IsPersonAccount, PersonEmail, PersonMailingCity, PersonContactId FROM Account"
    )
    assert (row["Id"], row["PersonContactId"]) == (ids["accountId"], ids["contactId"])
    assert (row["IsPersonAccount"], row["PersonEmail"], row["PersonMailingCity"]) == (
        True,
        "l@a.example",
        "Bonn",
    )


@fact(
    "salesforce",
    "convert",
    "A Lead with a company becomes a business account where person accounts are enabled too",
    "doc",
)
def test_a_lead_with_a_company_becomes_a_business(org: Org) -> None:
    org.sim.convert(org.lead())
    assert org.rows("SELECT Name, IsPersonAccount FROM Account") == [
        {"Name": "Acme", "IsPersonAccount": False}
    ]


def test_whoever_types_a_private_address_makes_a_person_account(org: Org) -> None:
    contact = org.sim.create("Contact", {"LastName": "Lee", "Email": "lee@mail.example"})
    assert org.row("Contact", contact)["IsPersonAccount"] is True
    org.sim.edit("Contact", contact, {"Title": "CEO"})
    assert org.rows("SELECT PersonTitle FROM Account") == [{"PersonTitle": "CEO"}]


def test_the_ledger_tells_a_persons_values_of_the_contact_once(org: Org) -> None:
    account, _ = ann(org)
    change(org, "Account", account, PersonTitle="CEO")
    told = [
        (e.actor, e.object, dict(e.after).get("Title"))
        for e in org.ledger.entries
        if "Title" in dict(e.after)
    ]
    assert told == [("api", "Contact", "CTO"), ("api", "Contact", "CEO")]
