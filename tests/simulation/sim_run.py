"""One seeded run: a small world, people and trouble between and during its cycles, then calm, then judgement.

The same seed gives the same run. A run is in process, on a copy of a template database in memory-backed storage.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from births import born_of_nobody
from inside import expected, kept_values, owed, pairs, unasked
from journalled import Watched
from sim_hands import Hands
from sim_people import MOST_PEOPLE, People
from sim_script import Script
from sim_trouble import Fuse, FusedStore, Late, PlugPulledError, Wire
from sqlalchemy.exc import DBAPIError
from troubles import arm_all, featured, share

from crmsync.app import Transports, build_connectors, configure_logging
from crmsync.cli.common import close
from crmsync.cli.demo_run import SimulatedTime, settings_for
from crmsync.connectors.transport import LONGEST_WAIT
from crmsync.definition.definition import Definition
from crmsync.definition.load import load
from crmsync.definition.starter import write_starter
from crmsync.errors import CrmsyncError, LeaseError, StoppedError, TransientError
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.expectation import Kept, Pair
from crmsync.simulator.faults import Fault
from crmsync.simulator.judge import judge
from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter
from crmsync.simulator.rights import within_rights
from crmsync.simulator.wire import Vendor
from crmsync.store import SqlStore, open_store
from crmsync.sync.cycle import Writer, sync_cycle, writing
from crmsync.sync.engine import Engine, Report
from crmsync.sync.setup import prepare

CYCLES: Final = (3, 3, 4, 4, 5, 6, 8, 14)
MOST_CYCLES: Final = max(CYCLES)
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


def new_store(content: sqlite3.Connection | None = None) -> SqlStore:
    """The store, empty again, or with what a copy of it holds."""
    store = shared_store()
    store.close()
    for leftover in ("run.db-wal", "run.db-shm"):
        (workshop() / leftover).unlink(missing_ok=True)
    if content is None:
        shutil.copy(template(), workshop() / "run.db")
        return store
    (workshop() / "run.db").unlink()
    with closing(sqlite3.connect(workshop() / "run.db")) as file:
        content.backup(file)
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
    """The parts of one run. Troubles arm themselves through it, and `hands` do what they want done."""

    def __init__(self, seed: int, *, loud: bool = False, profile: str = "plain") -> None:
        self.run = Run(seed)
        self.featured = featured(seed)
        self.loud = loud
        self.rng = random.Random(f"crmsync-{seed}")
        self.cluster = Cluster(seed, profile=profile)
        self.people = People(self.cluster, self.rng)
        self.hands = Hands(self.cluster, self.people)
        self.late = Late(self.cluster, self.run.happened)
        self.definition = definition(self.rng.random() < 0.4)
        self.approve = self.rng.random() < 0.8
        """Whether cycles pass the guard unasked; else it holds what it would hold, and calm approves."""
        self.store = new_store()
        self.once = False
        self.former: dict[Pair, None] = {}
        self.kept: dict[Kept, None] = {}
        # What the troubles of one cycle leave behind for it.
        self.cycle = 0
        self.script = Script()
        self.struck: list[tuple[str, Fault]] = []
        self.undo: list[Callable[[], object]] = []
        self.appointments: list[tuple[int, str, Callable[[], object]]] = []
        self.set_up: set[str] = set()
        self.woke_at = 0
        self.dying = self.stop = self.store_fails = self.fatal = self.woken = ""
        self.calling = False
        self.engine = self._process()

    @property
    def file(self) -> Path:
        """The store's file."""
        return workshop() / "run.db"

    def met(self, name: str) -> None:
        """A trouble struck."""
        self.run.happened[name] += 1

    def strike(self, name: str, fault: Fault, *, fatal: bool = False) -> None:
        """Let a fault of the simulator meet the call that is about to be made, or those after it."""
        self.cluster.faults.add(fault)
        self.struck.append((name, fault))
        if fatal:
            self.fatal = name

    # -- processes --------------------------------------------------------------------------------------------
    def _process(self, at: int = 0) -> Engine:
        """A new process on the same store, which dies at step `at`."""
        self.fuse = Fuse(at)
        self.fused = FusedStore(self.store, self.fuse)
        return self._built(self.fuse, self.fused, lambda: self.script)

    def _built(self, fuse: Fuse, store: FusedStore, script: Callable[[], Script]) -> Engine:
        cluster, clock = self.cluster, SimulatedTime(self.cluster)
        settings = settings_for(cluster, workshop(), workshop())
        direct: dict[str, Vendor] = {"hubspot": cluster.hubspot, "salesforce": cluster.salesforce}
        wires = {
            side: Wire(
                Watched(cluster.vendor(side), self.store, self.run.wrong),
                direct[side],
                self.late,
                fuse,
                script,
            )
            for side in ("hubspot", "salesforce")
        }
        through = Transports(HubSpotPool(wires["hubspot"]), SalesforceAdapter(wires["salesforce"]), clock)
        connectors = build_connectors(settings, clock, transports=through)
        stopping = lambda: bool(self.stop)  # noqa: E731
        return Engine(connectors, store, clock, self.definition, settle_s=120.0, stopping=stopping)

    def _restart(self, at: int = 0) -> None:
        close(self.engine)
        self.engine = self._process(at)

    def overtaken(self, name: str) -> None:
        """This process sleeps for ten minutes, while another one takes its lease and runs a cycle."""
        self.cluster.clock.advance(600.0)
        self.stop, mine = "", self.stop
        fuse, script = Fuse(), Script()
        second = self._built(fuse, FusedStore(self.store, fuse), lambda: script)
        try:
            with writing(second, Writer("second")) as generation:
                sync_cycle(second, generation, approve=self.approve)
        except CrmsyncError as error:
            self._tell(f"-- the other process ended with {error}")
        finally:
            self.stop = mine
        self.met(name)
        self.woken = name
        self._tell("-- slept, and another process has worked meanwhile")
        self.woke_at = len(self.cluster.ledger.entries)

    def restore(self, copy: sqlite3.Connection) -> None:
        """Put an older copy of the store in the place of the present one."""
        close(self.engine)
        self.store = new_store(copy)
        self.engine = self._process()
        self._tell("-- an older copy of the store was put back")

    def swap_definition(self) -> bool:
        """The admin takes the other definition; false where the run has one of its own."""
        known = [definition(False), definition(True)]
        if self.definition not in known:
            return False
        self.definition = known[1 - known.index(self.definition)]
        self._restart()
        self._tell("-- the definition was changed")
        return True

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
        self.people.settle_in()
        prepare(self.engine, apply=True)
        self.cluster.clock.advance(self.rng.choice((0.0, 1.0, 400.0)))

    def _trouble(self) -> None:
        troubled = self.rng.random() < 0.8
        least = self.rng.choice(CYCLES)
        for cycle in range(MOST_CYCLES):
            if cycle >= least and self.run.happened[self.featured]:
                break
            self.cycle = cycle
            rng = random.Random(f"{self.run.seed}/cycle/{self.cycle}")
            self.people.rng = random.Random(f"{self.run.seed}/people/{self.cycle}")
            for _ in range(rng.choice((0, 1, 1, 2, 4))):
                self.people.act()
                self.cluster.clock.advance(rng.choice((0.0, 0.0, 1.0, 30.0)))
            self._keep_appointments(self.cycle)
            self._tell(f"-- armed: {arm_all(self, troubled=troubled)}")
            self._cycle(approve=self.approve)
            self._end_of_troubles()
            self.cluster.clock.advance(rng.choice((0.0, 1.0, 5.0, 60.0, 60.0, 130.0, 700.0, 3700.0)))
            self.late.deliver()
        self._keep_appointments(self.cycle + MOST_CYCLES)

    def _keep_appointments(self, cycle: int) -> None:
        """What a trouble has put off to this cycle."""
        due = [one for one in self.appointments if one[0] <= cycle]
        self.appointments = [one for one in self.appointments if one not in due]
        for _, _, do in due:
            do()

    def _end_of_troubles(self) -> None:
        """The cycle is over: what was armed for it is counted and taken back."""
        self.script = Script()
        for name, fault in self.struck:
            if name:
                self.run.happened[name] += fault.struck
        self.struck.clear()
        self.cluster.faults.clear()
        for undo in self.undo:
            undo()
        self.undo.clear()
        self.fused.full = self.fused.busy = 0
        self.fuse.at = 0
        self.woke_at = 0
        self.dying = self.stop = self.store_fails = self.fatal = self.woken = ""

    def _cycle(self, *, approve: bool) -> Report | None:
        """One cycle, and what the store knows after it."""
        before = len(self.cluster.ledger.entries)
        lost = self.run.happened["lost"]
        report = self._one_cycle(approve=approve)
        # A late request lands in another cycle than the one that the guard counted; so does what a second process did.
        if not (approve or lost or self.woken):
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
        except (PlugPulledError, StoppedError, LeaseError, DBAPIError, CrmsyncError) as error:
            if not self._expected(error):
                self.run.wrong.append(f"a cycle ended with {type(error).__name__}: {error}")
            self._tell(f"-- ended with {type(error).__name__}: {error}")
            return None
        if self.woken:
            self.run.wrong.append("a process that had lost its lease finished its cycle")
        self.once = True
        self.run.happened["held"] += bool(report.held)
        self._tell(f"-- cycle {report.cycle}: {report.as_json()}")
        return report

    def _expected(self, error: BaseException) -> bool:
        """Whether a trouble of this cycle explains how it ended; a process that is gone is followed by a new one."""
        match error:
            case PlugPulledError():
                name = self.dying or "crash"
            case StoppedError():
                name = self.stop
            case DBAPIError():
                name = self.store_fails
            case LeaseError():
                name = ""
                self._slept_well()
                return bool(self.woken)
            case TransientError(retry_after=wait):
                self.run.happened["broken_off"] += 1
                if wait > LONGEST_WAIT and share(self.run.seed, "mended", self.cycle) < 0.5:
                    self._restart()  # somebody mended the cause
                return True
            case _:
                return bool(self.fatal)
        self.met(name)
        self.stop = ""
        self._restart()
        return bool(name)

    def _slept_well(self) -> None:
        """Whoever was overtaken has written nothing since it woke."""
        for entry in self.cluster.ledger.since(self.woke_at):
            if entry.actor == "api":
                self.run.wrong.append(f"a process that had lost its lease wrote {entry.side} {entry.id}")

    def _calm(self) -> None:
        """No faults, no people: the cycles become quiet, and what is left is judged."""
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
        self.run.wrong += list(born_of_nobody(self.cluster, self.store))
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
