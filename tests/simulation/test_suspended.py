"""A process stands still for ten minutes at any step of a cycle; another takes over; the first wakes up and writes nothing.

Two engines, each with its own handle on one store: the second runs whole cycles between two steps of the first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from inside import expected, owed
from sim_run import definition, new_store, settings_for, workshop
from sim_trouble import Fuse, FusedStore

from crmsync.app import Transports, build_connectors
from crmsync.cli.common import close
from crmsync.cli.demo_run import SimulatedTime
from crmsync.errors import LeaseError
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.judge import judge
from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter
from crmsync.simulator.wire import Request, Response, Vendor
from crmsync.store import SqlStore, open_store
from crmsync.sync.cycle import Writer, sync_cycle, writing
from crmsync.sync.engine import Engine, Report
from crmsync.sync.setup import prepare

SOAK = bool(os.environ.get("CRMSYNC_SOAK"))
ASLEEP_S = 600.0
CALM_S = 3700.0


class Nap(Fuse):
    """Counts steps, and calls `while_asleep` at the chosen one. A step is a commit or an answered request."""

    def __init__(self, at: int, while_asleep: Callable[[], None]) -> None:
        super().__init__()
        self.nap, self.while_asleep = at, while_asleep

    def step(self) -> None:
        super().step()
        if self.steps == self.nap:
            self.while_asleep()


@dataclass
class Stepped:
    """A vendor whose answered requests are steps."""

    inner: Vendor
    fuse: Fuse

    @property
    def side(self) -> str:
        return self.inner.side

    def handle(self, request: Request) -> Response:
        response = self.inner.handle(request)
        self.fuse.step()
        return response


def engine_of(cluster: Cluster, store: SqlStore, fuse: Fuse) -> Engine:
    """One process on the store."""
    clock = SimulatedTime(cluster)
    wires = {side: Stepped(cluster.vendor(side), fuse) for side in ("hubspot", "salesforce")}
    through = Transports(HubSpotPool(wires["hubspot"]), SalesforceAdapter(wires["salesforce"]), clock)
    connectors = build_connectors(settings_for(cluster, workshop(), workshop()), clock, transports=through)
    return Engine(connectors, FusedStore(store, fuse), clock, definition(False))


def sync(engine: Engine, name: str) -> Report:
    with writing(engine, Writer(name)) as generation:
        return sync_cycle(engine, generation, approve=True)[0]


def calm(cluster: Cluster, engine: Engine, name: str) -> Report:
    """Cycles until one writes nothing; that one."""
    for _ in range(6):
        cluster.clock.advance(CALM_S)
        report = sync(engine, name)
        if not report.writes and not report.cooling:
            break
    return report


class Play:
    """Four people with edits on both sides and a newcomer; one engine sleeps at step `at`, the other takes over."""

    def __init__(self, at: int) -> None:
        self.cluster = cluster = Cluster(5)
        self.first = engine_of(cluster, new_store(), Fuse())
        self.second = engine_of(cluster, open_store(f"sqlite:///{workshop() / 'run.db'}"), Fuse())
        prepare(self.first, apply=True)
        made = [
            cluster.hubspot.create(
                "contacts", {"email": f"p{n}@mail.example", "lastname": "Lee", "jobtitle": "Buyer"}
            )
            for n in range(4)
        ]
        calm(cluster, self.first, "first")
        self.hub, self.lead = made, [str(r["Id"]) for r in cluster.salesforce.state()["Lead"]]
        for n in (0, 1):
            cluster.hubspot.edit("contacts", made[n], {"jobtitle": "CTO"})
            cluster.salesforce.edit("Lead", self.lead[n + 2], {"City": "Berlin"})
        cluster.salesforce.create("Lead", {"Email": "new@mail.example", "LastName": "New", "Company": "Acme"})
        cluster.clock.advance(60.0)
        self.woken_at = 0
        self.nap = Nap(at, self._taken_over)
        close(self.first)
        self.first = engine_of(cluster, open_store(f"sqlite:///{workshop() / 'run.db'}"), self.nap)

    def _taken_over(self) -> None:
        """Ten minutes pass, the other process does the work, people go on typing, it does that too."""
        self.cluster.clock.advance(ASLEEP_S)
        sync(self.second, "second")
        self.cluster.hubspot.edit("contacts", self.hub[0], {"jobtitle": "CFO"})
        self.cluster.salesforce.edit("Lead", self.lead[1], {"Title": "CEO"})
        self.cluster.clock.advance(ASLEEP_S)
        sync(self.second, "second")
        self.woken_at = len(self.cluster.ledger.entries)

    def close(self) -> None:
        close(self.first)
        close(self.second)

    def wrong(self) -> list[str]:
        """What is wrong once the second process has made everything calm."""
        assert isinstance(self.second.store, FusedStore)
        report = calm(self.cluster, self.second, "second")
        store = self.second.store.inner
        asked = expected(self.cluster, self.second.definition, store, (), ())
        found = [f"{v.invariant} {v.record}: {v.detail}" for v in judge(self.cluster, asked)]
        return [*found, *owed(store), *([f"{report.writes} writes"] if report.writes else [])]


def test_woken_at_any_step_a_process_that_was_taken_over_writes_nothing() -> None:
    unhurt = Play(0)
    sync(unhurt.first, "first")
    steps = unhurt.nap.steps
    assert unhurt.wrong() == []
    unhurt.close()
    # The last step is the last commit: what is woken after it has nothing more to do. Applying is the last third.
    asleep = range(1, steps) if SOAK else range(steps * 2 // 3, steps, 2)
    assert len(asleep) > 8
    for at in asleep:
        play = Play(at)
        with pytest.raises(LeaseError, match="taken over"):
            sync(play.first, "first")
        assert play.woken_at
        after = play.cluster.ledger.since(play.woken_at)
        assert [e for e in after if e.actor == "api"] == [], f"woken at step {at} of {steps}"
        assert play.wrong() == [], f"woken at step {at} of {steps}"
        play.close()
