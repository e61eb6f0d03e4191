"""Dates and times as the vendors and people write them -> one form. Pure text work; nothing here asks what time it is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = re.compile(r"-?\d{9,15}\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)\Z")


def moment(value: str | int | float) -> datetime:
    """A point in time, UTC, whole milliseconds. Raises ValueError.

    Takes ISO 8601 with a zone (`Z`, `+00:00`, Salesforce's `+0000`), a day (midnight UTC), and milliseconds
    since 1970 as HubSpot sometimes echoes them. A time without a zone is refused: it would be a guess.
    """
    text = str(value).strip()
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    if _MILLISECONDS.match(text):
        try:
            return _EPOCH + timedelta(milliseconds=int(text))
        except OverflowError as error:
            raise ValueError("out of range") from error
    if _DAY.match(text):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    found = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text))
    if found.tzinfo is None:
        raise ValueError("no time zone")
    try:
        found = found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def day(value: str | int | float) -> str:
    """`YYYY-MM-DD`; of a point in time its day in UTC. Raises ValueError."""
    text = str(value).strip()
    if _DAY.match(text):
        return date.fromisoformat(text).isoformat()
    return moment(value).date().isoformat()


def canonical(when: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, which is HubSpot's form too."""
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def salesforce(when: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.000+0000`: Salesforce keeps whole seconds and cuts the rest."""
    return when.replace(microsecond=0).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
