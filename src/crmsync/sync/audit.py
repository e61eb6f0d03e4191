"""The audit: reads every person's values again and compares them with what the store holds, and the sides with each other.

What is found is fed back as observations and dirty marks for the next cycle. Writes to no CRM.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crmsync.errors import ConfigurationError
from crmsync.model.links import Lane, Link
from crmsync.model.records import Record
from crmsync.model.values import SIDES, Side
from crmsync.sync.comparing import CAUSE, LIVE, Finding, differing, drifted, findings, person_of, window_of
from crmsync.sync.engine import Engine
from crmsync.sync.session import Session, begin
from crmsync.sync.watch import people_fields

SLICE = 500
"""Links compared, and records read by id, at a time."""

LISTED = 10_000
"""Findings kept one by one; all of them are counted."""


@dataclass(slots=True)
class Audited:
    """What an audit came to. `compared` counts records, `drifted` findings, `pending` links that a cycle decides anyway."""

    compared: int = 0
    drifted: int = 0
    pending: int = 0
    items: list[Finding] = field(default_factory=list)
    api_calls: dict[Side, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, found: Iterable[Finding]) -> None:
        """Count findings, and keep the first ones."""
        for one in found:
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
    windows: dict[tuple[Side, str], datetime] = {}
    with engine.store.transaction() as tx:
        for side in SIDES:
            for obj in session.people[side]:
                since = window_of(engine, tx, side, obj)
                if since is None:
                    raise ConfigurationError(
                        f"{side} {obj} has not been read in full yet, so there is nothing to compare with",
                        fix="run `crmsync sync` first",
                    )
                windows[side, obj] = since
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
            suspects = [r.id for r, _ in differing(tx, self.side, self.obj, self.window, records)]
        for start in range(0, len(suspects), SLICE):
            self.engine.checkpoint(self.session.generation)
            # A page may be older than its arrival, so what differs is asked again by id before it counts.
            again = self.connector.read(self.obj, suspects[start : start + SLICE], self.fields)
            with self.engine.store.transaction() as tx:
                live = [record for record in again if not record.deleted]
                missed = differing(tx, self.side, self.obj, self.window, live)
                now = self.engine.clock.now()
                self.session.observer.keep(tx, [record for record, _ in missed], CAUSE, now, Lane.CHANGES)
            for record, row in missed:
                person = row.email if row else self.session.observer.observed(record, now).email
                self.found.add(findings(record, row, person))


def _mark(native_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(native_id.encode(), digest_size=8).digest(), "big")


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
            apart = drifted(engine, session, tx, settled)
            tx.mark_dirty(list(apart), Lane.CHANGES, CAUSE)
        for some in apart.values():
            found.add(some)
        found.add(_absent(engine, session, links, listed, windows))
        after, done = ids[-1], done + len(ids)
        engine.progress("comparing both sides", done, 0)


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
                lost.setdefault((row.side, row.object), {})[row.native_id] = person_of(link)
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
