"""Accounts and owners, read for matching only: they are replaced, never merged. And who waits for an account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Account
from crmsync.model.records import Owner
from crmsync.model.values import Side
from crmsync.store import schema as t
from crmsync.store.codec import dump, from_ms, load, plain, to_ms
from crmsync.store.db import CID, Db, Upsert, in_ids

_SIDE: Final = sa.bindparam("side", type_=sa.Text)
_A: Final = t.account.c
_SAVE: Final = Upsert(t.account, ["connection_id", "side", "id"], {})
_MINE: Final = (_A.connection_id == CID, _A.side == _SIDE)
_BY_DOMAIN: Final = sa.select(t.account).where(*_MINE, _A.domain.in_(in_ids()), _A.active).order_by(_A.id)
_BY_ID: Final = sa.select(t.account).where(*_MINE, _A.id.in_(in_ids()))
_P: Final = t.parked.c
_WAITING: Final = sa.select(_P.link_id).where(
    _P.connection_id == CID,
    _P.closed_at.is_(None),
    _P.field == sa.bindparam("field", type_=sa.Text),
    _P.data.in_(in_ids()),
)
_NEW_OWNER: Final = sa.insert(t.owner)
_NO_OWNERS: Final = sa.delete(t.owner).where(t.owner.c.connection_id == CID, t.owner.c.side == _SIDE)
_OWNERS: Final = (
    sa.select(t.owner).where(t.owner.c.connection_id == CID).order_by(t.owner.c.side, t.owner.c.id)
)


def save_accounts(db: Db, accounts: Sequence[Account]) -> None:
    db.many(
        _SAVE,
        [
            {
                "connection_id": db.cid,
                "side": a.side,
                "id": a.id,
                "name": plain(a.name),
                "domain": plain(a.domain),
                "country": a.country,
                "version": to_ms(a.version),
                "data": dump(a.values),
                "active": a.active,
            }
            for a in accounts
        ],
    )


def _account(row: Any) -> Account:
    return Account(
        side=row.side,
        id=row.id,
        name=row.name,
        domain=row.domain,
        country=row.country,
        version=from_ms(row.version),
        values=load(row.data),
        active=row.active,
    )


def accounts_by_domain(db: Db, side: Side, domains: Sequence[str]) -> dict[str, list[Account]]:
    found: dict[str, list[Account]] = defaultdict(list)
    for row in db.rows_in(_BY_DOMAIN, (plain(d) for d in domains if d), side=side):
        found[row.domain].append(_account(row))
    return dict(found)


def accounts_by_id(db: Db, side: Side, ids: Sequence[str]) -> dict[str, Account]:
    return {row.id: _account(row) for row in db.rows_in(_BY_ID, ids, side=side)}


def waiting(db: Db, fields: Sequence[str], natives: Sequence[str]) -> list[int]:
    """Links with one of these fields parked over one of these native values."""
    values = [dump(native) for native in natives]
    found = {r.link_id for name in fields for r in db.rows_in(_WAITING, values, field=name)}
    return sorted(found)


def save_owners(db: Db, side: Side, owners: Sequence[Owner]) -> None:
    db.run(_NO_OWNERS, side=side)
    db.many(
        _NEW_OWNER,
        [
            {
                "connection_id": db.cid,
                "side": side,
                "id": o.id,
                "email": plain(o.email),
                "name": plain(o.name),
                "active": o.active,
            }
            for o in owners
        ],
    )


def owners(db: Db) -> list[Owner]:
    return [Owner(r.side, r.id, r.email, r.name, r.active) for r in db.rows(_OWNERS)]
