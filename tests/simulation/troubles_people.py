"""Troubles that people make: much at once, the same at once, against each other, or while a cycle runs."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from sim_people import MOST_PEOPLE, People, edit_both, opt_out, type_twice
from sim_script import READS, After, Call, places
from trouble import Trouble
from troubles_vendor import act

from crmsync.simulator.faults import Fault
from crmsync.simulator.wire import Response

if TYPE_CHECKING:
    from sim_run import Simulation

OBJECTS: Final = ("contacts", "Lead", "Contact")
ALL_READS: Final = tuple(p for side in sorted(READS) for p in places(side, READS[side]))


def mass_update(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody changes one field of everybody at once."""
    if sum(sim.hands.edits_all(rng, obj, "title") for obj in rng.choice((OBJECTS[:1], OBJECTS[1:]))) > 1:
        sim.met(name)


def mass_blanking(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody clears one field of everybody at once."""
    if sum(sim.hands.edits_all(rng, obj, "phone", "") for obj in rng.choice((OBJECTS[:1], OBJECTS[1:]))) > 1:
        sim.met(name)


def mass_delete(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody deletes half of the people of one object."""
    found = sim.hands.people.live(rng.choice(OBJECTS))
    if len(found) < 2:
        return
    crms = {"hubspot": sim.cluster.hubspot, "salesforce": sim.cluster.salesforce}
    for who in rng.sample(found, len(found) // 2 + 1):
        sim.hands.tries(lambda who=who: crms[who.side].delete(who.object, who.id))  # type: ignore[misc]
    sim.met(name)


def duplicates_imported(sim: Simulation, rng: Random, name: str) -> None:
    """A list is imported into Salesforce of people some of whom are there already, or twice in the list."""

    def one(people: People) -> bool:
        done = [type_twice(people) for _ in range(rng.choice((2, 3)))]
        return any(done)

    if sim.hands.does(rng, one):
        sim.met(name)


def addresses_swapped(sim: Simulation, rng: Random, name: str) -> None:
    """Two people had each other's address, and somebody sets that right on one side."""
    found = [
        who
        for who in sim.hands.people.live(*rng.choice((OBJECTS[:1], OBJECTS[1:2], OBJECTS[2:])))
        if who.email
    ]
    if len(found) < 2 or sim.hands.people.made >= MOST_PEOPLE:
        return
    one, two = rng.sample(found, 2)
    field = "email" if one.side == "hubspot" else "Email"

    def swap() -> None:
        sim.hands.people.edit(one, {field: sim.hands.people.address()})
        sim.hands.people.edit(two, {field: one.email})
        sim.hands.people.edit(one, {field: two.email})
        sim.met(name)

    sim.hands.tries(swap)


def workflows_fight(sim: Simulation, rng: Random, name: str) -> None:
    """Workflows on both sides each put back what they think right as soon as we write the other's value."""
    want = {"hubspot": "Buyer", "salesforce": "CTO"}
    flips: set[str] = set()

    def do(call: Call) -> After:
        before = len(sim.cluster.ledger.entries)

        def after(response: Response) -> None:
            ours = [e for e in sim.cluster.ledger.since(before) if e.actor == "api" and e.side == call.side]
            field = "jobtitle" if call.side == "hubspot" else "Title"
            for entry in (e for e in ours if e.after.get(field) not in (None, "", want[call.side])):
                if call.side == "salesforce":
                    sim.cluster.clock.advance(3.0)
                if sim.hands.automation(rng, entry, {field: want[call.side]}):
                    flips.add(call.side)
            if flips:
                sim.met(name)

        return after

    sim.hands.edits_all(rng, "contacts", "title", "CEO")
    sim.script.at(
        tuple(
            f"{s} {p}"
            for s in want
            for p in ("update", "create", "guarded")
            if (s, p) != ("hubspot", "guarded")
        ),
        0,
        do,
    )


def no_address(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody enters a person of whom only the name is known, and the reply to our create of them is lost."""
    obj, values, side = rng.choice(NEW)
    if sim.hands.people.made < MOST_PEOPLE:
        sim.hands.people.made += 1
        crm = sim.cluster.hubspot if obj == "contacts" else sim.cluster.salesforce
        if not sim.hands.tries(lambda: crm.create(obj, values)):
            return

    def do(call: Call) -> None:
        sim.strike(name, Fault("reset_after_send", side, call.line))

    sim.script.at((f"{side} create",), 1, do)


NEW: Final[tuple[tuple[str, dict[str, str], str], ...]] = (
    ("contacts", {"firstname": "Fay", "lastname": "Kim", "city": "Lyon"}, "salesforce"),
    ("Lead", {"FirstName": "Fay", "LastName": "Kim", "Company": "Acme"}, "hubspot"),
)
"""The object in which a person is entered, how, and the side on which we then create them."""


def act_in_cycle(sim: Simulation, rng: Random, name: str) -> None:
    """People go on while a cycle runs."""

    def do(call: Call) -> None:
        if sim.once and sim.hands.acts(rng):
            sim.met(name)

    for nth in sorted(rng.sample(range(1, 16), 3)):
        sim.script.at(ALL_READS, nth, do)


def edit_under_write(sim: Simulation, rng: Random, name: str) -> None:
    """Somebody edits a Salesforce row, changed a moment ago, between our reading it again and our write to it."""
    sim.hands.edits_all(rng, "contacts", "title")
    for obj in OBJECTS[1:]:
        sim.hands.edits_all(rng, obj, "city")
    done: list[str] = []

    def do(call: Call) -> None:
        body, now = (call.request.body or b"").decode(), sim.cluster.clock.now()
        for who in sim.hands.people.live(*OBJECTS[1:]):
            last = next((e for e in reversed(sim.cluster.ledger.entries) if e.id == who.id), None)
            if done or who.id not in body or '"Title"' not in body or last is None:
                continue
            # A row changed within two minutes goes with a condition; an edit under any other write is lost by design.
            if 1.0 < (now - last.at).total_seconds() + SKEWED < 100.0:
                sim.cluster.clock.advance(3.0)
                said = "Buyer of " + rng.choice(("Ulm", "Bonn"))
                if sim.hands.tries(lambda who=who, said=said: sim.hands.people.edit(who, {"Title": said})):  # type: ignore[misc]
                    done.append(who.id)
                    sim.met(name)

    sim.script.at(("salesforce update", "salesforce guarded"), 0, do)


SKEWED: Final = 5.0
"""How far the vendors' clocks may be apart in these runs, seconds."""

PEOPLE: Final[dict[str, Trouble]] = {
    "mass_update": Trouble(mass_update),
    "mass_blanking": Trouble(mass_blanking, rate=0.015),
    "mass_delete": Trouble(mass_delete, rate=0.01),
    "opt_out": Trouble(act(opt_out)),
    "duplicates_imported": Trouble(duplicates_imported, rate=0.01),
    "both_edit_one": Trouble(act(edit_both), rate=0.05),
    "workflows_fight": Trouble(workflows_fight, rate=0.01),
    "addresses_swapped": Trouble(addresses_swapped, rate=0.01),
    "no_address": Trouble(no_address, rate=0.05),
    "act_in_cycle": Trouble(act_in_cycle, rate=0.15),
    "edit_under_write": Trouble(edit_under_write, rate=0.04),
}
