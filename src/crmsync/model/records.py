"""What the CRMs hold: records, their fields, who we are there, and what a write came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crmsync.model.values import Side, Value, Values


class FieldType(StrEnum):
    """The shapes of native fields that the mapping layer tells apart."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    PICKLIST = "picklist"
    MULTIPICKLIST = "multipicklist"
    REFERENCE = "reference"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NativeField:
    """One field as a CRM describes it.

    `length` is the longest text in characters (0: no limit known). `options` are the allowed values of a
    restricted picklist (empty: any value goes). `as_text` says that the wire carries every value as text
    (HubSpot). `required` says that a create without it is refused.
    """

    name: str
    type: FieldType
    length: int = 0
    createable: bool = True
    updateable: bool = True
    required: bool = False
    unique: bool = False
    calculated: bool = False
    options: frozenset[str] = frozenset()
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object type as the connected user sees it: fields by native name and the user's rights on it."""

    side: Side
    name: str
    fields: Mapping[str, NativeField]
    createable: bool = True
    updateable: bool = True
    sees_all: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are: the portal id or 18-character org id, the user's id (may be ""), a name for people."""

    side: Side
    account_id: str
    user_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read. `version` is the vendor's stamp (UTC); `values` holds the fields asked for.

    `aliases` are older ids that now mean this record (a HubSpot merge). `merged_into` is the id of the record
    that absorbed this one; `converted_to` the Contact that a converted Lead became. `saved_by` is the user who saved
    it last, where the vendor says who ("" elsewhere).
    """

    side: Side
    object: str
    id: str
    version: datetime
    values: Mapping[str, Value]
    deleted: bool = False
    aliases: tuple[str, ...] = ()
    merged_into: str | None = None
    converted_to: str | None = None
    saved_by: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """That a record changed, not what it holds. `version` is UTC."""

    object: str
    id: str
    version: datetime
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """Who can own records: a HubSpot owner or a Salesforce user; or a queue, which is nobody. `email` is lower case."""

    side: Side
    id: str
    email: str
    name: str
    active: bool = True
    queue: bool = False


@dataclass(frozen=True, slots=True)
class Association:
    """A record that belongs to another one, and how.

    `labels` are what people call it: HubSpot's association labels, the role of an opportunity contact, the status of a
    campaign member. `primary` marks the one that the CRM itself takes for the main one. `via` is the id of the record
    in between (OpportunityContactRole, CampaignMember; "" where there is none).
    """

    id: str
    labels: tuple[str, ...] = ()
    primary: bool = False
    via: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One value of a pipeline or of a status field, in the order that the CRM shows them.

    `id` is what records hold, `label` what people read. `won` implies `closed`; a Lead's status is won when it means
    converted. `probability` is 0 to 1 (None: not told). `pipeline` is the id of the HubSpot pipeline ("": the only one).
    """

    id: str
    label: str
    order: int
    closed: bool = False
    won: bool = False
    probability: float | None = None
    pipeline: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A set of people that others keep: a HubSpot list of contacts, or a Salesforce campaign.

    `kind` is the vendor's own word in lower case: dynamic, manual, snapshot, or campaign. `size` is -1 when not told.
    """

    side: Side
    id: str
    name: str
    kind: str
    size: int = -1


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on a list. `object` and `id` name the person's record; `since` is UTC; `status` as in the campaign."""

    object: str
    id: str
    since: datetime | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page of a list's members; `next` continues it, None at the end."""

    members: list[Member]
    next: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records of a full scan; `next` continues it, None at the end."""

    records: list[Record]
    next: str | None


@dataclass(frozen=True, slots=True)
class StampPage:
    """A page of stamps of changed records; `next` continues it, None at the end.

    `since`: what is older may be missing, because the vendor's log no longer has it (None: nothing is missing).
    """

    stamps: list[Stamp]
    next: str | None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One record to write. `id` is None for a create, which goes by upsert on `key` (our `crmsync_id`).

    `unless_modified_since` (UTC, whole seconds) asks for a conditional write where the vendor has one. `group` is the
    record whose lock the write takes along (the Account of a Contact), "" for none.
    """

    ref: int
    values: Mapping[str, Value]
    id: str | None = None
    key: str | None = None
    unless_modified_since: datetime | None = None
    group: str = ""


class Verdict(StrEnum):
    """What a write came to."""

    DONE = "done"
    STALE = "stale"
    REJECTED = "rejected"
    TRANSIENT = "transient"
    GONE = "gone"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The answer for the `Write` with the same `ref`.

    DONE: `id` is the record, `created` tells a create, `stored` holds values echoed back where the vendor
    echoes. STALE: the precondition failed. REJECTED: `code`, `message` and the native `fields` to blame (empty:
    the record). TRANSIENT: try later; `maybe_written` when it may have landed. GONE: the record is deleted,
    merged or converted. EXISTS: a create met an existing record, `id` names it when the vendor does.
    """

    ref: int
    verdict: Verdict
    id: str | None = None
    created: bool = False
    stored: Values = field(default_factory=dict)
    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()
    maybe_written: bool = False


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A custom property or field that crmsync needs to exist; `length` in characters."""

    object: str
    name: str
    label: str
    type: FieldType
    length: int = 255
    unique: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One value that a field has held: plain as `Record.values` are, when it came, and whether an integration set it."""

    value: Value
    at: datetime
    ours: bool


@dataclass(frozen=True, slots=True)
class SetupChange:
    """What `setup` did or would do: `action` is `create`, `grant`, `exists` or `refused`."""

    side: Side
    object: str
    name: str
    action: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One precondition of the engine, tried live; `fix` says what an admin does when it is not ok."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
