"""Which records are associated, for all pairs of object types, and the types that a pair can have. No HTTP, no rules.

Docs: developers.hubspot.com, "Associations" v4 (association type id values).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

BUILT_IN: Final[Mapping[tuple[str, str], tuple[int, int]]] = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("contacts", "deals"): (4, 0),
    ("deals", "contacts"): (3, 0),
    ("companies", "deals"): (342, 6),
    ("deals", "companies"): (341, 5),
    ("contacts", "contacts"): (449, 0),
}
"""(from, to) -> (default type, type of the primary company or 0)."""

_Only = tuple[int, tuple[int, ...]]
_NONE: Final[Mapping[int, tuple[int, ...]]] = {}
_FIRST_LABEL: Final = 57


@dataclass(frozen=True, slots=True)
class Label:
    """A type that the portal added to a pair of object types; `inverse` is its id seen from the other end."""

    type_id: int
    label: str
    inverse: int


class Links:
    """Every link has its pair's default type; what else it has (primary, labels) is kept as `more`."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], dict[int, dict[int, tuple[int, ...]] | _Only]] = {
            pair: {} for pair in BUILT_IN
        }
        """A record with one link, as most have, is kept as a pair: a fifth of a dict's memory."""
        self._known: dict[tuple[int, ...], tuple[int, ...]] = {}
        self.labels: dict[tuple[str, str], dict[int, Label]] = {pair: {} for pair in BUILT_IN}
        self._next = _FIRST_LABEL
        self._inverse = {279: 280, 280: 279, 1: 2, 2: 1, 4: 3, 3: 4, 342: 341, 341: 342, 6: 5, 5: 6, 449: 449}

    def of(self, kind: str, num: int, to: str) -> Mapping[int, tuple[int, ...]]:
        """The other ends of a record's links to a type, in the order of linking, each with its further types."""
        held = self._of[(kind, to)].get(num, _NONE) if (kind, to) in self._of else _NONE
        return {held[0]: held[1]} if isinstance(held, tuple) else held

    def has(self, kind: str, num: int, to: str, other: int) -> bool:
        """Whether the two are linked."""
        return other in self.of(kind, num, to)

    def primary(self, kind: str, num: int) -> int:
        """A contact's or deal's primary company, 0 for none."""
        type_id = BUILT_IN[(kind, "companies")][1]
        return next((other for other, more in self.of(kind, num, "companies").items() if type_id in more), 0)

    def put(self, kind: str, num: int, to: str, other: int, more: tuple[int, ...]) -> None:
        """Link the two, or give their link other further types (as seen from `kind`)."""
        self._keep(self._of[(kind, to)], num, other, more)
        self._keep(self._of[(to, kind)], other, num, tuple(self._inverse[each] for each in more))

    def drop(self, kind: str, num: int, to: str, other: int) -> None:
        """End the link of the two, if there is one."""
        for pair, here, there in (((kind, to), num, other), ((to, kind), other, num)):
            held = self._of[pair].get(here)
            if isinstance(held, tuple):
                if held[0] == there:
                    del self._of[pair][here]
            elif held is not None and held.pop(there, None) is not None and not held:
                del self._of[pair][here]

    def _keep(
        self,
        held: dict[int, dict[int, tuple[int, ...]] | _Only],
        num: int,
        other: int,
        more: tuple[int, ...],
    ) -> None:
        more = self._known.setdefault(more, more)
        now = held.get(num)
        if now is None or (isinstance(now, tuple) and now[0] == other):
            held[num] = (other, more)
            return
        if isinstance(now, tuple):
            now = held[num] = {now[0]: now[1]}
        now[other] = more

    def types(self, kind: str, to: str) -> list[tuple[int, str, str | None]]:
        """(type id, category, label) of everything that a pair of object types can have, the default one last."""
        default, primary = BUILT_IN[(kind, to)]
        own = [(each.type_id, "USER_DEFINED", each.label) for each in self.labels[(kind, to)].values()]
        first = [(primary, "HUBSPOT_DEFINED", "Primary")] if primary else []
        return [*first, *own, (default, "HUBSPOT_DEFINED", None)]

    def add_label(self, kind: str, to: str, label: str, inverse: str) -> tuple[Label, Label]:
        """A new label of a pair and the same seen from the other end. One id serves both ends of one object type
        unless the ends are called differently."""
        here, there = self._next, self._next + (kind != to or label != inverse)
        self._next = there + 1
        self._inverse[here], self._inverse[there] = there, here
        made = (Label(here, label, there), Label(there, inverse, here))
        self.labels[(kind, to)][here] = made[0]
        self.labels[(to, kind)][there] = made[1]
        return made

    def drop_label(self, kind: str, to: str, label: Label) -> None:
        """Remove a label from its pair and from all links."""
        del self.labels[(kind, to)][label.type_id]
        self.labels[(to, kind)].pop(label.inverse, None)
        for num in list(self._of[(kind, to)]):
            for other, more in list(self.of(kind, num, to).items()):
                if label.type_id in more:
                    self.put(kind, num, to, other, tuple(each for each in more if each != label.type_id))
