"""Each mechanism that keeps the two CRMs right is needed: without it the seeds turn red.

Here from the seed known to notice on, a few at most; `CRMSYNC_SOAK=1` looks for it from the first seed on, 200 at most. Where a quick run
fails after a change to people or trouble, `python tests/simulation/mutations.py` says which seeds notice now.
"""

from __future__ import annotations

import os
from typing import Final

import pytest
from mutations import MUTATIONS, first_red
from sim_run import simulate

SOAK: Final = bool(os.environ.get("CRMSYNC_SOAK"))
KNOWN: Final = {
    "upsert key": 3,
    "dirty row cleared before apply": 8,
    "base": 1,
    "conflict store": 0,
    "guard": 8,
}
SLOW: Final = frozenset({"cursor without its dirty rows", "precondition"})
"""Noticed too seldom for a quick run since change detection reads wider windows; a soak demands them like the others."""

WINDOW: Final = 6
"""Seeds from the known one on: a change elsewhere may move what a seed notices, not what its neighbours do."""


def test_every_mechanism_is_known_to_be_needed() -> None:
    assert {*KNOWN, *SLOW} == set(MUTATIONS)


@pytest.mark.parametrize("name", MUTATIONS if SOAK else KNOWN)
def test_without_it_the_seeds_turn_red(name: str) -> None:
    red = first_red(name) if SOAK else first_red(name, start=KNOWN[name], most=WINDOW)
    assert red is not None, f"{name} is switched off and nothing is wrong"


@pytest.mark.skipif(not SOAK, reason="runs with CRMSYNC_SOAK=1")
@pytest.mark.parametrize("seed", sorted(set(KNOWN.values())))
def test_with_all_of_them_the_same_seeds_are_green(seed: int) -> None:
    assert not simulate(seed).wrong
