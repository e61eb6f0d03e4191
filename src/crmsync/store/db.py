"""One transaction's database handle: bulk statements, chunked look-ups, id numbers. Knows no table's meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, TypeVar, cast

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
        """One statement for many rows (executemany), each with the same names; nothing for none."""
        if params:
            plain = stmt.on(self.dialect) if isinstance(stmt, Upsert) else stmt
            text, rows = _prepared(plain, self.conn.dialect, params)
            self.conn.exec_driver_sql(text, rows)

    def ids(self, count: int) -> list[int]:
        """Fresh, rising numbers. PostgreSQL has a sequence, so that connections do not wait for one another."""
        if not count:
            return []
        if self.dialect == "postgresql":
            return [r[0] for r in self.rows(_PG_IDS, count=count)]
        last: int = self.conn.execute(_SQLITE_IDS, {"count": count}).scalar_one()
        return list(range(last - count + 1, last + 1))


def _prepared(
    stmt: sa.Executable, dialect: sa.Dialect, params: Sequence[Mapping[str, Any]]
) -> tuple[str, Any]:
    """The statement's text and its rows as the driver takes them. Columns here are text, numbers and booleans only,
    which need no conversion, so rows go past the toolkit's own loop over each value of each row.
    """
    names = tuple(params[0])
    text, order, fixed = _compiled(stmt, dialect, names)
    if order is None:
        return text, [{**fixed, **row} for row in params] if fixed else list(params)
    if fixed:
        return text, [tuple(row[n] if n in row else fixed[n] for n in order) for row in params]
    pick = itemgetter(*order) if len(order) > 1 else lambda row: (row[order[0]],)
    return text, list(map(pick, params))


@lru_cache(maxsize=512)
def _compiled(
    stmt: sa.Executable, dialect: sa.Dialect, names: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None, dict[str, Any]]:
    """(text, order of its parameters where they go by place, parameters that the statement itself brings)."""
    compiled = cast("sa.ClauseElement", stmt).compile(dialect=dialect, column_keys=sorted(names))
    order = tuple(compiled.positiontup) if compiled.positional else None  # type: ignore[attr-defined]
    fixed = {name: value for name, value in compiled.params.items() if name not in names}
    return str(compiled), order, fixed


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
