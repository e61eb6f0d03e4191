"""Working hours: Monday to Friday in a time zone, weeks of holiday left out. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

WEEK_S = 7 * 86_400.0
_OPEN, _CLOSE = 9, 17
WORKING_WEEK_S = 5 * (_CLOSE - _OPEN) * 3600.0

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, so that moments of a heap compare exactly."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def to_moment(ms: int) -> datetime:
    """The moment, in UTC."""
    return EPOCH + timedelta(milliseconds=ms)


def stream(*parts: object) -> random.Random:
    """A stream of draws of its own, the same for the same parts in any process; costs microseconds, keeps nothing."""
    return random.Random("/".join(map(str, parts)))


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of a name such as `Europe/Berlin`."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Hours:
    """09-17 on weekdays in `zone`; `away(monday)` says whether the week of that Monday is a holiday."""

    zone: str
    away: Callable[[date], bool] = lambda _monday: False

    def after(self, ms: int, seconds: float) -> int:
        """The moment when `seconds` of working time will have passed since `ms`; both in milliseconds."""
        zone = zone_of(self.zone)
        here = to_moment(ms).astimezone(zone)
        day, left = here.date(), timedelta(seconds=seconds)
        while True:
            if day.weekday() < 5 and not self.away(day - timedelta(days=day.weekday())):
                opens = max(here, datetime.combine(day, time(_OPEN), zone))
                closes = datetime.combine(day, time(_CLOSE), zone)
                if opens + left < closes:
                    return to_ms((opens + left).astimezone(UTC))
                left -= max(closes - opens, timedelta(0))
            day += timedelta(days=1)
