"""The index behind search: late, not the same from one search to the next, and sometimes wrong about a row."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

from crmsync.simulator.hubspot.portal import HubSpotSim
from crmsync.simulator.ledger import Ledger

PATH = "/crm/v3/objects/contacts/search"


def rows(bench: Bench, *filters: dict[str, Any], **body: Any) -> list[dict[str, Any]]:
    reply = bench.call("POST", PATH, {"filters": list(filters), "limit": 200, **body})
    assert reply[0] == 200, reply
    return list(reply[1]["results"])


def found(bench: Bench, *filters: dict[str, Any], **body: Any) -> list[str]:
    return [row["properties"]["firstname"] for row in rows(bench, *filters, **body)]


def in_city(name: str) -> dict[str, Any]:
    return {"propertyName": "city", "operator": "EQ", "value": name}


def lagging(seconds: float = 10, *names: str) -> Bench:
    """A portal with people of Lund, whose index lags from now on."""
    bench = Bench()
    for name in names:
        bench.person(name, city="Lund")
    bench.sim.switches.search_lag_s = seconds
    return bench


def ids(bench: Bench) -> dict[str, str]:
    return {row["firstname"]: row["id"] for row in bench.sim.state()["contacts"]}


@fact(
    "hubspot",
    "search",
    "A new record is not found for a few moments, though it can be read",
    "doc",
    "search_lag_s",
)
def test_a_new_record_is_found_late() -> None:
    assert found(lagging(0, "zoe")) == ["zoe"]
    bench = lagging()
    ann = bench.person("ann")
    assert found(bench) == []
    assert bench.call("GET", f"/crm/v3/objects/contacts/{ann}")[0] == 200
    bench.clock.advance(9.9)
    assert found(bench) == []
    bench.clock.advance(0.1)
    assert found(bench) == ["ann"]


@fact("hubspot", "search", "A change is searched by its old value for a few moments", "doc")
def test_a_change_is_found_late() -> None:
    bench = lagging(10, "ann")
    bench.sim.edit("contacts", ids(bench)["ann"], {"city": "Rome"})
    assert (found(bench, in_city("Lund")), found(bench, in_city("Rome"))) == (["ann"], [])
    bench.clock.advance(10)
    assert (found(bench, in_city("Lund")), found(bench, in_city("Rome"))) == ([], ["ann"])


@fact("hubspot", "search", "A record that is archived is still found for a few moments", "doc")
def test_a_deletion_is_seen_by_the_index_late_too() -> None:
    bench = lagging(10, "ann", "ben")
    bench.sim.delete("contacts", ids(bench)["ann"])
    assert found(bench) == ["ann", "ben"]
    bench.clock.advance(10)
    assert found(bench) == ["ben"]


@fact("hubspot", "search", "List and batch read are consistent while search is not", "doc")
def test_list_and_batch_read_do_not_lag() -> None:
    bench = lagging(10, "ann")
    bench.sim.edit("contacts", ids(bench)["ann"], {"city": "Rome"})
    path, asked = "/crm/v3/objects/contacts", {"properties": ["city"], "inputs": [{"id": ids(bench)["ann"]}]}
    listed = bench.call("GET", path, properties="city")[1]["results"]
    read = bench.call("POST", f"{path}/batch/read", asked)[1]["results"]
    assert [each["properties"]["city"] for each in (*listed, *read)] == ["Rome", "Rome"]


@fact("hubspot", "search", "Recent results are not monotonic: they appear, vanish and appear again", "seen", "search_replicas")  # fmt: skip
def test_recent_results_come_and_go() -> None:
    bench = Bench()
    bench.sim.switches.search_replicas = (0.0, 5.0, 20.0)
    bench.person("ann")
    bench.clock.advance(6)
    seen = [found(bench) for _ in range(20)]
    assert [[], ["ann"], []] in [seen[n : n + 3] for n in range(18)] or [["ann"], [], ["ann"]] in [
        seen[n : n + 3] for n in range(18)
    ]
    bench.clock.advance(14)
    assert [found(bench) for _ in range(20)] == [["ann"]] * 20


def test_the_same_seed_makes_results_come_and_go_alike() -> None:
    def seen(seed: int) -> list[int]:
        bench = Bench()
        bench.sim = HubSpotSim(bench.clock, Ledger(), seed)
        bench.sim.switches.search_replicas = (0.0, 5.0, 20.0)
        bench.person("ann")
        bench.clock.advance(6)
        return [len(found(bench)) for _ in range(30)]

    assert seen(1) == seen(1)
    assert seen(1) != seen(2)


@fact(
    "hubspot", "search", "Without replicas what was found once is found again", "assumed", "search_replicas"
)
def test_by_default_results_stay() -> None:
    bench = lagging(5)
    bench.person("ann")
    bench.clock.advance(5)
    assert [found(bench) for _ in range(20)] == [["ann"]] * 20


@pytest.mark.parametrize("current", [False, True])
@fact("hubspot", "search", "Rows come back whose present timestamp lies outside the searched window", "seen", "search_shows_current")  # fmt: skip
def test_outdated_rows_come_back(current: bool) -> None:
    bench = lagging(30, "ann")
    bench.sim.switches.search_shows_current = current
    bench.clock.advance(20)
    bench.sim.edit("contacts", ids(bench)["ann"], {"city": "Rome"})
    window = {"propertyName": "lastmodifieddate", "operator": "LT", "value": "2026-03-02T09:00:10Z"}
    (ann,) = rows(bench, window)
    late = ann["properties"]["lastmodifieddate"] == "2026-03-02T09:00:20.000Z"
    assert late is current
    assert (ann["updatedAt"] == "2026-03-02T09:00:20.000Z") is current


def test_paging_through_a_lagging_index_sees_one_snapshot() -> None:
    bench = lagging(60, *(f"p{n:02}" for n in range(25)))
    for name, id in ids(bench).items():
        bench.sim.edit("contacts", id, {"city": f"Town of {name}"})
    seen = [name for at in (0, 10, 20) for name in found(bench, in_city("Lund"), limit=10, after=str(at))]
    assert seen == sorted(ids(bench))


def test_what_is_seen_everywhere_is_forgotten() -> None:
    bench = lagging(10)
    for n in range(50):
        bench.person(f"p{n}")
        bench.clock.advance(1)
    assert len(found(bench)) == 41
    assert len(bench.sim.portal.index._unseen["contacts"]) == 9
