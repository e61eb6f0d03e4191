"""Builders for tests of the command line: a desk where an admin works, and the simulated CRMs over real HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

CRMSYNC = Path(sys.executable).with_name("crmsync")
SECRETS = ("CRMSYNC_HUBSPOT__ACCESS_TOKEN", "CRMSYNC_SALESFORCE__CONSUMER_SECRET")
WAIT_S = 60


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command did."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout; anything else there fails the test."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Stderr in one line, however it was wrapped."""
        return " ".join(self.err.split())


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with its definition, its store and the environment of the commands that run in it."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, *argv: str, code: int | None = 0, **env: str) -> Ran:
        """Run `crmsync argv`; the exit code must be `code` (None: any). No secret and no traceback is ever shown."""
        settings = self.environment(env)
        done = subprocess.run(
            [CRMSYNC, *argv],
            cwd=self.folder,
            env=settings,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        ran = Ran(argv, done.returncode, done.stdout, done.stderr)
        shown = ran.out + ran.err
        assert "Traceback" not in shown and "Warning" not in shown, shown
        for name in SECRETS:
            assert not settings.get(name) or settings[name] not in shown, name
        assert code is None or ran.code == code, (argv, ran)
        return ran

    def start(self, *argv: str, **env: str) -> subprocess.Popen[str]:
        """Start `crmsync argv` and leave it running."""
        return subprocess.Popen(
            [CRMSYNC, *argv],
            cwd=self.folder,
            env=self.environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The variables of a command: nothing of the test's own environment but where programs are."""
        own = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ
        }
        return {**own, "COLUMNS": "80", **self.env, **more}


def at_once(*runs: Any) -> list[Any]:
    """Call each function; two at a time, because a command is mostly imports."""
    with ThreadPoolExecutor(2) as pool:
        return [each.result() for each in [pool.submit(run) for run in runs]]


@dataclass(frozen=True, slots=True)
class Crms:
    """Both simulated CRMs, seen through their admin port."""

    first_line: Mapping[str, Any]

    @property
    def env(self) -> dict[str, str]:
        return dict(self.first_line["env"])

    def admin(self, path: str, **body: Any) -> Any:
        """One call to the admin port; with a body it is a POST."""
        url = f"{self.first_line['admin_url']}/admin/{path}"
        reply = requests.post(url, json=body, timeout=30) if body else requests.get(url, timeout=30)
        assert reply.ok, reply.text
        return reply.json()

    def people(self) -> dict[str, list[dict[str, Any]]]:
        """Live people by side."""
        state = self.admin("state")
        sales = state["salesforce"]
        return {
            "hubspot": [r for r in state["hubspot"]["contacts"] if not r.get("archived")],
            "salesforce": [
                {**r, "object": obj}
                for obj in ("Lead", "Contact")
                for r in sales[obj]
                if not r.get("IsDeleted") and not r.get("IsConverted")
            ],
        }

    def counts(self) -> dict[str, int]:
        """Live people by side, counted."""
        return {side: len(rows) for side, rows in self.people().items()}

    def mark(self) -> int:
        """Where the ledger ends now."""
        return len(self.admin("ledger")["entries"])

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        """What was written through the APIs, set-up included, since a mark."""
        return [e for e in self.admin(f"ledger?since={since}")["entries"] if e["actor"] == "api"]


@contextmanager
def crms(*options: str) -> Iterator[Crms]:
    """`crmsync simulate` with its ports chosen freely, ended with the block."""
    with subprocess.Popen(
        [CRMSYNC, "simulate", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Crms(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.communicate(timeout=10)


def desk(folder: Path, simulated: Crms | None = None, *, everybody: bool = False, **env: str) -> Desk:
    """A desk with the default definition, pointed at the simulated CRMs."""
    made = Desk(folder, {**(simulated.env if simulated else {}), **env})
    made.run("init")
    overlay = {"CRMSYNC_OVERLAY": "config/overlays/everybody.yaml"} if everybody else {}
    return Desk(folder, {**made.env, **overlay})


def agreement(people: Mapping[str, list[dict[str, Any]]]) -> tuple[int, list[str]]:
    """How many people are on both sides, and what is wrong with the others or between the two.

    People are paired by the id of the first record that a key names, else by address: whoever was there already
    carries a key only from the next ordinary write on.
    """
    origin = {str(r.get("crmsync_id__c") or "").rpartition(":")[2]: r for r in people["salesforce"]}
    named = {str(r["Id"]): r for r in people["salesforce"]}
    mailed = {str(r.get("Email") or r["Id"]).lower(): r for r in people["salesforce"]}
    wrong, paired = [], set()
    for contact in people["hubspot"]:
        key = str(contact.get("crmsync_id") or "").rpartition(":")[2]
        mail = str(contact.get("email") or "").lower()
        theirs = origin.get(str(contact["id"])) or named.get(key) or mailed.get(mail)
        if theirs is None or theirs["Id"] in paired:
            wrong.append(f"contact {contact['id']} has no counterpart of its own")
            continue
        paired.add(theirs["Id"])
        for ours, name in (("email", "Email"), ("firstname", "FirstName"), ("lastname", "LastName")):
            one, other = str(contact.get(ours) or "").strip(), str(theirs.get(name) or "").strip()
            if one.lower() != other.lower():
                wrong.append(f"{ours} of contact {contact['id']} differs")
    lonely = [r for r in people["salesforce"] if r["Id"] not in paired]
    return len(paired), wrong + [f"{r['object']} {r['Id']} has no counterpart" for r in lonely]
