"""Stages: a person's lifecycle, which the API moves forward only, a deal's stage, and the stamps that both leave."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

PROPERTY: Final = {"contacts": "lifecyclestage", "companies": "lifecyclestage", "deals": "dealstage"}
"""Object type -> the property whose moves are stamped."""


class Stamps(NamedTuple):
    """The properties that tell of one stage."""

    entered: str
    exited: str
    latest: str
    cumulative: str


@lru_cache(maxsize=256)
def stamps(stage: str) -> Stamps:
    """The names for a stage; those of a custom one have its numeric value."""
    return Stamps(
        f"hs_v2_date_entered_{stage}",
        f"hs_v2_date_exited_{stage}",
        f"hs_v2_latest_time_in_{stage}",
        f"hs_v2_cumulative_time_in_{stage}",
    )


def stamp(kind: Kind, row: Row, previous: str, now: str) -> None:
    """Note on a row that its stage is no longer `previous`. Times spent are in milliseconds.

    A stage that a record was created in has no stamp of its own until it is left: most records never move.
    """
    name = PROPERTY[kind.name]
    stage, values = row.values.get(name, ""), row.values
    if stage == previous:
        return
    if previous:
        left = stamps(previous)
        spent = _between(values.setdefault(left.entered, row.created), now)
        values[left.exited] = now
        values[left.latest] = str(spent)
        values[left.cumulative] = str(int(values.get(left.cumulative, "0")) + spent)
    if stage:
        values[stamps(stage).entered] = now


def entered(kind: Kind, row: Row, name: str) -> str | None:
    """The value of a property that tells when a stage was entered: the newest form and two older ones agree."""
    stage = _told(name)
    if not stage:
        return None
    since = row.values.get(stamps(stage).entered)
    return since or (row.created if row.values.get(PROPERTY[kind.name]) == stage else None)


def shown(kind: Kind, row: Row) -> dict[str, str]:
    """The stamps of the stage that a record is in."""
    stage = row.values.get(PROPERTY[kind.name], "")
    names = (stamps(stage).entered, f"hs_lifecyclestage_{stage}_date") if stage else ()
    return {name: since for name in names if (since := entered(kind, row, name))}


@lru_cache(maxsize=4096)
def _told(name: str) -> str:
    """The stage whose entering a property tells of, "" for any other property."""
    found = _ENTERED.fullmatch(name)
    return next(filter(None, found.groups())) if found else ""


_ENTERED: Final = re.compile(r"hs_(?:v2_)?date_entered_(.+)|hs_lifecyclestage_(.+)_date")


def hold(portal: Portal, kind: Kind, row: Row | None, good: dict[str, str]) -> None:
    """Over the API a lifecycle stage only moves forward; a move back is no error, it just does not happen."""
    wanted = good.get("lifecyclestage")
    if row is None or not wanted or not portal.switches.forward_only_lifecycle:
        return
    current = row.values.get("lifecyclestage", "")
    if current and not ahead(kind, wanted, current):
        good["lifecyclestage"] = current


def ahead(kind: Kind, stage: str, current: str) -> bool:
    """Whether a lifecycle stage is not behind another, in display order; one without a place is first."""
    ranks = kind.schema["lifecyclestage"].ranks
    return ranks.get(stage, 0) >= ranks.get(current, 0)


def _between(start: str, end: str) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000)
