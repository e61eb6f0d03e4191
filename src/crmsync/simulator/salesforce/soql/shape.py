"""How a found row looks as JSON: its own fields, its parents nested, and whatever else was selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.soql.lexer import malformed
from crmsync.simulator.salesforce.soql.names import Scope, invalid_field
from crmsync.simulator.salesforce.soql.nodes import Path, TypeOf

Shape = Callable[[Row, str], dict[str, Any]]
"""(row, API version) -> the record as JSON."""
Extra = tuple[str, Callable[[Row, str], Any]]
"""A key of the record and (row, API version) -> what stands there."""
Found = tuple[tuple[Field, ...], Field]
"""The references to follow and the field at the end."""


def shape_of(scope: Scope, entity: Entity, paths: Sequence[Found], extras: Sequence[Extra] = ()) -> Shape:
    """The shape for resolved paths; parents nest under their relationship's name."""
    own: list[tuple[str, str, Field]] = []
    nested: dict[str, tuple[Field, list[Found]]] = {}
    for hops, item in paths:
        if not hops:
            made = bool(item.parts) or item.formula is not None
            own.append((item.name, "made" if made else "boolean" if item.type == "boolean" else "", item))
        else:
            nested.setdefault(hops[0].relationship, (hops[0], []))[1].append((hops[1:], item))
    parents = [(n, hop.name, _parent_shape(scope, hop, below)) for n, (hop, below) in nested.items()]
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
        for key, extra in extras:
            out[key] = extra(row, version)
        return out

    return shape


def _parent_shape(scope: Scope, hop: Field, paths: list[Found]) -> Shape:
    """A polymorphic parent is read through the Name object, and says so."""
    shapes = {e.prefix: shape_of(scope, e, paths) for e in scope.parents(hop)}
    as_name = len(hop.references) > 1 and scope.org.switches.polymorphic_is_name

    def shape(row: Row, version: str) -> dict[str, Any]:
        out = shapes[str(row["Id"])[:3]](row, version)
        if as_name:
            out["attributes"]["type"] = "Name"
        return out

    return shape


def type_of(scope: Scope, entity: Entity, text: str, node: TypeOf) -> Extra:
    """TYPEOF as a key of the record: the fields chosen by the kind of the parent. Raises ApiError."""
    hop = entity.parents.get(node.reference.text.lower())
    if hop is None or len(hop.references) < 2:
        raise invalid_field(
            text,
            node.reference.at,
            f"Invalid TYPEOF: '{node.reference.text}' is not a polymorphic relationship",
        )
    kinds = {e.name.lower(): e for e in scope.parents(hop)}
    shapes: dict[str, Shape] = {}
    for name, paths in node.whens:
        kind = kinds.get(name.lower())
        if kind is None:
            raise malformed(text, node.reference.at, f"Invalid object in TYPEOF: '{name}'")
        shapes[kind.prefix] = shape_of(scope, kind, [_found(scope, text, kind, p) for p in paths])
    whole = [(hop.relationship, *p.parts) for p in node.otherwise]
    others = [scope.resolve(text, entity, Path(parts, node.reference.at)) for parts in whole]
    rest = {e.prefix: shape_of(scope, e, [((), item) for _, item in others]) for e in kinds.values()}

    def extra(row: Row, version: str) -> Any:
        parent = scope.parent(row, hop.name)
        if parent is None:
            return None
        prefix = str(parent["Id"])[:3]
        return shapes.get(prefix, rest[prefix])(parent, version)

    return hop.relationship, extra


def _found(scope: Scope, text: str, entity: Entity, path: Path) -> Found:
    hops, item = scope.resolve(text, entity, path)
    return (*hops,), item
