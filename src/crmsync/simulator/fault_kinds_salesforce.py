"""Faults in Salesforce's own words. Docs: REST API Developer Guide, "Status Codes and Error Responses"."""

from __future__ import annotations

import json
from typing import Final

from crmsync.simulator.fault_kinds import Fault, Kind
from crmsync.simulator.wire import Request, Response, Vendor


def rate_limit(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """403: the daily allocation is used up."""
    return reply(fault, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def unavailable(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """503."""
    return reply(fault, 503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable.")


def internal(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """500."""
    return reply(fault, 500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")


def status(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """Any status."""
    if fault.body:
        kind = "application/json" if fault.body.lstrip()[:1] in "{[" else "text/plain"
        return Response(fault.status, fault.body.encode(), {"content-type": kind, **fault.wait})
    return reply(fault, fault.status, "UNKNOWN_EXCEPTION", "Simulated.")


def reply(fault: Fault, status: int, code: str, message: str) -> Response:
    """Salesforce's list of one error."""
    headers = {"content-type": "application/json;charset=utf-8", **fault.wait}
    return Response(status, json.dumps([{"message": message, "errorCode": code}]).encode(), headers)


SALESFORCE: Final[dict[str, Kind]] = {
    "rate_limit": rate_limit,
    "unavailable": unavailable,
    "internal": internal,
    "status": status,
}
"""Kinds that Salesforce answers."""
