"""Search filters: their limits and what each operator means. Docs: developers.hubspot.com, "CRM search"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite, nan
from typing import Any, Final

from crmsync.simulator.hubspot.errors import validation
from crmsync.simulator.hubspot.properties import moment
from crmsync.simulator.hubspot.rows import Row, number
from crmsync.simulator.hubspot.state import Kind, Portal
from crmsync.simulator.hubspot.views import value_of

Test = Callable[[Row], bool]
Key = str | float
"""What values are compared by: numbers as numbers, times as ISO text, other text folded."""

LINKED: Final = "associations."
"""Begins the pseudo-properties that stand for links: `associations.company`."""
_LINK_OPERATORS: Final = frozenset({"EQ", "NEQ", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"})

_KEYS: Final = frozenset({"propertyName", "operator", "value", "values", "highValue"})

TRAP: Final = ("contacts", "hs_lastmodifieddate")
"""The property exists on contacts, hidden, but searching by it finds nothing."""


def groups(portal: Portal, kind: Kind, body: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """The filter groups (any may hold; all filters of one must). Raises ApiError 400 beyond the limits."""
    found = [_objects(group.get("filters")) for group in _objects(body.get("filterGroups"))]
    if body.get("filters"):
        found.append(_objects(body["filters"]))
    most_groups, most_each, most = portal.switches.filter_limits
    if len(found) > most_groups:
        raise validation(f"Too many filter groups: {len(found)}. The limit is {most_groups}.")
    if any(len(group) > most_each for group in found):
        raise validation(f"Too many filters in a group. The limit is {most_each}.")
    if sum(map(len, found)) > most:
        raise validation(f"Too many filters. The limit is {most}.")
    for group in found:
        for each in group:
            _known(portal, kind, each)
    return found


def _objects(value: object) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise validation("Invalid input JSON: filters and filter groups are lists of objects")
    return value


def matcher(portal: Portal, kind: Kind, group: list[Mapping[str, Any]]) -> Test:
    """The test of one group."""
    tests = [_test(portal, kind, each) for each in group]
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def linked(portal: Portal, kind: Kind, name: str, ids: list[str]) -> list[int]:
    """Numbers of live rows that are linked to one of the records, for `associations.<type>`."""
    to, rows = portal.kind(name.removeprefix(LINKED)).name, kind.table.rows
    there = [num for id in ids if (num := number(id)) is not None]
    nums = dict.fromkeys(num for each in there for num in portal.links.of(to, each, kind.name))
    return [num for num in nums if num in rows and not rows[num].archived]


def key(kind: Kind, name: str, value: str) -> Key:
    """A value in comparable form. Raises ApiError 400 when it does not fit the property."""
    prop = kind.schema[name]
    if prop.type == "number":
        try:
            found = float(value)
        except ValueError:
            found = nan
        if not isfinite(found):
            raise validation(f"{value} is not a number, as {name} needs")
        return found
    if prop.type in ("datetime", "date"):
        at = moment(value)
        if at is None:
            raise validation(f"{value} is not a time, as {name} needs")
        return at
    return value if prop.type == "enumeration" else value.casefold()


def _known(portal: Portal, kind: Kind, each: Mapping[str, Any]) -> None:
    name, operator = each.get("propertyName"), each.get("operator")
    if not _KEYS.issuperset(each) and not portal.switches.strays_ignored:
        raise validation(f"A filter has no {', '.join(sorted(each.keys() - _KEYS))}")
    if operator not in OPERATORS:
        raise validation(f"{operator} is not a valid operator")
    if str(name).startswith(LINKED):
        portal.kind(str(name).removeprefix(LINKED))
        if operator not in _LINK_OPERATORS:
            raise validation(f"{operator} does not work on {name}")
    elif name not in kind.schema:
        raise validation(f"There was a problem with the request: property {name} does not exist")


def _test(portal: Portal, kind: Kind, each: Mapping[str, Any]) -> Test:
    name = str(each["propertyName"])
    if name.startswith(LINKED):
        return _link_test(portal, kind, each)
    if (kind.name, name) == TRAP:
        return lambda row: False
    return OPERATORS[each["operator"]](kind, name, each)


def _link_test(portal: Portal, kind: Kind, each: Mapping[str, Any]) -> Test:
    """`associations.company` and the like: compared by the ids of the linked records."""
    to, operator = portal.kind(str(each["propertyName"]).removeprefix(LINKED)).name, str(each["operator"])
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda row: bool(portal.links.of(kind.name, row.num, to)) is (operator == "HAS_PROPERTY")
    ids = {_value(each)} if operator in ("EQ", "NEQ") else set(map(str, _values(each)))
    inside = operator in ("EQ", "IN")
    return lambda row: any(str(num) in ids for num in portal.links.of(kind.name, row.num, to)) is inside


Build = Callable[[Kind, str, Mapping[str, Any]], Test]


def _compared(holds: Callable[[Any, Any], bool]) -> Build:
    def build(kind: Kind, name: str, each: Mapping[str, Any]) -> Test:
        wanted = key(kind, name, _value(each))
        read = reader(kind, name)
        return lambda row: (found := read(row)) is not None and holds(found, wanted)

    return build


def reader(kind: Kind, name: str) -> Callable[[Row], Key | None]:
    """How to read a row's comparable value; None when unset."""
    if name == kind.stamp:
        return lambda row: row.modified
    if name == "hs_object_id":
        return lambda row: row.num

    def read(row: Row) -> Key | None:
        value = value_of(kind, row, name)
        return None if value is None else key(kind, name, value)

    return read


