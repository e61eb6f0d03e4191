"""Seeded runs with webhooks in every state: hints make nothing wrong, whatever comes, doubles, or never comes."""

from __future__ import annotations

import os
import random
from collections import Counter

from sim_run import Simulation
from sim_webhooks import STRANGER, WEBHOOK_TROUBLES, Hooks

from crmsync.sync.engine import Report

SEEDS = 500 if os.environ.get("CRMSYNC_SOAK") else 5
MOST = max(SEEDS, 16)
"""Beyond `SEEDS` only until every trouble has happened."""
FIRST = 30_000


class Hooked(Simulation):
    """A run whose portal notifies; notifications arrive before each cycle."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.hooks = Hooks(self.cluster, random.Random(f"webhooks-{seed}"), self.store)

    def _cycle(self, *, approve: bool) -> Report | None:
        self.hooks.carry()
        return super()._cycle(approve=approve)


def test_whatever_becomes_of_notifications_the_two_crms_agree() -> None:
    happened: Counter[str] = Counter()
    wanted = (*WEBHOOK_TROUBLES, "accepted")
    for seed in range(FIRST, FIRST + MOST):
        if seed >= FIRST + SEEDS and all(happened[name] for name in wanted):
            break
        simulation = Hooked(seed)
        run = simulation.whole()
        assert not run.wrong, f"seed {seed}\n" + "\n".join(run.wrong)
        happened.update(simulation.hooks.happened)
        happened["accepted"] += simulation.hooks.accepted
        with simulation.store.transaction() as tx:
            assert STRANGER not in {hint.id for hint in tx.hints("hubspot", 0, 10_000)}
    assert all(happened[name] for name in wanted), happened
