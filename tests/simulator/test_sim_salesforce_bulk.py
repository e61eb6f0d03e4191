"""Bulk API 2.0 ingest jobs of the simulated org (ASYNC/create-job and its siblings)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Answer, Org, new_org

from crmsync.simulator.salesforce.rules import LeadAssignment
from crmsync.simulator.wire import Request, Response

HEADER = "crmsync_id__c,LastName,Company,City\n"
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
    *("contentType", "apiVersion", "contentUrl", "lineEnding", "columnDelimiter", "jobType", "retries"),
    *("numberRecordsProcessed", "numberRecordsFailed", "totalProcessingTime", "apiActiveProcessingTime"),
    "apexProcessingTime",
}


def raw(org: Org, method: str, path: str, body: bytes = b"", **query: str) -> Response:
    """A call whose body and reply are not JSON."""
    headers = {"authorization": f"Bearer {org.token}", "content-type": "text/csv; charset=UTF-8"}
    return org.sim.handle(Request(method, f"{DATA}/{path}", tuple(query.items()), headers, body))


def made(org: Org, operation: str = "insert", **more: Any) -> str:
    """A new job on Lead; returns its id."""
    answer = org.send("POST", "jobs/ingest", {"object": "Lead", "operation": operation, **more})
    assert answer.status == 200, answer.body
    return str(answer.body["id"])


def closed(org: Org, text: str, operation: str = "insert", **more: Any) -> str:
    """A job with its data, handed over."""
    job = made(org, operation, **more)
    assert raw(org, "PUT", f"jobs/ingest/{job}/batches", text.encode()).status == 201
    assert org.send("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"}).status == 200
    return job


def ended(org: Org, job: str) -> dict[str, Any]:
    """The job's state once it has ended."""
    for _ in range(5):
        body: dict[str, Any] = org.send("GET", f"jobs/ingest/{job}").body
        if body["state"] in {"JobComplete", "Failed", "Aborted"}:
            return body
    raise AssertionError(body)


def results(org: Org, job: str, name: str) -> list[dict[str, str]]:
    """One of the three result files, row by row."""
    got = raw(org, "GET", f"jobs/ingest/{job}/{name}")
    assert (got.status, got.headers["Content-Type"]) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(got.body.decode(), newline="")))


def run(org: Org, text: str, operation: str = "insert", **more: Any) -> dict[str, Any]:
    """A job run to its end."""
    return ended(org, closed(org, text, operation, **more))


def keyed(**more: Any) -> Org:
    """An org whose Leads have our key."""
    org = new_org(**more)
    org.key_field()
    return org


# -- the life of a job --------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "bulk",
    "A new ingest job is Open, and its reply says where its data goes, without a leading slash.",
    "doc",
)
def test_a_new_job_says_where_its_data_goes() -> None:
    org = new_org()
    body = org.send("POST", "jobs/ingest/", {"object": "Lead", "operation": "insert"}).body
    assert (body["state"], body["concurrencyMode"], body["contentType"]) == ("Open", "Parallel", "CSV")
    assert (body["id"][:3], len(body["id"]), body["apiVersion"]) == ("750", 18, 62.0)
    assert body["contentUrl"] == f"services/data/v62.0/jobs/ingest/{body['id']}/batches"
    assert (body["lineEnding"], body["columnDelimiter"]) == ("LF", "COMMA")


@fact("salesforce", "bulk", "Uploading a job's data answers 201 without a body.", "doc")
def test_an_upload_answers_201() -> None:
    org = new_org()
    got = raw(org, "PUT", f"jobs/ingest/{made(org)}/batches", b"LastName,Company\nA,B\n")
    assert (got.status, got.body) == (201, b"")


@fact("salesforce", "bulk", "The data of a job is uploaded once: a second upload is refused.", "doc")
def test_a_second_upload_is_refused() -> None:
    org = new_org()
    job = made(org)
    raw(org, "PUT", f"jobs/ingest/{job}/batches", b"LastName,Company\nA,B\n")
    assert raw(org, "PUT", f"jobs/ingest/{job}/batches", b"LastName,Company\nC,D\n").status == 400
    org.send("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"})
    assert ended(org, job)["numberRecordsProcessed"] == 1


