"""Which writes go together: people of one Account in one batch, and how long a row waits that somebody else holds.

Salesforce locks the Account of each Contact that is saved, so two batches with people of one Account wait for each
other (docs: record locking). Decides only; makes no call and does not wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, TypeVar

from crmsync.model.links import Intent
from crmsync.model.records import Write

T = TypeVar("T")
HELD: Final = "held"
"""The cause of a link whose row was held, with how often in a row: `held:2`."""
FIRST_S: Final = 15.0
LONGEST_S: Final = 120.0

Batch = list[tuple[Intent, Write]]


def together(writes: Sequence[tuple[Intent, Write]], size: int) -> list[Batch]:
    """Batches of at most `size`, no more of them than it takes; a group is split only when it fits into none.

    Without groups the order stays as it was.
    """
    groups: dict[str, Batch] = {}
    alone: Batch = []
    for pair in writes:
        (groups.setdefault(pair[1].group, []) if pair[1].group else alone).append(pair)
    batches: list[Batch] = [[] for _ in range(-(-len(writes) // size))]
    left: Batch = []
    for group in sorted(groups.values(), key=len, reverse=True):
        room = next((b for b in batches if len(b) + len(group) <= size), None)
        if room is None:
            left += group
        else:
            room += group
    rest = [*left, *alone]
    for batch in batches:
        free = size - len(batch)
        batch.extend(rest[:free])
        rest = rest[free:]
    return batches


def wait(cause: str, chance: float) -> tuple[str, timedelta]:
    """(the next cause, the pause) of a row that was held again; `chance` from 0 to 1 spreads the pauses by a half."""
    word, _, number = cause.partition(":")
    times = int(number) if word == HELD and number.isdigit() else 0
    pause = min(LONGEST_S, FIRST_S * 2 ** min(times, 10)) * (0.5 + chance)
    return f"{HELD}:{times + 1}", timedelta(seconds=pause)
