"""Search: its limits, its operators, its lag and its traps."""

from __future__ import annotations

from typing import Any

import pytest
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts/search"


def search(bench: Bench, *filters: dict[str, Any], **body: Any) -> Any:
    asked = {"filterGroups": [{"filters": list(filters)}] if filters else [], **body}
    return bench.call("POST", PATH, asked)


def found(bench: Bench, *filters: dict[str, Any], **body: Any) -> list[str]:
    status, reply = search(bench, *filters, limit=200, **body)
    assert status == 200, reply
    assert reply["total"] == len(reply["results"])
    return [row["properties"]["firstname"] for row in reply["results"]]


def where(name: str, operator: str, value: object = None, **more: object) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **({} if value is None else {"value": value}), **more}


def town() -> Bench:
    """ann, ben and cleo, typed a minute apart."""
    bench = Bench()
    bench.sim.define("contacts", "rank", type="number")
    for name, city, rank in (("ann", "Lund", "9"), ("ben", "Oslo Vest", "10"), ("cleo", "", "")):
        bench.person(name, city=city, rank=rank)
        bench.clock.advance(60)
    return bench


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        (where("city", "EQ", "lund"), "ann"),
        (where("city", "NEQ", "Lund"), "ben"),
        (where("city", "HAS_PROPERTY"), "ann ben"),
        (where("city", "NOT_HAS_PROPERTY"), "cleo"),
        (where("city", "IN", values=["lund"]), "ann"),
        (where("city", "IN", values=["Lund"]), ""),  # text must be given in lower case
        (where("city", "NOT_IN", values=["lund"]), "ben"),
        (where("city", "CONTAINS_TOKEN", "ves*"), "ben"),
        (where("city", "NOT_CONTAINS_TOKEN", "vest"), "ann cleo"),
        (where("rank", "GT", "9"), "ben"),  # as numbers, not as text
        (where("rank", "GTE", "9"), "ann ben"),
        (where("rank", "LT", "10"), "ann"),
        (where("rank", "LTE", "10"), "ann ben"),
        (where("rank", "BETWEEN", "9.5", highValue="11"), "ben"),
        (where("lastmodifieddate", "GTE", "1772442060000"), "ben cleo"),
        (where("lastmodifieddate", "GT", "2026-03-02T09:01:00Z"), "cleo"),
        (where("lastmodifieddate", "LT", "1772442060000"), "ann"),
        (where("hs_lastmodifieddate", "GTE", "0"), ""),  # exists on contacts, hidden, and finds nothing
        (where("email", "EQ", "ANN@firm.example"), "ann"),
        (where("email", "IN", values=["ann@firm.example", "x@firm.example"]), "ann"),
        (where("lifecyclestage", "EQ", "lead"), "ann ben cleo"),
        (where("lifecyclestage", "EQ", "Lead"), ""),  # enumerations are case-sensitive
    ],
)
def test_each_operator_finds_what_it_says(filter: dict[str, Any], names: str) -> None:
    assert found(town(), filter) == names.split()


def test_filters_of_a_group_must_all_hold_groups_are_alternatives() -> None:
    bench = town()
    assert found(bench, where("rank", "GTE", "9"), where("city", "EQ", "lund")) == ["ann"]
    groups = [{"filters": [where("city", "EQ", "lund")]}, {"filters": [where("rank", "EQ", "10")]}]
    assert bench.call("POST", PATH, {"filterGroups": groups})[1]["total"] == 2
    assert bench.call("POST", PATH, {"filters": [where("city", "EQ", "lund")]})[1]["total"] == 1


def test_a_query_searches_names_addresses_and_phones() -> None:
    assert found(town(), query="BEN") == ["ben"]
    assert found(town(), query="firm.example") == ["ann", "ben", "cleo"]


def test_one_sort_rule_and_oldest_first_without_one() -> None:
    bench = town()
    assert found(bench) == ["ann", "ben", "cleo"]
    rule = {"propertyName": "lastmodifieddate", "direction": "DESCENDING"}
    assert found(bench, sorts=[rule]) == ["cleo", "ben", "ann"]
    assert search(bench, sorts=[rule, rule])[0] == 400


