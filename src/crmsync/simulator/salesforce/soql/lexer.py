"""SOQL text to tokens, and the vendor's way of pointing at a mistake in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crmsync.simulator.salesforce.errors import ApiError, refuse

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::\d+)?)
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<mark><=|>=|!=|<>|[=<>(),:])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPES |= {"N": "\n", "R": "\r", "T": "\t", "B": "\b", "F": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is datetime, date, number, word, string (raw, with its quotes), mark or end."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> list[Token]:
    """All tokens of a statement, `end` last. Raises ApiError MALFORMED_QUERY."""
    out: list[Token] = []
    at = 0
    while True:
        found = _TOKEN.match(text, at)
        if found is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            what = (
                "line 1: unterminated string" if text[start] == "'" else f"unexpected char: {text[start]!r}"
            )
            raise malformed(text, start, what)
        kind = str(found.lastgroup)
        out.append(Token(kind, found[kind], found.start(kind)))
        if kind == "end":
            return out
        if kind == "datetime" and not re.search(r"(Z|[+-]\d\d:?\d\d)\Z", found[kind], re.IGNORECASE):
            raise malformed(text, found.start(kind), f"unexpected token: '{found[kind]}'")
        at = found.end()


def unescape(text: str, token: Token, *, like: bool = False) -> str:
    r"""A string token's value. In LIKE, `\_` and `\%` stay escaped for the pattern, and `\\` too."""

    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        if like and code in "_%\\":
            return "\\" + code
        if code not in _ESCAPES:
            raise malformed(text, token.at + 1 + found.start(), f"Illegal escape sequence: '\\{code}'")
        return _ESCAPES[code]

    return _ESCAPE.sub(one, token.text[1:-1])


def pointed(text: str, at: int, message: str) -> str:
    """A message beneath the line it is about, with a caret, row and column (from 1)."""
    row = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    column = at - start + 1
    return f"\n{line}\n{' ' * (column - 1)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def malformed(text: str, at: int, message: str) -> ApiError:
    """The statement does not parse."""
    return refuse("MALFORMED_QUERY", pointed(text, at, message))
