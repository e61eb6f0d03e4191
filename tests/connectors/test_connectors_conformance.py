"""One suite for both connectors: what the engine relies on, in process and over real HTTP on loopback."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from crm_worlds import every, world

from crmsync.model.records import FieldSpec, FieldType, Verdict, Write
from crmsync.model.values import Side


def pages(count: int, size: int) -> int:
    return -(-count // size)


@every
def test_the_calls_counted_are_the_calls_made(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        w.people(3)
        w.scanned()
        w.crm.owners()
        w.crm.checks()
        w.crm.find(w.names.obj, {w.names.last: ["L1"]}, w.fields())
        assert w.crm.calls == w.spent()


@every
def test_what_is_written_is_what_is_read(side: Side, mount: str) -> None:
    awkward = ['O\'Hara \\ "x"', "Ünïcödé 漢字 🙂", "<b>&amp;</b>", "a;b,c", "{0} %s {{x}}"]
    with world(side, mount) as w:
        writes = [w.create(n, **{w.names.last: text}) for n, text in enumerate(awkward)]
        made = {r.ref: r for r in w.crm.write(w.names.obj, writes)}
        assert {r.verdict for r in made.values()} == {Verdict.DONE}
        records = {r.id: r for r in w.scanned()}
        for n, text in enumerate(awkward):
            record = records[str(made[n].id)]
            assert record.values[w.names.last] == text
            assert record.values[w.crm.key_field] == f"other:1:{n}"
            found = w.crm.find(w.names.obj, {w.names.last: [text]}, w.fields())
            assert [r.id for r in found] == [record.id]


@every
def test_a_create_sent_twice_makes_one_record(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        (first,) = w.crm.write(w.names.obj, [w.create(1)])
        (second,) = w.crm.write(w.names.obj, [w.create(1)])
        assert (first.created, second.created) == (True, False)
        assert first.id == second.id
        assert len(w.scanned()) == 1


@every
def test_a_record_reads_the_same_by_scan_by_id_and_by_value(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        (one,) = w.people(1)
        (scanned,) = w.scanned()
        assert w.crm.read(w.names.obj, [one], w.fields()) == [scanned]
        assert w.crm.find(w.names.obj, {w.names.email: ["l0@acme.example"]}, w.fields()) == [scanned]
        assert set(scanned.values) == set(w.fields())
        assert (scanned.side, scanned.object, scanned.id) == (side, w.names.obj, one)
        assert scanned.version.tzinfo is UTC or scanned.version.utcoffset() == timedelta(0)


@every
def test_a_change_is_seen_with_the_stamp_that_a_read_tells(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        ids = w.people(3)
        w.cluster.clock.advance(3600)
        since = w.cluster.clock.now()
        w.human.edit(w.names.obj, ids[1], {w.names.last: "Changed"})
        (stamp,) = w.changed(since)
        (record,) = w.crm.read(w.names.obj, [ids[1]], w.fields())
        assert (stamp.object, stamp.id, stamp.version, stamp.deleted) == (
            w.names.obj,
            ids[1],
            record.version,
            False,
        )
        w.cluster.clock.advance(3600)
        assert w.changed(w.cluster.clock.now()) == []


@every
def test_a_deleted_record_is_told_and_no_longer_scanned(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        ids = w.people(3)
        w.cluster.clock.advance(3600)
        since = w.cluster.clock.now()
        w.human.delete(w.names.obj, ids[1])
        told = [*w.changed(since), *w.crm.archived(w.names.obj, None).stamps]
        assert {(s.id, s.deleted) for s in told} == {(ids[1], True)}
        assert [r.id for r in w.scanned()] == [ids[0], ids[2]]
        assert [r.deleted for r in w.crm.read(w.names.obj, [ids[1]], w.fields())] == [True]
        assert w.crm.find(w.names.obj, {w.names.email: ["l1@acme.example"]}, w.fields()) == []
        (result,) = w.crm.write(w.names.obj, [Write(1, {w.names.first: "F"}, id=ids[1])])
        assert result.verdict is Verdict.GONE


@every
def test_one_bad_row_of_a_batch_fails_alone(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        ids = w.people(40)
        writes = [
            Write(n, {w.names.email: "not an address" if n == 17 else f"new{n}@acme.example"}, id=one)
            for n, one in enumerate(ids)
        ]
        results = {r.ref: r for r in w.crm.write(w.names.obj, writes)}
        assert [n for n, r in results.items() if r.verdict is not Verdict.DONE] == [17]
        assert (results[17].verdict, results[17].fields) == (Verdict.REJECTED, (w.names.email,))
        assert results[17].code
        assert sorted(r.values[w.names.email] for r in w.scanned())[0] == "l17@acme.example"


@every
def test_null_clears(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        (one,) = w.people(1)
        w.crm.write(w.names.obj, [Write(1, {w.names.first: "F"}, id=one)])
        w.crm.write(w.names.obj, [Write(2, {w.names.first: None}, id=one)])
        assert w.scanned()[0].values[w.names.first] is None


@every
def test_calls_for_n_records_are_the_floor(side: Side, mount: str) -> None:
    n = 450
    with world(side, mount) as w:

        def cost(step: Any) -> int:
            before = w.crm.calls
            step()
            return w.crm.calls - before

        size = w.crm.batch_size(w.names.obj)
        assert size == w.names.write_batch
        writes = [w.create(i) for i in range(n)]
        batches = [writes[i : i + size] for i in range(0, n, size)]
        assert cost(lambda: [w.crm.write(w.names.obj, b) for b in batches]) == pages(n, size)
        assert cost(w.scanned) == pages(n, w.names.list_page)
        ids = [r.id for r in w.scanned()]
        assert cost(lambda: w.crm.read(w.names.obj, ids, w.fields())) == pages(n, w.names.reads)
        updates = [Write(i, {w.names.first: "F"}, id=one) for i, one in enumerate(ids)]
        batches = [updates[i : i + size] for i in range(0, n, size)]
        assert cost(lambda: [w.crm.write(w.names.obj, b) for b in batches]) == pages(n, size)
        w.cluster.clock.advance(3600)
        assert cost(lambda: w.changed(w.cluster.clock.now())) == 1
        assert cost(lambda: w.crm.archived(w.names.obj, None)) == 1
        assert cost(lambda: w.crm.describe(w.names.obj)) == 0


@every
def test_set_up_without_apply_writes_nothing(side: Side, mount: str) -> None:
    with world(side, mount) as w:
        before = len(w.cluster.ledger.entries)
        spec = FieldSpec(
            w.names.obj, "crmsync_why__c" if side == "salesforce" else "crmsync_why", "Why", FieldType.TEXT
        )
        assert [c.action for c in w.crm.setup([spec], False)] == ["create"]
        assert spec.name not in w.crm.describe(w.names.obj).fields
        assert [c.action for c in w.crm.setup([spec], True)] == ["create"]
        assert spec.name in w.crm.describe(w.names.obj).fields
        assert [c.action for c in w.crm.setup([spec], True)] == ["exists"]
        assert [e.op for e in w.cluster.ledger.entries[before:] if e.object == w.names.obj] == []
