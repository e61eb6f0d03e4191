"""Rows that somebody else's transaction holds: their writes wait for the next cycle, and hold up nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crmsync.model.records import Write, WriteResult
from crmsync.simulator.cluster import Cluster
from crmsync.sync.flights import Serial
from crmsync.sync.grouping import together, wait
from engines import calm, engine_on, rows, sync


def test_a_held_row_waits_and_its_batch_goes_on(tmp_path: Path) -> None:
    """Three people change; the Lead of one is held longer than the vendor waits."""
    cluster = Cluster(1)
    people = [
        cluster.hubspot.create("contacts", {"email": f"{name}@a.example", "lastname": name})
        for name in ("ann", "bob", "cid")
    ]
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        for person in people:
            cluster.hubspot.edit("contacts", person, {"jobtitle": "CTO"})
        (held,) = (str(r["Id"]) for r in rows(cluster, "Lead") if r["LastName"] == "bob")
        cluster.salesforce.setup.lock([held], cluster.clock.now() + timedelta(minutes=5))
        report = sync(engine)
        titles = {r["LastName"]: r.get("Title") for r in rows(cluster, "Lead")}
        assert titles == {"ann": "CTO", "bob": None, "cid": "CTO"}
        assert report.parked == 0
        calm(cluster)
        report = sync(engine)
        assert report.parked == 0
        assert {r.get("Title") for r in rows(cluster, "Lead")} == {"CTO"}


def test_a_contact_whose_account_is_held_waits(tmp_path: Path) -> None:
    """Salesforce locks the Account of each Contact that is written."""
    cluster = Cluster(1)
    firm = cluster.salesforce.create("Account", {"Name": "Acme"})
    contact = {"Email": "ann@a.example", "LastName": "Lee", "AccountId": firm}
    cluster.salesforce.create("Contact", contact)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
        cluster.salesforce.setup.lock([firm], cluster.clock.now() + timedelta(minutes=5))
        assert sync(engine).parked == 0
        assert rows(cluster, "Contact")[0].get("Title") is None
        calm(cluster)
        assert sync(engine).parked == 0
        assert rows(cluster, "Contact")[0]["Title"] == "CTO"


def test_a_row_that_stays_held_is_asked_for_less_and_less_often_and_never_parked(tmp_path: Path) -> None:
    cluster = Cluster(1)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "ann"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
        (held,) = (str(r["Id"]) for r in rows(cluster, "Lead"))
        cluster.salesforce.setup.lock([held], cluster.clock.now() + timedelta(minutes=8))
        tries: list[bool] = []
        for _ in range(60):
            cluster.clock.advance(10)
            report = sync(engine)
            tries.append(report.applied["salesforce"].skipped > 0)
            assert report.parked == 0
        apart = [b - a for a, b in pairwise([n for n, tried in enumerate(tries) if tried])]
        assert apart == sorted(apart)
        assert apart[0] < 4 < apart[-1]
        assert len(apart) < 12
        assert rows(cluster, "Lead")[0]["Title"] == "CTO"


def test_pauses_are_spread_and_bounded() -> None:
    cause, waits = "", []
    for _ in range(6):
        cause, pause = wait(cause, 0.5)
        waits.append(pause.total_seconds())
    assert waits == [15, 30, 60, 120, 120, 120]
    assert (wait("", 0.0)[1].total_seconds(), wait("", 1.0)[1].total_seconds()) == (7.5, 22.5)


def writes_for(groups: str) -> list[tuple[Any, Write]]:
    return [(n, Write(n, {}, group=g.strip("-"))) for n, g in enumerate(groups)]


@pytest.mark.parametrize(
    ("groups", "size", "batches"),
    [
        ("abababab", 4, ["aaaa", "bbbb"]),
        ("a-b-a-b-", 4, ["aabb", "----"]),
        ("aaaaab", 4, ["aaab", "aa"]),  # more people of one Account than fit: no more calls than it takes
        ("------", 4, ["----", "--"]),
        ("aabbcc", 4, ["aabb", "cc"]),
    ],
)
def test_people_of_one_account_go_in_one_call(groups: str, size: int, batches: list[str]) -> None:
    made = together(writes_for(groups), size)
    assert ["".join(sorted(w.group or "-" for _, w in b)) for b in made] == [
        "".join(sorted(b)) for b in batches
    ]
    assert sorted(n for batch in made for n, _ in batch) == list(range(len(groups)))


def test_contacts_of_one_account_are_not_spread_over_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(2)
    firms = [cluster.salesforce.create("Account", {"Name": f"F{n}"}) for n in range(2)]
    for n in range(4):
        person = {"Email": f"p{n}@a.example", "LastName": f"P{n}", "AccountId": firms[n % 2]}
        cluster.salesforce.create("Contact", person)
        values = {"email": f"p{n}@a.example", "lastname": f"P{n}", "jobtitle": "CTO"}
        cluster.hubspot.create("contacts", values)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        salesforce = engine.connectors["salesforce"]
        calls: list[set[str]] = []
        write = salesforce.write

        def spied(obj: str, writes: Sequence[Write]) -> list[WriteResult]:
            calls.append({w.group for w in writes})
            return write(obj, writes)

        monkeypatch.setattr(salesforce, "batch_size", lambda _: 2, raising=False)
        monkeypatch.setattr(salesforce, "write", spied, raising=False)
        wide = replace(engine, flights=Serial(2))
        assert sync(wide).applied["salesforce"].update == 4
        assert sorted(map(sorted, calls)) == sorted([f] for f in firms)


def test_an_assignment_rule_of_the_org_hands_nobody_over(tmp_path: Path) -> None:
    """On a create, on an update among others, and on one that asks for an unchanged record."""
    cluster = Cluster(3)
    rosa = cluster.salesforce.create(
        "User",
        {"FirstName": "Rosa", "LastName": "Diaz", "Email": "r@crm.example", "Username": "r@crm.example"},
    )
    cluster.salesforce.setup.assignment_rule("All to Rosa", lambda _row: rosa)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "ann"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        for title, pause in (("CTO", 0), ("CEO", 30), ("CFO", 600)):
            cluster.clock.advance(pause)
            cluster.hubspot.edit("contacts", hub, {"jobtitle": title})
            cluster.clock.advance(30)
            assert sync(engine).writes == 1
            (lead,) = rows(cluster, "Lead")
            assert lead["Title"] == title
            assert lead["OwnerId"] != rosa
