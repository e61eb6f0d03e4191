"""The org's quotas: requests over a rolling day, long requests at once, bulk batches and query jobs."""

from __future__ import annotations

from collections import deque
from typing import Any

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.tenant import Clock, Tenant

_DAY_MIN = 24 * 60


class Rolling:
    """How often something happened in the last 24 hours, by the minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: deque[list[int]] = deque()
        self._total = 0

    def add(self, n: int = 1) -> None:
        """Count n more, or less."""
        now = self._now()
        if not self._minutes or self._minutes[-1][0] != now:
            self._minutes.append([now, 0])
        self._minutes[-1][1] += n
        self._total += n

    @property
    def used(self) -> int:
        """The number of the last 24 hours."""
        oldest = self._now() - _DAY_MIN
        minutes = self._minutes
        while minutes and minutes[0][0] <= oldest:
            self._total -= minutes.popleft()[1]
        return self._total

    def before(self, seconds: float) -> int:
        """The number as it was so many seconds ago."""
        since = int((self._clock.now().timestamp() - seconds) // 60)
        return self.used - sum(n for minute, n in self._minutes if minute > since)

    def _now(self) -> int:
        return int(self._clock.now().timestamp() // 60)


class Limits:
    """Counts and refuses. `calls` is the number of all REST calls ever, and numbers them.

    `long_running` is how many requests of 20 seconds and more are under way; somebody else's, so a test sets it.
    """

    def __init__(self, org: Tenant) -> None:
        self._org = org
        self._requests = Rolling(org.clock)
        self.batches = Rolling(org.clock)
        self.query_jobs = Rolling(org.clock)
        self.long_running = 0
        self.calls = 0

    @property
    def used(self) -> int:
        """Calls in the last 24 hours."""
        return self._requests.used

    @property
    def most(self) -> int:
        return self._org.switches.daily_limit

    def take(self, n: int = 1) -> int:
        """Count calls; returns the number of the last."""
        self._requests.add(n)
        self.calls += n
        return self.calls

    def give_back(self) -> None:
        """A failed call that does not count."""
        self._requests.add(-1)

    def check(self) -> None:
        """Raises ApiError 403: API off, REQUEST_LIMIT_EXCEEDED in either of its meanings (REST/errorcodes)."""
        switches = self._org.switches
        if not switches.api_enabled:
            raise refuse(
                "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", status=403
            )
        if self.used > switches.daily_limit + switches.overrun:
            raise refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if self.long_running >= switches.concurrent_limit:
            raise refuse(
                "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            )

    def header(self) -> dict[str, str]:
        """Sforce-Limit-Info, which every reply carries (REST/headers-api-usage)."""
        text = f"api-usage={self.used}/{self.most}"
        app = self._org.switches.app_limit
        if app is not None:
            text += f"; per-app-api-usage={self.used}/{app}(appName=crmsync)"
        return {"Sforce-Limit-Info": text}

    def show(self, call: Call) -> Reply:
        """/limits, for those who may View Setup and Configuration (REST/resources-limits)."""
        if not self._org.access.general("ViewSetup"):
            raise refuse("INSUFFICIENT_ACCESS", "View Setup and Configuration is needed to see the limits")
        return Reply(200, self.body())

    def body(self) -> dict[str, Any]:
        """Most and remaining by name."""
        switches = self._org.switches
        used = self._requests.before(switches.limits_lag_s) if switches.limits_lag_s else self.used
        found = {
            "DailyApiRequests": (self.most, used),
            "DailyBulkApiBatches": (switches.bulk_batch_limit, self.batches.used),
            "DailyBulkV2QueryJobs": (switches.bulk_query_limit, self.query_jobs.used),
            "DailyBulkV2QueryFileStorageMB": (976_562, 0),
        }
        return {name: {"Max": most, "Remaining": max(0, most - n)} for name, (most, n) in found.items()}
