"""Which HubSpot records changed since: search by stamp, drained past every limit of search.

A search row only says "this id, this stamp"; values are read elsewhere. The index lags, so the caller overlaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from crmsync.connectors.hubspot.client import Client, Json, Refused
from crmsync.connectors.hubspot.describe import millis, moment, stamp_property
from crmsync.model.records import Stamp, StampPage

PAGE = 200
CAP = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading one object stands.

    Window: stamps >= `low` in order of stamp, rows from `offset`; the row at `offset` was seen as `edge` (with
    the stamp `edge_at`), which proves that nothing moved between two pages. Drain (`above` set): the rows of the one stamp `low` in order of
    id, above that id.
    """

    obj: str
    low: int
    offset: int = 0
    edge: str = ""
    edge_at: int = 0
    above: str = ""


def changed(client: Client, objects: Mapping[str, datetime], after: str | None) -> StampPage:
    """One page (one search) of the first object that is not finished."""
    places = (
        [Place(**p) for p in orjson.loads(after)]
        if after
        else [Place(obj, millis(since)) for obj, since in objects.items()]
    )
    if not places:
        return StampPage([], None)
    here, rest = places[0], places[1:]
    reply = _search(client, here)
    stamps = [_stamp(here.obj, row) for row in reply.get("results", [])]
    step = _drained(here, stamps) if here.above else _windowed(here, stamps, reply)
    left = ([step] if step else []) + rest
    return StampPage(stamps, orjson.dumps([asdict(p) for p in left]).decode() if left else None)


def _windowed(here: Place, stamps: list[Stamp], reply: Json) -> Place | None:
    """The next place after a page of the window, None at the end."""
    if here.edge and (not stamps or stamps[0].id != here.edge):
        return _restart(here, here.edge_at)
    if not stamps or not (reply.get("paging") or {}).get("next"):
        return None
    last = millis(stamps[-1].version)
    if here.offset + 2 * PAGE > CAP:
        return _restart(here, last)
    return replace(here, offset=here.offset + len(stamps) - 1, edge=stamps[-1].id, edge_at=last)


def _restart(here: Place, low: int) -> Place:
    """The window from `low` on; when that is no progress, one stamp holds more rows than search can show."""
    if low > here.low:
        return Place(here.obj, low)
    return Place(here.obj, here.low, above="0")


def _drained(here: Place, stamps: list[Stamp]) -> Place | None:
    """The next place after a page of one stamp: higher ids, then the window from the next millisecond."""
    if len(stamps) == PAGE:
        return replace(here, above=stamps[-1].id)
    return Place(here.obj, here.low + 1)


def _search(client: Client, here: Place) -> Json:
    stamp = stamp_property(here.obj)
    if here.above:
        filters = [
            {"propertyName": stamp, "operator": "EQ", "value": str(here.low)},
            {"propertyName": "hs_object_id", "operator": "GT", "value": here.above},
        ]
        order = "hs_object_id"
    else:
        filters = [{"propertyName": stamp, "operator": "GTE", "value": str(here.low)}]
        order = stamp
    body: dict[str, Any] = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
        "properties": ["hs_object_id", stamp],
        "limit": PAGE,
    }
    if here.offset:
        body["after"] = str(here.offset)
    try:
        return client.search("changes", here.obj, body)
    except Refused as refused:
        raise refused.fatal(f"search of {here.obj}") from refused


def _stamp(obj: str, row: Json) -> Stamp:
    properties = row.get("properties") or {}
    return Stamp(obj, str(row["id"]), moment(properties.get(stamp_property(obj)) or row.get("updatedAt")))
