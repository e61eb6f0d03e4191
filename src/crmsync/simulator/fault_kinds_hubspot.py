"""Faults in HubSpot's own words. Docs: developers.hubspot.com, "Error handling" and "Usage guidelines"."""

from __future__ import annotations

import json
from typing import Any, Final

from crmsync.simulator.fault_kinds import Fault, Kind
from crmsync.simulator.wire import Request, Response, Vendor

_SAID: Final = {
    "DAILY": "You have reached your daily limit.",
    "SECONDLY": "You have reached your secondly limit.",
}


def rate_limit(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """429 naming the policy."""
    said = _SAID.get(fault.policy, f"You have reached your {fault.policy.lower()} limit.")
    return reply(fault, 429, said, errorType="RATE_LIMIT", policyName=fault.policy)


def unavailable(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """503."""
    return reply(fault, 503, "Service temporarily unavailable")


def internal(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """500 on a good request, as happens."""
    return reply(fault, 500, "internal error")


def status(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """Any status."""
    if fault.body:
        kind = "application/json" if fault.body.lstrip()[:1] in "{[" else "text/plain"
        return Response(fault.status, fault.body.encode(), {"content-type": kind, **fault.wait})
    return reply(fault, fault.status, "Simulated.")


def reply(fault: Fault, status: int, message: str, **more: Any) -> Response:
    """HubSpot's error envelope."""
    correlation = f"00000000-0000-4000-8000-{fault.struck:012d}"
    body = {"status": "error", "message": message, "correlationId": correlation, **more}
    headers = {"content-type": "application/json;charset=utf-8", **fault.wait}
    return Response(status, json.dumps(body).encode(), headers)


HUBSPOT: Final[dict[str, Kind]] = {
    "rate_limit": rate_limit,
    "unavailable": unavailable,
    "internal": internal,
    "status": status,
}
"""Kinds that HubSpot answers."""
