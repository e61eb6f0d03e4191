"""Troubles of webhooks, drawn from a seed: what the simulated portal sends is lost, doubled, shuffled, forged, replayed.

The receiving end is as a listener would have it: verify, parse, keep the hints. Each trouble is counted by name.
"""

from __future__ import annotations

import base64
import hmac
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from crmsync.connectors.hubspot.hints import hints_of
from crmsync.connectors.hubspot.webhooks import parse, verify
from crmsync.model.ports import Store
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.hubspot.webhook_wire import Delivery, Outcome
from crmsync.sync.hints import land

WEBHOOK_TROUBLES: Final = ("lost", "refused", "doubled", "reordered", "forged", "replayed", "burst")
URL: Final = "https://hooks.example/hooks/hubspot"
SECRET: Final = "simulated-client-secret"
STRANGER: Final = "99999999"
"""The record that forged notifications name; nobody has it."""

KINDS: Final = ("creation", "deletion", "merge", "restore", "associationChange")
PROPERTIES: Final = ("firstname", "lastname", "email", "jobtitle", "city", "hs_email_optout")
BURST: Final = 60


@dataclass(slots=True)
class Hooks:
    """An app of the portal and its receiving end. `accepted` counts the calls that were found genuine."""

    cluster: Cluster
    rng: random.Random
    store: Store
    chance: float = 0.5
    happened: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    _later: list[Delivery] = field(default_factory=list)
    _old: list[tuple[datetime, Delivery]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sender = self.cluster.hubspot.webhooks
        sender.target(URL, SECRET)
        for kind in KINDS:
            sender.subscribe(f"contact.{kind}")
        sender.subscribe("contact.privacyDeletion")
        sender.subscribe("company.creation")
        for name in PROPERTIES:
            sender.subscribe("contact.propertyChange", name)

    def carry(self) -> None:
        """Let arrive what the portal has to tell, in whatever state; what was kept back arrives after what is new."""
        kept, self._later = self._later, []
        self.cluster.hubspot.webhooks.pump(self._post)
        for delivery in kept:
            self._receive(delivery)
        now = self.cluster.clock.now()
        stale = [d for at, d in self._old if (now - at).total_seconds() > 300]
        self._old = [(at, d) for at, d in self._old if (now - at).total_seconds() <= 300]
        for delivery in stale:
            if self._receive(delivery):
                raise AssertionError("a call replayed after five minutes was taken for genuine")
            self.happened["replayed"] += 1

    def _post(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [self._one(delivery) for delivery in deliveries]

    def _one(self, delivery: Delivery) -> Outcome:
        trouble = self.rng.choice(WEBHOOK_TROUBLES) if self.rng.random() < self.chance else ""
        if trouble == "replayed":
            self._old.append((self.cluster.clock.now(), delivery))
        elif trouble:
            self.happened[trouble] += 1
        match trouble:
            case "lost":
                return Outcome(200)
            case "refused":  # the portal sends it again, later
                return Outcome(500)
            case "reordered":
                self._later.append(delivery)
                return Outcome(200)
            case "doubled":
                self._receive(delivery)
            case "forged":
                if self._receive(_forged(delivery)):
                    raise AssertionError("a forged call was taken for genuine")
            case "burst":
                self._receive(self._burst())
        self._receive(delivery)
        return Outcome(200)

    def _receive(self, delivery: Delivery) -> bool:
        """As the listener does; whether it was genuine."""
        stamp = delivery.headers["x-hubspot-request-timestamp"]
        signature = delivery.headers["x-hubspot-signature-v3"]
        now = self.cluster.clock.now()
        if not verify(SECRET, "POST", URL, delivery.body, stamp, signature, now):
            return False
        land(self.store, hints_of(parse(delivery.body).found, self.cluster.hubspot.portal_id))
        self.accepted += 1
        return True

    def _burst(self) -> Delivery:
        """Many notifications at once, most of records that nobody has."""
        at = int(self.cluster.clock.now().timestamp() * 1000)
        event = {"portalId": int(self.cluster.hubspot.portal_id), "occurredAt": at, "attemptNumber": 0}
        body = json.dumps(
            [
                {**event, "subscriptionType": "contact.creation", "objectId": self.rng.randint(1, 10**6)}
                for _ in range(BURST)
            ]
        ).encode()
        signed = hmac.digest(SECRET.encode(), b"POST" + URL.encode() + body + str(at).encode(), "sha256")
        headers = {
            "x-hubspot-request-timestamp": str(at),
            "x-hubspot-signature-v3": base64.b64encode(signed).decode(),
        }
        return Delivery(URL, body, headers)


def _forged(delivery: Delivery) -> Delivery:
    """The same call about somebody else, under the old signature."""
    events = json.loads(delivery.body)
    return replace(
        delivery, body=json.dumps([{**event, "objectId": int(STRANGER)} for event in events]).encode()
    )
