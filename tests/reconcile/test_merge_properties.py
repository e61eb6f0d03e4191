"""The merge under any history: it comes to rest, it loses nothing unsaid, and what is interrupted is taken up again.

A small world stands for the store and both CRMs: it writes the changes, advances `seen` and the base when a write is
done, and keeps the conflicts that are shown, exactly as the protocols say.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.types import Blank, Direction, FieldMap, FirstLink, Place, Survivorship
from crmsync.model.links import Conflict, Link, Role, SideRow
from crmsync.model.records import FieldType, NativeField, ObjectInfo
from crmsync.model.values import SIDES, Side, Value, Values, is_blank, other
from crmsync.reconcile.merge import FieldOutcome, merge_field

NAMES: dict[Side, str] = {"hubspot": "jobtitle", "salesforce": "Title"}
OBJECTS: dict[Side, str] = {"hubspot": "contacts", "salesforce": "Lead"}


def infos(fmap: FieldMap) -> dict[tuple[Side, str], ObjectInfo]:
    kind = FieldType.BOOLEAN if fmap.transform == "boolean" else FieldType.TEXT
    return {
        (side, obj): ObjectInfo(
            side, obj, {NAMES[side]: NativeField(NAMES[side], kind, as_text=side == "hubspot")}
        )
        for side, obj in OBJECTS.items()
    }


@dataclass
class World:
    """One person's field in two CRMs and in the store. `seen` lacks a side that was never decided."""

    fmap: FieldMap
    now: dict[Side, Value]
    seen: dict[Side, Value]
    agreed: Values = field(default_factory=dict)
    shown: Conflict | None = None
    cause: str = ""

    def link(self) -> Link:
        rows = tuple(
            SideRow(
                number,
                1,
                side,
                OBJECTS[side],
                f"id{number}",
                Role.PRIMARY,
                seen={NAMES[side]: self.seen[side]} if side in self.seen else {},
                observed={NAMES[side]: self.now[side]},
            )
            for number, side in enumerate(SIDES, 1)
        )
        known = frozenset({(self.shown.field, self.shown.digest)}) if self.shown else frozenset()
        return Link(1, "", rows, agreed=self.agreed, known=known, cause=self.cause)

    def decide(self) -> FieldOutcome | None:
        return merge_field(self.fmap, self.link(), infos(self.fmap), Directory(), "v1")

    def settle(self, outcome: FieldOutcome) -> None:
        """What holds at once, before anything is written."""
        self.agreed |= outcome.agreed
        for row_id, values in outcome.seen.items():
            side = SIDES[row_id - 1]
            self.seen[side] = values[NAMES[side]]
        if outcome.settled and self.shown is not None and not self.shown.winner:
            self.shown = None
        self.shown = outcome.conflict or self.shown

    def write(self, outcome: FieldOutcome) -> None:
        """Every change is written, and its base follows."""
        for side, change in outcome.changes:
            assert change.before == self.now[side], "a change says what it replaces"
            self.now[side] = self.seen[side] = change.after
            self.agreed[change.name] = change.agreed
            if change.source_row:
                self.seen[SIDES[change.source_row - 1]] = change.source_value
            if self.shown is not None and not self.shown.winner:
                self.shown = None

    def cycle(self) -> FieldOutcome | None:
        outcome = self.decide()
        if outcome is not None:
            self.settle(outcome)
            self.write(outcome)
        return outcome


TEXTS = st.sampled_from([None, "", "A", "B", "C", "a;b", "b;c", "5", "30"])
FLAGS = {"hubspot": st.sampled_from([None, "", "true", "false"]), "salesforce": st.booleans()}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    flag = draw(st.booleans())
    direction = draw(st.sampled_from(Direction))
    fmap = FieldMap(
        "title",
        {side: {OBJECTS[side]: NAMES[side]} for side in SIDES},
        "boolean" if flag else "text",
        Place("config/mapping.yaml", 10, 3),
        direction=direction,
        rule=draw(st.sampled_from(_rules(flag, direction))),
        owner=draw(st.sampled_from(SIDES)),
        blank=draw(st.sampled_from(Blank)),
        first_link=draw(st.sampled_from(FirstLink)),
    )
    values: Any = FLAGS if flag else dict.fromkeys(SIDES, TEXTS)
    now: dict[Side, Value] = {side: draw(values[side]) for side in SIDES}
    seen: dict[Side, Value] = {side: draw(values[side]) for side in SIDES if draw(st.integers(0, 3))}
    agreed = {"title": draw(values["salesforce"])} if len(seen) == 2 and draw(st.booleans()) else {}
    return World(fmap, now, seen, agreed)


def _rules(flag: bool, direction: Direction) -> list[Survivorship]:
    """The rules that mean something for the field; to unite values it must travel both ways."""
    if flag:
        return [r for r in Survivorship if r.value in ("most_restrictive", "hubspot", "salesforce", "newest")]
    one_way = {Survivorship.UNION} if direction is not Direction.TWO_WAY else set()
    return [r for r in Survivorship if r is not Survivorship.MOST_RESTRICTIVE and r not in one_way]


