"""What a vendor says is left of the day's requests. Numbers only; what follows from them is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests of the whole account a day: `left` of `limit`, as told at `at` (UTC). All integrations share them."""

    limit: int
    left: int
    at: datetime
