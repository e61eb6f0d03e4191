"""Reads both CRMs into the store: full scans at first, then ids and stamps, values only of what is unknown.

Each batch is one transaction of observations; the cursor moves when all that it covers is kept. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from crmsync.model.links import Lane
from crmsync.model.ports import Connector
from crmsync.model.records import Record, Stamp
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side
from crmsync.sync.drain import Drain, drain_of
from crmsync.sync.engine import ACCOUNTS, PEOPLE, Engine, Report
from crmsync.sync.firms import firm_fields, keep_accounts, named, retire_accounts
from crmsync.sync.hints import heed
from crmsync.sync.horizon import Horizon, after_scan, horizon_of, latest
from crmsync.sync.observing import Observer
from crmsync.sync.session import Session
from crmsync.sync.watch import account_fields, people_fields

READ_CHUNK = 2_000
"""Records read by id at a time: what Salesforce's retrieve takes, and whole batches of HubSpot's 100."""


def read_all(engine: Engine, session: Session, report: Report) -> bool:
    """Read everything that is due on both sides. False when nothing may be decided yet: a first read was put off."""
    for side in SIDES:
        _Reader(engine, session, report, side).run()
    with engine.store.transaction() as tx:
        if tx.get("fresh") is not None:
            return True
        cursors = [tx.cursor(side, obj) for side in SIDES for obj in session.people[side]]
    return all(cursor is not None and cursor.get("mode") != "scan" for cursor in cursors)


FOREVER = datetime.max.replace(tzinfo=UTC)


class _Reader:
    """One side's reading."""

    def __init__(self, engine: Engine, session: Session, report: Report, side: Side) -> None:
        self.engine, self.session, self.report, self.side = engine, session, report, side
        self.connector: Connector = engine.connectors[side]
        self.observer: Observer = session.observer
        self.fields = {
            obj: people_fields(engine.definition, self.connector, obj) for obj in session.people[side]
        }
        self.fields[ACCOUNTS[side]] = account_fields(engine.definition, self.connector)
        self.firms = firm_fields(engine.definition)
        self.overlap = timedelta(seconds=engine.definition.overlap_s)
        self.people = session.people[side]
        self.horizons: dict[str, Horizon] = {}
        self.pending: dict[str, dict[str, None]] = {}

    def run(self) -> None:
        now = self.engine.clock.now()
        since: dict[str, datetime] = {}
        whole, hinted = 0, False
        for obj in (ACCOUNTS[self.side], *self.session.people[self.side]):
            with self.engine.store.transaction() as tx:
                cursor = tx.cursor(self.side, obj)
                hinted = hinted or bool(tx.hints(self.side, 0, 1))
            if cursor is None or cursor.get("mode") == "scan":
                whole += self._scan(obj, cursor or {}, now) and obj in PEOPLE[self.side]
            elif self._due(obj, cursor, now):
                self.horizons[obj] = horizon_of(cursor)
                since[obj] = self.horizons[obj].start(self.overlap)
        if whole == len(self.session.people[self.side]):
            self.report.scanned.add(self.side)
        if self.session.ration.lane(self.side) in (Lane.CHANGES, Lane.BACKFILL):
            if hinted:
                heed(self.engine.store, self.side, tuple(self.fields), self._look)
        else:
            since.pop(ACCOUNTS[self.side], None)
        wide = bool(since) and self._wide(now)
        if wide:
            back = timedelta(seconds=self.engine.definition.wide_s)
            since |= {o: min(at, self.horizons[o].high - back) for o, at in since.items() if o in self.people}
        if since and (wide or self.session.ration.look(self.side, self._looked(since))):
            self._changes(since, now)
            if wide:
                self._mark("wide", now)
        self._archived(now)

    def _wide(self, now: datetime) -> bool:
        """Whether to look back far, for what was committed late; the first full read counts as having done so."""
        every = self.engine.definition.wide_every_s
        with self.engine.store.transaction() as tx:
            last = tx.get(f"wide:{self.side}")
        if last is None:
            self._mark("wide", now)
            return False
        due = every > 0 and (now - datetime.fromisoformat(last)).total_seconds() >= every
        return due and self.session.ration.may(self.side, Lane.CHANGES)

    def _mark(self, what: str, now: datetime) -> None:
        with self.engine.store.transaction() as tx:
            tx.put(f"{what}:{self.side}", now.isoformat())

    def _looked(self, since: Mapping[str, datetime]) -> datetime:
        """When this side was last asked what changed."""
        return max(self.horizons[obj].read for obj in since)

    def _due(self, obj: str, cursor: Mapping[str, str], now: datetime) -> bool:
        """Organisations on the marketing side cost a call of their own, so they are asked more seldom."""
        if obj != ACCOUNTS["hubspot"]:
            return True
        return (now - horizon_of(cursor).read).total_seconds() >= self.engine.definition.companies_every_s

    # -- full scan ------------------------------------------------------------------------------------------
    def _scan(self, obj: str, cursor: Mapping[str, str], now: datetime) -> bool:
        """Read on from the cursor; False when the rest was put off."""
        started = datetime.fromisoformat(cursor.get("started", now.isoformat()))
        top = datetime.fromisoformat(cursor["top"]) if "top" in cursor else None
        after = cursor.get("after")
        count = 0
        while self.session.ration.may(self.side, Lane.BACKFILL):
            page = self.connector.scan(obj, self.fields[obj], after)
            count += len(page.records)
            after = page.next
            top = latest((r.version for r in page.records), top, self.engine.clock.now())
            with self.engine.store.transaction() as tx:
                self._keep(tx, obj, page.records, Lane.BACKFILL, "scan")
                if after is None:
                    end = after_scan(top, started, self.engine.clock.now(), self.overlap)
                    tx.set_cursor(self.side, obj, end.as_cursor())
                else:
                    place = {"mode": "scan", "after": after, "started": started.isoformat()}
                    tx.set_cursor(self.side, obj, place | ({"top": top.isoformat()} if top else {}))
            self._heirs(page.records)
            self.engine.progress(f"reading {self.side} {obj}", count, 0)
            self.engine.checkpoint(self.session.generation)
            if after is None:
                return True
        return False

    # -- what changed ---------------------------------------------------------------------------------------
    def _changes(self, since: dict[str, datetime], now: datetime) -> None:
        """Read what changed. One that was broken off goes on where it stood, then what it did not cover is read."""
        drain = self._broken_off() or Drain(since, now)
        self._drain(drain)
        rest = {obj: at for obj, at in since.items() if at < drain.since.get(obj, FOREVER)}
        if rest:
            self._drain(Drain(rest, now))

    def _broken_off(self) -> Drain | None:
        """Not one of objects that are read in full anew, or that our user sees no more."""
        with self.engine.store.transaction() as tx:
            left = drain_of(tx.get(f"drain:{self.side}"))
            cursors = {obj: tx.cursor(self.side, obj) for obj in left.since} if left else {}
        for obj, cursor in cursors.items():
            if obj not in self.fields or cursor is None or cursor.get("mode") == "scan":
                return None
            self.horizons[obj] = horizon_of(cursor)
        return left

    def _drain(self, drain: Drain) -> None:
        while True:
            self.engine.checkpoint(self.session.generation)
            page = self.connector.changes(drain.since, drain.after)
            self._take_stamps(page.stamps)
            drain.turn(page, self.engine.clock.now())
            if page.next is None:
                break
            if sum(map(len, self.pending.values())) >= READ_CHUNK:
                self._flush()
                with self.engine.store.transaction() as tx:
                    tx.put(f"drain:{self.side}", drain.as_text())
                drain.kept = True
        self._flush()
        now = self.engine.clock.now()
        with self.engine.store.transaction() as tx:
            for obj in drain.since:
                end = self.horizons[obj].advanced(drain.tops.get(obj), drain.began, now, self.overlap)
                tx.set_cursor(self.side, obj, end.as_cursor())
            if drain.kept:
                tx.put(f"drain:{self.side}", "")
            tx.put(f"clock:{self.side}", self.observer.times[self.side].as_text())

    def _take_stamps(self, stamps: Sequence[Stamp]) -> None:
        """Bury what is deleted; what is not known with this stamp is to be read."""
        now = self.engine.clock.now()
        for obj in dict.fromkeys(s.object for s in stamps):
            mine = [s for s in stamps if s.object == obj]
            with self.engine.store.transaction() as tx:
                known = (
                    {} if obj == ACCOUNTS[self.side] else tx.versions(self.side, obj, [s.id for s in mine])
                )
                gone = [s.id for s in mine if s.deleted and s.id]
                if gone:
                    self._bury(tx, obj, gone, now)
            fresh = (s.id for s in mine if not s.deleted and known.get(s.id) != s.version)
            self.pending.setdefault(obj, {}).update(dict.fromkeys(fresh))

    def _flush(self) -> None:
        """Read what is waiting to be read."""
        for obj, ids in self.pending.items():
            self.fetch(obj, list(ids), "changed")
        self.pending.clear()

    def _look(self, obj: str, ids: Sequence[str], also: Callable[[Tx], None]) -> None:
        """At what a hint named, whatever is known of it."""
        self.engine.checkpoint(self.session.generation)
        self.fetch(obj, ids, "hinted", also)

    def fetch(
        self, obj: str, ids: Sequence[str], cause: str, also: Callable[[Tx], None] = lambda tx: None
    ) -> None:
        """Read records by id and keep them; those that turn out deleted are buried."""
        for start in range(0, len(ids), READ_CHUNK):
            records = self.connector.read(obj, ids[start : start + READ_CHUNK], self.fields[obj])
            with self.engine.store.transaction() as tx:
                gone = [r.id for r in records if r.deleted]
                if gone:
                    self._bury(tx, obj, gone, self.engine.clock.now())
                self._keep(tx, obj, [r for r in records if not r.deleted], Lane.CHANGES, cause)
                also(tx)
            self._heirs(records)
            self._named(records)

    def _bury(self, tx: Tx, obj: str, ids: Sequence[str], now: datetime) -> None:
        if obj == ACCOUNTS[self.side]:
            retire_accounts(tx, self.engine.definition, self.side, ids)
        else:
            tx.bury(self.side, obj, ids, now)

    def _named(self, records: Sequence[Record]) -> None:
        """A company or Account that no read has shown yet, where a field says who belongs to it: it is read by id."""
        ids = {i for r in records for i in named(self.firms, r)}
        if not ids:
            return
        with self.engine.store.transaction() as tx:
            known = tx.accounts_by_id(self.side, sorted(ids))
        self.fetch(ACCOUNTS[self.side], sorted(ids - known.keys()), "named")

    def _heirs(self, records: Sequence[Record]) -> None:
        """A converted Lead may name a Contact that no read has shown yet: it is read by id."""
        heirs = sorted({r.converted_to for r in records if r.converted_to})
        if not heirs:
            return
        with self.engine.store.transaction() as tx:
            known = tx.by_native(self.side, heirs)
        self.fetch(PEOPLE[self.side][0], [heir for heir in heirs if heir not in known], "converted")

    def _keep(self, tx: Tx, obj: str, records: Sequence[Record], lane: Lane, cause: str) -> None:
        if obj == ACCOUNTS[self.side]:
            keep_accounts(tx, self.engine.definition, self.session.directory, self.side, records)
            return
        self.report.read[self.side] += len(records)
        self.observer.keep(tx, records, cause, self.engine.clock.now(), lane)

    # -- deletions that changes do not show -------------------------------------------------------------------
    def _archived(self, now: datetime) -> None:
        """Archived records have no time filter, so they are scanned in full, on a slower schedule of their own."""
        name = f"archived:{self.side}"
        with self.engine.store.transaction() as tx:
            last = tx.get(name)
            if last is None:
                # Nothing is linked before the first read, so nothing that is archived by then concerns us.
                tx.put(name, now.isoformat())
                return
        if (now - datetime.fromisoformat(last)).total_seconds() < self.engine.definition.archived_every_s:
            return
        if not self.session.ration.may(self.side, Lane.CHANGES):
            return
        for obj in (*self.session.people[self.side], *([ACCOUNTS[self.side]] if self.firms else [])):
            after: str | None = None
            while True:
                page = self.connector.archived(obj, after)
                if page.stamps:
                    with self.engine.store.transaction() as tx:
                        self._bury(tx, obj, [s.id for s in page.stamps], now)
                if page.since is not None and page.since > datetime.fromisoformat(last):
                    self._forgotten(obj, page.since)
                after = page.next
                if after is None:
                    break
        with self.engine.store.transaction() as tx:
            tx.put(name, now.isoformat())

    def _forgotten(self, obj: str, since: datetime) -> None:
        """The log of deletions no longer reaches back to our last look: the audit, which misses who is gone, is due."""
        with self.engine.store.transaction() as tx:
            tx.put(f"audit_due:{self.side}", "yes")
        audited = self.engine.definition.audit_every_s > 0
        self.report.problems.append(
            f"{self.side}: the log of deleted {obj} records begins at {since:%Y-%m-%d %H:%M} UTC, after our last look. "
            + ("All of them are compared now." if audited else "Run `crmsync audit` to see who is gone.")
        )
