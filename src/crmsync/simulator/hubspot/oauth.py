"""OAuth over the wire: tokens for a code, a refresh token or an app; introspection; revocation; the legacy paths.

Docs: developers.hubspot.com, "Manage OAuth tokens" (v3 and dated), "OAuth tokens v1" (legacy).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from crmsync.simulator.hubspot.errors import ApiError, not_found
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.keyring import Access, App, Grant, Keyring

_SECRET: Final = ("client_secret", "client_id", "code", "refresh_token", "token", "code_verifier")
Form = Mapping[str, str]


class OAuthError(ApiError):
    """400 in the form of RFC 6749, with HubSpot's older fields beside it."""

    def __init__(self, error: str, status: str, message: str) -> None:
        super().__init__(400, message)
        self._body = {"error": error, "error_description": message, "status": status, "message": message}

    def envelope(self, correlation: str) -> dict[str, Any]:
        """No correlation id: it stands in the header alone."""
        return dict(self._body)


class OAuth:
    """The endpoints over the keys of a portal."""

    def __init__(self, keys: Keyring, hub_id: str) -> None:
        self._keys = keys
        self._hub = int(hub_id)

    def routes(self) -> dict[str, Handler]:
        """As a module's ROUTES; v1 has its version in fixed words, since it is served here and nowhere else."""
        return {
            "POST oauth/token": self.token,
            "POST oauth/token/introspect": self.introspect,
            "POST oauth/token/revoke": self.revoke,
            "POST oauth/v1/token": self.legacy_token,
            "GET oauth/v1/access-tokens/{token}": self.legacy_access,
            "GET oauth/v1/refresh-tokens/{token}": self.legacy_refresh,
            "DELETE oauth/v1/refresh-tokens/{token}": self.legacy_delete,
        }

    def token(self, call: Call) -> Reply:
        """POST token: what is secret stands in the form, never in the query."""
        return 200, self._granted(_form(call))

    def legacy_token(self, call: Call) -> Reply:
        """POST v1/token: the query will do as well; the reply tells less."""
        found = self._granted({**dict(call.request.query), **_form(call, query=True)})
        return 200, {
            n: found[n] for n in ("token_type", "refresh_token", "access_token", "expires_in") if n in found
        }

    def introspect(self, call: Call) -> Reply:
        """POST token/introspect: 200 also for a token that is no good, which is then just not active."""
        form = _form(call)
        app = self._client(form)
        token = form.get("token", "")
        access, grant = self._keys.access(token), self._keys.grant(token)
        if access is not None and access.app is app:
            return 200, self._seen(token, access) | self._whose(access.grant)
        if grant is not None and grant.app is app:
            about = {"token_use": "refresh_token", "active": True, "token": token, "token_type": "refresh"}
            return 200, about | self._of(app, grant.scopes) | self._whose(grant)
        return 200, {"active": False}

    def revoke(self, call: Call) -> Reply:
        """POST token/revoke: a refresh token is void; access tokens got with it live until they expire."""
        form = _form(call)
        app = self._client(form)
        grant = self._keys.grant(form.get("token", ""))
        if grant is not None and grant.app is app:
            self._keys.revoke(form["token"])
        return 200, None

    def legacy_access(self, call: Call) -> Reply:
        """GET v1/access-tokens/{token}."""
        access = self._keys.access(call.args["token"])
        if access is None or access.grant is None:
            raise not_found()
        about = self._seen(access.token, access) | self._whose(access.grant)
        return 200, {n: about[n] for n in _LEGACY_ACCESS} | {"token_type": "access"}

    def legacy_refresh(self, call: Call) -> Reply:
        """GET v1/refresh-tokens/{token}."""
        token = call.args["token"]
        grant = self._keys.grant(token)
        if grant is None:
            raise not_found()
        about = {"token": token} | self._of(grant.app, grant.scopes) | self._whose(grant)
        return 200, {n: about[n] for n in _LEGACY_REFRESH} | {"token_type": "refresh"}

    def legacy_delete(self, call: Call) -> Reply:
        """DELETE v1/refresh-tokens/{token}."""
        if not self._keys.revoke(call.args["token"]):
            raise not_found()
        return 204, None

    def _granted(self, form: Form) -> dict[str, Any]:
        grant_type = form.get("grant_type", "")
        if grant_type not in ("authorization_code", "refresh_token", "client_credentials"):
            raise OAuthError("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type")
        app = self._client(form)
        if grant_type == "client_credentials":
            return self._reply(self._own(app, form))
        if grant_type == "refresh_token":
            access = self._keys.refresh(app, form.get("refresh_token", ""))
            said = ("BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked")
        else:
            if form.get("redirect_uri") != app.redirect_uri:
                raise OAuthError("invalid_grant", "BAD_REDIRECT_URI", "missing or mismatching redirect uri")
            access = self._keys.redeem(app, form.get("code", ""))
            said = ("BAD_AUTH_CODE", "missing or unknown auth code")
        if access is None:
            raise OAuthError("invalid_grant", *said)
        return self._reply(access)

    def _own(self, app: App, form: Form) -> Access:
        asked = frozenset(form.get("scope", "").split())
        if not asked or not asked <= app.scopes:
            raise OAuthError("invalid_scope", "BAD_SCOPE", "missing or unknown scope")
        return self._keys.own(app, asked)

    def _client(self, form: Form) -> App:
        if form.get("client_assertion"):
            raise OAuthError("invalid_request", "BAD_REQUEST", "client assertions are not simulated")
        app = self._keys.apps.get(form.get("client_id", ""))
        if app is None:
            raise OAuthError("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id")
        if form.get("client_secret") != app.client_secret:
            raise OAuthError("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
        return app

    def _reply(self, access: Access) -> dict[str, Any]:
        body: dict[str, Any] = {
            "token_type": "bearer",
            "access_token": access.token,
            "expires_in": self._keys.left(access),
            "scopes": sorted(access.caller.scopes),
        }
        if access.grant is None:
            return body
        return body | {
            "refresh_token": access.grant.refresh_token,
            "hub_id": self._hub,
            "user_id": access.grant.user_id,
        }

    def _seen(self, token: str, access: Access) -> dict[str, Any]:
        return {
            "token_use": "access_token",
            "active": True,
            "token": token,
            "token_type": "access",
            "expires_in": self._keys.left(access),
            "is_private_distribution": False,
            **self._of(access.app, access.caller.scopes),
        }

    def _of(self, app: App, scopes: frozenset[str]) -> dict[str, Any]:
        return {"client_id": app.client_id, "app_id": app.id, "scopes": sorted(scopes)}

    def _whose(self, grant: Grant | None) -> dict[str, Any]:
        if grant is None:
            return {}
        domain = f"portal-{self._hub}.example"
        return {"hub_id": self._hub, "user_id": grant.user_id, "user": grant.user, "hub_domain": domain}


_LEGACY_ACCESS: Final = ("token", "user", "hub_domain", "scopes", "hub_id", "app_id", "expires_in", "user_id")
_LEGACY_REFRESH: Final = ("token", "user", "hub_domain", "scopes", "hub_id", "client_id", "user_id")


def _form(call: Call, *, query: bool = False) -> dict[str, str]:
    """The fields of a form. Raises ApiError 415 for another type, 400 for secrets in the query unless allowed."""
    request = call.request
    if not query and any(name in _SECRET for name, _ in request.query):
        raise OAuthError("invalid_request", "BAD_REQUEST", "send parameters in the body, not in the query")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and kind != "application/x-www-form-urlencoded":
        raise ApiError(415, "HTTP 415 Unsupported Media Type")
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
