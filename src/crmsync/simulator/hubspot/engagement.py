"""What visitors do and what HubSpot's analytics count of it: views, opens, clicks, forms, and a rep's activities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crmsync.simulator.hubspot import changes
from crmsync.simulator.hubspot.errors import validation
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Portal


@dataclass(frozen=True, slots=True)
class Trace:
    """The properties that one kind of deed moves: counters by one, times to the latest, names to the newest.

    `firsts` are only ever set once.
    """

    counts: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    first_times: tuple[str, ...] = ()
    first_names: tuple[str, ...] = ()


_CONTACTED: Final = Trace(
    ("num_notes", "num_contacted_notes"),
    ("notes_last_contacted", "notes_last_updated", "hs_last_sales_activity_timestamp"),
)
DEEDS: Final[Mapping[str, Trace]] = {
    "view": Trace(("hs_analytics_num_page_views",), ("hs_analytics_last_timestamp",)),
    "visit": Trace(
        ("hs_analytics_num_visits", "hs_analytics_num_page_views"),
        ("hs_analytics_last_visit_timestamp", "hs_analytics_last_timestamp"),
    ),
    "event": Trace(("hs_analytics_num_event_completions",), ("hs_analytics_last_timestamp",)),
    "delivery": Trace(("hs_email_delivered",)),
    "bounce": Trace(("hs_email_bounce",)),
    "open": Trace(("hs_email_open",), ("hs_email_last_open_date",)),
    "click": Trace(("hs_email_click",), ("hs_email_last_click_date",)),
    "form": Trace(
        ("num_conversion_events",),
        ("recent_conversion_date",),
        ("recent_conversion_event_name",),
        ("first_conversion_date",),
        ("first_conversion_event_name",),
    ),
    "call": _CONTACTED,
    "email": _CONTACTED,
    "meeting": _CONTACTED,
    "note": Trace(("num_notes",), ("notes_last_updated",)),
}
"""Kind of deed -> what it moves."""


def engage(portal: Portal, row: Row, deed: str, at: str, name: str, count: int) -> None:
    """Count a deed on a contact, as the system. Raises ApiError 400 for a deed that nobody counts."""
    trace = DEEDS.get(deed)
    if trace is None:
        raise validation(f"{deed} is none of {', '.join(DEEDS)}")
    values = row.values
    moved = {each: str(int(values.get(each) or 0) + count) for each in trace.counts}
    moved |= {each: at for each in trace.times if at > values.get(each, "")}
    moved |= {each: at for each in trace.first_times if each not in values}
    if name:
        moved |= dict.fromkeys(trace.names, name)
        moved |= {each: name for each in trace.first_names if each not in values}
        if deed == "form" and name not in _forms(row):
            moved["num_unique_conversion_events"] = str(
                int(values.get("num_unique_conversion_events") or 0) + 1
            )
    changes.apply(portal, portal.kinds["contacts"], row, moved, "system")


def _forms(row: Row) -> set[str]:
    """The forms that a person has sent so far."""
    past = {version.value for version in row.history.get("recent_conversion_event_name", ())}
    return past | {row.values.get("recent_conversion_event_name", "")}
