"""The guard's limits as numbers: min(max(floor, percent of linked people), cap) per object and side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """More than min(max(`floor`, `percent` of the linked people), `cap`) operations are held."""

    floor: int
    percent: float
    cap: int

    def most(self, linked: int) -> int:
        """The largest count that passes with `linked` people on that side."""
        return min(max(self.floor, int(linked * self.percent / 100)), self.cap)


@dataclass(frozen=True, slots=True)
class Limits:
    """One limit for each kind of change; per cycle and per rolling 24 hours."""

    deletes: Limit = Limit(5, 1, 100)
    updates: Limit = Limit(20, 30, 5000)
    creates: Limit = Limit(20, 20, 5000)
    blanks: Limit = Limit(20, 5, 500)
    moves: Limit = Limit(20, 10, 1000)
