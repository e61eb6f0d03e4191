"""Kill a golden scenario at a step, restart, perhaps kill it again in its recovery, let it calm down, and judge it.

A step is a commit, or a request that the vendor carried out. A kill before the vendor carried it out is the kill at
the step before; a request may also be on its way when its sender dies, and land so many seconds later (`late_s`).
"""

from __future__ import annotations

import gc
import os
import pickle
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from golden import HOUR, SCENARIOS
from inside import expected, kept_values, owed, pairs
from sim_run import definition, new_store, settings_for, workshop
from sim_script import is_write
from sim_trouble import Fuse, FusedStore, Late, PlugPulledError

from crmsync.app import Transports, build_connectors
from crmsync.cli.common import close
from crmsync.cli.demo_run import SimulatedTime
from crmsync.errors import TransientError
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.expectation import Kept, Pair
from crmsync.simulator.judge import judge
from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter
from crmsync.simulator.wire import Request, Response, Vendor
from crmsync.store import SqlStore
from crmsync.store import schema as t
from crmsync.store.codec import load
from crmsync.sync.cycle import Writer, approve, sync_cycle, writing
from crmsync.sync.engine import Engine, Report
from crmsync.sync.setup import prepare

SEED: Final = 7
CALM_CYCLES: Final = 6
RESTARTS_S: Final = (1.0, 60.0, 130.0, 700.0)
"""How long it takes until somebody starts the process again; which of these, the kill's own numbers say."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Where the plug is pulled: at step `at` of the scenario's cycle, and at step `again` of the recovery (0: not).

    With `late_s` the request of step `at` is on its way when its sender dies, and lands so much later.
    """

    scenario: str
    at: int
    again: int = 0
    late_s: float = 0.0

    @property
    def name(self) -> str:
        """What `--kill` takes."""
        return f"{self.scenario}:{self.at}:{self.again}:{self.late_s:g}"

    @property
    def replay(self) -> str:
        """The command that does it again."""
        return f".venv/bin/python -m tests.soak --kill {self.name}"


def named(text: str) -> Kill:
    """The kill with a name."""
    scenario, at, again, late_s = text.split(":")
    return Kill(scenario, int(at), int(again), float(late_s))


@dataclass(slots=True)
class Outcome:
    """What a kill came to. `steps` of the cycle and of the recovery until calm; `writes` are the steps that wrote."""

    kill: Kill
    blown: int = 0
    steps: int = 0
    recovery: int = 0
    writes: list[int] = field(default_factory=list)
    journal: list[int] = field(default_factory=list)
    end: tuple[Any, ...] = ()
    wrong: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)


class WatchedFuse(Fuse):
    """A fuse that also notes at which steps what it watches moved."""

    def __init__(self, at: int = 0) -> None:
        super().__init__(at)
        self.moves: list[int] = []
        self._watch: Callable[[], Any] | None = None
        self._last: Any = None

    def observe(self, watch: Callable[[], Any]) -> None:
        """Watch this from now on."""
        self._watch, self._last = watch, watch()

    def step(self) -> None:
        super().step()
        if self._watch is not None and (now := self._watch()) != self._last:
            self.moves.append(self.steps)
            self._last = now


@dataclass(slots=True)
class _Wire:
    """A vendor whose answered requests are steps; the one of the last step may be left on its way."""

    inner: Vendor
    stage: KillStage

    @property
    def side(self) -> str:
        return self.inner.side

    def handle(self, request: Request) -> Response:
        fuse, late = self.stage.fuse, self.stage.late
        fuse.check()
        late.deliver()
        if is_write(self.side, request):
            self.stage.write_steps.append(fuse.steps + 1)
            if self.stage.late_s and fuse.at == fuse.steps + 1:
                late.lose(self.inner, request, self.stage.late_s)
                fuse.step()
        response = self.inner.handle(request)
        fuse.step()
        return response


class KillStage:
    """One world and its store, with a process that can be killed and started again."""

    def __init__(self, stricter: bool) -> None:
        self.cluster = Cluster(SEED)
        self.definition = definition(stricter)
        self.store: SqlStore = new_store()
        self.late = Late(self.cluster, Counter())
        self.late_s = 0.0
        self.write_steps: list[int] = []
        self.former: dict[Pair, None] = {}
        self.kept: dict[Kept, None] = {}
        self.fuse = WatchedFuse()
        self.engine = self._process()

    def _process(self) -> Engine:
        clock = SimulatedTime(self.cluster)
        wires = {side: _Wire(self.cluster.vendor(side), self) for side in ("hubspot", "salesforce")}
        through = Transports(HubSpotPool(wires["hubspot"]), SalesforceAdapter(wires["salesforce"]), clock)
        settings = settings_for(self.cluster, workshop(), workshop())
        connectors = build_connectors(settings, clock, transports=through)
        return Engine(connectors, FusedStore(self.store, self.fuse), clock, self.definition)

    def restart(self, at: int = 0) -> None:
        """A new process, which dies at step `at` (0: never)."""
        close(self.engine)
        self.fuse = WatchedFuse(at)
        self.write_steps = []
        self.engine = self._process()

    def sync(self, *, approve: bool = True) -> Report | None:
        """One cycle; None when a vendor broke it off."""
        self._remember()
        try:
            with writing(self.engine, Writer("kills", takeover=True)) as generation:
                report = sync_cycle(self.engine, generation, approve=approve)[0]
        except TransientError:
            return None
        self._remember()
        return report

    def approve_all(self) -> None:
        """A person approves whatever is held."""
        with self.engine.store.transaction() as tx:
            held = [hold.digest for hold in tx.holds()]
        for digest in held:
            approve(self.engine, digest)

    def _remember(self) -> None:
        self.former.update(dict.fromkeys(pairs(self.store)))
        self.kept.update(dict.fromkeys(kept_values(self.store)))


