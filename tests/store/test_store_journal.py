"""Deciding, proposing, taking, sending, closing."""

from __future__ import annotations

import pytest
from store_builders import (
    NOW,
    clean,
    conflict,
    create,
    dirty,
    later,
    link_of,
    observe,
    parked,
    propose,
    proposed,
    read,
    settled,
    take,
    update,
)

from crmsync.errors import LeaseError
from crmsync.model.links import Group, Kind, Lane, Role, Settlement, Status
from crmsync.store import SqlStore

ANN = {"email": "ann@a.example", "title": "CEO"}


def test_settling_moves_base_and_seen_but_keeps_the_observation_until_clean(store: SqlStore) -> None:
    observe(store, read("1", ANN))
    link = link_of(store, "1")
    with store.transaction() as tx:
        settlement = Settlement(
            link.id, link.seq, agreed={"title": "CEO"}, seen={link.rows[0].id: {"title": "CEO"}}
        )
        tx.settle([settlement], NOW)
    after = link_of(store, "1")
    assert (after.agreed, after.rows[0].seen, after.rows[0].observed) == (
        {"title": "CEO"},
        {"title": "CEO"},
        ANN,
    )
    clean(store, link)
    row = link_of(store, "1").rows[0]
    assert (row.seen, row.observed, row.current) == ({"title": "CEO"}, {"email": "ann@a.example"}, ANN)
    assert observe(store, read("1", ANN, version=later(1))) == 0


