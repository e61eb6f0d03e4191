"""The common ledger of both simulated vendors: every write, who made it and what it changed. Never edited."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_FEW, _MOST = 3, 1024
"""What has so few names was often said before, as in a crowd of links: so many of the latest are looked through."""


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


class Packed(Mapping[str, Any]):
    """What a dict says, in a third of its memory: names that records of a shape share, and this one's values."""

    __slots__ = ("_names", "_values")

    def __init__(self, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
        self._names, self._values = names, values

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[self._names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Ledger:
    """Append-only; numbers count from 1. Constant cost per write, safe across threads."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._lock = threading.Lock()
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._recent: dict[tuple[tuple[str, ...], tuple[Any, ...]], Packed] = {}
        self._id = ""

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
            id = self._id = self._id if id == self._id else id
            entry = Entry(
                len(self.entries) + 1,
                at,
                side,
                actor,
                op,
                object,
                id,
                self._kept(before),
                self._kept(after),
                call,
            )
            self.entries.append(entry)
            return entry

    def since(self, n: int) -> list[Entry]:
        """Entries whose number is greater than `n`."""
        return self.entries[max(n, 0) :]

    def _kept(self, values: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if not values:
            return _NOTHING
        names = tuple(values)
        names = self._shapes.setdefault(names, names)
        held = tuple(values.values())
        if len(held) > _FEW or any(type(each) is not str and each is not None for each in held):
            return Packed(names, held)  # True and 1 are equal and not the same
        known = self._recent.get((names, held))
        if known is None:
            if len(self._recent) >= _MOST:
                self._recent.clear()
            known = self._recent[(names, held)] = Packed(names, held)
        return known
