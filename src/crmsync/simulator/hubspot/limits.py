"""Rate limits: a day, a rolling ten seconds, and search's own second. Docs: developers.hubspot.com, "Usage guidelines".

Under a frozen clock the short buckets never refill, so they are off unless switched on.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.properties import iso
from crmsync.simulator.hubspot.state import Portal


class Limits:
    """The buckets of a portal. `today` counts the calls since midnight, those refused included."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._day = portal.clock.now().date()
        self.today = 0
        self._burst: deque[datetime] = deque()
        self._search: deque[datetime] = deque()

    def take(self, *, search: bool) -> dict[str, str]:
        """Count a call and return the headers of its reply. Raises ApiError 429."""
        switches, now = self._portal.switches, self._portal.clock.now()
        if now.date() != self._day:
            self._day, self.today = now.date(), 0
        self.today += 1
        if self.today > switches.daily_limit:
            raise _refusal("DAILY", "daily", self._portal.uuid())
        if search:
            _fill(self._search, now, 1.0, switches.search_per_s, "SECONDLY", self._portal)
            return {}
        _fill(self._burst, now, 10.0, switches.burst_per_10_s, "TEN_SECONDLY_ROLLING", self._portal)
        most = switches.burst_per_10_s or 190
        return {
            "x-hubspot-ratelimit-daily": str(switches.daily_limit),
            "x-hubspot-ratelimit-daily-remaining": str(switches.daily_limit - self.today),
            "x-hubspot-ratelimit-interval-milliseconds": "10000",
            "x-hubspot-ratelimit-max": str(most),
            "x-hubspot-ratelimit-remaining": str(most - len(self._burst)),
        }

    def resets_at(self) -> str:
        """The next midnight."""
        now = self._portal.clock.now()
        return iso(now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1))


def _fill(
    bucket: deque[datetime], now: datetime, seconds: float, most: int | None, policy: str, portal: Portal
) -> None:
    if most is None:
        return
    horizon = now - timedelta(seconds=seconds)
    while bucket and bucket[0] <= horizon:
        bucket.popleft()
    if len(bucket) >= most:
        raise _refusal(policy, policy.lower(), portal.uuid())
    bucket.append(now)


def _refusal(policy: str, name: str, request: str) -> ApiError:
    more = {"errorType": "RATE_LIMIT", "policyName": policy, "requestId": request}
    return ApiError(429, f"You have reached your {name} limit.", more=more)
