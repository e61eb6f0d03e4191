"""What is kept of a read, and whom it makes dirty."""

from __future__ import annotations

import store_builders as build
from store_builders import NOW, clean, dirty, later, link_of, observe, read, settled

from crmsync.model.links import Lane, Role, Settlement
from crmsync.store import SqlStore

ANN = {"email": "ann@a.example", "title": "CEO"}


def test_an_unseen_record_gets_a_provisional_link(store: SqlStore) -> None:
    assert observe(store, read("1", ANN, email="ann@a.example", foreign=("00Q1",))) == 1
    link = link_of(store, "1")
    row = link.rows[0]
    assert (link.key, link.cause, link.lane, link.ever) == ("", "read", Lane.CHANGES, {"hubspot"})
    assert (row.role, row.version, row.observed, row.seen) == (Role.PRIMARY, NOW, ANN, {})
    assert (row.email, row.foreign, row.name) == ("ann@a.example", ("00Q1",), "Ann Lee")
    assert dirty(store) == [link.id]
    assert link.seq > 0


def test_text_that_postgresql_cannot_hold_is_kept_in_the_values(store: SqlStore) -> None:
    odd = {"title": "a\x00b \U0001f600 \ufffe"}
    observe(store, read("1", odd, email="n\x00ul@a.example"))
    assert link_of(store, "1").rows[0].observed == odd
    with store.transaction() as tx:
        assert list(tx.by_email("hubspot", ["n\x00ul@a.example"])) == ["nul@a.example"]


def test_an_older_page_of_a_scan_is_dropped_and_a_newer_one_replaces(store: SqlStore) -> None:
    observe(store, read("1", ANN))
    assert observe(store, read("1", {"title": "old"}, version=later(-1)), cause="scan") == 0
    assert link_of(store, "1").rows[0].observed == ANN
    assert observe(store, read("1", {"title": "new"}, version=later(1))) == 1
    assert link_of(store, "1").rows[0].observed == {"title": "new"}


def test_a_read_by_id_holds_though_its_stamp_is_older(store: SqlStore) -> None:
    """A long transaction that ends after another one has the older stamp and the newer values."""
    observe(store, read("1", ANN))
    assert observe(store, read("1", {"title": "late"}, version=later(-60)), cause="changed") == 1
    assert link_of(store, "1").rows[0].observed == {"title": "late"}


def test_within_one_call_the_newest_read_of_a_record_counts(store: SqlStore) -> None:
    assert observe(store, read("1", {"title": "new"}, version=later(1)), read("1", ANN)) == 1
    assert link_of(store, "1").rows[0].observed == {"title": "new"}


def test_equal_values_move_the_version_and_mark_nothing(store: SqlStore) -> None:
    settled(store, "1", ANN)
    assert observe(store, read("1", ANN, version=later(5))) == 0
    row = link_of(store, "1").rows[0]
    assert (row.version, row.observed, dirty(store)) == (later(5), None, [])


def test_equal_values_with_another_key_email_or_scope_mark_dirty(store: SqlStore) -> None:
    settled(store, "1", ANN)
    assert observe(store, read("1", ANN, key="hubspot:1:1")) == 1
    assert observe(store, read("1", ANN, key="hubspot:1:1", email="b@a.example")) == 1
    assert observe(store, read("1", ANN, key="hubspot:1:1", email="b@a.example", in_scope=False)) == 1
    assert observe(store, read("1", ANN, key="hubspot:1:1", email="b@a.example", in_scope=False)) == 0


def test_a_retry_marks_dirty_though_nothing_changed(store: SqlStore) -> None:
    settled(store, "1", ANN)
    assert observe(store, read("1", ANN), cause="retry") == 1


def test_versions_leave_out_what_is_uncertain(store: SqlStore) -> None:
    observe(store, read("1", ANN), read("2", ANN, certain=False))
    with store.transaction() as tx:
        assert tx.versions("hubspot", "contacts", ["1", "2", "3"]) == {"1": NOW}
    observe(store, read("2", ANN))
    with store.transaction() as tx:
        assert tx.versions("hubspot", "contacts", ["2"]) == {"2": NOW}


def test_the_hotter_lane_wins_and_orders_the_work(store: SqlStore) -> None:
    observe(store, read("1", ANN), read("2", ANN), lane=Lane.BACKFILL)
    first, second = link_of(store, "1"), link_of(store, "2")
    observe(store, read("2", {"title": "x"}, version=later(1)), lane=Lane.CONSENT)
    observe(store, read("2", {"title": "y"}, version=later(2)), lane=Lane.CHANGES)
    with store.transaction() as tx:
        assert tx.dirty((-1, -1), 9, NOW) == [(0, second.id), (3, first.id)]
        assert tx.dirty((0, second.id), 9, NOW) == [(3, first.id)]
        assert tx.dirty((-1, -1), 1, NOW) == [(0, second.id)]


