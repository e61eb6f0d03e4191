"""Carries out a plan with the journal: taken -> read again -> sent -> called -> recorded, flight by flight.

A flight is one or several batches: together marked `sent` before any of their calls, together recorded after all of
them. What a vendor refuses is parked with its reason and the rest of the record goes through; what is stale is decided
again; what may have landed cools until that is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from crmsync.errors import CrmsyncError, QuotaError, TransientError
from crmsync.model.links import Intent, Kind, Lane, Parked, Role, Status
from crmsync.model.records import Record, Verdict, Write, WriteResult
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side
from crmsync.reconcile.birth import record_mark
from crmsync.reconcile.ends import same
from crmsync.sync.answers import Sorted, chunks, rewritten
from crmsync.sync.engine import Engine, Report
from crmsync.sync.events import log_writes
from crmsync.sync.grouping import together, wait
from crmsync.sync.origins import ask_origins
from crmsync.sync.racing import Written, keep_races, look
from crmsync.sync.refusals import Refusals
from crmsync.sync.session import Session
from crmsync.sync.watch import people_fields

FRESH = timedelta(seconds=120)
"""A Salesforce row changed this lately is written on condition that nobody changes it meanwhile."""

MISSING_COOL = timedelta(seconds=300)
ABSENT = "absent"
"""The cause of a link whose record was not there when it was to be written."""

MOST_ABSENT = 5
"""More absences than this at once are no deletions: lost sharing looks the same."""


def apply_all(engine: Engine, session: Session, report: Report, total: int) -> None:
    """Write everything that is planned and not held, updates before creates, one side after the other."""
    for kind in (Kind.UPDATE, Kind.CREATE):
        for side in reversed(SIDES):
            for obj in session.people[side]:
                try:
                    _Group(engine, session, report, side, obj, kind, total).run()
                except QuotaError as error:
                    report.problems.append(f"{side}: {error}")
                except TransientError as error:
                    report.problems.append(f"{side}: {error}")


class _Group:
    """All operations of one kind on one object."""

    def __init__(
        self,
        engine: Engine,
        session: Session,
        report: Report,
        side: Side,
        obj: str,
        kind: Kind,
        total: int,
    ) -> None:
        self.engine, self.session, self.report = engine, session, report
        self.side, self.obj, self.kind, self.total = side, obj, kind, total
        self.connector = engine.connectors[side]
        self.fields = people_fields(engine.definition, self.connector, obj)
        names = engine.definition.identity.get(side, {}).get(obj, {})
        self.firm = names.get("account", "") if side == "salesforce" else ""
        self.refusals = Refusals(engine.definition, session.infos[side, obj], kind)

    def run(self) -> None:
        while True:
            self.engine.checkpoint(self.session.generation)
            intents, marked = self._take()
            if not intents:
                return
            self._flight(intents, marked=marked)
            tally = self.report.applied
            written = sum(t.create + t.update for t in tally.values())
            self.engine.progress("writing", written, self.total)

    def _take(self) -> tuple[list[Intent], bool]:
        """The next flight, and whether it is `sent` already: it is at once where nothing is asked before the call."""
        now = self.engine.clock.now()
        most = self.connector.batch_size(self.obj) * self.engine.flights.width
        at_once = self.kind is Kind.CREATE and self.side in self.report.scanned
        lane = self.session.ration.lane(self.side)
        with self.engine.store.transaction() as tx:
            intents = tx.take(self.side, self.obj, self.kind, most, now, lane) if lane is not None else []
            if not intents and lane is not Lane.BACKFILL:
                self._left(tx, lane)
            if intents and at_once:
                tx.sent([i.id for i in intents], self.session.generation, now)
        return intents, at_once

    def _left(self, tx: Tx, lane: Lane | None) -> None:
        """Note that something is put off, because calls run short."""
        mine = (self.side, self.obj, self.kind)
        if any((i.side, i.object, i.kind) == mine for i in tx.proposed(held=False)):
            self.session.ration.put_off(self.side, Lane.CONSENT if lane is None else Lane(lane + 1))

    def _flight(self, intents: Sequence[Intent], *, marked: bool) -> None:
        try:
            writes = self._checked(intents)
        except TransientError:
            with self.engine.store.transaction() as tx:
                self._again(tx, intents)
            raise
        self.report.applied[self.side].skipped += len(intents) - len(writes)
        # A record refused for one field is tried once more without it, and once more after that, then parked.
        for _ in range(3):
            if not writes:
                return
            writes = self._send(writes, marked=marked)
            marked = False
        with self.engine.store.transaction() as tx:
            self._again(tx, [i for i, _ in writes.values()])

    # -- the precondition -------------------------------------------------------------------------------------
    def _checked(self, intents: Sequence[Intent]) -> dict[int, tuple[Intent, Write]]:
        """The writes whose records still are what the decision was based on."""
        if self.kind is Kind.CREATE:
            return self._checked_creates(intents)
        read = self._read_again(intents)
        fresh = {r.id: r for r in read}
        merged = {alias: r for r in read for alias in r.aliases if alias not in fresh}
        writes: dict[int, tuple[Intent, Write]] = {}
        stale, gone, changed = [], [], []
        now = self.engine.clock.now()
        for intent in intents:
            record = fresh.get(intent.native_id)
            if record is None and intent.native_id in merged:
                stale.append(intent)
                changed.append(merged[intent.native_id])
            elif record is None or record.deleted or record.converted_to:
                gone.append(intent)
            elif not all(same(record.values.get(c.native), c.before) for c in intent.changes):
                stale.append(intent)
            else:
                recent = self.side == "salesforce" and now - record.version <= FRESH
                writes[intent.id] = intent, self._write(intent, record, recent=recent)
            if record is not None and not record.deleted and intent.id not in writes:
                changed.append(record)
        if stale or gone:
            with self.engine.store.transaction() as tx:
                self.session.observer.keep(tx, changed, "stale", now, Lane.CHANGES)
                self._again(tx, stale)
                tx.bury(self.side, self.obj, [r.id for r in read if r.deleted], now)
                self._absent(tx, [i for i in gone if i.native_id not in fresh])
                self._missing(tx, gone)
        return writes

    def _read_again(self, intents: Sequence[Intent]) -> list[Record]:
        """The records as they are now, one call for each batch of the flight."""
        parts = chunks([i.native_id for i in intents], self.connector.batch_size(self.obj))
        calls = [partial(self.connector.read, self.obj, part, self.fields) for part in parts]
        found: list[Record] = []
        for answer in self.engine.flights.run(calls):
            if isinstance(answer, CrmsyncError):
                raise answer
            found += answer
        return found

    def _write(self, intent: Intent, record: Record | None = None, *, recent: bool = False) -> Write:
        values = {c.native: c.after for c in intent.changes}
        firm = values.get(self.firm) or (record.values.get(self.firm) if record else None)
        return Write(
            intent.id,
            values,
            id=intent.native_id or None,
            key=intent.key if intent.kind is Kind.CREATE else None,
            unless_modified_since=record.version if record and recent else None,
            group=str(firm or ""),
        )

    def _checked_creates(self, intents: Sequence[Intent]) -> dict[int, tuple[Intent, Write]]:
        """A search miss never creates: every object of the side is asked by key and by e-mail, origins by id."""
        met: set[int] = set()
        if self.side not in self.report.scanned:
            met = self._ask(intents)
        left = [i for i in intents if i.id not in met]
        met |= ask_origins(self.engine, self.session, self.refusals, self.side, left)
        return {i.id: (i, self._write(i)) for i in intents if i.id not in met}

    def _ask(self, intents: Sequence[Intent]) -> set[int]:
        definition = self.engine.definition
        found: list[tuple[Record, str]] = []
        for obj in self.session.people[self.side]:
            mail = definition.identity.get(self.side, {}).get(obj, {}).get("email", "")
            by: dict[str, Sequence[str]] = {self.connector.key_field: [i.key for i in intents]}
            emails = sorted({e for i in intents if (e := self._email(i))})
            if mail and emails:
                by[mail] = emails
            fields = people_fields(definition, self.connector, obj)
            found += [(r, mail) for r in self.connector.find(obj, by, fields) if not r.converted_to]
        keys = {str(r.values.get(self.connector.key_field) or "") for r, _ in found}
        mails = {str(r.values.get(m) or "").lower() for r, m in found}
        met = [i for i in intents if i.key in keys or self._email(i) in mails - {""}]
        if found:
            with self.engine.store.transaction() as tx:
                now = self.engine.clock.now()
                self.session.observer.keep(tx, [r for r, _ in found], "met", now, Lane.CHANGES)
                rows = tx.by_native(self.side, [r.id for r, _ in found])
                left = {r.id: str(r.values.get(m) or "").lower() for r, m in found if r.id in rows}
                alone = {mail: id for id, mail in left.items() if rows[id].role is Role.SHADOWED}
                for intent in met:
                    if intent.key not in keys and self._email(intent) in alone:
                        # Matching leaves a shadowed record out, so deciding anew would end here again, for ever.
                        self._belongs(tx, intent, alone[self._email(intent)])
                    else:
                        self._again(tx, [intent])
        return {i.id for i in met}

    def _email(self, intent: Intent) -> str:
        names = self.engine.definition.identity.get(self.side, {}).get(self.obj, {})
        return next((str(c.after).lower() for c in intent.changes if c.native == names.get("email")), "")

    # -- the calls --------------------------------------------------------------------------------------------
    def _send(
        self, writes: dict[int, tuple[Intent, Write]], *, marked: bool = False
    ) -> dict[int, tuple[Intent, Write]]:
        """Send, record, and return what is to be tried again at once (without its refused fields)."""
        if not marked:
            with self.engine.store.transaction() as tx:
                tx.sent(list(writes), self.session.generation, self.engine.clock.now())
        parts = together(list(writes.values()), self.connector.batch_size(self.obj))
        calls = [partial(self.connector.write, self.obj, [w for _, w in part]) for part in parts]
        out, failed = Sorted(), list[tuple[CrmsyncError, list[Intent]]]()
        for part, answer in zip(parts, self.engine.flights.run(calls), strict=True):
            if isinstance(answer, CrmsyncError):
                failed.append((answer, [i for i, _ in part]))
            else:
                self._sort(out, {r.ref: r for r in answer}, part)
        again = self._record(out) if len(failed) < len(parts) else {}
        if failed:
            self._failed(failed, [i for i, _ in again.values()])
        return again

    def _failed(self, failed: Sequence[tuple[CrmsyncError, list[Intent]]], unsent: Sequence[Intent]) -> None:
        """Calls that came to nothing, or nobody knows to what. Raises the worst of their errors."""
        with self.engine.store.transaction() as tx:
            self._again(tx, unsent)
            for error, intents in failed:
                if isinstance(error, TransientError) and not error.maybe_written:
                    self._again(tx, intents)
                elif isinstance(error, TransientError):
                    self._cool(tx, intents)
        raise min((error for error, _ in failed), key=lambda error: isinstance(error, TransientError))

    def _sort(
        self, out: Sorted, results: Mapping[int, WriteResult], part: Sequence[tuple[Intent, Write]]
    ) -> None:
        for intent, write in part:
            result = results.get(write.ref) or WriteResult(write.ref, Verdict.TRANSIENT, maybe_written=True)
            match result.verdict:
                case Verdict.DONE:
                    out.done.append((intent, result.id or intent.native_id, result.stored))
                    if intent.kind is Kind.CREATE and not result.created:
                        out.met.add(intent.id)
                case Verdict.REJECTED:
                    refusal = self.refusals.of(intent, result)
                    out.parked += refusal.parked
                    if refusal.without:
                        out.retry.append((intent, refusal.without))
                    else:
                        out.refused.append(intent)
                case Verdict.STALE:
                    out.stale.append(intent)
                case Verdict.GONE:
                    out.gone.append(intent)
                case Verdict.EXISTS:
                    out.existing.append((intent, result.id or ""))
                case Verdict.TRANSIENT:
                    passing = out.held if result.code else out.stale
                    (out.unknown if result.maybe_written else passing).append(intent)

    # -- recording --------------------------------------------------------------------------------------------
    def _record(self, out: Sorted) -> dict[int, tuple[Intent, Write]]:
        # Before anything is recorded: a kill in between leaves the intents `sent`, and recovery asks the same.
        looked = look(self.engine, self.report, [Written(*one) for one in out.done], out.met)
        out.unknown += [i for i, _, _ in out.done if i.id in looked.unread]
        out.done = [one for one in out.done if one[0].id not in looked.unread]
        now = self.engine.clock.now()
        again: dict[int, tuple[Intent, Write]] = {}
        with self.engine.store.transaction() as tx:
            tx.done(out.done, now)
            tx.settle([s for intent, _, stored in out.done if (s := rewritten(intent, stored))], now)
            tx.park([self.refusals.marked(tx, p, out.refused) for p in out.parked], now)
            tx.end([i.id for i in out.refused], Status.PARKED, now)
            self._again(tx, out.stale)
            self._wait(tx, out.held)
            self._missing(tx, out.gone)
            self._cool(tx, out.unknown)
            for intent, names in out.retry:
                smaller = tx.shrink(intent, names)
                again[smaller.id] = smaller, self._write(smaller)
            ended = [i for i, _, _ in out.done] + out.refused
            tx.clean([(i.link_id, i.seq) for i in ended])
            log_writes(self.engine, tx, self.session.cycle, [i for i, _, _ in out.done])
            raced = keep_races(self.engine, self.session, tx, looked.races, now)
        self.report.raced += raced
        if out.existing:
            self._existing(out.existing)
        tally = self.report.applied[self.side]
        if self.kind is Kind.CREATE:
            tally.create += len(out.done)
            self.report.linked += len(out.done)
        else:
            tally.update += len(out.done)
        tally.skipped += len(out.stale) + len(out.held) + len(out.gone) + len(out.existing)
        return again

    def _again(self, tx: Tx, intents: Sequence[Intent]) -> None:
        tx.end([i.id for i in intents], Status.STALE, self.engine.clock.now())
        tx.mark_dirty([i.link_id for i in intents], Lane.CHANGES, "stale")

    def _wait(self, tx: Tx, intents: Sequence[Intent]) -> None:
        """Somebody else holds the row: it waits by itself, longer each time, and is decided anew from what is there then."""
        now = self.engine.clock.now()
        tx.end([i.id for i in intents], Status.STALE, now)
        for link in tx.load([i.link_id for i in intents]):
            cause, pause = wait(link.cause, self.engine.chance())
            tx.mark_dirty([link.id], Lane.CHANGES, cause)
            tx.cool([link.id], now + pause)

    def _missing(self, tx: Tx, intents: Sequence[Intent]) -> None:
        """The record is gone; its tombstone comes with the next read, so the link rests until then."""
        tx.end([i.id for i in intents], Status.STALE, self.engine.clock.now())
        tx.mark_dirty([i.link_id for i in intents], Lane.CHANGES, ABSENT)
        tx.cool([i.link_id for i in intents], self.engine.clock.now() + MISSING_COOL)

    def _absent(self, tx: Tx, intents: Sequence[Intent]) -> None:
        """A record that is not there when read by id, twice, is gone without a tombstone. Many at once are lost sharing."""
        before = {link.id for link in tx.load([i.link_id for i in intents]) if link.cause == ABSENT}
        twice = [i.native_id for i in intents if i.link_id in before]
        if len(twice) > MOST_ABSENT:
            self.report.problems.append(
                f"{self.side}: {len(twice)} {self.obj} records are no longer there, nor among the deleted; "
                "check that the crmsync user still sees them"
            )
        elif twice:
            tx.bury(self.side, self.obj, twice, self.engine.clock.now())

    def _cool(self, tx: Tx, intents: Sequence[Intent]) -> None:
        """Left `sent`: the write may have landed or may still land. Recovery reads before anything is written."""
        until = self.engine.clock.now() + timedelta(seconds=self.engine.settle_s)
        tx.cool([i.link_id for i in intents], until)
        tx.mark_dirty([i.link_id for i in intents], Lane.CHANGES, "unknown")
        self.report.cooling += len(intents)

    def _existing(self, met: Sequence[tuple[Intent, str]]) -> None:
        """A create met a record: it is read, and linking decides. One with another primary address is nobody's guess."""
        definition = self.engine.definition
        found: dict[str, Record] = {}
        for obj in self.session.people[self.side]:
            fields = people_fields(definition, self.connector, obj)
            ids = sorted({native for _, native in met if native} - set(found))
            found |= {r.id: r for r in (self.connector.read(obj, ids, fields) if ids else [])}
        with self.engine.store.transaction() as tx:
            live = [r for r in found.values() if not r.deleted]
            self.session.observer.keep(tx, live, "exists", self.engine.clock.now(), Lane.CHANGES)
            for intent, native in met:
                self._meet(tx, intent, native, found.get(native))

    def _meet(self, tx: Tx, intent: Intent, native: str, record: Record | None) -> None:
        names = self.engine.definition.identity.get(self.side, {}).get(record.object, {}) if record else {}
        theirs = str(record.values.get(names.get("email", "")) or "").lower() if record else ""
        if theirs and theirs == self._email(intent):
            self._again(tx, [intent])
        else:
            self._belongs(tx, intent, native)

    def _belongs(self, tx: Tx, intent: Intent, native: str) -> None:
        """The address is another record's, and whether that is the same person is nobody's guess."""
        now, version = self.engine.clock.now(), self.engine.definition.version
        source = self.refusals.source(tx, intent)
        mark = record_mark(source, self.side, version) if source else intent.digest
        cause = f"{self.side} says that this address already belongs to {native or 'another record'}"
        fix = "merge the two records there, or correct the address; it is tried again when the person changes"
        tx.park([Parked(intent.link_id, self.side, self.obj, native, "", "ambiguous", cause, fix, mark)], now)
        tx.end([intent.id], Status.PARKED, now)
        tx.clean([(intent.link_id, intent.seq)])
