"""What the judge is told, in plain data: which fields pair up, what is in scope, and what was openly left undone.

Whoever runs the engine fills this in from the definition and the store; nothing here knows either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from crmsync.simulator.compare import KINDS, Native, blank, same

TWO_WAY, TO_SALESFORCE, TO_HUBSPOT = "two_way", "to_salesforce", "to_hubspot"
VENDOR: Mapping[str, frozenset[str]] = {
    "hubspot": frozenset({"createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_object_id"}),
    "salesforce": frozenset({"Name", "Id", "SystemModstamp", "LastModifiedDate", "LastModifiedById"}),
}
"""Fields that a vendor keeps by itself and that move with any write."""

BORN: Mapping[str, frozenset[str]] = {
    "hubspot": frozenset({"lifecyclestage", "hubspot_owner_id"}),
    "salesforce": frozenset(
        {
            *("Status", "OwnerId", "IsDeleted", "IsConverted", "CreatedDate", "CreatedById"),
            *("CurrencyIsoCode", "RecordTypeId"),
        }
    ),
}
"""Fields that a vendor fills in on a create when nobody names them."""

SETUP = frozenset(
    {"CustomField", "FieldPermissions", "PermissionSet", "PermissionSetAssignment", "properties"}
)
"""What setting up writes: definitions, not people's data."""

OTHER: Mapping[str, str] = {"hubspot": "salesforce", "salesforce": "hubspot"}


class Row(Protocol):
    """A ledger entry: one change of one record. `before` and `after` hold the changed fields only."""

    @property
    def n(self) -> int: ...
    @property
    def side(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def op(self) -> str: ...
    @property
    def object(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def before(self) -> Mapping[str, Native]: ...
    @property
    def after(self) -> Mapping[str, Native]: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger entry as plain data, for a ledger that came as JSON."""

    n: int
    side: str
    actor: str
    op: str
    object: str
    id: str
    before: Mapping[str, Native]
    after: Mapping[str, Native]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Line:
        """From one entry of the admin port's `GET /admin/ledger`."""
        return cls(**{f.name: entry[f.name] for f in fields(cls)})


@dataclass(frozen=True, slots=True)
class FieldPair:
    """One canonical field: a HubSpot contact property beside a field on Lead and on Contact.

    `direction` is `two_way`, `to_salesforce` or `to_hubspot`; `compare` one of `compare.KINDS`. `values` are the
    (HubSpot value, Salesforce value) pairs of a picklist map; without any, values pass as they are. `blank` is
    `keep` (a clearing stays on its side) or `clear`. `defaults` are, per side, the values that a create may
    fill in by itself; they count as blank when the sides are compared. `rule` matters where it makes a one-way
    target keep its value: `most_restrictive` (a true one) and `first` (any); other rules need not be named.
    """

    name: str
    hubspot: str
    salesforce: Mapping[str, str]
    direction: str = TWO_WAY
    compare: str = "text"
    values: frozenset[tuple[str, str]] = frozenset()
    blank: str = "keep"
    defaults: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rule: str = ""

    def __post_init__(self) -> None:
        if self.compare not in KINDS or self.direction not in (TWO_WAY, TO_SALESFORCE, TO_HUBSPOT):
            raise ValueError(
                f"{self.name}: unknown comparer {self.compare!r} or direction {self.direction!r}"
            )

    def native(self, side: str, obj: str) -> str | None:
        """The native name on an object, or None."""
        return self.hubspot if side == "hubspot" else self.salesforce.get(obj)

    def writes_to(self, side: str) -> bool:
        """Whether the field may be written on `side`."""
        return self.direction == TWO_WAY or self.direction == f"to_{side}"

    def default(self, side: str, value: Native) -> bool:
        """Whether `value` is what a create fills in on `side`."""
        return value in self.defaults.get(side, frozenset())

    def equal(self, side: str, mine: Native, theirs: Native) -> bool:
        """Whether `mine` on `side` and `theirs` on the other side mean the same."""
        a, b = (
            (None if self.default(side, mine) else mine),
            (None if self.default(OTHER[side], theirs) else theirs),
        )
        if blank(a) or blank(b) or not self.values:
            return same(self.compare, a, b)
        pair = (str(a), str(b)) if side == "hubspot" else (str(b), str(a))
        return pair in self.values


@dataclass(frozen=True, slots=True)
class Pair:
    """One link: a HubSpot contact and the primary Salesforce record of the same person."""

    hubspot: str
    object: str
    salesforce: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that a conflict keeps for review: which record (native id) held it, in which canonical field.

    `value` is native to that record, or whatever the comparer takes as equal. `open` says that nobody has
    decided yet, so the two sides may still differ there.
    """

    id: str
    field: str
    value: Native
    open: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the engine was asked to do and what it openly left undone.

    `scope` holds, per side, the native ids that are in scope (a side it does not name: everybody). `births` are
    the sides on which a missing person is to be created. `parked` and `held` are (native id, canonical field)
    with field "" for the whole record; `raced` are those where a lost race was counted, which excuses I3. `keys`
    name our key per side and `own` our other fields: projections, exempt from I5. `links` are the engine's,
    `former` those that ended (a record was deleted or merged away): what flowed then was legitimate.
    `beside` are second records of a linked person (an open Lead beside a Contact), reported and kept as they are.
    `unseen` are records that the integration user cannot see in the end: nobody to link with. `left` are native ids
    that went out of scope, with the number of the ledger entry up to which they may have been written.
    """

    pairs: tuple[FieldPair, ...]
    links: tuple[Pair, ...] = ()
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)
    births: frozenset[str] = frozenset()
    kept: frozenset[Kept] = frozenset()
    parked: frozenset[tuple[str, str]] = frozenset()
    held: frozenset[tuple[str, str]] = frozenset()
    raced: frozenset[tuple[str, str]] = frozenset()
    former: tuple[Pair, ...] = ()
    beside: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    left: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, str] = field(
        default_factory=lambda: {"hubspot": "crmsync_id", "salesforce": "crmsync_id__c"}
    )
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def in_scope(self, side: str, id: str) -> bool:
        """Whether a record may be written at all."""
        ids = self.scope.get(side)
        return ids is None or id in ids

    def was_in_scope(self, side: str, id: str, n: int) -> bool:
        """Whether it might be written when the ledger's entry `n` was made."""
        return self.in_scope(side, id) or n <= self.left.get(id, 0)


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A broken invariant. `record` is `side/object/id`; `detail` says what is wrong, in words."""

    invariant: str
    record: str
    detail: str
