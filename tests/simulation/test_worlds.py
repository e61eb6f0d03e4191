"""Small worlds: people, reps and offices live on while crmsync syncs every hour; then the judge has nothing to say."""

from __future__ import annotations

import pytest
from world_run import LATER, WorldRun

from crmsync.simulator.world import Habits

HABITS = Habits().without(*LATER)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_of_a_small_world_ends_in_agreement(seed: int) -> None:
    outcome = WorldRun(seed, people=60, days=7, habits=HABITS).whole()
    assert outcome.wrong == []
    assert outcome.cycles > 168
    assert outcome.writes > 50
    assert outcome.acts.total() > 150


def test_people_who_do_nothing_but_merge_convert_and_change_jobs_end_in_agreement() -> None:
    """The acts that change who is who, ten times as often as people do them."""
    busy = Habits(
        second_address=0.4,
        merge_in_hubspot=0.4,
        change_job=0.3,
        delete_in_hubspot=0.1,
        restore_in_hubspot=0.2,
        delete_in_salesforce=0.1,
        undelete_in_salesforce=0.2,
        touch=1.0,
    ).without(*LATER)
    outcome = WorldRun(3, people=40, days=3, habits=busy).whole()
    assert outcome.wrong == []
    assert outcome.acts["merge_in_hubspot"] > 3
    assert outcome.acts["change_job"] > 3
