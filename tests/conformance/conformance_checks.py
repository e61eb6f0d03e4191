"""A list of checks, run in order, each told as one line of JSON: checks.mjs for Python. Needs nothing but Python."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import TypeVar

Check = Callable[[], None]
Refusal = TypeVar("Refusal", bound=Exception)

_checks: list[Check] = []
_running: list[str] = []


def check(run: Check) -> Check:
    """A check: it passes by returning."""
    _checks.append(run)
    return run


def running() -> str:
    """The name of the check under way, for what must differ from check to check."""
    return _running[-1]


def refused(kind: type[Refusal], run: Callable[[], object]) -> Refusal:
    """What a call is refused with. Raises AssertionError when it is not."""
    try:
        told = run()
    except kind as error:
        return error
    raise AssertionError(f"was not refused: {told!r}")


def report() -> None:
    """Run all checks; a failure stops none of the others."""
    for run in _checks:
        _running.append(run.__name__.replace("_", "-"))
        told = {"check": run.__name__.replace("_", " ")}
        try:
            run()
        except Exception:
            told["error"] = traceback.format_exc(limit=-3)
        sys.stdout.write(json.dumps(told) + "\n")
