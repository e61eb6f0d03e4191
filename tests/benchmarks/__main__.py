"""`make bench`: a first load HubSpot -> Salesforce over loopback, against a bare list-and-upsert script in the same run.

The simulators run in a process of their own, so only the client's CPU is measured. Figures: calls against the
arithmetic floor, and records per second of client CPU with their ratio. CRMSYNC_BENCH_PEOPLE sets the size.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import hubspot
import requests
import simple_salesforce

from crmsync.clock import OutsideClock
from crmsync.definition.starter import write_starter

SPEED = 60
PEOPLE = int(os.environ.get("CRMSYNC_BENCH_PEOPLE", "10000"))
FIELDS = ("email", "firstname", "lastname", "jobtitle", "company", "phone", "city", "country")
NATIVE = ("Email", "FirstName", "LastName", "Title", "Company", "Phone", "City", "Country")


@contextmanager
def simulators() -> Iterator[dict[str, Any]]:
    """A served HubSpot with PEOPLE contacts beside an empty Salesforce; yields `simulate`'s first line."""
    command = [
        sys.executable,
        "-c",
        "from crmsync.cli import main; main()",
        "simulate",
        "--speed",
        str(SPEED),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        for start in range(0, PEOPLE, 1000):
            some = [_person(n) for n in range(start, min(start + 1000, PEOPLE))]
            body = {"side": "hubspot", "object": "contacts", "records": some}
            requests.post(f"{told['admin_url']}/admin/create", json=body, timeout=60).raise_for_status()
        try:
            yield told
        finally:
            process.terminate()


def _person(number: int) -> dict[str, str]:
    return {
        "email": f"p{number}@a.example",
        "firstname": "Ann",
        "lastname": f"Lee {number}",
        "jobtitle": "Head of Operations",
        "company": "Acme",
        "phone": f"+1 415 555 {number % 10000:04}",
        "city": "Bonn",
        "country": "Germany",
    }


def bare(told: dict[str, Any]) -> float:
    """List and upsert through the vendors' own clients, nothing remembered; seconds of client CPU."""
    env = told["env"]
    token = requests.post(
        f"{told['salesforce_url']}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": env["CRMSYNC_SALESFORCE__CONSUMER_KEY"],
            "client_secret": env["CRMSYNC_SALESFORCE__CONSUMER_SECRET"],
        },
        timeout=60,
    ).json()["access_token"]
    session = requests.Session()
    session.mount("https://", _PlainHttp())
    org = simple_salesforce.Salesforce(
        instance=told["salesforce_url"].removeprefix("http://"),
        session_id=token,
        version="62.0",
        session=session,
    )
    portal = hubspot.HubSpot(access_token=env["CRMSYNC_HUBSPOT__ACCESS_TOKEN"], host=told["hubspot_url"])
    pages, waiting, after = portal.crm.contacts.basic_api, [], None
    started = time.process_time()
    while True:
        page = pages.get_page(limit=100, properties=list(FIELDS), **({"after": after} if after else {}))
        for row in page.results:
            values = {n: row.properties.get(f) for f, n in zip(FIELDS, NATIVE, strict=True)}
            waiting.append({"attributes": {"type": "Lead"}, "crmsync_id__c": f"bare:{row.id}", **values})
        after = page.paging.next.after if page.paging else None
        while len(waiting) >= (200 if after else 1):
            body = {"allOrNone": False, "records": waiting[:200]}
            done = org.restful("composite/sobjects/Lead/crmsync_id__c", method="PATCH", json=body)
            assert all(row["success"] for row in done), done[:1]
            del waiting[:200]
        if not after:
            return time.process_time() - started


class Pace:
    """The simulators' clock, asked once and then kept here: a daemon's clock costs no calls, so neither does this."""

    def __init__(self, url: str, speed: float) -> None:
        self._start = OutsideClock(url).now()
        self._since, self._speed = time.monotonic(), speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds / self._speed)


class _PlainHttp(requests.adapters.HTTPAdapter):
    """simple-salesforce speaks https only; the simulator is plain http on loopback."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, *args, **kwargs)


def engine(told: dict[str, Any], folder: Path) -> tuple[float, dict[str, Any]]:
    """One `crmsync sync --approve`, its import and start-up left out; seconds of client CPU and its report."""
    for name, value in told["env"].items():
        os.environ[name] = value
    write_starter(folder / "config")
    os.environ["CRMSYNC_CONFIG"] = str(folder / "config")
    os.environ["CRMSYNC_OVERLAY"] = str(folder / "config" / "overlays" / "everybody.yaml")
    os.environ["CRMSYNC_DATABASE_URL"] = f"sqlite:///{folder / 'bench.db'}"
    from crmsync.app import Transports, build_engine
    from crmsync.cli.common import close, settings, spare_collector
    from crmsync.sync.cycle import Writer, sync_cycle, writing
    from crmsync.sync.flights import Threads
    from crmsync.sync.setup import prepare

    chosen = settings()
    clock = Pace(str(chosen.clock_url), SPEED)
    made = replace(
        build_engine(chosen, transports=Transports(clock=clock)), flights=Threads(chosen.run.in_flight)
    )
    prepare(made, apply=True)
    with writing(made, Writer("bench")) as generation:
        before = gc.get_threshold()
        spare_collector()
        started = time.process_time()
        report, _ = sync_cycle(made, generation, approve=True)
        spent = time.process_time() - started
        gc.set_threshold(*before)
    close(made)
    return spent, report.as_json()


def main() -> None:
    with tempfile.TemporaryDirectory() as name, simulators() as told:
        spent, report = engine(told, Path(name))
        most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        plain = bare(told)
    calls, setup = sum(report["api_calls"].values()), sum(report["setup_calls"].values())
    floor = ceil(PEOPLE / 100) + 3 + ceil(PEOPLE / 200)
    created = report["applied"]["salesforce"]["create"]
    rows = [
        ("people created", f"{created:,} of {PEOPLE:,}"),
        ("calls, set-up apart", f"{calls - setup} (floor {floor}, ratio {(calls - setup) / floor:.2f})"),
        ("calls of the set-up", f"{setup}"),
        ("records/s of client CPU", f"{PEOPLE / spent:,.0f}"),
        ("the bare script's", f"{PEOPLE / plain:,.0f}"),
        ("ratio", f"{plain / spent:.2f}"),
        ("most memory (RSS)", f"{most_mb:.0f} MB"),
    ]
    sys.stdout.writelines(f"{label:<26}{value}\n" for label, value in rows)


if __name__ == "__main__":
    main()
