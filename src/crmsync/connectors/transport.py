"""What both vendor folders need to make a call: retries per class of failure, a call counter, a rate governor.

Knows no vendor and opens no connection. All waiting goes through the injected clock.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import TypeVar
from urllib.parse import urlsplit

from tenacity import RetryCallState, Retrying, retry_if_exception

from crmsync.connectors.patience import Rest
from crmsync.errors import ConfigurationError, QuotaError, TransientError
from crmsync.model.ports import Clock

T = TypeVar("T")


class Failure(StrEnum):
    """How one call failed for now.

    REFUSED never reached the vendor. THROTTLED and UNAVAILABLE were turned away before any processing. OUTAGE (a
    5xx of the platform or its edge) and BROKEN (the connection ended after sending) may have been carried out.
    """

    REFUSED = "connection refused"
    THROTTLED = "rate limit"
    UNAVAILABLE = "unavailable"
    OUTAGE = "outage"
    BROKEN = "connection broken"


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `attempts` calls; waits of `first`, 2 x `first`, ... up to `most` seconds between them."""

    attempts: int
    first: float
    most: float

    def wait(self, attempt: int, wish: float) -> float:
        """Seconds before the next attempt after the `attempt`th failed; a vendor's wish is honoured in full."""
        return max(wish, min(self.first * 2.0 ** (attempt - 1), self.most))


POLICIES: Mapping[Failure, Policy] = {
    Failure.REFUSED: Policy(attempts=4, first=0.5, most=4.0),
    Failure.THROTTLED: Policy(attempts=5, first=1.0, most=10.0),
    Failure.UNAVAILABLE: Policy(attempts=4, first=0.5, most=8.0),
    Failure.OUTAGE: Policy(attempts=4, first=0.5, most=8.0),
    Failure.BROKEN: Policy(attempts=4, first=0.5, most=8.0),
}
AMBIGUOUS = frozenset({Failure.OUTAGE, Failure.BROKEN})
LONGEST_WAIT = 60.0
"""Seconds. A longer wait is not sat out: the call fails, and so do all after it until the time has come."""


class CallFailed(Exception):
    """One call failed for now. Leaves `Caller` only as a TransientError."""

    def __init__(self, failure: Failure, detail: str, *, retry_after: float = 0.0) -> None:
        super().__init__(detail)
        self.failure = failure
        self.retry_after = retry_after


def unfenced() -> None:
    """Nobody asks before a write."""


class Caller:
    """Makes calls under the retry policies and counts them by purpose.

    `fence` is called right before each request that writes, repeated ones too; what it raises ends the write.
    """

    def __init__(self, clock: Clock, policies: Mapping[Failure, Policy] = POLICIES) -> None:
        self._clock = clock
        self._policies = policies
        self._counts: Counter[str] = Counter()
        self.fence: Callable[[], None] = unfenced
        self._lock = Lock()
        self._most: int | None = None
        self.rest = Rest(clock)

    @property
    def total(self) -> int:
        """HTTP requests made, retries included."""
        with self._lock:
            return self._counts.total()

    def by_purpose(self) -> dict[str, int]:
        """HTTP requests made for each purpose."""
        with self._lock:
            return dict(self._counts)

    def ration(self, calls: int | None) -> None:
        """At most so many requests from now on; None: no limit."""
        with self._lock:
            self._most = None if calls is None else self._counts.total() + calls

    def count(self, purpose: str) -> None:
        """Note one HTTP request that is about to be made. Raises QuotaError instead when none is left of the ration."""
        with self._lock:
            if self._most is not None and self._counts.total() >= self._most:
                raise QuotaError("The budget of API calls of this day is used up.")
            self._counts[purpose] += 1

    def run(self, purpose: str, attempt: Callable[[], T], *, write: bool, bucket: str = "") -> T:
        """The result of `attempt`, which raises CallFailed when it failed for now.

        A write whose outcome is unknown is not repeated: TransientError with `maybe_written`. So is one that used
        up its attempts, without it. A vendor who wants to be left alone for long is, by all calls of this `bucket`.
        """
        self.rest.check(bucket)
        try:
            return self._run(purpose, attempt, write=write)
        except TransientError as error:
            if error.retry_after > LONGEST_WAIT:
                self.rest.keep(bucket, error)
            raise

    def _run(self, purpose: str, attempt: Callable[[], T], *, write: bool) -> T:
        retrying = Retrying(
            retry=retry_if_exception(lambda e: isinstance(e, CallFailed) and self._again(e, write=write)),
            stop=self._stop,
            wait=self._wait,
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except CallFailed as failed:
            raise TransientError(
                f"{purpose}: {failed}",
                retry_after=failed.retry_after,
                maybe_written=write and failed.failure in AMBIGUOUS,
            ) from failed

    @staticmethod
    def _again(failed: CallFailed, *, write: bool) -> bool:
        return failed.retry_after <= LONGEST_WAIT and not (write and failed.failure in AMBIGUOUS)

    def _stop(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self._policies[_failed(state).failure].attempts

    def _wait(self, state: RetryCallState) -> float:
        failed = _failed(state)
        return self._policies[failed.failure].wait(state.attempt_number, failed.retry_after)


def _failed(state: RetryCallState) -> CallFailed:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, CallFailed):  # tenacity asks these only after `_again` said yes
        raise TypeError("retry of something that did not fail")
    return error


class Governor:
    """Keeps calls within `limit` per rolling `window_s` seconds by waiting on the clock; None: no limit known yet."""

    def __init__(self, clock: Clock, window_s: float, limit: int | None = None) -> None:
        self._clock = clock
        self._limit = limit
        self._window = timedelta(seconds=window_s)
        self._starts: deque[datetime] = deque()
        self._lock = Lock()

    @property
    def limit(self) -> int | None:
        """Calls per window, as learnt last."""
        return self._limit

    def take(self) -> None:
        """Reserve the next free slot and wait for it."""
        with self._lock:
            now = self._clock.now()
            while self._starts and self._starts[0] <= now - self._window:
                self._starts.popleft()
            start = now
            if self._limit is not None and len(self._starts) >= self._limit:
                start = max(now, self._starts[-self._limit] + self._window)
            self._starts.append(start)
        if start > now:
            self._clock.sleep((start - now).total_seconds())

    def learn(self, limit: int | None, remaining: int | None = None) -> None:
        """Take over what the vendor's reply says: the limit (None: there is none), and calls of others.

        After a reply at least one call is used; a vendor who says otherwise counts nothing and has no limit.
        """
        with self._lock:
            self._limit = None if limit is None or limit == remaining else limit
            if self._limit is None or remaining is None:
                return
            now = self._clock.now()
            used = sum(1 for start in self._starts if start > now - self._window)
            others = self._limit - remaining - used
            if others > 0:  # kept in order: another thread may have reserved a slot that is still to come
                self._starts = deque(sorted([*self._starts, *[now] * others]))


def checked_url(url: str, what: str) -> str:
    """The address without a trailing slash. Raises ConfigurationError: plain http is for loopback only."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise ConfigurationError(f"{what} must be an https:// address.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigurationError(f"{what} must use https://; plain http:// is for loopback addresses only.")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def seconds(value: str | None) -> float:
    """A `Retry-After` header in seconds, at most a day; 0 when absent or not a number."""
    try:
        wish = float(value or 0)
    except ValueError:
        return 0.0
    return min(wish, 86_400.0) if wish > 0 else 0.0
