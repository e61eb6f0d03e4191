"""Single rows: REST/dome-sobject-create, dome-update-fields, dome-upsert, dome-delete-record, errorcodes."""

from __future__ import annotations

from typing import Any

import pytest
from sim_salesforce import DATA, Org, new_org

STAMP = "2026-11-02T09:30:15.000+0000"


def posted(org: Org, obj: str = "Lead", **values: Any) -> str:
    answer = org.send("POST", f"sobjects/{obj}/", {"LastName": "Doe", "Company": "Acme", **values})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


def test_create_answers_201_with_the_id_and_a_location() -> None:
    org = new_org()
    answer = org.send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme"})
    lead = answer.body["id"]
    assert answer.body == {"id": lead, "success": True, "errors": []}
    assert lead.startswith("00Q")
    assert answer.headers["Location"] == f"{DATA}/sobjects/Lead/{lead}"


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


def test_update_answers_204_and_moves_the_stamps_even_without_a_change() -> None:
    org = new_org()
    lead = posted(org)
    org.clock.advance(5)
    answer = org.send("PATCH", f"sobjects/Lead/{lead[:15]}", {"Company": "Acme"})
    assert (answer.status, answer.body) == (204, None)
    row = org.row("Lead", lead)
    assert row["SystemModstamp"] == row["LastModifiedDate"] == "2026-11-02T09:30:20.000+0000"
    assert row["CreatedDate"] == STAMP
    assert (org.ledger.entries[-1].before, org.ledger.entries[-1].after) == ({}, {})


def test_delete_is_soft_and_a_deleted_row_answers_entity_is_deleted() -> None:
    org = new_org()
    lead = posted(org)
    org.clock.advance(5)
    assert org.send("DELETE", f"sobjects/Lead/{lead}").status == 204
    for method, body in (("DELETE", None), ("PATCH", {"City": "Ulm"})):
        again = org.send(method, f"sobjects/Lead/{lead}", body)
        assert (again.status, again.code, again.body[0]["message"]) == (
            404,
            "ENTITY_IS_DELETED",
            "entity is deleted",
        )
    assert org.send("GET", f"sobjects/Lead/{lead}").code == "NOT_FOUND"
    assert org.row("Lead", lead)["SystemModstamp"] == "2026-11-02T09:30:20.000+0000"


SAVED = [
    ("LastName", "  Doe \t", "Doe"),
    ("City", "   ", None),
    ("City", "", None),
    ("Email", "j.davis@expressl&t.example", "j.davis@expressl&t.example"),
    ("City", None, None),
    ("City", "\u00a0x\u00a0", "\u00a0x\u00a0"),
    ("Email", "Ann.B@ONE.Example", "ann.b@one.example"),
    ("DoNotCall", None, False),
    ("NumberOfEmployees", 5.0, 5),
    ("AnnualRevenue", 5, 5.0),
    ("EmailBouncedDate", "2026-01-01T01:02:03.999+01:00", "2026-01-01T00:02:03.000+0000"),
    ("LeadSource", "Anything goes", "Anything goes"),
]


@pytest.mark.parametrize(("name", "given", "stored"), SAVED)
def test_saving_trims_lower_cases_emails_and_makes_empty_null(name: str, given: Any, stored: Any) -> None:
    org = new_org()
    lead = posted(org, **{name: given})
    got = org.send("GET", f"sobjects/Lead/{lead}", query={"fields": name}).body[name]
    assert got == stored
    assert type(got) is type(stored)


