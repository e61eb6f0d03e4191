"""Rate limits: whose calls count where, what the headers say, what a refusal looks like, when the day ends."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from facts import fact
from sim_hubspot_builders import Bench

from crmsync.simulator.hubspot.limits import allowance
from crmsync.simulator.hubspot.switches import Switches
from crmsync.simulator.wire import Request, Response

CONTACTS = "/crm/v3/objects/contacts"
SEARCH = f"{CONTACTS}/search"
LINKS = "/crm/v4/associations/contacts/companies/batch/read"
USAGE = "/account-info/2026-09/api-usage/daily/private-apps"


def limited(**switches: Any) -> Bench:
    """A portal with its short buckets on."""
    bench = Bench()
    bench.sim.switches.rate_limits = True
    for name, value in switches.items():
        setattr(bench.sim.switches, name, value)
    return bench


def app_token(bench: Bench) -> str:
    app = bench.sim.install_app()
    access = bench.sim.keys.refresh(bench.sim.keys.apps[app.client_id], app.refresh_token)
    assert access is not None
    return access.token


def get(bench: Bench, token: str, path: str = CONTACTS) -> Response:
    return bench.sim.handle(Request("GET", path, (), {"authorization": f"Bearer {token}"}))


def find(bench: Bench, token: str) -> int:
    return bench.sim.handle(Request("POST", SEARCH, (), {"authorization": f"Bearer {token}"}, b"{}")).status


def shown(reply: Response) -> dict[str, str]:
    """The rate-limit headers, without their common beginning."""
    prefix = "x-hubspot-ratelimit-"
    return {name.removeprefix(prefix): v for name, v in reply.headers.items() if name.startswith(prefix)}


def refusal(reply: Response) -> dict[str, Any]:
    assert reply.status == 429
    return dict(orjson.loads(reply.body))


# -- how much ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tier", ["free", "starter"])
@fact("hubspot", "limits", "Free and Starter accounts have 100 calls in ten seconds and 250,000 a day", "doc")
def test_free_and_starter(tier: str) -> None:
    allowed = allowance(Switches(tier=tier))
    assert (allowed.burst, allowed.day) == (100, 250_000)


@fact("hubspot", "limits", "Professional accounts have 190 calls in ten seconds", "doc")
def test_professional_burst() -> None:
    assert allowance(Switches(tier="professional")).burst == 190


@pytest.mark.parametrize("day", [625_000, 650_000])
@fact("hubspot", "limits", "The day of Professional accounts is 625,000 calls on one page and 650,000 on another", "doc", "professional_day")  # fmt: skip
def test_professional_day(day: int) -> None:
    assert allowance(Switches(tier="professional", professional_day=day)).day == day
    assert allowance(Switches(tier="professional")).day == 625_000


@fact("hubspot", "limits", "Enterprise accounts have 190 calls in ten seconds and a million a day", "doc")
def test_enterprise() -> None:
    allowed = allowance(Switches(tier="enterprise"))
    assert (allowed.burst, allowed.day) == (190, 1_000_000)


@pytest.mark.parametrize(("bought", "day"), [(1, 2_000_000), (2, 3_000_000), (3, 3_000_000)])
@fact("hubspot", "limits", "An API limit increase gives 250 calls in ten seconds and a million more a day, twice at most", "doc")  # fmt: skip
def test_limit_increases(bought: int, day: int) -> None:
    allowed = allowance(Switches(limit_increases=bought))
    assert (allowed.burst, allowed.day) == (250, day)


# -- ten seconds ---------------------------------------------------------------------------------------------
@fact("hubspot", "limits", "The burst limit counts the last ten seconds and opens again as they pass", "doc")
def test_the_burst_rolls_over_ten_seconds() -> None:
    bench = limited(burst_per_10_s=2)
    assert bench.call("GET", CONTACTS)[0] == 200
    bench.clock.advance(6)
    assert [bench.call("GET", CONTACTS)[0] for _ in range(2)] == [200, 429]
    bench.clock.advance(4)
    assert [bench.call("GET", CONTACTS)[0] for _ in range(2)] == [200, 429]


@fact("hubspot", "limits", "A burst refusal names TEN_SECONDLY_ROLLING and a group with the portal", "seen")
def test_a_burst_refusal_names_its_policy() -> None:
    bench = limited(burst_per_10_s=1)
    bench.send("GET", CONTACTS)
    body = refusal(bench.send("GET", CONTACTS))
    assert (body["policyName"], body["message"]) == (
        "TEN_SECONDLY_ROLLING",
        "You have reached your ten_secondly_rolling limit.",
    )
    assert body["errorType"] == "RATE_LIMIT"
    assert body["groupName"].startswith("publicapi:")
    assert body["groupName"].endswith(f":{bench.sim.portal_id}")


@fact(
    "hubspot",
    "limits",
    "Replies tell the ten-second limit, what is left of it and its length in milliseconds",
    "doc",
)
def test_replies_tell_the_burst() -> None:
    told = shown(limited().send("GET", CONTACTS))
    assert (told["max"], told["remaining"], told["interval-milliseconds"]) == ("190", "189", "10000")


@pytest.mark.parametrize("carried", [True, False])
@fact(
    "hubspot",
    "limits",
    "The headers of one second are deprecated and may still be there",
    "doc",
    "secondly_headers",
)
def test_the_secondly_headers_may_be_there(carried: bool) -> None:
    told = shown(limited(secondly_headers=carried).send("GET", CONTACTS))
    assert (told.get("secondly"), told.get("secondly-remaining")) == (
        ("19", "18") if carried else (None, None)
    )


@fact("hubspot", "limits", "Each private app has a ten-second bucket of its own", "doc")
def test_each_app_has_its_own_burst() -> None:
    bench = limited(burst_per_10_s=1)
    other = app_token(bench)
    assert bench.send("GET", CONTACTS).status == 200
    assert get(bench, other).status == 200
    assert {bench.send("GET", CONTACTS).status, get(bench, other).status} == {429}


def test_without_the_switch_a_frozen_clock_never_runs_into_the_burst_limit() -> None:
    bench = Bench()
    assert {bench.send("GET", CONTACTS).status for _ in range(500)} == {200}


def test_what_is_not_counted_is_not_told() -> None:
    assert set(shown(Bench().send("GET", CONTACTS))) == {"daily", "daily-remaining"}


# -- OAuth apps ----------------------------------------------------------------------------------------------
@fact("hubspot", "limits", "A public app has 110 calls in ten seconds for each account", "doc")
def test_an_oauth_app_has_110() -> None:
    bench = limited()
    told = shown(get(bench, app_token(bench)))
    assert (told["max"], told["remaining"]) == ("110", "109")


@fact("hubspot", "limits", "Replies to an OAuth app say nothing of the day", "doc")
def test_an_oauth_app_is_told_no_day() -> None:
    bench = limited()
    assert not [name for name in shown(get(bench, app_token(bench))) if name.startswith("daily")]


@fact("hubspot", "limits", "The daily cap does not apply to OAuth apps", "doc")
def test_the_day_is_not_applied_to_oauth_apps() -> None:
    bench = limited(daily_limit=1)
    token = app_token(bench)
    assert [get(bench, token).status for _ in range(3)] == [200] * 3
    assert bench.call("GET", CONTACTS)[0] == 200


# -- search --------------------------------------------------------------------------------------------------
@fact("hubspot", "limits", "Search may be called five times a second", "doc", "search_per_s")
def test_five_searches_a_second() -> None:
    bench = limited()
    assert [bench.call("POST", SEARCH, {})[0] for _ in range(6)] == [200] * 5 + [429]
    bench.clock.advance(1)
    assert bench.call("POST", SEARCH, {})[0] == 200


@fact("hubspot", "limits", "Older pages allow four searches a second", "doc", "search_per_s")
def test_four_searches_a_second() -> None:
    bench = limited(search_per_s=4)
    assert [bench.call("POST", SEARCH, {})[0] for _ in range(5)] == [200] * 4 + [429]


@fact("hubspot", "limits", "A search refusal names the SECONDLY policy", "seen")
def test_a_search_refusal_names_its_policy() -> None:
    bench = limited(search_per_s=1)
    bench.send("POST", SEARCH, {})
    body = refusal(bench.send("POST", SEARCH, {}))
    assert (body["policyName"], body["message"]) == ("SECONDLY", "You have reached your secondly limit.")


@fact("hubspot", "limits", "Search is exempt from the ten-second bucket", "doc")
def test_search_leaves_the_burst_alone() -> None:
    bench = limited(burst_per_10_s=1)
    assert bench.call("POST", SEARCH, {})[0] == 200
    assert bench.call("GET", CONTACTS)[0] == 200
    assert bench.call("POST", SEARCH, {})[0] == 200


@fact("hubspot", "limits", "Replies to a search carry no rate-limit headers", "doc")
def test_search_replies_carry_no_limits() -> None:
    assert shown(limited().send("POST", SEARCH, {})) == {}


@pytest.mark.parametrize("per_token", [False, True])
@fact("hubspot", "limits", "The search bucket belongs to the account on newer pages and to the token on older ones", "doc", "search_limit_per_token")  # fmt: skip
def test_whose_the_search_bucket_is(per_token: bool) -> None:
    bench = limited(search_per_s=1, search_limit_per_token=per_token)
    assert find(bench, bench.sim.access_token) == 200
    assert find(bench, app_token(bench)) == (200 if per_token else 429)


@pytest.mark.parametrize("counts", [True, False])
@fact("hubspot", "limits", "Searches count towards the day", "assumed", "search_counts_daily")
def test_whether_searches_count_towards_the_day(counts: bool) -> None:
    bench = limited(daily_limit=1, search_counts_daily=counts)
    assert [bench.call("POST", SEARCH, {})[0] for _ in range(2)] == ([200, 429] if counts else [200, 200])


# -- associations and exempt areas ---------------------------------------------------------------------------
@pytest.mark.parametrize(("tier", "burst"), [("starter", 100), ("professional", 150), ("enterprise", 150)])
@fact(
    "hubspot",
    "limits",
    "The associations API has a burst of 100, from Professional on of 150, in ten seconds",
    "doc",
)
def test_associations_have_a_burst_of_their_own(tier: str, burst: int) -> None:
    bench = limited(tier=tier)
    replies = [bench.send("POST", LINKS, {"inputs": [{"id": "1"}]}).status for _ in range(burst + 1)]
    assert replies[-1] == 429
    assert 429 not in replies[:-1]


@fact("hubspot", "limits", "Association calls are exempt from the ten-second bucket of other calls", "doc")
def test_associations_leave_the_burst_alone() -> None:
    bench = limited(burst_per_10_s=1)
    assert [bench.send("POST", LINKS, {"inputs": [{"id": "1"}]}).status for _ in range(2)] == [207, 207]
    assert bench.send("GET", CONTACTS).status == 200


@pytest.mark.parametrize(("bought", "burst", "day"), [(0, 150, 500_000), (1, 200, 1_000_000)])
@fact("hubspot", "limits", "The associations API has 500,000 calls a day, with the add-on a million and a burst of 200", "doc")  # fmt: skip
def test_associations_have_a_day_of_their_own(bought: int, burst: int, day: int) -> None:
    allowed = allowance(Switches(limit_increases=bought))
    assert (allowed.links_burst, allowed.links_day) == (burst, day)


def test_associations_take_nothing_from_the_accounts_day() -> None:
    bench = limited(daily_limit=1)
    assert [bench.send("POST", LINKS, {"inputs": [{"id": "1"}]}).status for _ in range(2)] == [207, 207]
    assert bench.call("GET", CONTACTS)[0] == 200


@fact("hubspot", "limits", "Webhook administration, event definitions and the journal are exempt from day and burst", "doc")  # fmt: skip
@pytest.mark.parametrize(
    "path",
    ["/webhooks/v3/1/settings", "/webhooks-journal/journal/2026-03/earliest", "/events/v3/event-definitions"],
)
def test_some_areas_are_exempt(path: str) -> None:
    bench = limited(burst_per_10_s=0, daily_limit=0)
    caller = bench.sim.keys.caller(f"Bearer {bench.sim.access_token}")
    assert bench.sim._limits.take(caller, path) == {}


def test_getting_a_token_is_counted_nowhere() -> None:
    bench = limited(daily_limit=0, burst_per_10_s=0)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert bench.sim.handle(Request("POST", "/oauth/v3/token", (), headers)).status == 400


# -- the day -------------------------------------------------------------------------------------------------
@fact("hubspot", "limits", "A used-up day is a 429 of policy DAILY with errorType and requestId", "doc")
def test_a_used_up_day_is_refused() -> None:
    bench = Bench()
    bench.sim.switches.daily_limit = 1
    assert bench.call("GET", CONTACTS)[0] == 200
    body = refusal(bench.send("GET", CONTACTS))
    assert (body["policyName"], body["message"]) == ("DAILY", "You have reached your daily limit.")
    assert body["errorType"] == "RATE_LIMIT"
    assert body["requestId"]
    assert body["correlationId"]


@fact("hubspot", "limits", "The daily limit counts for all apps of an account together", "doc")
def test_the_day_is_the_accounts() -> None:
    bench = Bench()
    old = bench.sim.access_token
    bench.sim.rotate_token()
    bench.sim.switches.daily_limit = 1
    assert [bench.call("GET", CONTACTS)[0], get(bench, old).status] == [200, 429]


@fact("hubspot", "limits", "Replies tell the daily limit and what is left of it", "doc")
def test_replies_tell_the_day() -> None:
    bench = Bench()
    bench.send("GET", CONTACTS)
    told = shown(bench.send("GET", CONTACTS))
    assert (told["daily"], told["daily-remaining"]) == ("1000000", "999998")


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 15), ("America/New_York", 20), ("Asia/Kolkata", 9.5), ("Pacific/Auckland", 2)]
)
@fact("hubspot", "limits", "The day ends at midnight in the account's time zone", "doc", "time_zone")
def test_the_day_ends_at_the_portals_midnight(zone: str, hours: float) -> None:
    bench = Bench()  # it is 09:00 UTC
    bench.sim.switches.time_zone, bench.sim.switches.daily_limit = zone, 1
    assert [bench.call("GET", CONTACTS)[0] for _ in range(2)] == [200, 429]
    bench.clock.advance(hours * 3600 - 1)
    assert bench.call("GET", CONTACTS)[0] == 429
    bench.clock.advance(1)
    assert bench.call("GET", CONTACTS)[0] == 200


@pytest.mark.parametrize("told", [False, True])
@fact("hubspot", "limits", "Whether a 429 says Retry-After is undocumented", "assumed", "retry_after")
def test_a_refusal_may_say_how_long_to_wait(told: bool) -> None:
    bench = limited(burst_per_10_s=1, retry_after=told)
    bench.send("GET", CONTACTS)
    bench.clock.advance(4)
    reply = bench.send("GET", CONTACTS)
    assert reply.headers.get("retry-after") == ("6" if told else None)
    bench.clock.advance(6)
    assert bench.send("GET", CONTACTS).status == 200


@pytest.mark.parametrize("told", [False, True])
@fact("hubspot", "limits", "Some 429 replies have the category RATE_LIMITS and some have none", "seen", "rate_limit_category")  # fmt: skip
def test_a_refusal_may_have_a_category(told: bool) -> None:
    bench = limited(burst_per_10_s=0, rate_limit_category=told)
    assert refusal(bench.send("GET", CONTACTS)).get("category") == ("RATE_LIMITS" if told else None)


# -- the account ---------------------------------------------------------------------------------------------
@fact("hubspot", "account", "Usage tells the day's limit, the calls made and when the count resets", "doc")
def test_usage_agrees_with_the_headers() -> None:
    bench = Bench()
    told = shown(bench.send("GET", CONTACTS))
    (usage,) = bench.call("GET", USAGE)[1]["results"]
    assert (usage["name"], usage["fetchStatus"]) == ("private-apps-api-calls-daily", "SUCCESS")
    assert (usage["usageLimit"], usage["currentUsage"]) == (int(told["daily"]), 2)
    assert usage["resetsAt"] == "2026-03-03T00:00:00.000Z"


def test_usage_resets_at_the_portals_midnight() -> None:
    bench = Bench()
    bench.sim.switches.time_zone = "America/New_York"
    (usage,) = bench.call("GET", USAGE)[1]["results"]
    assert usage["resetsAt"] == "2026-03-03T05:00:00.000Z"


@pytest.mark.parametrize(
    ("zone", "offset", "ms"),
    [
        ("UTC", "+00:00", 0),
        ("America/New_York", "-05:00", -18_000_000),
        ("Asia/Kolkata", "+05:30", 19_800_000),
    ],
)
@fact(
    "hubspot",
    "account",
    "Account details tell the time zone with its present offset in words and milliseconds",
    "doc",
)
def test_details_tell_the_offset(zone: str, offset: str, ms: int) -> None:
    bench = Bench()
    bench.sim.switches.time_zone = zone
    details = bench.call("GET", "/account-info/2026-09/details")[1]
    assert (details["timeZone"], details["utcOffset"], details["utcOffsetMilliseconds"]) == (zone, offset, ms)


def test_the_offset_follows_summer_time() -> None:
    bench = Bench()
    bench.sim.switches.time_zone = "America/New_York"
    bench.clock.advance(30 * 86_400)
    assert bench.call("GET", "/account-info/v3/details")[1]["utcOffset"] == "-04:00"


@fact("hubspot", "account", "Account details name the portal, its kind, currency and data centre", "doc")
def test_details_name_the_portal() -> None:
    bench = Bench()
    bench.sim.switches.account_type = "SANDBOX"
    details = bench.call("GET", "/account-info/2026-09/details")[1]
    assert (details["portalId"], details["accountType"]) == (int(bench.sim.portal_id), "SANDBOX")
    assert {"companyCurrency", "additionalCurrencies", "uiDomain", "dataHostingLocation"} <= details.keys()
