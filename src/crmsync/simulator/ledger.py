"""The common ledger of both simulated vendors: every write, who made it and what it changed. Never edited."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One write. `before` and `after` hold only what changed; both are empty for a write that changed nothing.

    `actor` is `api`, `human` or `system` (the vendor's own doing). `op` is create, update, delete, restore,
    merge or convert. `call` is the number of the API call, from 1, on its side (0: no call). `at` is UTC.
    """

    n: int
    at: datetime
    side: str
    actor: str
    op: str
    object: str
    id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    call: int = 0

    def as_json(self) -> dict[str, Any]:
        """The entry as plain JSON."""
        return {
            "n": self.n,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "side": self.side,
            "actor": self.actor,
            "op": self.op,
            "object": self.object,
            "id": self.id,
            "before": dict(self.before),
            "after": dict(self.after),
            "call": self.call,
        }


class Ledger:
    """Append-only; numbers count from 1. Constant cost per write, safe across threads."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._lock = threading.Lock()

    def append(
        self,
        *,
        at: datetime,
        side: str,
        actor: str,
        op: str,
        object: str,
        id: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        call: int = 0,
    ) -> Entry:
        """Write an entry down and return it."""
        with self._lock:
            entry = Entry(
                len(self.entries) + 1, at, side, actor, op, object, id, before or {}, after or {}, call
            )
            self.entries.append(entry)
            return entry

    def since(self, n: int) -> list[Entry]:
        """Entries whose number is greater than `n`."""
        return self.entries[max(n, 0) :]
