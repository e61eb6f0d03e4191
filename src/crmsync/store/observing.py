"""Keeping what was read: observations, the hints that identify a person, and who became dirty by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Lane, Observed, Role
from crmsync.model.records import Record
from crmsync.model.values import Side, Values
from crmsync.store import schema as t
from crmsync.store.absorbing import absorb, adopting_link, revive
from crmsync.store.codec import dump, from_ms, load, plain, side_bit, to_ms
from crmsync.store.db import CID, Db, Upsert, chunks, in_ids
from crmsync.store.linking import add_row
from crmsync.store.marking import mark
from crmsync.store.rows import SIDE_ROWS, by_native

_SIDE: Final = sa.bindparam("side", type_=sa.Text)
_OBJECT: Final = sa.bindparam("object", type_=sa.Text)
_RECORDS: Final = (
    t.side.c.connection_id == CID,
    t.side.c.side == _SIDE,
    t.side.c.native_id.in_(in_ids()),
    t.side.c.object == _OBJECT,
)
_VERSIONS: Final = sa.select(t.side.c.native_id, t.side.c.version).where(
    *_RECORDS, t.side.c.certain, t.side.c.version.is_not(None), t.side.c.role != Role.GONE.value
)
_KNOWN: Final = SIDE_ROWS.where(*_RECORDS)
_LIVE: Final = sa.select(t.side.c.id, t.side.c.link_id, t.side.c.native_id, t.side.c.role).where(
    *_RECORDS, t.side.c.role != Role.GONE.value
)
_LEFT: Final = sa.select(t.side.c.link_id).where(
    t.side.c.link_id.in_(in_ids()), t.side.c.side == _SIDE, t.side.c.role == Role.SECONDARY.value
)
_GONE: Final = sa.update(t.side).where(t.side.c.id.in_(in_ids())).values(role=Role.GONE.value)
_FORGET: Final = sa.delete(t.observation).where(t.observation.c.side_id.in_(in_ids()))
_BURY: Final = Upsert(t.tombstone, ["connection_id", "side", "native_id", "object"], {})
_OBSERVE: Final = Upsert(t.observation, ["side_id"], {})
_NEW_LINK: Final = sa.insert(t.link)
_NEW_SIDE: Final = sa.insert(t.side)
_NEW_REFERENCE: Final = sa.insert(t.reference)
_NO_REFERENCES: Final = sa.delete(t.reference).where(t.reference.c.side_id.in_(in_ids()))
_HINTS: Final = ("email", "key", "foreign_ids", "account_ref", "in_scope")
_UPDATE: Final = (
    sa.update(t.side)
    .where(t.side.c.id == sa.bindparam("row_id"))
    .values(
        {
            name: sa.bindparam(f"new_{name}")
            for name in (*_HINTS, "name", "version", "certain", "written", "written_at")
        }
    )
)


def versions(db: Db, side: Side, obj: str, ids: Sequence[str]) -> dict[str, datetime]:
    found = db.rows_in(_VERSIONS, ids, side=side, object=obj)
    return {row.native_id: from_ms(row.version) for row in found}


def observe(db: Db, seen: Sequence[Observed], lane: Lane, cause: str, now: datetime) -> int:
    """See `Tx.observe`. Within one call the newest read of a record counts."""
    newest: dict[tuple[Side, str], dict[str, Observed]] = {}
    for one in seen:
        record = one.record
        if record.deleted:
            continue
        group = newest.setdefault((record.side, record.object), {})
        before = group.get(record.id)
        if before is None or before.record.version <= record.version:
            group[record.id] = one
    touched: list[int] = []
    for (side, obj), group in newest.items():
        for ids in chunks(group):
            rows = db.rows(_KNOWN, ids=ids, side=side, object=obj)
            known = {row.native_id: row for row in rows}
            touched += _update(db, [(known[i], group[i]) for i in ids if i in known], cause, now)
            touched += _insert(db, side, [group[i] for i in ids if i not in known], now)
    return mark(db, touched, lane, cause)


def bury(db: Db, side: Side, obj: str, ids: Sequence[str], now: datetime) -> int:
    """See `Tx.bury`. A record that was never seen needs no tombstone: there is nothing it could come back to.

    Where another record of the person stands beside it, that one takes its place, so the link is decided again.
    """
    rows = list(db.rows_in(_LIVE, ids, side=side, object=obj))
    tomb = {"connection_id": db.cid, "side": side, "object": obj, "at": to_ms(now)}
    db.many(_BURY, [{**tomb, "native_id": r.native_id, "link_id": r.link_id} for r in rows])
    db.run_in(_GONE, [r.id for r in rows])
    db.run_in(_FORGET, [r.id for r in rows])
    left = db.rows_in(_LEFT, [r.link_id for r in rows], side=side)
    shadowed = [r.link_id for r in rows if r.role == Role.SHADOWED.value]  # nothing is left to report there
    mark(db, [*(r.link_id for r in left), *shadowed], Lane.CHANGES, "deleted")
    return len(rows)


def _hints(one: Observed) -> dict[str, Any]:
    return {
        "email": plain(one.email),
        "key": plain(one.key),
        "foreign_ids": dump(one.foreign) if one.foreign else "",
        "account_ref": one.account_ref,
        "in_scope": one.in_scope,
    }


def _insert(db: Db, side: Side, fresh: Sequence[Observed], now: datetime) -> list[int]:
    """New records: a provisional link each, unless a record they absorbed has one."""
    numbers = db.ids(2 * len(fresh))
    links: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    touched: list[int] = []
    at = to_ms(now)
    for one, row_id, new_link in zip(fresh, numbers[::2], numbers[1::2], strict=True):
        record = one.record
        link_id = adopting_link(db, record) if record.aliases else 0
        if not link_id:
            link_id = new_link
            links.append(
                {
                    "id": link_id,
                    "connection_id": db.cid,
                    "key": "",
                    "ever": side_bit(side),
                    "merged_into": None,
                    "since": at,
                }
            )
        touched.append(link_id)
        rows.append(
            {
                "id": row_id,
                "connection_id": db.cid,
                "link_id": link_id,
                "side": side,
                "object": record.object,
                "native_id": record.id,
                "role": Role.PRIMARY.value,
                "version": to_ms(record.version),
                "certain": one.certain,
                "name": plain(one.name),
                "seen": "{}",
                "written": "",
                "written_at": None,
                **_hints(one),
            }
        )
    db.many(_NEW_LINK, links)
    db.many(_NEW_SIDE, rows)
    _refer(db, ((row["id"], one) for row, one in zip(rows, fresh, strict=True)))
    _keep(db, ((row["id"], one) for row, one in zip(rows, fresh, strict=True)), at)
    for one, link_id in zip(fresh, touched, strict=True):
        if one.record.aliases:
            absorb(db, one.record, link_id, now)
            _name(db, one.record, link_id)
    return touched


def _name(db: Db, record: Record, link_id: int) -> None:
    """A new record answers to its older ids, also those that were never seen: a key may have been made for one."""
    known = by_native(db, record.side, record.aliases)
    for native in record.aliases:
        if native not in known:
            add_row(db, link_id, record.side, record.object, native, Role.ALIAS, "", {})


def _update(db: Db, pairs: Sequence[tuple[sa.Row[Any], Observed]], cause: str, now: datetime) -> list[int]:
    """Known records: the touched links. An equal read only moves the version.

    A page of a scan may be older than what is known since, and is dropped then. Any other read was made by id just
    now, so what it shows holds, whatever its stamp: a long transaction ends with the stamp of its beginning.
    """
    updates: list[dict[str, Any]] = []
    changed: list[tuple[int, Observed]] = []
    renamed: list[tuple[int, Observed]] = []
    touched: list[int] = []
    for row, one in pairs:
        version = to_ms(one.record.version)
        if row.version is not None and version < row.version and cause == "scan":
            continue
        hints = _hints(one)
        came_back = row.role == Role.GONE.value
        differs = came_back or _differs(row, one.record.values)
        if differs:
            changed.append((row.id, one))
        if differs or cause == "retry" or any(getattr(row, name) != hints[name] for name in _HINTS):
            touched.append(row.link_id)
        if row.foreign_ids != hints["foreign_ids"]:
            renamed.append((row.id, one))
        written, written_at = _unconfirmed(row, one)
        updates.append(
            {
                "row_id": row.id,
                **{f"new_{name}": value for name, value in hints.items()},
                "new_name": plain(one.name),
                "new_version": version,
                "new_certain": one.certain,
                "new_written": written,
                "new_written_at": written_at,
            }
        )
        if came_back:
            revive(db, row)
        if one.record.aliases and absorb(db, one.record, row.link_id, now):
            touched.append(row.link_id)
    db.many(_UPDATE, updates)
    db.run_in(_NO_REFERENCES, (row_id for row_id, _ in renamed))
    _refer(db, renamed)
    _keep(db, changed, to_ms(now))
    return touched


def _differs(row: Any, values: Any) -> bool:
    """Whether a read says anything new over what was seen and what waits for its decision."""
    current: Values = load(row.seen)
    if row.observed is not None:
        current = {**current, **load(row.observed)}
    return any(current.get(name) != value for name, value in values.items())


def _unconfirmed(row: Any, one: Observed) -> tuple[str, int | None]:
    """Our written values less those that this read shows as we wrote them; none once somebody else has saved it."""
    if not row.written or not one.ours:
        return "", None
    values = one.record.values
    left = {k: v for k, v in load(row.written).items() if k not in values or values[k] != v}
    return (dump(left), row.written_at) if left else ("", None)


def _refer(db: Db, observed: Iterable[tuple[int, Observed]]) -> None:
    """Make rows findable by the ids of the other side that their records name."""
    rows = [
        {"side_id": row_id, "native_id": name, "connection_id": db.cid}
        for row_id, one in observed
        for name in dict.fromkeys(one.foreign)
        if name
    ]
    db.many(_NEW_REFERENCE, rows)


def _keep(db: Db, observed: Iterable[tuple[int, Observed]], at: int) -> None:
    rows = [
        {"side_id": row_id, "connection_id": db.cid, "data": dump(dict(one.record.values)), "at": at}
        for row_id, one in observed
    ]
    db.many(_OBSERVE, rows)
