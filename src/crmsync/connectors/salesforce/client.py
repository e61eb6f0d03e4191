"""One Salesforce call: simple-salesforce in direct mode over our session, and its failures in our words.

Nothing here knows what the calls are for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceError

from crmsync.connectors.patience import Trust
from crmsync.connectors.salesforce.session import OrgSession, SalesforceSettings, Token
from crmsync.connectors.transport import Caller, CallFailed, Failure, checked_url, unfenced
from crmsync.errors import ConfigurationError, CrmsyncError, FatalError, QuotaError, TransientError
from crmsync.model.ports import Clock

Json = dict[str, Any]
T = TypeVar("T")
_NEVER = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ProxyError,
)
MAINTENANCE_S: Final = 600.0
QUOTA_S: Final = 900.0
LONGEST_QUOTA_S: Final = 7200.0
"""Requests of a rolling day come back by the minute, a day after they were made: asked again soon, then more seldom."""
TURNED_AWAY_S: Final = 600.0
_POLICY = re.compile(r"not valid for use with|not attached to", re.IGNORECASE)
"""What Salesforce says when a policy, not its age, is against a session."""


class Refused(Exception):
    """Salesforce refused a request for what it asks. `errors` are its error objects, never empty."""

    def __init__(self, status: int, errors: Sequence[Json]) -> None:
        super().__init__(f"HTTP {status} {code_of(errors[0])}".strip())
        self.status = status
        self.errors = list(errors)

    @property
    def code(self) -> str:
        return code_of(self.errors[0])

    def fatal(self, purpose: str) -> FatalError:
        """The same for callers that cannot go on: without the vendor's text, which may quote values."""
        hint = ""
        if self.code in {"INVALID_FIELD", "INVALID_TYPE"}:
            hint = "Grant the field or object to the integration user again, or take it out of the mapping."
        return FatalError(f"Salesforce refused {purpose}: {self}.", fix=hint)


