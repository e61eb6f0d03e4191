"""`crmsync run` over HTTP, really killed with SIGKILL while people go on typing on both sides, then judged.

People type into other fields in HubSpot than in Salesforce, so no edit can meet a write of ours to the same field:
whatever is missing in the end was lost by a kill.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from crmsync.cli.judging import expectation
from crmsync.definition.definition import Definition
from crmsync.definition.load import load
from crmsync.definition.starter import write_starter
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.judge import judge
from crmsync.store import open_store

OVERLAY: Final = (
    "create:\n  salesforce: in_scope\n  hubspot: in_scope\n"
    "guard:\n  updates: {floor: 5000, percent: 100, cap: 5000}\n  creates: {floor: 5000, percent: 100, cap: 5000}\n"
)
COMMAND: Final = (sys.executable, "-c", "from crmsync.cli import main; main()")
PEOPLE: Final = 25
SPEED: Final = 10.0
"""Simulated seconds in a real one: lags and settling pass while a process starts."""
PATIENCE_S: Final = 30.0
TITLES: Final = ("CEO", "CTO", "CFO", "Buyer", "Head of Sales")
CITIES: Final = ("Berlin", "Lyon", "Chicago", "Porto")


class Typists:
    """People on both sides who add and edit all the time, in a thread of their own, drawn from a seed."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self._cluster, self._rng = cluster, random.Random(f"typists-{seed}")
        self._contacts: list[str] = []
        self._leads: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._type, daemon=True)
        self.edits = 0
        for number in range(PEOPLE):
            self._newcomer(number)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _type(self) -> None:
        while not self._over.wait(self._rng.choice((0.01, 0.05, 0.2))):
            if self._rng.random() < 0.1:
                self._newcomer(PEOPLE + self.edits)
            elif self._rng.random() < 0.5:
                with self._cluster.locks["hubspot"]:
                    values = {"jobtitle": self._rng.choice(TITLES)}
                    self._cluster.hubspot.edit("contacts", self._rng.choice(self._contacts), values)
            else:
                with self._cluster.locks["salesforce"]:
                    values = {"City": self._rng.choice(CITIES)}
                    self._cluster.salesforce.edit("Lead", self._rng.choice(self._leads), values)
            self.edits += 1

    def _newcomer(self, number: int) -> None:
        mail, name = f"p{number}@mail.example", f"Person {number}"
        if self._rng.random() < 0.5:
            with self._cluster.locks["hubspot"]:
                values = {"email": mail, "lastname": name, "company": "Acme", "jobtitle": "Buyer"}
                self._contacts.append(self._cluster.hubspot.create("contacts", values))
        else:
            with self._cluster.locks["salesforce"]:
                values = {"Email": mail, "LastName": name, "Company": "Acme", "City": "Lyon"}
                self._leads.append(self._cluster.salesforce.create("Lead", values))


@contextmanager
def desk(cluster: Cluster) -> Iterator[tuple[dict[str, str], Definition, str]]:
    """The environment of commands on the served cluster, the definition and the store's URL."""
    with tempfile.TemporaryDirectory(prefix="crmsync-sigkill-") as made:
        folder = Path(made)
        write_starter(folder / "config")
        overlay = folder / "overlay.yaml"
        overlay.write_text(OVERLAY)
        url = f"sqlite:///{folder / 'crmsync.db'}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CRMSYNC_")}
        own = {
            "CRMSYNC_CONFIG": str(folder / "config"),
            "CRMSYNC_OVERLAY": str(overlay),
            "CRMSYNC_DATABASE_URL": url,
            "CRMSYNC_RUN__INTERVAL_S": "2",
            "CRMSYNC_RUN__SETTLE_S": "5",
        }
        cluster.serve()
        try:
            yield {**inherited, **cluster.env(), **own}, load(folder / "config", overlay), url
        finally:
            cluster.close()


def killed(
    seed: int, kills: int, told: Callable[[], None] = lambda: None
) -> tuple[list[str], dict[str, int]]:
    """Start and kill the daemon so many times under load; what is wrong in the end, and counts of what happened."""
    cluster = Cluster(seed, speed=SPEED)
    rng = random.Random(f"sigkill-{seed}")
    typists = Typists(cluster, seed)
    with desk(cluster) as (environment, definition, url):
        _run(environment, "setup", "--apply")
        typists.start()
        for number in range(kills):
            _one_life(cluster, environment, rng, write=number % 4 != 3)
            told()
        typists.stop()
        wrong = _calmed(cluster, environment)
        store = open_store(url)
        wrong += [
            f"{v.invariant} {v.record}: {v.detail}" for v in judge(cluster, expectation(definition, store))
        ]
        store.close()
    people = ("contacts", "Lead", "Contact")
    writes = sum(e.actor == "api" and e.object in people for e in cluster.ledger.entries)
    return wrong, {"SIGKILL": kills, "edits under load": typists.edits, "writes under load": writes}


def _one_life(cluster: Cluster, environment: dict[str, str], rng: random.Random, *, write: bool) -> None:
    """A daemon that is killed a moment after its next write, or at any moment after its start."""
    mark = len(cluster.ledger.entries)
    process = subprocess.Popen(
        [*COMMAND, "run"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + (PATIENCE_S if write else rng.uniform(0.5, 2.5))
        wanted = rng.choice((1, 1, 2, 5, 20))
        while time.monotonic() < end and process.poll() is None:
            new = cluster.ledger.since(mark)
            if write and sum(e.actor == "api" for e in new) >= wanted:
                time.sleep(rng.choice((0.0, 0.001, 0.01, 0.05)))
                break
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()


def _calmed(cluster: Cluster, environment: dict[str, str]) -> list[str]:
    """Nobody types any more: cycles until one writes nothing."""
    cluster.clock.run(0.0)
    for _ in range(8):
        cluster.clock.advance(3700.0)
        report = json.loads(_run(environment, "sync", "--approve", "--json"))
        if not any(side["create"] + side["update"] for side in report["applied"].values()):
            return []
    return ["I1 still writing after 8 calm cycles"]


def _run(environment: dict[str, str], *argv: str) -> str:
    done = subprocess.run([*COMMAND, *argv], env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"crmsync {' '.join(argv)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def main() -> int:
    """`python tests/soak/daemon.py SEED KILLS`: one world alone."""
    wrong, happened = killed(int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write("\n".join((str(happened), *wrong, "")))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
