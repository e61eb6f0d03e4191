"""The last look before a request that writes: is this process still the one that may? Decides and writes nothing.

The lease is checked when an operation is marked sent, but a process may stand still between that and the request, or
wait in it for a vendor who is busy, until another has taken over. So the connectors ask again right before each
request, repeated ones too. What was on the wire by then can land, as any lost request; see `settle_s`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from crmsync.sync.engine import LEASE_S, Engine

SURE: Final = timedelta(seconds=LEASE_S / 2)
"""Nobody takes over so soon after the lease was renewed, so it need not be asked for again."""


@dataclass(slots=True)
class Fence:
    """Renews the lease when the last renewal is too old to be sure of. Raises LeaseError when it is another's."""

    engine: Engine
    generation: int
    renewed: datetime | None = None

    def __call__(self) -> None:
        now = self.engine.clock.now()
        if self.renewed is None or not now - SURE < self.renewed <= now:
            self.engine.store.renew(self.generation, now, LEASE_S)
            self.renewed = now


def fence_in(engine: Engine, generation: int) -> None:
    """From now on both connectors ask before each request that writes."""
    fence = Fence(engine, generation)
    for connector in engine.connectors.values():
        connector.fence(fence)


def fence_off(engine: Engine) -> None:
    """What is written outside a cycle (set-up) has no lease."""
    for connector in engine.connectors.values():
        connector.fence(_open)


def _open() -> None:
    return None
