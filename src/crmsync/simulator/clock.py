"""The simulated vendors' common clock: frozen unless told to move, or flowing faster than real time.

Nothing in the simulator reads any other clock.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class SimClock:
    """Virtual UTC time. `speed` is virtual seconds per real second; 0 freezes it between `advance` calls."""

    def __init__(self, start: datetime, speed: float = 0.0) -> None:
        if start.tzinfo is None or speed < 0:
            raise ValueError("a clock starts at an aware moment and does not run backwards")
        self._lock = threading.Lock()
        self._base = start.astimezone(UTC)
        self._speed = speed
        self._since = time.monotonic()

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""
        return self._speed

    def now(self) -> datetime:
        """The virtual moment, aware, in UTC."""
        with self._lock:
            return self._now()

    def advance(self, seconds: float) -> datetime:
        """Move forward by `seconds` (not negative) and return the new moment."""
        if seconds < 0:
            raise ValueError("time does not go back; set the clock instead")
        with self._lock:
            return self._rebase(self._now() + timedelta(seconds=seconds), self._speed)

    def set(self, moment: datetime) -> datetime:
        """Go to an aware moment, back or forth."""
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone")
        with self._lock:
            return self._rebase(moment.astimezone(UTC), self._speed)

    def run(self, speed: float) -> datetime:
        """From now on flow at `speed` virtual seconds per real second (0: freeze)."""
        if speed < 0:
            raise ValueError("time does not run backwards")
        with self._lock:
            return self._rebase(self._now(), speed)

    def _now(self) -> datetime:
        if not self._speed:
            return self._base
        return self._base + timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def _rebase(self, moment: datetime, speed: float) -> datetime:
        self._base, self._speed, self._since = moment, speed, time.monotonic()
        return moment
