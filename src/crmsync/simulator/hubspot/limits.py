"""Rate limits: a day, a rolling ten seconds, and search's own second. Docs: developers.hubspot.com, "Usage guidelines".

Under a frozen clock the short buckets never refill, so they are off unless switched on; then nothing is said of them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice, takewhile
from math import ceil
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.exchange import Caller
from crmsync.simulator.hubspot.properties import iso
from crmsync.simulator.hubspot.state import Portal
from crmsync.simulator.hubspot.switches import Switches


@dataclass(frozen=True, slots=True)
class Tier:
    """Calls per ten seconds and app, per day and account; the same two for associations."""

    burst: int
    day: int
    links_burst: int
    links_day: int


TIERS: Final = {
    "free": Tier(100, 250_000, 100, 250_000),
    "starter": Tier(100, 250_000, 100, 250_000),
    "professional": Tier(190, 625_000, 150, 500_000),
    "enterprise": Tier(190, 1_000_000, 150, 500_000),
}
INCREASED: Final = Tier(250, 1_000_000, 200, 1_000_000)
"""With the add-on; its day comes on top, once for each, twice at most."""
OAUTH_BURST: Final = 110
SEARCHES: Final = 5
_EXEMPT: Final = ("/webhooks/", "/webhooks-journal/", "/events/", "/oauth/")


def allowance(switches: Switches) -> Tier:
    """What the account may do in its tier, with its add-ons. Raises KeyError for an unknown tier."""
    tier, more = TIERS[switches.tier], min(switches.limit_increases, 2)
    day = switches.professional_day if switches.tier == "professional" else tier.day
    if not more:
        return Tier(tier.burst, day, tier.links_burst, tier.links_day)
    return Tier(INCREASED.burst, day + more * INCREASED.day, INCREASED.links_burst, INCREASED.links_day)


class Limits:
    """The buckets of a portal. `today` counts the calls since the portal's midnight, those refused included."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self.today = 0
        self._links_today = 0
        self._zone = ""
        self._begins = self._ends = datetime.min.replace(tzinfo=UTC)
        self._buckets: dict[str, deque[datetime]] = {}

    def take(self, caller: Caller, path: str) -> dict[str, str]:
        """Count a call and return the headers of its reply. Raises ApiError 429, which carries them too."""
        if path.startswith(_EXEMPT):
            return {}
        now = self._portal.clock.now()
        self._turn(now)
        if "/associations/" in path or path.endswith("/associations"):
            self._take_links(caller, now)
            return {}
        searching = path.endswith("/search") and "/objects/" in path
        headers = {} if caller.oauth else self._take_day(searching=searching)
        if searching:
            self._take_search(caller, now)
            return {}
        return headers | self._take_burst(caller, now)

    @property
    def day(self) -> int:
        """Calls per day."""
        switches = self._portal.switches
        return allowance(switches).day if switches.daily_limit is None else switches.daily_limit

    def resets_at(self) -> str:
        """The portal's next midnight."""
        self._turn(self._portal.clock.now())
        return iso(self._ends)

    def _take_day(self, *, searching: bool) -> dict[str, str]:
        if searching and not self._portal.switches.search_counts_daily:
            return {}
        self.today += 1
        most = self.day
        headers = {
            "x-hubspot-ratelimit-daily": str(most),
            "x-hubspot-ratelimit-daily-remaining": str(max(0, most - self.today)),
        }
        if self.today > most:
            raise self._refusal("DAILY", "daily", (self._ends - self._portal.clock.now()).total_seconds())
        return headers

    def _take_burst(self, caller: Caller, now: datetime) -> dict[str, str]:
        switches = self._portal.switches
        most = switches.burst_per_10_s
        if most is None and switches.rate_limits:
            most = OAUTH_BURST if caller.oauth else allowance(switches).burst
        if most is None:
            return {}
        left = self._fill(caller.name, now, 10.0, most, "TEN_SECONDLY_ROLLING")
        headers = {
            "x-hubspot-ratelimit-interval-milliseconds": "10000",
            "x-hubspot-ratelimit-max": str(most),
            "x-hubspot-ratelimit-remaining": str(left),
        }
        if not switches.secondly_headers:
            return headers
        second = max(1, most // 10)
        recent = takewhile(lambda at: at > now - timedelta(seconds=1), reversed(self._buckets[caller.name]))
        used = sum(1 for _ in islice(recent, second))
        return headers | {
            "x-hubspot-ratelimit-secondly": str(second),
            "x-hubspot-ratelimit-secondly-remaining": str(second - used),
        }

    def _take_search(self, caller: Caller, now: datetime) -> None:
        switches = self._portal.switches
        most = switches.search_per_s
        if most is None and switches.rate_limits:
            most = SEARCHES
        if most is not None:
            whose = f"search {caller.name}" if switches.search_limit_per_token else "search"
            self._fill(whose, now, 1.0, most, "SECONDLY")

    def _take_links(self, caller: Caller, now: datetime) -> None:
        self._links_today += 1
        switches = self._portal.switches
        if not switches.rate_limits:
            return
        tier = allowance(switches)
        if self._links_today > tier.links_day:
            raise self._refusal("DAILY", "daily", (self._ends - now).total_seconds())
        self._fill(f"links {caller.name}", now, 10.0, tier.links_burst, "TEN_SECONDLY_ROLLING")

    def _fill(self, name: str, now: datetime, seconds: float, most: int, policy: str) -> int:
        """One more call in a bucket; returns how many are left."""
        bucket = self._buckets.setdefault(name, deque())
        horizon = now - timedelta(seconds=seconds)
        while bucket and bucket[0] <= horizon:
            bucket.popleft()
        if len(bucket) >= most:
            wait_s = (bucket[0] - horizon).total_seconds() if bucket else seconds
            raise self._refusal(policy, policy.lower(), wait_s, name)
        bucket.append(now)
        return most - len(bucket)

    def _turn(self, now: datetime) -> None:
        """Begin a new day when the portal's midnight has passed."""
        zone = self._portal.switches.time_zone
        if self._begins <= now < self._ends and zone == self._zone:
            return
        self._zone, tz = zone, ZoneInfo(zone)
        today = now.astimezone(tz).date()
        self._begins = datetime.combine(today, time(), tz).astimezone(UTC)
        self._ends = datetime.combine(today + timedelta(days=1), time(), tz).astimezone(UTC)
        self.today = self._links_today = 0

    def _refusal(self, policy: str, name: str, wait_s: float, bucket: str = "") -> ApiError:
        switches, portal = self._portal.switches, self._portal
        more: dict[str, Any] = {"errorType": "RATE_LIMIT", "policyName": policy, "requestId": portal.uuid()}
        if policy == "TEN_SECONDLY_ROLLING":
            more["groupName"] = f"publicapi:{bucket.replace(' ', '-')}:{portal.id}"
        category = "RATE_LIMITS" if switches.rate_limit_category else ""
        headers = {"retry-after": str(max(1, ceil(wait_s)))} if switches.retry_after else {}
        return ApiError(429, f"You have reached your {name} limit.", category, more=more, headers=headers)
