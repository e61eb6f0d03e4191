"""A field that two writers set back and forth is parked; a person who changes their mind is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmsync.definition.starter import write_starter
from crmsync.simulator.cluster import Cluster
from crmsync.store import review
from crmsync.store.read import review_items
from crmsync.sync.engine import Engine
from engines import api_writes, calm, contacts, engine_on, rows, sync
from fuses import Fuse, PlugPulledError, fused

OURS, THEIRS = "Chief", "CTO"


def one_person(cluster: Cluster) -> tuple[str, str]:
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "jobtitle": OURS})
    lead = cluster.salesforce.create(
        "Lead", {"Email": "ann@a.example", "LastName": "Lee", "Company": "Acme", "Title": OURS}
    )
    calm(cluster)
    return hub, lead


class Workflows:
    """One automation on each side that sets its own value whenever it finds another one there."""

    def __init__(self, cluster: Cluster, hub: str, lead: str, *, hubspot: bool = True) -> None:
        self.cluster, self.hub, self.lead, self.hubspot, self.runs = cluster, hub, lead, hubspot, 0

    def react(self) -> None:
        """The one of HubSpot notes each of its runs, so that our writes have more than this one field."""
        if self.hubspot and contacts(self.cluster)[0]["jobtitle"] != OURS:
            self.runs += 1
            news = {"jobtitle": OURS, "city": f"run {self.runs}"}
            self.cluster.hubspot.edit("contacts", self.hub, news)
        if rows(self.cluster, "Lead")[0]["Title"] != THEIRS:
            self.cluster.salesforce.edit("Lead", self.lead, {"Title": THEIRS})


def parked(engine: Engine) -> list[dict[str, Any]]:
    return [i for i in review_items(engine.store) if i["kind"] == "parked"]  # type: ignore[arg-type]


def fought(cluster: Cluster) -> int:
    """Our writes of the field that is fought over."""
    return sum(bool({"jobtitle", "Title"} & set(e.after)) for e in api_writes(cluster))  # type: ignore[attr-defined]


def fight(cluster: Cluster, engine: Engine, both: Workflows, rounds: int = 7, minutes: float = 5) -> int:
    """Let the workflows and the engine go on by turns. Returns how many writes of the field that took."""
    before = fought(cluster)
    for _ in range(rounds):
        both.react()
        cluster.clock.advance(minutes * 60)
        sync(engine)
    return fought(cluster) - before


@pytest.mark.parametrize("minutes", [5, 60 * 24])
def test_two_workflows_that_fight_are_parked_and_both_writers_are_named(
    tmp_path: Path, minutes: float
) -> None:
    cluster = Cluster(1)
    both = Workflows(cluster, *one_person(cluster))
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        assert fight(cluster, engine, both, minutes=minutes) == 5
        (item,) = parked(engine)
        assert item["field"] == "title"
        assert "HubSpot: somebody at the screen (userId:" in item["cause"]
        assert "Salesforce: " in item["cause"] and "somebody or an automation" not in item["cause"]
        assert "retry" in item["fix"] and "direction" in item["fix"]
        assert fight(cluster, engine, both, 3) == 0


def test_one_workflow_that_undoes_a_field_which_only_goes_one_way_is_parked(tmp_path: Path) -> None:
    mapping = tmp_path / "config" / "mapping.yaml"
    write_starter(mapping.parent)
    text = mapping.read_text()
    one_way = "    salesforce: Title\n    direction: to_salesforce\n"
    mapping.write_text(text.replace("    salesforce: Title\n", one_way))
    cluster = Cluster(2)
    both = Workflows(cluster, *one_person(cluster), hubspot=False)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        writes = 0
        for _ in range(6):
            writes += fight(cluster, engine, both, 1)
            cluster.clock.advance(300)
            sync(engine)  # reads what we wrote, before the workflow runs again
        assert writes == 4
        (item,) = parked(engine)
        assert (item["field"], item["values"]) == ("title", {"salesforce": OURS})


def test_the_rest_of_a_person_goes_on_while_one_field_is_parked(tmp_path: Path) -> None:
    cluster = Cluster(3)
    hub, lead = one_person(cluster)
    both = Workflows(cluster, hub, lead)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        fight(cluster, engine, both)
        cluster.hubspot.edit("contacts", hub, {"phone": "+1 415 555 0101"})
        calm(cluster)
        assert sync(engine).writes == 1
        (row,) = rows(cluster, "Lead")
        assert (row["Phone"], row["Title"]) == ("+1 415 555 0101", THEIRS)
        assert [i["field"] for i in parked(engine)] == ["title"]


def test_a_value_that_is_neither_of_the_two_frees_the_field(tmp_path: Path) -> None:
    cluster = Cluster(4)
    hub, lead = one_person(cluster)
    both = Workflows(cluster, hub, lead)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        fight(cluster, engine, both)
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "Founder"})
        cluster.salesforce.edit("Lead", lead, {"Title": "Founder"})
        calm(cluster)
        sync(engine)
        assert parked(engine) == []
        cluster.hubspot.edit("contacts", hub, {"jobtitle": OURS})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["Title"] == OURS


def test_a_new_value_on_one_side_alone_is_written(tmp_path: Path) -> None:
    cluster = Cluster(4)
    hub, lead = one_person(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        fight(cluster, engine, Workflows(cluster, hub, lead))
        cluster.salesforce.edit("Lead", lead, {"Title": "Founder"})
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "Founding CTO"})
        calm(cluster)
        assert sync(engine).writes == 1
        assert rows(cluster, "Lead")[0]["Title"] == contacts(cluster)[0]["jobtitle"]
        assert parked(engine) == []


@pytest.mark.parametrize("what", ["retry", "resolve"])
def test_a_person_frees_it_and_it_takes_a_whole_new_fight_to_park_it_again(tmp_path: Path, what: str) -> None:
    cluster = Cluster(5)
    both = Workflows(cluster, *one_person(cluster))
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        fight(cluster, engine, both)
        (item,) = parked(engine)
        now = cluster.clock.now()
        if what == "retry":
            assert review.retry(engine.store, item["id"], now)  # type: ignore[arg-type]
        else:
            assert review.resolve(engine.store, item["id"], "salesforce", now)  # type: ignore[arg-type]
        cluster.clock.advance(60)
        assert sync(engine).writes == 1
        assert contacts(cluster)[0]["jobtitle"] == rows(cluster, "Lead")[0]["Title"]
        assert parked(engine) == []
        if what == "resolve":
            assert contacts(cluster)[0]["jobtitle"] == THEIRS
        assert fight(cluster, engine, both) == 4
        assert [i["field"] for i in parked(engine)] == ["title"]


def test_a_changed_definition_tries_it_again(tmp_path: Path) -> None:
    cluster = Cluster(6)
    both = Workflows(cluster, *one_person(cluster))
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        fight(cluster, engine, both)
    mapping = tmp_path / "config" / "mapping.yaml"
    text = mapping.read_text()
    mapping.write_text(
        text.replace("    salesforce: Title\n", "    salesforce: Title\n    owner: salesforce\n")
    )
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).writes == 1
        assert parked(engine) == []
        assert contacts(cluster)[0]["jobtitle"] == rows(cluster, "Lead")[0]["Title"]


def test_people_who_change_their_mind_are_not_parked(tmp_path: Path) -> None:
    """On one side as often as they like; on both sides by turns, up to three times."""
    cluster = Cluster(7)
    hub, lead = one_person(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        for n in range(8):
            cluster.hubspot.edit("contacts", hub, {"jobtitle": THEIRS if n % 2 == 0 else OURS})
            cluster.clock.advance(4 * 3600)
            assert sync(engine).writes == 1
        for n in range(4):
            cluster.clock.advance(2 * 86400)
            if n % 2 == 0:
                cluster.salesforce.edit("Lead", lead, {"Title": THEIRS})
            else:
                cluster.hubspot.edit("contacts", hub, {"jobtitle": OURS})
            cluster.clock.advance(3600)
            assert sync(engine).writes == 1
        assert parked(engine) == []


@pytest.mark.parametrize("at", [5, 13])
def test_killed_in_every_round_it_still_ends(tmp_path: Path, at: int) -> None:
    """Each cycle dies once after its `at`-th step and is run again; what landed unseen counts as written."""
    cluster = Cluster(8)
    both = Workflows(cluster, *one_person(cluster))
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
    before, kills = fought(cluster), 0
    for _ in range(7):
        both.react()
        cluster.clock.advance(300)
        with engine_on(cluster, tmp_path, set_up=False) as engine, fused(engine, Fuse(at)):
            try:
                sync(engine)
            except PlugPulledError:
                kills += 1
        cluster.clock.advance(300)
        with engine_on(cluster, tmp_path, set_up=False) as engine:
            sync(engine)
    assert kills > 4
    assert fought(cluster) - before == 5
    with engine_on(cluster, tmp_path, set_up=False) as engine:
        assert [i["field"] for i in parked(engine)] == ["title"]
        assert "somebody at the screen" in parked(engine)[0]["cause"] or at > 9
