"""The webhooks journal: changes of the last three days, pulled by an app in its own name, entry by entry.

Docs: developers.hubspot.com, "Webhooks journal" (2026-03). Not simulated: snapshots, lists, app lifecycle. What a file
holds is not documented: it is a guess (a JSON list of push events), or refused (the switch `journal_file`).
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.properties import iso
from crmsync.simulator.hubspot.rows import number
from crmsync.simulator.hubspot.state import Portal
from crmsync.simulator.hubspot.webhook_events import TYPE_IDS, Happening, happenings

RETENTION: Final = timedelta(days=3)
FILE_LIFETIME: Final = timedelta(hours=1)
VERSION: Final = "2026-03"
ACTIONS: Final[Mapping[str, frozenset[str]]] = {
    "OBJECT": frozenset({"CREATE", "UPDATE", "DELETE", "MERGE", "RESTORE"}),
    "ASSOCIATION": frozenset({"ASSOCIATION_ADDED", "ASSOCIATION_REMOVED"}),
    "GDPR_PRIVACY_DELETION": frozenset({"GDPR_DELETE"}),
}
_DONE: Final = {
    "creation": "CREATE",
    "propertyChange": "UPDATE",
    "deletion": "DELETE",
    "merge": "MERGE",
    "restore": "RESTORE",
    "privacyDeletion": "GDPR_DELETE",
}
_PLACE: Final = "https://journal.hubspot.example"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Subscription:
    id: int
    type: str
    actions: frozenset[str]
    object_type_id: str
    properties: frozenset[str]
    object_ids: frozenset[int]
    made: str

    def wants(self, told: Happening) -> bool:
        """Empty lists of properties and ids stand for all."""
        if self.object_type_id not in ("", TYPE_IDS[told.object]) or _action(told) not in self.actions:
            return False
        if told.property and self.properties and told.property not in self.properties:
            return False
        return not self.object_ids or told.more.get("objectId") in self.object_ids


@dataclass(frozen=True, slots=True)
class _Entry:
    offset: str
    at: datetime
    events: list[Json]


@dataclass(slots=True)
class _Book:
    """What one app subscribed to and may read; `read` is how far into the ledger it goes."""

    read: int
    subscriptions: dict[int, _Subscription] = field(default_factory=dict)
    entries: list[_Entry] = field(default_factory=list)


class Journal:
    """The journals of all apps over one portal. An entry holds what one write did."""

    def __init__(self, portal: Portal, seed: int = 0) -> None:
        self._portal = portal
        self._rng = random.Random(f"hubspot-journal-{seed}")
        self._books: dict[str, _Book] = {}
        self._made = 0

    def routes(self) -> dict[str, Handler]:
        """As a module's ROUTES; journal-local is the same with one account told by `installPortalId`."""
        table: dict[str, Handler] = {
            "POST webhooks-journal/subscriptions": self.subscribe,
            "GET webhooks-journal/subscriptions": self.subscriptions,
            "GET webhooks-journal/subscriptions/{id}": self.subscription,
            "DELETE webhooks-journal/subscriptions/{id}": self.unsubscribe,
            "GET webhooks-journal/files/{offset}": self.file,
        }
        for journal in ("webhooks-journal/journal", "webhooks-journal/journal-local"):
            table |= {
                f"GET {journal}/earliest": self._one(self._earliest),
                f"GET {journal}/latest": self._one(self._latest),
                f"GET {journal}/offset/{{offset}}/next": self._one(self._after),
                f"GET {journal}/batch/earliest/{{count}}": self._many(self._earliest),
                f"GET {journal}/batch/latest/{{count}}": self._many(self._latest),
                f"GET {journal}/batch/{{offset}}/next/{{count}}": self._many(self._after),
            }
        return table

    # -- subscriptions --------------------------------------------------------------------------------------
    def subscribe(self, call: Call) -> Reply:
        """POST subscriptions: from now on."""
        book, body = self._book(call), call.body()
        type, actions = str(body.get("subscriptionType")), body.get("actions") or []
        if type not in ACTIONS or not actions or not set(actions) <= ACTIONS[type]:
            raise validation(f"Invalid subscriptionType {type} or actions {actions}")
        if str(body.get("portalId")) != self._portal.id:
            raise validation(f"portalId {body.get('portalId')} has not installed the app")
        about = str(body.get("objectTypeId") or "")
        if type != "GDPR_PRIVACY_DELETION" and about not in TYPE_IDS.values():
            raise ApiError(400, f"Unable to infer object type from: {about}")
        self._made += 1
        made = _Subscription(
            self._made,
            type,
            frozenset(actions),
            about,
            frozenset(body.get("properties") or ()),
            frozenset(int(each) for each in body.get("objectIds") or ()),
            self._portal.now(),
        )
        book.subscriptions[made.id] = made
        return 200, self._shown(call, made)

    def subscriptions(self, call: Call) -> Reply:
        """GET subscriptions."""
        return 200, {"results": [self._shown(call, each) for each in self._book(call).subscriptions.values()]}

    def subscription(self, call: Call) -> Reply:
        """GET subscriptions/{id}."""
        return 200, self._shown(call, self._found(call))

    def unsubscribe(self, call: Call) -> Reply:
        """DELETE subscriptions/{id}: what happened until now stays readable."""
        del self._book(call).subscriptions[self._found(call).id]
        return 204, None

    def _found(self, call: Call) -> _Subscription:
        id = call.args["id"]
        found = self._book(call).subscriptions.get(number(id) or 0)
        if found is None:
            raise not_found()
        return found

    def _shown(self, call: Call, each: _Subscription) -> Json:
        return {
            "id": each.id,
            "appId": _app(call),
            "subscriptionType": each.type,
            "portalId": int(self._portal.id),
            "objectTypeId": each.object_type_id,
            "actions": sorted(each.actions),
            "properties": sorted(each.properties),
            "objectIds": sorted(each.object_ids),
            "createdAt": each.made,
            "updatedAt": each.made,
        }

    # -- reading --------------------------------------------------------------------------------------------
    def _one(self, choose: _Choice) -> Handler:
        def handler(call: Call) -> Reply:
            found = choose(self._entries(call), call, 1)
            if not found:
                return self._end()
            return 200, self._place(call, found[0])

        return handler

    def _end(self) -> Reply:
        """There is nothing (more). Raises ApiError when the switch says 404."""
        status = self._portal.switches.journal_end_status
        if status == 404:
            raise not_found("there is no entry after this offset")
        return status, None

    def _many(self, choose: _Choice) -> Handler:
        def handler(call: Call) -> Reply:
            count = call.args["count"]
            most = number(count)
            if not most:
                raise validation(f"count {count} is not a positive number")
            found = choose(self._entries(call), call, most)
            now = self._portal.now()
            results = [self._place(call, each) for each in found]
            return 200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}

        return handler

    def _earliest(self, entries: list[_Entry], call: Call, count: int) -> list[_Entry]:
        return entries[:count]

    def _latest(self, entries: list[_Entry], call: Call, count: int) -> list[_Entry]:
        return entries[-count:]

    def _after(self, entries: list[_Entry], call: Call, count: int) -> list[_Entry]:
        """Raises ApiError 404 for an offset that is unknown or has expired."""
        offset = call.args["offset"]
        at = next((n for n, entry in enumerate(entries) if entry.offset == offset), None)
        if at is None:
            raise not_found(f"journal offset {offset} does not exist or has expired")
        return entries[at + 1 : at + 1 + count]

    def _entries(self, call: Call) -> list[_Entry]:
        portal = call.request.param("installPortalId")
        entries = self._book(call).entries
        return entries if portal in ("", self._portal.id) else []

    def _place(self, call: Call, entry: _Entry) -> Json:
        """Where the entry's file lies; the address is open to whoever has it, for a while."""
        host = call.request.headers.get("host")
        expires = self._portal.clock.now() + FILE_LIFETIME
        path = f"/webhooks-journal/files/{VERSION}/{entry.offset}?expires={round(expires.timestamp())}"
        return {
            "url": (f"http://{host}" if host else _PLACE) + path,
            "expiresAt": iso(expires),
            "currentOffset": entry.offset,
        }

    def file(self, call: Call) -> Reply:
        """GET of an entry's `url`, without a token. 403 once it has expired."""
        if (number(call.request.param("expires")) or 0) < self._portal.clock.now().timestamp():
            raise ApiError(403, "Request has expired")
        for book in self._books.values():
            for entry in book.entries:
                if entry.offset == call.args["offset"] and self._portal.switches.journal_file == "events":
                    return 200, entry.events
        raise not_found()

    # -- writing --------------------------------------------------------------------------------------------
    def _book(self, call: Call) -> _Book:
        """The book of the calling app, brought up to date."""
        if call.version != VERSION:
            raise not_found()
        ledger, now = self._portal.ledger, self._portal.clock.now()
        book = self._books.setdefault(call.caller.name, _Book(len(ledger.entries)))
        for entry in ledger.since(book.read) if book.subscriptions else ():
            if entry.side == "hubspot":
                told = happenings(entry, self._portal.switches)
                events = [event for each in told for event in self._events(call, book, each)]
                if events:
                    book.entries.append(_Entry(self._offset(), entry.at, events))
        book.read = len(ledger.entries)
        if book.entries and book.entries[0].at < now - RETENTION:
            book.entries = [each for each in book.entries if each.at >= now - RETENTION]
        return book

    def _events(self, call: Call, book: _Book, told: Happening) -> Iterator[Json]:
        if any(each.wants(told) for each in book.subscriptions.values()):
            yield {
                "portalId": int(self._portal.id),
                "appId": _app(call),
                "occurredAt": told.at_ms,
                "objectTypeId": TYPE_IDS[told.object],
                "action": _action(told),
                **told.more,
            }

    def _offset(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))


_Choice = Callable[[list[_Entry], Call, int], list[_Entry]]


def _action(told: Happening) -> str:
    if told.kind != "associationChange":
        return _DONE[told.kind]
    return "ASSOCIATION_REMOVED" if told.more["associationRemoved"] else "ASSOCIATION_ADDED"


def _app(call: Call) -> int:
    return number(call.caller.name.rpartition("-")[2]) or 0
