"""Finds what a write without a precondition covered: an edit saved between our last look and our write.

Reads the history of what was written, before the write is recorded as done; what it finds is kept as a conflict and
decided again with the covered value in its side's place. Decides nothing itself and writes nothing to a CRM.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from crmsync.definition.definition import Definition
from crmsync.errors import CrmsyncError, FatalError, TransientError
from crmsync.mapping.fields.codec import BadValue, Directory, equal, read
from crmsync.mapping.fields.types import Direction, FieldMap
from crmsync.model.links import Change, Conflict, Intent, Kind, Lane, Link, Settlement
from crmsync.model.records import Version
from crmsync.model.transaction import Tx
from crmsync.model.values import Side, Value, Values, other
from crmsync.reconcile.digest import digest
from crmsync.reconcile.ends import COVERED, same
from crmsync.sync.engine import Engine, Report
from crmsync.sync.firms import firm_fields, firms_near
from crmsync.sync.session import Session

SIDE: Side = "hubspot"
"""The side that has no condition for a write and keeps the past of every property."""

LOOK = 50
"""Records a call: HubSpot gives the past of no more (docs: batch read of contacts)."""


@dataclass(frozen=True, slots=True)
class Written:
    """An intent that was sent, the record it went to, and what the vendor echoed of it."""

    intent: Intent
    native_id: str
    stored: Values


@dataclass(frozen=True, slots=True)
class Trace:
    """What the history tells of one change: whether our value came to stand there, and whether it still does.

    `beneath` is the version that ours covered, where that is not the value we had read before.
    """

    landed: bool = False
    on_top: bool = False
    beneath: Version | None = None


Traces = Mapping[tuple[int, str], Trace]
"""By (intent, native field); changes that nobody asked about are missing."""


@dataclass(frozen=True, slots=True)
class Race:
    """An edit that one of our writes covered."""

    written: Written
    change: Change
    lost: Value
    on_top: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """The races found, and the intents whose history could not be read now: they stay `sent` until it is."""

    races: tuple[Race, ...] = ()
    unread: frozenset[int] = frozenset()


def watched(definition: Definition, intent: Intent) -> list[Change]:
    """The changes of an intent that somebody else may have made as well: of two-way fields, written to HubSpot."""
    if intent.side != SIDE:
        return []
    two_way = {f.name for f in definition.fields if f.direction is Direction.TWO_WAY}
    return [c for c in intent.changes if c.name in two_way and c.settles]


def look(engine: Engine, report: Report, done: Sequence[Written], met: Collection[int] = ()) -> Looked:
    """What these writes of one object covered. A create counts where it `met` a record.

    A history that HubSpot refuses leaves the writes unchecked, which the report says.
    """
    asked = [w for w in done if w.intent.kind is Kind.UPDATE or w.intent.id in met]
    asked = [w for w in asked if watched(engine.definition, w.intent)]
    if not asked:
        return Looked()
    try:
        return Looked(races_in(asked, traces(engine, asked)))
    except TransientError as error:
        report.problems.append(f"{SIDE}: {len(asked)} updates are yet to be checked for a lost race: {error}")
        return Looked(unread=frozenset(w.intent.id for w in asked))
    except FatalError as error:
        report.problems.append(f"{SIDE}: {len(asked)} updates could not be checked for a lost race: {error}")
        return Looked()


def races_in(written: Sequence[Written], found: Traces) -> tuple[Race, ...]:
    """The races among what was traced."""
    return tuple(
        Race(one, change, trace.beneath.value, trace.on_top)
        for one in written
        for change in one.intent.changes
        if (trace := found.get((one.intent.id, change.native))) is not None and trace.beneath is not None
    )


def traces(engine: Engine, written: Sequence[Written]) -> Traces:
    """Follow every watched change of these intents, all of one object, through the history of its property.

    Raises TransientError, FatalError.
    """
    asked = [(w, c) for w in written for c in watched(engine.definition, w.intent)]
    if not asked:
        return {}
    ids = list(dict.fromkeys(w.native_id for w, _ in asked))
    obj, fields = asked[0][0].intent.object, sorted({c.native for _, c in asked})
    past = _past(engine, obj, ids, fields)
    with engine.store.transaction() as tx:
        known = tx.by_native(SIDE, ids)
    return {
        (w.intent.id, c.native): _traced(
            past.get(w.native_id, {}).get(c.native, ()),
            w.stored.get(c.native, c.after),
            c.before,
            known[w.native_id].version if w.native_id in known else None,
            create=w.intent.kind is Kind.CREATE,
        )
        for w, c in asked
    }


def _past(
    engine: Engine, obj: str, ids: Sequence[str], fields: Sequence[str]
) -> dict[str, dict[str, tuple[Version, ...]]]:
    """The histories, so many records a call as HubSpot takes, several calls under way where the engine allows."""
    parts = [ids[start : start + LOOK] for start in range(0, len(ids), LOOK)]
    calls = [partial(engine.connectors[SIDE].history, obj, part, fields) for part in parts]
    found: dict[str, dict[str, tuple[Version, ...]]] = {}
    for answer in engine.flights.run(calls):
        if isinstance(answer, CrmsyncError):
            raise answer
        found |= answer
    return found


def _traced(
    versions: Sequence[Version], sent: Value, before: Value, read_at: datetime | None, *, create: bool
) -> Trace:
    """Find our version among those that came after the read the decision rests on (`read_at`, HubSpot's own stamp).

    Newest first. What lies above ours came later and is read as any edit. Where the value that we had read comes
    first, ours moved nothing: an equal one was there already, or it has not landed.
    """
    for at, version in enumerate(versions):
        if read_at is not None and version.at < read_at:
            return Trace()
        if version.ours and same(version.value, sent):
            beneath = versions[at + 1] if at + 1 < len(versions) else None
            if beneath is None or same(beneath.value, before) or (create and beneath.ours):
                return Trace(True, at == 0)
            return Trace(True, at == 0, beneath)
        if same(version.value, before) and (read_at is None or version.at <= read_at):
            return Trace()
    return Trace()


# -- keeping --------------------------------------------------------------------------------------------------
def keep_races(engine: Engine, session: Session, tx: Tx, races: Sequence[Race], now: datetime) -> int:
    """Keep what was covered, to be decided again; in the transaction that records the writes as done.

    Where somebody has saved the field since, that later edit goes on by itself and the covered value is only kept.
    Returns how many races count: another spelling of the same value is none.
    """
    if not races:
        return 0
    maps = {f.name: f for f in engine.definition.fields}
    links = {link.id: link for link in tx.load([r.written.intent.link_id for r in races])}
    near = [_with(links[r.written.intent.link_id], r) for r in races if r.written.intent.link_id in links]
    directory = replace(session.directory, firms=firms_near(tx, firm_fields(engine.definition), near))
    kept = [r for r in races if not _means(maps[r.change.name], session, directory, r)]
    again = [r for r in kept if r.on_top and _readable(maps[r.change.name], directory, r)]
    covered: dict[str, dict[str, Value]] = {}
    for race in again:
        covered.setdefault(race.written.native_id, {})[race.change.native] = race.lost
    tx.cover(SIDE, covered)
    tx.settle([_settlement(maps[r.change.name], directory, r, decided=r not in again) for r in kept], now)
    tx.mark_dirty([r.written.intent.link_id for r in again], Lane.CHANGES, "raced")
    return len(kept)


def _with(link: Link, race: Race) -> Link:
    """The link as it looks with the covered value, so that the firm it names is looked up as well."""
    lost = {race.change.native: race.lost}
    rows = tuple(
        replace(row, covered={**row.covered, **lost}) if row.native_id == race.written.native_id else row
        for row in link.rows
    )
    return replace(link, rows=rows)


def _means(fmap: FieldMap, session: Session, directory: Directory, race: Race) -> bool:
    """Whether the covered value means what we wrote."""
    obj = race.written.intent.object
    info = session.infos[SIDE, obj].fields.get(race.change.native)
    return equal(fmap, SIDE, obj, race.change.agreed, race.lost, info, directory)


def _readable(fmap: FieldMap, directory: Directory, race: Race) -> bool:
    try:
        read(fmap, SIDE, race.written.intent.object, race.lost, directory)
    except BadValue:
        return False
    return True


def _settlement(fmap: FieldMap, directory: Directory, race: Race, *, decided: bool) -> Settlement:
    """The conflict: open until it is decided again, with the digest that the merge will give the same pair."""
    intent, change = race.written.intent, race.change
    value = race.lost
    if _readable(fmap, directory, race):
        value = read(fmap, SIDE, intent.object, race.lost, directory)
    winner = other(SIDE)
    conflict = Conflict(
        intent.link_id,
        change.name,
        {SIDE: value, winner: change.agreed},
        winner if decided else "",
        "raced",
        digest(change.name, race.lost, change.source_value),
        cause=COVERED,
    )
    return Settlement(intent.link_id, 0, conflicts=(conflict,))
