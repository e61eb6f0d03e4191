"""What the simulators are held to: a test names the documented fact that it shows, and a table in the docs lists them.

`.venv/bin/python tests/simulator/facts.py` writes the table anew. The marks are read from the source, not by running.
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
BEGIN: Final = "<!-- facts: written by tests/simulator/facts.py -->"
END: Final = "<!-- end of facts -->"
VENDORS: Final = ("hubspot", "salesforce")
TAGS: Final = ("doc", "seen", "assumed")
"""Documented by the vendor; recorded or measured by somebody; nobody could confirm it, so it is a switch."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: `switch` names the field of that vendor's Switches which turns it, "" when nothing does."""

    vendor: str
    topic: str
    says: str
    tag: str
    switch: str
    test: str


def fact(vendor: str, topic: str, says: str, tag: str, switch: str = "") -> pytest.MarkDecorator:
    """Mark a test with the fact that it holds. All arguments are literals; `says` is one sentence, said once.

    `vendor` is hubspot or salesforce, `topic` the heading that it stands under, `tag` one of TAGS.
    """
    return pytest.mark.fact(vendor=vendor, topic=topic, says=says, tag=tag, switch=switch)


def facts(folder: Path = HERE) -> list[Fact]:
    """Every fact named in a folder's tests, by vendor and topic. Raises ValueError for a mark that cannot be read."""
    found = [each for path in sorted(folder.glob("test_*.py")) for each in _in_file(path)]
    return sorted(found, key=lambda each: (VENDORS.index(each.vendor), each.topic, each.says))


def table(found: list[Fact]) -> str:
    """The facts as Markdown, a table for each vendor."""
    lines: list[str] = []
    for vendor, title in zip(VENDORS, ("HubSpot", "Salesforce"), strict=True):
        mine = [each for each in found if each.vendor == vendor]
        lines += ["", f"### {title}: {len(mine)} facts", "", "| topic | fact | tag | switch | test |"]
        lines += ["| -- | -- | -- | -- | -- |"]
        lines += [
            f"| {f.topic} | {f.says} | {f.tag} | {f'`{f.switch}`' if f.switch else ''} | `{f.test}` |" for f in mine
        ]  # fmt: skip
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


def written(page: str, found: list[Fact]) -> str:
    """The page with its table brought up to date. Raises ValueError when it has no place for one."""
    head, _, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} has no {BEGIN} ... {END}")
    return f"{head}{BEGIN}\n{table(found)}\n{END}{tail}"


if __name__ == "__main__":
    every = facts()
    PAGE.write_text(written(PAGE.read_text("utf-8"), every), "utf-8")
    sys.stdout.write(f"{len(every)} facts in {len({each.test for each in every})} tests\n")
