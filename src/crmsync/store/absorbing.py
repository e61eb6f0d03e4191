"""Records that become one or come back: merges told by aliases, undeleted records, links that collapse."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Lane, Role
from crmsync.model.records import Record
from crmsync.model.values import SIDES, other
from crmsync.store import schema as t
from crmsync.store.codec import dump, load, plain, side_bit, to_ms
from crmsync.store.db import CID, Db, Upsert
from crmsync.store.marking import mark
from crmsync.store.rows import LIVE

_KEEP: Final = sa.bindparam("keep", type_=t.BIG)
_DROP: Final = sa.bindparam("drop", type_=t.BIG)
_FAMILY: Final = (
    sa.select(t.side.c.id, t.side.c.link_id, t.side.c.role)
    .where(
        t.side.c.connection_id == CID,
        t.side.c.side == sa.bindparam("side"),
        t.side.c.object == sa.bindparam("object"),
        t.side.c.native_id.in_(sa.bindparam("ids", expanding=True)),
    )
    .order_by(t.side.c.id)
)
_ROW: Final = t.side.c.id == sa.bindparam("row_id")
_LIVE_ROWS: Final = sa.select(t.side.c.id, t.side.c.side, t.side.c.role).where(
    t.side.c.link_id == sa.bindparam("link"), t.side.c.role.in_(LIVE)
)
_SEEN_ROWS: Final = sa.select(t.side.c.id).where(
    t.side.c.link_id == sa.bindparam("link"), t.side.c.role.in_(LIVE), t.side.c.seen != "{}"
)
_TO_ALIAS: Final = sa.update(t.side).where(_ROW).values(role=Role.ALIAS.value, link_id=sa.bindparam("link"))
_TO_ROLE: Final = sa.update(t.side).where(_ROW).values(role=sa.bindparam("new_role"))
_NO_BASE: Final = sa.delete(t.base).where(t.base.c.link_id == sa.bindparam("link"))
_SUCCEEDS: Final = (
    sa.select(t.side.c.link_id, t.side.c.role, t.side.c.seen, t.side.c.version, t.observation.c.data)
    .select_from(t.side.outerjoin(t.observation, t.observation.c.side_id == t.side.c.id))
    .where(t.side.c.id == sa.bindparam("row_id"), t.side.c.seen != "{}")
)
_OBSERVE: Final = Upsert(t.observation, ["side_id"], {})
_UNSEEN: Final = (
    sa.update(t.side)
    .where(t.side.c.id == sa.bindparam("row_id"))
    .values(seen="{}", written="", written_at=None, covered="")
)
_OTHERS: Final = sa.select(t.side.c.id).where(
    t.side.c.link_id == sa.bindparam("link"),
    t.side.c.side == sa.bindparam("side"),
    t.side.c.id != sa.bindparam("row_id"),
)
_EVER: Final = sa.select(t.link.c.ever).where(t.link.c.id == sa.bindparam("link"))
_UNBURY: Final = sa.delete(t.tombstone).where(
    t.tombstone.c.connection_id == CID,
    t.tombstone.c.side == sa.bindparam("side"),
    t.tombstone.c.native_id == sa.bindparam("native"),
    t.tombstone.c.object == sa.bindparam("object"),
)
_FORGET: Final = sa.delete(t.observation).where(t.observation.c.side_id == sa.bindparam("row_id"))
_HEADS: Final = sa.select(t.link.c.id, t.link.c.key, t.link.c.ever).where(
    t.link.c.connection_id == CID, t.link.c.id.in_([_KEEP, _DROP]), t.link.c.merged_into.is_(None)
)
_UNITE: Final = (
    sa.update(t.link)
    .where(t.link.c.id == _KEEP)
    .values(key=sa.bindparam("new_key"), ever=sa.bindparam("new_ever"))
)
_FOLLOW: Final = (
    sa.update(t.link)
    .where(sa.or_(t.link.c.id == _DROP, t.link.c.merged_into == _DROP))
    .values(merged_into=_KEEP)
)
_DIRTY: Final = sa.select(t.dirty.c.lane, t.dirty.c.cause, t.dirty.c.cool_until).where(
    t.dirty.c.link_id == _DROP
)
_COOLER: Final = (
    sa.update(t.dirty)
    .where(t.dirty.c.link_id == _KEEP, t.dirty.c.cool_until < sa.bindparam("at"))
    .values(cool_until=sa.bindparam("at"))
)
_WAITING: Final = ("proposed",)
EVENT: Final = sa.insert(t.event)


def revive(db: Db, row: Any) -> None:
    """A deleted record is back: its row lives again and its tombstone goes.

    Where others of its side were in the link meanwhile, the base may be theirs. Where its counterpart was merged
    into a record of another link meanwhile or before, it comes back shadowed.
    """
    if db.rows(_OTHERS, link=row.link_id, side=row.side, row_id=row.id):
        forget_base(db, row.id)
    role = Role.SECONDARY if row.side in _primaries(db, row.link_id) else Role.PRIMARY
    if _bereft(db, row):
        role = Role.SHADOWED
    db.run(_TO_ROLE, row_id=row.id, new_role=role.value)
    db.run(_UNBURY, side=row.side, native=row.native_id, object=row.object)


def _bereft(db: Db, row: Any) -> bool:
    """Whether the link had a record on the other side and has none left of it, not even a deleted one."""
    away = other(row.side)
    [head] = db.rows(_EVER, link=row.link_id)
    return bool(head.ever & side_bit(away)) and not db.rows(_OTHERS, link=row.link_id, side=away, row_id=0)


def forget_base(db: Db, row_id: int) -> None:
    """A row that takes a primary's place: what it was seen with is observed anew, and the link has no base."""
    for row in db.rows(_SUCCEEDS, row_id=row_id):
        if row.role != Role.PRIMARY.value:
            _observe_anew(db, row_id, row)


