"""`config/mapping.yaml` -> the typed field maps. Says what is wrong in one field; `checks.py` looks across fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

from crmsync.definition.firms import check_account
from crmsync.definition.section import Section
from crmsync.definition.tree import Node
from crmsync.errors import Finding
from crmsync.mapping.fields.transforms import TRANSFORMS
from crmsync.mapping.fields.types import Blank, Direction, FieldMap, FirstLink, Place, Survivorship
from crmsync.model.values import SIDES, Side, Value, other

OBJECTS: Final[Mapping[Side, tuple[str, ...]]] = {"hubspot": ("contacts",), "salesforce": ("Lead", "Contact")}
"""The person objects of each side."""

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
NATIVE: Final[Mapping[Side, re.Pattern[str]]] = {
    "hubspot": re.compile(r"[a-z0-9_][a-z0-9_-]{0,99}\Z"),
    "salesforce": re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z"),
}
NEEDS: Final[Mapping[Survivorship, frozenset[str]]] = {
    Survivorship.MOST_RESTRICTIVE: frozenset({"boolean"}),
    Survivorship.MAX: frozenset({"number"}),
    Survivorship.MIN: frozenset({"number"}),
    Survivorship.UNION: frozenset({"multipicklist"}),
}
"""The transforms that a rule can work on, for the rules that cannot work on all."""

LISTS: Final = frozenset({"picklist", "multipicklist"})


def read_fields(root: Node, findings: list[Finding]) -> tuple[FieldMap, ...]:
    """Every field map of the file that can be made sense of; mistakes are added to `findings`."""
    top = Section(root, findings, root.place)
    fields = top.section("fields")
    top.done()
    if not fields.nodes and not findings:
        fields.wrong(fields.place, "`fields:` with at least one field was expected")
    found = []
    for name, node in fields.nodes.items():
        place = fields.at(name)
        if not NAME.match(name):
            fields.wrong(
                place,
                f"`{name}` is no field name: lower-case letters, digits and _ were expected, such as first_name",
            )
        found.append(_field(name, Section(node, findings, place, name), place))
    return tuple(f for f in found if f is not None)


def _field(name: str, at: Section, place: Place) -> FieldMap | None:
    native = {side: _natives(at, side) for side in SIDES}
    transform = at.choice("transform", TRANSFORMS, "text")
    direction = Direction(at.choice("direction", [d.value for d in Direction], "two_way"))
    rule = Survivorship(at.choice("rule", [s.value for s in Survivorship], "newest"))
    owner = at.choice("owner", SIDES, rule.value if rule.value in SIDES else "hubspot")
    blank = Blank(at.choice("blank", [b.value for b in Blank], "keep"))
    first = FirstLink(at.choice("first_link", [f.value for f in FirstLink], "fill"))
    truncate = at.flag("truncate", False)
    values = _values(at, transform)
    defaults = _defaults(at, native)
    at.done()
    if not all(native.values()):
        return None
    field = FieldMap(
        name=name,
        native=native,
        transform=transform,
        place=place,
        direction=direction,
        rule=rule,
        owner=cast(Side, owner),
        blank=blank,
        first_link=first,
        values=values,
        default_on_create=defaults,
        truncate=truncate,
    )
    _consistent(field, at)
    return field


def _natives(at: Section, side: Side) -> dict[str, str]:
    """Object -> native field; one name stands for all objects of the side."""
    node = at.node(side)
    if node is None:
        at.wrong(at.at(side), f"`{at.name}` has no `{side}`: the name of the field there was expected")
        return {}
    if isinstance(node.value, dict):
        block = Section(node, at.findings, node.place, side)
        for obj in OBJECTS[side]:
            block.node(obj)
        block.done()
        named = {obj: block.nodes[obj] for obj in OBJECTS[side] if obj in block.nodes}
    else:
        named = dict.fromkeys(OBJECTS[side], node)
    found: dict[str, str] = {}
    for obj, item in named.items():
        if isinstance(item.value, str) and NATIVE[side].match(item.value):
            found[obj] = item.value
        elif not any(f.line == item.place.line and f.file == item.place.file for f in at.findings):
            example = "jobtitle" if side == "hubspot" else "Title"
            shown = f"`{item.value}`" if isinstance(item.value, str) else item.kind
            at.wrong(
                item.place, f"the API name of a {side} field was expected, such as {example}, found {shown}"
            )
    return found


def _values(at: Section, transform: str) -> Mapping[Side, Mapping[str, str]] | None:
    """The picklist map. `HubSpot value: Salesforce value`, or `name: {hubspot: ..., salesforce: ...}`."""
    node = at.node("values")
    if node is None:
        return None
    block = at.section("values")
    if transform not in LISTS:
        at.wrong(at.at("values"), f"`values` needs `transform: picklist` or multipicklist, found {transform}")
        return None
    table: dict[Side, dict[str, str]] = {"hubspot": {}, "salesforce": {}}
    for name, item in block.nodes.items():
        if isinstance(item.value, dict):
            entry = Section(item, at.findings, block.at(name), name)
            pair = {side: entry.text(side) for side in SIDES}
            entry.done()
        else:
            pair = {"hubspot": name, "salesforce": item.value if isinstance(item.value, str) else ""}
        for side in SIDES:
            if not pair[side].strip():
                at.wrong(
                    item.place,
                    f"`{name}`: the {side} value, as text, was expected; put numbers, true and false in quotes",
                )
            table[side][name] = pair[side].strip()
    return table


def _defaults(at: Section, native: Mapping[Side, Mapping[str, str]]) -> Mapping[Side, Mapping[str, Value]]:
    """What a create is given where a vendor requires a value: object -> native value."""
    block = at.section("default_on_create")
    found: dict[Side, dict[str, Value]] = {}
    for side in SIDES:
        for obj in OBJECTS[side]:
            node = block.node(obj)
            if node is None:
                continue
            if isinstance(node.value, dict | list):
                at.wrong(node.place, f"`{obj}`: a single value was expected, found {node.kind}")
            elif obj not in native[side]:
                at.wrong(node.place, f"`{at.name}` has no field on {obj}, so nothing can be filled in there")
            else:
                found.setdefault(side, {})[obj] = node.value
    block.done()
    return found


def _consistent(field: FieldMap, at: Section) -> None:
    """What the parts of one field ask of each other."""
    if not TRANSFORMS[field.transform].both_ways and field.direction is not Direction.TO_HUBSPOT:
        at.wrong(
            at.at("direction"),
            f"`transform: {field.transform}` leads to HubSpot only: `direction: to_hubspot` was expected",
        )
    fits = NEEDS.get(field.rule)
    if fits is not None and field.transform not in fits:
        at.wrong(
            at.at("rule"),
            f"`rule: {field.rule.value}` works on {', '.join(sorted(fits))}, found `transform: {field.transform}`",
        )
    if (
        field.direction is not Direction.TWO_WAY
        and field.rule.value in SIDES
        and field.writes_to(field.rule.value)
    ):
        at.wrong(
            at.at("rule"),
            f"`rule: {field.rule.value}` contradicts `direction: {field.direction.value}`, which never takes that side's value",
        )
    if field.truncate and field.transform not in {"text", "phone"}:
        at.wrong(at.at("truncate"), f"only text can be cut, found `transform: {field.transform}`")
    check_account(field, at)
    for side in SIDES:
        _one_to_one(field, side, at)


def _one_to_one(field: FieldMap, side: Side, at: Section) -> None:
    """A value that is read must mean one thing. The target of a one-way field is never read back."""
    if not field.values or not field.writes_to(other(side)):
        return
    first: dict[str, str] = {}
    for name, native in field.values[side].items():
        if native and native in first:
            at.wrong(
                at.section("values").at(name),
                f"`{native}` on {side} already stands for `{first[native]}`: with this direction each value needs exactly one partner",
            )
        first.setdefault(native, name)
