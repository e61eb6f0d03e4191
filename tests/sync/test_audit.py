"""The audit: finds what change detection missed, feeds it to the next cycle, and writes to no CRM itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crmsync.errors import ConfigurationError
from crmsync.model.links import Lane, Settlement
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.world import populate
from crmsync.sync.audit import Audited, audit
from crmsync.sync.cycle import Writer, writing
from crmsync.sync.engine import Engine
from engines import api_writes, calm, contacts, engine_on, rows, sync, violations


def look(engine: Engine) -> Audited:
    """One audit under the lease."""
    with writing(engine, Writer("test", takeover=True)) as generation:
        return audit(engine, generation)


def kinds(found: Audited) -> set[tuple[str, str, str]]:
    """(kind, side, field) of everything found."""
    return {(one.kind, one.side, one.field) for one in found.items}


def one_person(seed: int) -> tuple[Cluster, str]:
    cluster = Cluster(seed)
    hub = cluster.hubspot.create(
        "contacts", {"email": "ann@a.example", "firstname": "Ann", "lastname": "Lee", "city": "Bonn"}
    )
    calm(cluster)
    return cluster, hub


@pytest.mark.parametrize("seed", [1, 2])
def test_two_crms_in_agreement_audit_clean_and_nothing_is_written(tmp_path: Path, seed: int) -> None:
    cluster = Cluster(seed)
    populate(cluster, 60, seed)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        state = cluster.salesforce.state()
        # A converted Lead is still a row of its table.
        in_salesforce = sum(not row.get("IsDeleted") for obj in ("Lead", "Contact") for row in state[obj])
        before = len(cluster.ledger.entries)
        found = look(engine)
        assert found.as_json() == {
            "compared": len(contacts(cluster)) + in_salesforce,
            "drifted": 0,
            "pending": 0,
            "items": [],
        }
        assert len(cluster.ledger.entries) == before
        calm(cluster)
        assert sync(engine).writes == 0
        assert violations(cluster, engine) == []


def test_right_after_a_sync_the_cycle_s_own_writes_are_no_findings(tmp_path: Path) -> None:
    cluster, _ = one_person(3)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).writes > 0
        assert look(engine).drifted == 0


def test_what_the_next_cycle_reads_by_itself_is_no_finding(tmp_path: Path) -> None:
    cluster, hub = one_person(4)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        cluster.hubspot.edit("contacts", hub, {"city": "Kiel"})
        assert look(engine).drifted == 0
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["City"] == "Kiel"


def test_a_change_behind_the_cursor_is_found_and_the_next_cycle_carries_it_over(tmp_path: Path) -> None:
    cluster, _ = one_person(5)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        [lead] = rows(cluster, "Lead")
        long_ago = cluster.clock.now() - timedelta(days=2)
        cluster.salesforce.commit_late("Lead", str(lead["Id"]), {"City": "Ulm"}, long_ago)
        calm(cluster)
        assert sync(engine).writes == 0  # no cycle sees it
        assert contacts(cluster)[0]["city"] == "Bonn"
        before = len(api_writes(cluster))
        found = look(engine)
        assert kinds(found) == {("changed", "salesforce", "City")}
        assert found.items[0].person == "ann@a.example"
        assert len(api_writes(cluster)) == before
        assert look(engine).drifted == 0  # it is kept, so it is found once
        sync(engine)
        assert contacts(cluster)[0]["city"] == "Ulm"
        calm(cluster)
        assert sync(engine).writes == 0
        assert look(engine).drifted == 0
        assert violations(cluster, engine) == []


def test_a_record_that_no_read_has_shown_is_found_and_born_on_the_other_side(tmp_path: Path) -> None:
    cluster, _ = one_person(6)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        new = cluster.salesforce.create(
            "Lead", {"Email": "bob@b.example", "LastName": "Bell", "Company": "Bell"}
        )
        long_ago = cluster.clock.now() - timedelta(days=2)
        cluster.salesforce.commit_late("Lead", new, {"City": "Ulm"}, long_ago)
        calm(cluster)
        sync(engine)
        assert len(contacts(cluster)) == 1
        found = look(engine)
        assert [one.as_json() for one in found.items] == [
            {
                "person": "bob@b.example",
                "side": "salesforce",
                "object": "Lead",
                "id": new,
                "kind": "unseen",
                "detail": found.items[0].detail,
            }
        ]
        sync(engine)
        assert {c["email"] for c in contacts(cluster)} == {"ann@a.example", "bob@b.example"}
        assert violations(cluster, engine) == []


def test_sides_that_differ_though_neither_changed_are_drift_and_settled_by_the_next_cycle(
    tmp_path: Path,
) -> None:
    cluster, hub = one_person(7)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        cluster.hubspot.edit("contacts", hub, {"city": "Kiel"})
        forget_the_change(engine, hub, {"city": "Kiel"})
        before = len(api_writes(cluster))
        calm(cluster)
        found = look(engine)
        assert [(one.kind, one.field) for one in found.items] == [("drift", "city")]
        assert len(api_writes(cluster)) == before
        assert look(engine).drifted == 0  # marked for the next cycle
        sync(engine)
        assert contacts(cluster)[0]["city"] == rows(cluster, "Lead")[0]["City"]
        calm(cluster)
        assert sync(engine).writes == 0
        assert look(engine).drifted == 0


def forget_the_change(engine: Engine, hub: str, values: dict[str, str]) -> None:
    """Have the store take values for decided that never were."""
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        row = tx.by_native("hubspot", [hub])[hub]
        tx.settle([Settlement(row.link_id, 0, seen={row.id: dict(values)})], now)
        tx.set_cursor("hubspot", "contacts", {"mode": "changes", "since": now.isoformat()})


def test_an_audit_s_mark_outlasts_a_change_of_the_same_person(tmp_path: Path) -> None:
    cluster, hub = one_person(8)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        with engine.store.transaction() as tx:
            link = tx.by_native("hubspot", [hub])[hub].link_id
            tx.mark_dirty([link], Lane.CHANGES, "audit")
            tx.mark_dirty([link], Lane.CHANGES, "changed")
            assert tx.load([link])[0].cause == "audit"


def test_a_record_that_is_gone_is_reported_and_nothing_is_done_about_it(tmp_path: Path) -> None:
    cluster, _ = one_person(9)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        [lead] = rows(cluster, "Lead")
        cluster.salesforce.delete("Lead", str(lead["Id"]))
        cluster.salesforce.purge("Lead", str(lead["Id"]))
        found = look(engine)
        assert kinds(found) == {("absent", "salesforce", "")}
        with engine.store.transaction() as tx:
            assert tx.by_native("salesforce", [str(lead["Id"])])[str(lead["Id"])].role.value == "primary"


def test_before_the_first_sync_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    cluster, _ = one_person(10)
    with (
        engine_on(cluster, tmp_path) as engine,
        pytest.raises(ConfigurationError, match="nothing to compare"),
    ):
        look(engine)
