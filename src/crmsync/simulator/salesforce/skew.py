"""The org's own idea of the time, which may differ from everybody else's. Asks the simulator's clock, no other."""

from __future__ import annotations

from datetime import datetime, timedelta

from crmsync.simulator.salesforce.tenant import Clock


class Skewed:
    """A clock that is `ahead` of another one: by nothing until somebody says so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The org's time, aware."""
        return self._clock.now() + self.ahead