@fact("salesforce", "bulk", "The data of one job has a size limit of about 100 MB before encoding.", "doc")
def test_data_that_is_too_large_is_refused() -> None:
    org = new_org()
    assert org.sim.switches.bulk_upload_limit == 100_000_000
    org.sim.switches.bulk_upload_limit = 10
    assert raw(org, "PUT", f"jobs/ingest/{made(org)}/batches", b"LastName,Company\n").status == 413


@fact("salesforce", "bulk", "The data of a job is sent as text/csv.", "doc")
def test_data_of_another_type_is_refused() -> None:
    org = new_org()
    headers = {"content-type": "application/json"}
    assert org.send("PUT", f"jobs/ingest/{made(org)}/batches", {}, headers=headers).status == 415


@fact("salesforce", "bulk", "A job goes from Open over UploadComplete and InProgress to JobComplete.", "doc")
def test_a_job_goes_through_its_states() -> None:
    org = new_org()
    job = made(org)
    seen = [org.send("GET", f"jobs/ingest/{job}").body["state"]]
    raw(org, "PUT", f"jobs/ingest/{job}/batches", b"LastName,Company\nA,B\n")
    seen.append(org.send("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"}).body["state"])
    seen += [org.send("GET", f"jobs/ingest/{job}").body["state"] for _ in range(3)]
    assert seen == ["Open", "UploadComplete", "InProgress", "JobComplete", "JobComplete"]


@fact(
    "salesforce",
    "bulk",
    "How often a job is seen in progress before it ends is not foreseeable.",
    "assumed",
    "bulk_polls",
)
def test_how_often_a_job_is_seen_in_progress_is_a_switch() -> None:
    org = new_org()
    org.sim.switches.bulk_polls = 3
    job = closed(org, "LastName,Company\nA,B\n")
    seen = [org.send("GET", f"jobs/ingest/{job}").body["state"] for _ in range(4)]
    assert seen == ["InProgress"] * 3 + ["JobComplete"]


@fact(
    "salesforce",
    "bulk",
    "A job takes its time whether or not somebody asks for it, and its rows appear when it ends.",
    "assumed",
    "bulk_seconds",
)
def test_a_job_may_take_time() -> None:
    org = new_org()
    org.sim.switches.bulk_seconds = 120.0
    job = closed(org, "LastName,Company\nA,B\n")
    org.clock.advance(119)
    assert org.rows("SELECT Id FROM Lead") == []
    assert org.send("GET", f"jobs/ingest/{job}").body["state"] == "InProgress"
    org.clock.advance(1)
    assert len(org.rows("SELECT Id FROM Lead")) == 1
    assert org.send("GET", f"jobs/ingest/{job}").body["state"] == "JobComplete"


@fact("salesforce", "bulk", "The info of a job names its counts, times and type V2Ingest.", "doc")
def test_the_info_of_a_job_has_all_its_keys() -> None:
    org = new_org()
    body = run(org, "LastName,Company\nA,B\n")
    assert set(body) == INFO_KEYS
    assert (body["jobType"], body["numberRecordsProcessed"], body["numberRecordsFailed"]) == (
        "V2Ingest",
        1,
        0,
    )


@fact("salesforce", "bulk", "An aborted job processes nothing and lists its rows as unprocessed.", "doc")
def test_an_aborted_job_processes_nothing() -> None:
    org = new_org()
    job = made(org)
    raw(org, "PUT", f"jobs/ingest/{job}/batches", b"LastName,Company\nA,B\n")
    assert org.send("PATCH", f"jobs/ingest/{job}", {"state": "Aborted"}).body["state"] == "Aborted"
    assert results(org, job, "unprocessedrecords") == [{"LastName": "A", "Company": "B"}]
    assert org.rows("SELECT Id FROM Lead") == []


