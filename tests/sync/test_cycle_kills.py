"""Pull the plug in the middle of a cycle: the next sync ends in the same state, nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crmsync.simulator.cluster import Cluster
from engines import calm, contacts, engine_on, rows

ROOT = Path(__file__).parent.parent.parent


def a_world() -> Cluster:
    """Two people on one side only, one on each, and one on both who differ in a blank."""
    cluster = Cluster(3)
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    cluster.hubspot.create("contacts", {"email": "bob@a.example", "lastname": "Bell", "jobtitle": "CTO"})
    cluster.salesforce.create("Lead", {"Email": "bob@a.example", "LastName": "Bell", "Company": "Acme"})
    cluster.salesforce.create("Lead", {"Email": "cid@a.example", "LastName": "Cox", "Company": "Acme"})
    calm(cluster)
    return cluster


GOLDEN = (
    "first_load",
    "updates",
    "conflict",
    "clearing",
    "conversion",
    "deletion",
    "held",
    "late_landing",
)


def test_killed_at_any_transition_of_the_journal_every_scenario_ends_as_it_does_unkilled() -> None:
    """And it is judged. `make soak` kills at each step, with requests on their way, and again in the recovery."""
    wanted = ("--only", "kills", "--kills", "0", "--workers", "1", "--scenarios", ",".join(GOLDEN))
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", *wanted], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kills = {name: int(n) for name, n in re.findall(r"kill in (\w+): (\d+)", done.stdout)}
    assert kills.keys() == set(GOLDEN) and min(kills.values()) > 2, done.stdout


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
