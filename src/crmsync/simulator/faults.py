"""Faults between a client and a simulated vendor: named, counted, armed one by one.

A fault concerns transport or a vendor's protocol answers; what a vendor does wrong by meaning (index lag,
merges) is a setting or a human act of that vendor. What each kind does stands in `fault_kinds*.py`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

from crmsync.simulator.fault_kinds import TRANSPORT, Fault, Kind
from crmsync.simulator.fault_kinds_hubspot import HUBSPOT
from crmsync.simulator.fault_kinds_salesforce import SALESFORCE
from crmsync.simulator.wire import Request, Response, Vendor

__all__ = ["KINDS", "Fault", "Faults"]

SIDES: Final = {"hubspot": HUBSPOT, "salesforce": SALESFORCE}
KINDS: Final[Mapping[str, Mapping[str, Kind]]] = {
    name: {side: {**TRANSPORT, **own}[name] for side, own in SIDES.items() if name in {**TRANSPORT, **own}}
    for name in {**TRANSPORT, **HUBSPOT, **SALESFORCE}
}
"""Kind -> side -> what it does in place of the vendor; a kind that a side does not list never meets that side."""


class Faults:
    """The armed faults of a cluster, oldest first; `fired` counts strikes by kind."""

    def __init__(self) -> None:
        self.fired: Counter[str] = Counter()
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    @property
    def armed(self) -> tuple[Fault, ...]:
        """Faults that may still strike."""
        return tuple(self._armed)

    def add(self, fault: Fault) -> None:
        """Arm a fault. Raises ValueError for an unknown kind, or one that its side does not know."""
        if fault.kind not in KINDS:
            raise ValueError(f"no fault of kind {fault.kind!r}; there are {', '.join(sorted(KINDS))}")
        if fault.side and fault.side not in KINDS[fault.kind]:
            raise ValueError(f"{fault.side} knows no fault of kind {fault.kind!r}")
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def around(self, vendor: Vendor) -> Vendor:
        """The vendor with faults in front."""
        return _Faulty(vendor, self)

    def strike(self, side: str, request: Request) -> Fault | None:
        """The fault that meets this request, counted; None when it passes."""
        if not self._armed:
            return None
        line = f"{request.method} {request.path}"
        with self._lock:
            for fault in self._armed:
                if side not in KINDS[fault.kind] or not fault.meets(side, line):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.struck += 1
                if fault.struck == fault.count:
                    self._armed.remove(fault)
                self.fired[fault.kind] += 1
                return fault
        return None


class _Faulty:
    def __init__(self, vendor: Vendor, faults: Faults) -> None:
        self._vendor = vendor
        self._faults = faults

    @property
    def side(self) -> str:
        return self._vendor.side

    def handle(self, request: Request) -> Response:
        fault = self._faults.strike(self._vendor.side, request)
        if fault is None:
            return self._vendor.handle(request)
        return KINDS[fault.kind][self._vendor.side](fault, request, self._vendor)
