"""The two ends of a field: what each side holds, held and has changed; and the marks that a parked field waits on.

Decides nothing; the merge does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from crmsync.mapping.fields.types import FieldMap
from crmsync.model.links import Link, SideRow
from crmsync.model.records import NativeField, ObjectInfo
from crmsync.model.values import SIDES, Side, Value, is_blank
from crmsync.reconcile.digest import digest

COVERED = (
    "it was saved in the moment between our last look and our write, which the vendor has no condition for"
)
"""Why an edit was covered unseen, in words for the review list."""


@dataclass(frozen=True, slots=True)
class End:
    """One side of a field: the row, the native field, what it holds and what it held at the last decision.

    `contested` is set on both sides while an edit that our write covered unseen waits to be decided: `current` is
    then that edit on its side, `held` stays what the record holds.
    """

    side: Side
    row: SideRow
    native: str
    info: NativeField
    current: Value
    seen: Value
    known: bool
    contested: bool = False

    @property
    def held(self) -> Value:
        """What the record holds, as far as we know."""
        return self.row.current.get(self.native)

    @property
    def changed(self) -> bool:
        """Whether it differs from what was seen; a field never seen counts as changed, so does a contested one."""
        return self.contested or not self.known or not same(self.current, self.seen)

    @property
    def cleared(self) -> bool:
        """A real clearing: this side held a value before and holds none now."""
        return self.known and is_blank(self.current) and not is_blank(self.seen)


def field_mark(name: str, side: Side, value: Value, version: str, waits_on: str = "") -> str:
    """What a parked field waits on: another value to write to `side`, another definition, or what it says it waits on."""
    return digest(name, side, value, version, *([waits_on] if waits_on else []))


def refused_mark(fmap: FieldMap, side: Side, value: Value, after: Value, version: str) -> str:
    """What a field waits on that a vendor refused; for a firm also another counterpart than the one refused."""
    return field_mark(fmap.name, side, value, version, str(after) if fmap.transform == "account" else "")


def same(a: Value, b: Value) -> bool:
    """Equal natives; null and empty text are one."""
    return a == b or (is_blank(a) and is_blank(b))


def ends(fmap: FieldMap, link: Link, infos: Mapping[tuple[Side, str], ObjectInfo]) -> tuple[End, End] | None:
    """The field on both primary rows, or None when one of them has no such field."""
    found: list[End] = []
    for side in SIDES:
        row = link.primary(side)
        native = fmap.native_name(side, row.object) if row else None
        if row is None or native is None:
            return None
        info = infos[side, row.object].fields.get(native)
        if info is None:
            return None
        found.append(
            End(side, row, native, info, row.current.get(native), row.seen.get(native), native in row.seen)
        )
    return _contested(found[0], found[1])


def _contested(hub: End, sales: End) -> tuple[End, End]:
    """Both sides with the edit that our last write covered on its side; as they are once anything came after it."""
    covered = [
        replace(end, current=end.row.covered[end.native])
        for end in (hub, sales)
        if end.native in end.row.covered and end.known and same(end.held, end.seen)
    ]
    if not covered:
        return hub, sales
    by_side = {end.side: end for end in (hub, sales, *covered)}
    return replace(by_side["hubspot"], contested=True), replace(by_side["salesforce"], contested=True)
