"""The golden scenarios whose cycles are killed at every step: a small world each, brought to the cycle that matters.

A scenario is what happened before (`prepare`, undisturbed) and what is killed (`cycle`). Nothing here is random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault

HOUR: Final = 3700.0
"""Past the greatest lag, the overlap, the settling time and the hourly schedules."""


class Stage(Protocol):
    """What a scenario plays on: both CRMs, and cycles of the process that lives at the moment."""

    cluster: Cluster

    def sync(self, *, approve: bool = True) -> Any: ...

    def approve_all(self) -> None: ...


Act = Callable[[Stage], None]


def one_cycle(stage: Stage) -> None:
    """What most scenarios kill."""
    stage.sync()


@dataclass(frozen=True, slots=True)
class Golden:
    """`stricter` takes the definition in which clearings travel; `prepare` ends right before `cycle`."""

    prepare: Act
    cycle: Act = one_cycle
    stricter: bool = False


def _lead(cluster: Cluster, name: str, **more: str) -> str:
    values = {"Email": f"{name}@mail.example", "LastName": name.title(), "Company": "Acme"}
    return cluster.salesforce.create("Lead", {**values, **more})


def _contact(cluster: Cluster, name: str, **more: str) -> str:
    values = {"email": f"{name}@mail.example", "lastname": name.title(), "company": "Acme"}
    return cluster.hubspot.create("contacts", {**values, **more})


def _counterpart(stage: Stage, name: str) -> str:
    """The live Lead or Contact with somebody's address."""
    state = stage.cluster.salesforce.state()
    found = [r for obj in ("Lead", "Contact") for r in state[obj] if r["Email"] == f"{name}@mail.example"]
    return next(str(r["Id"]) for r in found if not r.get("IsDeleted") and not r.get("IsConverted"))


def _linked(stage: Stage, *names: str, **more: str) -> dict[str, tuple[str, str]]:
    """People in HubSpot who already have a Lead; name -> (contact, Lead)."""
    made = {name: _contact(stage.cluster, name, jobtitle="Buyer", city="Lyon", **more) for name in names}
    for _ in range(2):
        stage.cluster.clock.advance(HOUR)
        stage.sync()
    stage.cluster.clock.advance(HOUR)
    return {name: (contact, _counterpart(stage, name)) for name, contact in made.items()}


def first_load(stage: Stage) -> None:
    """People on one side only, both ways; one on both who differ in blanks, one who differs in a value."""
    cluster = stage.cluster
    cluster.salesforce.create("Account", {"Name": "Northwind", "Website": "northwind.example"})
    for name in ("ann", "bea"):
        _contact(cluster, name, jobtitle="CTO", phone="+1 415 555 0101")
    _lead(cluster, "cid", Title="Buyer", City="Lyon")
    cluster.salesforce.create("Contact", {"Email": "dee@mail.example", "LastName": "Dee", "Title": "CEO"})
    _contact(cluster, "eva", jobtitle="CTO")
    _lead(cluster, "eva", City="Berlin")
    _contact(cluster, "fay", jobtitle="CTO")
    _lead(cluster, "fay", Title="Buyer")
    cluster.clock.advance(HOUR)


def updates(stage: Stage) -> None:
    """Edits on either side, on both sides of one person in different fields, and a newcomer."""
    people = _linked(stage, "ann", "bea", "cid")
    cluster = stage.cluster
    cluster.hubspot.edit("contacts", people["ann"][0], {"jobtitle": "CTO", "phone": "+1 415 555 0102"})
    cluster.salesforce.edit("Lead", people["bea"][1], {"City": "Berlin"})
    cluster.hubspot.edit("contacts", people["cid"][0], {"jobtitle": "CEO"})
    cluster.salesforce.edit("Lead", people["cid"][1], {"City": "Chicago"})
    _contact(cluster, "dee")
    cluster.clock.advance(30.0)


def conflict(stage: Stage) -> None:
    """Both sides of two people say something else; each field's rule picks, the losers are kept."""
    people = _linked(stage, "ann", "bea")
    cluster = stage.cluster
    for contact, lead in people.values():
        cluster.hubspot.edit("contacts", contact, {"jobtitle": "CTO", "city": "Berlin"})
        cluster.salesforce.edit("Lead", lead, {"Title": "CEO", "City": "Chicago"})
    cluster.clock.advance(30.0)