def live(world: World, data: st.DataObject) -> None:
    """From a first link on: people edit one side or both, a cycle follows each time."""
    world.seen, world.agreed = {}, {}
    world.cycle()
    values: Any = FLAGS if world.fmap.transform == "boolean" else dict.fromkeys(SIDES, TEXTS)
    one = st.sampled_from(SIDES).flatmap(lambda side: st.tuples(st.just(side), values[side]))
    for edits in data.draw(st.lists(st.lists(one, min_size=1, max_size=2), max_size=4)):
        world.now |= dict(edits)
        world.cycle()


bounded = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@bounded
@given(worlds())
def test_after_one_cycle_nothing_is_left_to_write(world: World) -> None:
    world.cycle()
    again = world.cycle()
    assert again is None or not again.changes
    assert world.decide() is None  # and nothing is left to say either


@bounded
@given(worlds(), st.data())
def test_a_new_definition_writes_nothing_where_the_field_is_decided(
    world: World, data: st.DataObject
) -> None:
    """Every person is decided anew when the definition changes; the same policy must come to the same values."""
    live(world, data)
    world.cause = "definition"
    outcome = world.decide()
    # What was cleared while it was open for review has no such base, so it is a blank as any other and is filled.
    base = world.agreed.get("title")
    filled = outcome and all(is_blank(c.before) and c.agreed != base for _, c in outcome.changes)
    assert filled or not written(outcome)


@bounded
@given(worlds())
def test_nothing_is_lost_unsaid(world: World) -> None:
    """A value that is overwritten was seen before the other side changed, or stands in the conflict."""
    before, seen = dict(world.now), dict(world.seen)
    outcome = world.decide()
    if outcome is None:
        return
    for side, change in outcome.changes:
        lost = before[side]
        if is_blank(lost) or lost is False:  # an unticked checkbox is how Salesforce stores "not said"
            continue
        if world.fmap.rule is Survivorship.MOST_RESTRICTIVE:
            assert change.after in (True, "true"), "a wish to be left alone is never taken back"
            continue
        unchanged = side in seen and seen[side] == lost
        kept = outcome.conflict is not None and str(outcome.conflict.values[side]) in (str(lost), _flag(lost))
        assert unchanged or kept, (side, change)


def _flag(value: Value) -> str:
    return {"true": "True", "false": "False"}.get(str(value), str(value))


@bounded
@given(worlds())
def test_a_blank_beats_a_value_only_as_a_real_clearing_that_the_policy_lets_through(world: World) -> None:
    before, seen = dict(world.now), dict(world.seen)
    outcome = world.decide()
    for side, change in outcome.changes if outcome else []:
        if is_blank(change.after) and not is_blank(before[side]):
            assert world.fmap.blank is Blank.CLEAR
            assert is_blank(before[other(side)])
            assert not is_blank(seen.get(other(side)))


@bounded
@given(worlds())
def test_a_side_is_written_only_along_the_direction(world: World) -> None:
    outcome = world.decide()
    assert all(world.fmap.writes_to(side) for side, _ in (outcome.changes if outcome else []))


@bounded
@given(worlds())
def test_an_interrupted_write_is_decided_again_and_comes_to_the_same(world: World) -> None:
    """The settlement is kept when the write goes out; when the write then comes to nothing, it must be tried again."""
    straight = replace(world, now=dict(world.now), seen=dict(world.seen), agreed=dict(world.agreed))
    straight.cycle()
    first = world.decide()
    if first is not None:
        world.settle(first)
    world.cycle()
    assert world.now == straight.now


@bounded
@given(worlds(), st.data())
def test_a_two_way_field_agrees_or_says_why_not(world: World, data: st.DataObject) -> None:
    """Through any edits: at rest both sides are equal, or a difference is open for review, or a clearing is kept."""
    world.fmap = replace(world.fmap, direction=Direction.TWO_WAY)
    live(world, data)
    hub, sales = (world.now[side] for side in SIDES)
    equal = _flag(hub) == _flag(sales) or (is_blank(hub) and (is_blank(sales) or sales is False))
    is_open = world.shown is not None and not world.shown.winner
    cleared = world.fmap.blank is Blank.KEEP and (is_blank(hub) or is_blank(sales))
    assert equal or is_open or cleared, world


# -- what the properties found, by example ------------------------------------------------------------------------
def text(hub: tuple[Value, Value], sales: tuple[Value, Value], **policy: Any) -> World:
    """A text field; `hub` and `sales` are (what was seen, what it holds now)."""
    native = {side: {OBJECTS[side]: NAMES[side]} for side in SIDES}
    fmap = FieldMap("title", native, "text", Place("config/mapping.yaml", 10, 3), **policy)
    return World(
        fmap, {"hubspot": hub[1], "salesforce": sales[1]}, {"hubspot": hub[0], "salesforce": sales[0]}
    )


