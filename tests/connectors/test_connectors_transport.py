"""Retries per class of failure, the rate governor, and which addresses may be spoken to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crmsync.connectors.transport import Caller, CallFailed, Failure, Governor, checked_url, seconds
from crmsync.errors import ConfigurationError, TransientError


class Watch:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=max(0.0, seconds))


def failing(times: int, failure: Failure, retry_after: float = 0.0) -> Callable[[], str]:
    left = [times]

    def attempt() -> str:
        if left[0]:
            left[0] -= 1
            raise CallFailed(failure, "it failed", retry_after=retry_after)
        return "done"

    return attempt


@pytest.mark.parametrize("failure", list(Failure))
def test_a_read_is_repeated_with_growing_waits(failure: Failure) -> None:
    watch = Watch()
    assert Caller(watch).run("read", failing(2, failure), write=False) == "done"
    assert watch.slept[1] == 2 * watch.slept[0] > 0


@pytest.mark.parametrize(
    ("failure", "maybe_written"),
    [
        (Failure.REFUSED, None),
        (Failure.THROTTLED, None),
        (Failure.UNAVAILABLE, None),
        (Failure.OUTAGE, True),
        (Failure.BROKEN, True),
    ],
)
def test_a_write_is_repeated_only_when_it_cannot_have_landed(
    failure: Failure, maybe_written: bool | None
) -> None:
    watch = Watch()
    caller = Caller(watch)
    if maybe_written is None:
        assert caller.run("write", failing(1, failure), write=True) == "done"
        return
    with pytest.raises(TransientError) as caught:
        caller.run("write", failing(1, failure), write=True)
    assert caught.value.maybe_written
    assert watch.slept == []


def test_attempts_are_bounded_and_the_last_failure_is_transient() -> None:
    watch = Watch()
    with pytest.raises(TransientError) as caught:
        Caller(watch).run("write", failing(99, Failure.REFUSED), write=True)
    assert not caught.value.maybe_written
    assert len(watch.slept) == 3


def test_retry_after_is_honoured_and_a_long_one_is_handed_on() -> None:
    watch = Watch()
    assert Caller(watch).run("read", failing(1, Failure.THROTTLED, 7.0), write=False) == "done"
    assert watch.slept == [7.0]
    with pytest.raises(TransientError) as caught:
        Caller(watch).run("read", failing(1, Failure.THROTTLED, 900.0), write=False)
    assert caught.value.retry_after == 900.0
    assert watch.slept == [7.0]


def test_the_governor_never_lets_more_through_than_its_window_holds() -> None:
    watch = Watch()
    governor = Governor(watch, window_s=10, limit=3)
    starts = []
    for _ in range(8):
        governor.take()
        starts.append(watch.now())
    for start in starts:
        assert sum(1 for s in starts if start <= s < start + timedelta(seconds=10)) <= 3
    assert starts[-1] - starts[0] == timedelta(seconds=20)


def test_the_governor_lets_everything_through_until_it_knows_a_limit() -> None:
    watch = Watch()
    governor = Governor(watch, window_s=10)
    for _ in range(500):
        governor.take()
    assert watch.slept == []
    governor.learn(limit=100)
    governor.take()
    assert watch.slept == [10.0]


def test_a_vendor_who_counts_nothing_sets_no_limit() -> None:
    watch = Watch()
    governor = Governor(watch, window_s=10)
    for _ in range(500):
        governor.take()
        governor.learn(limit=190, remaining=190)
    assert (governor.limit, watch.slept) == (None, [])


def test_the_governor_learns_the_limit_and_what_others_used() -> None:
    watch = Watch()
    governor = Governor(watch, window_s=10, limit=3)
    governor.take()
    governor.learn(limit=10, remaining=0)
    governor.take()
    assert governor.limit == 10
    assert watch.slept == [10.0]


@pytest.mark.parametrize(
    "url", ["https://api.hubapi.com", "http://127.0.0.1:8080/", "http://[::1]:1", "http://localhost"]
)
def test_https_anywhere_and_http_on_loopback_are_spoken_to(url: str) -> None:
    assert checked_url(url, "X") == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://api.hubapi.example", "http://10.0.0.1", "ftp://127.0.0.1", "127.0.0.1", ""]
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        checked_url(url, "X")


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, 0.0),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", 0.0),
        ("inf", 86_400.0),
        ("Mon, 2 Mar 2026", 0.0),
    ],
)
def test_any_retry_after_becomes_a_wait_that_ends(header: str | None, wait: float) -> None:
    assert seconds(header) == wait
