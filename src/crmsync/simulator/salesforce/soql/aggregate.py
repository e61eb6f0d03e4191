"""COUNT, MIN, MAX, SUM, AVG, GROUP BY and HAVING: rows folded into AggregateResult records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.schema import NUMBERS, Entity, Field, Row
from crmsync.simulator.salesforce.soql.lexer import malformed
from crmsync.simulator.salesforce.soql.names import Getter, Scope
from crmsync.simulator.salesforce.soql.nodes import Call, Path, Query
from crmsync.simulator.salesforce.soql.predicate import Compiler, folded

_COUNT = Field("count", "int")


@dataclass(frozen=True, slots=True)
class Group:
    """One group: the values grouped by, and its rows."""

    key: dict[str, Any]
    rows: list[Row]


def aggregate(scope: Scope, entity: Entity, query: Query, rows: list[Row]) -> list[dict[str, Any]]:
    """The AggregateResult records, in order. Raises ApiError."""
    groups = _groups(scope, entity, query, rows)
    left = _left(scope, entity, query)
    if query.having:
        compiler = Compiler(query.text, left, lambda _q: frozenset(), date.fromisoformat(scope.org.today()))
        test = compiler.test(query.having)
        groups = [g for g in groups if test(g)]
    for order in reversed(query.order):
        getter, spec = left(order.by)
        empty = [g for g in groups if getter(g) is None]
        full = [g for g in groups if getter(g) is not None]
        full.sort(key=folded(getter, spec), reverse=order.descending)
        groups = full + empty if order.nulls_last else empty + full
    end = None if query.limit is None else query.offset + query.limit
    columns = _columns(query, left)
    return [
        {"attributes": {"type": "AggregateResult"}, **{n: g(group) for n, g in columns}}
        for group in groups[query.offset : end]
    ]


def _columns(query: Query, left: Callable[[Path | Call], tuple[Getter, Field]]) -> list[tuple[str, Getter]]:
    """Names (alias, `expr0`, field) and values of what is selected."""
    out: list[tuple[str, Getter]] = []
    unnamed = 0
    for node in query.fields:
        if isinstance(node, Call):
            name = node.alias or f"expr{unnamed}"
            unnamed += not node.alias
            out.append((name, left(node)[0]))
        elif isinstance(node, Path):
            getter, spec = left(node)
            out.append((spec.name, getter))
        else:
            raise malformed(query.text, node.at, "FIELDS is not allowed with aggregates")
    return out


def _groups(scope: Scope, entity: Entity, query: Query, rows: list[Row]) -> list[Group]:
    if not query.group:
        return [Group({}, rows)]
    keys = []
    for path in query.group:
        hops, item = scope.resolve(query.text, entity, path)
        keys.append((path.text.lower(), folded(getter := scope.getter(hops, item), item), getter))
    found: dict[tuple[Any, ...], Group] = {}
    for row in rows:
        folded_key = tuple(f(row) for _, f, _ in keys)
        if folded_key not in found:
            found[folded_key] = Group({name: g(row) for name, _, g in keys}, [])
        found[folded_key].rows.append(row)
    return list(found.values())


def _left(scope: Scope, entity: Entity, query: Query) -> Callable[[Path | Call], tuple[Getter, Field]]:
    grouped = {p.text.lower() for p in query.group}

    def left(node: Path | Call) -> tuple[Getter, Field]:
        if isinstance(node, Call):
            return _fold(scope, entity, query, node)
        if node.text.lower() not in grouped:
            raise malformed(query.text, node.at, f"Field must be grouped or aggregated: {node.text}")
        _, item = scope.resolve(query.text, entity, node)
        return (lambda group: group.key[node.text.lower()]), item

    return left


def _fold(scope: Scope, entity: Entity, query: Query, node: Call) -> tuple[Getter, Field]:
    if node.path is None:
        if node.function != "COUNT" or not query.group:
            raise malformed(query.text, node.at, f"{node.function}() needs a field here")
        return (lambda group: len(group.rows)), _COUNT
    hops, item = scope.resolve(query.text, entity, node.path)
    getter = scope.getter(hops, item)
    if node.function in {"SUM", "AVG"} and item.type not in NUMBERS:
        raise refuse(
            "INVALID_FIELD", f"field {item.name} does not support aggregate operator {node.function}"
        )

    def values(group: Group) -> list[Any]:
        return [v for v in map(getter, group.rows) if v is not None]

    folds: dict[str, Callable[[list[Any]], Any]] = {
        "COUNT": len,
        "COUNT_DISTINCT": lambda vs: len(
            {v.lower() if isinstance(v, str) and item.folded else v for v in vs}
        ),
        "MIN": lambda vs: min(vs, default=None),
        "MAX": lambda vs: max(vs, default=None),
        "SUM": lambda vs: sum(vs) if vs else None,
        "AVG": lambda vs: sum(vs) / len(vs) if vs else None,
    }
    fold = folds[node.function]
    counted = node.function.startswith("COUNT")
    return (lambda group: fold(values(group))), _COUNT if counted else item
