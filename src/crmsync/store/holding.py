"""Holds: groups of operations that the guard stopped, the links they freeze, and what an admin approved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from crmsync.model.links import Hold, Kind, Status
from crmsync.store import schema as t
from crmsync.store.codec import from_ms, plain, to_ms
from crmsync.store.db import CID, Db, Upsert, in_ids

APPROVED: Final = "approved"
"""The note of a done intent that an admin had approved: it does not count against later ones."""

_I: Final = t.intent.c
_H: Final = t.hold.c
_ITEM: Final = t.hold_item.c
_DIGEST: Final = sa.bindparam("of_hold", type_=sa.Text)
_GROUP: Final = ("side", "object", "kind")
_OLDER: Final = sa.select(_H.digest).where(
    _H.connection_id == CID, *(_H[name] == sa.bindparam(name) for name in _GROUP)
)
_HOLD: Final = Upsert(t.hold, ["connection_id", "digest"], {"since": lambda old, _new: old})
_APPROVED: Final = sa.select(_ITEM.digest).where(_ITEM.connection_id == CID, _ITEM.approved)
_STOP: Final = (
    sa.update(t.intent)
    .where(
        _I.connection_id == CID,
        _I.status == Status.PROPOSED.value,
        *(_I[name] == sa.bindparam(f"of_{name}") for name in _GROUP),
        _I.digest.not_in(_APPROVED),
    )
    .values(held=_DIGEST)
)
_STOPPED: Final = (
    sa.select(_I.digest, _I.link_id)
    .where(
        _I.connection_id == CID,
        _I.status == Status.PROPOSED.value,
        _I.held == _DIGEST,
        *(_I[name] == sa.bindparam(f"of_{name}") for name in _GROUP),
    )
    .distinct()
)
_HELD_LINKS: Final = sa.select(_ITEM.link_id).where(
    _ITEM.connection_id == CID, _ITEM.hold == _DIGEST, ~_ITEM.approved
)
_PARTS: Final = sa.select(_ITEM.digest).where(_ITEM.connection_id == CID, _ITEM.hold == "", _ITEM.approved)
"""Approved out of what a hold froze, or with a plan."""
_STOP_LINKS: Final = (
    sa.update(t.intent)
    .where(
        _I.connection_id == CID,
        _I.status == Status.PROPOSED.value,
        _I.held == "",
        _I.link_id.in_(_HELD_LINKS),
        _I.digest.not_in(_PARTS),
    )
    .values(held=_DIGEST)
)
_FREEZE: Final = sa.update(t.dirty).where(t.dirty.c.link_id.in_(_HELD_LINKS)).values(held=_DIGEST)
_THAW: Final = sa.update(t.dirty).where(t.dirty.c.link_id.in_(_HELD_LINKS)).values(held="")
_ITEMS: Final = Upsert(t.hold_item, ["connection_id", "hold", "digest"], {})
_OF_HOLD: Final = (_ITEM.connection_id == CID, _ITEM.hold == _DIGEST, ~_ITEM.approved)
_END_ITEMS: Final = sa.delete(t.hold_item).where(*_OF_HOLD)
_END: Final = sa.delete(t.hold).where(_H.connection_id == CID, _H.digest == _DIGEST)
_APPROVE: Final = sa.update(t.hold_item).where(*_OF_HOLD).values(approved=True)
_LIST: Final = (
    sa.select(t.hold, sa.func.count().label("n"))
    .select_from(
        t.hold.join(t.hold_item, sa.and_(_ITEM.connection_id == _H.connection_id, _ITEM.hold == _H.digest))
    )
    .where(_H.connection_id == CID, ~_ITEM.approved)
    .group_by(*t.hold.c)
    .order_by(_H.side, _H.object, _H.kind)
)
_STALE_ITEMS: Final = sa.delete(t.hold_item).where(
    _ITEM.connection_id == CID,
    ~_ITEM.approved,
    ~sa.exists().where(
        _I.connection_id == _ITEM.connection_id,
        _I.link_id == _ITEM.link_id,
        _I.status == Status.PROPOSED.value,
        _I.digest == _ITEM.digest,
        _I.held != "",
    ),
)
_EMPTY_HOLDS: Final = sa.delete(t.hold).where(
    _H.connection_id == CID,
    ~sa.exists().where(_ITEM.connection_id == _H.connection_id, _ITEM.hold == _H.digest, ~_ITEM.approved),
)
_PLAN: Final = (
    sa.select(_I.digest, _I.link_id)
    .where(_I.connection_id == CID, _I.status == Status.PROPOSED.value)
    .distinct()
)
_LET_GO: Final = (
    sa.update(t.intent)
    .where(_I.connection_id == CID, _I.status == Status.PROPOSED.value, _I.held != "")
    .values(held="")
)
_OF_SOME: Final = (*_OF_HOLD, _ITEM.digest.in_(in_ids()))
_APPROVE_SOME: Final = sa.update(t.hold_item).where(*_OF_SOME).values(approved=True)
_THAW_LINKS: Final = sa.update(t.dirty).where(t.dirty.c.link_id.in_(in_ids())).values(held="")
_THAW_SOME: Final = (
    sa.update(t.dirty).where(t.dirty.c.link_id.in_(sa.select(_ITEM.link_id).where(*_OF_SOME))).values(held="")
)
_APPROVED_OF: Final = sa.select(_ITEM.digest).where(
    _ITEM.connection_id == CID, _ITEM.approved, _ITEM.digest.in_(in_ids())
)
_DONE: Final = sa.delete(t.hold_item).where(
    _ITEM.connection_id == CID, _ITEM.approved, _ITEM.digest.in_(in_ids())
)


def hold(db: Db, holds: Sequence[Hold], now: datetime) -> None:
    """See `Tx.hold`. What an older hold of the group froze and this plan still proposes is in the new hold too."""
    for one in holds:
        group = {"side": one.side, "object": one.object, "kind": one.kind.value}
        for (older,) in db.rows(_OLDER, **group):
            _end(db, older)
        of_group = {f"of_{name}": value for name, value in group.items()}
        db.run(_STOP, of_hold=one.digest, **of_group)
        row = {"connection_id": db.cid, "hold": one.digest, "approved": False}
        stopped = db.rows(_STOPPED, of_hold=one.digest, **of_group)
        db.many(_ITEMS, [{**row, "digest": r.digest, "link_id": r.link_id} for r in stopped])
        db.run(_STOP_LINKS, of_hold=one.digest)
        db.run(_FREEZE, of_hold=one.digest)
        head = {"connection_id": db.cid, "digest": one.digest, "reason": plain(one.reason)}
        db.many(_HOLD, [{**head, **group, "since": to_ms(now)}])


def _end(db: Db, digest: str) -> None:
    db.run(_THAW, of_hold=digest)
    db.run(_END_ITEMS, of_hold=digest)
    db.run(_END, of_hold=digest)


def holds(db: Db) -> list[Hold]:
    """The holds that wait for approval; `count` is what they hold now."""
    return [
        Hold(r.digest, r.side, r.object, Kind(r.kind), r.reason, r.n, from_ms(r.since))
        for r in db.rows(_LIST)
    ]


def approve(db: Db, digest: str, only: Collection[str] | None) -> int:
    """See `Tx.approve`."""
    if only is not None:
        db.run_in(_THAW_SOME, only, of_hold=digest)
        return db.run_in(_APPROVE_SOME, only, of_hold=digest)
    db.run(_THAW, of_hold=digest)
    count = db.run(_APPROVE, of_hold=digest)
    db.run(_END, of_hold=digest)
    return count


def among_approved(db: Db, digests: Sequence[str]) -> frozenset[str]:
    """Which of these operations an admin approved."""
    return frozenset(row.digest for row in db.rows_in(_APPROVED_OF, digests))


def approve_proposed(db: Db, only: Collection[str] | None) -> int:
    """See `Tx.approve_proposed`. For the whole plan every hold ends, so that it runs as it stands."""
    plan = [row for row in db.rows(_PLAN) if only is None or row.digest in only]
    if only is not None:
        row = {"connection_id": db.cid, "hold": "", "approved": True}
        db.many(_ITEMS, [{**row, "digest": r.digest, "link_id": r.link_id} for r in plan])
        db.run_in(_THAW_LINKS, (r.link_id for r in plan))
        return len(plan)
    row = {"connection_id": db.cid, "hold": "", "approved": True}
    db.many(_ITEMS, [{**row, "digest": r.digest, "link_id": r.link_id} for r in plan])
    for one in holds(db):
        _end(db, one.digest)
    db.run(_LET_GO)
    return len(plan)


def approved(db: Db) -> frozenset[str]:
    return frozenset(row.digest for row in db.rows(_APPROVED))


def fulfilled(db: Db, digests: Sequence[str]) -> None:
    """These operations are done: their approval is used up."""
    db.run_in(_DONE, digests)


def tidy(db: Db) -> None:
    """Drop items whose operation is no longer proposed, and holds that hold nothing."""
    db.run(_STALE_ITEMS)
    db.run(_EMPTY_HOLDS)
