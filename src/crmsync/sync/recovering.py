"""After a crash, a timeout or a takeover: settles what was sent by reading it. Writes nothing to a CRM.

adopted    the record holds what we wrote: the intent is done
dropped    it does not: the intent is stale and its link is decided again, once the request can no longer land
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from crmsync.model.links import Intent, Kind, Lane, Status
from crmsync.model.records import Record
from crmsync.model.values import Side
from crmsync.reconcile.merge import same
from crmsync.sync.engine import Engine
from crmsync.sync.events import log_writes
from crmsync.sync.session import Session
from crmsync.sync.watch import people_fields

CHUNK = 100


def recover(engine: Engine, session: Session) -> int:
    """Settle every open intent. Returns how many links cool, because a lost request may still land."""
    with engine.store.transaction() as tx:
        tx.drop_proposed()
        open_intents = [i for i in tx.open_intents() if i.status is Status.SENT]
    cooling = 0
    groups = sorted({(i.side, i.object, i.kind) for i in open_intents if i.object in session.people[i.side]})
    for side, obj, kind in groups:
        mine = [i for i in open_intents if (i.side, i.object, i.kind) == (side, obj, kind)]
        for start in range(0, len(mine), CHUNK):
            cooling += _settle(engine, session, side, obj, mine[start : start + CHUNK])
    return cooling


def _settle(engine: Engine, session: Session, side: Side, obj: str, intents: Sequence[Intent]) -> int:
    connector = engine.connectors[side]
    fields = people_fields(engine.definition, connector, obj)
    creates = [i for i in intents if i.kind is Kind.CREATE]
    updates = [i for i in intents if i.kind is not Kind.CREATE]
    found: dict[int, Record] = {}
    if creates:
        records = connector.find(obj, {connector.key_field: [i.key for i in creates]}, fields)
        by_key = {str(r.values.get(connector.key_field)): r for r in records}
        found |= {i.id: by_key[i.key] for i in creates if i.key in by_key}
    if updates:
        by_id = {r.id: r for r in connector.read(obj, [i.native_id for i in updates], fields)}
        found |= {i.id: by_id[i.native_id] for i in updates if i.native_id in by_id}
    adopted = [i for i in intents if i.id in found and _landed(i, found[i.id])]
    dropped = [i for i in intents if i not in adopted]
    now = engine.clock.now()
    still_landing = [
        i for i in dropped if i.sent_at is None or now < i.sent_at + timedelta(seconds=engine.settle_s)
    ]
    with engine.store.transaction() as tx:
        tx.done([(i, found[i.id].id, {}) for i in adopted], now)
        log_writes(engine, tx, session.cycle, adopted)
        tx.end([i.id for i in dropped], Status.STALE, now)
        # Adopted ones too: the rest of the link's plan went with the process.
        tx.mark_dirty([i.link_id for i in intents], Lane.CHANGES, "recovered")
        for intent in still_landing:
            until = (intent.sent_at or now) + timedelta(seconds=engine.settle_s)
            tx.cool([intent.link_id], until)
        records = [r for r in found.values() if not r.deleted]
        session.observer.keep(tx, records, "recovered", now, Lane.CHANGES)
    return len(still_landing)


def _landed(intent: Intent, record: Record) -> bool:
    return not record.deleted and all(same(record.values.get(c.native), c.after) for c in intent.changes)
