"""The requests session beneath simple-salesforce: token, timeouts, limits and counting for every reply.

The session owns the token, so no object of the library holds a stale one. A token that ran out is renewed once
per generation, whoever notices first, and the same prepared request is replayed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, local
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import Retry

from crmsync.connectors.transport import CallFailed, Failure, checked_url, unfenced
from crmsync.errors import ConfigurationError, FatalError, TransientError
from crmsync.model.ports import Clock
from crmsync.model.quota import Quota

_USAGE = re.compile(r"(?:^|[^-\w])api-usage=(\d+)/(\d+)")
_JWT_LIFE_S = 170
TURNED_AWAY_S: Final = 600.0
_PASSES = re.compile(
    r"temporarily_unavailable|server_error|rate_?limit|rate[ _]exceeded|ip restricted|login hours|maintenance",
    re.IGNORECASE,
)
"""What the token endpoint says when the same request may be answered with a token later."""


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """Where and as whom. Client credentials by default; JWT bearer when `private_key_file` is set. Seconds."""

    login_url: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(default="", repr=False)
    instance_url: str = ""
    username: str = ""
    private_key_file: str = ""
    api_version: str = "62.0"
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Token:
    """One generation of access. `identity` is the id URL: .../id/<org>/<user>."""

    access: str = field(repr=False)
    instance_url: str
    identity: str


class OrgSession(requests.Session):
    """A session for one org. `count` is told of every HTTP request; `usage` is (used, limit) of the day."""

    def __init__(
        self,
        settings: SalesforceSettings,
        clock: Clock,
        count: Callable[[str], None],
        adapter: BaseAdapter | None = None,
    ) -> None:
        super().__init__()
        self._purpose = local()
        self.usage: tuple[int, int] | None = None
        self.quota: Quota | None = None
        self._settings = settings
        self._clock = clock
        self._count = count
        self._login = checked_url(settings.login_url, "Salesforce's login URL")
        self._token: Token | None = None
        self._renewing = Lock()
        self.auth = self._authorize
        # Assignment rules run on API writes unless told not to, and would hand leads to other owners.
        self.headers["Sforce-Auto-Assign"] = "FALSE"
        self.headers["Sforce-Call-Options"] = "client=crmsync"
        transport = adapter or HTTPAdapter(max_retries=Retry(total=0, redirect=0))
        # A proxy of the environment leads outside, where neither this machine nor what was handed in is found.
        self.trust_env = adapter is None and not settings.instance_url.startswith("http://")
        self.mount("https://", transport)
        self.mount("http://", transport)
        if adapter is None and settings.instance_url.startswith("http://"):
            address = urlsplit(checked_url(settings.instance_url, "Salesforce's instance URL"))
            self.mount(f"https://{address.netloc}", LoopbackAdapter(max_retries=Retry(total=0, redirect=0)))

    def name(self, purpose: str, fence: Callable[[], None] = unfenced) -> None:
        """What the calls of this thread are for from now on, and what is asked before one of them is replayed."""
        self._purpose.name, self._purpose.fence = purpose, fence

    @property
    def timeouts(self) -> tuple[float, float]:
        return (self._settings.connect_timeout_s, self._settings.read_timeout_s)

    def token(self) -> Token:
        """The current token, asked for at first use."""
        return self._token or self._renewed("")

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send with default timeouts; on an ended session renew the token and replay once with all headers."""
        purpose = getattr(self._purpose, "name", "call")
        reply = self._sent(request, purpose, kwargs)
        if reply.status_code == 401 and _code(reply) == "INVALID_SESSION_ID":
            used = str(request.headers.get("Authorization", "")).removeprefix("Bearer ")
            again = request.copy()
            again.headers["Authorization"] = f"Bearer {self._renewed(used).access}"
            getattr(self._purpose, "fence", unfenced)()
            reply = self._sent(again, purpose, kwargs)
        return reply

    def _sent(
        self, request: requests.PreparedRequest, purpose: str, kwargs: dict[str, Any]
    ) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs = {**kwargs, "timeout": self.timeouts}
        kwargs["allow_redirects"] = False
        self._count(purpose)
        reply = super().send(request, **kwargs)
        usage = _USAGE.search(reply.headers.get("Sforce-Limit-Info", ""))
        if usage:
            self.usage = used, limit = int(usage[1]), int(usage[2])
            self.quota = Quota(limit, max(0, limit - used), self._clock.now())
        return reply

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token().access}"
        return request

    # -- the token ------------------------------------------------------------------------------------------
    def _renewed(self, ended: str) -> Token:
        """The token after the one that ended: asked for by one caller, taken over by those who waited meanwhile."""
        with self._renewing:
            if self._token is None or self._token.access == ended:
                self._token = self._granted()
            return self._token

    def _granted(self) -> Token:
        url = f"{self._login}/services/oauth2/token"
        settings = self._settings
        if settings.private_key_file:
            form = {
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion": self._assertion(),
            }
            asked = requests.Request("POST", url, data=form)
        else:
            basic = (settings.consumer_key, settings.consumer_secret)
            asked = requests.Request("POST", url, data={"grant_type": "client_credentials"}, auth=basic)
        environment = self.merge_environment_settings(url, {}, None, None, None)
        try:
            reply = self._sent(asked.prepare(), "token", dict(environment))
        except requests.RequestException as error:
            # Asking for a token writes nothing, so this is safe to repeat even for a write.
            raise CallFailed(Failure.UNAVAILABLE, f"token request: {type(error).__name__}") from error
        try:
            body = reply.json()
        except requests.JSONDecodeError:
            body = {}
        if reply.status_code == 200 and isinstance(body, dict) and body.get("access_token"):
            return Token(body["access_token"], str(body.get("instance_url") or ""), str(body.get("id") or ""))
        raise _denied(reply.status_code, body)

    def _assertion(self) -> str:
        """RS256, aud = the login host, at most three minutes (docs: OAuth 2.0 JWT bearer flow)."""
        settings = self._settings
        try:
            key = Path(settings.private_key_file).read_text()
        except OSError as error:
            raise ConfigurationError(
                f"Salesforce's private key file cannot be read ({error.strerror}).",
                fix="Put the path of a PEM file that this user may read into CRMSYNC_SALESFORCE__PRIVATE_KEY_FILE.",
            ) from error
        claims = {
            "iss": settings.consumer_key,
            "sub": settings.username,
            "aud": self._login,
            "exp": int(self._clock.now().timestamp()) + _JWT_LIFE_S,
        }
        try:
            return jwt.encode(claims, key, algorithm="RS256")
        except (ValueError, TypeError, jwt.InvalidKeyError):
            raise ConfigurationError(
                "Salesforce's private key file holds no RSA private key in PEM form.",
                fix="Point CRMSYNC_SALESFORCE__PRIVATE_KEY_FILE at the unencrypted key that belongs to the app.",
            ) from None