REFUSED: list[tuple[dict[str, Any], str, str, list[str]]] = [
    ({"LastName": None}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
    ({"Company": " "}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Company]", ["Company"]),
    (
        {"City": "x" * 41},
        "STRING_TOO_LONG",
        "City: data value too large: " + "x" * 41 + " (max length=40)",
        ["City"],
    ),
    ({"Email": "nope"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: nope", ["Email"]),
    ({"Email": "a@b"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@b", ["Email"]),
    (
        {"Nope__c": 1},
        "INVALID_FIELD",
        "No such column 'Nope__c' on sobject of type Lead",
        [],
    ),
    ({"OwnerId": "junk"}, "MALFORMED_ID", "Owner ID: id value of incorrect type: junk", ["OwnerId"]),
    (
        {"OwnerId": "001000000000001AAA"},
        "FIELD_INTEGRITY_EXCEPTION",
        "Owner ID: id value of incorrect type: 001000000000001AAA",
        ["OwnerId"],
    ),
    (
        {"OwnerId": "005000000000001AAA"},
        "INVALID_CROSS_REFERENCE_KEY",
        "invalid cross reference id",
        ["OwnerId"],
    ),
]


@pytest.mark.parametrize(("values", "code", "message", "fields"), REFUSED)
def test_a_bad_value_is_refused_by_name(
    values: dict[str, Any], code: str, message: str, fields: list[str]
) -> None:
    org = new_org()
    answer = org.send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", **values})
    assert answer.status == 400
    assert answer.body == [{"message": message, "errorCode": code, "fields": fields}]
    assert org.rows("SELECT Id FROM Lead") == []


@pytest.mark.parametrize(
    "name", ["IsConverted", "ConvertedContactId", "Name", "Address", "CreatedDate", "SystemModstamp"]
)
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
def test_a_value_of_the_wrong_type_does_not_parse(name: str, value: object) -> None:
    answer = new_org().send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", name: value})
    assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")


def test_every_bad_value_of_a_row_is_told_at_once() -> None:
    answer = new_org().send(
        "POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "City": "x" * 41, "Email": "x"}
    )
    assert [e["errorCode"] for e in answer.body] == ["STRING_TOO_LONG", "INVALID_EMAIL_ADDRESS"]


def test_a_restricted_picklist_takes_its_values_only() -> None:
    org = new_org()
    org.sim.restrict("Lead", "LeadSource")
    posted(org, LeadSource="Web")
    answer = org.send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "LeadSource": "Fax"})
    assert answer.body == [
        {
            "message": "Lead Source: bad value for restricted picklist field: Fax",
            "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "fields": ["LeadSource"],
        }
    ]


def test_an_inactive_user_cannot_own_and_a_queue_owns_leads_only() -> None:
    org = new_org()
    idle = org.rows("SELECT Id FROM User WHERE IsActive = false")[0]["Id"]
    queue = org.rows("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"]
    answer = org.send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "OwnerId": idle})
    assert answer.code == "INACTIVE_OWNER_OR_USER"
    posted(org, OwnerId=queue)
    assert org.send("POST", "sobjects/Contact", {"LastName": "D", "OwnerId": queue}).status == 400


def test_if_unmodified_since_compares_last_modified_at_one_second() -> None:
    org = new_org()
    lead = posted(org)
    org.clock.advance(10)
    org.sim.edit("Lead", lead, {"City": "Ulm"})
    path, body = f"sobjects/Lead/{lead}", {"Title": "CEO"}
    stale = org.send("PATCH", path, body, headers={"if-unmodified-since": "Mon, 02 Nov 2026 09:30:24 GMT"})
    assert stale.status == 412
    fresh = org.send("PATCH", path, body, headers={"if-unmodified-since": "Mon, 02 Nov 2026 09:30:25 GMT"})
    assert fresh.status == 204
    assert org.send("PATCH", path, body, headers={"if-unmodified-since": "yesterday"}).status == 400
    org.sim.delete("Lead", org.lead())
    gone = org.rows("SELECT Id FROM Lead WHERE IsDeleted = true", "queryAll")[0]["Id"]
    early = {"if-unmodified-since": "Mon, 02 Nov 2026 09:00:00 GMT"}
    assert org.send("PATCH", f"sobjects/Lead/{gone}", body, headers=early).code == "ENTITY_IS_DELETED"
    assert org.send("GET", path, headers={"if-modified-since": "Mon, 02 Nov 2026 10:00:00 GMT"}).status == 304


def test_a_mass_job_moves_system_modstamp_alone() -> None:
    org = new_org()
    lead = posted(org)
    org.clock.advance(10)
    org.sim.touch("Lead", [lead])
    row = org.row("Lead", lead)
    assert (row["LastModifiedDate"], row["SystemModstamp"]) == (STAMP, "2026-11-02T09:30:25.000+0000")


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


def test_upsert_creates_201_updates_200_and_finds_several_300() -> None:
    org = new_org()
    org.key_field(unique=False)
    path = "sobjects/Lead/crmsync_id__c/hubspot%3A1%3Aa%2Fb"
    made = org.send("PATCH", path, {"LastName": "Doe", "Company": "Acme"})
    lead = made.body["id"]
    assert (made.status, made.body) == (201, {"id": lead, "success": True, "errors": [], "created": True})
    assert org.row("Lead", lead)["crmsync_id__c"] == "hubspot:1:a/b"
    again = org.send("PATCH", path, {"City": "Ulm"})
    assert (again.status, again.body["created"]) == (200, False)
    org.lead(crmsync_id__c="hubspot:1:a/b")
    several = org.send("PATCH", path, {"City": "Bonn"})
    assert several.status == 300
    assert len(several.body) == 2
    assert org.row("Lead", lead)["City"] == "Ulm"


def test_upsert_wants_an_external_id_field_and_may_be_told_never_to_create() -> None:
    org = new_org()
    org.key_field()
    assert org.send("PATCH", "sobjects/Lead/Email/a@b.example", {"LastName": "D"}).status == 404
    only = org.send(
        "PATCH",
        "sobjects/Lead/crmsync_id__c/x",
        {"LastName": "D", "Company": "A"},
        query={"updateOnly": "true"},
    )
    assert only.status == 404
    keyed = {"LastName": "D", "Company": "A", "crmsync_id__c": "x"}
    assert org.send("PATCH", "sobjects/Lead/crmsync_id__c/x", keyed).status == 400


def test_a_unique_field_refuses_a_second_row_and_names_the_first() -> None:
    org = new_org()
    org.key_field()
    first = posted(org, crmsync_id__c="Key")
    answer = org.send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "crmsync_id__c": "KEY"})
    assert (answer.code, answer.body[0]["message"]) == (
        "DUPLICATE_VALUE",
        f"duplicate value found: crmsync_id__c duplicates value on record with id: {first}",
    )


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


