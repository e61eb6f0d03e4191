"""Which live records the store knows between two ids: numbers as numbers, letters by byte, on both databases."""

from __future__ import annotations

from store_builders import NOW, settled

from crmsync.store import SqlStore

TITLE = {"jobtitle": "CEO"}


def test_numbers_are_in_their_order_whatever_their_length(store: SqlStore) -> None:
    for one in ("9", "10", "11", "100", "2"):
        settled(store, one, TITLE)
    with store.transaction() as tx:
        assert tx.live_between("hubspot", "contacts", "", "", 10) == ["2", "9", "10", "11", "100"]
        assert tx.live_between("hubspot", "contacts", "2", "11", 10) == ["9", "10", "11"]
        assert tx.live_between("hubspot", "contacts", "9", "100", 2) == ["10", "11"]
        assert tx.live_between("hubspot", "contacts", "100", "", 10) == []
        assert tx.live_between("salesforce", "Lead", "", "", 10) == []
        tx.bury("hubspot", "contacts", ["10"], NOW)
        assert tx.live_between("hubspot", "contacts", "2", "11", 10) == ["9", "11"]


def test_capitals_come_before_small_letters(store: SqlStore) -> None:
    ids = [f"00Q0000000000{one}AAA" for one in ("9a", "ZZ", "aB", "ab", "zA")]
    for one in reversed(ids):
        settled(store, one, TITLE, "salesforce")
    with store.transaction() as tx:
        obj = next(iter(tx.by_native("salesforce", ids).values())).object
        assert tx.live_between("salesforce", obj, "", "", 10) == ids
        assert tx.live_between("salesforce", obj, ids[1], ids[3], 10) == ids[2:4]
