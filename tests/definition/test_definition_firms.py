"""The shipped default carries the field for somebody's company as a comment: it loads when the # is taken away."""

from __future__ import annotations

import shutil
from pathlib import Path

from crmsync.definition.load import load
from crmsync.definition.starter import starter
from crmsync.mapping.fields.types import Direction


def test_it_is_off_as_shipped() -> None:
    assert all(f.transform != "account" for f in load(starter()).fields)


def test_it_loads_when_switched_on(tmp_path: Path) -> None:
    directory = tmp_path / "config"
    shutil.copytree(starter(), directory)
    mapping = directory / "mapping.yaml"
    lines = mapping.read_text(encoding="utf-8").splitlines()
    first = lines.index("  # company_link:")
    for at in range(first, first + 6):
        lines[at] = lines[at].replace("  # ", "  ", 1)
    mapping.write_text("\n".join(lines) + "\n", encoding="utf-8")
    field = load(directory).field_map("company_link")
    assert field is not None
    assert (field.transform, field.direction, field.owner) == ("account", Direction.TO_HUBSPOT, "salesforce")
    assert field.native_name("salesforce", "Lead") is None
