"""Reads one YAML 1.2 file into a tree of plain values that know where they stand. Knows nothing of their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

from crmsync.errors import Finding
from crmsync.mapping.fields.types import Place

MAX_BYTES: Final = 1_000_000
MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 20
"""Limits of one file. Aliases count each time they are used, so a small file cannot unfold into a huge one."""

_TAG = "tag:yaml.org,2002:"

Scalar = str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place. `keys` are the places of a mapping's keys. `text` places an expression's first character."""

    value: dict[str, Node] | list[Node] | Scalar
    place: Place
    keys: Mapping[str, Place] = field(default_factory=dict)
    text: Place | None = None

    @property
    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain for node in self.value]
        return self.value

    @property
    def kind(self) -> str:
        """What it is, in the admin's words."""
        names = {
            dict: "a block of keys",
            list: "a list",
            str: "text",
            bool: "true or false",
            type(None): "nothing",
        }
        return names.get(type(self.value), "a number")


def read_tree(path: Path, name: str, findings: list[Finding]) -> Node | None:
    """The tree of a file that findings call `name`; None when it cannot be read at all. Adds what is wrong."""
    start = Place(name, 1, 1)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig") if len(raw) <= MAX_BYTES else ""
    except OSError as error:
        findings.append(Finding(name, 1, 1, f"the file cannot be read: {error.strerror or error}"))
        return None
    except UnicodeDecodeError:
        findings.append(Finding(name, 1, 1, "the file is not UTF-8 text"))
        return None
    if len(raw) > MAX_BYTES:
        findings.append(Finding(name, 1, 1, f"the file is larger than {MAX_BYTES:,} bytes"))
        return None
    try:
        _shallow(text)
        root = YAML(typ="rt").compose(text)
    except _TooLarge as error:
        findings.append(Finding(name, 1, 1, str(error)))
        return None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        findings.append(Finding(name, line, column, f"this is not YAML: {error.problem or error.context}"))
        return None
    except (YAMLError, RecursionError, ValueError) as error:
        findings.append(Finding(name, 1, 1, f"this is not YAML: {str(error).splitlines()[0]}"))
        return None
    if root is None:
        return Node({}, start)
    return _Builder(name, findings).build(root, 0)


class _TooLarge(Exception):
    """The tree has more nodes or levels than a definition can need."""


def _shallow(text: str) -> None:
    """Stop at the first value that is nested too deeply, before a parser's recursion does. Raises _TooLarge."""
    depth = 0
    for event in YAML(typ="rt").parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _TooLarge(f"the file is nested more than {MAX_DEPTH} levels deep")


class _Builder:
    """Turns ruamel's nodes into ours, counting them."""

    def __init__(self, name: str, findings: list[Finding]) -> None:
        self.name, self.findings, self.left = name, findings, MAX_NODES

    def build(self, root: Any, depth: int) -> Node | None:
        try:
            return self._node(root, depth)
        except _TooLarge as error:
            self.findings.append(Finding(self.name, 1, 1, str(error)))
            return None

    def _place(self, node: Any) -> Place:
        return Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)

    def _node(self, node: Any, depth: int) -> Node:
        self.left -= 1
        if self.left < 0:
            raise _TooLarge(f"the file unfolds into more than {MAX_NODES:,} values; do not repeat aliases")
        if depth > MAX_DEPTH:  # an alias that contains itself
            raise _TooLarge(f"the file is nested more than {MAX_DEPTH} levels deep")
        if node.id == "mapping":
            return self._mapping(node, depth)
        if node.id == "sequence":
            return Node([self._node(item, depth + 1) for item in node.value], self._place(node))
        return self._scalar(node)

    def _mapping(self, node: Any, depth: int) -> Node:
        values: dict[str, Node] = {}
        places: dict[str, Place] = {}
        for key, value in node.value:
            place = self._place(key)
            if key.id != "scalar":
                self._wrong(place, "a key must be one word")
                continue
            name = str(key.value)
            if name in values:
                self._wrong(place, f"`{name}` stands here twice, first in line {places[name].line}")
                continue
            places[name] = place
            values[name] = self._node(value, depth + 1)
        return Node(values, self._place(node), places)

    def _scalar(self, node: Any) -> Node:
        place = self._place(node)
        begin = Place(place.file, place.line, place.column + 1) if node.style in ("'", '"') else place
        return Node(self._value(str(node.tag).removeprefix(_TAG), str(node.value), place), place, text=begin)

    def _value(self, tag: str, text: str, place: Place) -> Scalar:
        try:
            if tag == "null":
                return None
            if tag == "bool":
                return text.lower() == "true"
            if tag == "int":
                return int(text.replace("_", ""), 0)
            if tag == "float":
                return float(text.replace("_", ""))
        except ValueError:
            return text
        if tag not in {"str", "timestamp"}:
            self._wrong(place, f"the tag `!{tag}` is not allowed; write the plain value")
        return text

    def _wrong(self, place: Place, message: str) -> None:
        self.findings.append(Finding(place.file, place.line, place.column, message))


def overlaid(base: Node, over: Node) -> Node:
    """`base` with the keys of `over` in its place: blocks key by key, everything else as a whole."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    values = dict(base.value)
    for key, node in over.value.items():
        values[key] = overlaid(values[key], node) if key in values else node
    return Node(values, base.place, {**base.keys, **over.keys})
