"""What crmsync remembers of a person: the link, its rows on both sides, the base, and what it intends to write.

A link is one person. Each side has rows (records); one of them is primary. `agreed` and `seen` are the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from crmsync.model.records import Record
from crmsync.model.values import Side, Value, Values


class Role(StrEnum):
    """What a side row is to its link."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    ALIAS = "alias"
    SHADOWED = "shadowed"
    GONE = "gone"


class Lane(IntEnum):
    """Work is done in this order; a hot lane passes a bulk one."""

    CONSENT = 0
    HANDOFF = 1
    CHANGES = 2
    BACKFILL = 3


class Kind(StrEnum):
    """What an operation does to its record."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"


class Status(StrEnum):
    """The life of an intent. `proposed` is a plan; `planned` and `sent` are the journal; the rest are ends."""

    PROPOSED = "proposed"
    PLANNED = "planned"
    SENT = "sent"
    DONE = "done"
    STALE = "stale"
    REJECTED = "rejected"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Observed:
    """A record read, with the hints that identify its person (each "" when absent).

    `email` is lower case. `key` is our key as the record carries it. `foreign` holds native ids of the *other*
    side that the record names (as HubSpot's own integration leaves them), `account_ref` the id of its company
    or account on its own side. `certain` is False when the stamp was younger than the settling time at the
    read, so the same stamp may yet hide a change. `ours` is False when somebody else is known to have saved it last.
    """

    record: Record
    email: str = ""
    key: str = ""
    foreign: tuple[str, ...] = ()
    account_ref: str = ""
    name: str = ""
    certain: bool = True
    in_scope: bool = True
    ours: bool = True


@dataclass(frozen=True, slots=True)
class SideRow:
    """One record of a link. `seen` are the native values at the last decision, by native field name.

    `observed` is what was read since and is not decided yet (None: nothing). `written` maps native fields to
    the value of our last write that no read has confirmed yet; `written_at` is when that was acknowledged.
    `covered` maps native fields to an edit that our last write covered unseen, until the field is decided with it.
    """

    id: int
    link_id: int
    side: Side
    object: str
    native_id: str
    role: Role
    version: datetime | None = None
    email: str = ""
    key: str = ""
    foreign: tuple[str, ...] = ()
    account_ref: str = ""
    name: str = ""
    in_scope: bool = True
    seen: Values = field(default_factory=dict)
    observed: Values | None = None
    written: Values = field(default_factory=dict)
    written_at: datetime | None = None
    covered: Values = field(default_factory=dict)

    @property
    def current(self) -> Values:
        """What the record holds as far as we know: the observation over what was seen."""
        return {**self.seen, **self.observed} if self.observed is not None else self.seen


@dataclass(frozen=True, slots=True)
class Link:
    """One person. `key` is the minted `crmsync_id` ("" until minted). `agreed` is the base by canonical field.

    `known` holds (field, digest of the two values) of differences already shown in `conflict`. `parked` maps
    a field (or "" for the record) to the digest it was parked under. `resolved` maps a field to the side that a
    person chose in review, until that is carried out. `ever` are the sides on which the link
    has ever had a record. `buried` are the sides where a tombstone forbids creating anew. `seq` is the dirty
    row's sequence at loading. Before `cool_until` nothing is planned for it, since a lost request may still land.
    """

    id: int
    key: str
    rows: tuple[SideRow, ...]
    agreed: Values = field(default_factory=dict)
    known: frozenset[tuple[str, str]] = frozenset()
    parked: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, Side] = field(default_factory=dict)
    rewrites: Mapping[tuple[Side, str], tuple[Value, Value]] = field(default_factory=dict)
    ever: frozenset[Side] = frozenset()
    buried: frozenset[Side] = frozenset()
    seq: int = 0
    lane: Lane = Lane.CHANGES
    cause: str = ""
    cool_until: datetime | None = None

    def primary(self, side: Side) -> SideRow | None:
        """The row that fields are read from and written to on `side`, if any."""
        return next((r for r in self.rows if r.side == side and r.role is Role.PRIMARY), None)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an operation. `native` is the field on the written side; `before` and `after` are native.

    `agreed` is the canonical value that becomes the base when the write is done (only if `settles`).
    `source_row` with `source_native` and `source_value` is what `seen` advances to on the other side then.
    """

    name: str
    native: str
    before: Value
    after: Value
    rule: str
    settles: bool = True
    agreed: Value = None
    source_row: int = 0
    source_native: str = ""
    source_value: Value = None


@dataclass(frozen=True, slots=True)
class Intent:
    """An operation on one record, as journalled. `native_id` is "" for a create. `digest` identifies it.

    `row_id` is the side row written to (0 for a create). `id` is 0 until the store has numbered it. `seq` is
    the dirty sequence it was planned from. `held` is the digest of the hold that stops it ("" when none).
    """

    link_id: int
    side: Side
    object: str
    kind: Kind
    native_id: str
    key: str
    changes: tuple[Change, ...]
    digest: str
    row_id: int = 0
    seq: int = 0
    id: int = 0
    status: Status = Status.PROPOSED
    held: str = ""
    attempts: int = 0
    sent_at: datetime | None = None
    person: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One of our writes of a field, as the log has it: the keyed digest of the native value, and when (UTC)."""

    side: Side
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sides that differ. `values` are canonical by side; `winner` is "" while it is open for review."""

    link_id: int
    field: str
    values: Mapping[Side, Value]
    winner: str
    rule: str
    digest: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """A field or a record (`field` "") that waits for a new value or a new definition; `digest` is of both.

    `side` is where it could not be written (or read). `cause` says what is wrong, `fix` what to do, `code` is
    a stable word for counting.
    """

    link_id: int
    side: Side
    object: str
    native_id: str
    field: str
    code: str
    cause: str
    fix: str
    digest: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is decided of a link without a write: new base values, what was seen, conflicts and parked fields.

    `agreed` are base updates by canonical field; `seen` maps a row id to native values; `settled` names the
    fields whose open conflicts and parked rows end here. `clean` says that nothing of the link is left to do
    but its intents, so its dirty row ends when they do (at once when there are none).
    """

    link_id: int
    seq: int
    agreed: Values = field(default_factory=dict)
    seen: Mapping[int, Values] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    parked: tuple[Parked, ...] = ()
    rewrites: tuple[tuple[Side, str, Value, Value], ...] = ()
    settled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Proposed operations of one kind on one object, counted for the guard. `blanks` counts cleared fields."""

    side: Side
    object: str
    kind: Kind
    count: int
    blanks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hold:
    """A group the guard stopped. `digest` approves it."""

    digest: str
    side: Side
    object: str
    kind: Kind
    reason: str
    count: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A company (HubSpot) or an Account (Salesforce), read for matching only. `domain` is registrable, lower case.

    `country` is ISO 3166 alpha-2 or "". `values` are its native fields, for rules over `account.*`.
    """

    side: Side
    id: str
    name: str
    domain: str
    country: str
    version: datetime
    values: Values = field(default_factory=dict)
    active: bool = True
