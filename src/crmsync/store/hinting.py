"""Keeping hints until a cycle has looked: each record once, a bounded number, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from crmsync.model.hints import Hint
from crmsync.model.values import Side
from crmsync.store import schema as t
from crmsync.store.db import CID, Db, Upsert

_H: Final = t.hint.c
_COUNT: Final = sa.select(sa.func.count()).select_from(t.hint).where(_H.connection_id == CID)
_KNOWN: Final = sa.select(_H.native_id).where(
    _H.connection_id == CID,
    _H.side == sa.bindparam("side"),
    _H.object == sa.bindparam("object"),
    _H.native_id == sa.bindparam("native"),
)
_KEEP: Final = Upsert(t.hint, ["connection_id", "side", "object", "native_id"], {})
_WAITING: Final = (
    sa.select(t.hint)
    .where(_H.connection_id == CID, _H.side == sa.bindparam("side"), _H.seq > sa.bindparam("after"))
    .order_by(_H.seq)
    .limit(sa.bindparam("most"))
)
_HEEDED: Final = sa.delete(t.hint).where(
    _H.connection_id == CID,
    _H.side == sa.bindparam("side"),
    _H.object == sa.bindparam("object"),
    _H.native_id == sa.bindparam("native"),
    _H.seq == sa.bindparam("seen_seq"),
)


def keep(db: Db, hints: Sequence[Hint], most: int) -> int:
    """See `Tx.hint`. A record that waits already takes no place, but is looked at again if it is being looked at now."""
    wanted = list(dict.fromkeys((h.side, h.object, h.id) for h in hints))
    room = most - db.rows(_COUNT)[0][0]
    rows = []
    for (side, obj, native), seq in zip(wanted, db.ids(len(wanted)), strict=True):
        known = bool(db.rows(_KNOWN, side=side, object=obj, native=native))
        if known or room > 0:
            room -= not known
            rows.append(
                {"connection_id": db.cid, "side": side, "object": obj, "native_id": native, "seq": seq}
            )
    db.many(_KEEP, rows)
    return len(wanted) - len(rows)


def waiting(db: Db, side: Side, after: int, limit: int) -> list[Hint]:
    return [
        Hint(side, r.object, r.native_id, r.seq)
        for r in db.rows(_WAITING, side=side, after=after, most=limit)
    ]


def heeded(db: Db, hints: Sequence[Hint]) -> None:
    """See `Tx.heeded`. One that was named again meanwhile has another number, and stays."""
    for hint in hints:
        db.run(_HEEDED, side=hint.side, object=hint.object, native=hint.id, seen_seq=hint.seq)
