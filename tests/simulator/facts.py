"""What the simulators are held to: a test names the documented fact that it shows, and a table in the docs lists them.

`.venv/bin/python tests/simulator/facts.py` writes the tables of facts and switches anew. Both are read from the source.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "simulator.md"
SIMULATOR: Final = HERE.parents[1] / "src" / "crmsync" / "simulator"
VENDORS: Final = ("hubspot", "salesforce")
TITLES: Final = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
TAGS: Final = ("doc", "seen", "assumed")
"""Documented by the vendor; recorded or measured by somebody; nobody could confirm it, so it is a switch."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: `switch` names the fields of that vendor's Switches which turn it, "" when nothing does."""

    vendor: str
    topic: str
    says: str
    tag: str
    switch: str
    test: str


@dataclass(frozen=True, slots=True)
class Switch:
    """One field of a vendor's Switches: its default as written, and its docstring."""

    vendor: str
    name: str
    default: str
    says: str


def fact(vendor: str, topic: str, says: str, tag: str, switch: str = "") -> pytest.MarkDecorator:
    """Mark a test with the fact that it holds. All arguments are literals; `says` is one sentence, said once.

    `vendor` is hubspot or salesforce, `topic` the heading that it stands under, `tag` one of TAGS.
    """
    return pytest.mark.fact(vendor=vendor, topic=topic, says=says, tag=tag, switch=switch)


def facts(folder: Path = HERE) -> list[Fact]:
    """Every fact named in a folder's tests, by vendor and topic. Raises ValueError for a mark that cannot be read."""
    found = [each for path in sorted(folder.glob("test_*.py")) for each in _in_file(path)]
    return sorted(found, key=lambda each: (VENDORS.index(each.vendor), each.topic, each.says))


def switches(vendor: str) -> list[Switch]:
    """A vendor's switches in their order."""
    tree = ast.parse((SIMULATOR / vendor / "switches.py").read_text("utf-8"))
    [body] = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Switches"]
    return [
        _switch(vendor, field, after)
        for field, after in zip(body, [*body[1:], ast.Pass()], strict=True)
        if isinstance(field, ast.AnnAssign)
    ]


def _switch(vendor: str, field: ast.AnnAssign, after: ast.stmt) -> Switch:
    name, default = ast.unparse(field.target), ast.unparse(field.value) if field.value else ""
    says = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
    return Switch(vendor, name, default, " ".join(str(says).split()))


def facts_table(found: list[Fact]) -> str:
    """The facts as Markdown, a table for each vendor."""
    lines: list[str] = []
    for vendor in VENDORS:
        mine = [each for each in found if each.vendor == vendor]
        lines += [
            "",
            f"### {TITLES[vendor]}: {len(mine)} facts",
            "",
            "| topic | fact | tag | switch | test |",
        ]
        lines += ["| -- | -- | -- | -- | -- |"]
        lines += [
            f"| {f.topic} | {f.says} | {f.tag} | {' '.join(f'`{name}`' for name in f.switch.split())} | `{f.test}` |" for f in mine
        ]  # fmt: skip
    return "\n".join([*lines, ""])


def switches_table() -> str:
    """The switches as Markdown, a table for each vendor."""
    lines: list[str] = []
    for vendor in VENDORS:
        lines += [
            "",
            f"### Switches of {TITLES[vendor]}",
            "",
            "| switch | default | stands for |",
            "| -- | -- | -- |",
        ]
        lines += [f"| `{s.name}` | `{s.default}` | {s.says} |" for s in switches(vendor)]
    return "\n".join([*lines, ""])


def _in_file(path: Path) -> Iterator[Fact]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                yield from _marks(decorator, f"{path.stem.removeprefix('test_sim_')}::{node.name}")


def _marks(decorator: ast.expr, test: str) -> Iterator[Fact]:
    for call in ast.walk(decorator):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fact":
            names = [field.name for field in fields(Fact)]
            given = dict(zip(names, call.args, strict=False)) | {k.arg or "": k.value for k in call.keywords}
            said = {name: str(ast.literal_eval(value)) for name, value in given.items()}
            found = Fact(**{"switch": "", **said, "test": test})
            if found.vendor not in VENDORS or found.tag not in TAGS or "|" in found.says:
                raise ValueError(f"{test}: cannot place the fact {found.says!r}")
            yield found


def written(page: str) -> str:
    """The page with its tables brought up to date. Raises ValueError when it has no place for one."""
    page = _between(page, "facts", facts_table(facts()))
    return _between(page, "switches", switches_table())


def _between(page: str, name: str, text: str) -> str:
    begin, end = f"<!-- {name}: written by tests/simulator/facts.py -->", f"<!-- end of {name} -->"
    head, found, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{PAGE.name} has no {begin} ... {end}")
    return f"{head}{begin}\n{text}\n{end}{tail}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    every = facts()
    sys.stdout.write(f"{len(every)} facts in {len({each.test for each in every})} tests\n")
