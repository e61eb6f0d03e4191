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
