"""A real process stands still in the middle of an apply while another takes over; when it wakes up it writes nothing.

Between transactions only: inside of one it holds SQLite's lock, and nobody takes over before it wakes up or is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from crmsync.simulator.cluster import Cluster
from engines import calm, engine_on, rows, sync, violations

WRITE = ("crmsync.connectors.salesforce.connector", "SalesforceConnector.write")
POINTS = {
    "about to read again": ("crmsync.sync.applying", "_Group._checked", "before"),
    "marked sent, about to call": (*WRITE, "before"),
    "answered, about to record": (*WRITE, "after"),
}
SLEEPER = """
import importlib, os, signal, sys
module, name, when = sys.argv[1:]
owner, _, attribute = name.rpartition(".")
place = getattr(importlib.import_module(module), owner)
real = getattr(place, attribute)
stops = [os.getpid()]
def stopped(*arguments, **named):
    if when == "before" and stops:
        os.kill(stops.pop(), signal.SIGSTOP)
    answer = real(*arguments, **named)
    if stops:
        os.kill(stops.pop(), signal.SIGSTOP)
    return answer
setattr(place, attribute, stopped)
sys.argv = ["crmsync", "sync", "--approve", "--json"]
from crmsync.cli import main
main()
"""
SYNC = [sys.executable, "-c", "from crmsync.cli import main; main()", "sync", "--approve", "--json"]


def a_world() -> Cluster:
    """Two people in HubSpot alone, and one on both sides who differs in a blank."""
    cluster = Cluster(5)
    for name in ("ann", "cid"):
        cluster.hubspot.create("contacts", {"email": f"{name}@a.example", "lastname": name.title()})
    cluster.hubspot.create("contacts", {"email": "bob@a.example", "lastname": "Bell", "jobtitle": "CTO"})
    cluster.salesforce.create("Lead", {"Email": "bob@a.example", "LastName": "Bell", "Company": "Acme"})
    calm(cluster)
    return cluster


@contextmanager
def ticking(cluster: Cluster) -> Iterator[None]:
    """The vendors' clock goes on by itself, so that a wait in a process comes to its end."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(0.02):
            cluster.clock.advance(0.1)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ours(cluster: Cluster) -> list[str]:
    return [f"{e.op} {e.object} {e.id}" for e in cluster.ledger.entries if e.actor == "api"]


def whole(environment: Mapping[str, str]) -> None:
    """One sync of another process, done without a finding."""
    done = subprocess.run(SYNC, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_was_suspended_and_taken_over_writes_nothing(tmp_path: Path, point: str) -> None:
    cluster = a_world()
    cluster.serve()
    with engine_on(cluster, tmp_path):
        pass
    environment = {
        **os.environ,
        **cluster.env(),
        "CRMSYNC_CONFIG": str(tmp_path / "config"),
        "CRMSYNC_OVERLAY": str(tmp_path / "overlay.yaml"),
        "CRMSYNC_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.db'}",
    }
    with (
        ticking(cluster),
        subprocess.Popen(
            [sys.executable, "-c", SLEEPER, *POINTS[point]],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as first,
    ):
        try:
            _, status = os.waitpid(first.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            cluster.clock.advance(600.0)
            whole(environment)
            written = ours(cluster)
            os.kill(first.pid, signal.SIGCONT)
            out, told = first.communicate(timeout=60)
        finally:
            first.kill()
    cluster.close()
    assert first.returncode == 4, told
    assert json.loads(out)["error"]["kind"] == "lease"
    assert ours(cluster) == written
    with engine_on(cluster, tmp_path, set_up=False) as engine:
        cluster.clock.advance(3700.0)
        sync(engine)
        assert sync(engine).writes == 0
        assert violations(cluster, engine) == []
    assert sorted(str(r["Email"]) for r in rows(cluster, "Lead")) == [
        "ann@a.example",
        "bob@a.example",
        "cid@a.example",
    ]
