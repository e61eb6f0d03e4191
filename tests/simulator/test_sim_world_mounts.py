"""One seed, two mounts: a world that crmsync syncs while it lives has the same ledger in process and over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from crmsync.app import Transports, build_engine
from crmsync.cli.common import close
from crmsync.cli.demo_run import SimulatedTime, settings_for
from crmsync.definition.starter import write_starter
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.world import Life, populate
from crmsync.sync.engine import Engine
from crmsync.sync.setup import prepare
from engines import EVERYBODY, engine_on, sync


@contextmanager
def engine_over_http(cluster: Cluster, folder: Path) -> Iterator[Engine]:
    """The engine as it runs in production, on the cluster's ports; only the clock is the cluster's own."""
    folder.mkdir()
    write_starter(folder / "config")
    over = folder / "overlay.yaml"
    over.write_text(EVERYBODY)
    cluster.serve()
    settings = settings_for(cluster, folder / "config", folder).model_copy(update={"overlay": over})
    engine = build_engine(settings, transports=Transports(clock=SimulatedTime(cluster)))
    try:
        prepare(engine, apply=True)
        yield engine
    finally:
        close(engine)
        cluster.close()


def lived(folder: Path, *, http: bool, seed: int = 7) -> tuple[list[dict[str, Any]], Any, Any]:
    """A day in which a small world lives and is synced every four hours: ledger, calls by path, acts."""
    cluster = Cluster(seed=1)
    populate(cluster, 40, seed)
    cluster.hubspot.switches.search_lag_s = 30.0
    life = Life(cluster, seed)
    with engine_over_http(cluster, folder) if http else engine_on(cluster, folder) as engine:
        for _ in range(6):
            life.step(cluster.clock.now() + timedelta(hours=4))
            sync(engine)
    return [entry.as_json() for entry in cluster.ledger.entries], cluster.calls, life.acts


def test_both_mounts_write_the_same_ledger(tmp_path: Path) -> None:
    inside, outside = lived(tmp_path / "inside", http=False), lived(tmp_path / "outside", http=True)
    assert {entry["actor"] for entry in inside[0]} == {"api", "human", "system"}
    assert inside == outside


def test_a_synced_world_has_the_same_ledger_twice_and_another_seed_another(tmp_path: Path) -> None:
    one, two = lived(tmp_path / "one", http=False), lived(tmp_path / "two", http=False)
    assert one == two
    assert one[0] != lived(tmp_path / "three", http=False, seed=8)[0]


def test_people_do_the_same_things_at_the_same_moments_whether_crmsync_runs_or_not(tmp_path: Path) -> None:
    """With it there are more records to meet, so more happens; hardly anything happens otherwise."""
    told = []
    for synced in (False, True):
        cluster = Cluster(seed=1)
        populate(cluster, 60)
        with engine_on(cluster, tmp_path / str(synced)) as engine:
            life, start = Life(cluster), len(cluster.ledger.entries)
            now = cluster.clock.now()
            for hours in range(6, 97, 6):
                life.step(now + timedelta(hours=hours))
                if synced:
                    sync(engine)
        entries = [e for e in cluster.ledger.entries[start:] if e.actor != "api"]
        told.append(Counter((e.at, e.object, e.op, *sorted(e.after)) for e in entries))
    alone, together = told
    assert together.total() > alone.total() > 50
    assert (alone & together).total() > 0.9 * alone.total()
