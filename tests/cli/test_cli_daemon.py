"""`crmsync run`: one at a time on a store, JSON lines without personal data, a clean end within seconds."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

from cli_desk import Crms, at_once, crms, desk

END_S = 10


def wait_for_cycle(process: Any) -> list[str]:
    """The log up to the first whole cycle."""
    lines: list[str] = []
    while not lines or '"event": "cycle"' not in lines[-1]:
        line = process.stderr.readline()
        assert line, lines
        lines.append(line)
    return lines


def personal(simulated: Crms) -> set[str]:
    """Names and addresses that must not be in a log."""
    people = simulated.people()
    hub = {str(r.get(name) or "") for r in people["hubspot"] for name in ("email", "phone")}
    return {value for value in hub if len(value) > 5}


def test_a_daemon_holds_its_store_alone_and_ends_cleanly(tmp_path: Path) -> None:
    with crms("--people", "20") as simulated:
        here = desk(tmp_path, simulated)
        here.run("setup", "--apply")
        with here.start("run", CRMSYNC_RUN__INTERVAL_S="60") as process:
            try:
                lines = wait_for_cycle(process)
                second, sync = at_once(
                    partial(here.run, "run", code=4), partial(here.run, "sync", "--json", code=4)
                )
                started = time.monotonic()
                process.terminate()
                out, rest = process.communicate(timeout=END_S)
            finally:
                process.kill()
        assert process.returncode == 0
        assert time.monotonic() - started < END_S
        assert "works on this store" in second.words and "what to do: " in second.err
        assert sync.json["error"]["kind"] == "lease"
        assert out == ""
        log = [json.loads(line) for line in [*lines, *rest.splitlines()]]
        assert [e["event"] for e in log] == ["started", "cycle", "stopped"]
        assert log[1]["writes"] > 0
        told = "".join(lines) + rest
        assert not [value for value in personal(simulated) if value in told]
        here.run("sync")


def test_a_daemon_is_not_kept_by_a_vendor_who_asks_it_to_wait(tmp_path: Path) -> None:
    with crms("--people", "2") as simulated:
        here = desk(tmp_path, simulated)
        simulated.admin("faults", side="hubspot", kind="rate_limit", retry_after=300, count=0)
        with here.start("run") as process:
            try:
                assert "started" in process.stderr.readline()
                time.sleep(1.0)
                process.terminate()
                _, rest = process.communicate(timeout=END_S)
            finally:
                process.kill()
        assert process.returncode == 0
        assert json.loads(rest.splitlines()[-1])["event"] == "stopped"
