"""Faults in the words of the simulated org: what a client meets, and what the org has done meanwhile."""

from __future__ import annotations

from typing import Any, cast

import pytest
from facts import fact
from sim_salesforce import Org, ask_token, new_org
from sim_salesforce_tokens import alive

from crmsync.simulator.faults import Fault, Faults
from crmsync.simulator.salesforce.org import SalesforceSim
from crmsync.simulator.wire import Request, Reset


def behind(org: Org, kind: str, **more: Any) -> Org:
    """The same org with a fault in front of it."""
    faults = Faults()
    faults.add(Fault(kind, side="salesforce", **more))
    return Org(cast(SalesforceSim, faults.around(org.sim)), org.clock, org.ledger, org.token)


@fact(
    "salesforce", "faults", "REQUEST_LIMIT_EXCEEDED has two meanings, told apart by the message alone.", "doc"
)
def test_the_two_limits_share_a_code() -> None:
    daily = behind(new_org(), "rate_limit").send("GET", "sobjects")
    several = behind(new_org(), "concurrent_limit").send("GET", "sobjects")
    assert (daily.status, daily.code) == (several.status, several.code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert daily.body[0]["message"] == "TotalRequests Limit exceeded."
    assert several.body[0]["message"] == "ConcurrentRequests (Concurrent API Requests) Limit exceeded."


@fact("salesforce", "faults", "An org in maintenance answers 503 ORG_IN_MAINTENANCE.", "doc")
def test_an_org_in_maintenance() -> None:
    answer = behind(new_org(), "maintenance").send("GET", "sobjects")
    assert (answer.status, answer.code) == (503, "ORG_IN_MAINTENANCE")


@fact(
    "salesforce",
    "faults",
    "A busy server answers 503 SERVER_UNAVAILABLE, an unexpected error 500 UNKNOWN_EXCEPTION.",
    "doc",
)
def test_the_server_is_unavailable_or_fails() -> None:
    found = [behind(new_org(), kind).send("GET", "sobjects") for kind in ("unavailable", "internal")]
    assert [(a.status, a.code) for a in found] == [(503, "SERVER_UNAVAILABLE"), (500, "UNKNOWN_EXCEPTION")]


@fact("salesforce", "faults", "Salesforce sends no Retry-After with a refusal.", "doc")
@pytest.mark.parametrize("kind", ["rate_limit", "concurrent_limit", "unavailable", "maintenance"])
def test_no_refusal_says_when_to_come_back(kind: str) -> None:
    headers = behind(new_org(), kind).send("GET", "sobjects").headers
    assert "retry-after" not in {h.lower() for h in headers}


@fact("salesforce", "faults", "Errors of the edge server come as HTML: 500, 420 and 406 among them.", "seen")
@pytest.mark.parametrize("status", [500, 420, 406])
def test_the_edge_answers_html(status: int) -> None:
    faults = Faults()
    faults.add(Fault("edge_html", status=status))
    org = new_org()
    got = faults.around(org.sim).handle(_request(org))
    assert (got.status, got.headers["content-type"].partition(";")[0]) == (status, "text/html")
    assert got.body.startswith(b"<html>")


@fact("salesforce", "faults", "A session may end in the middle of a run; a new token goes on.", "doc")
def test_a_session_ends_in_the_middle_and_a_new_token_goes_on() -> None:
    org = new_org()
    front = behind(org, "session_expired", after=1)
    assert front.send("GET", "sobjects").status == 200
    assert front.send("GET", "sobjects").code == "INVALID_SESSION_ID"
    assert alive(org, ask_token(org.sim).body["access_token"])


@fact(
    "salesforce",
    "faults",
    "A client may meet 401 INVALID_SESSION_ID on every call, however new its token.",
    "seen",
)
def test_every_call_may_be_unauthorized() -> None:
    org = new_org()
    front = behind(org, "unauthorized", count=0, match="/services/data")
    for _ in range(3):
        front.token = ask_token(org.sim).body["access_token"]
        assert front.send("GET", "sobjects").status == 401


def test_a_policy_has_other_words() -> None:
    answer = behind(new_org(), "policy").send("GET", "sobjects")
    assert (answer.status, answer.body[0]["message"]) == (
        401,
        "This session is not valid for use with the REST API",
    )


@fact("salesforce", "faults", "An org whose edition lost the API answers 403 API_DISABLED_FOR_ORG.", "doc")
def test_the_api_may_be_disabled() -> None:
    assert behind(new_org(), "api_disabled").send("GET", "sobjects").code == "API_DISABLED_FOR_ORG"


@fact(
    "salesforce",
    "faults",
    "A statement may run too long or be too complicated: 400 QUERY_TIMEOUT, QUERY_TOO_COMPLICATED.",
    "doc",
)
def test_a_statement_may_be_too_much() -> None:
    codes = [
        behind(new_org(), k).query("SELECT Id FROM Lead").code for k in ("query_timeout", "too_complicated")
    ]
    assert codes == ["QUERY_TIMEOUT", "QUERY_TOO_COMPLICATED"]


@fact(
    "salesforce",
    "faults",
    "A locked row fails alone with UNABLE_TO_LOCK_ROW, and the other rows of the call pass.",
    "seen",
)
def test_one_row_of_a_call_is_locked() -> None:
    org = new_org()
    ids = [org.lead() for _ in range(3)]
    rows = [{"attributes": {"type": "Lead"}, "id": i, "City": "Ulm"} for i in ids]
    answer = behind(org, "row_lock", body="2").send("PATCH", "composite/sobjects", {"records": rows})
    assert [r["success"] for r in answer.body] == [True, False, True]
    error = answer.body[1]["errors"][0]
    assert error["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert error["message"].startswith("unable to obtain exclusive access to this record or 1 records:")
    again = org.send("PATCH", "composite/sobjects", {"records": rows[1:2]})
    assert again.body[0]["success"]


def test_a_row_meets_an_org_that_may_only_be_read() -> None:
    org = new_org()
    answer = behind(org, "row_maintenance").send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A"})
    assert answer.code == "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
    assert org.ledger.entries == []


@pytest.mark.parametrize(
    "code", ["STORAGE_LIMIT_EXCEEDED", "TXN_SECURITY_NO_ACCESS", "TOO_MANY_APEX_REQUESTS"]
)
def test_a_row_may_meet_any_refusal(code: str) -> None:
    org = new_org()
    rows = [{"attributes": {"type": "Lead"}, "LastName": "D", "Company": "A"}] * 2
    front = behind(org, "row_refused", body=f"{code}:Not now: later.")
    answer = front.send("POST", "composite/sobjects", {"records": rows})
    assert [r["success"] for r in answer.body] == [False, True]
    assert answer.body[0]["errors"] == [{"statusCode": code, "message": "Not now: later.", "fields": []}]


@fact(
    "salesforce",
    "faults",
    "An upsert is not atomic: of two for the same new key one is DUPLICATE_VALUE with the other's id.",
    "seen",
)
def test_the_loser_of_a_race_is_told_who_won() -> None:
    org = new_org()
    org.key_field()
    old = org.lead(crmsync_id__c="a")
    rows = [
        {"attributes": {"type": "Lead"}, "crmsync_id__c": k, "LastName": "D", "Company": "A"} for k in "ab"
    ]
    answer = behind(org, "upsert_race").send(
        "PATCH", "composite/sobjects/Lead/crmsync_id__c", {"records": rows}
    )
    made = org.rows("SELECT Id FROM Lead WHERE crmsync_id__c = 'b'")[0]["Id"]
    assert [(r["success"], r.get("id")) for r in answer.body] == [(True, old), (False, None)]
    assert answer.body[1]["errors"][0] == {
        "statusCode": "DUPLICATE_VALUE",
        "message": f"duplicate value found: crmsync_id__c duplicates value on record with id: {made}",
        "fields": [],
    }
    assert len(org.rows("SELECT Id FROM Lead")) == 2


def test_a_single_upsert_may_lose_its_race() -> None:
    org = new_org()
    org.key_field()
    path, body = "sobjects/Lead/crmsync_id__c/a", {"LastName": "D", "Company": "A"}
    answer = behind(org, "upsert_race").send("PATCH", path, body)
    assert (answer.status, answer.code) == (400, "DUPLICATE_VALUE")
    assert behind(org, "upsert_race").send("PATCH", path, body).status == 200


@fact(
    "salesforce", "faults", "A query locator may be lost before its time: 400 INVALID_QUERY_LOCATOR.", "doc"
)
def test_a_locator_is_lost_before_its_time() -> None:
    org = new_org()
    for _ in range(3):
        org.lead()
    org.sim.switches.page_size = 2
    url = org.query("SELECT Id FROM Lead").body["nextRecordsUrl"]
    assert behind(org, "locator_expired").send("GET", url).code == "INVALID_QUERY_LOCATOR"


@fact(
    "salesforce",
    "faults",
    "A page may have fewer rows than there are left, and the next link goes on from there.",
    "doc",
)
def test_a_page_is_shorter_than_it_could_be() -> None:
    org = new_org()
    ids = [org.lead() for _ in range(5)]
    first = behind(org, "short_page", body="2").query("SELECT Id FROM Lead").body
    assert ([r["Id"] for r in first["records"]], first["totalSize"], first["done"]) == (ids[:2], 5, False)
    rest = org.send("GET", first["nextRecordsUrl"]).body
    assert ([r["Id"] for r in rest["records"]], rest["done"]) == (ids[2:], True)


@fact(
    "salesforce",
    "faults",
    "A field may be taken from the user in the middle of a run: 400 INVALID_FIELD.",
    "doc",
)
def test_a_field_is_taken_away_in_the_middle() -> None:
    org = new_org()
    front = behind(org, "field_hidden", body="Lead.Title", after=1)
    assert front.query("SELECT Title FROM Lead").status == 200
    assert front.query("SELECT Title FROM Lead").code == "INVALID_FIELD"


def test_a_bulk_job_fails_in_the_middle() -> None:
    org = new_org()
    job = org.send("POST", "jobs/ingest", {"object": "Lead", "operation": "insert"}).body["id"]
    data = "LastName,Company\nA,X\nB,X\n"
    org.sim.handle(_request(org, "PUT", f"jobs/ingest/{job}/batches", data))
    front = behind(org, "bulk_failed", match=f"PATCH /services/data/v62.0/jobs/ingest/{job}", body="1")
    assert front.send("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"}).status == 200
    states = [org.send("GET", f"jobs/ingest/{job}").body["state"] for _ in range(2)]
    assert states[-1] == "Failed"
    assert len(org.rows("SELECT Id FROM Lead")) == 1


def test_the_deletion_log_is_purged() -> None:
    org = new_org()
    org.sim.delete("Lead", org.lead())
    org.clock.advance(3 * 3600)
    window = {"start": "2026-11-02T09:00:00Z", "end": "2026-11-02T12:00:00Z"}
    assert len(org.send("GET", "sobjects/Lead/deleted", query=window).body["deletedRecords"]) == 1
    answer = behind(org, "deletions_forgotten").send("GET", "sobjects/Lead/deleted", query=window).body
    assert (answer["deletedRecords"], answer["earliestDateAvailable"]) == ([], "2026-11-02T10:30:15.000+0000")


def test_a_lost_acknowledgement_leaves_the_write() -> None:

    org = new_org()
    with pytest.raises(Reset):
        behind(org, "reset_after_send").send("POST", "sobjects/Lead", {"LastName": "D", "Company": "A"})
    assert len(org.rows("SELECT Id FROM Lead")) == 1


def _request(org: Org, method: str = "GET", path: str = "sobjects", body: str = "") -> Request:

    headers = {"authorization": f"Bearer {org.token}"}
    return Request(method, f"/services/data/v62.0/{path}", (), headers, body.encode())
