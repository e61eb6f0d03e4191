"""The members of the scope's list: replaced as a whole, and whoever entered or left is decided again."""

from __future__ import annotations

from store_builders import NOW, read

from crmsync.model.links import Lane
from crmsync.store import SqlStore


def dirty(store: SqlStore) -> list[int]:
    with store.transaction() as tx:
        return sorted(link for _, link in tx.dirty((-1, -1), 10, NOW))


def test_only_who_entered_or_left_is_decided_again(store: SqlStore) -> None:
    people = {native: {"email": f"p{native}@a.example"} for native in ("1", "2", "3")}
    with store.transaction() as tx:
        tx.observe([read(native, values) for native, values in people.items()], Lane.CHANGES, "changed", NOW)
        links = {native: row.link_id for native, row in tx.by_native("hubspot", list(people)).items()}
        heads = tx.load(list(links.values()))
        tx.clean([(link.id, link.seq) for link in heads])
    assert dirty(store) == []
    with store.transaction() as tx:
        assert tx.save_members("7", "contacts", {"1", "2", "not read yet"}) == 2
        tx.clean([(link.id, link.seq) for link in tx.load(list(links.values()))])
    with store.transaction() as tx:
        assert tx.members("contacts") == {"1", "2", "not read yet"}
        assert tx.save_members("8", "contacts", {"2", "3"}) == 2  # another list, some of the same people
        assert tx.members("contacts") == {"2", "3"}
    assert dirty(store) == sorted([links["1"], links["3"]])
    with store.transaction() as tx:
        assert tx.save_members("", "contacts", ()) == 2
        assert tx.members("contacts") == frozenset()
