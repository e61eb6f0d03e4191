"""A JWT bearer assertion checked as the vendor's token endpoint does: RS256, issuer, audience, age and subject.

Its page: "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration". Gives out no tokens.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

LIFE_S = 180
LOGIN, TEST = "https://login.salesforce.com", "https://test.salesforce.com"
_OWN_CHECKS: Options = {
    "verify_exp": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_jti": False,
}
"""The library would read the machine's clock and wants `exp` to be a number."""


class Refused(Exception):
    """Why there is no token: `error` and `error_description` of the reply."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


@dataclass(frozen=True, slots=True)
class Expected:
    """What an assertion must say. `public_key` is PEM; `skew_s` None: its age is not compared with the clock."""

    issuer: str
    public_key: str
    audiences: Container[str]
    username: str
    approved: bool
    now: datetime
    skew_s: float | None
    invalid: str
    wrong_audience: str


def check(assertion: str, want: Expected) -> None:
    """Let an assertion pass. Raises Refused."""
    try:
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise Refused("invalid_grant", want.invalid) from None
    if claims.get("iss") != want.issuer:
        raise Refused("invalid_client_id", "client identifier invalid")
    if not want.public_key:
        raise Refused("invalid_grant", want.invalid)
    try:
        jwt.decode(assertion, want.public_key, algorithms=["RS256"], options=_OWN_CHECKS)
    except (jwt.InvalidTokenError, jwt.InvalidKeyError):
        raise Refused("invalid_grant", want.invalid) from None
    if str(claims.get("aud", "")).rstrip("/") not in want.audiences:
        raise Refused("invalid_grant", want.wrong_audience)
    if not _fresh(claims.get("exp"), want):
        raise Refused("invalid_grant", want.invalid)
    if claims.get("sub") != want.username or not want.approved:
        raise Refused("invalid_grant", "user hasn't approved this consumer")


def _fresh(exp: object, want: Expected) -> bool:
    """Whether it has not ended and ends within three minutes. Clients in the field send the number as text."""
    try:
        ends = float(str(exp))
    except ValueError:
        return False
    if want.skew_s is None:
        return True
    left = ends - want.now.timestamp()
    return -want.skew_s < left <= LIFE_S + want.skew_s
