"""Keeps a cycle within the day's calls: our own budget, and what others need of the account's quota.

Work is put off by lane, backfill first; consent goes on until nothing is left, at a pace that lasts the day. What is
put off stays dirty, or its cursor stays where it is. The day of our own budget is a day in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from crmsync.errors import QuotaError
from crmsync.model.links import Lane
from crmsync.model.quota import Quota
from crmsync.model.values import SIDES, Side
from crmsync.reconcile.budget import coolest, own_lane, shared_lane
from crmsync.sync.engine import Engine, Report

BELIEVED: Final = timedelta(minutes=15)
"""How long a vendor's word about its quota holds: others use it, and give it back, all the time."""

CALLS_A_READING: Final = 3
"""About what one look at a side costs while only consent goes on."""

DAY_S: Final = 86_400.0


class Ration:
    """What each side may still be asked in this cycle."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._began = {side: engine.connectors[side].calls for side in SIDES}
        self._purposes = {side: engine.connectors[side].calls_by_purpose() for side in SIDES}
        today = _day(engine.clock.now())
        with engine.store.transaction() as tx:
            self._spent = {side: tx.spent(side, today) for side in SIDES}
        self._put_off: dict[Side, Lane] = {}
        self._apart: list[tuple[Side, str, int]] = []
        for side in SIDES:
            limit = engine.definition.budgets.get(side)
            left = None if limit is None else max(0, limit - self._spent[side])
            engine.connectors[side].ration(left)
            if left == 0 and not self._began[side]:
                raise QuotaError(f"{side}: {self._why(side)} Nothing is asked until {self._until(side)}.")

    def used(self, side: Side) -> int:
        """Our calls of the day."""
        return self._spent[side] + self._engine.connectors[side].calls - self._began[side]

    def lane(self, side: Side) -> Lane | None:
        """The coolest lane that may still make calls; None: no call at all."""
        connector, definition = self._engine.connectors[side], self._engine.definition
        if connector.resting_until() is not None:
            return None
        limit, quota = definition.budgets.get(side), self._quota(side)
        return coolest(
            Lane.BACKFILL if limit is None else own_lane(self.used(side), limit, definition.shares),
            Lane.BACKFILL if quota is None else shared_lane(quota.left, quota.limit, definition.shares),
        )

    def may(self, side: Side, lane: Lane) -> bool:
        """Whether work of this lane goes on; if not, it is noted as put off."""
        allowed = self.lane(side)
        if allowed is not None and lane <= allowed:
            return True
        self.put_off(side, lane)
        return False

    def put_off(self, side: Side, lane: Lane) -> None:
        """Work of this lane waits."""
        self._put_off[side] = min(lane, self._put_off.get(side, lane))

    def look(self, side: Side, last: datetime) -> bool:
        """Whether to look what changed: always while changes may be carried over, else as the reserve lasts the day."""
        if self.may(side, Lane.CHANGES):
            return True
        if self.lane(side) is None:
            return False
        now, pace = self._engine.clock.now(), 0.0
        limit, quota = self._engine.definition.budgets.get(side), self._quota(side)
        if limit is not None:
            pace = (_midnight(now) - now).total_seconds() / max(1, limit - self.used(side))
        if quota is not None:
            pace = max(pace, DAY_S / max(1, quota.left // 10))
        return (now - last).total_seconds() >= pace * CALLS_A_READING

    @contextmanager
    def counted_as(self, side: Side, purpose: str) -> Iterator[None]:
        """The calls of the block are counted under this purpose alone, whatever the connector calls them."""
        connector, counted = self._engine.connectors[side], self._purposes[side]
        began, before = connector.calls, connector.calls_by_purpose()
        try:
            yield
        finally:
            for name, calls in connector.calls_by_purpose().items():
                counted[name] = counted.get(name, 0) + calls - before.get(name, 0)
            self._apart.append((side, purpose, connector.calls - began))

    def close(self, report: Report) -> None:
        """Say what was put off, and keep the count of the day's calls, by purpose."""
        names = {Lane.BACKFILL: "first reads", Lane.CHANGES: "changes", Lane.HANDOFF: "handoffs"}
        now = self._engine.clock.now()
        for side, hottest in self._put_off.items():
            waits = " and ".join(names[lane] for lane in reversed(names) if lane >= hottest) or "everything"
            on = "" if self.lane(side) is None else ", opt-outs go on"
            report.problems.append(f"{side}: {self._why(side)} Until {self._until(side)} {waits} wait{on}.")
        with self._engine.store.transaction() as tx:
            for side, purpose, calls in self._apart:
                if calls:
                    tx.spend(side, purpose, calls, _day(now))
            for side in SIDES:
                connector = self._engine.connectors[side]
                before = self._purposes[side]
                for purpose, calls in sorted(connector.calls_by_purpose().items()):
                    if calls > before.get(purpose, 0):
                        tx.spend(side, purpose, calls - before.get(purpose, 0), _day(now))
                quota = connector.quota()
                if quota is not None:
                    told = {"limit": quota.limit, "left": quota.left, "at": quota.at.isoformat()}
                    tx.put(f"quota:{side}", json.dumps(told))

    def _quota(self, side: Side) -> Quota | None:
        quota = self._engine.connectors[side].quota()
        return None if quota is None or self._engine.clock.now() - quota.at > BELIEVED else quota

    def _why(self, side: Side) -> str:
        limit, quota = self._engine.definition.budgets.get(side), self._quota(side)
        if self._engine.connectors[side].resting_until() is not None:
            return "it asked to be left alone."
        if (
            limit is not None
            and own_lane(self.used(side), limit, self._engine.definition.shares) != Lane.BACKFILL
        ):
            return f"{self.used(side):,} of the budget's {limit:,} calls of today are used."
        if quota is not None:
            return (
                f"{quota.left:,} of the account's {quota.limit:,} calls a day are left for all integrations."
            )
        return "the day's calls run short."

    def _until(self, side: Side) -> str:
        rest = self._engine.connectors[side].resting_until()
        if rest is not None:
            return f"{rest:%Y-%m-%d %H:%M} UTC"
        limit = self._engine.definition.budgets.get(side)
        if (
            limit is not None
            and own_lane(self.used(side), limit, self._engine.definition.shares) != Lane.BACKFILL
        ):
            return f"{_midnight(self._engine.clock.now()):%Y-%m-%d %H:%M} UTC"
        return "there are more"


def told_quota(meta: Mapping[str, str], side: Side) -> dict[str, object] | None:
    """What the vendor last said of its quota, as `Ration.close` kept it."""
    kept = meta.get(f"quota:{side}")
    return json.loads(kept) if kept else None


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
