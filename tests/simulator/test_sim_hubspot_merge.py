"""Merging and deleting for good: what becomes of ids, values, addresses and links."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts"


def merged(bench: Bench, one: str, two: str, kind: str = "contacts") -> Any:
    """The reply to a merge of two records over the API."""
    status, body = bench.call(
        "POST", f"/crm/v3/objects/{kind}/merge", {"primaryObjectId": one, "objectIdToMerge": two}
    )
    assert status == 200
    return body


def pair(bench: Bench) -> tuple[str, str]:
    return bench.person("ann", city="Lund"), bench.person("ben", city="Oslo", phone="1")


@fact("hubspot", "merge", "A merge answers 200 with a record whose id is neither of those merged", "doc")
@pytest.mark.parametrize("path", ["/crm/v3/objects/contacts", "/crm/objects/2026-09/0-1"])
def test_a_merge_makes_a_new_record(path: str) -> None:
    bench = Bench()
    one, two = pair(bench)
    status, body = bench.call("POST", f"{path}/merge", {"primaryObjectId": one, "objectIdToMerge": two})
    assert status == 200
    assert body["id"] not in (one, two)


@fact("hubspot", "merge", "Companies merge into a new record too", "doc")
def test_companies_merge_into_a_new_record() -> None:
    bench = Bench()
    one, two = (bench.sim.create("companies", {"name": name}) for name in ("One", "Two"))
    body = merged(bench, one, two, "companies")
    assert (body["id"] in (one, two), body["properties"]["name"]) == (False, "One")


@fact("hubspot", "merge", "The primary record's values win", "doc")
def test_the_primary_records_values_win() -> None:
    bench = Bench()
    values = bench.values(merged(bench, *pair(bench))["id"])
    assert (values["city"], values["phone"]) == ("Lund", "1")


@fact("hubspot", "merge", "The primary e-mail stays and the other addresses become additional ones", "doc")
def test_the_other_addresses_are_additional() -> None:
    bench = Bench()
    values = bench.values(merged(bench, *pair(bench))["id"])
    assert (values["email"], values["hs_additional_emails"]) == ("ann@firm.example", "ben@firm.example")


@fact("hubspot", "merge", "hs_merged_object_ids lists the absorbed ids and not the survivor's own", "seen")
def test_the_absorbed_ids_are_listed() -> None:
    bench = Bench()
    one, two = pair(bench)
    first = merged(bench, one, two)["id"]
    assert bench.values(first)["hs_merged_object_ids"] == f"{one};{two}"
    last = merged(bench, first, bench.person("cleo"))["id"]
    ids = bench.values(last)["hs_merged_object_ids"].split(";")
    assert {one, two, first} < set(ids)
    assert last not in ids


@fact(
    "hubspot", "merge", "hs_calculated_merged_vids pairs each absorbed id with the time of its merge", "seen"
)
def test_the_absorbed_ids_have_times() -> None:
    bench = Bench()
    one, two = pair(bench)
    values = bench.values(merged(bench, one, two)["id"])
    assert values["hs_calculated_merged_vids"] == f"{one}:1772442000000;{two}:1772442000000"


@fact("hubspot", "merge", "A read by an absorbed id is 200 with the survivor's id in the body", "seen")
def test_an_absorbed_id_reads_the_survivor() -> None:
    bench = Bench()
    one, two = pair(bench)
    survivor = merged(bench, one, two)["id"]
    assert [bench.call("GET", f"{PATH}/{old}")[1]["id"] for old in (one, two)] == [survivor] * 2


@fact("hubspot", "merge", "An update by an absorbed id changes the survivor", "doc")
def test_an_absorbed_id_updates_the_survivor() -> None:
    bench = Bench()
    one, two = pair(bench)
    survivor = merged(bench, one, two)["id"]
    assert bench.call("PATCH", f"{PATH}/{two}", {"properties": {"city": "Rome"}})[1]["id"] == survivor
    assert bench.values(survivor)["city"] == "Rome"


@fact("hubspot", "merge", "Ids resolve through a chain of merges", "doc")
def test_ids_resolve_through_a_chain() -> None:
    bench = Bench()
    one, two = pair(bench)
    last = merged(bench, merged(bench, one, two)["id"], bench.person("cleo"))["id"]
    assert bench.call("GET", f"{PATH}/{two}")[1]["id"] == last


@fact("hubspot", "merge", "A batch update does not take an absorbed id", "doc")
def test_a_batch_update_does_not_find_an_absorbed_id() -> None:
    bench = Bench()
    one, two = pair(bench)
    merged(bench, one, two)
    item = {"id": one, "properties": {"city": "Rome"}}
    status, body = bench.call("POST", f"{PATH}/batch/update", {"inputs": [item]})
    assert (status, body["errors"][0]["category"]) == (207, "OBJECT_NOT_FOUND")
    assert body["errors"][0]["context"]["ids"] == [one]


@fact("hubspot", "merge", "A batch read by absorbed ids answers the survivor once, under its own id", "seen")
def test_a_batch_read_answers_the_survivor_under_its_own_id() -> None:
    bench = Bench()
    one, two = pair(bench)
    survivor = merged(bench, one, two)["id"]
    status, body = bench.call("POST", f"{PATH}/batch/read", {"inputs": [{"id": one}, {"id": two}]})
    assert (status, [row["id"] for row in body["results"]]) == (200, [survivor])


def test_absorbed_records_are_listed_nowhere() -> None:
    bench = Bench()
    survivor = merged(bench, *pair(bench))["id"]
    assert [row["id"] for row in bench.call("GET", PATH)[1]["results"]] == [survivor]
    assert bench.call("GET", PATH, archived="true")[1]["results"] == []


@fact(
    "hubspot", "merge", "A profile has at most 250 identities: a merge beyond that is refused with 414", "doc"
)
def test_a_profile_has_a_limit() -> None:
    bench = Bench()
    many = [bench.person(f"p{n}") for n in range(251)]
    bench.sim.merge("contacts", many[0], many[1:249])
    body = {"primaryObjectId": many[0], "objectIdToMerge": many[250]}
    status, reply = bench.call("POST", f"{PATH}/merge", body)
    assert (status, reply["message"]) == (414, "Cannot have more than 250 identities on a profile")


@fact(
    "hubspot",
    "merge",
    "The survivor has the furthest lifecycle stage of those merged",
    "assumed",
    "merge_takes_furthest_stage",
)
@pytest.mark.parametrize(("furthest", "stage"), [(True, "customer"), (False, "lead")])
def test_the_survivor_has_the_furthest_stage(furthest: bool, stage: str) -> None:
    bench = Bench()
    bench.sim.switches.merge_takes_furthest_stage = furthest
    one, two = bench.person("ann"), bench.person("ben", lifecyclestage="customer")
    assert bench.values(merged(bench, one, two)["id"])["lifecyclestage"] == stage


@fact(
    "hubspot",
    "merge",
    "A new contact can take a merged address according to the knowledge base, while additional addresses are unique",
    "doc",
    "merged_email_reusable",
)
@pytest.mark.parametrize(("reusable", "status"), [(False, 409), (True, 201)])
def test_a_merged_address_may_be_taken_again(reusable: bool, status: int) -> None:
    bench = Bench()
    bench.sim.switches.merged_email_reusable = reusable
    merged(bench, *pair(bench))
    assert bench.call("POST", PATH, {"properties": {"email": "ben@firm.example"}})[0] == status


@fact(
    "hubspot",
    "merge",
    "Companies cannot be merged while HubSpot's own Salesforce integration is active",
    "seen",
)
def test_the_native_integration_blocks_company_merges() -> None:
    bench = Bench()
    one, two = (bench.sim.create("companies", {"name": name}) for name in ("One", "Two"))
    bench.sim.native_integration(True)
    body = {"primaryObjectId": one, "objectIdToMerge": two}
    assert bench.call("POST", "/crm/v3/objects/companies/merge", body)[0] == 400
    merged(bench, *pair(bench))
    bench.sim.native_integration(False)
    assert bench.call("POST", "/crm/v3/objects/companies/merge", body)[0] == 200


def test_a_merge_needs_two_records() -> None:
    bench = Bench()
    ann = bench.person("ann")
    for body, status in (
        ({"primaryObjectId": ann, "objectIdToMerge": ann}, 400),
        ({"primaryObjectId": ann}, 400),
        ({"primaryObjectId": ann, "objectIdToMerge": "77"}, 404),
    ):
        assert bench.call("POST", f"{PATH}/merge", body)[0] == status


def test_a_list_follows_a_merge() -> None:
    bench = Bench()
    one, two = pair(bench)
    made = bench.sim.make_list("Fair", ids=[two])
    survivor = merged(bench, one, two)["id"]
    assert bench.sim.members(made) == [survivor]


# -- deleting for good ------------------------------------------------------------------------------------------
def forget(bench: Bench, id: str, **more: str) -> tuple[int, Any]:
    return bench.call("POST", f"{PATH}/gdpr-delete", {"objectId": id, **more})


@fact(
    "hubspot",
    "privacy",
    "A contact deleted for good is 204 and found nowhere, among the archived neither",
    "doc",
)
@pytest.mark.parametrize("by", ["id", "email"])
def test_a_contact_deleted_for_good_is_nowhere(by: str) -> None:
    bench = Bench()
    id = bench.person("ann")
    reply = forget(bench, id) if by == "id" else forget(bench, "Ann@firm.example", idProperty="email")
    assert reply == (204, None)
    assert bench.call("GET", f"{PATH}/{id}")[0] == 404
    assert bench.call("GET", f"{PATH}/{id}", archived="true")[0] == 404
    for archived in ("false", "true"):
        assert bench.call("GET", PATH, archived=archived)[1]["results"] == []
    assert bench.call("POST", f"{PATH}/search", {})[1]["total"] == 0
    assert bench.sim.state()["contacts"] == []


@fact("hubspot", "privacy", "An unknown address goes on a blocklist with 204", "doc")
def test_an_unknown_address_is_blocked() -> None:
    bench = Bench()
    assert forget(bench, "ann@firm.example", idProperty="email") == (204, None)
    assert bench.call("POST", PATH, {"properties": {"email": "ann@firm.example"}})[0] == 400


@fact(
    "hubspot",
    "privacy",
    "The address of somebody deleted for good cannot be used again",
    "assumed",
    "blocked_address_refused",
)
@pytest.mark.parametrize(("refused", "status"), [(True, 400), (False, 201)])
def test_a_deleted_address_cannot_come_back(refused: bool, status: int) -> None:
    bench = Bench()
    bench.sim.switches.blocked_address_refused = refused
    forget(bench, bench.person("ann"))
    reply, body = bench.call("POST", PATH, {"properties": {"email": "ANN@firm.example"}})
    assert reply == status
    assert "ann@" not in str(body.get("message", "")).lower()


def test_absorbed_records_go_too() -> None:
    bench = Bench()
    one, two = pair(bench)
    survivor = merged(bench, one, two)["id"]
    bench.sim.delete("contacts", survivor)
    assert forget(bench, survivor)[0] == 204
    for id in (one, two, survivor):
        assert bench.call("GET", f"{PATH}/{id}")[0] == 404
    assert bench.sim.state()["contacts"] == []


def test_an_unknown_id_is_not_found() -> None:
    assert forget(Bench(), "77")[0] == 404


@fact("hubspot", "privacy", "Associations end with the person who is deleted for good", "doc")
def test_associations_end_with_the_person() -> None:
    bench = Bench()
    company = bench.sim.create("companies", {"name": "One"})
    forget(bench, bench.person("ann", associatedcompanyid=company))
    assert bench.sim.linked("companies", company, "contacts") == []


def test_the_ledger_tells_of_it_without_a_value() -> None:
    bench = Bench()
    id = bench.person("ann")
    forget(bench, id)
    last = bench.ledger.entries[-1]
    assert (last.op, last.id, dict(last.before), dict(last.after)) == (
        "privacy",
        id,
        {"archived": False},
        {"archived": True},
    )


def test_search_by_time_still_works_after_a_deletion_for_good() -> None:
    bench = Bench()
    forget(bench, bench.person("ann"))
    ben = bench.person("ben")
    since = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1772442000000"}
    found = bench.call("POST", f"{PATH}/search", {"filterGroups": [{"filters": [since]}]})[1]
    assert [row["id"] for row in found["results"]] == [ben]


@pytest.mark.parametrize("kind", ["companies", "deals"])
def test_only_people_are_deleted_for_good(kind: str) -> None:
    assert Bench().call("POST", f"/crm/v3/objects/{kind}/gdpr-delete", {"objectId": "1"})[0] == 404