def written(outcome: FieldOutcome | None) -> dict[Side, Value]:
    return {side: change.after for side, change in outcome.changes} if outcome else {}


def test_a_conflict_whose_write_came_to_nothing_is_carried_out_the_next_time() -> None:
    world = text(("CEO", "CTO"), ("CEO", "CFO"), rule=Survivorship.HUBSPOT)
    first = world.decide()
    assert first is not None
    world.settle(first)
    assert written(world.decide()) == {"salesforce": "CTO"}


def test_a_value_that_lost_once_travels_when_somebody_sets_it_again() -> None:
    world = text(("CEO", "CTO"), ("CEO", "CFO"), rule=Survivorship.HUBSPOT)
    world.cycle()
    world.now["salesforce"] = "CFO"
    assert written(world.decide()) == {"hubspot": "CFO"}


def test_a_difference_open_for_review_stays_as_it_is_under_a_new_definition() -> None:
    world = text(("CEO", "CTO"), ("CEO", "CFO"), rule=Survivorship.MANUAL)
    world.cycle()
    world.cause = "definition"
    world.fmap = replace(world.fmap, rule=Survivorship.HUBSPOT)
    assert world.decide() is None


def test_a_flow_that_sets_a_one_way_target_back_on_save_is_not_fought() -> None:
    world = text(("CEO", "CEO"), ("CEO", "Boss"), direction=Direction.TO_SALESFORCE)
    assert written(world.cycle()) == {"salesforce": "CEO"}
    world.now["salesforce"] = "Boss"
    hub, sales = world.link().rows
    unconfirmed = replace(world.link(), rows=(hub, replace(sales, written={"Title": "CEO"})))
    assert merge_field(world.fmap, unconfirmed, infos(world.fmap), Directory(), "v1") is None
    assert written(world.decide()) == {"salesforce": "CEO"}  # a person who does it later is set back again


def test_a_one_way_clearing_keeps_the_value_that_somebody_typed_meanwhile() -> None:
    world = text(("CEO", None), ("CEO", "Boss"), direction=Direction.TO_SALESFORCE, blank=Blank.CLEAR)
    outcome = world.decide()
    assert written(outcome) == {"salesforce": None}
    assert outcome is not None
    assert outcome.conflict is not None
    assert outcome.conflict.values["salesforce"] == "Boss"


def test_a_clearing_does_not_reach_a_record_that_was_never_decided_on() -> None:
    world = text(("CEO", None), ("CEO", "CEO"), direction=Direction.TO_SALESFORCE, blank=Blank.CLEAR)
    del world.seen["salesforce"]
    assert written(world.decide()) == {}


def test_a_clearing_that_was_kept_is_not_filled_again_under_a_new_definition() -> None:
    world = text(("CEO", None), ("CEO", "CEO"))
    world.agreed = {"title": "CEO"}
    world.cycle()
    world.cause = "definition"
    assert written(world.decide()) == {}
    world.now["salesforce"] = "CTO"
    assert written(world.decide()) == {"hubspot": "CTO"}  # a newer value is news


@pytest.mark.parametrize(
    ("hub", "sales", "expected"),
    [
        (("true", "true"), (True, False), {"salesforce": True}),  # unticked in Salesforce: set again
        (("true", "false"), (True, True), {"hubspot": "true"}),
        (("true", None), (True, True), {"hubspot": "true"}),  # nor is it cleared away
        (("false", "true"), (False, False), {"salesforce": True}),
        ((None, None), (False, True), {"hubspot": "true"}),
    ],
)
def test_a_two_way_opt_out_on_either_side_is_one_on_both(hub: Any, sales: Any, expected: Any) -> None:
    world = text(hub, sales, rule=Survivorship.MOST_RESTRICTIVE, blank=Blank.CLEAR)
    world.fmap = replace(world.fmap, transform="boolean")
    outcome = world.decide()
    assert written(outcome) == expected
    assert outcome is not None
    taken_back = bool(hub[0] == "true")
    assert (outcome.conflict is not None) is taken_back


@bounded
@given(worlds())
def test_drift_is_told_once_and_then_the_two_agree_or_it_is_explained(world: World) -> None:
    """Nobody edited, whatever the store believes was agreed: one word at most, and no value is lost unsaid."""
    world.seen, before = dict(world.now), dict(world.now)
    outcome = world.cycle()
    assert world.decide() is None
    if outcome is None:
        assert world.now == before
        return
    for side, change in outcome.changes:
        overwritten = not is_blank(change.before) and not is_blank(change.after)
        if overwritten and world.fmap.transform == "text":
            assert outcome.conflict is not None and before[side] == outcome.conflict.values[side]
