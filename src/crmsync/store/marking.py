"""Dirty rows: marking, cooling, clearing. A dirty row is the promise that a link will be decided again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Lane, Status
from crmsync.store import schema as t
from crmsync.store.codec import dump, load, to_ms
from crmsync.store.db import CID, Db, Upsert, in_ids

WHOLE: Final = ("definition", "audit")
"""Causes for which every field of a link is decided, not only what changed."""

OPEN: Final = (Status.PROPOSED.value, Status.PLANNED.value, Status.SENT.value)


def _hotter(old: Any, new: Any) -> Any:
    return sa.case((new < old, new), else_=old)


def _wider(old: Any, new: Any) -> Any:
    """A link of which every field is to be decided stays so, whatever else changes before that is done."""
    return sa.case((sa.or_(*(old == cause for cause in WHOLE)), old), else_=new)


_MARK: Final = Upsert(
    t.dirty, ["link_id"], {"lane": _hotter, "cause": _wider, "cool_until": lambda old, _new: old}
)
_ALL: Final = (
    sa.select(t.link.c.id)
    .where(t.link.c.connection_id == CID, t.link.c.merged_into.is_(None), t.link.c.id > sa.bindparam("after"))
    .order_by(t.link.c.id)
    .limit(sa.bindparam("most"))
)
_ENDED: Final = sa.select(t.link.c.id, t.link.c.merged_into).where(
    t.link.c.id.in_(in_ids()), t.link.c.merged_into.is_not(None)
)
_NEXT: Final = (
    sa.select(t.dirty.c.lane, t.dirty.c.link_id)
    .where(
        t.dirty.c.connection_id == CID,
        t.dirty.c.held == "",
        t.dirty.c.cool_until <= sa.bindparam("now"),
        sa.tuple_(t.dirty.c.lane, t.dirty.c.link_id)
        > sa.tuple_(sa.bindparam("lane", type_=sa.Integer), sa.bindparam("link", type_=t.BIG)),
    )
    .order_by(t.dirty.c.lane, t.dirty.c.link_id)
    .limit(sa.bindparam("most"))
)
_COOL: Final = (
    sa.update(t.dirty).where(t.dirty.c.link_id.in_(in_ids())).values(cool_until=sa.bindparam("until"))
)
_SEQ: Final = sa.select(t.dirty.c.link_id, t.dirty.c.seq).where(
    t.dirty.c.link_id.in_(in_ids()),
    t.dirty.c.held == "",
    ~sa.exists().where(t.intent.c.link_id == t.dirty.c.link_id, t.intent.c.status.in_(OPEN)),
)
_CLEAR: Final = sa.delete(t.dirty).where(t.dirty.c.link_id.in_(in_ids()))
_OBSERVED: Final = (
    sa.select(t.observation.c.side_id, t.observation.c.data, t.side.c.seen)
    .select_from(t.observation.join(t.side, t.side.c.id == t.observation.c.side_id))
    .where(t.side.c.link_id.in_(in_ids()))
)
_FORGET: Final = sa.delete(t.observation).where(t.observation.c.side_id.in_(in_ids()))
_KEEP: Final = (
    sa.update(t.observation)
    .where(t.observation.c.side_id == sa.bindparam("row_id"))
    .values(data=sa.bindparam("new_data"))
)


def mark(db: Db, link_ids: Iterable[int], lane: Lane, cause: str) -> int:
    """Mark links dirty under one new sequence number; the hotter lane wins, a hold ends. Returns how many.

    A link that ended in another is that other one.
    """
    links = list(dict.fromkeys(link_ids))
    ended = {row.id: row.merged_into for row in db.rows_in(_ENDED, links)}
    if ended:
        links = list(dict.fromkeys(ended.get(link, link) for link in links))
    if not links:
        return 0
    [seq] = db.ids(1)
    row = {
        "connection_id": db.cid,
        "lane": int(lane),
        "cause": cause,
        "seq": seq,
        "cool_until": 0,
        "held": "",
    }
    db.many(_MARK, [{**row, "link_id": link} for link in links])
    return len(links)


def mark_all(db: Db, lane: Lane, cause: str) -> None:
    """Mark every link that has not ended, some thousands at a time."""
    after = 0
    while links := [row.id for row in db.rows(_ALL, after=after, most=5000)]:
        mark(db, links, lane, cause)
        after = links[-1]


def links(db: Db, after: int, limit: int) -> list[int]:
    """See `Tx.links`."""
    return [row.id for row in db.rows(_ALL, after=after, most=limit)]


def following(db: Db, after: tuple[int, int], limit: int, now: datetime) -> list[tuple[int, int]]:
    """(lane, link) of the dirty links after `after` that are neither held nor cooling."""
    found = db.rows(_NEXT, lane=after[0], link=after[1], now=to_ms(now), most=limit)
    return [(r.lane, r.link_id) for r in found]


def cool(db: Db, link_ids: Iterable[int], until: datetime) -> None:
    db.run_in(_COOL, link_ids, until=to_ms(until))


def clean(db: Db, links: Sequence[tuple[int, int]]) -> None:
    """Clear dirty rows of the given sequence that have no open intent, and their observations with them.

    What was read and is in no settlement (a parked field) stays observed: it is still what the record holds.
    """
    wanted = set(links)
    found = db.rows_in(_SEQ, (link for link, _ in links))
    over = [r.link_id for r in found if (r.link_id, r.seq) in wanted]
    decided: list[int] = []
    undecided: list[dict[str, object]] = []
    for row in db.rows_in(_OBSERVED, over):
        seen = load(row.seen)
        left = {k: v for k, v in load(row.data).items() if seen.get(k) != v}
        if left:
            undecided.append({"row_id": row.side_id, "new_data": dump(left)})
        else:
            decided.append(row.side_id)
    db.run_in(_FORGET, decided)
    db.many(_KEEP, undecided)
    db.run_in(_CLEAR, over)
