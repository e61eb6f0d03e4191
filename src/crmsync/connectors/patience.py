"""How long a vendor is left alone once it said so, and how long a refused token is taken for a passing thing.

Remembered by the process, so whoever has mended the cause starts crmsync anew and it asks at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from crmsync.errors import TransientError
from crmsync.model.ports import Clock

REFUSALS: Final = 3
REFUSED_FOR: Final = timedelta(minutes=5)
"""A token that worked once is given up after so many refusals over so long, with nothing accepted between."""


class Rest:
    """What is left alone, per bucket of the vendor's limits ("" is everything), and until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[datetime, TransientError]] = {}

    def keep(self, bucket: str, error: TransientError) -> None:
        """No call of this bucket before `retry_after` seconds have passed."""
        self._kept[bucket] = self._clock.now() + timedelta(seconds=error.retry_after), error

    def check(self, bucket: str) -> None:
        """Raises what the vendor said, without asking it again, while it is left alone."""
        for name in ("", bucket):
            until = self.until(name)
            if until is not None:
                error = self._kept[name][1]
                left = (until - self._clock.now()).total_seconds()
                raise type(error)(
                    f"{error} Left alone until {until:%Y-%m-%d %H:%M} UTC.", retry_after=left, fix=error.fix
                )

    def until(self, bucket: str = "") -> datetime | None:
        """When it may be asked again; None: now."""
        if bucket not in self._kept:
            return None
        until = self._kept[bucket][0]
        if until <= self._clock.now():
            del self._kept[bucket]
            return None
        return until


class Trust:
    """Whether the vendor takes our token. One refused on its way out and accepted later is no news."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._refusals = 0
        self._since: datetime | None = None
        self.ever = False
        """Whether any call was ever accepted."""

    def accepted(self) -> None:
        """A call went through."""
        self.ever, self._refusals, self._since = True, 0, None

    def refused(self) -> bool:
        """A call was refused, its token renewed where that can be; True when it is no passing thing any more."""
        with self._lock:
            now = self._clock.now()
            self._since = self._since or now
            self._refusals += 1
            return self._refusals >= REFUSALS and now - self._since >= REFUSED_FOR