@fact("salesforce", "bulk", "A job that has ended takes no further state.", "doc")
def test_an_ended_job_cannot_be_closed_again() -> None:
    org = new_org()
    job = closed(org, "LastName,Company\nA,B\n")
    ended(org, job)
    for state in ("UploadComplete", "Aborted"):
        assert org.send("PATCH", f"jobs/ingest/{job}", {"state": state}).code == "INVALIDJOBSTATE"


def test_a_state_that_nobody_can_ask_for_is_refused() -> None:
    org = new_org()
    assert org.send("PATCH", f"jobs/ingest/{made(org)}", {"state": "JobComplete"}).status == 400
    assert org.send("PATCH", f"jobs/ingest/{made(org)}", {"state": "UploadComplete"}).status == 400


@fact("salesforce", "bulk", "Deleting an ended job answers 204, and the job is gone.", "doc")
def test_an_ended_job_can_be_deleted() -> None:
    org = new_org()
    job = closed(org, "LastName,Company\nA,B\n")
    assert org.send("DELETE", f"jobs/ingest/{job}").status == 400
    ended(org, job)
    assert org.send("DELETE", f"jobs/ingest/{job}").status == 204
    assert org.send("GET", f"jobs/ingest/{job}").status == 404


@fact("salesforce", "bulk", "Jobs are kept for seven days.", "doc")
def test_jobs_are_forgotten_after_seven_days() -> None:
    org = new_org()
    job = made(org)
    org.clock.advance(7 * 86400 - 1)
    assert org.send("GET", f"jobs/ingest/{job}").status == 200
    org.clock.advance(1)
    assert org.send("GET", f"jobs/ingest/{job}").status == 404
    assert org.send("GET", "jobs/ingest").body["records"] == []


@fact("salesforce", "bulk", "All ingest jobs are listed with done, records and nextRecordsUrl.", "doc")
def test_jobs_are_listed() -> None:
    org = new_org()
    jobs = [made(org), made(org, "delete")]
    body = org.send("GET", "jobs/ingest").body
    assert ([r["id"] for r in body["records"]], body["done"], body["nextRecordsUrl"]) == (jobs, True, None)


# -- rows ---------------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "bulk",
    "The successful results name each row's id, whether it was created, and its columns.",
    "doc",
)
def test_successful_rows_have_their_ids() -> None:
    org = keyed()
    job = closed(org, HEADER + "a,Doe,Acme,Ulm\n", "upsert", externalIdFieldName="crmsync_id__c")
    ended(org, job)
    (row,) = results(org, job, "successfulResults")
    assert list(row) == ["sf__Id", "sf__Created", "crmsync_id__c", "LastName", "Company", "City"]
    assert (row["sf__Id"], row["sf__Created"], row["City"]) == (
        org.rows("SELECT Id FROM Lead")[0]["Id"],
        "true",
        "Ulm",
    )


@fact("salesforce", "bulk", "A job is JobComplete even if every row failed.", "doc")
def test_a_job_completes_even_if_every_row_failed() -> None:
    org = new_org()
    body = run(org, "LastName,City\nA,Ulm\nB,Bonn\n")
    assert (body["state"], body["numberRecordsProcessed"], body["numberRecordsFailed"]) == (
        "JobComplete",
        2,
        2,
    )


