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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

from conformance_bench import bench

HERE: Final = Path(__file__).parent
LONGEST_S: Final = 170
PYTEST: Final = {
    "hubspot-api-client": ("test_conformance_hubspot_records.py", "test_conformance_hubspot_portal.py"),
    "simple-salesforce": (
        "test_conformance_salesforce_records.py",
        "test_conformance_salesforce_resources.py",
        "test_conformance_salesforce_orgs.py",
    ),
}
ALONE: Final = {"hubspot-sdk": "hubspot_sdk_client.py"}
"""In an environment of its own: an alpha, whose requirements are none of ours."""
NODE: Final = {
    "@hubspot/api-client": ("hubspot_records.mjs", "hubspot_portal.mjs"),
    "jsforce": ("jsforce_records.mjs", "jsforce_resources.mjs"),
    "@jetstreamapp/soql-parser-js": ("soql_node.mjs",),
    "@salesforce/plugin-schema": ("describe_node.mjs",),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one check; `error` is empty unless it failed."""

    check: str
    error: str = ""


def main() -> int:
    """Run what can run here and say what became of it."""
    failed = 0
    say(f"{'client':<36}{'passed':>8}{'failed':>8}")
    for name, run in clients():
        told = run()
        wrong = [each for each in told if each.error]
        failed += len(wrong)
        say(f"{labelled(name):<36}{len(told) - len(wrong):>8}{len(wrong):>8}")
        for each in wrong:
            say(f"    FAILED {each.check}\n{indented(each.error)}")
    if not has_node():
        say(f"not run: {', '.join(NODE)}: there is no node and npm on this machine")
    return 1 if failed else 0 if has_node() else 3


def clients() -> Iterator[tuple[str, Callable[[], list[Told]]]]:
    """Each client that can run here, made ready just before its turn."""
    for name, files in PYTEST.items():
        yield name, partial(by_pytest, files)
    for name, file in ALONE.items():
        yield name, partial(by_script, [str(own_python()), file], ids_as_text=True)
    if has_node():
        made = HERE / "node_modules" / ".done"
        if older(made, HERE / "package-lock.json"):
            done("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
            made.touch()
        for name, files in NODE.items():
            yield name, partial(by_node, files)


def has_node() -> bool:
    return bool(shutil.which("node") and shutil.which("npm"))


def own_python() -> Path:
    """The interpreter of the environment for ALONE, which is made when it is not there or its lock is newer."""
    place, lock = HERE / ".venv-sdk", HERE / "hubspot_sdk.lock"
    python, stamp = place / "bin" / "python", place / ".done"
    if older(stamp, lock):
        done(sys.executable, "-m", "venv", "--clear", str(place))
        quiet = ("--quiet", "--disable-pip-version-check")
        done(str(python), "-m", "pip", "install", *quiet, "--require-hashes", "-r", str(lock))
        stamp.touch()
    return python


def older(made: Path, lock: Path) -> bool:
    """Whether something is not made yet, or from another lock."""
    return not made.exists() or made.stat().st_mtime < lock.stat().st_mtime


def done(*command: str) -> None:
    """A step of preparation. Raises CalledProcessError."""
    subprocess.run(command, cwd=HERE, check=True, stdout=sys.stderr)


def by_pytest(files: Sequence[str]) -> list[Told]:
    """The checks of pytest files; none at all is a failure."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-n", "0", "-q", f"--junitxml={report}"]
        paths = [str(HERE / file) for file in files]
        ran = subprocess.run(
            [*command, *paths], capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
        cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
    told = []
    for case in cases:
        bad = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
        told.append(Told(case.get("name", "?"), "" if bad is None else bad.get("message") or bad.tag))
    if (ran.returncode and not any(each.error for each in told)) or not told:
        told.append(Told(files[0], f"pytest ended with {ran.returncode}\n{ran.stdout[-2000:]}"))
    return told


def by_script(command: list[str], *, ids_as_text: bool = False) -> list[Told]:
    """The checks of a script: a line of JSON for each."""
    with bench(ids_as_text=ids_as_text) as around:
        ran = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
            env={**os.environ, **around},
            cwd=HERE,
        )
    told = [Told(line["check"], line.get("error", "")) for line in lines(ran.stdout)]
    if ran.returncode or not told:
        told.append(Told(command[-1], f"it ended with {ran.returncode}\n{ran.stderr[-2000:]}"))
    return told


def by_node(files: Sequence[str]) -> list[Told]:
    """The checks of several Node scripts; each meets simulators of its own."""
    return [told for file in files for told in by_script(["node", file])]


def lines(text: str) -> Iterator[dict[str, str]]:
    for line in text.splitlines():
        if line.startswith('{"check"'):
            yield json.loads(line)


def labelled(name: str) -> str:
    """A client with its version."""
    package = HERE / "node_modules" / name / "package.json"
    if name in NODE:
        return f"{name} {json.loads(package.read_text('utf-8'))['version']}"
    if name in ALONE:
        return (HERE / "hubspot_sdk.in").read_text("utf-8").strip().replace("==", " ")
    return f"{name} {version(name)}"


def indented(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.splitlines()[:12])


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
