"""A parsed statement run against the org: which records, in which order. How they look is in shape.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.schema import Child, Entity, Field, Row
from crmsync.simulator.salesforce.soql.aggregate import aggregate
from crmsync.simulator.salesforce.soql.lexer import malformed, pointed
from crmsync.simulator.salesforce.soql.names import Getter, Scope, date_function, invalid_field
from crmsync.simulator.salesforce.soql.nodes import (
    DATE_FUNCTIONS,
    Bundle,
    Call,
    Nested,
    Order,
    Path,
    Query,
    TypeOf,
)
from crmsync.simulator.salesforce.soql.plan import Planner, in_order
from crmsync.simulator.salesforce.soql.predicate import Compiler
from crmsync.simulator.salesforce.soql.shape import Extra, Found, Shape, shape_of, type_of

__all__ = ["Result", "Shape", "run", "shape_of"]


_FIELDS_SINCE = 51.0


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
    scope = replace(scope, deleted=deleted)
    entity = scope.entity(query.text, query.object, query.object_at)
    select = Select(scope, entity, query)
    if totalled(query):
        return _totals(scope, entity, query, list(select.all()))
    shape = shaper(scope, entity, query)
    return Result(entity, [str(r["Id"]) for r in select.all()], shape)


def totalled(query: Query) -> bool:
    """Whether a statement asks for totals rather than records."""
    calls = (f for f in query.fields if isinstance(f, Call))
    return bool(query.group) or any(c.function not in DATE_FUNCTIONS for c in calls)


def _totals(scope: Scope, entity: Entity, query: Query, rows: list[Row]) -> Result:
    first = query.fields[0]
    plain = isinstance(first, Call) and first.function == "COUNT" and first.path is None
    if plain and len(query.fields) == 1 and not query.group:
        count = len(rows) if query.limit is None else min(len(rows), query.limit)
        return Result(entity, [], lambda _row, _version: {}, count=count)
    out = aggregate(scope, entity, query, rows)
    return Result(entity, [], lambda _row, _version: {}, rows=out)


class Select:
    """The conditions and the order of one statement, ready to be asked of any rows of its object."""

    def __init__(self, scope: Scope, entity: Entity, query: Query) -> None:
        self._scope = scope
        self._entity = entity
        self._query = query
        self._subs: dict[int, frozenset[Any]] = {}
        self._compiler = Compiler(
            query.text,
            self._left,
            self._sub,
            date.fromisoformat(scope.org.today()),
            nulls=scope.org.switches.unequal_includes_null,
        )
        self._test = self._compiler.test(query.where) if query.where else None

    def _left(self, node: Path | Call) -> tuple[Getter, Field]:
        if isinstance(node, Call):
            if node.function not in DATE_FUNCTIONS:
                raise malformed(self._query.text, node.at, "Aggregate functions are not allowed in WHERE")
            return date_function(self._scope, self._entity, self._query.text, node)
        hops, item = self._scope.resolve(self._query.text, self._entity, node)
        return self._scope.getter(hops, item), item

    def _sub(self, inner: Query) -> frozenset[Any]:
        if id(inner) not in self._subs:
            self._subs[id(inner)] = _column(self._scope, inner)
        return self._subs[id(inner)]

    def all(self) -> Iterable[Row]:
        """The rows that the statement finds among all of its object."""
        table = self._scope.org.tables[self._entity.name]
        source = Planner(table, self._compiler, self._sub).source(self._query)
        return self.among(source.rows, source.by)

    def among(self, rows: Iterable[Row], by: tuple[str, ...]) -> Iterable[Row]:
        """The rows that the statement finds among these, which come in the order `by`."""
        query, rows = self._query, self._shown(rows)
        if self._test is not None:
            rows = filter(self._test, rows)
        if totalled(query):
            return rows
        if query.order and not in_order(query.order, by):
            rows = self._sorted(list(rows))
        if query.limit is not None or query.offset:
            end = None if query.limit is None else query.offset + query.limit
            rows = islice(rows, query.offset, end)
        return rows

    def _shown(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Those in front of the user: not deleted, not archived, shared with the user."""
        scope, entity = self._scope, self._entity
        org = scope.org
        if entity.deletable and not scope.deleted:
            rows = (r for r in rows if not r["IsDeleted"])
            if "IsArchived" in entity.fields:
                rows = (r for r in rows if not r.get("IsArchived", False))
        if scope.limited and not org.access.all_rows(entity):
            rows = (r for r in rows if org.access.sees(entity, r))
        if self._query.mine and entity.owned:
            rows = (r for r in rows if r.get("OwnerId") == org.user_id)
        return rows

    def _sorted(self, rows: list[Row]) -> list[Row]:
        for item in reversed(self._query.order):
            getter, spec = self._left(item.by)
            if not spec.filterable:
                raise invalid_field(
                    self._query.text, item.by.at, f"field '{spec.name}' can not be sorted in a query call"
                )
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
    return frozenset(
        v for v in map(getter, Select(replace(scope, deleted=False), entity, query).all()) if v is not None
    )


