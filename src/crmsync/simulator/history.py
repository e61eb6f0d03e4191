"""What happened to each mapped value, read from the ledger: who typed it, what replaced it, what never had a source.

Finds I3 (a human's value lost) and I5 (a value nobody typed). One pass, linear in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crmsync.simulator.compare import Native, blank, empty, rough, same
from crmsync.simulator.expectation import OTHER, Expectation, FieldPair, Row, Violation
from crmsync.simulator.picture import PEOPLE, Picture

API, SYSTEM = "api", "system"


@dataclass(frozen=True, slots=True)
class Moment:
    """A value that stood in one field of one record from entry `n` on, and who put it there."""

    n: int
    value: Native
    actor: str
    op: str


@dataclass(frozen=True, slots=True)
class _Loss:
    """A human's value that the api overwrote without its author being answered: a violation unless it is kept."""

    pair: FieldPair
    side: str
    object: str
    id: str
    value: Native
    by: Native


@dataclass(slots=True)
class History:
    """Every moment of every mapped field, by (native id, canonical field)."""

    expected: Expectation
    picture: Picture
    spots: dict[tuple[str, str], list[Moment]] = field(default_factory=dict)
    invented: list[Violation] = field(default_factory=list)
    losses: list[_Loss] = field(default_factory=list)
    _typed: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def read(self, entries: Iterable[Row]) -> None:
        """Walk the ledger in order."""
        fields = _fields(self.expected)
        for entry in entries:
            by_native = fields.get((entry.side, entry.object))
            if by_native is None:
                continue
            for native, value in entry.after.items():
                for pair in by_native.get(native, ()):
                    self._see(entry, pair, entry.before.get(native), value)

    def last(self, id: str, name: str) -> Moment | None:
        """The latest moment of a field, if the ledger tells of any."""
        moments = self.spots.get((id, name))
        return moments[-1] if moments else None

    def saved(self, id: str, name: str) -> Native:
        """The value that was saved last, where an automation of the CRM made another of it in the same save."""
        moments = self.spots.get((id, name), [])
        return _saved(moments, len(moments) - 1)

    def _see(self, entry: Row, pair: FieldPair, before: Native, value: Native) -> None:
        moments = self.spots.setdefault((entry.id, pair.name), [])
        if not moments and not blank(before):
            moments.append(Moment(-1, before, "human", "create"))
            self._typed[(entry.side, pair.name)].add(rough(pair.compare, before))
        if not moments and entry.op == "create":
            moments += self._carried(entry, pair, value)
            if moments:
                return
        if entry.actor == API:
            self._overwrite(entry, pair, moments, value)
            if not self._sourced(entry, pair, moments, value):
                what = "blanked, which nobody did" if blank(value) else f"{value!r}, which nobody typed"
                self.invented.append(Violation("I5", _label(entry), f"{pair.name} was {what}"))
        elif not blank(value):
            self._typed[(entry.side, pair.name)].add(rough(pair.compare, value))
        moments.append(Moment(entry.n, value, entry.actor, entry.op))

    def _carried(self, entry: Row, pair: FieldPair, value: Native) -> list[Moment]:
        """The past of a value that a record was born with because another became it (conversion): nobody typed it anew."""
        for old in self.picture.earlier.get(entry.id, ()):
            past = self.spots.get((old, pair.name), [])
            if past and same(pair.compare, past[-1].value, value):
                return list(past)
        return []

    def _overwrite(self, entry: Row, pair: FieldPair, moments: list[Moment], value: Native) -> None:
        """Note a loss when the api replaces a human's value and the new value's author never saw it."""
        if (
            not moments
            or empty(pair.compare, moments[-1].value)
            or same(pair.compare, moments[-1].value, value)
        ):
            return
        old = moments[-1].value
        there = [self.spots.get((id, pair.name), []) for id in self.picture.counterparts(entry.id)]
        typed = _typed_at(pair, entry.side, moments, there)
        if typed is None or pair.default(entry.side, old):
            return
        if any(_answered(pair, entry.side, one, old, value, typed) for one in there):
            return
        self.losses.append(_Loss(pair, entry.side, entry.object, entry.id, old, value))

    def _sourced(self, entry: Row, pair: FieldPair, moments: list[Moment], value: Native) -> bool:
        """Whether somebody typed this value (a blank: cleared it) here or on the other side before."""
        if empty(pair.compare, value) and (not moments or empty(pair.compare, moments[-1].value)):
            return True
        if pair.default(entry.side, value):
            return True
        for id in self.picture.relatives(entry.id):
            here = moments if id == entry.id else self.spots.get((id, pair.name), ())
            if any(m.actor != API and same(pair.compare, m.value, value) for m in here):
                return True
        others = self.picture.counterparts(entry.id)
        for id in others:
            for m in self.spots.get((id, pair.name), ()):
                cleared = m.op != "create" or not blank(m.value)
                chosen = (
                    m.actor != API or id in self.picture.became
                )  # a person merged that record into this one
                if chosen and cleared and pair.equal(entry.side, value, m.value):
                    return True
        return not others and self._anybody(pair, entry.side, value)

    def _anybody(self, pair: FieldPair, side: str, value: Native) -> bool:
        """For a record without a link: whether anybody on the other side ever typed such a value."""
        typed = self._typed[(OTHER[side], pair.name)]
        if not pair.values:
            return rough(pair.compare, value) in typed
        mine = 0 if side == "hubspot" else 1
        return any(rough(pair.compare, p[1 - mine]) in typed for p in pair.values if p[mine] == str(value))

    def lost(self) -> list[Violation]:
        """The losses that are neither back in place nor kept."""
        kept: dict[tuple[str, str], list[Native]] = defaultdict(list)
        for k in self.expected.kept:
            kept[(self.picture.final(k.id), k.field)].append(k.value)
        return [
            Violation(
                "I3",
                f"{loss.side}/{loss.object}/{loss.id}",
                f"{loss.pair.name} {loss.value!r} was overwritten by {loss.by!r} and is kept nowhere",
            )
            for loss in self.losses
            if not self._safe(loss, kept)
        ]

    def _safe(self, loss: _Loss, kept: dict[tuple[str, str], list[Native]]) -> bool:
        pair, others = loss.pair, self.picture.counterparts(loss.id)
        for id in (loss.id, self.picture.final(loss.id), *others):
            if (id, pair.name) in self.expected.raced:
                return True
            if any(
                same(pair.compare, loss.value, v) for v in kept.get((self.picture.final(id), pair.name), ())
            ):
                return True
        if same(pair.compare, self.spots[(loss.id, pair.name)][-1].value, loss.value):
            return True
        for id in others:
            last = self.last(id, pair.name)
            if last is not None and pair.equal(loss.side, loss.value, last.value):
                return True
            saved = self.saved(id, pair.name)
            if saved is not None and pair.equal(loss.side, loss.value, saved):
                return True  # it stands there in the form that the other CRM's automation gave it
        return False


