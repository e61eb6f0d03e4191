"""An edit in HubSpot between our last look and our write is covered, but found, counted and decided again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from crmsync.definition.starter import write_starter
from crmsync.errors import FatalError, TransientError
from crmsync.model.links import Change, Intent, Kind
from crmsync.simulator.cluster import Cluster
from crmsync.store.listing import conflicts
from crmsync.store.review import resolve
from crmsync.sync.engine import Report
from crmsync.sync.racing import Written, look
from engines import calm, contacts, engine_on, rows, sync, violations
from fuses import Fuse, PlugPulledError, fused


class _Plug(Exception):
    """The process is gone."""


def _linked(cluster: Cluster, engine: Any, people: int) -> list[str]:
    hubs = [
        cluster.hubspot.create(
            "contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}", "jobtitle": "CEO", "city": "Bonn"}
        )
        for n in range(people)
    ]
    calm(cluster)
    sync(engine)
    calm(cluster)
    sync(engine)
    return hubs


def _watched(engine: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records each history read was asked for."""
    connector, asked = engine.connectors["hubspot"], []
    look = connector.history

    def history(obj: str, ids: Sequence[str], fields: Sequence[str]) -> Any:
        before = connector.calls
        found = look(obj, ids, fields)
        asked.append(connector.calls - before)
        return found

    monkeypatch.setattr(connector, "history", history)
    return asked


def _before_write(engine: Any, monkeypatch: pytest.MonkeyPatch, human: Callable[[], Any]) -> None:
    connector = engine.connectors["hubspot"]
    write = connector.write

    def raced(obj: str, writes: Sequence[Any]) -> Any:
        human()
        return write(obj, writes)

    monkeypatch.setattr(connector, "write", raced)


def _edits(cluster: Cluster, hub: str, title: str) -> None:
    """Somebody saves a title; it takes them a moment, as it does anybody."""
    cluster.clock.advance(0.01)
    cluster.hubspot.edit("contacts", hub, {"jobtitle": title})
    cluster.clock.advance(0.01)


def _edit_titles(cluster: Cluster, title: str) -> None:
    for lead in rows(cluster, "Lead"):
        cluster.salesforce.edit("Lead", str(lead["Id"]), {"Title": title})
    calm(cluster)


def _kept(engine: Any) -> list[tuple[Any, str]]:
    """What HubSpot's side held in each conflict that is not closed, and who won ("" while it is open)."""
    return [(c["values"]["hubspot"], c["winner"]) for c in conflicts(engine.store)]


def _ruled(folder: Path, rule: str) -> Path:
    """The shipped definition with a rule for the title."""
    where = folder / "config"
    write_starter(where)
    mapping = (where / "mapping.yaml").read_text()
    line = "jobtitle\n    salesforce: Title"
    assert line in mapping
    (where / "mapping.yaml").write_text(mapping.replace(line, line + rule))
    return where


def _titles(cluster: Cluster) -> tuple[Any, Any]:
    return contacts(cluster)[0].get("jobtitle"), rows(cluster, "Lead")[0].get("Title")


def _until_quiet(cluster: Cluster, engine: Any, most: int = 4) -> None:
    """Calm cycles until one writes nothing."""
    for _ in range(most):
        calm(cluster)
        if not sync(engine).writes:
            return
    raise AssertionError("still writing")


RULES = [
    # what the mapping says of the title, what both sides hold in the end, what is kept of HubSpot's side, who won
    pytest.param(
        "\n    rule: hubspot", "Chair", ("Chair", "hubspot"), id="HubSpot wins: the edit is put back"
    ),
    pytest.param(
        "\n    owner: hubspot", "Chair", ("Chair", "hubspot"), id="owner HubSpot: the edit is put back"
    ),
    pytest.param("\n    rule: salesforce", "CFO", ("Chair", "salesforce"), id="Salesforce wins: ours stands"),
    pytest.param("\n    rule: manual", "CFO", ("Chair", ""), id="manual: ours stands, the question is open"),
]


