"""A HubSpot list as the scope: who is on it takes part, whoever leaves is left alone, and a lost list widens nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmsync.cli.judging import expectation
from crmsync.errors import ConfigurationError, TransientError
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.judge import judge
from crmsync.sync.cycle import Writer, plan_cycle, writing
from crmsync.sync.doctor import examine
from crmsync.sync.engine import Engine
from engines import EVERYBODY, api_writes, calm, engine_on, rows, sync, violations

BY_LIST = EVERYBODY + 'scope:\n  hubspot: {list: "Newsletter DACH"}\n'
PLACE = "overlay.yaml:5:19"


def person(cluster: Cluster, name: str, **more: str) -> str:
    return cluster.hubspot.create("contacts", {"email": f"{name}@a.example", "lastname": name, **more})


def later(cluster: Cluster) -> None:
    """Past the hour after which the list is read again."""
    calm(cluster)
    calm(cluster)


def leads(cluster: Cluster) -> dict[str, Any]:
    return {str(row["LastName"]): row for row in rows(cluster, "Lead")}


def known(engine: Engine) -> frozenset[str]:
    with engine.store.transaction() as tx:
        return tx.members("contacts")


def read_lists(engine: Engine) -> tuple[int, int]:
    """Calls for lists, and for pages of members, so far."""
    found = engine.connectors["hubspot"].calls_by_purpose()
    return found.get("lists", 0), found.get("members", 0)


def test_who_enters_is_carried_over_and_who_leaves_is_left_as_they_are(tmp_path: Path) -> None:
    cluster = Cluster(1)
    ann, bob = person(cluster, "Ann", jobtitle="CEO"), person(cluster, "Bob")
    listed = cluster.hubspot.make_list("Newsletter DACH", ids=[ann])
    calm(cluster)
    with engine_on(cluster, tmp_path, BY_LIST) as engine:
        assert sync(engine).problems == []
        assert set(leads(cluster)) == {"Ann"}
        cluster.hubspot.change_list(listed, add=[bob], remove=[ann])
        taken = cluster.ledger.entries[-1].n
        later(cluster)
        sync(engine)
        assert set(leads(cluster)) == {"Ann", "Bob"}  # leaving is never a deletion
        cluster.hubspot.edit("contacts", ann, {"jobtitle": "Chair"})
        cluster.hubspot.edit("contacts", bob, {"jobtitle": "CFO"})
        later(cluster)
        sync(engine)
        assert {name: row["Title"] for name, row in leads(cluster).items()} == {"Ann": "CEO", "Bob": "CFO"}
        expected = expectation(engine.definition, engine.store)  # type: ignore[arg-type]
        assert judge(cluster, replace(expected, left={ann: taken})) == []
        cluster.hubspot.change_list(listed, add=[ann])
        later(cluster)
        sync(engine)
        assert leads(cluster)["Ann"]["Title"] == "Chair"  # what she changed meanwhile comes with her
        later(cluster)
        assert sync(engine).writes == 0
        assert violations(cluster, engine) == []


def test_the_list_is_asked_for_at_first_and_then_once_an_hour_and_never_without_one(tmp_path: Path) -> None:
    cluster = Cluster(2)
    cluster.hubspot.make_list("Newsletter DACH", ids=[person(cluster, f"P{n}") for n in range(250)])
    calm(cluster)
    with engine_on(cluster, tmp_path, BY_LIST) as engine:
        sync(engine)
        assert (read_lists(engine), len(known(engine)), len(leads(cluster))) == ((1, 3), 250, 250)
        calm(cluster)
        sync(engine)
        assert read_lists(engine) == (1, 3)
        calm(cluster)
        sync(engine)
        assert read_lists(engine) == (2, 6)
    with engine_on(cluster, tmp_path, EVERYBODY) as engine:
        sync(engine)
        assert (read_lists(engine), known(engine)) == ((0, 0), frozenset())


@pytest.mark.parametrize("lost", [1, 2])
def test_a_reading_that_breaks_off_between_two_pages_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    """Neither at first, when nobody would be in scope by mistake, nor later, when some would seem to have left."""
    cluster = Cluster(3)
    people = [person(cluster, f"P{n}") for n in range(250)]
    listed = cluster.hubspot.make_list("Newsletter DACH", ids=people[:249])
    calm(cluster)
    with engine_on(cluster, tmp_path, BY_LIST) as engine:
        if lost == 2:
            sync(engine)
            cluster.hubspot.change_list(listed, add=people[249:], remove=people[:1])
            later(cluster)
        before = known(engine)
        connector: Any = engine.connectors["hubspot"]
        real = connector.members

        def members(list_id: str, after: str | None) -> Any:
            if after is not None:
                raise TransientError("the plug is pulled")
            return real(list_id, after)

        with monkeypatch.context() as patch:
            patch.setattr(connector, "members", members, raising=False)
            with pytest.raises(TransientError):
                sync(engine)
        assert (known(engine), len(before)) == (before, 249 if lost == 2 else 0)
        assert len(leads(cluster)) == len(before)
        sync(engine)
        assert known(engine) == frozenset(people[:249] if lost == 1 else people[1:])
        assert len(leads(cluster)) == (249 if lost == 1 else 250)
        sync(engine)
        assert sync(engine).writes == 0


def test_a_renamed_list_is_followed_and_said_until_the_new_name_is_written(tmp_path: Path) -> None:
    cluster = Cluster(4)
    ann, bob = person(cluster, "Ann"), person(cluster, "Bob")
    listed = cluster.hubspot.make_list("Newsletter DACH", ids=[ann])
    calm(cluster)
    with engine_on(cluster, tmp_path, BY_LIST) as engine:
        sync(engine)
        cluster.hubspot.portal.lists[listed].name = "Newsletter EMEA"
        cluster.hubspot.change_list(listed, add=[bob])
        later(cluster)
        first, second = sync(engine), sync(engine)
        assert first.problems == second.problems
        assert PLACE in first.problems[0] and "called `Newsletter EMEA` now" in first.problems[0]
        assert set(leads(cluster)) == {"Ann", "Bob"}
    with engine_on(cluster, tmp_path, BY_LIST.replace("DACH", "EMEA")) as engine:
        assert sync(engine).problems == []


def test_a_deleted_list_freezes_the_scope_and_a_restored_one_thaws_it(tmp_path: Path) -> None:
    cluster = Cluster(5)
    ann = person(cluster, "Ann")
    listed = cluster.hubspot.make_list("Newsletter DACH", ids=[ann])
    calm(cluster)
    with engine_on(cluster, tmp_path, BY_LIST) as engine:
        sync(engine)
        cluster.hubspot.portal.lists[listed].deleted = "2026-01-01T00:00:00Z"
        person(cluster, "Bob")
        cluster.hubspot.edit("contacts", ann, {"jobtitle": "CEO"})
        later(cluster)
        (told,) = sync(engine).problems
        assert (
            PLACE in told
            and "no list of contacts named `Newsletter DACH`" in told
            and "stays in scope" in told
        )
        assert {name: row["Title"] for name, row in leads(cluster).items()} == {"Ann": "CEO"}
        cluster.hubspot.portal.lists[listed].deleted = ""
        later(cluster)
        assert sync(engine).problems == []


def _none(cluster: Cluster) -> None:
    cluster.hubspot.make_list("Newsletter DACH 2")


def _two(cluster: Cluster) -> None:
    second = [cluster.hubspot.make_list(name) for name in ("Newsletter DACH", "Other")][1]
    cluster.hubspot.portal.lists[second].name = "Newsletter DACH"


@pytest.mark.parametrize(
    ("make", "said"), [(_none, "did you mean `Newsletter DACH 2`?"), (_two, "has 2 lists of contacts named")]
)
def test_a_name_that_stands_for_no_one_list_ends_the_cycle_before_anything_is_written(
    tmp_path: Path, make: Any, said: str
) -> None:
    cluster = Cluster(6)
    person(cluster, "Ann")
    make(cluster)
    calm(cluster)
    with engine_on(cluster, tmp_path, BY_LIST) as engine:
        with pytest.raises(ConfigurationError, match=said) as caught:
            sync(engine)
        assert PLACE in str(caught.value)
        with writing(engine, Writer("test")) as generation, pytest.raises(ConfigurationError, match=said):
            plan_cycle(engine, generation)
        assert api_writes(cluster) == []
        (failed,) = [check for check in examine(engine) if not check.ok]
        assert said in failed.detail and PLACE in failed.detail and failed.fix


def test_the_doctor_is_content_with_a_list_that_is_there(tmp_path: Path) -> None:
    cluster = Cluster(7)
    cluster.hubspot.make_list("Newsletter DACH", ids=[person(cluster, "Ann")])
    calm(cluster)
    with engine_on(cluster, tmp_path, BY_LIST) as engine:
        found = {check.name: check for check in examine(engine)}
        assert all(check.ok for check in found.values())
        assert found["scope.hubspot is a HubSpot list"].detail == "`Newsletter DACH` with 1 on it"
