"""One seeded run: a small world, people and trouble between and during its cycles, then calm, then judgement.

The same seed gives the same run. A run is in process, on a copy of a template database in memory-backed storage.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from inside import expected, kept_values, owed, pairs, unasked
from journalled import Watched
from sim_people import MOST_PEOPLE, People
from sim_trouble import Fuse, FusedStore, Late, PlugPulledError, Wire, arm, where

from crmsync.app import Transports, build_connectors, configure_logging
from crmsync.cli.common import close
from crmsync.cli.demo_run import SimulatedTime, settings_for
from crmsync.connectors.transport import LONGEST_WAIT
from crmsync.definition.definition import Definition
from crmsync.definition.load import load
from crmsync.definition.starter import write_starter
from crmsync.errors import CrmsyncError, TransientError
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.expectation import Kept, Pair
from crmsync.simulator.judge import judge
from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter
from crmsync.simulator.rights import within_rights
from crmsync.store import SqlStore, open_store
from crmsync.sync.cycle import Writer, sync_cycle, writing
from crmsync.sync.engine import Engine, Report
from crmsync.sync.setup import prepare

MOST_CYCLES: Final = 14
CALM_CYCLES: Final = 6
CALM_S: Final = 3700.0
"""Past the greatest lag, the overlap, the settling time and the hourly schedules."""

OVERLAY: Final = """
create:
  salesforce: in_scope
  hubspot: in_scope
guard:
  updates: {floor: 3, percent: 10, cap: 5000}
  creates: {floor: 2, percent: 10, cap: 5000}
"""
"""Everybody is born on both sides, and the guard stops what is much in so small a world."""


@dataclass(slots=True)
class Run:
    """What a run came to. `wrong` is empty when all is well; `happened` counts acts, faults and crashes by name."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    story: list[str] = field(default_factory=list)

    @property
    def replay(self) -> str:
        """The command that runs this seed again and tells its story."""
        return f"CRMSYNC_SEED={self.seed} .venv/bin/python -m pytest -q -s tests/simulation -k replay"


@cache
def workshop() -> Path:
    """A folder for this process, in memory where there is such a thing."""
    memory = Path("/dev/shm")
    made = tempfile.mkdtemp(prefix="crmsync-seeds-", dir=memory if memory.is_dir() else None)
    return Path(made)


@cache
def template() -> Path:
    """An empty, migrated database."""
    file = workshop() / "template.db"
    open_store(f"sqlite:///{file}").close()
    return file


@cache
def shared_store() -> SqlStore:
    """The store of every run of this process: one file, replaced for each run, so that statements stay compiled."""
    shutil.copy(template(), workshop() / "run.db")
    return open_store(f"sqlite:///{workshop() / 'run.db'}")


def new_store() -> SqlStore:
    """The store, empty again."""
    store = shared_store()
    store.close()
    for leftover in ("run.db-wal", "run.db-shm"):
        (workshop() / leftover).unlink(missing_ok=True)
    shutil.copy(template(), workshop() / "run.db")
    return store


STRICTER: Final = {
    "jobtitle\n    salesforce: Title": "\n    blank: clear",
    "city\n    salesforce: {Lead: City, Contact: MailingCity}": "\n    blank: clear\n    first_link: owner",
    "mobilephone\n    salesforce: MobilePhone": "\n    rule: salesforce",
    "firstname\n    salesforce: FirstName": "\n    rule: manual",
    "lastname\n    salesforce: LastName": "\n    owner: salesforce\n    first_link: owner",
}
"""Lines of the shipped mapping -> what a second definition says there: clearings travel, owners win at once."""


@cache
def definition(stricter: bool) -> Definition:
    """The shipped definition with everybody born on both sides, or a stricter one."""
    configure_logging("error")
    config = workshop() / f"config-{stricter}"
    write_starter(config)
    overlay = workshop() / "overlay.yaml"
    overlay.write_text(OVERLAY)
    if stricter:
        mapping = (config / "mapping.yaml").read_text()
        for line, more in STRICTER.items():
            assert line in mapping
            mapping = mapping.replace(line, line + more)
        (config / "mapping.yaml").write_text(mapping)
    return load(config, overlay)


