"""Hints: where verified notifications land, and how a cycle heeds them, by id, before it asks what changed.

Reading by cursor alone is complete; a hint only makes it sooner. So a place that is full drops what comes, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from crmsync.model.hints import Hint
from crmsync.model.ports import Store
from crmsync.model.transaction import Tx
from crmsync.model.values import Side

MOST: Final = 10_000
"""Hints that wait at once, of both sides."""

CHUNK: Final = 500
DROPPED: Final = "hints_dropped"
log = structlog.get_logger("crmsync.sync")

Look = Callable[[str, Sequence[str], Callable[[Tx], None]], None]
"""Reads records of an object by id; the last argument joins the transaction that keeps what was read."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of the hints of one notification. `dropped` found no room; the next reading finds those records."""

    kept: int
    dropped: int


def land(store: Store, hints: Sequence[Hint], most: int = MOST) -> Landed:
    """Keep hints durably, each record once. Costs one transaction; asks nobody; may run beside a cycle."""
    if not hints:
        return Landed(0, 0)
    with store.transaction() as tx:
        dropped = tx.hint(hints, most)
        if dropped:
            tx.put(DROPPED, str(int(tx.get(DROPPED) or 0) + dropped))
    if dropped:
        log.warning("hints dropped, for there was no room; polling finds these changes", dropped=dropped)
    return Landed(len(set(hints)) - dropped, dropped)


def heed(store: Store, side: Side, objects: Sequence[str], look: Look) -> int:
    """Look at every record that is hinted at now; returns how many. Without hints this costs no call.

    A hint ends in the transaction that keeps what was read. One about an object that is not read just ends.
    """
    count, after = 0, 0
    while count < MOST:
        with store.transaction() as tx:
            hints = tx.hints(side, after, CHUNK)
            tx.heeded([h for h in hints if h.object not in objects])
        if not hints:
            break
        after = hints[-1].seq
        for obj in objects:
            mine = [h for h in hints if h.object == obj]
            if mine:
                look(obj, [h.id for h in mine], lambda tx, mine=mine: tx.heeded(mine))  # type: ignore[misc]
                count += len(mine)
    return count
