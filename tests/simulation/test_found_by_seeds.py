"""What seeds found, each as the shortest story that shows it."""

from __future__ import annotations

from pathlib import Path

from inside import kept_values, owed

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.expectation import Kept
from crmsync.simulator.faults import Fault
from crmsync.store.read import review_items
from engines import calm, contacts, engine_on, rows, sync


def test_a_record_that_is_absent_twice_is_given_up(tmp_path: Path) -> None:
    """Purged from the recycle bin: nothing names it any more, so the link would be decided again for ever."""
    cluster = Cluster(1)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        cluster.salesforce.delete("Lead", str(lead["Id"]))
        cluster.salesforce.purge("Lead", str(lead["Id"]))
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
        for _ in range(4):
            calm(cluster)
            sync(engine)
        assert list(owed(engine.store)) == []  # type: ignore[arg-type]
        assert rows(cluster, "Lead") == []


def test_a_record_that_a_read_before_the_write_shows_as_deleted_is_unlinked(tmp_path: Path) -> None:
    """Merged into a record that was then deleted: the list of archived records names neither of the two."""
    cluster = Cluster(1)
    one = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    two = cluster.hubspot.create("contacts", {"email": "bob@a.example", "lastname": "Cox"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        merged = cluster.hubspot.merge("contacts", one, [two])
        cluster.hubspot.delete("contacts", merged)
        calm(cluster)
        for row in rows(cluster, "Lead"):
            cluster.salesforce.edit("Lead", str(row["Id"]), {"Title": "CTO"})
        for _ in range(4):
            calm(cluster)
            report = sync(engine)
        assert report.writes == 0
        assert list(owed(engine.store)) == []  # type: ignore[arg-type]
        assert len(rows(cluster, "Lead")) == 2


def test_an_edit_made_before_a_later_write_of_ours_is_not_taken_for_rewriting_on_save(tmp_path: Path) -> None:
    """A value we wrote once and never read back, edited since; then another field is written to the same record."""
    cluster = Cluster(1)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "jobtitle": "CTO"})
    cluster.salesforce.create("Lead", {"Email": "ann@a.example", "LastName": "Lee", "Company": "Acme"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        calm(cluster)
        cluster.salesforce.edit("Lead", str(lead["Id"]), {"Title": "CEO"})
        cluster.hubspot.edit("contacts", hub, {"city": "Lyon"})
        calm(cluster)
        cluster.faults.add(Fault("reset_before", "hubspot", "batch/update"))
        sync(engine)
        assert rows(cluster, "Lead")[0]["City"] == "Lyon"
        for _ in range(2):
            calm(cluster)
            sync(engine)
        assert contacts(cluster)[0]["jobtitle"] == "CEO"


def test_a_lead_that_takes_the_place_of_a_deleted_contact_is_merged_anew(tmp_path: Path) -> None:
    """What was agreed with the Contact says nothing about the Lead that stood beside it."""
    cluster = Cluster(1)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    contact = cluster.salesforce.create("Contact", {"Email": "ann@a.example", "LastName": "Lee"})
    cluster.salesforce.create("Lead", {"Email": "ann@a.example", "LastName": "Lee", "Company": "Acme"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
        sync(engine)
        calm(cluster)
        assert rows(cluster, "Contact")[0]["Title"] == "CTO"
        cluster.salesforce.delete("Contact", contact)
        for _ in range(2):
            calm(cluster)
            sync(engine)
        assert [r.get("Title") for r in rows(cluster, "Lead")] == ["CTO"]


def test_two_records_whose_partners_are_gone_are_decided_together(tmp_path: Path) -> None:
    """Each was last decided with a partner that is deleted: that says nothing about the two of them."""
    cluster = Cluster(1)
    old = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "jobtitle": "CEO"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.hubspot.delete("contacts", old)
        calm(cluster)
        for _ in range(2):
            calm(cluster)
            sync(engine)
        new = cluster.hubspot.create(
            "contacts", {"email": "eve@a.example", "lastname": "Lee", "jobtitle": "CTO"}
        )
        sync(engine)
        (twin,) = (row for row in rows(cluster, "Lead") if row["Email"] == "eve@a.example")
        cluster.salesforce.delete("Lead", str(twin["Id"]))
        for _ in range(2):
            calm(cluster)
            sync(engine)
        cluster.hubspot.edit("contacts", new, {"email": "ann@a.example"})
        for _ in range(2):
            calm(cluster)
            report = sync(engine)
        told = [(i["kind"], i["field"]) for i in review_items(engine.store)]  # type: ignore[arg-type]
        assert told == [("conflict", "title")]
        assert report.writes == 0


def test_the_counterpart_of_a_record_that_was_merged_away_is_reported_and_never_comes_back(
    tmp_path: Path,
) -> None:
    """Two linked people are merged in HubSpot: one link lives. The other's Lead stays shadowed, also when undeleted."""
    cluster = Cluster(1)
    one = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    two = cluster.hubspot.create("contacts", {"email": "bob@b.example", "lastname": "Cox"})
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        cluster.hubspot.merge("contacts", one, [two])
        assert sync(engine).parked == 1
        (told,) = review_items(engine.store)  # type: ignore[arg-type]
        lead = str(next(r for r in rows(cluster, "Lead") if r["Email"] == "bob@b.example")["Id"])
        assert (told["kind"], told["fix"].split(";")[0]) == ("parked", "merge the two in Salesforce")
        for act in (cluster.salesforce.delete, cluster.salesforce.undelete):
            act("Lead", lead)
            for _ in range(2):
                calm(cluster)
                assert sync(engine).writes == 0
            waits = len(list(review_items(engine.store)))  # type: ignore[arg-type]
            assert waits == (1 if act == cluster.salesforce.undelete else 0)
        cluster.salesforce.edit("Lead", lead, {"Title": "CTO"})
        calm(cluster)
        assert sync(engine).writes == 0
        assert [r["email"] for r in contacts(cluster)] == ["ann@a.example"]


def test_what_seems_to_agree_without_a_write_of_ours_is_read_again_first(tmp_path: Path) -> None:
    """HubSpot's search lags: its side is taken for what Salesforce's has just become, and is something else by now."""
    cluster = Cluster(1)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "jobtitle": "CEO"})
    lead = cluster.salesforce.create(
        "Lead", {"Email": "ann@a.example", "LastName": "Lee", "Company": "Acme", "Title": "CTO"}
    )
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        cluster.hubspot.switches.search_lag_s = 300.0
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
        cluster.salesforce.edit("Lead", lead, {"Title": "CEO"})
        cluster.clock.advance(60)
        sync(engine)
        for _ in range(2):
            calm(cluster)
            sync(engine)
        assert contacts(cluster)[0]["jobtitle"] == rows(cluster, "Lead")[0]["Title"] == "CTO"
        assert Kept(lead, "title", "CEO") in kept_values(engine.store)  # type: ignore[arg-type]
