"""One HubSpot call: the vendor's client, its two path styles, its limits, and its failures in our words.

The kept API object serves both v3 and dated paths through `call_api`. Library retries are off, bodies are parsed
by orjson, every call has a timeout. Nothing here knows what the calls are for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import urllib3
from hubspot import HubSpot
from hubspot.crm.contacts.exceptions import ApiException

from crmsync.connectors.hubspot.failures import (
    Json,
    Refused,
    Unauthorized,
    broken,
    failure,
    until_midnight,
)
from crmsync.connectors.hubspot.tokens import FileToken, StaticToken, Token
from crmsync.connectors.patience import Trust
from crmsync.connectors.transport import Caller, CallFailed, Failure, Governor, checked_url
from crmsync.errors import ConfigurationError, CrmsyncError, QuotaError, TransientError
from crmsync.model.ports import Clock
from crmsync.model.quota import Quota

__all__ = ["Client", "HubSpotSettings", "Json", "Refused", "joined"]

TOKEN_PATH: Final = "/oauth/2026-09/token"  # noqa: S105 - no secret; served to apps of every API version
SEARCHES_PER_SECOND: Final = 5
LINKS_PER_TEN_SECONDS: Final = {190: 150, 250: 200}
"""Limit of ordinary calls -> of association calls, which have a bucket of their own; 100 in any other account."""
VERSIONS: Final = ("v3", "2026-09")


@dataclass(frozen=True, slots=True)
class HubSpotSettings:
    """Where and as whom; timeouts in seconds.

    Either a static `access_token` (service key or private app), or an OAuth app with the file of its refresh token.
    """

    access_token: str = field(default="", repr=False)
    base_url: str = "https://api.hubapi.com"
    api_version: str = "v3"
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token_file: str = ""


class Client:
    """Calls HubSpot. Raises Refused, TransientError, QuotaError, FatalError."""

    def __init__(self, settings: HubSpotSettings, clock: Clock, pool: object | None = None) -> None:
        if settings.api_version not in VERSIONS:
            raise ConfigurationError(f"HubSpot's API version is one of {', '.join(VERSIONS)}.")
        self._token = self._source(settings, clock)
        base = checked_url(settings.base_url, "HubSpot's base URL")
        hub = HubSpot(
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
        self._links = Governor(clock, 10.0)
        self.caller = Caller(clock)
        self._clock = clock
        self._trust = Trust(clock)
        self.zone = ""
        """The account's time zone, once it was asked for: its midnight ends the day of the quota."""
        self.daily: tuple[int, int] | None = None
        """(limit, remaining) as the last reply told."""
        self.quota: Quota | None = None

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

    def _source(self, settings: HubSpotSettings, clock: Clock) -> Token:
        if not settings.refresh_token_file:
            return StaticToken(settings.access_token)
        if settings.access_token:
            raise ConfigurationError(
                "HubSpot has both a static token and the file of a refresh token.",
                fix="Unset CRMSYNC_HUBSPOT__ACCESS_TOKEN or CRMSYNC_HUBSPOT__REFRESH_TOKEN_FILE.",
            )
        return FileToken(
            settings.refresh_token_file, settings.client_id, settings.client_secret, clock, self._grant
        )

    def _grant(self, form: Mapping[str, str]) -> Json:
        """POST to the token endpoint, which counts towards no limit. Repeated when its reply is lost: see `tokens`."""

        def attempt() -> Json:
            self.caller.count("token")
            return self._once("POST", TOKEN_PATH, [], form=dict(form))

        return self.caller.run("HubSpot token", attempt, write=False)

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
        governor = self._search if search else self._links if "/associations/" in path else self._burst

        def once(token: str) -> Json:
            governor.take()
            if write:
                self.caller.fence()
            self.caller.count(purpose)
            reply = self._once(method, path, list((query or {}).items()), body, token=token)
            self._trust.accepted()
            return reply

        def attempt() -> Json:
            token = self._token.current()
            try:
                return once(token)
            except (
                Unauthorized
            ) as refused:  # nothing was done; a token may run out while a call is on its way
                if not self._token.renew(token):
                    raise self._unaccepted(refused) from refused
            try:
                return once(self._token.current())
            except Unauthorized as refused:
                raise self._unaccepted(refused) from refused

        bucket = "associations" if governor is self._links else ""
        return self.caller.run(f"HubSpot {purpose}", attempt, write=write, bucket=bucket)

    def _unaccepted(self, refused: Unauthorized) -> CrmsyncError:
        """Fatal when it is no passing thing: a token that never worked, or one refused again and again."""
        fatal = self._token.rejected(refused.where)
        lasting = self._trust.refused()
        if lasting or (not self._trust.ever and isinstance(self._token, StaticToken)):
            return fatal
        return TransientError(str(fatal), fix=fatal.fix)

    def _once(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]],
        body: Json | None = None,
        *,
        token: str = "",
        form: dict[str, str] | None = None,
    ) -> Json:
        """One request: JSON with a token, or a form without."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            reply = self._api.call_api(
                path,
                method,
                query_params=query,
                header_params=headers,
                body=body,
                post_params=list((form or {}).items()),
                auth_settings=[],
                _preload_content=False,
                _request_timeout=self._timeout,
            )
            self._learn(_lowered(reply.headers))
            data = reply.data
        except ApiException as error:
            headers = _lowered(error.headers)
            self._learn(headers)
            raise self._failure(error.status or 0, error.body, headers) from error
        except (UnicodeDecodeError, AttributeError) as error:
            # The library decodes error bodies as strict UTF-8 and trips over an absent one.
            inner = error.__context__
            if not isinstance(inner, ApiException):
                raise CallFailed(Failure.BROKEN, "a reply that the client cannot read") from error
            raise self._failure(inner.status or 0, None, _lowered(inner.headers)) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise broken(error) from error
        if not data:
            return {}
        try:
            parsed = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise CallFailed(Failure.BROKEN, "a reply that is not JSON") from error
        return parsed if isinstance(parsed, dict) else {"results": parsed}

    def _failure(self, status: int, raw: object, headers: Mapping[str, str]) -> Exception:
        """The failure in our words; a used-up day is over at the account's midnight."""
        found = failure(status, raw, headers)
        if isinstance(found, QuotaError) and not found.retry_after:
            found.retry_after = until_midnight(self._clock.now(), self.zone)
        return found

    def _learn(self, headers: Mapping[str, str]) -> None:
        limit = _number(headers.get("x-hubspot-ratelimit-max"))
        if limit is not None:
            self._burst.learn(limit, _number(headers.get("x-hubspot-ratelimit-remaining")))
            # Neither search nor association replies tell their limits; where other calls are counted, the
            # documented ones hold.
            counted = self._burst.limit
            self._search.learn(SEARCHES_PER_SECOND if counted else None)
            self._links.learn(LINKS_PER_TEN_SECONDS.get(counted, 100) if counted else None)
        daily = _number(headers.get("x-hubspot-ratelimit-daily"))
        left = _number(headers.get("x-hubspot-ratelimit-daily-remaining"))
        if daily is not None and left is not None:
            self.daily = (daily, left)
            self.quota = Quota(daily, left, self._clock.now())


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def joined(names: Sequence[str]) -> str:
    """A list parameter as HubSpot takes it: comma separated, each name once, in order."""
    return ",".join(dict.fromkeys(names))
