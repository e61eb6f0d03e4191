"""One HubSpot call: the vendor's client, its two path styles, its limits, and its failures in our words.

The kept API object serves both v3 and dated paths through `call_api`. Library retries are off, bodies are parsed
by orjson, every call has a timeout. Nothing here knows what the calls are for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import urllib3
from hubspot import HubSpot
from hubspot.crm.contacts.exceptions import ApiException

from crmsync.connectors.transport import Caller, CallFailed, Failure, Governor, checked_url, seconds
from crmsync.errors import ConfigurationError, CrmsyncError, FatalError, QuotaError, TransientError
from crmsync.model.ports import Clock

Json = dict[str, Any]
SEARCHES_PER_SECOND: Final = 5
VERSIONS: Final = ("v3", "2026-09")


@dataclass(frozen=True, slots=True)
class HubSpotSettings:
    """Where and as whom; timeouts in seconds."""

    access_token: str = field(repr=False)
    base_url: str = "https://api.hubapi.com"
    api_version: str = "v3"
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0


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


class Client:
    """Calls HubSpot. Raises Refused, TransientError, QuotaError, FatalError."""

    def __init__(self, settings: HubSpotSettings, clock: Clock, pool: object | None = None) -> None:
        if settings.api_version not in VERSIONS:
            raise ConfigurationError(f"HubSpot's API version is one of {', '.join(VERSIONS)}.")
        if not settings.access_token:
            raise ConfigurationError(
                "HubSpot's access token is not set.", fix="Set CRMSYNC_HUBSPOT__ACCESS_TOKEN."
            )
        base = checked_url(settings.base_url, "HubSpot's base URL")
        hub = HubSpot(
            access_token=settings.access_token,
            host=base,
            base_url=base,
            retry=urllib3.Retry(total=0),
        )
        # Each access builds a new API object with a pool of its own, so one is kept for good.
        self._api: Any = hub.crm.contacts.basic_api.api_client
        if pool is not None:
            self._api.rest_client.pool_manager = pool
        self._timeout = (settings.connect_timeout_s, settings.read_timeout_s)
        self._version = settings.api_version
        self._burst = Governor(clock, 10.0)
        self._search = Governor(clock, 1.0)
        self.caller = Caller(clock)
        self.daily: tuple[int, int] | None = None
        """(limit, remaining) as the last reply told."""

    def path(self, area: str, rest: str = "") -> str:
        """`objects`, `associations`, `lists`, ... in the style of the configured version.

        What v3 has of associations cannot name a primary company, so v4 goes with v3.
        """
        if self._version == "v3":
            return f"/crm/{'v4' if area == 'associations' else 'v3'}/{area}{rest}"
        return f"/crm/{area}/{self._version}{rest}"

    def get(self, purpose: str, path: str, query: Mapping[str, str] | None = None) -> Json:
        """GET a JSON object."""
        return self._run(purpose, "GET", path, query=query)

    def ask(self, purpose: str, path: str, body: Json, query: Mapping[str, str] | None = None) -> Json:
        """POST that only reads (batch read)."""
        return self._run(purpose, "POST", path, body=body, query=query)

    def search(self, purpose: str, obj: str, body: Json) -> Json:
        """POST to the search endpoint, which has a limit of its own and sends no limit headers."""
        return self._run(purpose, "POST", self.path("objects", f"/{obj}/search"), body=body, search=True)

    def send(self, purpose: str, path: str, body: Json) -> Json:
        """POST that writes; never repeated when it may have been carried out."""
        return self._run(purpose, "POST", path, body=body, write=True)

    def close(self) -> None:
        """Close the idle connections."""
        clear = getattr(self._api.rest_client.pool_manager, "clear", None)
        if clear is not None:
            clear()

    def _run(
        self,
        purpose: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        write: bool = False,
        search: bool = False,
    ) -> Json:
        governor = self._search if search else self._burst

        def attempt() -> Json:
            governor.take()
            self.caller.count(purpose)
            return self._once(method, path, list((query or {}).items()), body)

        return self.caller.run(f"HubSpot {purpose}", attempt, write=write)

    def _once(self, method: str, path: str, query: list[tuple[str, str]], body: Json | None) -> Json:
        try:
            reply = self._api.call_api(
                path,
                method,
                query_params=query,
                header_params={"Accept": "application/json", "Content-Type": "application/json"},
                body=body,
                auth_settings=["oauth2"],
                _preload_content=False,
                _request_timeout=self._timeout,
            )
            self._learn(_lowered(reply.headers))
            data = reply.data
        except ApiException as error:
            headers = _lowered(error.headers)
            self._learn(headers)
            raise _failure(error.status or 0, error.body, headers) from error
        except (UnicodeDecodeError, AttributeError) as error:
            # The library decodes error bodies as strict UTF-8 and trips over an absent one.
            inner = error.__context__
            if not isinstance(inner, ApiException):
                raise CallFailed(Failure.BROKEN, "a reply that the client cannot read") from error
            raise _failure(inner.status or 0, None, _lowered(inner.headers)) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _broken(error) from error
        if not data:
            return {}
        try:
            parsed = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise CallFailed(Failure.BROKEN, "a reply that is not JSON") from error
        return parsed if isinstance(parsed, dict) else {"results": parsed}

    def _learn(self, headers: Mapping[str, str]) -> None:
        limit = _number(headers.get("x-hubspot-ratelimit-max"))
        if limit is not None:
            self._burst.learn(limit, _number(headers.get("x-hubspot-ratelimit-remaining")))
            # Search replies carry no such headers; where other calls are counted, its documented limit holds.
            self._search.learn(SEARCHES_PER_SECOND if self._burst.limit else None)
        daily = _number(headers.get("x-hubspot-ratelimit-daily"))
        left = _number(headers.get("x-hubspot-ratelimit-daily-remaining"))
        if daily is not None and left is not None:
            self.daily = (daily, left)


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _broken(error: Exception) -> CallFailed:
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


def _failure(status: int, raw: object, headers: Mapping[str, str]) -> Exception:
    """What a status of 400 and above means. All parts of an error body are optional (docs: error-handling)."""
    body = _parsed(raw)
    wish = seconds(headers.get("retry-after"))
    correlation = body.get("correlationId") or headers.get("x-hubspot-correlation-id") or "none"
    where = f"HTTP {status}, correlation id {correlation}"
    match status:
        case 401:
            return FatalError(
                f"HubSpot does not accept the access token ({where}).",
                fix="Put a current token of the service key or private app into CRMSYNC_HUBSPOT__ACCESS_TOKEN.",
            )
        case 403:
            return _forbidden(body, where)
        case 429 if (
            body.get("policyName") == "DAILY" or "daily limit" in str(body.get("message", "")).lower()
        ):
            return QuotaError(f"HubSpot's daily quota is used up ({where}).", retry_after=wish or 3600.0)
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


def joined(names: Sequence[str]) -> str:
    """A list parameter as HubSpot takes it: comma separated, each name once, in order."""
    return ",".join(dict.fromkeys(names))
