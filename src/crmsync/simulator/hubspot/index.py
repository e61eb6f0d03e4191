"""What search knows: the rows as its replicas have indexed them, some seconds behind the truth. Answers no call.

Seen by others: recent results appear, vanish and appear again, and rows come back that no longer match.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from crmsync.simulator.clock import SimClock
from crmsync.simulator.hubspot.properties import iso
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.switches import Switches


@dataclass(frozen=True, slots=True)
class Unseen:
    """A row before a write that search may not know of yet; `before` is None for a new row."""

    at: str
    num: int
    before: Row | None


@dataclass(frozen=True, slots=True)
class View:
    """An object type as one search sees it: `old` has the rows as they were (None: not at all), by number.

    Two views with the same `mark` see the same, as long as nothing is written.
    """

    old: dict[int, Row | None]
    mark: int


class Index:
    """The unseen writes of each object type, oldest first."""

    def __init__(self, kinds: Iterable[str], clock: SimClock, switches: Switches, seed: int) -> None:
        self._clock, self._switches = clock, switches
        self._rng = random.Random(f"hubspot-index-{seed}")
        self._unseen: dict[str, list[Unseen]] = {kind: [] for kind in kinds}
        self._dropped = dict.fromkeys(self._unseen, 0)

    def touch(self, kind: str, num: int, row: Row | None, now: str) -> None:
        """Call before a row changes or comes to be (None): search goes on seeing it as it was, for its lag."""
        if self._longest > 0:
            self._unseen[kind].append(Unseen(now, num, row.copy() if row else None))

    def view(self, kind: str) -> View:
        """What the replica sees that happens to serve a search."""
        unseen = self._unseen[kind]
        if not unseen:
            return View({}, -1)
        replicas = self._switches.search_replicas
        lag = self._switches.search_lag_s + (self._rng.choice(replicas) if replicas else 0.0)
        gone = self._behind(unseen, self._longest)
        if gone:
            del unseen[:gone]
            self._dropped[kind] += gone
        at = self._behind(unseen, lag)
        old: dict[int, Row | None] = {}
        for each in unseen[at:]:
            old.setdefault(each.num, each.before)
        return View(old, self._dropped[kind] + at if old else -1)

    @property
    def _longest(self) -> float:
        return self._switches.search_lag_s + max(self._switches.search_replicas, default=0.0)

    def _behind(self, unseen: list[Unseen], lag: float) -> int:
        """How many of the writes are older than a lag, and so seen."""
        known_until = iso(self._clock.now() - timedelta(seconds=lag))
        return bisect_right(unseen, known_until, key=lambda each: each.at)
