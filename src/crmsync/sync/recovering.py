"""After a crash, a timeout or a takeover: settles what was sent by reading it. Writes nothing to a CRM.

adopted    the record holds what we wrote, or its history shows that it did: the intent is done
dropped    it does not: the intent is stale and its link is decided again, once the request can no longer land
waiting    an update of HubSpot whose history is worth asking, and which may still land: it stays `sent` until then
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from crmsync.errors import FatalError
from crmsync.model.links import Intent, Kind, Lane, Status
from crmsync.model.records import Record
from crmsync.model.values import Side, Values
from crmsync.reconcile.ends import same
from crmsync.sync.engine import Engine, Report
from crmsync.sync.events import log_writes
from crmsync.sync.racing import Traces, Written, keep_races, races_in, traces, watched
from crmsync.sync.session import Session
from crmsync.sync.watch import people_fields

CHUNK = 100


def recover(engine: Engine, session: Session, report: Report) -> int:
    """Settle every open intent. Returns how many links cool, because a lost request may still land."""
    with engine.store.transaction() as tx:
        tx.drop_proposed()
        open_intents = [i for i in tx.open_intents() if i.status is Status.SENT]
    cooling = 0
    groups = sorted({(i.side, i.object, i.kind) for i in open_intents if i.object in session.people[i.side]})
    for side, obj, kind in groups:
        mine = [i for i in open_intents if (i.side, i.object, i.kind) == (side, obj, kind)]
        for start in range(0, len(mine), CHUNK):
            cooling += _settle(engine, session, report, side, obj, mine[start : start + CHUNK])
    return cooling


def _settle(
    engine: Engine, session: Session, report: Report, side: Side, obj: str, intents: Sequence[Intent]
) -> int:
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
    there = [Written(i, found[i.id].id, {}) for i in intents if i.id in found and not found[i.id].deleted]
    past = _traced(engine, report, there)
    now = engine.clock.now()
    young = {
        i.id for i in intents if i.sent_at is None or now < i.sent_at + timedelta(seconds=engine.settle_s)
    }
    landed = [
        replace(w, intent=_landed(w.intent, found[w.intent.id], past, young=w.intent.id in young))
        for w in there
    ]
    adopted = [w for w in landed if w.intent.changes]
    whole = {w.intent.id for w in adopted if w.intent in intents}
    still_landing = [i for i in intents if i.id not in whole and i.id in young]
    done = {w.intent.id for w in adopted}
    waiting = {i.id for i in still_landing if i.kind is Kind.UPDATE and watched(engine.definition, i)}
    with engine.store.transaction() as tx:
        tx.done([(w.intent, w.native_id, _confirmed(w.intent, past)) for w in adopted], now)
        log_writes(engine, tx, session.cycle, [w.intent for w in adopted])
        tx.end([i.id for i in intents if i.id not in done | waiting], Status.STALE, now)
        # Adopted ones too: the rest of the link's plan went with the process.
        tx.mark_dirty([i.link_id for i in intents], Lane.CHANGES, "recovered")
        for intent in still_landing:
            until = (intent.sent_at or now) + timedelta(seconds=engine.settle_s)
            tx.cool([intent.link_id], until)
        records = [r for r in found.values() if not r.deleted]
        session.observer.keep(tx, records, "recovered", now, Lane.CHANGES)
        raced = keep_races(engine, session, tx, races_in(adopted, past), now)
    report.raced += raced
    return len(still_landing)


def _traced(engine: Engine, report: Report, there: Sequence[Written]) -> Traces:
    """What the history tells of these writes; nothing where HubSpot refuses it, which the report says."""
    try:
        return traces(engine, there)
    except FatalError as error:
        report.problems.append(
            f"{len(there)} writes of unknown fate are judged without their history: {error}"
        )
        return {}


def _confirmed(intent: Intent, past: Traces) -> Values:
    """What the history shows to have stood there as it was sent: no read has to confirm it."""
    return {
        c.native: c.after
        for c in intent.changes
        if (t := past.get((intent.id, c.native))) is not None and t.landed
    }


def _landed(intent: Intent, record: Record, past: Traces, *, young: bool) -> Intent:
    """The intent with the changes that reached the record. Without word of the history it is all of them or none.

    What somebody made of a value since is no sign against it: the record's own history says that it was there. An
    equal value that the history does not show as ours is somebody else's, and a `young` request may land on it yet.
    """
    traced = [t for c in intent.changes if (t := past.get((intent.id, c.native))) is not None]
    if young and traced and not any(t.landed for t in traced):
        return replace(intent, changes=())
    seen = tuple(c for c in intent.changes if (t := past.get((intent.id, c.native))) is not None and t.landed)
    held = tuple(c for c in intent.changes if same(record.values.get(c.native), c.after))
    if len(held) == len(intent.changes):
        return intent
    return replace(intent, changes=tuple(c for c in intent.changes if c in held or c in seen) if seen else ())
