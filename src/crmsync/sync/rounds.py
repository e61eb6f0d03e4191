"""One round of the scheduled audit on one side: where it stands, how much of it is due by now, whom it missed. No I/O."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

PACE: Final = 0.9
"""Of its time a round has this part for its pages; the rest is for looking again."""

AGAIN: Final = 0.05
"""Of a round's time this part lies at least between the two looks at a record that is not there."""

BELIEVED: Final = 5
"""So many records may be gone without a trace at once; more are more likely no longer shared with our user."""

NAMED: Final = 100
"""Of the records that are not there this many are kept by their ids; all of them are counted."""


@dataclass(slots=True)
class Round:
    """`began` and `ended` are ISO times. The pages of `object` up to the id `last` are compared, `after` continues.

    `compared` records so far of about `expected`; `found` in this round, `before` in the one before. `lost` records
    were not there when they were asked for by id; `absent` are [object, id, when] of the first of them. `hurried`:
    it is not spread. Without an `object` the round is over.
    """

    began: str
    object: str = ""
    after: str | None = None
    last: str = ""
    compared: int = 0
    expected: int = 0
    found: int = 0
    before: int = 0
    lost: int = 0
    absent: list[tuple[str, str, str]] = field(default_factory=list)
    hurried: bool = False
    ended: str = ""

    @property
    def over(self) -> bool:
        """Whether all pages are compared."""
        return not self.object

    @property
    def too_many(self) -> bool:
        """Whether so many are gone that none is taken for deleted."""
        return self.lost > BELIEVED

    def rests(self, now: datetime, every: timedelta) -> bool:
        """Whether the next round is not due yet."""
        return timedelta() <= now - datetime.fromisoformat(self.began) < every

    def wants_page(self, now: datetime, every: timedelta) -> bool:
        """Whether the next page is due: as large a part of the records is compared as of the time is over."""
        if self.over:
            return False
        part = (now - datetime.fromisoformat(self.began)) / (every * PACE)
        return self.hurried or not 0 <= part < 1 or self.compared <= self.expected * part

    def next(self, now: datetime, first: str, *, hurried: bool = False) -> Round:
        """The round that follows; it begins with the object `first`."""
        expected = self.compared if self.over and self.compared else self.expected
        before = self.found if self.over else self.before + self.found
        return Round(
            now.isoformat(), first, expected=expected, before=before, hurried=hurried, ended=self.ended
        )

    def turn(self, page: Sequence[str], after: str | None, following: str, now: datetime) -> None:
        """A page with these ids was compared; without `after` the object `following` is next ("": none)."""
        self.compared += len(page)
        self.last = page[-1] if page else self.last
        self.after = after
        if after is None:
            self.object, self.last = following, ""
            if self.over:
                self.ended = now.isoformat()

    def miss(self, obj: str, ids: Sequence[str], now: datetime) -> None:
        """These records are not there, neither in their page nor by id."""
        self.lost += len(ids)
        self.absent += [(obj, one, now.isoformat()) for one in ids][: max(0, NAMED - len(self.absent))]

    def look_again(self, now: datetime, every: timedelta) -> list[tuple[str, str]]:
        """(object, id) that were not there and are due to be asked for a second time."""
        if not self.over or self.too_many:
            return []
        return [(o, i) for o, i, at in self.absent if now - datetime.fromisoformat(at) >= every * AGAIN]

    def looked(self, ids: Sequence[str]) -> None:
        """The second look is done."""
        self.absent = [one for one in self.absent if one[1] not in ids]
        self.lost = len(self.absent)

    def as_text(self) -> str:
        """What the store keeps."""
        return json.dumps(asdict(self))


def round_of(text: str | None) -> Round | None:
    """From what the store keeps; None before there was one."""
    if not text:
        return None
    kept: dict[str, Any] = json.loads(text)
    found = Round(**kept)
    return replace(found, absent=[(o, i, at) for o, i, at in found.absent])


def told_audit(texts: Sequence[str | None]) -> dict[str, Any]:
    """`audited` (ISO time at which everybody was compared last, or None) and `drifted` (found since the round before)."""
    rounds = [one for text in texts if (one := round_of(text)) is not None]
    whole = rounds and all(one.ended for one in rounds)
    return {
        "audited": min(one.ended for one in rounds) if whole else None,
        "drifted": sum(one.found + one.before for one in rounds),
    }
