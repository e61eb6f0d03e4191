"""A served portal with the published hubspot-api-client above it, unmodified, as its tests share it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hubspot import HubSpot
from hubspot.crm.contacts.models import (
    Filter,
    FilterGroup,
    PublicObjectSearchRequest,
    SimplePublicObjectInputForCreate,
)

from crmsync.simulator.cluster import Cluster


@dataclass
class Portal:
    """A served portal and the client above it. `mail` makes an address of this test alone."""

    cluster: Cluster
    url: str
    crm: Any
    name: str = ""

    def mail(self, who: str) -> str:
        return f"{who}.{self.name}@firm.example"

    def client(self, token: str = "") -> HubSpot:
        return HubSpot(
            access_token=token or self.cluster.hubspot.access_token, host=self.url, base_url=self.url
        )

    def person(self, who: str = "ann", **more: str) -> Any:
        properties = {"email": self.mail(who), "firstname": who, **more}
        return self.crm.contacts.basic_api.create(SimplePublicObjectInputForCreate(properties=properties))

    def company(self, name: str = "Firm") -> Any:
        body = {"properties": {"name": name, "domain": f"{name.lower()}-{self.name}.example"}}
        return self.crm.companies.basic_api.create(body)

    def search(self, name: str, operator: str, **more: Any) -> Any:
        value = {key: more.pop(key) for key in ("value", "values", "high_value") if key in more}
        group = FilterGroup(filters=[Filter(property_name=name, operator=operator, **value)])
        request = PublicObjectSearchRequest(
            filter_groups=[group], **{"properties": ["email"], "limit": 100, **more}
        )
        return self.crm.contacts.search_api.do_search(public_object_search_request=request)


@contextmanager
def served_portal() -> Iterator[Portal]:
    """One portal for the tests of a file: each keeps to addresses of its own."""
    cluster = Cluster(seed=21)
    portal = Portal(cluster, cluster.serve().hubspot, None)
    portal.crm = portal.client().crm
    yield portal
    cluster.close()


def body(error: Any) -> Any:
    """What an exception of the client carries, decoded."""
    return json.loads(error.value.body)