@pytest.mark.parametrize(("rule", "both", "kept"), RULES)
def test_an_edit_that_our_write_covered_is_decided_again_by_the_fields_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, both: str, kept: tuple[str, str]
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path, config=_ruled(tmp_path, rule)) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        _before_write(
            engine, monkeypatch, lambda: cluster.hubspot.edit("contacts", hub, {"jobtitle": "Chair"})
        )
        report = sync(engine)
        assert (report.raced, report.conflicts) == (1, 1)
        assert _titles(cluster) == ("CFO", "CFO")
        assert _kept(engine) == [("Chair", "")], "until it is decided again"
        monkeypatch.undo()
        calm(cluster)
        again = sync(engine)
        assert (again.raced, again.conflicts) == (0, 0), "counted once"
        _until_quiet(cluster, engine)
        assert _titles(cluster) == (both, both)
        assert _kept(engine) == [kept]
        assert violations(cluster, engine) == []


@pytest.mark.parametrize(("side", "both"), [("hubspot", "Chair"), ("salesforce", "CFO")])
def test_a_person_decides_an_open_one_for_either_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: Any, both: str
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path, config=_ruled(tmp_path, "\n    rule: manual")) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        _before_write(
            engine, monkeypatch, lambda: cluster.hubspot.edit("contacts", hub, {"jobtitle": "Chair"})
        )
        sync(engine)
        monkeypatch.undo()
        _until_quiet(cluster, engine)
        assert resolve(engine.store, "c1", side, engine.clock.now())  # type: ignore[arg-type]
        _until_quiet(cluster, engine)
        assert _titles(cluster) == (both, both)
        assert not [c for c in conflicts(engine.store) if not c["winner"]]


def test_whoever_edits_after_our_write_has_seen_it_and_the_covered_edit_is_only_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        connector: Any = engine.connectors["hubspot"]
        write = connector.write

        def between(obj: str, writes: Sequence[Any]) -> Any:
            _edits(cluster, hub, "Chair")
            results = write(obj, writes)
            _edits(cluster, hub, "Boss")
            return results

        monkeypatch.setattr(connector, "write", between)
        assert sync(engine).raced == 1
        assert _kept(engine) == [("Chair", "salesforce")]
        monkeypatch.undo()
        _until_quiet(cluster, engine)
        assert _titles(cluster) == ("Boss", "Boss")


def test_an_edit_before_the_covered_one_is_put_back_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        _before_write(engine, monkeypatch, lambda: _edits(cluster, hub, "Chair"))
        assert sync(engine).raced == 1
        monkeypatch.undo()
        _edits(cluster, hub, "Boss")
        _until_quiet(cluster, engine)
        assert _titles(cluster) == ("Boss", "Boss")
        assert _kept(engine)[0][0] == "Chair"


def test_somebody_who_types_into_every_write_is_told_each_time_and_it_ends_when_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        typed = iter(range(100))
        _before_write(engine, monkeypatch, lambda: _edits(cluster, hub, f"Chair {next(typed)}"))
        raced = []
        for _ in range(4):
            raced.append(sync(engine).raced)
            calm(cluster)
        assert raced[0] == 1 and sum(raced) == next(typed), "each write was raced, each race counted once"
        monkeypatch.undo()
        _until_quiet(cluster, engine)
        last = f"Chair {sum(raced) - 1}"
        assert _titles(cluster) == (last, last)
        assert violations(cluster, engine) == []


@pytest.mark.parametrize(
    "edit",
    [{}, {"jobtitle": "CFO"}, {"city": "Köln"}],
    ids=["nobody", "the same value", "another field"],
)
def test_nothing_is_counted_where_nothing_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: dict[str, str]
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        asked = _watched(engine, monkeypatch)
        _before_write(engine, monkeypatch, lambda: edit and cluster.hubspot.edit("contacts", hub, dict(edit)))
        report = sync(engine)
        assert (report.raced, _kept(engine), asked) == (0, [], [1])


