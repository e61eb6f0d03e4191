"""Months of edits, conflicts, refusals and holds: the store is as large as its people, not as its past."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from crmsync.simulator.cluster import Cluster
from crmsync.store import SqlStore
from crmsync.store.schema import metadata
from crmsync.sync.engine import Engine
from engines import EVERYBODY, calm, engine_on, rows, sync

PEOPLE = 6
STEP_DAYS = 3
STEPS = 60
"""Half a year; the last two months are held against the first two and a half."""

OVERLAY = EVERYBODY + "guard: {updates: {floor: 2, percent: 1, cap: 1000}}\n"
MOST_PER_PERSON = 60
"""Rows of one table: some writes a week, for the 30 days that they are kept."""


def sizes(engine: Engine) -> dict[str, int]:
    """Rows of each table."""
    assert isinstance(engine.store, SqlStore)
    with engine.store.reading() as db:
        return {
            name: db.rows(sa.select(sa.func.count()).select_from(table))[0][0]
            for name, table in sorted(metadata.tables.items())
        }


def step(cluster: Cluster, n: int, hubs: list[str], leads: list[str]) -> None:
    """What people do in three days; the same again every six steps, with other values."""
    for hub in hubs[:3]:
        cluster.hubspot.edit("contacts", hub, {"jobtitle": f"Title {n}"})
    cluster.salesforce.edit("Lead", leads[1], {"City": f"City {n}"})
    cluster.hubspot.edit("contacts", hubs[3], {"city": f"Town {n}"})  # beside another value on the other side
    cluster.salesforce.edit("Lead", leads[3], {"City": f"City {n}"})
    long = "x" * 200 if n % 2 else f"Title {n}"  # refused by every other step, and mended by the next one
    cluster.hubspot.edit("contacts", hubs[4], {"jobtitle": long})
    cluster.hubspot.edit("contacts", hubs[5], {"phone": f"+1 415 555 01{n % 6:02}"})


def test_half_a_year_of_work_leaves_no_more_rows_than_a_month_of_it(tmp_path: Path) -> None:
    cluster = Cluster(1)
    for n in range(PEOPLE):
        cluster.hubspot.create("contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}"})
    calm(cluster)
    history: list[dict[str, int]] = []
    conflicts = parked = held = 0
    with engine_on(cluster, tmp_path, OVERLAY) as engine:
        sync(engine)
        found = {str(row["LastName"]): str(row["Id"]) for row in rows(cluster, "Lead")}
        leads = [found[f"L{n}"] for n in range(PEOPLE)]
        hubs = [str(c["id"]) for c in cluster.hubspot.state()["contacts"]]
        for n in range(STEPS):
            step(cluster, n, hubs, leads)
            cluster.clock.advance(STEP_DAYS * 86_400)
            report = sync(engine, approve=n % 3 == 2)  # what was held goes on a week later
            assert report.conflicts >= 0 and report.parked >= 0 and report.problems == []
            conflicts, parked = conflicts + report.conflicts, parked + report.parked
            held += len(report.held)
            history.append(sizes(engine))
    assert min(conflicts, parked, held) >= STEPS // 6, "there was something to forget"
    for name in history[0]:
        sizes_of = [each[name] for each in history]
        assert max(sizes_of[-20:]) <= max(sizes_of[:25]), f"{name} grows: {sizes_of}"
        assert max(sizes_of) <= MOST_PER_PERSON * PEOPLE, name
