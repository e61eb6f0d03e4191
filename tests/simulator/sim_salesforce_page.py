"""The tables of the page about the simulated Salesforce: its files, its switches, its faults, from what these say.

`.venv/bin/python tests/simulator/sim_salesforce_page.py` writes them anew.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Final

from crmsync.simulator.fault_kinds_salesforce import SALESFORCE
from crmsync.simulator.salesforce.switches import Switches

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "simulator-salesforce.md"
ROOM: Final = ROOT / "src" / "crmsync" / "simulator" / "salesforce"


def files() -> str:
    """Each file of the room with the line that it opens with."""
    rows = [
        f"| `{path.name}` | {_opening(path)} |"
        for path in sorted(ROOM.glob("*.py"))
        if path.stem != "__init__"
    ]
    return "\n".join(["| file | holds |", "| -- | -- |", *rows])


def switches() -> str:
    """Each switch with its default and the docstring that follows it."""
    tree = ast.parse((ROOM / "switches.py").read_text("utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    says = {
        item.target.id: after.value.value
        for item, after in pairwise(body)
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }
    plain = Switches()
    rows = [
        f"| `{f.name}` | {_shown(getattr(plain, f.name))} | {_cell(says.get(f.name, ''))} |"
        for f in fields(Switches)
    ]
    return "\n".join(["| switch | default | stands for |", "| -- | -- | -- |", *rows])


def faults() -> str:
    """The kinds of faults in the vendor's words, with what their functions say."""
    rows = [
        f"| `{name}` | {_cell((kind.__doc__ or '').partition(chr(10))[0])} |"
        for name, kind in SALESFORCE.items()
    ]
    return "\n".join(["| kind | what it does |", "| -- | -- |", *rows])


TABLES: Final = {"files": files, "switches": switches, "faults": faults}


def written(page: str) -> str:
    """The page with its tables brought up to date. Raises ValueError when it has no place for one."""
    for name, table in TABLES.items():
        head, begin, rest = page.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition(f"<!-- end of {name} -->")
        if not (begin and end):
            raise ValueError(f"{PAGE.name} has no place for the {name}")
        page = f"{head}{begin}{table()}\n{end}{tail}"
    return page


def _opening(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return _cell(said.partition("\n")[0])


def _shown(value: object) -> str:
    if isinstance(value, tuple) and len(value) > 3:
        return f"{len(value)} of them"
    return f"`{value!r}`"


def _cell(text: object) -> str:
    return " ".join(str(text).replace("|", "/").split())


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{len(fields(Switches))} switches\n")
