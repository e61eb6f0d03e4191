"""Somebody deleted for good between two readings: the log of deletions tells, and nobody is created anew."""

from __future__ import annotations

from pathlib import Path

from crmsync.model.links import Role
from crmsync.simulator.cluster import Cluster
from engines import calm, contacts, engine_on, rows, sync


def test_a_purged_lead_is_unlinked_and_stays_away(tmp_path: Path) -> None:
    cluster = Cluster(5)
    one = cluster.salesforce.create("Lead", {"Email": "ann@a.example", "LastName": "Lee", "Company": "Acme"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        (person,) = contacts(cluster)
        cluster.salesforce.delete("Lead", one)
        cluster.salesforce.purge("Lead", one)
        cluster.clock.advance(2 * 3600)
        sync(engine)
        with engine.store.transaction() as tx:
            (link,) = tx.load([tx.by_native("salesforce", [one])[one].link_id])
        assert {row.native_id: row.role for row in link.rows} == {one: Role.GONE, person["id"]: Role.PRIMARY}
        cluster.hubspot.edit("contacts", str(person["id"]), {"firstname": "Ann"})
        calm(cluster)
        assert sync(engine).writes == 0
    assert rows(cluster, "Lead") == []
