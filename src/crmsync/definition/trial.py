"""Tries an expression in a child process with one second of CPU, because CEL itself knows no time limit.

Used at load and by `validate` for expressions with a loop only; ordinary loading starts no process.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import Final

from crmsync.errors import CrmsyncError
from crmsync.mapping.expression import MAX_TEXT
from crmsync.mapping.fields.types import Place
from crmsync.mapping.rule import Rule

CPU_SECONDS: Final = 1
WALL_SECONDS: Final = 30
"""The child's start-up is not counted as the expression's time; a busy machine may take long for it."""


class TrialError(CrmsyncError):
    """An expression took too long on large values; make it simpler."""


def trial(rule: Rule) -> None:
    """Run the expression on large values. Raises TrialError when it takes more than one second of CPU."""
    done = None
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            [sys.executable, "-m", "crmsync.definition.trial"],
            input=rule.text.encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    if done is None or done.returncode != 0:
        raise TrialError(
            f"the expression needs more than {CPU_SECONDS} s on large values; make its loop smaller"
        )


def _child() -> None:
    """Read an expression, limit the CPU, evaluate it once with the largest values there are."""
    import signal

    rule = Rule.compile(sys.stdin.read(), Place("trial", 1, 1))
    # The signal ends the process even while CEL runs and no Python does.
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    large = "a b@c.example;" * (MAX_TEXT // 14)
    rule.value({variable: dict.fromkeys(names, large) for variable, names in rule.reads.items()})


if __name__ == "__main__":
    _child()
