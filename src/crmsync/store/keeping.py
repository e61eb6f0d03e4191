"""Cursors, meta values, the API budget, the event log, and what is thrown away when its horizon has passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from crmsync.model.links import Written
from crmsync.model.values import Side
from crmsync.store import schema as t
from crmsync.store.codec import dump, from_ms, load, to_ms
from crmsync.store.db import CID, Db, Upsert, in_ids
from crmsync.store.marking import OPEN

FIELDS: Final = "\n"
"""Stands between the fields of one write in `event`, and between their hashes."""

_CURSOR: Final = sa.select(t.cursor.c.data).where(
    t.cursor.c.connection_id == CID,
    t.cursor.c.side == sa.bindparam("side"),
    t.cursor.c.object == sa.bindparam("object"),
)
_SET_CURSOR: Final = Upsert(t.cursor, ["connection_id", "side", "object"], {})
_META: Final = sa.select(t.meta.c.value).where(
    t.meta.c.connection_id == CID, t.meta.c.name == sa.bindparam("name")
)
_SET_META: Final = Upsert(t.meta, ["connection_id", "name"], {})
_SPEND: Final = Upsert(
    t.budget, ["connection_id", "day", "side", "purpose"], {"calls": lambda old, new: old + new}
)
_EVENT: Final = sa.insert(t.event)
_SPENT: Final = sa.select(sa.func.coalesce(sa.func.sum(t.budget.c.calls), 0)).where(
    t.budget.c.connection_id == CID,
    t.budget.c.day == sa.bindparam("day"),
    t.budget.c.side == sa.bindparam("side"),
)
_OLD: Final = sa.bindparam("old", type_=sa.BigInteger)
_PRUNE: Final = (
    sa.delete(t.intent).where(
        t.intent.c.connection_id == CID, t.intent.c.ended_at < _OLD, t.intent.c.status.not_in(OPEN)
    ),
    sa.delete(t.parked).where(t.parked.c.connection_id == CID, t.parked.c.closed_at < _OLD),
    sa.delete(t.conflict).where(t.conflict.c.connection_id == CID, t.conflict.c.closed_at < _OLD),
    sa.delete(t.event).where(t.event.c.connection_id == CID, t.event.c.at < _OLD),
)
_PRUNE_APPROVED: Final = sa.delete(t.hold_item).where(
    t.hold_item.c.connection_id == CID,
    t.hold_item.c.approved,
    ~sa.exists().where(t.dirty.c.link_id == t.hold_item.c.link_id),
)
_PRUNE_BUDGET: Final = sa.delete(t.budget).where(
    t.budget.c.connection_id == CID, t.budget.c.day < sa.bindparam("day")
)
_WRITTEN: Final = (
    sa.select(t.event.c.link_id, t.event.c.side, t.event.c.field, t.event.c.hash, t.event.c.at)
    .where(
        t.event.c.connection_id == CID,
        t.event.c.link_id.in_(in_ids()),
        t.event.c.kind.in_(("create", "update")),
        t.event.c.at >= sa.bindparam("since", type_=t.BIG),
    )
    .order_by(t.event.c.id)
)
_FREED: Final = (
    sa.select(t.parked.c.link_id, t.parked.c.field, sa.func.max(t.parked.c.closed_at).label("at"))
    .where(
        t.parked.c.link_id.in_(in_ids()),
        t.parked.c.code == sa.bindparam("code"),
        t.parked.c.closed_at.is_not(None),
    )
    .group_by(t.parked.c.link_id, t.parked.c.field)
)


def cursor(db: Db, side: Side, obj: str) -> Mapping[str, str] | None:
    found = db.rows(_CURSOR, side=side, object=obj)
    return load(found[0].data) if found else None


def set_cursor(db: Db, side: Side, obj: str, cursor: Mapping[str, str]) -> None:
    row = {"connection_id": db.cid, "side": side, "object": obj, "data": dump(dict(cursor))}
    db.many(_SET_CURSOR, [row])


def get(db: Db, name: str) -> str | None:
    found = db.rows(_META, name=name)
    return found[0].value if found else None


def put(db: Db, name: str, value: str) -> None:
    db.many(_SET_META, [{"connection_id": db.cid, "name": name, "value": value}])


def spend(db: Db, side: Side, purpose: str, calls: int, day: str) -> None:
    row = {"connection_id": db.cid, "side": side, "purpose": purpose, "calls": calls, "day": day}
    db.many(_SPEND, [row])


def spent(db: Db, side: Side, day: str) -> int:
    found: int = db.rows(_SPENT, side=side, day=day)[0][0]
    return found


def log(
    db: Db, cycle: str, kind: str, entries: Sequence[tuple[int, Side | None, str, str]], now: datetime
) -> None:
    """See `Tx.log`. One row for each person and side: its fields and their hashes are lists, `FIELDS` between two."""
    row = {"connection_id": db.cid, "cycle": cycle, "kind": kind, "at": to_ms(now)}
    written: dict[tuple[int, str], tuple[list[str], list[str]]] = {}
    for link, side, name, digest in entries:
        names, digests = written.setdefault((link, side or ""), ([], []))
        names.append(name)
        digests.append(digest)
    db.many(
        _EVENT,
        [
            {**row, "link_id": link, "side": side, "field": FIELDS.join(names), "hash": FIELDS.join(digests)}
            for (link, side), (names, digests) in written.items()
        ],
    )


def written(
    db: Db, link_ids: Sequence[int], since: datetime, code: str
) -> dict[tuple[int, str], list[Written]]:
    """See `Tx.written`."""
    found: dict[tuple[int, str], list[Written]] = {}
    for row in db.rows_in(_WRITTEN, link_ids, since=to_ms(since)):
        for name, digest in zip(row.field.split(FIELDS), row.hash.split(FIELDS), strict=True):
            found.setdefault((row.link_id, name), []).append(Written(row.side, digest, from_ms(row.at)))
    for row in db.rows_in(_FREED, {link for link, _ in found}, code=code):
        past = found.get((row.link_id, row.field), [])
        found[row.link_id, row.field] = [w for w in past if to_ms(w.at) > row.at]
    return found


def recorded(db: Db) -> tuple[int, int]:
    """How many conflicts and how many parked rows there are, closed ones included."""
    found = [
        db.rows(sa.select(sa.func.count()).where(c.connection_id == CID)) for c in (t.conflict.c, t.parked.c)
    ]
    return found[0][0][0], found[1][0][0]


def prune(db: Db, now: datetime, horizon: timedelta) -> int:
    """Throw away ended intents (with their before-images), closed findings, the log and budgets older than `horizon`."""
    old = now - horizon
    gone = sum(db.run(stmt, old=to_ms(old)) for stmt in _PRUNE)
    gone += db.run(_PRUNE_APPROVED)
    return gone + db.run(_PRUNE_BUDGET, day=f"{old:%Y-%m-%d}")
