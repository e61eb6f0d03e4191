"""The simulator's page leaves nothing out: every file, fault and admin call is on it, and its example runs."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.admin import ROUTES
from crmsync.simulator.faults import KINDS, Fault

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "simulator.md").read_text("utf-8")
ORG_PAGE = (ROOT / "docs" / "simulator-salesforce.md").read_text("utf-8")


def test_every_part_is_in_the_table() -> None:
    files = {p.name for p in (ROOT / "src" / "crmsync" / "simulator").glob("*.py")} - {"__init__.py"}
    assert set(re.findall(r"`(\w+\.py)`", PAGE)) == files


@pytest.mark.parametrize(
    "name",
    [*KINDS, *(f.name for f in fields(Fault) if f.name != "struck")],
)
def test_a_fault_is_explained(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE + ORG_PAGE)


@pytest.mark.parametrize(("method", "path"), list(ROUTES))
def test_an_admin_call_is_explained(method: str, path: str) -> None:
    assert f"`{method} {path}" in PAGE


@pytest.mark.parametrize("page", ["simulator.md", "simulator-salesforce.md"])
def test_what_is_only_assumed_is_said(page: str) -> None:
    assert "Assumed" in (ROOT / "docs" / page).read_text("utf-8")


def test_the_example_runs() -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    lines = [line for line in example.splitlines() if "Pool" not in line and "Adapter" not in line]
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    assert "CRMSYNC_CLOCK_URL" in names["settings"]
    assert names["cluster"].hubspot.state()["contacts"][0]["id"] == names["ann"]
