"""One transaction's database handle: bulk statements, chunked look-ups, id numbers. Knows no table's meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crmsync.store import schema as t

T = TypeVar("T")
CHUNK: Final = 500
"""Values in one IN list: well under SQLite's limit of variables, few enough texts of SQL to cache."""

Rows = Sequence[sa.Row[Any]]


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most CHUNK items, each item once, in the order of first sight."""
    todo = list(dict.fromkeys(items))
    for start in range(0, len(todo), CHUNK):
        yield todo[start : start + CHUNK]


class Upsert:
    """`INSERT .. ON CONFLICT` for both databases, built once.

    Columns not named in `change` are replaced by the new row's; with `change` None an existing row stays.
    """

    __slots__ = ("_by_dialect",)

    def __init__(
        self,
        table: sa.Table,
        keys: Sequence[str],
        change: Mapping[str, Any] | None,
        *,
        names: Sequence[str] = (),
    ) -> None:
        self._by_dialect: dict[str, sa.Executable] = {}
        for dialect, insert in (("sqlite", sqlite.insert(table)), ("postgresql", postgresql.insert(table))):
            if change is None:
                self._by_dialect[dialect] = insert.on_conflict_do_nothing(index_elements=list(keys))
                continue
            columns = names or [c.name for c in table.c if c.name not in keys]
            new: dict[str, Any] = {c: insert.excluded[c] for c in columns}
            for name, rule in change.items():
                new[name] = rule(table.c[name], insert.excluded[name])
            self._by_dialect[dialect] = insert.on_conflict_do_update(index_elements=list(keys), set_=new)

    def on(self, dialect: str) -> sa.Executable:
        return self._by_dialect[dialect]


@dataclass(frozen=True, slots=True)
class Db:
    """An open transaction of one connection of crmsync (`cid` is its row in `connection`)."""

    conn: sa.Connection
    cid: int

    @property
    def dialect(self) -> str:
        return self.conn.dialect.name

    def rows(self, stmt: sa.Executable, **params: Any) -> Rows:
        """All rows; `:cid` is filled in."""
        return self.conn.execute(stmt, {"cid": self.cid, **params}).all()

    def rows_in(self, stmt: sa.Executable, items: Iterable[Any], **params: Any) -> Iterator[sa.Row[Any]]:
        """Rows of a statement with an expanding `:ids`, in chunks."""
        for some in chunks(items):
            yield from self.rows(stmt, ids=some, **params)

    def run(self, stmt: sa.Executable, **params: Any) -> int:
        """How many rows a changing statement touched."""
        return self.conn.execute(stmt, {"cid": self.cid, **params}).rowcount

    def run_in(self, stmt: sa.Executable, items: Iterable[Any], **params: Any) -> int:
        return sum(self.run(stmt, ids=some, **params) for some in chunks(items))

    def many(self, stmt: sa.Executable | Upsert, params: Sequence[Mapping[str, Any]]) -> None:
        """One statement for many rows (executemany); nothing for none."""
        if params:
            self.conn.execute(stmt.on(self.dialect) if isinstance(stmt, Upsert) else stmt, params)

    def ids(self, count: int) -> list[int]:
        """Fresh, rising numbers. PostgreSQL has a sequence, so that connections do not wait for one another."""
        if not count:
            return []
        if self.dialect == "postgresql":
            return [r[0] for r in self.rows(_PG_IDS, count=count)]
        last: int = self.conn.execute(_SQLITE_IDS, {"count": count}).scalar_one()
        return list(range(last - count + 1, last + 1))


def in_ids() -> sa.BindParameter[Any]:
    """The expanding parameter that `rows_in` and `run_in` fill."""
    return sa.bindparam("ids", expanding=True)


CID: Final = sa.bindparam("cid", type_=sa.Integer)
_PG_IDS: Final = sa.text("SELECT nextval('crmsync_number') FROM generate_series(1, :count)")
_SQLITE_IDS: Final = (
    sa.update(t.counter)
    .where(t.counter.c.name == "number")
    .values(value=t.counter.c.value + sa.bindparam("count"))
    .returning(t.counter.c.value)
)
