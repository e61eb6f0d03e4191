"""What the parts of a definition ask of each other: no native field written twice, no rule over what does not exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from crmsync.definition.section import near
from crmsync.errors import Finding
from crmsync.mapping.fields.types import FieldMap, Place
from crmsync.mapping.rule import Rule
from crmsync.model.values import SIDES, Side

OWN: Final[Mapping[Side, str]] = {"hubspot": "crmsync_id", "salesforce": "crmsync_id__c"}
"""Our own key, which no field may be mapped to."""


def check_fields(fields: Sequence[FieldMap]) -> list[Finding]:
    """Two fields that write one native field, and fields that would write our key."""
    findings: list[Finding] = []
    writers: dict[tuple[Side, str, str], str] = {}
    for field in fields:
        for side in SIDES:
            for obj, native in field.native.get(side, {}).items():
                if native.lower() == OWN[side]:
                    findings.append(_at(field.place, f"`{native}` is crmsync's own key and cannot be mapped"))
                if not field.writes_to(side):
                    continue
                first = writers.setdefault((side, obj, native.lower()), field.name)
                if first != field.name:
                    message = (
                        f"`{field.name}` and `{first}` both write {side} {obj}.{native}: "
                        "map it once, or give one of them the other direction"
                    )
                    findings.append(_at(field.place, message))
    return findings


def check_rules(parts: Mapping[str, Any], names: Iterable[str], firms: Collection[str] = ()) -> list[Finding]:
    """Rules that look at what they are not given, or at canonical fields that no mapping defines.

    `firms` are the fields that hold a company or Account: the match is made later than rules are asked.
    """
    known = set(names)
    findings: list[Finding] = []
    for name, rule, allowed in _rules(parts):
        for variable, fields in rule.reads.items():
            if variable not in allowed:
                message = f"`{name}` can look at {' and '.join(allowed)}, found `{variable}`"
                findings.append(_at(rule.place, message))
            elif variable == "person":
                for field in sorted(fields - known):
                    message = f"`person.{field}`: no field of that name in mapping.yaml{near(field, known)}"
                    findings.append(_at(rule.place, message))
                for field in sorted(fields.intersection(firms)):
                    message = (
                        f"`person.{field}`: rules do not see which company or Account somebody belongs to"
                    )
                    findings.append(_at(rule.place, message))
    for field in parts["coexist"]:
        if field not in known:
            message = f"`coexist`: no field `{field}` in mapping.yaml{near(field, known)}"
            findings.append(_at(parts["places"]["coexist"], message))
    return findings


def _rules(parts: Mapping[str, Any]) -> list[tuple[str, Rule, tuple[str, ...]]]:
    """Every rule with its name and the variables it is given."""
    found: list[tuple[str, Rule | None, tuple[str, ...]]] = [
        (f"scope.{side}", parts["scope"][side], ("person", side)) for side in SIDES
    ]
    found.append(("contact_when", parts["contact_when"], ("person", "account")))
    return [(name, rule, allowed) for name, rule, allowed in found if rule is not None]


def rules(parts: Mapping[str, Any]) -> list[Rule]:
    """Every rule of the definition."""
    return [rule for _, rule, _ in _rules(parts)]


def _at(place: Place, message: str) -> Finding:
    return Finding(place.file, place.line, place.column, message)
