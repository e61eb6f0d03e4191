"""The journal of writes: sent, done, ended, shrunk. A done write moves base, seen and rows in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Intent, Kind, Role, Status
from crmsync.model.values import Side, Values
from crmsync.store import leasing
from crmsync.store import schema as t
from crmsync.store.codec import blanks, change_list, dump, load, plain, to_intent, to_ms
from crmsync.store.db import CID, Db, in_ids
from crmsync.store.holding import APPROVED, among_approved, fulfilled
from crmsync.store.linking import INSERT_ROW, linked_on, new_row
from crmsync.store.settling import advance, agree, close, unpark_records

_I: Final = t.intent.c
_SENT: Final = (
    sa.update(t.intent)
    .where(_I.connection_id == CID, _I.id.in_(in_ids()))
    .values(status=Status.SENT.value, attempts=_I.attempts + 1, sent_at=sa.bindparam("at"))
)
_ENDED: Final = (
    sa.update(t.intent)
    .where(_I.connection_id == CID, _I.id.in_(in_ids()))
    .values(status=sa.bindparam("new_status"), ended_at=sa.bindparam("at"), note=sa.bindparam("new_note"))
)
_SHRINK: Final = (
    sa.update(t.intent)
    .where(_I.id == sa.bindparam("intent_id"))
    .values(
        status=Status.PLANNED.value, changes=sa.bindparam("new_changes"), blanks=sa.bindparam("new_blanks")
    )
)
_OPEN: Final = (
    sa.select(t.intent)
    .where(_I.connection_id == CID, _I.status.in_((Status.PLANNED.value, Status.SENT.value)))
    .order_by(_I.id)
)
_WRITTEN_ROWS: Final = sa.select(t.side.c.id, t.side.c.native_id, t.side.c.object, t.side.c.role).where(
    t.side.c.connection_id == CID,
    t.side.c.side == sa.bindparam("side"),
    t.side.c.native_id.in_(in_ids()),
)
_OBSERVED: Final = sa.select(t.observation).where(t.observation.c.side_id.in_(in_ids()))
_SET_OBSERVED: Final = (
    sa.update(t.observation)
    .where(t.observation.c.side_id == sa.bindparam("row_id"))
    .values(data=sa.bindparam("new_data"))
)
_SET_KEY: Final = (
    sa.update(t.side).where(t.side.c.id == sa.bindparam("row_id")).values(key=sa.bindparam("new_key"))
)


def sent(db: Db, ids: Sequence[int], generation: int, now: datetime) -> None:
    """See `Tx.sent`. The lease row stays locked to the end, so nobody takes over in between."""
    leasing.check(db, generation)
    db.run_in(_SENT, ids, at=to_ms(now))


def done(db: Db, intents: Sequence[tuple[Intent, str, Values]], now: datetime) -> None:
    """See `Tx.done`."""
    rows, made = _rows_written(db, intents, now)
    agreed: dict[int, Values] = {}
    seen: dict[int, Values] = {}
    written: dict[int, Values] = {}
    keys: dict[int, str] = {}
    for intent, native_id, stored in intents:
        row_id = rows[(intent.side, intent.object, native_id or intent.native_id)]
        if row_id not in made:
            now_seen, unconfirmed = _as_written(intent, stored)
            seen.setdefault(row_id, {}).update(now_seen)
            if unconfirmed:
                written.setdefault(row_id, {}).update(unconfirmed)
        for change in intent.changes:
            if change.settles:
                agreed.setdefault(intent.link_id, {})[change.name] = change.agreed
            if change.source_row and change.source_native:
                seen.setdefault(change.source_row, {})[change.source_native] = change.source_value
            if intent.key and change.after == intent.key and row_id not in made:
                keys[row_id] = intent.key
    agree(db, agreed)
    close(db, ((link, name) for link, values in agreed.items() for name in values), now)
    unpark_records(db, ((i.link_id, i.native_id) for i, _, _ in intents if i.kind is Kind.UPDATE), now)
    advance(db, seen, written, now)
    _correct_observed(db, {row_id: seen[row_id] for row_id in rows.values() if row_id in seen})
    db.many(_SET_KEY, [{"row_id": row_id, "new_key": plain(key)} for row_id, key in keys.items()])
    approved = among_approved(db, [intent.digest for intent, _, _ in intents])
    by_hand = [intent.id for intent, _, _ in intents if intent.digest in approved]
    end(db, [intent.id for intent, _, _ in intents if intent.digest not in approved], Status.DONE, now)
    end(db, by_hand, Status.DONE, now, APPROVED)
    fulfilled(db, [intent.digest for intent, _, _ in intents])


def _as_written(intent: Intent, stored: Values) -> tuple[Values, Values]:
    """(what the record holds now, what of it no echo has confirmed), by native field."""
    seen = {c.native: stored.get(c.native, c.after) for c in intent.changes}
    return seen, {c.native: c.after for c in intent.changes if c.native not in stored}


def _rows_written(
    db: Db, intents: Sequence[tuple[Intent, str, Values]], now: datetime
) -> tuple[dict[tuple[Side, str, str], int], set[int]]:
    """The row of each record written, and which of them are new and hold all that was written already.

    A create makes its row; one that a read made meanwhile stays as it is.
    """
    made: set[int] = set()
    found: dict[tuple[Side, str, str], int] = {}
    creates: dict[Side, list[tuple[Intent, str, Values]]] = {}
    lookups: dict[Side, list[str]] = {}
    for intent, native_id, stored in intents:
        name = native_id or intent.native_id
        if intent.row_id:
            found[(intent.side, intent.object, name)] = intent.row_id
            continue
        lookups.setdefault(intent.side, []).append(name)
        if intent.kind is Kind.CREATE:
            creates.setdefault(intent.side, []).append((intent, name, stored))
    for side, born in creates.items():
        numbers = db.ids(len(born))
        made.update(numbers)
        db.many(
            INSERT_ROW,
            [
                _born(db, number, i, name, stored, now)
                for number, (i, name, stored) in zip(numbers, born, strict=True)
            ],
        )
        linked_on(db, side, [i.link_id for i, _, _ in born])
    for side, names in lookups.items():
        for row in db.rows_in(_WRITTEN_ROWS, names, side=side):
            found[(side, row.object, row.native_id)] = row.id
    return found, made


def _born(db: Db, number: int, intent: Intent, name: str, stored: Values, now: datetime) -> dict[str, Any]:
    seen, unconfirmed = _as_written(intent, stored)
    row = new_row(
        db, number, intent.link_id, intent.side, intent.object, name, Role.PRIMARY, intent.key, seen
    )
    return {
        **row,
        "written": dump(unconfirmed) if unconfirmed else "",
        "written_at": to_ms(now) if unconfirmed else None,
    }


def _correct_observed(db: Db, seen: dict[int, Values]) -> None:
    """A read from before our write is corrected by it, else it would look like somebody undoing the write."""
    db.many(
        _SET_OBSERVED,
        [
            {"row_id": row.side_id, "new_data": dump({**load(row.data), **seen[row.side_id]})}
            for row in db.rows_in(_OBSERVED, seen)
        ],
    )


def end(db: Db, ids: Sequence[int], status: Status, now: datetime, note: str = "") -> None:
    """Close intents, or put one back to an earlier state with `status`."""
    over = status not in (Status.PROPOSED, Status.PLANNED, Status.SENT)
    db.run_in(_ENDED, ids, new_status=status.value, at=to_ms(now) if over else None, new_note=plain(note))


def shrink(db: Db, intent: Intent, names: Sequence[str]) -> Intent:
    """See `Tx.shrink`. `names` are canonical field names; the digest stays that of the operation approved."""
    gone = frozenset(names)
    left = tuple(c for c in intent.changes if c.name not in gone)
    db.run(_SHRINK, intent_id=intent.id, new_changes=change_list(left), new_blanks=blanks(left))
    return replace(intent, changes=left, status=Status.PLANNED)


def open_intents(db: Db) -> list[Intent]:
    return [to_intent(row) for row in db.rows(_OPEN)]
