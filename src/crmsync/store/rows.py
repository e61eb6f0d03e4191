"""Links and side rows as the engine sees them: loading and looking up. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Lane, Link, Role, SideRow
from crmsync.model.values import Side, Value
from crmsync.store import schema as t
from crmsync.store.codec import bit_sides, from_ms, load, maybe_time, plain
from crmsync.store.db import CID, Db, in_ids

LIVE: Final = (Role.PRIMARY.value, Role.SECONDARY.value)

SIDE_ROWS: Final = sa.select(t.side, t.observation.c.data.label("observed")).select_from(
    t.side.outerjoin(t.observation, t.observation.c.side_id == t.side.c.id)
)
_SIDE: Final = sa.bindparam("side", type_=sa.Text)
_BY_EMAIL: Final = SIDE_ROWS.where(
    t.side.c.connection_id == CID,
    t.side.c.side == _SIDE,
    t.side.c.email.in_(in_ids()),
    t.side.c.role.in_(LIVE),
).order_by(t.side.c.id)
_BY_NATIVE: Final = SIDE_ROWS.where(
    t.side.c.connection_id == CID, t.side.c.side == _SIDE, t.side.c.native_id.in_(in_ids())
).order_by(t.side.c.id.desc())
_BY_KEY: Final = SIDE_ROWS.where(t.side.c.connection_id == CID, t.side.c.key.in_(in_ids())).order_by(
    t.side.c.id
)
_BY_FOREIGN: Final = (
    SIDE_ROWS.join(t.reference, t.reference.c.side_id == t.side.c.id)
    .add_columns(t.reference.c.native_id.label("named"))
    .where(t.reference.c.connection_id == CID, t.reference.c.native_id.in_(in_ids()), t.side.c.role.in_(LIVE))
    .order_by(t.side.c.id)
)
_MINTED: Final = sa.select(
    sa.func.coalesce(t.link.c.merged_into, t.link.c.id).label("link_id"), t.link.c.key
).where(t.link.c.connection_id == CID, t.link.c.key.in_(in_ids()))
_BY_LINK: Final = SIDE_ROWS.where(t.side.c.link_id.in_(in_ids())).order_by(t.side.c.id)

_LINKS: Final = sa.select(
    t.link.c.id,
    t.link.c.key,
    t.link.c.ever,
    t.base.c.agreed,
    t.dirty.c.seq,
    t.dirty.c.lane,
    t.dirty.c.cause,
    t.dirty.c.cool_until,
).select_from(
    t.link.outerjoin(t.base, t.base.c.link_id == t.link.c.id).outerjoin(
        t.dirty, t.dirty.c.link_id == t.link.c.id
    )
)
_LOAD: Final = _LINKS.where(
    t.link.c.connection_id == CID, t.link.c.id.in_(in_ids()), t.link.c.merged_into.is_(None)
)
_KNOWN: Final = sa.select(
    t.conflict.c.link_id, t.conflict.c.field, t.conflict.c.digest, t.conflict.c.winner, t.conflict.c.resolved
).where(t.conflict.c.link_id.in_(in_ids()), t.conflict.c.closed_at.is_(None))
_PARKED: Final = sa.select(t.parked.c.link_id, t.parked.c.field, t.parked.c.digest).where(
    t.parked.c.link_id.in_(in_ids()), t.parked.c.closed_at.is_(None)
)
_REWRITES: Final = sa.select(t.rewrite).where(t.rewrite.c.link_id.in_(in_ids()))
_BURIED: Final = sa.select(t.tombstone.c.link_id, t.tombstone.c.side).where(
    t.tombstone.c.link_id.in_(in_ids())
)


def to_side_row(row: Any) -> SideRow:
    return SideRow(
        id=row.id,
        link_id=row.link_id,
        side=row.side,
        object=row.object,
        native_id=row.native_id,
        role=Role(row.role),
        version=maybe_time(row.version),
        email=row.email,
        key=row.key,
        foreign=tuple(load(row.foreign_ids)) if row.foreign_ids else (),
        account_ref=row.account_ref,
        name=row.name,
        in_scope=row.in_scope,
        seen=load(row.seen),
        observed=None if row.observed is None else load(row.observed),
        written=load(row.written) if row.written else {},
        written_at=maybe_time(row.written_at),
        covered=load(row.covered) if row.covered else {},
    )


def by_email(db: Db, side: Side, emails: Sequence[str]) -> dict[str, list[SideRow]]:
    found: dict[str, list[SideRow]] = defaultdict(list)
    for row in db.rows_in(_BY_EMAIL, (plain(e) for e in emails if e), side=side):
        found[row.email].append(to_side_row(row))
    return dict(found)


def by_native(db: Db, side: Side, ids: Sequence[str]) -> dict[str, SideRow]:
    return {row.native_id: to_side_row(row) for row in db.rows_in(_BY_NATIVE, ids, side=side)}


def by_key(db: Db, keys: Sequence[str]) -> dict[str, list[SideRow]]:
    """Rows that carry a key themselves, then the rows of the link that minted it (or absorbed that link)."""
    wanted = [plain(k) for k in keys if k]
    found: dict[str, dict[int, SideRow]] = defaultdict(dict)
    for row in db.rows_in(_BY_KEY, wanted):
        found[row.key][row.id] = to_side_row(row)
    minted: dict[int, list[str]] = defaultdict(list)
    for row in db.rows_in(_MINTED, wanted):
        minted[row.link_id].append(row.key)
    for row in db.rows_in(_BY_LINK, minted):
        for key in minted[row.link_id]:
            found[key].setdefault(row.id, to_side_row(row))
    return {key: list(rows.values()) for key, rows in found.items()}


def by_foreign(db: Db, ids: Sequence[str]) -> dict[str, list[SideRow]]:
    found: dict[str, list[SideRow]] = defaultdict(list)
    for row in db.rows_in(_BY_FOREIGN, ids):
        found[row.named].append(to_side_row(row))
    return dict(found)


def load_links(db: Db, link_ids: Sequence[int]) -> list[Link]:
    """The links in the order asked, six queries for each 500; ended ones are left out."""
    heads = {row.id: row for row in db.rows_in(_LOAD, link_ids)}
    rows: dict[int, list[SideRow]] = defaultdict(list)
    for row in db.rows_in(_BY_LINK, heads):
        rows[row.link_id].append(to_side_row(row))
    resolved: dict[int, dict[str, Side]] = defaultdict(dict)
    known: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for row in db.rows_in(_KNOWN, heads):
        known[row.link_id].add((row.field, row.digest))
        if row.resolved:
            resolved[row.link_id][row.field] = row.winner
    parked: dict[int, dict[str, str]] = defaultdict(dict)
    for row in db.rows_in(_PARKED, heads):
        parked[row.link_id][row.field] = row.digest
    rewrites: dict[int, dict[tuple[Side, str], tuple[Value, Value]]] = defaultdict(dict)
    for row in db.rows_in(_REWRITES, heads):
        rewrites[row.link_id][(row.side, row.field)] = (load(row.sent), load(row.returned))
    buried: dict[int, set[Side]] = defaultdict(set)
    for row in db.rows_in(_BURIED, heads):
        buried[row.link_id].add(row.side)
    return [
        Link(
            id=link_id,
            key=head.key,
            rows=tuple(rows.get(link_id, ())),
            agreed=load(head.agreed) if head.agreed else {},
            known=frozenset(known.get(link_id, ())),
            parked=parked.get(link_id, {}),
            resolved=resolved.get(link_id, {}),
            rewrites=rewrites.get(link_id, {}),
            ever=bit_sides(head.ever),
            buried=frozenset(buried.get(link_id, ())),
            seq=head.seq or 0,
            lane=Lane.CHANGES if head.lane is None else Lane(head.lane),
            cause=head.cause or "",
            cool_until=from_ms(head.cool_until) if head.cool_until else None,
        )
        for link_id in _once(link_ids)
        if (head := heads.get(link_id)) is not None
    ]


def _once(link_ids: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(link_ids))
