"""The published simple-salesforce, unmodified, over loopback HTTP. It speaks https only, so an adapter leads it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, SalesforceLogin, format_soql
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault

SOON = 0.01
"""Seconds between two looks at a bulk job."""


class ToLoopback(HTTPAdapter):
    """Carries what is meant for any host to one on this machine."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._to = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        asked = urlsplit(request.url)
        request.url = urlunsplit((self._to.scheme, self._to.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **more)


@dataclass
class Org:
    """A served org and a client with a token. `name` is this test's own."""

    cluster: Cluster
    url: str
    session: requests.Session
    sf: Salesforce
    name: str = ""

    def lead(self, **values: Any) -> str:
        return str(self.sf.Lead.create({"LastName": self.name, "Company": "Acme", **values})["id"])

    def found(self, where: str = "") -> list[dict[str, Any]]:
        soql = f"SELECT Id, LastName, City FROM Lead WHERE LastName = '{self.name}' {where}"
        return list(self.sf.query_all(soql)["records"])


def logged_in(session: requests.Session, cluster: Cluster, **more: Any) -> Salesforce:
    """By client credentials, as the client does it by itself."""
    app = {
        "consumer_key": cluster.salesforce.consumer_key,
        "consumer_secret": cluster.salesforce.consumer_secret,
    }
    return Salesforce(**{**app, "domain": "acme.my", "version": "62.0", "session": session, **more})


@pytest.fixture(scope="module")
def served() -> Iterator[Org]:
    """One org for all; its clock is the real one, because the client dates its assertions."""
    cluster, session = Cluster(seed=22, speed=1.0), requests.Session()
    url = cluster.serve().salesforce
    cluster.salesforce.switches.page_size = 250
    session.mount("https://", ToLoopback(url))
    org = Org(cluster, url, session, logged_in(session, cluster))
    for each, unique in (("Lead.Outer__c", True), ("Lead.Many__c", False)):
        _field(org, each, unique)
    yield org
    session.close()
    cluster.close()


def _field(org: Org, name: str, unique: bool) -> None:
    meta = {"type": "Text", "label": name, "length": 80, "externalId": True, "unique": unique}
    org.sf.toolingexecute("sobjects/CustomField", "POST", {"FullName": name, "Metadata": meta})
    rights = {"PermissionsRead": True, "PermissionsEdit": True}
    parent = org.cluster.salesforce.permission_set_id
    org.sf.FieldPermissions.create({"ParentId": parent, "SobjectType": "Lead", "Field": name, **rights})


@pytest.fixture
def org(served: Org, request: pytest.FixtureRequest) -> Org:
    return Org(served.cluster, served.url, served.session, served.sf, request.node.name)


def code(error: Any) -> str:
    return str(error.value.content[0]["errorCode"])


# -- tokens -----------------------------------------------------------------------------------------------------
def test_client_credentials(org: Org) -> None:
    sf = logged_in(org.session, org.cluster)
    assert sf.query("SELECT Id FROM User LIMIT 1")["totalSize"] == 1


def test_client_credentials_with_a_wrong_secret(org: Org) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        logged_in(org.session, org.cluster, consumer_secret="no")


def test_jwt_bearer(org: Org) -> None:
    crm = org.cluster.salesforce
    token, _ = SalesforceLogin(
        session=org.session,
        username=crm.auth.username,
        consumer_key=crm.consumer_key,
        privatekey=crm.auth.make_key(),
    )
    bearer = Salesforce(instance="acme.example", session_id=token, version="62.0", session=org.session)
    assert bearer.query("SELECT Id FROM User LIMIT 1")["done"] is True


def test_jwt_bearer_with_another_key(org: Org) -> None:
    crm = org.cluster.salesforce
    old = crm.auth.make_key()
    crm.auth.make_key()
    with pytest.raises(SalesforceAuthenticationFailed):
        SalesforceLogin(
            session=org.session, username=crm.auth.username, consumer_key=crm.consumer_key, privatekey=old
        )


def test_a_token_that_is_not_one(org: Org) -> None:
    stranger = Salesforce(instance="acme.example", session_id="no", version="62.0", session=org.session)
    with pytest.raises(SalesforceExpiredSession):
        stranger.query("SELECT Id FROM Lead")


# -- rows -------------------------------------------------------------------------------------------------------
def test_create_get_update_delete(org: Org) -> None:
    made = org.sf.Lead.create({"LastName": org.name, "Company": "Acme", "Email": "A@One.example"})
    assert (made["success"], made["errors"]) == (True, [])
    assert org.sf.Lead.update(made["id"], {"City": " Ulm "}) == 204
    row = org.sf.Lead.get(made["id"])
    assert (row["Email"], row["City"], row["attributes"]["type"]) == ("a@one.example", "Ulm", "Lead")
    assert org.sf.Lead.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        org.sf.Lead.get(made["id"])


def test_null_clears(org: Org) -> None:
    id = org.lead(City="Ulm")
    org.sf.Lead.update(id, {"City": None})
    assert org.sf.Lead.get(id)["City"] is None


def test_upsert_makes_and_changes(org: Org) -> None:
    assert org.sf.Lead.upsert("Outer__c/py%2F1", {"LastName": org.name, "Company": "A"}) == 201
    assert org.sf.Lead.upsert("Outer__c/py%2F1", {"City": "Ulm"}) == 200
    assert org.sf.Lead.get_by_custom_id("Outer__c", "py/1")["City"] == "Ulm"


def test_upsert_tells_what_it_did(org: Org) -> None:
    reply = org.sf.Lead.upsert("Outer__c/py2", {"LastName": org.name, "Company": "A"}, raw_response=True)
    assert (reply.status_code, reply.json()["created"]) == (201, True)


def test_upsert_with_several_matches(org: Org) -> None:
    for _ in range(2):
        org.lead(Many__c="m")
    with pytest.raises(SalesforceMoreThanOneRecord) as error:
        org.sf.Lead.upsert("Many__c/m", {"City": "Ulm"})
    assert len(error.value.content) == 2
    assert [row["City"] for row in org.found()] == [None, None]


def test_upsert_by_no_external_id(org: Org) -> None:
    with pytest.raises(SalesforceResourceNotFound):
        org.sf.Lead.upsert("City/Ulm", {"LastName": "x", "Company": "A"})


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"Company": None}, "REQUIRED_FIELD_MISSING"),
        ({"Nothing__c": 1}, "INVALID_FIELD"),
        ({"City": "x" * 41}, "STRING_TOO_LONG"),
        ({"Email": "no address"}, "INVALID_EMAIL_ADDRESS"),
        ({"OwnerId": "005000000000000AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_values_that_are_refused(org: Org, values: dict[str, Any], wanted: str) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.lead(**values)
    assert code(error) == wanted


def test_a_row_that_is_gone(org: Org) -> None:
    id = org.lead()
    org.sf.Lead.delete(id)
    for act in (lambda: org.sf.Lead.update(id, {"City": "x"}), lambda: org.sf.Lead.delete(id)):
        with pytest.raises(SalesforceResourceNotFound) as error:
            act()
        assert code(error) == "ENTITY_IS_DELETED"


def test_a_precondition_that_fails(org: Org) -> None:
    id = org.lead()
    long_ago = {"If-Unmodified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    with pytest.raises(SalesforceGeneralError) as error:
        org.sf.Lead.update(id, {"City": "Ulm"}, headers=long_ago)
    assert error.value.status == 412


def test_a_converted_lead(org: Org) -> None:
    id = org.lead()
    org.cluster.salesforce.convert(id)
    assert org.sf.Lead.get(id)["IsConverted"] is True
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.sf.Lead.update(id, {"City": "x"})
    assert code(error) == "CANNOT_UPDATE_CONVERTED_LEAD"


# -- queries ----------------------------------------------------------------------------------------------------
def test_query_all_and_its_pages(org: Org) -> None:
    for _ in range(260):
        org.cluster.salesforce.create("Lead", {"LastName": org.name, "Company": "A"})
    soql = f"SELECT Id FROM Lead WHERE LastName = '{org.name}' ORDER BY Id"
    first = org.sf.query(soql)
    assert (first["totalSize"], first["done"], len(first["records"])) == (260, False, 250)
    rest = org.sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    assert (rest["done"], len(rest["records"])) == (True, 10)
    again = org.sf.query_more(first["nextRecordsUrl"].split("/")[-1])
    assert again["records"] == rest["records"]
    ids = [row["Id"] for row in org.sf.query_all_iter(soql)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 260


def test_query_with_escapes(org: Org) -> None:
    id = org.lead(City="O'Brien % _ \\")
    soql = format_soql(
        "SELECT Id FROM Lead WHERE City = {} AND City LIKE '{:like}%'", "O'Brien % _ \\", "O'Brien %"
    )
    assert [row["Id"] for row in org.sf.query(soql)["records"]] == [id]


def test_query_by_moments(org: Org) -> None:
    id = org.lead()
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    soql = format_soql("SELECT Id FROM Lead WHERE LastName = {} AND SystemModstamp >= {}", org.name, hour_ago)
    assert [row["Id"] for row in org.sf.query(soql)["records"]] == [id]


def test_query_of_deleted_rows(org: Org) -> None:
    id = org.lead()
    org.sf.Lead.delete(id)
    soql = f"SELECT Id, IsDeleted FROM Lead WHERE LastName = '{org.name}'"
    assert org.sf.query(soql)["totalSize"] == 0
    assert org.sf.query(soql, include_deleted=True)["records"][0]["IsDeleted"] is True


def test_count_and_aggregates(org: Org) -> None:
    for city in ("Ulm", "Ulm", "Bonn"):
        org.lead(City=city)
    where = f"FROM Lead WHERE LastName = '{org.name}'"
    assert org.sf.query(f"SELECT COUNT() {where}")["totalSize"] == 3
    rows = org.sf.query(f"SELECT City, COUNT(Id) n {where} GROUP BY City ORDER BY City")["records"]
    assert [(row["City"], row["n"]) for row in rows] == [("Bonn", 1), ("Ulm", 2)]


@pytest.mark.parametrize(
    ("soql", "wanted"),
    [
        ("SELEC Id FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Nothing FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Butterfly", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01T00:00:00", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
def test_statements_that_are_refused(org: Org, soql: str, wanted: str) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.sf.query(soql)
    assert code(error) == wanted


def test_a_locator_that_is_not_one(org: Org) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.sf.query_more("0r8000000000000AAA-2000")
    assert code(error) == "INVALID_QUERY_LOCATOR"


def test_too_long_a_statement(org: Org) -> None:
    with pytest.raises(SalesforceGeneralError) as error:
        org.sf.query(f"SELECT Id FROM Lead WHERE LastName = '{'x' * 17_000}'")
    assert error.value.status == 414


# -- collections, composite, describe ---------------------------------------------------------------------------
def test_collections_upsert(org: Org) -> None:
    rows = [
        {
            "attributes": {"type": "Lead"},
            "Outer__c": f"c{n}",
            "LastName": org.name,
            "Company": "A" if n else None,
        }
        for n in range(3)
    ]
    told = org.sf.restful("composite/sobjects/Lead/Outer__c", method="PATCH", json={"records": rows})
    assert [each["success"] for each in told] == [False, True, True]
    assert told[0]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert told[1]["created"] is True


def test_collections_all_or_none(org: Org) -> None:
    rows = [{"attributes": {"type": "Lead"}, "LastName": org.name, **more} for more in ({"Company": "A"}, {})]
    told = org.sf.restful("composite/sobjects", method="POST", json={"allOrNone": True, "records": rows})
    assert told[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert org.found() == []


def test_collections_read_and_delete(org: Org) -> None:
    ids = [org.lead(), org.lead()]
    told = org.sf.restful("composite/sobjects/Lead", method="POST", json={"ids": ids, "fields": ["Id"]})
    assert [each["Id"] for each in told] == ids
    gone = org.sf.restful("composite/sobjects", params={"ids": ",".join(ids)}, method="DELETE")
    assert all(each["success"] for each in gone)


def test_composite(org: Org) -> None:
    base = "/services/data/v62.0"
    asked = [
        {
            "method": "POST",
            "url": f"{base}/sobjects/Account",
            "referenceId": "firm",
            "body": {"Name": org.name},
        },
        {"method": "GET", "url": f"{base}/sobjects/Account/@{{firm.id}}", "referenceId": "seen"},
    ]
    told = org.sf.restful("composite", method="POST", json={"compositeRequest": asked})["compositeResponse"]
    assert [each["httpStatusCode"] for each in told] == [201, 200]
    assert told[1]["body"]["Name"] == org.name


def test_describe(org: Org) -> None:
    assert {"Account", "Contact", "Lead"} <= {each["name"] for each in org.sf.describe()["sobjects"]}
    fields = {field["name"]: field for field in org.sf.Lead.describe()["fields"]}
    assert (fields["Outer__c"]["externalId"], fields["LastName"]["nillable"]) == (True, False)
    assert org.sf.Lead.metadata()["objectDescribe"]["name"] == "Lead"


def test_updated_and_deleted(org: Org) -> None:
    kept, gone = org.lead(), org.lead()
    org.sf.Lead.delete(gone)
    window = datetime.now(UTC) - timedelta(minutes=10), datetime.now(UTC) + timedelta(minutes=10)
    assert kept in org.sf.Lead.updated(*window)["ids"]
    assert gone in [each["id"] for each in org.sf.Lead.deleted(*window)["deletedRecords"]]


def test_limits_and_usage(org: Org) -> None:
    most = org.sf.limits()["DailyApiRequests"]["Max"]
    used = org.sf.api_usage["api-usage"]
    assert (used.total, used.used > 0) == (most, True)


# -- Bulk API 2.0 -----------------------------------------------------------------------------------------------
def test_bulk_insert(org: Org) -> None:
    rows = [{"LastName": org.name, "Company": company, "City": "Bulk"} for company in ("A", "B", "")]
    (told,) = org.sf.bulk2.Lead.insert(records=rows, wait=SOON)
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (3, 1)
    assert len(org.found()) == 2
    results = org.sf.bulk2.Lead.get_all_ingest_records(told["job_id"])
    assert len(results["successfulRecords"]) == 2
    assert results["failedRecords"][0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert results["unprocessedRecords"] == []


def test_bulk_upsert(org: Org) -> None:
    org.lead(Outer__c="bulk1")
    rows = [
        {"Outer__c": key, "LastName": org.name, "Company": "A", "City": "Ulm"} for key in ("bulk1", "bulk2")
    ]
    (told,) = org.sf.bulk2.Lead.upsert(records=rows, external_id_field="Outer__c", wait=SOON)
    assert told["numberRecordsFailed"] == 0
    assert [row["City"] for row in org.found()] == ["Ulm", "Ulm"]


def test_bulk_update_and_delete(org: Org) -> None:
    ids = [org.lead(City="Ulm", Phone="1") for _ in range(2)]
    org.sf.bulk2.Lead.update(records=[{"Id": id, "City": "", "Phone": "#N/A"} for id in ids], wait=SOON)
    assert [(org.sf.Lead.get(id)["City"], org.sf.Lead.get(id)["Phone"]) for id in ids] == [("Ulm", None)] * 2
    org.sf.bulk2.Lead.delete(records=[{"Id": id} for id in ids], wait=SOON)
    assert org.found() == []


def test_bulk_from_a_file(org: Org, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(f'LastName,Company,City\n"{org.name}","A, B","x ""y"""\n', "utf-8")
    org.sf.bulk2.Lead.insert(str(file), wait=SOON)
    assert [row["City"] for row in org.found()] == ['x "y"']


def test_bulk_query(org: Org) -> None:
    for n in range(5):
        org.lead(City=f"c{n}")
    soql = f"SELECT City, LastName FROM Lead WHERE LastName = '{org.name}' ORDER BY City"
    pages = list(org.sf.bulk2.Lead.query(soql, max_records=2, wait=SOON))
    lines = [line for page in pages for line in page.splitlines()[1:]]
    assert len(pages) == 3
    assert lines == [f'"c{n}","{org.name}"' for n in range(5)]


# -- faults -----------------------------------------------------------------------------------------------------
def test_the_quota(org: Org) -> None:
    org.cluster.faults.add(Fault("rate_limit", "salesforce"))
    with pytest.raises(SalesforceRefusedRequest) as error:
        org.sf.query("SELECT Id FROM Lead LIMIT 1")
    assert code(error) == "REQUEST_LIMIT_EXCEEDED"


def test_an_unavailable_server_is_not_retried(org: Org) -> None:
    before = org.cluster.faults.fired["unavailable"]
    org.cluster.faults.add(Fault("unavailable", "salesforce"))
    with pytest.raises(SalesforceGeneralError) as error:
        org.lead()
    assert error.value.status == 503
    assert org.cluster.faults.fired["unavailable"] == before + 1


def test_a_lost_reply(org: Org) -> None:
    org.cluster.faults.add(Fault("reset_after_send", "salesforce", match="POST"))
    with pytest.raises(requests.ConnectionError):
        org.lead()
    assert len(org.found()) == 1


def test_a_retired_version(org: Org) -> None:
    old = Salesforce(
        instance="acme.example", session_id=org.sf.session_id, version="30.0", session=org.session
    )
    with pytest.raises(
        (SalesforceGeneralError, SalesforceResourceNotFound, SalesforceMalformedRequest)
    ) as error:
        old.query("SELECT Id FROM User")
    assert code(error) == "UNSUPPORTED_API_VERSION"
