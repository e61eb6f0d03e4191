"""What orgs differ in, each shown both ways: pages, tokens, quotas, bulk jobs, upserts. Other switches stand elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Answer, Org, ask_token, new_org
from sim_salesforce_tokens import alive, app, post

from crmsync.simulator.wire import Request

KEY = "sobjects/Lead/crmsync_id__c"
ROW = {"LastName": "Doe", "Company": "Acme"}
TEXT = "LastName,Company\n" + "".join(f"P{n},Acme\n" for n in range(8))


def page_lengths(org: Org) -> list[int]:
    """How many records each page of all Leads holds."""
    answers = [org.query("SELECT Id FROM Lead").body]
    while not answers[-1]["done"]:
        answers.append(org.send("GET", answers[-1]["nextRecordsUrl"]).body)
    return [len(a["records"]) for a in answers]


def put(org: Org, job: str, text: str) -> Answer:
    """The upload of a job's data."""
    headers = {"authorization": f"Bearer {org.token}", "content-type": "text/csv"}
    got = org.sim.handle(Request("PUT", f"{DATA}/jobs/ingest/{job}/batches", (), headers, text.encode()))
    return Answer(got.status, None, dict(got.headers))


def job(org: Org, operation: str = "insert", text: str = TEXT) -> dict[str, Any]:
    """An ingest job run to its end."""
    made = org.send("POST", "jobs/ingest", {"object": "Lead", "operation": operation}).body["id"]
    assert put(org, made, text).status == 201
    org.send("PATCH", f"jobs/ingest/{made}", {"state": "UploadComplete"})
    for _ in range(3):
        told: dict[str, Any] = org.send("GET", f"jobs/ingest/{made}").body
    return told


def names(org: Org, made: str) -> list[str]:
    """The last names of the rows that succeeded, in the order of the results."""
    headers = {"authorization": f"Bearer {org.token}"}
    got = org.sim.handle(Request("GET", f"{DATA}/jobs/ingest/{made}/successfulResults", (), headers))
    return [line.split(b'"')[5].decode() for line in got.body.splitlines()[1:]]


# -- pages --------------------------------------------------------------------------------------------------
@fact(
    "salesforce", "query", "A page holds 2,000 records or, when the vendor likes, fewer.", "doc", "page_size"
)
def test_pages_may_be_shorter() -> None:
    org = new_org()
    for n in range(5):
        org.lead(LastName=f"P{n}")
    assert (org.sim.switches.page_size, page_lengths(org)) == (2000, [5])
    org.sim.switches.page_size = 2
    assert page_lengths(org) == [2, 2, 1]


@fact("salesforce", "query", "The pages of one query need not be of one length.", "doc", "page_sizes")
def test_pages_may_differ() -> None:
    org = new_org()
    for n in range(6):
        org.lead(LastName=f"P{n}")
    assert page_lengths(org) == [6]
    org.sim.switches.page_sizes = (3, 1, 4)
    assert page_lengths(org) == [3, 1, 2]


@fact(
    "salesforce",
    "query",
    "A locator is good for two days, by switch for less, then INVALID_QUERY_LOCATOR.",
    "doc",
    "locator_ttl_s",
)
@pytest.mark.parametrize(("ttl", "hours", "status"), [(None, 47, 200), (None, 49, 400), (3600.0, 2, 400)])
def test_locators_end(ttl: float | None, hours: int, status: int) -> None:
    org = new_org()
    org.sim.switches.page_size = 1
    for n in range(2):
        org.lead(LastName=f"P{n}")
    if ttl is not None:
        org.sim.switches.locator_ttl_s = ttl
    more = org.query("SELECT Id FROM Lead").body["nextRecordsUrl"]
    org.clock.advance(hours * 3600)
    answer = org.send("GET", more)
    assert (answer.status, status == 200 or answer.code) == (status, status == 200 or "INVALID_QUERY_LOCATOR")


# -- rows ---------------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "upsert",
    "An upsert that updates answers 200 with created false, or 204 without a body.",
    "assumed",
    "upsert_update_status",
)
def test_an_upsert_that_updates_answers_in_two_ways() -> None:
    org = new_org()
    org.key_field()
    made = org.send("PATCH", f"{KEY}/k", ROW).body
    again = org.send("PATCH", f"{KEY}/k", {"City": "Oslo"})
    assert (again.status, again.body) == (200, {**made, "created": False})
    org.sim.switches.upsert_update_status = 204
    again = org.send("PATCH", f"{KEY}/k", {"City": "Rome"})
    assert (again.status, again.body) == (204, None)
    assert org.send("PATCH", f"{KEY}/l", ROW).status == 201


