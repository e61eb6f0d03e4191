"""Which work goes on as the day's calls run short."""

from __future__ import annotations

import pytest

from crmsync.model.links import Lane
from crmsync.reconcile.budget import Shares, coolest, own_lane, shared_lane

SHARES = Shares(reserve=5.0, leave=10.0)


@pytest.mark.parametrize(
    ("used", "lane"),
    [
        (0, Lane.BACKFILL),
        (849, Lane.BACKFILL),
        (850, Lane.CHANGES),
        (899, Lane.CHANGES),
        (900, Lane.HANDOFF),
        (949, Lane.HANDOFF),
        (950, Lane.CONSENT),
        (999, Lane.CONSENT),
        (1000, None),
        (1200, None),
    ],
)
def test_each_lane_leaves_a_reserve_to_those_above_it(used: int, lane: Lane | None) -> None:
    assert own_lane(used, 1000, SHARES) is lane


@pytest.mark.parametrize(
    ("left", "lane"),
    [
        (1000, Lane.BACKFILL),
        (201, Lane.BACKFILL),
        (200, Lane.CHANGES),
        (150, Lane.HANDOFF),
        (100, Lane.CONSENT),
        (1, Lane.CONSENT),
        (0, None),
    ],
)
def test_the_account_s_quota_is_left_to_others_below_their_share(left: int, lane: Lane | None) -> None:
    assert shared_lane(left, 1000, SHARES) is lane


def test_what_both_let_through_is_let_through() -> None:
    assert coolest(Lane.BACKFILL, Lane.HANDOFF) is Lane.HANDOFF
    assert coolest(Lane.CONSENT, None) is None
    assert coolest() is Lane.BACKFILL


def test_without_a_reserve_the_last_call_may_be_anybody_s() -> None:
    assert own_lane(999, 1000, Shares(reserve=0.0)) is Lane.BACKFILL
