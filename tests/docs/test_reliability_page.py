"""The page on reliability goes through every pain, and each test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
PAINS = dict(re.findall(r"^\*\*(\d+)\. (.+?)\*\*", PAGE, re.MULTILINE))
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)


def test_it_goes_through_all_of_them_in_order() -> None:
    assert list(PAINS) == [str(number) for number in range(1, 16)]


@pytest.mark.parametrize("number", PAINS)
def test_each_is_shown_by_a_test_or_said_to_be_open(number: str) -> None:
    text = re.split(rf"^\*\*{number}\. ", PAGE, flags=re.MULTILINE)[1]
    text = re.split(r"^\*\*\d+\. |^## ", text, flags=re.MULTILINE)[0]
    assert "`tests/" in text or "Not covered yet" in text


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert not name or re.search(rf"^def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_its_links_lead_somewhere(link: str) -> None:
    assert (ROOT / "docs" / link).is_file()
