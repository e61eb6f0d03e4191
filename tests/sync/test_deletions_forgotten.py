"""Deletions that the vendor's log no longer tells, or whose stamp does not move, and records that come back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crmsync.model.links import Role
from crmsync.simulator.cluster import Cluster
from crmsync.sync.engine import Engine
from engines import EVERYBODY, calm, contacts, engine_on, rows, sync, violations


def pairs(cluster: Cluster, engine: Engine, count: int = 3) -> list[str]:
    """People on both sides; returns the ids of their Leads."""
    for n in range(count):
        cluster.hubspot.create("contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}"})
    calm(cluster)
    for _ in range(3):
        sync(engine)
        cluster.clock.advance(3601)
    return [str(row["Id"]) for row in rows(cluster, "Lead")]


def role(engine: Engine, lead: str) -> Role:
    with engine.store.transaction() as tx:
        return tx.by_native("salesforce", [lead])[lead].role


def test_a_log_that_was_purged_since_the_last_look_makes_the_comparison_due_at_once(tmp_path: Path) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        leads = pairs(cluster, engine)
        sync(engine)
        cluster.salesforce.delete("Lead", leads[0])
        cluster.salesforce.purge("Lead", leads[0])
        cluster.clock.advance(1800)
        cluster.salesforce.purge_log()
        cluster.clock.advance(1801)
        told = sync(engine)
        assert any("begins at" in problem and "Lead" in problem for problem in told.problems)
        assert role(engine, leads[0]) is Role.PRIMARY, "one look is not enough"
        cluster.clock.advance(2 * 3600)
        again = sync(engine)
        assert again.drifted == 1 and not again.problems
        assert [role(engine, one) for one in leads] == [Role.GONE, Role.PRIMARY, Role.PRIMARY]
        calm(cluster)
        assert sync(engine).writes == 0 and len(rows(cluster, "Lead")) == 2


@pytest.mark.parametrize("moves", [True, False])
def test_what_lies_in_the_recycle_bin_is_deleted_whether_or_not_its_stamp_has_moved(
    tmp_path: Path, moves: bool
) -> None:
    cluster = Cluster(2)
    cluster.salesforce.switches.delete_moves_stamp = moves
    with engine_on(cluster, tmp_path) as engine:
        leads = pairs(cluster, engine)
        cluster.salesforce.delete("Lead", leads[1])
        cluster.clock.advance(3601)
        sync(engine)
        assert role(engine, leads[1]) is Role.GONE


def test_whoever_comes_back_out_of_the_bin_lives_again_and_is_not_doubled(tmp_path: Path) -> None:
    cluster = Cluster(3)
    with engine_on(cluster, tmp_path) as engine:
        leads = pairs(cluster, engine)
        cluster.salesforce.delete("Lead", leads[0])
        calm(cluster)
        sync(engine)
        assert role(engine, leads[0]) is Role.GONE
        cluster.clock.advance(timedelta(days=2).total_seconds())
        cluster.salesforce.undelete("Lead", leads[0])
        cluster.salesforce.edit("Lead", leads[0], {"City": "Ulm"})
        for _ in range(3):
            calm(cluster)
            sync(engine)
        assert role(engine, leads[0]) is Role.PRIMARY
        assert {c.get("city") for c in contacts(cluster)} >= {"Ulm"}
        assert len(contacts(cluster)) == len(rows(cluster, "Lead")) == 3
        assert violations(cluster, engine) == []


def test_a_contact_that_is_restored_lives_again_and_is_not_doubled(tmp_path: Path) -> None:
    cluster = Cluster(4)
    with engine_on(cluster, tmp_path, EVERYBODY) as engine:
        pairs(cluster, engine)
        one = str(contacts(cluster)[0]["id"])
        cluster.hubspot.delete("contacts", one)
        cluster.clock.advance(3601)
        sync(engine)
        cluster.clock.advance(timedelta(days=2).total_seconds())
        cluster.hubspot.restore("contacts", one)
        cluster.hubspot.edit("contacts", one, {"city": "Ulm"})
        for _ in range(3):
            cluster.clock.advance(3601)
            sync(engine)
        with engine.store.transaction() as tx:
            assert tx.by_native("hubspot", [one])[one].role is Role.PRIMARY
        assert "Ulm" in {r.get("City") for r in rows(cluster, "Lead")}
        assert len(contacts(cluster)) == len(rows(cluster, "Lead")) == 3
        assert violations(cluster, engine) == []
