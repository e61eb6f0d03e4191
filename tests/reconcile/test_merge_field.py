"""The merge of one field, case by case: what each side held, what it holds, and what is done about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.types import Blank, Direction, FieldMap, FirstLink, Place, Survivorship
from crmsync.model.links import Link, Role, SideRow
from crmsync.model.records import FieldType, NativeField, ObjectInfo
from crmsync.reconcile.digest import digest
from crmsync.reconcile.ends import field_mark
from crmsync.reconcile.merge import FieldOutcome, merge_field

WHEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
NEVER = object()
"""The side was never decided on: this is a first link."""


def fmap(**changes: Any) -> FieldMap:
    base = FieldMap(
        "title",
        {"hubspot": {"contacts": "jobtitle"}, "salesforce": {"Lead": "Title"}},
        "text",
        Place("config/mapping.yaml", 10, 3),
    )
    return replace(base, **changes)


def infos(kind: FieldType = FieldType.TEXT, **hub: Any) -> dict[Any, ObjectInfo]:
    jobtitle = NativeField("jobtitle", kind, as_text=True, **hub)
    return {
        ("hubspot", "contacts"): ObjectInfo("hubspot", "contacts", {"jobtitle": jobtitle}),
        ("salesforce", "Lead"): ObjectInfo("salesforce", "Lead", {"Title": NativeField("Title", kind, 20)}),
    }


def link(hub: tuple[Any, Any], sales: tuple[Any, Any], **changes: Any) -> Link:
    """`hub` and `sales` are (what was seen at the last decision, what it holds now)."""
    rows = []
    for number, (side, obj, native, (seen, now)) in enumerate(
        [("hubspot", "contacts", "jobtitle", hub), ("salesforce", "Lead", "Title", sales)], 1
    ):
        known = {} if seen is NEVER else {native: seen}
        rows.append(
            SideRow(
                number, 1, side, obj, f"id{number}", Role.PRIMARY, WHEN, seen=known, observed={native: now}
            )  # type: ignore[arg-type]
        )
    return replace(Link(1, "", tuple(rows)), **changes)


def merge(one: Link, field: FieldMap | None = None, described: Any = None) -> FieldOutcome | None:
    return merge_field(field or fmap(), one, described or infos(), Directory(), "v1")


def written(outcome: FieldOutcome | None) -> dict[str, Any]:
    assert outcome is not None
    return {side: change.after for side, change in outcome.changes}


TWO_WAY = [
    # seen and current on HubSpot, seen and current on Salesforce, what is written where
    pytest.param(("CEO", "CEO"), ("CEO", "CEO"), None, id="nothing changed: nothing said"),
    pytest.param(("CEO", "CTO"), ("CEO", "CTO"), {}, id="both changed to the same: agreed without a write"),
    pytest.param(("CEO", "CTO"), ("CEO", "CEO"), {"salesforce": "CTO"}, id="HubSpot changed"),
    pytest.param(("CEO", "CEO"), ("CEO", "CTO"), {"hubspot": "CTO"}, id="Salesforce changed"),
    pytest.param((NEVER, "CEO"), (NEVER, None), {"salesforce": "CEO"}, id="first link fills a blank"),
    pytest.param((NEVER, ""), (NEVER, "CEO"), {"hubspot": "CEO"}, id="first link fills the other blank"),
    pytest.param((NEVER, "CEO"), (NEVER, "CTO"), {}, id="first link overwrites nothing"),
    pytest.param(("CEO", None), ("CEO", "CEO"), {}, id="a clearing stays on its side by default"),
    pytest.param(("CEO", None), ("CEO", "CTO"), {"hubspot": "CTO"}, id="a newer value beats a clearing"),
]


@pytest.mark.parametrize(("hub", "sales", "expected"), TWO_WAY)
def test_two_way(hub: Any, sales: Any, expected: Any) -> None:
    outcome = merge(link(hub, sales))
    assert (outcome if expected is None else written(outcome)) == expected


def test_first_link_keeps_the_difference_as_an_open_conflict() -> None:
    outcome = merge(link((NEVER, "CEO"), (NEVER, "CTO")))
    assert outcome is not None and outcome.conflict is not None
    assert outcome.conflict.winner == ""
    assert outcome.conflict.values == {"hubspot": "CEO", "salesforce": "CTO"}


def test_first_link_owner_wins_and_the_loser_is_kept() -> None:
    outcome = merge(
        link((NEVER, "CEO"), (NEVER, "CTO")), fmap(first_link=FirstLink.OWNER, owner="salesforce")
    )
    assert written(outcome) == {"hubspot": "CTO"}
    assert outcome is not None and outcome.conflict is not None
    assert outcome.conflict.values["hubspot"] == "CEO"


def test_a_clearing_travels_where_the_policy_lets_it() -> None:
    assert written(merge(link(("CEO", None), ("CEO", "CEO")), fmap(blank=Blank.CLEAR))) == {
        "salesforce": None
    }


DRIFT = [
    # seen and held on HubSpot, on Salesforce; the field; what is written where (None: nothing to say); who wins
    pytest.param("CEO", "CTO", {}, {"salesforce": "CEO"}, "hubspot", id="the owner's value, the other kept"),
    pytest.param(
        "CEO", "CTO", {"owner": "salesforce"}, {"hubspot": "CTO"}, "salesforce", id="the other owner"
    ),
    pytest.param("CEO", "CTO", {"rule": Survivorship.MANUAL}, {}, "", id="a person is asked"),
    pytest.param("CEO", None, {}, {"salesforce": "CEO"}, None, id="a blank is filled, nothing to keep"),
    pytest.param(
        "CEO", "CTO", {"direction": Direction.TO_SALESFORCE}, {"salesforce": "CEO"}, "hubspot", id="one way"
    ),
    pytest.param(None, "CTO", {"direction": Direction.TO_SALESFORCE}, None, None, id="one way, empty source"),
]


@pytest.mark.parametrize(("hub", "sales", "changes", "expected", "winner"), DRIFT)
def test_drift(hub: Any, sales: Any, changes: Any, expected: Any, winner: Any) -> None:
    """Neither side changed since the last decision, yet they differ."""
    field = fmap(**changes)
    outcome = merge(link((hub, hub), (sales, sales), agreed={"title": "VP"}), field)
    assert (outcome if expected is None else written(outcome)) == expected
    reported = outcome.conflict if outcome is not None else None
    assert (reported.winner if reported else None) == winner
    if reported is not None:
        assert reported.cause == "neither side changed it since they were last decided, yet they differ"
        assert reported.values == {"hubspot": hub, "salesforce": sales}


def test_a_kept_clearing_is_no_drift() -> None:
    assert merge(link((None, None), ("CEO", "CEO"), agreed={"title": "CEO"})) is None


def test_a_difference_open_for_review_is_no_drift() -> None:
    first = merge(link((NEVER, "CEO"), (NEVER, "CTO")))
    assert first is not None and first.conflict is not None
    known = frozenset({("title", first.conflict.digest)})
    assert merge(link(("CEO", "CEO"), ("CTO", "CTO"), known=known)) is None


RULES = [
    (Survivorship.HUBSPOT, "A", "B", {"salesforce": "A"}),
    (Survivorship.SALESFORCE, "A", "B", {"hubspot": "B"}),
    (Survivorship.NEWEST, "A", "B", {"salesforce": "A"}),  # no certain time: the owner
    (Survivorship.MAX, "7", "30", {"hubspot": "30"}),
    (Survivorship.MIN, "7", "30", {"salesforce": "7"}),
    (Survivorship.UNION, "a;b", "b;c", {"hubspot": "a;b;c", "salesforce": "a;b;c"}),
    (Survivorship.MANUAL, "A", "B", {}),
]


@pytest.mark.parametrize(("rule", "hub", "sales", "expected"), RULES)
def test_both_changed_the_rule_picks_and_the_loser_is_kept(
    rule: Survivorship, hub: str, sales: str, expected: dict[str, str]
) -> None:
    outcome = merge(link(("old", hub), ("old", sales)), fmap(rule=rule))
    assert written(outcome) == expected
    assert outcome is not None and outcome.conflict is not None
    assert outcome.conflict.values == {"hubspot": hub, "salesforce": sales}


PARTS = [
    # then and now on HubSpot, then and now on Salesforce; what is written where
    pytest.param(("a;b", "a"), ("a;b", "a;b;c"), {"hubspot": "a;c", "salesforce": "a;c"}, id="one takes, one adds"),
    pytest.param(("a;b", "a"), ("a;b", "a;b"), {"salesforce": "a"}, id="one side removes a part"),
    pytest.param(
        ("a;b", "a;b"), ("a", "a;c"), {"hubspot": "a;b;c", "salesforce": "a;b;c"}, id="what never got a part keeps it"
    ),
    pytest.param(("a", "b"), ("b", "b;a"), {"hubspot": "b;a"}, id="removed here, added there"),
    pytest.param(("a;b", "a"), ("a;b", "b"), {"hubspot": "a;b", "salesforce": "a;b"}, id="nothing left: kept"),
    pytest.param((NEVER, "a"), (NEVER, "b"), {"hubspot": "a;b", "salesforce": "a;b"}, id="first link"),
]  # fmt: skip


@pytest.mark.parametrize(("hub", "sales", "expected"), PARTS)
def test_union_merges_part_by_part(hub: Any, sales: Any, expected: Any) -> None:
    assert written(merge(link(hub, sales), fmap(rule=Survivorship.UNION))) == expected


def test_union_comes_to_nothing_only_where_a_clearing_travels() -> None:
    """Each side removed what the other one kept."""
    field = fmap(rule=Survivorship.UNION, blank=Blank.CLEAR)
    assert written(merge(link(("a;b", "a"), ("a;b", "b")), field)) == {"hubspot": None, "salesforce": None}


def test_a_one_way_target_edited_by_hand_is_set_back_and_the_edit_is_kept() -> None:
    outcome = merge(link(("CEO", "CEO"), ("CEO", "Boss")), fmap(direction=Direction.TO_SALESFORCE))
    assert written(outcome) == {"salesforce": "CEO"}
    assert outcome is not None and outcome.conflict is not None
    assert outcome.conflict.values["salesforce"] == "Boss"


@pytest.mark.parametrize(("agreed", "kept"), [({}, True), ({"title": "CTO"}, False)])
def test_a_one_way_target_that_was_never_agreed_is_kept_when_the_source_fills_up(
    agreed: dict[str, str], kept: bool
) -> None:
    one = link((None, "CEO"), ("CTO", "CTO"), agreed=agreed)
    outcome = merge(one, fmap(direction=Direction.TO_SALESFORCE))
    assert written(outcome) == {"salesforce": "CEO"}
    assert outcome is not None
    assert (outcome.conflict is not None) is kept


def test_a_one_way_source_is_never_written() -> None:
    field = fmap(direction=Direction.TO_SALESFORCE)
    assert written(merge(link((NEVER, None), (NEVER, "CEO")), field)) == {}


def test_first_is_written_once() -> None:
    field = fmap(direction=Direction.TO_SALESFORCE, rule=Survivorship.FIRST)
    assert written(merge(link((NEVER, "Web"), (NEVER, None)), field)) == {"salesforce": "Web"}
    assert written(merge(link(("Web", "Fair"), ("Web", "Web")), field)) == {}


OPT_OUT = [
    ("true", False, {"salesforce": True}),
    ("false", True, {}),  # an opt-out is never taken back
    (None, False, {}),
    ("true", True, {}),
]


@pytest.mark.parametrize(("hub", "sales", "expected"), OPT_OUT)
def test_an_opt_out_only_ever_restricts(hub: Any, sales: bool, expected: dict[str, bool]) -> None:
    field = fmap(direction=Direction.TO_SALESFORCE, rule=Survivorship.MOST_RESTRICTIVE, transform="boolean")
    one = link((NEVER, hub), (NEVER, sales))
    assert written(merge(one, field, infos(FieldType.BOOLEAN, updateable=False))) == expected


def test_a_field_that_cannot_be_written_there_is_left_alone() -> None:
    assert written(merge(link((NEVER, None), (NEVER, "CEO")), None, infos(updateable=False))) == {}


def test_text_longer_than_its_target_is_parked_with_file_and_line() -> None:
    outcome = merge(link(("CEO", "x" * 21), ("CEO", "CEO")))
    assert outcome is not None and outcome.parked is not None and not outcome.changes
    assert outcome.parked.code == "too_long"
    assert "config/mapping.yaml:10:3" in outcome.parked.cause


def test_a_parked_value_is_not_tried_again_until_it_changes() -> None:
    mark = field_mark("title", "salesforce", "x" * 21, "v1")
    waiting = link(("CEO", "x" * 21), ("CEO", "CEO"), parked={"title": mark})
    assert merge(waiting) is None
    changed = link(("CEO", "CFO"), ("CEO", "CEO"), parked={"title": mark})
    assert written(merge(changed)) == {"salesforce": "CFO"}


def test_a_person_s_choice_in_review_is_carried_out() -> None:
    chosen = link(("CEO", "CEO"), ("CTO", "CTO"), resolved={"title": "salesforce"})
    outcome = merge(chosen)
    assert written(outcome) == {"hubspot": "CTO"}
    assert outcome is not None and outcome.settled


def test_what_a_crm_rewrites_on_save_counts_as_equal() -> None:
    rewritten = link(("CEO", "CFO"), ("CEO", "C.F.O."), rewrites={("salesforce", "Title"): ("CFO", "C.F.O.")})
    assert written(merge(rewritten)) == {}


def test_a_change_carries_what_becomes_the_base_when_it_is_done() -> None:
    outcome = merge(link(("CEO", "CTO"), ("CEO", "CEO")))
    assert outcome is not None
    _, change = outcome.changes[0]
    assert (change.before, change.after, change.agreed) == ("CEO", "CTO", "CTO")
    assert (change.source_row, change.source_native, change.source_value) == (1, "jobtitle", "CTO")


def test_a_pair_that_was_decided_once_is_open_again_when_another_record_brings_it() -> None:
    decided = frozenset({("title", digest("title", "CEO", "CTO"))})
    outcome = merge(link(("CEO", "CEO"), (NEVER, "CTO"), known=decided))
    assert outcome is not None and outcome.conflict is not None
    assert (outcome.conflict.winner, outcome.changes) == ("", [])