@fact(
    "salesforce",
    "bulk",
    "A failed row's sf__Error holds code, message and fields.",
    "assumed",
    "bulk_error_text",
)
def test_a_failed_row_says_why() -> None:
    org = new_org()
    job = closed(org, "LastName,City\nA,Ulm\n")
    ended(org, job)
    (row,) = results(org, job, "failedResults")
    assert row["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --"
    assert (row["sf__Id"], row["LastName"]) == ("", "A")
    org.sim.switches.bulk_error_text = "{code}|{fields}"
    job = closed(org, "LastName,City\nA,Ulm\n")
    ended(org, job)
    assert results(org, job, "failedResults")[0]["sf__Error"] == "REQUIRED_FIELD_MISSING|Company"


@fact("salesforce", "bulk", "The order of a job's results is not that of its rows.", "doc")
def test_results_come_in_another_order() -> None:
    org = keyed()
    names = [f"P{n}" for n in range(40)]
    text = HEADER + "".join(f"{n},{n},Acme,\n" for n in names)
    job = closed(org, text, "upsert", externalIdFieldName="crmsync_id__c")
    ended(org, job)
    found = [r["LastName"] for r in results(org, job, "successfulResults")]
    assert found != names
    assert sorted(found) == sorted(names)


@fact("salesforce", "bulk", "An upsert job tells created from updated rows.", "doc")
def test_an_upsert_tells_created_from_updated() -> None:
    org = keyed()
    old = org.lead(crmsync_id__c="a", City="Ulm")
    job = closed(
        org, HEADER + "a,Doe,Acme,Bonn\nb,Roe,Acme,\n", "upsert", externalIdFieldName="crmsync_id__c"
    )
    ended(org, job)
    rows = {r["crmsync_id__c"]: r for r in results(org, job, "successfulResults")}
    assert (rows["a"]["sf__Id"], rows["a"]["sf__Created"], rows["b"]["sf__Created"]) == (old, "false", "true")
    assert org.row("Lead", old)["City"] == "Bonn"


@fact("salesforce", "bulk", "An empty cell leaves the field as it is.", "doc")
def test_an_empty_cell_changes_nothing() -> None:
    org = new_org()
    lead = org.lead(City="Ulm", Title="Dr")
    run(org, f"Id,City,Title\n{lead},,Prof\n", "update")
    assert (org.row("Lead", lead)["City"], org.row("Lead", lead)["Title"]) == ("Ulm", "Prof")


@fact("salesforce", "bulk", "#N/A in a cell clears the field.", "doc")
def test_a_null_cell_clears_the_field() -> None:
    org = new_org()
    lead = org.lead(City="Ulm")
    run(org, f"Id,City\n{lead},#N/A\n", "update")
    assert "City" not in org.row("Lead", lead)


def test_an_empty_cell_takes_the_default_on_insert() -> None:
    org = new_org()
    run(org, "LastName,Company,Status\nA,B,\n")
    assert org.rows("SELECT Status FROM Lead") == [{"Status": "Open - Not Contacted"}]


@fact("salesforce", "bulk", "A column such as Account.Ext__c names a parent by its external id.", "doc")
def test_a_parent_is_named_by_its_external_id() -> None:
    org = new_org()
    org.key_field("Account")
    account = org.sim.create("Account", {"Name": "Acme", "crmsync_id__c": "firm-1"})
    body = run(org, "LastName,Account.crmsync_id__c\nDoe,firm-1\nRoe,nobody\n", object="Contact")
    assert (body["numberRecordsProcessed"], body["numberRecordsFailed"]) == (2, 1)
    assert org.rows("SELECT AccountId FROM Contact") == [{"AccountId": account}]


@fact(
    "salesforce",
    "bulk",
    "Columns may be parted by another delimiter, and lines by CRLF, as the job says.",
    "doc",
)
@pytest.mark.parametrize(
    ("name", "mark"), [("SEMICOLON", ";"), ("TAB", "\t"), ("PIPE", "|"), ("CARET", "^"), ("BACKQUOTE", "`")]
)
def test_the_job_names_its_delimiter_and_line_end(name: str, mark: str) -> None:
    org = new_org()
    text = f"LastName{mark}Company\r\nDoe{mark}Acme\r\n"
    job = closed(org, text, columnDelimiter=name, lineEnding="CRLF")
    assert ended(org, job)["numberRecordsFailed"] == 0
    got = raw(org, "GET", f"jobs/ingest/{job}/successfulResults").body.decode()
    assert (
        got.splitlines(keepends=True)[0] == f'"sf__Id"{mark}"sf__Created"{mark}"LastName"{mark}"Company"\r\n'
    )


def test_cells_may_hold_commas_quotes_and_line_ends() -> None:
    org = new_org()
    run(org, 'LastName,Company,Description\nDoe,"Acme, ""Inc""","one\ntwo"\n')
    assert org.rows("SELECT Company, Description FROM Lead") == [
        {"Company": 'Acme, "Inc"', "Description": "one\ntwo"}
    ]


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    org = new_org()
    assert run(org, "\ufeffLastName,Company\nA,B\n")["numberRecordsFailed"] == 0


def test_numbers_dates_and_checkboxes_come_as_text() -> None:
    org = new_org()
    run(org, "LastName,Company,NumberOfEmployees,DoNotCall,EmailBouncedDate\nA,B,12,1,2026-01-02T03:04:05Z\n")
    found = org.rows("SELECT NumberOfEmployees, DoNotCall, EmailBouncedDate FROM Lead")
    assert found == [
        {"NumberOfEmployees": 12, "DoNotCall": True, "EmailBouncedDate": "2026-01-02T03:04:05.000+0000"}
    ]


def test_a_value_of_the_wrong_type_fails_its_row() -> None:
    org = new_org()
    job = closed(org, "LastName,Company,NumberOfEmployees\nA,B,many\nC,D,3\n")
    assert ended(org, job)["numberRecordsFailed"] == 1
    assert results(org, job, "failedResults")[0]["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:")


@fact(
    "salesforce",
    "bulk",
    "A header that names no field fails the whole job with Field name not found, and no row is processed.",
    "seen",
)
def test_an_unknown_column_fails_the_job() -> None:
    org = new_org()
    job = closed(org, "LastName,Company,Nope\nA,B,C\n")
    body = ended(org, job)
    assert (body["state"], body["errorMessage"]) == ("Failed", "InvalidBatch : Field name not found : Nope")
    assert results(org, job, "unprocessedRecords") == [{"LastName": "A", "Company": "B", "Nope": "C"}]


def test_a_hidden_field_is_an_unknown_column() -> None:
    org = new_org()
    org.sim.hide_field("Lead", "Title")
    assert run(org, "LastName,Company,Title\nA,B,C\n")["state"] == "Failed"


@pytest.mark.parametrize("data", [b"\xff\xfe", b"LastName,Company\nA\n", b""])
def test_data_that_is_no_csv_fails_the_job(data: bytes) -> None:
    org = new_org()
    job = made(org)
    raw(org, "PUT", f"jobs/ingest/{job}/batches", data)
    org.send("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"})
    assert ended(org, job)["state"] == "Failed"


