"""What an account is and may do goes by its kind: subscription, add-ons, limits that are on."""

from __future__ import annotations

import pytest
from facts import fact
from sim_hubspot_builders import Bench

CONTACTS = "/crm/v3/objects/contacts"
DETAILS = "/account-info/2026-09/details"


def told(bench: Bench, name: str) -> str | None:
    """A rate-limit header of one call."""
    return bench.send("GET", CONTACTS).headers.get(f"x-hubspot-ratelimit-{name}")


def statuses(bench: Bench, calls: int) -> set[int]:
    return {bench.call("GET", CONTACTS)[0] for _ in range(calls)}


@fact("hubspot", "limits", "How many calls an account has a day goes by its subscription", "doc", "tier")
@pytest.mark.parametrize(
    ("tier", "day"), [("starter", "250000"), ("professional", "625000"), ("enterprise", "1000000")]
)
def test_the_day_goes_by_the_subscription(tier: str, day: str) -> None:
    bench = Bench()
    bench.sim.switches.tier = tier
    assert told(bench, "daily") == day


@fact(
    "hubspot",
    "limits",
    "Calls that were bought on top show in the headers of the day",
    "doc",
    "limit_increases",
)
@pytest.mark.parametrize(("bought", "day"), [(0, "1000000"), (1, "2000000"), (2, "3000000")])
def test_bought_calls_show(bought: int, day: str) -> None:
    bench = Bench()
    bench.sim.switches.limit_increases = bought
    assert told(bench, "daily") == day


@fact(
    "hubspot",
    "limits",
    "An Enterprise account's app is refused its 191st call in ten seconds",
    "doc",
    "rate_limits",
)
@pytest.mark.parametrize(("limits", "found"), [(True, {429}), (False, {200})])
def test_the_burst_of_the_subscription(limits: bool, found: set[int]) -> None:
    bench = Bench()
    bench.sim.switches.rate_limits = limits
    assert statuses(bench, 190) == {200}
    assert statuses(bench, 1) == found


@fact(
    "hubspot",
    "limits",
    "A call beyond the ten-second limit is 429 and those within it are not",
    "doc",
    "burst_per_10_s",
)
@pytest.mark.parametrize(("burst", "found"), [(2, {200, 429}), (3, {200}), (None, {200})])
def test_a_burst_of_its_own(burst: int | None, found: set[int]) -> None:
    bench = Bench()
    bench.sim.switches.burst_per_10_s = burst
    assert statuses(bench, 3) == found


@fact("hubspot", "limits", "A call beyond the daily limit is 429 until the next day", "doc", "daily_limit")
@pytest.mark.parametrize(("limit", "found"), [(2, {200, 429}), (None, {200})])
def test_a_day_of_its_own(limit: int | None, found: set[int]) -> None:
    bench = Bench()
    bench.sim.switches.daily_limit = limit
    assert statuses(bench, 3) == found
    bench.clock.advance(24 * 3600)
    assert statuses(bench, 2) == {200}


@fact(
    "hubspot",
    "account",
    "An account is standard, a developer's test, a sandbox or an app developer's",
    "doc",
    "account_type",
)
@pytest.mark.parametrize("kind", ["STANDARD", "DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER"])
def test_the_kind_of_an_account(kind: str) -> None:
    bench = Bench()
    assert bench.call("GET", DETAILS)[1]["accountType"] == "STANDARD"
    bench.sim.switches.account_type = kind
    assert bench.call("GET", DETAILS)[1]["accountType"] == kind
