"""`FROM Contact c`: every path of the statement that begins with the alias, without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from crmsync.simulator.salesforce.soql.nodes import (
    Among,
    Bundle,
    Call,
    Compare,
    Condition,
    Item,
    Nested,
    Not,
    Path,
    Query,
    TypeOf,
)

_Strip = Callable[[Path], Path]


def unaliased(query: Query, alias: str) -> Query:
    """The same statement with full paths. A subquery may name its relationship through the alias too."""
    low = alias.lower()

    def strip(path: Path) -> Path:
        mine = len(path.parts) > 1 and path.parts[0].lower() == low
        return replace(path, parts=path.parts[1:]) if mine else path

    def nested(inner: Query) -> Query:
        head, _, tail = inner.object.partition(".")
        return replace(inner, object=tail) if tail and head.lower() == low else inner

    return replace(
        query,
        fields=tuple(_item(f, strip, nested) for f in query.fields),
        where=None if query.where is None else _condition(query.where, strip),
        group=tuple(_operand(g, strip) for g in query.group),
        having=None if query.having is None else _condition(query.having, strip),
        order=tuple(replace(o, by=_operand(o.by, strip)) for o in query.order),
    )


def _item(item: Item, strip: _Strip, nested: Callable[[Query], Query]) -> Item:
    if isinstance(item, Nested):
        return replace(item, query=nested(item.query))
    if isinstance(item, TypeOf):
        return replace(item, reference=strip(item.reference))
    return item if isinstance(item, Bundle) else _operand(item, strip)


def _operand(node: Path | Call, strip: _Strip) -> Path | Call:
    if isinstance(node, Path):
        return strip(node)
    return node if node.path is None else replace(node, path=strip(node.path))


def _condition(node: Condition, strip: _Strip) -> Condition:
    if isinstance(node, Compare | Among):
        return replace(node, left=_operand(node.left, strip))
    if isinstance(node, Not):
        return Not(_condition(node.inner, strip))
    return replace(node, items=tuple(_condition(i, strip) for i in node.items))
