"""Faults of the way to a vendor: connections that break, replies that come late or in part. Know no vendor.

A kind is one function and one line in `TRANSPORT`; kinds in a vendor's own words stand in `fault_kinds_<side>.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from crmsync.simulator.wire import Refused, Request, Reset, Response, Vendor


@dataclass(slots=True)
class Fault:
    """A fault to come.

    `side` and `match` (a substring of "METHOD path") say which requests it meets; empty meets all. `after`
    matching requests pass first, then it strikes `count` times (0: until cleared). `status` and `body` serve
    the kind `status`; `retry_after` (seconds) adds that header to refusing replies; `policy` names the
    HubSpot rate limit.
    """

    kind: str
    side: str = ""
    match: str = ""
    count: int = 1
    after: int = 0
    status: int = 500
    body: str = ""
    retry_after: float | None = None
    policy: str = "TEN_SECONDLY_ROLLING"
    struck: int = field(default=0, compare=False)

    def meets(self, side: str, line: str) -> bool:
        """Whether it concerns a request."""
        return (not self.side or self.side == side) and self.match in line

    @property
    def wait(self) -> dict[str, str]:
        """The `Retry-After` header, if any."""
        return {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}


Kind = Callable[[Fault, Request, Vendor], Response]
"""What happens in place of the vendor. Raises Refused or Reset when no reply comes."""


def refused(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """Nobody listens: nothing reached the vendor."""
    raise Refused


def reset_before(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The connection breaks before the vendor acts."""
    raise Reset


def reset_after_send(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The vendor acts and its reply is lost."""
    vendor.handle(request)
    raise Reset


def gateway_html(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """An edge server's page; its text is not UTF-8, as happens."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body>caf\xe9</body></html>"
    return Response(502, page, {"content-type": "text/html"})


TRANSPORT: Final[dict[str, Kind]] = {
    "refused": refused,
    "reset_before": reset_before,
    "reset_after_send": reset_after_send,
    "gateway_html": gateway_html,
}
"""Kinds that befall every vendor alike."""
