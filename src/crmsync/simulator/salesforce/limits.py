"""The org's request quota over a rolling day, as the header, /limits and the refusal show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.tenant import Tenant

_HOURS = 24


class Limits:
    """Counts calls by the hour. `calls` is the number of all REST calls ever, and numbers them."""

    def __init__(self, org: Tenant) -> None:
        self._org = org
        self._hours: dict[int, int] = {}
        self.calls = 0

    @property
    def used(self) -> int:
        """Calls in the last 24 hours."""
        hour = self._hour(self._org.clock.now())
        return sum(n for h, n in self._hours.items() if h > hour - _HOURS)

    @property
    def most(self) -> int:
        return self._org.switches.daily_limit

    def take(self) -> int:
        """Count one call; returns its number."""
        hour = self._hour(self._org.clock.now())
        if hour not in self._hours:
            self._hours = {h: n for h, n in self._hours.items() if h > hour - _HOURS}
        self._hours[hour] = self._hours.get(hour, 0) + 1
        self.calls += 1
        return self.calls

    def give_back(self) -> None:
        """A failed call that does not count."""
        self._hours[self._hour(self._org.clock.now())] -= 1

    def check(self) -> None:
        """Raises ApiError 403 REQUEST_LIMIT_EXCEEDED when the quota is used up."""
        if self.used > self.most + self._org.switches.overrun:
            raise refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    def header(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.most}"}

    def body(self) -> dict[str, Any]:
        """What /limits answers."""
        fixed = {
            "DailyBulkApiBatches": 15_000,
            "DailyBulkV2QueryJobs": 10_000,
            "DailyBulkV2QueryFileStorageMB": 976_562,
        }
        left = max(0, self.most - self.used)
        return {
            "DailyApiRequests": {"Max": self.most, "Remaining": left},
            **{name: {"Max": n, "Remaining": n} for name, n in fixed.items()},
        }

    @staticmethod
    def _hour(at: datetime) -> int:
        return int(at.timestamp() // 3600)
