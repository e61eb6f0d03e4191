"""What the engine will not do blindly: create where it cannot see, and trust a foreign account or key."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmsync.errors import FatalError, LeaseError
from crmsync.simulator.cluster import Cluster
from crmsync.store.read import review_items
from crmsync.sync.cycle import Writer, writing
from engines import DEFAULTS, calm, contacts, engine_on, rows, sync


def test_creates_wait_where_our_user_cannot_see_all_records_and_updates_go_on(tmp_path: Path) -> None:
    cluster = Cluster(1)
    cluster.hubspot.create("contacts", {"email": "new@a.example", "lastname": "Lee"})
    hub = cluster.hubspot.create("contacts", {"email": "known@a.example", "lastname": "Bell"})
    cluster.salesforce.create(
        "Lead",
        {
            "Email": "known@a.example",
            "LastName": "Bell",
            "Company": "C",
            "OwnerId": cluster.salesforce.user_id,
        },
    )
    calm(cluster)
    with engine_on(cluster, tmp_path):
        pass
    cluster.salesforce.private_sharing = True
    cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
    calm(cluster)
    with engine_on(cluster, tmp_path, set_up=False) as engine:
        report = sync(engine)
        assert report.applied["salesforce"].create == 0
        assert [r.get("Title") for r in rows(cluster, "Lead")] == ["CTO"]
        (item,) = [i for i in review_items(engine.store) if i["kind"] == "parked"]  # type: ignore[arg-type]
        assert "cannot see all" in item["cause"]
    cluster.salesforce.private_sharing = False
    calm(cluster)
    with engine_on(cluster, tmp_path, set_up=False) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        assert list(review_items(engine.store)) == []  # type: ignore[arg-type]


def test_without_the_key_fields_nothing_is_created(tmp_path: Path) -> None:
    cluster = Cluster(2)
    cluster.hubspot.create("contacts", {"email": "new@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path, set_up=False) as engine:
        assert sync(engine).writes == 0
        assert len(list(review_items(engine.store))) == 1  # type: ignore[arg-type]


def test_ids_that_hubspot_s_own_integration_left_are_links_when_the_name_agrees(tmp_path: Path) -> None:
    cluster = Cluster(3)
    contact = cluster.salesforce.create(
        "Contact", {"FirstName": "Ann", "LastName": "Lee", "Email": "old@a.example"}
    )
    stranger = cluster.salesforce.create("Contact", {"FirstName": "Bob", "LastName": "Bell"})
    cluster.hubspot.define("contacts", "salesforcecontactid")
    for name, theirs in (("Ann Lee", contact), ("Eve Cox", stranger)):
        first, last = name.split()
        cluster.hubspot.create(
            "contacts",
            {
                "email": f"{first}@new.example",
                "firstname": first,
                "lastname": last,
                "salesforcecontactid": theirs,
            },
        )
    calm(cluster)
    with engine_on(cluster, tmp_path, DEFAULTS) as engine:
        assert sync(engine).linked == 1


def test_another_portal_behind_the_same_settings_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(4)
    monkeypatch.setattr("crmsync.simulator.hubspot.portal.PORTAL_ID", "99999999")
    other = Cluster(4)
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
    with (
        engine_on(other, tmp_path, set_up=False) as engine,
        pytest.raises(FatalError, match="belongs to account"),
    ):
        sync(engine)
    assert contacts(other) == []


def test_a_second_writer_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    cluster = Cluster(5)
    with (
        engine_on(cluster, tmp_path) as engine,
        writing(engine, Writer("here:1")),
        pytest.raises(LeaseError),
        writing(engine, Writer("here:2")),
    ):
        pass


def test_somebody_s_additional_address_is_nobody_s_guess(tmp_path: Path) -> None:
    cluster = Cluster(6)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    cluster.hubspot.edit("contacts", hub, {"hs_additional_emails": "annie@a.example"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.salesforce.create("Lead", {"Email": "annie@a.example", "LastName": "Lee", "Company": "C"})
        calm(cluster)
        assert sync(engine).applied["hubspot"].create == 0
        (item,) = review_items(engine.store)  # type: ignore[arg-type]
        assert item["kind"] == "ambiguous"
        assert hub in item["cause"]
        calm(cluster)
        assert sync(engine).writes == 0
        assert len(contacts(cluster)) == 1


def test_a_right_granted_while_the_daemon_runs_is_noticed_within_the_hour(tmp_path: Path) -> None:
    cluster = Cluster(7)
    cluster.hubspot.create("contacts", {"email": "new@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path):
        pass
    cluster.salesforce.private_sharing = True
    with engine_on(cluster, tmp_path, set_up=False) as engine:
        assert sync(engine).writes == 0
        cluster.salesforce.private_sharing = False
        assert sync(engine).writes == 0
        cluster.clock.advance(3700)
        assert sync(engine).applied["salesforce"].create == 1
