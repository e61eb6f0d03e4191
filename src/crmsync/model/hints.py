"""A word from a vendor that a record may have changed. It carries no truth: it only says where to look."""

from __future__ import annotations

from dataclasses import dataclass

from crmsync.model.values import Side


@dataclass(frozen=True, slots=True)
class Hint:
    """Look at this record. `seq` is 0 until it is kept, and rises each time that the same record is named again."""

    side: Side
    object: str
    id: str
    seq: int = 0
