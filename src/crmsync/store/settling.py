"""Applying what was decided without a write: base, seen, conflicts, parked fields, rewrites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Conflict, Lane, Parked, Settlement
from crmsync.model.values import Side, Values
from crmsync.store import schema as t
from crmsync.store.codec import dump, load, plain, to_ms
from crmsync.store.db import CID, Db, Upsert, in_ids
from crmsync.store.marking import mark

SAME_WRITE_MS: Final = 1000
"""Writes to a row within this time are one: what a vendor refused in part is sent again at once."""

_BASES: Final = sa.select(t.base.c.link_id, t.base.c.agreed).where(t.base.c.link_id.in_(in_ids()))
_SET_BASE: Final = Upsert(t.base, ["link_id"], {})
_SEEN: Final = sa.select(
    t.side.c.id, t.side.c.seen, t.side.c.written, t.side.c.written_at, t.side.c.covered
).where(t.side.c.id.in_(in_ids()))
_SET_SEEN: Final = (
    sa.update(t.side)
    .where(t.side.c.id == sa.bindparam("row_id"))
    .values(
        seen=sa.bindparam("new_seen"),
        written=sa.bindparam("new_written"),
        written_at=sa.bindparam("new_written_at"),
    )
)
_COVERED: Final = sa.select(t.side.c.id, t.side.c.native_id, t.side.c.covered).where(
    t.side.c.connection_id == CID,
    t.side.c.side == sa.bindparam("side", type_=sa.Text),
    t.side.c.native_id.in_(in_ids()),
)
_SET_COVERED: Final = (
    sa.update(t.side).where(t.side.c.id == sa.bindparam("row_id")).values(covered=sa.bindparam("new_covered"))
)
_SET_REWRITE: Final = Upsert(t.rewrite, ["link_id", "side", "field"], {})
_CLOSE: Final = {
    table.name: sa.update(table)
    .where(table.c.id == sa.bindparam("row_id"))
    .values(closed_at=sa.bindparam("new_closed_at"))
    for table in (t.conflict, t.parked)
}
_CURRENT: Final = {
    t.conflict.name: sa.select(
        t.conflict.c.id,
        t.conflict.c.link_id,
        t.conflict.c.field,
        t.conflict.c.digest,
        t.conflict.c.winner,
        t.conflict.c.resolved,
    ).where(t.conflict.c.link_id.in_(in_ids()), t.conflict.c.closed_at.is_(None)),
    t.parked.name: sa.select(
        t.parked.c.id,
        t.parked.c.link_id,
        t.parked.c.field,
        t.parked.c.digest,
        sa.literal("").label("winner"),
        sa.false().label("resolved"),
    ).where(t.parked.c.link_id.in_(in_ids()), t.parked.c.closed_at.is_(None)),
}
_AGAIN: Final = {
    table.name: sa.update(table)
    .where(table.c.id == sa.bindparam("row_id"))
    .values({name: sa.bindparam(f"new_{name}") for name in names})
    for table, names in (
        (t.conflict, ("data", "winner", "rule", "cause", "decided_at")),
        (t.parked, ("data", "side", "object", "native_id", "code", "cause", "fix")),
    )
}
_OLD: Final = (
    t.parked.c.connection_id == CID,
    t.parked.c.code.in_(in_ids()),
    t.parked.c.closed_at.is_(None),
    ~t.parked.c.dropped,
    t.parked.c.since < sa.bindparam("before", type_=t.BIG),
)
_WAITING: Final = sa.select(t.parked.c.link_id).where(*_OLD).distinct()
_WHOLE: Final = sa.select(t.parked.c.id, t.parked.c.link_id, t.parked.c.native_id).where(
    t.parked.c.link_id.in_(in_ids()), t.parked.c.closed_at.is_(None), t.parked.c.field == ""
)
_FREE: Final = sa.update(t.parked).where(*_OLD).values(digest="")


_INSERT: Final = {table.name: sa.insert(table) for table in (t.conflict, t.parked)}


def settle(db: Db, settlements: Sequence[Settlement], now: datetime) -> None:
    """See `Tx.settle`. A field that is both settled and in conflict ends the old row and opens the new one."""
    agreed: dict[int, Values] = {}
    seen: dict[int, Values] = {}
    settled: set[tuple[int, str]] = set()
    for one in settlements:
        if one.agreed:
            agreed.setdefault(one.link_id, {}).update(one.agreed)
        for row_id, values in one.seen.items():
            seen.setdefault(row_id, {}).update(values)
        settled.update((one.link_id, name) for name in one.settled)
    agree(db, agreed)
    advance(db, seen)
    close(db, settled, now)
    conflict(db, [c for one in settlements for c in one.conflicts], now)
    park(db, [p for one in settlements for p in one.parked], now)
    db.many(
        _SET_REWRITE,
        [
            {
                "link_id": one.link_id,
                "connection_id": db.cid,
                "side": side,
                "field": name,
                "sent": dump(sent),
                "returned": dump(returned),
            }
            for one in settlements
            for side, name, sent, returned in one.rewrites
        ],
    )


def agree(db: Db, agreed: Mapping[int, Values]) -> None:
    """Fold new base values into the links' bases."""
    old = {row.link_id: load(row.agreed) for row in db.rows_in(_BASES, agreed)}
    db.many(
        _SET_BASE,
        [
            {"link_id": link, "connection_id": db.cid, "agreed": dump({**old.get(link, {}), **values})}
            for link, values in agreed.items()
        ],
    )