class Client:
    """Calls Salesforce. Raises Refused, TransientError, QuotaError, FatalError."""

    def __init__(
        self, settings: SalesforceSettings, clock: Clock, adapter: BaseAdapter | None = None
    ) -> None:
        if not re.fullmatch(r"\d{2,3}\.0", settings.api_version):
            raise ConfigurationError('Salesforce\'s API version is a number like "62.0".')
        if not settings.consumer_key or not (settings.consumer_secret or settings.private_key_file):
            raise ConfigurationError(
                "Salesforce's credentials are not set.",
                fix="Set CRMSYNC_SALESFORCE__CONSUMER_KEY and CRMSYNC_SALESFORCE__CONSUMER_SECRET, or instead of the "
                "secret CRMSYNC_SALESFORCE__PRIVATE_KEY_FILE.",
            )
        if not settings.login_url:
            raise ConfigurationError(
                "Salesforce's login URL is not set.",
                fix="Set CRMSYNC_SALESFORCE__LOGIN_URL to the org's My Domain address (https://...my.salesforce.com).",
            )
        self._settings = settings
        self.caller = Caller(clock)
        self._trust = Trust(clock)
        self._spent = 0
        self.session = OrgSession(settings, clock, self.caller.count, adapter)
        self._made: Any = None
        if settings.instance_url:
            checked_url(settings.instance_url, "Salesforce's instance URL")

    @property
    def base(self) -> str:
        """The path of the REST API in the configured version, without a trailing slash."""
        return f"/services/data/v{self._settings.api_version}"

    def _sf(self) -> Any:
        if self._made is None:
            url = self._settings.instance_url or self.session.token().instance_url
            instance = urlsplit(checked_url(url, "Salesforce's instance URL")).netloc
            self._made = Salesforce(
                instance=instance,
                session_id="unused",  # the session's own authorisation replaces it
                version=self._settings.api_version,
                session=self.session,
                object_pairs_hook=None,
            )
            del self._made.headers["X-PrettyPrint"]
        return self._made

    def token(self) -> Token:
        """The current token."""
        return self._run("token", self.session.token)

    def query(self, purpose: str, soql: str, *, deleted: bool = False) -> Json:
        """The first page of a query."""
        return self._run(purpose, lambda: self._sf().query(soql, include_deleted=deleted))

    def more(self, purpose: str, url: str) -> Json:
        """The page at a `nextRecordsUrl`."""
        return self._run(purpose, lambda: self._sf().query_more(url, identifier_is_url=True))

    def rows(self, purpose: str, soql: str, *, deleted: bool = False) -> list[Json]:
        """All rows of a query. Raises TransientError when the org forgets it between two pages."""
        page = self.query(purpose, soql, deleted=deleted)
        found = list(page["records"])
        while not page["done"]:
            try:
                page = self.more(purpose, page["nextRecordsUrl"])
            except Refused as refused:
                if refused.code != "INVALID_QUERY_LOCATOR":
                    raise
                raise TransientError(f"Salesforce lost its place in a query of {purpose}.") from refused
            found += page["records"]
        return found

    def get(self, purpose: str, path: str) -> Json:
        """GET below the base path."""
        return self._run(purpose, lambda: self._sf().restful(path) or {})

    def ask(self, purpose: str, path: str, body: Any) -> Any:
        """POST that only reads."""
        return self._run(purpose, lambda: self._sf().restful(path, method="POST", json=body))

    def send(
        self, purpose: str, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Any:
        """A call that writes; never repeated when it may have been carried out."""
        extra = dict(headers or {})
        return self._run(
            purpose, lambda: self._sf().restful(path, method=method, json=body, headers=extra), write=True
        )

    def close(self) -> None:
        """Close the idle connections."""
        self.session.close()

    def _run(self, purpose: str, call: Callable[[], T], *, write: bool = False) -> T:
        def attempt() -> T:
            self.session.name(purpose, self.caller.fence if write else unfenced)
            if write:
                self.caller.fence()
            try:
                found = call()
            except SalesforceError as error:
                raise self._failure(error.status, errors_of(error.content)) from error
            except requests.exceptions.InvalidJSONError as error:
                raise CallFailed(Failure.BROKEN, "a reply that is not JSON") from error
            except requests.RequestException as error:
                raise _broken(error) from error
            self._spent = 0
            self._trust.accepted()
            return found

        return self.caller.run(f"Salesforce {purpose}", attempt, write=write)

    def _failure(self, status: int, errors: Sequence[Json]) -> Exception:
        """The failure in our words, in the light of those before it."""
        found = failure(status, errors)
        ended = status == 401 and code_of(errors[0]) == "INVALID_SESSION_ID"
        if ended and not _POLICY.search(str(errors[0].get("message") or "")):
            # The session has been renewed and the call replayed by now.
            return found if self._trust.refused() else TransientError(str(found), fix=_fix(found))
        if isinstance(found, QuotaError):
            found.retry_after = min(QUOTA_S * 2.0**self._spent, LONGEST_QUOTA_S)
            self._spent += 1
        return found


def code_of(error: Mapping[str, Any]) -> str:
    """`errorCode` in REST, `statusCode` in Collections."""
    return str(error.get("errorCode") or error.get("statusCode") or "")


def errors_of(content: Any) -> list[Json]:
    """The error objects of a body of any shape; the edge answers with HTML or nothing."""
    rows = content if isinstance(content, list) else [content]
    return [row for row in rows if isinstance(row, dict)] or [{}]


def failure(status: int, errors: Sequence[Json]) -> Exception:
    """What a status of 300 and above means (docs: REST status codes and error responses)."""
    code, message = code_of(errors[0]), str(errors[0].get("message") or "")
    where = f"HTTP {status} {code}".strip()
    if code == "REQUEST_LIMIT_EXCEEDED":  # one code, two meanings, told apart by the message
        if "concurrent" in message.lower():
            return CallFailed(Failure.THROTTLED, where)
        return QuotaError(f"Salesforce's daily API requests are used up ({where}).", retry_after=QUOTA_S)
    if code in {"ORG_IN_MAINTENANCE", "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"}:
        return TransientError(f"Salesforce is in maintenance ({where}).", retry_after=MAINTENANCE_S)
    if status == 401:
        return FatalError(
            f"Salesforce does not accept the access token ({where}).",
            fix="Check the connected app, its run-as user and that the API is allowed to it.",
        )
    if status == 403 and not code:
        return TransientError(
            f"Salesforce's edge turns the call away ({where}).",
            retry_after=TURNED_AWAY_S,
            fix="If it stays so, see that nothing between here and the org blocks the calls.",
        )
    if status == 403:
        return FatalError(
            f"Salesforce refuses this with the user's rights ({where}).",
            fix="Give the integration user API access and rights on Lead, Contact and Account.",
        )
    if status in {420, 429}:
        return CallFailed(Failure.THROTTLED, where)
    if status == 503 or (status in {400, 404, 409} and not code):  # a page, not the API: it got no further
        return CallFailed(Failure.UNAVAILABLE, where)
    if status >= 500 or status == 406:
        return CallFailed(Failure.OUTAGE, where)
    if code in {"QUERY_TIMEOUT", "TOO_MANY_APEX_REQUESTS"}:
        return CallFailed(Failure.UNAVAILABLE, where)
    return Refused(status, errors)


def _fix(error: Exception) -> str:
    return error.fix if isinstance(error, CrmsyncError) else ""


def _broken(error: requests.RequestException) -> CallFailed:
    """Told apart: a connection that never was, and one that ended after the request may have gone out."""
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    never = (
        isinstance(error, requests.ConnectTimeout)
        or isinstance(reason, _NEVER)
        or str(error) == "Connection refused"
    )
    kind = Failure.REFUSED if never else Failure.BROKEN
    name = type(reason if isinstance(reason, Exception) else error).__name__
    return CallFailed(kind, f"{kind} ({name})")
