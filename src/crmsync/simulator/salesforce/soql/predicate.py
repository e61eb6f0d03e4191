"""WHERE and HAVING compiled to a Python function over a row. Text compares without case; `!=` includes nulls."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from crmsync.simulator.salesforce.coerce import parse_stamp
from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.schema import NUMBERS, TEXTS, Field
from crmsync.simulator.salesforce.soql.calendar import span
from crmsync.simulator.salesforce.soql.lexer import pointed
from crmsync.simulator.salesforce.soql.names import Getter
from crmsync.simulator.salesforce.soql.nodes import (
    Among,
    Both,
    Call,
    Compare,
    Condition,
    Constant,
    Not,
    Path,
    Query,
)

Test = Callable[[Any], bool]
Left = Callable[[Path | Call], tuple[Getter, Field]]
Sub = Callable[[Query], frozenset[Any]]

_NEEDS = {
    "string": "of type string and should be enclosed in quotes",
    "number": "of type double and should not be enclosed in quotes",
    "boolean": "of type boolean and should not be enclosed in quotes",
    "date": "of type date and should not be enclosed in quotes",
    "datetime": "of type dateTime and should not be enclosed in quotes",
}


class Compiler:
    """Compiles conditions of one statement. `left` resolves what stands left of an operator, `sub` a subselect.

    `nulls`: whether != and NOT IN are true of an empty value.
    """

    def __init__(self, text: str, left: Left, sub: Sub, today: date, *, nulls: bool = True) -> None:
        self._text = text
        self._left = left
        self._sub = sub
        self._today = today
        self._nulls = nulls

    def test(self, node: Condition) -> Test:
        """The condition as a function. Raises ApiError for fields, types and operators that do not fit."""
        if isinstance(node, Not):
            inner = self.test(node.inner)
            return lambda row: not inner(row)
        if isinstance(node, Both):
            tests = [self.test(i) for i in node.items]
            if node.all_:
                return lambda row: all(t(row) for t in tests)
            return lambda row: any(t(row) for t in tests)
        getter, item = self._left(node.left)
        if not item.filterable:
            raise self._refuse(
                "INVALID_FIELD", node.left.at, f"field '{item.name}' can not be filtered in a query call"
            )
        if isinstance(node, Among):
            return self._among(node, getter, item)
        return self._compare(node, getter, item)

    def value(self, item: Field, constant: Constant) -> Any:
        """A literal in the stored form of the field; a span of days gives (first, end). Raises ApiError."""
        if constant.kind == "null":
            return None
        kind = kind_of(item)
        if constant.kind == "range" and kind in {"date", "datetime"}:
            try:
                days = span(str(constant.value), constant.n, self._today)
            except (OverflowError, ValueError):
                raise self._refuse(
                    "MALFORMED_QUERY", constant.at, f"Invalid number in a date literal: {constant.n}"
                ) from None
            tail = "T00:00:00.000+0000" if kind == "datetime" else ""
            return tuple(d.isoformat() + tail for d in days)
        if constant.kind != kind:
            raise self._refuse(
                "INVALID_FIELD",
                constant.at,
                f"value of filter criterion for field '{item.name}' must be {_NEEDS[kind]}",
            )
        return self._stored(item, constant, kind)

    def _stored(self, item: Field, constant: Constant, kind: str) -> Any:
        value = constant.value
        if item.type in {"id", "reference"}:
            known = to18(value)
            if known is None:
                raise self._refuse("INVALID_QUERY_FILTER_OPERATOR", constant.at, f"invalid ID field: {value}")
            return known
        if kind == "string":
            return str(value).lower() if item.folded else value
        if kind == "datetime":
            stamp = stamp_literal(str(value))
            if stamp is None:
                raise self._refuse("MALFORMED_QUERY", constant.at, f"Invalid datetime: {value}")
            return stamp
        if kind == "date":
            try:
                return date.fromisoformat(str(value)).isoformat()
            except ValueError:
                raise self._refuse("MALFORMED_QUERY", constant.at, f"Invalid date: {value}") from None
        return value

    def _compare(self, node: Compare, getter: Getter, item: Field) -> Test:
        op = node.op
        if op == "LIKE":
            return self._like(node, getter, item)
        value = self.value(item, node.right)
        if op not in {"=", "!="} and (value is None or item.type in {"boolean", "multipicklist"}):
            raise self._refuse(
                "INVALID_QUERY_FILTER_OPERATOR", node.at, f"invalid operator on {item.type} field"
            )
        read = folded(getter, item)
        found = _within(op, read, value) if isinstance(value, tuple) else _ordered(op, read, value)
        if op == "!=" and value is not None and not self._nulls:
            return lambda row: read(row) is not None and found(row)
        return found

    def _like(self, node: Compare, getter: Getter, item: Field) -> Test:
        if item.type not in TEXTS:
            raise self._refuse(
                "INVALID_QUERY_FILTER_OPERATOR", node.at, f"invalid operator on {item.type} field"
            )
        pattern = like_pattern(str(node.right.value))
        return lambda row: (v := getter(row)) is not None and pattern.match(v) is not None

    def _among(self, node: Among, getter: Getter, item: Field) -> Test:
        if node.op in {"INCLUDES", "EXCLUDES"}:
            return self._includes(node, getter, item)
        read = folded(getter, item)
        if isinstance(node.right, Query):
            found: frozenset[Any] = self._sub(node.right)
            values = frozenset(v.lower() if item.folded and isinstance(v, str) else v for v in found)
        else:
            given = [self.value(item, c) for c in node.right]
            spans = [v for v in given if isinstance(v, tuple)]
            values = frozenset(v for v in given if not isinstance(v, tuple))
            if spans:
                tests = [_within("=", read, s) for s in spans]

                def hit(row: Any) -> bool:
                    return read(row) in values or any(t(row) for t in tests)

                return hit if node.op == "IN" else lambda row: not hit(row)
        if node.op == "IN":
            return lambda row: read(row) in values
        if not self._nulls:
            return lambda row: (v := read(row)) is not None and v not in values
        return lambda row: read(row) not in values

    def _includes(self, node: Among, getter: Getter, item: Field) -> Test:
        if item.type != "multipicklist" or isinstance(node.right, Query):
            raise self._refuse(
                "INVALID_QUERY_FILTER_OPERATOR", node.at, f"invalid operator on {item.type} field"
            )
        wanted = [set(str(c.value).lower().split(";")) for c in node.right]

        def hit(row: Any) -> bool:
            have = set(str(getter(row) or "").lower().split(";"))
            return any(w <= have for w in wanted)

        return hit if node.op == "INCLUDES" else lambda row: not hit(row)

    def _refuse(self, code: str, at: int, message: str) -> ApiError:
        return refuse(code, pointed(self._text, at, message))


def kind_of(item: Field) -> str:
    """The kind of literal that fits a field."""
    if item.type in NUMBERS:
        return "number"
    return item.type if item.type in {"boolean", "date", "datetime"} else "string"


def stamp_literal(text: str) -> str | None:
    """A datetime literal as wire text that keeps its milliseconds, so that comparing with it is exact."""
    stamp = parse_stamp(text)
    found = re.search(r"\.(\d+)", text)
    if stamp is None or found is None:
        return stamp
    return f"{stamp[:19]}.{found[1][:3]:0<3}+0000"


def folded(getter: Getter, item: Field) -> Getter:
    """The getter, lower-casing text of fields that compare without case."""
    if not item.folded:
        return getter
    return lambda row: v.lower() if isinstance(v := getter(row), str) else v


def like_pattern(text: str) -> re.Pattern[str]:
    r"""`%` any run, `_` one character, `\%` and `\_` themselves."""
    out = ""
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            at += 1
            out += re.escape(text[at])
        else:
            out += {"%": ".*", "_": "."}.get(char, re.escape(char))
        at += 1
    return re.compile(out + r"\Z", re.IGNORECASE | re.DOTALL)


def _within(op: str, read: Getter, days: tuple[Any, ...]) -> Test:
    first, end = days
    tests: dict[str, Test] = {
        "=": lambda row: (v := read(row)) is not None and first <= v < end,
        "!=": lambda row: (v := read(row)) is None or not first <= v < end,
        "<": lambda row: (v := read(row)) is not None and v < first,
        "<=": lambda row: (v := read(row)) is not None and v < end,
        ">": lambda row: (v := read(row)) is not None and v >= end,
        ">=": lambda row: (v := read(row)) is not None and v >= first,
    }
    return tests[op]


def _ordered(op: str, read: Getter, value: Any) -> Test:
    tests: dict[str, Test] = {
        "=": lambda row: read(row) == value,
        "!=": lambda row: read(row) != value,
        "<": lambda row: (v := read(row)) is not None and v < value,
        "<=": lambda row: (v := read(row)) is not None and v <= value,
        ">": lambda row: (v := read(row)) is not None and v > value,
        ">=": lambda row: (v := read(row)) is not None and v >= value,
    }
    return tests[op]
