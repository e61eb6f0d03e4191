"""The main job on small worlds: link, create, fill, agree, and know when there is nothing left to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.world import populate
from engines import DEFAULTS, EVERYBODY, api_writes, calm, contacts, engine_on, rows, sync, violations


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_crms_agree_and_the_second_cycle_writes_nothing(tmp_path: Path, seed: int) -> None:
    cluster = Cluster(seed)
    populate(cluster, 60, seed)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        first = sync(engine)
        assert first.applied["salesforce"].create > 0
        assert first.applied["hubspot"].create > 0
        calm(cluster)
        assert sync(engine).writes == 0
        assert violations(cluster, engine) == []


def test_with_the_defaults_nobody_is_created_and_known_people_are_linked(tmp_path: Path) -> None:
    cluster = Cluster(4)
    world = populate(cluster, 60, 4)
    calm(cluster)
    people = len(contacts(cluster)), len(rows(cluster, "Lead")), len(rows(cluster, "Contact"))
    with engine_on(cluster, tmp_path, DEFAULTS) as engine:
        report = sync(engine)
        assert (report.applied["hubspot"].create, report.applied["salesforce"].create) == (0, 0)
        assert 0 < report.linked <= world.overlap
        assert (len(contacts(cluster)), len(rows(cluster, "Lead")), len(rows(cluster, "Contact"))) == people


def test_an_edit_on_either_side_reaches_the_other_and_is_not_echoed(tmp_path: Path) -> None:
    cluster = Cluster(5)
    hub = cluster.hubspot.create(
        "contacts", {"email": "ann@a.example", "firstname": "Ann", "lastname": "Lee"}
    )
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["Title"] == "CTO"
        cluster.salesforce.edit("Lead", str(lead["Id"]), {"Phone": "+1 415 555 0101"})
        calm(cluster)
        sync(engine)
        assert contacts(cluster)[0]["phone"] == "+1 415 555 0101"
        calm(cluster)
        before = len(api_writes(cluster))
        sync(engine)
        assert len(api_writes(cluster)) == before


def test_an_opt_out_in_hubspot_reaches_salesforce_and_never_comes_back(tmp_path: Path) -> None:
    cluster = Cluster(6)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.hubspot.edit("contacts", hub, {"hs_email_optout": "true"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["HasOptedOutOfEmail"] is True
        cluster.hubspot.edit("contacts", hub, {"hs_email_optout": "false"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["HasOptedOutOfEmail"] is True


def test_a_converted_lead_is_followed_to_its_contact(tmp_path: Path) -> None:
    cluster = Cluster(7)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        cluster.salesforce.convert(str(lead["Id"]))
        calm(cluster)
        sync(engine)
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CTO"})
        calm(cluster)
        report = sync(engine)
        assert report.applied["salesforce"].create == 0
        assert rows(cluster, "Lead") == []
        assert [c["Title"] for c in rows(cluster, "Contact")] == ["CTO"]
        calm(cluster)
        assert sync(engine).writes == 0


def test_a_deleted_record_unlinks_and_nothing_is_created_anew(tmp_path: Path) -> None:
    cluster = Cluster(8)
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        cluster.salesforce.delete("Lead", str(lead["Id"]))
        calm(cluster)
        sync(engine)
        calm(cluster)
        assert sync(engine).writes == 0
        assert rows(cluster, "Lead") == []
        assert len(contacts(cluster)) == 1


def test_a_person_at_a_customer_becomes_a_contact_there_and_others_become_leads(tmp_path: Path) -> None:
    cluster = Cluster(9)
    customer = cluster.salesforce.create(
        "Account",
        {"Name": "Northwind", "Website": "https://www.northwind.example", "Type": "Customer - Direct"},
    )
    prospect = cluster.salesforce.create(
        "Account", {"Name": "Contoso", "Website": "contoso.example", "Type": "Prospect"}
    )
    cluster.hubspot.create("contacts", {"email": "a@northwind.example", "lastname": "Lee"})
    cluster.hubspot.create("contacts", {"email": "b@contoso.example", "lastname": "Kim"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        assert [c["AccountId"] for c in rows(cluster, "Contact")] == [customer]
        (lead,) = rows(cluster, "Lead")
        assert prospect in str(lead["Matched_Account__c"])


def test_two_contacts_with_one_address_wait_for_a_person(tmp_path: Path) -> None:
    cluster = Cluster(10)
    for name in ("Lee", "Li"):
        cluster.salesforce.create("Contact", {"Email": "ann@a.example", "LastName": name})
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        report = sync(engine)
        assert report.writes == 0
        assert report.parked == 3
        calm(cluster)
        again = sync(engine)
        assert (again.writes, again.parked) == (0, 0)


def test_a_new_contact_with_a_linked_person_s_address_waits_and_takes_nobody_s_place(tmp_path: Path) -> None:
    cluster = Cluster(11)
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.hubspot.create("contacts", {"email": "bob@a.example", "lastname": "Bell"})
        (lead,) = rows(cluster, "Lead")
        cluster.salesforce.edit("Lead", str(lead["Id"]), {"Email": "bob@a.example"})
        calm(cluster)
        sync(engine)
        calm(cluster)
        assert sync(engine).writes == 0
        assert sorted(str(c["lastname"]) for c in contacts(cluster)) == ["Bell", "Lee"]
        assert len(rows(cluster, "Lead")) == 1


def test_a_narrower_scope_stops_writes_and_a_wider_one_starts_them(tmp_path: Path) -> None:
    cluster = Cluster(12)
    for name in ("ann", "bob"):
        cluster.hubspot.create("contacts", {"email": f"{name}@a.example", "lastname": name, "city": name})
    calm(cluster)
    only_ann = EVERYBODY + "scope:\n  hubspot: person.city == 'ann'\n"
    with engine_on(cluster, tmp_path, only_ann) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        assert [r["City"] for r in rows(cluster, "Lead")] == ["ann"]
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).applied["salesforce"].create == 1
    for contact in contacts(cluster):
        cluster.hubspot.edit("contacts", str(contact["id"]), {"jobtitle": "CTO"})
    calm(cluster)
    with engine_on(cluster, tmp_path, only_ann) as engine:
        assert sync(engine).writes == 1
        assert {r["City"]: r.get("Title") for r in rows(cluster, "Lead")} == {"ann": "CTO", "bob": None}


def test_what_salesforce_makes_of_a_value_on_save_is_reported_once_and_never_fought_over(
    tmp_path: Path,
) -> None:
    cluster = Cluster(13)

    def shout(entity: Any, row: dict[str, object], old: object) -> None:
        if entity.name == "Lead" and row.get("City"):
            row["City"] = str(row["City"]).upper()

    cluster.salesforce.org.automations.append(shout)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "city": "Bonn"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        for _ in range(3):
            sync(engine)
            calm(cluster)
        assert sync(engine).writes == 0
        assert (contacts(cluster)[0]["city"], rows(cluster, "Lead")[0]["City"]) == ("Bonn", "BONN")
        cluster.hubspot.edit("contacts", hub, {"city": "Kiel"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["City"] == "KIEL"
        calm(cluster)
        assert sync(engine).writes == 0
        assert contacts(cluster)[0]["city"] == "Kiel"


def test_an_edit_in_the_second_of_our_own_write_is_told_from_what_a_save_made_of_it(tmp_path: Path) -> None:
    cluster = Cluster(14)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "city": "Bonn"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        cluster.hubspot.edit("contacts", hub, {"city": "Kiel"})
        calm(cluster)
        sync(engine)
        [lead] = rows(cluster, "Lead")
        assert lead["City"] == "Kiel"
        cluster.salesforce.edit("Lead", lead["Id"], {"City": "Ulm"})  # no time has passed since our write
        assert rows(cluster, "Lead")[0]["SystemModstamp"] == lead["SystemModstamp"]
        calm(cluster)
        sync(engine)
        assert contacts(cluster)[0]["city"] == "Ulm"
