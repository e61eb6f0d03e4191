"""Pull the plug at every step of a first load: the next sync ends in the same state, nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.sync.engine import Engine
from engines import calm, contacts, engine_on, rows, sync, violations


class PlugPulledError(BaseException):
    """The process ends here."""


class Fuse:
    """Counts steps, and ends the process at the chosen one. A step is a commit or a write that the vendor carried out."""

    def __init__(self, at: int) -> None:
        self.at, self.steps = at, 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise PlugPulledError


@contextmanager
def fused(engine: Engine, fuse: Fuse) -> Iterator[None]:
    """Let the fuse count the engine's commits and writes."""
    patch = pytest.MonkeyPatch()
    begin = engine.store.transaction

    @contextmanager
    def transaction() -> Iterator[Any]:
        with begin() as tx:
            yield tx
        fuse.step()

    patch.setattr(type(engine.store), "transaction", lambda _: transaction())
    for connector in engine.connectors.values():
        patch.setattr(connector, "write", _counting(connector.write, fuse), raising=False)
    try:
        yield
    finally:
        patch.undo()


def _counting(write: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    def called(obj: str, writes: Sequence[Any]) -> Any:
        results = write(obj, writes)
        fuse.step()
        return results

    return called


def a_world() -> Cluster:
    """Two people on one side only, one on each, and one on both who differ in a blank."""
    cluster = Cluster(3)
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    cluster.hubspot.create("contacts", {"email": "bob@a.example", "lastname": "Bell", "jobtitle": "CTO"})
    cluster.salesforce.create("Lead", {"Email": "bob@a.example", "LastName": "Bell", "Company": "Acme"})
    cluster.salesforce.create("Lead", {"Email": "cid@a.example", "LastName": "Cox", "Company": "Acme"})
    calm(cluster)
    return cluster


def state(cluster: Cluster) -> list[tuple[Any, ...]]:
    hub = [("h", c["email"], c["lastname"], c.get("jobtitle"), c.get("company")) for c in contacts(cluster)]
    sales = [
        ("s", r["Email"], r["LastName"], r.get("Title"), r.get("Company")) for r in rows(cluster, "Lead")
    ]
    return sorted(hub + sales, key=repr)


def run(folder: Path, fuse: Fuse) -> tuple[Cluster, bool]:
    """Sync until the fuse blows, then start anew and sync until calm. Returns whether it blew."""
    cluster, blew = a_world(), False
    with engine_on(cluster, folder) as engine, fused(engine, fuse):
        try:
            sync(engine)
        except PlugPulledError:
            blew = True
    for _ in range(3):
        calm(cluster)
        with engine_on(cluster, folder, set_up=False) as engine:
            last = sync(engine)
    with engine_on(cluster, folder, set_up=False) as engine:
        assert last.writes == 0
        assert violations(cluster, engine) == []
    return cluster, blew


def test_killed_after_any_step_the_end_is_the_same(tmp_path: Path) -> None:
    whole, _ = run(tmp_path / "whole", untouched := Fuse(0))
    expected, kills = state(whole), 0
    assert untouched.steps > 10
    for at in range(1, untouched.steps + 1):
        cluster, blew = run(tmp_path / str(at), Fuse(at))
        assert state(cluster) == expected, f"killed at step {at}"
        kills += blew
    assert kills == untouched.steps


# -- a real process, really killed ----------------------------------------------------------------------------
POINTS = {
    "observing": ("crmsync.sync.cycle", "read_all"),
    "planning": ("crmsync.sync.cycle", "plan_all"),
    "sending": ("crmsync.connectors.salesforce.connector", "SalesforceConnector.write"),
    "closing": ("crmsync.sync.cycle", "apply_all"),
}
WORKER = """
import importlib, os, signal, sys
module, name = sys.argv[1:]
owner, _, attribute = name.rpartition(".")
place = importlib.import_module(module)
place = getattr(place, owner) if owner else place
real = getattr(place, attribute)
def killed(*arguments, **named):
    real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(place, attribute, killed)
sys.argv = ["crmsync", "sync", "--approve", "--json"]
from crmsync.cli import main
main()
"""


@pytest.mark.parametrize("point", POINTS)
def test_kill_9_over_http_then_sync_again(tmp_path: Path, point: str) -> None:
    cluster = a_world()
    cluster.serve()
    overlay = tmp_path / "overlay.yaml"
    with engine_on(cluster, tmp_path):
        pass
    environment = {
        **os.environ,
        **cluster.env(),
        "CRMSYNC_CONFIG": str(tmp_path / "config"),
        "CRMSYNC_OVERLAY": str(overlay),
        "CRMSYNC_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.db'}",
        "CRMSYNC_RUN__SETTLE_S": "1",
    }
    environment.pop("CRMSYNC_CLOCK_URL")
    first = subprocess.run(
        [sys.executable, "-c", WORKER, *POINTS[point]], env=environment, capture_output=True, check=False
    )
    assert first.returncode == -signal.SIGKILL, first.stderr.decode()
    command = [sys.executable, "-c", "from crmsync.cli import main; main()", "sync", "--approve", "--json"]
    for _ in range(2):
        again = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert again.returncode == 0, again.stderr.decode()
    document = json.loads(again.stdout)
    cluster.close()
    assert sum(side["create"] + side["update"] for side in document["applied"].values()) == 0
    assert sorted(str(c["email"]) for c in contacts(cluster)) == [
        "ann@a.example",
        "bob@a.example",
        "cid@a.example",
    ]
    assert sorted(str(r["Email"]) for r in rows(cluster, "Lead")) == [
        "ann@a.example",
        "bob@a.example",
        "cid@a.example",
    ]
    assert next(r.get("Title") for r in rows(cluster, "Lead") if r["Email"] == "bob@a.example") == "CTO"
