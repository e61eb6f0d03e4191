"""The guard's counts, what a hold stops, and what an approval lets through."""

from __future__ import annotations

from store_builders import NOW, create, dirty, link_of, propose, proposed, read, settled, take, update

from crmsync.model.links import Group, Hold, Intent, Kind, Lane, Link
from crmsync.store import SqlStore

TITLE = {"title": "CEO"}


def links(store: SqlStore, count: int, start: int = 1) -> list[Link]:
    """Dirty links with a HubSpot record each."""
    for n in range(start, start + count):
        settled(store, str(n), TITLE)
    with store.transaction() as tx:
        tx.mark_dirty(
            [tx.by_native("hubspot", [str(n)])[str(n)].link_id for n in range(start, start + count)],
            Lane.CHANGES,
            "x",
        )
    return [link_of(store, str(n)) for n in range(start, start + count)]


def a_hold(digest: str, count: int = 0, kind: Kind = Kind.CREATE) -> Hold:
    side, obj = ("salesforce", "Lead") if kind is Kind.CREATE else ("hubspot", "contacts")
    return Hold(digest, side, obj, kind, "too many", count)  # type: ignore[arg-type]


def groups(store: SqlStore) -> list[Group]:
    with store.transaction() as tx:
        return tx.groups()


def hold(store: SqlStore, *holds: Hold) -> None:
    with store.transaction() as tx:
        tx.hold(holds, NOW)


def finish(store: SqlStore, intents: list[Intent]) -> None:
    with store.transaction() as tx:
        tx.done([(i, i.native_id or f"00Q{i.link_id}", {}) for i in intents], NOW)


def test_operations_and_cleared_fields_are_counted_by_group(store: SqlStore) -> None:
    one, two, three = links(store, 3)
    propose(
        store,
        [create(one, title="a"), update(two, "title", "CEO", None), update(three, "title", "CEO", None)],
    )
    assert groups(store) == [
        Group("hubspot", "contacts", Kind.UPDATE, 2, {"title": 2}),
        Group("salesforce", "Lead", Kind.CREATE, 1),
    ]


def test_a_plan_streams_in_order_and_filters_by_hold(store: SqlStore) -> None:
    many = links(store, 3)
    propose(store, [create(link, title="a") for link in reversed(many)])
    propose(store, [update(link, "title", "CEO", "x") for link in links(store, 2, start=10)])
    hold(store, a_hold("D", kind=Kind.UPDATE))
    with store.transaction() as tx:
        order = [(i.side, i.object, i.link_id) for i in tx.proposed()]
        assert order == sorted(order)
        assert len(order) == 5
        assert [i.kind for i in tx.proposed(held=True)] == [Kind.UPDATE] * 2
        assert [i.kind for i in tx.proposed(held=False)] == [Kind.CREATE] * 3


def test_a_hold_stops_its_group_and_freezes_its_links(store: SqlStore) -> None:
    many = links(store, 3)
    propose(store, [create(link, title="a") for link in many])
    hold(store, a_hold("D", 3))
    assert take(store) == []
    assert dirty(store) == []
    assert groups(store) == []
    with store.transaction() as tx:
        assert tx.holds() == [Hold("D", "salesforce", "Lead", Kind.CREATE, "too many", 3, NOW)]
        assert tx.drop_proposed() == 0
        tx.clean([(link.id, link.seq) for link in many])
    assert len(proposed(store)) == 3


def test_the_rest_goes_on_beside_a_hold(store: SqlStore) -> None:
    propose(store, [create(link, title="a") for link in links(store, 3)])
    hold(store, a_hold("D"))
    [new] = links(store, 1, start=50)
    with store.transaction() as tx:
        tx.drop_proposed()
    propose(store, [create(new, title="b")])
    assert groups(store) == [Group("salesforce", "Lead", Kind.CREATE, 1)]
    assert [i.link_id for i in take(store)] == [new.id]


def test_a_newer_hold_of_a_group_takes_in_the_older(store: SqlStore) -> None:
    old = links(store, 2)
    propose(store, [create(link, title="a") for link in old])
    hold(store, a_hold("D1"))
    new = links(store, 2, start=50)
    propose(store, [create(link, title="b") for link in new])
    hold(store, a_hold("D2"))
    with store.transaction() as tx:
        assert [(h.digest, h.count) for h in tx.holds()] == [("D2", 4)]
        assert tx.approve("D1") == 0
        assert tx.approve("D2") == 4
    assert dirty(store) == [link.id for link in (*old, *new)]


def test_a_link_marked_dirty_again_leaves_its_hold(store: SqlStore) -> None:
    one, two = links(store, 2)
    propose(store, [create(one, title="a"), create(two, title="a")])
    hold(store, a_hold("D"))
    with store.transaction() as tx:
        tx.observe([read("1", {"title": "new"})], Lane.CHANGES, "read", NOW)
        assert tx.drop_proposed() == 1
        assert [(h.digest, h.count) for h in tx.holds()] == [("D", 1)]
    assert dirty(store) == [one.id]
    assert [i.link_id for i in proposed(store)] == [two.id]
    with store.transaction() as tx:
        tx.mark_dirty([two.id], Lane.CHANGES, "again")
        tx.drop_proposed()
        assert tx.holds() == []


def test_a_hold_stops_the_other_operations_of_its_links_too(store: SqlStore) -> None:
    [one] = links(store, 1)
    propose(store, [create(one, title="a"), update(one, "title", "CEO", "x")])
    hold(store, a_hold("D"))
    assert take(store, Kind.UPDATE) == []
    with store.transaction() as tx:
        assert tx.holds()[0].count == 1


def test_approved_operations_pass_the_guard_until_they_are_done(store: SqlStore) -> None:
    one, two = links(store, 2)
    propose(store, [create(one, "op1", title="a"), create(two, "op2", title="a")])
    hold(store, a_hold("D"))
    with store.transaction() as tx:
        assert tx.approve("unknown") == 0
        assert tx.approve("D") == 2
        assert tx.holds() == []
        assert tx.approved() == {"op1", "op2"}
        tx.drop_proposed()
    assert dirty(store) == [one.id, two.id]
    propose(store, [create(one, "op1", title="a"), create(two, "changed", title="b")])
    assert groups(store) == [Group("salesforce", "Lead", Kind.CREATE, 1)]
    hold(store, a_hold("D2"))
    taken = take(store)
    assert [i.digest for i in taken] == ["op1"]
    finish(store, taken)
    with store.transaction() as tx:
        assert tx.approved() == {"op2"}


def test_the_whole_plan_can_be_approved_where_it_stands(store: SqlStore) -> None:
    one, two = links(store, 2)
    propose(store, [create(one, "op1", title="a"), update(two, "title", "CEO", "x", "op2")])
    hold(store, a_hold("D"))
    with store.transaction() as tx:
        assert tx.approve_proposed() == 2
        assert tx.approved() == {"op1", "op2"}
        assert tx.holds() == []
    assert groups(store) == []
    assert [i.digest for i in take(store)] == ["op1"]


def test_a_link_proposed_again_has_one_plan_and_stays_held(store: SqlStore) -> None:
    [one] = links(store, 1)
    propose(store, [create(one, "op1", title="a")])
    hold(store, a_hold("D"))
    propose(store, [create(one, "op1", title="a")])
    assert [(i.digest, i.held) for i in proposed(store)] == [("op1", "D")]
