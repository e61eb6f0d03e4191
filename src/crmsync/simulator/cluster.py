"""The two simulated vendors with one clock, one ledger and one set of faults, and the servers in front of them."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from crmsync.simulator.admin import Admin
from crmsync.simulator.clock import SimClock
from crmsync.simulator.faults import Faults
from crmsync.simulator.hubspot.portal import HubSpotSim
from crmsync.simulator.hubspot.webhook_courier import Courier
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.salesforce.org import SalesforceSim
from crmsync.simulator.salesforce.profiles import profile_of
from crmsync.simulator.server import Server, serve
from crmsync.simulator.wire import Refused, Request, Response, Vendor
from crmsync.simulator.world import Life

START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When a frozen cluster begins: a Monday morning."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a served cluster listens, without trailing slashes."""

    hubspot: str
    salesforce: str
    admin: str


class Cluster:
    """Both vendors. `calls[side]` counts the requests that reached it, by method and folded path.

    `start` is aware; by default a fixed moment with a frozen clock, else now. `profile` names the kind of org
    (`salesforce.profiles.PROFILES`); ValueError for one that there is not.
    """

    def __init__(
        self, seed: int = 0, start: datetime | None = None, speed: float = 0.0, profile: str = "plain"
    ) -> None:
        if start is None:
            start = datetime.now(UTC) if speed else START
        self.seed = seed
        self.clock = SimClock(start, speed)
        self.ledger = Ledger()
        self.faults = Faults(self.clock)
        self.hubspot = HubSpotSim(self.clock, self.ledger, seed)
        self.salesforce = SalesforceSim(self.clock, self.ledger, seed)
        self.profile = profile_of(profile)
        self.profile.shape(self.salesforce)
        self.calls: dict[str, Counter[str]] = {"hubspot": Counter(), "salesforce": Counter()}
        self.locks = {"hubspot": threading.RLock(), "salesforce": threading.RLock()}
        self._servers: list[Server] = []
        self._courier: Courier | None = None
        self._addresses: Addresses | None = None
        self._life: Life | None = None

    def living(self) -> Life:
        """The life of this world, by the cluster's seed; it begins when it is asked for first."""
        if self._life is None:
            self._life = Life(self, self.seed, leads=self.profile.leads)
        return self._life

    def vendor(self, side: str) -> Vendor:
        """The vendor as a client meets it: faults first, calls counted, one request at a time."""
        inner: Vendor = self.hubspot if side == "hubspot" else self.salesforce
        return _Counted(self.faults.around(inner), self.calls[side], self.locks[side])

    def serve(self, hubspot_port: int = 0, salesforce_port: int = 0, admin_port: int = 0) -> Addresses:
        """Start the three servers on 127.0.0.1 (port 0: any free one). Raises OSError on a taken port."""
        plan = (
            (self.vendor("hubspot"), hubspot_port),
            (self.vendor("salesforce"), salesforce_port),
            (Admin(self), admin_port),
        )
        try:
            for vendor, port in plan:
                self._servers.append(serve(vendor, port=port))
        except OSError:
            self.close()
            raise
        self._addresses = Addresses(*(server.url for server in self._servers))
        self.salesforce.instance_url = self._addresses.salesforce
        self._courier = Courier(self.hubspot.webhooks, self.locks["hubspot"])
        return self._addresses

    def env(self) -> dict[str, str]:
        """The settings that point crmsync here; without servers the addresses are those of the mounts."""
        at = self._addresses or Addresses("https://hubspot.example", "https://salesforce.example", "")
        settings = {
            "CRMSYNC_HUBSPOT__BASE_URL": at.hubspot,
            "CRMSYNC_HUBSPOT__ACCESS_TOKEN": self.hubspot.access_token,
            "CRMSYNC_SALESFORCE__LOGIN_URL": at.salesforce,
            "CRMSYNC_SALESFORCE__INSTANCE_URL": at.salesforce,
            "CRMSYNC_SALESFORCE__CONSUMER_KEY": self.salesforce.consumer_key,
            "CRMSYNC_SALESFORCE__CONSUMER_SECRET": self.salesforce.consumer_secret,
        }
        return settings | ({"CRMSYNC_CLOCK_URL": f"{at.admin}/admin/time"} if at.admin else {})

    def close(self) -> None:
        """Stop the servers."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        if self._courier is not None:
            self._courier.close()
            self._courier = None
        self._addresses = None


class _Counted:
    def __init__(self, inner: Vendor, calls: Counter[str], lock: threading.RLock) -> None:
        self._inner, self._calls, self._lock = inner, calls, lock

    @property
    def side(self) -> str:
        return self._inner.side

    def handle(self, request: Request) -> Response:
        with self._lock:
            line = f"{request.method} {folded(request.path)}"
            self._calls[line] += 1
            try:
                return self._inner.handle(request)
            except Refused:
                self._calls[line] -= 1  # it never arrived
                raise


@lru_cache(maxsize=4096)
def folded(path: str) -> str:
    """A path with ids, tokens and e-mail addresses replaced by `{id}`."""
    return "/".join("{id}" if _is_id(part) else part for part in path.split("/"))


def _is_id(part: str) -> bool:
    if part.isdigit() or any(mark in part for mark in ("@", "%40", ":", "%3A", "%3a")):
        return True
    return len(part) in (15, 18) and part.isalnum() and any(c.isdigit() for c in part)
