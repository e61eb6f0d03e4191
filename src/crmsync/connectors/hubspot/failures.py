"""What a failed HubSpot call means, in our words. Makes no call.

All parts of an error body are optional, and a body may be no JSON at all (docs: error-handling).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import urllib3

from crmsync.connectors.transport import CallFailed, Failure, seconds
from crmsync.errors import CrmsyncError, FatalError, QuotaError, TransientError

Json = dict[str, Any]
TURNED_AWAY_S: Final = 600.0
DAY_UNKNOWN_S: Final = 3600.0
"""How long a used-up day is waited out while the portal's time zone is not known."""


class Refused(Exception):
    """HubSpot refused a request for what it asks (400, 404, 409, 414). `errors` are its error objects."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"HTTP {status} {body.get('category') or ''}".strip())
        self.status = status
        self.body = body

    @property
    def category(self) -> str:
        return str(self.body.get("category") or "")

    def fatal(self, purpose: str) -> FatalError:
        """The same for callers that cannot go on: without the vendor's text, which may quote values."""
        correlation = self.body.get("correlationId") or "none"
        return FatalError(f"HubSpot refused {purpose}: {self} (correlation id {correlation}).")


class Unauthorized(Exception):
    """HubSpot does not accept the token (401), and did nothing. `where` has the status and the correlation id."""

    def __init__(self, where: str) -> None:
        super().__init__(f"HubSpot does not accept the access token ({where}).")
        self.where = where


def broken(error: Exception) -> CallFailed:
    """Told apart: a connection that never was, and one that ended after the request may have gone out."""
    reason = getattr(error, "reason", None) or error
    never = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.NameResolutionError,
        urllib3.exceptions.ProxyError,
        ConnectionRefusedError,
    )
    failure = Failure.REFUSED if isinstance(reason, never) else Failure.BROKEN
    return CallFailed(failure, f"{failure} ({type(reason).__name__})")


def failure(status: int, raw: object, headers: Mapping[str, str]) -> Exception:
    """What a status of 400 and above means. All parts of an error body are optional (docs: error-handling)."""
    body = _parsed(raw)
    wish = seconds(headers.get("retry-after"))
    correlation = body.get("correlationId") or headers.get("x-hubspot-correlation-id") or "none"
    where = f"HTTP {status}, correlation id {correlation}"
    match status:
        case 401:
            return Unauthorized(where)
        case 400 | 403 | 404 | 405 | 409 | 415 if _page(raw):
            return _turned_away(where) if status == 403 else CallFailed(Failure.UNAVAILABLE, where)
        case 403:
            return _forbidden(body, where)
        case 429 if (
            body.get("policyName") == "DAILY" or "daily limit" in str(body.get("message", "")).lower()
        ):
            return QuotaError(f"HubSpot's daily quota is used up ({where}).", retry_after=wish)
        case 429:
            ten_seconds = "TEN_SECONDLY" in str(body.get("policyName") or "")
            return CallFailed(Failure.THROTTLED, where, retry_after=wish or (10.0 if ten_seconds else 1.0))
        case 423:  # too much volume on the same records; the lock lasts 2 s
            return CallFailed(Failure.THROTTLED, where, retry_after=max(2.0, wish))
        case 477:
            return TransientError(f"HubSpot is moving this account ({where}).", retry_after=wish or 3600.0)
        case 503:
            return CallFailed(Failure.UNAVAILABLE, where, retry_after=wish)
        case 400 | 404 | 409 | 414 | 405 | 415:
            return Refused(status, body)
        case _ if status >= 500:
            return CallFailed(Failure.OUTAGE, where, retry_after=wish)
        case 0:
            return CallFailed(Failure.BROKEN, "no usable connection (TLS)")
        case _:
            return FatalError(f"HubSpot answered in a way that crmsync does not know ({where}).")


def until_midnight(now: datetime, zone: str) -> float:
    """Seconds until the day of an account in this time zone ends, when its quota begins anew (docs: usage-guidelines)."""
    try:
        local = now.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return DAY_UNKNOWN_S
    ends = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    return (ends.astimezone(UTC) - now).total_seconds()


def _page(raw: object) -> bool:
    """Whether an edge server answered in HubSpot's place: a refusal of the API is JSON, or nothing at all."""
    if not isinstance(raw, str | bytes) or not raw.strip():
        return False
    try:
        return not isinstance(orjson.loads(raw), dict)
    except orjson.JSONDecodeError:
        return True


def _turned_away(where: str) -> TransientError:
    """403 by a page: nothing is said about the token's rights, and nothing reached HubSpot."""
    return TransientError(
        f"HubSpot's edge turns the call away ({where}).",
        retry_after=TURNED_AWAY_S,
        fix="If it stays so, see that nothing between here and api.hubapi.com blocks the calls.",
    )


def _forbidden(body: Json, where: str) -> CrmsyncError:
    scopes = sorted(set(_scopes(body)))
    named = f" The token lacks: {', '.join(scopes)}." if scopes else ""
    return FatalError(
        f"HubSpot refuses this with the token's rights ({where}).{named}",
        fix="Give the service key or private app the missing scopes: contacts and companies (read, write, "
        "schemas) and owners (read).",
    )


def _scopes(body: Json) -> list[str]:
    contexts = [
        body.get("context"),
        *(e.get("context") for e in body.get("errors") or [] if isinstance(e, dict)),
    ]
    found: list[str] = []
    for context in contexts:
        for name in ("requiredGranularScopes", "requiredScopes"):
            values = context.get(name) if isinstance(context, dict) else None
            found += [s for s in values or [] if isinstance(s, str) and re.fullmatch(r"[\w.-]+", s)]
    return found


def _parsed(raw: object) -> Json:
    if isinstance(raw, (str, bytes)):
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}
    return {}