def _between(kind: Kind, name: str, each: Mapping[str, Any]) -> Test:
    low, high = key(kind, name, _value(each)), key(kind, name, _value(each, "highValue"))
    read = reader(kind, name)
    return lambda row: (found := read(row)) is not None and low <= found <= high  # type: ignore[operator]


def _among(*, inside: bool) -> Build:
    def build(kind: Kind, name: str, each: Mapping[str, Any]) -> Test:
        """Values of text properties must be given in lower case: others never match."""
        listed = _values(each)
        text = kind.schema[name].type in ("string", "phone_number")
        wanted = {str(v) if text else key(kind, name, str(v)) for v in listed}
        read = reader(kind, name)
        return lambda row: (found := read(row)) is not None and (found in wanted) is inside

    return build


def _set(*, wanted: bool) -> Build:
    return lambda kind, name, each: lambda row: (value_of(kind, row, name) is not None) is wanted


def _token(*, inside: bool) -> Build:
    def build(kind: Kind, name: str, each: Mapping[str, Any]) -> Test:
        """Words are cut at anything but letters and digits; `*` stands for any characters."""
        wanted = [
            re.compile(".*".join(map(re.escape, word.split("*"))))
            for word in re.findall(r"[\w*]+", _value(each).casefold())
        ]

        def holds(row: Row) -> bool:
            words = re.findall(r"\w+", (value_of(kind, row, name) or "").casefold())
            return all(any(each.fullmatch(word) for word in words) for each in wanted) is inside

        return holds

    return build


def _value(each: Mapping[str, Any], name: str = "value") -> str:
    value = each.get(name)
    if value is None or isinstance(value, dict | list):
        raise validation(f"{each.get('operator')} on {each.get('propertyName')} needs {name}")
    return str(value)


def _values(each: Mapping[str, Any]) -> list[Any]:
    value = each.get("values")
    if not isinstance(value, list) or not value or any(isinstance(v, dict | list) for v in value):
        raise validation(f"{each.get('operator')} on {each.get('propertyName')} needs values")
    return value


OPERATORS: Final[dict[str, Build]] = {
    "EQ": _compared(lambda a, b: a == b),
    "NEQ": _compared(lambda a, b: a != b),
    "GT": _compared(lambda a, b: a > b),
    "GTE": _compared(lambda a, b: a >= b),
    "LT": _compared(lambda a, b: a < b),
    "LTE": _compared(lambda a, b: a <= b),
    "BETWEEN": _between,
    "IN": _among(inside=True),
    "NOT_IN": _among(inside=False),
    "HAS_PROPERTY": _set(wanted=True),
    "NOT_HAS_PROPERTY": _set(wanted=False),
    "CONTAINS_TOKEN": _token(inside=True),
    "NOT_CONTAINS_TOKEN": _token(inside=False),
}
