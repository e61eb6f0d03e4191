"""Faults between a client and a simulated vendor: named, counted, armed one by one. A kind is one function.

A fault concerns transport or a vendor's protocol answers; what a vendor does wrong by meaning (index lag,
merges) is a setting or a human act of that vendor.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from crmsync.simulator.wire import Refused, Request, Reset, Response, Vendor


@dataclass(slots=True)
class Fault:
    """A fault to come.

    `side` and `match` (a substring of "METHOD path") say which requests it meets; empty meets all. `after`
    matching requests pass first, then it strikes `count` times (0: until cleared). `status` and `body` serve
    the kind `status`; `retry_after` (seconds) adds that header to refusing replies; `policy` names the
    HubSpot rate limit.
    """

    kind: str
    side: str = ""
    match: str = ""
    count: int = 1
    after: int = 0
    status: int = 500
    body: str = ""
    retry_after: float | None = None
    policy: str = "TEN_SECONDLY_ROLLING"
    struck: int = field(default=0, compare=False)

    def meets(self, side: str, line: str) -> bool:
        """Whether it concerns a request."""
        return (not self.side or self.side == side) and self.match in line


Kind = Callable[[Fault, Request, Vendor], Response]


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
        """Arm a fault. Raises ValueError for an unknown kind."""
        if fault.kind not in KINDS:
            raise ValueError(f"no fault of kind {fault.kind!r}; there are {', '.join(sorted(KINDS))}")
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
                if not fault.meets(side, line):
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
        return KINDS[fault.kind](fault, request, self._vendor)


def _refused(fault: Fault, request: Request, vendor: Vendor) -> Response:
    raise Refused


def _reset_before(fault: Fault, request: Request, vendor: Vendor) -> Response:
    raise Reset


def _reset_after_send(fault: Fault, request: Request, vendor: Vendor) -> Response:
    vendor.handle(request)
    raise Reset


def _rate_limit(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """HubSpot: 429 naming the policy. Salesforce: 403 REQUEST_LIMIT_EXCEEDED, its daily allocation."""
    if vendor.side == "salesforce":
        message = "TotalRequests Limit exceeded."
        return _reply(fault, 403, [{"message": message, "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
    said = {
        "DAILY": "You have reached your daily limit.",
        "SECONDLY": "You have reached your secondly limit.",
    }
    return _reply(
        fault,
        429,
        {
            "status": "error",
            "message": said.get(fault.policy, f"You have reached your {fault.policy.lower()} limit."),
            "errorType": "RATE_LIMIT",
            "correlationId": _correlation(fault),
            "policyName": fault.policy,
        },
    )


def _unavailable(fault: Fault, request: Request, vendor: Vendor) -> Response:
    if vendor.side == "salesforce":
        message = "The server is temporarily unavailable."
        return _reply(fault, 503, [{"message": message, "errorCode": "SERVER_UNAVAILABLE"}])
    return _reply(fault, 503, _problem(fault, "Service temporarily unavailable"))


def _internal(fault: Fault, request: Request, vendor: Vendor) -> Response:
    if vendor.side == "salesforce":
        return _reply(
            fault, 500, [{"message": "An unexpected error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}]
        )
    return _reply(fault, 500, _problem(fault, "internal error"))


def _gateway_html(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """An edge server's page; its text is not UTF-8, as happens."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body>caf\xe9</body></html>"
    return Response(502, page, {"content-type": "text/html"})


def _status(fault: Fault, request: Request, vendor: Vendor) -> Response:
    if fault.body:
        kind = "application/json" if fault.body.lstrip()[:1] in "{[" else "text/plain"
        return Response(fault.status, fault.body.encode(), {"content-type": kind, **_wait(fault)})
    if vendor.side == "salesforce":
        return _reply(fault, fault.status, [{"message": "Simulated.", "errorCode": "UNKNOWN_EXCEPTION"}])
    return _reply(fault, fault.status, _problem(fault, "Simulated."))


KINDS: Final[dict[str, Kind]] = {
    "refused": _refused,
    "reset_before": _reset_before,
    "reset_after_send": _reset_after_send,
    "rate_limit": _rate_limit,
    "unavailable": _unavailable,
    "internal": _internal,
    "gateway_html": _gateway_html,
    "status": _status,
}
"""Kind -> what it does in place of the vendor. A new fault is one function and one line here."""


def _reply(fault: Fault, status: int, body: object) -> Response:
    headers = {"content-type": "application/json;charset=utf-8", **_wait(fault)}
    return Response(status, json.dumps(body).encode(), headers)


def _wait(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}


def _problem(fault: Fault, message: str) -> dict[str, object]:
    return {"status": "error", "message": message, "correlationId": _correlation(fault)}


def _correlation(fault: Fault) -> str:
    return f"00000000-0000-4000-8000-{fault.struck:012d}"