class Simulation:
    """The parts of one run."""

    def __init__(self, seed: int, *, loud: bool = False, profile: str = "plain") -> None:
        self.run = Run(seed)
        self.loud = loud
        self.rng = random.Random(f"crmsync-{seed}")
        self.cluster = Cluster(seed, profile=profile)
        self.people = People(self.cluster, self.rng)
        self.late = Late(self.cluster, self.run.happened)
        self.definition = definition(self.rng.random() < 0.4)
        self.approve = self.rng.random() < 0.8
        """Whether cycles pass the guard unasked; else it holds what it would hold, and calm approves."""
        self.store = new_store()
        self.interrupts = 0.0
        self.once = False
        self.former: dict[Pair, None] = {}
        self.kept: dict[Kept, None] = {}
        self.engine = self._process()

    # -- processes --------------------------------------------------------------------------------------------
    def _process(self, at: int = 0) -> Engine:
        """A new process on the same store, which dies at step `at`."""
        self.fuse = Fuse(at)
        cluster, clock = self.cluster, SimulatedTime(self.cluster)
        settings = settings_for(cluster, workshop(), workshop())
        wires = {
            side: Wire(
                Watched(cluster.vendor(side), self.store, self.run.wrong),
                cluster.hubspot if side == "hubspot" else cluster.salesforce,
                self.late,
                self.fuse,
                self.rng,
                self._interrupt,
            )
            for side in ("hubspot", "salesforce")
        }
        through = Transports(HubSpotPool(wires["hubspot"]), SalesforceAdapter(wires["salesforce"]), clock)
        connectors = build_connectors(settings, clock, transports=through)
        return Engine(connectors, FusedStore(self.store, self.fuse), clock, self.definition, settle_s=120.0)

    def _restart(self, at: int = 0) -> None:
        close(self.engine)
        self.engine = self._process(at)

    def _interrupt(self) -> None:
        """Somebody does something while a cycle runs. Before reads only: a write's race is lost by design."""
        if self.once and self.rng.random() < self.interrupts:
            self.people.act()
            self.run.happened["act_in_cycle"] += 1

    # -- the run ----------------------------------------------------------------------------------------------
    def whole(self) -> Run:
        try:
            self._set_out()
            self._trouble()
            self._calm()
        finally:
            close(self.engine)
        self.run.happened.update(self.people.done)
        self.run.ledger = [entry.as_json() for entry in self.cluster.ledger.entries]
        return self.run

    def _set_out(self) -> None:
        self.cluster.hubspot.switches.search_lag_s = self.rng.choice((0.0, 0.0, 5.0, 30.0, 300.0))
        self.people.settle_in()
        prepare(self.engine, apply=True)
        self.cluster.clock.advance(self.rng.choice((0.0, 1.0, 400.0)))

    def _trouble(self) -> None:
        rng, faults = self.rng, []
        troubled = rng.random() < 0.8
        for _ in range(rng.randint(3, MOST_CYCLES)):
            for _ in range(rng.choice((0, 1, 1, 2, 4))):
                self.people.act()
                self.cluster.clock.advance(rng.choice((0.0, 0.0, 1.0, 30.0)))
            if troubled and rng.random() < 0.4:
                faults += arm(self.cluster, rng)
            self.late.chance = 0.1 if troubled and rng.random() < 0.3 else 0.0
            self.interrupts = 0.1 if rng.random() < 0.2 else 0.0
            if troubled and rng.random() < 0.2:
                self._restart(at=rng.randint(1, 60))
            self._cycle(approve=self.approve)
            self.cluster.clock.advance(rng.choice((0.0, 1.0, 5.0, 60.0, 60.0, 130.0, 700.0, 3700.0)))
            self.late.deliver()
        for fault in faults:
            self.run.happened[where(fault)] += fault.struck
        self.run.happened.update(self.cluster.faults.fired)

    def _cycle(self, *, approve: bool) -> Report | None:
        """One cycle, and what the store knows after it."""
        before = len(self.cluster.ledger.entries)
        lost = self.run.happened["lands_late"]
        report = self._one_cycle(approve=approve)
        if not (approve or lost):  # a late request lands in another cycle than the one that the guard counted
            new = self.cluster.ledger.since(before)
            self.run.wrong += unasked(new, self.definition.limits, 2 * MOST_PEOPLE)
        self.former.update(dict.fromkeys(pairs(self.store)))
        self.kept.update(dict.fromkeys(kept_values(self.store)))
        return report

    def _one_cycle(self, *, approve: bool) -> Report | None:
        """One cycle; None when it broke off. A dead process is followed by a new one."""
        try:
            with writing(self.engine, Writer("test", takeover=True)) as generation:
                report, _ = sync_cycle(self.engine, generation, approve=approve)
        except PlugPulledError:
            self.run.happened["crash"] += 1
            self._tell("-- the process died")
            self._restart()
            return None
        except TransientError as error:
            self.run.happened["broken_off"] += 1
            self._tell(f"-- broken off: {error}")
            if error.retry_after > LONGEST_WAIT and self.rng.random() < 0.5:  # somebody mended the cause
                self._restart()
            return None
        except CrmsyncError as error:
            self.run.wrong.append(f"a cycle ended with {type(error).__name__}: {error}")
            return None
        self.once = True
        self.run.happened["held"] += bool(report.held)
        self._tell(f"-- cycle {report.cycle}: {report.as_json()}")
        return report

    def _calm(self) -> None:
        """No faults, no people: the cycles become quiet, and what is left is judged."""
        self.cluster.faults.clear()
        self.late.chance, self.interrupts = 0.0, 0.0
        self.late.deliver(all_=True)
        self._restart()  # a process leaves a vendor alone for as long as it was told to; a new one asks at once
        quiet = False
        self.cluster.clock.advance(CALM_S)
        for _ in range(CALM_CYCLES):
            report = self._cycle(approve=True)
            if report is None:
                self.run.wrong.append("a cycle broke off, though nothing was wrong")
                break
            quiet = quiet_now = not report.writes and not report.cooling
            if quiet_now and not list(owed(self.store)):
                break
            self.cluster.clock.advance(700.0)
        if not quiet:
            self.run.wrong.append(f"I1 still writing after {CALM_CYCLES} calm cycles")
        before = len(self.cluster.ledger.entries)
        self._cycle(approve=True)
        for entry in self.cluster.ledger.since(before):
            self.run.wrong.append(
                f"I2 a frozen cycle wrote {entry.side} {entry.object} {entry.id}: {entry.after}"
            )
        self.run.wrong += list(owed(self.store))
        asked = expected(self.cluster, self.engine.definition, self.store, self.former, self.kept)
        raced = frozenset((id, pair.name) for id in self.late.raced for pair in asked.pairs)
        found = judge(self.cluster, within_rights(self.cluster, replace(asked, raced=raced)))
        self.run.wrong += [f"{v.invariant} {v.record}: {v.detail}" for v in found]

    def _tell(self, line: str) -> None:
        if not self.loud:
            return
        told = sum(1 for one in self.run.story if not one.startswith("--"))
        for entry in self.cluster.ledger.since(told):
            self.run.story.append(
                f"{entry.n} {entry.at:%H:%M:%S} {entry.side} {entry.actor} {entry.op} {entry.object} {entry.id} "
                f"{dict(entry.before)} -> {dict(entry.after)}"
            )
        self.run.story.append(line)


def simulate(seed: int, *, loud: bool = False) -> Run:
    """Run one seed."""
    return Simulation(seed, loud=loud).whole()
