"""SOQL's date words (TODAY, LAST_N_DAYS:3, THIS_MONTH) as spans of days. The org's time zone is UTC."""

from __future__ import annotations

from datetime import date, timedelta


def span(word: str, n: int, today: date) -> tuple[date, date]:
    """First day and the day after the last. `n` is the number behind the colon."""
    day = timedelta(days=1)
    fixed = {
        "TODAY": (today, today + day),
        "YESTERDAY": (today - day, today),
        "TOMORROW": (today + day, today + 2 * day),
        "LAST_90_DAYS": (today - 90 * day, today + day),
        "NEXT_90_DAYS": (today + day, today + 91 * day),
        "LAST_N_DAYS": (today - n * day, today + day),
        "NEXT_N_DAYS": (today + day, today + (n + 1) * day),
        "N_DAYS_AGO": (today - n * day, today - (n - 1) * day),
    }
    if word in fixed:
        return fixed[word]
    word = word.replace("FISCAL_", "")  # The fiscal year is the calendar's.
    if word.startswith(("LAST_N_", "NEXT_N_")):
        unit = word[7:].removesuffix("S")
        start = _start(unit, today)
        if word.startswith("LAST"):
            return _shift(unit, start, -n), start
        return _shift(unit, start, 1), _shift(unit, start, 1 + n)
    if word.endswith("_AGO"):
        unit = word.removeprefix("N_").removesuffix("S_AGO")
        start = _shift(unit, _start(unit, today), -n)
        return start, _shift(unit, start, 1)
    when, _, unit = word.partition("_")
    start = _shift(unit, _start(unit, today), {"LAST": -1, "THIS": 0, "NEXT": 1}[when])
    return start, _shift(unit, start, 1)


def _start(unit: str, today: date) -> date:
    """The first day of the unit that holds today; weeks start on Sunday."""
    if unit == "WEEK":
        return today - timedelta(days=(today.weekday() + 1) % 7)
    month = {"MONTH": today.month, "QUARTER": (today.month - 1) // 3 * 3 + 1, "YEAR": 1}[unit]
    return today.replace(month=month, day=1)


def _shift(unit: str, start: date, by: int) -> date:
    if unit == "WEEK":
        return start + timedelta(days=7 * by)
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit] * by
    total = start.year * 12 + start.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def part_of(function: str, stamp: str) -> int | str:
    """What a date function such as CALENDAR_YEAR gives for a date or a datetime (stored text, UTC)."""
    day = date.fromisoformat(stamp[:10])
    quarter = (day.month + 2) // 3
    first = day.replace(month=1, day=1)
    values: dict[str, int | str] = {
        "CALENDAR_MONTH": day.month,
        "CALENDAR_QUARTER": quarter,
        "CALENDAR_YEAR": day.year,
        "DAY_IN_MONTH": day.day,
        "DAY_IN_WEEK": day.isoweekday() % 7 + 1,
        "DAY_IN_YEAR": (day - first).days + 1,
        "DAY_ONLY": day.isoformat(),
        "FISCAL_MONTH": day.month,
        "FISCAL_QUARTER": quarter,
        "FISCAL_YEAR": day.year,
        "HOUR_IN_DAY": int(stamp[11:13] or 0),
        "WEEK_IN_MONTH": (day.day - 1) // 7 + 1,
        "WEEK_IN_YEAR": ((day - first).days // 7) + 1,
    }
    return values[function]