def test_an_edit_after_our_write_is_no_race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        connector: Any = engine.connectors["hubspot"]
        look = connector.history

        def history(*asked: Any) -> Any:
            cluster.hubspot.edit("contacts", hub, {"jobtitle": "Chair"})
            return look(*asked)

        monkeypatch.setattr(connector, "history", history)
        assert (sync(engine).raced, _kept(engine)) == (0, [])
        monkeypatch.undo()
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["Title"] == contacts(cluster)[0]["jobtitle"] == "Chair"


def test_a_kill_between_the_write_and_the_look_at_the_history_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        _before_write(
            engine, monkeypatch, lambda: cluster.hubspot.edit("contacts", hub, {"jobtitle": "Chair"})
        )

        def pulled(*asked: Any) -> Any:
            raise _Plug

        monkeypatch.setattr(engine.connectors["hubspot"], "history", pulled)
        with pytest.raises(_Plug):
            sync(engine)
        assert _kept(engine) == []
        monkeypatch.undo()
        calm(cluster)
        assert sync(engine).raced == 1
        _until_quiet(cluster, engine)
        assert _titles(cluster) == ("Chair", "Chair")


def test_an_update_stays_unrecorded_until_its_history_could_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")

        def down(*asked: Any) -> Any:
            raise TransientError("down")

        _before_write(engine, monkeypatch, lambda: _edits(cluster, hub, "Chair"))
        monkeypatch.setattr(engine.connectors["hubspot"], "history", down)
        report = sync(engine)
        assert (report.applied["hubspot"].update, report.raced) == (0, 0)
        assert [p for p in report.problems if "yet to be checked" in p]
        monkeypatch.undo()
        assert sync(engine).raced == 1
        _until_quiet(cluster, engine)
        assert _titles(cluster) == ("Chair", "Chair")


def test_a_history_that_hubspot_refuses_is_told_and_the_write_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")

        def refused(*asked: Any) -> Any:
            raise FatalError("not for you")

        monkeypatch.setattr(engine.connectors["hubspot"], "history", refused)
        report = sync(engine)
        assert report.applied["hubspot"].update == 1
        assert [p for p in report.problems if "could not be checked" in p]


class _Lost:
    """The next write gets no answer; `land` lets it arrive."""

    def __init__(self, engine: Any, monkeypatch: pytest.MonkeyPatch, *, now: bool) -> None:
        connector = engine.connectors["hubspot"]
        write, self.late = connector.write, []

        def lost(obj: str, writes: Sequence[Any]) -> Any:
            monkeypatch.setattr(connector, "write", write)
            if now:
                write(obj, writes)
            else:
                self.late.append(lambda: write(obj, writes))
            raise TransientError("no answer", maybe_written=True)

        monkeypatch.setattr(connector, "write", lost)

    def land(self) -> None:
        for one in self.late:
            one()


def test_a_value_put_back_after_a_write_of_unknown_fate_counts_as_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        _Lost(engine, monkeypatch, now=True)
        assert sync(engine).cooling == 1
        assert _titles(cluster) == ("CFO", "CFO")
        _edits(cluster, hub, "CEO")
        _until_quiet(cluster, engine)
        assert _titles(cluster) == ("CEO", "CEO"), "whoever typed it back had seen what we wrote"
        assert violations(cluster, engine) == []


def test_a_request_that_lands_late_over_an_edit_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        lost = _Lost(engine, monkeypatch, now=False)
        assert sync(engine).cooling == 1
        _edits(cluster, hub, "Chair")
        cluster.clock.advance(30)
        report = sync(engine)
        assert (report.writes, report.cooling, report.raced) == (0, 1, 0), "it may still land"
        cluster.clock.advance(30)
        lost.land()
        assert _titles(cluster) == ("CFO", "CFO")
        cluster.clock.advance(100)
        assert sync(engine).raced == 1
        _until_quiet(cluster, engine)
        assert _titles(cluster) == ("Chair", "Chair")
        assert violations(cluster, engine) == []


