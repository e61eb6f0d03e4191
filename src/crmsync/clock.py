"""Time, in two kinds: this machine's, and an outside clock that tests set."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import requests

from crmsync.errors import TransientError
from crmsync.model.ports import Clock

POLL_S = 0.05
TIMEOUT_S = 5.0


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class OutsideClock:
    """A clock over HTTP: `GET url` gives `{"now": ISO 8601}`; waiting polls it.

    A wait never takes longer than the same time by this machine's clock, so a frozen clock hangs nobody.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def now(self) -> datetime:
        try:
            reply = self._session.get(self._url, timeout=TIMEOUT_S)
            reply.raise_for_status()
            return datetime.fromisoformat(reply.json()["now"]).astimezone(UTC)
        except (requests.RequestException, KeyError, ValueError) as error:
            raise TransientError(f"the outside clock does not answer: {type(error).__name__}") from error

    def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        end, limit = self.now().timestamp() + seconds, time.monotonic() + seconds
        while time.monotonic() < limit and self.now().timestamp() < end:
            time.sleep(min(POLL_S, seconds))


def make_clock(url: str = "") -> Clock:
    """The clock that the settings ask for."""
    return OutsideClock(url) if url else SystemClock()
