"""The made-up world: believable, as large as asked, the same for the same seed, and typed by humans only."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.compare import same
from crmsync.simulator.people import ACCOUNT_TYPES, SOURCES
from crmsync.simulator.world import World, humans, populate

Rows = list[dict[str, Any]]


def made(people: int = 200, seed: int = 7) -> tuple[Cluster, World]:
    cluster = Cluster(seed=1)
    return cluster, populate(cluster, people, seed)


def contacts(cluster: Cluster) -> Rows:
    return [row for row in cluster.hubspot.state()["contacts"] if not row["archived"]]


def live(cluster: Cluster, obj: str) -> Rows:
    rows: Rows = cluster.salesforce.state()[obj]
    return [r for r in rows if not r["IsDeleted"] and not r.get("IsConverted")]


def addresses(rows: Rows, field: str) -> Counter[str]:
    return Counter(str(r[field]).lower() for r in rows if r.get(field))


def test_the_counts_are_what_the_two_systems_hold() -> None:
    cluster, world = made(200)
    left, leads, right = contacts(cluster), live(cluster, "Lead"), live(cluster, "Contact")
    assert world.hubspot == len(left) == 200
    assert (world.leads, world.contacts) == (len(leads), len(right)) == (140, 60)
    assert world.accounts == len(live(cluster, "Account"))
    assert world.companies == len(cluster.hubspot.state()["companies"]) < world.accounts
    assert world.opted_out == sum(r.get("hs_email_optout") == "true" for r in left) > 0
    emails = addresses(left, "email"), addresses(leads + right, "Email")
    assert world.overlap == len(emails[0].keys() & emails[1].keys()) == 120
    assert world.no_email == 400 - sum(emails[0].values()) - sum(emails[1].values()) > 0
    assert max((emails[0] | emails[1]).values()) == 1


@pytest.mark.parametrize("people", [2, 3, 10, 57])
def test_small_worlds_hold_together(people: int) -> None:
    cluster, world = made(people)
    assert len(contacts(cluster)) == world.hubspot == people
    assert (
        len(live(cluster, "Lead")) + len(live(cluster, "Contact")) == people == world.leads + world.contacts
    )
    assert world.newcomer.email != world.shared.email


def test_a_world_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        made(1)


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    one, two, three = (made(60, seed) for seed in (7, 7, 8))
    assert one[1] == two[1]
    assert one[0].hubspot.state() == two[0].hubspot.state()
    assert one[0].salesforce.state() == two[0].salesforce.state()
    assert addresses(contacts(one[0]), "email") != addresses(contacts(three[0]), "email")


def test_everything_was_typed_by_humans_before_the_present() -> None:
    cluster, _ = made(60)
    assert {e.actor for e in cluster.ledger.entries} <= {"human", "system"}
    assert max(e.at for e in cluster.ledger.entries).timestamp() <= cluster.clock.now().timestamp() - 3600


def test_addresses_stand_on_reserved_domains() -> None:
    cluster, _ = made(200)
    rows = [
        *(r.get("email") for r in contacts(cluster)),
        *(r.get("Email") for o in ("Lead", "Contact") for r in live(cluster, o)),
    ]
    emails = [str(e) for e in rows if e]
    assert emails
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z0-9-]+\.example", e.lower()) for e in emails)
    assert {"mail.example", "post.example"} & {e.lower().split("@")[1] for e in emails}


def test_the_same_people_are_written_down_differently() -> None:
    cluster, world = made(200)
    left = {r["email"].lower(): r for r in contacts(cluster) if r.get("email")}
    right = {r["Email"].lower(): r for o in ("Lead", "Contact") for r in live(cluster, o) if r.get("Email")}
    pairs = [(left[e], right[e]) for e in left.keys() & right.keys()]
    phones = [(a.get("phone"), b.get("Phone")) for a, b in pairs]
    assert sum(a != b and bool(a) and same("phone", a, b) for a, b in phones) > 20  # another form
    assert 0 < sum(not same("phone", a, b) and bool(a and b) for a, b in phones) < 30  # another number
    assert sum(bool(a) != bool(b) for a, b in phones) > 5  # blank on one side
    titles = [(a.get("jobtitle"), b.get("Title")) for a, b in pairs]
    assert sum(a != b for a, b in titles if a and b) > 2
    assert 0 < world.differing < 60


def test_salesforce_holds_people_on_accounts_owned_by_reps() -> None:
    cluster, _ = made(200)
    users = {u["Id"] for u in cluster.salesforce.state()["User"]}
    accounts = {a["Id"]: a for a in live(cluster, "Account")}
    assert all(c["AccountId"] in accounts for c in live(cluster, "Contact"))
    assert {a["Type"] for a in accounts.values()} <= set(ACCOUNT_TYPES)
    assert all(a["Website"].endswith(".example") and a["BillingCountry"] for a in accounts.values())
    owners = Counter(r["OwnerId"] for o in ("Lead", "Contact") for r in live(cluster, o))
    assert len(owners) == 4
    assert set(owners) <= users
    assert {r.get("LeadSource") for r in live(cluster, "Lead")} <= {*SOURCES.values(), None}


def test_hubspot_contacts_are_associated_with_their_companies() -> None:
    cluster, _ = made(200)
    companies = {c["id"]: c["domain"] for c in cluster.hubspot.state()["companies"]}
    associated = [r for r in contacts(cluster) if r.get("associatedcompanyid")]
    assert len(associated) > 50
    assert all(r["email"].endswith(companies[str(r["associatedcompanyid"])]) for r in associated)
    assert {r.get("hs_analytics_source") for r in contacts(cluster)} <= {*SOURCES, None, ""}


def test_a_few_contacts_were_leads_once() -> None:
    cluster, world = made(200)
    people = {c["Id"] for c in live(cluster, "Contact")}
    converted = [r for r in cluster.salesforce.state()["Lead"] if r["IsConverted"]]
    assert len(converted) == world.converted > 0
    assert {r["ConvertedContactId"] for r in converted} <= people


def test_namesakes_are_different_people() -> None:
    cluster, world = made(400)
    left = {(r["firstname"], r["lastname"]) for r in contacts(cluster)}
    assert world.namesakes > 0
    assert len(left) < 400
    assert any(not name.isascii() for pair in left for name in pair)


def test_the_story_people_are_where_the_story_needs_them() -> None:
    cluster, world = made(100)
    maya, jonas = world.newcomer, world.shared
    assert (maya.name, maya.company, maya.salesforce) == ("Maya Okafor", "Northwind Example", "")
    left = {r["id"]: r for r in contacts(cluster)}
    assert left[maya.hubspot]["email"] == maya.email
    right = {r["Id"]: r for r in live(cluster, jonas.object)}
    emails = addresses(live(cluster, "Lead") + live(cluster, "Contact"), "Email")
    assert emails[maya.email] == 0
    assert emails[jonas.email] == 1
    one, two = left[jonas.hubspot], right[jonas.salesforce]
    assert one["email"] == two["Email"].lower() == jonas.email
    assert one["jobtitle"] != two["Title"]
    assert not same("phone", one["phone"], two["Phone"])


def test_humans_go_on_editing_live_people() -> None:
    cluster, _ = made(60)
    count = len(cluster.ledger.entries)
    edits = humans(cluster, random.Random(3), 40)
    assert len(edits) == 40
    assert {e.side for e in edits} == {"hubspot", "salesforce"}
    assert all(e.actor != "api" for e in cluster.ledger.entries[count:])
    ids = {r["id"] for r in contacts(cluster)} | {
        r["Id"] for o in ("Lead", "Contact") for r in live(cluster, o)
    }
    assert {e.id for e in edits} <= ids
    last = edits[-1]
    rows = {
        r.get("id") or r["Id"]: r
        for r in (*contacts(cluster), *live(cluster, "Lead"), *live(cluster, "Contact"))
    }
    assert all(rows[last.id][k] == v for k, v in last.values.items())
    assert humans(cluster, random.Random(3), 0) == []


def test_a_thousand_people_are_there_in_a_moment() -> None:
    started = time.process_time()
    made(1000)
    assert time.process_time() - started < 2.0
