"""The query resources of the simulated org: pages, locators, options and what they refuse (REST/resources-query)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from facts import fact
from sim_salesforce import DATA, Org, new_org


def filled(count: int = 5, page_size: int = 2) -> tuple[Org, list[str]]:
    """An org with Leads and small pages, and the ids of the Leads."""
    org = new_org()
    org.sim.switches.page_size = page_size
    return org, [org.lead(LastName=f"P{n}") for n in range(count)]


def pages(org: Org, soql: str, resource: str = "query") -> list[dict[str, Any]]:
    """Every page of a statement."""
    out = [org.query(soql, resource).body]
    while not out[-1]["done"]:
        out.append(org.send("GET", out[-1]["nextRecordsUrl"]).body)
    return out


@fact("salesforce", "query", "A page says totalSize, done and, unless it is the last, nextRecordsUrl.", "doc")
def test_a_page_says_whether_there_are_more() -> None:
    org, _ = filled()
    found = pages(org, "SELECT Id FROM Lead")
    assert [(p["totalSize"], p["done"], "nextRecordsUrl" in p) for p in found] == [
        (5, False, True),
        (5, False, True),
        (5, True, False),
    ]


@fact("salesforce", "query", "Every record carries its type and address in attributes.", "doc")
def test_records_carry_their_attributes() -> None:
    org, ids = filled(1)
    assert org.query("SELECT LastName FROM Lead").body["records"][0]["attributes"] == {
        "type": "Lead",
        "url": f"{DATA}/sobjects/Lead/{ids[0]}",
    }


@fact("salesforce", "query", "A locator is an 18-character id that starts with 0r8, then the offset.", "doc")
def test_a_locator_starts_with_its_prefix() -> None:
    org, _ = filled()
    name, _, offset = (
        org.query("SELECT Id FROM Lead").body["nextRecordsUrl"].rpartition("/")[2].partition("-")
    )
    assert (name[:3], len(name), offset) == ("0r8", 18, "2")


@fact(
    "salesforce",
    "query",
    "Further pages of queryAll have addresses below /query too, and keep deleted rows.",
    "doc",
)
def test_pages_of_query_all_keep_deleted_rows() -> None:
    org, ids = filled()
    for lead in ids:
        org.sim.delete("Lead", lead)
    found = pages(org, "SELECT Id FROM Lead", "queryAll")
    assert "/query/" in found[0]["nextRecordsUrl"]
    assert [r["Id"] for p in found for r in p["records"]] == ids


@fact("salesforce", "query", "A locator has no limit of how many are open at once.", "doc")
def test_many_locators_are_open_at_once() -> None:
    org, ids = filled()
    urls = [org.query("SELECT Id FROM Lead").body["nextRecordsUrl"] for _ in range(40)]
    assert all(org.send("GET", url).body["records"][0]["Id"] == ids[2] for url in urls)


def test_a_locator_can_be_read_again() -> None:
    org, _ = filled()
    url = org.query("SELECT Id FROM Lead").body["nextRecordsUrl"]
    assert org.send("GET", url).body["records"] == org.send("GET", url).body["records"]


@fact("salesforce", "query", "An unknown locator is 400 INVALID_QUERY_LOCATOR.", "doc")
@pytest.mark.parametrize("name", ["0r8Sx0000000009AAA-2", "nonsense", "0r8Sx0000000001AAQ-x"])
def test_an_unknown_locator_is_refused(name: str) -> None:
    assert new_org().send("GET", f"query/{name}").code == "INVALID_QUERY_LOCATOR"


def test_an_offset_beyond_the_end_is_refused() -> None:
    org, _ = filled()
    url = org.query("SELECT Id FROM Lead").body["nextRecordsUrl"]
    assert org.send("GET", url.rpartition("-")[0] + "-99").code == "INVALID_QUERY_LOCATOR"


@fact(
    "salesforce",
    "query",
    "Later pages show a record as it is when the page is fetched.",
    "assumed",
    "locator_snapshot",
)
def test_later_pages_show_what_is_there_now() -> None:
    org, ids = filled()
    url = org.query("SELECT Id, City FROM Lead").body["nextRecordsUrl"]
    org.sim.edit("Lead", ids[2], {"City": "Ulm"})
    org.sim.delete("Lead", ids[3])
    assert [(r["Id"], r["City"]) for r in org.send("GET", url).body["records"]] == [(ids[2], "Ulm")]


def test_by_switch_later_pages_show_what_was_there_when_the_query_ran() -> None:
    org, ids = filled()
    org.sim.switches.locator_snapshot = True
    url = org.query("SELECT Id, City FROM Lead").body["nextRecordsUrl"]
    org.sim.edit("Lead", ids[2], {"City": "Ulm"})
    org.sim.delete("Lead", ids[3])
    assert [(r["Id"], r["City"]) for r in org.send("GET", url).body["records"]] == [
        (ids[2], None),
        (ids[3], None),
    ]


@fact(
    "salesforce",
    "query",
    "The vendor may return fewer rows than asked for on any page, and the links stay whole.",
    "doc",
)
def test_pages_may_be_short_at_will() -> None:
    org, ids = filled(10, 2000)
    org.sim.switches.page_sizes = (3, 1, 4)
    found = pages(org, "SELECT Id FROM Lead")
    assert [len(p["records"]) for p in found] == [3, 1, 4, 2]
    assert [r["Id"] for p in found for r in p["records"]] == ids


@fact("salesforce", "query", "batchSize of Sforce-Query-Options is a hint between 200 and 2,000.", "doc")
@pytest.mark.parametrize(
    ("asked", "size"), [("200", 200), ("1", 200), ("500", 500), ("5000", 600), ("many", 600)]
)
def test_a_batch_size_is_a_hint(asked: str, size: int) -> None:
    org, _ = filled(600, 2000)
    headers = {"sforce-query-options": f"batchSize={asked}"}
    got = org.send("GET", "query", query={"q": "SELECT Id FROM Lead"}, headers=headers)
    assert len(got.body["records"]) == size


@fact("salesforce", "query", "A request line above about 16 kB is 414.", "assumed", "uri_limit")
def test_a_long_address_is_refused() -> None:
    org = new_org()
    soql = f"SELECT Id FROM Lead WHERE LastName IN ({','.join(repr(quote(str(n))) for n in range(3000))})"
    assert (len(soql) > 16_384, org.query(soql).status) == (True, 414)
    org.sim.switches.uri_limit = 100_000
    assert org.query(soql).status == 200


@fact("salesforce", "query", "A statement is asked by GET only.", "doc")
@pytest.mark.parametrize("resource", ["query", "queryAll"])
def test_a_statement_cannot_be_posted(resource: str) -> None:
    assert new_org().send("POST", resource, {"q": "SELECT Id FROM Lead"}).status == 405


def test_a_query_without_a_statement_is_malformed() -> None:
    assert new_org().send("GET", "query").code == "MALFORMED_QUERY"


def test_query_plans_and_searches_are_refused() -> None:
    org = new_org()
    assert org.send("GET", "query", query={"explain": "SELECT Id FROM Lead"}).status == 400
    for method, path in (("GET", "search"), ("GET", "parameterizedSearch"), ("POST", "parameterizedSearch")):
        assert org.send(method, path, {}).code == "FUNCTIONALITY_NOT_ENABLED"
