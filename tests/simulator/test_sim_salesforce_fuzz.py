"""Whatever is sent to the simulated Salesforce, it answers in the vendor's form: no crash, a list of errors, its usage."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sim_salesforce import DATA, Org, new_org

from crmsync.simulator.wire import Request

KEYS = (
    *("records", "allOrNone", "attributes", "type", "ids", "fields", "compositeRequest", "batchRequests"),
    *("graphs", "graphId", "referenceId", "method", "url", "body", "richInput", "haltOnError", "operation"),
    *("object", "query", "state", "externalIdFieldName", "FullName", "Metadata", "valueSet", "length"),
    *("Id", "LastName", "Company", "Email", "OwnerId", "Account", "DoNotCall", "CreatedDate"),
)
WORDS = (
    *("", "x", "Lead", "POST", "GET", "insert", "upsert", "query", "UploadComplete", "@{a.id}", "a", "true"),
    *(f"{DATA}/sobjects/Lead", "v62.0/limits", "SELECT Id FROM Lead", "Lead.A__c", "Text", "Picklist"),
    *("2026-01-01", "2026-01-01T00:00:00Z", "00Q000000000000", "a@b.example", "²", "\x00", "9" * 400),
)
ADDRESSES = (
    *(
        "sobjects/Lead",
        "sobjects/Lead/{}",
        "sobjects/Lead/crmsync_id__c/{}",
        "sobjects/{}",
        "sobjects/{}/describe",
    ),
    *("sobjects/Lead/updated", "sobjects/Lead/deleted", "composite", "composite/batch", "composite/graph"),
    *("composite/tree/Lead", "composite/sobjects", "composite/sobjects/Lead", "composite/sobjects/Lead/{}"),
    *(
        "jobs/ingest",
        "jobs/ingest/{}",
        "jobs/ingest/{}/batches",
        "jobs/query",
        "jobs/query/{}/results",
        "query",
    ),
    *("queryAll", "query/{}", "tooling/sobjects/CustomField", "limits", "{}", ""),
)
TOKENS = (
    *(
        "SELECT",
        "Id",
        "FROM",
        "Lead",
        "WHERE",
        "Name",
        "=",
        "'x'",
        "LIMIT",
        "1",
        "(",
        ")",
        ",",
        "COUNT()",
        "AND",
    ),
    *(
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "null",
        "TODAY",
        "LAST_N_DAYS:99999999999",
        "2026-01-01T00:00:00Z",
        "GROUP BY",
    ),
    *(
        "ORDER BY",
        "Account.Name",
        "FIELDS(ALL)",
        "TYPEOF",
        "HAVING",
        "SUM(Amount)",
        "'\\u12'",
        "$",
        "1e400",
        "-",
    ),
)
SOQL = st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=9)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
BODIES = (
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4).map(lambda v: json.dumps(v).encode())
    | st.binary()
)
QUERY = st.dictionaries(
    st.sampled_from(
        ["q", "ids", "fields", "start", "end", "locator", "maxRecords", "allOrNone", "_HttpMethod"]
    ),
    SOQL | st.sampled_from(WORDS) | st.text(max_size=9),
    max_size=3,
)
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "accept", "if-match", "if-modified-since", "sforce-query-options"]),
    st.sampled_from(
        ["", "x", "text/csv", "batchSize=²", "*", "Mon, 99 Foo 2026", "Mon, 01 Jan 0001 00:00:00 +1200"]
    ),
    max_size=2,
)


def bench() -> Org:
    """An org with our external id field and one Lead."""
    org = new_org()
    org.key_field()
    org.lead()
    return org


def check(org: Org, request: Request) -> None:
    """The reply has the vendor's form."""
    got = org.sim.handle(request)
    assert got.status < 500, (request, got)
    assert "Sforce-Limit-Info" in got.headers
    if got.status >= 400 and request.method != "HEAD":
        told = json.loads(got.body)
        # A tree that did not come about names its records.
        assert (isinstance(told, dict) and told["hasErrors"]) or all(
            e["errorCode"] and e["message"] for e in told
        )


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    st.sampled_from(ADDRESSES),
    st.sampled_from(["x", "Lead", "00Q000000000000", "750000000000001AAA", "%ff", "a%2Fb", "²", "..", "%00"]),
    QUERY,
    HEADERS,
    BODIES,
)
def test_anything_sent_is_answered_in_the_form_of_the_vendor(
    method: str, address: str, part: str, query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    org = bench()
    given = {"authorization": f"Bearer {org.token}", **headers}
    path = f"{DATA}/{address.format(part)}"
    check(org, Request(method, path, tuple(query.items()), given, body))


@settings(max_examples=100, deadline=None)
@given(SOQL)
def test_any_statement_is_answered_or_refused(soql: str) -> None:
    org = bench()
    headers = {"authorization": f"Bearer {org.token}"}
    check(org, Request("GET", f"{DATA}/query", (("q", soql),), headers))


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["LastName", "Company", "Email", "OwnerId", "DoNotCall", "Status"]), VALUES
    )
)
def test_any_row_is_saved_or_refused(row: dict[str, Any]) -> None:
    org = bench()
    headers = {"authorization": f"Bearer {org.token}"}
    body = json.dumps({"LastName": "Doe", "Company": "Acme", **row}).encode()
    check(org, Request("POST", f"{DATA}/sobjects/Lead", (), headers, body))
