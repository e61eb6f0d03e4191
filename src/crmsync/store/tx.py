"""One transaction as the engine sees it: every word of `Tx`, each said by the module of its idea."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

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
from crmsync.model.records import Owner
from crmsync.model.values import Side, Values
from crmsync.store import (
    absorbing,
    hinting,
    holding,
    journal,
    keeping,
    linking,
    marking,
    matching,
    membership,
    observing,
    planning,
    ranging,
    rows,
    settling,
    splitting,
)
from crmsync.store.db import Db


class SqlTx:
    """`crmsync.model.ports.Tx` on a database transaction; what the methods mean is said there."""

    __slots__ = ("_db",)

    def __init__(self, db: Db) -> None:
        self._db = db

    # -- reading the CRMs -----------------------------------------------------------------------------------
    def versions(self, side: Side, obj: str, ids: Sequence[str]) -> dict[str, datetime]:
        return observing.versions(self._db, side, obj, ids)

    def live_between(self, side: Side, obj: str, after: str, upto: str, limit: int) -> list[str]:
        return ranging.live_between(self._db, side, obj, after, upto, limit)

    def observe(self, seen: Sequence[Observed], lane: Lane, cause: str, now: datetime) -> int:
        return observing.observe(self._db, seen, lane, cause, now)

    def bury(self, side: Side, obj: str, ids: Sequence[str], now: datetime) -> int:
        return observing.bury(self._db, side, obj, ids, now)

    def cursor(self, side: Side, obj: str) -> Mapping[str, str] | None:
        return keeping.cursor(self._db, side, obj)

    def set_cursor(self, side: Side, obj: str, cursor: Mapping[str, str]) -> None:
        keeping.set_cursor(self._db, side, obj, cursor)

    def save_accounts(self, accounts: Sequence[Account]) -> None:
        matching.save_accounts(self._db, accounts)

    def accounts_by_domain(self, side: Side, domains: Sequence[str]) -> dict[str, list[Account]]:
        return matching.accounts_by_domain(self._db, side, domains)

    def accounts_by_id(self, side: Side, ids: Sequence[str]) -> dict[str, Account]:
        return matching.accounts_by_id(self._db, side, ids)

    def waiting(self, fields: Sequence[str], natives: Sequence[str]) -> list[int]:
        return matching.waiting(self._db, fields, natives)

    def save_owners(self, side: Side, owners: Sequence[Owner]) -> None:
        matching.save_owners(self._db, side, owners)

    def owners(self) -> list[Owner]:
        return matching.owners(self._db)

    def hint(self, hints: Sequence[Hint], most: int) -> int:
        return hinting.keep(self._db, hints, most)

    def hints(self, side: Side, after: int, limit: int) -> list[Hint]:
        return hinting.waiting(self._db, side, after, limit)

    def heeded(self, hints: Sequence[Hint]) -> None:
        hinting.heeded(self._db, hints)

    def members(self, obj: str) -> frozenset[str]:
        return membership.members(self._db, obj)

    def save_members(self, list_id: str, obj: str, ids: Collection[str]) -> int:
        return membership.save_members(self._db, list_id, obj, ids)

    # -- linking --------------------------------------------------------------------------------------------
    def dirty(self, after: tuple[int, int], limit: int, now: datetime) -> list[tuple[int, int]]:
        return marking.following(self._db, after, limit, now)

    def load(self, link_ids: Sequence[int]) -> list[Link]:
        return rows.load_links(self._db, link_ids)

    def by_email(self, side: Side, emails: Sequence[str]) -> dict[str, list[SideRow]]:
        return rows.by_email(self._db, side, emails)

    def by_key(self, keys: Sequence[str]) -> dict[str, list[SideRow]]:
        return rows.by_key(self._db, keys)

    def by_native(self, side: Side, ids: Sequence[str]) -> dict[str, SideRow]:
        return rows.by_native(self._db, side, ids)

    def by_foreign(self, ids: Sequence[str]) -> dict[str, list[SideRow]]:
        return rows.by_foreign(self._db, ids)

    def merge_links(self, keep: int, drop: int, reason: str, now: datetime) -> None:
        absorbing.merge_links(self._db, keep, drop, reason, now)

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
        return linking.add_row(self._db, link_id, side, obj, native_id, role, key, seen)

    def set_role(self, row_id: int, role: Role) -> None:
        linking.set_role(self._db, row_id, role)

    def mint(self, keys: Mapping[int, str]) -> None:
        linking.mint(self._db, keys)

    # -- deciding -------------------------------------------------------------------------------------------
    def settle(self, settlements: Sequence[Settlement], now: datetime) -> None:
        settling.settle(self._db, settlements, now)

    def cover(self, side: Side, covered: Mapping[str, Values]) -> None:
        settling.cover(self._db, side, covered)

    def clean(self, links: Sequence[tuple[int, int]]) -> None:
        marking.clean(self._db, links)

    def cool(self, link_ids: Sequence[int], until: datetime) -> None:
        marking.cool(self._db, link_ids, until)

    def mark_all_dirty(self, lane: Lane, cause: str) -> None:
        marking.mark_all(self._db, lane, cause)

    def approve_proposed(self, only: Collection[str] | None = None) -> int:
        return holding.approve_proposed(self._db, only)

    def links(self, after: int, limit: int) -> list[int]:
        return marking.links(self._db, after, limit)

    def mark_dirty(self, link_ids: Sequence[int], lane: Lane, cause: str) -> None:
        marking.mark(self._db, link_ids, lane, cause)

    def drop_proposed(self) -> int:
        return planning.drop_proposed(self._db)

    def propose(self, intents: Sequence[Intent], settlements: Sequence[Settlement]) -> None:
        planning.propose(self._db, intents, settlements)

    def groups(self) -> list[Group]:
        return planning.groups(self._db)

    def recent(self, since: datetime) -> list[Group]:
        return planning.recent(self._db, since)

    def linked(self) -> dict[Side, int]:
        return planning.linked(self._db)

    def proposed(self, *, held: bool | None = None) -> Iterator[Intent]:
        return planning.proposed(self._db, held)

    def proposed_digests(self, group: tuple[Side, str, Kind] | None = None) -> Iterator[str]:
        return planning.proposed_digests(self._db, group)

    def hold(self, holds: Sequence[Hold], now: datetime) -> None:
        holding.hold(self._db, holds, now)

    def holds(self) -> list[Hold]:
        return holding.holds(self._db)

    def approve(self, digest: str, only: Collection[str] | None = None) -> int:
        return holding.approve(self._db, digest, only)

    def approve_parts(self, hold: str, parts: Sequence[tuple[Intent, Intent, Intent]]) -> None:
        splitting.approve_parts(self._db, hold, parts)

    def approved(self) -> frozenset[str]:
        return holding.approved(self._db)

    # -- the journal ----------------------------------------------------------------------------------------
    def take(
        self, side: Side, obj: str, kind: Kind, limit: int, now: datetime, coolest: Lane = Lane.BACKFILL
    ) -> list[Intent]:
        return planning.take(self._db, side, obj, kind, limit, now, coolest)

    def sent(self, ids: Sequence[int], generation: int, now: datetime) -> None:
        journal.sent(self._db, ids, generation, now)

    def done(self, intents: Sequence[tuple[Intent, str, Values]], now: datetime) -> None:
        journal.done(self._db, intents, now)

    def end(self, ids: Sequence[int], status: Status, now: datetime, note: str = "") -> None:
        journal.end(self._db, ids, status, now, note)

    def shrink(self, intent: Intent, names: Sequence[str]) -> Intent:
        return journal.shrink(self._db, intent, names)

    def open_intents(self) -> list[Intent]:
        return journal.open_intents(self._db)

    def park(self, parked: Sequence[Parked], now: datetime) -> None:
        settling.park(self._db, parked, now)

    def retry(self, codes: Sequence[str], before: datetime) -> int:
        return settling.retry(self._db, codes, before)

    # -- housekeeping ---------------------------------------------------------------------------------------
    def get(self, name: str) -> str | None:
        return keeping.get(self._db, name)

    def put(self, name: str, value: str) -> None:
        keeping.put(self._db, name, value)

    def spend(self, side: Side, purpose: str, calls: int, day: str) -> None:
        keeping.spend(self._db, side, purpose, calls, day)

    def spent(self, side: Side, day: str) -> int:
        return keeping.spent(self._db, side, day)

    def log(
        self, cycle: str, kind: str, entries: Sequence[tuple[int, Side | None, str, str]], now: datetime
    ) -> None:
        keeping.log(self._db, cycle, kind, entries, now)

    def written(
        self, link_ids: Sequence[int], since: datetime, code: str
    ) -> dict[tuple[int, str], list[Written]]:
        return keeping.written(self._db, link_ids, since, code)

    def prune(self, now: datetime, horizon: timedelta) -> int:
        return keeping.prune(self._db, now, horizon)

    def recorded(self) -> tuple[int, int]:
        return keeping.recorded(self._db)
