"""Conditional requests: entity tags of Accounts, dates of the other rows, Last-Modified of describe.

Page: REST/intro-rest-conditional-requests. A failed condition is 304 on a read and 412 on everything else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.http import Call
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Clock, wire

_READS = frozenset({"GET", "HEAD"})
_TAGGED = "Account"


class NotModified(Exception):
    """A read whose condition says that nothing is new: 304 without a body."""


def etag(row: Row) -> str:
    """The entity tag of a row: another one for every change of a value."""
    return f'"{hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:20]}"'


def tags(entity: Entity, row: Row) -> dict[str, str]:
    """The reply header with an Account's entity tag; other objects have none."""
    return {"ETag": etag(row)} if entity.name == _TAGGED else {}


def check(call: Call, entity: Entity, row: Row) -> None:
    """Let a call pass whose conditions hold. Raises NotModified, or ApiError 412 or 400."""
    if entity.name == _TAGGED:
        wanted, unwanted = call.headers.get("if-match"), call.headers.get("if-none-match")
        if wanted is not None and not _names(wanted, lambda: etag(row)):
            raise failed()
        if unwanted is not None and _names(unwanted, lambda: etag(row)):
            raise _old(call)
    changed = str(row.get("LastModifiedDate", row["SystemModstamp"]))
    limit = date_header(call, "if-unmodified-since")
    if limit is not None and changed > wire(limit):
        raise failed()
    since = date_header(call, "if-modified-since")
    if since is not None and changed <= wire(since):
        raise _old(call)


def failed() -> ApiError:
    """The precondition does not hold."""
    return refuse("PRECONDITION_FAILED", "The record was modified after the given date", status=412)


def _old(call: Call) -> Exception:
    return NotModified() if call.method in _READS else failed()


def _names(header: str, tag: Callable[[], str]) -> bool:
    """Whether a list of entity tags, or `*`, names the one of the row."""
    given = {t.strip().removeprefix("W/") for t in header.split(",")}
    return "*" in given or tag() in given


def date_header(call: Call, name: str) -> datetime | None:
    """An HTTP date header. Raises ApiError (400) for one that is no date, but for reads, which go on without."""
    text = call.headers.get(name)
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        if call.method in _READS:
            return None
        raise ApiError(*refuse("INVALID_INPUT", f"Invalid value for header {name}").problems) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Editions:
    """Since when something looks as it does now: what a describe's Last-Modified says."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[bytes, datetime]] = {}

    def since(self, name: str, content: bytes) -> datetime:
        """When this content was first seen under a name, in whole seconds."""
        mark = hashlib.sha256(content).digest()
        known = self._seen.get(name)
        if known is None or known[0] != mark:
            known = self._seen[name] = (mark, self._clock.now().astimezone(UTC).replace(microsecond=0))
        return known[1]

    def headers(self, call: Call, name: str, content: bytes) -> dict[str, str]:
        """The reply header. Raises NotModified when If-Modified-Since says that the caller knows it."""
        changed = self.since(name, content)
        asked = date_header(call, "if-modified-since")
        if asked is not None and changed <= asked:
            raise NotModified
        return {"Last-Modified": format_datetime(changed, usegmt=True)}
