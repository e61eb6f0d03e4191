"""What both vendor folders need around a batch of writes: waves without doubles, bisection, texts made safe.

Knows no vendor and makes no call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from crmsync.errors import QuotaError, TransientError
from crmsync.model.records import Verdict, Write, WriteResult

T = TypeVar("T")


class Rejects(Exception):
    """The vendor refused a whole batch because of some of its rows.

    `blamed` are the native fields that make every row carrying them bad (a field that does not exist, or is
    read-only). `answer` gives the result when the batch holds one row only.
    """

    def __init__(self, answer: Callable[[Write], WriteResult], blamed: frozenset[str] = frozenset()) -> None:
        super().__init__("batch refused")
        self.answer = answer
        self.blamed = blamed


class Send(Protocol):
    """One call for a batch. Raises Rejects, TransientError, FatalError."""

    def __call__(self, writes: Sequence[Write]) -> list[WriteResult]: ...


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def waves(writes: Sequence[Write]) -> list[list[Write]]:
    """The writes in rounds without two of one record or key: a vendor refuses a batch with doubles."""
    rounds: list[list[Write]] = []
    depth: dict[str, int] = {}
    for write in writes:
        mark = (write.id or write.key or f"#{write.ref}").lower() if write.id is None else write.id
        at = depth.get(mark, 0)
        depth[mark] = at + 1
        if at == len(rounds):
            rounds.append([])
        rounds[at].append(write)
    return rounds


def send_all(writes: Sequence[Write], size: int, send: Send) -> list[WriteResult]:
    """One result for each write. A refused batch is split until only its bad rows have failed.

    When a later call fails for now, what is known already is kept and the rest is answered TRANSIENT; when the
    first does, its error is raised.
    """
    results: list[WriteResult] = []
    pending = [list(part) for wave in waves(writes) for part in chunks(wave, size)]
    while pending:
        batch = pending.pop(0)
        try:
            results.extend(send(batch))
        except Rejects as refused:
            done, again = _split(batch, refused)
            results.extend(done)
            pending[:0] = again
        except TransientError as failed:
            if not results:
                raise
            results.extend(later(batch, str(failed), maybe_written=failed.maybe_written))
            if isinstance(failed, QuotaError) or failed.retry_after:
                results.extend(r for rest in pending for r in later(rest, str(failed), maybe_written=False))
                break
    return results


def later(writes: Iterable[Write], message: str, *, maybe_written: bool) -> list[WriteResult]:
    """TRANSIENT for each write."""
    return [
        WriteResult(w.ref, Verdict.TRANSIENT, id=w.id, message=message, maybe_written=maybe_written)
        for w in writes
    ]


def _split(batch: list[Write], refused: Rejects) -> tuple[list[WriteResult], list[list[Write]]]:
    """(answers, batches to send): the rows with a blamed field are answered; without one, two halves."""
    if len(batch) == 1:
        return [refused.answer(batch[0])], []
    bad = [w for w in batch if refused.blamed & w.values.keys()]
    if bad:
        good = [w for w in batch if not refused.blamed & w.values.keys()]
        return [refused.answer(w) for w in bad], [good] if good else []
    middle = len(batch) // 2
    return [], [batch[:middle], batch[middle:]]


def scrub(message: str, write: Write) -> str:
    """A vendor's message without the values that we sent: they may be personal."""
    for value in sorted((str(v) for v in write.values.values() if v is not None), key=len, reverse=True):
        if len(value) > 2:
            message = message.replace(value, "…")
    return message[:500]
