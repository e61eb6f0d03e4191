"""Lists: kinds of processing, filters, members and their order."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/lists/2026-09"


def make(bench: Bench, name: str = "Fair", processing: str = "MANUAL", **more: Any) -> tuple[int, Any]:
    body = {"name": name, "objectTypeId": "0-1", "processingType": processing, **more}
    return bench.call("POST", PATH, body)


def where(property: str, operator: str, form: str = "STRING", **more: Any) -> dict[str, Any]:
    """A filter branch of one property filter."""
    operation = {"operationType": form, "operator": operator, **more}
    one = {"filterType": "PROPERTY", "property": property, "operation": operation}
    inner = {"filterBranchType": "AND", "filterBranches": [], "filters": [one]}
    return {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}


def members(bench: Bench, id: str, order: str = "", **query: str) -> list[str]:
    results = bench.call("GET", f"{PATH}/{id}/memberships{order}", **query)[1]["results"]
    return [row["recordId"] for row in results]


def change(bench: Bench, id: str, what: str, body: Any) -> tuple[int, Any]:
    return bench.call("PUT", f"{PATH}/{id}/memberships/{what}", body)


@fact("hubspot", "lists", "A list is made of a name, an object type and a processing type", "doc")
@pytest.mark.parametrize("path", [PATH, "/crm/v3/lists", "/crm/v3/lists/"])
def test_a_list_is_made(path: str) -> None:
    bench = Bench()
    body = {"name": "Fair", "objectTypeId": "0-1", "processingType": "MANUAL"}
    status, reply = bench.call("POST", path, body)
    made = reply["list"]
    assert (status, made["name"], made["objectTypeId"], made["processingType"]) == (
        200,
        "Fair",
        "0-1",
        "MANUAL",
    )
    assert bench.call("GET", f"{PATH}/{made['listId']}")[1]["list"]["listId"] == made["listId"]


@fact("hubspot", "lists", "A processing type is MANUAL, SNAPSHOT or DYNAMIC", "doc")
def test_another_processing_type_is_refused() -> None:
    assert make(Bench(), processing="MAGIC")[0] == 400


@fact("hubspot", "lists", "A list's name is used once", "doc")
def test_a_name_is_used_once() -> None:
    bench = Bench()
    assert [make(bench)[0] for _ in range(2)] == [200, 400]


@fact("hubspot", "lists", "Records are put into a manual list, and the reply says recordsIdsAdded", "doc")
def test_records_are_added() -> None:
    bench = Bench()
    id, ann = make(bench)[1]["list"]["listId"], bench.person("ann")
    status, body = change(bench, id, "add", [ann, "77"])
    assert (status, body) == (
        200,
        {"recordsIdsAdded": [ann], "recordIdsRemoved": [], "recordIdsMissing": ["77"]},
    )
    assert members(bench, id) == [ann]


@fact("hubspot", "lists", "Records are taken out of a list and stay in the portal", "doc")
def test_records_are_removed() -> None:
    bench = Bench()
    ann = bench.person("ann")
    id = bench.sim.make_list("Fair", ids=[ann])
    assert change(bench, id, "remove", [ann])[1]["recordIdsRemoved"] == [ann]
    assert (members(bench, id), bench.values(ann)["archived"]) == ([], False)


@fact("hubspot", "lists", "One call can add some records and remove others", "doc")
def test_records_are_added_and_removed_at_once() -> None:
    bench = Bench()
    ann, ben = bench.person("ann"), bench.person("ben")
    id = bench.sim.make_list("Fair", ids=[ann])
    body = {"recordIdsToAdd": [ben], "recordIdsToRemove": [ann]}
    assert change(bench, id, "add-and-remove", body)[1]["recordsIdsAdded"] == [ben]
    assert members(bench, id) == [ben]


@fact(
    "hubspot",
    "lists",
    "Members come with the time they joined, by record id, with the next id as cursor",
    "doc",
)
def test_members_are_paged() -> None:
    bench = Bench()
    people = [bench.person(f"p{n}") for n in range(3)]
    id = bench.sim.make_list("Fair", ids=[people[2]])
    bench.clock.advance(60)
    bench.sim.change_list(id, add=people[:2])
    first = bench.call("GET", f"{PATH}/{id}/memberships", limit="2")[1]
    assert [row["recordId"] for row in first["results"]] == people[:2]
    assert first["results"][0]["membershipTimestamp"] == "2026-03-02T09:01:00.000Z"
    after = first["paging"]["next"]["after"]
    assert members(bench, id, limit="2", after=after) == [people[2]]


@fact("hubspot", "lists", "Members can be read in the order of joining", "doc")
def test_members_by_joining() -> None:
    bench = Bench()
    ann, ben = bench.person("ann"), bench.person("ben")
    id = bench.sim.make_list("Fair", ids=[ben])
    bench.clock.advance(60)
    bench.sim.change_list(id, add=[ann])
    assert members(bench, id, "/join-order") == [ben, ann]
    first = bench.call("GET", f"{PATH}/{id}/memberships/join-order", limit="1")[1]
    assert members(bench, id, "/join-order", after=first["paging"]["next"]["after"]) == [ann]


@fact("hubspot", "lists", "A page of members has 100 by default and 250 at most", "doc")
def test_a_page_of_members_has_a_limit() -> None:
    bench = Bench()
    id = bench.sim.make_list("Fair", ids=[bench.person(f"p{n}") for n in range(101)])
    assert len(members(bench, id)) == 100
    assert bench.call("GET", f"{PATH}/{id}/memberships", limit="251")[0] == 400


@fact("hubspot", "lists", "A dynamic list's members follow its filters", "doc")
def test_a_dynamic_list_follows_its_filters() -> None:
    bench = Bench()
    ann, ben = bench.person("ann", city="Lund"), bench.person("ben", city="Oslo")
    branch = where("city", "IS_EQUAL_TO", value="lund")
    id = make(bench, processing="DYNAMIC", filterBranch=branch)[1]["list"]["listId"]
    assert members(bench, id) == [ann]
    bench.clock.advance(60)
    bench.sim.edit("contacts", ann, {"city": "Rome"})
    bench.sim.edit("contacts", ben, {"city": "Lund"})
    assert members(bench, id) == [ben]
    bench.sim.delete("contacts", ben)
    assert members(bench, id) == []


@fact("hubspot", "lists", "Records of a dynamic list cannot be added or removed by hand", "doc")
@pytest.mark.parametrize("what", ["add", "remove"])
def test_a_dynamic_list_is_not_changed_by_hand(what: str) -> None:
    bench = Bench()
    branch = where("city", "IS_KNOWN", "ALL_PROPERTY")
    id = make(bench, processing="DYNAMIC", filterBranch=branch)[1]["list"]["listId"]
    assert change(bench, id, what, [bench.person("ann")])[0] == 400


@fact("hubspot", "lists", "A snapshot list is filtered once and then changed by hand", "doc")
def test_a_snapshot_is_filtered_once() -> None:
    bench = Bench()
    ann, ben = bench.person("ann", city="Lund"), bench.person("ben", city="Oslo")
    branch = where("city", "IS_EQUAL_TO", value="Lund")
    id = make(bench, processing="SNAPSHOT", filterBranch=branch)[1]["list"]["listId"]
    bench.sim.edit("contacts", ann, {"city": "Rome"})
    assert members(bench, id) == [ann]
    assert change(bench, id, "add", [ben])[0] == 200
    assert members(bench, id) == [ann, ben]


@pytest.mark.parametrize(
    ("branch", "found"),
    [
        (where("city", "CONTAINS", value="UN"), "ann"),
        (where("city", "STARTS_WITH", value="os"), "ben"),
        (where("city", "DOES_NOT_CONTAIN", value="os"), "ann"),
        (where("city", "IS_EQUAL_TO", "MULTISTRING", values=["Lund", "Oslo"]), "ann ben"),
        (where("city", "IS_NOT_EQUAL_TO", value="Lund", includeObjectsWithNoValueSet=True), "ben cleo"),
        (where("city", "IS_UNKNOWN", "ALL_PROPERTY"), "cleo"),
        (where("lifecyclestage", "IS_ANY_OF", "ENUMERATION", values=["customer"]), "ben"),
        (where("lifecyclestage", "IS_NONE_OF", "ENUMERATION", values=["customer"]), "ann cleo"),
        (where("hs_email_open", "IS_GREATER_THAN", "NUMBER", value=1), "ann"),
        (where("hs_email_optout", "IS_EQUAL_TO", "BOOL", value=True), "cleo"),
    ],
)
def test_each_filter_finds_what_it_says(branch: dict[str, Any], found: str) -> None:
    bench = Bench()
    bench.person("ann", city="Lund", hs_email_open="2")
    bench.person("ben", city="Oslo", lifecyclestage="customer")
    bench.person("cleo", hs_email_optout="true")
    id = make(bench, processing="DYNAMIC", filterBranch=branch)[1]["list"]["listId"]
    names = [bench.values(each)["firstname"] for each in members(bench, id)]
    assert " ".join(names) == found


@fact("hubspot", "lists", "A root filter branch is an OR of AND branches", "doc")
@pytest.mark.parametrize(
    "branch",
    [
        {"filterBranchType": "AND", "filterBranches": [], "filters": []},
        {"filterBranchType": "OR", "filterBranches": [], "filters": []},
        {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "UNIFIED_EVENTS"}], "filters": []},
        where("city", "SOUNDS_LIKE", value="x"),
        where("nope", "IS_EQUAL_TO", value="x"),
        where("city", "IS_EQUAL_TO"),
    ],
)
def test_a_filter_that_is_not_understood_is_refused(branch: dict[str, Any]) -> None:
    assert make(Bench(), processing="DYNAMIC", filterBranch=branch)[0] == 400


@fact("hubspot", "lists", "Filters belong to dynamic and snapshot lists", "doc")
def test_filters_go_with_the_processing_type() -> None:
    bench = Bench()
    assert make(bench, processing="DYNAMIC")[0] == 400
    assert make(bench, filterBranch=where("city", "IS_EQUAL_TO", value="Lund"))[0] == 400


@fact("hubspot", "lists", "The filters of a dynamic list can be replaced", "doc")
def test_filters_are_replaced() -> None:
    bench = Bench()
    bench.person("ann", city="Lund")
    ben = bench.person("ben", city="Oslo")
    branch = where("city", "IS_EQUAL_TO", value="Lund")
    id = make(bench, processing="DYNAMIC", filterBranch=branch)[1]["list"]["listId"]
    body = {"filterBranch": where("city", "IS_EQUAL_TO", value="Oslo")}
    assert bench.call("PUT", f"{PATH}/{id}/update-list-filters", body)[0] == 200
    assert members(bench, id) == [ben]
    manual = make(bench, "Other")[1]["list"]["listId"]
    assert bench.call("PUT", f"{PATH}/{manual}/update-list-filters", body)[0] == 400


@fact("hubspot", "lists", "A list is found by its name and object type", "doc")
def test_a_list_is_found_by_name() -> None:
    bench = Bench()
    made = make(bench)[1]["list"]["listId"]
    assert bench.call("GET", f"{PATH}/object-type-id/0-1/name/Fair")[1]["list"]["listId"] == made
    assert bench.call("GET", f"{PATH}/object-type-id/0-2/name/Fair")[0] == 404


@fact("hubspot", "lists", "Lists are searched by name, paged by offset, and tell their size", "doc")
def test_lists_are_searched() -> None:
    bench = Bench()
    bench.sim.make_list("Spring fair", ids=[bench.person("ann")])
    for name in ("Autumn fair", "Newsletter"):
        bench.sim.make_list(name)
    body = bench.call("POST", f"{PATH}/search", {"query": "fair", "count": 1})[1]
    assert (body["total"], body["hasMore"], body["offset"]) == (2, True, 1)
    assert body["lists"][0]["additionalProperties"]["hs_list_size"] == "1"
    assert bench.call("POST", f"{PATH}/search", {"processingTypes": ["DYNAMIC"]})[1]["total"] == 0


@fact("hubspot", "lists", "Several lists are read by repeated listIds", "doc")
def test_several_lists_are_read() -> None:
    bench = Bench()
    ids = [bench.sim.make_list(name) for name in ("A", "B", "C")]
    reply = bench.send("GET", PATH, query=[("listIds", ids[0]), ("listIds", ids[2])])
    assert b'"name":"A"' in reply.body
    assert b'"name":"B"' not in reply.body


@fact("hubspot", "lists", "A deleted list is 404 until it is restored, and its records stay", "doc")
def test_a_list_is_deleted_and_restored() -> None:
    bench = Bench()
    ann = bench.person("ann")
    id = bench.sim.make_list("Fair", ids=[ann])
    assert bench.call("DELETE", f"{PATH}/{id}") == (204, None)
    assert bench.call("GET", f"{PATH}/{id}")[0] == 404
    assert bench.values(ann)["archived"] is False
    assert bench.call("PUT", f"{PATH}/{id}/restore") == (204, None)
    assert members(bench, id) == [ann]


@fact("hubspot", "lists", "A list is renamed with listName in the query", "doc")
def test_a_list_is_renamed() -> None:
    bench = Bench()
    id = bench.sim.make_list("Fair")
    reply = bench.call("PUT", f"{PATH}/{id}/update-list-name", listName="Market")
    assert (reply[0], reply[1]["updatedList"]["name"]) == (200, "Market")


@fact("hubspot", "lists", "The lists that a record is in can be read", "doc")
def test_the_lists_of_a_record() -> None:
    bench = Bench()
    ann = bench.person("ann")
    id = bench.sim.make_list("Fair", ids=[ann])
    bench.sim.make_list("Other")
    body = bench.call("GET", f"{PATH}/records/0-1/{ann}/memberships")[1]
    assert [(each["listId"], each["firstAddedTimestamp"]) for each in body["results"]] == [
        (id, "2026-03-02T09:00:00.000Z")
    ]


@fact("hubspot", "lists", "All records are taken out of a list with DELETE on its memberships", "doc")
def test_a_list_is_emptied() -> None:
    bench = Bench()
    id = bench.sim.make_list("Fair", ids=[bench.person("ann")])
    assert bench.call("DELETE", f"{PATH}/{id}/memberships") == (204, None)
    assert members(bench, id) == []


def test_an_archived_record_leaves_its_lists() -> None:
    bench = Bench()
    ann = bench.person("ann")
    id = bench.sim.make_list("Fair", ids=[ann])
    bench.sim.delete("contacts", ann)
    assert members(bench, id) == []
