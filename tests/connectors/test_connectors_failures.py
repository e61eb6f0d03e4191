"""What each class of failure comes to: the table of docs/failures.md, over the real vendor clients.

Every row arms one fault of the simulated vendor and makes one call. `waits` are the virtual seconds that the call
took; "done" means that it went through all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from crm_worlds import World, world

from crmsync.connectors.hubspot.connector import HubSpotConnector
from crmsync.connectors.hubspot.failures import until_midnight
from crmsync.errors import FatalError, QuotaError, TransientError
from crmsync.model.values import Side
from crmsync.simulator.faults import Fault

OUTCOMES: Final = {
    "later": TransientError,
    "unknown": TransientError,
    "quota": QuotaError,
    "fatal": FatalError,
}
TEN: Final = "TEN_SECONDLY_ROLLING"

# side, act, fault, how often it strikes -> what the call comes to, seconds it waits
TABLE: Final[list[tuple[Side, str, dict[str, Any], int, str, float]]] = [
    ("hubspot", "write", {"kind": "rate_limit", "policy": TEN}, 1, "done", 10.0),
    ("hubspot", "write", {"kind": "rate_limit", "policy": "SECONDLY"}, 2, "done", 3.0),
    ("hubspot", "search", {"kind": "rate_limit", "policy": "SECONDLY"}, 1, "done", 1.0),
    ("hubspot", "write", {"kind": "rate_limit", "policy": TEN, "retry_after": 7.0}, 1, "done", 7.0),
    ("hubspot", "write", {"kind": "rate_limit", "policy": TEN}, 9, "later", 40.0),
    ("hubspot", "write", {"kind": "rate_limit", "policy": "DAILY"}, 1, "quota", 0.0),
    ("hubspot", "search", {"kind": "rate_limit", "policy": "DAILY"}, 1, "quota", 0.0),
    ("hubspot", "write", {"kind": "locked"}, 1, "done", 2.0),
    ("hubspot", "read", {"kind": "unauthorized"}, 2, "later", 0.0),
    ("hubspot", "write", {"kind": "unauthorized"}, 1, "later", 0.0),
    ("hubspot", "read", {"kind": "forbidden"}, 1, "fatal", 0.0),
    ("hubspot", "write", {"kind": "migrating"}, 1, "later", 0.0),
    ("hubspot", "write", {"kind": "unavailable"}, 2, "done", 1.5),
    ("hubspot", "write", {"kind": "unavailable"}, 9, "later", 3.5),
    ("hubspot", "read", {"kind": "internal"}, 3, "done", 3.5),
    ("hubspot", "write", {"kind": "internal"}, 1, "unknown", 0.0),
    ("hubspot", "write", {"kind": "gateway_html"}, 1, "unknown", 0.0),
    ("hubspot", "read", {"kind": "gateway_html"}, 1, "done", 0.5),
    ("hubspot", "write", {"kind": "edge"}, 1, "unknown", 0.0),
    ("hubspot", "write", {"kind": "empty"}, 1, "unknown", 0.0),
    ("hubspot", "write", {"kind": "truncated"}, 1, "unknown", 0.0),
    ("hubspot", "read", {"kind": "truncated"}, 1, "done", 0.5),
    ("hubspot", "write", {"kind": "refused"}, 1, "done", 0.5),
    ("hubspot", "write", {"kind": "reset_before"}, 1, "unknown", 0.0),
    ("hubspot", "write", {"kind": "reset_after_send"}, 1, "unknown", 0.0),
    ("hubspot", "write", {"kind": "timeout_after_send"}, 1, "unknown", 0.0),
    ("hubspot", "write", {"kind": "lands_late"}, 1, "unknown", 0.0),
    ("salesforce", "write", {"kind": "concurrent_limit"}, 2, "done", 3.0),
    ("salesforce", "write", {"kind": "concurrent_limit"}, 9, "later", 15.0),
    ("salesforce", "write", {"kind": "rate_limit"}, 1, "quota", 0.0),
    ("salesforce", "write", {"kind": "session_expired"}, 1, "done", 0.0),
    ("salesforce", "write", {"kind": "unauthorized"}, 2, "later", 0.0),
    ("salesforce", "write", {"kind": "policy"}, 2, "fatal", 0.0),
    ("salesforce", "read", {"kind": "api_disabled"}, 1, "fatal", 0.0),
    ("salesforce", "write", {"kind": "maintenance"}, 1, "later", 0.0),
    ("salesforce", "write", {"kind": "unavailable"}, 2, "done", 1.5),
    ("salesforce", "read", {"kind": "query_timeout"}, 1, "done", 0.5),
    ("salesforce", "write", {"kind": "internal"}, 1, "unknown", 0.0),
    ("salesforce", "write", {"kind": "gateway_html"}, 1, "unknown", 0.0),
    ("salesforce", "read", {"kind": "gateway_html"}, 2, "done", 1.5),
    ("salesforce", "write", {"kind": "empty"}, 1, "unknown", 0.0),
    ("salesforce", "write", {"kind": "truncated"}, 1, "unknown", 0.0),
    ("salesforce", "read", {"kind": "truncated"}, 1, "done", 0.5),
    ("salesforce", "write", {"kind": "refused"}, 1, "done", 0.5),
    ("salesforce", "write", {"kind": "reset_after_send"}, 1, "unknown", 0.0),
    ("salesforce", "write", {"kind": "timeout_after_send"}, 1, "unknown", 0.0),
    ("salesforce", "write", {"kind": "lands_late"}, 1, "unknown", 0.0),
]  # fmt: skip


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[Side, World]]:
    with world("hubspot", "in process") as hub, world("salesforce", "in process") as sales:
        hub.crm.identity()
        yield {"hubspot": hub, "salesforce": sales}


def call(at: World, act: str) -> Callable[[], Any]:
    """One call of a kind."""
    obj, since = at.names.obj, at.cluster.clock.now()
    calls: dict[str, Callable[[], Any]] = {
        "write": lambda: at.crm.write(obj, [at.create(1)]),
        "read": lambda: at.crm.scan(obj, at.fields(), None),
        "search": lambda: at.crm.changes({obj: since}, None),
    }
    return calls[act]


@pytest.mark.parametrize(
    ("side", "act", "fault", "times", "outcome", "waits"),
    TABLE,
    ids=[f"{r[0]}-{r[1]}-{'-'.join(map(str, r[2].values()))}-x{r[3]}" for r in TABLE],
)
def test_a_failed_call_comes_to(
    worlds: dict[Side, World],
    side: Side,
    act: str,
    fault: dict[str, Any],
    times: int,
    outcome: str,
    waits: float,
) -> None:
    at = worlds[side]
    at.cluster.clock.advance(2 * 86_400)  # whatever an earlier row has to wait for is over
    call(at, "read")()
    began = at.cluster.clock.now()
    match = "/services/data" if side == "salesforce" else ""  # the token endpoint has policies of its own
    at.cluster.faults.add(Fault(count=times, side=side, match=match, **fault))
    try:
        if outcome == "done":
            call(at, act)()
        else:
            with pytest.raises(OUTCOMES[outcome]) as failed:
                call(at, act)()
            assert getattr(failed.value, "maybe_written", False) is (outcome == "unknown")
            assert isinstance(failed.value, QuotaError) is (outcome == "quota")
    finally:
        struck = at.cluster.faults.fired[fault["kind"]]
        at.cluster.faults.clear()
        at.cluster.faults.land(everything=True)
    assert struck
    assert (at.cluster.clock.now() - began).total_seconds() == pytest.approx(waits, abs=0.2)


# -- left alone ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("side", "fault", "seconds"),
    [
        ("hubspot", {"kind": "migrating", "retry_after": 7200.0}, 7200.0),
        ("salesforce", {"kind": "maintenance"}, 600.0),
        ("salesforce", {"kind": "rate_limit"}, 900.0),
    ],
)
def test_a_vendor_who_needs_long_is_not_asked_again_before(
    side: Side, fault: dict[str, Any], seconds: float
) -> None:
    with world(side, "in process") as at:
        call(at, "read")()
        at.cluster.faults.add(Fault(side=side, **fault))
        with pytest.raises(TransientError):
            call(at, "read")()
        spent = at.spent()
        for act in ("read", "write", "search"):
            with pytest.raises(TransientError, match="Left alone until"):
                call(at, act)()
        at.cluster.clock.advance(seconds - 5)
        with pytest.raises(TransientError):
            call(at, "read")()
        assert at.spent() == spent
        at.cluster.clock.advance(5)
        call(at, "read")()


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Sydney", "UTC"])
def test_a_used_up_day_is_over_at_the_account_s_midnight(zone: str) -> None:
    with world("hubspot", "in process") as at:
        at.cluster.hubspot.switches.time_zone = zone
        at.crm.identity()
        at.cluster.hubspot.switches.daily_limit = 0
        with pytest.raises(QuotaError) as caught:
            call(at, "read")()
        over = at.cluster.clock.now() + timedelta(seconds=caught.value.retry_after)
        assert over.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S") == "00:00:00"
        at.cluster.hubspot.switches.daily_limit = None
        with pytest.raises(QuotaError):
            call(at, "read")()
        at.cluster.clock.advance(caught.value.retry_after)
        call(at, "read")()


def test_the_day_of_the_associations_is_one_of_its_own() -> None:
    with world("hubspot", "in process") as at:
        (native,) = at.people(1)
        at.cluster.faults.add(Fault("rate_limit", "hubspot", "/associations/", count=0, policy="DAILY"))
        for _ in range(2):
            with pytest.raises(QuotaError):
                at.crm.associated("contacts", "companies", [native])
        assert at.cluster.faults.fired["rate_limit"] == 1
        call(at, "read")()


@pytest.mark.parametrize(
    ("now", "zone", "seconds"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "UTC", 15 * 3600),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "Asia/Tokyo", 6 * 3600),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), "Europe/Berlin", 22.5 * 3600),  # the day has 23 hours
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "", 3600),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "Mars/Olympus", 3600),
    ],
)
def test_midnight_is_that_of_the_time_zone(now: datetime, zone: str, seconds: float) -> None:
    assert until_midnight(now, zone) == seconds


def test_a_rolling_day_is_asked_for_more_and_more_seldom_until_a_call_goes_through() -> None:
    waited = []
    with world("salesforce", "in process") as at:
        for _ in range(5):
            at.cluster.faults.add(Fault("rate_limit", "salesforce", "/services/data"))
            with pytest.raises(QuotaError) as caught:
                call(at, "read")()
            waited.append(caught.value.retry_after)
            at.cluster.clock.advance(caught.value.retry_after)
        call(at, "read")()
        at.cluster.faults.add(Fault("rate_limit", "salesforce", "/services/data"))
        with pytest.raises(QuotaError) as caught:
            call(at, "read")()
    assert waited == [900.0, 1800.0, 3600.0, 7200.0, 7200.0]
    assert caught.value.retry_after == 900.0


# -- pages of an edge server -----------------------------------------------------------------------------------
@pytest.mark.parametrize("side", ["hubspot", "salesforce"])
@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_by_a_page_is_nobody_s_word_about_a_record_or_a_right(side: Side, status: int) -> None:
    page = "<html><body>Access denied</body></html>"
    with world(side, "in process") as at:
        (native,) = at.people(1)
        at.cluster.faults.add(Fault("status", side, status=status, body=page, count=0))
        for act in (
            lambda: at.crm.read(at.names.obj, [native], at.fields()),
            lambda: at.crm.write(at.names.obj, [at.create(2), at.create(3)]),
        ):
            with pytest.raises(TransientError) as failed:
                act()
            assert not failed.value.maybe_written


def test_every_row_stands_in_the_guide_s_table() -> None:
    """docs/failures.md names each fault's class, and names no test that is not there."""
    here = Path(__file__)
    guide = (here.parent.parent.parent / "docs" / "failures.md").read_text()
    for _, _, fault, *_ in TABLE:
        assert fault.get("policy", fault["kind"]) in guide
    tests = {
        name
        for file in here.parent.parent.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", guide))
    assert named and named <= tests


def test_the_connector_learns_the_time_zone_with_who_it_is() -> None:
    with world("hubspot", "in process") as at:
        assert isinstance(at.crm, HubSpotConnector)
        at.cluster.hubspot.switches.time_zone = "Asia/Tokyo"
        at.crm.identity()
        assert at.crm._client.zone == "Asia/Tokyo"
