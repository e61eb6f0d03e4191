"""Several batches in flight: all marked before the first call, all recorded after the last, killed at any step the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from crmsync.errors import CrmsyncError, TransientError
from crmsync.model.links import Status
from crmsync.model.records import Write
from crmsync.simulator.cluster import Cluster
from crmsync.sync.engine import Engine
from crmsync.sync.flights import Serial, Threads
from engines import calm, engine_on, rows, sync, violations
from fuses import Fuse, PlugPulledError, fused

PEOPLE = 6
BATCH = 2
WIDTH = 2


def a_world(people: int = PEOPLE) -> Cluster:
    cluster = Cluster(5)
    for n in range(people):
        cluster.hubspot.create("contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}"})
    calm(cluster)
    return cluster


@contextmanager
def flying(cluster: Cluster, folder: Path, *, set_up: bool = True) -> Iterator[Engine]:
    """An engine with small batches, two of them in a flight."""
    with engine_on(cluster, folder, set_up=set_up) as engine, pytest.MonkeyPatch.context() as patch:
        for connector in engine.connectors.values():
            patch.setattr(connector, "batch_size", lambda obj: BATCH)
        yield replace(engine, flights=Serial(WIDTH))


def spied(engine: Engine, call: Callable[[int, Sequence[Write]], None]) -> None:
    """Let `call` see each write to Salesforce before it goes out, with its number."""
    connector: Any = engine.connectors["salesforce"]
    write, count = connector.write, iter(range(1000))

    def seen(obj: str, writes: Sequence[Write]) -> Any:
        call(next(count), writes)
        return write(obj, writes)

    connector.write = seen


def sent(engine: Engine) -> int:
    with engine.store.transaction() as tx:
        return sum(i.status is Status.SENT for i in tx.open_intents())


def test_a_flight_is_marked_whole_before_its_first_call_and_recorded_after_its_last(tmp_path: Path) -> None:
    cluster, marked = a_world(), list[int]()
    with flying(cluster, tmp_path) as engine:
        spied(engine, lambda number, writes: marked.append(sent(engine)))
        sync(engine)
    assert marked == [4, 4, 2]
    assert len(rows(cluster, "Lead")) == PEOPLE


def test_one_call_of_a_flight_fails_and_the_others_are_recorded(tmp_path: Path) -> None:
    cluster = a_world()

    def lost(number: int, writes: Sequence[Write]) -> None:
        if number == 0:
            raise TransientError("no answer came", maybe_written=True)

    with flying(cluster, tmp_path) as engine:
        spied(engine, lost)
        report = sync(engine)
        assert (report.applied["salesforce"].create, report.cooling) == (BATCH, BATCH)
        assert sent(engine) == BATCH
    calm(cluster)
    with flying(cluster, tmp_path, set_up=False) as engine:
        sync(engine)
        calm(cluster)
        assert sync(engine).writes == 0
        assert len(rows(cluster, "Lead")) == PEOPLE
        assert violations(cluster, engine) == []


def test_killed_after_any_step_of_a_flight_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    kills, steps = 0, 0
    with flying(a_world(4), tmp_path / "whole") as engine, fused(engine, fuse := Fuse(0)):
        sync(engine)
        steps = fuse.steps
    for at in range(steps - 8, steps + 1):  # from the plan's last commit to the end
        cluster, folder = a_world(4), tmp_path / str(at)
        with flying(cluster, folder) as engine, fused(engine, Fuse(at)):
            try:
                sync(engine)
            except PlugPulledError:
                kills += 1
        calm(cluster)
        with flying(cluster, folder, set_up=False) as engine:
            sync(engine)
            calm(cluster)
            assert sync(engine).writes == 0
            assert violations(cluster, engine) == [], f"killed at step {at} of {steps}"
        assert len(rows(cluster, "Lead")) == 4
    assert kills == 9


# -- the threads ----------------------------------------------------------------------------------------------
def test_threads_keep_the_order_and_hand_our_errors_back() -> None:
    meet = Barrier(3, timeout=10)

    def failed() -> int:
        meet.wait()
        raise TransientError("busy")

    def ok(n: int) -> int:
        meet.wait()  # passes only when all three are under way at once
        return n

    one, error, two = Threads(3).run([lambda: ok(1), failed, lambda: ok(2)])
    assert (one, two) == (1, 2)
    assert isinstance(error, CrmsyncError)


@pytest.mark.parametrize("flights", [Serial(), Threads(2)])
def test_an_error_that_nobody_knows_is_raised(flights: Serial | Threads) -> None:
    def broken() -> int:
        raise KeyError("?")

    with pytest.raises(KeyError):
        flights.run([broken, lambda: 1])