@fact("salesforce", "bulk", "The same external id twice fails the rows that carry it.", "seen")
def test_the_same_key_twice_fails_both_rows() -> None:
    org = keyed()
    body = run(
        org, HEADER + "a,Doe,Acme,\na,Roe,Acme,\nb,Poe,Acme,\n", "upsert", externalIdFieldName="crmsync_id__c"
    )
    assert (body["numberRecordsProcessed"], body["numberRecordsFailed"]) == (3, 2)


@fact("salesforce", "bulk", "A delete job moves records to the recycle bin.", "doc")
def test_a_delete_job_fills_the_recycle_bin() -> None:
    org = new_org()
    lead = org.lead()
    run(org, f"Id\n{lead}\n", "delete")
    assert org.rows("SELECT Id, IsDeleted FROM Lead", "queryAll") == [{"Id": lead, "IsDeleted": True}]


@fact(
    "salesforce",
    "bulk",
    "A hardDelete job needs a permission of its own and leaves nothing in the recycle bin.",
    "doc",
)
def test_a_hard_delete_needs_its_permission() -> None:
    org = new_org()
    lead = org.lead()
    assert org.send("POST", "jobs/ingest", {"object": "Lead", "operation": "hardDelete"}).status == 400
    org.sim.switches.bulk_hard_delete = True
    assert run(org, f"Id\n{lead}\n", "hardDelete")["numberRecordsFailed"] == 0
    assert org.rows("SELECT Id FROM Lead", "queryAll") == []


def test_a_bad_id_fails_its_row() -> None:
    org = new_org()
    lead = org.lead()
    job = closed(org, f'Id\n{lead}\n00Q000000000001AAA\n""\n', "delete")
    assert ended(org, job)["numberRecordsFailed"] == 2
    codes = {r["sf__Error"].partition(":")[0] for r in results(org, job, "failedResults")}
    assert codes == {"INVALID_CROSS_REFERENCE_KEY", "MISSING_ARGUMENT"}


