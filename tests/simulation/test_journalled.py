"""I8: the check sees every request that changes a person, and tells of one that no intent stands for."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from journalled import Watched, written

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.wire import Request, Response, Vendor
from crmsync.store import SqlStore, journal
from engines import calm, engine_on, sync

PEOPLE = frozenset({"contacts", "Lead", "Contact"})


class Comparing:
    """A vendor that sorts what our login changes by whether the request names the person: `named` or `missed`."""

    def __init__(self, inner: Vendor, cluster: Cluster, named: list[str], missed: list[str]) -> None:
        self.inner, self.cluster, self.named, self.missed = inner, cluster, named, missed
        self.side = inner.side

    def handle(self, request: Request) -> Response:
        before = len(self.cluster.ledger.entries)
        response = self.inner.handle(request)
        names = set(written(request))
        for entry in self.cluster.ledger.since(before):
            if entry.actor == "api" and entry.object in PEOPLE and entry.op in ("create", "update"):
                key = str(entry.after.get("crmsync_id") or entry.after.get("crmsync_id__c"))
                fits = entry.id in names or key in names
                (self.named if fits else self.missed).append(f"{entry.op} {entry.object} by {request.path}")
        return response


def a_world() -> Cluster:
    """One person on each side only, and two on both: one edited long ago, one just now."""
    cluster = Cluster(3)
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    cluster.salesforce.create("Lead", {"Email": "cid@a.example", "LastName": "Cox", "Company": "Acme"})
    for name in ("bob", "eve"):
        cluster.hubspot.create("contacts", {"email": f"{name}@a.example", "lastname": "Bell"})
        cluster.salesforce.create("Lead", {"Email": f"{name}@a.example", "LastName": "Bell", "Company": "A"})
    calm(cluster)
    return cluster


def edit(cluster: Cluster) -> None:
    """Both people of both sides change in HubSpot; one record in Salesforce was touched a moment ago."""
    for contact in cluster.hubspot.state()["contacts"][:3]:
        cluster.hubspot.edit("contacts", contact["id"], {"jobtitle": "CTO"})
    lead = cluster.salesforce.state()["Lead"][0]
    cluster.salesforce.edit("Lead", lead["Id"], {"Website": "https://a.example"})
    cluster.clock.advance(10.0)


def test_every_request_that_changes_people_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, vendor = a_world(), Cluster.vendor
    named: list[str] = []
    missed: list[str] = []
    monkeypatch.setattr(Cluster, "vendor", lambda c, side: Comparing(vendor(c, side), c, named, missed))
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        edit(cluster)
        sync(engine)
    assert missed == []
    assert {line.split(" by ")[0] for line in named} >= {"create contacts", "create Lead", "update Lead"}
    assert any(line.endswith("/composite") for line in named)


@pytest.mark.parametrize("journal_first", [True, False])
def test_a_write_without_a_committed_intent_is_told(
    journal_first: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, vendor = a_world(), Cluster.vendor
    wrong: list[str] = []
    stores: list[SqlStore] = []

    def watched(c: Cluster, side: str) -> Vendor:
        return cast(Vendor, _Late(vendor(c, side), stores, wrong))

    monkeypatch.setattr(Cluster, "vendor", watched)
    if not journal_first:
        monkeypatch.setattr(journal, "sent", lambda *_: None)
    with engine_on(cluster, tmp_path) as engine:
        stores.append(cast(SqlStore, engine.store))
        sync(engine)
    assert bool(wrong) is not journal_first, wrong


class _Late:
    """`Watched`, whose store is known only once the engine is built."""

    def __init__(self, inner: Vendor, stores: list[SqlStore], wrong: list[str]) -> None:
        self.inner, self.stores, self.wrong = inner, stores, wrong
        self.side = inner.side

    def handle(self, request: Request) -> Response:
        if not self.stores:
            return self.inner.handle(request)
        return Watched(self.inner, self.stores[0], self.wrong).handle(request)
