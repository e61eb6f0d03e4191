"""Every kind of org: the demo comes into agreement on it, from the command line and in process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cli_desk import Desk, at_once

from crmsync.cli.demo_run import Shown, run
from crmsync.cli.fitting import HERE, fit
from crmsync.cli.simulate import ORG_PROFILES
from crmsync.definition.load import load
from crmsync.definition.starter import write_starter
from crmsync.simulator.salesforce.profiles import PROFILES

ALL = tuple(PROFILES)


@cache
def shown(profile: str) -> Shown:
    return run(50, 7, None, lambda *_: None, profile)


@pytest.mark.parametrize("profile", [name for name in ALL if name != "plain"])
def test_the_demo_converges_on_every_kind_of_org(profile: str) -> None:
    told = shown(profile)
    assert told.violations == []
    assert told.second is not None and told.second.writes == 0
    assert told.linked > 20
    assert told.org == PROFILES[profile].says


def test_where_not_everything_is_seen_the_demo_updates_only_and_says_why() -> None:
    told = shown("private-sharing")
    assert told.first is not None
    assert told.first.applied["salesforce"].create == 0 and told.first.applied["salesforce"].update > 0
    assert "cannot see all" in told.refused["salesforce"] and set(told.refused) == {"salesforce"}


@pytest.mark.parametrize("profile", [name for name in ALL if name != "private-sharing"])
def test_elsewhere_nothing_waits(profile: str) -> None:
    told = shown(profile)
    assert (told.parked, told.refused) == (0, {})


def test_the_help_names_every_profile_and_another_is_a_mistake(tmp_path: Path) -> None:
    here = Desk(tmp_path)

    def refused(*argv: str) -> Any:
        return here.run(*argv, "--profile", "odd", code=2)

    for ran in at_once(lambda: refused("demo"), lambda: refused("simulate")):
        assert all(name in ran.words.replace(" │ │ ", " ") for name in ALL)
    assert set(ORG_PROFILES.rstrip(".").split(", ")) == set(ALL)


def test_from_the_command_line_with_the_kind_of_org_at_the_head(tmp_path: Path) -> None:
    here = Desk(tmp_path)
    json, words = at_once(
        lambda: here.run("demo", "--people", "20", "--profile", "contacts-only", "--json"),
        lambda: here.run("demo", "--people", "20", "--profile", "private-sharing"),
    )
    assert json.json["people"]["leads"] == 0 and json.json["violations"] == []
    assert "The Salesforce org: the integration user sees some of the records" in words.out
    assert max(len(line) for line in words.out.splitlines()) <= 80
    assert "refused" in words.out and "stays in HubSpot only" in words.out


@pytest.mark.parametrize("profile", sorted(path.name for path in HERE.iterdir()))
def test_what_an_admin_changes_for_a_kind_of_org_is_a_valid_definition(profile: str, tmp_path: Path) -> None:
    assert profile in PROFILES
    write_starter(tmp_path / "config")
    overlay = fit(tmp_path / "config", profile)
    fitted = load(tmp_path / "config", overlay)
    write_starter(tmp_path / "default")
    assert (
        fitted.version
        != load(tmp_path / "default", tmp_path / "default" / "overlays" / "everybody.yaml").version
    )
    assert dict(fitted.create) == {"salesforce": "in_scope", "hubspot": "in_scope"}
