"""One block of keys being read: typed, with every mistake noted at its place, and no key left unexplained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from crmsync.definition.tree import Node
from crmsync.errors import ConfigurationError, Finding
from crmsync.mapping.fields.types import Place
from crmsync.mapping.rule import Rule

T = TypeVar("T")


def near(word: str, choices: Iterable[str]) -> str:
    """A hint at the nearest of the choices, or "" when none is near."""
    found = get_close_matches(word, list(choices), 1, 0.6)
    return f"; did you mean `{found[0]}`?" if found else ""


class Section:
    """A block of keys. Each reader says what it expects; `done` refuses the keys nobody asked for."""

    def __init__(self, node: Node | None, findings: list[Finding], where: Place, name: str = "") -> None:
        self.findings, self.name = findings, name
        self.place = node.place if node is not None else where
        self.nodes: Mapping[str, Node] = {}
        self.keys: Mapping[str, Place] = {}
        self._asked: set[str] = set()
        if node is None or node.value is None:
            return
        if isinstance(node.value, dict):
            self.nodes, self.keys = node.value, node.keys
        else:
            self.wrong(
                node.place,
                f"a block of keys was expected{f' for `{name}`' if name else ''}, found {node.kind}",
            )

    def wrong(self, place: Place, message: str) -> None:
        """Note a mistake."""
        self.findings.append(Finding(place.file, place.line, place.column, message))

    def at(self, key: str) -> Place:
        """Where a key stands; where the block begins when it is absent."""
        return self.keys.get(key, self.place)

    def node(self, key: str) -> Node | None:
        """The raw value of a key; None when it is absent or empty."""
        self._asked.add(key)
        node = self.nodes.get(key)
        return None if node is None or node.value is None else node

    def section(self, key: str) -> Section:
        """The block beneath a key; an empty one when it is absent."""
        return Section(self.node(key), self.findings, self.place, key)

    def text(self, key: str, default: str = "") -> str:
        """Text. A number or a truth value is a mistake: it was probably meant to be quoted."""
        return self._typed(key, default, lambda v: v if isinstance(v, str) else None, "text")

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        return self._typed(key, default, lambda v: v if isinstance(v, bool) else None, "true or false")

    def number(self, key: str, default: float, low: float = 0, high: float = 1e9) -> float:
        """A number within bounds."""

        def read(value: object) -> float | None:
            fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
            return float(value) if fits and isinstance(value, int | float) else None

        return self._typed(key, default, read, f"a number from {low:g} to {high:g}")

    def whole(self, key: str, default: int, low: int = 0, high: int = 10**9) -> int:
        """A whole number within bounds."""

        def read(value: object) -> int | None:
            fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
            return value if fits and isinstance(value, int) else None

        return self._typed(key, default, read, f"a whole number from {low} to {high}")

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        """One of several words."""
        node, words = self.node(key), list(choices)
        if node is None:
            return default
        if isinstance(node.value, str) and node.value in words:
            return node.value
        shown = f"`{node.value}`" if isinstance(node.value, str) else node.kind
        hint = near(node.value, words) if isinstance(node.value, str) else ""
        self.wrong(node.place, f"`{key}`: one of {', '.join(words)} was expected, found {shown}{hint}")
        return default

    def rule(self, key: str) -> Rule | None:
        """A CEL expression; None when it is absent or wrong."""
        node = self.node(key)
        if node is None:
            return None
        if not isinstance(node.value, str):
            self.wrong(
                node.place,
                f"`{key}`: an expression was expected, for example \"person.country == 'DE'\", found {node.kind}",
            )
            return None
        try:
            return Rule.compile(node.value, node.text or node.place)
        except ConfigurationError as error:
            self.findings.extend(error.findings)
            return None

    def done(self, *known: str) -> None:
        """Refuse what was not asked for. `known` are further keys that are read elsewhere."""
        self._asked |= set(known)
        for key, place in self.keys.items():
            if key not in self._asked:
                hint = near(key, self._asked) or f"; there are {', '.join(sorted(self._asked))}"
                where = f" in `{self.name}`" if self.name else ""
                self.wrong(place, f"unknown key `{key}`{where}{hint}")

    def _typed(self, key: str, default: T, read: Callable[[object], T | None], expected: str) -> T:
        node = self.node(key)
        if node is None:
            return default
        value = read(node.value)
        if value is None:
            found = f"{node.kind} ({node.value})" if isinstance(node.value, int | float) else node.kind
            self.wrong(node.place, f"`{key}`: {expected} was expected, found {found}")
            return default
        return value
