"""The engine's parts and its report: what a cycle works with, and what it says when it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crmsync.definition.definition import Definition
from crmsync.errors import StoppedError
from crmsync.mapping.rule import Rule
from crmsync.model.links import Hold
from crmsync.model.ports import Clock, Connector, Store
from crmsync.model.values import SIDES, Side
from crmsync.sync.flights import Flights, Serial

PEOPLE: Mapping[Side, tuple[str, ...]] = {"hubspot": ("contacts",), "salesforce": ("Contact", "Lead")}
"""The objects that hold people, per side, in reading order."""

ACCOUNTS: Mapping[Side, str] = {"hubspot": "companies", "salesforce": "Account"}
"""The objects that hold organisations, per side; read for matching only."""

SUCCESSORS: Mapping[str, str] = {"Lead": "ConvertedContactId"}
"""Per object, the field that names the record a converted one became."""

LEASE_S = 60.0
"""How long a silent writer keeps the store; it is renewed between any two calls."""

Progress = Callable[[str, int, int], None]
"""Told (stage, done so far, expected total or 0) as a cycle goes."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


def even() -> float:
    """No chance at all: the middle. What waits is then not spread."""
    return 0.5


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What a cycle works with.

    `settle_s` is how long a lost request may still land. `event_key` keys the log's hashes. `stopping` is asked
    between two calls; when it says so, the cycle ends there with StoppedError. `flights` makes the calls that may be on
    their way together. `chance` gives numbers from 0 to 1 that spread pauses.
    """

    connectors: Mapping[Side, Connector]
    store: Store
    clock: Clock
    definition: Definition
    connection: str = "default"
    settle_s: float = 120.0
    event_key: bytes = b"crmsync"
    progress: Progress = silent
    stopping: Callable[[], bool] = never
    flights: Flights = field(default_factory=Serial)
    chance: Callable[[], float] = even

    def checkpoint(self, generation: int) -> None:
        """Between two calls: keep the lease, and end here when asked to. Raises StoppedError, LeaseError."""
        if self.stopping():
            raise StoppedError
        self.store.renew(generation, self.clock.now(), LEASE_S)

    def hashed(self, *parts: str) -> str:
        """A keyed hash: tells equal from different in the log, and nothing else."""
        return hashlib.blake2b("\0".join(parts).encode(), key=self.event_key[:64], digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Selection:
    """A pilot: only these operations run, the rest waits. Empty fields select everything; `limit` 0 is no limit.

    `approved` selects what a person approved and nothing else. `where` is asked of each person; with `fields`
    (canonical names) an update is narrowed to these and no record is created; `kind` is create, update or archive.
    """

    person: str = ""
    object: str = ""
    limit: int = 0
    approved: bool = False
    where: Rule | None = None
    fields: tuple[str, ...] = ()
    kind: str = ""

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        some = self.person or self.object or self.limit or self.approved or self.fields or self.kind
        return not some and self.where is None


@dataclass(slots=True)
class Tally:
    """Writes of one side, counted."""

    create: int = 0
    update: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Report:
    """What one cycle did, and nothing of earlier ones.

    `linked` counts people who got a counterpart, by a match or by a create. `setup_calls` is the part of `api_calls`
    that went to the token, the identities, the descriptions and the owners. `cooling` links wait for a lost request.
    `drifted` records or people the scheduled audit found to be other than the store had them; the next cycle settles them.
    """

    cycle: str
    connection: str = "default"
    read: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(SIDES, 0))
    linked: int = 0
    applied: dict[Side, Tally] = field(default_factory=lambda: {side: Tally() for side in SIDES})
    conflicts: int = 0
    parked: int = 0
    held: list[Hold] = field(default_factory=list)
    raced: int = 0
    cooling: int = 0
    drifted: int = 0
    api_calls: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(SIDES, 0))
    setup_calls: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(SIDES, 0))
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    scanned: set[Side] = field(default_factory=set)

    @property
    def writes(self) -> int:
        """Records created or updated on both sides."""
        return sum(t.create + t.update for t in self.applied.values())

    def as_json(self) -> dict[str, Any]:
        """The stable keys of `crmsync sync --json`."""
        return {
            "cycle": self.cycle,
            "connection": self.connection,
            "read": dict(self.read),
            "linked": self.linked,
            "applied": {
                side: {"create": t.create, "update": t.update, "skipped": t.skipped}
                for side, t in self.applied.items()
            },
            "conflicts": self.conflicts,
            "parked": self.parked,
            "held": [{"digest": h.digest, "reason": h.reason, "count": h.count} for h in self.held],
            "raced": self.raced,
            "cooling": self.cooling,
            "drifted": self.drifted,
            "api_calls": dict(self.api_calls),
            "setup_calls": dict(self.setup_calls),
            "problems": list(self.problems),
            "seconds": round(self.seconds, 3),
        }
