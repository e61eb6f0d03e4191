"""Which live records of an object the store knows within a range of ids, in the vendors' order. Changes nothing."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from crmsync.model.values import Side
from crmsync.store import schema as t
from crmsync.store.db import CID, Db
from crmsync.store.rows import LIVE

LONGEST: Final = 18
"""Digits or letters of the longest id that a vendor gives."""


def _between(by_byte: sa.ColumnElement[str]) -> sa.Select[tuple[str]]:
    low, high, long = (
        sa.bindparam(n, type_=k) for n, k in (("low", sa.Text), ("high", sa.Text), ("long", sa.Integer))
    )
    return (
        sa.select(t.side.c.native_id)
        .where(
            t.side.c.connection_id == CID,
            t.side.c.side == sa.bindparam("side", type_=sa.Text),
            t.side.c.object == sa.bindparam("object", type_=sa.Text),
            by_byte > low,
            by_byte <= high,
            sa.func.length(t.side.c.native_id) == long,
            t.side.c.role.in_(LIVE),
        )
        .order_by(by_byte)
        .limit(sa.bindparam("most"))
    )


_BETWEEN: Final = {
    "sqlite": _between(t.side.c.native_id),
    "postgresql": _between(t.side.c.native_id.collate("C")),
}


def live_between(db: Db, side: Side, obj: str, after: str, upto: str, limit: int) -> list[str]:
    """See `Tx.live_between`. A shorter id comes first: numbers are in their order."""
    found: list[str] = []
    for long in range(max(1, len(after)), (len(upto) or LONGEST) + 1):
        low = after if long == len(after) else ""
        high = upto if long == len(upto) else "~" * long  # above every letter and digit
        rows = db.rows(
            _BETWEEN[db.dialect],
            side=side,
            object=obj,
            low=low,
            high=high,
            long=long,
            most=limit - len(found),
        )
        found += [row.native_id for row in rows]
        if len(found) >= limit:
            break
    return found
