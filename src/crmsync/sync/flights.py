"""Calls that are in flight together: who makes them, and how many at once. Knows neither a CRM nor the journal.

One control thread starts a flight and waits for all of it before anything is recorded, so the journal is never
written by two. One call after the other, the default, is what makes a simulation say the same twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from crmsync.errors import CrmsyncError

T = TypeVar("T")


class Flights(Protocol):
    """Makes calls, at most `width` of them at a time."""

    @property
    def width(self) -> int: ...

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | CrmsyncError]:
        """The result of each call in the order given, or the error of ours that it raised.

        Whatever else a call raises is raised when all have ended: nobody knows what it means, so nothing follows it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Serial:
    """One call after the other, in this thread. `width` is how many the engine prepares together."""

    width: int = 1

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | CrmsyncError]:
        return [_outcome(call) for call in calls]


@dataclass(frozen=True, slots=True)
class Threads:
    """A thread for each call of a flight; the threads end with it."""

    width: int

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | CrmsyncError]:
        if len(calls) < 2 or self.width < 2:
            return [_outcome(call) for call in calls]
        with ThreadPoolExecutor(min(self.width, len(calls)), "crmsync-flight") as pool:
            started = [pool.submit(_outcome, call) for call in calls]
        return [one.result() for one in started]


def _outcome(call: Callable[[], T]) -> T | CrmsyncError:
    try:
        return call()
    except CrmsyncError as error:
        return error
