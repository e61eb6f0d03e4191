"""Which HubSpot records changed since: search by stamp, drained by id, past every limit of search.

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
from crmsync.errors import TransientError
from crmsync.model.records import Stamp, StampPage

PAGE = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading one object stands: the rows with stamps from `low` on, in order of id, above an id.

    An id never changes, so a row that is edited between two pages is neither shown twice nor passed over, no offset
    meets the 10,000 that search shows at most, and however many rows share a stamp, each page is a new one.
    """

    obj: str
    low: int
    above: str = "0"


def changed(client: Client, objects: Mapping[str, datetime], after: str | None) -> StampPage:
    """One page (one search) of the first object that is not finished."""
    places = (
        [Place(**p) for p in orjson.loads(after)]
        if after
        else [Place(obj, millis(since)) for obj, since in objects.items()]
    )
    if not places:
        return StampPage([], None)
    here, left = places[0], places[1:]
    reply = _search(client, here)
    stamps = [_stamp(here.obj, row) for row in reply.get("results", [])]
    if stamps and (reply.get("paging") or {}).get("next"):
        left.insert(0, _further(here, stamps[-1].id))
    return StampPage(stamps, orjson.dumps([asdict(p) for p in left]).decode() if left else None)


def _further(here: Place, last: str) -> Place:
    """The next page. Raises TransientError where the order is not kept, which would never end."""
    if int(last) <= int(here.above):
        raise TransientError(f"HubSpot's search of {here.obj} does not go on in order of id")
    return replace(here, above=last)


def _search(client: Client, here: Place) -> Json:
    stamp = stamp_property(here.obj)
    filters = [{"propertyName": stamp, "operator": "GTE", "value": str(here.low)}]
    if here.above != "0":
        filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": here.above})
    body: dict[str, Any] = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": ["hs_object_id", stamp],
        "limit": PAGE,
    }
    try:
        return client.search("changes", here.obj, body)
    except Refused as refused:
        raise refused.fatal(f"search of {here.obj}") from refused


def _stamp(obj: str, row: Json) -> Stamp:
    properties = row.get("properties") or {}
    return Stamp(obj, str(row["id"]), moment(properties.get(stamp_property(obj)) or row.get("updatedAt")))
