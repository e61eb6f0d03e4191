"""The README keeps its word: paths exist, commands exist, settings exist, and its test command is what CI runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from crmsync.cli import COMMANDS, help_text, names
from crmsync.definition.load import load
from crmsync.errors import ConfigurationError
from crmsync.settings import Connection, Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

ADDITIONS = ("a field", "a transform", "an object", "a rule", "a command")
BEFORE_SETTINGS = {"CRMSYNC_SECRETS_DIR"}
"""Read before the settings are: it says where else they are looked for."""

OF_THE_TESTS = {"CRMSYNC_BENCH_PEOPLE", "CRMSYNC_SOAK"}
"""Read by tests and benchmarks, not by crmsync."""

NATIVE = {"crmsync_id__c"}
"""Looks like a setting in a file of secrets, and is a Salesforce field."""


def section(title: str) -> str:
    """The README's text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.M | re.S)
    assert found, f"the README has no section {title!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The body rows of the Markdown tables in a text, as cells."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [n for n, row in enumerate(cells) if all(re.fullmatch(r"[-: ]+", cell) for cell in row)]
    heads = {n - 1 for n in rules}
    return [row for n, row in enumerate(cells) if n not in heads and n not in rules]


def blocks(text: str) -> list[str]:
    """The commands in the fenced blocks without a language, comments left out."""
    fenced = re.findall(r"^```\n(.*?)^```", text, re.M | re.S)
    return [" ".join(words) for block in fenced for line in block.splitlines() if (words := bare(line))]


def commands(text: str) -> set[str]:
    """The names after `crmsync` in inline code and at the start of lines in fenced blocks."""
    fenced = "".join(re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S))
    inline = re.findall(r"`crmsync ([a-z]+)", text)
    return {*inline, *re.findall(r"^(?:\S*/)?crmsync ([a-z]+)", fenced, re.M)}


def bare(line: str) -> list[str]:
    """The words of a shell line without its comment."""
    return shlex.split(line, comments=True)


