"""The page about the simulated Salesforce names every switch, file and test file that exists."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from crmsync.simulator.salesforce.switches import Switches

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulator-salesforce.md").read_text(encoding="utf-8")
ROOM = ROOT / "src" / "crmsync" / "simulator" / "salesforce"


def test_every_switch_has_a_name_of_its_own() -> None:
    assert len({f.name for f in fields(Switches)}) == len(fields(Switches))


def test_every_file_named_is_in_the_room() -> None:
    files = {p.name for p in ROOM.glob("*.py")} - {"__init__.py"}
    named = set(re.findall(r"`(\w+\.py)`", PAGE))
    assert named <= files


def test_every_test_file_named_exists() -> None:
    table = PAGE.split("## Which fact")[1].split("## Switches")[0]
    named = {
        n
        for line in table.splitlines()
        if line.startswith("| ")
        for n in re.findall(r"`(\w+)`", line.split("|")[3])
    }
    assert {
        n for n in named if not (ROOT / "tests" / "simulator" / f"test_sim_salesforce_{n}.py").exists()
    } == set()
    assert len(named) == 8
