"""What a field makes of a value, and which values it refuses: OBJ/, REST/errorcodes."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Org, new_org


def posted(org: Org, obj: str = "Lead", **values: Any) -> str:
    answer = org.send("POST", f"sobjects/{obj}/", {"LastName": "Doe", "Company": "Acme", **values})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


def stored(name: str, given: Any) -> Any:
    """What a Lead's field holds after a create."""
    org = new_org()
    return org.send("GET", f"sobjects/Lead/{posted(org, **{name: given})}", query={"fields": name}).body[name]


@fact("salesforce", "save", "Text is trimmed.", "seen")
def test_text_is_trimmed() -> None:
    assert stored("LastName", "  Doe \t") == "Doe"


@pytest.mark.parametrize("given", ["   ", "", None])
@fact("salesforce", "save", "Empty text is null, and null clears.", "doc")
def test_empty_text_is_null(given: str | None) -> None:
    assert stored("City", given) is None


@fact("salesforce", "save", "A no-break space is not trimmed.", "seen")
def test_a_no_break_space_survives() -> None:
    assert stored("City", "\u00a0x\u00a0") == "\u00a0x\u00a0"


@fact("salesforce", "save", "E-mail addresses are stored in lower case.", "seen")
def test_addresses_are_lower_case() -> None:
    assert stored("Email", "Ann.B@ONE.Example") == "ann.b@one.example"


@fact(
    "salesforce",
    "save",
    "The domain of an address may hold an ampersand, as in the vendor's sample data.",
    "seen",
)
def test_an_ampersand_in_an_address() -> None:
    assert stored("Email", "j.davis@expressl&t.example") == "j.davis@expressl&t.example"


@fact("salesforce", "save", "A checkbox is never null: null is false.", "assumed", "null_checkbox_is_false")
def test_a_null_checkbox_is_false() -> None:
    assert stored("DoNotCall", None) is False
    org = new_org()
    org.sim.switches.null_checkbox_is_false = False
    answer = org.send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "DoNotCall": None})
    assert (answer.status, answer.code) == (400, "INVALID_TYPE_ON_FIELD_IN_RECORD")


@pytest.mark.parametrize(
    ("name", "given", "kept"), [("NumberOfEmployees", 5.0, 5), ("AnnualRevenue", 5, 5.0)]
)
@fact("salesforce", "save", "Whole numbers come back whole, money comes back with a point.", "doc")
def test_numbers_have_the_type_of_their_field(name: str, given: float, kept: float) -> None:
    found = stored(name, given)
    assert (found, type(found)) == (kept, type(kept))


@fact("salesforce", "stamps", "Times are stored in UTC with the fraction of the second cut off.", "doc")
def test_times_are_stored_in_utc() -> None:
    assert stored("EmailBouncedDate", "2026-01-01T01:02:03.999+01:00") == "2026-01-01T00:02:03.000+0000"


def refused(values: dict[str, Any], code: str, message: str, fields: list[str]) -> None:
    """A Lead with these values is refused so, and nothing is stored."""
    org = new_org()
    answer = org.send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", **values})
    assert answer.status == 400
    assert answer.body == [{"message": message, "errorCode": code, "fields": fields}]
    assert org.rows("SELECT Id FROM Lead") == []


@pytest.mark.parametrize(("name", "given"), [("LastName", None), ("Company", " ")])
@fact("salesforce", "leads", "A Lead needs a LastName and a Company.", "doc")
def test_a_lead_needs_name_and_company(name: str, given: str | None) -> None:
    refused({name: given}, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", [name])


@fact("salesforce", "contacts", "A Contact needs a LastName alone; it may stand without an Account.", "doc")
def test_a_contact_needs_a_last_name() -> None:
    org = new_org()
    answer = org.send("POST", "sobjects/Contact", {"FirstName": "Ann"})
    assert (answer.code, answer.body[0]["fields"]) == ("REQUIRED_FIELD_MISSING", ["LastName"])
    assert org.send("POST", "sobjects/Contact", {"LastName": "Doe"}).status == 201


@fact(
    "salesforce",
    "save",
    "Text that is too long is refused with its label and the length that would do.",
    "seen",
)
def test_long_text_is_refused() -> None:
    message = "City: data value too large: " + "x" * 41 + " (max length=40)"
    refused({"City": "x" * 41}, "STRING_TOO_LONG", message, ["City"])


LENGTHS = [
    *(
        ("Lead", name, n)
        for name, n in (("Company", 255), ("FirstName", 40), ("LastName", 80), ("Title", 128))
    ),
    *(("Lead", name, n) for name, n in (("City", 40), ("State", 80), ("PostalCode", 20), ("Country", 80))),
    *(("Lead", name, n) for name, n in (("Street", 255), ("Phone", 40), ("Fax", 40), ("Description", 32000))),
    ("Contact", "MailingCity", 40),
    ("Contact", "MailingPostalCode", 20),
    ("Contact", "Department", 80),
    ("Account", "Name", 255),
    ("Account", "BillingStreet", 255),
    ("Opportunity", "Name", 120),
    ("Opportunity", "NextStep", 255),
    ("Campaign", "Name", 80),
    ("Task", "Subject", 255),
]


@pytest.mark.parametrize(("obj", "name", "length"), LENGTHS)
@fact("salesforce", "save", "Text fields have the lengths of the object reference.", "doc")
def test_fields_have_their_lengths(obj: str, name: str, length: int) -> None:
    org = new_org()
    needed = {
        "Lead": {"LastName": "D", "Company": "A"},
        "Contact": {"LastName": "D"},
        "Account": {"Name": "A"},
        "Opportunity": {"Name": "O", "StageName": "Prospecting", "CloseDate": "2026-12-01"},
        "Campaign": {"Name": "C"},
        "Task": {},
    }[obj]
    assert org.send("POST", f"sobjects/{obj}", {**needed, name: "x" * length}).status == 201
    assert org.send("POST", f"sobjects/{obj}", {**needed, name: "x" * (length + 1)}).code == "STRING_TOO_LONG"


@fact("salesforce", "save", "An e-mail address has at most 80 characters.", "doc")
def test_an_address_has_a_length() -> None:
    assert stored("Email", "a" * 64 + "@one.example") == "a" * 64 + "@one.example"
    org = new_org()
    long = "a" * 60 + "@" + "b" * 12 + ".example"
    assert (
        org.send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "Email": long}).code
        == "STRING_TOO_LONG"
    )


