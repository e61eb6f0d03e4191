"""Rows that somebody else's transaction holds: their writes wait for the next cycle, and hold up nobody else's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from crmsync.simulator.cluster import Cluster
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
