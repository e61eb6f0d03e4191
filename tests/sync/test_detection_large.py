"""More changes than a search shows, all of one stamp or within a minute: all arrive, no loop, at the floor.

Floors of reading N changes (each read counted; nothing else is asked):

| read | HubSpot | Salesforce |
| -- | -- | -- |
| ids and stamps | N/200 searches | N/2000 query pages, the first ones of five objects in one call |
| values by id | N/100 batch reads | N/2000 retrievals |
| values once more, of stamps within 2 s of the newest | N/100, once | N/2000, once |
| ids and stamps once more, while the overlap lasts | N/200 a cycle | N/2000 a cycle |
| idle | 1 search an object that is due | 1 call for five objects |

Writing them to the other side: Salesforce N/2000 rows are read again before the write, as N/200 with each batch, and
N/200 batches; HubSpot N/100 and N/100.

With CRMSYNC_SOAK=1 the numbers are 12,000 of one stamp and 25,000 within a minute, under the real cap of 10,000.
"""

from __future__ import annotations

import os
import sys
from math import ceil
from pathlib import Path

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault
from crmsync.simulator.hubspot import search
from crmsync.sync.engine import Engine
from engines import contacts, engine_on, rows, sync

SOAK = bool(os.environ.get("CRMSYNC_SOAK"))
ONE_STAMP = 12_000 if SOAK else 420
ONE_MINUTE = 25_000 if SOAK else 610
CAP = 10_000 if SOAK else 200
PAGE = 2_000 if SOAK else 200
READ_ONLY = "mode: shadow\n"


