"""One whole cycle, from top to bottom: recover, read, plan, guard, apply, close. The order is the safety."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from crmsync.model.values import SIDES, Side
from crmsync.sync.applying import LEASE_S, apply_all
from crmsync.sync.engine import Engine, Report, Selection
from crmsync.sync.planning import Planned, plan_all
from crmsync.sync.reading import read_all
from crmsync.sync.recovering import recover
from crmsync.sync.session import Session, begin

log = structlog.get_logger("crmsync.sync")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who holds the lease: a name for people, and whether an older holder is known to be dead."""

    name: str
    takeover: bool = False


@contextmanager
def writing(engine: Engine, writer: Writer) -> Iterator[int]:
    """Hold the store's lease; yields its generation. Raises LeaseError while another writer lives."""
    generation = engine.store.acquire(writer.name, engine.clock.now(), LEASE_S, takeover=writer.takeover)
    try:
        yield generation
    finally:
        engine.store.free(generation)


def plan_cycle(engine: Engine, generation: int, selection: Selection | None = None) -> tuple[Report, Planned]:
    """Read both CRMs and keep a plan. Nothing is written to either."""
    return _run(engine, generation, selection or Selection(), write=False, approve=False)


def sync_cycle(
    engine: Engine, generation: int, selection: Selection | None = None, *, approve: bool = False
) -> tuple[Report, Planned]:
    """One whole cycle. `approve` lets everything pass the guard. In shadow mode nothing is sent."""
    write = engine.definition.mode == "live"
    return _run(engine, generation, selection or Selection(), write=write, approve=approve)


def approve(engine: Engine, digest: str) -> int:
    """Approve a hold, or the plan that is kept, by its digest. Returns the operations approved; 0 when unknown."""
    with engine.store.transaction() as tx:
        count = tx.approve(digest)
        if not count and tx.get("plan_digest") == digest:
            count = tx.approve_proposed()
        return count


def _run(
    engine: Engine, generation: int, selection: Selection, *, write: bool, approve: bool
) -> tuple[Report, Planned]:
    started = engine.clock.now()
    calls = {side: engine.connectors[side].calls for side in SIDES}
    session = begin(engine, generation)
    report = Report(session.cycle, engine.connection)
    report.setup_calls = {side: engine.connectors[side].calls - calls[side] for side in SIDES}
    try:
        report.cooling = recover(engine, session)
        read_all(engine, session, report)
        planned = plan_all(engine, session, report, commit=write, selection=selection, approve=approve)
        report.held = planned.holds
        if write:
            apply_all(engine, session, report, planned.operations)
    finally:
        _close(engine, session, report, calls, started)
    return report, planned


def _close(
    engine: Engine, session: Session, report: Report, calls: Mapping[Side, int], started: datetime
) -> None:
    now = engine.clock.now()
    report.api_calls = {side: engine.connectors[side].calls - calls[side] for side in SIDES}
    report.seconds = (now - started).total_seconds()
    with engine.store.transaction() as tx:
        for side in SIDES:
            tx.spend(side, "cycle", report.api_calls[side], now.strftime("%Y-%m-%d"))
        if not report.problems:
            tx.put("fresh", now.isoformat())
        tx.put("last_cycle", session.cycle)
    log.info(
        "cycle",
        cycle=report.cycle,
        read=report.read,
        writes=report.writes,
        conflicts=report.conflicts,
        parked=report.parked,
        held=len(report.held),
        calls=report.api_calls,
    )