def prepared(scenario: str) -> Callable[[Kill], Outcome]:
    """Bring a scenario to its cycle once; returns what runs one kill from there, each time from the same moment.

    Every kill runs in a child of its own, a copy of this process, on a copy of the database: nothing is built anew.
    """
    warm = Kill(scenario, 40)
    _killed(_brought(scenario), warm)  # so that no child compiles a statement of its own
    stage = _brought(scenario)
    stage.store.close()
    shutil.copy(workshop() / "run.db", workshop() / f"{scenario}.db")

    def run(kill: Kill) -> Outcome:
        for leftover in ("run.db", "run.db-wal", "run.db-shm"):
            (workshop() / leftover).unlink(missing_ok=True)
        shutil.copy(workshop() / f"{scenario}.db", workshop() / "run.db")
        return _in_a_child(lambda: _killed(stage, kill))

    return run


def _brought(scenario: str) -> KillStage:
    golden = SCENARIOS[scenario]
    stage = KillStage(golden.stricter)
    prepare(stage.engine, apply=True)
    golden.prepare(stage)
    stage.restart()
    return stage


def _in_a_child(work: Callable[[], Outcome]) -> Outcome:
    reading, writing_ = os.pipe()
    gc.freeze()
    child = os.fork()
    if child == 0:
        gc.disable()  # it lives for a tenth of a second, and every collection would copy pages
        try:
            told = pickle.dumps(work())
        except BaseException as error:
            told = pickle.dumps(f"{type(error).__name__}: {error}")
        with os.fdopen(writing_, "wb") as pipe:
            pipe.write(told)
        os._exit(0)
    os.close(writing_)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    outcome = pickle.loads(answer)
    assert isinstance(outcome, Outcome), outcome
    return outcome


def _killed(stage: KillStage, kill: Kill) -> Outcome:
    out = Outcome(kill)
    stage.late_s = kill.late_s
    stage.restart(kill.at)
    if not kill.at:
        stage.fuse.observe(lambda: _journal(stage.store))
    out.blown += _until_killed(stage, lambda: SCENARIOS[kill.scenario].cycle(stage))
    out.steps, out.writes, out.journal = stage.fuse.steps, stage.write_steps, stage.fuse.moves
    stage.late_s = 0.0
    stage.cluster.clock.advance(RESTARTS_S[(kill.at + kill.again) % len(RESTARTS_S)])
    stage.restart(kill.again)
    out.blown += _until_killed(stage, lambda: _calmed(stage, out))
    out.recovery = stage.fuse.steps
    if kill.again:
        stage.restart()
        _calmed(stage, out)
    _judged(stage, out)
    return out


def _until_killed(stage: KillStage, work: Callable[[], None]) -> bool:
    try:
        work()
    except PlugPulledError:
        return True
    return False


def _calmed(stage: KillStage, out: Outcome) -> None:
    """Cycles until nothing is written and nothing is owed."""
    stage.cluster.faults.clear()
    for _ in range(CALM_CYCLES):
        report = stage.sync()
        stage.cluster.clock.advance(HOUR)
        stage.late.deliver()
        if report and not report.writes and not report.cooling and not list(owed(stage.store)):
            return
    out.wrong.append(f"I1 still at work after {CALM_CYCLES} calm cycles")


def _judged(stage: KillStage, out: Outcome) -> None:
    before = len(stage.cluster.ledger.entries)
    stage.sync()
    for entry in stage.cluster.ledger.since(before):
        out.wrong.append(
            f"I2 a quiet cycle wrote {entry.side} {entry.object} {entry.id}: {dict(entry.after)}"
        )
    out.wrong += list(owed(stage.store))
    asked = expected(stage.cluster, stage.definition, stage.store, stage.former, stage.kept)
    out.wrong += [f"{v.invariant} {v.record}: {v.detail}" for v in judge(stage.cluster, asked)]
    out.end = (*_people(stage.cluster), *_reviewed(stage.store))


def _journal(store: SqlStore) -> list[Any]:
    """Where each operation stands."""
    with store.reading() as db:
        return [tuple(row) for row in db.rows(sa.select(t.intent.c.id, t.intent.c.status))]


# -- the end state ------------------------------------------------------------------------------------------------
PERSON: Final = {
    "contacts": ("email", "firstname", "lastname", "jobtitle", "phone", "city", "company", "country"),
    "Lead": ("Email", "FirstName", "LastName", "Title", "Phone", "City", "Company", "Country"),
    "Contact": ("Email", "FirstName", "LastName", "Title", "Phone", "MailingCity", "MailingCountry"),
}


def _people(cluster: Cluster) -> list[Any]:
    """Everybody's values, without ids and times, which no two runs share."""
    state = {**cluster.salesforce.state(), "contacts": cluster.hubspot.state()["contacts"]}
    return sorted(
        (
            (obj, *(row.get(name) or "" for name in names))
            for obj, names in PERSON.items()
            for row in state[obj]
            if not any(row.get(gone) for gone in ("archived", "IsDeleted", "IsConverted"))
        ),
        key=repr,
    )


def _reviewed(store: SqlStore) -> list[Any]:
    """What people are told: conflicts with both values, and what is parked."""
    with store.reading() as db:
        kept = db.rows(sa.select(t.conflict.c.field, t.conflict.c.winner, t.conflict.c.data))
        parked = db.rows(sa.select(t.parked.c.side, t.parked.c.field, t.parked.c.code))
    told = {("conflict", r.field, r.winner or "", repr(sorted(load(r.data).items()))) for r in kept}
    return sorted(told) + sorted({("parked", *row) for row in parked}, key=repr)