class LoopbackAdapter(HTTPAdapter):
    """Speaks plain http to this machine where the library insists on https. No proxy stands in between."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        plain = request.copy()
        plain.url = urlunsplit(("http", *urlsplit(request.url or "")[1:]))
        kwargs["proxies"] = None
        return super().send(plain, *args, **kwargs)


def _code(reply: requests.Response) -> str:
    """The first error code of a reply, "" when it has none."""
    try:
        body = reply.json()
    except requests.JSONDecodeError:
        return ""
    first = body[0] if isinstance(body, list) and body else body
    return str(first.get("errorCode", "")) if isinstance(first, dict) else ""


def _denied(status: int, body: Any) -> Exception:
    """Why there is no token. Only what the org says in so many words needs an admin (docs: OAuth error codes)."""
    if status in {420, 429} or status >= 500:
        return CallFailed(Failure.UNAVAILABLE, f"token request: HTTP {status}")
    told = body if isinstance(body, dict) else {}
    code = str(told.get("error") or "")
    known = code if re.fullmatch(r"[a-z_]{1,40}", code) else f"HTTP {status}"
    if not code or _PASSES.search(f"{code} {told.get('error_description') or ''}"):
        return TransientError(
            f"Salesforce gives no access token for now ({known}).",
            retry_after=TURNED_AWAY_S,
            fix="If it stays so: is the org in maintenance, and may this machine's address and this hour log in "
            "(login IP ranges and login hours of the run-as user's profile)?",
        )
    return FatalError(
        f"Salesforce gives no access token ({known}).",
        fix="Check the login URL (for client credentials it is the org's My Domain), the consumer key and secret, "
        "and that the app has a run-as user with API access.",
    )
