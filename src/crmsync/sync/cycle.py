"""One whole cycle, from top to bottom: recover, read, plan, guard, apply, close. The order is the safety."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from crmsync.mapping.fields.codec import Directory
from crmsync.model.links import Intent
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side
from crmsync.sync.applying import apply_all
from crmsync.sync.auditing import audit_share
from crmsync.sync.choosing import left_of, picked
from crmsync.sync.engine import LEASE_S, Engine, Report, Selection
from crmsync.sync.fencing import fence_in, fence_off
from crmsync.sync.planning import Planned, plan_all
from crmsync.sync.reading import read_all
from crmsync.sync.recovering import recover
from crmsync.sync.rights import unseen
from crmsync.sync.session import Session, begin

UNDO_HORIZON = timedelta(days=30)
"""How long before-images and the log are kept; values older than this are gone from the store.

Longer than the breaker looks back (`reconcile.pingpong.WINDOW`).
"""

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


def approve(engine: Engine, digest: str, selection: Selection | None = None) -> int:
    """Approve a hold or the plan that is kept, whole or in part, by a digest that `plan` or `sync` showed.

    Returns how many operations were approved; 0 when the digest is unknown or nothing of it is selected.
    """
    chosen = selection or Selection()
    fields = engine.definition.fields
    with engine.store.transaction() as tx:
        held = digest in {hold.digest for hold in tx.holds()}
        if chosen.everything:
            return _approve_whole(tx, digest, held=held)
        parts = picked(tx, _of_digest(tx, digest), chosen, fields, Directory.of(tx.owners()))
        whole = {kept.digest for kept, part in parts if part is kept}
        split = [(kept, part, left_of(kept, part)) for kept, part in parts if part is not kept]
        if split:
            tx.approve_parts(digest if held else "", split)
        if not whole:
            return len(split)
        return len(split) + (tx.approve(digest, whole) if held else tx.approve_proposed(whole))


def _approve_whole(tx: Tx, digest: str, *, held: bool) -> int:
    if held:
        return tx.approve(digest)
    if tx.get("plan_digest") == digest:
        return tx.approve_proposed()
    part = {i.digest for i in _of_digest(tx, digest)}
    return tx.approve_proposed(part) if part else 0


def _of_digest(tx: Tx, digest: str) -> Iterator[Intent]:
    """The kept operations that a digest stands for: of a hold, of the whole plan, or of a group that it showed."""
    groups = json.loads(tx.get("plan_holds") or "{}")
    for intent in tx.proposed():
        group = [intent.side, intent.object, intent.kind.value]
        if intent.held == digest or tx.get("plan_digest") == digest or groups.get(digest) == group:
            yield intent


def _run(
    engine: Engine, generation: int, selection: Selection, *, write: bool, approve: bool
) -> tuple[Report, Planned]:
    started = engine.clock.now()
    calls = {side: engine.connectors[side].calls for side in SIDES}
    session = begin(engine, generation)
    report = Report(session.cycle, engine.connection)
    report.setup_calls = {side: engine.connectors[side].calls - calls[side] for side in SIDES}
    report.problems += [
        f"{side}: our user has no access to {obj}, so whoever is there was not read"
        for side, obj in unseen(engine.definition, session.infos)
    ]
    report.problems += session.problems
    with engine.store.transaction() as tx:
        recorded = tx.recorded()
    complete = False
    try:
        report.cooling = recover(engine, session, report)
        if not read_all(engine, session, report):
            return report, Planned()
        planned = plan_all(engine, session, report, commit=write, selection=selection, approve=approve)
        report.held = planned.holds
        if write:
            fence_in(engine, generation)
            apply_all(engine, session, report, planned.operations)
            if selection.everything:
                audit_share(engine, session, report)
        complete = write
    finally:
        fence_off(engine)
        with engine.store.transaction() as tx:
            conflicts, parked = tx.recorded()
        report.conflicts, report.parked = conflicts - recorded[0], parked - recorded[1]
        _close(
            engine, session, report, calls, started, complete=complete
        )  # which prunes what was just counted
    return report, planned


def _close(
    engine: Engine,
    session: Session,
    report: Report,
    calls: Mapping[Side, int],
    started: datetime,
    *,
    complete: bool,
) -> None:
    now = engine.clock.now()
    session.ration.close(report)
    report.api_calls = {side: engine.connectors[side].calls - calls[side] for side in SIDES}
    report.seconds = (now - started).total_seconds()
    with engine.store.transaction() as tx:
        if complete and not report.problems:
            tx.put("fresh", now.isoformat())
        pruned = tx.get("pruned")
        if pruned is None or now - datetime.fromisoformat(pruned) > timedelta(days=1):
            tx.prune(now, UNDO_HORIZON)
            tx.put("pruned", now.isoformat())
        tx.put("last_cycle", session.cycle)
    log.info(
        "cycle",
        cycle=report.cycle,
        read=report.read,
        writes=report.writes,
        conflicts=report.conflicts,
        parked=report.parked,
        held=len(report.held),
        drifted=report.drifted,
        calls=report.api_calls,
    )
