"""Troubles of the way to a vendor and of its answers: each strikes one call, or a few in a row, of a drawn purpose."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sim_people import Someone
from sim_script import ANYWHERE, WRITES, After, Call, places
from trouble import Trouble

from crmsync.simulator.faults import Fault
from crmsync.simulator.wire import Reset, Response, TimedOut

if TYPE_CHECKING:
    from sim_run import Simulation

EVERYWHERE: Final = {"hubspot": ANYWHERE["hubspot"], "salesforce": ANYWHERE["salesforce"]}
API: Final = {"salesforce": tuple(p for p in ANYWHERE["salesforce"] if p != "token")}
"""Salesforce's API proper; the token endpoint knows no quota and no session."""


@dataclass(frozen=True, slots=True)
class Strike:
    """Arms a fault of the simulator. `at`: side -> purposes; `draws`: attribute of the fault -> values to draw from."""

    kind: str
    at: Mapping[str, Sequence[str]] = field(default_factory=lambda: EVERYWHERE)
    draws: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    counts: Sequence[int] = (1, 1, 2, 3, 6)
    fatal: bool = False
    """Whether the cycle that meets it may rightly end with a call for an admin."""

    def __call__(self, sim: Simulation, rng: Random, name: str) -> None:
        side = rng.choice(sorted(self.at))
        drawn = {key: rng.choice(values) for key, values in self.draws.items()}
        count = rng.choice(self.counts)

        def do(call: Call) -> None:
            sim.strike(name, Fault(self.kind, side, call.line, count=count, **drawn), fatal=self.fatal)

        sim.script.at(*_where(rng, side, self.at[side]), do)


def _where(rng: Random, side: str, purposes: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The n-th call of one purpose, or of all of them."""
    one = rng.random() < 0.6
    chosen = (rng.choice(purposes),) if one else purposes
    return places(side, chosen), rng.choice((1, 1, 2) if one else (1, 2, 4, 8))


def create_unanswered(sim: Simulation, rng: Random, name: str) -> None:
    """A new person is created, and the vendor's reply is lost."""
    side, obj, values = rng.choice(NEW)
    sim.hands.enters(rng, obj, values)
    Strike("reset_after_send", {side: ("create",)}, counts=(1,))(sim, rng, name)


NEW: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("salesforce", "contacts", {"lastname": "Kim"}),
    ("hubspot", "Lead", {"LastName": "Kim", "Company": "Acme"}),
)
"""The side on which somebody is created, and what is entered on the other one for that."""


def lands_late(sim: Simulation, rng: Random, name: str) -> None:
    """A write is lost on its way, and arrives when its sender has long given up."""
    side, after_s = rng.choice(sorted(WRITES)), rng.choice((1.0, 30.0, 100.0))
    ends = rng.choice((Reset, TimedOut))

    def do(call: Call) -> None:
        sim.late.lose(call.direct, call.request, after_s)
        sim.met(name)
        raise ends

    sim.script.at(places(side, WRITES[side]), rng.choice((1, 1, 2)), do)


# -- answers that a vendor gives because of somebody else -------------------------------------------------------
def taken_meanwhile(sim: Simulation, rng: Random, name: str) -> None:
    """409: somebody types a person into HubSpot in the moment in which we create them."""

    def do(call: Call) -> After | None:
        rows = json.loads(call.request.body).get("inputs", [])
        mails = [m for r in rows if (m := r.get("properties", {}).get("email"))]
        if not mails:
            return None
        sim.hands.tries(lambda: sim.cluster.hubspot.create("contacts", {"email": rng.choice(mails)}))
        return _telling(sim, name, b"CONFLICT")

    sim.script.at(("hubspot create",), rng.choice((1, 2)), do)


def gone_meanwhile(sim: Simulation, rng: Random, name: str) -> None:
    """A batch of HubSpot succeeds in part: somebody deletes one of its people in this moment."""

    def do(call: Call) -> After | None:
        rows = json.loads(call.request.body).get("inputs", [])
        if not rows:
            return None
        sim.hands.tries(lambda: sim.cluster.hubspot.delete("contacts", str(rng.choice(rows)["id"])))
        return _telling(sim, name, b"OBJECT_NOT_FOUND")

    sim.script.at(("hubspot update",), rng.choice((1, 2)), do)


def changed_meanwhile(sim: Simulation, rng: Random, name: str) -> None:
    """412: somebody edits the very row that a write with a precondition is on its way to."""
    _edit_twins(sim, rng)

    def do(call: Call) -> After | None:
        parts = json.loads(call.request.body).get("compositeRequest", [])
        if not parts:
            return None
        obj, id = rng.choice(parts)["url"].split("/")[-2:]
        sim.cluster.clock.advance(3.0)
        sim.hands.tries(lambda: sim.cluster.salesforce.edit(obj, id, {"Title": rng.choice(("CEO", "Buyer"))}))
        return _telling(sim, name, b'"httpStatusCode":412', b'"httpStatusCode": 412')

    sim.script.at(("salesforce guarded",), 1, do)


