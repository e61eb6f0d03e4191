"""Which work may still make calls: each lane leaves something of the day to those above it. Pure.

| left of what may be used, in steps of the reserve | the coolest lane that goes on |
| -- | -- |
| more than 2 | backfill |
| more than 1 | changes |
| more than 0 | handoff |
| none | consent |
"""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.model.links import Lane


@dataclass(frozen=True, slots=True)
class Shares:
    """In per cent of a day's calls: `reserve` is kept for consent (and again per lane), `leave` for other integrations."""

    reserve: float = 5.0
    leave: float = 10.0


def own_lane(used: int, limit: int, shares: Shares) -> Lane | None:
    """By our own budget: None once it is used up."""
    if used >= limit:
        return None
    step = limit * shares.reserve / 100
    return _lane(limit - step - used, step)


def shared_lane(left: int, limit: int, shares: Shares) -> Lane | None:
    """By what is left of the account's own quota: below what is left to others only consent goes on."""
    if left <= 0:
        return None
    return _lane(left - limit * shares.leave / 100, limit * shares.reserve / 100)


def _lane(left: float, step: float) -> Lane:
    if left <= 0:
        return Lane.CONSENT
    if left <= step:
        return Lane.HANDOFF
    return Lane.CHANGES if left <= 2 * step else Lane.BACKFILL


def coolest(*lanes: Lane | None) -> Lane | None:
    """What all of them let through."""
    return None if None in lanes else min((lane for lane in lanes if lane is not None), default=Lane.BACKFILL)