def _meet_anew(db: Db, link_id: int) -> None:
    """Two primaries that come from different links: what each was last decided with is gone, so there is no base."""
    for one in db.rows(_SEEN_ROWS, link=link_id):
        for row in db.rows(_SUCCEEDS, row_id=one.id):
            _observe_anew(db, one.id, row)
    db.run(_NO_BASE, link=link_id)


def _observe_anew(db: Db, row_id: int, row: Any) -> None:
    values = {**load(row.seen), **(load(row.data) if row.data else {})}
    observed = {"side_id": row_id, "connection_id": db.cid, "data": dump(values), "at": row.version or 0}
    db.many(_OBSERVE, [observed])
    db.run(_UNSEEN, row_id=row_id)
    db.run(_NO_BASE, link=row.link_id)


def _family(db: Db, record: Record) -> list[Any]:
    ids = list(record.aliases)
    return list(db.rows(_FAMILY, side=record.side, object=record.object, ids=ids))


def adopting_link(db: Db, record: Record) -> int:
    """The link that a new record takes over from the records it absorbed: one with both sides first; 0 for none."""
    links = dict.fromkeys(row.link_id for row in _family(db, record))

    def sides(link: int) -> int:
        return len({r.side for r in db.rows(_LIVE_ROWS, link=link)})

    return max(links, key=sides, default=0)


def absorb(db: Db, record: Record, link_id: int, now: datetime) -> bool:
    """Rows with the record's aliases become aliases of its link. True when something changed.

    A link that loses its record so has no base any more on the surviving one. One that keeps a counterpart on
    the other side stays, its rows shadowed: reported, never written, never created again. One that keeps nothing ends.
    """
    changed = False
    for row in _family(db, record):
        if row.link_id == link_id and row.role == Role.ALIAS.value:
            continue
        changed = True
        db.run(_TO_ALIAS, row_id=row.id, link=link_id)
        db.run(_FORGET, row_id=row.id)
        db.run(_NO_BASE, link=link_id)
        if row.link_id == link_id:
            continue
        left = db.rows(_LIVE_ROWS, link=row.link_id)
        for one in left:
            db.run(_TO_ROLE, row_id=one.id, new_role=Role.SHADOWED.value)
        if left:
            mark(db, [row.link_id], Lane.CHANGES, "shadowed")
        else:
            merge_links(db, link_id, row.link_id, "merged record", now)
    return changed