@pytest.mark.parametrize("given", ["nope", "a@b", "a b@one.example", "a@@one.example", "ü@one.example"])
@fact("salesforce", "save", "What is no e-mail address is INVALID_EMAIL_ADDRESS.", "doc")
def test_what_is_no_address_is_refused(given: str) -> None:
    refused({"Email": given}, "INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {given}", ["Email"])


@fact("salesforce", "save", "A field that the object lacks is INVALID_FIELD.", "doc")
def test_an_unknown_field_is_refused() -> None:
    refused({"Nope__c": 1}, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Lead", [])


@fact("salesforce", "save", "A reference that has no id's shape is MALFORMED_ID.", "doc")
def test_a_reference_without_shape() -> None:
    refused({"OwnerId": "junk"}, "MALFORMED_ID", "Owner ID: id value of incorrect type: junk", ["OwnerId"])


@fact("salesforce", "save", "A reference to another kind of record is FIELD_INTEGRITY_EXCEPTION.", "seen")
def test_a_reference_to_the_wrong_kind() -> None:
    message = "Owner ID: id value of incorrect type: 001000000000001AAA"
    refused({"OwnerId": "001000000000001AAA"}, "FIELD_INTEGRITY_EXCEPTION", message, ["OwnerId"])


@fact("salesforce", "save", "A reference to nothing is INVALID_CROSS_REFERENCE_KEY.", "doc")
def test_a_reference_to_nothing() -> None:
    refused(
        {"OwnerId": "005000000000001AAA"},
        "INVALID_CROSS_REFERENCE_KEY",
        "invalid cross reference id",
        ["OwnerId"],
    )


@fact("salesforce", "save", "A reference to a deleted record is refused.", "doc")
def test_a_reference_to_a_deleted_record() -> None:
    org = new_org()
    account = org.account()
    org.sim.delete("Account", account)
    answer = org.send("POST", "sobjects/Contact", {"LastName": "D", "AccountId": account})
    assert (answer.code, answer.body[0]["fields"]) == ("ENTITY_IS_DELETED", ["AccountId"])


@pytest.mark.parametrize(
    "name", ["IsConverted", "ConvertedContactId", "Name", "Address", "CreatedDate", "SystemModstamp"]
)
@fact("salesforce", "save", "Fields of the system and compounds cannot be written.", "doc")
def test_read_only_fields_are_refused(name: str) -> None:
    org = new_org()
    answer = org.send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", name: None})
    assert answer.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert answer.body[0]["message"].startswith(
        f"Unable to create/update fields: {name}. Please check the security"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("City", 5),
        ("DoNotCall", "maybe"),
        ("NumberOfEmployees", "x"),
        ("NumberOfEmployees", 1.5),
        ("EmailBouncedDate", "x"),
    ],
)
@fact("salesforce", "save", "A value of the wrong type is JSON_PARSER_ERROR.", "seen")
def test_a_value_of_the_wrong_type_does_not_parse(name: str, value: object) -> None:
    answer = new_org().send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", name: value})
    assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")


@fact("salesforce", "save", "Several bad values of a row are told at once.", "seen")
def test_every_bad_value_of_a_row_is_told_at_once() -> None:
    answer = new_org().send(
        "POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "City": "x" * 41, "Email": "x"}
    )
    assert [e["errorCode"] for e in answer.body] == ["STRING_TOO_LONG", "INVALID_EMAIL_ADDRESS"]
