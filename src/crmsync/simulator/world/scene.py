"""Where acts happen: the town that all of them share, and the scene that one act plays in. Decides no rates."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crmsync.simulator.handwriting import CONTACT_NAMES, HUBSPOT_NAMES, LEAD_NAMES
from crmsync.simulator.hubspot.errors import ApiError as HubSpotRefusal
from crmsync.simulator.people import PLACES, TITLES, dial
from crmsync.simulator.salesforce.errors import ApiError as SalesforceRefusal
from crmsync.simulator.world.habits import Character, Habits
from crmsync.simulator.world.hours import Hours
from crmsync.simulator.world.peopled import Living
from crmsync.simulator.world.souls import CONTACT, LEAD, PERSON, Roster, Soul

NATIVE: Mapping[str, Mapping[str, str]] = {
    CONTACT: HUBSPOT_NAMES,
    LEAD: LEAD_NAMES,
    PERSON: CONTACT_NAMES,
}
"""Object -> plain field name -> the object's own."""

HUBSPOT = frozenset({CONTACT, "companies", "deals"})
"""Objects of the portal; all others are the org's."""

Values = dict[str, Any]


@dataclass(slots=True)
class Rep:
    """A sales rep: her user, what she is like, when she works, and whom she should call first."""

    number: int
    user: str
    character: Character
    hours: Hours
    urgent: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Bargain:
    """A deal or an Opportunity with one person. `stage` counts the open stages passed; a closed one may be reopened.

    `nth` counts the bargains with this person, so that their streams do not depend on anybody else's.
    """

    number: int
    nth: int
    object: str
    id: str
    soul: Soul
    stage: int = 0
    closed: bool = False
    won: bool = False
    gone: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Who, and the how-manieth with them."""
        return self.soul.number, self.nth

    @property
    def outcome(self) -> str:
        """`open`, `won`, `lost` or `deleted`."""
        if self.gone:
            return "deleted"
        return ("won" if self.won else "lost") if self.closed else "open"


@dataclass(slots=True)
class Town:
    """What all acts share. `done` counts acts that happened, `refused` those to which a vendor said no, by name."""

    cluster: Living
    seed: int
    habits: Habits
    roster: Roster
    reps: Sequence[Rep]
    acts: Mapping[str, Callable[[Scene], bool]]
    later: Callable[[float, str, Soul | None], None]
    """Plans an act: in how many seconds, which, with whom."""
    leads: bool = True
    """Whether sales works with Leads."""
    bargains: list[Bargain] = field(default_factory=list)
    bargaining: dict[int, None] = field(default_factory=dict)
    """Numbers of people who have an open bargain."""
    lists: list[str] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    invited: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def bargain(self, object: str, id: str, soul: Soul) -> None:
        """Note a new one."""
        soul.counts["bargains"] = nth = soul.counts.get("bargains", 0) + 1
        self.bargains.append(Bargain(len(self.bargains), nth, object, id, soul))
        self.bargaining[soul.number] = None

    @property
    def today(self) -> date:
        """The date in UTC."""
        return self.cluster.clock.now().date()


@dataclass(slots=True)
class Scene:
    """One act: what it draws from, and whom it is about. An act answers whether it happened."""

    town: Town
    rng: random.Random
    soul: Soul | None = None
    rep: Rep | None = None
    bargain: Bargain | None = None

    def act(self, name: str) -> bool:
        """Play an act here, by the chance that the habits give it; a vendor's no is counted, and is no error."""
        chance: float = getattr(self.town.habits, name)
        return self.rng.random() < chance and self.play(name)

    def play(self, name: str) -> bool:
        """Play an act here, whatever its chance."""
        try:
            happened = self.town.acts[name](self)
        except (HubSpotRefusal, SalesforceRefusal):
            self.town.refused[name] += 1
            happened = False
        self.town.roster.read()
        if happened:
            self.town.done[name] += 1
        return happened

    # -- who ------------------------------------------------------------------------------------------------
    def somebody(self, *objects: str) -> Soul | None:
        """Anybody who has a live record of each of the objects and was not forgotten; None after a few tries."""
        souls = self.town.roster.souls
        for _ in range(12 if souls else 0):
            soul = souls[int(self.rng.random() * len(souls))]
            if not soul.forgotten and all(soul.records.get(obj) for obj in objects):
                return soul
        return None

    def hers(self, rep: Rep) -> Soul | None:
        """One of a rep's people; None after many tries."""
        souls = self.town.roster.souls
        for _ in range(12 * len(self.town.reps) if souls else 0):
            soul = souls[int(self.rng.random() * len(souls))]
            if soul.rep == rep.number:
                return soul
        return None

    def on_salesforce(self, soul: Soul | None) -> tuple[str, str] | None:
        """Object and id of the record that sales works with: the Contact, else the Lead."""
        for obj in (PERSON, LEAD):
            if soul is not None and soul.records.get(obj):
                return obj, soul.records[obj][0]
        return None

    @property
    def user(self) -> str:
        """Who does it in Salesforce: the rep of the scene, else anybody."""
        reps = self.town.reps
        rep = self.rep or (reps[int(self.rng.random() * len(reps))] if reps else None)
        return rep.user if rep else ""

    # -- doing ----------------------------------------------------------------------------------------------
    def edit(self, obj: str, id: str, values: Values, actor: str = "human") -> None:
        """Type values into a record."""
        if obj in HUBSPOT:
            self.town.cluster.hubspot.edit(obj, id, values, actor)
        else:
            self.town.cluster.salesforce.edit(obj, id, values, actor, self.user)

    def create(self, obj: str, values: Values, soul: Soul | None = None) -> str:
        """Type in a record; it is `soul`'s if named, else the one's who has that address."""
        roster = self.town.roster
        roster.author = soul
        try:
            if obj in HUBSPOT:
                return self.town.cluster.hubspot.create(obj, values)
            return self.town.cluster.salesforce.create(obj, values, "human", self.user)
        finally:
            roster.read()
            roster.author = None

    def typed(self, obj: str, *names: str) -> Values:
        """What somebody types into these plain fields of an object; those that it lacks are left out."""
        place = self.rng.choice(PLACES)
        known = {
            "title": self.rng.choice(TITLES),
            "phone": dial(
                place.abroad if self.rng.random() < 0.5 else place.phone, f"{self.rng.randrange(10_000):04d}"
            ),
            "city": place.city,
            "state": place.state,
            "zip": place.zip,
            "country": place.country,
            "street": f"{self.rng.randint(1, 240)} {self.rng.choice(place.streets)}",
        }
        native = NATIVE[obj]
        return {native[name]: known[name] for name in names if name in native}
