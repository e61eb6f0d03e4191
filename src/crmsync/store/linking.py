"""Rows of links and their keys: a record made by us, a role, a minted key. Merging links is in `absorbing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Role
from crmsync.model.values import Side, Values
from crmsync.store import schema as t
from crmsync.store.absorbing import forget_base, revive
from crmsync.store.codec import dump, load, plain, side_bit
from crmsync.store.db import CID, Db, Upsert, in_ids

INSERT_ROW: Final = Upsert(t.side, ["connection_id", "side", "native_id", "object"], None)
_FIND: Final = sa.select(t.side).where(
    t.side.c.connection_id == CID,
    t.side.c.side == sa.bindparam("side"),
    t.side.c.native_id == sa.bindparam("native"),
    t.side.c.object == sa.bindparam("object"),
)
_ROLE: Final = (
    sa.update(t.side).where(t.side.c.id == sa.bindparam("row_id")).values(role=sa.bindparam("new_role"))
)
_MET: Final = (
    sa.update(t.side)
    .where(t.side.c.id == sa.bindparam("row_id"))
    .values(key=sa.bindparam("new_key"), seen=sa.bindparam("new_seen"))
)
_MINT: Final = (
    sa.update(t.link)
    .where(t.link.c.id == sa.bindparam("link"), t.link.c.key == "")
    .values(key=sa.bindparam("new_key"))
)
_EVER: Final = (
    sa.update(t.link)
    .where(t.link.c.id.in_(in_ids()))
    .values(ever=t.link.c.ever.op("|")(sa.bindparam("bit", type_=sa.Integer)))
)
_UNBURY: Final = sa.delete(t.tombstone).where(
    t.tombstone.c.link_id.in_(in_ids()), t.tombstone.c.side == sa.bindparam("side")
)


def new_row(
    db: Db,
    row_id: int,
    link_id: int,
    side: Side,
    obj: str,
    native_id: str,
    role: Role,
    key: str,
    seen: Values,
) -> dict[str, Any]:
    """A side row as inserted for a record that was never read; its version is unknown."""
    return {
        "id": row_id,
        "connection_id": db.cid,
        "link_id": link_id,
        "side": side,
        "object": obj,
        "native_id": native_id,
        "role": role.value,
        "version": None,
        "certain": False,
        "email": "",
        "key": plain(key),
        "foreign_ids": "",
        "account_ref": "",
        "name": "",
        "in_scope": True,
        "seen": dump(seen),
        "written": "",
        "written_at": None,
    }


def linked_on(db: Db, side: Side, link_ids: Sequence[int]) -> None:
    """These links have a record on `side` now: remembered for ever, and no tombstone stands there."""
    db.run_in(_EVER, link_ids, bit=side_bit(side))
    db.run_in(_UNBURY, link_ids, side=side)


def add_row(
    db: Db, link_id: int, side: Side, obj: str, native_id: str, role: Role, key: str, seen: Values
) -> int:
    """See `Tx.add_row`. A row that exists, also of another link, keeps its link; merging links is said apart."""
    for row in db.rows(_FIND, side=side, native=native_id, object=obj):
        if row.role == Role.GONE.value:
            revive(db, row)
        known = {**load(row.seen), **seen}
        db.run(_MET, row_id=row.id, new_key=plain(key) or row.key, new_seen=dump(known))
        found: int = row.id
        return found
    [row_id] = db.ids(1)
    db.many(INSERT_ROW, [new_row(db, row_id, link_id, side, obj, native_id, role, key, seen)])
    linked_on(db, side, [link_id])
    return row_id


def set_role(db: Db, row_id: int, role: Role) -> None:
    """See `Tx.set_role`. A row that takes a primary's place has no base: what it was seen with is observed anew."""
    if role is Role.PRIMARY:
        forget_base(db, row_id)
    db.run(_ROLE, row_id=row_id, new_role=role.value)


def mint(db: Db, keys: Mapping[int, str]) -> None:
    db.many(_MINT, [{"link": link, "new_key": plain(key)} for link, key in keys.items()])
