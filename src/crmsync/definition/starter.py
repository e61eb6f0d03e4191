"""Writes the default definition that ships with crmsync into a directory of the admin's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from crmsync.errors import ConfigurationError, Finding


def starter() -> Path:
    """Where the default definition is: in the wheel beside this file, in a source checkout under `config/`."""
    inside = Path(__file__).with_name("starter")
    return inside if inside.is_dir() else Path(__file__).resolve().parents[3] / "config"


def write_starter(directory: Path) -> list[Path]:
    """Copy the default definition into `directory` and return the files written, in order.

    Raises ConfigurationError, before anything is written, when one of the files is already there.
    """
    source = starter()
    files = sorted(path.relative_to(source) for path in source.rglob("*.yaml"))
    there = [directory / name for name in files if (directory / name).exists()]
    if there:
        raise ConfigurationError(
            findings=tuple(
                Finding(str(p), 1, 1, "this file is already there and is not overwritten") for p in there
            ),
            fix="name another directory, or edit the files that are there",
        )
    for name in files:
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target)
    return [directory / name for name in files]
