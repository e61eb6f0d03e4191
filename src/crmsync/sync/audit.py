"""The audit: reads every person's values again and compares them with what the store holds, and the sides with each other.

What is found is fed back as observations and dirty marks for the next cycle. Writes to no CRM.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from crmsync.errors import ConfigurationError
from crmsync.model.links import Lane, Link, Role, SideRow
from crmsync.model.ports import Tx
from crmsync.model.records import Record
from crmsync.model.values import SIDES, Side
from crmsync.reconcile.ends import same
from crmsync.reconcile.planner import plan_link
from crmsync.sync.engine import Engine
from crmsync.sync.horizon import horizon_of
from crmsync.sync.planning import terms_of
from crmsync.sync.session import Session, begin
from crmsync.sync.watch import people_fields

SLICE = 500
"""Links compared, and records read by id, at a time."""

LISTED = 10_000
"""Findings kept one by one; all of them are counted."""

LIVE = (Role.PRIMARY, Role.SECONDARY)
CAUSE = "audit"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found; `field` is "" for a whole record, native for `changed` and canonical for `drift`.

    `kind` is `changed` (a value that no read had shown), `unseen` (a record that none had), `returned` (one that was
    taken for deleted), `absent` (one that is gone; only reported) or `drift` (the two sides differ).
    """

    person: str
    side: Side
    object: str
    id: str
    field: str
    kind: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """The stable keys; `person` and `field` only where there is one."""
        wide = asdict(self)
        return {name: value for name, value in wide.items() if value or name not in ("person", "field")}


@dataclass(slots=True)
class Audited:
    """What an audit came to. `compared` counts records, `drifted` findings, `pending` links that a cycle decides anyway."""

    compared: int = 0
    drifted: int = 0
    pending: int = 0
    items: list[Finding] = field(default_factory=list)
    api_calls: dict[Side, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, findings: Iterable[Finding]) -> None:
        """Count findings, and keep the first ones."""
        for one in findings:
            self.drifted += 1
            if len(self.items) < LISTED:
                self.items.append(one)

    def as_json(self) -> dict[str, Any]:
        """The stable keys of `crmsync audit --json`."""
        return {
            "compared": self.compared,
            "drifted": self.drifted,
            "pending": self.pending,
            "items": [one.as_json() for one in self.items],
        }


def audit(engine: Engine, generation: int) -> Audited:
    """Compare everybody. The caller holds the lease. Raises ConfigurationError before the first read has gone through."""
    started = engine.clock.now()
    calls = {side: engine.connectors[side].calls for side in SIDES}
    session = begin(engine, generation)
    found = Audited()
    try:
        windows = _windows(engine, session)
        listed = {
            (side, obj): _Scan(engine, session, found, side, obj, windows[side, obj]).run()
            for side in SIDES
            for obj in session.people[side]
        }
        _compare_links(engine, session, found, listed, windows)
    finally:
        now = engine.clock.now()
        found.api_calls = {side: engine.connectors[side].calls - calls[side] for side in SIDES}
        found.seconds = (now - started).total_seconds()
        with engine.store.transaction() as tx:
            for side in SIDES:
                tx.spend(side, CAUSE, found.api_calls[side], now.strftime("%Y-%m-%d"))
    return found


def _windows(engine: Engine, session: Session) -> dict[tuple[Side, str], datetime]:
    """From which stamp on the next cycle reads by itself, per object."""
    overlap = timedelta(seconds=engine.definition.overlap_s)
    windows: dict[tuple[Side, str], datetime] = {}
    with engine.store.transaction() as tx:
        for side in SIDES:
            for obj in session.people[side]:
                cursor = tx.cursor(side, obj)
                if cursor is None or cursor.get("mode") == "scan":
                    raise ConfigurationError(
                        f"{side} {obj} has not been read in full yet, so there is nothing to compare with",
                        fix="run `crmsync sync` first",
                    )
                windows[side, obj] = horizon_of(cursor).start(overlap)
    return windows


# -- one object against the store -----------------------------------------------------------------------------
class _Scan:
    """One object read page by page, each page against the store's rows of it."""

    def __init__(
        self, engine: Engine, session: Session, found: Audited, side: Side, obj: str, window: datetime
    ) -> None:
        self.engine, self.session, self.found = engine, session, found
        self.side, self.obj, self.window = side, obj, window
        self.connector = engine.connectors[side]
        self.fields = people_fields(engine.definition, self.connector, obj)

    def run(self) -> Sequence[int]:
        """Compare everybody; returns the marks of the ids listed, sorted, eight bytes each."""
        marks, after = array("Q"), None
        while True:
            self.engine.checkpoint(self.session.generation)
            page = self.connector.scan(self.obj, self.fields, after)
            self.found.compared += len(page.records)
            marks.extend(_mark(record.id) for record in page.records)
            self._page(page.records)
            self.engine.progress(f"comparing {self.side} {self.obj}", len(marks), 0)
            after = page.next
            if after is None:
                return array("Q", sorted(marks))

    def _page(self, records: Sequence[Record]) -> None:
        with self.engine.store.transaction() as tx:
            suspects = [record.id for record, _ in self._differing(tx, records)]
        for start in range(0, len(suspects), SLICE):
            self.engine.checkpoint(self.session.generation)
            # A page may be older than its arrival, so what differs is asked again by id before it counts.
            again = self.connector.read(self.obj, suspects[start : start + SLICE], self.fields)
            with self.engine.store.transaction() as tx:
                differing = self._differing(tx, [record for record in again if not record.deleted])
                missed = [record for record, _ in differing]
                now = self.engine.clock.now()
                self.session.observer.keep(tx, missed, CAUSE, now, Lane.CHANGES)
            for record, row in differing:
                person = row.email if row else self.session.observer.observed(record, now).email
                self.found.add(self._findings(record, row, person))

    def _differing(self, tx: Tx, records: Sequence[Record]) -> list[tuple[Record, SideRow | None]]:
        """Records that differ from what the store holds and that the next cycle would not read by itself."""
        ids = [record.id for record in records]
        rows = tx.by_native(self.side, ids)
        versions = tx.versions(self.side, self.obj, ids)
        return [
            (record, rows.get(record.id))
            for record in records
            if not (record.version >= self.window and versions.get(record.id) != record.version)
            and _differs(record, rows.get(record.id))
        ]

    def _findings(self, record: Record, row: SideRow | None, person: str) -> Iterable[Finding]:
        def one(name: str, kind: str, detail: str) -> Finding:
            return Finding(person, self.side, self.obj, record.id, name, kind, detail)

        if row is None:
            yield one("", "unseen", "a record that no cycle has read")
        elif row.role is Role.GONE:
            yield one("", "returned", "taken for deleted, and there")
        else:
            for name in _changed(record, row):
                yield one(name, "changed", "holds another value than the last read showed")


