"""What the admins of a portal do about access: apps, the static token, scopes, and users who leave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from crmsync.simulator.hubspot.keyring import GRACE_S, App, Grant, Keyring
from crmsync.simulator.hubspot.scopes import ALL
from crmsync.simulator.hubspot.state import Portal

REDIRECT = "https://app.example/oauth"


@dataclass(frozen=True, slots=True)
class Installed:
    """What a developer holds after somebody let their app in."""

    app_id: int
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


class Admins:
    """The admin side of a portal; whoever has it sets `keys` and `portal`. An unknown client id is a ValueError."""

    keys: Keyring
    portal: Portal

    @property
    def access_token(self) -> str:
        """The newest static token, of a private app or a service key."""
        return self.keys.token

    @property
    def scopes(self) -> frozenset[str]:
        """What the static token may do."""
        return self.keys.scopes

    @scopes.setter
    def scopes(self, scopes: frozenset[str]) -> None:
        self.keys.scopes = scopes

    def rotate_token(self, grace_s: float = GRACE_S) -> str:
        """A new static token, which is returned; the old one works for `grace_s` seconds more."""
        return self.keys.rotate(grace_s)

    def install_app(self, scopes: frozenset[str] = ALL, redirect_uri: str = REDIRECT) -> Installed:
        """A new app is made and let in."""
        app = self.keys.register(redirect_uri, scopes)
        access = self.keys.redeem(app, self.keys.install(app, scopes))
        if access is None or access.grant is None:
            raise RuntimeError("a fresh code must do")
        return Installed(app.id, app.client_id, app.client_secret, access.grant.refresh_token)

    def authorize_app(self, client_id: str, scopes: frozenset[str] = ALL) -> str:
        """Somebody lets an app in (again); returns the code that its redirect address is given."""
        return self.keys.install(self._app(client_id), scopes)

    def uninstall_app(self, client_id: str) -> None:
        """Somebody throws an app out: all its tokens are void."""
        self.keys.uninstall(self._app(client_id))

    def revoke_refresh_tokens(self, client_id: str) -> None:
        """The refresh tokens of an app are void; access tokens live until they expire."""
        for grant in self._grants(client_id):
            self.keys.revoke(grant.refresh_token)

    def take_scope(self, scope: str, client_id: str = "") -> None:
        """Take a scope away, from an app or from the static token; it holds from the next call on."""
        if not client_id:
            self.keys.scopes -= {scope}
            return
        for grant in self._grants(client_id):
            grant.scopes -= {scope}

    def archive_owner(self, id: str) -> None:
        """A user leaves: the owner stays as an archived one, and so does what it owns. Raises KeyError."""
        self.portal.owners[id] = replace(self.portal.owners[id], archived=self.portal.now())

    def _grants(self, client_id: str) -> list[Grant]:
        return self.keys.grants(self._app(client_id))

    def _app(self, client_id: str) -> App:
        app = self.keys.apps.get(client_id)
        if app is None:
            raise ValueError(f"there is no app with the client id {client_id}")
        return app
