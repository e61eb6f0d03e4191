"""Hints of webhooks: a cycle looks at what they name, at once; they are kept once, bounded, and never the truth."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmsync.connectors.hubspot.hints import hints_of
from crmsync.connectors.hubspot.webhooks import Kind, Notice
from crmsync.model.hints import Hint
from crmsync.simulator.cluster import Cluster
from crmsync.sync.engine import Engine
from crmsync.sync.hints import Landed, heed, land
from engines import api_writes, calm, contacts, engine_on, rows, sync, violations

AT = datetime(2026, 3, 2, tzinfo=UTC)


def contact(native: str) -> Hint:
    return Hint("hubspot", "contacts", native)


def waiting(engine: Engine) -> list[str]:
    with engine.store.transaction() as tx:
        return [hint.id for hint in tx.hints("hubspot", 0, 100)]


def settled(cluster: Cluster, engine: Engine) -> str:
    """One person on both sides, and nothing to do; returns the contact."""
    native = cluster.hubspot.create(
        "contacts", {"email": "ann@acme.example", "lastname": "Ann", "company": "Acme"}
    )
    calm(cluster)
    sync(engine)
    cluster.clock.advance(700)
    sync(engine)
    return str(native)


def test_a_hinted_change_travels_although_the_index_does_not_show_it_yet(tmp_path: Path) -> None:
    cluster = Cluster()
    with engine_on(cluster, tmp_path) as engine:
        native = settled(cluster, engine)
        cluster.hubspot.switches.search_lag_s = 300.0
        cluster.hubspot.edit("contacts", native, {"jobtitle": "CEO"})
        assert sync(engine).writes == 0
        land(engine.store, [contact(native)])
        assert sync(engine).applied["salesforce"].update == 1
        assert waiting(engine) == []
        calm(cluster)
        assert sync(engine).writes == 0
        assert violations(cluster, engine) == []


def test_without_hints_no_call_is_made_and_each_hundred_of_them_cost_one(tmp_path: Path) -> None:
    cluster = Cluster()
    with engine_on(cluster, tmp_path) as engine:
        native = settled(cluster, engine)
        cluster.clock.advance(700)
        idle = sync(engine).api_calls["hubspot"]
        land(engine.store, [contact(native)])
        cluster.clock.advance(700)
        assert sync(engine).api_calls["hubspot"] == idle + 1
        cluster.clock.advance(700)
        assert sync(engine).api_calls["hubspot"] == idle


def test_a_record_waits_once_and_what_finds_no_room_is_dropped_and_said(tmp_path: Path) -> None:
    cluster = Cluster()
    with engine_on(cluster, tmp_path) as engine:
        assert land(engine.store, [contact("1"), contact("2"), contact("1")], most=3) == Landed(2, 0)
        assert land(engine.store, [contact("2"), contact("3"), contact("4")], most=3) == Landed(2, 1)
        assert sorted(waiting(engine)) == ["1", "2", "3"]
        with engine.store.transaction() as tx:
            assert tx.get("hints_dropped") == "1"


def test_a_hint_that_comes_again_while_it_is_looked_at_stays(tmp_path: Path) -> None:
    cluster = Cluster()
    with engine_on(cluster, tmp_path) as engine:
        land(engine.store, [contact("1")])
        looked: list[list[str]] = []

        def look(obj: str, ids: object, also: object) -> None:
            looked.append(list(ids))  # type: ignore[call-overload]
            if len(looked) == 1:
                land(engine.store, [contact("1")])
            with engine.store.transaction() as tx:
                also(tx)  # type: ignore[operator]

        assert heed(engine.store, "hubspot", ["contacts"], look) == 2
        assert looked == [["1"], ["1"]] and waiting(engine) == []


def test_a_hint_outlasts_a_cycle_that_dies_before_what_was_read_is_kept(tmp_path: Path) -> None:
    cluster = Cluster()
    with engine_on(cluster, tmp_path) as engine:
        land(engine.store, [contact("1")])

        def dies(obj: str, ids: object, also: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            heed(engine.store, "hubspot", ["contacts"], dies)
        assert waiting(engine) == ["1"]


def test_deleted_merged_and_unknown_records_are_read_and_the_hint_itself_decides_nothing(
    tmp_path: Path,
) -> None:
    cluster = Cluster()
    with engine_on(cluster, tmp_path) as engine:
        native = settled(cluster, engine)
        before = len(api_writes(cluster))
        land(engine.store, [contact(native), contact("424242"), Hint("hubspot", "companies", "7")])
        report = sync(engine)
        assert len(api_writes(cluster)) == before and not report.problems
        other = cluster.hubspot.create("contacts", {"email": "anne@acme.example", "lastname": "Ann"})
        both = cluster.hubspot.merge("contacts", native, [other])
        notice = Notice("contacts", str(both), Kind.MERGED, AT, "1", others=(native, str(other)))
        land(engine.store, hints_of([notice], "1"))
        sync(engine)
        calm(cluster)
        sync(engine)
        assert len(contacts(cluster)) == len(rows(cluster, "Lead")) == 1
        assert violations(cluster, engine) == []


def test_a_notice_names_every_record_that_took_part_and_only_of_this_portal() -> None:
    notices = [
        Notice("contacts", "9", Kind.MERGED, AT, "1", others=("7", "8")),
        Notice("contacts", "9", Kind.CHANGED, AT, "1", property="city"),
        Notice("contacts", "5", Kind.LINKED, AT, "1", others=("30",), to="companies"),
        Notice("contacts", "6", Kind.ERASED, AT, "1"),
        Notice("deals", "3", Kind.CREATED, AT, "1"),
        Notice("contacts", "4", Kind.CHANGED, AT, "2"),
    ]
    assert [(h.object, h.id) for h in hints_of(notices, "1")] == [
        ("contacts", "9"),
        ("contacts", "7"),
        ("contacts", "8"),
        ("contacts", "5"),
        ("companies", "30"),
        ("contacts", "6"),
    ]
