"""Validation rules of admins, which API writes meet from version 2026-09 on. Docs: changelog, "CRM API write validation"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crmsync.simulator.hubspot.errors import Invalid, InvalidValues
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

SINCE: Final = "2026-09"
"""The first version whose writes are held to the rules; earlier ones go past them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Properties that must be set: on every create (the create form's), or whenever another has a value."""

    required: tuple[str, ...]
    when: tuple[str, str] | None = None
    """(property, value) that makes them required; None: a create."""


def enforce(portal: Portal, kind: Kind, row: Row | None, good: Mapping[str, str], version: str) -> None:
    """Hold a checked write to the rules of its object type. Raises ApiError 400 naming all that is missing."""
    rules = portal.rules.get(kind.name)
    if not rules or version < SINCE or version.startswith("v"):
        return
    after = {**(row.values if row is not None else {}), **good}
    wrong = [
        Invalid(name, "REQUIRED_PROPERTY_MISSING", f"{name} is required{_why(rule)}")
        for rule in rules
        if _applies(rule, row, good, after)
        for name in rule.required
        if not after.get(name)
    ]
    if wrong:
        raise InvalidValues(wrong, portal.id, portal.switches.listed_errors)


def _applies(rule: Rule, row: Row | None, good: Mapping[str, str], after: Mapping[str, str]) -> bool:
    if rule.when is None:
        return row is None
    name, value = rule.when
    touched = name in good or any(each in good for each in rule.required)
    return touched and after.get(name) == value


def _why(rule: Rule) -> str:
    return f" when {rule.when[0]} is {rule.when[1]}" if rule.when else " to create a record"
