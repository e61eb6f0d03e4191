"""What one process has between itself and the world: a wire with a script, a store that may fail, a fuse.

The troubles themselves stand in `troubles.py` and the modules that it names.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sim_script import Call, Script, purpose
from sqlalchemy.exc import OperationalError

from crmsync.model.transaction import Tx
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.wire import Request, Response, Vendor
from crmsync.store import SqlStore


class PlugPulledError(BaseException):
    """The process ends here."""


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
            self.blow()

    def blow(self) -> None:
        """End it now."""
        self.blown = True
        raise PlugPulledError

    def check(self) -> None:
        """A dead process does nothing more, whatever its `finally` blocks try."""
        if self.blown:
            raise PlugPulledError


@dataclass(slots=True)
class FusedStore:
    """A store whose commits are steps of a fuse, and which fails when it is told to."""

    inner: SqlStore
    fuse: Fuse
    full: int = 0
    """So many transactions to come find the disk full when they commit."""
    busy: int = 0
    """So many transactions to come find the database locked by somebody else for too long."""
    failed: int = 0

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        self.fuse.check()
        if self.busy:
            self.busy -= 1
            self._fail("database is locked")
        with self.inner.transaction() as tx:
            yield tx
            if self.full:
                self.full -= 1
                self._fail("database or disk is full")
        self.fuse.step()

    def _fail(self, words: str) -> None:
        self.failed += 1
        raise OperationalError("COMMIT", None, sqlite3.OperationalError(words))

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
    waiting: list[tuple[datetime, int, Vendor, Request]] = field(default_factory=list)
    raced: set[str] = field(default_factory=set)
    """Records that somebody edited while a lost write to them was on its way: no precondition can save that."""

    def lose(self, vendor: Vendor, request: Request, seconds: float) -> None:
        """Take a request away from its sender, to land so much later."""
        due = self.cluster.clock.now() + timedelta(seconds=seconds)
        self.waiting.append((due, len(self.cluster.ledger.entries), vendor, request))
        self.happened["lost"] += 1

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
    """A vendor as one process meets it: what the script says happens at each call, and the plug may be pulled."""

    inner: Vendor
    direct: Vendor
    late: Late
    fuse: Fuse
    script: Callable[[], Script]

    @property
    def side(self) -> str:
        return self.inner.side

    def handle(self, request: Request) -> Response:
        self.fuse.check()
        self.late.deliver()
        call = Call(self.side, purpose(self.side, request), request, self.direct)
        told = self.script().meet(call)
        response = self.inner.handle(call.request)
        self.fuse.step()
        for after in told:
            after(response)
        return response
