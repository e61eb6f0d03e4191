"""The tokens that an org has given out: how they begin, are found, replaced and end. Knows no HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from crmsync.simulator.salesforce.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Grant:
    """One access token. `refresh` is the token that it came with or came from, "" when there is none."""

    access: str
    refresh: str
    issued: datetime
    user_id: str


class Tokens:
    """The live tokens of one user and app, oldest first."""

    def __init__(self, org: Tenant, seed: int) -> None:
        self._org = org
        self._seed = seed
        self._made = 0
        self._live: dict[str, Grant] = {}
        self._refresh: dict[str, str] = {}

    def new_refresh(self, user_id: str) -> str:
        """A refresh token, as the web-server flow ends with; one more than the limit revokes the oldest."""
        token = f"5Aep861{self._digest()}{self._digest()[:20]}"
        self._refresh[token] = user_id
        while len(self._refresh) > self._org.switches.grant_limit:
            self.end(next(iter(self._refresh)))
        return token

    def new_code(self) -> str:
        """An authorization code; who keeps it says what it is good for."""
        return f"aPrx{self._digest()}"

    def replaced(self, refresh: str) -> str:
        """A new refresh token in place of one that ends here. Access tokens that came from it live on."""
        return self.new_refresh(self._refresh.pop(refresh))

    def holder(self, refresh: str) -> str | None:
        """Whose live refresh token it is."""
        return self._refresh.get(refresh)

    def grant(self, user_id: str, refresh: str = "") -> Grant:
        """A new access token; one more than the limit revokes the oldest (OAuth: five grants a user and app)."""
        access = f"{self._org.org_id[:15]}!AQ{self._digest()}"
        out = self._live[access] = Grant(access, refresh, self._org.clock.now(), user_id)
        while len(self._live) > self._org.switches.grant_limit:
            del self._live[next(iter(self._live))]
        return out

    def find(self, access: str) -> Grant | None:
        """The grant of an access token that is neither revoked nor too old."""
        found = self._live.get(access)
        ttl = self._org.switches.token_ttl_s
        if found is None or ttl is None:
            return found
        return found if (self._org.clock.now() - found.issued).total_seconds() < ttl else None

    def end(self, token: str) -> bool:
        """Revoke a token; a refresh token takes its access tokens along. False: there was none."""
        if self._refresh.pop(token, None) is None:
            return self._live.pop(token, None) is not None
        for access in [a for a, g in self._live.items() if g.refresh == token]:
            del self._live[access]
        return True

    def end_all(self, *, refresh: bool = False) -> None:
        """End every access token, and every refresh token too when told so."""
        self._live.clear()
        if refresh:
            self._refresh.clear()

    def _digest(self) -> str:
        self._made += 1
        return hashlib.sha256(f"{self._seed}:{self._made}".encode()).hexdigest()
