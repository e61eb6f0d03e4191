"""A world that lives while crmsync syncs it every hour, then calms down and is judged. In process, by its seed.

No faults and no crashes here (sim_run has them): this is about what people do to each other's data over time.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from inside import expected, kept_values, owed, pairs

from crmsync.app import configure_logging
from crmsync.cli.demo_run import built
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.expectation import Kept, Pair
from crmsync.simulator.judge import judge
from crmsync.simulator.rights import within_rights
from crmsync.simulator.world import Habits, Life, populate
from crmsync.store import SqlStore
from crmsync.sync.cycle import Writer, sync_cycle, writing
from crmsync.sync.engine import Engine, Report
from crmsync.sync.setup import prepare

LATER: Final = ("merge_in_salesforce",)
"""Acts that crmsync does not follow yet: a person who was merged there is linked anew only by hand."""

CALM_CYCLES: Final = 8


@dataclass(slots=True)
class Outcome:
    """What a world came to. `wrong` is empty when all is well."""

    seed: int
    profile: str = "plain"
    cycles: int = 0
    writes: int = 0
    conflicts: int = 0
    parked: int = 0
    linked: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def count(self, report: Report) -> None:
        self.cycles += 1
        self.writes += report.writes
        self.conflicts += report.conflicts
        self.parked += report.parked
        self.linked += report.linked
        self.calls.update(report.api_calls)


Told = Callable[[str], None]


@dataclass(slots=True)
class WorldRun:
    """One world, synced every `every` hours. Tells how far it is once a simulated week."""

    seed: int
    people: int
    days: int
    habits: Habits
    every: int = 1
    profile: str = "plain"
    told: Told = lambda _line: None
    outcome: Outcome = field(init=False)
    former: dict[Pair, None] = field(default_factory=dict)
    kept: dict[Kept, None] = field(default_factory=dict)

    def whole(self) -> Outcome:
        self.outcome = Outcome(self.seed, self.profile)
        cluster = Cluster(seed=self.seed, profile=self.profile)
        populate(cluster, self.people, self.seed, leads=cluster.profile.leads)
        with _engine(cluster) as engine:
            self._cycle(engine)
            life = Life(cluster, self.seed, self.habits, leads=cluster.profile.leads)
            start = cluster.clock.now()
            for hour in range(self.every, self.days * 24 + 1, self.every):
                life.step(start + timedelta(hours=hour))
                self._cycle(engine)
                if hour % 168 == 0:
                    self.told(f"{self.profile}, seed {self.seed}: week {hour // 168}, {self._so_far(life)}")
            self.outcome.acts, self.outcome.refused = life.acts, life.refused
            self._calm(cluster, engine)
        return self.outcome

    def _cycle(self, engine: Engine) -> Report:
        with writing(engine, Writer("world", takeover=True)) as generation:
            report, _ = sync_cycle(engine, generation, approve=True)
        self.outcome.count(report)
        store = _sql(engine)
        if report.writes or report.linked or report.conflicts or report.raced:
            self.former.update(dict.fromkeys(pairs(store)))
            self.kept.update(dict.fromkeys(kept_values(store)))
        return report

    def _calm(self, cluster: Cluster, engine: Engine) -> None:
        """Nobody acts any more: the cycles become quiet, the next one writes nothing, and the judge finds nothing."""
        cluster.clock.advance(3700.0)
        store, quiet = _sql(engine), False
        for _ in range(CALM_CYCLES):
            report = self._cycle(engine)
            quiet = not report.writes and not report.cooling
            if quiet and not list(owed(store)):
                break
            cluster.clock.advance(700.0)
        wrong = self.outcome.wrong
        if not quiet:
            wrong.append(f"I1 still writing after {CALM_CYCLES} calm cycles")
        before = len(cluster.ledger.entries)
        self._cycle(engine)
        wrong += [f"I2 a frozen cycle wrote {e.side} {e.object} {e.id}" for e in cluster.ledger.since(before)]
        wrong += list(owed(store))
        asked = within_rights(cluster, expected(cluster, engine.definition, store, self.former, self.kept))
        wrong += [f"{v.invariant} {v.record}: {v.detail}" for v in judge(cluster, asked)]

    def _so_far(self, life: Life) -> str:
        out = self.outcome
        calls = " + ".join(f"{n} {side}" for side, n in sorted(out.calls.items()))
        return f"{life.acts.total()} acts, {out.writes} writes, {out.conflicts} conflicts, {calls} calls"


@contextmanager
def _engine(cluster: Cluster) -> Iterator[Engine]:
    """An engine as the demo builds it, its store in memory where there is such a place."""
    configure_logging("error")
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="crmsync-world-", dir=memory if memory.is_dir() else None))
    try:
        with built(cluster, folder, lambda *_: None) as engine:
            prepare(engine, apply=True)
            yield engine
    finally:
        shutil.rmtree(folder)


def _sql(engine: Engine) -> SqlStore:
    assert isinstance(engine.store, SqlStore)
    return engine.store
