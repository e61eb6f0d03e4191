"""The day's calls: none beyond the budget, work put off by lane, opt-outs to the last, the others' share untouched."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmsync.errors import QuotaError
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault
from crmsync.store.read import status
from crmsync.sync.engine import Engine
from engines import EVERYBODY, api_writes, calm, contacts, engine_on, rows, sync, violations

DAY_S = 86_400.0


def peopled(count: int) -> Cluster:
    cluster = Cluster()
    for n in range(count):
        cluster.hubspot.create(
            "contacts", {"email": f"p{n}@acme.example", "lastname": f"L{n}", "company": "Acme"}
        )
    calm(cluster)
    return cluster


def budget(salesforce: int = 0, hubspot: int = 0, more: str = "") -> str:
    return f"{EVERYBODY}budgets: {{hubspot: {hubspot}, salesforce: {salesforce}{more}}}\n"


def next_day(cluster: Cluster) -> None:
    now = cluster.clock.now()
    cluster.clock.advance(DAY_S - (now.hour * 3600 + now.minute * 60 + now.second) + 60)


def used(engine: Engine, cluster: Cluster, side: str) -> int:
    counted = status(engine.store, f"{cluster.clock.now():%Y-%m-%d}")["budget"][side]  # type: ignore[arg-type]
    assert isinstance(counted, int)
    return counted


def test_a_first_load_over_budget_stops_in_time_and_goes_on_day_by_day(tmp_path: Path) -> None:
    """600 people cost 6 pages and 3 batches beside the set-up; the budgets are smaller, and no day goes beyond them."""
    cluster = peopled(600)
    with engine_on(cluster, tmp_path, budget(18, 11)) as engine:
        report = sync(engine)
        assert any("first reads" in problem for problem in report.problems)
        assert not api_writes(cluster), "nothing is decided on half a first read"
        for _ in range(5):
            assert used(engine, cluster, "hubspot") <= 11 and used(engine, cluster, "salesforce") <= 18
            next_day(cluster)
            report = sync(engine)
        assert not report.problems
        assert len(rows(cluster, "Lead")) == 600
        calm(cluster)
        assert sync(engine).writes == 0
        assert violations(cluster, engine) == []


def test_changes_wait_and_an_opt_out_goes_through(tmp_path: Path) -> None:
    cluster = peopled(3)
    with engine_on(cluster, tmp_path, budget(salesforce=1000)) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        spent = used(engine, cluster, "salesforce")
        with engine.store.transaction() as tx:
            tx.spend("salesforce", "elsewhere", 960 - spent, f"{cluster.clock.now():%Y-%m-%d}")
        one, two, _ = (str(c["id"]) for c in contacts(cluster))
        cluster.hubspot.edit("contacts", one, {"jobtitle": "CEO"})
        cluster.hubspot.edit("contacts", two, {"hs_email_optout": "true"})
        calm(cluster)
        before = len(api_writes(cluster))
        report = sync(engine)
        assert [w.after for w in api_writes(cluster)[before:]] == [{"HasOptedOutOfEmail": True}]  # type: ignore[attr-defined]
        (problem,) = report.problems
        assert "of the budget's 1,000 calls" in problem and "opt-outs go on" in problem
        assert used(engine, cluster, "salesforce") <= 1000
        next_day(cluster)
        assert not sync(engine).problems
        assert [r["Title"] for r in rows(cluster, "Lead") if r.get("Title")] == ["CEO"]
        assert violations(cluster, engine) == []


def test_the_reserve_lasts_the_day(tmp_path: Path) -> None:
    """Cycles go on all day, and the last fifteen calls are still not used up at midnight."""
    cluster = peopled(1)
    with engine_on(cluster, tmp_path, budget(salesforce=1000)) as engine:
        sync(engine)
        today = f"{cluster.clock.now():%Y-%m-%d}"
        with engine.store.transaction() as tx:
            tx.spend("salesforce", "elsewhere", 985 - used(engine, cluster, "salesforce"), today)
        while f"{cluster.clock.now():%Y-%m-%d}" == today:
            cluster.clock.advance(2000)
            sync(engine)
        assert 986 < used_on(engine, today) < 1000


def used_on(engine: Engine, day: str) -> int:
    return int(status(engine.store, day)["budget"]["salesforce"])  # type: ignore[arg-type]


def test_no_call_is_made_beyond_the_budget_by_a_new_process_either(tmp_path: Path) -> None:
    cluster = peopled(1)
    with engine_on(cluster, tmp_path, budget(salesforce=50)) as engine:
        sync(engine)
        with engine.store.transaction() as tx:
            tx.spend("salesforce", "elsewhere", 50, f"{cluster.clock.now():%Y-%m-%d}")
    before = {side: calls.total() for side, calls in cluster.calls.items()}
    with engine_on(cluster, tmp_path, budget(salesforce=50), set_up=False) as engine:
        with pytest.raises(QuotaError, match="of the budget's 50 calls"):
            sync(engine)
        assert {side: calls.total() for side, calls in cluster.calls.items()} == before


@pytest.mark.parametrize("side", ["hubspot", "salesforce"])
def test_what_others_need_of_the_account_s_quota_is_left_to_them(tmp_path: Path, side: str) -> None:
    """Another integration uses most of the quota: ours looks for opt-outs now and then, and does no more."""
    cluster = peopled(5)
    vendor = cluster.hubspot if side == "hubspot" else cluster.salesforce
    with engine_on(cluster, tmp_path, budget(more=", leave_percent: 40")) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        of_all = cluster.calls[side].total()
        vendor.switches.daily_limit = int(of_all * 1.4)
        for contact in contacts(cluster):
            cluster.hubspot.edit("contacts", str(contact["id"]), {"jobtitle": "CEO"})
        sync(engine)  # the first reply tells how little is left
        cluster.clock.advance(60)
        before = len(api_writes(cluster))
        spent = cluster.calls[side].total()
        reports = []
        for _ in range(5):
            reports.append(sync(engine))
            cluster.clock.advance(60)
        if side == "salesforce":
            assert len(api_writes(cluster)) == before
        assert cluster.calls[side].total() == spent
        assert all(any("left for all integrations" in p for p in r.problems) for r in reports)
        vendor.switches.daily_limit = 1_000_000
        next_day(cluster)
        sync(engine)
        calm(cluster)
        assert not sync(engine).problems
        assert violations(cluster, engine) == []


def test_a_side_that_rests_does_not_stop_the_other(tmp_path: Path) -> None:
    cluster = peopled(1)
    cluster.hubspot.switches.time_zone = "America/New_York"
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        (contact,) = contacts(cluster)
        cluster.hubspot.edit("contacts", str(contact["id"]), {"jobtitle": "CEO"})
        calm(cluster)
        cluster.faults.add(Fault("rate_limit", "salesforce", "PATCH"))
        assert sync(engine).problems
        cluster.clock.advance(60)
        spent = cluster.calls["salesforce"].total()
        report = sync(engine)
        assert cluster.calls["salesforce"].total() == spent and cluster.calls["hubspot"]
        assert any("asked to be left alone" in problem for problem in report.problems)
        cluster.clock.advance(900)
        assert sync(engine).applied["salesforce"].update == 1
