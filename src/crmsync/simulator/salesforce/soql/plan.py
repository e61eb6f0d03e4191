"""Which rows a condition needs to look at: by indexed value, by a range of SystemModstamp, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crmsync.simulator.salesforce.schema import Row
from crmsync.simulator.salesforce.soql.nodes import Among, Both, Compare, Condition, Order, Path, Query
from crmsync.simulator.salesforce.soql.predicate import Compiler, Sub
from crmsync.simulator.salesforce.table import Table

_STAMP = "SystemModstamp"
Bounds = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Source:
    """Rows in the order of `by`: ("Id",) or ("SystemModstamp", "Id")."""

    rows: Iterable[Row]
    by: tuple[str, ...]


class Planner:
    """Chooses the source of rows of one statement."""

    def __init__(self, table: Table, compiler: Compiler, sub: Sub) -> None:
        self._table = table
        self._compiler = compiler
        self._sub = sub

    def source(self, query: Query) -> Source:
        ids = self._ids(query.where) if query.where else None
        if ids is not None:
            return Source(self._table.pick(ids), ("Id",))
        low, high = self._bounds(query.where) if query.where else (None, None)
        if low is not None or high is not None or keys(query.order)[:1] == [_STAMP]:
            return Source(self._by_stamp(low, high), (_STAMP, "Id"))
        return Source(self._table.by_id(self._low_id(query.where) or "" if query.where else ""), ("Id",))

    def _by_stamp(self, low: str | None, high: str | None) -> Iterator[Row]:
        return self._table.by_stamp(low or "", high)

    def _ids(self, node: Condition) -> set[str] | None:
        """A superset of the ids that can match; None when no index helps."""
        if isinstance(node, Both):
            parts = [self._ids(i) for i in node.items]
            known = [p for p in parts if p is not None]
            if node.all_:
                return min(known, key=len) if known else None
            return set().union(*known) if len(known) == len(parts) else None
        name = self._name(node)
        if name is None:
            return None
        values: Iterable[object]
        item = self._table.entity.fields[name]
        if isinstance(node, Compare) and node.op == "=":
            values = [self._compiler.value(item, node.right)]
        elif isinstance(node, Among) and node.op == "IN":
            if isinstance(node.right, Query):
                values = self._sub(node.right)
            else:
                values = [self._compiler.value(item, c) for c in node.right]
        else:
            return None
        return self._lookup(name, values)

    def _lookup(self, name: str, values: Iterable[object]) -> set[str] | None:
        if name == "Id":
            return {str(v) for v in values if v is not None}
        index = self._table.indexes.get(name)
        if index is None:
            return None
        out: set[str] = set()
        for value in values:
            if value is None or isinstance(value, tuple):
                return None
            out.update(index.get(value))  # type: ignore[arg-type]
        return out

    def _name(self, node: Condition) -> str | None:
        """The field of this object that a comparison is about."""
        if isinstance(node, Compare | Among) and isinstance(node.left, Path) and len(node.left.parts) == 1:
            item = self._table.entity.field(node.left.parts[0])
            return item.name if item else None
        return None

    def _low_id(self, node: Condition) -> str | None:
        """The least id that can match; None: open."""
        if isinstance(node, Both):
            lows = [self._low_id(i) for i in node.items]
            return max((x for x in lows if x), default=None) if node.all_ else _least(lows)
        if not isinstance(node, Compare) or node.op not in {">", ">="} or self._name(node) != "Id":
            return None
        return str(self._compiler.value(self._table.entity.fields["Id"], node.right))

    def _bounds(self, node: Condition) -> Bounds:
        """The least and greatest SystemModstamp that can match (both inclusive, None: open)."""
        if isinstance(node, Both):
            parts = [self._bounds(i) for i in node.items]
            lows, highs = [p[0] for p in parts], [p[1] for p in parts]
            if node.all_:
                return (
                    max((x for x in lows if x), default=None),
                    min((x for x in highs if x), default=None),
                )
            return _least(lows), _greatest(highs)
        if not isinstance(node, Compare) or self._name(node) != _STAMP:
            return None, None
        value = self._compiler.value(self._table.entity.fields[_STAMP], node.right)
        if value is None:
            return None, None
        first, end = value if isinstance(value, tuple) else (value, value)
        if node.op == "=":
            return first, end
        if node.op in {">", ">="}:
            return first, None
        if node.op in {"<", "<="}:
            return None, end
        return None, None


def _least(values: list[str | None]) -> str | None:
    known = [v for v in values if v is not None]
    return min(known) if len(known) == len(values) else None


def _greatest(values: list[str | None]) -> str | None:
    known = [v for v in values if v is not None]
    return max(known) if len(known) == len(values) else None


def keys(order: tuple[Order, ...]) -> list[str]:
    """Names of the fields ordered by, as far as they are plain and ascending."""
    out: list[str] = []
    for item in order:
        if item.descending or not isinstance(item.by, Path) or len(item.by.parts) != 1:
            break
        name = item.by.parts[0].lower()
        out.append({"id": "Id", "systemmodstamp": _STAMP}.get(name, name))
    return out


def in_order(order: tuple[Order, ...], by: tuple[str, ...]) -> bool:
    """Whether rows that come in the order `by` need no sorting."""
    named = keys(order)
    return len(named) == len(order) and tuple(named) == by[: len(named)]
