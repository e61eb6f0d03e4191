"""What a portal holds: object types with rows and properties, owners, links, pipelines, and its place in time."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmsync.simulator.clock import SimClock
from crmsync.simulator.hubspot import pipelines
from crmsync.simulator.hubspot.catalog import company_properties, contact_properties
from crmsync.simulator.hubspot.deals import deal_properties
from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.index import Index
from crmsync.simulator.hubspot.links import Links
from crmsync.simulator.hubspot.pipelines import Pipeline
from crmsync.simulator.hubspot.properties import Property, iso
from crmsync.simulator.hubspot.rows import Table
from crmsync.simulator.hubspot.switches import Switches
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.pool import Pool

if TYPE_CHECKING:
    from crmsync.simulator.hubspot.lists import RecordList
    from crmsync.simulator.hubspot.rules import Rule


@dataclass(slots=True)
class Kind:
    """One object type. `stamp` is the property that its modification time is searched by."""

    name: str
    singular: str
    type_id: str
    stamp: str
    shown: tuple[str, ...]
    schema: dict[str, Property]
    groups: dict[str, str]
    next_num: int
    table: Table = field(default_factory=Table)
    retired: dict[str, Property] = field(default_factory=dict)
    """Archived properties."""
    orders: dict[str, int] = field(default_factory=dict)
    """Property group -> its place, where one was given."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who may own records."""

    id: str
    email: str
    first: str
    last: str
    user_id: int
    created: str
    archived: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A kind of e-mail that people can take or leave."""

    id: str
    name: str
    created: str


@dataclass(frozen=True, slots=True)
class Preference:
    """What an address said about a subscription: its state, where it was said, when, and on what legal basis."""

    state: str
    source: str
    at: str
    basis: str
    explanation: str


class Portal:
    """The state that all handlers share. `call` is the number of the API call being handled (0: a person)."""

    def __init__(self, portal_id: str, clock: SimClock, ledger: Ledger, seed: int) -> None:
        self.id = portal_id
        self.clock = clock
        self.ledger = ledger
        self.rng = random.Random(f"hubspot-{seed}")
        self.switches = Switches()
        self.call = 0
        self._moment: tuple[datetime, str] | None = None
        self.pool = Pool()
        self._first_stages: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self.kinds = {kind.name: kind for kind in _kinds()}
        self.owners: dict[str, Owner] = {}
        self.links = Links()
        self.pipelines: dict[str, Pipeline] = {"default": pipelines.first()}
        self.next_stage = 90_000_000
        self.blocked: set[str] = set()
        """Addresses that were deleted for good and may not come back."""
        self.native = False
        """Whether HubSpot's own Salesforce integration is active."""
        self.rules: dict[str, list[Rule]] = {}
        """Object type -> the validation rules of its admins."""
        self.lists: dict[str, RecordList] = {}
        self.subscriptions: dict[str, Subscription] = {}
        for each in ("Marketing Information", "One to One"):
            self.add_subscription(each)
        self.preferences: dict[str, dict[str, Preference]] = {}
        """Address -> subscription id ("": everything) -> what it said."""
        pipelines.show(self.kinds["deals"], self.pipelines)
        self.index = Index(self.kinds, clock, self.switches, seed)
        self._names = {
            alias: kind for kind in self.kinds.values() for alias in (kind.name, kind.singular, kind.type_id)
        }

    def kind(self, name: str) -> Kind:
        """The object type of a plural, singular or numeric name, in any case. Raises ApiError 400."""
        kind = self._names.get(name.lower())
        if kind is None:
            raise ApiError(400, f"Unable to infer object type from: {name}")
        return kind

    def now(self) -> str:
        """The present as HubSpot writes it."""
        at = self.clock.now()
        if self._moment is None or self._moment[0] != at:
            self._moment = (at, iso(at))
        return self._moment[1]

    def record(
        self, actor: str, op: str, obj: str, id: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Write to the ledger."""
        call = self.call if actor == "api" else 0
        self.ledger.append(
            at=self.clock.now(),
            side="hubspot",
            actor=actor,
            op=op,
            object=obj,
            id=id,
            before=before,
            after=after,
            call=call,
        )

    def first_stage(self, stage: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the ledger says before and after a new contact gets its stage: the same for all of them."""
        return self._first_stages.setdefault(stage, ({"lifecyclestage": None}, {"lifecyclestage": stage}))

    def mint(self, kind: Kind) -> int:
        """A new record number, higher than all before."""
        kind.next_num += 1 + int(self.rng.random() * 40)
        return kind.next_num

    def uuid(self) -> str:
        """A seeded UUID."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def touch(self, kind: Kind, num: int) -> None:
        """Call before a row changes or comes to be: search goes on seeing it as it was, for its lag."""
        self.index.touch(kind.name, num, kind.table.rows.get(num), self.now())

    def add_subscription(self, name: str) -> Subscription:
        """A new kind of e-mail, and the contact property that shows who left it."""
        made = Subscription(str(310_000_000 + 7 * (len(self.subscriptions) + 1)), name, self.now())
        self.subscriptions[made.id] = made
        flag, label = flag_of(made.id), f"Opted out of email: {name}"
        self.kinds["contacts"].schema[flag] = Property(flag, label, "bool", "booleancheckbox", read_only=True)
        return made

    def add_owner(self, email: str, first: str = "", last: str = "") -> Owner:
        """A new owner; its id and its user id differ."""
        at = len(self.owners)
        owner = Owner(
            str(415_000_000 + 977 * at), email.lower(), first, last, 51_000_000 + 613 * at, self.now()
        )
        self.owners[owner.id] = owner
        return owner


def flag_of(subscription: str = "") -> str:
    """The contact property that shows who left a subscription, without one who left everything."""
    return f"hs_email_optout_{subscription}" if subscription else "hs_email_optout"


def _kinds() -> Iterable[Kind]:
    yield _kind(
        "contacts",
        "contact",
        "0-1",
        "lastmodifieddate",
        "createdate email firstname hs_object_id lastmodifieddate lastname",
        contact_properties(),
        {
            "contactinformation": "Contact information",
            "sales_properties": "Sales properties",
            "analyticsinformation": "Web analytics history",
        },
        150_000_000_000,
    )
    yield _kind(
        "companies",
        "company",
        "0-2",
        "hs_lastmodifieddate",
        "createdate domain hs_lastmodifieddate hs_object_id name",
        company_properties(),
        {"companyinformation": "Company information"},
        31_000_000_000,
    )
    yield _kind(
        "deals",
        "deal",
        "0-3",
        "hs_lastmodifieddate",
        "amount closedate createdate dealname dealstage hs_lastmodifieddate hs_object_id pipeline",
        deal_properties(),
        {"dealinformation": "Deal information"},
        18_000_000_000,
    )


def _kind(
    name: str,
    singular: str,
    type_id: str,
    stamp: str,
    shown: str,
    properties: list[Property],
    groups: dict[str, str],
    first: int,
) -> Kind:
    kind = Kind(
        name, singular, type_id, stamp, tuple(shown.split()), {p.name: p for p in properties}, groups, first
    )
    if name == "contacts":
        kind.table.unique["email"] = {}
    return kind