@fact(
    "salesforce",
    "upsert",
    "Which endings make a value in the address 404 can be said; others are taken.",
    "doc",
    "path_endings",
)
def test_endings_of_values_in_addresses() -> None:
    org = new_org()
    org.key_field()
    assert org.send("PATCH", f"{KEY}/a@mail.inc", ROW).status == 404
    org.sim.switches.path_endings = (".zip",)
    assert org.send("PATCH", f"{KEY}/a@mail.inc", ROW).status == 201
    assert org.send("PATCH", f"{KEY}/a.zip", ROW).status == 404


@fact(
    "salesforce",
    "replication",
    "getUpdated and getDeleted return up to 600,000 ids, beyond that EXCEEDED_ID_LIMIT.",
    "doc",
    "updated_limit",
)
def test_windows_may_hold_too_many_ids() -> None:
    org = new_org()
    for n in range(3):
        lead = org.lead(LastName=f"P{n}")
    org.sim.delete("Lead", lead)
    org.clock.advance(3600)
    window = {"start": "2026-11-02T09:00:00Z", "end": "2026-11-02T10:00:00Z"}
    assert org.sim.switches.updated_limit == 600_000
    for name, limit in (("updated", 1), ("deleted", 0)):
        org.sim.switches.updated_limit = 600_000
        assert org.send("GET", f"sobjects/Lead/{name}", query=window).status == 200
        org.sim.switches.updated_limit = limit
        assert org.send("GET", f"sobjects/Lead/{name}", query=window).code == "EXCEEDED_ID_LIMIT"


@fact(
    "salesforce",
    "assignment",
    "Where an assignment rule is active a new Lead gets its owner, where none is it keeps its creator.",
    "doc",
    "assignment_rule",
)
def test_orgs_with_and_without_an_assignment_rule() -> None:
    org = new_org()
    rosa = org.one("SELECT Id FROM User WHERE FirstName = 'Rosa'")["Id"]
    kept = org.post("Lead", **ROW).body["id"]
    org.sim.switches.assignment_rule = lambda _row: rosa
    given = org.post("Lead", **ROW).body["id"]
    assert [org.row("Lead", i)["OwnerId"] for i in (kept, given)] == [org.sim.user_id, rosa]


# -- tokens -------------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "tokens",
    "A user's app has five live tokens; by switch another number.",
    "doc",
    "grant_limit",
)
@pytest.mark.parametrize(("limit", "left"), [(5, 5), (2, 2)])
def test_tokens_live_side_by_side(limit: int, left: int) -> None:
    org = new_org()
    org.sim.switches.grant_limit = limit
    tokens = [ask_token(org.sim).body["access_token"] for _ in range(6)]
    assert [alive(org, t) for t in tokens] == [n >= 6 - left for n in range(6)]


@fact(
    "salesforce",
    "tokens",
    "Without rotation a refresh returns no refresh token and the old one stays good; with it the old one ends.",
    "doc",
    "rotate_refresh_tokens",
)
def test_refresh_tokens_rotate_or_stay() -> None:
    org = new_org()
    held = org.sim.auth.authorize()
    form = {"grant_type": "refresh_token", **app(org)}
    assert "refresh_token" not in post(org, "token", refresh_token=held, **form).body
    org.sim.switches.rotate_refresh_tokens = True
    assert post(org, "token", refresh_token=held, **form).body["refresh_token"] != held
    assert post(org, "token", refresh_token=held, **form).status == 400


@fact(
    "salesforce",
    "tokens",
    "Some orgs still take a user's name and password for a token, most answer unsupported_grant_type.",
    "seen",
    "password_grant",
)
def test_the_password_grant_is_there_or_not() -> None:
    org = new_org()
    auth = org.sim.auth
    user = {"username": auth.username, "password": auth.password + auth.security_token}
    asked = {"grant_type": "password", **user, **app(org)}
    assert post(org, "token", **asked).body["error"] == "unsupported_grant_type"
    org.sim.switches.password_grant = True
    assert alive(org, post(org, "token", **asked).body["access_token"])


@fact(
    "salesforce",
    "tokens",
    "A policy of the org refuses even a fresh token with 401, in words of its own.",
    "seen",
    "session_policy",
)
def test_a_policy_may_stand_in_the_way() -> None:
    org = new_org()
    assert alive(org, org.token)
    org.sim.switches.session_policy = "Connected app is not attached to Agent"
    answer = org.send("GET", "sobjects")
    assert (answer.status, answer.code) == (401, "INVALID_SESSION_ID")
    assert answer.body[0]["message"] == "Connected app is not attached to Agent"


