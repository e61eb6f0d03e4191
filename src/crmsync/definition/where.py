"""A condition from the command line, held to what the definition's own rules are held to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from crmsync.definition.definition import Definition
from crmsync.definition.section import near
from crmsync.definition.trial import TrialError, trial
from crmsync.errors import ConfigurationError, Finding
from crmsync.mapping.fields.types import Place
from crmsync.mapping.rule import Rule
from crmsync.model.values import SIDES, Side

FILE: Final = "--where"
VARIABLES: Final = ("person", *SIDES)

FIX = "correct the rule; nothing was written"
"""It stands on the command line: there is no file to validate."""


def compile_where(text: str, definition: Definition) -> Rule:
    """The rule over `person`, `hubspot` and `salesforce`. Raises ConfigurationError with the column of each mistake."""
    try:
        rule = Rule.compile(text, Place(FILE, 1, 1))
    except ConfigurationError as error:
        raise ConfigurationError(findings=error.findings, fix=FIX) from error
    known: Mapping[str, set[str]] = {
        "person": {f.name for f in definition.fields},
        **{side: _natives(definition, side) for side in SIDES},
    }
    wrong: list[Finding] = []
    for variable, names in sorted(rule.reads.items()):
        if variable not in known:
            message = f"`--where` can look at {', '.join(VARIABLES)}, found `{variable}`"
            wrong.append(_at(text, variable, message))
            continue
        for name in sorted(names - known[variable]):
            word = f"{variable}.{name}"
            lacking = (
                "no field of that name in mapping.yaml"
                if variable == "person"
                else "crmsync does not read it"
            )
            wrong.append(_at(text, word, f"`{word}`: {lacking}{near(name, known[variable])}"))
    if not wrong and rule.loops:
        try:
            trial(rule)
        except TrialError as error:
            wrong.append(Finding(FILE, 1, 1, str(error)))
    if wrong:
        raise ConfigurationError(findings=tuple(wrong), fix=FIX)
    return rule


def known_fields(names: Iterable[str], definition: Definition) -> tuple[str, ...]:
    """Canonical field names as given, commas allowed. Raises ConfigurationError for one that no mapping defines."""
    known = {f.name for f in definition.fields}
    found = tuple(dict.fromkeys(n.strip() for name in names for n in name.split(",") if n.strip()))
    wrong = [name for name in found if name not in known]
    if wrong:
        raise ConfigurationError(
            f"`--field {wrong[0]}`: no field of that name in mapping.yaml{near(wrong[0], known)}",
            fix="name fields as config/mapping.yaml does",
        )
    return found


def _natives(definition: Definition, side: Side) -> set[str]:
    """The native fields of people that are read on a side."""
    mapped = {name for f in definition.fields for name in f.native.get(side, {}).values()}
    known = {name for names in definition.identity.get(side, {}).values() for name in names.values()}
    rule = definition.scope.get(side)
    return mapped | known | (set(rule.reads.get(side, ())) if rule is not None else set())


def _at(text: str, word: str, message: str) -> Finding:
    return Finding(FILE, 1, max(0, text.find(word)) + 1, message)