def _mark(native_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(native_id.encode(), digest_size=8).digest(), "big")


def _changed(record: Record, row: SideRow) -> list[str]:
    current = row.current
    return sorted(name for name, value in record.values.items() if not same(current.get(name), value))


def _differs(record: Record, row: SideRow | None) -> bool:
    if row is None or row.role is Role.GONE:
        return True
    return row.role is not Role.ALIAS and bool(_changed(record, row))


# -- the two sides against each other -------------------------------------------------------------------------
def _compare_links(
    engine: Engine,
    session: Session,
    found: Audited,
    listed: Mapping[tuple[Side, str], Sequence[int]],
    windows: Mapping[tuple[Side, str], datetime],
) -> None:
    """Every link from the store, whose values are now known to be those of the CRMs."""
    after, done = 0, 0
    while True:
        engine.checkpoint(session.generation)
        with engine.store.transaction() as tx:
            ids = tx.links(after, SLICE)
            if not ids:
                return
            links = tx.load(ids)
            settled = [link for link in links if not link.seq and link.cool_until is None]
            found.pending += len(links) - len(settled)
            drifted = _drifted(engine, session, tx, settled)
            tx.mark_dirty(list(drifted), Lane.CHANGES, CAUSE)
        for findings in drifted.values():
            found.add(findings)
        found.add(_absent(engine, session, links, listed, windows))
        after, done = ids[-1], done + len(ids)
        engine.progress("comparing both sides", done, 0)


def _drifted(engine: Engine, session: Session, tx: Tx, links: Sequence[Link]) -> dict[int, list[Finding]]:
    """Settled links that a cycle would act on if it looked at every field, with the fields in question."""
    pairs = [link for link in links if all(link.primary(side) for side in SIDES) and "" not in link.parked]
    terms = terms_of(engine, session, tx, pairs)
    drifted: dict[int, list[Finding]] = {}
    for link in pairs:
        decision = plan_link(replace(link, cause=CAUSE), terms)
        places = {
            change.name: (intent.side, intent.object, intent.native_id)
            for intent in decision.intents
            for change in intent.changes
            if change.rule != "key"
        }
        first = next(row for row in link.rows if row.role is Role.PRIMARY)
        for conflict in decision.settlement.conflicts:
            places.setdefault(conflict.field, (first.side, first.object, first.native_id))
        findings = [
            Finding(_person(link), *place, name, "drift", "the two sides differ, and no change was seen")
            for name, place in sorted(places.items())
            if name not in link.parked
        ]
        if findings:
            drifted[link.id] = findings
    return drifted


def _absent(
    engine: Engine,
    session: Session,
    links: Sequence[Link],
    listed: Mapping[tuple[Side, str], Sequence[int]],
    windows: Mapping[tuple[Side, str], datetime],
) -> Iterable[Finding]:
    """Live rows of linked people whose record was in no page and is not there by id either."""
    lost: dict[tuple[Side, str], dict[str, str]] = {}
    for link in links:
        for row in link.rows:
            marks = listed.get((row.side, row.object))
            if row.role in LIVE and marks is not None and not _holds(marks, _mark(row.native_id)):
                lost.setdefault((row.side, row.object), {})[row.native_id] = _person(link)
    for (side, obj), people in lost.items():
        engine.checkpoint(session.generation)
        connector = engine.connectors[side]
        there = connector.read(obj, list(people), people_fields(engine.definition, connector, obj))
        # Deleted within the window: the next cycle is told of it.
        known = {r.id for r in there if not r.deleted or r.version >= windows[side, obj]}
        known |= {alias for r in there for alias in r.aliases}
        for native_id, person in people.items():
            if native_id not in known:
                yield Finding(person, side, obj, native_id, "", "absent", "no longer there for our user")


def _holds(marks: Sequence[int], mark: int) -> bool:
    at = bisect_left(marks, mark)
    return at < len(marks) and marks[at] == mark


def _person(link: Link) -> str:
    return next((row.email for row in link.rows if row.email), "")
