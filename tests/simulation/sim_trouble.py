"""What goes wrong in a run, drawn from a seed: faults of both vendors, requests that land late, a pulled plug.

Each is counted when it happens, by name.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from crmsync.model.ports import Tx
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault
from crmsync.simulator.wire import Request, Reset, Response, Vendor
from crmsync.store import SqlStore

KINDS: Final = (
    "refused",
    "reset_before",
    "reset_after_send",
    "rate_limit",
    "unavailable",
    "internal",
    "gateway_html",
)
WRITES: Final = {
    "hubspot": ("batch/upsert", "batch/update"),
    "salesforce": ("PATCH", "composite/sobjects", "POST"),
}
"""Per side, parts of "METHOD path" that mark a write. Salesforce's composite serves reads as well."""

READS: Final = {"hubspot": ("/search", "batch/read", "GET"), "salesforce": ("GET", "composite", "token")}


class PlugPulledError(BaseException):
    """The process ends here."""


def is_write(request: Request) -> bool:
    """Whether a request may change people; Salesforce's composite counts as one when it patches."""
    line = f"{request.method} {request.path}"
    if "batch/upsert" in line or "batch/update" in line or request.method == "PATCH":
        return True
    return request.path.endswith("/composite") and b'"PATCH"' in (request.body or b"")


@dataclass(slots=True)
class Fuse:
    """Ends the process at step `at` (0: never). A step is a commit, or a request that the vendor carried out."""

    at: int = 0
    steps: int = 0
    blown: bool = False

    def step(self) -> None:
        self.check()
        self.steps += 1
        if self.steps == self.at:
            self.blown = True
            raise PlugPulledError

    def check(self) -> None:
        """A dead process does nothing more, whatever its `finally` blocks try."""
        if self.blown:
            raise PlugPulledError


@dataclass(slots=True)
class FusedStore:
    """A store whose commits are steps of a fuse."""

    inner: SqlStore
    fuse: Fuse

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        self.fuse.check()
        with self.inner.transaction() as tx:
            yield tx
        self.fuse.step()

    def acquire(self, owner: str, now: datetime, ttl_s: float, *, takeover: bool = False) -> int:
        return self.inner.acquire(owner, now, ttl_s, takeover=takeover)

    def renew(self, generation: int, now: datetime, ttl_s: float) -> None:
        self.fuse.check()
        self.inner.renew(generation, now, ttl_s)

    def free(self, generation: int) -> None:
        self.fuse.check()
        self.inner.free(generation)

    def lease(self) -> tuple[str, datetime] | None:
        return self.inner.lease()

    def close(self) -> None:
        self.inner.close()


@dataclass(slots=True)
class Late:
    """Requests that the client lost and that land later, but within the settling time."""

    cluster: Cluster
    happened: Counter[str]
    chance: float = 0.0
    waiting: list[tuple[datetime, int, Vendor, Request]] = field(default_factory=list)
    raced: set[str] = field(default_factory=set)
    """Records that somebody edited while a lost write to them was on its way: no precondition can save that."""

    def lose(self, vendor: Vendor, request: Request, seconds: float) -> None:
        """Take a request away from its sender, to land so much later."""
        due = self.cluster.clock.now() + timedelta(seconds=seconds)
        self.waiting.append((due, len(self.cluster.ledger.entries), vendor, request))
        self.happened["lands_late"] += 1

    def deliver(self, *, all_: bool = False) -> None:
        """Let arrive what is due."""
        now = self.cluster.clock.now()
        due = [one for one in self.waiting if all_ or one[0] <= now]
        self.waiting = [one for one in self.waiting if one not in due]
        for _, sent_at, vendor, request in due:
            body = (request.body or b"").decode()
            edits = (e for e in self.cluster.ledger.since(sent_at) if e.actor == "human" and e.op == "update")
            self.raced |= {e.id for e in edits if e.id in body}
            vendor.handle(request)


@dataclass(slots=True)
class Wire:
    """A vendor as one process meets it: its requests may land late, people act in between, the plug may be pulled."""

    inner: Vendor
    direct: Vendor
    late: Late
    fuse: Fuse
    rng: random.Random
    before_read: Callable[[], Any]

    @property
    def side(self) -> str:
        return self.inner.side

    def handle(self, request: Request) -> Response:
        self.fuse.check()
        self.late.deliver()
        write = is_write(request)
        if not write:
            self.before_read()
        elif self.rng.random() < self.late.chance:
            self.late.lose(self.direct, request, self.rng.choice((1.0, 30.0, 100.0)))
            raise Reset
        response = self.inner.handle(request)
        self.fuse.step()
        return response


def arm(cluster: Cluster, rng: random.Random) -> list[Fault]:
    """Arm one to three faults; returns them."""
    armed = []
    for _ in range(rng.randint(1, 3)):
        side = rng.choice(("hubspot", "salesforce"))
        kind = rng.choice(KINDS)
        place = rng.choice(("", *READS[side], *WRITES[side], *WRITES[side]))
        if (side, kind) == ("salesforce", "rate_limit") and place in ("", "POST", "token"):
            place = (
                "/services/data"  # the daily allocation is of the API; the token endpoint does not know it
            )
        fault = Fault(
            kind,
            side,
            place,
            count=rng.choice((1, 1, 2, 3, 6)),
            after=rng.choice((0, 0, 1, 3)),
            retry_after=rng.choice((None, None, 2.0, 90.0)),
            policy=rng.choice(("TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY")),
        )
        cluster.faults.add(fault)
        armed.append(fault)
    return armed


def where(fault: Fault) -> str:
    """A fault's kind, side and whether it was aimed at reads or writes, for the count."""
    aim = "writes" if fault.match in WRITES[fault.side] else "reads" if fault.match else "anything"
    return f"{fault.kind} on {fault.side} {aim}"