def _fields(expected: Expectation) -> dict[tuple[str, str], dict[str, list[FieldPair]]]:
    table: dict[tuple[str, str], dict[str, list[FieldPair]]] = {}
    for side, objects in PEOPLE.items():
        for obj in objects:
            by_native: dict[str, list[FieldPair]] = defaultdict(list)
            for pair in expected.pairs:
                native = pair.native(side, obj)
                if native and pair.compare != "ignore":
                    by_native[native].append(pair)
            table[(side, obj)] = dict(by_native)
    return table


def _typed_at(pair: FieldPair, side: str, moments: list[Moment], there: Iterable[list[Moment]]) -> int | None:
    """When a human typed the value that stands now, else None; a mere change of form by others does not count.

    Somebody who changes a value and changes it back, before the other side has heard of it, changed nothing.
    """
    value = moments[-1].value
    typed: int | None = None
    between: list[Moment] = []
    for m in reversed(moments):
        if same(pair.compare, m.value, value):
            if typed is not None and between and _heard(pair, side, between, there):
                return typed
            between = []
            if m.actor == "human" or typed is not None:
                typed = m.n
        elif typed is None or m.actor == API:
            return typed
        else:
            between.append(m)
    return typed


def _heard(pair: FieldPair, side: str, between: list[Moment], there: Iterable[list[Moment]]) -> bool:
    """Whether any of these values was carried to the other side."""
    carried = [m for moments in there for m in moments if m.actor == API]
    return any(pair.equal(side, b.value, m.value) and m.n > b.n for b in between for m in carried)


def _answered(pair: FieldPair, side: str, there: list[Moment], old: Native, new: Native, typed: int) -> bool:
    """Whether somebody on the other side typed `new` after `old` had stood there, at or after entry `typed`."""
    seen = False
    for i, m in enumerate(there):
        if seen and m.actor != API and pair.equal(side, new, m.value):
            return True
        until = there[i + 1].n if i + 1 < len(there) else None
        stood = until is None or until > typed
        seen = seen or (stood and any(pair.equal(side, old, value) for value in (m.value, _saved(there, i))))
    return False


def _saved(moments: Sequence[Moment], i: int) -> Native:
    """The value that was saved at the moment before, where an automation of the CRM made another of it at once."""
    if i < 1 or moments[i].actor != SYSTEM or moments[i - 1].actor == SYSTEM:
        return None
    return moments[i - 1].value if moments[i].n == moments[i - 1].n + 1 else None


def _label(entry: Row) -> str:
    return f"{entry.side}/{entry.object}/{entry.id}"
