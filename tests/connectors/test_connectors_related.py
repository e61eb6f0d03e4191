"""What both connectors read beside people: deals with their people and stages, lists with their members, who was merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import pytest
from crm_worlds import World, every, world

from crmsync.errors import FatalError
from crmsync.model.records import Member, Record, Stamp
from crmsync.model.values import Side, Value


@dataclass(frozen=True)
class Deals:
    """How a side calls a deal and what belongs to it."""

    obj: str
    name: str
    stage: str
    values: Mapping[str, Value]
    people: str
    firm: str
    won: str


DEALS: dict[Side, Deals] = {
    "hubspot": Deals(
        "deals", "dealname", "dealstage", {"pipeline": "default", "dealstage": "appointmentscheduled"},
        "contacts", "companies", "closedwon",
    ),
    "salesforce": Deals(
        "Opportunity", "Name", "StageName", {"StageName": "Prospecting", "CloseDate": "2026-06-30"},
        "Contact", "Account", "Closed Won",
    ),
}  # fmt: skip


def deal(w: World, name: str, **more: Value) -> str:
    kind = DEALS[w.crm.side]
    return str(w.human.create(kind.obj, {kind.name: name, **kind.values, **more}))


def person(w: World, n: int) -> str:
    kind = DEALS[w.crm.side]
    values = {w.names.last: f"L{n}", w.names.email: f"l{n}@acme.example"}
    return str(w.human.create(kind.people, values))


def involve(w: World, deal_id: str, person_id: str, *, main: bool = False) -> None:
    if w.crm.side == "hubspot":
        w.human.associate("deals", deal_id, "contacts", person_id)
    else:
        role = {"OpportunityId": deal_id, "ContactId": person_id, "IsPrimary": main}
        w.human.create("OpportunityContactRole", role | ({"Role": "Decision Maker"} if main else {}))


def scanned(w: World, obj: str, fields: tuple[str, ...]) -> list[Record]:
    page = w.crm.scan(obj, fields, None)
    records = list(page.records)
    while page.next is not None:
        page = w.crm.scan(obj, fields, page.next)
        records += page.records
    return records


def told(w: World, obj: str, since: datetime) -> list[Stamp]:
    page = w.crm.changes({obj: since}, None)
    stamps = list(page.stamps)
    while page.next is not None:
        page = w.crm.changes({obj: since}, page.next)
        stamps += page.stamps
    return list(dict.fromkeys([*stamps, *w.crm.archived(obj, None).stamps]))  # a deletion may be told by both


# -- deals and firms ------------------------------------------------------------------------------------------
@every
def test_deals_are_scanned_changed_read_and_deleted_like_people(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        ids = [deal(w, f"D{n}") for n in range(3)]
        w.cluster.clock.advance(3600)
        since = w.cluster.clock.now()
        w.human.edit(kind.obj, ids[0], {kind.name: "Changed"})
        w.human.delete(kind.obj, ids[2])
        stamps = told(w, kind.obj, since)
        assert sorted((s.id, s.deleted) for s in stamps) == sorted([(ids[0], False), (ids[2], True)])
        found = scanned(w, kind.obj, (kind.name, kind.stage))
        assert {r.id: r.values[kind.name] for r in found} == {ids[0]: "Changed", ids[1]: "D1"}
        assert {r.values[kind.stage] for r in found} == {kind.values[kind.stage]}
        read = {r.id: r for r in w.crm.read(kind.obj, ids, (kind.name,))}
        assert [read[i].deleted for i in ids] == [False, False, True]
        assert read[ids[0]].version == next(s.version for s in stamps if s.id == ids[0])


@every
def test_firms_are_scanned_changed_and_deleted_like_people(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        obj, name = DEALS[side].firm, "Name" if side == "salesforce" else "name"
        ids = [w.human.create(obj, {name: f"Firm {n}"}) for n in range(3)]
        w.cluster.clock.advance(3600)
        since = w.cluster.clock.now()
        w.human.edit(obj, ids[0], {name: "Changed"})
        w.human.delete(obj, ids[2])
        assert sorted((s.id, s.deleted) for s in told(w, obj, since)) == sorted(
            [(ids[0], False), (ids[2], True)]
        )
        assert [r.values[name] for r in scanned(w, obj, (name,))] == ["Changed", "Firm 1"]


@every
def test_who_belongs_to_a_deal_is_told_from_both_ends(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        deals, people = [deal(w, f"D{n}") for n in range(3)], [person(w, n) for n in range(3)]
        for one in people[:2]:
            involve(w, deals[0], one)
        involve(w, deals[1], people[0])
        before = w.crm.calls
        by_deal = w.crm.associated(kind.obj, kind.people, deals)
        assert w.crm.calls - before == 1
        by_person = w.crm.associated(kind.people, kind.obj, people)
        assert {k: sorted(a.id for a in v) for k, v in by_deal.items()} == {
            deals[0]: sorted(people[:2]),
            deals[1]: [people[0]],
        }
        assert {k: sorted(a.id for a in v) for k, v in by_person.items()} == {
            people[0]: sorted(deals[:2]),
            people[1]: [deals[0]],
        }
        assert w.crm.associated(kind.obj, kind.people, []) == {}


@every
def test_the_primary_one_is_marked(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        one, people = deal(w, "D"), [person(w, n) for n in range(2)]
        if side == "hubspot":
            firms = [w.human.create("companies", {"name": f"F{n}"}) for n in range(2)]
            w.human.associate("deals", one, "companies", firms[0])
            w.human.associate("deals", one, "companies", firms[1], primary=True)
            found = w.crm.associated("deals", "companies", [one])[one]
            assert {(a.id, a.primary) for a in found} == {(firms[0], False), (firms[1], True)}
        else:
            involve(w, one, people[0])
            involve(w, one, people[1], main=True)
            found = w.crm.associated(kind.obj, kind.people, [one])[one]
            assert [(a.id, a.primary, a.labels) for a in found] == [
                (people[1], True, ("Decision Maker",)),
                (people[0], False, ()),
            ]
            assert all(a.via.startswith("00K") for a in found)


@every
def test_many_people_of_one_record_are_read_page_by_page(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        one = deal(w, "D")
        people = [person(w, n) for n in range(520)]
        for each in people:
            involve(w, one, each)
        found = w.crm.associated(DEALS[side].obj, DEALS[side].people, [one])[one]
        assert sorted(a.id for a in found) == sorted(people)


@every
def test_stages_come_in_order_with_what_they_mean(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        stages = w.crm.stages(kind.obj)
        assert all(a.order < b.order for a, b in pairwise(stages))
        by_id = {s.id: s for s in stages}
        assert kind.values[kind.stage] in by_id
        assert (by_id[kind.won].closed, by_id[kind.won].won, by_id[kind.won].probability) == (True, True, 1.0)
        lost = [s for s in stages if s.closed and not s.won]
        assert [s.probability for s in lost] == [0.0]
        assert all(0 < (s.probability or 0) < 1 for s in stages if not s.closed)


# -- lists ----------------------------------------------------------------------------------------------------
def a_list(w: World, name: str, people: list[str]) -> str:
    if w.crm.side == "hubspot":
        return str(w.human.make_list(name, ids=people))
    campaign = w.human.create("Campaign", {"Name": name})
    for one in people:
        w.human.create("CampaignMember", {"CampaignId": campaign, "ContactId": one})
    return str(campaign)


def listed(w: World, list_id: str) -> list[Member]:
    page = w.crm.members(list_id, None)
    found = list(page.members)
    while page.next is not None:
        page = w.crm.members(list_id, page.next)
        found += page.members
    return found


@every
def test_lists_of_people_and_their_members_are_read(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        people = [person(w, n) for n in range(230)]
        most, nobody = a_list(w, "Most", people[:220]), a_list(w, "Nobody", [])
        assert [(one.id, one.name) for one in w.crm.lists()] == [(most, "Most"), (nobody, "Nobody")]
        found = listed(w, most)
        assert sorted(m.id for m in found) == sorted(people[:220])
        assert {m.object for m in found} == {DEALS[side].people}
        assert all(m.since == w.cluster.clock.now() for m in found)
        assert listed(w, nobody) == []


# -- owners ---------------------------------------------------------------------------------------------------
@every
def test_owners_are_people_unless_queues_are_asked_for(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        people = w.crm.owners()
        assert people
        assert not any(o.queue for o in people)
        with_queues = w.crm.owners(queues=True)
        assert {o.id for o in people} <= {o.id for o in with_queues}
        assert [(o.name, o.email) for o in with_queues if o.queue] == (
            [("Triage", "")] if side == "salesforce" else []
        )


def test_an_owner_who_left_hubspot_is_still_told() -> None:
    with world("hubspot", "in process") as w:
        gone = w.crm.owners()[0].id
        w.human.archive_owner(gone)
        assert {o.id: o.active for o in w.crm.owners()}[gone] is False


# -- merged, restored -----------------------------------------------------------------------------------------
@every
def test_a_merge_of_a_merge_leads_to_the_last_survivor(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        a, b, c = (person(w, n) for n in range(3))
        first = w.human.merge(kind.people, b, [a]) or b
        last = w.human.merge(kind.people, c, [first]) or c
        found = w.crm.read(kind.people, [a, b], (w.names.last,))
        if side == "hubspot":  # the survivor answers, under an id of its own, and names whom it absorbed
            assert [(r.id, r.deleted, {a, b} <= set(r.aliases)) for r in found] == [(last, False, True)]
        else:
            assert {(r.id, r.deleted, r.merged_into) for r in found} == {(a, True, last), (b, True, last)}


@every
def test_several_merged_records_are_each_paired_with_their_survivor(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        ids = [person(w, n) for n in range(6)]
        pairs = {ids[n]: w.human.merge(kind.people, ids[n + 1], [ids[n]]) or ids[n + 1] for n in (0, 2, 4)}
        found = w.crm.read(kind.people, list(pairs), (w.names.last,))
        if side == "hubspot":
            assert {alias: r.id for r in found for alias in r.aliases if alias in pairs} == pairs
        else:
            assert {r.id: r.merged_into for r in found} == pairs


@every
def test_merged_firms_are_followed_like_people(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind, name = DEALS[side], "Name" if side == "salesforce" else "name"
        firms = [w.human.create(kind.firm, {name: f"F{n}"}) for n in range(2)]
        survivor = w.human.merge(kind.firm, firms[0], [firms[1]]) or firms[0]
        (found,) = w.crm.read(kind.firm, [firms[1]], (name,))
        told_by = found.id if side == "hubspot" else found.merged_into
        assert told_by == survivor


@every
def test_a_merge_shows_among_the_changes(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        a, b = (person(w, n) for n in range(2))
        w.cluster.clock.advance(3600)
        since = w.cluster.clock.now()
        survivor = w.human.merge(kind.people, b, [a]) or b
        w.cluster.clock.advance(60)
        stamps = {s.id: s.deleted for s in told(w, kind.people, since)}
        assert stamps[survivor] is False
        assert a not in stamps if side == "hubspot" else stamps[a] is True


@every
def test_a_restored_record_is_alive_again(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        kind = DEALS[side]
        one = person(w, 1)
        w.human.delete(kind.people, one)
        w.cluster.clock.advance(3600)
        since = w.cluster.clock.now()
        (w.human.restore if side == "hubspot" else w.human.undelete)(kind.people, one)
        w.cluster.clock.advance(60)
        assert [(s.id, s.deleted) for s in told(w, kind.people, since)] == [(one, False)]
        assert [(r.id, r.deleted) for r in w.crm.read(kind.people, [one], (w.names.last,))] == [(one, False)]


@pytest.mark.parametrize("mount", ["in process", "http"])
def test_a_converted_lead_names_its_contact_and_a_purged_one_is_no_more(mount: str) -> None:
    with world("salesforce", mount) as w:
        ids = w.people(3)
        w.cluster.clock.advance(3600)
        since = w.cluster.clock.now()
        contact = w.human.convert(ids[0])["contactId"]
        w.human.delete("Lead", ids[1])
        w.human.purge("Lead", ids[1])
        w.cluster.clock.advance(120)
        assert sorted((s.id, s.deleted) for s in told(w, "Lead", since)) == [(ids[0], False), (ids[1], True)]
        found = {r.id: r.converted_to for r in w.crm.read("Lead", ids, (w.names.last,))}
        assert found == {ids[0]: contact, ids[2]: None}


# -- what is not there ----------------------------------------------------------------------------------------
@every
def test_an_object_that_is_not_there_is_said_clearly(side: Side, mount: str) -> None:
    obj = "unicorns" if side == "hubspot" else "Unicorn__c"
    with world(side, mount) as w:
        for ask in (
            lambda: w.crm.scan(obj, ("name",), None),
            lambda: w.crm.read(obj, ["1" * (1 if side == "hubspot" else 18)], ("name",)),
            lambda: w.crm.stages(obj),
            lambda: w.crm.associated(obj, DEALS[side].people, ["1"]),
        ):
            with pytest.raises(FatalError, match=obj):
                ask()


def test_an_object_that_the_token_may_not_read_is_said_with_the_scope_it_lacks() -> None:
    with world("hubspot", "in process") as w:
        w.human.take_scope("crm.objects.deals.read")
        with pytest.raises(FatalError, match=r"crm\.objects\.deals\.read"):
            w.crm.scan("deals", ("dealname",), None)
