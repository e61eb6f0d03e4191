"""Faults between a client and a simulated vendor: named, counted, armed one by one.

A fault concerns transport or a vendor's protocol answers; what a vendor does wrong by meaning (index lag,
merges) is a setting or a human act of that vendor. What each kind does stands in `fault_kinds*.py`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from crmsync.simulator.clock import SimClock
from crmsync.simulator.fault_kinds import TRANSPORT, Fault, Kind, Later
from crmsync.simulator.fault_kinds_hubspot import HUBSPOT, LASTING
from crmsync.simulator.fault_kinds_salesforce import SALESFORCE
from crmsync.simulator.wire import Request, Response, TimedOut, Vendor

__all__ = ["KINDS", "Fault", "Faults"]

SIDES: Final = {"hubspot": HUBSPOT, "salesforce": SALESFORCE}
KINDS: Final[Mapping[str, Mapping[str, Kind]]] = {
    name: {side: {**TRANSPORT, **own}[name] for side, own in SIDES.items() if name in {**TRANSPORT, **own}}
    for name in {**TRANSPORT, **HUBSPOT, **SALESFORCE}
}
"""Kind -> side -> what it does in place of the vendor; a kind that a side does not list never meets that side."""


@dataclass(frozen=True, slots=True)
class Underway:
    """A request that its sender has given up and that reaches the vendor when it is `due` (None: at the next call)."""

    due: datetime | None
    vendor: Vendor
    request: Request


class Faults:
    """The armed faults of a cluster, oldest first; `fired` counts strikes by kind, `landed` late arrivals by side.

    Without a clock nothing lasts, and what lands late does so with the next request.
    """

    def __init__(self, clock: SimClock | None = None) -> None:
        self.fired: Counter[str] = Counter()
        self.landed: Counter[str] = Counter()
        self._clock = clock
        self._armed: list[Fault] = []
        self._ends: dict[int, datetime] = {}
        self._underway: list[Underway] = []
        self._lock = threading.Lock()

    @property
    def armed(self) -> tuple[Fault, ...]:
        """Faults that may still strike."""
        return tuple(self._armed)

    @property
    def underway(self) -> int:
        """Requests that have yet to land."""
        return len(self._underway)

    def add(self, fault: Fault) -> None:
        """Arm a fault. Raises ValueError for an unknown kind, or one that its side does not know."""
        if fault.kind not in KINDS:
            raise ValueError(f"no fault of kind {fault.kind!r}; there are {', '.join(sorted(KINDS))}")
        if fault.side and fault.side not in KINDS[fault.kind]:
            raise ValueError(f"{fault.side} knows no fault of kind {fault.kind!r}")
        if not fault.lasts_s:
            fault.lasts_s = LASTING.get(fault.kind, 0.0)
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Disarm all. What is under way still lands."""
        with self._lock:
            self._armed.clear()
            self._ends.clear()

    def around(self, vendor: Vendor) -> Vendor:
        """The vendor with faults in front."""
        return _Faulty(vendor, self)

    def strike(self, side: str, request: Request) -> Fault | None:
        """The fault that meets this request, counted; None when it passes."""
        if not self._armed:
            return None
        line = f"{request.method} {request.path}"
        with self._lock:
            for fault in list(self._armed):
                if side not in KINDS[fault.kind] or not fault.meets(side, line) or self._over(fault):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.struck += 1
                self._count(fault)
                self.fired[fault.kind] += 1
                return fault
        return None

    def delay(self, vendor: Vendor, request: Request, seconds: float) -> None:
        """Keep a request that its sender has given up, to land so many virtual seconds later."""
        due = None if self._clock is None else self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            self._underway.append(Underway(due, vendor, request))

    def land(self, side: str = "", *, everything: bool = False) -> int:
        """Let arrive what is due, or everything, at a side or at both; returns how many requests did.

        A side's own requests land by themselves right before the next one that it gets.
        """
        now = None if self._clock is None else self._clock.now()
        with self._lock:
            ready = [
                each
                for each in self._underway
                if (not side or each.vendor.side == side)
                and (everything or each.due is None or (now is not None and each.due <= now))
            ]
            self._underway = [each for each in self._underway if each not in ready]
        for each in sorted(ready, key=lambda each: each.due or datetime.min.replace(tzinfo=UTC)):
            each.vendor.handle(each.request)
            self.landed[each.vendor.side] += 1
        return len(ready)

    def _over(self, fault: Fault) -> bool:
        """Whether a lasting fault has ended; if so it is disarmed."""
        ends = self._ends.get(id(fault))
        if ends is None or self._clock is None or self._clock.now() < ends:
            return False
        self._disarm(fault)
        return True

    def _count(self, fault: Fault) -> None:
        if fault.lasts_s and self._clock is not None:
            self._ends.setdefault(id(fault), self._clock.now() + timedelta(seconds=fault.lasts_s))
        elif fault.struck == fault.count:
            self._disarm(fault)

    def _disarm(self, fault: Fault) -> None:
        self._armed = [each for each in self._armed if each is not fault]
        self._ends.pop(id(fault), None)


class _Faulty:
    def __init__(self, vendor: Vendor, faults: Faults) -> None:
        self._vendor = vendor
        self._faults = faults

    @property
    def side(self) -> str:
        return self._vendor.side

    def handle(self, request: Request) -> Response:
        if self._faults.underway:
            self._faults.land(self._vendor.side)
        fault = self._faults.strike(self._vendor.side, request)
        if fault is None:
            return self._vendor.handle(request)
        try:
            return KINDS[fault.kind][self._vendor.side](fault, request, self._vendor)
        except Later as later:
            self._faults.delay(self._vendor, request, later.seconds)
            raise TimedOut(fault.stall_s) from later
