"""The judge on a whole world, with a toy that syncs it: a careful one is acquitted, a careless one is not."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.compare import blank
from crmsync.simulator.expectation import Expectation, FieldPair, Kept, Pair
from crmsync.simulator.handwriting import CONTACT_NAMES, HUBSPOT_NAMES, LEAD_NAMES
from crmsync.simulator.judge import judge
from crmsync.simulator.people import SOURCES
from crmsync.simulator.world import humans, populate

KINDS = {"email": "email", "phone": "phone", "country": "country"}
COMPANY = "[unknown]"


def pairs() -> tuple[FieldPair, ...]:
    made = []
    for name, hubspot in HUBSPOT_NAMES.items():
        if name in LEAD_NAMES:
            native = {
                "Lead": LEAD_NAMES[name],
                **({"Contact": CONTACT_NAMES[name]} if name in CONTACT_NAMES else {}),
            }
            made.append(FieldPair(name, hubspot, native, compare=KINDS.get(name, "text"), blank="clear"))
    source = next(p for p in made if p.name == "source")
    mapped = replace(
        source, compare="picklist", direction="to_salesforce", rule="first", values=frozenset(SOURCES.items())
    )
    company = next(p for p in made if p.name == "company")
    defaulted = replace(company, defaults={"salesforce": frozenset({COMPANY})})
    return tuple({"source": mapped, "company": defaulted}.get(p.name, p) for p in made)


@dataclass(slots=True)
class Toy:
    """Links by address, fills blanks, creates the others; a difference is kept open, or HubSpot just wins."""

    cluster: Cluster
    careful: bool = True
    kept: set[Kept] = field(default_factory=set)
    links: list[Pair] = field(default_factory=list)

    def run(self) -> Expectation:
        left = {r["id"]: r for r in self.cluster.hubspot.state()["contacts"] if not r["archived"]}
        right: dict[str, tuple[str, dict[str, Any]]] = {
            str(r["Id"]): (obj, r)
            for obj in ("Lead", "Contact")
            for r in self.cluster.salesforce.state()[obj]
            if not r["IsDeleted"] and not r.get("IsConverted")
        }
        by_email = {str(r["Email"]).lower(): id for id, (_, r) in right.items() if r.get("Email")}
        alone = set(right)
        for id, values in left.items():
            found = by_email.get(str(values.get("email") or "").lower())
            if found is None:
                self._to_salesforce(id, values)
            else:
                alone.discard(found)
                self._merge(id, values, found, *right[found])
        for id in sorted(alone):
            self._to_hubspot(id, *right[id])
        return Expectation(
            pairs(), tuple(self.links), births=frozenset({"hubspot", "salesforce"}), kept=frozenset(self.kept)
        )

    def _to_salesforce(self, id: str, values: dict[str, Any]) -> None:
        fields = {
            p.salesforce["Lead"]: _there(p, values.get(p.hubspot)) for p in pairs() if values.get(p.hubspot)
        }
        made = self.cluster.salesforce.create("Lead", {"Company": COMPANY, **fields}, actor="api")
        self.links.append(Pair(id, "Lead", made))

    def _to_hubspot(self, id: str, obj: str, row: dict[str, Any]) -> None:
        fields = {
            p.hubspot: row[native]
            for p in pairs()
            if (native := p.salesforce.get(obj)) and row.get(native) and p.writes_to("hubspot")
        }
        self.links.append(Pair(self.cluster.hubspot.create("contacts", fields, actor="api"), obj, id))

    def _merge(self, one: str, left: dict[str, Any], two: str, obj: str, right: dict[str, Any]) -> None:
        self.links.append(Pair(one, obj, two))
        to_left: dict[str, Any] = {}
        to_right: dict[str, Any] = {}
        for p in pairs():
            native = p.salesforce.get(obj)
            if native is None or p.equal("hubspot", left.get(p.hubspot), right.get(native)):
                continue
            mine, theirs = left.get(p.hubspot), right.get(native)
            if blank(mine) and p.writes_to("hubspot"):
                to_left[p.hubspot] = theirs
            elif blank(theirs) or not self.careful:
                to_right[native] = _there(p, mine)
            else:
                self.kept |= {Kept(one, p.name, mine, open=True), Kept(two, p.name, theirs, open=True)}
        if to_left:
            self.cluster.hubspot.edit("contacts", one, to_left, actor="api")
        if to_right:
            self.cluster.salesforce.edit(obj, two, to_right, actor="api")


def _there(pair: FieldPair, value: Any) -> Any:
    return dict(pair.values).get(str(value), value)


def test_a_careful_sync_is_acquitted() -> None:
    cluster = Cluster(seed=1)
    world = populate(cluster, 200)
    expected = Toy(cluster).run()
    assert len(expected.links) == 400 - world.overlap
    assert len(expected.kept) >= world.differing
    assert judge(cluster, expected) == []


def test_a_careless_sync_is_convicted_of_every_value_it_overwrote() -> None:
    cluster = Cluster(seed=1)
    world = populate(cluster, 200)
    found = Counter(v.invariant for v in judge(cluster, Toy(cluster, careful=False).run()))
    assert set(found) == {"I3", "I5"}  # I5: a blank source blanked its target
    assert found["I3"] >= world.differing


def test_a_second_sync_that_forgot_its_links_is_convicted() -> None:
    cluster = Cluster(seed=1)
    populate(cluster, 60)
    first = Toy(cluster).run()
    toy = Toy(cluster)
    toy._to_salesforce(
        first.links[-1].hubspot, {"lastname": "Twin", "email": _email(cluster, first.links[-1].hubspot)}
    )
    found = {v.invariant for v in judge(cluster, replace(first, links=(*first.links, *toy.links)))}
    assert {"I4", "I5"} <= found


def test_edits_that_nobody_carried_over_are_convicted() -> None:
    cluster = Cluster(seed=1)
    populate(cluster, 60)
    expected = Toy(cluster).run()
    assert judge(cluster, expected) == []
    edits = humans(cluster, random.Random(5), 20)
    found = judge(cluster, expected)
    assert {v.invariant for v in found} == {"I1"}
    assert 0 < len(found) <= len(edits)


def test_a_person_is_followed_through_conversion_and_merges() -> None:
    cluster = Cluster(seed=1)
    hubspot, salesforce = cluster.hubspot, cluster.salesforce
    one = hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Abara", "jobtitle": "CEO"})
    two = hubspot.create("contacts", {"email": "ann@b.example", "lastname": "Abara"})
    lead = salesforce.create(
        "Lead", {"Email": "ann@a.example", "LastName": "Abara", "Company": "Acme", "Title": "CEO"}
    )
    account = salesforce.create("Account", {"Name": "Acme"})
    salesforce.edit("Lead", lead, {"Title": "CTO"})
    salesforce.convert(lead, account=account)
    contact = next(str(r["Id"]) for r in salesforce.state()["Contact"])
    survivor = hubspot.merge("contacts", one, [two])
    hubspot.edit("contacts", survivor, {"jobtitle": "CTO"}, actor="api")
    fields = tuple(p for p in pairs() if p.name in ("email", "last", "title"))
    expected = Expectation(fields, (Pair(survivor, "Contact", contact),), births=frozenset({"salesforce"}))
    assert judge(cluster, expected) == []
    hubspot.edit("contacts", survivor, {"jobtitle": "CFO"})
    hubspot.edit("contacts", survivor, {"jobtitle": "CTO"}, actor="api")
    assert [v.invariant for v in judge(cluster, expected)] == ["I3"]


def test_an_empty_expectation_does_not_acquit() -> None:
    cluster = Cluster(seed=1)
    world = populate(cluster, 60)
    found = judge(cluster, Expectation(pairs()))
    assert [v.invariant for v in found] == ["I1"] * world.overlap


def _email(cluster: Cluster, id: str) -> str:
    rows = cluster.hubspot.state()["contacts"]
    return next(str(r["email"]) for r in rows if r["id"] == id)
