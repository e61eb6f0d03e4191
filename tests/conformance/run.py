"""`make conformance`: clients published by others, unmodified, against the simulators over loopback HTTP.

Each client meets simulators of its own. Prints a table; ends with 1 when a check failed, with 3 when all that ran
passed but some clients could not run (no Node here).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance_bench import bench

HERE: Final = Path(__file__).parent
LONGEST_S: Final = 170
NODE: Final = {
    "@hubspot/api-client": "hubspot_node.mjs",
    "jsforce": "jsforce_node.mjs",
    "@jetstreamapp/soql-parser-js": "soql_node.mjs",
    "@salesforce/plugin-schema": "describe_node.mjs",
}
PYTHON: Final = {
    "hubspot-api-client": "test_conformance_hubspot.py",
    "simple-salesforce": "test_conformance_salesforce.py",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one check; `error` is empty unless it failed."""

    check: str
    error: str = ""


def main() -> int:
    """Run what can run here and say what became of it."""
    node = shutil.which("node") and shutil.which("npm")
    clients: list[tuple[str, Callable[[], list[Told]]]] = [
        (name, lambda file=file: by_pytest(file)) for name, file in PYTHON.items()
    ]
    if node:
        npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
        clients += [(name, lambda file=file: by_node(file)) for name, file in NODE.items()]
    failed = 0
    say(f"{'client':<36}{'passed':>8}{'failed':>8}")
    for name, run in clients:
        told = run()
        wrong = [each for each in told if each.error]
        failed += len(wrong)
        say(f"{labelled(name):<36}{len(told) - len(wrong):>8}{len(wrong):>8}")
        for each in wrong:
            say(f"    FAILED {each.check}\n{indented(each.error)}")
    if not node:
        say(f"not run: {', '.join(NODE)}: there is no node and npm on this machine")
    return 1 if failed else 0 if node else 3


def by_pytest(file: str) -> list[Told]:
    """The checks of a pytest file; none at all is a failure."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-n", "0", "-q", f"--junitxml={report}", str(HERE / file)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
    told = []
    for case in cases:
        bad = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
        told.append(Told(case.get("name", "?"), "" if bad is None else bad.get("message") or bad.tag))
    if (ran.returncode and not any(each.error for each in told)) or not told:
        told.append(Told(file, f"pytest ended with {ran.returncode}\n{ran.stdout[-2000:]}"))
    return told


def by_node(file: str) -> list[Told]:
    """The checks of a Node script: a line of JSON for each."""
    with bench() as around:
        ran = subprocess.run(
            ["node", str(HERE / file)],
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
            env={**os.environ, **around},
            cwd=HERE,
        )
    told = [Told(line["check"], line.get("error", "")) for line in lines(ran.stdout)]
    if ran.returncode or not told:
        told.append(Told(file, f"node ended with {ran.returncode}\n{ran.stderr[-2000:]}"))
    return told


def lines(text: str) -> Iterator[dict[str, str]]:
    for line in text.splitlines():
        if line.startswith('{"check"'):
            yield json.loads(line)


def npm(*words: str) -> None:
    subprocess.run(["npm", *words], cwd=HERE, check=True)


def labelled(name: str) -> str:
    """A client with its version."""
    installed = HERE / "node_modules" / name / "package.json"
    if installed.exists():
        return f"{name} {json.loads(installed.read_text('utf-8'))['version']}"
    from importlib.metadata import version

    return f"{name} {version(name)}"


def indented(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.splitlines()[:12])


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
