"""Small worlds: people, reps and offices live on while crmsync syncs; then the judge has nothing to say.

`make worlds` lives longer ones.
"""

from __future__ import annotations

from world_run import LATER, WorldRun

from crmsync.simulator.world import Habits

HABITS = Habits().without(*LATER)


def test_a_week_synced_every_hour_ends_in_agreement() -> None:
    outcome = WorldRun(1, people=40, days=7, habits=HABITS).whole()
    assert outcome.wrong == []
    assert outcome.cycles > 168
    assert outcome.writes > 50
    assert outcome.acts.total() > 120


def test_a_fortnight_of_more_people_synced_now_and_then_ends_in_agreement() -> None:
    outcome = WorldRun(2, people=120, days=14, habits=HABITS, every=12).whole()
    assert outcome.wrong == []
    assert outcome.writes > 150
    assert outcome.acts.total() > 800


def test_people_who_keep_changing_who_is_who_end_in_agreement() -> None:
    """The acts that do so, many times as often as people do them."""
    busy = Habits(
        second_address=0.4,
        merge_in_hubspot=0.4,
        change_job=0.3,
        delete_in_hubspot=0.1,
        restore_in_hubspot=0.2,
        delete_in_salesforce=0.1,
        undelete_in_salesforce=0.2,
        purge_in_salesforce=0.1,
        forget=0.1,
        touch=1.0,
    ).without(*LATER)
    outcome = WorldRun(3, people=40, days=3, habits=busy, every=4).whole()
    assert outcome.wrong == []
    assert outcome.acts["merge_in_hubspot"] > 3
    assert outcome.acts["change_job"] > 3
    assert outcome.acts["forget"] > 1


def test_two_teams_that_both_edit_import_and_clear_all_day_end_in_agreement() -> None:
    """Many values change on both sides between two cycles."""
    busy = Habits(
        edit_in_hubspot=0.5,
        edit_on_both_sides=0.5,
        clear_in_hubspot=0.2,
        clear_in_salesforce=0.2,
        opt_out=0.1,
        opt_in_again=0.1,
        opt_out_by_phone=0.1,
        import_by_marketing=5,
        import_by_sales=5,
        mass_edit_in_hubspot=5,
        mass_edit_in_salesforce=5,
    ).without(*LATER)
    outcome = WorldRun(4, people=40, days=3, habits=busy, every=4).whole()
    assert outcome.wrong == []
    assert outcome.conflicts > 5
