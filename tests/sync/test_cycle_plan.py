"""A plan writes nothing; what is then approved is exactly what was planned, as a whole or in part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crmsync.cli.plan import operation
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.world import populate
from crmsync.sync.cycle import Writer, approve, plan_cycle, writing
from crmsync.sync.engine import Engine, Selection
from engines import EVERYBODY, api_writes, calm, engine_on, sync

READS = ("/search", "/batch/read", "/oauth2/token", "/composite")
"""POSTs that only ask. A composite call may hold writes, so the ledger has the last word."""


def plan(engine: Engine, selection: Selection | None = None) -> tuple[str, list[dict[str, Any]], list[Any]]:
    with writing(engine, Writer("test", takeover=True)) as generation:
        _, planned = plan_cycle(engine, generation, selection)
    with engine.store.transaction() as tx:
        return planned.digest, [operation(i) for i in tx.proposed()], planned.holds


def a_world(seed: int, people: int = 40) -> Cluster:
    cluster = Cluster(seed)
    populate(cluster, people, seed)
    calm(cluster)
    return cluster


def test_a_plan_writes_nothing_at_transport_level(tmp_path: Path) -> None:
    cluster = a_world(1)
    with engine_on(cluster, tmp_path) as engine:
        before = {side: dict(calls) for side, calls in cluster.calls.items()}
        ledger = len(cluster.ledger.entries)
        _, operations, _ = plan(engine)
        assert operations
        assert len(cluster.ledger.entries) == ledger
        for side, calls in cluster.calls.items():
            new = {line for line, n in calls.items() if n > before[side].get(line, 0)}
            writing_lines = {line for line in new if not line.startswith("GET ") and not line.endswith(READS)}
            assert {w for w in writing_lines if "/composite/sobjects" not in w} == set()


def test_what_is_approved_equals_the_plan_operation_for_operation(tmp_path: Path) -> None:
    cluster = a_world(2)
    with engine_on(cluster, tmp_path) as engine:
        digest, operations, holds = plan(engine)
        assert holds, "a first load is larger than the guard lets pass"
        before = len(cluster.ledger.entries)
        report = sync(engine, approve=False)
        assert report.writes < len(operations)
        assert {h.digest for h in report.held} == {h.digest for h in holds}
        for hold in report.held:
            assert approve(engine, hold.digest) > 0
        sync(engine, approve=False)
        after = [e for e in cluster.ledger.entries[before:] if e.actor == "api"]
    planned = sorted(_shape(o["side"], o["object"], o["kind"], _after(o)) for o in operations)
    done = sorted(
        _shape(
            e.side, e.object, e.op, {k: v for k, v in e.after.items() if k in _natives(operations, e.side)}
        )
        for e in after
    )
    assert [p[:3] for p in planned] == [d[:3] for d in done]
    assert digest


def _shape(side: str, obj: str, kind: str, values: dict[str, Any]) -> tuple[str, str, str, str]:
    return side, obj, kind, json.dumps(values, sort_keys=True, default=str)


def _after(one: dict[str, Any]) -> dict[str, Any]:
    return {name: change["to"] for name, change in one["fields"].items()}


def _natives(operations: list[dict[str, Any]], side: str) -> set[str]:
    return {name for o in operations if o["side"] == side for name in o["fields"]}


def test_the_same_plan_has_the_same_digest(tmp_path: Path) -> None:
    cluster = a_world(3)
    with engine_on(cluster, tmp_path) as engine:
        assert plan(engine)[0] == plan(engine)[0]


def test_a_pilot_of_five_writes_five_and_the_rest_waits(tmp_path: Path) -> None:
    cluster = a_world(4)
    with engine_on(cluster, tmp_path) as engine:
        total = len(plan(engine)[1])
        assert sync(engine, Selection(limit=5), approve=False).writes == 5
        calm(cluster)
        assert sync(engine).writes == total - 5


def test_a_pilot_of_one_person_writes_that_person_only(tmp_path: Path) -> None:
    cluster = Cluster(5)
    for name in ("ann", "bob", "cid"):
        cluster.hubspot.create("contacts", {"email": f"{name}@a.example", "lastname": name})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine, Selection(person="bob@a.example"), approve=False).writes == 1
        assert [e.after["Email"] for e in api_writes(cluster) if e.op == "create"] == ["bob@a.example"]  # type: ignore[attr-defined]


def test_the_plan_of_a_kept_digest_can_be_approved(tmp_path: Path) -> None:
    cluster = a_world(6)
    with engine_on(cluster, tmp_path) as engine:
        digest, operations, _ = plan(engine)
        assert approve(engine, "no such digest") == 0
        assert approve(engine, digest) == len(operations)
        assert sync(engine, approve=False).writes == len(operations)


def test_shadow_mode_runs_everything_and_sends_nothing(tmp_path: Path) -> None:
    cluster = a_world(7)
    with engine_on(cluster, tmp_path, EVERYBODY + "mode: shadow\n") as engine:
        ledger = len(cluster.ledger.entries)
        report = sync(engine)
        assert (report.writes, len(cluster.ledger.entries)) == (0, ledger)
        assert sum(report.read.values()) > 0
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).writes > 0


def test_a_hold_approved_in_part_lets_that_part_run_and_keeps_the_rest(tmp_path: Path) -> None:
    cluster = a_world(8, 100)
    with engine_on(cluster, tmp_path) as engine:
        held = sync(engine, approve=False).held
        creates = next(h for h in held if (h.kind, h.side, h.object) == ("create", "salesforce", "Lead"))
        assert approve(engine, creates.digest, Selection(limit=2)) == 2
        report = sync(engine, Selection(approved=True), approve=False)
        assert (report.writes, report.applied["salesforce"].create) == (2, 2)
        calm(cluster)
        again = sync(engine, approve=False)
        assert again.applied["salesforce"].create == 0
        assert any((h.kind, h.side, h.object) == ("create", "salesforce", "Lead") for h in again.held)


def test_what_a_person_approved_does_not_count_against_the_next_edit(tmp_path: Path) -> None:
    cluster = a_world(9)
    with engine_on(cluster, tmp_path) as engine:
        for hold in sync(engine, approve=False).held:
            approve(engine, hold.digest)
        assert sync(engine, approve=False).writes > 20
        calm(cluster)
        sync(engine)
        one = next(r for r in cluster.hubspot.state()["contacts"] if r.get("email"))
        cluster.hubspot.edit("contacts", str(one["id"]), {"jobtitle": "Chief of Something"})
        calm(cluster)
        report = sync(engine, approve=False)
        assert (report.held, report.applied["salesforce"].update) == ([], 1)


def test_what_a_selection_leaves_out_of_a_person_waits_too(tmp_path: Path) -> None:
    cluster = a_world(10)
    with engine_on(cluster, tmp_path) as engine:
        total = len(plan(engine)[1])
        written = sync(engine, Selection(object="Lead")).writes
        assert 0 < written < total
        calm(cluster)
        assert len(plan(engine)[1]) == total - written
        rest = sync(engine, Selection(limit=3)).writes
        calm(cluster)
        assert sync(engine).writes == total - written - rest
