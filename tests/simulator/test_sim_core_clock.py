"""The simulator's clock and ledger."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from crmsync.simulator.clock import SimClock
from crmsync.simulator.ledger import Ledger

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = SimClock(START)
    assert clock.now() == clock.now() == START
    clock.advance(1.5)
    assert clock.now() == START + timedelta(seconds=1.5)
    clock.set(datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_running_clock_multiplies_real_time() -> None:
    clock = SimClock(START, speed=100_000)
    time.sleep(0.01)
    assert clock.now() >= START + timedelta(seconds=1000)
    clock.run(0)
    stopped = clock.now()
    time.sleep(0.01)
    assert clock.now() == stopped


def test_time_does_not_run_backwards_by_mistake() -> None:
    clock = SimClock(START)
    for wrong in (lambda: clock.advance(-1), lambda: clock.run(-1), lambda: clock.set(datetime(2026, 1, 1))):  # noqa: DTZ001
        with pytest.raises(ValueError, match=r"time|moment"):
            wrong()
    with pytest.raises(ValueError, match="aware"):
        SimClock(datetime(2026, 1, 1))  # noqa: DTZ001


def write(ledger: Ledger, id: str) -> None:
    ledger.append(
        at=START, side="hubspot", actor="api", op="create", object="contacts", id=id, after={"a": "1"}
    )


def test_entries_are_numbered_from_one_without_gaps_across_threads() -> None:
    ledger = Ledger()
    threads = [threading.Thread(target=lambda: [write(ledger, "x") for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.n for entry in ledger.entries] == list(range(1, 801))


def test_entries_since_a_number_come_after_it() -> None:
    ledger = Ledger()
    for id in "abc":
        write(ledger, id)
    assert [entry.id for entry in ledger.since(1)] == ["b", "c"]
    assert [entry.id for entry in ledger.since(0)] == ["a", "b", "c"]
    assert ledger.since(3) == []


def test_an_entry_is_plain_json() -> None:
    ledger = Ledger()
    write(ledger, "a")
    assert ledger.entries[0].as_json() == {
        "n": 1,
        "at": "2026-03-02T09:00:00.000Z",
        "side": "hubspot",
        "actor": "api",
        "op": "create",
        "object": "contacts",
        "id": "a",
        "before": {},
        "after": {"a": "1"},
        "call": 0,
    }
