"""Which Salesforce records changed since: by stamp and id, five objects in one composite call.

queryAll keeps deleted rows, so these are changes too. A row says "this id, this stamp"; values are read elsewhere.
Rows can be committed behind what was read already, so the caller overlaps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus

import orjson

from crmsync.connectors.salesforce.client import Client, Json, Refused, errors_of, failure
from crmsync.connectors.salesforce.describe import Plain, literal, moment
from crmsync.connectors.salesforce.soql import changed_since
from crmsync.connectors.transport import CallFailed
from crmsync.errors import TransientError
from crmsync.model.records import Stamp, StampPage

QUERIES: Final = 5
"""Queries in one composite call (docs: composite)."""

Place = list[str]
"""[object, since, last id]: the rows from this stamp on, of this stamp only those after the id."""


def changed(
    client: Client, plain: Callable[[str], Plain], objects: Mapping[str, datetime], after: str | None
) -> StampPage:
    """One page: the first pages of five objects, later the further pages of those not done, one by one."""
    place: Json = (
        orjson.loads(after)
        if after
        else {"todo": [[obj, literal(_whole(since)), ""] for obj, since in objects.items()], "more": []}
    )
    if place["more"]:
        (here, url), *place["more"] = place["more"]
        stamps = _continue(client, plain, place, here, url)
    elif place["todo"]:
        now, place["todo"] = place["todo"][:QUERIES], place["todo"][QUERIES:]
        stamps = _start(client, plain, place, now)
    else:
        stamps = []
    left = bool(place["more"] or place["todo"])
    return StampPage(stamps, orjson.dumps(place).decode() if left else None)


def _whole(since: datetime) -> datetime:
    """The first whole second from then on: stamps have whole seconds, so none lies between."""
    return since if since.microsecond == 0 else since.replace(microsecond=0) + timedelta(seconds=1)


def _start(client: Client, plain: Callable[[str], Plain], place: Json, now: Sequence[Place]) -> list[Stamp]:
    requests = [
        {
            "method": "GET",
            "referenceId": f"q{number}",
            "url": f"{client.base}/queryAll?q={quote_plus(_soql(plain(here[0]), here))}",
        }
        for number, here in enumerate(now)
    ]
    try:
        reply = client.ask("changes", "composite", {"allOrNone": False, "compositeRequest": requests})
    except Refused as refused:
        raise refused.fatal("a composite query") from refused
    answers = {part["referenceId"]: part for part in reply["compositeResponse"]}
    stamps: list[Stamp] = []
    for number, here in enumerate(now):
        answer = answers[f"q{number}"]
        if answer["httpStatusCode"] != 200:
            raise _part_failed(here[0], answer)
        stamps += _stamps(plain(here[0]), place, here, answer["body"])
    return stamps


def _soql(plain: Plain, here: Place) -> str:
    obj, since, last = here
    names = ("Id", plain.stamp, *(["IsDeleted"] if plain.deletes else []))
    return changed_since(obj, plain.stamp, names, since, last)


def _continue(
    client: Client, plain: Callable[[str], Plain], place: Json, here: Place, url: str
) -> list[Stamp]:
    try:
        return _stamps(plain(here[0]), place, here, client.more("changes", url))
    except Refused as refused:
        if refused.code != "INVALID_QUERY_LOCATOR":
            raise refused.fatal(f"a query of {here[0]}") from refused
    place["todo"].insert(0, here)  # the locator is lost: again from the last row on
    return []


def _stamps(plain: Plain, place: Json, here: Place, page: Json) -> list[Stamp]:
    stamps = [
        Stamp(here[0], str(r["Id"]), moment(r[plain.stamp]), deleted=bool(r.get("IsDeleted", False)))
        for r in page["records"]
    ]
    if not page["done"]:
        last = [here[0], literal(stamps[-1].version), stamps[-1].id] if stamps else here
        place["more"].append([last, page["nextRecordsUrl"]])
    return stamps


def _part_failed(obj: str, answer: Mapping[str, Any]) -> Exception:
    """A failed subrequest, as if it had been a call of its own."""
    error = failure(int(answer["httpStatusCode"]), errors_of(answer.get("body")))
    if isinstance(error, Refused):
        return error.fatal(f"a query of {obj}")
    if isinstance(error, CallFailed):
        return TransientError(f"Salesforce changes: {error}", retry_after=error.retry_after)
    return error
