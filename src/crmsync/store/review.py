"""What a person decides in review: a conflict resolved, a parked field tried again or dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Lane
from crmsync.model.values import Side
from crmsync.store import schema as t
from crmsync.store.codec import to_ms
from crmsync.store.db import CID, Db
from crmsync.store.marking import mark
from crmsync.store.store import SqlStore

PING_PONG: Final = "ping_pong"
"""The code of a parked field that two writers fight over."""

_TABLES: Final = {"c": t.conflict, "p": t.parked}


def resolve(store: SqlStore, item: str, side: Side, now: datetime) -> bool:
    """Decide conflict `item` ("c12") for a side; it is carried out in the next cycle. False: no such conflict.

    A field that is parked because two writers fight over it ("p7") can be decided as well.
    The link is marked dirty with cause `resolve:<field>:<side>`, and `Link.resolved` says so until it is done.
    """
    with store.writing() as db:
        row = _fought_over(db, item, now) or _current(db, item, t.conflict)
        if row is None:
            return False
        chosen = {"winner": side, "resolved": True, "rule": "review", "decided_at": to_ms(now)}
        db.run(sa.update(t.conflict).where(t.conflict.c.id == row.id).values(chosen))
        mark(db, [row.link_id], Lane.CHANGES, f"resolve:{row.field}:{side}")
        return True


def retry(store: SqlStore, item: str, now: datetime) -> bool:
    """Try parked `item` ("p7") again in the next cycle. False: no such item."""
    with store.writing() as db:
        row = _current(db, item, t.parked)
        if row is None:
            return False
        _close(db, t.parked, row.id, now)
        mark(db, [row.link_id], Lane.CHANGES, "retry")
        return True


def drop(store: SqlStore, item: str, now: datetime) -> bool:
    """Take `item` off the list and leave both sides as they are. False: no such item.

    The same pair of values, or the same value under the same definition, is not reported again: a conflict
    counts as decided by `drop`, a parked row stays as known but leaves the list when its value changes.
    """
    with store.writing() as db:
        table = _TABLES.get(item[:1])
        row = None if table is None else _current(db, item, table)
        if row is None:
            return False
        if table is t.conflict:
            kept = {"winner": "none", "rule": "drop", "decided_at": to_ms(now)}
            db.run(sa.update(t.conflict).where(t.conflict.c.id == row.id).values(kept))
        else:
            db.run(sa.update(t.parked).where(t.parked.c.id == row.id).values(dropped=True))
        return True


def _current(db: Db, item: str, table: sa.Table) -> sa.Row[Any] | None:
    """The current row of a review id that belongs to this table."""
    number = item[1:]
    if _TABLES.get(item[:1]) is not table or not (number.isascii() and number.isdigit()):
        return None
    stmt = sa.select(table.c.id, table.c.link_id, table.c.field).where(
        table.c.connection_id == CID, table.c.id == sa.bindparam("item"), table.c.closed_at.is_(None)
    )
    return next(iter(db.rows(stmt, item=int(number))), None)


def _fought_over(db: Db, item: str, now: datetime) -> sa.Row[Any] | None:
    """End a parked fight; the conflict to decide in its place, made where there is none."""
    row = _current(db, item, t.parked)
    code = sa.select(t.parked.c.code).where(t.parked.c.id == sa.bindparam("item"))
    if row is None or db.rows(code, item=row.id)[0].code != PING_PONG:
        return None
    _close(db, t.parked, row.id, now)
    wanted = sa.select(t.conflict.c.id, t.conflict.c.link_id, t.conflict.c.field).where(
        t.conflict.c.link_id == row.link_id, t.conflict.c.field == row.field, t.conflict.c.closed_at.is_(None)
    )
    if not db.rows(wanted):
        made = {"connection_id": db.cid, "link_id": row.link_id, "field": row.field, "digest": PING_PONG}
        rest = {
            "data": "{}",
            "winner": "",
            "resolved": False,
            "rule": "review",
            "cause": "",
            "since": to_ms(now),
        }
        db.many(sa.insert(t.conflict), [{**made, **rest, "decided_at": None, "closed_at": None}])
    return db.rows(wanted)[0]


def _close(db: Db, table: sa.Table, row_id: int, now: datetime) -> None:
    db.run(sa.update(table).where(table.c.id == row_id).values(closed_at=to_ms(now)))
