"""Conditional requests and the other ways to reach single rows (REST/intro-rest-conditional-requests)."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Answer, Org, new_org

from crmsync.simulator.wire import Request

BEFORE, THEN, AFTER = (f"Mon, 02 Nov 2026 09:30:{s} GMT" for s in ("14", "15", "16"))


def account(org: Org) -> str:
    """An Account typed by a person."""
    return org.sim.create("Account", {"Name": "Acme"})


def ask(org: Org, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """A call with headers, whose names have underscores here."""
    return org.send(method, path, body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@fact(
    "salesforce",
    "rows",
    "GET with If-Modified-Since is 304 when the row has not changed since, else 200.",
    "doc",
)
@pytest.mark.parametrize(("since", "status"), [(BEFORE, 200), (THEN, 304), (AFTER, 304)])
def test_a_read_since(since: str, status: int) -> None:
    org = new_org()
    assert ask(org, "GET", f"sobjects/Lead/{org.lead()}", if_modified_since=since).status == status


@fact("salesforce", "rows", "GET with If-Unmodified-Since is 412 when the row has changed since.", "doc")
@pytest.mark.parametrize(("since", "status"), [(BEFORE, 412), (THEN, 200)])
def test_a_read_unless_changed(since: str, status: int) -> None:
    org = new_org()
    assert ask(org, "GET", f"sobjects/Lead/{org.lead()}", if_unmodified_since=since).status == status


@fact(
    "salesforce",
    "rows",
    "PATCH with If-Unmodified-Since is 412 when LastModifiedDate is later, and nothing is written.",
    "doc",
)
@pytest.mark.parametrize(("since", "status"), [(BEFORE, 412), (THEN, 204)])
def test_a_write_unless_changed(since: str, status: int) -> None:
    org = new_org()
    lead = org.lead(City="Ulm")
    assert (
        ask(org, "PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"}, if_unmodified_since=since).status
        == status
    )
    assert org.row("Lead", lead)["City"] == ("Ulm" if status == 412 else "Bonn")


@fact("salesforce", "rows", "PATCH with If-Modified-Since is 412 when the row has not changed since.", "doc")
def test_a_write_only_if_changed() -> None:
    org = new_org()
    lead = org.lead()
    assert ask(org, "PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"}, if_modified_since=THEN).status == 412
    assert (
        ask(org, "PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"}, if_modified_since=BEFORE).status == 204
    )


@fact(
    "salesforce",
    "rows",
    "The date of a condition has a grain of one second: an edit within it goes unseen.",
    "doc",
)
def test_an_edit_within_the_second_goes_unseen() -> None:
    org = new_org()
    lead = org.lead()
    org.clock.advance(0.6)
    org.sim.edit("Lead", lead, {"City": "Ulm"})
    assert (
        ask(org, "PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"}, if_unmodified_since=THEN).status == 204
    )


@fact("salesforce", "rows", "A condition that is no date is 400 on PATCH and POST.", "doc")
@pytest.mark.parametrize("header", ["if_modified_since", "if_unmodified_since"])
def test_a_date_that_is_none_is_refused_on_writes(header: str) -> None:
    org = new_org()
    lead = org.lead()
    assert ask(org, "PATCH", f"sobjects/Lead/{lead}", {"City": "x"}, **{header: "yesterday"}).status == 400
    assert (
        ask(org, "POST", "sobjects/Lead", {"LastName": "D", "Company": "A"}, **{header: "yesterday"}).status
        == 400
    )
    assert ask(org, "GET", f"sobjects/Lead/{lead}", **{header: "yesterday"}).status == 200


@fact("salesforce", "rows", "Only Accounts have an entity tag.", "doc")
def test_only_accounts_have_a_tag() -> None:
    org = new_org()
    assert org.send("GET", f"sobjects/Account/{account(org)}").headers["ETag"].startswith('"')
    assert "ETag" not in org.send("GET", f"sobjects/Lead/{org.lead()}").headers


@fact(
    "salesforce",
    "rows",
    "PATCH of an Account with If-Match passes only with its current entity tag, else 412.",
    "doc",
)
def test_a_write_with_the_tag_of_an_account() -> None:
    org = new_org()
    path = f"sobjects/Account/{account(org)}"
    tag = org.send("GET", path).headers["ETag"]
    assert ask(org, "PATCH", path, {"Site": "North"}, if_match=tag).status == 204
    assert ask(org, "PATCH", path, {"Site": "South"}, if_match=tag).status == 412


@fact(
    "salesforce",
    "rows",
    "GET of an Account with If-None-Match is 304 while its entity tag is the same.",
    "doc",
)
def test_a_read_with_the_tag_of_an_account() -> None:
    org = new_org()
    made = account(org)
    path = f"sobjects/Account/{made}"
    tag = org.send("GET", path).headers["ETag"]
    assert ask(org, "GET", path, if_none_match=tag).status == 304
    org.sim.edit("Account", made, {"Site": "North"})
    assert ask(org, "GET", path, if_none_match=tag).status == 200


@fact(
    "salesforce",
    "rows",
    "If-Match and If-None-Match are not looked at for other objects than Account.",
    "doc",
)
def test_tags_mean_nothing_for_other_objects() -> None:
    org = new_org()
    path = f"sobjects/Lead/{org.lead()}"
    assert ask(org, "PATCH", path, {"City": "Ulm"}, if_match='"nope"').status == 204
    assert ask(org, "GET", path, if_none_match="*").status == 200


def test_conditions_hold_for_upserts_and_deletions_too() -> None:
    org = new_org()
    org.key_field()
    lead = org.lead(crmsync_id__c="a")
    path = "sobjects/Lead/crmsync_id__c/a"
    assert ask(org, "PATCH", path, {"City": "x"}, if_unmodified_since=BEFORE).status == 412
    assert ask(org, "DELETE", f"sobjects/Lead/{lead}", if_unmodified_since=BEFORE).status == 412
    assert ask(org, "PATCH", path, {"City": "x"}, if_unmodified_since=THEN).status == 200


# -- addresses and methods ----------------------------------------------------------------------------------
@fact("salesforce", "rows", "Creating a record answers with its address in Location.", "doc")
def test_a_created_record_has_an_address() -> None:
    answer = new_org().send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A"})
    assert answer.headers["Location"] == f"{DATA}/sobjects/Lead/{answer.body['id']}"


@fact("salesforce", "rows", "POST to /sobjects/X/Id creates a record.", "doc")
def test_a_record_is_created_through_its_id_field() -> None:
    org = new_org()
    assert org.send("POST", "sobjects/Lead/Id", {"LastName": "D", "Company": "A"}).status == 201
    assert len(org.rows("SELECT Id FROM Lead")) == 1


@fact("salesforce", "rows", "A record may be deleted by its external id.", "doc")
def test_a_record_is_deleted_by_its_key() -> None:
    org = new_org()
    org.key_field()
    org.lead(crmsync_id__c="a")
    assert org.send("DELETE", "sobjects/Lead/crmsync_id__c/a").status == 204
    assert org.send("DELETE", "sobjects/Lead/crmsync_id__c/a").status == 404


@fact(
    "salesforce", "rows", "An external id that ends like a file or a host is not found in an address.", "doc"
)
@pytest.mark.parametrize("value", ["x@mail.inc", "page.html", "ann@firm.COM"])
def test_a_key_that_ends_like_a_file_is_not_found(value: str) -> None:
    org = new_org()
    org.key_field()
    org.lead(crmsync_id__c=value)
    path = f"sobjects/Lead/crmsync_id__c/{value}"
    assert org.send("GET", path).status == 404
    assert org.send("PATCH", path, {"City": "Ulm"}).status == 404
    rows = [{"attributes": {"type": "Lead"}, "crmsync_id__c": value, "City": "Ulm"}]
    assert org.send("PATCH", "composite/sobjects/Lead/crmsync_id__c", {"records": rows}).body[0]["success"]


@fact(
    "salesforce",
    "rows",
    "A percent-encoded slash belongs to the external id and does not part the address.",
    "seen",
)
def test_a_slash_in_a_key_is_encoded() -> None:
    org = new_org()
    org.key_field()
    org.lead(crmsync_id__c="a/b")
    assert org.send("GET", "sobjects/Lead/crmsync_id__c/a%2Fb").body["crmsync_id__c"] == "a/b"
    assert org.send("GET", "sobjects/Lead/crmsync_id__c/a/b").status == 404


@fact("salesforce", "rows", "HEAD answers as GET does, without a body.", "doc")
def test_head_is_get_without_a_body() -> None:
    org = new_org()
    lead = org.lead()
    assert org.send("HEAD", f"sobjects/Lead/{lead}").status == 200
    assert org.send("HEAD", "sobjects/Lead/00Q000000000001AAA").status == 404


@fact("salesforce", "rows", "A client that cannot send PATCH sends POST with _HttpMethod=PATCH.", "doc")
def test_patch_may_come_as_post() -> None:
    org = new_org()
    lead = org.lead()
    answer = org.send("POST", f"sobjects/Lead/{lead}", {"City": "Ulm"}, query={"_HttpMethod": "PATCH"})
    assert (answer.status, org.row("Lead", lead)["City"]) == (204, "Ulm")


@fact("salesforce", "rows", "A method that an address does not know is 405 METHOD_NOT_ALLOWED.", "doc")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "sobjects/Lead"),
        ("DELETE", "sobjects/Lead"),
        ("POST", "query"),
        ("PUT", "composite/sobjects"),
        ("PATCH", "limits"),
        ("GET", "composite/batch"),
    ],
)
def test_another_method_is_not_allowed(method: str, path: str) -> None:
    answer = new_org().send(method, path, {})
    assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")


@fact("salesforce", "rows", "A body that is no JSON is 400 JSON_PARSER_ERROR.", "doc")
@pytest.mark.parametrize("body", [b"{", b"", b"[1]", b"\xff"])
def test_a_body_that_is_no_json(body: bytes) -> None:
    org = new_org()
    headers = {"authorization": f"Bearer {org.token}"}
    got = org.sim.handle(Request("POST", f"{DATA}/sobjects/Lead", (), headers, body))
    assert (got.status, b"JSON_PARSER_ERROR" in got.body) == (400, True)


@fact("salesforce", "rows", "An address that is not there is 404 NOT_FOUND in a list of errors.", "doc")
@pytest.mark.parametrize(
    "path",
    [
        "sobjects/Nope",
        "nowhere",
        "apexrest/convert",
        "actions/standard",
    ],
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    answer = new_org().send("GET", path, {})
    assert (answer.status, answer.body) == (
        404,
        [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}],
    )


@fact("salesforce", "rows", "Trailing slashes and X-PrettyPrint are accepted everywhere.", "seen")
@pytest.mark.parametrize(
    "path", ["limits/", "sobjects/", "sobjects/Lead/", "sobjects/Lead/describe/", "jobs/ingest/"]
)
def test_trailing_slashes_are_accepted(path: str) -> None:
    assert ask(new_org(), "GET", path, x_prettyprint="1").status == 200


@fact("salesforce", "rows", "GET of a row may name its fields, and then has only these and its Id.", "doc")
def test_a_row_may_be_asked_for_some_fields() -> None:
    org = new_org()
    lead = org.lead(City="Ulm")
    body = org.send("GET", f"sobjects/Lead/{lead}", query={"fields": "City,LastName"}).body
    assert set(body) == {"attributes", "City", "LastName", "Id"}


@fact("salesforce", "rows", "A body that says it is no JSON is 415 UNSUPPORTED_MEDIA_TYPE.", "doc")
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_of_another_type_is_refused(kind: str, status: int) -> None:
    body = {"LastName": "D", "Company": "A"}
    assert ask(new_org(), "POST", "sobjects/Lead", body, content_type=kind).status == status


def test_replies_in_xml_are_not_simulated_and_refused() -> None:
    org = new_org()
    assert ask(org, "GET", "sobjects", accept="application/xml").status == 406
    assert ask(org, "GET", "sobjects", accept="text/html, application/xml, */*").status == 200


@fact(
    "salesforce",
    "rows",
    "An upsert by an external id that is not unique needs the right to see all records.",
    "doc",
)
def test_an_upsert_by_a_key_that_is_not_unique_needs_to_see_all() -> None:
    org = new_org()
    org.key_field(unique=False)
    body = {"LastName": "D", "Company": "A"}
    assert org.send("PATCH", "sobjects/Lead/crmsync_id__c/a", body).status == 201
    org.sim.private_sharing = True
    assert org.send("PATCH", "sobjects/Lead/crmsync_id__c/a", body).status == 403
    rows = [{"attributes": {"type": "Lead"}, "crmsync_id__c": "a", **body}]
    assert org.send("PATCH", "composite/sobjects/Lead/crmsync_id__c", {"records": rows}).status == 403
