"""Simulators for one client: served on loopback, told to it by variables of the environment. Their clock is the real one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from crmsync.simulator.cluster import Cluster

WEBHOOK_SECRET: Final = "simulated-webhook-secret"


@contextmanager
def bench(*, ids_as_text: bool = False) -> Iterator[dict[str, str]]:
    """Both vendors, and a second HubSpot portal whose token may do nothing but read and write contacts.

    `ids_as_text`: ids in association replies as the specification has them, not as the documentation's examples.
    """
    cluster, narrow = Cluster(seed=11, speed=1.0), Cluster(seed=12, speed=1.0)
    cluster.hubspot.switches.association_ids_as_text = ids_as_text
    try:
        at, there = cluster.serve(), narrow.serve()
        yield {
            "SIM_ADMIN": at.admin,
            **_hubspot(cluster, at.hubspot),
            **_salesforce(cluster, at.salesforce),
            "SIM_HUBSPOT_NARROW": there.hubspot,
            "SIM_HUBSPOT_NARROW_TOKEN": _narrowed(narrow),
        }
    finally:
        cluster.close()
        narrow.close()


def _hubspot(cluster: Cluster, url: str) -> dict[str, str]:
    portal, port = cluster.hubspot, _free_port()
    app = portal.install_app()
    portal.switches.burst_per_10_s = 190
    portal.webhooks.target(f"http://127.0.0.1:{port}/hook?from=%40portal", WEBHOOK_SECRET)
    portal.webhooks.subscribe("contact.creation")
    return {
        "SIM_HUBSPOT": url,
        "SIM_HUBSPOT_TOKEN": portal.access_token,
        "SIM_PORTAL": portal.portal_id,
        "SIM_CLIENT_ID": app.client_id,
        "SIM_CLIENT_SECRET": app.client_secret,
        "SIM_REFRESH_TOKEN": app.refresh_token,
        "SIM_WEBHOOK_PORT": str(port),
        "SIM_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


def _narrowed(cluster: Cluster) -> str:
    cluster.hubspot.scopes = frozenset({"crm.objects.contacts.read", "crm.objects.contacts.write"})
    return cluster.hubspot.access_token


def _salesforce(cluster: Cluster, url: str) -> dict[str, str]:
    org = cluster.salesforce
    org.switches.page_size = 250  # several pages without thousands of rows
    return {
        "SIM_SALESFORCE": url,
        "SIM_CONSUMER_KEY": org.consumer_key,
        "SIM_CONSUMER_SECRET": org.consumer_secret,
        "SIM_USERNAME": org.auth.username,
        "SIM_PRIVATE_KEY": org.auth.make_key(),
        "SIM_REFRESH": org.auth.authorize(),
        "SIM_PERMISSION_SET": org.permission_set_id,
    }


def _free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
