"""Search: its limits, its operators, its order and its traps. Its lag stands in test_sim_hubspot_index.py."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
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


def refused(bench: Bench, **body: Any) -> None:
    status, reply = bench.call("POST", PATH, body)
    assert (status, reply["category"]) == (400, "VALIDATION_ERROR")


# -- operators -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("filter", "names"),
    [
        (where("city", "EQ", "lund"), "ann"),
        (where("city", "NEQ", "Lund"), "ben"),
        (where("city", "HAS_PROPERTY"), "ann ben"),
        (where("city", "NOT_HAS_PROPERTY"), "cleo"),
        (where("city", "IN", values=["lund"]), "ann"),
        (where("city", "NOT_IN", values=["lund"]), "ben"),
        (where("city", "CONTAINS_TOKEN", "vest"), "ben"),
        (where("city", "NOT_CONTAINS_TOKEN", "vest"), "ann cleo"),
        (where("rank", "GT", "9"), "ben"),
        (where("rank", "GTE", "9"), "ann ben"),
        (where("rank", "LT", "10"), "ann"),
        (where("rank", "LTE", "10"), "ann ben"),
        (where("rank", "BETWEEN", "9.5", highValue="11"), "ben"),
        (where("email", "EQ", "ANN@firm.example"), "ann"),
        (where("email", "IN", values=["ann@firm.example", "x@firm.example"]), "ann"),
        (where("lifecyclestage", "EQ", "lead"), "ann ben cleo"),
    ],
)
@fact("hubspot", "search", "Thirteen operators compare a property with a value, a range, a list, a word or nothing", "doc")  # fmt: skip
def test_each_operator_finds_what_it_says(filter: dict[str, Any], names: str) -> None:
    assert found(town(), filter) == names.split()


@pytest.mark.parametrize("value", ["lund", "LUND", "Lund"])
@fact("hubspot", "search", "Text is compared without regard to case", "doc")
def test_text_is_compared_without_case(value: str) -> None:
    assert found(town(), where("city", "EQ", value)) == ["ann"]


@fact("hubspot", "search", "Options of an enumeration are compared with regard to case", "doc")
def test_options_are_compared_with_case() -> None:
    assert found(town(), where("lifecyclestage", "EQ", "Lead")) == []


@pytest.mark.parametrize(("values", "names"), [(["lund"], ["ann"]), (["Lund"], [])])
@fact("hubspot", "search", "IN and NOT_IN find text only by values in lower case", "doc")
def test_lists_of_text_must_be_in_lower_case(values: list[str], names: list[str]) -> None:
    assert found(town(), where("city", "IN", values=values)) == names
    assert ("ann" in found(town(), where("city", "NOT_IN", values=values))) is not bool(names)


@pytest.mark.parametrize("word", ["ves*", "*est", "V*T", "oslo", "*"])
@fact("hubspot", "search", "An asterisk in CONTAINS_TOKEN stands for any characters of a word", "doc")
def test_a_token_may_have_wildcards(word: str) -> None:
    assert "ben" in found(town(), where("city", "CONTAINS_TOKEN", word))
    assert found(town(), where("city", "CONTAINS_TOKEN", "sl")) == []


@fact("hubspot", "search", "Numbers are compared as numbers", "doc")
def test_numbers_are_no_text() -> None:
    assert found(town(), where("rank", "GT", "9")) == ["ben"]


@pytest.mark.parametrize(
    ("low", "high", "names"), [("9", "10", "ann ben"), ("9.1", "9.9", ""), ("10", "10", "ben")]
)
@fact("hubspot", "search", "BETWEEN takes value and highValue and includes both", "doc")
def test_between_includes_its_ends(low: str, high: str, names: str) -> None:
    assert found(town(), where("rank", "BETWEEN", low, highValue=high)) == names.split()


@fact("hubspot", "search", "Times are given as epoch milliseconds in text", "doc")
def test_times_are_given_in_milliseconds() -> None:
    assert found(town(), where("lastmodifieddate", "GTE", "1772442060000")) == ["ben", "cleo"]
    assert found(town(), where("lastmodifieddate", "LT", "1772442060000")) == ["ann"]


@fact("hubspot", "search", "Times are taken in ISO form too", "seen")
def test_times_are_taken_in_iso_form() -> None:
    assert found(town(), where("lastmodifieddate", "GT", "2026-03-02T09:01:00Z")) == ["cleo"]


@fact(
    "hubspot",
    "search",
    "The pseudo-property associations.company finds records by a linked record's id",
    "doc",
)
def test_records_are_found_by_their_company() -> None:
    bench = town()
    firm = bench.sim.create("companies", {"name": "Firm"})
    ann, ben, _ = (row["id"] for row in bench.sim.state()["contacts"])
    for person in (ann, ben):
        path = f"/crm/v4/objects/contacts/{person}/associations/default/companies/{firm}"
        assert bench.call("PUT", path)[0] == 200
    assert found(bench, where("associations.company", "EQ", firm)) == ["ann", "ben"]
    assert found(bench, where("associations.company", "IN", values=[firm]), where("city", "EQ", "lund")) == [
        "ann"
    ]
    assert found(bench, where("associations.company", "NEQ", firm)) == ["cleo"]
    assert found(bench, where("associations.company", "NOT_HAS_PROPERTY")) == ["cleo"]
    assert found(bench, where("associations.company", "EQ", "1")) == []
    refused(bench, filters=[where("associations.company", "GT", "1")])


@fact("hubspot", "search", "hs_lastmodifieddate exists on contacts, hidden, and finds none of them", "seen")
def test_the_other_stamp_finds_no_contact() -> None:
    assert found(town(), where("hs_lastmodifieddate", "GTE", "0")) == []


@fact("hubspot", "search", "All objects but contacts are searched by hs_lastmodifieddate", "seen")
def test_companies_are_searched_by_their_own_stamp() -> None:
    bench = Bench()
    id = bench.sim.create("companies", {"name": "Firm", "domain": "firm.example"})
    body = {"filters": [where("hs_lastmodifieddate", "GTE", "0")]}
    assert bench.call("POST", "/crm/v3/objects/companies/search", body)[1]["results"][0]["id"] == id


# -- groups, query, order ------------------------------------------------------------------------------------
@fact("hubspot", "search", "All filters of a group must hold", "doc")
def test_filters_of_a_group_must_all_hold() -> None:
    assert found(town(), where("rank", "GTE", "9"), where("city", "EQ", "lund")) == ["ann"]


@fact("hubspot", "search", "Filter groups are alternatives", "doc")
def test_groups_are_alternatives() -> None:
    groups = [{"filters": [where("city", "EQ", "lund")]}, {"filters": [where("rank", "EQ", "10")]}]
    assert town().call("POST", PATH, {"filterGroups": groups})[1]["total"] == 2


@fact("hubspot", "search", "A bare list of filters at the top counts as one group", "doc")
def test_bare_filters_are_a_group() -> None:
    assert town().call("POST", PATH, {"filters": [where("city", "EQ", "lund")]})[1]["total"] == 1


@pytest.mark.parametrize("body", [None, {}, {"limit": 5}, {"sorts": []}, {"query": ""}])
@fact(
    "hubspot", "search", "A partial body will do, though the specification requires nearly all of it", "doc"
)
def test_a_partial_body_will_do(body: dict[str, Any] | None) -> None:
    assert town().call("POST", PATH, body)[1]["total"] == 3


@pytest.mark.parametrize(
    ("query", "names"), [("BEN", "ben"), ("firm.example", "ann ben cleo"), ("4711", "ann"), ("lund", "")]
)
@fact("hubspot", "search", "A query looks into names, addresses, phones and the company, not into other properties", "doc")  # fmt: skip
def test_a_query_searches_names_addresses_and_phones(query: str, names: str) -> None:
    bench = town()
    bench.sim.edit("contacts", bench.sim.state()["contacts"][0]["id"], {"phone": "+46 4711"})
    assert found(bench, query=query) == names.split()


@fact(
    "hubspot",
    "search",
    "A query looks into a deal's name and stage, and into a company's name and domain",
    "doc",
)
def test_a_query_searches_other_objects_by_their_own_properties() -> None:
    bench = Bench()
    firm = bench.sim.create("companies", {"name": "Lund Tools", "domain": "tools.example", "city": "Oslo"})
    deal = bench.sim.create("deals", {"dealname": "Renewal", "dealstage": "closedwon"})
    found_by = {
        (kind, query): [row["id"] for row in bench.call("POST", f"/crm/v3/objects/{kind}/search", {"query": query})[1]["results"]]
        for kind, query in (("companies", "tools.example"), ("companies", "oslo"), ("deals", "renew"), ("deals", "closedwon"))
    }  # fmt: skip
    assert list(found_by.values()) == [[firm], [], [deal], [deal]]


@fact("hubspot", "search", "A query has at most 3,000 characters", "doc")
def test_a_query_is_not_too_long() -> None:
    refused(Bench(), query="x" * 3001)


@fact("hubspot", "search", "Without a sort rule results come by creation, oldest first", "doc")
def test_the_oldest_come_first() -> None:
    assert found(town()) == ["ann", "ben", "cleo"]


@pytest.mark.parametrize(
    ("direction", "names"),
    [("DESCENDING", "cleo ben ann"), ("ASCENDING", "ann ben cleo"), (None, "ann ben cleo")],
)
@fact("hubspot", "search", "A sort rule orders by one property, upwards unless it says otherwise", "doc")
def test_one_rule_sorts(direction: str | None, names: str) -> None:
    rule = {"propertyName": "lastmodifieddate", **({"direction": direction} if direction else {})}
    assert found(town(), sorts=[rule]) == names.split()


@fact("hubspot", "search", "There is one sort rule at most", "doc")
def test_two_sort_rules_are_refused() -> None:
    refused(town(), sorts=[{"propertyName": "email"}, {"propertyName": "city"}])


@fact("hubspot", "search", "A sort rule may be a bare name, with a minus for downwards", "doc")
def test_a_sort_rule_may_be_a_name() -> None:
    assert found(town(), sorts=["-createdate"]) == ["cleo", "ben", "ann"]
    assert found(town(), sorts=["createdate"]) == ["ann", "ben", "cleo"]


def test_rows_without_the_sorted_value_come_last() -> None:
    rule = {"propertyName": "rank", "direction": "DESCENDING"}
    assert found(town(), sorts=[rule]) == ["ben", "ann", "cleo"]


# -- what comes back -----------------------------------------------------------------------------------------
@fact("hubspot", "search", "A page has ten results unless asked", "doc")
def test_a_page_is_ten() -> None:
    bench = Bench()
    for n in range(12):
        bench.person(f"p{n:02}")
    _, reply = search(bench)
    assert (reply["total"], len(reply["results"])) == (12, 10)


@fact("hubspot", "search", "A page has 200 results at most", "doc")
def test_a_page_is_two_hundred_at_most() -> None:
    assert search(Bench(), limit=200)[0] == 200
    refused(Bench(), limit=201)


@fact("hubspot", "search", "The cursor of a search is an offset in text and is absent at the end", "doc")
def test_the_cursor_is_an_offset() -> None:
    bench = Bench()
    for n in range(12):
        bench.person(f"p{n:02}")
    _, reply = search(bench)
    assert reply["paging"] == {"next": {"after": "10"}}
    _, rest = search(bench, after="10")
    assert [row["properties"]["firstname"] for row in rest["results"]] == ["p10", "p11"]
    assert "paging" not in rest


@fact("hubspot", "search", "A query reaches its first 10,000 results and paging past them is refused", "doc")
def test_nothing_beyond_ten_thousand_results_can_be_paged_to() -> None:
    bench = crowd()
    status, reply = search(bench, limit=200, after="9800")
    assert (status, reply["total"], reply["paging"]["next"]["after"]) == (200, 10_050, "10000")
    refused(bench, limit=200, after="10000")


@fact(
    "hubspot",
    "search",
    "More rows than the cap may bear one stamp, and only draining by id gets past them",
    "seen",
)
def test_a_crowd_of_one_stamp_is_drained_by_id() -> None:
    bench = crowd()
    stamp = where("lastmodifieddate", "EQ", "1772442000000")
    assert search(bench, stamp)[1]["total"] == 10_050
    rule = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    last = search(bench, stamp, sorts=rule, limit=200, after="9800")[1]["results"][-1]["id"]
    assert search(bench, stamp, where("hs_object_id", "GT", last), sorts=rule)[1]["total"] == 50


@pytest.mark.parametrize("omitted", [False, True])
@fact("hubspot", "search", "A property without a value is null in search results or is left out", "seen", "search_omits_unset")  # fmt: skip
def test_an_unset_property_is_null_or_left_out(omitted: bool) -> None:
    bench = town()
    bench.sim.switches.search_omits_unset = omitted
    row = search(bench, where("email", "EQ", "cleo@firm.example"), properties=["city"])[1]["results"][0]
    assert ("city" in row["properties"]) is not omitted
    assert row["properties"].get("city") is None


@fact("hubspot", "search", "Archived records are never found", "doc")
def test_archived_contacts_never_appear() -> None:
    bench = town()
    bench.sim.delete("contacts", bench.sim.state()["contacts"][2]["id"])
    assert found(bench) == ["ann", "ben"]


def test_absorbed_contacts_never_appear() -> None:
    bench = town()
    ann, ben, _ = (row["id"] for row in bench.sim.state()["contacts"])
    bench.sim.merge("contacts", ann, [ben])
    assert found(bench) == ["ann", "cleo"]


# -- refusals ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("limits", [(5, 6, 18), (5, 10, 25)])
@fact("hubspot", "search", "There are 5 groups of 6 filters, 18 in all, on one page and 5 of 10, 25 in all, on another", "doc", "filter_limits")  # fmt: skip
def test_more_filters_than_allowed_are_refused(limits: tuple[int, int, int]) -> None:
    bench, one = Bench(), where("city", "HAS_PROPERTY")
    assert bench.sim.switches.filter_limits == (5, 6, 18)
    bench.sim.switches.filter_limits = limits
    groups, each, total = limits
    full, rest = divmod(total, each)
    allowed = [{"filters": [one] * each}] * full + ([{"filters": [one] * rest}] if rest else [])
    assert bench.call("POST", PATH, {"filterGroups": allowed})[0] == 200
    refused(bench, filterGroups=[{"filters": [one]}] * (groups + 1))
    refused(bench, filterGroups=[{"filters": [one] * (each + 1)}])
    refused(bench, filterGroups=[*allowed, {"filters": [one]}])


@fact("hubspot", "search", "A body of more than 3,000 characters is refused", "doc")
def test_a_body_is_not_too_long() -> None:
    refused(Bench(), properties=["x" * 3000])


@pytest.mark.parametrize(
    "body",
    [
        {"filters": [where("nope", "EQ", "1")]},
        {"filters": [where("city", "LIKE", "1")]},
        {"filters": [where("city", "EQ")]},
        {"filters": [where("city", "IN", "lund")]},
        {"filters": [where("rank", "BETWEEN", "1")]},
        {"filters": [where("rank", "GT", "many")]},
        {"filters": [where("lastmodifieddate", "GT", "soon")]},
        {"filters": "city"},
        {"filterGroups": [["city"]]},
        {"sorts": [{"propertyName": "nope"}]},
        {"sorts": [{"propertyName": "city", "direction": "UP"}]},
        {"sorts": [7]},
        {"properties": "city"},
        {"limit": 0},
        {"limit": "ten"},
        {"after": "-1"},
    ],
)
@fact(
    "hubspot",
    "search",
    "An unknown property or operator, or a value that does not fit, is a validation error",
    "doc",
)
def test_a_bad_search_is_a_validation_error(body: dict[str, Any]) -> None:
    refused(town(), **body)


def crowd() -> Bench:
    """10,050 people typed at one moment."""
    bench = Bench()
    for n in range(10_050):
        bench.sim.create("contacts", {"firstname": f"p{n}"})
    return bench
