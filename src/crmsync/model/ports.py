"""The protocols where rooms meet: a CRM, the store, the clock. The engine knows these and nothing behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from crmsync.model.quota import Quota
from crmsync.model.records import (
    Association,
    Check,
    FieldSpec,
    Identity,
    MemberPage,
    ObjectInfo,
    Owner,
    Page,
    PeopleList,
    Record,
    SetupChange,
    Stage,
    StampPage,
    Version,
    Write,
    WriteResult,
)
from crmsync.model.transaction import Tx
from crmsync.model.values import Side


class Clock(Protocol):
    """Time. All waiting goes through it."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`; 0 or less returns at once."""
        ...


class Connector(Protocol):
    """One CRM. Raises TransientError, QuotaError, FatalError; never a vendor's own class.

    `calls` counts the HTTP requests made, retries and token requests included.
    """

    @property
    def side(self) -> Side: ...

    @property
    def calls(self) -> int: ...

    def calls_by_purpose(self) -> dict[str, int]:
        """The same, by what they were for."""
        ...

    def quota(self) -> Quota | None:
        """What the vendor last said of the account's quota of the day; None: nothing."""
        ...

    def resting_until(self) -> datetime | None:
        """Until when the vendor wants to be left alone (calls fail at once until then); None: it may be asked."""
        ...

    def ration(self, calls: int | None) -> None:
        """At most so many requests from now on, QuotaError for more; None: no such limit."""
        ...

    @property
    def key_field(self) -> str:
        """The native name of our unique key: `crmsync_id` or `crmsync_id__c`."""
        ...

    def identity(self) -> Identity:
        """Portal or org, and user. Asked once, then remembered."""
        ...

    def describe(self, obj: str) -> ObjectInfo:
        """Fields and rights of an object type, asked once and remembered until `forget`."""
        ...

    def forget(self) -> None:
        """What was described may have changed: ask again when it is needed next."""
        ...

    def scan(self, obj: str, fields: Sequence[str], after: str | None) -> Page:
        """One page of every live record in id order, with values. `after` None starts, `Page.next` continues."""
        ...

    def changes(self, objects: Mapping[str, datetime], after: str | None) -> StampPage:
        """One page of ids and stamps changed since, per object, deleted ones included where the vendor says so."""
        ...

    def archived(self, obj: str, after: str | None) -> StampPage:
        """One page of deleted records where `changes` cannot see them (HubSpot); empty elsewhere."""
        ...

    def read(self, obj: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """The records with these ids as they are now; missing ones are left out, deleted ones say so."""
        ...

    def find(self, obj: str, by: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Record]:
        """Live records where any native field in `by` equals any of its values, as consistently as the vendor can."""
        ...

    def write(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        """Write one batch (all creates or all updates, at most `batch_size`); one result for each, any order."""
        ...

    def history(
        self, obj: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, tuple[Version, ...]]]:
        """What these fields of these records have held, newest first, by id and field.

        Empty where a write has a precondition of the vendor's (Salesforce): nothing can come in between there.
        """
        ...

    def fence(self, check: Callable[[], None]) -> None:
        """Call this right before each request that writes, repeated ones too; what it raises ends the write."""
        ...

    def batch_size(self, obj: str) -> int:
        """The most records one `write` takes."""
        ...

    def writer(self, obj: str, id: str, field: str) -> str:
        """Who gave a native field of a record its value, in words; "" where the vendor does not say."""
        ...

    def owners(self, *, queues: bool = False) -> list[Owner]:
        """The people who can own records, archived and inactive ones too; with `queues` those as well."""
        ...

    def associated(self, obj: str, to: str, ids: Sequence[str]) -> dict[str, tuple[Association, ...]]:
        """Which records of object `to` belong to each of these records; those without any are left out.

        Raises FatalError for a pair of objects that the vendor or this connector does not join.
        """
        ...

    def stages(self, obj: str) -> list[Stage]:
        """The pipeline stages or statuses of an object, in order, inactive ones too. Raises FatalError without any."""
        ...

    def lists(self) -> list[PeopleList]:
        """The lists of people, by id: HubSpot lists of contacts, Salesforce campaigns."""
        ...

    def members(self, list_id: str, after: str | None) -> MemberPage:
        """One page of a list's people. `after` None starts, `MemberPage.next` continues."""
        ...

    def setup(self, specs: Sequence[FieldSpec], apply: bool) -> list[SetupChange]:
        """Create and grant the custom fields that are missing; with `apply` False only say what is missing."""
        ...

    def checks(self) -> list[Check]:
        """Live preconditions on this side: reachability, credentials, rights, quota, the key field. Never raises."""
        ...

    def close(self) -> None: ...


class Store(Protocol):
    """What crmsync remembers, for one connection."""

    def transaction(self) -> AbstractContextManager[Tx]:
        """A writing transaction, committed at the end of the block, rolled back by an exception."""
        ...

    def acquire(self, owner: str, now: datetime, ttl_s: float, *, takeover: bool = False) -> int:
        """Take the lease and return its new generation. Raises LeaseError while another owner's lease lives.

        `takeover` ignores it: the caller knows that its process is dead.
        """
        ...

    def renew(self, generation: int, now: datetime, ttl_s: float) -> None:
        """Raises LeaseError when the lease is no longer of this generation."""
        ...

    def free(self, generation: int) -> None: ...

    def lease(self) -> tuple[str, datetime] | None:
        """(owner, until) of the lease, or None."""
        ...

    def close(self) -> None: ...
