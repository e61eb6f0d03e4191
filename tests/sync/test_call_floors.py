"""Exactly how many calls each kind of cycle costs, by what they are for. `docs/benchmarks.md` has the same table in words.

A call more or less fails: whoever needs one more says so here and there, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.sync.engine import Engine
from engines import calm, contacts, engine_on, rows, sync

PEOPLE = 380
HISTORY = ceil(PEOPLE / 50)
HUBSPOT, SALESFORCE, SEARCH = ceil(PEOPLE / 100), ceil(PEOPLE / 200), ceil(PEOPLE / 200)
"""Calls for everybody: HubSpot batches and pages of 100 (with history 50), Salesforce 200, HubSpot search pages of 200."""

Calls = dict[str, dict[str, int]]
SET_UP: Calls = {
    "hubspot": {"identity": 1, "describe": 2, "owners": 2},
    "salesforce": {"identity": 1, "describe": 5, "owners": 1},
}
"""Who we are; contacts and companies, active and archived owners; three objects and two queries of rights, users."""

IDLE: Calls = {"hubspot": {"changes": 2}, "salesforce": {"changes": 1}}
"""A search for contacts and one for companies; Salesforce's three objects in one composite call."""

HOURLY: Calls = {
    "hubspot": IDLE["hubspot"] | {"describe": 2, "owners": 2, "archived": 1},
    "salesforce": IDLE["salesforce"] | {"describe": 5, "owners": 1, "archived": 2},
}
"""On top, once an hour: what may have changed of fields, rights and owners; the archived, and the deleted for good."""

FROM_HUBSPOT: dict[str, Calls] = {
    # Everybody listed, the companies' page, and one query for each of Lead, Contact and Account; then the upserts.
    "first load": {
        "hubspot": {"scan": HUBSPOT + 1},
        "salesforce": {"scan": 3, "create": SALESFORCE},
    },
    # What we wrote ourselves comes back with new stamps, and is read once to be known as ours.
    "echo": {"hubspot": {"changes": 2}, "salesforce": {"changes": 1, "read": 1}},
    "idle": IDLE,
    # Ids and stamps, then values by id; on the other side read again right before the write.
    "updates": {
        "hubspot": {"changes": SEARCH + 1, "read": HUBSPOT},
        "salesforce": {"changes": 1, "read": SALESFORCE, "update": SALESFORCE},
    },
}
FROM_SALESFORCE: dict[str, Calls] = {
    "first load": {
        "hubspot": {"scan": 2, "create": HUBSPOT},
        "salesforce": {"scan": 3},
    },
    "echo": {"hubspot": {"changes": SEARCH + 1, "read": HUBSPOT}, "salesforce": {"changes": 1}},
    "idle": IDLE,
    "updates": {
        "hubspot": {"changes": 2, "read": HUBSPOT, "update": HUBSPOT, "history": HISTORY},
        "salesforce": {"changes": 1, "read": 1},
    },
}


def marketing(cluster: Cluster) -> None:
    for n in range(PEOPLE):
        cluster.hubspot.create("contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}"})


def promoted(cluster: Cluster) -> None:
    for contact in contacts(cluster):
        cluster.hubspot.edit("contacts", str(contact["id"]), {"jobtitle": "CTO"})


def sales(cluster: Cluster) -> None:
    for n in range(PEOPLE):
        row = {"Email": f"p{n}@a.example", "LastName": f"L{n}", "Company": "Acme"}
        cluster.salesforce.create("Lead", row)


def retitled(cluster: Cluster) -> None:
    for row in rows(cluster, "Lead"):
        cluster.salesforce.edit("Lead", str(row["Id"]), {"Title": "CTO"})


def counted(engine: Engine) -> dict[str, Counter[str]]:
    connectors: dict[str, Any] = dict(engine.connectors)
    return {side: Counter(connector.calls_by_purpose()) for side, connector in connectors.items()}


def cycle(engine: Engine) -> tuple[Calls, int]:
    """The calls of one cycle by side and purpose, and how many records it wrote."""
    before = counted(engine)
    writes = sync(engine).writes
    after = counted(engine)
    return {side: dict(after[side] - before[side]) for side in after}, writes


@pytest.mark.parametrize(
    ("people", "edited", "floor"), [(marketing, promoted, FROM_HUBSPOT), (sales, retitled, FROM_SALESFORCE)]
)
def test_each_kind_of_cycle_costs_exactly_the_calls_of_the_table(
    tmp_path: Path,
    people: Callable[[Cluster], None],
    edited: Callable[[Cluster], None],
    floor: dict[str, Calls],
) -> None:
    cluster = Cluster(1)
    people(cluster)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        calls, writes = cycle(engine)
        first = {side: SET_UP[side] | floor["first load"][side] for side in SET_UP}
        assert (calls, writes) == (first, PEOPLE)
        calm(cluster)
        assert cycle(engine) == (floor["echo"], 0)
        cluster.clock.advance(700)
        assert cycle(engine) == (floor["idle"], 0)
        edited(cluster)
        cluster.clock.advance(300)
        assert cycle(engine) == (floor["updates"], PEOPLE)


def test_an_idle_cycle_over_every_object_costs_what_it_costs_without_people(tmp_path: Path) -> None:
    """People as contacts, Leads and Contacts, companies and Accounts: the price of nothing new is the same."""
    cluster = Cluster(2)
    for n in range(20):
        cluster.hubspot.create("contacts", {"email": f"h{n}@a.example", "lastname": f"L{n}"})
        cluster.hubspot.create("companies", {"name": f"C{n}", "domain": f"c{n}.example"})
        account = cluster.salesforce.create("Account", {"Name": f"A{n}", "Website": f"https://c{n}.example"})
        person = {"LastName": f"S{n}", "Email": f"s{n}@c{n}.example", "AccountId": account}
        cluster.salesforce.create("Contact", person)
        lead = {"LastName": f"D{n}", "Email": f"d{n}@a.example", "Company": "Acme"}
        cluster.salesforce.create("Lead", lead)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        cluster.clock.advance(700)
        assert cycle(engine) == (IDLE, 0)
        calm(cluster)
        assert cycle(engine) == (HOURLY, 0)
