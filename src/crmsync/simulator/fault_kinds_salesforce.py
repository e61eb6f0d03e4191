"""Faults in Salesforce's own words. Docs: REST API Developer Guide, "Status Codes and Error Responses".

Those that concern rows, sessions, locators and jobs need the simulated org itself behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from crmsync.simulator.fault_kinds import Fault, Kind
from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.locks import locked
from crmsync.simulator.salesforce.org import SalesforceSim
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.wire import Request, Response, Vendor


# -- in place of the vendor ----------------------------------------------------------------------------------
def said(status: int, code: str, message: str) -> Kind:
    """A kind that answers with one error and does nothing."""

    def kind(fault: Fault, request: Request, vendor: Vendor) -> Response:
        return reply(fault, vendor, status, code, message)

    kind.__doc__ = f"{status} {code}: {message}"
    return kind


def status(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """Any status."""
    if fault.body:
        kind = "application/json" if fault.body.lstrip()[:1] in "{[" else "text/plain"
        return Response(fault.status, fault.body.encode(), {"content-type": kind, **fault.wait})
    return reply(fault, vendor, fault.status, "UNKNOWN_EXCEPTION", "Simulated.")


def edge_html(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """A page of the edge server with `status`: 500, or 420 and 406 when it has had enough of a client."""
    page = f"<html><head><title>{fault.status}</title></head><body>Try again later.</body></html>"
    return Response(fault.status, page.encode(), {"content-type": "text/html;charset=UTF-8", **fault.wait})


# -- of the vendor's own doing -------------------------------------------------------------------------------
def session_expired(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """Every session ends, and this call is the first to notice; a new token helps."""
    org(vendor).auth.revoke()
    return vendor.handle(request)


def locator_expired(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """Every query locator is forgotten."""
    org(vendor).queries.forget_cursors()
    return vendor.handle(request)


def short_page(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """A query page has fewer rows than there are: as many as `body` says, else one."""
    switches = org(vendor).switches
    usual, switches.page_sizes = switches.page_sizes, (int(fault.body or 1),)
    try:
        return vendor.handle(request)
    finally:
        switches.page_sizes = usual


def field_hidden(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """An admin takes the field that `body` names (`Lead.Phone`) away from the user right before the call."""
    name, _, field = fault.body.partition(".")
    org(vendor).hide_field(name, field)
    return vendor.handle(request)


def deletions_forgotten(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The log that getDeleted reads is purged but for its last two hours."""
    org(vendor).replication.purge_log()
    return vendor.handle(request)


def bulk_failed(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The bulk job that runs next stops as Failed after as many rows as `body` says, else none."""
    org(vendor).ingest.fail_after = int(fault.body or 0)
    return vendor.handle(request)


def row_lock(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """Somebody else holds the n-th row that the call writes (`body`, else the first) for longer than ten seconds."""
    return _refusing(fault, request, vendor, lambda row: locked([str(row.get("Id") or "")]))


def row_maintenance(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The n-th row that the call writes (`body`, else the first) meets an org that may only be read."""
    words = "A maintenance of the organization is in progress; records cannot be changed."
    code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
    return _refusing(fault, request, vendor, lambda row: row_error(code, words))


def row_refused(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The first row that the call writes is refused with what `body` says, `CODE:message`."""
    code, _, message = fault.body.partition(":")
    return _refusing(fault, request, vendor, lambda row: row_error(code, message), 1)


def upsert_race(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The same upsert has just been carried out by another worker: what it created is DUPLICATE_VALUE here."""
    first = vendor.handle(request)
    parts = request.path.rstrip("/").split("/")
    if "composite" in parts:
        key, rows = parts[-1], orjson.loads(first.body)
        lost = [_taken(key, r["id"], "statusCode") if r.get("created") else r for r in rows]
        return Response(first.status, orjson.dumps(lost), first.headers)
    if first.status != 201:
        return first
    error = _taken(parts[-2], orjson.loads(first.body)["id"], "errorCode")["errors"]
    return Response(400, orjson.dumps(error), first.headers)


def _taken(key: str, record_id: str, code: str) -> dict[str, Any]:
    message = f"duplicate value found: {key} duplicates value on record with id: {record_id}"
    return {"success": False, "errors": [{code: "DUPLICATE_VALUE", "message": message, "fields": []}]}


def _refusing(
    fault: Fault, request: Request, vendor: Vendor, refusal: Callable[[Row], ApiError], nth: int = 0
) -> Response:
    """The call with one of its rows refused as if by a rule of the org: the n-th, else the one that `body` says."""
    wanted, seen = nth or int(fault.body or 1), 0

    def rule(entity: Entity, row: Row, old: Row | None) -> ApiError | None:
        nonlocal seen
        seen += 1
        return refusal(row) if seen == wanted else None

    rules = org(vendor).org.validations
    rules.append(rule)
    try:
        return vendor.handle(request)
    finally:
        rules.remove(rule)


def org(vendor: Vendor) -> SalesforceSim:
    """The simulated org behind a fault. Raises TypeError when something else stands there."""
    if not isinstance(vendor, SalesforceSim):
        raise TypeError("this fault needs the simulated org itself")
    return vendor


def reply(fault: Fault, vendor: Vendor, status: int, code: str, message: str) -> Response:
    """Salesforce's list of one error, with the usage header that every reply of the API carries."""
    usage = vendor.limits.header() if isinstance(vendor, SalesforceSim) else {}
    headers = {"content-type": "application/json;charset=utf-8", **usage, **fault.wait}
    return Response(status, orjson.dumps([{"message": message, "errorCode": code}]), headers)


_ENDED = "Session expired or invalid"
_CONCURRENT = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
SALESFORCE: Final[dict[str, Kind]] = {
    "rate_limit": said(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "concurrent_limit": said(403, "REQUEST_LIMIT_EXCEEDED", _CONCURRENT),
    "unavailable": said(503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
    "maintenance": said(503, "ORG_IN_MAINTENANCE", "The organization is in maintenance."),
    "internal": said(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    "unauthorized": said(401, "INVALID_SESSION_ID", _ENDED),
    "policy": said(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
    "api_disabled": said(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
    "query_timeout": said(400, "QUERY_TIMEOUT", "Your query request was running for too long."),
    "too_complicated": said(400, "QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or the filter conditions are too complicated."),
    "status": status,
    "edge_html": edge_html,
    "session_expired": session_expired,
    "locator_expired": locator_expired,
    "short_page": short_page,
    "field_hidden": field_hidden,
    "deletions_forgotten": deletions_forgotten,
    "bulk_failed": bulk_failed,
    "row_lock": row_lock,
    "row_maintenance": row_maintenance,
    "row_refused": row_refused,
    "upsert_race": upsert_race,
}  # fmt: skip
"""Kinds that Salesforce answers."""
