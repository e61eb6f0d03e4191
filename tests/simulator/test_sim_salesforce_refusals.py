"""Whatever a client sends that the simulated Salesforce cannot carry out, it answers with the vendor's own errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Org, new_org

from crmsync.simulator.wire import Request

TRIED = ["composite/sobjects", "composite", "composite/batch", "composite/graph", "composite/tree/Lead"]
VALUES: list[Any] = [None, 5, "x", True, [], {}, [5], ["x"], [None], [[]], [{}]]


def nested(org: Org, method: str, path: str, body: Any) -> Any:
    """The answer, which must be an error of 400 or the verdict over each part."""
    answer = org.send(method, path, body)
    assert answer.status in {200, 400}, (path, body, answer)
    return answer


@fact("salesforce", "errors", "A body that is no JSON object is refused with JSON_PARSER_ERROR.", "doc")
@pytest.mark.parametrize("path", [*TRIED, "sobjects/Lead", "jobs/ingest", "jobs/query"])
@pytest.mark.parametrize("sent", [b"", b"[", b"[]", b"5", b"null", b"\xff", b'{"a": NaN}'])
def test_a_body_that_is_no_object_is_a_parser_error(path: str, sent: bytes) -> None:
    org = new_org()
    headers = {"authorization": f"Bearer {org.token}"}
    got = org.sim.handle(Request("POST", f"{DATA}/{path}", (), headers, sent))
    assert (got.status, b"JSON_PARSER_ERROR" in got.body) == (400, True)


@pytest.mark.parametrize("value", VALUES)
def test_lists_of_subrequests_and_rows_may_hold_anything(value: Any) -> None:
    org = new_org()
    for key in ("records", "compositeRequest", "batchRequests", "graphs"):
        for path in TRIED:
            nested(org, "POST", path, {key: value})
    nested(org, "POST", "composite/graph", {"graphs": [{"graphId": "g", "compositeRequest": value}]})
    nested(org, "POST", "composite/sobjects/Lead", {"ids": value, "fields": value})
    nested(org, "POST", "composite/sobjects/Lead", {"ids": [], "fields": value})


@pytest.mark.parametrize("value", VALUES)
def test_attributes_headers_and_settings_may_be_anything(value: Any) -> None:
    org = new_org()
    row = {"attributes": value, "LastName": "Doe", "Company": "Acme", "id": value}
    url = f"{DATA}/sobjects/Lead"
    part = {"method": "POST", "url": url, "referenceId": "a", "httpHeaders": value, "body": value}
    for method in ("POST", "PATCH"):
        nested(org, method, "composite/sobjects", {"records": [row]})
    nested(org, "POST", "composite/tree/Lead", {"records": [row]})
    nested(org, "POST", "composite", {"compositeRequest": [part]})
    nested(org, "POST", "composite/batch", {"batchRequests": [part | {"richInput": value}]})
    for key in ("operation", "object", "contentType", "lineEnding", "columnDelimiter", "externalIdFieldName"):
        job = {"operation": "insert", "object": "Lead", key: value}
        nested(org, "POST", "jobs/ingest", job)
        nested(org, "POST", "jobs/query", job | {"query": "SELECT Id FROM Lead"})


@pytest.mark.parametrize("value", ["nan", 1.5, [], {"value": 5}, {"value": ["x"]}, {"valueSetDefinition": 5}])
@pytest.mark.parametrize("key", ["type", "length", "scale", "valueSet"])
def test_metadata_of_a_field_may_be_anything(key: str, value: Any) -> None:
    meta = {"type": "Picklist", "label": "Size", key: value}
    body = {"FullName": "Lead.Size__c", "Metadata": meta}
    assert new_org().send("POST", "tooling/sobjects/CustomField", body).status in {201, 400}


@pytest.mark.parametrize("word", ["LAST_N_DAYS:99999999999", "N_YEARS_AGO:9999", "NEXT_N_WEEKS:9999999"])
def test_a_date_word_beyond_the_calendar(word: str) -> None:
    answer = new_org().query(f"SELECT Id FROM Lead WHERE CreatedDate = {word}")
    assert (answer.status, answer.code) == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize("version", ["²2.0", "62", "62.0.0", "x", "", "0x3e.0", "-62.0"])
def test_a_version_that_is_no_number_is_not_there(version: str) -> None:
    org = new_org()
    assert org.send("GET", f"/services/data/v{version}/limits").status == 404


@fact("salesforce", "rows", "A User is never deleted, only deactivated.", "doc")
def test_users_are_not_deleted() -> None:
    org = new_org()
    answer = org.send("DELETE", f"sobjects/User/{org.sim.user_id}")
    assert (answer.status, answer.code) == (400, "INVALID_TYPE_FOR_OPERATION")
    assert org.send("GET", "sobjects/User/describe").body["deletable"] is False


def test_credentials_that_are_no_text_are_no_client() -> None:
    org = new_org()
    for scheme in ("Basic é", "Basic", "Basic =", "Basic /w=="):
        request = Request(
            "POST", "/services/oauth2/token", (), {"authorization": scheme}, b"grant_type=client_credentials"
        )
        got = org.sim.handle(request)
        assert (got.status, b"invalid_client_id" in got.body) == (400, True)


ROW = {"attributes": {"type": "Lead"}, "LastName": "Doe", "Company": "Acme"}
PART = {"method": "GET", "url": f"{DATA}/sobjects/Lead", "referenceId": "a"}
STRAY: list[tuple[str, dict[str, Any]]] = [
    ("composite/sobjects", {"records": [ROW], "allornone": True}),
    ("composite/sobjects/Lead", {"ids": [], "fields": ["Id"], "limit": 5}),
    ("composite/tree/Lead", {"records": [ROW], "allOrNone": False}),
    ("composite", {"compositeRequest": [PART], "haltOnError": True}),
    ("composite", {"compositeRequest": [PART | {"richInput": {}}]}),
    ("composite/graph", {"graphs": [{"graphId": "g", "compositeRequest": [PART], "allOrNone": True}]}),
    ("composite/batch", {"batchRequests": [{"method": "GET", "url": "v62.0/limits"}], "allOrNone": True}),
    ("composite/batch", {"batchRequests": [{"method": "GET", "url": "v62.0/limits", "binaryPartName": "x"}]}),
    ("jobs/ingest", {"object": "Lead", "operation": "insert", "allOrNone": True}),
    ("jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead", "object": "Lead"}),
    ("tooling/sobjects/CustomField", {"FullName": "Lead.A__c", "Metadata": {"type": "Date", "formula": "1"}}),
]


@pytest.mark.parametrize(("path", "body"), STRAY)
def test_a_key_that_a_body_does_not_know_is_refused(path: str, body: dict[str, Any]) -> None:
    org = new_org()
    answer = org.send("POST", path, body)
    assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")
    assert not [r for r in org.sim.state()["Lead"] if r["LastName"] == "Doe"]


@pytest.mark.parametrize("value", ["true", 1, []])
def test_a_flag_is_true_or_false_and_nothing_else(value: Any) -> None:
    org = new_org()
    batch = {"batchRequests": [{"method": "GET", "url": "v62.0/limits"}], "haltOnError": value}
    for path, body in (
        ("composite/sobjects", {"records": [ROW], "allOrNone": value}),
        ("composite", {"compositeRequest": [PART], "allOrNone": value}),
        ("composite", {"compositeRequest": [PART], "collateSubrequests": value}),
        ("composite/batch", batch),
    ):
        assert org.send("POST", path, body).code == "JSON_PARSER_ERROR"


@pytest.mark.parametrize("part", [{"url": PART["url"]}, {"method": "GET"}, {"method": 5, "url": PART["url"]}])
def test_a_subrequest_says_its_method_and_its_url(part: dict[str, Any]) -> None:
    org = new_org()
    asked = org.send("POST", "composite", {"compositeRequest": [part | {"referenceId": "a"}]})
    assert (asked.status, asked.code) == (400, "INVALID_INPUT")
    assert org.send("POST", "composite/batch", {"batchRequests": [part]}).code == "INVALID_INPUT"


@pytest.mark.parametrize("tail", ["jobs/ingest", "jobs/query", "tooling/query?q=SELECT+Id+FROM+CustomField"])
def test_jobs_and_tooling_are_no_subrequests(tail: str) -> None:
    org = new_org()
    part = {"method": "GET", "url": f"{DATA}/{tail}"}
    told = org.send("POST", "composite", {"compositeRequest": [part | {"referenceId": "a"}]}).body
    assert told["compositeResponse"][0]["body"][0]["errorCode"] == "INVALID_INPUT"
    told = org.send("POST", "composite/batch", {"batchRequests": [part]}).body
    assert told["results"][0]["result"][0]["errorCode"] == "INVALID_INPUT"


@fact("salesforce", "batch", "A batch's subrequests are of the batch's own version or an earlier one.", "doc")
def test_a_batch_takes_no_later_version() -> None:
    parts = [{"method": "GET", "url": f"v{n}.0/limits"} for n in (61, 62, 63)]
    told = new_org().send("POST", "composite/batch", {"batchRequests": parts}).body
    assert [r["statusCode"] for r in told["results"]] == [200, 200, 400]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@fact("salesforce", "rows", "A write to an id that is none is refused with MALFORMED_ID and 400.", "doc")
def test_a_write_to_no_id(method: str) -> None:
    answer = new_org().send(method, "sobjects/Lead/xxx", {"City": "Oslo"} if method == "PATCH" else None)
    assert (answer.status, answer.code) == (400, "MALFORMED_ID")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_collection_of_no_ids_is_refused(method: str) -> None:
    path = "composite/sobjects" if method == "DELETE" else "composite/sobjects/Lead"
    answer = new_org().send(method, path, query={"fields": "Id"})
    assert (answer.status, answer.code) == (400, "MISSING_ARGUMENT")


@pytest.mark.parametrize(
    ("attributes", "code"), [({"type": "Contact"}, "INVALID_TYPE"), (5, "JSON_PARSER_ERROR")]
)
def test_attributes_of_a_row_fit_its_address(attributes: Any, code: str) -> None:
    org = new_org()
    org.key_field()
    lead = org.lead()
    body = {"attributes": attributes, "LastName": "Roe", "Company": "Acme"}
    for method, path in (
        ("POST", "sobjects/Lead"),
        ("PATCH", f"sobjects/Lead/{lead}"),
        ("PATCH", "sobjects/Lead/crmsync_id__c/k"),
    ):
        answer = org.send(method, path, body)
        assert (answer.status, answer.code) == (400, code)
    assert org.send("POST", "sobjects/Lead", body | {"attributes": {"type": "lead"}}).status == 201


@pytest.mark.parametrize("value", ["%20", "%09%20"])
def test_an_upsert_needs_an_external_id(value: str) -> None:
    org = new_org()
    org.key_field()
    body = {"LastName": "Doe", "Company": "Acme"}
    assert org.send("PATCH", f"sobjects/Lead/crmsync_id__c/{value}", body).status == 404


@pytest.mark.parametrize(
    "kind", ["application/json-patch+json", "text/json", "application/x-www-form-urlencoded"]
)
def test_a_body_of_another_type_is_415(kind: str) -> None:
    answer = new_org().send("POST", "sobjects/Lead", {}, headers={"content-type": kind})
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_an_auto_assign_header_that_names_no_rule_is_refused() -> None:
    org = new_org()
    body = {"LastName": "Doe", "Company": "Acme"}
    answer = org.send("POST", "sobjects/Lead", body, headers={"sforce-auto-assign": "yes"})
    assert (answer.status, answer.code) == (400, "INVALID_CROSS_REFERENCE_KEY")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_token_is_asked_for_by_post(method: str) -> None:
    got = new_org().sim.handle(Request(method, "/services/oauth2/token", (), {}, b""))
    assert (got.status, b'"invalid_request"' in got.body) == (400, True)


def test_the_future_is_not_covered() -> None:
    org = new_org()
    window = {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"}
    for name in ("updated", "deleted"):
        covered = org.send("GET", f"sobjects/Lead/{name}", query=window).body["latestDateCovered"]
        assert covered == "2026-11-02T09:30:15.000+0000"


@pytest.mark.parametrize("query", [{"queryLocator": "x"}])
def test_a_list_of_jobs_has_no_second_page(query: dict[str, str]) -> None:
    for path in ("jobs/ingest", "jobs/query"):
        assert new_org().send("GET", path, query=query).code == "INVALID_QUERY_LOCATOR"


@fact("salesforce", "bulk", "A list of jobs can be narrowed by jobType.", "doc")
def test_jobs_are_listed_by_type() -> None:
    org = new_org()
    org.send("POST", "jobs/ingest", {"object": "Lead", "operation": "insert"})
    found = {
        kind: org.send("GET", "jobs/ingest", query={"jobType": kind}).body for kind in ("V2Ingest", "Classic")
    }
    assert [len(found[kind]["records"]) for kind in ("V2Ingest", "Classic")] == [1, 0]


def test_a_bulk_query_of_an_unknown_field_is_refused_at_once() -> None:
    body = {"operation": "query", "query": "SELECT Id FROM Lead WHERE Nope = 1"}
    answer = new_org().send("POST", "jobs/query", body)
    assert (answer.status, answer.code) == (400, "INVALID_FIELD")


@fact(
    "salesforce",
    "bulk",
    "A query job whose field has gone before it runs ends as Failed and says why.",
    "doc",
)
def test_a_bulk_query_whose_field_goes_fails() -> None:
    org = new_org()
    org.key_field()
    body = {"operation": "query", "query": "SELECT Id FROM Lead WHERE crmsync_id__c = 'k'"}
    path = f"jobs/query/{org.send('POST', 'jobs/query', body).body['id']}"
    org.sim.drop_field("Lead", "crmsync_id__c")
    for _ in range(3):
        told = org.send("GET", path).body
    assert (told["state"], "crmsync_id__c" in told["errorMessage"]) == ("Failed", True)
    assert org.send("GET", f"{path}/results").code == "JOB_NOT_COMPLETE"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"LastName,Company,lastname\na,b,c\n", "Duplicate field name : lastname"),
        (b"\xff\xfe", "The data is not in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_fails_its_job(data: bytes, why: str) -> None:
    org = new_org()
    path = (
        f"jobs/ingest/{org.send('POST', 'jobs/ingest', {'object': 'Lead', 'operation': 'insert'}).body['id']}"
    )
    headers = {"authorization": f"Bearer {org.token}", "content-type": "text/csv"}
    assert org.sim.handle(Request("PUT", f"{DATA}/{path}/batches", (), headers, data)).status == 201
    org.send("PATCH", path, {"state": "UploadComplete"})
    for _ in range(3):
        told = org.send("GET", path).body
    assert (told["state"], told["errorMessage"]) == ("Failed", f"InvalidBatch : {why}")


@pytest.mark.parametrize("rule", ["zz", "01Q000000000000", 5])
def test_a_job_names_an_assignment_rule_that_is_there(rule: Any) -> None:
    body = {"object": "Lead", "operation": "insert", "assignmentRuleId": rule}
    assert new_org().send("POST", "jobs/ingest", body).code == "INVALIDJOB"


@fact("salesforce", "bulk", "Data whose lines end otherwise than the job says fails the job.", "seen")
@pytest.mark.parametrize(("says", "end"), [("LF", b"\r\n"), ("CRLF", b"\n")])
def test_lines_end_as_the_job_says(says: str, end: bytes) -> None:
    org = new_org()
    body = {"object": "Lead", "operation": "insert", "lineEnding": says}
    path = f"jobs/ingest/{org.send('POST', 'jobs/ingest', body).body['id']}"
    headers = {"authorization": f"Bearer {org.token}", "content-type": "text/csv"}
    data = end.join([b"LastName,Company", b"Doe,Acme", b""])
    assert org.sim.handle(Request("PUT", f"{DATA}/{path}/batches", (), headers, data)).status == 201
    org.send("PATCH", path, {"state": "UploadComplete"})
    for _ in range(3):
        told = org.send("GET", path).body
    words = f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {says}"
    assert (told["state"], told["errorMessage"]) == ("Failed", words)


@fact("salesforce", "collections", "Each record of an upsert says its type in attributes.", "doc")
def test_records_of_an_upsert_say_their_type() -> None:
    org = new_org()
    org.key_field()
    rows = [{"LastName": "Doe", "Company": "Acme", "crmsync_id__c": "k"}, {**ROW, "crmsync_id__c": "l"}]
    told = org.send("PATCH", "composite/sobjects/Lead/crmsync_id__c", {"records": rows}).body
    assert [r["success"] for r in told] == [False, True]
    assert told[0]["errors"][0]["statusCode"] == "INVALID_TYPE"


def test_update_only_is_true_or_false() -> None:
    org = new_org()
    org.key_field()
    body, query = {"LastName": "Doe", "Company": "Acme"}, {"updateOnly": "maybe"}
    answer = org.send("PATCH", "sobjects/Lead/crmsync_id__c/k", body, query=query)
    assert (answer.status, answer.code) == (400, "INVALID_INPUT")


@fact("salesforce", "errors", "Bulk API 1.0 words its errors as exceptionCode and exceptionMessage.", "doc")
def test_the_older_bulk_api_is_refused_in_its_own_words() -> None:
    org = new_org()
    headers = {"x-sfdc-session": org.token, "content-type": "application/json"}
    got = org.sim.handle(Request("POST", "/services/async/62.0/job", (), headers, b"{}"))
    assert (got.status, sorted(json.loads(got.body))) == (400, ["exceptionCode", "exceptionMessage"])
