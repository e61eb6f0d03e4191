"""HubSpot's webhook sender: subscriptions, batches, retries. It reads the ledger and the portal's clock, never a socket.

Docs: developers.hubspot.com, "Webhooks". `pump` hands what is due to a transport; nothing is sent between pumps.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from crmsync.simulator.hubspot.state import Portal
from crmsync.simulator.hubspot.webhook_events import (
    KINDS,
    NEVER_TOLD,
    SINGULAR,
    TYPE_IDS,
    Happening,
    happenings,
)
from crmsync.simulator.hubspot.webhook_wire import Outcome, Transport, deliver_to

BATCH: Final = 100
AT_ONCE: Final = 10
"""Calls under way at the same time."""
RETRIES: Final = 10
RETRY_SPAN: Final = timedelta(hours=24)
SUBSCRIPTIONS: Final = 1000
SETTINGS_LAG_S: Final = 300.0
"""Longest that the sender may go on with old settings."""
APP_ID: Final = 1160452

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subscription:
    """`type` is `contact.creation` or, with `object_type_id`, `object.creation`; `property` for propertyChange only."""

    id: int
    type: str
    property: str = ""
    object_type_id: str = ""

    def wants(self, told: Happening) -> bool:
        """Whether it gets an event for this."""
        prefix, _, kind = self.type.partition(".")
        of = (
            TYPE_IDS[told.object] == self.object_type_id
            if prefix == "object"
            else SINGULAR[told.object] == prefix
        )
        return kind == told.kind and of and self.property == told.property


@dataclass(frozen=True, slots=True)
class Settings:
    """What the sender goes by: where to (`url` "" for nowhere), signed with what, and about what."""

    url: str = ""
    secret: str = field(default="", repr=False)
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(slots=True)
class _Parcel:
    """Events on their way in one call: due at a moment, for the `attempt`-th time (from 0)."""

    due: datetime
    events: list[Json]
    attempt: int = 0


class Webhooks:
    """The sender of one app. `given_up` counts the events whose last retry failed."""

    def __init__(self, portal: Portal, seed: int = 0) -> None:
        self._portal = portal
        self._rng = random.Random(f"hubspot-webhooks-{seed}")
        self._settings: list[tuple[datetime, Settings]] = []
        self._read = 0
        self._parcels: list[_Parcel] = []
        self._made = 0
        self.given_up = 0

    # -- settings -------------------------------------------------------------------------------------------
    @property
    def settings(self) -> Settings:
        """As they were set last; the sender may not know yet."""
        return self._settings[-1][1] if self._settings else Settings()

    def target(self, url: str, secret: str) -> None:
        """Send to `url`, signed with the app's secret."""
        self._set(replace(self.settings, url=url, secret=secret))

    def subscribe(self, type: str, property: str = "", object_type_id: str = "") -> int:
        """Add a subscription and return its id. Raises ValueError for one that HubSpot does not have."""
        prefix, _, kind = type.partition(".")
        if kind not in KINDS or (prefix != "object" and prefix not in SINGULAR.values()):
            raise ValueError(f"there is no subscription type {type}")
        if kind == "privacyDeletion" and prefix != "contact":
            raise ValueError("only contact.privacyDeletion exists")
        if (prefix == "object") != (object_type_id in TYPE_IDS.values()):
            raise ValueError("object.* takes an object type id such as 0-1; others take none")
        if bool(property) != (kind == "propertyChange") or property in NEVER_TOLD:
            raise ValueError(f"{type} cannot have the property {property!r}")
        if len(self.settings.subscriptions) >= SUBSCRIPTIONS:
            raise ValueError(f"an app has at most {SUBSCRIPTIONS} subscriptions")
        self._made += 1
        made = Subscription(self._made, type, property, object_type_id)
        self._set(replace(self.settings, subscriptions=(*self.settings.subscriptions, made)))
        return made.id

    def unsubscribe(self, id: int) -> None:
        """Remove a subscription."""
        kept = tuple(each for each in self.settings.subscriptions if each.id != id)
        self._set(replace(self.settings, subscriptions=kept))

    def _set(self, settings: Settings) -> None:
        self._gather()  # what happened before goes by the settings of its own time
        lag = min(self._portal.switches.webhook_settings_lag_s, SETTINGS_LAG_S)
        known = self._portal.clock.now() + timedelta(seconds=lag)
        self._settings.append((known, settings))

    def _known(self, at: datetime) -> Settings:
        return next((s for known, s in reversed(self._settings) if known <= at), Settings())

    # -- sending --------------------------------------------------------------------------------------------
    @property
    def waiting(self) -> int:
        """Events that are still to be delivered."""
        self._gather()
        return sum(len(parcel.events) for parcel in self._parcels)

    def next_due(self) -> datetime | None:
        """When the next call is due; None when nothing waits."""
        self._gather()
        return min((parcel.due for parcel in self._parcels), default=None)

    def pump(self, transport: Transport, lock: AbstractContextManager[Any] | None = None) -> int:
        """Send all that is due, ten calls at a time; returns the number of calls. `lock` is held but while sending."""
        lock = lock or nullcontext()
        sent = 0
        while True:
            with lock:
                taken = self._take()
                settings = self._known(self._portal.clock.now())
                at_ms = round(self._portal.clock.now().timestamp() * 1000)
            if not taken:
                return sent
            posts = [deliver_to(settings.url, settings.secret, _body(parcel), at_ms) for parcel in taken]
            outcomes = transport(posts)
            with lock:
                self._settle(taken, outcomes)
            sent += len(taken)

    def _take(self) -> list[_Parcel]:
        """Up to ten parcels that are due now; none while there is no target."""
        self._gather()
        now = self._portal.clock.now()
        if not self._known(now).url:
            return []
        due = [parcel for parcel in self._parcels if parcel.due <= now][:AT_ONCE]
        taken = {id(parcel) for parcel in due}
        self._parcels = [parcel for parcel in self._parcels if id(parcel) not in taken]
        return due

    def _settle(self, taken: Sequence[_Parcel], outcomes: Sequence[Outcome]) -> None:
        now = self._portal.clock.now()
        for parcel, outcome in zip(taken, outcomes, strict=True):
            if outcome.good:
                continue
            if parcel.attempt >= RETRIES:
                self.given_up += len(parcel.events)
                continue
            parcel.attempt += 1
            parcel.due = now + self._pause(parcel.attempt)
            self._parcels.append(parcel)

    def _pause(self, attempt: int) -> timedelta:
        """Before a retry: ten of them grow apart and fill at most 24 hours, each shortened by chance."""
        whole = sum(range(1, RETRIES + 1))
        return RETRY_SPAN * (attempt / whole) * (0.8 + 0.2 * self._rng.random())

    # -- events ---------------------------------------------------------------------------------------------
    def _gather(self) -> None:
        """Turn what is new in the ledger into parcels. Without subscriptions this costs nothing."""
        ledger = self._portal.ledger
        if not self._settings:
            self._read = len(ledger.entries)
            return
        events = [event for entry in ledger.since(self._read) for event in self._events(entry)]
        self._read = len(ledger.entries)
        if not events:
            return
        switches, now = self._portal.switches, self._portal.clock.now()
        again = [event for event in events if self._rng.random() < switches.webhook_double_share]
        if switches.webhook_shuffle:
            self._rng.shuffle(events)
        parcels = [_Parcel(now, part) for some in (events, again) for part in _parts(some)]
        if switches.webhook_shuffle:
            self._rng.shuffle(parcels)
        self._parcels += parcels

    def _events(self, entry: Any) -> Iterator[Json]:
        if entry.side != "hubspot":
            return
        subscriptions = self._known(entry.at).subscriptions
        if subscriptions:
            for told in happenings(entry, self._portal.switches):
                yield from (self._event(each, told) for each in subscriptions if each.wants(told))

    def _event(self, subscription: Subscription, told: Happening) -> Json:
        """Ids are numbers here, unlike everywhere else in HubSpot's API."""
        few = self._portal.switches.webhook_repeat_event_ids
        event = {
            "eventId": self._rng.randrange(1, 4) if few else self._rng.randrange(1, 2**31),
            "subscriptionId": subscription.id,
            "portalId": int(self._portal.id),
            "appId": APP_ID,
            "occurredAt": told.at_ms,
            self._portal.switches.webhook_type_field: subscription.type,
            "attemptNumber": 0,
            "changeSource": told.source,
            **told.more,
        }
        if subscription.object_type_id:
            event["objectTypeId"] = subscription.object_type_id
        return event


def _parts(events: list[Json]) -> Iterator[list[Json]]:
    for at in range(0, len(events), BATCH):
        yield events[at : at + BATCH]


def _body(parcel: _Parcel) -> bytes:
    return orjson.dumps([{**event, "attemptNumber": parcel.attempt} for event in parcel.events])
