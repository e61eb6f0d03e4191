"""What a simulated vendor is to its mounts: a function from request to response, and three ways to lose a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. `path` is percent-encoded as sent, without the query; `query` pairs are decoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names are lower case."""
    body: bytes = b""

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((v for k, v in self.query if k == name), default)


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response with the whole body, or what comes of it: `missing` bytes never do.

    It comes after `delay_s` virtual seconds; a mount without virtual time holds it for `held_s` real ones.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    delay_s: float = 0.0
    held_s: float = 0.0


class Refused(Exception):
    """The connection is refused: nothing reached the vendor."""


class Reset(Exception):
    """The connection breaks. The request may have been carried out; its reply is lost."""


class TimedOut(Exception):
    """No reply comes. The request may have been carried out, or may be later; a socket is held open `held_s` real
    seconds before it is closed.
    """

    def __init__(self, held_s: float = 0.0) -> None:
        super().__init__("no reply")
        self.held_s = held_s


class Vendor(Protocol):
    """A simulated CRM. `side` is `hubspot` or `salesforce`. Raises Refused, Reset or TimedOut when a fault says so."""

    @property
    def side(self) -> str: ...

    def handle(self, request: Request) -> Response: ...
