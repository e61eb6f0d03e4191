"""Faults of the way to a vendor: connections that break, replies that come late or in part. Know no vendor.

A kind is one function and one line in `TRANSPORT`; kinds in a vendor's own words stand in `fault_kinds_<side>.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from crmsync.simulator.wire import Refused, Request, Reset, Response, TimedOut, Vendor


@dataclass(slots=True)
class Fault:
    """A fault to come.

    `side` and `match` (a substring of "METHOD path") say which requests it meets; empty meets all. `after`
    matching requests pass first, then it strikes `count` times (0: until cleared), or with `lasts_s` for so many
    virtual seconds from its first strike on. `status` and `body` serve the kinds that let them be chosen;
    `retry_after` (seconds) adds that header to refusing replies; `policy` names the HubSpot rate limit. What is
    slow or lands late does so after `delay_s` virtual seconds; a socket without a reply is held `stall_s` real ones.
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
    delay_s: float = 30.0
    stall_s: float = 1.0
    lasts_s: float = 0.0
    struck: int = field(default=0, compare=False)

    def meets(self, side: str, line: str) -> bool:
        """Whether it concerns a request."""
        return (not self.side or self.side == side) and self.match in line

    @property
    def wait(self) -> dict[str, str]:
        """The `Retry-After` header, if any."""
        return {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}


class Later(Exception):
    """The request is on its way and reaches the vendor so many virtual seconds later."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:g} s later")
        self.seconds = seconds


Kind = Callable[[Fault, Request, Vendor], Response]
"""What happens in place of the vendor. Raises Refused, Reset, TimedOut or Later when no reply comes."""


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


def timeout(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The request is lost on the way and its sender waits in vain."""
    raise TimedOut(fault.stall_s)


def timeout_after_send(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The vendor acts and its sender waits in vain."""
    vendor.handle(request)
    raise TimedOut(fault.stall_s)


def lands_late(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The sender waits in vain; the vendor acts when the sender has long given up."""
    raise Later(fault.delay_s)


def slow(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The vendor acts and its reply takes its time: whether that is too long is for the client to say."""
    held_s = min(fault.delay_s, fault.stall_s)
    return replace(vendor.handle(request), delay_s=fault.delay_s, held_s=held_s)


def truncated(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """The vendor acts and the connection breaks in the middle of its reply."""
    whole = vendor.handle(request)
    half = len(whole.body) // 2
    if not half:
        raise Reset
    return replace(whole, body=whole.body[:half], missing=len(whole.body) - half)


def gateway_html(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """502, an edge server's page; its text is not UTF-8, as happens."""
    return _page(fault, 502, b"Bad Gateway caf\xe9")


def gateway_page(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """502, an edge server's page in UTF-8."""
    return _page(fault, 502, "Bad Gateway café".encode())


def gateway_timeout(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """504, an edge server's page."""
    return _page(fault, 504, b"Gateway Timeout")


def edge(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """520 to 526 as `status` says, else 524: an edge server's page; the vendor may have acted on a 524, so it does."""
    status = fault.status if 520 <= fault.status <= 526 else 524
    if status == 524:
        vendor.handle(request)
    return _page(
        fault, status, b"A timeout occurred" if status == 524 else b"Web server is returning an error"
    )


def empty(fault: Fault, request: Request, vendor: Vendor) -> Response:
    """A 5xx without a body."""
    return Response(max(fault.status, 500), b"", fault.wait)


def _page(fault: Fault, status: int, text: bytes) -> Response:
    page = b"<html><head><title>" + text + b"</title></head><body><h1>" + text + b"</h1></body></html>"
    return Response(status, page, {"content-type": "text/html", "server": "cloudflare", **fault.wait})


TRANSPORT: Final[dict[str, Kind]] = {
    "refused": refused,
    "reset_before": reset_before,
    "reset_after_send": reset_after_send,
    "timeout": timeout,
    "timeout_after_send": timeout_after_send,
    "lands_late": lands_late,
    "slow": slow,
    "truncated": truncated,
    "gateway_html": gateway_html,
    "gateway_page": gateway_page,
    "gateway_timeout": gateway_timeout,
    "edge": edge,
    "empty": empty,
}
"""Kinds that befall every vendor alike."""