def clearing(stage: Stage) -> None:
    """Values are blanked on either side, where clearing travels."""
    people = _linked(stage, "ann", "bea")
    stage.cluster.hubspot.edit("contacts", people["ann"][0], {"jobtitle": ""})
    stage.cluster.salesforce.edit("Lead", people["bea"][1], {"City": None, "Title": None})
    stage.cluster.clock.advance(30.0)


def conversion(stage: Stage) -> None:
    """A Lead becomes a Contact while HubSpot is edited; another is converted and then edited as a Contact."""
    people = _linked(stage, "ann", "bea")
    cluster = stage.cluster
    cluster.salesforce.convert(people["ann"][1])
    cluster.hubspot.edit("contacts", people["ann"][0], {"jobtitle": "CTO", "phone": "+1 415 555 0102"})
    cluster.salesforce.convert(people["bea"][1])
    cluster.salesforce.edit(
        "Contact", _counterpart(stage, "bea"), {"Title": "CEO", "Phone": "+1 415 555 0103"}
    )
    cluster.clock.advance(30.0)


def deletion(stage: Stage) -> None:
    """Somebody is deleted on one side, somebody else on the other, and the ones left behind are edited."""
    people = _linked(stage, "ann", "bea", "cid")
    cluster = stage.cluster
    cluster.hubspot.delete("contacts", people["ann"][0])
    cluster.salesforce.edit("Lead", people["ann"][1], {"Title": "CEO"})
    cluster.salesforce.delete("Lead", people["bea"][1])
    cluster.hubspot.edit("contacts", people["bea"][0], {"jobtitle": "CTO"})
    cluster.hubspot.edit("contacts", people["cid"][0], {"jobtitle": "CTO"})
    cluster.clock.advance(30.0)


def merged(stage: Stage) -> None:
    """Two contacts become one in HubSpot, each with a Lead of its own."""
    people = _linked(stage, "ann", "bea", "cid")
    cluster = stage.cluster
    cluster.hubspot.merge("contacts", people["ann"][0], [people["bea"][0]])
    cluster.hubspot.edit("contacts", people["cid"][0], {"jobtitle": "CTO"})
    cluster.clock.advance(30.0)


def held(stage: Stage) -> None:
    """More edits than the guard lets pass unasked, and creates too."""
    people = _linked(stage, "ann", "bea", "cid", "dee", "eva")
    for contact, _ in people.values():
        stage.cluster.hubspot.edit("contacts", contact, {"jobtitle": "CTO"})
    for name in ("fay", "gus", "hal"):
        _contact(stage.cluster, name)
    stage.cluster.clock.advance(30.0)


def held_then_approved(stage: Stage) -> None:
    """A cycle that holds, a person who approves, and the cycle that does what was approved."""
    stage.sync(approve=False)
    stage.approve_all()
    stage.cluster.clock.advance(60.0)
    stage.sync(approve=False)


def rejected(stage: Stage) -> None:
    """A value too long and a missing name are parked; the rest of the record goes through at once."""
    people = _linked(stage, "ann", "bea")
    cluster = stage.cluster
    cluster.hubspot.edit("contacts", people["ann"][0], {"jobtitle": "x" * 300, "city": "Berlin"})
    cluster.hubspot.edit("contacts", people["bea"][0], {"jobtitle": "CTO"})
    cluster.hubspot.create("contacts", {"email": "nameless@mail.example"})
    cluster.clock.advance(30.0)


def lost_replies(stage: Stage) -> None:
    """Edits both ways and a newcomer, and every vendor loses the reply to its first write."""
    updates(stage)
    faults = stage.cluster.faults
    faults.add(Fault("reset_after_send", "salesforce", "PATCH"))
    faults.add(Fault("reset_after_send", "hubspot", "batch/update"))


def late_landing(stage: Stage) -> None:
    """The same, and the first write of every vendor lands half a minute after its sender gave up."""
    updates(stage)
    faults = stage.cluster.faults
    faults.add(Fault("lands_late", "salesforce", "PATCH", delay_s=30.0))
    faults.add(Fault("lands_late", "hubspot", "batch/update", delay_s=30.0))


SCENARIOS: Final[Mapping[str, Golden]] = {
    "first_load": Golden(first_load),
    "updates": Golden(updates),
    "conflict": Golden(conflict),
    "clearing": Golden(clearing, stricter=True),
    "conversion": Golden(conversion),
    "deletion": Golden(deletion),
    "merged": Golden(merged),
    "held": Golden(held, held_then_approved),
    "rejected": Golden(rejected),
    "lost_replies": Golden(lost_replies),
    "late_landing": Golden(late_landing),
}
