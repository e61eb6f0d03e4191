"""`python -m tests.benchmarks.latency`: how busy are the vendors kept when each of their replies takes 200 ms?

A first load Salesforce -> HubSpot over loopback with HubSpot's own limits switched on, with one call under way, with
four, and with four where the limit is below what they could make. The figures: batches a second, the most calls in any
ten seconds, and how many were refused as too many. CRMSYNC_BENCH_PEOPLE sets the size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import requests
from tests.benchmarks.__main__ import Pace

from crmsync.app import Transports, build_engine
from crmsync.cli.common import close, settings
from crmsync.connectors.transport import Governor
from crmsync.definition.starter import write_starter
from crmsync.sync.cycle import Writer, sync_cycle, writing
from crmsync.sync.flights import Threads
from crmsync.sync.setup import prepare

PEOPLE = int(os.environ.get("CRMSYNC_BENCH_PEOPLE", "6000"))
LATENCY_S = 0.2
WINDOW_S = 10.0
ACCOUNT, TIGHT = 190, 40
"""Calls in any ten seconds: what a professional account may make, and so few that four under way would make more."""


@contextmanager
def simulators(limit: int) -> Iterator[dict[str, Any]]:
    """A served Salesforce with PEOPLE Leads beside an empty HubSpot that counts; every reply takes its time."""
    command = [sys.executable, "-c", "from crmsync.cli import main; main()", "simulate", "--speed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            leads = [
                {"Email": f"p{n}@a.example", "LastName": f"Lee {n}", "Company": "Acme"} for n in range(PEOPLE)
            ]
            for start in range(0, PEOPLE, 1000):
                body = {"side": "salesforce", "object": "Lead", "records": leads[start : start + 1000]}
                _post(told, "create", body)
            _post(told, "switches", {"hubspot": {"rate_limits": True, "burst_per_10_s": limit}})
            _post(told, "faults", {"kind": "slow", "count": 0, "delay_s": LATENCY_S, "stall_s": LATENCY_S})
            yield told
        finally:
            process.terminate()


def _post(told: dict[str, Any], what: str, body: Any) -> None:
    requests.post(f"{told['admin_url']}/admin/{what}", json=body, timeout=120).raise_for_status()


def measured(width: int, limit: int) -> tuple[float, int, int]:
    """(seconds that the writes took, the most calls to HubSpot in ten seconds, batches sent more than once)."""
    with tempfile.TemporaryDirectory() as name, simulators(limit) as told:
        folder = Path(name)
        write_starter(folder / "config")
        os.environ.update(told["env"])
        os.environ["CRMSYNC_CONFIG"] = str(folder / "config")
        os.environ["CRMSYNC_OVERLAY"] = str(folder / "config" / "overlays" / "everybody.yaml")
        os.environ["CRMSYNC_DATABASE_URL"] = f"sqlite:///{folder / 'bench.db'}"
        chosen = settings()
        made = build_engine(chosen, transports=Transports(clock=Pace(str(chosen.clock_url), 1.0)))
        made = replace(made, flights=Threads(width))
        prepare(made, apply=True)
        starts: list[float] = []
        spans: list[tuple[float, float]] = []
        hub: Any = made.connectors["hubspot"]
        write, take = hub.write, Governor.take

        def timed(*arguments: Any) -> Any:
            begun = time.monotonic()
            try:
                return write(*arguments)
            finally:
                spans.append((begun, time.monotonic()))

        def taken(self: Governor) -> None:
            take(self)
            starts.append(time.monotonic())

        hub.write, Governor.take = timed, taken  # type: ignore[method-assign]
        try:
            with writing(made, Writer("bench")) as generation:
                report, _ = sync_cycle(made, generation, approve=True)
        finally:
            Governor.take = take  # type: ignore[method-assign]
        again = hub.calls_by_purpose()["create"] - ceil(PEOPLE / 100)
        close(made)
        assert report.applied["hubspot"].create == PEOPLE, report
    most = max(sum(one <= other < one + WINDOW_S for other in starts) for one in starts)
    return max(end for _, end in spans) - min(begun for begun, _ in spans), most, again


def main() -> None:
    batches = ceil(PEOPLE / 100)
    sys.stdout.write(f"{batches} batches of 100, each reply {LATENCY_S:g} s late\n")
    for width, limit in ((1, ACCOUNT), (4, ACCOUNT), (4, TIGHT)):
        seconds, most, again = measured(width, limit)
        sys.stdout.write(
            f"{width} under way, {limit:3} calls in {WINDOW_S:g} s allowed: {seconds:6.1f} s, {batches / seconds:5.1f} batches/s, at most {most} made, "
            f"{again} refused\n"
        )


if __name__ == "__main__":
    main()
