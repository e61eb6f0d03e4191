"""Reads an expression's text far enough to say what it uses, before CEL compiles it.

CEL compiles unknown functions and variables without a word and puts no bound on time, so what may stand in an
expression is decided here: the four variables with named fields, functions from a list, loops that are not nested.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from crmsync.mapping.functions import ARGUMENTS, FUNCTIONS

VARIABLES: Final = ("person", "hubspot", "salesforce", "account")
NATIVE: Final = frozenset(
    {"has", "size", "contains", "startsWith", "endsWith", "matches", "int", "double", "string", "bool"}
    | {"timestamp", "duration", "getFullYear", "getMonth"}
)
LOOPS: Final = frozenset({"all", "exists", "exists_one", "map", "filter"})
MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 30
MAX_TEXT: Final = 10_000
"""Characters of an expression; brackets within brackets; characters of a text value fed to a rule."""

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>[rRbB]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
    |(?P<number>0[xX][0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?|\.\d+)[uU]?
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_ARITHMETIC = frozenset("+-*/%")
_WORDS = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and where in the expression: line and column from 0."""

    offset: tuple[int, int]
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression that may be compiled: the fields it reads by variable, and whether it loops."""

    reads: Mapping[str, frozenset[str]]
    loops: bool


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def check(text: str) -> Checked | tuple[Mistake, ...]:
    """What an expression uses, or every mistake in it."""
    if not text.strip():
        return (Mistake((0, 0), "an expression was expected, for example: person.country == 'DE'"),)
    if len(text) > MAX_LENGTH:
        return (Mistake((0, 0), f"an expression has at most {MAX_LENGTH} characters, this one {len(text)}"),)
    tokens = _tokens(text)
    if isinstance(tokens, Mistake):
        return (tokens,)
    return _Reader(text, tokens).check()


def _offset(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n"), at - (before.rfind("\n") + 1)


def _tokens(text: str) -> list[_Token] | Mistake:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return Mistake(_offset(text, at), f"`{text[at]}` was not expected here")
        if found.lastgroup != "space":
            tokens.append(_Token(found.lastgroup or "", found.group(), at))
        at = found.end()
    return tokens


class _Reader:
    """One pass over the tokens, gathering what is read and what is wrong."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text, self.tokens = text, tokens
        self.mistakes: list[Mistake] = []
        self.reads: dict[str, set[str]] = {}
        self.loops = 0
        self.bound = {
            self.tokens[i + 2].text
            for i, t in enumerate(tokens[:-2])
            if t.text in LOOPS and self._sign(i - 1) == "." and self._sign(i + 1) == "("
        }

    def check(self) -> Checked | tuple[Mistake, ...]:
        self._brackets()
        for i, token in enumerate(self.tokens):
            if token.kind == "name" and token.text not in _WORDS:
                self._name(i, token)
            elif token.kind == "number":
                self._number(i, token)
        if self.mistakes:
            return tuple(self.mistakes)
        return Checked({name: frozenset(fields) for name, fields in self.reads.items()}, self.loops > 0)

    def _sign(self, i: int) -> str:
        return self.tokens[i].text if 0 <= i < len(self.tokens) and self.tokens[i].kind == "sign" else ""

    def _wrong(self, token: _Token, message: str) -> None:
        self.mistakes.append(Mistake(_offset(self.text, token.start), message))

    def _brackets(self) -> None:
        """Depth, and loops inside loops (or after one another on one value), which multiply the work."""
        opened: list[bool] = []
        for i, token in enumerate(self.tokens):
            sign = self._sign(i)
            if sign in {"(", "[", "{"}:
                loop = sign == "(" and self.tokens[i - 1].text in LOOPS and self._sign(i - 2) == "."
                if loop and any(opened):
                    self._wrong(
                        self.tokens[i - 1], "a loop inside a loop is not allowed: it may take for ever"
                    )
                self.loops += loop
                opened.append(loop)
                if len(opened) > MAX_DEPTH:
                    self._wrong(token, f"brackets are more than {MAX_DEPTH} deep; split the rule")
                    return
            elif sign in {")", "]", "}"} and opened:
                opened.pop()

    def _name(self, i: int, token: _Token) -> None:
        if self._sign(i - 1) == ".":
            if self._sign(i + 1) == "(":
                self._call(i, token)
            return
        if self._sign(i + 1) == "(":
            self._call(i, token)
        elif token.text in VARIABLES:
            self._field(i, token)
        elif token.text not in self.bound:
            near = get_close_matches(token.text, VARIABLES, 1)
            hint = f"did you mean `{near[0]}`?" if near else "put text in quotes"
            self._wrong(token, f"`{token.text}` is no variable ({', '.join(VARIABLES)}); {hint}")

    def _call(self, i: int, token: _Token) -> None:
        allowed = NATIVE | LOOPS | FUNCTIONS.keys()
        if token.text not in allowed:
            near = get_close_matches(token.text, sorted(allowed), 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(sorted(allowed))}"
            self._wrong(token, f"`{token.text}` is no function; {hint}")
        elif token.text in ARGUMENTS:
            low, high = ARGUMENTS[token.text]
            given = self._arguments(i)
            if not low <= given <= high:
                wanted = f"{low}" if low == high else f"{low} to {high}"
                self._wrong(token, f"`{token.text}` takes {wanted} arguments, found {given}")

    def _arguments(self, i: int) -> int:
        """How many arguments the call at token `i` has; the value before the dot is one."""
        count = int(self._sign(i - 1) == ".") + int(self._sign(i + 2) != ")")
        depth = 0
        for at in range(i + 1, len(self.tokens)):
            sign = self._sign(at)
            depth += (sign in {"(", "[", "{"}) - (sign in {")", "]", "}"})
            if depth == 0:
                break
            count += sign == "," and depth == 1
        return count

    def _field(self, i: int, token: _Token) -> None:
        """A variable must be followed by the name of a field, so that what a rule reads is known beforehand."""
        after = self.tokens[i + 2] if i + 2 < len(self.tokens) else None
        last = i + 2
        if self._sign(i + 1) == "." and after is not None and after.kind == "name":
            name = after.text
        elif (
            self._sign(i + 1) == "[" and after is not None and after.kind == "text" and after.text[0] in "'\""
        ):
            name, last = after.text[1:-1], i + 3
        else:
            self._wrong(token, f"after `{token.text}` a field was expected, for example `{token.text}.name`")
            return
        further = self.tokens[last + 2] if last + 2 < len(self.tokens) else None
        if after is not None and last == i + 2 and self._sign(last + 1) == "(":
            self._wrong(after, f"after `{token.text}` a field was expected, not the function `{name}`")
            return
        if self._sign(last + 1) == "." and self._sign(last + 3) != "(" and further is not None:
            self._wrong(further, f"`{token.text}.{name}` is a single value and has no fields of its own")
            return
        self.reads.setdefault(token.text, set()).add(name)

    def _number(self, i: int, token: _Token) -> None:
        """Field values are doubles, and CEL refuses `field * 2`: ask for `field * 2.0` at once."""
        if "." in token.text or "e" in token.text.lower():
            return
        for sign, operand in ((i - 1, i - 2), (i + 1, i + 2)):
            other = self.tokens[operand] if 0 <= operand < len(self.tokens) else None
            if self._sign(sign) in _ARITHMETIC and other is not None and other.kind == "name":
                self._wrong(token, f"numbers of fields are decimal: write {token.text}.0")
                return
