"""Who is on the list that scope names, as read last. Replaced as a whole; who entered or left is decided again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa

from crmsync.model.links import Lane
from crmsync.store import schema as t
from crmsync.store.db import CID, Db, in_ids
from crmsync.store.marking import mark

ENTERED: Final = "definition"
"""Whoever enters or leaves meets the definition anew: every field is decided, not only what changed lately."""

_M: Final = t.list_member.c
_OBJECT: Final = sa.bindparam("object", type_=sa.Text)
_MEMBERS: Final = sa.select(_M.native_id).where(_M.connection_id == CID, _M.object == _OBJECT)
_RENUMBER: Final = (
    sa.update(t.list_member)
    .where(_M.connection_id == CID, _M.list_id != sa.bindparam("now_of"))
    .values(list_id=sa.bindparam("now_of"))
)
_GONE: Final = sa.delete(t.list_member).where(
    _M.connection_id == CID, _M.object == _OBJECT, _M.native_id.in_(in_ids())
)
_NEW: Final = sa.insert(t.list_member)
_LINKS: Final = sa.select(t.side.c.link_id).where(
    t.side.c.connection_id == CID,
    t.side.c.side == "hubspot",
    t.side.c.object == _OBJECT,
    t.side.c.native_id.in_(in_ids()),
)


def members(db: Db, obj: str) -> frozenset[str]:
    """See `Tx.members`."""
    return frozenset(row.native_id for row in db.rows(_MEMBERS, object=obj))


def save_members(db: Db, list_id: str, obj: str, ids: Collection[str]) -> int:
    """See `Tx.save_members`."""
    before, after = members(db, obj), frozenset(ids)
    db.run_in(_GONE, sorted(before - after), object=obj)
    db.run(_RENUMBER, now_of=list_id)
    row = {"connection_id": db.cid, "list_id": list_id, "object": obj}
    db.many(_NEW, [{**row, "native_id": id} for id in sorted(after - before)])
    links = sorted({r.link_id for r in db.rows_in(_LINKS, sorted(before ^ after), object=obj)})
    return mark(db, links, Lane.CHANGES, ENTERED)
