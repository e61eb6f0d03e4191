"""Builders for the tests of the simulated token endpoint: forms sent as they stand, and signed assertions."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import jwt
from sim_salesforce import START, Answer, Org

from crmsync.simulator.clock import SimClock
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.salesforce.org import SalesforceSim
from crmsync.simulator.wire import Request

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN = "https://login.salesforce.com"


@lru_cache
def keys(name: str) -> tuple[str, str]:
    """A private and a public key, made once in a run of the tests."""
    auth = SalesforceSim(SimClock(START), Ledger()).auth
    return auth.make_key(), auth.public_key


def post(org: Org, resource: str, headers: dict[str, str] | None = None, /, **form: str) -> Answer:
    """A form sent to a resource below /services/oauth2, without credentials unless the form has them."""
    body = urlencode(form).encode()
    got = org.sim.handle(Request("POST", f"/services/oauth2/{resource}", (), headers or {}, body))
    return Answer(got.status, json.loads(got.body) if got.body else None, dict(got.headers))


def app(org: Org) -> dict[str, str]:
    """The app's credentials as form fields."""
    return {"client_id": org.sim.consumer_key, "client_secret": org.sim.consumer_secret}


def basic(org: Org) -> dict[str, str]:
    """The app's credentials as a header."""
    pair = f"{org.sim.consumer_key}:{org.sim.consumer_secret}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def bearer(org: Org, signed_by: str = "registered", algorithm: str = "RS256", **claims: Any) -> Answer:
    """A JWT bearer grant with good claims, but for those given."""
    org.sim.auth.public_key = org.sim.auth.public_key or keys("registered")[1]
    good = {
        "iss": org.sim.consumer_key,
        "sub": org.sim.auth.username,
        "aud": LOGIN,
        "exp": int(org.clock.now().timestamp()) + 170,
    }
    key = keys(signed_by)[0] if algorithm == "RS256" else "shared-secret-of-at-least-32-characters"
    return post(
        org, "token", grant_type=JWT, assertion=jwt.encode({**good, **claims}, key, algorithm=algorithm)
    )


def alive(org: Org, token: str) -> bool:
    """Whether a call with this token passes."""
    headers = {"authorization": f"Bearer {token}"}
    return org.send("GET", "sobjects", headers=headers).status == 200
