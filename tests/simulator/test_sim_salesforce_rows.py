"""Single rows: REST/dome-sobject-create, dome-update-fields, dome-upsert, dome-delete-record, errorcodes."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Org, new_org

STAMP = "2026-11-02T09:30:15.000+0000"


def posted(org: Org, obj: str = "Lead", **values: Any) -> str:
    answer = org.send("POST", f"sobjects/{obj}/", {"LastName": "Doe", "Company": "Acme", **values})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


@fact("salesforce", "rows", "Creating a record is 201 with id, success and errors.", "doc")
def test_create_answers_201_with_the_id_and_a_location() -> None:
    org = new_org()
    answer = org.send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme"})
    lead = answer.body["id"]
    assert answer.body == {"id": lead, "success": True, "errors": []}
    assert lead.startswith("00Q")
    assert answer.headers["Location"] == f"{DATA}/sobjects/Lead/{lead}"


@fact("salesforce", "stamps", "Audit fields have whole seconds, written .000+0000.", "doc")
def test_a_row_has_audit_fields_in_whole_seconds_and_an_owner() -> None:
    org = new_org()
    row = org.send("GET", f"sobjects/Lead/{posted(org)}").body
    assert {row[n] for n in ("CreatedDate", "LastModifiedDate", "SystemModstamp")} == {STAMP}
    assert {row[n] for n in ("CreatedById", "LastModifiedById", "OwnerId")} == {org.sim.user_id}
    assert (row["Status"], row["IsConverted"], row["IsDeleted"]) == ("Open - Not Contacted", False, False)
    assert row["attributes"] == {"type": "Lead", "url": f"{DATA}/sobjects/Lead/{row['Id']}"}


def test_get_may_name_its_fields() -> None:
    org = new_org()
    row = org.send("GET", f"sobjects/Lead/{posted(org)}", query={"fields": "name,Company"}).body
    assert row | {"attributes": 0, "Id": 0} == {"attributes": 0, "Name": "Doe", "Company": "Acme", "Id": 0}


@fact("salesforce", "rows", "Updating a record is 204 without a body.", "doc")
def test_update_answers_204() -> None:
    org = new_org()
    answer = org.send("PATCH", f"sobjects/Lead/{posted(org)}", {"Company": "Acme"})
    assert (answer.status, answer.body) == (204, None)


@fact(
    "salesforce", "stamps", "An update that changes nothing moves the stamps all the same.", "assumed",
    "idle_updates_move_stamps",
)  # fmt: skip
@pytest.mark.parametrize("moves", [True, False])
def test_an_idle_update_and_the_stamps(moves: bool) -> None:
    org = new_org()
    org.sim.switches.idle_updates_move_stamps = moves
    lead = posted(org)
    org.clock.advance(5)
    org.send("PATCH", f"sobjects/Lead/{lead[:15]}", {"Company": "Acme"})
    row = org.row("Lead", lead)
    assert (
        row["SystemModstamp"]
        == row["LastModifiedDate"]
        == ("2026-11-02T09:30:20.000+0000" if moves else STAMP)
    )
    assert row["CreatedDate"] == STAMP
    assert (org.ledger.entries[-1].before, org.ledger.entries[-1].after) == ({}, {})


@fact("salesforce", "rows", "Deleting a record is 204 and soft: it is no longer found.", "doc")
def test_delete_is_soft() -> None:
    org = new_org()
    lead = posted(org)
    assert org.send("DELETE", f"sobjects/Lead/{lead}").status == 204
    assert org.send("GET", f"sobjects/Lead/{lead}").code == "NOT_FOUND"
    assert org.row("Lead", lead)["IsDeleted"] is True


@pytest.mark.parametrize(("method", "body"), [("DELETE", None), ("PATCH", {"City": "Ulm"})])
@fact("salesforce", "rows", "A write to a deleted record is 404 ENTITY_IS_DELETED.", "doc")
def test_a_deleted_row_takes_no_write(method: str, body: Any) -> None:
    org = new_org()
    lead = posted(org)
    org.sim.delete("Lead", lead)
    again = org.send(method, f"sobjects/Lead/{lead}", body)
    assert (again.status, again.code, again.body[0]["message"]) == (
        404,
        "ENTITY_IS_DELETED",
        "entity is deleted",
    )


@fact(
    "salesforce",
    "stamps",
    "A deletion moves SystemModstamp, so a cursor of queryAll sees it.",
    "assumed",
    "delete_moves_stamp",
)
@pytest.mark.parametrize("moves", [True, False])
def test_a_deletion_and_the_stamp(moves: bool) -> None:
    org = new_org()
    org.sim.switches.delete_moves_stamp = moves
    lead = posted(org)
    org.clock.advance(5)
    org.send("DELETE", f"sobjects/Lead/{lead}")
    found = org.rows("SELECT Id FROM Lead WHERE SystemModstamp > 2026-11-02T09:30:15Z", "queryAll")
    assert [r["Id"] for r in found] == ([lead] if moves else [])


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


def test_a_condition_does_not_bring_a_deleted_row_back() -> None:
    org = new_org()
    gone = org.lead()
    org.sim.delete("Lead", gone)
    early = {"if-unmodified-since": "Mon, 02 Nov 2026 09:00:00 GMT"}
    assert (
        org.send("PATCH", f"sobjects/Lead/{gone}", {"Title": "x"}, headers=early).code == "ENTITY_IS_DELETED"
    )


@fact(
    "salesforce", "stamps", "SystemModstamp may move alone; it is never older than LastModifiedDate.", "doc"
)
def test_a_mass_job_moves_system_modstamp_alone() -> None:
    org = new_org()
    lead = posted(org)
    org.clock.advance(10)
    org.sim.touch("Lead", [lead])
    row = org.row("Lead", lead)
    assert (row["LastModifiedDate"], row["SystemModstamp"]) == (STAMP, "2026-11-02T09:30:25.000+0000")


@fact(
    "salesforce",
    "stamps",
    "A long transaction commits behind the cursor: its stamps are those of its beginning.",
    "seen",
)
def test_a_late_commit_appears_behind_the_cursor() -> None:
    org = new_org()
    lead = posted(org)
    began = org.clock.advance(10)
    org.clock.advance(30)
    org.lead()
    org.sim.commit_late("Lead", lead, {"City": "Ulm"}, began)
    since = "SELECT City FROM Lead WHERE SystemModstamp > 2026-11-02T09:30:15Z ORDER BY SystemModstamp, Id"
    assert [r["City"] for r in org.rows(since)] == ["Ulm", None]
    assert org.row("Lead", lead)["SystemModstamp"] == "2026-11-02T09:30:25.000+0000"


PATH = "sobjects/Lead/crmsync_id__c/hubspot%3A1%3Aa%2Fb"


@fact("salesforce", "upsert", "An upsert of a new external id is 201 with created true.", "doc")
def test_upsert_creates() -> None:
    org = new_org()
    org.key_field()
    made = org.send("PATCH", PATH, {"LastName": "Doe", "Company": "Acme"})
    lead = made.body["id"]
    assert (made.status, made.body) == (201, {"id": lead, "success": True, "errors": [], "created": True})
    assert org.row("Lead", lead)["crmsync_id__c"] == "hubspot:1:a/b"


@fact("salesforce", "upsert", "An upsert of a known external id is 200 with created false.", "doc")
def test_upsert_updates() -> None:
    org = new_org()
    org.key_field()
    lead = org.lead(crmsync_id__c="hubspot:1:a/b")
    again = org.send("PATCH", PATH, {"City": "Ulm"})
    assert (again.status, again.body["created"], again.body["id"]) == (200, False, lead)


@fact(
    "salesforce",
    "upsert",
    "An external id that several records share is 300 with their addresses; nothing is written.",
    "doc",
)
def test_upsert_of_several() -> None:
    org = new_org()
    org.key_field(unique=False)
    leads = [org.lead(crmsync_id__c="hubspot:1:a/b") for _ in range(2)]
    several = org.send("PATCH", PATH, {"City": "Bonn"})
    assert (several.status, several.body) == (300, [f"{DATA}/sobjects/Lead/{lead}" for lead in leads])
    assert "City" not in org.row("Lead", leads[0])


@fact("salesforce", "upsert", "Only external id fields stand in the address of an upsert, else 404.", "doc")
def test_upsert_wants_an_external_id_field() -> None:
    assert new_org().send("PATCH", "sobjects/Lead/Email/a@b.example", {"LastName": "D"}).status == 404


@fact("salesforce", "upsert", "updateOnly=true never creates.", "doc")
def test_upsert_may_be_told_never_to_create() -> None:
    org = new_org()
    org.key_field()
    body = {"LastName": "D", "Company": "A"}
    assert (
        org.send("PATCH", "sobjects/Lead/crmsync_id__c/x", body, query={"updateOnly": "true"}).status == 404
    )
    assert org.rows("SELECT Id FROM Lead") == []


@fact(
    "salesforce",
    "upsert",
    "The external id of a single upsert stands in the address only.",
    "assumed",
    "key_in_upsert_body",
)
@pytest.mark.parametrize("allowed", [False, True])
def test_the_key_in_the_body(allowed: bool) -> None:
    org = new_org()
    org.key_field()
    org.sim.switches.key_in_upsert_body = allowed
    keyed = {"LastName": "D", "Company": "A", "crmsync_id__c": "x"}
    assert org.send("PATCH", "sobjects/Lead/crmsync_id__c/x", keyed).status == (201 if allowed else 400)


@fact("salesforce", "save", "A second row with a unique value is DUPLICATE_VALUE and names the first.", "doc")
def test_a_unique_field_refuses_a_second_row_and_names_the_first() -> None:
    org = new_org()
    org.key_field()
    first = posted(org, crmsync_id__c="Key")
    answer = org.send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "crmsync_id__c": "KEY"})
    assert (answer.code, answer.body[0]["message"]) == (
        "DUPLICATE_VALUE",
        f"duplicate value found: crmsync_id__c duplicates value on record with id: {first}",
    )


@fact("salesforce", "save", "Unique fields ignore case unless they are case-sensitive.", "doc")
def test_a_case_sensitive_key_tells_case_apart() -> None:
    org = new_org()
    org.key_field(caseSensitive=True)
    posted(org, crmsync_id__c="Key")
    posted(org, crmsync_id__c="KEY")
    assert len(org.rows("SELECT Id FROM Lead WHERE crmsync_id__c = 'Key'")) == 1


def test_whether_a_deleted_row_still_holds_its_unique_value_is_a_switch() -> None:
    org = new_org()
    org.key_field()
    org.send("DELETE", f"sobjects/Lead/{posted(org, crmsync_id__c='k')}")
    org.sim.switches.deleted_keys_clash = True
    body = {"LastName": "D", "Company": "A", "crmsync_id__c": "k"}
    assert org.send("POST", "sobjects/Lead", body).code == "DUPLICATE_VALUE"
    org.sim.switches.deleted_keys_clash = False
    assert org.send("POST", "sobjects/Lead", body).status == 201


@fact("salesforce", "save", "A parent may be given by its external id.", "doc")
def test_a_parent_may_be_given_by_its_external_id() -> None:
    org = new_org()
    org.key_field("Account")
    account = org.sim.create("Account", {"Name": "Acme", "crmsync_id__c": "a1"})
    made = org.send("POST", "sobjects/Contact", {"LastName": "D", "Account": {"crmsync_id__c": "a1"}})
    assert org.row("Contact", made.body["id"])["AccountId"] == account
    missing = org.send("POST", "sobjects/Contact", {"LastName": "D", "Account": {"crmsync_id__c": "no"}})
    assert (
        missing.body[0]["message"]
        == "Foreign key external ID: no not found for field crmsync_id__c in entity Account"
    )


@fact(
    "salesforce",
    "rows",
    "A compound address is read as an object made of its parts, null when they are empty.",
    "doc",
)
def test_a_compound_address_is_read_from_its_parts() -> None:
    org = new_org()
    contact = org.sim.create("Contact", {"LastName": "D", "MailingCity": "Ulm", "MailingPostalCode": "89073"})
    row = org.send("GET", f"sobjects/Contact/{contact}", query={"fields": "MailingAddress,OtherAddress"}).body
    assert (row["MailingAddress"]["city"], row["MailingAddress"]["postalCode"]) == ("Ulm", "89073")
    assert row["OtherAddress"] is None


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "sobjects/Lead/00Q000000000001AAA", 404, "NOT_FOUND"),
        ("GET", "sobjects/Lead/nope", 400, "MALFORMED_ID"),
        ("PATCH", "sobjects/Lead/00Q000000000001AAA", 404, "NOT_FOUND"),
        ("GET", "sobjects/Nope", 404, "NOT_FOUND"),
        ("GET", "chatter/feeds", 404, "NOT_FOUND"),
        ("POST", "actions/standard/convertLead", 404, "NOT_FOUND"),
        ("PUT", "sobjects/Lead", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_is_not_there_has_the_vendors_own_error(method: str, path: str, status: int, code: str) -> None:
    answer = new_org().send(method, path, {})
    assert (answer.status, answer.code) == (status, code)