def advance(
    db: Db,
    seen: Mapping[int, Values],
    written: Mapping[int, Values] | None = None,
    now: datetime | None = None,
) -> None:
    """Fold values into the rows' `seen`; what was written there before and is seen now is confirmed by it.

    `written` are values of a write at `now` that nothing confirmed yet; those of an earlier write are forgotten.
    An edit that was covered in one of these fields is decided by that, and forgotten too.
    """
    fresh = written or {}
    params = []
    uncovered = []
    for row in db.rows_in(_SEEN, [*seen, *fresh]):
        news = seen.get(row.id, {})
        kept = load(row.written) if row.written and not _superseded(row, fresh, now) else {}
        left = {k: v for k, v in kept.items() if k not in news}
        left.update(fresh.get(row.id, {}))
        if row.covered:
            still = {k: v for k, v in load(row.covered).items() if k not in news}
            uncovered.append({"row_id": row.id, "new_covered": dump(still) if still else ""})
        at = to_ms(now) if now is not None and row.id in fresh else row.written_at
        params.append(
            {
                "row_id": row.id,
                "new_seen": dump({**load(row.seen), **news}),
                "new_written": dump(left) if left else "",
                "new_written_at": at if left else None,
            }
        )
    db.many(_SET_SEEN, params)
    db.many(_SET_COVERED, uncovered)


def cover(db: Db, side: Side, covered: Mapping[str, Values]) -> None:
    """See `Tx.cover`."""
    db.many(
        _SET_COVERED,
        [
            {
                "row_id": row.id,
                "new_covered": dump({**(load(row.covered) if row.covered else {}), **covered[row.native_id]}),
            }
            for row in db.rows_in(_COVERED, covered, side=side)
        ],
    )


def _superseded(row: Any, fresh: Mapping[int, Values], now: datetime | None) -> bool:
    """Whether a later write takes the place of an unconfirmed one.

    There is one time for a row's unconfirmed values. Beside a later one, an edit made in between would look like
    the save's own rewriting of the earlier value.
    """
    if row.id not in fresh or now is None or row.written_at is None:
        return False
    return to_ms(now) - int(row.written_at) > SAME_WRITE_MS


def close(db: Db, fields: Iterable[tuple[int, str]], now: datetime) -> None:
    """End the open conflicts and parked rows of these (link, field), and what a person decided in review.

    Conflicts that a rule decided stay: the pair of values is not to be reported again.
    """
    wanted = set(fields)
    if not wanted:
        return
    for name, current in _CURRENT.items():
        rows = db.rows_in(current, (link for link, _ in wanted))
        over = [r.id for r in rows if (r.link_id, r.field) in wanted and (not r.winner or r.resolved)]
        db.many(_CLOSE[name], [{"row_id": i, "new_closed_at": to_ms(now)} for i in over])


def conflict(db: Db, conflicts: Sequence[Conflict], now: datetime) -> None:
    at = to_ms(now)
    _replace(
        db,
        t.conflict,
        {
            (c.link_id, c.field): {
                "digest": c.digest,
                "data": dump(dict(c.values)),
                "winner": c.winner,
                "rule": c.rule,
                "cause": plain(c.cause),
                "decided_at": at if c.winner else None,
                "resolved": False,
            }
            for c in conflicts
        },
        at,
    )


def park(db: Db, parked: Sequence[Parked], now: datetime) -> None:
    _replace(
        db,
        t.parked,
        {
            (p.link_id, p.field): {
                "digest": p.digest,
                "side": p.side,
                "object": p.object,
                "native_id": p.native_id,
                "code": p.code,
                "cause": plain(p.cause),
                "fix": plain(p.fix),
                "data": dump(p.value),
                "dropped": False,
            }
            for p in parked
        },
        to_ms(now),
    )


def unpark_records(db: Db, written: Iterable[tuple[int, str]], now: datetime) -> None:
    """These records of these links were written: what was refused of them as a whole went through."""
    natives = dict(written)
    whole = db.rows_in(_WHOLE, natives)
    over = [r.id for r in whole if natives[r.link_id] == r.native_id]
    db.many(_CLOSE["parked"], [{"row_id": i, "new_closed_at": to_ms(now)} for i in over])


def retry(db: Db, codes: Sequence[str], before: datetime) -> int:
    """See `Tx.retry`. A row whose digest is blank waits on nothing any more."""
    links = [row.link_id for row in db.rows_in(_WAITING, codes, before=to_ms(before))]
    db.run_in(_FREE, codes, before=to_ms(before))
    return mark(db, links, Lane.BACKFILL, "retry")


def _replace(db: Db, table: sa.Table, wanted: Mapping[tuple[int, str], dict[str, Any]], at: int) -> None:
    """One current row for each (link, field): the same digest is renewed, another one is history."""
    if not wanted:
        return
    same: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    met: defaultdict[tuple[int, str], bool] = defaultdict(bool)
    for row in db.rows_in(_CURRENT[table.name], (link for link, _ in wanted)):
        values = wanted.get((row.link_id, row.field))
        if values is None:
            continue
        if row.digest == values["digest"]:
            met[(row.link_id, row.field)] = True
            news = {f"new_{k}": v for k, v in values.items() if k not in ("digest", "resolved", "dropped")}
            if not row.resolved:
                same.append({"row_id": row.id, **news})
        else:
            other.append({"row_id": row.id, "new_closed_at": at})
    db.many(_AGAIN[table.name], same)
    db.many(_CLOSE[table.name], other)
    db.many(
        _INSERT[table.name],
        [
            {
                "connection_id": db.cid,
                "link_id": link,
                "field": name,
                "since": at,
                "closed_at": None,
                **values,
            }
            for (link, name), values in wanted.items()
            if not met[(link, name)]
        ],
    )
