"""The tables in docs/simulator.md are what tests and switches say, and every switch is turned by a test."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from crmsync.simulator.hubspot.switches import Switches as HubSpotSwitches
from crmsync.simulator.salesforce.switches import Switches as SalesforceSwitches

sys.path.insert(0, str(Path(__file__).parents[1] / "simulator"))
from facts import PAGE, facts, switches, written

FACTS = facts()
SWITCHES = {"hubspot": HubSpotSwitches, "salesforce": SalesforceSwitches}


def test_the_page_lists_facts_and_switches_as_they_are() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written(page), "run `.venv/bin/python tests/simulator/facts.py`"


def test_no_fact_is_said_twice() -> None:
    assert [said for said, n in Counter((f.vendor, f.says) for f in FACTS).items() if n > 1] == []


@pytest.mark.parametrize("vendor", SWITCHES)
def test_every_switch_is_turned_by_a_fact_and_no_other(vendor: str) -> None:
    known = {field.name for field in fields(SWITCHES[vendor])}
    named = {name for f in FACTS if f.vendor == vendor for name in f.switch.split()}
    assert (named - known, known - named) == (set(), set())


@pytest.mark.parametrize("vendor", SWITCHES)
def test_every_switch_says_what_it_stands_for(vendor: str) -> None:
    assert [switch.name for switch in switches(vendor) if not switch.says] == []


def test_what_is_assumed_can_be_switched() -> None:
    assert [f.says for f in FACTS if f.tag == "assumed" and not f.switch] == []
