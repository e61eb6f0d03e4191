"""Each mechanism that keeps the two CRMs right is needed: without it the seeds turn red.

Here from the seed known to notice on, a few at most; `CRMSYNC_SOAK=1` looks for it from the first seed on, 200 at most. Where a quick run
fails after a change to people or trouble, `python tests/simulation/mutations.py` says which seeds notice now.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Final

import pytest
from mutations import MUTATIONS, first_red, nets
from sim_run import simulate

SOAK: Final = bool(os.environ.get("CRMSYNC_SOAK"))
KNOWN: Final = {
    "upsert key": 3,
    "dirty row cleared before apply": 8,
    "cursor without its dirty rows": 3,
    "precondition": 16,
    "base": 1,
    "conflict store": 0,
    "guard": 8,
}
WINDOW: Final = 6
"""Seeds from the known one on: a change elsewhere may move what a seed notices, not what its neighbours do."""


def test_every_mechanism_is_known_to_be_needed() -> None:
    assert set(KNOWN) == set(MUTATIONS)


@pytest.mark.parametrize("name", MUTATIONS)
def test_without_it_the_seeds_turn_red(name: str) -> None:
    red = first_red(name) if SOAK else first_red(name, start=KNOWN[name], most=WINDOW)
    assert red is not None, f"{name} is switched off and nothing is wrong"


def test_without_the_nets_alone_the_seed_is_green() -> None:
    """What turns red under the mutation of the cursor is the cursor's doing."""
    with ExitStack() as stack:
        nets(stack)
        assert not simulate(KNOWN["cursor without its dirty rows"]).wrong


@pytest.mark.skipif(not SOAK, reason="runs with CRMSYNC_SOAK=1")
@pytest.mark.parametrize("seed", sorted(set(KNOWN.values())))
def test_with_all_of_them_the_same_seeds_are_green(seed: int) -> None:
    assert not simulate(seed).wrong
