"""What reports and commands read, and what a person decides."""

from __future__ import annotations

from datetime import timedelta

from store_builders import (
    NOW,
    conflict,
    create,
    dirty,
    later,
    link_of,
    parked,
    propose,
    settled,
    take,
    update,
)

from crmsync.model.links import Hold, Kind, Lane, Link, Settlement, Status
from crmsync.store import SqlStore
from crmsync.store.read import drop, person, resolve, retry, review_items, status

ANN = {"email": "ann@a.example", "title": "CEO"}


def a_person_with_findings(store: SqlStore) -> Link:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.observe([_read("1", email="ann@a.example")], Lane.CHANGES, "read", NOW)
        tx.settle([Settlement(link.id, 0, conflicts=(conflict(link, "d1"),))], NOW)
        tx.park(
            [parked(link, "p1"), parked(link, "p2", "ambiguous", ""), parked(link, "p3", field="zip")], NOW
        )
    return link_of(store, "1")


def _read(native_id: str, email: str):  # type: ignore[no-untyped-def]
    from store_builders import read

    return read(native_id, ANN, email=email)


def items(store: SqlStore) -> dict[str, str]:
    return {i["id"]: i["kind"] for i in review_items(store)}


def ids(store: SqlStore, kind: str) -> list[str]:
    return [i["id"] for i in review_items(store) if i["kind"] == kind]


def test_review_shows_what_waits_with_cause_and_fix(store: SqlStore) -> None:
    link = a_person_with_findings(store)
    propose(store, [create(link, title="a")])
    with store.transaction() as tx:
        tx.hold([Hold("D", "salesforce", "Lead", Kind.CREATE, "too many", 1)], NOW)
    assert sorted(items(store).values()) == ["ambiguous", "conflict", "held", "parked", "parked"]
    found = {i["kind"]: i for i in review_items(store)}
    assert found["held"]["id"] == "h-D"
    shown = found["conflict"]
    assert shown["values"] == {"hubspot": "CEO", "salesforce": "CFO"}
    assert (shown["person"], shown["field"], shown["since"]) == ("ann@a.example", "title", NOW)
    assert shown["fix"] and found["parked"]["fix"] == "shorten it"
    assert found["parked"]["values"] == {"hubspot": "a very long city"}


def test_a_resolved_conflict_is_carried_by_the_link_until_done(store: SqlStore) -> None:
    link = a_person_with_findings(store)
    [item] = ids(store, "conflict")
    assert resolve(store, item, "salesforce", later(1))
    assert not resolve(store, "c999999999", "salesforce", NOW)
    assert not resolve(store, "nonsense", "salesforce", NOW)
    after = link_of(store, "1")
    assert (after.resolved, after.cause) == ({"title": "salesforce"}, "resolve:title:salesforce")
    assert dirty(store) == [link.id]
    assert ids(store, "conflict") == []
    with store.transaction() as tx:
        tx.settle([Settlement(link.id, 0, conflicts=(conflict(link, "d1"),))], later(2))
    assert link_of(store, "1").resolved == {"title": "salesforce"}
    propose(store, [update(after, "title", "CEO", "CFO")])
    [intent] = take(store, Kind.UPDATE)
    with store.transaction() as tx:
        tx.done([(intent, "1", {})], NOW)
    assert link_of(store, "1").resolved == {}


def test_a_parked_field_is_tried_again_or_dropped(store: SqlStore) -> None:
    link = a_person_with_findings(store)
    first, second = ids(store, "parked")
    assert retry(store, first, NOW)
    assert not retry(store, first, NOW)
    assert link_of(store, "1").cause == "retry"
    assert link.id in dirty(store)
    assert drop(store, second, NOW)
    assert ids(store, "parked") == []
    assert link_of(store, "1").parked == {"": "p2", "zip": "p3"}
    [item] = ids(store, "conflict")
    assert drop(store, item, NOW)
    assert ids(store, "conflict") == []
    assert link_of(store, "1").known == {("title", "d1")}


def test_a_person_is_found_by_everything_that_names_them(store: SqlStore) -> None:
    link = a_person_with_findings(store)
    with store.transaction() as tx:
        tx.mint({link.id: "hubspot:1:1"})
    propose(store, [update(link_of(store, "1"), "title", "CEO", "CFO")])
    [intent] = take(store, Kind.UPDATE)
    with store.transaction() as tx:
        tx.end([intent.id], Status.REJECTED, later(1), "too long")
    for text in ("Ann@A.example ", "1", "hubspot:1:1", str(link.id)):
        found = person(store, text)
        assert found is not None
        assert found["link"].id == link.id
    assert [c["field"] for c in found["conflicts"]] == ["title"]
    assert [(i["intent"].changes[0].before, i["note"]) for i in found["intents"]] == [("CEO", "too long")]
    assert person(store, "nobody@a.example") is None
    assert person(store, "") is None


def test_status_counts(store: SqlStore) -> None:
    a_person_with_findings(store)
    with store.transaction() as tx:
        tx.spend("hubspot", "read", 3, "2026-03-01")
        tx.spend("hubspot", "read", 2, "2026-03-02")
        tx.spend("hubspot", "write", 1, "2026-03-02")
        tx.set_cursor("hubspot", "contacts", {"after": "9"})
        tx.put("last_cycle", "7")
    found = status(store)
    assert found["links"] == 0, "nobody is on both sides yet"
    assert found["linked"] == {"hubspot": 1, "salesforce": 0}
    assert (found["conflicts"], found["parked"], found["held"], found["dirty"]) == (1, 3, 0, 1)
    assert found["budget"] == {"hubspot": 3, "salesforce": 0}
    assert status(store, "2026-03-01")["budget"] == {"hubspot": 3, "salesforce": 0}
    assert found["cursors"] == [{"side": "hubspot", "object": "contacts", "cursor": {"after": "9"}}]
    assert found["last_cycle"] == "7"


def test_pruning_forgets_what_ended_before_the_horizon(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    propose(store, [update(link, "title", "CEO", "CFO")])
    [intent] = take(store, Kind.UPDATE)
    with store.transaction() as tx:
        tx.done([(intent, "1", {})], NOW)
        assert tx.prune(NOW + timedelta(days=30), timedelta(days=30)) == 0  # type: ignore[attr-defined]
        assert tx.prune(NOW + timedelta(days=31), timedelta(days=30)) == 1  # type: ignore[attr-defined]
    found = person(store, "1")
    assert found is not None
    assert found["intents"] == []


def test_events_are_appended(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.log("7", "update", [(link.id, "hubspot", "title", "hash")], NOW)
    found = person(store, "1")
    assert found is not None
    assert [(e["cycle"], e["kind"], e["side"], e["field"]) for e in found["events"]] == [
        ("7", "update", "hubspot", "title")
    ]
