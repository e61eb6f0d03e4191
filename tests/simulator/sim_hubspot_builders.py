"""Builders for the tests of the simulated HubSpot: a portal, raw calls to it, the real client above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from hubspot import HubSpot
from hubspot.discovery.discovery_base import DiscoveryBase
from urllib3 import Retry

from crmsync.simulator.clock import SimClock
from crmsync.simulator.hubspot.portal import TOKEN, HubSpotSim
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.mounts import HubSpotPool
from crmsync.simulator.server import serve
from crmsync.simulator.wire import Request, Response, Vendor

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Bench:
    """A portal with a frozen clock, and raw calls to it."""

    clock: SimClock = field(default_factory=lambda: SimClock(MORNING))
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.sim = HubSpotSim(self.clock, self.ledger)

    def send(
        self, method: str, path: str, body: Any = None, query: Iterable[tuple[str, str]] = ()
    ) -> Response:
        auth = {"authorization": f"Bearer {self.sim.access_token}"}
        data = b"" if body is None else orjson.dumps(body)
        return self.sim.handle(Request(method, path, tuple(query), auth, data))

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        reply = self.send(method, path, body, query.items())
        return reply.status, orjson.loads(reply.body) if reply.body else None

    def person(self, name: str, **values: str) -> str:
        """A contact that a human typed; returns its id."""
        return self.sim.create("contacts", {"email": f"{name}@firm.example", "firstname": name, **values})

    def values(self, id: str) -> dict[str, Any]:
        """What the portal holds for a contact."""
        return next(row for row in self.sim.state()["contacts"] if row["id"] == id)


class Scene:
    """A contact, two companies and a deal, one second after they were made."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.one, self.two = (self.bench.sim.create("companies", {"name": n}) for n in ("One", "Two"))
        self.ann = self.bench.person("ann")
        self.deal = self.bench.sim.create("deals", {"dealname": "Boat", "dealstage": "qualifiedtobuy"})
        self.bench.clock.advance(1)

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        return self.bench.call(method, path, body, **query)

    def types(self, kind: str, id: str, to: str) -> dict[str, set[int]]:
        """Other end -> type ids, as v4 tells them."""
        results = self.call("GET", f"/crm/v4/objects/{kind}/{id}/associations/{to}")[1]["results"]
        return {str(r["toObjectId"]): {t["typeId"] for t in r["associationTypes"]} for r in results}

    def put(
        self, kind: str, id: str, to: str, to_id: str, *types: int, category: str = "HUBSPOT_DEFINED"
    ) -> Any:
        body = [{"associationCategory": category, "associationTypeId": each} for each in types]
        return self.call("PUT", f"/crm/v4/objects/{kind}/{id}/associations/{to}/{to_id}", body)

    def state(self, kind: str, id: str) -> dict[str, Any]:
        return next(row for row in self.bench.sim.state()[kind] if row["id"] == id)


def spec(type_id: int, category: str = "HUBSPOT_DEFINED") -> dict[str, Any]:
    return {"associationCategory": category, "associationTypeId": type_id}


@contextmanager
def mounted(mount: str, vendor: Vendor) -> Iterator[HubSpot]:
    """The published client above a vendor, `in process` or over `http`; each API object is made once and kept."""
    kept: dict[tuple[str, str], Any] = {}
    server = serve(vendor) if mount == "http" else None

    def factory(package: Any, name: str, config: dict[str, Any]) -> Any:
        spot = (package.__name__, name)
        if spot not in kept:
            host = server.url if server else "https://api.hubspot.example"
            kept[spot] = DiscoveryBase._default_api_factory(package, name, {**config, "host": host})
            if server is None:
                kept[spot].api_client.rest_client.pool_manager = HubSpotPool(vendor)
        return kept[spot]

    try:
        yield HubSpot(access_token=TOKEN, api_factory=factory, retry=Retry(total=0))
    finally:
        for api in kept.values():
            api.api_client.rest_client.pool_manager.clear()
        if server is not None:
            server.close()
