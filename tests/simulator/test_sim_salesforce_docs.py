"""The page about the simulated Salesforce says what its files, switches and faults say of themselves."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sim_salesforce_page import PAGE, TABLES, switches

from crmsync.simulator.salesforce.switches import Switches


@pytest.mark.parametrize("name", TABLES)
def test_the_page_holds_the_table(name: str) -> None:
    table = PAGE.read_text("utf-8").split(f"<!-- {name} -->\n")[1].split(f"\n<!-- end of {name} -->")[0]
    assert table == TABLES[name](), "run .venv/bin/python tests/simulator/sim_salesforce_page.py"


def test_every_switch_says_what_it_stands_for() -> None:
    rows = [line.split("|") for line in switches().splitlines()[2:]]
    assert [row[1].strip(" `") for row in rows] == [f.name for f in fields(Switches)]
    assert [row[1] for row in rows if not row[3].strip()] == []