def merge_links(db: Db, keep: int, drop: int, reason: str, now: datetime) -> None:
    """See `Tx.merge_links`. A second primary on a side becomes secondary; a key of `keep` stays, else `drop`'s."""
    heads = {h.id: h for h in db.rows(_HEADS, keep=keep, drop=drop)}
    if keep == drop or keep not in heads or drop not in heads:
        return
    kept, dropped = heads[keep], heads[drop]
    db.run(_UNITE, keep=keep, new_key=kept.key or dropped.key, new_ever=kept.ever | dropped.ever)
    db.run(_FOLLOW, keep=keep, drop=drop)
    whole = len(_primaries(db, keep)) == len(SIDES)
    _move_rows(db, keep, drop)
    if not whole and len(_primaries(db, keep)) == len(SIDES):
        _meet_anew(db, keep)
    _move_findings(db, keep, drop, to_ms(now))
    was = [(r.lane, r.cause, r.cool_until) for r in db.rows(_DIRTY, drop=drop)]
    for table in (t.dirty, t.base, t.settlement):
        db.run(sa.delete(table).where(table.c.link_id == _DROP), drop=drop)
    for lane, cause, cool_until in was:
        mark(db, [keep], Lane(lane), cause)
        db.run(_COOLER, keep=keep, at=cool_until)
    noted = {"connection_id": db.cid, "cycle": "", "kind": "merge", "side": "", "hash": "", "at": to_ms(now)}
    db.many(EVENT, [{**noted, "link_id": keep, "field": plain(reason)}])


def _primaries(db: Db, link_id: int) -> set[str]:
    """The sides on which a link has a primary record."""
    return {r.side for r in db.rows(_LIVE_ROWS, link=link_id) if r.role == Role.PRIMARY.value}


def _move_rows(db: Db, keep: int, drop: int) -> None:
    primaries = _primaries(db, keep)
    for row in db.rows(_LIVE_ROWS, link=drop):
        if row.role == Role.PRIMARY.value and row.side in primaries:
            db.run(_TO_ROLE, row_id=row.id, new_role=Role.SECONDARY.value)
    db.run(sa.delete(t.intent).where(t.intent.c.link_id == _DROP, t.intent.c.status.in_(_WAITING)), drop=drop)
    for table in (t.side, t.intent, t.tombstone, t.hold_item, t.event):
        db.run(sa.update(table).where(table.c.link_id == _DROP).values(link_id=_KEEP), keep=keep, drop=drop)


def _move_findings(db: Db, keep: int, drop: int, at: int) -> None:
    """Conflicts, parked fields, rewrites: where both links have a current one, that of `keep` stands."""
    for table in (t.conflict, t.parked):
        mine = sa.select(table.c.field).where(table.c.link_id == _KEEP, table.c.closed_at.is_(None))
        twice = (table.c.link_id == _DROP, table.c.closed_at.is_(None), table.c.field.in_(mine))
        db.run(sa.update(table).where(*twice).values(closed_at=at), keep=keep, drop=drop)
        db.run(sa.update(table).where(table.c.link_id == _DROP).values(link_id=_KEEP), keep=keep, drop=drop)
    for row in db.rows(sa.select(t.rewrite).where(t.rewrite.c.link_id == _DROP), drop=drop):
        db.many(_KEEP_REWRITE, [{**row._mapping, "link_id": keep}])
    db.run(sa.delete(t.rewrite).where(t.rewrite.c.link_id == _DROP), drop=drop)


_KEEP_REWRITE: Final = Upsert(t.rewrite, ["link_id", "side", "field"], None)
