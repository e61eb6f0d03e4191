"""One transaction of the store, as the engine speaks of it: what it may read, decide, journal and keep."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from crmsync.model.hints import Hint
from crmsync.model.links import (
    Account,
    Group,
    Hold,
    Intent,
    Kind,
    Lane,
    Link,
    Observed,
    Parked,
    Role,
    Settlement,
    SideRow,
    Status,
    Written,
)
from crmsync.model.records import (
    Owner,
)
from crmsync.model.values import Side, Values


class Tx(Protocol):
    """One transaction: what was done in it is all kept or all lost. Sequences are written in bulk."""

    # -- reading the CRMs -----------------------------------------------------------------------------------
    def versions(self, side: Side, obj: str, ids: Sequence[str]) -> dict[str, datetime]:
        """The stamps we already hold for these native ids; uncertain ones are left out."""
        ...

    def live_between(self, side: Side, obj: str, after: str, upto: str, limit: int) -> list[str]:
        """Ids of live rows of linked records above `after` up to `upto` ("": no end), shorter ids first, by byte."""
        ...

    def observe(self, seen: Sequence[Observed], lane: Lane, cause: str, now: datetime) -> int:
        """Keep records as read and mark their links dirty; an unknown one gets a provisional link of its own.

        With `cause` "scan" a read older than the stored version is dropped. One whose values all equal what was seen marks nothing
        dirty unless its hints (e-mail, key, account) changed, `cause` is "retry" or the link is still one-sided
        with a new record. Returns how many links became dirty.
        """
        ...

    def bury(self, side: Side, obj: str, ids: Sequence[str], now: datetime) -> int:
        """These records are deleted there: unlink them, leave tombstones. Returns how many were linked."""
        ...

    def cursor(self, side: Side, obj: str) -> Mapping[str, str] | None:
        """Where reading stands for an object; None before the first read."""
        ...

    def set_cursor(self, side: Side, obj: str, cursor: Mapping[str, str]) -> None: ...

    def save_accounts(self, accounts: Sequence[Account]) -> None:
        """Insert or replace accounts by (side, id)."""
        ...

    def accounts_by_domain(self, side: Side, domains: Sequence[str]) -> dict[str, list[Account]]:
        """Active accounts by registrable domain."""
        ...

    def accounts_by_id(self, side: Side, ids: Sequence[str]) -> dict[str, Account]: ...

    def waiting(self, fields: Sequence[str], natives: Sequence[str]) -> list[int]:
        """Links with one of these canonical fields parked over one of these native values."""
        ...

    def save_owners(self, side: Side, owners: Sequence[Owner]) -> None:
        """Replace the side's owners."""
        ...

    def owners(self) -> list[Owner]: ...

    def hint(self, hints: Sequence[Hint], most: int) -> int:
        """Keep hints, each record once, at most `most` in all. Returns how many found no room."""
        ...

    def hints(self, side: Side, after: int, limit: int) -> list[Hint]:
        """The hints of a side that are kept, by `seq`, above `after` (start: 0)."""
        ...

    def heeded(self, hints: Sequence[Hint]) -> None:
        """These hints were looked at; one that was given again since then stays."""
        ...

    def members(self, obj: str) -> frozenset[str]:
        """Native ids of the HubSpot records of an object that were on the list of the scope when it was read last."""
        ...

    def save_members(self, list_id: str, obj: str, ids: Collection[str]) -> int:
        """Replace what is known of the list. Whoever entered or left is decided again; returns how many links."""
        ...

    # -- linking --------------------------------------------------------------------------------------------
    def dirty(self, after: tuple[int, int], limit: int, now: datetime) -> list[tuple[int, int]]:
        """(lane, link id) of dirty links in that order after `after` (start: (-1, -1)); held and cooling ones left out."""
        ...

    def load(self, link_ids: Sequence[int]) -> list[Link]:
        """The links with their rows, base, conflicts and parked fields, in the order asked; merged ones left out."""
        ...

    def by_email(self, side: Side, emails: Sequence[str]) -> dict[str, list[SideRow]]:
        """Live rows (not alias, gone or shadowed) on a side by e-mail."""
        ...

    def by_key(self, keys: Sequence[str]) -> dict[str, list[SideRow]]:
        """Rows on either side that carry a key, and rows of links that minted it."""
        ...

    def by_native(self, side: Side, ids: Sequence[str]) -> dict[str, SideRow]:
        """Rows by native id, of whichever object."""
        ...

    def by_foreign(self, ids: Sequence[str]) -> dict[str, list[SideRow]]:
        """Live rows that name any of these native ids of the other side in `foreign`."""
        ...

    def merge_links(self, keep: int, drop: int, reason: str, now: datetime) -> None:
        """Move all of `drop` (rows, dirty rows, parked) to `keep` and end it. The base of `keep` stays."""
        ...

    def add_row(
        self,
        link_id: int,
        side: Side,
        obj: str,
        native_id: str,
        role: Role,
        key: str,
        seen: Values,
        now: datetime,
    ) -> int:
        """A record that a create made or met: a new row of the link (or the one that exists). Returns its id."""
        ...

    def set_role(self, row_id: int, role: Role) -> None: ...

    def mint(self, keys: Mapping[int, str]) -> None:
        """Give links their key; one that has a key keeps it."""
        ...

    # -- deciding -------------------------------------------------------------------------------------------
    def settle(self, settlements: Sequence[Settlement], now: datetime) -> None:
        """Apply settlements. Observations of a link end with its dirty row."""
        ...

    def cover(self, side: Side, covered: Mapping[str, Values]) -> None:
        """Keep edits that our write covered unseen, by native id and native field, until `seen` of the field advances."""
        ...

    def clean(self, links: Sequence[tuple[int, int]]) -> None:
        """Clear the dirty rows of (link, seq) unless marked again since or an intent of the link is still open."""
        ...

    def cool(self, link_ids: Sequence[int], until: datetime) -> None:
        """Plan nothing for these links before `until`; they stay dirty."""
        ...

    def mark_all_dirty(self, lane: Lane, cause: str) -> None:
        """Every link is to be decided again (the definition changed)."""
        ...

    def approve_proposed(self, only: Collection[str] | None = None) -> int:
        """Approve the operations of the plan that is kept now (`only`: those with these digests). Returns how many."""
        ...

    def links(self, after: int, limit: int) -> list[int]:
        """Ids of links that have not ended, ascending, above `after` (start: 0)."""
        ...

    def mark_dirty(self, link_ids: Sequence[int], lane: Lane, cause: str) -> None: ...

    def drop_proposed(self) -> int:
        """Forget the last plan: proposed intents, and planned ones that were never sent."""
        ...

    def propose(self, intents: Sequence[Intent], settlements: Sequence[Settlement]) -> None:
        """Keep a plan; each link's settlement is applied when its first intent is taken."""
        ...

    def groups(self) -> list[Group]:
        """The proposed intents counted for the guard; those already approved are left out."""
        ...

    def recent(self, since: datetime) -> list[Group]:
        """The intents done since, counted likewise."""
        ...

    def linked(self) -> dict[Side, int]:
        """How many people are linked on each side (rows that are live)."""
        ...

    def proposed(self, *, held: bool | None = None) -> Iterator[Intent]:
        """Proposed intents sorted by (side, object, link), streamed; `held` filters."""
        ...

    def proposed_digests(self, group: tuple[Side, str, Kind] | None = None) -> Iterator[str]:
        """The digests of the proposed intents in the same order; `group` names a side, an object and a kind."""
        ...

    def hold(self, holds: Sequence[Hold], now: datetime) -> None:
        """Stop every proposed intent of these groups, with its link, until approved. Replaces older holds of the group."""
        ...

    def holds(self) -> list[Hold]: ...

    def approve(self, digest: str, only: Collection[str] | None = None) -> int:
        """Let the operations of a hold run when they are planned alike again. Returns how many; 0: no such hold.

        `only` names operation digests; the others stay held.
        """
        ...

    def approve_parts(self, hold: str, parts: Sequence[tuple[Intent, Intent, Intent]]) -> None:
        """Approve the part of (kept operation, part, rest): it runs; the rest stays held by `hold` ("": by none)."""
        ...

    def approved(self) -> frozenset[str]:
        """Digests of the operations that were approved and are not done yet."""
        ...

    # -- the journal ----------------------------------------------------------------------------------------
    def take(
        self, side: Side, obj: str, kind: Kind, limit: int, now: datetime, coolest: Lane = Lane.BACKFILL
    ) -> list[Intent]:
        """The next proposed, not held intents of a group: now `planned`, their settlements applied, lanes first.

        Those of a lane cooler than `coolest` stay where they are.
        """
        ...

    def sent(self, ids: Sequence[int], generation: int, now: datetime) -> None:
        """Mark intents sent. Raises LeaseError when the lease is no longer of this generation."""
        ...

    def done(self, intents: Sequence[tuple[Intent, str, Values]], now: datetime) -> None:
        """Intents written, each with the native id and the stored values the vendor echoed: base, seen and rows advance."""
        ...

    def end(self, ids: Sequence[int], status: Status, now: datetime, note: str = "") -> None:
        """Close intents without effect (stale, rejected, parked). Their links stay dirty until `clean`."""
        ...

    def shrink(self, intent: Intent, names: Sequence[str]) -> Intent:
        """Take rejected fields out of a sent intent before it is tried again; back to `planned`."""
        ...

    def open_intents(self) -> list[Intent]:
        """Intents `planned` or `sent`, for recovery."""
        ...

    def park(self, parked: Sequence[Parked], now: datetime) -> None: ...

    def retry(self, codes: Sequence[str], before: datetime) -> int:
        """Try again what was parked under these codes before then: its links are dirty, its rows stand till then."""
        ...

    # -- housekeeping ---------------------------------------------------------------------------------------
    def recorded(self) -> tuple[int, int]:
        """How many conflicts and how many parked rows were ever recorded and are still kept."""
        ...

    def written(
        self, link_ids: Sequence[int], since: datetime, code: str
    ) -> dict[tuple[int, str], list[Written]]:
        """Our writes since, oldest first, by (link, canonical field); those before a parked row of `code` ended left out."""
        ...

    def prune(self, now: datetime, horizon: timedelta) -> int:
        """Throw away what ended longer ago than `horizon`, before-images first of all. Returns how many rows went."""
        ...

    def get(self, name: str) -> str | None:
        """A value of `meta`."""
        ...

    def put(self, name: str, value: str) -> None: ...

    def spend(self, side: Side, purpose: str, calls: int, day: str) -> None:
        """Count API calls for a day (`YYYY-MM-DD`)."""
        ...

    def spent(self, side: Side, day: str) -> int:
        """The API calls counted for a day."""
        ...

    def log(
        self, cycle: str, kind: str, entries: Sequence[tuple[int, Side | None, str, str]], now: datetime
    ) -> None:
        """Append to `event`: (link id, side, field, keyed hash) each."""
        ...
