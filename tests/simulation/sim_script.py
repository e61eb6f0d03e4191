"""What is to happen at which call of a cycle: at the n-th call for a purpose, whatever else is called before it.

A place is "side purpose", told from the request alone, so that a call more or less elsewhere in the engine moves
nothing. A script lives for one cycle. Draws nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from crmsync.simulator.wire import Request, Response, Vendor

READS: Final = {
    "hubspot": ("search", "more", "read", "scan", "archived", "describe", "owners", "identity"),
    "salesforce": ("changes", "read", "query", "more", "deleted", "describe", "token"),
}
WRITES: Final = {"hubspot": ("update", "create"), "salesforce": ("update", "guarded", "create")}
"""Per side, what calls are for; `guarded` writes carry a precondition."""

ANYWHERE: Final = {side: (*READS[side], *WRITES[side]) for side in READS}
_HUBSPOT: Final = (
    ("batch/read", "read"),
    ("batch/update", "update"),
    ("batch/upsert", "create"),
    ("batch/create", "create"),
    ("/owners", "owners"),
    ("/properties", "describe"),
    ("/account-info", "identity"),
)
_SALESFORCE: Final = (("oauth2/token", "token"), ("/describe", "describe"), ("/deleted/", "deleted"))
_FURTHER: Final = (b'"after"', b'"GT"')
"""A page of a search after the first: by offset, or above the last id."""

_LOCATOR: Final = re.compile(r"/query(All)?/\w+")
_ROWS: Final = re.compile(r"/composite/sobjects/\w+/?$")


def purpose(side: str, request: Request) -> str:
    """What a call is for; "other" when nobody here knows."""
    return _of_hubspot(request) if side == "hubspot" else _of_salesforce(request)


def _of_hubspot(request: Request) -> str:
    if request.path.endswith("/search"):
        return "more" if any(sign in request.body for sign in _FURTHER) else "search"
    found = next((name for part, name in _HUBSPOT if part in request.path), "")
    if found or request.method != "GET":
        return found or "other"
    return "archived" if request.param("archived") == "true" else "scan"


def _of_salesforce(request: Request) -> str:
    path, method = request.path.rstrip("/"), request.method
    if path.endswith("/composite"):
        return "guarded" if b'"PATCH"' in request.body else "changes"
    found = next((name for part, name in _SALESFORCE if part in request.path), "")
    if found:
        return found
    if _LOCATOR.search(path):
        return "more"
    if "/query" in path:
        return "query"
    if path.endswith("/composite/sobjects"):
        return "create" if method == "POST" else "update"
    if _ROWS.search(path):
        return "read"
    if method == "PATCH":
        return "create" if "/composite/" in path else "update"
    return "other"


def is_write(side: str, request: Request) -> bool:
    """Whether a call may change people."""
    return purpose(side, request) in WRITES[side]


After = Callable[[Response], None]


@dataclass(slots=True)
class Call:
    """A request on its way. `direct` is the vendor without faults; whoever replaces `request` sends another one."""

    side: str
    purpose: str
    request: Request
    direct: Vendor

    @property
    def line(self) -> str:
        """As a fault's `match` wants it."""
        return f"{self.request.method} {self.request.path}"

    @property
    def write(self) -> bool:
        return self.purpose in WRITES[self.side]


Do = Callable[[Call], After | None]
"""Happens right before a call; may raise what a vendor raises. What it returns is told the reply."""


@dataclass(slots=True)
class _Planned:
    places: frozenset[str]
    nth: int
    do: Do
    seen: int = 0


@dataclass(slots=True)
class Script:
    """What is planned for one cycle, in the order of planning; `calls` counts them by place."""

    planned: list[_Planned] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def at(self, places: Sequence[str], nth: int, do: Do) -> None:
        """At the `nth` call to one of these places (0: at every one)."""
        self.planned.append(_Planned(frozenset(places), nth, do))

    def meet(self, call: Call) -> list[After]:
        """Let happen what is planned for this call."""
        place = f"{call.side} {call.purpose}"
        self.calls[place] += 1
        due = []
        for one in self.planned:
            if place in one.places:
                one.seen += 1
                if one.nth in (0, one.seen):
                    due.append(one.do)
        return [after for do in due if (after := do(call)) is not None]


def places(side: str, purposes: Sequence[str]) -> tuple[str, ...]:
    """Purposes of one side as places."""
    return tuple(f"{side} {one}" for one in purposes)
