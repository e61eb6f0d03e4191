"""How many calls the main job costs, against the arithmetic floor. Set-up calls are on a line of their own."""

from __future__ import annotations

import os
from math import ceil
from pathlib import Path

from crmsync.simulator.cluster import Cluster
from crmsync.sync.engine import Report
from engines import calm, engine_on, rows, sync

PEOPLE = int(os.environ.get("CRMSYNC_FLOOR_PEOPLE", "10000"))
OBJECTS = 3
"""Lead, Contact and Account are paged on the target side; companies on the other."""


def worked(report: Report) -> int:
    return sum(report.api_calls.values()) - sum(report.setup_calls.values())


def test_a_first_load_costs_at_most_a_fifth_more_than_its_floor_and_an_idle_cycle_its_floor(
    tmp_path: Path,
) -> None:
    cluster = Cluster(1)
    for n in range(PEOPLE):
        cluster.hubspot.create(
            "contacts",
            {"email": f"p{n}@a.example", "lastname": f"L{n}", "jobtitle": "CEO", "company": "Acme"},
        )
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        first = sync(engine)
        assert first.applied["salesforce"].create == PEOPLE == len(rows(cluster, "Lead"))
        floor = ceil(PEOPLE / 100) + OBJECTS + ceil(PEOPLE / 200)
        assert worked(first) <= 1.2 * floor
        calm(cluster)
        assert sync(engine).writes == 0
        cluster.clock.advance(700)  # past the overlap, before anything on a slower schedule is due
        idle = sync(engine)
        assert (idle.api_calls, idle.setup_calls) == (
            {"hubspot": 2, "salesforce": 1},
            {"hubspot": 0, "salesforce": 0},
        )
