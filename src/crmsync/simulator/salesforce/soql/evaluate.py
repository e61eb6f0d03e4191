"""A parsed statement run against the org: which records, in which order, and how they look as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.soql.aggregate import aggregate
from crmsync.simulator.salesforce.soql.lexer import malformed
from crmsync.simulator.salesforce.soql.names import Getter, Scope, invalid_field
from crmsync.simulator.salesforce.soql.nodes import Bundle, Call, Order, Path, Query
from crmsync.simulator.salesforce.soql.plan import Planner, in_order
from crmsync.simulator.salesforce.soql.predicate import Compiler

Shape = Callable[[Row, str], dict[str, Any]]
"""(row, API version) -> the record as JSON."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement found. `ids` with `shape` for records; `rows` for aggregates; `count` for COUNT()."""

    entity: Entity
    ids: list[str]
    shape: Shape
    rows: list[dict[str, Any]] | None = None
    count: int | None = None


def run(scope: Scope, query: Query, *, deleted: bool = False) -> Result:
    """Evaluate a statement; `deleted` also sees the recycle bin. Raises ApiError."""
    entity = scope.entity(query.text, query.object, query.object_at)
    calls = [f for f in query.fields if isinstance(f, Call)]
    found = _rows(scope, entity, query, deleted)
    if calls or query.group:
        return _totals(scope, entity, query, calls, list(found))
    shape = shaper(scope, entity, query)
    ids = [str(r["Id"]) for r in found]
    return Result(entity, ids, shape)


def _totals(scope: Scope, entity: Entity, query: Query, calls: list[Call], rows: list[Row]) -> Result:
    plain = len(calls) == 1 and calls[0].function == "COUNT" and calls[0].path is None
    if plain and len(query.fields) == 1 and not query.group:
        return Result(entity, [], lambda _row, _version: {}, count=len(rows))
    out = aggregate(scope, entity, query, rows)
    return Result(entity, [], lambda _row, _version: {}, rows=out)


def _left(scope: Scope, entity: Entity, text: str) -> Callable[[Path | Call], tuple[Getter, Field]]:
    def left(node: Path | Call) -> tuple[Getter, Field]:
        if isinstance(node, Call):
            raise malformed(text, node.at, "Aggregate functions are not allowed in WHERE")
        hops, item = scope.resolve(text, entity, node)
        return scope.getter(hops, item), item

    return left


def _rows(scope: Scope, entity: Entity, query: Query, deleted: bool) -> Iterable[Row]:
    org = scope.org
    left = _left(scope, entity, query.text)
    known: dict[int, frozenset[Any]] = {}

    def sub(inner: Query) -> frozenset[Any]:
        if id(inner) not in known:
            known[id(inner)] = _column(scope, inner)
        return known[id(inner)]

    compiler = Compiler(query.text, left, sub, date.fromisoformat(org.today()))
    test = compiler.test(query.where) if query.where else None
    source = Planner(org.tables[entity.name], compiler, sub).source(query)
    rows: Iterable[Row] = source.rows
    if entity.deletable and not deleted:
        rows = (r for r in rows if not r["IsDeleted"])
    if scope.limited and not org.access.all_rows(entity):
        rows = (r for r in rows if org.access.sees(entity, r))
    if test is not None:
        rows = filter(test, rows)
    if query.group or any(isinstance(f, Call) for f in query.fields):
        return rows
    if query.order and not in_order(query.order, source.by):
        rows = _sorted(list(rows), query.order, left)
    if query.limit is not None or query.offset:
        end = None if query.limit is None else query.offset + query.limit
        rows = islice(rows, query.offset, end)
    return rows


def _sorted(
    rows: list[Row], order: tuple[Order, ...], left: Callable[[Path | Call], tuple[Getter, Field]]
) -> list[Row]:
    for item in reversed(order):
        getter, spec = left(item.by)
        rows = sort_by(rows, getter, spec, item)
    return rows