# -- quotas -------------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "limits",
    "How many requests a day an org has depends on its edition and licences.",
    "doc",
    "daily_limit",
)
def test_the_daily_quota_differs() -> None:
    org = new_org()
    for most, status in ((115_000, 200), (5_000_000, 200), (2, 403)):
        org.sim.switches.daily_limit = most
        answer = org.send("GET", "sobjects/Lead")
        assert (answer.status, answer.headers["Sforce-Limit-Info"].partition("/")[2]) == (status, str(most))


@fact(
    "salesforce",
    "limits",
    "The usage header names the connected app's own quota only where the app has one.",
    "doc",
    "app_limit",
)
def test_an_app_may_have_a_quota() -> None:
    org = new_org()
    assert "per-app" not in org.send("GET", "sobjects/Lead").headers["Sforce-Limit-Info"]
    org.sim.switches.app_limit = 250
    told = org.send("GET", "sobjects/Lead").headers["Sforce-Limit-Info"]
    assert told == "api-usage=2/115000; per-app-api-usage=2/250(appName=crmsync)"


@fact(
    "salesforce",
    "limits",
    "An edition without the API answers 403 API_DISABLED_FOR_ORG to every call.",
    "doc",
    "api_enabled",
)
def test_editions_with_and_without_the_api() -> None:
    org = new_org()
    assert org.send("GET", "sobjects/Lead").status == 200
    org.sim.switches.api_enabled = False
    answer = org.send("GET", "sobjects/Lead")
    assert (answer.status, answer.code) == (403, "API_DISABLED_FOR_ORG")


# -- bulk ---------------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "bulk",
    "A job beyond the day's 15,000 batches fails with nothing processed.",
    "doc",
    "bulk_batch_limit",
)
def test_batches_of_a_day() -> None:
    org = new_org()
    assert job(org)["state"] == "JobComplete"
    org.sim.switches.bulk_batch_limit = 1
    told = job(org)
    assert (told["state"], told["numberRecordsProcessed"]) == ("Failed", 0)


@fact(
    "salesforce", "bulk", "An org makes 10,000 bulk query jobs a day and no more.", "doc", "bulk_query_limit"
)
def test_query_jobs_of_a_day() -> None:
    org = new_org()
    body = {"operation": "query", "query": "SELECT Id FROM Lead"}
    assert org.send("POST", "jobs/query", body).status == 200
    org.sim.switches.bulk_query_limit = 1
    assert org.send("POST", "jobs/query", body).code == "EXCEEDEDQUOTA"


@fact("salesforce", "bulk", "Data beyond about 100 MB of a job is refused.", "doc", "bulk_upload_limit")
@pytest.mark.parametrize(("most", "status"), [(100_000_000, 201), (20, 413)])
def test_the_size_of_an_upload(most: int, status: int) -> None:
    org = new_org()
    org.sim.switches.bulk_upload_limit = most
    made = org.send("POST", "jobs/ingest", {"object": "Lead", "operation": "insert"}).body["id"]
    assert put(org, made, TEXT).status == status


@fact(
    "salesforce",
    "bulk",
    "The results of a job come in another order than its rows; an org may keep the order all the same.",
    "doc",
    "bulk_shuffle",
)
def test_results_are_in_order_or_not() -> None:
    org = new_org()
    sent = [f"P{n}" for n in range(8)]
    mixed = names(org, job(org)["id"])
    assert (mixed != sent, sorted(mixed)) == (True, sent)
    org.sim.switches.bulk_shuffle = False
    assert names(org, job(org)["id"]) == sent


@fact(
    "salesforce",
    "bulk",
    "Only a user with a permission of its own may delete past the recycle bin.",
    "doc",
    "bulk_hard_delete",
)
def test_hard_delete_needs_a_permission() -> None:
    org = new_org()
    lead = org.lead()
    body = {"object": "Lead", "operation": "hardDelete"}
    assert org.send("POST", "jobs/ingest", body).code == "FEATURENOTENABLED"
    org.sim.switches.bulk_hard_delete = True
    assert job(org, "hardDelete", f"Id\n{lead}\n")["numberRecordsFailed"] == 0
    assert org.rows("SELECT Id FROM Lead", "queryAll") == []
