"""`crmsync demo`: one command for somebody who has never seen it, in JSON and on a terminal with its progress."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

from cli_desk import CRMSYNC, Desk

KEYS = {"people", "writes", "api_calls", "stages", "second_cycle_writes", "violations", "seconds"}
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_a_terminal(folder: Path, *argv: str) -> str:
    """What `crmsync argv` writes to a terminal of eighty columns, control sequences left out."""
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        [CRMSYNC, *argv],
        cwd=folder,
        env=Desk(folder).environment({"TERM": "xterm-256color"}),
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
    ) as process:
        os.close(its_end)
        shown = bytearray()
        try:
            while part := os.read(terminal, 65536):
                shown += part
        except OSError:
            pass  # the terminal ends with its program
    os.close(terminal)
    assert process.returncode == 0
    return CONTROL.sub("", shown.decode())


def test_the_demo_as_json(tmp_path: Path) -> None:
    ran = Desk(tmp_path).run("demo", "--people", "50", "--json")
    assert set(ran.json) >= KEYS
    assert set(ran.json["people"]) == {"hubspot", "leads", "contacts", "linked"}
    assert ran.json["second_cycle_writes"] == 0 and ran.json["violations"] == []
    assert ran.err == ""
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_the_demo_on_a_terminal_shows_how_far_it_is_and_fits(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path, "demo", "--people", "200")
    stages = ("inventing people", "reading salesforce", "planning", "writing", "judging")
    assert [stage for stage in stages if stage in shown] == list(stages)
    told = shown[shown.rindex("crmsync demo") :]
    assert max(len(line.rstrip()) for line in told.splitlines()) <= 80
    assert "known to be the same person" in told and "a second cycle wrote 0 records" in told
