"""When a write is one too many: what counts as a return, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crmsync.model.links import Written
from crmsync.model.values import Side
from crmsync.reconcile.pingpong import returns

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIDES: dict[str, Side] = {"h": "hubspot", "s": "salesforce"}


def writes(told: str, apart: timedelta) -> list[Written]:
    """`sA hB` -> a write of A to Salesforce, then one of B to HubSpot; the last one is `apart` ago."""
    made = told.split()
    return [Written(SIDES[w[0]], w[1:], NOW - apart * (len(made) - n)) for n, w in enumerate(made)]


@pytest.mark.parametrize(
    ("before", "proposed", "apart_h", "parked"),
    [
        ("sA hB sA hB sA", "hB over A", 0.1, True),  # both sides rewrite it
        ("sA hB sA hB sA", "hB over A", 24, True),
        ("sA hB sA hB sA", "hB over A", 24 * 5, False),  # not within 14 days
        ("sA hB sA hB", "sA over B", 0.1, False),  # three returns
        ("sA sA sA sA", "sA over B", 24, True),  # one side rewrites what only goes there
        ("sA sA sA", "sA over B", 24, False),
        ("sA hB sA hB sA sC", "hB over C", 24, False),  # something new came in between
        (
            "sA sB sA sB sA sB sA",
            "sB over A",
            24,
            False,
        ),  # nobody undid us: somebody keeps changing the source
        ("sA sB sA sB sA sB sA", "sB over A", 0.1, False),
        ("sA sB sC sA sB sC", "sA over B", 0.1, True),  # three values going round, each lost
        ("sA sB sC sA sB sC", "sA over B", 24, False),
        ("", "sA over B", 0.1, False),
    ],
)
def test_the_fourth_return_is_not_written(before: str, proposed: str, apart_h: float, parked: bool) -> None:
    what, _, held = proposed.partition(" over ")
    history = writes(before, timedelta(hours=apart_h))
    assert bool(returns(history, SIDES[what[0]], what[1:], held, NOW)) is parked
