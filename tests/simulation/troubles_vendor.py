"""Troubles of what a vendor means: what it shows late, moves between pages, rewrites, merges, or no longer knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from sim_people import (
    People,
    commit_late,
    convert,
    delete_in_hubspot,
    delete_in_salesforce,
    merge_in_hubspot,
    restore_in_hubspot,
    undelete_in_salesforce,
)
from sim_script import After, Call, places
from trouble import Arm, Trouble

from crmsync.simulator.faults import Fault
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.wire import Response

if TYPE_CHECKING:
    from sim_run import Simulation

PAGES: Final = ("hubspot more", "salesforce more")
SHRINKING: Final = ("search", "more", "scan", "archived")
"""What HubSpot is asked for with a limit."""
PEOPLE_ROWS: Final = ("Lead", "Contact")


def index_lag(sim: Simulation, rng: Random, name: str) -> None:
    """HubSpot's search sees a write only some time after it; sometimes each replica at a time of its own."""
    switches = sim.cluster.hubspot.switches
    switches.search_lag_s = rng.choice((5.0, 30.0, 300.0))
    switches.search_replicas = rng.choice(((), (), (0.0, 5.0), (0.0, 30.0, 300.0)))
    _told_by_search(sim, name)


def _told_by_search(sim: Simulation, name: str) -> None:
    switches = sim.cluster.hubspot.switches
    lag = timedelta(seconds=switches.search_lag_s + max(switches.search_replicas, default=0.0))

    def do(call: Call) -> None:
        since = sim.cluster.clock.now() - lag
        recent = reversed(sim.cluster.ledger.entries[-20:])
        if any(e.side == "hubspot" and e.object == "contacts" and e.at > since for e in recent):
            sim.met(name)

    sim.script.at(places("hubspot", ("search", "more")), 0, do)


def _small_pages(sim: Simulation, rng: Random) -> None:
    """Both vendors hand out a few rows a page for this cycle."""
    size = rng.choice((1, 1, 2, 3))
    switches = sim.cluster.salesforce.switches
    usual, switches.page_sizes = switches.page_sizes, rng.choice(((size,), (size, 1, 3)))
    sim.undo.append(lambda: setattr(switches, "page_sizes", usual))

    def fewer(call: Call) -> None:
        if call.request.body:
            asked = json.loads(call.request.body)
            if int(asked.get("limit") or 0) > size:
                call.request = replace(call.request, body=json.dumps({**asked, "limit": str(size)}).encode())
        elif call.request.param("limit"):
            query = tuple((k, str(size) if k == "limit" else v) for k, v in call.request.query)
            call.request = replace(call.request, query=query)

    sim.script.at(places("hubspot", SHRINKING), 0, fewer)


