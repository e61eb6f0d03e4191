"""Who may call the portal: static tokens, installed apps, and the tokens that apps get. Speaks no HTTP.

Docs: developers.hubspot.com, "Account service keys", "Working with OAuth".
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.exchange import Caller
from crmsync.simulator.hubspot.properties import iso
from crmsync.simulator.hubspot.scopes import ALL, APPLICATION
from crmsync.simulator.hubspot.state import Portal

TOKEN: Final = "pat-na1-00000000-0000-4000-8000-000000000001"  # noqa: S105 - opens a simulator only
LIFETIME_S: Final = 1800
CODE_LIFETIME_S: Final = 600
GRACE_S: Final = 7 * 86_400.0
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, slots=True)
class App:
    """A registered app."""

    id: int
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    scopes: frozenset[str]


@dataclass(slots=True)
class Grant:
    """An app in the portal, as somebody let it in. `refresh_token` is its newest."""

    app: App
    scopes: frozenset[str]
    user_id: int
    user: str
    refresh_token: str = field(default="", repr=False)
    live: bool = True


@dataclass(frozen=True, slots=True)
class Access:
    """An access token: of a grant, or of an app itself (`grant` None)."""

    token: str = field(repr=False)
    app: App
    grant: Grant | None
    scopes: frozenset[str]
    expires: datetime

    @property
    def caller(self) -> Caller:
        """Scopes taken away from the grant hold at once for its tokens too."""
        scopes = self.grant.scopes if self.grant else self.scopes
        return Caller(f"app-{self.app.id}", scopes, oauth=True, hub=self.grant is not None)


class Keyring:
    """All keys to a portal. `scopes` are those of the static token, `token` is the newest one."""

    def __init__(self, portal: Portal, seed: int) -> None:
        self._portal = portal
        self._rng = random.Random(f"hubspot-keys-{seed}")
        self.token = TOKEN
        self._retired: dict[str, datetime] = {}
        self._static = Caller("private-app", ALL)
        self.apps: dict[str, App] = {}
        self._codes: dict[str, tuple[Grant, datetime]] = {}
        self._refreshes: dict[str, Grant] = {}
        self._accesses: dict[str, Access] = {}

    # -- static tokens --------------------------------------------------------------------------------------
    @property
    def scopes(self) -> frozenset[str]:
        """What the static token may do."""
        return self._static.scopes

    @scopes.setter
    def scopes(self, scopes: frozenset[str]) -> None:
        self._static = Caller(self._static.name, frozenset(scopes))

    def rotate(self, grace_s: float = GRACE_S) -> str:
        """A new static token; the old one works for `grace_s` seconds more. Returns the new one."""
        self._retired[self.token] = self._portal.clock.now() + timedelta(seconds=grace_s)
        self.token = f"pat-na1-{uuid.UUID(int=self._rng.getrandbits(128), version=4)}"
        return self.token

    # -- every call -----------------------------------------------------------------------------------------
    def caller(self, header: str) -> Caller:
        """Who an Authorization header says the caller is. Raises ApiError 401."""
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer":
            raise _unknown()
        if token == self.token:
            return self._static
        now = self._portal.clock.now()
        if token in self._retired and now < self._retired[token]:
            return self._static
        access = self._accesses.get(token)
        if access is None or (access.grant is not None and not access.grant.live):
            raise _unknown()
        if now >= access.expires:
            raise _expired(access.expires, now)
        return access.caller

    # -- apps -----------------------------------------------------------------------------------------------
    def register(self, redirect_uri: str, scopes: frozenset[str]) -> App:
        """A developer makes an app."""
        app = App(
            2_400_000 + 17 * len(self.apps),
            str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            redirect_uri,
            scopes | APPLICATION,
        )
        self.apps[app.client_id] = app
        return app

    def install(self, app: App, scopes: frozenset[str]) -> str:
        """A person of the portal lets an app in; returns the code that its redirect address is given."""
        owner = next(iter(self._portal.owners.values()))
        code = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        grant = Grant(app, scopes & app.scopes, owner.user_id, owner.email)
        self._codes[code] = (grant, self._portal.clock.now() + timedelta(seconds=CODE_LIFETIME_S))
        return code

    def uninstall(self, app: App) -> None:
        """A person throws an app out: its codes and tokens are void at once."""
        for grant in self.grants(app):
            grant.live = False
            self._refreshes.pop(grant.refresh_token, None)
        self._codes = {code: kept for code, kept in self._codes.items() if kept[0].app is not app}

    def grants(self, app: App) -> list[Grant]:
        """The grants of an app that are live."""
        return list({id(g): g for g in self._refreshes.values() if g.app is app}.values())

    # -- tokens ---------------------------------------------------------------------------------------------
    def redeem(self, app: App, code: str) -> Access | None:
        """The first tokens for a code, which works once and not for long; None when it is no good."""
        grant, until = self._codes.pop(code, (None, self._portal.clock.now()))
        if grant is None or grant.app is not app or self._portal.clock.now() >= until:
            return None
        self._renewed(grant)
        return self._issue(app, grant, grant.scopes)

    def refresh(self, app: App, token: str) -> Access | None:
        """A new access token for a refresh token, which may be replaced by that; None when it is no good."""
        grant = self._refreshes.get(token)
        if grant is None or grant.app is not app:
            return None
        if self._portal.switches.rotate_refresh_tokens:
            del self._refreshes[token]
            self._renewed(grant)
        return self._issue(app, grant, grant.scopes)

    def own(self, app: App, scopes: frozenset[str]) -> Access:
        """A token of the app itself, for what belongs to no account."""
        return self._issue(app, None, scopes)

    def access(self, token: str) -> Access | None:
        """An access token that still works."""
        found = self._accesses.get(token)
        live = found is not None and (found.grant is None or found.grant.live)
        return found if found is not None and live and found.expires > self._portal.clock.now() else None

    def left(self, access: Access) -> int:
        """Whole seconds that an access token has left."""
        return ceil((access.expires - self._portal.clock.now()).total_seconds())

    def grant(self, token: str) -> Grant | None:
        """The grant of a refresh token that still works."""
        return self._refreshes.get(token)

    def revoke(self, token: str) -> bool:
        """Void a refresh token; access tokens got with it stay, and so does the app. False when unknown."""
        return self._refreshes.pop(token, None) is not None

    def _renewed(self, grant: Grant) -> None:
        grant.refresh_token = "na1-" + self._text(44)
        self._refreshes[grant.refresh_token] = grant

    def _issue(self, app: App, grant: Grant | None, scopes: frozenset[str]) -> Access:
        now = self._portal.clock.now()
        if len(self._accesses) > 1000:
            self._accesses = {t: a for t, a in self._accesses.items() if a.expires > now - timedelta(days=1)}
        access = Access(self._text(180), app, grant, scopes, now + timedelta(seconds=LIFETIME_S))
        self._accesses[access.token] = access
        return access

    def _text(self, length: int) -> str:
        return "".join(self._rng.choices(_LETTERS, k=length))


def _unknown() -> ApiError:
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can "
        "find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return ApiError(401, message, "INVALID_AUTHENTICATION")


def _expired(since: datetime, now: datetime) -> ApiError:
    message = (
        f"The OAuth token used to make this call expired {int((now - since).total_seconds())} second(s) ago."
    )
    return ApiError(401, message, "EXPIRED_AUTHENTICATION", context={"expire time": [iso(since)]})
