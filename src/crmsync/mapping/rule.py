"""A condition or value the admin writes in CEL (common expression language), compiled once and held to be safe.

A field without a value makes the comparison it stands in *unknown*: `unknown || true` is true, `unknown && false`
is false, as in a database, and a rule that is unknown at the end does not hold. `has(person.title)` asks whether
there is a value. Reading and checking the text is in `expression.py`; this file compiles and evaluates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cel

from crmsync.errors import ConfigurationError
from crmsync.mapping.expression import MAX_TEXT, Checked, Mistake, check
from crmsync.mapping.fields.types import Place
from crmsync.mapping.functions import FUNCTIONS
from crmsync.mapping.places import finding

_CEL_POSITION = "<input>:"


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled expression. `reads` says which fields of which variable it looks at; nothing else is fed to it.

    `loops` tells that it uses a comprehension macro, so that it is tried with a time limit before use.
    """

    text: str
    place: Place
    reads: Mapping[str, frozenset[str]]
    loops: bool
    _program: Any = field(repr=False, compare=False)

    @classmethod
    def compile(cls, text: str, place: Place) -> Rule:
        """Compile and check `text`, which stands at `place`. Raises ConfigurationError with one finding each."""
        checked = check(text)
        if isinstance(checked, Checked):
            try:
                program = cel.compile(text)
            except ValueError as error:
                checked = (_syntax(str(error)),)
            else:
                return cls(text, place, checked.reads, checked.loops, program)
        raise ConfigurationError(findings=tuple(finding(place, text, m.offset, m.message) for m in checked))

    def holds(self, activation: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether the rule is true for these values by variable and name; unknown counts as false. Never raises."""
        return self.value(activation) is True

    def value(self, activation: Mapping[str, Mapping[str, Any]]) -> Any:
        """What the expression comes to; None when it is unknown. Never raises."""
        return self._run(activation)[0]

    def unknown(self, activation: Mapping[str, Mapping[str, Any]]) -> str:
        """Why the rule is unknown for these values, in words for `explain`; "" when it is not."""
        return self._run(activation)[1]

    def _run(self, activation: Mapping[str, Mapping[str, Any]]) -> tuple[Any, str]:
        try:
            return self._program.execute(self._context(activation)), ""
        except KeyError as error:
            return None, f"`{error.args[0]}` has no value"
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            return None, str(error).partition(". ")[0]

    def _context(self, activation: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Only what the expression reads, without nulls: `has` is true for a null, and feeding all is slow."""
        context: dict[str, Any] = dict(FUNCTIONS)
        for variable, names in self.reads.items():
            values = activation.get(variable) or {}
            context[variable] = {n: _fed(values[n]) for n in names if values.get(n) is not None}
        return context


def _fed(value: Any) -> Any:
    """CEL does not mix int and double: every number is a double. Text is cut to what a rule can need."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value[:MAX_TEXT] if isinstance(value, str) else value


def _syntax(message: str) -> Mistake:
    """CEL's own complaint, with its position, in fewer words."""
    line, column, what = 1, 1, message
    if _CEL_POSITION in message:
        rest = message.partition(_CEL_POSITION)[2]
        first, second, what = [*rest.split("\n", 1)[0].split(":", 2), "", ""][:3]
        line, column = int(first) if first.isdigit() else 1, int(second) if second.isdigit() else 1
    what = what.strip().removeprefix("Syntax error: ").split(" expecting ")[0]
    return Mistake((line - 1, column - 1), f"the expression cannot be read: {what}")
