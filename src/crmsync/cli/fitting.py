"""Fits the default definition to a kind of org, the way its admin would: an overlay, and other fields in mapping.yaml.

What each kind of org needs stands in `profiles/<name>/`, to be read and copied; nothing here knows any of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).with_name("profiles")
EVERYBODY = Path("overlays", "everybody.yaml")


def fit(config: Path, profile: str) -> Path:
    """Change the definition in `config` as `profiles/<profile>/` says; returns the overlay to be used.

    `mapping.yaml` there holds the fields that take the place of those of the same name, `overlay.yaml` is used
    instead of everybody.yaml. Either may be missing, and both are for an org that needs nothing special.
    """
    changes, overlay = HERE / profile / "mapping.yaml", HERE / profile / "overlay.yaml"
    if changes.is_file():
        _replace(config / "mapping.yaml", changes)
    if not overlay.is_file():
        return config / EVERYBODY
    target = config / "overlays" / f"{profile}.yaml"
    target.write_text(overlay.read_text("utf-8"), "utf-8")
    return target


def _replace(mapping: Path, changes: Path) -> None:
    """Put the fields of `changes` where `mapping` has those of the same name; a field that says nothing goes."""
    from ruamel.yaml import YAML

    yaml = YAML()
    document: dict[str, Any] = yaml.load(mapping.read_text("utf-8"))
    for name, field in yaml.load(changes.read_text("utf-8"))["fields"].items():
        if field is None:
            document["fields"].pop(name, None)
        else:
            document["fields"][name] = field
    with mapping.open("w", encoding="utf-8") as file:
        yaml.dump(document, file)
