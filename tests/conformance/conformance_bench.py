"""Simulators for one client: served on loopback, told to it by variables of the environment."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from crmsync.simulator.cluster import Cluster

WEBHOOK_SECRET: Final = "simulated-webhook-secret"


@contextmanager
def bench() -> Iterator[dict[str, str]]:
    """Both vendors, and a second HubSpot portal whose token may do nothing but read and write contacts."""
    cluster, narrow = Cluster(seed=11), Cluster(seed=12)
    cluster.salesforce.switches.page_size = 250  # pages without thousands of rows
    narrow.hubspot.scopes = frozenset({"crm.objects.contacts.read", "crm.objects.contacts.write"})
    try:
        at, there = cluster.serve(), narrow.serve()
        yield {
            "SIM_HUBSPOT": at.hubspot,
            "SIM_HUBSPOT_TOKEN": cluster.hubspot.access_token,
            "SIM_PORTAL": cluster.hubspot.portal_id,
            "SIM_HUBSPOT_NARROW": there.hubspot,
            "SIM_SALESFORCE": at.salesforce,
            "SIM_CONSUMER_KEY": cluster.salesforce.consumer_key,
            "SIM_CONSUMER_SECRET": cluster.salesforce.consumer_secret,
            "SIM_USERNAME": cluster.salesforce.auth.username,
            "SIM_PERMISSION_SET": cluster.salesforce.permission_set_id,
            "SIM_REFRESH": cluster.salesforce.auth.authorize(),
            "SIM_PRIVATE_KEY": cluster.salesforce.auth.make_key(),
            "SIM_ADMIN": at.admin,
            **_app(cluster),
        }
    finally:
        cluster.close()
        narrow.close()


def free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _app(cluster: Cluster) -> dict[str, Any]:
    return {}