def settings(model: type[BaseModel], prefix: str = "CRMSYNC_") -> set[str]:
    """The names of every setting as environment variables."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= settings(kind, f"{prefix}{name.upper()}__")
        else:
            found.add(prefix + name.upper())
    return found


# -- the order and the two commands ---------------------------------------------------------------------------
def test_the_sections_answer_in_the_order_people_ask() -> None:
    assert re.findall(r"^## (.+)$", README, re.M) == [
        "What it does for you",
        "Try it in one command",
        "Point it at your CRMs",
        "Tune the definition",
        "Run it for years",
        "Work on the code",
    ]


def test_one_command_shows_it_and_one_command_tests_it() -> None:
    assert blocks(section("Try it in one command")) == ["make demo"]
    assert blocks(section("Work on the code")) == ["make test"]


def test_ci_runs_the_checks_and_then_the_readmes_test_command() -> None:
    script = ROOT / ".ci" / "run"
    called = [" ".join(words) for line in script.read_text("utf-8").splitlines() if (words := bare(line))]
    assert script.stat().st_mode & 0o111, ".ci/run is not executable"
    assert "set -euo pipefail" in called
    assert called[-2:] == ["make check", *blocks(section("Work on the code"))]


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for document in DOCUMENTS:
        named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", document.read_text("utf-8"), re.M))
        assert named <= targets, f"{document.name} names {sorted(named - targets)}"


def test_the_demo_shown_is_what_the_demo_prints() -> None:
    [shown] = re.findall(r"^```text\n(.*?)^```", section("Try it in one command"), re.M | re.S)
    told = subprocess.run(
        [sys.executable, "-c", "from crmsync.cli import main; main()", "demo"],
        env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    printed = [line.rstrip() for line in told.stdout.splitlines()]
    assert [line for line in shown.splitlines() if line not in printed] == []
    assert max(map(len, shown.splitlines())) <= 80


# -- the developer's table ------------------------------------------------------------------------------------
def test_the_developer_table_has_one_row_for_each_kind_of_addition() -> None:
    assert [row[0] for row in rows(section("Work on the code"))] == list(ADDITIONS)


@pytest.mark.parametrize("addition", ADDITIONS)
def test_every_path_in_the_developer_table_exists(addition: str) -> None:
    where = next(row[1] for row in rows(section("Work on the code")) if row[0] == addition)
    paths = [p for p in re.findall(r"`([^`]+)`", where) if "/" in p]
    assert paths, f"the row for {addition} names no path"
    assert [p for p in paths if not (ROOT / p).exists()] == []


# -- commands -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_shown_exists(document: Path) -> None:
    shown = commands(document.read_text("utf-8"))
    assert shown <= set(names()), f"{document.name} shows {sorted(shown - set(names()))}"


def test_the_readme_shows_the_way_from_set_up_to_the_daemon() -> None:
    shown = [c.split()[1] for c in blocks(section("Point it at your CRMs")) if c.startswith("crmsync ")]
    assert list(dict.fromkeys(shown)) == [
        "init",
        "validate",
        "doctor",
        "setup",
        "plan",
        "sync",
        "approve",
        "run",
    ]


@pytest.mark.parametrize("name", names())
def test_each_command_of_the_table_is_the_file_of_its_name(name: str) -> None:
    assert find_spec(f"crmsync.cli.{name}") is not None
    assert name in help_text(colour=False)


def test_no_command_stands_in_two_groups() -> None:
    assert len(names()) == len(set(names())) == sum(len(commands) for _, commands in COMMANDS.values())


# -- settings -------------------------------------------------------------------------------------------------
def test_the_settings_table_names_only_real_settings() -> None:
    listed = [re.sub("`", "", row[0]) for row in rows(section("Point it at your CRMs"))]
    assert len(listed) == len(set(listed))
    assert set(listed) - settings(Settings) == set()


def test_the_settings_table_states_the_defaults() -> None:
    for name, default, _ in rows(section("Point it at your CRMs")):
        value = default_of(name.strip("`"))
        assert default.strip("`") == value, f"{name}: the table says {default!r}, the default is {value!r}"


def default_of(name: str) -> str:
    """A setting's default as one would write it in the environment."""
    value: object = Settings.model_construct()
    for part in name.removeprefix("CRMSYNC_").lower().split("__"):
        value = getattr(value, part)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize(
    "path",
    [*DOCUMENTS, *sorted(p for p in (ROOT / "deploy").iterdir() if p.is_file())],
    ids=lambda path: path.name,
)
def test_every_setting_named_anywhere_is_real(path: Path) -> None:
    text = path.read_text("utf-8")
    named = set(re.findall(r"\bCRMSYNC_[A-Z0-9_]*[A-Z0-9]", text))
    secrets = set(re.findall(r"\bcrmsync_[a-z0-9_]+__[a-z0-9_]*[a-z0-9]", text)) - NATIVE
    known = settings(Settings) | settings(Connection, "CRMSYNC_CONNECTIONS__NAME__") | BEFORE_SETTINGS
    known |= OF_THE_TESTS
    assert {*named, *(name.upper() for name in secrets)} - known == set()


# -- the worked example ---------------------------------------------------------------------------------------
def test_the_worked_mistake_is_refused_in_the_words_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = section("Tune the definition")
    removed = re.findall(r"^-(.+)$", text, re.M)
    added = re.findall(r"^\+(.+)$", text, re.M)
    assert (len(removed), len(added)) == (1, 1)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "config", "my-config")
    main = Path("my-config/crmsync.yaml")
    default = main.read_text("utf-8")
    assert default.count(removed[0]) == 1
    main.write_text(default.replace(removed[0], added[0].replace("in_scope", "in-scope")), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load(Path("my-config"))
    assert [str(finding) for finding in refused.value.findings] == re.findall(r"^my-config/.+$", text, re.M)
    main.write_text(default.replace(removed[0], added[0]), "utf-8")
    assert load(Path("my-config")).create["salesforce"] == "in_scope"


# -- links ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8"))
    local = [t for t in targets if "://" not in t and not t.startswith("mailto:")]
    assert [t for t in local if not (document.parent / t).exists()] == []
