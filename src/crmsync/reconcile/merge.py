"""The three-way merge of one field of one link. Decides; writes nothing.

    both sides equal under the map        the base becomes it, no write
    only one side differs from its seen   it is written to the other side, if the direction allows
    both differ from their seen           conflict: the field's rule picks, the loser is stored
    neither changed, yet they differ      drift: reported as a conflict and decided by its rule, at most once per pair
                                          of values; a kept clearing or a one-way field is no drift
    no base yet                           `fill`: blanks are filled, differences stay as open conflicts
                                          `owner`: the field's owner wins, the loser is stored

A blank never beats a value, unless that side held the value before and the field's blank policy lets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmsync.mapping.fields.codec import BadValue, Directory, equal, read, write
from crmsync.mapping.fields.types import Blank, Direction, FieldMap, FirstLink, Survivorship
from crmsync.model.links import Change, Conflict, Link, Parked
from crmsync.model.records import ObjectInfo
from crmsync.model.values import SIDES, Side, Value, Values, is_blank, other
from crmsync.reconcile.digest import digest
from crmsync.reconcile.ends import COVERED, End, ends, field_mark, refused_mark, same
from crmsync.reconcile.sets import parts, united


@dataclass(slots=True)
class FieldOutcome:
    """What is decided for one field: base and seen that hold at once, and changes to write per side."""

    agreed: Values = field(default_factory=dict)
    seen: dict[int, Values] = field(default_factory=dict)
    changes: list[tuple[Side, Change]] = field(default_factory=list)
    conflict: Conflict | None = None
    parked: Parked | None = None
    settled: bool = False
    unsure: bool = False
    """Whether the two are agreed by values that came to be the same, which a read of today has to confirm."""

    @property
    def speaks(self) -> bool:
        """Whether there is something to write, to report, to park or to close, not only something seen."""
        return bool(self.changes or self.conflict or self.parked or self.settled)


@dataclass(frozen=True, slots=True)
class Pick:
    """What a rule decided: the canonical winner and why. `open` and `leave` change nothing; `open` asks a person."""

    value: Value = None
    winner: str = ""
    rule: str = ""
    open: bool = False
    leave: bool = False


DRIFT = "neither side changed it since they were last decided, yet they differ"
"""The cause of a conflict that nobody's edit explains."""


def merge_field(
    fmap: FieldMap,
    link: Link,
    infos: Mapping[tuple[Side, str], ObjectInfo],
    directory: Directory,
    version: str,
) -> FieldOutcome | None:
    """Decide one field of a link with rows on both sides; None when there is nothing to say."""
    pair = ends(fmap, link, infos)
    return None if pair is None else _Merge(fmap, link, pair, directory, version).decide()


def _open(fmap: FieldMap, link: Link) -> bool:
    return link.cause in ("definition", "audit") or fmap.name in link.parked


