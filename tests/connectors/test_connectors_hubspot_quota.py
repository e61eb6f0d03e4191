"""HubSpot's limits as the client keeps them: every bucket is used up to its brim, and none is ever refused."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from crmsync.connectors.hubspot import HubSpotSettings
from crmsync.connectors.hubspot.client import Client
from crmsync.simulator.clock import SimClock
from crmsync.simulator.hubspot.portal import HubSpotSim
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.mounts import HubSpotPool
from crmsync.simulator.wire import Request, Response

CONTACTS = "/crm/v3/objects/contacts"
LINKS = "/crm/v4/associations/contacts/companies/batch/read"


class Watch:
    """The simulated clock as the client's: sleeping moves it."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)


class Counted:
    """A portal with its buckets on; what it answered, by status."""

    side = "hubspot"

    def __init__(self, **switches: object) -> None:
        self.clock = SimClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.sim = HubSpotSim(self.clock, Ledger())
        self.statuses: Counter[int] = Counter()
        for name, value in {"rate_limits": True, **switches}.items():
            setattr(self.sim.switches, name, value)
        settings = HubSpotSettings(self.sim.access_token, "https://hubspot.example")
        self.client = Client(settings, Watch(self.clock), HubSpotPool(self))

    def handle(self, request: Request) -> Response:
        reply = self.sim.handle(request)
        self.statuses[reply.status] += 1
        return reply

    @property
    def seconds(self) -> float:
        """Virtual seconds since the start."""
        return (self.clock.now() - datetime(2026, 3, 2, 9, tzinfo=UTC)).total_seconds()


@pytest.mark.parametrize(
    ("tier", "bought", "burst"), [("starter", 0, 100), ("enterprise", 0, 190), ("professional", 1, 250)]
)
def test_ordinary_calls_fill_their_bucket_and_no_more(tier: str, bought: int, burst: int) -> None:
    portal = Counted(tier=tier, limit_increases=bought)
    for _ in range(burst * 3):
        portal.client.get("scan", CONTACTS)
    assert portal.statuses == {200: burst * 3}
    assert portal.seconds == 20


def test_searches_fill_theirs() -> None:
    portal = Counted()
    portal.client.get("scan", CONTACTS)  # what is counted is known from the first reply
    for _ in range(50):
        portal.client.search("search", "contacts", {"limit": 1})
    assert portal.statuses == {200: 51}
    assert portal.seconds == 9


@pytest.mark.parametrize(
    ("tier", "bought", "burst"), [("starter", 0, 100), ("enterprise", 0, 150), ("enterprise", 1, 200)]
)
def test_association_calls_fill_theirs(tier: str, bought: int, burst: int) -> None:
    portal = Counted(tier=tier, limit_increases=bought)
    portal.client.get("scan", CONTACTS)
    for _ in range(burst * 2):
        portal.client.ask("companies", LINKS, {"inputs": [{"id": "1"}]})
    assert portal.statuses == {200: 1, 207: burst * 2}
    assert portal.seconds == 10


def test_the_three_do_not_wait_for_each_other() -> None:
    portal = Counted()
    for _ in range(190):
        portal.client.get("scan", CONTACTS)
    for _ in range(150):
        portal.client.ask("companies", LINKS, {"inputs": [{"id": "1"}]})
    for _ in range(5):
        portal.client.search("search", "contacts", {"limit": 1})
    assert portal.seconds == 0


def test_a_client_that_is_told_no_limits_does_not_wait() -> None:
    portal = Counted(rate_limits=False)
    for _ in range(500):
        portal.client.get("scan", CONTACTS)
        portal.client.search("search", "contacts", {"limit": 1})
    assert portal.seconds == 0
    assert portal.client.daily == (1_000_000, 1_000_000 - 999)
