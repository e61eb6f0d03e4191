"""OAuth: the token endpoint with its grants, introspection, revocation, and who the user is. SOAP is elsewhere."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from crmsync.simulator.salesforce.assertions import LOGIN, TEST, Expected, Refused, check
from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.http import Reply
from crmsync.simulator.salesforce.tenant import Tenant
from crmsync.simulator.salesforce.tokens import Grant, Tokens
from crmsync.simulator.wire import Request

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SHARED_HOSTS = ("login.salesforce.com", "test.salesforce.com")


class Auth:
    """The connected app, its one user and the tokens given to them.

    `public_key` (PEM) is the certificate registered for JWT bearer, "" for none; `approved` says whether an admin
    has approved the app for the user; `run_as` is the user of client credentials, "" when nobody set one up.
    """

    def __init__(self, org: Tenant, seed: int) -> None:
        self._org = org
        self.tokens = Tokens(org, seed)
        self.consumer_key = "simulated-consumer-key"
        self.consumer_secret = "simulated-consumer-secret"  # noqa: S105 - opens nothing but this simulator
        self.username = "integration@salesreps.example"
        self.password = "simulated-password"  # noqa: S105 - opens nothing but this simulator
        self.security_token = "simulated-token"  # noqa: S105 - opens nothing but this simulator
        self.instance_url = "https://salesforce.example"
        self.public_key = ""
        self.approved = True
        self.run_as = org.user_id
        self._codes: dict[str, str] = {}

    # -- what people do -------------------------------------------------------------------------------------
    def make_key(self) -> str:
        """Register a new key pair's public half and return the private half, both PEM."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = serialization.Encoding.PEM
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public_key = public.decode()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return private.decode()

    def authorize(self) -> str:
        """The user installs the app in a browser and approves it; returns the refresh token it ends with."""
        self.approved = True
        return self.tokens.new_refresh(self._org.user_id)

    def consent(self, challenge: str = "") -> str:
        """The same person in the web-server flow; returns the code that the browser comes back with.

        `challenge` is the S256 code challenge of PKCE, "" when the app sent none.
        """
        self.approved = True
        code = self.tokens.new_code()
        self._codes[code] = challenge
        return code

    def revoke(self) -> None:
        """End every access token: the next call of each holder gets 401."""
        self.tokens.end_all()

    # -- requests -------------------------------------------------------------------------------------------
    def answer(self, request: Request, name: str) -> Reply | None:
        """The reply of a resource below /services/oauth2 that needs no session; None when it is none of them."""
        if name == "token":
            return self.token(request) if request.method == "POST" else _no_post()
        if name == "introspect" and request.method == "POST":
            return self._introspect(request)
        if name == "revoke" and request.method in {"GET", "POST"}:
            return self._revoke(request)
        return None

    def token(self, request: Request) -> Reply:
        """POST /services/oauth2/token. Errors are 400 with `error` and `error_description`."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        try:
            return Reply(200, self._granted(request, form))
        except Refused as refusal:
            return Reply(400, {"error": refusal.error, "error_description": refusal.description})

    def check(self, header: str) -> Grant:
        """Let a request pass. Raises ApiError 401 INVALID_SESSION_ID."""
        scheme, _, token = header.partition(" ")
        known = scheme == "Bearer" or scheme.lower() in self._schemes()
        found = self.tokens.find(token.strip()) if known else None
        if found is None:
            raise refuse("INVALID_SESSION_ID", "Session expired or invalid", status=401)
        if self._org.switches.session_policy:
            raise refuse("INVALID_SESSION_ID", self._org.switches.session_policy, status=401)
        return found

    def identity(self) -> dict[str, Any]:
        """What the identity address and `userinfo` answer."""
        user = self._org.tables["User"].rows[self._org.user_id]
        where = f"{self.instance_url}/id/{self._org.org_id}/{self._org.user_id}"
        return {
            "id": where,
            "sub": where,
            "asserted_user": True,
            "user_id": self._org.user_id,
            "organization_id": self._org.org_id,
            "username": user["Username"],
            "preferred_username": user["Username"],
            "display_name": user["Name"],
            "name": user["Name"],
            "given_name": user.get("FirstName"),
            "family_name": user["LastName"],
            "email": user["Email"],
            "email_verified": True,
            "active": user["IsActive"],
            "user_type": "STANDARD",
            "zoneinfo": user["TimeZoneSidKey"],
            "is_app_installed": True,
        }

    # -- grants ---------------------------------------------------------------------------------------------
    def _granted(self, request: Request, form: dict[str, str]) -> dict[str, Any]:
        """A token reply. Raises Refused."""
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            self._client(request, form)
            host = request.headers.get("host", "").partition(":")[0]
            if host in _SHARED_HOSTS:
                raise Refused("invalid_grant", "request not supported on this domain")
            if not self.run_as:
                raise Refused("invalid_grant", "no client credentials user enabled")
            return self._reply(self._new(), api_instance_url="https://api.salesforce.com")
        if grant == _JWT:
            check(form.get("assertion", ""), self._expected())
            return self._reply(self._new())
        if grant == "refresh_token":
            return self._refreshed(request, form)
        if grant == "authorization_code":
            return self._exchanged(request, form)
        if grant == "password" and self._org.switches.password_grant:
            self._client(request, form)
            self.sign_in(form.get("username", ""), form.get("password", ""))
            return self._reply(self._new())
        raise Refused("unsupported_grant_type", "grant type not supported")

    def sign_in(self, username: str, password: str) -> None:
        """Check a user's password with the security token behind it. Raises Refused."""
        if (username, password) != (self.username, self.password + self.security_token):
            raise Refused("invalid_grant", "authentication failure")

    def _refreshed(self, request: Request, form: dict[str, str]) -> dict[str, Any]:
        self._client(request, form, secret="client_secret" in form or "authorization" in request.headers)
        refresh = form.get("refresh_token", "")
        if self.tokens.holder(refresh) is None:
            raise Refused("invalid_grant", "expired access/refresh token")
        if not self._org.switches.rotate_refresh_tokens:
            return self._reply(self._new(refresh))
        refresh = self.tokens.replaced(refresh)
        return self._reply(self._new(refresh), refresh_token=refresh)

    def _exchanged(self, request: Request, form: dict[str, str]) -> dict[str, Any]:
        """A code is good once; with PKCE its verifier must fit the challenge that began the flow."""
        self._client(request, form, secret="client_secret" in form or "authorization" in request.headers)
        challenge = self._codes.pop(form.get("code", ""), None)
        if challenge is None:
            raise Refused("invalid_grant", "expired authorization code")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if challenge and base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
            raise Refused("invalid_grant", "invalid code verifier")
        refresh = self.tokens.new_refresh(self._org.user_id)
        return self._reply(self._new(refresh), refresh_token=refresh)

    def _new(self, refresh: str = "") -> Grant:
        """A token for the app's user. Raises Refused when that user is no longer active."""
        if not self._org.tables["User"].rows[self._org.user_id].get("IsActive", False):
            raise Refused("invalid_grant", "inactive user")
        return self.tokens.grant(self._org.user_id, refresh)

    def _client(self, request: Request, form: dict[str, str], *, secret: bool = True) -> None:
        """The app's own credentials, by HTTP Basic or in the form. Raises Refused."""
        key, given = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                key, _, given = base64.b64decode(coded).decode().partition(":")
            except ValueError:
                key = given = ""
        if key != self.consumer_key:
            raise Refused("invalid_client_id", "client identifier invalid")
        if secret and given != self.consumer_secret:
            raise Refused("invalid_client", "invalid client credentials")

    def _expected(self) -> Expected:
        organization = self._org.tables["Organization"].rows[self._org.org_id]
        shared = TEST if organization.get("IsSandbox", False) else LOGIN
        switches = self._org.switches
        return Expected(
            issuer=self.consumer_key,
            public_key=self.public_key,
            audiences={shared, self.instance_url},
            username=self.username,
            approved=self.approved,
            now=self._org.clock.now(),
            skew_s=switches.jwt_skew_s,
            invalid=switches.jwt_invalid_text,
            wrong_audience=switches.jwt_audience_text,
        )

    def _reply(self, grant: Grant, **more: str) -> dict[str, Any]:
        """The vendor sends no `expires_in`: only a 401 tells that a session is over."""
        signature = base64.b64encode(hashlib.sha256(grant.access.encode()).digest()).decode()
        return {
            "access_token": grant.access,
            **more,
            "signature": signature,
            "scope": "api refresh_token" if grant.refresh else "api",
            "instance_url": self.instance_url,
            "id": f"{self.instance_url}/id/{self._org.org_id}/{grant.user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(grant.issued.timestamp() * 1000)),
        }

    # -- introspection and revocation -----------------------------------------------------------------------
    def _introspect(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        try:
            self._client(request, form)
        except Refused as refusal:
            return Reply(401, {"error": refusal.error, "error_description": refusal.description})
        token = form.get("token", "")
        found = self.tokens.find(token)
        if found is None and self.tokens.holder(token) is None:
            return Reply(200, {"active": False})
        out: dict[str, Any] = {
            "active": True,
            "scope": "api",
            "client_id": self.consumer_key,
            "username": self.username,
            "sub": self.identity()["id"],
            "token_type": "access_token" if found else "refresh_token",
        }
        if found:
            issued = int(found.issued.timestamp())
            out |= {"iat": issued, "nbf": issued}
        return Reply(200, out)

    def _revoke(self, request: Request) -> Reply:
        """200 without a body; a token that is no longer one is 400."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if self.tokens.end(form.get("token") or request.param("token")):
            return Reply(200)
        return Reply(400, {"error": "invalid_token", "error_description": "invalid token"})

    def _schemes(self) -> frozenset[str]:
        return frozenset({"bearer", "oauth"} if self._org.switches.oauth_scheme else {"bearer"})


def _no_post() -> Reply:
    """The token endpoint, asked by another method."""
    return Reply(400, {"error": "invalid_request", "error_description": "must use HTTP POST"})