def _edit_twins(sim: Simulation, rng: Random) -> None:
    """Somebody is edited on both sides in different fields, so that the row in Salesforce is written soon after."""
    twins = [
        (hub, row)
        for hub in sim.hands.people.live("contacts")
        for row in sim.hands.people.live("Lead", "Contact")
        if hub.email and hub.email == row.email
    ]
    if twins:
        hub, row = rng.choice(twins)
        sim.hands.tries(lambda: _put(sim, hub, "first", rng))
        sim.hands.tries(lambda: _put(sim, row, "title", rng))


def _put(sim: Simulation, who: Someone, name: str, rng: Random) -> None:
    values = {"first": ("Ann", "Bob", "Cid"), "title": ("CTO", "CEO", "Buyer")}
    sim.hands.people.edit(who, {who.native(name): rng.choice(values[name])})


def _telling(sim: Simulation, name: str, *signs: bytes) -> After:
    def after(response: Response) -> None:
        if any(sign in response.body for sign in signs):
            sim.met(name)

    return after


WAITS: Final = {"retry_after": (None, None, 2.0, 90.0)}
DELAYS: Final = {"delay_s": (2.0, 45.0, 900.0)}
HUB: Final = {"hubspot": ANYWHERE["hubspot"]}
BATCHES: Final = {"hubspot": ("update", "create", "read")}
ROWS: Final = {"salesforce": WRITES["salesforce"]}
FEW: Final = {"body": ("1", "1", "2")}


def _limit(policy: str) -> Strike:
    return Strike("rate_limit", HUB, {**WAITS, "policy": (policy,)})


TRANSPORT: Final[dict[str, Trouble]] = {
    "refused": Trouble(Strike("refused")),
    "reset_before": Trouble(Strike("reset_before")),
    "reset_after_send": Trouble(Strike("reset_after_send"), rate=0.04),
    "create_unanswered": Trouble(Strike("reset_after_send", dict.fromkeys(WRITES, ("create",)), counts=(1,))),
    "lands_late": Trouble(lands_late, rate=0.06),
    "timeout": Trouble(Strike("timeout")),
    "timeout_after_send": Trouble(Strike("timeout_after_send")),
    "slow": Trouble(Strike("slow", draws=DELAYS)),
    "truncated": Trouble(Strike("truncated")),
    "gateway_html": Trouble(Strike("gateway_html")),
    "gateway_page": Trouble(Strike("gateway_page")),
    "gateway_timeout": Trouble(Strike("gateway_timeout", draws=WAITS)),
    "edge": Trouble(Strike("edge", draws={"status": (520, 521, 522, 524)})),
    "empty": Trouble(Strike("empty", draws={"status": (500, 502, 503)})),
}
PROTOCOL: Final[dict[str, Trouble]] = {
    "rate_limit_10_s": Trouble(_limit("TEN_SECONDLY_ROLLING")),
    "rate_limit_1_s": Trouble(_limit("SECONDLY")),
    "daily_limit_hubspot": Trouble(_limit("DAILY")),
    "daily_limit_salesforce": Trouble(Strike("rate_limit", API)),
    "concurrent_limit": Trouble(Strike("concurrent_limit", API)),
    "internal": Trouble(Strike("internal")),
    "unavailable": Trouble(Strike("unavailable", draws=WAITS)),
    "maintenance": Trouble(Strike("maintenance", API)),
    "edge_refuses": Trouble(Strike("edge_html", API, {"status": (500,)})),
    "session_expired": Trouble(Strike("session_expired", API, counts=(1, 1, 2), fatal=True)),
    "token_refused": Trouble(Strike("unauthorized", HUB, counts=(1, 2), fatal=True)),
    "scope_missing": Trouble(Strike("forbidden", HUB, counts=(1,), fatal=True)),
    "api_disabled": Trouble(Strike("api_disabled", API, counts=(1,), fatal=True)),
    "query_timeout": Trouble(Strike("query_timeout", {"salesforce": ("query", "changes", "more")})),
    "migrating": Trouble(Strike("migrating", HUB, {"retry_after": (None, 60.0)})),
    "locked": Trouble(Strike("locked", BATCHES)),
    "created_as_ok": Trouble(Strike("created_as_ok", {"hubspot": ("create", "update")})),
    "row_lock": Trouble(Strike("row_lock", ROWS, FEW)),
    "row_maintenance": Trouble(Strike("row_maintenance", ROWS, FEW)),
    "upsert_race": Trouble(Strike("upsert_race", {"salesforce": ("create",)}, counts=(1, 1, 2))),
    "several_match": Trouble(
        Strike("status", {"salesforce": WRITES["salesforce"]}, {"status": (300,)}, (1,), fatal=True)
    ),
    "taken_meanwhile": Trouble(taken_meanwhile),
    "gone_meanwhile": Trouble(gone_meanwhile),
    "changed_meanwhile": Trouble(changed_meanwhile),
}
