"""Whose field waits for a company or an Account: looked up by the field and by the native value it was parked over."""

from __future__ import annotations

from dataclasses import replace

from store_builders import NOW, parked, settled

from crmsync.model.links import Settlement
from crmsync.store import SqlStore
from crmsync.store.listing import accounts
from crmsync.store.read import drop, review_items


def test_links_are_found_by_field_and_value(store: SqlStore) -> None:
    one, two = settled(store, "1", {"email": "a@a.example"}), settled(store, "2", {"email": "b@a.example"})
    with store.transaction() as tx:
        tx.park([replace(parked(one, "p1", field="firm"), value="001A")], NOW)
        tx.park([replace(parked(two, "p2", field="firm"), value="101")], NOW)
        tx.park([replace(parked(two, "p3", field="city"), value="001A")], NOW)
        assert tx.waiting(["firm"], ["001A", "001B"]) == [one.id]
        assert tx.waiting(["firm"], ["001A", "101"]) == [one.id, two.id]
        assert tx.waiting(["firm", "city"], ["001A"]) == [one.id, two.id]
        assert tx.waiting([], ["001A"]) == tx.waiting(["firm"], []) == []


def test_what_is_settled_waits_no_more_and_what_was_dropped_still_does(store: SqlStore) -> None:
    one, two = settled(store, "1", {"email": "a@a.example"}), settled(store, "2", {"email": "b@a.example"})
    with store.transaction() as tx:
        tx.park([replace(parked(link, "p", field="firm"), value="001A") for link in (one, two)], NOW)
        tx.settle([Settlement(one.id, 0, settled=("firm",))], NOW)
    (item,) = review_items(store)
    assert drop(store, item["id"], NOW)
    with store.transaction() as tx:
        assert tx.waiting(["firm"], ["001A"]) == [two.id]


def test_a_store_without_companies_lists_none(store: SqlStore) -> None:
    assert list(accounts(store)) == []
