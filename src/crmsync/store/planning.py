"""The plan: proposed intents with their links' settlements, counted for the guard, dropped and taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Group, Intent, Kind, Lane, Settlement, Status
from crmsync.model.values import Side
from crmsync.store import schema as t
from crmsync.store.codec import blanks, change_list, dump_settlement, load, load_settlement, to_intent, to_ms
from crmsync.store.db import CHUNK, CID, Db, Upsert, chunks, in_ids
from crmsync.store.holding import APPROVED, tidy
from crmsync.store.rows import LIVE
from crmsync.store.settling import settle

_I: Final = t.intent.c
_PROPOSED: Final = (_I.connection_id == CID, _I.status == Status.PROPOSED.value)
_LANES: Final = sa.select(t.dirty.c.link_id, t.dirty.c.lane, t.dirty.c.held).where(
    t.dirty.c.link_id.in_(in_ids())
)
_UNMARKED: Final = (int(Lane.CHANGES), "")
_NEW_INTENT: Final = sa.insert(t.intent)
_REPLACED: Final = sa.delete(t.intent).where(*_PROPOSED, _I.link_id.in_(in_ids()))
_SETTLEMENT: Final = Upsert(t.settlement, ["link_id"], {})
_FROZEN: Final = sa.exists().where(t.dirty.c.link_id == _I.link_id, t.dirty.c.held != "")
_APPROVED: Final = sa.exists().where(
    t.hold_item.c.connection_id == _I.connection_id,
    t.hold_item.c.digest == _I.digest,
    t.hold_item.c.approved,
)
_DROP: Final = sa.delete(t.intent).where(
    _I.connection_id == CID,
    sa.or_(
        _I.status == Status.PLANNED.value,
        sa.and_(
            _I.status == Status.PROPOSED.value,
            sa.or_(sa.and_(_I.held == "", ~sa.and_(_APPROVED, _FROZEN)), ~_FROZEN),
        ),
    ),
)
_ORPHANS: Final = sa.delete(t.settlement).where(
    t.settlement.c.connection_id == CID,
    ~sa.exists().where(_I.link_id == t.settlement.c.link_id, _I.status == Status.PROPOSED.value),
)
_COUNT: Final = sa.select(_I.side, _I.object, _I.kind, _I.blanks, sa.func.count().label("n")).group_by(
    _I.side, _I.object, _I.kind, _I.blanks
)
_GROUPS: Final = _COUNT.where(*_PROPOSED, _I.held == "", ~_APPROVED)
_RECENT: Final = _COUNT.where(
    _I.connection_id == CID,
    _I.status == Status.DONE.value,
    _I.ended_at >= sa.bindparam("since"),
    _I.note != APPROVED,
)
_LINKED: Final = (
    sa.select(t.side.c.side, sa.func.count(sa.distinct(t.side.c.link_id)).label("n"))
    .where(t.side.c.connection_id == CID, t.side.c.role.in_(LIVE))
    .group_by(t.side.c.side)
)
_PLACE: Final = sa.tuple_(_I.side, _I.object, _I.link_id, _I.id)
_STREAM: Final = (
    sa.select(t.intent)
    .where(
        *_PROPOSED,
        sa.tuple_(
            sa.bindparam("side", type_=sa.Text),
            sa.bindparam("object", type_=sa.Text),
            sa.bindparam("link", type_=t.BIG),
            sa.bindparam("after", type_=t.BIG),
        )
        < _PLACE,
    )
    .order_by(_I.side, _I.object, _I.link_id, _I.id)
    .limit(CHUNK)
)
_STREAMS: Final = {None: _STREAM, True: _STREAM.where(_I.held != ""), False: _STREAM.where(_I.held == "")}
_DIGESTS: Final = _STREAM.with_only_columns(_I.digest, _I.side, _I.object, _I.link_id, _I.id)
_DIGESTS_OF: Final = _DIGESTS.where(
    _I.side == sa.bindparam("of_side", type_=sa.Text),
    _I.object == sa.bindparam("of_object", type_=sa.Text),
    _I.kind == sa.bindparam("of_kind", type_=sa.Text),
)
_TAKE: Final = (
    sa.select(t.intent)
    .where(
        *_PROPOSED,
        _I.held == "",
        _I.side == sa.bindparam("side"),
        _I.object == sa.bindparam("object"),
        _I.kind == sa.bindparam("kind"),
        _I.lane <= sa.bindparam("coolest"),
    )
    .order_by(_I.lane, _I.link_id, _I.id)
    .limit(sa.bindparam("most"))
)
_PLANNED: Final = sa.update(t.intent).where(_I.id.in_(in_ids())).values(status=Status.PLANNED.value)
_WAITING: Final = sa.select(t.settlement.c.data).where(t.settlement.c.link_id.in_(in_ids()))
_APPLIED: Final = sa.delete(t.settlement).where(t.settlement.c.link_id.in_(in_ids()))


def drop_proposed(db: Db) -> int:
    """Forget the plan. What a hold froze stays (its links are not planned anew) until it is approved or re-read.

    So does the part of it that was approved.
    """
    dropped = db.run(_DROP)
    db.run(_ORPHANS)
    tidy(db)
    return dropped


def propose(db: Db, intents: Sequence[Intent], settlements: Sequence[Settlement]) -> None:
    """See `Tx.propose`. An intent travels in the lane that its link is dirty in.

    What was proposed of these links before is replaced; the intents of a link that a hold froze are held too.
    """
    db.run_in(_REPLACED, (i.link_id for i in intents))
    lanes = {row.link_id: (row.lane, row.held) for row in db.rows_in(_LANES, (i.link_id for i in intents))}
    numbers = db.ids(len(intents))
    db.many(
        _NEW_INTENT,
        [
            {
                "id": number,
                "connection_id": db.cid,
                "link_id": one.link_id,
                "lane": lanes.get(one.link_id, _UNMARKED)[0],
                "side": one.side,
                "object": one.object,
                "kind": one.kind.value,
                "row_id": one.row_id,
                "native_id": one.native_id,
                "key": one.key,
                "person": one.person,
                "changes": change_list(one.changes),
                "blanks": blanks(one.changes),
                "digest": one.digest,
                "seq": one.seq,
                "status": Status.PROPOSED.value,
                "held": lanes.get(one.link_id, _UNMARKED)[1],
                "attempts": 0,
                "note": "",
                "sent_at": None,
                "ended_at": None,
            }
            for one, number in zip(intents, numbers, strict=True)
        ],
    )
    db.many(
        _SETTLEMENT,
        [
            {"link_id": one.link_id, "connection_id": db.cid, "data": dump_settlement(one)}
            for one in settlements
        ],
    )


def _groups(rows: Iterable[Any]) -> list[Group]:
    """Rows come one for each combination of cleared fields; most operations clear none."""
    counts: dict[tuple[Side, str, str], int] = {}
    cleared: dict[tuple[Side, str, str], dict[str, int]] = {}
    for row in rows:
        group = (row.side, row.object, row.kind)
        counts[group] = counts.get(group, 0) + row.n
        fields = cleared.setdefault(group, {})
        for name in load(row.blanks) if row.blanks else ():
            fields[name] = fields.get(name, 0) + row.n
    return [
        Group(side, obj, Kind(kind), count, cleared[(side, obj, kind)])
        for (side, obj, kind), count in sorted(counts.items())
    ]


def groups(db: Db) -> list[Group]:
    """What the guard judges: proposed, neither stopped by a hold already nor approved."""
    return _groups(db.rows(_GROUPS))


def recent(db: Db, since: datetime) -> list[Group]:
    return _groups(db.rows(_RECENT, since=to_ms(since)))


def linked(db: Db) -> dict[Side, int]:
    """People with a live record, by side; a side without any counts 0."""
    none: dict[Side, int] = {"hubspot": 0, "salesforce": 0}
    return none | {row.side: row.n for row in db.rows(_LINKED)}


def proposed(db: Db, held: bool | None) -> Iterator[Intent]:
    """Proposed intents by (side, object, link), a page at a time, so that others may write in between."""
    at: dict[str, Any] = {"side": "", "object": "", "link": 0, "after": 0}
    while rows := db.rows(_STREAMS[held], **at):
        yield from map(to_intent, rows)
        last = rows[-1]
        at = {"side": last.side, "object": last.object, "link": last.link_id, "after": last.id}


def proposed_digests(db: Db, group: tuple[Side, str, Kind] | None) -> Iterator[str]:
    """See `Tx.proposed_digests`: the order of `proposed`, a page at a time."""
    wanted = {} if group is None else dict(zip(("of_side", "of_object", "of_kind"), group, strict=True))
    at: dict[str, Any] = {"side": "", "object": "", "link": 0, "after": 0}
    while rows := db.rows(_DIGESTS_OF if wanted else _DIGESTS, **wanted, **at):
        yield from (row.digest for row in rows)
        last = rows[-1]
        at = {"side": last.side, "object": last.object, "link": last.link_id, "after": last.id}


def take(
    db: Db, side: Side, obj: str, kind: Kind, limit: int, now: datetime, coolest: Lane = Lane.BACKFILL
) -> list[Intent]:
    """See `Tx.take`. The settlement of a link is applied with the first of its intents, once."""
    rows = db.rows(_TAKE, side=side, object=obj, kind=kind.value, most=limit, coolest=int(coolest))
    db.run_in(_PLANNED, (row.id for row in rows))
    for links in chunks(row.link_id for row in rows):
        waiting = db.rows(_WAITING, ids=links)
        if waiting:
            settle(db, [load_settlement(row.data) for row in waiting], now)
            db.run(_APPLIED, ids=links)
    return [replace(to_intent(row), status=Status.PLANNED) for row in rows]
