"""Lists of records: who is in, since when, and the simple filters that a dynamic list lives by. No HTTP here.

Docs: developers.hubspot.com, "Lists" (processing types; filter branches).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crmsync.simulator.hubspot.errors import validation
from crmsync.simulator.hubspot.readings import objects
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind
from crmsync.simulator.hubspot.views import value_of

MANUAL, SNAPSHOT, DYNAMIC = "MANUAL", "SNAPSHOT", "DYNAMIC"
Test = Callable[[Row], bool]


@dataclass(slots=True)
class RecordList:
    """One list. `members` are record numbers with the time they joined, in the order of joining."""

    id: str
    name: str
    kind: Kind
    processing: str
    created: str
    updated: str
    branch: dict[str, Any] | None = None
    members: dict[int, str] = field(default_factory=dict)
    deleted: str = ""
    version: int = 1
    seen: str = ""
    """Up to when a dynamic list knows its records."""

    def current(self, now: str) -> dict[int, str]:
        """The members as of now. A dynamic list looks only at what was modified since it looked last."""
        table = self.kind.table
        if self.processing == DYNAMIC and self.branch is not None and not self.deleted:
            holds = tested(self.kind, self.branch)
            for num in list(table.modified_from(self.seen)):
                if not holds(table.rows[num]):
                    self.members.pop(num, None)
                elif num not in self.members:
                    self.members[num] = table.rows[num].modified
            self.seen = now
        for num in [num for num in self.members if num not in table.rows or table.rows[num].archived]:
            joined = self.members.pop(num)
            heir = table.resolve(str(num))
            if self.processing != DYNAMIC and heir is not None and not heir.archived:
                self.members.setdefault(heir.num, joined)
        return self.members

    def change(self, add: list[str], remove: list[str], now: str) -> tuple[list[str], list[str], list[str]]:
        """Put records in and out; returns the ids that were added, removed, and not found."""
        table, members = self.kind.table, self.current(now)
        added, removed, missing = [], [], []
        for id in add:
            row = table.resolve(id)
            if row is None or row.archived:
                missing.append(id)
            elif row.num not in members:
                members[row.num] = now
                added.append(id)
        for id in remove:
            row = table.resolve(id)
            if row is not None and members.pop(row.num, ""):
                removed.append(id)
        if added or removed:
            self.updated = now
            self.version += 1
        return added, removed, missing


def tested(kind: Kind, branch: Mapping[str, Any]) -> Test:
    """The test of a filter branch: an OR of ANDs of property filters. Raises ApiError 400 for any other form."""
    if branch.get("filterBranchType") != "OR" or branch.get("filters"):
        raise validation("The root filter branch must be an OR without filters of its own")
    inner = objects(branch.get("filterBranches"), "filterBranches")
    if not inner:
        raise validation("The root filter branch needs AND branches")
    groups = [_all_of(kind, each) for each in inner]
    return lambda row: any(all(test(row) for test in tests) for tests in groups)


def _all_of(kind: Kind, branch: Mapping[str, Any]) -> list[Test]:
    if branch.get("filterBranchType") != "AND" or branch.get("filterBranches"):
        raise validation("Only AND branches of property filters are supported beneath the root")
    filters = objects(branch.get("filters"), "filters")
    if not filters:
        raise validation("An AND branch needs filters")
    return [_filter(kind, each) for each in filters]


def _filter(kind: Kind, each: Mapping[str, Any]) -> Test:
    operation, name = each.get("operation"), str(each.get("property"))
    if each.get("filterType") != "PROPERTY" or not isinstance(operation, dict):
        raise validation(f"filterType {each.get('filterType')} is not supported")
    if name not in kind.schema:
        raise validation(f"Property {name} does not exist")
    form, operator = str(operation.get("operationType")), str(operation.get("operator"))
    holds = _OPERATIONS.get((form, operator))
    if holds is None:
        raise validation(f"operator {operator} of operationType {form} is not supported")
    unset = bool(operation.get("includeObjectsWithNoValueSet"))
    if form == "ALL_PROPERTY":
        return lambda row: (value_of(kind, row, name) is not None) is (operator == "IS_KNOWN")
    wanted = _wanted(form, operation)

    def test(row: Row) -> bool:
        value = value_of(kind, row, name)
        return unset if value is None else holds(value, wanted)

    return test


def _wanted(form: str, operation: Mapping[str, Any]) -> Any:
    """What an operation compares with. Raises ApiError 400 when it does not say."""
    values, value = operation.get("values"), operation.get("value")
    if form in ("MULTISTRING", "ENUMERATION"):
        if not isinstance(values, list) or not values:
            raise validation(f"operationType {form} needs values")
        return {str(each).casefold() if form == "MULTISTRING" else str(each) for each in values}
    if value is None:
        raise validation(f"operationType {form} needs a value")
    if form == "BOOL":
        return "true" if value in (True, "true") else "false"
    if form == "NUMBER":
        try:
            return float(value)
        except (TypeError, ValueError):
            raise validation(f"{value!r} is not a number") from None
    return str(value).casefold()


def _parts(value: str) -> set[str]:
    return set(value.split(";"))


_OPERATIONS: Final[dict[tuple[str, str], Callable[[str, Any], bool]]] = {
    ("ALL_PROPERTY", "IS_KNOWN"): lambda value, wanted: True,
    ("ALL_PROPERTY", "IS_UNKNOWN"): lambda value, wanted: False,
    ("STRING", "IS_EQUAL_TO"): lambda value, wanted: value.casefold() == wanted,
    ("STRING", "IS_NOT_EQUAL_TO"): lambda value, wanted: value.casefold() != wanted,
    ("STRING", "CONTAINS"): lambda value, wanted: wanted in value.casefold(),
    ("STRING", "DOES_NOT_CONTAIN"): lambda value, wanted: wanted not in value.casefold(),
    ("STRING", "STARTS_WITH"): lambda value, wanted: value.casefold().startswith(wanted),
    ("STRING", "ENDS_WITH"): lambda value, wanted: value.casefold().endswith(wanted),
    ("MULTISTRING", "IS_EQUAL_TO"): lambda value, wanted: value.casefold() in wanted,
    ("MULTISTRING", "IS_NOT_EQUAL_TO"): lambda value, wanted: value.casefold() not in wanted,
    ("ENUMERATION", "IS_ANY_OF"): lambda value, wanted: bool(_parts(value) & wanted),
    ("ENUMERATION", "IS_NONE_OF"): lambda value, wanted: not _parts(value) & wanted,
    ("ENUMERATION", "IS_EXACTLY"): lambda value, wanted: _parts(value) == wanted,
    ("BOOL", "IS_EQUAL_TO"): lambda value, wanted: value == wanted,
    ("BOOL", "IS_NOT_EQUAL_TO"): lambda value, wanted: value != wanted,
    ("NUMBER", "IS_EQUAL_TO"): lambda value, wanted: float(value) == wanted,
    ("NUMBER", "IS_NOT_EQUAL_TO"): lambda value, wanted: float(value) != wanted,
    ("NUMBER", "IS_GREATER_THAN"): lambda value, wanted: float(value) > wanted,
    ("NUMBER", "IS_GREATER_THAN_OR_EQUAL_TO"): lambda value, wanted: float(value) >= wanted,
    ("NUMBER", "IS_LESS_THAN"): lambda value, wanted: float(value) < wanted,
    ("NUMBER", "IS_LESS_THAN_OR_EQUAL_TO"): lambda value, wanted: float(value) <= wanted,
}
"""(operation type, operator) -> the comparison of a value that is set."""
