"""A pilot by rule, field or kind: what is chosen is written and nothing else; the rest waits as it was, kill or no kill."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cycle_plan import plan

from crmsync.definition.where import compile_where, known_fields
from crmsync.errors import ConfigurationError
from crmsync.simulator.cluster import Cluster
from crmsync.sync.cycle import approve
from crmsync.sync.engine import Engine, Selection
from engines import EVERYBODY, calm, engine_on, rows, sync, violations
from fuses import Fuse, PlugPulledError, fused

NAMES = ("ann", "bob", "cid")
TIGHT = EVERYBODY + "guard:\n  updates: {floor: 2, percent: 0}\n"


def three_people(cluster: Cluster, engine: Engine) -> dict[str, str]:
    """Linked and agreed; then each gets another title and phone in HubSpot. Returns their ids."""
    people = {
        name: cluster.hubspot.create(
            "contacts",
            {"email": f"{name}@a.example", "lastname": name, "country": "Germany" if name == "bob" else ""},
        )
        for name in NAMES
    }
    calm(cluster)
    sync(engine)
    calm(cluster)
    for native in people.values():
        cluster.hubspot.edit("contacts", native, {"jobtitle": "CTO", "phone": "+1 415 555 0101"})
    calm(cluster)
    return people


def leads(cluster: Cluster) -> dict[str, tuple[object, object]]:
    return {str(r["LastName"]): (r.get("Title"), r.get("Phone")) for r in rows(cluster, "Lead")}


BOTH, NEITHER = ("CTO", "+1 415 555 0101"), (None, None)


@pytest.mark.parametrize(
    "rule",
    [
        "person.last_name == 'bob'",
        "hubspot.email.startsWith('bob@')",
        "salesforce.LastName == 'bob' && person.title == 'CTO'",
    ],
)
def test_a_rule_chooses_people_and_the_rest_waits(tmp_path: Path, rule: str) -> None:
    cluster = Cluster(1)
    with engine_on(cluster, tmp_path) as engine:
        three_people(cluster, engine)
        where = compile_where(rule, engine.definition)
        assert sync(engine, Selection(where=where)).writes == 1
        assert leads(cluster) == {"ann": NEITHER, "bob": BOTH, "cid": NEITHER}
        assert sync(engine, Selection(where=where)).writes == 0
        assert sync(engine).writes == 2
        assert violations(cluster, engine) == []


def test_an_update_is_narrowed_to_the_chosen_fields_and_the_others_stay_to_be_written(tmp_path: Path) -> None:
    cluster = Cluster(2)
    with engine_on(cluster, tmp_path) as engine:
        three_people(cluster, engine)
        cluster.hubspot.create("contacts", {"email": "dan@a.example", "lastname": "dan", "jobtitle": "CTO"})
        calm(cluster)
        assert sync(engine, Selection(fields=("title",), limit=2)).writes == 2
        some = leads(cluster)
        assert sorted(some.values(), key=str) == [("CTO", None), ("CTO", None), NEITHER]
        assert sync(engine, Selection(kind="create")).writes == 1
        assert leads(cluster) == {**some, "dan": ("CTO", None)}
        calm(cluster)
        assert sync(engine).writes == 3
        assert set(leads(cluster).values()) == {BOTH, ("CTO", None)}
        assert violations(cluster, engine) == []


@pytest.mark.parametrize("at", [6, 9, 11])
def test_killed_while_a_part_is_written_the_rest_is_still_there(tmp_path: Path, at: int) -> None:
    cluster = Cluster(3)
    with engine_on(cluster, tmp_path) as engine:
        three_people(cluster, engine)
    with (
        engine_on(cluster, tmp_path, set_up=False) as engine,
        fused(engine, Fuse(at)),
        pytest.raises(PlugPulledError),
    ):
        sync(engine, Selection(fields=("title",)))
    calm(cluster)
    with engine_on(cluster, tmp_path, set_up=False) as engine:
        sync(engine, Selection(fields=("title",)))
        assert set(leads(cluster).values()) == {("CTO", None)}
        assert sync(engine).writes == 3
        assert set(leads(cluster).values()) == {BOTH}
        assert violations(cluster, engine) == []


def test_a_hold_approved_for_one_field_keeps_the_others_held(tmp_path: Path) -> None:
    cluster = Cluster(4)
    with engine_on(cluster, tmp_path, TIGHT) as engine:
        three_people(cluster, engine)
        (hold,) = sync(engine, approve=False).held
        part = Selection(fields=("title",), limit=2)
        assert approve(engine, hold.digest, part) == 2
        assert sync(engine, Selection(approved=True, fields=part.fields), approve=False).writes == 2
        some = leads(cluster)
        assert sorted(some.values(), key=str) == [("CTO", None), ("CTO", None), NEITHER]
        calm(cluster)
        report = sync(engine, approve=False)
        assert (report.writes, leads(cluster)) == (0, some)
        (rest,) = report.held
        assert rest.count == 3
        assert approve(engine, rest.digest) == 3
        assert sync(engine, approve=False).writes == 3
        assert set(leads(cluster).values()) == {BOTH}


def test_a_plan_approved_for_one_field_writes_that_field(tmp_path: Path) -> None:
    cluster = Cluster(5)
    with engine_on(cluster, tmp_path, TIGHT) as engine:
        three_people(cluster, engine)
        digest, operations, holds = plan(engine)
        assert (len(operations), len(holds)) == (3, 1)
        assert approve(engine, digest, Selection(fields=("phone",))) == 3
        chosen = Selection(approved=True, fields=("phone",))
        assert sync(engine, chosen, approve=False).writes == 3
        assert set(leads(cluster).values()) == {(None, "+1 415 555 0101")}
        assert sync(engine, approve=False).held[0].count == 3


@pytest.mark.parametrize(
    ("rule", "column", "word"),
    [
        ("person.titel == 'CTO'", 1, "did you mean `title`"),
        ("person.title == 'CTO' && hubspot.nonsense == 'x'", 26, "crmsync does not read it"),
        ("account.Name == 'x'", 1, "found `account`"),
        ("person.title ==", 16, "cannot be read"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_refused_with_its_column(
    tmp_path: Path, rule: str, column: int, word: str
) -> None:
    with engine_on(Cluster(6), tmp_path, set_up=False) as engine:
        with pytest.raises(ConfigurationError) as refused:
            compile_where(rule, engine.definition)
        (finding,) = refused.value.findings
        assert (finding.file, finding.line, finding.column) == ("--where", 1, column)
        assert word in finding.message
        assert "validate" not in refused.value.fix and refused.value.fix
        with pytest.raises(ConfigurationError, match="titel"):
            known_fields(["phone,titel"], engine.definition)
