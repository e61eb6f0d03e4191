"""Bulk API 2.0 query jobs of the simulated org (ASYNC/query-create-job and its siblings)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Org, new_org

from crmsync.simulator.wire import Request, Response

INFO_KEYS = {
    *(
        "id",
        "operation",
        "object",
        "createdById",
        "createdDate",
        "systemModstamp",
        "state",
        "concurrencyMode",
    ),
    *("contentType", "apiVersion", "lineEnding", "columnDelimiter", "jobType", "numberRecordsProcessed"),
    *("retries", "totalProcessingTime", "isPkChunkingSupported"),
}


def asked(org: Org, soql: str, operation: str = "query", **more: Any) -> str:
    """A new query job; returns its id."""
    answer = org.send("POST", "jobs/query", {"operation": operation, "query": soql, **more})
    assert answer.status == 200, answer.body
    return str(answer.body["id"])


def done(org: Org, soql: str, operation: str = "query", **more: Any) -> str:
    """A query job that is complete."""
    job = asked(org, soql, operation, **more)
    assert [org.send("GET", f"jobs/query/{job}").body["state"] for _ in range(2)][-1] == "JobComplete"
    return job


def page(org: Org, job: str, version: str = "62.0", **query: str) -> Response:
    """One page of results."""
    headers = {"authorization": f"Bearer {org.token}", "accept": "text/csv"}
    path = f"/services/data/v{version}/jobs/query/{job}/results"
    return org.sim.handle(Request("GET", path, tuple(query.items()), headers))


def table(got: Response) -> list[list[str]]:
    """Header and rows of a page."""
    assert got.status == 200, got.body
    return list(csv.reader(io.StringIO(got.body.decode(), newline="")))


@fact(
    "salesforce", "bulk", "A new query job is UploadComplete at once, and its info is of type V2Query.", "doc"
)
def test_a_query_job_starts_uploaded() -> None:
    org = new_org()
    body = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead"}).body
    assert (body["state"], body["object"], body["id"][:3]) == ("UploadComplete", "Lead", "750")
    info = org.send("GET", f"jobs/query/{body['id']}").body
    assert set(info) == INFO_KEYS
    assert info["jobType"] == "V2Query"


@fact("salesforce", "bulk", "The columns of a query job's results stand in the order of its SELECT.", "doc")
def test_columns_come_in_the_order_selected() -> None:
    org = new_org()
    org.lead(City="Ulm", FirstName="Ann")
    rows = table(page(org, done(org, "SELECT City, LastName, FirstName, Id FROM Lead")))
    assert rows[0] == ["City", "LastName", "FirstName", "Id"]
    assert rows[1][:3] == ["Ulm", "Doe", "Ann"]


@fact(
    "salesforce",
    "bulk",
    "Results of a query job show null as an empty cell, checkboxes as true and false, stamps in UTC with Z.",
    "doc",
)
def test_cells_show_nulls_checkboxes_and_stamps() -> None:
    org = new_org()
    org.lead()
    job = done(org, "SELECT City, DoNotCall, CreatedDate, Owner.Name FROM Lead")
    assert table(page(org, job)) == [
        ["City", "DoNotCall", "CreatedDate", "Owner.Name"],
        ["", "false", "2026-11-02T09:30:15.000Z", "Integration User"],
    ]


@fact(
    "salesforce",
    "bulk",
    "Sforce-NumberOfRecords says how many rows a page has, and Sforce-Locator where the next begins.",
    "doc",
)
def test_pages_follow_by_locator() -> None:
    org = new_org()
    names = [f"P{n}" for n in range(5)]
    for name in names:
        org.lead(LastName=name)
    job = done(org, "SELECT LastName FROM Lead ORDER BY LastName")
    found, locator, sizes = [], "", []
    while locator != "null":
        got = page(org, job, maxRecords="2", **({"locator": locator} if locator else {}))
        found += [r[0] for r in table(got)[1:]]
        sizes.append(got.headers["Sforce-NumberOfRecords"])
        locator = got.headers["Sforce-Locator"]
    assert (found, sizes) == (names, ["2", "2", "1"])


@fact("salesforce", "bulk", "On the last page the locator is the word null.", "doc")
def test_the_last_locator_is_the_word_null() -> None:
    org = new_org()
    assert page(org, done(org, "SELECT Id FROM Lead")).headers["Sforce-Locator"] == "null"


@fact("salesforce", "bulk", "A locator of bulk results is the base64 of an offset, such as MTAwMDA.", "seen")
def test_a_locator_is_an_offset_in_base64() -> None:
    org = new_org()
    for _ in range(3):
        org.lead()
    got = page(org, done(org, "SELECT Id FROM Lead"), maxRecords="2")
    assert got.headers["Sforce-Locator"] == "Mg"


@fact("salesforce", "bulk", "Locators of bulk results can be read again.", "doc")
def test_a_page_can_be_read_again() -> None:
    org = new_org()
    for n in range(3):
        org.lead(LastName=f"P{n}")
    job = done(org, "SELECT LastName FROM Lead ORDER BY LastName")
    pages = [page(org, job, maxRecords="1", locator="MQ").body for _ in range(2)]
    assert pages[0] == pages[1]
    assert table(page(org, job, maxRecords="1", locator="MQ"))[1] == ["P1"]


def test_a_locator_that_is_none_is_refused() -> None:
    org = new_org()
    job = done(org, "SELECT Id FROM Lead")
    for query in ({"locator": "!!"}, {"locator": "OTk5"}, {"maxRecords": "0"}, {"maxRecords": "x"}):
        assert page(org, job, **query).status == 400


@fact("salesforce", "bulk", "Results asked for before the job is complete are 412 JOB_NOT_COMPLETE.", "doc")
def test_results_before_the_end_are_412() -> None:
    org = new_org()
    job = asked(org, "SELECT Id FROM Lead")
    got = page(org, job)
    assert (got.status, b"JOB_NOT_COMPLETE" in got.body) == (412, True)


@fact("salesforce", "bulk", "Results asked for in another API version than the job's are a 409.", "doc")
def test_results_in_another_version_are_409() -> None:
    org = new_org()
    assert page(org, done(org, "SELECT Id FROM Lead"), version="61.0").status == 409


@fact("salesforce", "bulk", "The operation queryAll reads the recycle bin too.", "doc")
def test_query_all_reads_the_recycle_bin() -> None:
    org = new_org()
    org.sim.delete("Lead", org.lead())
    assert len(table(page(org, done(org, "SELECT Id FROM Lead")))) == 1
    assert len(table(page(org, done(org, "SELECT Id FROM Lead", "queryAll")))) == 2


def test_results_are_those_of_the_time_when_the_job_ran() -> None:
    org = new_org()
    lead = org.lead(City="Ulm")
    job = done(org, "SELECT City FROM Lead")
    org.sim.edit("Lead", lead, {"City": "Bonn"})
    assert table(page(org, job))[1] == ["Ulm"]


@fact("salesforce", "bulk", "A query job may ask for another delimiter and line end.", "doc")
def test_results_come_with_the_delimiter_asked_for() -> None:
    org = new_org()
    org.lead(City="Ulm")
    job = done(org, "SELECT LastName, City FROM Lead", columnDelimiter="PIPE", lineEnding="CRLF")
    assert page(org, job).body == b'"LastName"|"City"\r\n"Doe"|"Ulm"\r\n'


@fact("salesforce", "bulk", "Bulk queries take no aggregates, GROUP BY, OFFSET or compound fields.", "doc")
@pytest.mark.parametrize(
    "soql",
    [
        "SELECT COUNT() FROM Lead",
        "SELECT City, COUNT(Id) FROM Lead GROUP BY City",
        "SELECT Id FROM Lead LIMIT 5 OFFSET 5",
        "SELECT Address FROM Lead",
    ],
)
def test_what_a_bulk_query_cannot_select_is_refused(soql: str) -> None:
    answer = new_org().send("POST", "jobs/query", {"operation": "query", "query": soql})
    assert answer.status == 400


def test_a_statement_with_a_mistake_is_refused_at_once() -> None:
    org = new_org()
    answer = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Nope FROM Lead"})
    assert answer.code == "INVALID_FIELD"
    assert org.send("POST", "jobs/query", {"operation": "query"}).status == 400
    assert (
        org.send("POST", "jobs/query", {"operation": "explain", "query": "SELECT Id FROM Lead"}).status == 400
    )


def test_a_query_job_can_be_listed_aborted_and_deleted() -> None:
    org = new_org()
    job = asked(org, "SELECT Id FROM Lead")
    assert org.send("DELETE", f"jobs/query/{job}").status == 400
    assert org.send("PATCH", f"jobs/query/{job}", {"state": "Aborted"}).body["state"] == "Aborted"
    assert [r["state"] for r in org.send("GET", "jobs/query").body["records"]] == ["Aborted"]
    assert org.send("DELETE", f"jobs/query/{job}").status == 204
    assert org.send("GET", f"jobs/query/{job}").status == 404


@fact("salesforce", "limits", "An org may start 10,000 bulk query jobs a day.", "doc")
def test_query_jobs_have_a_daily_limit() -> None:
    org = new_org()
    assert org.sim.switches.bulk_query_limit == 10_000
    org.sim.switches.bulk_query_limit = 1
    asked(org, "SELECT Id FROM Lead")
    assert org.send("GET", "limits").body["DailyBulkV2QueryJobs"] == {"Max": 1, "Remaining": 0}
    refused = org.send("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead"})
    assert refused.status == 400


def test_a_query_job_may_take_time() -> None:
    org = new_org()
    org.sim.switches.bulk_seconds = 60.0
    job = asked(org, "SELECT Id FROM Lead")
    assert org.send("GET", f"{DATA}/jobs/query/{job}").body["state"] == "InProgress"
    org.clock.advance(60)
    assert page(org, job).status == 200
