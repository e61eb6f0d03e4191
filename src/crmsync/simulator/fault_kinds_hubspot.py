"""Faults in HubSpot's own words. Docs: developers.hubspot.com, "Error handling" and "Usage guidelines"."""

from __future__ import annotations

import json
from dataclasses import replace
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


def locked(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """423: too much volume on the same records; by itself it lasts two seconds."""
    return reply(fault, 423, "The record is locked. Try again later.", category="LOCKED")


def migrating(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """477: the account moves to another data centre, for `retry_after` seconds, an hour unless said."""
    wait = fault.wait or {"retry-after": "3600"}
    answer = reply(fault, 477, "This account is being migrated.", category="MIGRATION_IN_PROGRESS")
    return replace(answer, headers={**answer.headers, **wait})


def uri_too_long(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """414 from the edge, whatever the length."""
    return Response(
        414, b"<html><body><h1>414 URI Too Long</h1></body></html>", {"content-type": "text/html"}
    )


def unauthorized(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """401: a token that nobody knows."""
    said = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
    return reply(fault, 401, said, category="INVALID_AUTHENTICATION")


def expired(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """401: the token ran out between two calls."""
    said = "The OAuth token used to make this call expired 1 second(s) ago."
    return reply(fault, 401, said, category="EXPIRED_AUTHENTICATION")


def forbidden(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """403: a scope is missing, which `body` may name."""
    said = "This app hasn't been granted all required scopes to make this call."
    context = {"requiredGranularScopes": [fault.body or "crm.objects.contacts.read"]}
    errors = [{"message": "One or more of the following scopes are required.", "context": context}]
    return reply(fault, 403, said, category="MISSING_SCOPES", errors=errors)


def created_as_ok(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The vendor acts, but says 200 where the documentation says 201."""
    answer = vendor.handle(request)
    return replace(answer, status=200) if answer.status == 201 else answer


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
    headers = {
        "content-type": "application/json;charset=utf-8",
        "x-hubspot-correlation-id": correlation,
        **fault.wait,
    }
    return Response(status, json.dumps(body).encode(), headers)


HUBSPOT: Final[dict[str, Kind]] = {
    "rate_limit": rate_limit,
    "unavailable": unavailable,
    "internal": internal,
    "locked": locked,
    "migrating": migrating,
    "uri_too_long": uri_too_long,
    "unauthorized": unauthorized,
    "expired": expired,
    "forbidden": forbidden,
    "created_as_ok": created_as_ok,
    "status": status,
}
"""Kinds that HubSpot answers."""

LASTING: Final = {"locked": 2.0}
"""Kind -> virtual seconds that it lasts unless the fault says otherwise."""
