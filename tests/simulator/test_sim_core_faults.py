"""Faults in front of a vendor: which request they meet, how often, and what the client sees."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from facts import fact

from crmsync.simulator.clock import SimClock
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import KINDS, Fault, Faults
from crmsync.simulator.wire import Refused, Request, Reset, Response, TimedOut, Vendor


class Stub:
    """A vendor that remembers what reached it."""

    def __init__(self, side: str = "hubspot", reply: Response | None = None) -> None:
        self.side = side
        self.seen: list[str] = []
        self._reply = reply or Response(200, b"{}")

    def handle(self, request: Request) -> Response:
        self.seen.append(f"{request.method} {request.path}")
        return self._reply


def outcome(fault: Fault, side: str = "hubspot", reply: Response | None = None) -> tuple[Response | str, int]:
    """(what the client got, how many requests reached the vendor)."""
    vendor, faults = Stub(side, reply), Faults()
    faults.add(fault)
    try:
        got: Response | str = faults.around(vendor).handle(Request("POST", "/a"))
    except (Refused, Reset, TimedOut) as error:
        got = type(error).__name__
    assert faults.fired == {fault.kind: 1}
    return got, len(vendor.seen)


def answer(fault: Fault, side: str = "hubspot", reply: Response | None = None) -> Response:
    """The reply of a fault that gives one."""
    got, _ = outcome(fault, side, reply)
    assert isinstance(got, Response)
    return got


def clocked() -> tuple[SimClock, Faults, Stub, Vendor]:
    """A clock, faults that go by it, a vendor and what stands before it."""
    clock = SimClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    faults, vendor = Faults(clock), Stub()
    return clock, faults, vendor, faults.around(vendor)


# -- the way there -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "seen", "acted"),
    [
        ("refused", "Refused", 0),
        ("reset_before", "Reset", 0),
        ("reset_after_send", "Reset", 1),
        ("timeout", "TimedOut", 0),
        ("timeout_after_send", "TimedOut", 1),
        ("lands_late", "TimedOut", 0),
    ],
)
def test_a_lost_request_or_reply_says_nothing_of_what_was_done(kind: str, seen: str, acted: int) -> None:
    assert outcome(Fault(kind)) == (seen, acted)


def test_a_late_request_lands_with_the_next_one_after_its_delay() -> None:
    clock, faults, vendor, front = clocked()
    faults.add(Fault("lands_late", match="POST /late", delay_s=60))
    with pytest.raises(TimedOut):
        front.handle(Request("POST", "/late"))
    front.handle(Request("GET", "/1"))
    clock.advance(59.9)
    front.handle(Request("GET", "/2"))
    assert (faults.underway, faults.landed) == (1, {})
    clock.advance(0.1)
    front.handle(Request("GET", "/3"))
    assert vendor.seen == ["GET /1", "GET /2", "POST /late", "GET /3"]
    assert (faults.underway, faults.landed) == (0, {"hubspot": 1})


def test_late_requests_land_in_the_order_that_they_are_due() -> None:
    clock, faults, vendor, front = clocked()
    for path, delay_s in (("/slowest", 90.0), ("/quick", 10.0), ("/slow", 30.0)):
        faults.add(Fault("lands_late", delay_s=delay_s))
        with pytest.raises(TimedOut):
            front.handle(Request("POST", path))
    clock.advance(40)
    assert faults.land() == 2
    assert faults.land(everything=True) == 1
    assert vendor.seen == ["POST /quick", "POST /slow", "POST /slowest"]


def test_each_side_lands_its_own() -> None:
    clock, faults, vendor, front = clocked()
    other = Stub("salesforce")
    faults.add(Fault("lands_late", side="hubspot"))
    with pytest.raises(TimedOut):
        front.handle(Request("POST", "/late"))
    clock.advance(100)
    faults.around(other).handle(Request("GET", "/"))
    assert vendor.seen == []
    assert faults.land("salesforce") == 0
    assert faults.land("hubspot") == 1


def test_a_late_write_is_done_at_the_time_that_it_lands() -> None:
    cluster = Cluster()
    front = cluster.vendor("hubspot")
    auth = {"authorization": f"Bearer {cluster.hubspot.access_token}"}
    cluster.faults.add(Fault("lands_late", delay_s=30))
    body = b'{"properties": {"email": "ann@firm.example"}}'
    with pytest.raises(TimedOut):
        front.handle(Request("POST", "/crm/v3/objects/contacts", (), auth, body))
    assert cluster.hubspot.state()["contacts"] == []
    cluster.clock.advance(31)
    front.handle(Request("GET", "/crm/v3/objects/contacts", (), auth))
    (ann,) = cluster.hubspot.state()["contacts"]
    assert (ann["email"], ann["createdate"]) == ("ann@firm.example", "2026-03-02T09:00:31.000Z")


def test_a_slow_reply_says_how_slow_and_is_held_on_a_socket_no_longer_than_told() -> None:
    got = answer(Fault("slow", delay_s=45, stall_s=0.2))
    assert (got.status, got.delay_s, got.held_s) == (200, 45, 0.2)
    assert answer(Fault("slow", delay_s=0.1, stall_s=5)).held_s == 0.1


def test_a_truncated_reply_lacks_its_second_half_and_was_carried_out() -> None:
    got, acted = outcome(Fault("truncated"), reply=Response(200, b'{"a": 123}'))
    assert isinstance(got, Response)
    assert (got.body, got.missing, acted) == (b'{"a":', 5, 1)
    assert outcome(Fault("truncated"), reply=Response(204)) == ("Reset", 1)


@pytest.mark.parametrize("side", ["hubspot", "salesforce"])
@pytest.mark.parametrize(
    ("kind", "status"), [("gateway_html", 502), ("gateway_page", 502), ("gateway_timeout", 504)]
)
def test_a_gateway_answers_with_a_page_and_keeps_the_vendor_out_of_it(
    kind: str, status: int, side: str
) -> None:
    got, acted = outcome(Fault(kind), side)
    assert isinstance(got, Response)
    assert (got.status, got.headers["content-type"], acted) == (status, "text/html", 0)
    assert got.body.startswith(b"<html>")


def test_one_gateway_page_is_utf8_and_one_is_not() -> None:
    assert "é" in answer(Fault("gateway_page")).body.decode()
    with pytest.raises(UnicodeDecodeError):
        answer(Fault("gateway_html")).body.decode()


@pytest.mark.parametrize("status", [520, 521, 522, 523, 524, 525, 526])
@fact("hubspot", "errors", "An edge server in front answers 520 to 526 with a page instead of JSON", "doc")
def test_the_edge_has_statuses_of_its_own(status: int) -> None:
    got = answer(Fault("edge", status=status))
    assert (got.status, got.headers["server"]) == (status, "cloudflare")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(got.body)


@fact("hubspot", "errors", "A 524 says that no reply came in a hundred seconds, so the call may have been carried out", "doc")  # fmt: skip
def test_a_524_may_have_been_carried_out() -> None:
    got, acted = outcome(Fault("edge"))
    assert isinstance(got, Response)
    assert (got.status, acted) == (524, 1)
    assert outcome(Fault("edge", status=521))[1] == 0


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_5xx_may_have_no_body(status: int) -> None:
    got = answer(Fault("empty", status=status))
    assert (got.status, got.body) == (status, b"")


# -- HubSpot's own words -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("DAILY", "You have reached your daily limit."),
        ("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit."),
        ("SECONDLY", "You have reached your secondly limit."),
    ],
)
def test_hubspot_refuses_by_policy_with_429(policy: str, message: str) -> None:
    got, reached = outcome(Fault("rate_limit", policy=policy, retry_after=3))
    assert isinstance(got, Response)
    body = json.loads(got.body)
    assert (got.status, body["policyName"], body["message"], reached) == (429, policy, message, 0)
    assert got.headers["retry-after"] == "3"


@fact("hubspot", "errors", "Good requests are answered 500 internal error now and then", "seen")
def test_hubspot_fails_good_requests() -> None:
    got = answer(Fault("internal"))
    assert (got.status, json.loads(got.body)["message"]) == (500, "internal error")


@fact("hubspot", "errors", "Too much volume on the same records locks them with 423 for two seconds", "doc")
def test_hubspots_lock_lasts_two_seconds() -> None:
    clock, faults, _, front = clocked()
    faults.add(Fault("locked", match="batch/update"))
    update = Request("POST", "/crm/v3/objects/contacts/batch/update")
    statuses = []
    for _ in range(4):
        statuses.append(front.handle(update).status)
        clock.advance(0.7)
    assert statuses == [423, 423, 423, 200]
    assert faults.fired == {"locked": 3}
    assert faults.armed == ()


@fact("hubspot", "errors", "An account that moves answers 477 with Retry-After in seconds", "doc")
def test_hubspot_moves_accounts() -> None:
    got = answer(Fault("migrating", retry_after=120))
    assert (got.status, got.headers["retry-after"]) == (477, "120")
    assert answer(Fault("migrating")).headers["retry-after"] == "3600"


def test_hubspots_edge_refuses_long_addresses_with_a_page() -> None:
    got = answer(Fault("uri_too_long"))
    assert (got.status, got.headers["content-type"]) == (414, "text/html")


@pytest.mark.parametrize(
    ("kind", "status", "category"),
    [
        ("unauthorized", 401, "INVALID_AUTHENTICATION"),
        ("expired", 401, "EXPIRED_AUTHENTICATION"),
        ("forbidden", 403, "MISSING_SCOPES"),
    ],
)
def test_hubspot_takes_rights_away_between_two_calls(kind: str, status: int, category: str) -> None:
    got = answer(Fault(kind))
    assert (got.status, json.loads(got.body)["category"]) == (status, category)


def test_a_create_may_say_200_and_everything_else_stays() -> None:
    assert answer(Fault("created_as_ok"), reply=Response(201, b"{}")).status == 200
    assert answer(Fault("created_as_ok"), reply=Response(204)).status == 204


# -- Salesforce's --------------------------------------------------------------------------------------------
def test_salesforce_refuses_with_403_and_its_own_code() -> None:
    got = answer(Fault("rate_limit"), "salesforce")
    assert (got.status, json.loads(got.body)[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "retry-after" not in got.headers


# -- arming --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("side", ["hubspot", "salesforce"])
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault("unavailable"), 503),
        (Fault("internal"), 500),
        (Fault("status", status=423), 423),
        (Fault("status", status=477, body="moving"), 477),
    ],
)
def test_other_refusals_keep_the_vendor_out_of_it(side: str, fault: Fault, status: int) -> None:
    got, reached = outcome(Fault(fault.kind, status=fault.status, body=fault.body), side)
    assert isinstance(got, Response)
    assert (got.status, reached) == (status, 0)


def test_a_fault_meets_side_and_line_lets_some_pass_and_strikes_so_often() -> None:
    vendor, faults = Stub(), Faults()
    faults.add(Fault("unavailable", side="hubspot", match="POST /crm", after=1, count=2))
    faults.add(Fault("internal", side="salesforce"))
    front = faults.around(vendor)
    lines = [Request("GET", "/crm"), *[Request("POST", "/crm/x")] * 4]
    assert [front.handle(line).status for line in lines] == [200, 200, 503, 503, 200]
    assert faults.fired == {"unavailable": 2}
    assert [fault.kind for fault in faults.armed] == ["internal"]


def test_a_fault_without_a_count_strikes_until_cleared() -> None:
    vendor, faults = Stub(), Faults()
    faults.add(Fault("unavailable", count=0))
    front = faults.around(vendor)
    assert {front.handle(Request("GET", "/")).status for _ in range(20)} == {503}
    faults.clear()
    assert front.handle(Request("GET", "/")).status == 200
    assert faults.fired == {"unavailable": 20}


def test_a_fault_may_last_for_some_time() -> None:
    clock, faults, _, front = clocked()
    faults.add(Fault("unavailable", lasts_s=10))
    clock.advance(100)  # it lasts from its first strike on
    statuses = []
    for _ in range(4):
        statuses.append(front.handle(Request("GET", "/")).status)
        clock.advance(4)
    assert statuses == [503, 503, 503, 200]


def test_a_kind_that_only_one_side_knows_leaves_the_other_alone() -> None:
    vendor, faults = Stub("salesforce"), Faults()
    faults.add(Fault("locked"))
    assert faults.around(vendor).handle(Request("GET", "/")).status == 200
    assert faults.fired == {}
    with pytest.raises(ValueError, match="salesforce knows no"):
        faults.add(Fault("locked", side="salesforce"))


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"nope.*refused"):
        Faults().add(Fault("nope"))
    assert {"refused", "reset_before", "reset_after_send", "rate_limit", "unavailable"} <= KINDS.keys()
