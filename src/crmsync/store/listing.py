"""Everything of a kind, a page at a time: for those who check the whole store rather than ask about one person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from crmsync.model.values import Side
from crmsync.store import schema as t
from crmsync.store.codec import load
from crmsync.store.db import CID
from crmsync.store.store import SqlStore

PAGE = 1000


def link_ids(store: SqlStore) -> Iterator[int]:
    """The ids of all surviving links, rising."""
    after = 0
    stmt = (
        sa.select(t.link.c.id)
        .where(
            t.link.c.connection_id == CID, t.link.c.merged_into.is_(None), t.link.c.id > sa.bindparam("after")
        )
        .order_by(t.link.c.id)
        .limit(PAGE)
    )
    while True:
        with store.reading() as db:
            found = [row.id for row in db.rows(stmt, after=after)]
        yield from found
        if len(found) < PAGE:
            return
        after = found[-1]


def conflicts(store: SqlStore) -> Iterator[dict[str, Any]]:
    """All conflicts, open (`winner` "") and decided: `{link_id, field, values{side}, winner}`, values canonical."""
    stmt = sa.select(t.conflict).where(t.conflict.c.connection_id == CID).order_by(t.conflict.c.id)
    with store.reading() as db:
        for row in db.rows(stmt):
            yield {
                "link_id": row.link_id,
                "field": row.field,
                "values": load(row.data),
                "winner": row.winner,
            }


def accounts(store: SqlStore) -> Iterator[tuple[Side, str, str]]:
    """(side, id, registrable domain) of every company and Account, deleted ones too; those without a domain left out."""
    columns = t.account.c
    stmt = (
        sa.select(columns.side, columns.id, columns.domain)
        .where(columns.connection_id == CID, columns.domain != "")
        .order_by(columns.side, columns.id)
    )
    with store.reading() as db:
        for row in db.rows(stmt):
            yield row.side, row.id, row.domain
