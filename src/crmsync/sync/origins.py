"""A key names the record that it was made for: before a create on that record's own side it is read by id.

It was there at first sight, so a second one is never made for it, whatever a search finds. What became of it is kept, so
that linking finds it: it is there, it was converted, it was merged. Where it is gone the create is parked. Creates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from crmsync.model.links import Intent, Lane, Parked, Role, Status
from crmsync.model.records import Record
from crmsync.model.transaction import Tx
from crmsync.model.values import Side, other
from crmsync.reconcile.birth import record_mark
from crmsync.reconcile.identity import named
from crmsync.sync.engine import Engine
from crmsync.sync.refusals import Refusals
from crmsync.sync.session import Session
from crmsync.sync.watch import people_fields

_FIX: Final = (
    "restore that record, or merge this person with whoever took its place; to have it created anew, clear the key "
    "on this record; it is tried again when the person changes"
)


def ask_origins(
    engine: Engine, session: Session, refusals: Refusals, side: Side, intents: Sequence[Intent]
) -> set[int]:
    """The ids of the creates that are not to be sent, because their key was made for a record of this very side."""
    asked = {i.id: native for i in intents if (native := named(i.key, side, session.accounts))}
    if not asked:
        return set()
    found = _read(engine, session, side, sorted(set(asked.values())))
    with engine.store.transaction() as tx:
        now = engine.clock.now()
        live = {r.id: r for r in found.values() if not r.deleted}
        session.observer.keep(tx, list(live.values()), "named", now, Lane.CHANGES)
        known = _follow(tx, side, found, now)
        mine = [i for i in intents if i.id in asked]
        again = [i for i in mine if asked[i.id] in known]
        for intent in again:
            _unite(tx, intent, asked[intent.id], found, now)
        tx.end([i.id for i in again], Status.STALE, now)
        tx.mark_dirty([i.link_id for i in again], Lane.CHANGES, "named")
        gone = [i for i in mine if asked[i.id] not in known]
        tx.park([_parked(engine, tx, refusals, i, asked[i.id], found) for i in gone], now)
        tx.end([i.id for i in gone], Status.PARKED, now)
        tx.clean([(i.link_id, i.seq) for i in gone])
    return set(asked)


def _read(engine: Engine, session: Session, side: Side, ids: Sequence[str]) -> dict[str, Record]:
    """What these ids mean now, by every id that was asked or is named by an answer: heirs and survivors are read too."""
    found: dict[str, Record] = {}
    wanted = list(ids)
    while wanted:
        for obj in session.people[side]:
            fields = people_fields(engine.definition, engine.connectors[side], obj)
            for record in engine.connectors[side].read(obj, wanted, fields):
                found |= {alias: record for alias in record.aliases if alias not in found}
                found[record.id] = record
        named_ = [r.merged_into or r.converted_to for r in found.values() if r.merged_into or r.converted_to]
        wanted = sorted({n for n in named_ if n} - found.keys() - set(wanted))
    return found


def _follow(tx: Tx, side: Side, found: Mapping[str, Record], now: datetime) -> set[str]:
    """Remember what merged ids mean now. Returns the ids through which linking finds somebody."""
    heirs = {old: r.merged_into if r.deleted else r.id for old, r in found.items()}
    merged = {old: new for old, new in heirs.items() if new and new != old}
    rows = tx.by_native(side, sorted({*heirs, *merged.values()}))
    for old, new in merged.items():
        if new in rows and old not in rows:
            row = rows[new]
            tx.add_row(row.link_id, side, row.object, old, Role.ALIAS, "", {}, now)
    known = tx.by_native(side, sorted(heirs))
    return {n for n, row in known.items() if row.role not in (Role.GONE, Role.SHADOWED)}


def _unite(tx: Tx, intent: Intent, native: str, found: Mapping[str, Record], now: datetime) -> None:
    """One person from now on: the create that is planned for a converted record's heir would be the second one.

    Where the others have a counterpart already it is left to linking, which says so.
    """
    heir = found[native].converted_to if native in found else None
    rows = tx.by_native(intent.side, [native, *([heir] if heir else [])])
    others = tx.load(sorted({r.link_id for r in rows.values()} - {intent.link_id}))
    if any(link.primary(other(intent.side)) for link in others):
        return
    for link in others:
        tx.merge_links(intent.link_id, link.id, "key", now)


def _parked(
    engine: Engine, tx: Tx, refusals: Refusals, intent: Intent, native: str, found: Mapping[str, Record]
) -> Parked:
    source = refusals.source(tx, intent)
    mark = record_mark(source, intent.side, engine.definition.version) if source else intent.digest
    record = found.get(native)
    what = "deleted" if record is None or record.deleted else "merged into somebody else"
    cause = f"its key was made for {intent.side} record {native}, which was {what}: it is not created a second time"
    return Parked(intent.link_id, intent.side, intent.object, native, "", "origin_gone", cause, _FIX, mark)
