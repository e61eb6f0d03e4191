"""A call of a webhook on the wire: its signatures, and who carries it. Knows no portal and no schedule.

Docs: developers.hubspot.com, "Validate requests" (signatures v1 and v3), "Webhooks" (five seconds to answer).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import urllib3

PATIENCE_S: Final = 5.0
"""A receiver that takes longer has failed."""
_PLAIN: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(",
    "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST. `body` is the JSON array; `headers` carry its signatures."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the status (0: no connection or no reply) and how long it took in seconds."""

    status: int
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the events count as delivered."""
        return 200 <= self.status < 300 and self.seconds <= PATIENCE_S


Transport = Callable[[Sequence[Delivery]], Sequence[Outcome]]
"""Carries deliveries out, at once as far as it likes, and tells an outcome for each, in their order."""


def deliver_to(url: str, secret: str, body: bytes, at_ms: int) -> Delivery:
    """A signed POST to `url` at a moment in epoch milliseconds."""
    return Delivery(
        url,
        body,
        {
            "content-type": "application/json;charset=utf-8",
            "user-agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) - Webhooks",
            "x-hubspot-signature": signature_v1(secret, body),
            "x-hubspot-signature-version": "v1",
            "x-hubspot-signature-v3": signature_v3(secret, "POST", url, body, str(at_ms)),
            "x-hubspot-request-timestamp": str(at_ms),
        },
    )


def signature_v1(secret: str, body: bytes) -> str:
    """Hexadecimal SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def signature_v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """Base64 of the HMAC-SHA-256 of method, URI, body and timestamp; a few escapes of the URI are undone first."""
    source = method.encode() + plain(uri).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.digest(secret.encode(), source, "sha256")).decode()


def plain(uri: str) -> str:
    """A URI as it is signed: twelve escapes are decoded, all others stay."""
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda found: _PLAIN.get(found[0].upper(), found[0]), uri)


class Loopback:
    """The transport over HTTP, to 127.0.0.1 only. Raises ValueError for any other host."""

    def __init__(self, at_once: int) -> None:
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=PATIENCE_S))
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="sim-webhooks")

    def __call__(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        for each in deliveries:
            host = urlsplit(each.url).hostname
            if host not in ("127.0.0.1", "localhost", "::1"):
                raise ValueError(f"the simulator sends to this machine only, not to {host}")
        return list(self._threads.map(self._post, deliveries))

    def _post(self, delivery: Delivery) -> Outcome:
        start = monotonic()
        try:
            reply = self._pool.request(
                "POST", delivery.url, body=delivery.body, headers=delivery.headers, redirect=False
            )
        except urllib3.exceptions.HTTPError:
            return Outcome(0, monotonic() - start)
        return Outcome(reply.status, monotonic() - start)

    def close(self) -> None:
        """Let go of connections and threads."""
        self._threads.shutdown()
        self._pool.clear()