# -- what is selected ----------------------------------------------------------------------------------------
def shaper(scope: Scope, entity: Entity, query: Query) -> Shape:
    """A function that makes the JSON of a record with the selected fields."""
    paths: list[Found] = []
    extras: list[Extra] = []
    for node in query.fields:
        if isinstance(node, Bundle):
            paths.extend(((), f) for f in bundle(scope, entity, query, node))
        elif isinstance(node, Nested):
            extras.append(_nested(scope, entity, node))
        elif isinstance(node, TypeOf):
            extras.append(type_of(scope, entity, query.text, node))
        elif isinstance(node, Call):
            raise malformed(query.text, node.at, f"{node.function} must be grouped by")
        else:
            if node.alias:
                raise malformed(query.text, node.at, "only aggregate expressions use field aliasing")
            hops, item = scope.resolve(query.text, entity, node)
            if ((*hops,), item) in paths:
                raise invalid_field(query.text, node.at, f"duplicate field selected: {node.text}")
            paths.append(((*hops,), item))
    return shape_of(scope, entity, paths, extras)


def bundle(scope: Scope, entity: Entity, query: Query, node: Bundle) -> list[Field]:
    """The fields that FIELDS(...) stands for, from API version 51 on."""
    if float(scope.version) < _FIELDS_SINCE:
        what = "The SOQL FIELDS function is not supported in this version of the API"
        raise refuse("UNSUPPORTED_API_VERSION", pointed(query.text, node.at, what), status=400)
    if node.which != "STANDARD" and (query.limit is None or query.limit > 200):
        raise refuse("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
    shown = (f for f in entity.fields.values() if scope.field(entity, f.name))
    return [f for f in shown if node.which == "ALL" or f.custom == (node.which == "CUSTOM")]


def _nested(scope: Scope, entity: Entity, node: Nested) -> Extra:
    """A subquery as a key of the record: null, or a result of its own."""
    child = _child(scope, entity, node)
    query = replace(node.query, object=child.entity.name)
    if totalled(query):
        raise malformed(query.text, node.at, "Aggregate expressions are not allowed in a subquery")
    select = Select(scope, child.entity, query)
    shape = shaper(scope, child.entity, query)
    table = scope.org.tables[child.entity.name]
    if child.field.name not in table.indexes:
        table.watch(replace(child.field, indexed=True))
    index = table.indexes[child.field.name]

    def extra(row: Row, version: str) -> Any:
        found = list(select.among(table.pick(index.get(row["Id"])), ("Id",)))
        size = scope.org.switches.page_size
        out: dict[str, Any] = {
            "totalSize": len(found),
            "done": scope.keep is None or len(found) <= size,
            "records": [shape(r, version) for r in (found if scope.keep is None else found[:size])],
        }
        if not out["done"] and scope.keep is not None:
            result = Result(child.entity, [str(r["Id"]) for r in found], shape)
            out["nextRecordsUrl"] = scope.keep(result, version, size)
        return out if found else None

    return child.name, extra


def _child(scope: Scope, entity: Entity, node: Nested) -> Child:
    """The relationship that a subquery names. Raises ApiError."""
    query = node.query
    name = query.object.rpartition(".")[2] if "." in query.object else query.object
    every = scope.org.schema.children(entity)
    found = next((c for c in every if c.name.lower() == name.lower()), None)
    if found is None or (
        scope.limited
        and (
            "Read" not in scope.org.access.rights(found.entity)
            or scope.field(found.entity, found.field.name) is None
        )
    ):
        raise refuse(
            "INVALID_TYPE",
            pointed(
                query.text,
                query.object_at,
                f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a"
                " custom relationship, be sure to append the '__r' after the custom relationship name. Please reference"
                " your WSDL or the describe call for the appropriate names.",
            ),
        )
    return found
