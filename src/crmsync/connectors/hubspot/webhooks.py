"""Reads HubSpot's webhook calls: is it genuine, and which records does it name. Receiving them is not here.

An event only says that a record may have changed; values come from a read of the record (docs: webhooks, "Validate
requests"). So values are not even parsed.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import orjson

SKEW: Final = timedelta(minutes=5)
"""How far the timestamp of a call may be from now, to either side."""
_ESCAPES: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(",
    "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_OBJECTS: Final = {"contact": "contacts", "company": "companies", "deal": "deals"}
_TYPE_IDS: Final = {"0-1": "contacts", "0-2": "companies", "0-3": "deals"}


class Unreadable(ValueError):
    """The body of a webhook call is not a JSON array of events; nothing of it was used."""


class Kind(StrEnum):
    """What happened to the record."""

    CREATED = "creation"
    DELETED = "deletion"
    CHANGED = "propertyChange"
    MERGED = "merge"
    RESTORED = "restore"
    LINKED = "associationChange"
    ERASED = "privacyDeletion"


_KINDS: Final = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Notice:
    """Look at record `id` of `object` (`contacts`, `companies`, `deals`); ids are text, as in all other calls.

    `others` are further records of the same event: those of a merge, or (with `to`, its object, "" when not one of
    ours) the other end of an association. `property` is set for CHANGED. `occurred_at` is UTC. Notices come in any
    order, twice, or late.
    """

    object: str
    id: str
    kind: Kind
    occurred_at: datetime
    portal_id: str
    property: str = ""
    others: tuple[str, ...] = ()
    to: str = ""


@dataclass(frozen=True, slots=True)
class Notices:
    """The events of one call that concern us; `ignored` counts the rest (unknown types, no usable id)."""

    found: tuple[Notice, ...]
    ignored: int


def verify(
    secret: str, method: str, uri: str, body: bytes, timestamp: str, signature: str, now: datetime
) -> bool:
    """Whether HubSpot signed this call (v3) within five minutes of `now`, an aware moment.

    `uri` is the whole address as HubSpot knows it, `timestamp` and `signature` are the headers
    `X-HubSpot-Request-Timestamp` (milliseconds) and `X-HubSpot-Signature-v3`. An empty secret verifies nothing.
    """
    if not secret or not re.fullmatch(r"[0-9]{1,15}", timestamp):
        return False
    sent = datetime.fromtimestamp(int(timestamp) / 1000, UTC)
    if abs(now - sent) > SKEW:
        return False
    source = method.upper().encode() + _as_signed(uri).encode() + body + timestamp.encode()
    wanted = base64.b64encode(hmac.digest(secret.encode(), source, "sha256"))
    return hmac.compare_digest(wanted, signature.encode())


def parse(body: bytes) -> Notices:
    """The records that a call names. Raises Unreadable."""
    try:
        events = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"the body of a webhook call is not JSON (line {error.lineno})") from None
    if not isinstance(events, list):
        raise Unreadable("the body of a webhook call is not a JSON array")
    notices = [_notice(event) if isinstance(event, dict) else None for event in events]
    found = tuple(notice for notice in notices if notice is not None)
    return Notices(found, len(notices) - len(found))


def _notice(event: dict[str, Any]) -> Notice | None:
    """One event; its type stands under `subscriptionType`, in other tables under `eventType`."""
    prefix, _, said = str(event.get("subscriptionType") or event.get("eventType") or "").partition(".")
    obj = _TYPE_IDS.get(str(event.get("objectTypeId"))) if prefix == "object" else _OBJECTS.get(prefix)
    at = event.get("occurredAt")
    kind = _KINDS.get(said)
    if obj is None or kind is None or type(at) is not int or not 0 <= at < 10**14:
        return None
    id = _id(event.get("objectId"))
    others: tuple[str, ...] = ()
    to = ""
    if kind is Kind.MERGED:
        id, others = _merged(event, id)
    elif kind is Kind.LINKED:
        id = _id(event.get("fromObjectId")) or id
        others, to = _ids(event.get("toObjectId")), _other_end(event)
    if not id:
        return None
    changed = str(event.get("propertyName") or "") if kind is Kind.CHANGED else ""
    when = datetime.fromtimestamp(at / 1000, UTC)
    return Notice(obj, id, kind, when, _id(event.get("portalId")), changed, others, to)


def _merged(event: dict[str, Any], id: str) -> tuple[str, tuple[str, ...]]:
    """The survivor, which since 2025 is a new record, and all that it absorbed."""
    merged = event.get("mergedObjectIds")
    absorbed = _ids(event.get("primaryObjectId"), *(merged if isinstance(merged, list) else ()))
    survivor = _id(event.get("newObjectId")) or _id(event.get("primaryObjectId")) or id
    return survivor, tuple(each for each in dict.fromkeys((*absorbed, *_ids(id))) if each != survivor)


def _other_end(event: dict[str, Any]) -> str:
    """`contacts` for COMPANY_TO_CONTACT; "" for what is not ours."""
    return _OBJECTS.get(str(event.get("associationType") or "").lower().rpartition("_to_")[2], "")


def _ids(*values: Any) -> tuple[str, ...]:
    return tuple(id for value in values if (id := _id(value)))


def _id(value: Any) -> str:
    """An id as text: integers in webhooks, text elsewhere; "" for anything else."""
    text = str(value) if type(value) in (int, str) else ""
    return text if text.isascii() and text.isdigit() else ""


def _as_signed(uri: str) -> str:
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda found: _ESCAPES.get(found[0].upper(), found[0]), uri)
