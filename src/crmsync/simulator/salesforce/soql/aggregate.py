"""COUNT, MIN, MAX, SUM, AVG, GROUP BY and HAVING: rows folded into AggregateResult records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.schema import NUMBERS, Entity, Field, Row
from crmsync.simulator.salesforce.soql.lexer import malformed
from crmsync.simulator.salesforce.soql.names import Getter, Scope, date_function, invalid_field
from crmsync.simulator.salesforce.soql.nodes import DATE_FUNCTIONS, Call, Path, Query, TypeOf
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
            out.append((node.alias or spec.name, getter))
        else:
            at = node.reference.at if isinstance(node, TypeOf) else node.at
            raise malformed(query.text, at, "Only fields and aggregates can be selected with GROUP BY")
    return out


def _groups(scope: Scope, entity: Entity, query: Query, rows: list[Row]) -> list[Group]:
    if not query.group:
        return [Group({}, rows)]
    keys = []
    for node in query.group:
        getter, item = _grouped(scope, entity, query, node)
        keys.append((key_of(node), folded(getter, item), getter))
    found: dict[tuple[Any, ...], Group] = {}
    for row in rows:
        folded_key = tuple(f(row) for _, f, _ in keys)
        if folded_key not in found:
            found[folded_key] = Group({name: g(row) for name, _, g in keys}, [])
        found[folded_key].rows.append(row)
    return list(found.values())


def key_of(node: Path | Call) -> str:
    """A name for what is grouped by."""
    if isinstance(node, Path):
        return node.text.lower()
    return f"{node.function}({node.path.text.lower() if node.path else ''})"


def _grouped(scope: Scope, entity: Entity, query: Query, node: Path | Call) -> tuple[Getter, Field]:
    """What a statement groups by. Raises ApiError for what cannot be grouped."""
    if isinstance(node, Call):
        if node.function not in DATE_FUNCTIONS:
            raise malformed(query.text, node.at, "Aggregate functions are not allowed in GROUP BY")
        return date_function(scope, entity, query.text, node)
    hops, item = scope.resolve(query.text, entity, node)
    if not item.filterable or item.type in _UNGROUPABLE:
        raise invalid_field(query.text, node.at, f"field '{item.name}' can not be grouped in a query call")
    return scope.getter(hops, item), item


_UNGROUPABLE = frozenset({"datetime", "double", "currency", "percent", "multipicklist"})


def _left(scope: Scope, entity: Entity, query: Query) -> Callable[[Path | Call], tuple[Getter, Field]]:
    grouped = {key_of(p) for p in query.group}

    def left(node: Path | Call) -> tuple[Getter, Field]:
        key = key_of(node)
        if isinstance(node, Call) and node.function not in DATE_FUNCTIONS:
            return _fold(scope, entity, query, node)
        if key not in grouped:
            said = key if isinstance(node, Call) else node.text
            raise malformed(query.text, node.at, f"Field must be grouped or aggregated: {said}")
        _, item = _grouped(scope, entity, query, node)
        return (lambda group: group.key[key]), item

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
