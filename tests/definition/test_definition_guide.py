"""The admin's guide tells the truth: its examples load, its tables hold, and no key or word is left out of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crmsync.definition import main
from crmsync.definition.load import load
from crmsync.definition.schema import schema
from crmsync.definition.starter import starter
from crmsync.errors import ConfigurationError
from crmsync.mapping.expression import LOOPS, NATIVE
from crmsync.mapping.fields.codec import Directory, read, write
from crmsync.mapping.fields.firms import Firms
from crmsync.mapping.fields.transforms import TRANSFORMS
from crmsync.mapping.fields.types import FieldMap, Place
from crmsync.mapping.functions import FUNCTIONS
from crmsync.mapping.rule import Rule
from crmsync.model.links import Account
from crmsync.model.records import Owner
from crmsync.model.values import Side

GUIDE = (Path(__file__).parents[2] / "docs" / "definition.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL)


def rows(header: str) -> list[list[str]]:
    """The rows of every table that begins with `header`; `\\|` is a bar within a cell."""
    found = []
    for table in re.findall(rf"^\| {re.escape(header)}.*?(?=\n\n|\n\Z)", GUIDE, re.DOTALL | re.MULTILINE):
        for line in table.splitlines()[2:]:
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            found.append([cell.strip().replace("\\|", "|") for cell in cells])
    return found


def code(cell: str) -> Any:
    """What stands in backticks as text; without them as YAML."""
    if cell.startswith("`"):
        return cell.strip("`")
    return YAML(typ="safe").load(cell)


def test_there_are_examples_of_each_kind() -> None:
    assert len(BLOCKS) >= 7
    assert len(rows("rule | facts | holds")) >= 20
    assert len(rows("transform | HubSpot")) >= 12
    assert len(rows("you write in `title:`")) >= 5


@pytest.mark.parametrize(("name", "text"), BLOCKS)
def test_an_example_loads(name: str, text: str, tmp_path: Path) -> None:
    directory = tmp_path / "config"
    shutil.copytree(starter(), directory)
    (directory / name).write_text(text, encoding="utf-8")
    assert load(directory).version != load(starter()).version


@pytest.mark.parametrize(("rule", "facts", "holds"), rows("rule | facts | holds"))
def test_a_rule_holds_as_the_guide_says(rule: str, facts: str, holds: str) -> None:
    compiled = Rule.compile(code(rule), Place("guide", 1, 1))
    assert compiled.holds(YAML(typ="safe").load(code(facts))) is {"yes": True, "no": False}[holds]


@pytest.mark.parametrize(("transform", "hubspot", "canonical", "salesforce"), rows("transform | HubSpot"))
def test_a_value_travels_as_the_guide_says(
    transform: str, hubspot: str, canonical: str, salesforce: str
) -> None:
    owners = Directory.of(
        [
            Owner("hubspot", "71", "rep@sales.example", "Rita Rep"),
            Owner("salesforce", "005000000000001AAA", "rep@sales.example", "Rita Rep"),
        ]
    )
    at = datetime(2026, 1, 31, tzinfo=UTC)
    ids: list[tuple[Side, str]] = [("hubspot", "101"), ("salesforce", "001000000000001AAA")]
    firms = Firms.of(Account(side, id, "Northwind", "northwind.example", "", at) for side, id in ids)
    owners = replace(owners, firms=firms)
    field = FieldMap(
        "f", {"hubspot": {"contacts": "a"}, "salesforce": {"Lead": "A"}}, code(transform), Place("m", 1, 1)
    )
    value = read(field, "hubspot", "contacts", code(hubspot), owners)
    assert value == code(canonical)
    assert write(field, "salesforce", "Lead", value, None, owners) == code(salesforce)


@pytest.mark.parametrize(("line", "said"), rows("you write in `title:`"))
def test_a_mistake_is_told_as_the_guide_says(line: str, said: str, tmp_path: Path) -> None:
    field = {"hubspot": "jobtitle", "salesforce": "Title"}
    key, _, value = code(line).partition(": ")
    lines = [f"    {k}: {v}" for k, v in (field | {key: value}).items()]
    (tmp_path / "crmsync.yaml").write_text("mode: live\n")
    (tmp_path / "mapping.yaml").write_text("\n".join(["fields:", "  title:", *lines, ""]))
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    assert [f.message for f in caught.value.findings] == [said]


def words(part: Any) -> Iterator[str]:
    """Every key and every fixed word that the schema knows."""
    if isinstance(part, dict):
        yield from (str(word) for word in part.get("enum", ()) if word is not None)
        yield from part.get("properties", ())
        for inner in part.values():
            yield from words(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from words(inner)


def test_everything_the_loader_accepts_is_explained() -> None:
    known = set(words(schema()["$defs"])) | {*TRANSFORMS, *FUNCTIONS, *NATIVE, *LOOPS, *main.SECTIONS}
    missing = {word for word in known if not re.search(rf"\b{re.escape(word)}\b", GUIDE)}
    assert missing == set()
