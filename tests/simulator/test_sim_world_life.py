"""The living world: it goes on by its seed alone, everything in it happens, and only people do it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.salesforce.profiles import PROFILES
from crmsync.simulator.world import ACTS, Habits, Life, populate
from crmsync.simulator.world.hours import Hours, to_moment, to_ms

MONTH = timedelta(days=30)
BARGAINING = ("touch", "open_opportunity", "open_deal", "haggle", "advance", "close", "change_amount")


def alive(people: int = 200, seed: int = 7, habits: Habits | None = None) -> tuple[Cluster, Life]:
    cluster = Cluster(seed=1)
    populate(cluster, people, seed)
    return cluster, Life(cluster, seed, habits)


def lived(days: int, people: int = 200, seed: int = 7, habits: Habits | None = None) -> tuple[Cluster, Life]:
    """A world that has lived for some days."""
    cluster, life = alive(people, seed, habits)
    life.step(cluster.clock.now() + timedelta(days=days))
    return cluster, life


def written(cluster: Cluster) -> list[dict[str, Any]]:
    return [entry.as_json() for entry in cluster.ledger.entries]


def test_the_same_seed_gives_the_same_life_and_another_seed_another() -> None:
    one, two, three = (lived(14, people=100, seed=seed) for seed in (7, 7, 8))
    assert written(one[0]) == written(two[0])
    assert one[1].acts == two[1].acts
    assert one[0].hubspot.state() == two[0].hubspot.state()
    assert one[0].salesforce.state() == two[0].salesforce.state()
    assert one[1].acts != three[1].acts


def test_it_does_not_matter_in_how_many_steps_a_world_lives() -> None:
    one, two = alive(60), alive(60)
    start = one[0].clock.now()
    one[1].step(start + timedelta(days=7))
    for hour in range(1, 7 * 24 + 1):
        two[1].step(start + timedelta(hours=hour))
    assert written(one[0]) == written(two[0])


def test_everything_happens_within_a_month() -> None:
    _, life = lived(30)
    assert [name for name in ACTS if not life.acts[name]] == []


def test_what_people_try_is_what_the_vendors_allow() -> None:
    _, life = lived(30)
    assert life.refused.total() <= life.acts.total() // 200, life.refused


def test_only_people_and_the_vendors_write() -> None:
    cluster, _ = lived(14)
    assert {entry.actor for entry in cluster.ledger.entries} == {"human", "system"}


def test_time_passes_in_the_order_of_the_ledger_up_to_the_end_of_the_step() -> None:
    cluster, life = alive(60)
    end = cluster.clock.now() + timedelta(days=5)
    life.step(end)
    moments = [entry.at for entry in cluster.ledger.entries]
    assert moments == sorted(moments)
    assert cluster.clock.now() == end
    assert life.next_at is not None
    assert life.next_at > end


def test_nothing_happens_where_nobody_is() -> None:
    cluster = Cluster()
    life = cluster.living()
    written_before = len(cluster.ledger.entries)
    life.step(cluster.clock.now() + MONTH)
    people = {"contacts", "Lead", "Contact", "deals", "Opportunity"}
    assert not [e for e in cluster.ledger.entries[written_before:] if e.object in people]
    assert not life.refused


def test_a_clock_that_ran_ahead_is_not_put_back() -> None:
    """Software that waited has moved it; what was due meanwhile happens now."""
    cluster, life = alive(60)
    due = cluster.clock.now() + timedelta(days=2)
    cluster.clock.advance(timedelta(days=3).total_seconds())
    now = cluster.clock.now()
    assert life.step(due) > 0
    assert cluster.clock.now() == now


@pytest.mark.parametrize("name", ["merge_in_hubspot", "opt_out", "convert_lead", "import_by_sales", "visit"])
def test_an_act_without_a_rate_never_happens_and_the_others_go_on(name: str) -> None:
    _, life = lived(14, people=100, habits=Habits().without(name))
    assert life.acts[name] == 0
    assert life.acts.total() > 100


def test_habits_know_only_acts_that_there_are() -> None:
    with pytest.raises(TypeError):
        Habits().without("levitate")


def test_what_others_write_changes_nobody_elses_life() -> None:
    """Records that software made can be worked with; all that was to happen without them happens as it would."""
    one, two = alive(60), alive(60)
    known = {str(r.get("email")).lower() for r in two[0].hubspot.state()["contacts"]}
    rows = two[0].salesforce.state()
    alone = [r for o in ("Lead", "Contact") for r in rows[o] if str(r.get("Email")).lower() not in known]
    for row in alone[:10]:
        values = {"email": row.get("Email"), "lastname": row["LastName"]}
        two[0].hubspot.create("contacts", {k: v for k, v in values.items() if v}, actor="api")
    for cluster, life in (one, two):
        life.step(cluster.clock.now() + timedelta(days=7))
    told = [
        Counter((e.at, e.op) for e in cluster.ledger.entries if e.actor == "human" and e.side == "salesforce")
        for cluster, _ in (one, two)
    ]
    assert (told[0] & told[1]).total() > 0.95 * told[0].total()


def test_who_is_more_interested_comes_back_more_often() -> None:
    cluster, life = lived(30, habits=Habits().only("visit"))
    visits = {
        str(row["email"]): int(row.get("hs_analytics_num_visits") or 0)
        for row in cluster.hubspot.state()["contacts"]
        if row.get("email")
    }
    ranked = sorted(visits, key=lambda email: life.truths[email].interest)
    half = len(ranked) // 2
    cold, hot = (sum(visits[e] for e in part) for part in (ranked[:half], ranked[half:]))
    assert hot > 1.5 * cold


def test_who_fits_and_is_interested_buys_more_often() -> None:
    chances: dict[str, list[float]] = {"won": [], "lost": []}
    for seed in (1, 2):
        _, life = lived(90, seed=seed, habits=Habits().only(*BARGAINING))
        for email, outcome in life.outcomes.items():
            chances.get(outcome, []).append(life.truths[email].chance)
    won, lost = (sum(each) / len(each) for each in chances.values())
    assert min(map(len, chances.values())) > 10
    assert won > 1.2 * lost


def test_where_sales_works_without_leads_nobody_types_one_in() -> None:
    cluster = Cluster(seed=1, profile="contacts-only")
    populate(cluster, 100, leads=False)
    people = len(cluster.salesforce.state()["Contact"])
    cluster.living().step(cluster.clock.now() + MONTH)
    state = cluster.salesforce.state()
    assert state["Lead"] == []
    assert len(state["Contact"]) > people + 5


@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"contacts-only"}))
def test_life_goes_on_in_every_kind_of_org(profile: str) -> None:
    cluster = Cluster(seed=1, profile=profile)
    populate(cluster, 100)
    life = cluster.living()
    life.step(cluster.clock.now() + timedelta(days=10))
    assert life.acts.total() > 300
    assert life.refused.total() <= life.acts.total() // 50, life.refused


def test_a_seed_gives_the_same_life_in_any_process() -> None:
    """Also where sets and dictionaries are ordered otherwise."""
    script = (
        "import hashlib, json; from datetime import timedelta; from crmsync.simulator.cluster import Cluster; "
        "from crmsync.simulator.world import populate; cluster = Cluster(seed=3); populate(cluster, 60); "
        "cluster.living().step(cluster.clock.now() + timedelta(days=10)); "
        "told = [json.dumps(e.as_json(), default=str) for e in cluster.ledger.entries]; "
        "print(len(told), hashlib.sha256(chr(10).join(told).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    (line,) = said
    assert int(line.split()[0]) > 400


def test_reps_work_on_weekdays_in_their_own_zones() -> None:
    cluster, life = alive(200, habits=Habits().only("touch", "call", "work_lead", "reject_lead"))
    start = cluster.clock.now()
    life.step(start + MONTH)
    users = {u["Id"]: u["FirstName"] for u in cluster.salesforce.state()["User"]}
    typed = [e for e in cluster.ledger.entries if e.side == "salesforce" and e.op == "update"]
    rows = {r["Id"]: r for o in ("Lead", "Contact") for r in cluster.salesforce.state()[o]}
    zones = {
        "Priya": "America/Chicago",
        "Tomás": "Europe/Berlin",
        "Greta": "Europe/London",
        "Kwame": "America/New_York",
    }
    last = {e.id: e.at for e in typed if e.id in rows and e.at > start}
    assert len(last) > 20
    for id, at in last.items():
        here = at.astimezone(ZoneInfo(zones[users[rows[id]["LastModifiedById"]]]))
        assert here.weekday() < 5
        assert 9 <= here.hour < 17


@pytest.mark.parametrize(
    ("hours", "then"),
    [
        (1, "2026-03-02T09:00"),  # Berlin is an hour ahead: 09:00 there is the beginning of the day
        (8, "2026-03-03T08:00"),
        (40, "2026-03-09T08:00"),
        (160, "2026-03-30T07:00"),  # summer time has begun
    ],
)
def test_working_hours_pass_on_working_days_only(hours: int, then: str) -> None:
    monday = to_ms(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    at = to_moment(Hours("Europe/Berlin").after(monday, hours * 3600.0))
    assert at == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_a_fortnight_of_a_small_world_passes_in_a_moment() -> None:
    started = time.process_time()
    lived(14, people=200)
    assert time.process_time() - started < 3.0


def test_the_world_knows_from_the_ledger_alone_who_has_which_live_record() -> None:
    """After a busy month nobody holds a record that is gone, and no live record is nobody's."""
    busy = Habits(second_address=0.05, merge_in_hubspot=0.05, merge_in_salesforce=0.05, forget=0.02)
    cluster, life = lived(30, habits=busy)
    sales = cluster.salesforce.state()
    standing = {str(r["id"]) for r in cluster.hubspot.state()["contacts"] if not r["archived"]}
    standing |= {str(r["Id"]) for r in sales["Lead"] if not r["IsDeleted"] and not r["IsConverted"]}
    standing |= {str(r["Id"]) for r in sales["Contact"] if not r["IsDeleted"]}
    held = [id for soul in life.town.roster.souls for ids in soul.records.values() for id in ids]
    assert len(held) == len(set(held))
    assert set(held) == standing


def test_who_was_forgotten_is_not_typed_into_hubspot_again() -> None:
    cluster, life = lived(30, habits=Habits(forget=0.1))
    entries, of = cluster.ledger.entries, life.town.roster.of
    forgotten = {of[e.id].number: e.n for e in entries if e.op == "privacy"}
    assert len(forgotten) > 10
    made = [(of[e.id].number, e.n) for e in entries if (e.object, e.op) == ("contacts", "create")]
    assert not [number for number, n in made if n > forgotten.get(number, n)]
    assert life.refused["submit_form"] == life.refused["import_by_marketing"] == 0