def page_shift(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody is edited while we turn a page: rows move to where we have been, or away from where we go."""
    _small_pages(sim, rng)
    sim.hands.edits_all(rng, "Lead", "city")
    sim.hands.edits_all(rng, "contacts", "city")

    def do(call: Call) -> None:
        if sim.hands.edits(rng, "contacts" if call.side == "hubspot" else "Lead"):
            sim.met(name)

    sim.script.at(PAGES, rng.choice((1, 2)), do)


def equal_stamps(sim: Simulation, rng: Random, name: str) -> None:
    """Many rows carry one modification time, and a page ends among them."""
    _small_pages(sim, rng)
    many = {o: sim.hands.edits_all(rng, o, "city") for o in ("contacts", *PEOPLE_ROWS)}
    hub, sales = many["contacts"] > 1, many["Lead"] > 1 or many["Contact"] > 1
    due = [place for place, there in zip(PAGES, (hub, sales), strict=True) if there]
    if due:
        sim.script.at(due, 1, lambda call: sim.met(name))


def short_page(sim: Simulation, rng: Random, name: str) -> None:
    """Salesforce hands out fewer rows than there are, as it may."""
    sim.hands.edits_all(rng, "Lead", "title")

    def do(call: Call) -> After:
        sim.strike("", Fault("short_page", "salesforce", call.line, body="1"))
        return lambda response: sim.met(name) if b"nextRecordsUrl" in response.body else None

    sim.script.at(places("salesforce", ("query", "changes")), rng.choice((1, 2)), do)


def locator_expired(sim: Simulation, rng: Random, name: str) -> None:
    """Salesforce forgets a query between two of its pages."""
    _small_pages(sim, rng)
    sim.hands.edits_all(rng, "Lead", "title")
    sim.script.at(
        ("salesforce more",),
        rng.choice((1, 1, 2)),
        lambda call: sim.strike(name, Fault("locator_expired", "salesforce", call.line)),
    )


def clock_skew(sim: Simulation, rng: Random, name: str) -> None:
    """Salesforce's clock is not ours, from the first cycle to the last."""
    if sim.cycle:
        return
    sim.cluster.salesforce.ahead_s = rng.choice((-60.0, -5.0, 5.0, 60.0))
    sim.script.at(("salesforce changes", "salesforce query"), 1, lambda call: sim.met(name))


# -- automations of customers -----------------------------------------------------------------------------------
def rewritten_on_save(sim: Simulation, rng: Random, name: str) -> None:
    """An admin's flow marks the city of every row that is saved."""
    written = 0

    def flow(entity: Entity, row: Row, old: Row | None) -> None:
        nonlocal written
        for field in ("City", "MailingCity"):
            value = row.get(field)
            if entity.name in PEOPLE_ROWS and isinstance(value, str) and value[:1] not in ("", "*"):
                row[field] = f"*{value}"
                written += 1

    def do(call: Call) -> After:
        before = written
        return lambda reply: sim.met(name) if written > before else None

    if name not in sim.set_up:
        sim.set_up.add(name)
        sim.cluster.salesforce.org.automations.append(flow)
        sim.hands.edits_all(rng, "contacts", "city")
        sim.script.at(places("salesforce", ("update", "guarded", "create")), 0, do)


def workflow_reacts(sim: Simulation, rng: Random, name: str) -> None:
    """A workflow of the customer changes a record right after we did."""

    def do(call: Call) -> After:
        before = len(sim.cluster.ledger.entries)

        def after(response: Response) -> None:
            ours = [e for e in sim.cluster.ledger.since(before) if e.actor == "api" and e.side == call.side]
            if not ours:
                return
            if call.side == "salesforce":
                sim.cluster.clock.advance(3.0)
            if sim.hands.automation(rng, rng.choice(ours)):
                sim.met(name)

        return after

    sim.script.at(tuple(f"{s} {p}" for s in ("hubspot", "salesforce") for p in ("update", "create")), 1, do)


# -- what becomes of records ------------------------------------------------------------------------------------
def act(one: Callable[[People], bool], needs: Callable[[People], bool] = lambda people: False) -> Arm:
    """Somebody does it between two cycles, or in the middle of one; where it cannot be done, what it `needs` first."""

    def arm(sim: Simulation, rng: Random, name: str) -> None:
        def do(call: Call | None = None) -> None:
            if sim.hands.does(rng, one):
                sim.met(name)
            else:
                sim.hands.does(rng, needs)

        if sim.once and rng.random() < 0.3:
            sim.script.at(places("salesforce", ("changes",)), 1, do)
        else:
            do()

    return arm


def merge_in_salesforce(people: People) -> bool:
    """Somebody merges two records of one object in Salesforce."""
    obj = people.rng.choice(PEOPLE_ROWS)
    found = people.live(obj)
    if len(found) < 2:
        return False
    winner, loser = people.rng.sample(found, 2)
    people.cluster.salesforce.merge(obj, winner.id, [loser.id])
    return True


def field_removed(sim: Simulation, rng: Random, name: str) -> None:
    """An admin takes a field away from our user, and gives it back after the cycle."""
    obj, field = rng.choice((("Lead", "Phone"), ("Contact", "Phone"), ("Lead", "City"), ("Contact", "Title")))
    org = sim.cluster.salesforce.org
    table = org.tables["FieldPermissions"]
    taken = [dict(r) for r in table.rows.values() if r["Field"] == f"{obj}.{field}"]

    def do(call: Call) -> None:
        sim.cluster.salesforce.hide_field(obj, field)
        sim.fatal = name

    def back() -> None:
        for row in taken:
            org.put(table, row)
        org.access.forget()

    if taken:
        sim.undo.append(back)
        sim.script.at(places("salesforce", ("changes", "read", "update", "guarded", "create")), 1, do)
        signs = (b"INVALID_FIELD", f"No such column '{field}'".encode())
        sim.script.at(
            places("salesforce", ("read", "query", "update", "guarded", "create")),
            0,
            lambda call: lambda reply: sim.met(name) if any(s in reply.body for s in signs) else None,
        )


def picklist_value_removed(sim: Simulation, rng: Random, name: str) -> None:
    """An admin removes a value from a picklist of Salesforce in the moment in which we write it."""
    sim.hands.enters(rng, "contacts", {"lastname": "Kim", "hs_analytics_source": "OFFLINE"})

    def do(call: Call) -> After:
        for obj in PEOPLE_ROWS:
            sim.cluster.salesforce.restrict(obj, "LeadSource", ("Web", "Referrals"))
        sign = b"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        return lambda reply: sim.met(name) if sign in reply.body else None

    def back() -> None:
        for obj in PEOPLE_ROWS:
            entity = sim.cluster.salesforce.org.schema.entities[obj]
            entity.add(usual[obj])

    usual = {o: sim.cluster.salesforce.org.schema.entities[o].fields["LeadSource"] for o in PEOPLE_ROWS}
    sim.undo.append(back)
    sim.script.at(places("salesforce", ("create",)), 0, do)


MEANING: Final[dict[str, Trouble]] = {
    "index_lag": Trouble(index_lag, rate=0.05),
    "page_shift": Trouble(page_shift),
    "equal_stamps": Trouble(equal_stamps),
    "short_page": Trouble(short_page),
    "locator_expired": Trouble(locator_expired),
    "late_commit": Trouble(act(commit_late)),
    "clock_skew": Trouble(clock_skew, rate=0.15),
    "rewritten_on_save": Trouble(rewritten_on_save, rate=0.015),
    "workflow_reacts": Trouble(workflow_reacts),
    "merge_in_hubspot": Trouble(act(merge_in_hubspot)),
    "merge_in_salesforce": Trouble(act(merge_in_salesforce)),
    "conversion": Trouble(act(convert)),
    "undelete": Trouble(act(undelete_in_salesforce, delete_in_salesforce)),
    "restore": Trouble(act(restore_in_hubspot, delete_in_hubspot)),
    "field_removed": Trouble(field_removed),
    "picklist_value_removed": Trouble(picklist_value_removed),
}