def test_a_create_that_meets_a_record_of_the_same_key_asks_what_it_covered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.clock.advance(900)
        cluster.salesforce.create(
            "Lead", {"Email": "ann@a.example", "LastName": "Lee", "Company": "Acme", "Title": "CFO"}
        )
        calm(cluster)

        def landed(obj: str, writes: Sequence[Any]) -> None:
            """An earlier request of ours arrived, and somebody has been busy since."""
            key = str(writes[0].key)
            hub = cluster.hubspot.create("contacts", {"lastname": "Lee", "crmsync_id": key})
            _edits(cluster, hub, "Chair")

        connector: Any = engine.connectors["hubspot"]
        write = connector.write

        def met(obj: str, writes: Sequence[Any]) -> Any:
            landed(obj, writes)
            return write(obj, writes)

        monkeypatch.setattr(connector, "write", met)
        assert sync(engine).raced == 1
        monkeypatch.undo()
        _until_quiet(cluster, engine)
        assert _titles(cluster) == ("Chair", "Chair")


def test_a_kill_at_any_step_between_write_history_and_restoring_ends_the_same(tmp_path: Path) -> None:
    ends, at, blew = set(), 0, True
    while blew:
        at += 1
        cluster, fuse = Cluster(1), Fuse(0)
        with engine_on(cluster, tmp_path / str(at)) as engine, pytest.MonkeyPatch.context() as patch:
            (hub,) = _linked(cluster, engine, 1)
            _edit_titles(cluster, "CFO")
            _before_write(engine, patch, lambda c=cluster, h=hub: _typed_once(c, h))
            blew, fuse.at = False, at
            for _ in range(2):
                try:
                    with fused(engine, fuse):
                        sync(engine)
                except PlugPulledError:
                    blew = True
                calm(cluster)
            patch.undo()
            _until_quiet(cluster, engine)
            assert violations(cluster, engine) == []
            ends.add((*_titles(cluster), *_kept(engine)))
    assert at > 15
    assert ends == {("Chair", "Chair", ("Chair", "hubspot"))}


def _typed_once(cluster: Cluster, hub: str) -> None:
    """Somebody types over the value that stood there first, and never again."""
    if cluster.hubspot.state()["contacts"][0].get("jobtitle") == "CEO":
        _edits(cluster, hub, "Chair")


def test_fifty_updates_of_two_way_fields_cost_one_more_call_and_creates_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        asked = _watched(engine, monkeypatch)
        for n in range(120):
            cluster.salesforce.create(
                "Lead", {"Email": f"p{n}@a.example", "LastName": f"L{n}", "Company": "Acme", "Title": "CEO"}
            )
        calm(cluster)
        assert sync(engine).applied["hubspot"].create == 120
        assert asked == []
        calm(cluster)
        sync(engine)
        asked.clear()
        _edit_titles(cluster, "CFO")
        assert sync(engine).applied["hubspot"].update == 120
        assert asked == [1, 1, 1], "fifty records a call"


@pytest.mark.parametrize(("field", "reads"), [("sales_owner", 0), ("title", 1)])
def test_only_two_way_fields_are_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, reads: int
) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (fmap,) = [f for f in engine.definition.fields if f.name == field]
        native = fmap.native_name("hubspot", "contacts") or ""
        asked = _watched(engine, monkeypatch)
        change = Change(field, native, None, "A", "changed")
        intent = Intent(1, "hubspot", "contacts", Kind.UPDATE, "1", "", (change,), "d")
        assert look(engine, Report("c"), [Written(intent, "1", {})]).races == ()
        assert len(asked) == reads


def test_a_history_comes_newest_first_and_says_which_versions_an_integration_made(tmp_path: Path) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        (hub,) = _linked(cluster, engine, 1)
        _edit_titles(cluster, "CFO")
        sync(engine)
        found = engine.connectors["hubspot"].history("contacts", [hub, "999"], ["jobtitle"])
        versions = found[hub]["jobtitle"]
        assert [(v.value, v.ours) for v in versions] == [("CFO", True), ("CEO", False)]
        assert versions[0].at > versions[1].at
        assert set(found) == {hub}
        lead = str(rows(cluster, "Lead")[0]["Id"])
        assert engine.connectors["salesforce"].history("Lead", [lead], ["Title"]) == {}
