"""How far an object has been read, in its vendor's own time, and what that time is at least. No I/O.

Our own clock measures spans here; which stamp a reading starts from never follows from the time that it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

NOTHING: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""The horizon of an object without a row; older than any stamp of either vendor."""

BELIEVED: Final = timedelta(minutes=15)
"""How far our clock and a vendor's may be apart without anything being passed over."""

LEARNT_FOR: Final = timedelta(days=1)
SETTLES: Final = timedelta(seconds=2)
"""A stamp younger than this may yet hide another change in the same instant."""

FUTURE: Final = timedelta(hours=1)
"""A stamp further ahead of our clock than this is nobody's time and moves no horizon: it would hide what is to come."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The latest stamp of an object that a complete reading has shown.

    `slack` is how long that reading took: what changed meanwhile it may have passed by. `reached` is when, by our
    clock, the vendor's had surely reached it. `settled`: a complete reading that began later than the overlap after that showed
    nothing newer, so nothing at or before `high` is to be expected any more. `read` is the last reading, by our clock.
    """

    high: datetime
    reached: datetime
    slack: timedelta = timedelta()
    settled: bool = False
    read: datetime = NOTHING

    def start(self, overlap: timedelta) -> datetime:
        """From which stamp on the next reading has to look."""
        if self.settled:
            return self.high + timedelta(milliseconds=1)
        return self.high - self.slack - overlap

    def advanced(self, top: datetime | None, began: datetime, now: datetime, overlap: timedelta) -> Horizon:
        """After a complete reading from `began` until `now` whose latest stamp was `top` (None: no row)."""
        new = self
        if top is not None and top > self.high:
            # What is long past by our clock, as wrong as it may be, was reached before we came to see it.
            new = Horizon(top, min(now, top + BELIEVED), max(now - began, timedelta()))
        reached = min(new.reached, now)  # our clock may have been put back
        settled = new.settled or began - reached >= overlap
        return replace(new, reached=reached, settled=settled, read=began)

    def as_cursor(self) -> dict[str, str]:
        """What the store keeps."""
        return {
            "mode": "changes",
            "since": self.high.isoformat(),
            "reached": self.reached.isoformat(),
            "slack_s": str(self.slack.total_seconds()),
            "settled": "yes" if self.settled else "",
            "read": self.read.isoformat(),
        }


def horizon_of(cursor: Mapping[str, str]) -> Horizon:
    """From what the store keeps; an older version kept the time of the reading only, by our clock."""
    high = datetime.fromisoformat(cursor["since"])
    return Horizon(
        high,
        datetime.fromisoformat(cursor.get("reached", cursor["since"])),
        timedelta(seconds=float(cursor.get("slack_s", 0.0))),
        bool(cursor.get("settled")),
        datetime.fromisoformat(cursor.get("read", cursor["since"])),
    )


def after_scan(top: datetime | None, began: datetime, now: datetime, overlap: timedelta) -> Horizon:
    """After a full read."""
    return Horizon(NOTHING, NOTHING).advanced(top, began, now, overlap)


def latest(stamps: Iterable[datetime], top: datetime | None, now: datetime) -> datetime | None:
    """The latest of these stamps and `top`; those of the far future do not count."""
    return max((s for s in (*stamps, *([top] if top else [])) if s <= now + FUTURE), default=None)


@dataclass(slots=True)
class VendorTime:
    """What a vendor's clock shows at least, learnt from its stamps: it was never earlier than one that we have seen.

    `lead` is how far it is at least ahead of ours (negative: behind), seen `at` our time. A day without a stamp that
    is as far ahead, or our clock put back, and it is learnt anew.
    """

    lead: timedelta = -BELIEVED
    at: datetime = NOTHING

    def see(self, stamp: datetime, now: datetime) -> None:
        """A stamp that a reply showed; `now` is our time after the reply."""
        ahead = stamp - now
        if ahead > BELIEVED:
            return
        if ahead >= self._lead(now):
            self.lead, self.at = ahead, now

    def trusts(self, stamp: datetime, now: datetime) -> bool:
        """Whether a stamp is surely old enough to hide nothing."""
        return now + self._lead(now) - stamp >= SETTLES

    def _lead(self, now: datetime) -> timedelta:
        return self.lead if timedelta() <= now - self.at <= LEARNT_FOR else -BELIEVED

    def as_text(self) -> str:
        """What the store keeps."""
        return f"{self.lead.total_seconds()} {self.at.isoformat()}"


def vendor_time(text: str | None) -> VendorTime:
    """From what the store keeps."""
    if not text:
        return VendorTime()
    lead, at = text.split(" ")
    return VendorTime(timedelta(seconds=float(lead)), datetime.fromisoformat(at))
