"""The page on kinds of orgs has every profile on it, and shows the definitions that ship for them as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crmsync.cli.fitting import HERE
from crmsync.simulator.salesforce.profiles import PROFILES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "org-profiles.md").read_text("utf-8")


def test_every_profile_has_a_line_and_no_other_has() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE) == list(PROFILES)


@pytest.mark.parametrize(
    "path", sorted(HERE.rglob("*.yaml")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_ships_for_it_is_shown(path: Path) -> None:
    assert f"```yaml\n{path.read_text('utf-8').rstrip()}\n```" in PAGE


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_its_links_lead_somewhere(link: str) -> None:
    assert (Path(__file__).resolve().parents[2] / "docs" / link).is_file()
