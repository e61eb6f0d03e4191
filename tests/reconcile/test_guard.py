"""The guard: how much may happen in one cycle and in 24 hours, at the edges of its limits."""

from __future__ import annotations

from typing import Any

import pytest

from crmsync.model.links import Group, Kind
from crmsync.model.values import Side
from crmsync.reconcile.guard import Stop, guard
from crmsync.reconcile.limits import Limit, Limits

LIMITS = Limits()


def group(kind: Kind, count: int, side: Side = "salesforce", obj: str = "Lead", **blanks: int) -> Group:
    return Group(side, obj, kind, count, blanks)


def stops(groups: list[Group], recent: list[Group] | None = None, linked: int = 100) -> list[Stop]:
    return guard(groups, recent or [], {"hubspot": linked, "salesforce": linked}, LIMITS)


MOST = [
    # linked people, creates, updates, deletes and blanks that still pass
    pytest.param(0, 20, 20, 5, 20, id="nobody linked: the floors"),
    pytest.param(100, 20, 30, 5, 20, id="a hundred: the floor or the percentage, whichever is larger"),
    pytest.param(1_000, 200, 300, 10, 50, id="a thousand: the percentages"),
    pytest.param(100_000, 5_000, 5_000, 100, 500, id="a hundred thousand: the caps"),
]


@pytest.mark.parametrize(("linked", "creates", "updates", "deletes", "blanks"), MOST)
def test_the_largest_count_that_passes_and_the_first_that_does_not(
    linked: int, creates: int, updates: int, deletes: int, blanks: int
) -> None:
    for kind, most in ((Kind.CREATE, creates), (Kind.UPDATE, updates), (Kind.ARCHIVE, deletes)):
        assert stops([group(kind, most)], linked=linked) == []
        [stop] = stops([group(kind, most + 1)], linked=linked)
        assert stop.reason == f"{most + 1} {kind}s of Lead in one cycle; the limit is {most}"
    assert stops([group(Kind.UPDATE, 1, Phone=blanks)], linked=linked) == []
    [stop] = stops([group(Kind.UPDATE, 1, Phone=blanks + 1)], linked=linked)
    assert stop.reason == f"{blanks + 1} Leads would lose their Phone; the limit is {blanks}"


LIMIT = [
    (Limit(5, 1, 100), 0, 5),
    (Limit(5, 1, 100), 599, 5),  # a part of a person is nobody
    (Limit(5, 1, 100), 600, 6),
    (Limit(5, 1, 100), 10_000, 100),
    (Limit(5, 1, 100), 10_001, 100),
    (Limit(50, 1, 10), 0, 10),  # the cap is above the floor
    (Limit(0, 0, 100), 100_000, 0),
]


@pytest.mark.parametrize(("limit", "linked", "most"), LIMIT)
def test_a_limit_is_a_floor_a_percentage_and_a_cap(limit: Limit, linked: int, most: int) -> None:
    assert limit.most(linked) == most


ROLLING = [
    # done in the last 24 hours, wanted now, stopped
    pytest.param(0, 30, False, id="nothing before"),
    pytest.param(1, 29, False, id="just fits"),
    pytest.param(1, 30, True, id="one too many"),
    pytest.param(30, 1, True, id="the day is used up"),
    pytest.param(40, 1, True, id="more than the limit was approved before: still no more"),
]


@pytest.mark.parametrize(("before", "now", "stopped"), ROLLING)
def test_the_last_24_hours_count(before: int, now: int, stopped: bool) -> None:
    recent = [group(Kind.UPDATE, before)] if before else []
    found = stops([group(Kind.UPDATE, now)], recent)
    assert bool(found) is stopped
    if found:
        assert (
            found[0].reason == f"{now} updates of Lead after {before} in the last 24 hours; the limit is 30"
        )


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"side": "hubspot"},
        {"obj": "Contact"},
        {"kind": Kind.CREATE},
    ],
)
def test_each_side_object_and_kind_is_counted_apart(elsewhere: dict[str, Any]) -> None:
    wanted: dict[str, Any] = {"kind": Kind.UPDATE, "count": 30}
    recent = [group(**(wanted | elsewhere))]
    assert stops([group(Kind.UPDATE, 30)], recent) == []


def test_blanks_of_a_field_add_up_over_24_hours() -> None:
    recent = [group(Kind.UPDATE, 1, Phone=15, Title=20)]
    assert stops([group(Kind.UPDATE, 1, Phone=5)], recent) == []
    [stop] = stops([group(Kind.UPDATE, 1, Phone=6)], recent)
    assert stop.reason == "21 Leads would lose their Phone; the limit is 20"


def test_one_group_over_its_limit_stops_alone() -> None:
    small, large = group(Kind.CREATE, 1), group(Kind.UPDATE, 31)
    assert [s.group for s in stops([small, large])] == [large]


def test_the_percentage_is_of_the_people_linked_on_that_side() -> None:
    both = [group(Kind.UPDATE, 300, "hubspot", "contacts"), group(Kind.UPDATE, 300)]
    [stop] = guard(both, [], {"hubspot": 100, "salesforce": 1_000}, LIMITS)
    assert stop.group.side == "hubspot"
    [stop] = guard(both, [], {"salesforce": 1_000}, LIMITS)  # a side without anybody linked has the floor
    assert stop.reason.endswith("the limit is 20")