@pytest.fixture(autouse=True)
def small_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap of search, lowered with the numbers."""
    monkeypatch.setattr(search, "CAP", CAP)


def told(line: str) -> None:
    """Shown with `pytest -s`."""
    sys.stdout.write(f"{line}\n")


def hubspot_people(cluster: Cluster, count: int) -> list[str]:
    ids = [
        cluster.hubspot.create("contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}", "city": "Bonn"})
        for n in range(count)
    ]
    cluster.clock.advance(3600)
    return ids


def leads(cluster: Cluster, count: int) -> list[str]:
    ids = [
        cluster.salesforce.create(
            "Lead", {"Email": f"p{n}@a.example", "LastName": f"L{n}", "Company": "A", "City": "Bonn"}
        )
        for n in range(count)
    ]
    cluster.clock.advance(3600)
    return ids


def seen(engine: Engine, side: str, name: str, ids: list[str]) -> set[object]:
    """What the store holds of these records in one field."""
    with engine.store.transaction() as tx:
        return {row.current.get(name) for row in tx.by_native(side, ids).values()}  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "within_s"), [(ONE_STAMP, 0.0), (ONE_MINUTE, 59.0)])
def test_hubspot_changes_past_the_cap_of_search_arrive_at_the_floor(
    tmp_path: Path, count: int, within_s: float
) -> None:
    cluster = Cluster(1)
    ids = hubspot_people(cluster, count)
    with engine_on(cluster, tmp_path, READ_ONLY) as engine:
        sync(engine)
        cluster.clock.advance(120)
        for one in ids:
            cluster.hubspot.edit("contacts", one, {"city": "Kiel"})
            cluster.clock.advance(within_s / count)
        cluster.clock.advance(60)
        report = sync(engine)
        assert seen(engine, "hubspot", "city", ids) == {"Kiel"}
        floor = ceil(count / 200) + ceil(count / 100)
        told(f"HubSpot, {count} changed: {report.api_calls['hubspot']} calls, floor {floor}")
        assert report.api_calls["hubspot"] <= 1.2 * floor
        assert report.read["hubspot"] == count
        # Listed once more while the overlap lasts, and what stands within two seconds of the newest stamp read; then
        # nothing.
        cluster.clock.advance(1200)
        again = sync(engine)
        twice = ceil(count / 100) if not within_s else ceil(count * 3 / 60 / 100)
        assert again.api_calls["hubspot"] <= ceil(count / 200) + twice + 2
        cluster.clock.advance(60)
        assert sync(engine).api_calls["hubspot"] <= 2


@pytest.mark.parametrize(("count", "within_s"), [(ONE_STAMP, 0.0), (ONE_MINUTE, 59.0)])
def test_salesforce_changes_of_many_pages_arrive_at_the_floor(
    tmp_path: Path, count: int, within_s: float
) -> None:
    cluster = Cluster(2)
    cluster.salesforce.switches.page_size = PAGE
    ids = leads(cluster, count)
    with engine_on(cluster, tmp_path, READ_ONLY) as engine:
        sync(engine)
        cluster.clock.advance(120)
        for one in ids:
            cluster.salesforce.edit("Lead", one, {"City": "Kiel"})
            cluster.clock.advance(within_s / count)
        cluster.clock.advance(60)
        report = sync(engine)
        assert seen(engine, "salesforce", "City", ids) == {"Kiel"}
        floor = ceil(count / PAGE) + ceil(count / 2000)
        told(f"Salesforce, {count} changed: {report.api_calls['salesforce']} calls, floor {floor}")
        assert report.api_calls["salesforce"] <= 1.2 * floor
        assert report.read["salesforce"] == count
        cluster.clock.advance(1200)
        sync(engine)
        cluster.clock.advance(60)
        assert sync(engine).api_calls["salesforce"] == 1


def test_a_reading_that_breaks_off_goes_on_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmsync.sync.reading.READ_CHUNK", 200)
    cluster = Cluster(3)
    ids = hubspot_people(cluster, 800)
    with engine_on(cluster, tmp_path, READ_ONLY) as engine:
        sync(engine)
        for one in ids:
            cluster.hubspot.edit("contacts", one, {"city": "Kiel"})
        cluster.clock.advance(60)
        cluster.faults.add(Fault("forbidden", "hubspot", "contacts/search", after=3, count=1))
        before = sum(cluster.calls["hubspot"].values())
        with pytest.raises(Exception, match="refuses"):
            sync(engine)
        assert seen(engine, "hubspot", "city", ids) == {"Bonn", "Kiel"}
        cluster.hubspot.edit("contacts", ids[0], {"city": "Ulm"})  # passed by already
        cluster.clock.advance(60)
        sync(engine)
        assert sum(cluster.calls["hubspot"].values()) - before <= 1.2 * (4 + 8 + 1)
        cluster.clock.advance(60)
        sync(engine)
        assert seen(engine, "hubspot", "city", ids) == {"Kiel", "Ulm"}


def test_rows_edited_while_pages_are_read_are_neither_lost_nor_read_for_ever(tmp_path: Path) -> None:
    cluster = Cluster(4)
    ids = hubspot_people(cluster, 420)
    with engine_on(cluster, tmp_path, READ_ONLY) as engine:
        sync(engine)
        for one in ids:
            cluster.hubspot.edit("contacts", one, {"city": "Kiel"})
        cluster.clock.advance(60)
        asked = engine.connectors["hubspot"].changes
        pages = 0

        def meanwhile(objects: object, after: object) -> object:
            nonlocal pages
            pages += 1
            page = asked(objects, after)  # type: ignore[arg-type]
            for one in ids[: 50 * pages]:
                cluster.hubspot.edit("contacts", one, {"city": "Ulm"})
            cluster.clock.advance(100)
            return page

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine.connectors["hubspot"], "changes", meanwhile)
            sync(engine)
        assert pages <= 6
        sync(engine)
        assert seen(engine, "hubspot", "city", ids[: 50 * pages]) == {"Ulm"}
        assert seen(engine, "hubspot", "city", ids) == {"Ulm", "Kiel"}


def test_both_directions_through_the_whole_cycle(tmp_path: Path) -> None:
    count = ONE_STAMP
    cluster = Cluster(5)
    ids = hubspot_people(cluster, count)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        for _ in range(2):
            cluster.clock.advance(1800)
            sync(engine)
        for one in ids:
            cluster.hubspot.edit("contacts", one, {"city": "Kiel"})
        cluster.clock.advance(60)
        there = sync(engine)
        assert {r["City"] for r in rows(cluster, "Lead")} == {"Kiel"}
        for _ in range(2):
            cluster.clock.advance(1800)
            sync(engine)
        for row in rows(cluster, "Lead"):
            cluster.salesforce.edit("Lead", str(row["Id"]), {"City": "Ulm"})
        cluster.clock.advance(180)
        back = sync(engine)
        assert {c["city"] for c in contacts(cluster)} == {"Ulm"}
        reads = ceil(count / 200) + ceil(count / 100)
        told(
            f"{count} edits HubSpot to Salesforce: {there.api_calls}; floor {reads} + {2 * ceil(count / 200)}"
        )
        told(
            f"{count} edits Salesforce to HubSpot: {back.api_calls}; floor {2 * ceil(count / 2000)} + {2 * ceil(count / 100)}"
        )
