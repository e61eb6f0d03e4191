"""OAuth: tokens by client credentials or JWT bearer, their expiry and revocation, and who the user is."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.http import Reply
from crmsync.simulator.salesforce.tenant import Tenant
from crmsync.simulator.wire import Request

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Auth:
    """The connected app and its live tokens. Signatures of assertions are not checked."""

    def __init__(self, org: Tenant, seed: int) -> None:
        self._org = org
        self._seed = seed
        self._issued = 0
        self._tokens: dict[str, datetime] = {}
        self.consumer_key = "simulated-consumer-key"
        self.consumer_secret = "simulated-consumer-secret"  # noqa: S105 - opens nothing but this simulator
        self.username = "integration@salesreps.example"
        self.instance_url = "https://salesforce.example"

    def token(self, request: Request) -> Reply:
        """POST /services/oauth2/token. Errors are 400 with `error` and `error_description`."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            refusal = self._client(request, form)
        elif grant == _JWT:
            refusal = self._assertion(form)
        else:
            refusal = ("unsupported_grant_type", "grant type not supported")
        if refusal is not None:
            return Reply(400, {"error": refusal[0], "error_description": refusal[1]})
        return Reply(200, self._grant())

    def check(self, header: str) -> None:
        """Let a request pass. Raises ApiError 401 INVALID_SESSION_ID."""
        scheme, _, token = header.partition(" ")
        issued = self._tokens.get(token.strip()) if scheme.lower() in {"bearer", "oauth"} else None
        ttl = self._org.switches.token_ttl_s
        old = (
            issued is not None and ttl is not None and (self._org.clock.now() - issued).total_seconds() >= ttl
        )
        if issued is None or old:
            raise refuse("INVALID_SESSION_ID", "Session expired or invalid", status=401)

    def revoke(self) -> None:
        """End every token: the next call of each holder gets 401."""
        self._tokens.clear()

    def identity(self) -> dict[str, Any]:
        """What the identity address answers."""
        user = self._org.tables["User"].rows[self._org.user_id]
        return {
            "id": f"{self.instance_url}/id/{self._org.org_id}/{self._org.user_id}",
            "user_id": self._org.user_id,
            "organization_id": self._org.org_id,
            "username": user["Username"],
            "display_name": user["Name"],
            "email": user["Email"],
            "active": True,
        }

    def _client(self, request: Request, form: dict[str, str]) -> tuple[str, str] | None:
        key, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                key, _, secret = base64.b64decode(coded).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                key = secret = ""
        if key != self.consumer_key:
            return "invalid_client_id", "client identifier invalid"
        if secret != self.consumer_secret:
            return "invalid_client", "invalid client credentials"
        return None

    def _assertion(self, form: dict[str, str]) -> tuple[str, str] | None:
        try:
            middle = form.get("assertion", "").split(".")[1]
            claims = orjson.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        except (IndexError, ValueError):
            return "invalid_grant", "invalid assertion"
        if claims.get("iss") != self.consumer_key:
            return "invalid_client_id", "client identifier invalid"
        if claims.get("sub") != self.username:
            return "invalid_grant", "user hasn't approved this consumer"
        return None

    def _grant(self) -> dict[str, Any]:
        self._issued += 1
        digest = hashlib.sha256(f"{self._seed}:{self._issued}".encode()).hexdigest()
        token = f"{self._org.org_id[:15]}!AQ{digest}"
        now = self._org.clock.now()
        self._tokens[token] = now
        while len(self._tokens) > self._org.switches.grant_limit:
            del self._tokens[next(iter(self._tokens))]
        return {
            "access_token": token,
            "signature": base64.b64encode(hashlib.sha256(token.encode()).digest()).decode(),
            "scope": "api",
            "instance_url": self.instance_url,
            "id": f"{self.instance_url}/id/{self._org.org_id}/{self._org.user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1000)),
            "api_instance_url": "https://api.salesforce.com",
        }