def test_conflicts_and_parked_fields_are_known_until_settled(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.settle([Settlement(link.id, 0, conflicts=(conflict(link, "d1"),))], NOW)
        tx.park([parked(link, "p1")], NOW)
        tx.settle([Settlement(link.id, 0, conflicts=(conflict(link, "d1"),))], later(1))
        tx.settle([Settlement(link.id, 0, conflicts=(conflict(link, "d2"),))], later(2))
        tx.park([parked(link, "p2")], later(2))
    assert (link_of(store, "1").known, link_of(store, "1").parked) == ({("title", "d2")}, {"city": "p2"})
    with store.transaction() as tx:
        tx.settle([Settlement(link.id, 0, settled=("title", "city"))], NOW)
    assert (link_of(store, "1").known, link_of(store, "1").parked) == (frozenset(), {})


def test_a_conflict_decided_by_a_rule_stays_known(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.settle(
            [Settlement(link.id, 0, conflicts=(conflict(link, "d1", winner="hubspot"),), settled=("title",))],
            NOW,
        )
        tx.settle([Settlement(link.id, 0, settled=("title",))], NOW)
    assert link_of(store, "1").known == {("title", "d1")}


def test_rewrites_are_remembered_by_side_and_field(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.settle([Settlement(link.id, 0, rewrites=(("salesforce", "phone", "1", "+1"),))], NOW)
        tx.settle([Settlement(link.id, 0, rewrites=(("salesforce", "phone", "2", "+2"),))], NOW)
    assert link_of(store, "1").rewrites == {("salesforce", "phone"): ("2", "+2")}


def test_a_proposed_settlement_waits_for_the_first_intent_taken(store: SqlStore) -> None:
    observe(store, read("1", ANN))
    link = link_of(store, "1")
    row = link.rows[0].id
    settlement = Settlement(
        link.id,
        link.seq,
        agreed={"email": "x"},
        seen={row: {"email": "x"}},
        conflicts=(conflict(link, "d"),),
        parked=(parked(link, "p"),),
        rewrites=(("hubspot", "f", 1, "1"),),
    )
    propose(store, [create(link, title="CEO")], settlement)
    assert (link_of(store, "1").agreed, link_of(store, "1").known) == ({}, frozenset())
    [intent] = take(store)
    assert intent.status is Status.PLANNED
    after = link_of(store, "1")
    assert (after.agreed, after.rows[0].seen) == ({"email": "x"}, {"email": "x"})
    assert (after.known, after.parked) == ({("title", "d")}, {"city": "p"})
    assert after.rewrites == {("hubspot", "f"): (1, "1")}
    with store.transaction() as tx:
        assert [i.id for i in tx.open_intents()] == [intent.id]
        assert list(tx.proposed()) == []


def test_hotter_lanes_are_taken_first(store: SqlStore) -> None:
    observe(store, read("1", ANN), lane=Lane.BACKFILL)
    observe(store, read("2", ANN), lane=Lane.CONSENT)
    cold, hot = link_of(store, "1"), link_of(store, "2")
    propose(store, [create(cold, title="a"), create(hot, title="b")])
    assert [i.link_id for i in take(store, limit=1)] == [hot.id]
    assert [i.link_id for i in take(store)] == [cold.id]
    assert take(store) == []


def test_an_intent_survives_the_journal_unchanged(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    intent = create(link, title="CEO", active=True, score=1.5, count=3, none=None)
    propose(store, [intent])
    [kept] = proposed(store)
    assert (kept.changes, kept.key, kept.digest, kept.seq) == (
        intent.changes,
        intent.key,
        intent.digest,
        intent.seq,
    )
    assert kept.id > 0


def test_a_done_create_makes_the_row_and_moves_base_and_both_seen(store: SqlStore) -> None:
    observe(store, read("1", ANN))
    link = link_of(store, "1")
    propose(store, [create(link, title="CEO", email="Ann@A.example")])
    intents = take(store)
    generation = store.acquire("me", NOW, 60)
    with store.transaction() as tx:
        tx.sent([i.id for i in intents], generation, NOW)
        assert [(i.status, i.attempts, i.sent_at) for i in tx.open_intents()] == [(Status.SENT, 1, NOW)]
        tx.done([(intents[0], "00Q1", {"Email": "ann@a.example"})], later(1))
        tx.clean([(link.id, link.seq)])
    after = link_of(store, "1")
    source, made = after.rows
    assert after.agreed == {"title": "CEO", "email": "Ann@A.example"}
    assert source.seen == {"title": "CEO", "email": "Ann@A.example"}
    assert (made.native_id, made.role, made.version, made.key) == ("00Q1", Role.PRIMARY, None, "hubspot:1:1")
    assert made.seen == {"Title": "CEO", "Email": "ann@a.example"}
    assert (made.written, made.written_at) == ({"Title": "CEO"}, later(1))
    assert after.ever == {"hubspot", "salesforce"}
    assert dirty(store) == []
    with store.transaction() as tx:
        assert tx.open_intents() == []
        assert tx.linked() == {"hubspot": 1, "salesforce": 1}
        assert tx.recent(NOW) == [Group("salesforce", "Lead", Kind.CREATE, 1)]
        assert tx.recent(later(2)) == []


def test_a_done_update_is_not_undone_by_an_earlier_read(store: SqlStore) -> None:
    settled(store, "1", ANN)
    observe(store, read("1", {**ANN, "email": "new@a.example"}, version=later(1)))
    link = link_of(store, "1")
    propose(store, [update(link, "title", "CEO", "CFO")])
    [intent] = take(store, Kind.UPDATE)
    with store.transaction() as tx:
        tx.done([(intent, "1", {})], NOW)
    assert link_of(store, "1").rows[0].current == {"title": "CFO", "email": "new@a.example"}


def test_a_key_that_is_written_is_found_on_its_row(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.mint({link.id: "hubspot:1:1"})
    link = link_of(store, "1")
    propose(store, [update(link, "crmsync_id", None, "hubspot:1:1")])
    [intent] = take(store, Kind.UPDATE)
    with store.transaction() as tx:
        tx.done([(intent, "1", {})], NOW)
    assert link_of(store, "1").rows[0].key == "hubspot:1:1"


def test_a_write_ends_the_open_conflict_of_its_field(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.settle([Settlement(link.id, 0, conflicts=(conflict(link, "d1"),))], NOW)
    propose(store, [update(link, "title", "CEO", "CFO")])
    [intent] = take(store, Kind.UPDATE)
    with store.transaction() as tx:
        tx.done([(intent, "1", {})], NOW)
    assert link_of(store, "1").known == frozenset()


def test_a_dirty_row_stays_while_an_intent_is_open(store: SqlStore) -> None:
    observe(store, read("1", ANN))
    link = link_of(store, "1")
    propose(store, [create(link, title="CEO")])
    clean(store, link)
    assert dirty(store) == [link.id]
    [intent] = take(store)
    clean(store, link)
    assert dirty(store) == [link.id]
    with store.transaction() as tx:
        tx.end([intent.id], Status.REJECTED, NOW, "refused")
    clean(store, link)
    assert dirty(store) == []


def test_shrinking_takes_fields_out_and_goes_back_to_planned(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    propose(store, [create(link, title="CEO", email="x")])
    [intent] = take(store)
    generation = store.acquire("me", NOW, 60)
    with store.transaction() as tx:
        tx.sent([intent.id], generation, NOW)
        smaller = tx.shrink(intent, ["email"])
        [kept] = tx.open_intents()
    assert [c.name for c in smaller.changes] == ["title"] == [c.name for c in kept.changes]
    assert smaller.status is Status.PLANNED is kept.status


def test_the_last_plan_is_forgotten_but_not_what_was_sent(store: SqlStore) -> None:
    links = [settled(store, str(n), ANN) for n in range(3)]
    propose(store, [create(link, title="CEO") for link in links], Settlement(links[2].id, 0, agreed={"a": 1}))
    first, _second = take(store, limit=2)
    generation = store.acquire("me", NOW, 60)
    with store.transaction() as tx:
        tx.sent([first.id], generation, NOW)
        assert tx.drop_proposed() == 2
        assert [i.id for i in tx.open_intents()] == [first.id]
    assert proposed(store) == []


def test_sending_needs_the_lease_of_this_generation(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    propose(store, [create(link, title="CEO")])
    [intent] = take(store)
    old = store.acquire("me", NOW, 60)
    store.acquire("other", later(61), 60)

    def send() -> None:
        with store.transaction() as tx:
            tx.put("before", "x")
            tx.sent([intent.id], old, later(62))

    with pytest.raises(LeaseError):
        send()
    with store.transaction() as tx:
        assert [i.status for i in tx.open_intents()] == [Status.PLANNED]
        assert tx.get("before") is None


def test_an_exception_leaves_nothing(store: SqlStore) -> None:
    def fail() -> None:
        with store.transaction() as tx:
            tx.observe([read("1", ANN)], Lane.CHANGES, "read", NOW)
            tx.set_cursor("hubspot", "contacts", {"after": "1"})
            raise KeyError("killed")

    with pytest.raises(KeyError):
        fail()
    with store.transaction() as tx:
        assert tx.by_native("hubspot", ["1"]) == {}
        assert tx.cursor("hubspot", "contacts") is None
        assert tx.dirty((-1, -1), 9, NOW) == []