def test_a_page_is_ten_by_default_and_two_hundred_at_most_with_an_offset_as_cursor() -> None:
    bench = Bench()
    for n in range(12):
        bench.person(f"p{n:02}")
    _, reply = search(bench)
    assert (reply["total"], len(reply["results"]), reply["paging"]) == (12, 10, {"next": {"after": "10"}})
    _, rest = search(bench, after="10")
    assert [row["properties"]["firstname"] for row in rest["results"]] == ["p10", "p11"]
    assert "paging" not in rest
    assert search(bench, limit=201)[0] == 400


def test_nothing_beyond_ten_thousand_results_can_be_paged_to() -> None:
    bench = Bench()
    for n in range(10_050):
        bench.sim.create("contacts", {"firstname": f"p{n}"})
    status, reply = search(bench, limit=200, after="9800")
    assert (status, reply["total"], reply["paging"]["next"]["after"]) == (200, 10_050, "10000")
    assert search(bench, limit=200, after="10000")[0] == 400
    last = reply["results"][-1]["id"]
    drained = search(bench, where("hs_object_id", "GT", last), sorts=["hs_object_id"], limit=200)[1]
    assert drained["total"] == 50


def test_more_filters_than_allowed_are_refused() -> None:
    bench, one = Bench(), where("city", "HAS_PROPERTY")
    allowed = [{"filters": [one] * 6}] * 3
    assert bench.call("POST", PATH, {"filterGroups": allowed})[0] == 200
    for groups in ([{"filters": [one]}] * 6, [{"filters": [one] * 7}], [{"filters": [one] * 5}] * 4):
        assert bench.call("POST", PATH, {"filterGroups": groups})[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"query": "x" * 3000},
        {"filters": [where("nope", "EQ", "1")]},
        {"filters": [where("city", "LIKE", "1")]},
        {"filters": [where("city", "EQ")]},
        {"filters": [where("lastmodifieddate", "GT", "soon")]},
    ],
)
def test_a_bad_search_is_a_validation_error(body: dict[str, Any]) -> None:
    status, reply = Bench().call("POST", PATH, body)
    assert (status, reply["category"]) == (400, "VALIDATION_ERROR")


def test_archived_and_absorbed_contacts_never_appear() -> None:
    bench = town()
    ids = {row["firstname"]: row["id"] for row in bench.sim.state()["contacts"]}
    bench.sim.delete("contacts", ids["cleo"])
    bench.sim.merge("contacts", ids["ann"], [ids["ben"]])
    assert found(bench) == ["ann"]


def test_the_index_lags_behind_while_list_and_read_do_not() -> None:
    bench = town()
    bench.sim.switches.search_lag_s = 10
    ann = bench.sim.state()["contacts"][0]["id"]
    late = bench.person("dora", city="Rome")
    bench.sim.edit("contacts", ann, {"city": "Rome"})
    assert found(bench, where("city", "EQ", "rome")) == []
    assert found(bench, where("city", "EQ", "lund")) == ["ann"]
    assert found(bench, where("email", "EQ", "dora@firm.example")) == []
    assert bench.call("GET", f"/crm/v3/objects/contacts/{late}")[0] == 200
    bench.clock.advance(10)
    assert found(bench, where("city", "EQ", "rome")) == ["ann", "dora"]
    assert found(bench, where("city", "EQ", "lund")) == []


def test_a_deletion_is_seen_by_the_index_late_too() -> None:
    bench = town()
    bench.sim.switches.search_lag_s = 10
    bench.sim.delete("contacts", bench.sim.state()["contacts"][0]["id"])
    assert found(bench) == ["ann", "ben", "cleo"]
    bench.clock.advance(10)
    assert found(bench) == ["ben", "cleo"]


def test_companies_are_searched_by_their_own_stamp() -> None:
    bench = Bench()
    id = bench.sim.create("companies", {"name": "Firm", "domain": "firm.example"})
    body = {"filters": [where("hs_lastmodifieddate", "GTE", "0")]}
    assert bench.call("POST", "/crm/v3/objects/companies/search", body)[1]["results"][0]["id"] == id
