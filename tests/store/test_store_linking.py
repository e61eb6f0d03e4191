"""Finding records by what identifies them, and bringing links together."""

from __future__ import annotations

from store_builders import NOW, conflict, dirty, link_of, observe, parked, read, settled

from crmsync.model.links import Account, Lane, Role, Settlement
from crmsync.model.records import Owner
from crmsync.store import SqlStore, open_store
from crmsync.store.read import person

ANN = {"email": "ann@a.example"}


def test_rows_are_found_by_email_native_id_and_foreign_id(store: SqlStore) -> None:
    observe(
        store,
        read("1", ANN, email="ann@a.example", foreign=("00Q1", "003X")),
        read("2", ANN, email="ann@a.example"),
        read("00Q1", ANN, side="salesforce", email="ann@a.example"),
    )
    with store.transaction() as tx:
        by_email = tx.by_email("hubspot", ["ann@a.example", "nobody@a.example"])
        assert {k: [r.native_id for r in v] for k, v in by_email.items()} == {"ann@a.example": ["1", "2"]}
        assert tx.by_native("salesforce", ["00Q1", "1"])["00Q1"].object == "Lead"
        assert [r.native_id for r in tx.by_foreign(["003X"])["003X"]] == ["1"]
    observe(store, read("1", ANN, email="ann@a.example", foreign=("00Q9",)))
    with store.transaction() as tx:
        assert list(tx.by_foreign(["003X", "00Q9"])) == ["00Q9"]


def test_a_key_is_found_on_records_and_on_the_link_that_minted_it(store: SqlStore) -> None:
    observe(store, read("1", ANN), read("00Q1", ANN, side="salesforce", key="hubspot:1:1"))
    link = link_of(store, "1")
    with store.transaction() as tx:
        tx.mint({link.id: "hubspot:1:1"})
        tx.mint({link.id: "another"})
        found = tx.by_key(["hubspot:1:1", "another", ""])
    assert link_of(store, "1").key == "hubspot:1:1"
    assert {r.native_id for r in found.pop("hubspot:1:1")} == {"1", "00Q1"}
    assert found == {}


def test_merged_links_become_one(store: SqlStore) -> None:
    keep, drop = settled(store, "1", ANN), settled(store, "00Q1", {"Email": "x"}, "salesforce")
    observe(store, read("00Q1", {"Email": "y"}, side="salesforce"), lane=Lane.HANDOFF)
    with store.transaction() as tx:
        tx.mint({keep.id: "k1", drop.id: "k2"})
        tx.settle(
            [Settlement(drop.id, 0, conflicts=(conflict(drop, "d"),), parked=(parked(drop, "p"),))], NOW
        )
        tx.merge_links(keep.id, drop.id, "e-mail", NOW)
        assert tx.load([drop.id]) == []
        assert {r.native_id for r in tx.by_key(["k2"])["k2"]} == {"1", "00Q1"}
        tx.mark_dirty([drop.id], Lane.CHANGES, "late")
    link = link_of(store, "1")
    assert {r.native_id for r in link.rows} == {"1", "00Q1"}
    assert (link.key, link.ever) == ("k1", {"hubspot", "salesforce"})
    assert (link.known, link.parked, link.lane) == ({("title", "d")}, {"city": "p"}, Lane.HANDOFF)
    assert next(r for r in link.rows if r.side == "salesforce").observed == {"Email": "y"}
    assert dirty(store) == [link.id]
    found = person(store, "00Q1")
    assert found is not None
    assert [(e["kind"], e["field"]) for e in found["events"]] == [("merge", "e-mail")]


def test_two_primaries_that_come_from_different_links_have_no_base(store: SqlStore) -> None:
    """What each was last decided with is gone; what they hold is observed anew."""
    keep, drop = settled(store, "1", ANN), settled(store, "00Q1", {"Email": "x"}, "salesforce")
    with store.transaction() as tx:
        tx.merge_links(keep.id, drop.id, "e-mail", NOW)
    link = link_of(store, "1")
    assert link.agreed == {}
    assert [row.seen for row in link.rows] == [{}, {}]
    assert [row.current for row in link.rows] == [ANN, {"Email": "x"}]


def test_a_pair_that_stays_together_keeps_its_base(store: SqlStore) -> None:
    pair, beside = settled(store, "1", ANN), settled(store, "00Q1", {"Email": "x"}, "salesforce")
    with store.transaction() as tx:
        tx.add_row(pair.id, "salesforce", "Contact", "0031", Role.PRIMARY, "k", {"Email": "a"}, NOW)
        tx.merge_links(pair.id, beside.id, "e-mail", NOW)
    link = link_of(store, "1")
    assert link.agreed == ANN
    assert next(row.seen for row in link.rows) == ANN


def test_a_merge_keeps_one_primary_a_side(store: SqlStore) -> None:
    keep, drop = settled(store, "1", ANN), settled(store, "2", ANN)
    with store.transaction() as tx:
        tx.merge_links(keep.id, drop.id, "same key", NOW)
    assert {r.native_id: r.role for r in link_of(store, "1").rows} == {
        "1": Role.PRIMARY,
        "2": Role.SECONDARY,
    }


def test_a_row_is_added_once(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    with store.transaction() as tx:
        added = tx.add_row(link.id, "salesforce", "Lead", "00Q1", Role.PRIMARY, "k", {"Email": "a"}, NOW)
        again = tx.add_row(link.id, "salesforce", "Lead", "00Q1", Role.PRIMARY, "", {"City": "b"}, NOW)
        tx.set_role(added, Role.SECONDARY)
    assert added == again
    row = link_of(store, "00Q1", "salesforce").rows[1]
    assert (row.key, row.seen, row.role) == ("k", {"Email": "a", "City": "b"}, Role.SECONDARY)


def test_links_load_in_the_order_asked_beyond_one_chunk(store: SqlStore) -> None:
    observe(store, *(read(str(n), ANN) for n in range(1200)))
    ids = list(reversed(dirty(store)))
    with store.transaction() as tx:
        assert [link.id for link in tx.load([*ids, 0])] == ids


def test_accounts_and_owners_are_replaced(store: SqlStore) -> None:
    acme = Account("salesforce", "001A", "Acme", "acme.example", "DE", NOW, {"Type": "Customer"})
    old = Account("salesforce", "001B", "Old", "acme.example", "DE", NOW, active=False)
    with store.transaction() as tx:
        tx.save_accounts([acme, old])
        tx.save_accounts([acme])
        assert tx.accounts_by_domain("salesforce", ["acme.example"]) == {"acme.example": [acme]}
        assert tx.accounts_by_id("salesforce", ["001B", "x"]) == {"001B": old}
        tx.save_owners("hubspot", [Owner("hubspot", "7", "a@a.example", "A")])
        tx.save_owners("hubspot", [Owner("hubspot", "8", "b@a.example", "B", active=False)])
        assert tx.owners() == [Owner("hubspot", "8", "b@a.example", "B", active=False)]


def test_connections_do_not_see_each_other(store: SqlStore, tmp_path: object) -> None:
    observe(store, read("1", ANN, email="ann@a.example"))
    url = store._engine.url.render_as_string(hide_password=False)
    neighbour = open_store(url, f"{tmp_path}-neighbour")
    with neighbour.transaction() as tx:
        assert tx.by_email("hubspot", ["ann@a.example"]) == {}
        assert tx.dirty((-1, -1), 9, NOW) == []
        assert tx.get("x") is None
    observe(neighbour, read("1", ANN))
    assert len(dirty(neighbour)) == 1
    neighbour.close()
