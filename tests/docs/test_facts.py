"""The table of facts in docs/simulator.md is what the tests say, and every switch is turned by one of them."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from crmsync.simulator.hubspot.switches import Switches as HubSpotSwitches
from crmsync.simulator.salesforce.switches import Switches as SalesforceSwitches

sys.path.insert(0, str(Path(__file__).parents[1] / "simulator"))
from facts import PAGE, facts, written

FACTS = facts()
SWITCHES = {"hubspot": HubSpotSwitches, "salesforce": SalesforceSwitches}


def test_the_page_lists_the_facts_as_the_tests_name_them() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written(page, FACTS), "run `.venv/bin/python tests/simulator/facts.py`"


def test_no_fact_is_said_twice() -> None:
    assert [said for said, n in Counter((f.vendor, f.says) for f in FACTS).items() if n > 1] == []


@pytest.mark.parametrize("vendor", SWITCHES)
def test_a_fact_names_switches_that_exist(vendor: str) -> None:
    known = {field.name for field in fields(SWITCHES[vendor])}
    named = {f.switch for f in FACTS if f.vendor == vendor and f.switch}
    assert named <= known


def test_what_is_assumed_can_be_switched() -> None:
    assert [f.says for f in FACTS if f.tag == "assumed" and not f.switch] == []
