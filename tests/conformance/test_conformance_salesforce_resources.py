"""What else an org offers with the published simple-salesforce: queries, Collections, describe, Bulk API 2.0."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conformance_salesforce import Org, code, served_org
from simple_salesforce import format_soql
from simple_salesforce.exceptions import (
    SalesforceGeneralError,
    SalesforceMalformedRequest,
)

SOON = 0.01
"""Seconds between two looks at a bulk job."""


@pytest.fixture(scope="module")
def served() -> Iterator[Org]:
    with served_org() as org:
        yield org


@pytest.fixture
def org(served: Org, request: pytest.FixtureRequest) -> Org:
    return Org(served.cluster, served.url, served.session, served.sf, request.node.name)


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
