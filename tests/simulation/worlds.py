"""`make worlds`: long lives. A few seeds live 90 days each, synced every simulated hour, then judged; several at once.

One seed also lives a fortnight in each other kind of org, synced every four hours. `CRMSYNC_WORLDS` is how many seeds (6), `CRMSYNC_WORLD_PEOPLE` how many people a side (200), `CRMSYNC_WORLD_DAYS`
how many days (90), `CRMSYNC_WORLD_FIRST` the first seed (1). Exit code 1 when the judge finds anything.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed

from world_run import LATER, Outcome, WorldRun

from crmsync.simulator.salesforce.profiles import PROFILES
from crmsync.simulator.world import ACTS, Habits

SEEDS = int(os.environ.get("CRMSYNC_WORLDS", "6"))
PEOPLE = int(os.environ.get("CRMSYNC_WORLD_PEOPLE", "200"))
DAYS = int(os.environ.get("CRMSYNC_WORLD_DAYS", "90"))
FIRST = int(os.environ.get("CRMSYNC_WORLD_FIRST", "1"))


def told(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def live(seed: int, profile: str) -> Outcome:
    habits = Habits().without(*LATER)
    if profile == "plain":
        return WorldRun(seed, PEOPLE, DAYS, habits, told=told).whole()
    return WorldRun(seed, 100, min(14, DAYS), habits, every=4, profile=profile, told=told).whole()


def summary(outcomes: Iterable[Outcome]) -> str:
    """A table of acts over all worlds, then one line a world, then what is wrong."""
    outcomes = sorted(outcomes, key=lambda o: (o.profile != "plain", o.profile, o.seed))
    acts: Counter[str] = Counter()
    for outcome in outcomes:
        acts.update(outcome.acts)
    lines = ["", "acts: " + ", ".join(f"{name} {acts[name]}" for name in ACTS)]
    for o in outcomes:
        lines.append(
            f"{o.profile}, seed {o.seed}: {o.cycles} cycles, {o.acts.total()} acts ({o.refused.total()} refused), {o.writes} writes, "
            f"{o.linked} linked, {o.conflicts} conflicts, {o.parked} parked, {o.calls.total()} calls, {len(o.wrong)} wrong"
        )
        lines += [f"  {line}" for line in o.wrong[:50]]
    return "\n".join(lines)


def main() -> int:
    started = time.perf_counter()
    told(
        f"{SEEDS} worlds of {PEOPLE} people a side, {DAYS} days, a cycle an hour; left out: {', '.join(LATER)}"
    )
    wanted = [(seed, "plain") for seed in range(FIRST, FIRST + SEEDS)]
    wanted += [(FIRST, profile) for profile in PROFILES if profile != "plain"]
    outcomes = []
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done in as_completed([pool.submit(live, *each) for each in wanted]):
            outcome = done.result()
            outcomes.append(outcome)
            after = f"{time.perf_counter() - started:.0f} s"
            told(f"{outcome.profile}, seed {outcome.seed} is done after {after}, {len(outcome.wrong)} wrong")
    told(summary(outcomes))
    told(f"{time.perf_counter() - started:.0f} s")
    return int(any(o.wrong for o in outcomes))


if __name__ == "__main__":
    sys.exit(main())
