"""The starter: what `crmsync init` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmsync.definition.load import load
from crmsync.definition.starter import starter, write_starter
from crmsync.errors import ConfigurationError


def test_it_writes_a_definition_that_loads_and_is_the_default(tmp_path: Path) -> None:
    target = tmp_path / "config"
    written = write_starter(target)
    assert [str(p.relative_to(target)) for p in written] == [
        "crmsync.yaml", "mapping.yaml", "overlays/everybody.yaml",
    ]  # fmt: skip
    assert load(target).version == load(starter()).version


def test_it_overwrites_nothing_and_then_writes_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "mapping.yaml"
    mine.write_text("mine")
    with pytest.raises(ConfigurationError) as caught:
        write_starter(tmp_path)
    assert [f.file for f in caught.value.findings] == [str(mine)]
    assert mine.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [mine]
