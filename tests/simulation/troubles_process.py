"""Troubles of the process that runs the cycles, and of its store: it dies, sleeps, is doubled, loses its memory."""

from __future__ import annotations

import sqlite3
from random import Random
from typing import TYPE_CHECKING, Final

from sim_script import ANYWHERE, READS, WRITES, After, Call, places
from trouble import Trouble

from crmsync.errors import LeaseError
from crmsync.simulator.faults import Fault
from crmsync.simulator.wire import Response

if TYPE_CHECKING:
    from sim_run import Simulation

ALL: Final = tuple(p for side in sorted(ANYWHERE) for p in places(side, ANYWHERE[side]))
ALL_READS: Final = tuple(p for side in sorted(READS) for p in places(side, READS[side]))
ALL_WRITES: Final = tuple(p for side in sorted(WRITES) for p in places(side, WRITES[side]))


def _some(rng: Random, among: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """The n-th call at one of these places, or at any."""
    if rng.random() < 0.6:
        return (rng.choice(among),), rng.choice((1, 1, 2))
    return among, rng.choice((1, 2, 3, 5, 8, 13))


def crash(sim: Simulation, rng: Random, name: str) -> None:
    """The process dies: before a call, right after it, or at one of the next commits."""
    steps = rng.choice((0, 1, 2, 2, 3))
    aim = rng.choice((ALL, ALL_WRITES, ALL_WRITES))

    def do(call: Call) -> None:
        sim.dying = name
        if not steps:
            sim.fuse.blow()
        sim.fuse.at = sim.fuse.steps + steps

    sim.script.at(*_some(rng, aim), do)


def crash_after_silence(sim: Simulation, rng: Random, name: str) -> None:
    """Nothing runs for longer than readings overlap, people go on meanwhile, and the first reading after it dies."""
    for obj in ("contacts", "Lead", "Contact"):
        sim.hands.edits(rng, obj)
    sim.cluster.clock.advance(1500.0)
    aim = rng.choice((("hubspot read", "hubspot scan"), ("salesforce read", "salesforce scan")))

    def do(call: Call) -> None:
        sim.dying = name
        sim.fuse.blow()

    sim.script.at(aim, 1, do)


def stopped(sim: Simulation, rng: Random, name: str) -> None:
    """SIGTERM in the middle of the work."""

    def do(call: Call) -> None:
        sim.stop = name

    sim.script.at(*_some(rng, rng.choice((ALL, ALL_WRITES))), do)


def suspended(sim: Simulation, rng: Random, name: str) -> None:
    """The machine sleeps; another process takes over and works; then the first one wakes. It must write no more."""

    def do(call: Call) -> After | None:
        if not call.write:
            sim.overtaken(name)
            return None

        def after(response: Response) -> None:
            sim.overtaken(name)

        return after

    sim.script.at(*_some(rng, rng.choice((ALL_READS, ALL_WRITES))), do)


def two_daemons(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody starts a second daemon beside the first: it is turned away, or the first has lost its lease."""

    def do(call: Call) -> None:
        now = sim.cluster.clock.now()
        _, until = sim.store.lease() or ("", now)
        if until <= now:
            return  # the first was silent for too long: that is `suspended`
        try:
            sim.store.acquire("second", now, 60.0)
        except LeaseError:
            sim.met(name)
        else:
            sim.run.wrong.append("a second daemon was let in while the first one lives")

    sim.script.at(*_some(rng, ALL), do)


def _store_fails(sim: Simulation, rng: Random, name: str, what: str) -> None:
    count = rng.choice((1, 1, 2, 4))

    def do(call: Call) -> None:
        setattr(sim.fused, what, count)
        sim.store_fails = name

    sim.script.at(*_some(rng, ALL), do)


def disk_full(sim: Simulation, rng: Random, name: str) -> None:
    """A commit finds no room on the disk."""
    _store_fails(sim, rng, name, "full")


def database_busy(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody else holds the store for longer than anybody waits."""
    _store_fails(sim, rng, name, "busy")


def older_store(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody puts back a copy of the store that was made some cycles ago."""
    if any(what == name for _, what, _ in sim.appointments):
        return
    copy = sqlite3.connect(":memory:")
    with sqlite3.connect(sim.file) as source:
        source.backup(copy)
    source.close()
    made = len(sim.cluster.ledger.entries)

    def restore() -> None:
        wrote = any(e.actor == "api" for e in sim.cluster.ledger.since(made))
        sim.restore(copy)
        copy.close()
        if wrote:
            sim.met(name)

    sim.appointments.append((sim.cycle + rng.choice((1, 1, 2, 3)), name, restore))


def connection_lost(sim: Simulation, rng: Random, name: str) -> None:
    """From some call on nobody answers any more, on one side or on both, until the cycle is over."""
    sides = rng.choice((("hubspot",), ("salesforce",), ("hubspot", "salesforce")))

    def do(call: Call) -> None:
        for side in sides:
            sim.strike(name, Fault("refused", side, count=0))

    sim.script.at(*_some(rng, ALL), do)


def definition_changed(sim: Simulation, rng: Random, name: str) -> None:
    """An admin changes the rules between two cycles."""
    if sim.swap_definition():
        sim.met(name)


PROCESS: Final[dict[str, Trouble]] = {
    "crash": Trouble(crash, rate=0.12),
    "crash_after_silence": Trouble(crash_after_silence, rate=0.02),
    "stopped": Trouble(stopped),
    "suspended": Trouble(suspended),
    "two_daemons": Trouble(two_daemons),
    "disk_full": Trouble(disk_full),
    "database_busy": Trouble(database_busy),
    "older_store": Trouble(older_store, rate=0.015),
    "connection_lost": Trouble(connection_lost),
    "definition_changed": Trouble(definition_changed, rate=0.015),
}
