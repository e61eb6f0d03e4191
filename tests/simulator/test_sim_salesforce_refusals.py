"""Whatever a client sends that the simulated Salesforce cannot carry out, it answers with the vendor's own errors."""

from __future__ import annotations

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


@fact("salesforce", "errors", "A body that is no JSON object is refused with JSON_PARSER_ERROR", "doc")
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


@fact("salesforce", "rows", "A User is never deleted, only deactivated", "doc")
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