def test_a_compound_address_is_read_from_its_parts() -> None:
    org = new_org()
    contact = org.sim.create("Contact", {"LastName": "D", "MailingCity": "Ulm", "MailingPostalCode": "89073"})
    row = org.send("GET", f"sobjects/Contact/{contact}", query={"fields": "MailingAddress,OtherAddress"}).body
    assert (row["MailingAddress"]["city"], row["MailingAddress"]["postalCode"]) == ("Ulm", "89073")
    assert row["OtherAddress"] is None


def test_assignment_rules_run_on_api_saves_unless_the_header_says_false() -> None:
    org = new_org()
    rep = org.rows("SELECT Id FROM User WHERE FirstName = 'Rosa'")[0]["Id"]
    lead = posted(org)
    assert org.row("Lead", lead)["OwnerId"] == org.sim.user_id
    org.sim.switches.assignment_rule = lambda row: rep
    org.send("PATCH", f"sobjects/Lead/{lead}", {"City": "Ulm"}, headers={"sforce-auto-assign": "FALSE"})
    assert org.row("Lead", lead)["OwnerId"] == org.sim.user_id
    org.send("PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"})
    assert org.row("Lead", lead)["OwnerId"] == rep


def test_validation_rules_refuse_and_automations_change_what_is_saved() -> None:
    from crmsync.simulator.salesforce.errors import row_error

    org = new_org()
    org.sim.org.validations.append(
        lambda entity, row, old: (
            row_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No fax") if row.get("Fax") else None
        )
    )
    org.sim.org.automations.append(lambda entity, row, old: row.update(Rating="Hot"))
    answer = org.send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A", "Fax": "1"})
    assert answer.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    lead = posted(org, Rating="Cold")
    assert org.row("Lead", lead)["Rating"] == "Hot"
    meant, made = org.ledger.entries[-2:]
    assert (meant.actor, meant.op, meant.after["Rating"]) == ("api", "create", "Cold")
    assert (made.actor, made.op, made.before, made.after) == (
        "system",
        "update",
        {"Rating": "Cold"},
        {"Rating": "Hot"},
    )


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


def test_a_body_that_is_no_json_is_a_parser_error() -> None:
    from crmsync.simulator.wire import Request

    org = new_org()
    got = org.sim.handle(
        Request("POST", f"{DATA}/sobjects/Lead", (), {"authorization": f"Bearer {org.token}"}, b"{nope")
    )
    assert got.status == 400
    assert b"JSON_PARSER_ERROR" in got.body


def test_updated_and_deleted_list_ids_in_a_window() -> None:
    org = new_org()
    kept, gone = org.lead(), org.lead()
    org.clock.advance(120)
    org.sim.delete("Lead", gone)
    window = {"start": "2026-11-02T09:00:00+00:00", "end": "2026-11-02T10:00:00+00:00"}
    updated = org.send("GET", "sobjects/Lead/updated/", query=window).body
    assert updated == {"ids": [kept], "latestDateCovered": "2026-11-02T10:00:00.000+0000"}
    deleted = org.send("GET", "sobjects/Lead/deleted/", query=window).body
    assert deleted["deletedRecords"] == [{"id": gone, "deletedDate": "2026-11-02T09:32:15.000+0000"}]
    assert deleted["earliestDateAvailable"] == "2026-10-18T09:32:15.000+0000"
    backwards = {"start": window["end"], "end": window["start"]}
    assert org.send("GET", "sobjects/Lead/updated", query=backwards).code == "INVALID_REPLICATION_DATE"
