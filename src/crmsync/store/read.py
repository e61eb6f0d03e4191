"""Queries for reports and commands: bounded or streamed, on a snapshot. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import sqlalchemy as sa

from crmsync.model.links import Change, Intent, Role
from crmsync.model.values import SIDES
from crmsync.store import holding, planning, rows
from crmsync.store import schema as t
from crmsync.store.codec import from_ms, load, maybe_time, plain, to_intent
from crmsync.store.db import CHUNK, CID, Db
from crmsync.store.keeping import FIELDS
from crmsync.store.review import drop, resolve, retry
from crmsync.store.store import SqlStore

__all__ = ["drop", "last_writes", "person", "resolve", "retry", "review_items", "status"]

LAST: Final = 50
"""How many intents and events of a person are shown, the newest first."""


def _count(db: Db, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    stmt = sa.select(sa.func.count()).select_from(table).where(table.c.connection_id == CID, *where)
    count: int = db.rows(stmt)[0][0]
    return count


def _live_on(side: str) -> sa.ColumnElement[bool]:
    """The link has a record that fields are read from on `side`."""
    of_link = (t.side.c.link_id == t.link.c.id, t.side.c.side == side, t.side.c.role == Role.PRIMARY.value)
    return sa.exists().where(*of_link)


def status(store: SqlStore, day: str = "") -> dict[str, Any]:
    """Counts for `status` and the dashboard.

    Keys: `links` (people on both sides), `linked{side}`, `conflicts` (open), `parked`, `held` (operations), `holds[]`, `dirty`,
    `cursors[{side, object, cursor}]`, `budget{side: calls}` of `day` (`YYYY-MM-DD`; "": the last day
    with calls), `meta{}` and `last_cycle` (that meta value, or None).
    """
    with store.reading() as db:
        holds = holding.holds(db)
        meta = {r.name: r.value for r in db.rows(sa.select(t.meta).where(t.meta.c.connection_id == CID))}
        cursors = db.rows(
            sa.select(t.cursor)
            .where(t.cursor.c.connection_id == CID)
            .order_by(t.cursor.c.side, t.cursor.c.object)
        )
        return {
            "links": _count(db, t.link, *(_live_on(side) for side in SIDES)),
            "linked": planning.linked(db),
            "conflicts": _count(db, t.conflict, t.conflict.c.closed_at.is_(None), t.conflict.c.winner == ""),
            "parked": _count(db, t.parked, t.parked.c.closed_at.is_(None), ~t.parked.c.dropped),
            "held": sum(h.count for h in holds),
            "holds": holds,
            "dirty": _count(db, t.dirty),
            "cursors": [{"side": c.side, "object": c.object, "cursor": load(c.data)} for c in cursors],
            "budget": _budget(db, day),
            "meta": meta,
            "last_cycle": meta.get("last_cycle"),
        }


def _budget(db: Db, day: str) -> dict[str, int]:
    used = dict.fromkeys(SIDES, 0)
    mine = t.budget.c.connection_id == CID
    wanted = day or db.rows(sa.select(sa.func.max(t.budget.c.day)).where(mine))[0][0]
    spent = sa.select(t.budget.c.side, t.budget.c.calls).where(mine, t.budget.c.day == sa.bindparam("day"))
    for row in db.rows(spent, day=wanted):
        used[row.side] += row.calls
    return {side: used[side] for side in SIDES}


# -- review -------------------------------------------------------------------------------------------------
def review_items(store: SqlStore) -> Iterator[dict[str, Any]]:
    """What waits for a person: `{id, kind, person, link, field, values{}, cause, fix, since}`, held groups first.

    `kind` is `held`, `conflict`, `parked` or `ambiguous`; `since` is an aware UTC time.
    """
    with store.reading() as db:
        for hold in holding.holds(db):
            yield {
                "id": f"h-{hold.digest}",
                "kind": "held",
                "person": "",
                "link": 0,
                "field": "",
                "values": {
                    "side": hold.side,
                    "object": hold.object,
                    "kind": hold.kind.value,
                    "count": hold.count,
                },
                "cause": hold.reason,
                "fix": f"Look at `crmsync plan`, then `crmsync approve {hold.digest}`.",
                "since": hold.since,
            }
        yield from map(_conflict_item, _paged(db, t.conflict, t.conflict.c.winner == ""))
        yield from map(_parked_item, _paged(db, t.parked, ~t.parked.c.dropped))


def _paged(db: Db, table: sa.Table, *where: sa.ColumnElement[bool]) -> Iterator[Any]:
    """Current rows by id with the name of their person, a page at a time."""
    person = (
        sa.select(sa.func.coalesce(sa.func.nullif(t.side.c.email, ""), t.side.c.name))
        .where(t.side.c.link_id == table.c.link_id, t.side.c.role != Role.GONE.value)
        .order_by(t.side.c.email == "", t.side.c.id)
        .limit(1)
        .scalar_subquery()
    )
    page = (
        sa.select(table, person.label("person"))
        .where(
            table.c.connection_id == CID,
            table.c.closed_at.is_(None),
            table.c.id > sa.bindparam("after"),
            *where,
        )
        .order_by(table.c.id)
        .limit(CHUNK)
    )
    after = 0
    while found := db.rows(page, after=after):
        yield from found
        after = found[-1].id


def _conflict_item(row: Any) -> dict[str, Any]:
    return {
        "id": f"c{row.id}",
        "kind": "conflict",
        "person": row.person or "",
        "link": row.link_id,
        "field": row.field,
        "values": load(row.data),
        "cause": row.cause,
        "fix": f"Choose a side: `crmsync review resolve c{row.id} --side hubspot|salesforce`.",
        "since": from_ms(row.since),
    }


def _parked_item(row: Any) -> dict[str, Any]:
    return {
        "id": f"p{row.id}",
        "kind": "ambiguous" if row.code == "ambiguous" else "parked",
        "person": row.person or "",
        "link": row.link_id,
        "field": row.field,
        "values": {row.side: load(row.data)},
        "cause": row.cause,
        "fix": row.fix,
        "since": from_ms(row.since),
    }


# -- one person ---------------------------------------------------------------------------------------------
def find_links(db: Db, text: str) -> list[int]:
    """Links by e-mail, native id, crmsync_id or link id, the surviving ones, oldest first."""
    wanted = plain(text.strip())
    by_row = sa.select(t.side.c.link_id).where(
        t.side.c.connection_id == CID,
        sa.or_(
            sa.and_(t.side.c.side.in_(SIDES), t.side.c.email == sa.bindparam("email")),
            t.side.c.key == sa.bindparam("text"),
            sa.and_(t.side.c.side.in_(SIDES), t.side.c.native_id == sa.bindparam("text")),
        ),
    )
    by_link = sa.select(sa.func.coalesce(t.link.c.merged_into, t.link.c.id)).where(
        t.link.c.connection_id == CID,
        sa.or_(t.link.c.key == sa.bindparam("text"), t.link.c.id == sa.bindparam("number", type_=t.BIG)),
    )
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
    params = {"text": wanted, "email": wanted.lower(), "number": number}
    found = {r[0] for stmt in (by_row, by_link) for r in db.rows(stmt, **params)} if wanted else set()
    return sorted(found)


def person(store: SqlStore, text: str) -> dict[str, Any] | None:
    """All that is known of the first person that `text` names (e-mail, native id, crmsync_id, link id), or None.

    Keys: `link` (a `Link`), `others` (further link ids of that text), `names{row id: name}`, `conflicts[]`,
    `parked[]` (both as in `review_items`, decided conflicts too, with `winner`, `rule`, `open`),
    `intents[{intent, ended_at, note}]`, `events[{cycle, kind, side, field, at}]`, newest first.
    """
    with store.reading() as db:
        ids = find_links(db, text)
        links = rows.load_links(db, ids)
        if not links:
            return None
        link = links[0]
        return {
            "link": link,
            "others": [other.id for other in links[1:]],
            "names": {row.id: row.name for row in link.rows},
            "conflicts": list(_history(db, t.conflict, link.id)),
            "parked": list(_history(db, t.parked, link.id)),
            "intents": list(_intents(db, link.id)),
            "events": list(_events(db, link.id)),
        }


def _history(db: Db, table: sa.Table, link_id: int) -> Iterator[dict[str, Any]]:
    stmt = (
        sa.select(table, sa.literal("").label("person"))
        .where(table.c.link_id == sa.bindparam("link"))
        .order_by(table.c.id.desc())
        .limit(LAST)
    )
    for row in db.rows(stmt, link=link_id):
        if table is t.parked:
            yield _parked_item(row) | {"open": row.closed_at is None}
        else:
            chosen = {"winner": row.winner, "rule": row.rule}
            yield _conflict_item(row) | chosen | {"open": row.closed_at is None and not row.winner}


def _intents(db: Db, link_id: int) -> Iterator[dict[str, Any]]:
    stmt = (
        sa.select(t.intent)
        .where(t.intent.c.link_id == sa.bindparam("link"))
        .order_by(t.intent.c.id.desc())
        .limit(LAST)
    )
    for row in db.rows(stmt, link=link_id):
        yield {"intent": to_intent(row), "ended_at": maybe_time(row.ended_at), "note": row.note}


def _events(db: Db, link_id: int) -> Iterator[dict[str, Any]]:
    stmt = (
        sa.select(t.event)
        .where(t.event.c.link_id == sa.bindparam("link"))
        .order_by(t.event.c.id.desc())
        .limit(LAST)
    )
    for row in db.rows(stmt, link=link_id):
        for name in row.field.split(FIELDS):
            yield {
                "cycle": row.cycle,
                "kind": row.kind,
                "side": row.side,
                "field": name,
                "at": from_ms(row.at),
            }


def last_writes(found: dict[str, Any]) -> Iterable[tuple[Intent, Change]]:
    """The fields that were written of a person as returned by `person`, newest first."""
    for item in found["intents"]:
        intent: Intent = item["intent"]
        if intent.status.value == "done":
            yield from ((intent, change) for change in intent.changes)
