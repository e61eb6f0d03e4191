"""Faults in front of a vendor: which request they meet, how often, and what the client sees."""

from __future__ import annotations

import json

import pytest

from crmsync.simulator.faults import KINDS, Fault, Faults
from crmsync.simulator.wire import Refused, Request, Reset, Response


class Stub:
    """A vendor that remembers what reached it."""

    def __init__(self, side: str = "hubspot") -> None:
        self.side = side
        self.seen: list[str] = []

    def handle(self, request: Request) -> Response:
        self.seen.append(f"{request.method} {request.path}")
        return Response(200, b"{}")


def outcome(fault: Fault, side: str = "hubspot") -> tuple[Response | type[Exception], int]:
    """(what the client got, how many requests reached the vendor)."""
    vendor, faults = Stub(side), Faults()
    faults.add(fault)
    try:
        got: Response | type[Exception] = faults.around(vendor).handle(Request("POST", "/a"))
    except (Refused, Reset) as error:
        got = type(error)
    return got, len(vendor.seen)


def test_a_lost_reply_was_carried_out_a_refused_or_broken_request_was_not() -> None:
    assert outcome(Fault("reset_after_send")) == (Reset, 1)
    assert outcome(Fault("reset_before")) == (Reset, 0)
    assert outcome(Fault("refused")) == (Refused, 0)


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


def test_salesforce_refuses_with_403_and_its_own_code() -> None:
    got, _ = outcome(Fault("rate_limit"), "salesforce")
    assert isinstance(got, Response)
    assert (got.status, json.loads(got.body)[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "retry-after" not in got.headers


@pytest.mark.parametrize("side", ["hubspot", "salesforce"])
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault("unavailable"), 503),
        (Fault("internal"), 500),
        (Fault("gateway_html"), 502),
        (Fault("status", status=423), 423),
        (Fault("status", status=477, body="moving"), 477),
    ],
)
def test_other_refusals_keep_the_vendor_out_of_it(side: str, fault: Fault, status: int) -> None:
    got, reached = outcome(fault, side)
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


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"nope.*refused"):
        Faults().add(Fault("nope"))
    assert {"refused", "reset_before", "reset_after_send", "rate_limit", "unavailable"} <= KINDS.keys()
