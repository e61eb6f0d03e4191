"""Pulling the plug of an engine at a chosen step: a commit, or a write that the vendor carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from crmsync.sync.engine import Engine


class PlugPulledError(BaseException):
    """The process ends here."""


class Fuse:
    """Counts steps, and ends the process at the chosen one. A step is a commit or a write that the vendor carried out."""

    def __init__(self, at: int) -> None:
        self.at, self.steps = at, 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise PlugPulledError


@contextmanager
def fused(engine: Engine, fuse: Fuse) -> Iterator[None]:
    """Let the fuse count the engine's commits and writes."""
    patch = pytest.MonkeyPatch()
    begin = engine.store.transaction

    @contextmanager
    def transaction() -> Iterator[Any]:
        with begin() as tx:
            yield tx
        fuse.step()

    patch.setattr(type(engine.store), "transaction", lambda _: transaction())
    for connector in engine.connectors.values():
        patch.setattr(connector, "write", _counting(connector.write, fuse), raising=False)
    try:
        yield
    finally:
        patch.undo()


def _counting(write: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    def called(obj: str, writes: Sequence[Any]) -> Any:
        results = write(obj, writes)
        fuse.step()
        return results

    return called
