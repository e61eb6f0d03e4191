"""The scheduled audit: spread over cycles it finds what moved no stamp and who is gone without a trace, at its price."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from crmsync.model.links import Role
from crmsync.simulator.cluster import Cluster
from crmsync.store.read import status
from crmsync.sync.engine import Engine, Report
from crmsync.sync.rounds import Round, round_of, told_audit
from engines import EVERYBODY, calm, contacts, engine_on, rows, sync, violations
from fuses import Fuse, PlugPulledError, fused

DAY_S = 86_400
RARE = "intervals: {owners_every_s: 2592000, archived_every_s: 2592000, wide_every_s: 0%s}\n"
QUIET = EVERYBODY + RARE % ""
NEVER = EVERYBODY + RARE % ", audit_every_s: 0"


def people(cluster: Cluster, count: int) -> list[str]:
    made = [
        cluster.hubspot.create("contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}", "city": "Bonn"})
        for n in range(count)
    ]
    calm(cluster)
    return made


def behind(cluster: Cluster, number: int, city: str) -> None:
    """A change of a Lead that no reading of changes can show."""
    lead = rows(cluster, "Lead")[number]
    long_ago = cluster.clock.now() - timedelta(days=3)
    cluster.salesforce.commit_late("Lead", str(lead["Id"]), {"City": city}, long_ago)


def settled(cluster: Cluster, engine: Engine) -> None:
    for _ in range(3):
        sync(engine)
        calm(cluster)


def cycles(cluster: Cluster, engine: Engine, count: int, every_s: float) -> list[Report]:
    found = []
    for _ in range(count):
        cluster.clock.advance(every_s)
        found.append(sync(engine))
    return found


def place(engine: Engine, side: str) -> Round:
    with engine.store.transaction() as tx:
        here = round_of(tx.get(f"audit:{side}"))
    assert here is not None
    return here


def roles(engine: Engine, side: str, ids: list[str]) -> set[Role]:
    with engine.store.transaction() as tx:
        return {row.role for row in tx.by_native(side, ids).values()}  # type: ignore[arg-type]


@pytest.mark.parametrize(("overlay", "city"), [(QUIET, "Ulm"), (NEVER, "Bonn")])
def test_a_change_behind_every_window_is_found_within_a_day_and_carried_over_by_the_next_cycle(
    tmp_path: Path, overlay: str, city: str
) -> None:
    cluster = Cluster(1)
    people(cluster, 3)
    with engine_on(cluster, tmp_path, overlay) as engine:
        settled(cluster, engine)
        behind(cluster, 1, "Ulm")
        found = sum(r.drifted for r in cycles(cluster, engine, 6, 18_000))
        assert {c["city"] for c in contacts(cluster)} == {"Bonn", city}
        assert found == (city == "Ulm")
        meta = status(engine.store)["meta"]  # type: ignore[arg-type]
        told = told_audit([meta.get("audit:hubspot"), meta.get("audit:salesforce")])
        assert told["drifted"] == found
        assert (told["audited"] is None) == (city == "Bonn")
        if city == "Ulm":
            assert sum(r.drifted for r in cycles(cluster, engine, 6, 18_000)) == 0
            assert violations(cluster, engine) == []


def test_a_formula_that_follows_something_else_is_carried_over(tmp_path: Path) -> None:
    cluster = Cluster(2)
    config = tmp_path / "config"
    config.mkdir()
    (config / "crmsync.yaml").write_text(
        f"{QUIET}identity:\n"
        "  hubspot: {contacts: {email: email, last_name: lastname}}\n"
        "  salesforce:\n"
        "    Lead: {email: Email, last_name: LastName}\n"
        "    Contact: {email: Email, last_name: LastName}\n"
    )
    (config / "mapping.yaml").write_text(
        "fields:\n"
        "  email: {hubspot: email, salesforce: Email, transform: email}\n"
        "  last_name: {hubspot: lastname, salesforce: LastName}\n"
        '  company: {hubspot: company, salesforce: {Lead: Company}, default_on_create: {Lead: "A"}}\n'
        "  region: {hubspot: region, salesforce: {Lead: Region__c}, direction: to_hubspot, rule: salesforce}\n"
    )
    region = "North"
    cluster.salesforce.setup.formula("Lead", "Region__c", lambda _row, _look: region)
    cluster.hubspot.define("contacts", "region")
    people(cluster, 2)
    with engine_on(cluster, tmp_path, EVERYBODY, config=config) as engine:
        settled(cluster, engine)
        assert {c["region"] for c in contacts(cluster)} == {"North"}
        region = "South"
        cycles(cluster, engine, 2, 3600)
        assert {c["region"] for c in contacts(cluster)} == {"North"}, "no stamp has moved"
        assert sum(r.drifted for r in cycles(cluster, engine, 6, 18_000)) == 2
        assert {c["region"] for c in contacts(cluster)} == {"South"}


def test_a_round_is_spread_over_its_time_and_costs_a_call_a_page(tmp_path: Path) -> None:
    cluster = Cluster(3)
    cluster.salesforce.switches.page_size = 200
    people(cluster, 620)
    with engine_on(cluster, tmp_path, QUIET) as engine:
        settled(cluster, engine)
        assert all(sum(r.api_calls.values()) == 3 for r in cycles(cluster, engine, 5, 3600)), "none is due"
        cluster.clock.advance(DAY_S)
        sync(engine)
        hourly = cycles(cluster, engine, 15, 5400)
        extra = [r.api_calls["hubspot"] - 2 for r in hourly], [r.api_calls["salesforce"] - 1 for r in hourly]
        assert sum(extra[0]) == 6 and max(extra[0]) == 1, "seven pages, of which the first came at once"
        assert sum(extra[1]) == 3 and max(extra[1]) == 1, "no Contact and four pages of Leads"
        assert place(engine, "hubspot").over and place(engine, "salesforce").over
        with engine.store.reading() as db:  # type: ignore[attr-defined]
            spent = db.conn.exec_driver_sql(
                "SELECT side, sum(calls) FROM budget WHERE purpose='audit' GROUP BY side"
            )
            assert dict(spent.all()) == {"hubspot": 7, "salesforce": 5}


def test_it_is_the_first_to_wait_when_calls_run_short(tmp_path: Path) -> None:
    cluster = Cluster(4)
    people(cluster, 2)
    with engine_on(cluster, tmp_path, QUIET + "budgets: {hubspot: 400, salesforce: 400}\n") as engine:
        settled(cluster, engine)
        cluster.clock.advance(DAY_S)
        with engine.store.transaction() as tx:
            for side in ("hubspot", "salesforce"):
                tx.spend(side, "elsewhere", 345, f"{cluster.clock.now():%Y-%m-%d}")  # type: ignore[arg-type]
        short = sync(engine)
        assert short.api_calls == {"hubspot": 2, "salesforce": 1} and not short.problems
        cluster.clock.advance(DAY_S)
        assert sync(engine).api_calls == {"hubspot": 3, "salesforce": 3}


def test_killed_at_any_step_nothing_is_forgotten_and_nothing_counted_twice(tmp_path: Path) -> None:
    def world(folder: Path) -> Cluster:
        cluster = Cluster(5)
        people(cluster, 3)
        with engine_on(cluster, folder, QUIET) as engine:
            sync(engine)
            calm(cluster)
            sync(engine)
        behind(cluster, 0, "Ulm")
        gone = rows(cluster, "Lead")[2]["Id"]
        cluster.salesforce.delete("Lead", str(gone))
        cluster.salesforce.purge("Lead", str(gone))
        return cluster

    def day(cluster: Cluster, folder: Path, fuse: Fuse) -> tuple[int, list[int]]:
        """How often the process was killed while a new one always went on, and the steps after each cycle."""
        kills, done = 0, list[int]()
        cluster.clock.advance(DAY_S)
        while len(done) < 4:
            with engine_on(cluster, folder, QUIET, set_up=False) as engine, fused(engine, fuse):
                try:
                    while len(done) < 4:
                        sync(engine)
                        cluster.clock.advance(7200)
                        done.append(fuse.steps)
                except PlugPulledError:
                    kills += 1
        return kills, done

    def end(cluster: Cluster, folder: Path) -> object:
        with engine_on(cluster, folder, QUIET, set_up=False) as engine:
            here = place(engine, "salesforce")
            found = {c["email"]: c["city"] for c in contacts(cluster)}, len(rows(cluster, "Lead"))
            return found, here.found + here.before

    whole = world(tmp_path / "whole")
    _, [audited, looked, *_] = day(whole, tmp_path / "whole", Fuse(0))
    expected = end(whole, tmp_path / "whole")
    assert expected == (({"p0@a.example": "Ulm", "p1@a.example": "Bonn", "p2@a.example": "Bonn"}, 2), 2)
    for at in (audited - 9, audited - 7, audited - 5, looked - 3):
        cluster = world(tmp_path / str(at))
        assert day(cluster, tmp_path / str(at), Fuse(at))[0] == 1
        assert end(cluster, tmp_path / str(at)) == expected, f"killed at step {at}"


@pytest.mark.parametrize(("count", "believed"), [(5, True), (6, False)])
def test_who_is_gone_without_a_trace_is_taken_for_deleted_at_the_second_look_if_they_are_few(
    tmp_path: Path, count: int, believed: bool
) -> None:
    cluster = Cluster(6)
    people(cluster, 9)
    with engine_on(cluster, tmp_path, QUIET) as engine:
        settled(cluster, engine)
        gone = [str(row["Id"]) for row in rows(cluster, "Lead")[:count]]
        for one in gone:
            cluster.salesforce.delete("Lead", one)
            cluster.salesforce.purge("Lead", one)
        cluster.clock.advance(DAY_S)
        first = sync(engine)
        assert roles(engine, "salesforce", gone) == {Role.PRIMARY}
        assert any("still shared" in problem for problem in first.problems) is not believed
        later = cycles(cluster, engine, 3, 3600)
        assert not any(r.problems for r in later), "said once a round"
        assert roles(engine, "salesforce", gone) == ({Role.GONE} if believed else {Role.PRIMARY})
        assert sum(r.drifted for r in later) == (count if believed else 0)
        calm(cluster)
        sync(engine)
        assert len(rows(cluster, "Lead")) == 9 - count, "nobody is created anew"


def test_a_contact_that_was_erased_is_found(tmp_path: Path) -> None:
    cluster = Cluster(7)
    made = people(cluster, 3)
    with engine_on(cluster, tmp_path, QUIET) as engine:
        settled(cluster, engine)
        cluster.hubspot.forget(made[1])
        cycles(cluster, engine, 6, 18_000)
        assert roles(engine, "hubspot", made[:1]) == {Role.PRIMARY}
        assert roles(engine, "hubspot", made[1:2]) == {Role.GONE}
        assert len(contacts(cluster)) == 2


def test_the_place_is_kept_as_it_is() -> None:
    here = Round(
        "2026-03-02T09:00:00+00:00", "Lead", "x", "9", 3, 4, 1, 1, 1, [("Lead", "7", "2026")], True, ""
    )
    assert round_of(here.as_text()) == here
    assert json.loads(here.as_text())["object"] == "Lead"
