"""What the vendor's answers to one flight of writes come to, sorted by what happens to each write next. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from crmsync.model.links import Intent, Parked, Settlement
from crmsync.model.values import Values
from crmsync.reconcile.ends import same

T = TypeVar("T")


@dataclass(slots=True)
class Sorted:
    """The results of one flight, by what happens to them next."""

    done: list[tuple[Intent, str, Values]] = field(default_factory=list)
    stale: list[Intent] = field(default_factory=list)
    held: list[Intent] = field(default_factory=list)
    retry: list[tuple[Intent, tuple[str, ...]]] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    refused: list[Intent] = field(default_factory=list)
    unknown: list[Intent] = field(default_factory=list)
    gone: list[Intent] = field(default_factory=list)
    existing: list[tuple[Intent, str]] = field(default_factory=list)
    met: set[int] = field(default_factory=set)
    """Creates that turned out to be updates: the key was there already."""


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def rewritten(intent: Intent, stored: Values) -> Settlement | None:
    """What the vendor's echo shows to be stored otherwise than it was sent."""
    found = tuple(
        (intent.side, c.native, c.after, stored[c.native])
        for c in intent.changes
        if c.native in stored and not same(stored[c.native], c.after)
    )
    return Settlement(intent.link_id, intent.seq, rewrites=found) if found else None
