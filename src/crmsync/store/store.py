"""A store on SQLite or PostgreSQL: opening it, its transactions and its lease."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import StaticPool
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from crmsync.errors import FatalError
from crmsync.model.transaction import Tx
from crmsync.store import leasing
from crmsync.store import schema as t
from crmsync.store.db import Db, Upsert
from crmsync.store.revision import migrate
from crmsync.store.tx import SqlTx

BUSY_S: Final = 30.0
"""How long a transaction waits for another process's on SQLite, in seconds."""

_CONNECT: Final = Upsert(t.connection, ["name"], None, names=["name"])
_FIND: Final = sa.select(t.connection.c.id).where(t.connection.c.name == sa.bindparam("name"))


class SqlStore:
    """`crmsync.model.ports.Store` for one connection. Transactions may be opened from several threads."""

    __slots__ = ("_cid", "_engine", "_held")

    def __init__(self, engine: sa.Engine, cid: int) -> None:
        self._engine = engine
        self._cid = cid
        self._held: int | None = None

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """See `Store.transaction`. Whoever held the lease and lost it meanwhile commits nothing: LeaseError."""
        with self.writing() as db:
            if self._held is not None:
                leasing.check(db, self._held)
            yield SqlTx(db)

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """A snapshot for queries; it neither waits for a writer nor makes one wait."""
        with self._engine.connect().execution_options(crmsync_reads=True) as conn, conn.begin():
            yield Db(conn, self._cid)

    @contextmanager
    def writing(self) -> Iterator[Db]:
        """The handle below `transaction`, for what people decide outside a cycle."""
        with self._engine.begin() as conn:
            yield Db(conn, self._cid)

    def acquire(self, owner: str, now: datetime, ttl_s: float, *, takeover: bool = False) -> int:
        with self.writing() as db:
            generation = leasing.acquire(db, owner, now, ttl_s, takeover)
        self._held = generation
        return generation

    def renew(self, generation: int, now: datetime, ttl_s: float) -> None:
        with self.writing() as db:
            leasing.renew(db, generation, now, ttl_s)

    def free(self, generation: int) -> None:
        with self.writing() as db:
            leasing.free(db, generation)
        self._held = None

    def lease(self) -> tuple[str, datetime] | None:
        with self.reading() as db:
            return leasing.current(db)

    def close(self) -> None:
        self._held = None
        self._engine.dispose()


def open_store(url: str, connection: str = "default") -> SqlStore:
    """Open the store at a database URL, made or migrated as needed.

    `sqlite:///file.db`, `sqlite://` (in memory, for one process) or `postgresql://user@host/name`. Raises
    FatalError when the database cannot be reached or belongs to a newer crmsync.
    """
    engine = _engine(url)
    try:
        found = _PATIENCE(_prepared, engine, connection)
    except OperationalError as error:
        engine.dispose()
        where = engine.url.render_as_string(hide_password=True)
        raise FatalError(
            f"The store {where} cannot be opened: {error.orig}",
            fix="Check CRMSYNC_DATABASE_URL, that the directory or server exists, and the rights on it.",
        ) from error
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, found)


def _busy(error: BaseException) -> bool:
    """Another process is making or closing this very SQLite file."""
    cause = error.orig if isinstance(error, OperationalError) else None
    return (
        isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    )


_PATIENCE: Final = Retrying(
    retry=retry_if_exception(_busy), wait=wait_fixed(0.05), stop=stop_after_delay(BUSY_S), reraise=True
)
"""SQLite's own waiting does not cover the switch to WAL, nor the first look at a log that is being made."""


def _prepared(engine: sa.Engine, connection: str) -> int:
    """Migrate, and return the number of the connection, which is made when it is new."""
    migrate(engine)
    with engine.begin() as conn:
        found = conn.execute(_FIND, {"name": connection}).scalar()
        if found is None:
            conn.execute(_CONNECT.on(engine.dialect.name), {"name": connection})
            found = conn.execute(_FIND, {"name": connection}).scalar_one()
        return int(found)


def _engine(url: str) -> sa.Engine:
    try:
        where = sa.make_url(url)
    except ArgumentError as error:
        raise FatalError(
            "CRMSYNC_DATABASE_URL is not a database URL.", fix="Write it like sqlite:///crmsync.db."
        ) from error
    if where.get_backend_name() == "postgresql":
        return sa.create_engine(where.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if where.get_backend_name() != "sqlite":
        raise FatalError(
            f"crmsync keeps its store in SQLite or PostgreSQL, not in {where.get_backend_name()}.",
            fix="Set CRMSYNC_DATABASE_URL to sqlite:///crmsync.db or postgresql://user@host/name.",
        )
    in_memory = where.database in (None, "", ":memory:")
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_S, "check_same_thread": False}}
    engine = sa.create_engine(where, **options, **({"poolclass": StaticPool} if in_memory else {}))
    if not in_memory and where.database:
        _make_folder(Path(where.database).parent)
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FatalError(
            f"The store's directory {folder} cannot be made: {error.strerror}",
            fix="Make it, or set CRMSYNC_DATABASE_URL to a place that crmsync may write to.",
        ) from error


def _on_connect(raw: Any, _record: Any) -> None:
    """SQLite: we say BEGIN ourselves, readers do not wait, a commit survives a power cut."""
    raw.isolation_level = None
    cursor = raw.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _on_begin(conn: sa.Connection) -> None:
    """A writer takes the lock at once: one that only asks for it later may find its snapshot stale."""
    reads = conn.get_execution_options().get("crmsync_reads", False)
    conn.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
