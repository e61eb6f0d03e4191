"""Builders for tests of both connectors: a cluster, the connector under test, and how its side calls things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from crmsync.connectors.hubspot import HubSpotSettings, hubspot_connector
from crmsync.connectors.salesforce import SalesforceSettings, salesforce_connector
from crmsync.model.ports import Connector
from crmsync.model.records import FieldSpec, FieldType, Record, Stamp, Write
from crmsync.model.values import Side, Value
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter

MOUNTS: dict[Side, tuple[str, ...]] = {
    "hubspot": ("in process", "http", "in process, 2026-09"),
    "salesforce": ("in process", "http"),
}
CASES = [(side, mount) for side, mounts in MOUNTS.items() for mount in mounts]
every = pytest.mark.parametrize(("side", "mount"), CASES, ids=[f"{s}, {m}" for s, m in CASES])
"""Each connector as it is mounted; what follows a comma is the version of HubSpot's API."""


@dataclass(frozen=True)
class Names:
    """How a side calls things; `extra` are values that a create needs there."""

    obj: str
    first: str
    last: str
    email: str
    extra: Mapping[str, Value]
    list_page: int
    write_batch: int
    reads: int


NAMES: dict[Side, Names] = {
    "hubspot": Names("contacts", "firstname", "lastname", "email", {}, 100, 100, 100),
    "salesforce": Names("Lead", "FirstName", "LastName", "Email", {"Company": "Acme"}, 2000, 200, 2000),
}


class Watch:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def now(self) -> datetime:
        return self._cluster.clock.now()

    def sleep(self, seconds: float) -> None:
        self._cluster.clock.advance(max(0.0, seconds))


@dataclass
class World:
    """A cluster, the connector under test and the human side of its vendor."""

    cluster: Cluster
    crm: Connector
    human: Any
    names: Names

    def spent(self) -> int:
        """Requests that reached the vendor."""
        return sum(self.cluster.calls[self.crm.side].values())

    def person(self, n: int) -> dict[str, Value]:
        return {self.names.last: f"L{n}", self.names.email: f"l{n}@acme.example", **self.names.extra}

    def people(self, count: int) -> list[str]:
        return [self.human.create(self.names.obj, self.person(n)) for n in range(count)]

    def fields(self) -> tuple[str, ...]:
        return (self.names.first, self.names.last, self.names.email, self.crm.key_field)

    def create(self, n: int, **values: Value) -> Write:
        return Write(n, self.person(n) | values, key=f"other:1:{n}")

    def scanned(self) -> list[Record]:
        page = self.crm.scan(self.names.obj, self.fields(), None)
        records = list(page.records)
        while page.next is not None:
            page = self.crm.scan(self.names.obj, self.fields(), page.next)
            records += page.records
        return records

    def changed(self, since: datetime) -> list[Stamp]:
        page = self.crm.changes({self.names.obj: since}, None)
        stamps = list(page.stamps)
        while page.next is not None:
            page = self.crm.changes({self.names.obj: since}, page.next)
            stamps += page.stamps
        return stamps


@contextmanager
def world(side: Side, mount: str) -> Iterator[World]:
    """A cluster with the key field in place and the description asked."""
    cluster = Cluster()
    served = cluster.serve() if mount == "http" else None
    try:
        urls = (served.hubspot, served.salesforce) if served else ("", "")
        crm = connected(cluster, side, *urls, version=mount.partition(", ")[2] or "v3")
        names = NAMES[side]
        crm.setup([FieldSpec(names.obj, crm.key_field, "crmsync id", FieldType.TEXT, 255, unique=True)], True)
        crm.describe(names.obj)
        yield World(cluster, crm, cluster.hubspot if side == "hubspot" else cluster.salesforce, names)
        crm.close()
    finally:
        cluster.close()


def connected(
    cluster: Cluster, side: Side, hubspot_url: str, salesforce_url: str, *, version: str = "v3"
) -> Connector:
    watch = Watch(cluster)
    if side == "hubspot":
        pool = None if hubspot_url else HubSpotPool(cluster.vendor(side))
        url = hubspot_url or "https://hubspot.example"
        settings = HubSpotSettings(cluster.hubspot.access_token, url, version)
        return hubspot_connector(settings, watch, pool)
    url = salesforce_url or "https://salesforce.example"
    adapter = None if salesforce_url else SalesforceAdapter(cluster.vendor(side))
    org = cluster.salesforce
    return salesforce_connector(
        SalesforceSettings(url, org.consumer_key, org.consumer_secret, url), watch, adapter
    )