def test_a_link_marked_again_while_planned_stays_dirty(store: SqlStore) -> None:
    observe(store, read("1", ANN))
    before = link_of(store, "1")
    observe(store, read("1", {"title": "new"}, version=later(1)))
    clean(store, before)
    assert dirty(store) == [before.id]
    assert link_of(store, "1").rows[0].observed == {"title": "new"}
    with store.transaction() as tx:
        tx.settle([Settlement(before.id, 0, seen={before.rows[0].id: {"title": "new"}})], NOW)
    clean(store, link_of(store, "1"))
    assert dirty(store) == []
    assert link_of(store, "1").rows[0].observed is None


def test_a_cooling_link_waits_and_stays_dirty(store: SqlStore) -> None:
    observe(store, read("1", ANN))
    link = link_of(store, "1")
    with store.transaction() as tx:
        tx.cool([link.id], later(120))
        tx.mark_dirty([link.id], Lane.CHANGES, "again")
    assert dirty(store, later(119)) == []
    assert dirty(store, later(120)) == [link.id]


def test_every_link_can_be_marked_at_once(store: SqlStore) -> None:
    links = [settled(store, str(n), ANN).id for n in range(3)]
    with store.transaction() as tx:
        tx.mark_all_dirty(Lane.BACKFILL, "definition")
    assert dirty(store) == links


def test_a_buried_record_leaves_a_tombstone_and_no_work(store: SqlStore) -> None:
    settled(store, "1", ANN)
    with store.transaction() as tx:
        assert tx.bury("hubspot", "contacts", ["1", "unknown"], NOW) == 1
        assert tx.bury("hubspot", "contacts", ["1"], NOW) == 0
        assert tx.by_email("hubspot", ["ann@a.example"]) == {}
        assert tx.linked() == {"hubspot": 0, "salesforce": 0}
    link = link_of(store, "1")
    assert (link.rows[0].role, link.buried, link.ever) == (Role.GONE, {"hubspot"}, {"hubspot"})


def test_an_undeleted_record_lives_again(store: SqlStore) -> None:
    settled(store, "1", ANN)
    with store.transaction() as tx:
        tx.bury("hubspot", "contacts", ["1"], NOW)
    assert observe(store, read("1", ANN, version=later(9))) == 1
    link = link_of(store, "1")
    assert (link.rows[0].role, link.buried) == (Role.PRIMARY, frozenset())


def test_a_merged_record_takes_over_the_link_of_its_aliases_without_a_base(store: SqlStore) -> None:
    old = settled(store, "1", ANN)
    observe(store, read("2", ANN), read("9", ANN, aliases=("1", "2"), version=later(1)))
    link = link_of(store, "9")
    assert link.id == old.id
    assert {r.native_id: r.role for r in link.rows} == {
        "1": Role.ALIAS,
        "2": Role.ALIAS,
        "9": Role.PRIMARY,
    }
    assert link.agreed == {}
    assert dirty(store) == [link.id]


def test_a_merge_that_takes_a_record_from_a_linked_pair_shadows_the_rest(store: SqlStore) -> None:
    keep, drop = settled(store, "1", ANN), settled(store, "2", ANN)
    with store.transaction() as tx:
        for link, name in ((keep, "00Q1"), (drop, "00Q2")):
            tx.add_row(link.id, "salesforce", "Lead", name, Role.PRIMARY, "", {}, NOW)
    observe(store, read("1", ANN, aliases=("2",), version=later(1)))
    assert {r.native_id: r.role for r in link_of(store, "1").rows} == {
        "1": Role.PRIMARY,
        "2": Role.ALIAS,
        "00Q1": Role.PRIMARY,
    }
    assert [r.role for r in link_of(store, "00Q2", "salesforce").rows] == [Role.SHADOWED]


def test_our_write_is_confirmed_by_a_read_that_shows_it(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    build.propose(store, [build.update(link, "title", "CEO", "CFO")])
    [intent] = build.take(store, build.Kind.UPDATE)
    with store.transaction() as tx:
        tx.done([(intent, "1", {})], later(3))
    row = link_of(store, "1").rows[0]
    assert (row.seen["title"], row.written, row.written_at) == ("CFO", {"title": "CFO"}, later(3))
    assert observe(store, read("1", {**ANN, "title": "CFO "}, version=later(4))) == 1
    assert link_of(store, "1").rows[0].written == {"title": "CFO"}
    assert observe(store, read("1", {**ANN, "title": "CFO"}, version=later(5))) == 1
    assert (link_of(store, "1").rows[0].written, link_of(store, "1").rows[0].written_at) == ({}, None)


def test_seeing_a_field_ends_what_was_written_there(store: SqlStore) -> None:
    link = settled(store, "1", ANN)
    build.propose(store, [build.update(link, "title", "CEO", "CFO")])
    [intent] = build.take(store, build.Kind.UPDATE)
    with store.transaction() as tx:
        tx.done([(intent, "1", {})], NOW)
        tx.settle([Settlement(link.id, 0, seen={link.rows[0].id: {"title": "Cfo"}})], NOW)
    assert (link_of(store, "1").rows[0].written, link_of(store, "1").rows[0].seen["title"]) == ({}, "Cfo")
