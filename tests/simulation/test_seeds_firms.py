"""Seeded runs with people's firms as a field: after any trouble both CRMs agree on who belongs where, or say why not."""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest
from sim_firms import FIRM_ACTS, simulate_firms

SEEDS = 200 if os.environ.get("CRMSYNC_SOAK") else 8
BLOCK = SEEDS // 4


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK), ids=lambda first: f"from_{first}")
def test_after_any_trouble_people_belong_where_both_sides_say(first: int) -> None:
    happened: Counter[str] = Counter()
    for seed in range(first, first + BLOCK):
        run = simulate_firms(seed)
        assert not run.wrong, f"seed {seed} (CRMSYNC_FIRM_SEED={seed})\n" + "\n".join(run.wrong)
        happened.update(run.happened)
    assert sum(happened[name] for name in FIRM_ACTS) > BLOCK


@pytest.mark.skipif("CRMSYNC_FIRM_SEED" not in os.environ, reason="set CRMSYNC_FIRM_SEED to the seed to tell")
def test_replay_firms() -> None:
    run = simulate_firms(int(os.environ["CRMSYNC_FIRM_SEED"]), loud=True)
    sys.stdout.write("\n".join(("", *run.story, *run.wrong, "")))
    assert not run.wrong