class _Merge:
    """The decision over one field, with its inputs at hand."""

    def __init__(
        self, fmap: FieldMap, link: Link, pair: tuple[End, End], directory: Directory, version: str
    ) -> None:
        self.fmap, self.link, self.pair = fmap, link, pair
        self.directory, self.version = directory, version
        self.ends: dict[Side, End] = {end.side: end for end in pair}
        self.values: dict[Side, Value] = {}
        self.still = not any(end.changed for end in pair)
        """Whether neither side changed since the last decision: a difference then is drift."""
        self.asked = fmap.name in link.resolved or _open(fmap, link)

    def decide(self) -> FieldOutcome | None:
        for end in self.pair:
            try:
                self.values[end.side] = read(self.fmap, end.side, end.row.object, end.current, self.directory)
            except BadValue as bad:
                return self._park(end, end.current, bad)
        if self._equal() and not self._covered():
            return None if self.still and not self.asked else self._agree()
        shown = self._shown(self._mark())
        if self.still and shown:
            return None  # open for review, or decided before
        pick = self._pick()
        if shown and not self._unfinished(pick):
            return None
        return self._drift(pick) if self.still else self._carry_out(pick, self._mark())

    def _mark(self, *more: str) -> str:
        return digest(self.fmap.name, self.pair[0].current, self.pair[1].current, *more)

    def _shown(self, mark: str) -> bool:
        return (self.fmap.name, mark) in self.link.known and self.fmap.name not in self.link.resolved

    def _drift(self, pick: Pick) -> FieldOutcome | None:
        """A difference that nobody's edit explains: reported and decided once for each pair of values.

        What the direction or a kept clearing explains is none. A write that came to nothing is decided again: one
        that was done would have moved `seen` on.
        """
        mark = self._mark("drift")
        outcome = self._carry_out(pick, mark)
        told = self._shown(mark)
        if outcome is None or not (outcome.changes if told else outcome.speaks):
            return None
        return outcome

    def _unfinished(self, pick: Pick) -> bool:
        """Whether a difference that was shown before is still to be acted on.

        It is shown when its write goes out, and that write may come to nothing: a side still differs from what
        was seen there. Only a one-way target that never was read as we wrote it (a flow sets it back on save) is
        left as it is, else each cycle would write it again.
        """
        if pick.open and self.pair[0].contested:
            return False
        if pick.open:
            return True  # the pair was decided once; asked anew of other records, it is open again
        source = self._source()
        target = self.ends[other(source)] if source else None
        written = target.row.written.get(target.native) if target else None
        return target is None or is_blank(written) or not self._means(target, written, pick.value)

    # -- equality -------------------------------------------------------------------------------------------
    def _source(self) -> Side | None:
        """The side a one-way field comes from."""
        if self.fmap.direction is Direction.TWO_WAY:
            return None
        return "hubspot" if self.fmap.direction is Direction.TO_SALESFORCE else "salesforce"

    def _covered(self) -> bool:
        """Whether a side holds something else than the edit that is decided in its place."""
        return any(
            not same(end.held, end.current) and not self._means(end, end.held, self.values[end.side])
            for end in self.pair
        )

    def _holds(self, side: Side, value: Value) -> bool:
        """Whether `side` already holds the canonical value, or its covered edit is that."""
        return self._means(self.ends[side], self.ends[side].current, value)

    def _means(self, end: End, native: Value, value: Value) -> bool:
        """Whether a native value of a side is the canonical one, the side's own rewriting of it included."""
        if equal(self.fmap, end.side, end.row.object, value, native, end.info, self.directory):
            return True
        rewrite = self.link.rewrites.get((end.side, end.native))
        if rewrite is None or not same(rewrite[1], native):
            return False
        try:
            sent = write(self.fmap, end.side, end.row.object, value, end.info, self.directory)
        except BadValue:
            return False
        return same(sent, rewrite[0])

    def _equal(self) -> bool:
        source = self._source()
        starts = (source,) if source else SIDES
        return any(self._holds(other(side), self.values[side]) for side in starts)

    def _agree(self) -> FieldOutcome | None:
        value = self.values[self._source() or self.fmap.owner]
        settled = (
            self.fmap.name in self.link.parked
            or self.fmap.name in self.link.resolved
            or any(name == self.fmap.name for name, _ in self.link.known)
        )
        base = self.link.agreed
        if not (settled or any(end.changed for end in self.pair)) and base.get(self.fmap.name) == value:
            return None
        known = any(end.changed for end in self.pair) and any(end.known for end in self.pair)
        unsure = known and self.fmap.direction is Direction.TWO_WAY and not is_blank(value)
        if self.fmap.rule is Survivorship.MOST_RESTRICTIVE:
            unsure = False  # a wish to be left alone is never overwritten
        return FieldOutcome({self.fmap.name: value}, self._all_seen(), settled=settled, unsure=unsure)

    def _all_seen(self) -> dict[int, Values]:
        return {end.row.id: {end.native: end.held} for end in self.pair}

    # -- choosing -------------------------------------------------------------------------------------------
    def _pick(self) -> Pick:
        resolved = self.link.resolved.get(self.fmap.name)
        if resolved:
            return Pick(self.values[resolved], "", "resolved")
        source = self._source()
        if source:
            return self._pick_one_way(source)
        if self.fmap.rule is Survivorship.MOST_RESTRICTIVE:
            return self._pick_restriction()
        blank = [side for side in SIDES if is_blank(self.values[side])]
        if len(blank) == 1:
            return self._pick_blank(blank[0])
        if self._equal():
            return Pick(self.values[self.fmap.owner], "", "restored")
        hub, sales = self.pair
        if self.fmap.rule is Survivorship.UNION:
            return self._pick_union()
        if not (hub.known and sales.known):
            return self._pick_first_link()
        if hub.changed != sales.changed:
            side: Side = "hubspot" if hub.changed else "salesforce"
            return Pick(self.values[side], "", "changed")
        return self._pick_by_rule()

    def _pick_one_way(self, source: Side) -> Pick:
        target = self.ends[other(source)]
        value, theirs = self.values[source], self.values[target.side]
        if self.fmap.rule is Survivorship.MOST_RESTRICTIVE:
            return Pick(bool(value) or bool(theirs), "", self.fmap.rule.value)
        if is_blank(theirs):
            return Pick(value, "", "fill" if not target.known else "changed")
        if self.fmap.rule is Survivorship.FIRST:
            return Pick(theirs, "", self.fmap.rule.value)
        if is_blank(value):
            if self.ends[source].cleared and target.known and self.fmap.blank is Blank.CLEAR:
                return Pick(None, source if target.changed else "", "cleared")
            return Pick(theirs, "", "blank")
        if not (target.known and self.ends[source].known):
            return self._pick_first_link()
        # What stands there and was never agreed, such as a value that met a blank, is kept as the loser too.
        agreed = self.link.agreed.get(self.fmap.name)
        lost = self.still or target.changed or not self._holds(target.side, agreed)
        return Pick(value, source if lost else "", "one_way" if lost else "changed")

    def _pick_restriction(self) -> Pick:
        """A wish to be left alone stands whichever side holds it; whoever took it back on one side is told."""
        taken_back = any(end.known and end.changed and not self.values[end.side] for end in self.pair)
        held = any(bool(value) for value in self.values.values())
        return Pick(held, "both" if taken_back else "", self.fmap.rule.value)

    def _pick_blank(self, blank: Side) -> Pick:
        full = other(blank)
        if self.ends[blank].cleared and not self.ends[full].changed:
            if self.fmap.blank is Blank.CLEAR:
                return Pick(None, "", "cleared")
            return Pick(self.values[full], leave=True)
        base = self.link.agreed.get(self.fmap.name)
        if not (is_blank(base) or self.ends[blank].changed or self.ends[full].changed) and self._holds(
            full, base
        ):
            return Pick(base, leave=True)  # a clearing that was kept on its side before
        return Pick(self.values[full], "", "fill")

    def _pick_union(self) -> Pick:
        """Part by part; whoever had other parts than come of it is told."""
        hub, sales = (str(self.values[side]) for side in SIDES)
        both = united(hub, sales, self._seen_parts("hubspot"), self._seen_parts("salesforce"))
        if not both and self.fmap.blank is Blank.KEEP:
            both = united(hub, sales)
        one = self.pair[0].changed != self.pair[1].changed
        edited = hub if self.pair[0].changed else sales
        if one and parts(edited) == parts(both):
            return Pick(edited, "", "changed")
        return Pick(both or None, "both", self.fmap.rule.value)

    def _seen_parts(self, side: Side) -> str:
        """What a side held at the last decision; nothing where that is unknown or was no value."""
        end = self.ends[side]
        try:
            seen = read(self.fmap, side, end.row.object, end.seen, self.directory) if end.known else None
        except BadValue:
            return ""
        return str(seen or "")

    def _pick_first_link(self) -> Pick:
        if self.fmap.first_link is FirstLink.FILL:
            return Pick(open=True, rule="first_link")
        return Pick(self.values[self.fmap.owner], self.fmap.owner, "first_link")

    def _pick_by_rule(self) -> Pick:
        rule = self.fmap.rule
        match rule:
            case Survivorship.MANUAL:
                return Pick(open=True, rule=rule.value)
            case Survivorship.HUBSPOT | Survivorship.SALESFORCE:
                side: Side = "hubspot" if rule is Survivorship.HUBSPOT else "salesforce"
                return Pick(self.values[side], side, rule.value)
            case Survivorship.MAX | Survivorship.MIN:
                order = sorted((_number(self.values[side]), side) for side in SIDES)
                winner = order[-1 if rule is Survivorship.MAX else 0][1]
                return Pick(self.values[winner], winner, rule.value)
            case Survivorship.FIRST:
                base = self.link.agreed.get(self.fmap.name)
                kept = self.values[self.fmap.owner] if is_blank(base) else base
                return Pick(kept, self.fmap.owner, rule.value)
            case _:
                # `newest` needs a certain time for the field on both sides; without one the owner wins.
                return Pick(self.values[self.fmap.owner], self.fmap.owner, "owner")

    # -- carrying out ---------------------------------------------------------------------------------------
    def _carry_out(self, pick: Pick, mark: str) -> FieldOutcome | None:
        name = self.fmap.name
        conflict = None
        if pick.open or pick.winner:
            cause = DRIFT if self.still else _cause(pick, contested=self.pair[0].contested)
            conflict = Conflict(
                self.link.id, name, dict(self.values), pick.winner, pick.rule, mark, cause=cause
            )
        if pick.open or pick.leave:
            # A clearing that stays on its side: the other side's value is what was agreed last.
            base = {name: pick.value} if pick.leave else {}
            seen = {} if pick.open and self.pair[0].contested else self._all_seen()
            return FieldOutcome(base, seen=seen, conflict=conflict)
        outcome = FieldOutcome(conflict=conflict, settled=pick.rule == "resolved")
        writers = [
            end for end in self.pair if not self._means(end, end.held, pick.value) and self._may_write(end)
        ]
        for end in writers:
            source = self.ends[other(end.side)]
            value = source.current if source in writers else source.held
            try:
                after = write(self.fmap, end.side, end.row.object, pick.value, end.info, self.directory)
            except BadValue as bad:
                return self._park(end, value, bad)
            refused = self.link.parked.get(name)
            if refused and refused == refused_mark(self.fmap, end.side, value, after, self.version):
                return None  # the same value was refused before: it waits for a new value or definition
            outcome.changes.append(
                (
                    end.side,
                    Change(
                        name,
                        end.native,
                        end.held,
                        after,
                        pick.rule,
                        agreed=pick.value,
                        source_row=source.row.id if source not in writers else 0,
                        source_native=source.native,
                        source_value=value,
                    ),
                )
            )
        if not writers:
            # The direction or the blank rule leaves the difference alone: it is seen, there is no base.
            outcome.seen = self._all_seen()
            if self.pair[0].contested and all(self._means(e, e.held, pick.value) for e in self.pair):
                outcome.agreed = {name: pick.value}
        return outcome

    def _may_write(self, end: End) -> bool:
        return self.fmap.writes_to(end.side) and end.info.updateable and not end.info.calculated

    def _park(self, end: End, value: Value, bad: BadValue) -> FieldOutcome | None:
        mark = field_mark(self.fmap.name, end.side, value, self.version, bad.waits_on)
        if self.link.parked.get(self.fmap.name) == mark:
            return None
        return FieldOutcome(
            parked=Parked(
                self.link.id,
                end.side,
                end.row.object,
                end.row.native_id,
                self.fmap.name,
                bad.code,
                bad.cause,
                bad.fix,
                mark,
                value,
            )
        )


def _cause(pick: Pick, *, contested: bool) -> str:
    """Why the two differ, in words for the review list."""
    if pick.rule == "first_link":
        return "they differed when the two records were first linked"
    if pick.rule == "one_way":
        return f"changed on the side that only receives; {pick.winner} decides this field"
    if contested:
        return COVERED + (f"; {pick.winner} wins by the rule `{pick.rule}`" if pick.winner else "")
    return "both sides changed it" + (
        f"; {pick.winner} wins by the rule `{pick.rule}`" if pick.winner else ""
    )


def _number(value: Value) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return 0.0
