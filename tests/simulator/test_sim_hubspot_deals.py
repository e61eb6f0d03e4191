"""Deals: what they need, what their stage makes of them, and how their people move on."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/deals"


def deal(bench: Bench, **values: str) -> str:
    """A deal that a human typed; returns its id."""
    return bench.sim.create("deals", {"dealname": "Boat", "dealstage": "qualifiedtobuy", **values})


def held(bench: Bench, id: str) -> dict[str, Any]:
    return next(row for row in bench.sim.state()["deals"] if row["id"] == id)


def refused(reply: tuple[int, Any]) -> tuple[int, str]:
    """(status, first code or category)."""
    status, body = reply
    return status, (body.get("errors") or [{}])[0].get("code") or body.get("category", "")


@fact("hubspot", "deals", "Deals answer to deals, deal and 0-3 alike", "doc")
@pytest.mark.parametrize("name", ["deals", "deal", "0-3"])
def test_all_names_reach_the_same_deals(name: str) -> None:
    bench = Bench()
    id = deal(bench)
    assert bench.call("GET", f"/crm/objects/2026-09/{name}/{id}")[1]["id"] == id


@fact("hubspot", "deals", "A deal is created with 201 from its name, stage and pipeline", "doc")
def test_a_deal_is_created() -> None:
    bench = Bench()
    values = {"dealname": "Boat", "dealstage": "qualifiedtobuy", "pipeline": "default", "amount": "100.50"}
    status, body = bench.call("POST", PATH, {"properties": values})
    assert status == 201
    assert {name: body["properties"][name] for name in values} == values


@fact("hubspot", "deals", "A deal needs a name and a stage", "doc")
@pytest.mark.parametrize("values", [{"dealname": "Boat"}, {"dealstage": "qualifiedtobuy"}])
def test_a_deal_without_name_or_stage_is_refused(values: dict[str, str]) -> None:
    bench = Bench()
    assert refused(bench.call("POST", PATH, {"properties": values})) == (400, "VALIDATION_ERROR")


@fact("hubspot", "deals", "A deal that names no pipeline goes into the default one", "doc")
def test_the_pipeline_may_be_left_out() -> None:
    bench = Bench()
    values = {"dealname": "Boat", "dealstage": "qualifiedtobuy"}
    id = bench.call("POST", PATH, {"properties": values})[1]["id"]
    assert held(bench, id)["pipeline"] == "default"


@fact("hubspot", "deals", "Stages and pipelines go by internal id, never by label", "doc")
@pytest.mark.parametrize("values", [{"dealstage": "Qualified To Buy"}, {"pipeline": "Sales Pipeline"}])
def test_a_label_is_no_stage(values: dict[str, str]) -> None:
    bench = Bench()
    body = {"properties": {"dealname": "Boat", "dealstage": "qualifiedtobuy", **values}}
    assert refused(bench.call("POST", PATH, body)) == (400, "INVALID_OPTION")


def test_a_stage_of_another_pipeline_is_refused() -> None:
    bench = Bench()
    other = bench.sim.add_pipeline("Renewals", [("Due", "0.5"), ("Renewed", "1.0")])
    id = deal(bench)
    due = bench.sim.stages(other)[0][0]
    assert refused(bench.call("PATCH", f"{PATH}/{id}", {"properties": {"dealstage": due}})) == (
        400,
        "INVALID_OPTION",
    )
    both = {"properties": {"pipeline": other, "dealstage": due}}
    assert bench.call("PATCH", f"{PATH}/{id}", both)[0] == 200
    assert refused(bench.call("PATCH", f"{PATH}/{id}", {"properties": {"pipeline": "default"}})) == (
        400,
        "INVALID_OPTION",
    )


@fact(
    "hubspot",
    "deals",
    "A deal shows amount, closedate, createdate, dealname, dealstage, pipeline and its stamps by default",
    "doc",
)
def test_a_deal_shows_its_default_properties() -> None:
    bench = Bench()
    shown = bench.call("GET", f"{PATH}/{deal(bench)}")[1]["properties"]
    assert sorted(shown) == sorted(
        [
            "amount",
            "closedate",
            "createdate",
            "dealname",
            "dealstage",
            "hs_lastmodifieddate",
            "hs_object_id",
            "pipeline",
        ]
    )


@fact("hubspot", "deals", "The modification time of a deal is hs_lastmodifieddate", "doc")
def test_a_deal_is_searched_by_its_own_stamp() -> None:
    bench = Bench()
    old = deal(bench)
    bench.clock.advance(60)
    new = deal(bench)
    since = {"propertyName": "hs_lastmodifieddate", "operator": "GT", "value": "2026-03-02T09:00:00.000Z"}
    found = bench.call("POST", f"{PATH}/search", {"filterGroups": [{"filters": [since]}]})[1]["results"]
    assert [row["id"] for row in found] == [new]
    bench.call("PATCH", f"{PATH}/{old}", {"properties": {"amount": "5"}})
    found = bench.call("POST", f"{PATH}/search", {"filterGroups": [{"filters": [since]}]})[1]["results"]
    assert [row["id"] for row in found] == [old, new]


@fact("hubspot", "deals", "Whether a deal is closed and won follows from its stage and is read-only", "doc")
@pytest.mark.parametrize(
    ("stage", "closed", "won"),
    [("contractsent", "false", "false"), ("closedwon", "true", "true"), ("closedlost", "true", "false")],
)
def test_a_stage_says_whether_a_deal_is_closed(stage: str, closed: str, won: str) -> None:
    bench = Bench()
    id = deal(bench)
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"dealstage": stage}})
    values = held(bench, id)
    assert (values["hs_is_closed"], values["hs_is_closed_won"]) == (closed, won)
    assert refused(bench.call("PATCH", f"{PATH}/{id}", {"properties": {"hs_is_closed": "true"}})) == (
        400,
        "READ_ONLY_VALUE",
    )


@fact("hubspot", "deals", "A deal's stage gives it a probability", "doc")
def test_a_stage_gives_a_deal_its_probability() -> None:
    bench = Bench()
    assert held(bench, deal(bench, amount="250"))["hs_deal_stage_probability"] == "0.4"


def test_an_amount_and_a_probability_make_a_projection() -> None:
    bench = Bench()
    assert held(bench, deal(bench, amount="250"))["hs_projected_amount"] == "100"


@fact(
    "hubspot",
    "deals",
    "A deal that closes without a close date was closed at that moment",
    "assumed",
    "closing_sets_close_date",
)
@pytest.mark.parametrize(("sets", "date"), [(True, "2026-03-02T09:01:00.000Z"), (False, None)])
def test_closing_a_deal_sets_its_close_date(sets: bool, date: str | None) -> None:
    bench = Bench()
    bench.sim.switches.closing_sets_close_date = sets
    id, dated = deal(bench), deal(bench, closedate="2026-02-01")
    bench.clock.advance(60)
    for each in (id, dated):
        bench.call("PATCH", f"{PATH}/{each}", {"properties": {"dealstage": "closedwon"}})
    assert held(bench, id).get("closedate") == date
    assert held(bench, dated)["closedate"] == "2026-02-01T00:00:00.000Z"


@fact("hubspot", "deals", "A deal's moves between stages are stamped by stage", "seen")
def test_a_deal_is_stamped_by_stage() -> None:
    bench = Bench()
    id = deal(bench)
    bench.clock.advance(90)
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"dealstage": "closedwon"}})
    values = held(bench, id)
    assert values["hs_v2_date_entered_qualifiedtobuy"] == "2026-03-02T09:00:00.000Z"
    assert values["hs_v2_date_exited_qualifiedtobuy"] == "2026-03-02T09:01:30.000Z"
    assert values["hs_v2_date_entered_closedwon"] == "2026-03-02T09:01:30.000Z"
    assert values["hs_v2_latest_time_in_qualifiedtobuy"] == "90000"


@fact(
    "hubspot",
    "lifecycle",
    "A deal may move its contacts forward, to opportunity and when it is won to customer",
    "doc",
    "deal_moves_lifecycle",
)
@pytest.mark.parametrize(
    ("moves", "stages"), [(True, ["opportunity", "customer"]), (False, ["lead", "lead"])]
)
def test_a_deal_moves_its_people_forward(moves: bool, stages: list[str]) -> None:
    bench = Bench()
    bench.sim.switches.deal_moves_lifecycle = moves
    ann, id = bench.person("ann"), deal(bench)
    bench.sim.associate("deals", id, "contacts", ann)
    seen = [bench.values(ann)["lifecyclestage"]]
    bench.sim.edit("deals", id, {"dealstage": "closedwon"})
    assert [*seen, bench.values(ann)["lifecyclestage"]] == stages
    told = [e for e in bench.ledger.entries if e.after.get("lifecyclestage") in ("opportunity", "customer")]
    assert {e.actor for e in told} == ({"system"} if moves else set())


def test_a_deal_moves_nobody_back() -> None:
    bench = Bench()
    ann, id = bench.person("ann", lifecyclestage="evangelist"), deal(bench)
    bench.sim.associate("contacts", ann, "deals", id)
    assert bench.values(ann)["lifecyclestage"] == "evangelist"


@fact(
    "hubspot",
    "deals",
    "An upsert by a property that is not unique names type and property in its refusal",
    "seen",
)
def test_deals_are_not_upserted_by_name() -> None:
    item = {"id": "Boat", "idProperty": "dealname", "properties": {"amount": "1"}}
    status, body = Bench().call("POST", f"{PATH}/batch/upsert", {"inputs": [item]})
    assert (status, body["message"]) == (
        400,
        "Unable to perform update/upsert by non-unique 0-3 property dealname",
    )


def test_deals_are_listed_read_updated_and_archived_like_any_record() -> None:
    bench = Bench()
    ids = [deal(bench) for _ in range(3)]
    assert [row["id"] for row in bench.call("GET", PATH)[1]["results"]] == ids
    bodies = {"inputs": [{"id": id, "properties": {"amount": "7"}} for id in ids]}
    assert bench.call("POST", f"{PATH}/batch/update", bodies)[0] == 200
    assert bench.call("POST", f"{PATH}/batch/read", {"inputs": [{"id": id} for id in ids]})[0] == 200
    assert bench.call("DELETE", f"{PATH}/{ids[0]}") == (204, None)
    assert [row["id"] for row in bench.call("GET", PATH)[1]["results"]] == ids[1:]


@fact("hubspot", "merge", "Deals are merged like contacts and companies, into a new record", "doc")
def test_deals_are_merged() -> None:
    bench = Bench()
    ann = bench.person("ann")
    one, two = deal(bench, amount="1"), deal(bench, amount="2")
    bench.sim.associate("deals", two, "contacts", ann)
    body = {"primaryObjectId": one, "objectIdToMerge": two}
    status, made = bench.call("POST", f"{PATH}/merge", body)
    assert (status, made["properties"]["amount"]) == (200, "1")
    assert made["id"] not in (one, two)
    assert bench.sim.linked("deals", made["id"], "contacts") == [ann]
    assert bench.values(ann)["num_associated_deals"] == "1"
