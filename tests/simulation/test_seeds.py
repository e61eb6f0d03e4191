"""Seeded runs: people and trouble at random, then calm; the two CRMs must agree, nothing lost, doubled or invented.

Each seed features one trouble of the table, which is armed until it strikes; so every one is met, not by luck.
`CRMSYNC_SEED=n pytest -s -k replay` tells the story of one seed. `CRMSYNC_SOAK=1` runs five thousand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections import Counter
from itertools import islice, takewhile
from pathlib import Path

import pytest
from sim_people import ACTS
from sim_run import simulate
from troubles import FAMILIES, TROUBLES, featured, seeds_of

SOAK = bool(os.environ.get("CRMSYNC_SOAK"))
SEEDS = 5000
"""A soak runs all seeds below this."""
EACH = 2
"""Seeds that feature each trouble in a quick run."""

OPEN = {
    329: ["I1 hubspot/contacts/150000000045: has nobody on salesforce"],
}
"""Seeds that tell of a defect not mended yet, with all that they say. Nothing else passes for it; once mended it leaves.

329: a Lead is converted and its Contact gets a counterpart of its own before the conversion is read; nothing reports the first.
"""

HERE = Path(__file__).parent
REGRESSIONS = tomllib.loads((HERE / "regressions.toml").read_text())["seed"]


def checked(seed: int) -> Counter[str]:
    """What a run met; fails when anything was wrong."""
    run = simulate(seed)
    if seed in OPEN:
        assert run.wrong == OPEN[seed], f"seed {seed} says something else now: {run.wrong}"
        return run.happened
    assert not run.wrong, f"seed {seed} ({featured(seed)}): {run.replay}\n" + "\n".join(run.wrong)
    return run.happened


@pytest.mark.parametrize("name", TROUBLES)
def test_the_two_crms_agree_after(name: str) -> None:
    """The seeds that feature a trouble: it struck, and all was well in the end."""
    seeds = takewhile(lambda seed: seed < SEEDS, seeds_of(name)) if SOAK else islice(seeds_of(name), EACH)
    happened: Counter[str] = Counter()
    for seed in seeds:
        happened.update(checked(seed))
    assert happened[name], f"{name} never struck"
    if SOAK:
        sys.stdout.write(f"\n{name}: {dict(sorted(happened.items()))}\n")


def test_the_runs_meet_all_that_people_do() -> None:
    """Every act of people happens, and the guard holds something back: so many seeds as that takes, 40 at most."""
    happened: Counter[str] = Counter()
    left = {*ACTS, "held"}
    for seed in range(SEEDS, SEEDS + 40):
        happened.update(checked(seed))
        left = {name for name in left if not happened[name]}
        if not left:
            break
    assert not left, sorted(happened.items())


def test_no_two_families_name_the_same_trouble() -> None:
    assert sum(map(len, FAMILIES.values())) == len(TROUBLES)


@pytest.mark.parametrize("seed", [one["number"] for one in REGRESSIONS])
def test_a_seed_that_once_failed_passes(seed: int) -> None:
    checked(seed)


def test_a_seed_gives_the_same_run_in_any_process() -> None:
    """Also where sets and dictionaries are ordered otherwise."""
    script = (
        "import json, sys; from sim_run import simulate; print(json.dumps(simulate(int(sys.argv[1])).ledger))"
    )
    ledgers = []
    for hash_seed in ("1", "2"):
        path = os.pathsep.join((str(HERE), str(HERE.parent)))
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", script, "3"], env=environment, capture_output=True, check=True
        )
        ledgers.append(done.stdout)
    assert len(ledgers[0]) > 1000
    assert ledgers[0] == ledgers[1]


@pytest.mark.skipif("CRMSYNC_SEED" not in os.environ, reason="set CRMSYNC_SEED to the seed to tell")
def test_replay() -> None:
    run = simulate(int(os.environ["CRMSYNC_SEED"]), loud=True)
    sys.stdout.write("\n".join(("", *run.story, *run.wrong, "")))
    assert not run.wrong
