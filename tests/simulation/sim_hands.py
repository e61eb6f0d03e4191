"""What troubles let people, and the vendors' own automations, do: to one record, to many, in the midst of a cycle."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from sim_people import FIELDS, MOST_PEOPLE, HubSpotRefusal, People, SalesforceRefusal

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.ledger import Entry

TYPED: Final = {
    "contacts": ("jobtitle", "city"),
    "Lead": ("Title", "City"),
    "Contact": ("Title", "MailingCity"),
}
SAID: Final = ("CEO", "Buyer", "Head of Sales")


@dataclass(slots=True)
class Hands:
    """`people` are the seeded people of the run; whatever is drawn here is drawn from the generator handed in."""

    cluster: Cluster
    people: People

    def does(self, rng: Random, one: Callable[[People], bool]) -> bool:
        """An act of the people with another generator; false when nobody could do it."""
        usual, self.people.rng = self.people.rng, random.Random(rng.random())
        try:
            self.people._breathe()
            return one(self.people)
        except (HubSpotRefusal, SalesforceRefusal):
            return False
        finally:
            self.people.rng = usual

    def tries(self, act: Callable[[], object]) -> bool:
        """Whether the vendor let it happen."""
        try:
            act()
        except (HubSpotRefusal, SalesforceRefusal):
            return False
        return True

    def acts(self, rng: Random) -> bool:
        """Anything that people do."""
        before = self.people.done.total()
        self.does(rng, lambda people: people.act() is None)
        return self.people.done.total() > before

    def enters(self, rng: Random, obj: str, values: Mapping[str, Any]) -> bool:
        """Somebody enters a new person, with an address that nobody had; now and then without any."""
        if self.people.made >= MOST_PEOPLE:
            return False
        field, address = "email" if obj == "contacts" else "Email", self.people.address()
        mail = {field: address} if rng.random() < 0.5 else {}
        crm = self.cluster.hubspot if obj == "contacts" else self.cluster.salesforce
        return self.tries(lambda: crm.create(obj, {**mail, **values}))

    def edits(self, rng: Random, obj: str, name: str = "title") -> bool:
        """Somebody edits one record of an object."""
        found = self.people.live(obj)
        if not found:
            return False
        who = rng.choice(found)
        return self.tries(lambda: self.people.edit(who, {who.native(name): rng.choice(FIELDS[name][3])}))

    def edits_all(self, rng: Random, obj: str, name: str, value: str | None = None) -> int:
        """Somebody edits all records of an object in one moment; returns how many."""
        said = rng.choice(FIELDS[name][3]) if value is None else value
        found = self.people.live(obj)
        if found:
            self.people._breathe()
        done = [self.tries(lambda who=who: self.people.edit(who, {who.native(name): said})) for who in found]  # type: ignore[misc]
        return sum(done)

    def automation(self, rng: Random, entry: Entry, values: Mapping[str, Any] | None = None) -> bool:
        """A workflow of the customer changes the record that an entry of the ledger is about."""
        if entry.object not in TYPED:
            return False
        told = values or {rng.choice(TYPED[entry.object]): rng.choice(SAID)}
        crm = self.cluster.hubspot if entry.side == "hubspot" else self.cluster.salesforce
        return self.tries(lambda: crm.edit(entry.object, entry.id, told, actor="system"))
