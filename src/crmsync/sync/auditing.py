"""The scheduled audit: some pages a cycle, so that in `audit_every_s` everybody's values are read and compared.

What is found is kept and marked for the next cycle, in one transaction with the place. Writes to no CRM. It is the first
to wait when calls run short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from crmsync.errors import TransientError
from crmsync.model.links import Lane
from crmsync.model.records import Page, Record
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side
from crmsync.sync.comparing import CAUSE, differing, drifted, window_of
from crmsync.sync.engine import Engine, Report
from crmsync.sync.rounds import BELIEVED, Round, round_of
from crmsync.sync.session import Session
from crmsync.sync.watch import people_fields

PAGES: Final = 100
"""The most pages of a side in one cycle: a cycle that comes late does not make up for everything at once."""

ASKED: Final = 500
"""Of a page's range this many missing records are asked for by id."""

log = structlog.get_logger("crmsync.sync")


def audit_share(engine: Engine, session: Session, report: Report) -> None:
    """What of the audit is due by now, on both sides. What fails for now is done by a later cycle."""
    if engine.definition.audit_every_s <= 0:
        return
    for side in SIDES:
        with session.ration.counted_as(side, CAUSE):
            try:
                _Auditor(engine, session, report, side).run()
            except TransientError as error:
                log.warning("audit put off", side=side, error=str(error))


class _Auditor:
    """One side's audit."""

    def __init__(self, engine: Engine, session: Session, report: Report, side: Side) -> None:
        self.engine, self.session, self.report, self.side = engine, session, report, side
        self.connector = engine.connectors[side]
        self.every = timedelta(seconds=engine.definition.audit_every_s)
        self.people = session.people[side]

    def run(self) -> None:
        with self.engine.store.transaction() as tx:
            if any(window_of(self.engine, tx, self.side, obj) is None for obj in self.people):
                return  # a full read compares as well
            here = self._round(tx)
        self._look_again(here)
        for _ in range(PAGES):
            if not here.wants_page(self.engine.clock.now(), self.every) or not self._may():
                break
            self._page(here)

    def _may(self) -> bool:
        return self.session.ration.lane(self.side) is Lane.BACKFILL

    def _round(self, tx: Tx) -> Round:
        """The round under way, or the next one; the first begins a whole time after the first full read."""
        now = self.engine.clock.now()
        here = round_of(tx.get(f"audit:{self.side}"))
        if here is None:
            here = Round(now.isoformat(), expected=tx.linked()[self.side])
            self._keep(tx, here)
        due = bool(tx.get(f"audit_due:{self.side}"))
        waits = bool(here.look_again(now, self.every))
        if self.people and (due or (here.over and not waits and not here.rests(now, self.every))):
            here = here.next(now, self.people[0], hurried=due)
            self._keep(tx, here)
            tx.put(f"audit_due:{self.side}", "")
        if not here.over and here.object not in self.people:
            here.turn([], None, self._following(here.object), now)
        return here

    def _keep(self, tx: Tx, here: Round) -> None:
        tx.put(f"audit:{self.side}", here.as_text())

    def _following(self, obj: str) -> str:
        """The object after this one; "" after the last."""
        at = self.people.index(obj) + 1 if obj in self.people else len(self.people)
        return self.people[at] if at < len(self.people) else ""

    # -- one page -------------------------------------------------------------------------------------------
    def _page(self, here: Round) -> None:
        obj = here.object
        fields = people_fields(self.engine.definition, self.connector, obj)
        self.engine.checkpoint(self.session.generation)
        page = self.connector.scan(obj, fields, here.after)
        listed = [record.id for record in page.records]
        with self.engine.store.transaction() as tx:
            suspects = [record.id for record, _ in self._differing(tx, obj, page.records)]
            missing = self._missing(tx, here, page)
        self.engine.checkpoint(self.session.generation)
        # A page may be older than its arrival, so what differs is asked again by id before it counts.
        again = self.connector.read(obj, [*suspects, *missing], fields) if suspects or missing else []
        before = here.too_many
        with self.engine.store.transaction() as tx:
            found = self._settle(tx, obj, again)
            if self.side == SIDES[0]:
                found += self._compare_sides(tx, listed)
            here.miss(obj, _unanswered(missing, again), self.engine.clock.now())
            here.found += found
            here.turn(listed, page.next, self._following(obj), self.engine.clock.now())
            self._keep(tx, here)
        self.report.drifted += found
        if here.too_many and not before:
            self.report.problems.append(
                f"{self.side}: more than {BELIEVED} records are no longer there for our user, without a trace. "
                "None is taken for deleted: see whether they are still shared with it."
            )

    def _differing(self, tx: Tx, obj: str, records: Sequence[Record]) -> list[tuple[Record, object]]:
        since = window_of(self.engine, tx, self.side, obj)
        return [*differing(tx, self.side, obj, since, records)] if since else []

    def _missing(self, tx: Tx, here: Round, page: Page) -> list[str]:
        """Live records that the store knows between the last page's end and this one's, and that are not in it."""
        listed = [record.id for record in page.records]
        if not _ascending([here.last, *listed] if here.last else listed):
            return []
        upto = listed[-1] if page.next is not None and listed else ""
        known = tx.live_between(self.side, here.object, here.last, upto, len(listed) + ASKED)
        return [one for one in known if one not in set(listed)][:ASKED]

    def _settle(self, tx: Tx, obj: str, again: Sequence[Record]) -> int:
        """Keep what differs, bury what is deleted. Returns how many records that were."""
        now = self.engine.clock.now()
        missed = [record for record, _ in self._differing(tx, obj, [r for r in again if not r.deleted])]
        self.session.observer.keep(tx, missed, CAUSE, now, Lane.CHANGES)
        return len(missed) + tx.bury(self.side, obj, [r.id for r in again if r.deleted], now)

    def _compare_sides(self, tx: Tx, listed: Sequence[str]) -> int:
        """Mark the people of a page whose sides differ although neither changed. Returns how many."""
        links = tx.load(sorted({row.link_id for row in tx.by_native(self.side, listed).values()}))
        settled = [link for link in links if not link.seq and link.cool_until is None]
        apart = drifted(self.engine, self.session, tx, settled)
        tx.mark_dirty(list(apart), Lane.CHANGES, CAUSE)
        return len(apart)

    # -- who is gone ----------------------------------------------------------------------------------------
    def _look_again(self, here: Round) -> None:
        """Ask a second time for those who were not there; whoever still is not counts as deleted."""
        waiting = here.look_again(self.engine.clock.now(), self.every)
        if not waiting or not self._may():
            return
        for obj in dict.fromkeys(obj for obj, _ in waiting):
            ids = [one for o, one in waiting if o == obj]
            self.engine.checkpoint(self.session.generation)
            fields = people_fields(self.engine.definition, self.connector, obj)
            again = self.connector.read(obj, ids, fields)
            with self.engine.store.transaction() as tx:
                found = self._settle(tx, obj, again)
                found += tx.bury(self.side, obj, _unanswered(ids, again), self.engine.clock.now())
                here.found += found
                here.looked(ids)
                self._keep(tx, here)
            self.report.drifted += found


def _unanswered(ids: Iterable[str], records: Sequence[Record]) -> list[str]:
    there = {r.id for r in records} | {alias for r in records for alias in r.aliases}
    return [one for one in ids if one not in there]


def _ascending(ids: Sequence[str]) -> bool:
    keys = [(len(one), one) for one in ids]
    return keys == sorted(keys)