def sort_by(rows: list[Any], getter: Getter, spec: Field, order: Order) -> list[Any]:
    """Stable sort by one key; nulls go first unless NULLS LAST."""
    empty = [r for r in rows if getter(r) is None]
    full = [r for r in rows if getter(r) is not None]
    if spec.folded:
        full.sort(key=lambda r: str(getter(r)).lower(), reverse=order.descending)
    else:
        full.sort(key=getter, reverse=order.descending)
    return full + empty if order.nulls_last else empty + full


def _column(scope: Scope, query: Query) -> frozenset[Any]:
    """The values that a subselect of one field yields."""
    entity = scope.entity(query.text, query.object, query.object_at)
    if len(query.fields) != 1 or not isinstance(query.fields[0], Path):
        raise malformed(query.text, query.object_at, "A subselect selects one field")
    hops, item = scope.resolve(query.text, entity, query.fields[0])
    if item.type not in {"id", "reference"}:
        raise refuse(
            "INVALID_FIELD",
            f"The inner select field '{item.name}' cannot have more than one level or a type other than id",
        )
    getter = scope.getter(hops, item)
    return frozenset(v for v in map(getter, _rows(scope, entity, query, False)) if v is not None)


# -- the shape of records -----------------------------------------------------------------------------------
def shaper(scope: Scope, entity: Entity, query: Query) -> Shape:
    """A function that makes the JSON of a record with the selected fields, in the order selected."""
    paths: list[tuple[tuple[Field, ...], Field]] = []
    for node in query.fields:
        if isinstance(node, Bundle):
            paths.extend(((), f) for f in bundle(scope, entity, query, node))
        elif isinstance(node, Path):
            hops, item = scope.resolve(query.text, entity, node)
            if ((*hops,), item) in paths:
                raise invalid_field(query.text, node.at, f"duplicate field selected: {node.text}")
            paths.append(((*hops,), item))
    return shape_of(scope, entity, paths)


def bundle(scope: Scope, entity: Entity, query: Query, node: Bundle) -> list[Field]:
    """The fields that FIELDS(...) stands for."""
    if node.which != "STANDARD" and (query.limit is None or query.limit > 200):
        raise refuse("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
    shown = (f for f in entity.fields.values() if scope.field(entity, f.name))
    return [f for f in shown if node.which == "ALL" or f.custom == (node.which == "CUSTOM")]


def shape_of(scope: Scope, entity: Entity, paths: list[tuple[tuple[Field, ...], Field]]) -> Shape:
    """The shape for resolved paths; parents nest under their relationship's name."""
    own: list[tuple[str, str, Field]] = []
    nested: dict[str, tuple[Field, list[tuple[tuple[Field, ...], Field]]]] = {}
    order: list[str] = []
    for hops, item in paths:
        if not hops:
            kind = "compound" if item.parts or item.formula else "boolean" if item.type == "boolean" else ""
            own.append((item.name, kind, item))
        else:
            if hops[0].relationship not in nested:
                nested[hops[0].relationship] = (hops[0], [])
                order.append(hops[0].relationship)
            nested[hops[0].relationship][1].append((hops[1:], item))
    parents = [(n, nested[n][0].name, _parent_shape(scope, *nested[n])) for n in order]
    name, org = entity.name, scope.org
    prefix = "tooling/sobjects" if scope.tooling else "sobjects"

    def shape(row: Row, version: str) -> dict[str, Any]:
        url = f"/services/data/v{version}/{prefix}/{name}/{row['Id']}"
        out: dict[str, Any] = {"attributes": {"type": name, "url": url}}
        for key, kind, item in own:
            if not kind:
                out[key] = row.get(key)
            elif kind == "boolean":
                out[key] = row.get(key, False)
            else:
                out[key] = org.value(item, row)
        for key, reference, inner in parents:
            parent = scope.parent(row, reference)
            out[key] = None if parent is None else inner(parent, version)
        return out

    return shape


def _parent_shape(scope: Scope, hop: Field, paths: list[tuple[tuple[Field, ...], Field]]) -> Shape:
    shapes = {e.prefix: shape_of(scope, e, paths) for e in scope.parents(hop)}

    def shape(row: Row, version: str) -> dict[str, Any]:
        return shapes[str(row["Id"])[:3]](row, version)

    return shape
