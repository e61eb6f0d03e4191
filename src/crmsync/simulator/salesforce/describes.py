"""The resources that describe objects: all of them, one in short, one in full. What they say is in describe.py."""

from __future__ import annotations

from typing import Any

import orjson

from crmsync.simulator.salesforce.conditions import Editions
from crmsync.simulator.salesforce.describe import describe, summary
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.sobjects import entity_of
from crmsync.simulator.salesforce.tenant import Tenant


class Describes:
    """Describe-global and describe take If-Modified-Since and answer 304 when nothing is new."""

    def __init__(self, org: Tenant) -> None:
        self._org = org
        self._editions = Editions(org.clock)

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [
            ("GET", "sobjects", self.all),
            ("GET", "sobjects/{}", self.basic),
            ("GET", "sobjects/{}/describe", self.describe),
        ]

    def all(self, call: Call) -> Reply:
        shown = (e for e in self._org.schema.entities.values() if not e.tooling)
        rows = [summary(self._org, e, call.base) for e in shown if "Read" in self._org.access.rights(e)]
        return self._dated(call, "", {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": rows})

    def basic(self, call: Call, name: str) -> Reply:
        entity = entity_of(self._org, name)
        return Reply(200, {"objectDescribe": summary(self._org, entity, call.base), "recentItems": []})

    def describe(self, call: Call, name: str) -> Reply:
        entity = entity_of(self._org, name)
        return self._dated(call, entity.name, describe(self._org, entity, call.base))

    def _dated(self, call: Call, name: str, payload: dict[str, Any]) -> Reply:
        """With Last-Modified. Raises NotModified."""
        headers = self._editions.headers(call, f"{call.base}/{name}", orjson.dumps(payload))
        return Reply(200, payload, headers)