@fact("salesforce", "bulk", "A bulk job runs an assignment rule only when assignmentRuleId names one.", "doc")
def test_a_job_runs_no_assignment_rule_unless_it_names_one() -> None:
    org = new_org()
    rep = org.rows("SELECT Id FROM User WHERE FirstName = 'Rosa'")[0]["Id"]
    rule = LeadAssignment("01Q000000000001EAA", lambda row: rep)
    org.sim.org.rules.assignments.append(rule)
    run(org, "LastName,Company\nA,B\n")
    run(org, "LastName,Company\nC,D\n", assignmentRuleId=rule.id)
    owners = {r["LastName"]: r["OwnerId"] for r in org.rows("SELECT LastName, OwnerId FROM Lead")}
    assert owners == {"A": org.sim.user_id, "C": rep}


def test_rows_of_a_job_stand_in_the_ledger_as_api_writes_of_the_call_that_closed_it() -> None:
    org = new_org()
    job = made(org)
    raw(org, "PUT", f"jobs/ingest/{job}/batches", b"LastName,Company\nA,B\n")
    org.send("PATCH", f"jobs/ingest/{job}", {"state": "UploadComplete"})
    number = org.sim.limits.calls
    ended(org, job)
    assert [(e.actor, e.op, e.object, e.call) for e in org.ledger.entries] == [
        ("api", "create", "Lead", number)
    ]


# -- what is refused ----------------------------------------------------------------------------------------
@fact("salesforce", "bulk", "An upsert job needs externalIdFieldName.", "seen")
def test_an_upsert_job_needs_its_key() -> None:
    answer = new_org().send("POST", "jobs/ingest", {"object": "Lead", "operation": "upsert"})
    assert (answer.status, answer.code) == (400, "INVALIDJOB")


@pytest.mark.parametrize(
    "more",
    [
        {"operation": "merge"},
        {"object": "Nope"},
        {"object": "LeadStatus"},
        {"contentType": "JSON"},
        {"columnDelimiter": "COLON"},
        {"lineEnding": "CR"},
        {"operation": "upsert", "externalIdFieldName": "City"},
    ],
)
def test_a_job_that_cannot_be_is_refused(more: dict[str, str]) -> None:
    answer: Answer = new_org().send("POST", "jobs/ingest", {"object": "Lead", "operation": "insert", **more})
    assert answer.status == 400


def test_results_of_a_job_that_runs_are_not_there_yet() -> None:
    org = new_org()
    job = closed(org, "LastName,Company\nA,B\n")
    assert raw(org, "GET", f"jobs/ingest/{job}/successfulResults").status == 400


@fact(
    "salesforce",
    "bulk",
    "A job whose batch was tried too often is Failed, and the rest of its rows are unprocessed.",
    "doc",
)
def test_a_job_may_fail_in_the_middle() -> None:
    org = new_org()
    org.sim.ingest.fail_after = 2
    job = closed(org, "LastName,Company\nA,X\nB,X\nC,X\n")
    body = ended(org, job)
    assert (body["state"], body["numberRecordsProcessed"]) == ("Failed", 2)
    assert [r["LastName"] for r in results(org, job, "unprocessedrecords")] == ["C"]
    assert len(org.rows("SELECT Id FROM Lead")) == 2
    assert run(org, "LastName,Company\nD,X\n")["state"] == "JobComplete"


@fact("salesforce", "limits", "Bulk jobs take one batch of a daily allocation for every 10,000 rows.", "doc")
def test_batches_have_a_daily_limit() -> None:
    org = new_org()
    org.sim.switches.bulk_batch_limit = 1
    assert run(org, "LastName,Company\nA,B\n")["state"] == "JobComplete"
    assert org.send("GET", "limits").body["DailyBulkApiBatches"] == {"Max": 1, "Remaining": 0}
    refused = run(org, "LastName,Company\nC,D\n")
    assert (refused["state"], refused["numberRecordsProcessed"]) == ("Failed", 0)
    org.clock.advance(86400)
    assert run(org, "LastName,Company\nE,F\n")["state"] == "JobComplete"
