"""Seeded runs on every kind of org: after any trouble both CRMs agree on whom and what the org lets crmsync see."""

from __future__ import annotations

import os
import sys

import pytest
from sim_orgs import simulate_org

from crmsync.simulator.salesforce.profiles import PROFILES

SEEDS = 250 if os.environ.get("CRMSYNC_SOAK") else 3
KINDS = [name for name in PROFILES if name != "plain"]


@pytest.mark.parametrize("profile", KINDS)
def test_after_any_trouble_every_kind_of_org_agrees(profile: str) -> None:
    for seed in range(SEEDS):
        run = simulate_org(seed, profile)
        assert not run.wrong, f"CRMSYNC_ORG_SEED={profile}:{seed}\n" + "\n".join(run.wrong)


@pytest.mark.skipif(
    "CRMSYNC_ORG_SEED" not in os.environ, reason="set CRMSYNC_ORG_SEED to PROFILE:SEED to tell"
)
def test_replay_orgs() -> None:
    profile, _, seed = os.environ["CRMSYNC_ORG_SEED"].partition(":")
    run = simulate_org(int(seed), profile, loud=True)
    sys.stdout.write("\n".join(("", *run.story, *run.wrong, "")))
    assert not run.wrong
