"""`crmsync simulate --live`: the people of the served CRMs go on living as the simulated time passes."""

from __future__ import annotations

import time

from cli_desk import crms


def test_a_served_world_lives_as_fast_as_its_clock() -> None:
    with crms("--people", "20", "--speed", "200000", "--live") as simulated:
        started = simulated.mark()
        until = time.monotonic() + 20
        while simulated.mark() < started + 20 and time.monotonic() < until:
            time.sleep(0.05)
        lived = simulated.admin("live")
    assert sum(lived["acts"].values()) > 5
    assert lived["refused"] == {}


def test_a_world_stands_still_unless_told_to_live() -> None:
    with crms("--people", "20", "--speed", "200000") as simulated:
        started = simulated.mark()
        time.sleep(0.3)
        assert simulated.mark() == started
