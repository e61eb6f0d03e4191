"""A reading of changes in progress: where it stands and what it has shown, so that one broken off goes on. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crmsync.model.records import StampPage
from crmsync.sync.horizon import latest


@dataclass(slots=True)
class Drain:
    """What changed `since`, per object, read from `began` on; `after` continues it, `tops` are the latest stamps."""

    since: Mapping[str, datetime]
    began: datetime
    after: str | None = None
    tops: dict[str, datetime] = field(default_factory=dict)
    kept: bool = False

    def turn(self, page: StampPage, now: datetime) -> None:
        """A page was shown."""
        self.after = page.next
        for obj in dict.fromkeys(stamp.object for stamp in page.stamps):
            mine = (stamp.version for stamp in page.stamps if stamp.object == obj)
            if top := latest(mine, self.tops.get(obj), now):
                self.tops[obj] = top

    def as_text(self) -> str:
        """What the store keeps of it."""
        return json.dumps(
            {
                "since": {obj: at.isoformat() for obj, at in self.since.items()},
                "began": self.began.isoformat(),
                "after": self.after,
                "tops": {obj: at.isoformat() for obj, at in self.tops.items()},
            }
        )


def drain_of(text: str | None) -> Drain | None:
    """The one that was broken off, or None."""
    if not text:
        return None
    kept = json.loads(text)
    times = {
        name: {obj: datetime.fromisoformat(at) for obj, at in kept[name].items()}
        for name in ("since", "tops")
    }
    return Drain(
        times["since"], datetime.fromisoformat(kept["began"]), kept["after"], times["tops"], kept=True
    )
