"""Between Python values and columns: times as milliseconds, values as JSON text. No effects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from crmsync.model.links import Change, Conflict, Intent, Kind, Parked, Settlement, Status
from crmsync.model.values import SIDES, Side

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_BITS: Final[dict[Side, int]] = {side: 1 << i for i, side in enumerate(SIDES)}


def to_ms(at: datetime) -> int:
    """Whole milliseconds since 1970; what is finer is dropped."""
    return (at - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The aware UTC time of `to_ms`."""
    return _EPOCH + timedelta(milliseconds=ms)


def maybe_time(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def dump(value: object) -> str:
    """JSON text; PostgreSQL's text cannot hold U+0000, JSON escapes it."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def load(text: str) -> Any:
    return orjson.loads(text)


def plain(text: str) -> str:
    """Text for a column of its own, where U+0000 cannot stand."""
    return text.replace("\x00", "") if "\x00" in text else text


def side_bit(side: Side) -> int:
    """A side as a bit of `link.ever`."""
    return _BITS[side]


def bit_sides(bits: int) -> frozenset[Side]:
    return frozenset(s for s, bit in _BITS.items() if bits & bit)


def change_list(changes: Iterable[Change]) -> str:
    """Changes as JSON lists in the order of `Change`'s fields: a third of the size of objects."""
    return dump(
        [
            [
                c.name,
                c.native,
                c.before,
                c.after,
                c.rule,
                c.settles,
                c.agreed,
                c.source_row,
                c.source_native,
                c.source_value,
            ]
            for c in changes
        ]
    )


def blanks(changes: Iterable[Change]) -> str:
    """The canonical names of the fields that a write clears, as JSON; "" when there are none."""
    names = sorted({c.name for c in changes if c.after is None and c.before is not None})
    return dump(names) if names else ""


def to_intent(row: Any) -> Intent:
    return Intent(
        link_id=row.link_id,
        side=row.side,
        object=row.object,
        kind=Kind(row.kind),
        native_id=row.native_id,
        key=row.key,
        changes=tuple(Change(*c) for c in load(row.changes)),
        digest=row.digest,
        row_id=row.row_id,
        seq=row.seq,
        id=row.id,
        status=Status(row.status),
        held=row.held,
        attempts=row.attempts,
        sent_at=maybe_time(row.sent_at),
        person=row.person,
    )


def dump_settlement(settled: Settlement) -> str:
    return dump(settled)


def load_settlement(text: str) -> Settlement:
    raw = load(text)
    return Settlement(
        link_id=raw["link_id"],
        seq=raw["seq"],
        agreed=raw["agreed"],
        seen={int(row): values for row, values in raw["seen"].items()},
        conflicts=tuple(Conflict(**c) for c in raw["conflicts"]),
        parked=tuple(Parked(**p) for p in raw["parked"]),
        rewrites=tuple((r[0], r[1], r[2], r[3]) for r in raw["rewrites"]),
        settled=tuple(raw["settled"]),
    )
