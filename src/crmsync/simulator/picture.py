"""The two vendors' final states as the judge looks at them: live people, who is linked to whom, who became whom.

Read once per judgement from `state()`; no decisions here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crmsync.simulator.compare import Native
from crmsync.simulator.expectation import Expectation, Row

PEOPLE: Mapping[str, tuple[str, ...]] = {"hubspot": ("contacts",), "salesforce": ("Lead", "Contact")}
EMAIL: Mapping[str, str] = {"contacts": "email", "Lead": "Email", "Contact": "Email"}

State = Mapping[str, Iterable[Mapping[str, Native]]]


@dataclass(frozen=True, slots=True)
class Person:
    """One live record of a person."""

    side: str
    object: str
    id: str
    values: Mapping[str, Native]

    @property
    def email(self) -> str:
        """The address in lower case, "" when there is none."""
        return str(self.values.get(EMAIL[self.object]) or "").strip().lower()

    @property
    def label(self) -> str:
        return f"{self.side}/{self.object}/{self.id}"


@dataclass(frozen=True, slots=True)
class Picture:
    """`people` are the live records per side by id (a converted Lead is not live, neither is anything deleted).

    `became` maps an id to the one that took its place (conversion or merge), `partner` an id to the id that the
    engine linked it with, `kin` an id to those of the other side that shared a key with it or a link that ended.
    """

    people: Mapping[str, Mapping[str, Person]]
    became: Mapping[str, str]
    partner: Mapping[str, str]
    earlier: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kin: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def counterparts(self, id: str) -> tuple[str, ...]:
        """Ids on the other side of the same person, its converted Leads and merged records included.

        Also those it was linked with once: what flowed while that link lasted stays what it was.
        """
        partner = self.partner.get(self.final(id)) or self.partner.get(id)
        now = () if partner is None else (partner, *self.earlier.get(partner, ()))
        kin = {other for one in self.family(id) for other in self.kin.get(one, ())}
        once = {one for other in kin for one in self.family(other)}
        return (*now, *sorted(once.difference(now)))

    def relatives(self, id: str) -> tuple[str, ...]:
        """Ids on the same side that were the same person at any time: its family, and whoever shared a counterpart."""
        shared = {one for other in self.counterparts(id) for one in self.kin.get(other, ())}
        family = self.family(id)
        return (*family, *sorted(shared.difference(family)))

    def family(self, id: str) -> tuple[str, ...]:
        """The record that `id` ended up as, and every record of its own side that ended up there too."""
        final = self.final(id)
        return (final, *self.earlier.get(final, ()))

    def final(self, id: str) -> str:
        """The record that `id` ended up as, through conversions and merges."""
        seen = {id}
        while (then := self.became.get(id)) is not None and then not in seen:
            seen.add(then)
            id = then
        return id


def take(hubspot: State, salesforce: State, expected: Expectation, entries: Iterable[Row] = ()) -> Picture:
    """Look at both sides, and at the ledger for links that ended. Linear in the number of records and entries."""
    became: dict[str, str] = {}
    sales = {i: p for i, p in _persons(salesforce, became).items() if i not in expected.unseen}
    people = {"hubspot": _contacts(hubspot, became), "salesforce": sales}
    partner: dict[str, str] = {}
    for pair in expected.links:
        partner[pair.hubspot] = pair.salesforce
        partner[pair.salesforce] = pair.hubspot
    picture = Picture(people, became, partner)
    earlier: dict[str, list[str]] = defaultdict(list)
    for old in became:
        earlier[picture.final(old)].append(old)
    olds = {new: tuple(ids) for new, ids in earlier.items()}
    return Picture(people, became, partner, olds, _kin(entries, expected))


def _kin(entries: Iterable[Row], expected: Expectation) -> dict[str, frozenset[str]]:
    """Who shared a key with whom at any time. A key names the record it was made for: `side:account:id`."""
    holders: dict[str, dict[str, set[str]]] = defaultdict(lambda: {side: set() for side in PEOPLE})
    for entry in entries:
        key = entry.after.get(expected.keys.get(entry.side, "")) if entry.object in EMAIL else None
        if isinstance(key, str) and key:
            holders[key][entry.side].add(entry.id)
            side, _, rest = key.partition(":")
            if side in PEOPLE:
                holders[key][side].add(rest.rpartition(":")[2])
    for pair in expected.former:
        ended = holders[f"former:{pair.hubspot}:{pair.salesforce}"]
        ended["hubspot"].add(pair.hubspot)
        ended["salesforce"].add(pair.salesforce)
    kin: dict[str, set[str]] = defaultdict(set)
    for held in holders.values():
        for one, two in (("hubspot", "salesforce"), ("salesforce", "hubspot")):
            for id in held[one]:
                kin[id] |= held[two]
    return {id: frozenset(ids) for id, ids in kin.items()}


def _contacts(state: State, became: dict[str, str]) -> dict[str, Person]:
    """Properties stand in `properties`, as HubSpot shows them, or beside `id` and `archived`."""
    live: dict[str, Person] = {}
    for row in state.get("contacts", ()):
        id, values = str(row["id"]), row.get("properties", row)
        if row.get("merged_into"):
            became[id] = str(row["merged_into"])
        elif not row.get("archived") and isinstance(values, Mapping):
            live[id] = Person("hubspot", "contacts", id, values)
            merged = str(values.get("hs_merged_object_ids") or "")
            became.update({old: id for old in merged.split(";") if old and old != id})
    return live


def _persons(state: State, became: dict[str, str]) -> dict[str, Person]:
    live: dict[str, Person] = {}
    for obj in PEOPLE["salesforce"]:
        for row in state.get(obj, ()):
            id = str(row["Id"])
            heir = row.get("MasterRecordId") or row.get("ConvertedContactId")
            if heir:
                became[id] = str(heir)
            if not row.get("IsDeleted") and not row.get("IsConverted"):
                live[id] = Person("salesforce", obj, id, row)
    return live
