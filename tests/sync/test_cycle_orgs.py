"""The engine on other kinds of orgs: it reads what it may and sees, copes with the rest, and says what it left undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crmsync.cli.fitting import fit
from crmsync.definition.starter import write_starter
from crmsync.simulator.cluster import Cluster
from crmsync.store.read import review_items
from crmsync.sync.doctor import examine
from crmsync.sync.engine import Engine
from engines import EVERYBODY, calm, contacts, engine_on, rows, sync

CONTACTS = EVERYBODY + "person_model: contacts_only\n"


def fitted(folder: Path, profile: str) -> Path:
    """The default definition as the demo fits it to a kind of org."""
    config = folder / "config"
    write_starter(config)
    fit(config, profile)
    return config


def waiting(engine: Engine) -> list[dict[str, Any]]:
    """What stands on the review list as parked."""
    return [i for i in review_items(engine.store) if i["kind"] == "parked"]  # type: ignore[arg-type]


def by_hand(cluster: Cluster, count: int) -> None:
    for n in range(count):
        cluster.hubspot.create("contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}", "company": "A"})


def calls_of(cluster: Cluster, line: str) -> int:
    return sum(count for name, count in cluster.calls["salesforce"].items() if line in name)


# -- no access to Leads -------------------------------------------------------------------------------------------
def test_without_access_to_leads_people_are_contacts(tmp_path: Path) -> None:
    cluster = Cluster(1, profile="contacts-only")
    by_hand(cluster, 2)
    calm(cluster)
    with engine_on(cluster, tmp_path, CONTACTS) as engine:
        report = sync(engine)
        assert (report.applied["salesforce"].create, report.problems) == (2, [])
        assert [c.name for c in examine(engine) if not c.ok] == []
    assert len(rows(cluster, "Contact")) == 2
    assert not any("Lead" in line for line in cluster.calls["salesforce"] if "describe" not in line)


def test_a_definition_with_leads_says_what_it_cannot_read_and_creates_nobody(tmp_path: Path) -> None:
    cluster = Cluster(2, profile="contacts-only")
    by_hand(cluster, 1)
    known = cluster.salesforce.create("Contact", {"LastName": "Bell", "Email": "b@a.example", "Title": "CEO"})
    hub = cluster.hubspot.create("contacts", {"lastname": "Bell", "email": "b@a.example"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        report = sync(engine)
        assert report.applied["salesforce"].create == 0
        assert report.problems == [
            "salesforce: our user has no access to Lead, so whoever is there was not read"
        ]
        assert [i["cause"] for i in waiting(engine)] == ["our user has no access to Lead"]
        (check,) = [c for c in examine(engine) if not c.ok]
        assert "contacts_only" in check.fix
    assert {c["id"]: c.get("jobtitle") for c in contacts(cluster)}[hub] == "CEO", known


def test_leads_are_read_in_full_once_somebody_grants_them(tmp_path: Path) -> None:
    cluster = Cluster(3, profile="contacts-only")
    cluster.salesforce.create("Lead", {"LastName": "Lee", "Company": "A", "Email": "lee@a.example"})
    with engine_on(cluster, tmp_path) as engine:
        calm(cluster)
        assert sync(engine).linked == 0
        granted(cluster, "Lead")
        cluster.clock.advance(4000)  # rights are learnt anew once an hour
        sync(engine)
        assert [c["email"] for c in contacts(cluster)] == ["lee@a.example"]


def granted(cluster: Cluster, obj: str) -> None:
    """An admin gives the integration user the object and its fields."""
    sim = cluster.salesforce
    rights = {f"Permissions{n}": True for n in ("Read", "Create", "Edit", "ViewAllRecords")}
    base = {"ParentId": sim.profile_set_id, "SobjectType": obj}
    sim.create("ObjectPermissions", {**base, **rights}, actor="system")
    for item in sim.org.schema.entities[obj].fields.values():
        if item.permissionable and not item.compound:
            access = {"Field": f"{obj}.{item.name}", "PermissionsRead": True, "PermissionsEdit": True}
            sim.create("FieldPermissions", {**base, **access}, actor="system")


# -- private sharing ----------------------------------------------------------------------------------------------
def test_hidden_people_are_not_written_to_and_hidden_fields_wait(tmp_path: Path) -> None:
    cluster = Cluster(4, profile="private-sharing")
    rep = next(u["Id"] for u in cluster.salesforce.state()["User"] if u["FirstName"] == "Rosa")
    seen, hidden = (
        cluster.salesforce.create(
            "Contact", {"LastName": "Lee", "Email": f"{c}@a.example", "MailingCountry": c, "OwnerId": rep}
        )
        for c in ("Canada", "Germany")
    )
    for c in ("Canada", "Germany"):
        values = {"lastname": "Lee", "email": f"{c}@a.example", "jobtitle": "CEO", "phone": "+1 415 555 0100"}
        cluster.hubspot.create("contacts", values)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        assert sync(engine).writes == 0
        checks = {c.name: c.detail for c in examine(engine) if not c.ok}
        assert "Title" in checks["salesforce Contact fields"]
        assert "salesforce Contact all records visible" in checks
    people = {r["Id"]: r for r in rows(cluster, "Contact")}
    assert (people[seen].get("Phone"), people[seen].get("Title")) == ("+1 415 555 0100", None)
    assert people[hidden].get("Phone") is None


def test_a_permission_set_that_grants_a_field_fills_it(tmp_path: Path) -> None:
    cluster = Cluster(5, profile="private-sharing")
    values = {"LastName": "Lee", "Email": "l@a.example", "MailingCountry": "Canada"}
    cluster.salesforce.create("Contact", values)
    cluster.hubspot.create("contacts", {"lastname": "Lee", "email": "l@a.example", "jobtitle": "CEO"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        access = {"PermissionsRead": True, "PermissionsEdit": True, "SobjectType": "Contact"}
        sim = cluster.salesforce
        sim.create(
            "FieldPermissions",
            {"ParentId": sim.permission_set_id, "Field": "Contact.Title", **access},
            actor="system",
        )
        cluster.clock.advance(4000)
        sync(engine)
    assert [r.get("Title") for r in rows(cluster, "Contact")] == ["CEO"]


# -- automation that runs out of its limits -----------------------------------------------------------------------
def test_a_call_that_costs_too_much_is_halved_and_nothing_is_parked(tmp_path: Path) -> None:
    cluster = Cluster(6, profile="heavy-flows")
    by_hand(cluster, 100)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        report = sync(engine)
        assert (report.applied["salesforce"].create, report.parked) == (100, 0)
        assert waiting(engine) == []
    # 100 rows and 50 are too many, 25 are not, and are not exceeded again.
    assert calls_of(cluster, "PATCH /services/data/v62.0/composite/sobjects/Lead") == 1 + 1 + 4
    assert len(rows(cluster, "Lead")) == 100


def test_the_next_calls_have_the_size_that_went_through(tmp_path: Path) -> None:
    cluster = Cluster(7, profile="heavy-flows")
    by_hand(cluster, 50)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.calls["salesforce"].clear()
        for n in range(100, 150):
            cluster.hubspot.create(
                "contacts", {"email": f"p{n}@a.example", "lastname": f"L{n}", "company": "A"}
            )
        calm(cluster)
        sync(engine)
    assert calls_of(cluster, "PATCH /services/data/v62.0/composite/sobjects/Lead") == 2


def test_what_a_flow_makes_of_our_value_is_learnt_and_stays(tmp_path: Path) -> None:
    cluster = Cluster(8, profile="heavy-flows")
    hub = cluster.hubspot.create(
        "contacts", {"email": "l@a.example", "lastname": "Lee", "company": "A", "jobtitle": "VP Sales"}
    )
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        for _ in range(2):
            calm(cluster)
            assert sync(engine).writes == 0
    assert [r["Title"] for r in rows(cluster, "Lead")] == ["Vice President Sales"]
    assert {c["id"]: c["jobtitle"] for c in contacts(cluster)}[hub] == "VP Sales"


# -- record types, countries, persons -----------------------------------------------------------------------------
def test_a_value_that_the_record_s_type_does_not_offer_waits_alone(tmp_path: Path) -> None:
    cluster = Cluster(9, profile="record-types")
    kind = next(
        r["Id"] for r in cluster.salesforce.org.tables["RecordType"].rows.values() if r["Name"] == "Outbound"
    )
    values = {"LastName": "Lee", "Company": "A", "Email": "l@a.example", "RecordTypeId": kind}
    cluster.salesforce.create("Lead", values)
    cluster.hubspot.create(
        "contacts",
        {
            "lastname": "Lee",
            "email": "l@a.example",
            "jobtitle": "CEO",
            "hs_analytics_source": "ORGANIC_SEARCH",
        },
    )
    calm(cluster)
    with engine_on(cluster, tmp_path, config=fitted(tmp_path, "record-types")) as engine:
        sync(engine)
        (item,) = waiting(engine)
        assert (item["field"], "restricted picklist" in item["cause"]) == ("source", True)
    assert [(r.get("LeadSource"), r.get("Title")) for r in rows(cluster, "Lead")] == [(None, "CEO")]


def test_addresses_travel_by_code(tmp_path: Path) -> None:
    cluster = Cluster(10, profile="state-country")
    cluster.hubspot.create(
        "contacts",
        {"lastname": "Lee", "email": "l@a.example", "company": "A", "country": "USA", "state": "CA"},
    )
    cluster.salesforce.create(
        "Lead", {"LastName": "Bo", "Company": "B", "Email": "b@b.example", "Country": "Germany"}
    )
    calm(cluster)
    with engine_on(cluster, tmp_path, config=fitted(tmp_path, "state-country")) as engine:
        sync(engine)
        assert waiting(engine) == []
    leads = {r["LastName"]: r for r in rows(cluster, "Lead")}
    assert (leads["Lee"]["Country"], leads["Lee"]["State"]) == ("United States", "California")
    assert {c["lastname"]: c["country"] for c in contacts(cluster)}["Bo"] == "Germany"


def test_without_the_codes_an_address_that_the_org_does_not_have_waits(tmp_path: Path) -> None:
    cluster = Cluster(11, profile="state-country")
    cluster.hubspot.create(
        "contacts",
        {"lastname": "Lee", "email": "l@a.example", "company": "A", "country": "USA", "state": "CA"},
    )
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        assert [i["field"] for i in waiting(engine)] == ["state"]
    assert [(r.get("Country"), r.get("State")) for r in rows(cluster, "Lead")] == [("United States", None)]


def test_a_person_account_is_written_through_its_contact(tmp_path: Path) -> None:
    cluster = Cluster(12, profile="person-accounts")
    contact = cluster.salesforce.create("Contact", {"LastName": "Lee", "Email": "lee@mail.example"})
    hub = cluster.hubspot.create(
        "contacts", {"lastname": "Lee", "email": "lee@mail.example", "jobtitle": "CEO"}
    )
    calm(cluster)
    with engine_on(cluster, tmp_path, config=fitted(tmp_path, "person-accounts")) as engine:
        sync(engine)
        cluster.salesforce.edit("Contact", contact, {"Phone": "+49 30 23125100"})
        calm(cluster)
        sync(engine)
        assert waiting(engine) == []
    org = cluster.salesforce.org
    (account,) = [r for r in rows(cluster, "Account") if r["IsPersonAccount"]]
    shown = {
        n: org.value(org.schema.entities["Account"].fields[n], account)
        for n in ("PersonTitle", "crmsync_id__pc")
    }  # type: ignore[arg-type]
    assert shown["PersonTitle"] == "CEO" and shown["crmsync_id__pc"]
    assert {c["id"]: c["phone"] for c in contacts(cluster)}[hub] == "+49 30 23125100"


def test_a_lead_without_a_company_is_a_person_s(tmp_path: Path) -> None:
    cluster = Cluster(13, profile="person-accounts")
    cluster.hubspot.create("contacts", {"lastname": "Lee", "email": "lee@mail.example"})
    calm(cluster)
    with engine_on(cluster, tmp_path, config=fitted(tmp_path, "person-accounts")) as engine:
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        assert lead.get("Company") is None
        cluster.salesforce.convert(str(lead["Id"]))
        calm(cluster)
        assert sync(engine).applied["salesforce"].create == 0
        (person,) = rows(cluster, "Contact")
        assert person["IsPersonAccount"]
        calm(cluster)
        sync(engine)
        cluster.salesforce.edit("Contact", str(person["Id"]), {"Title": "CEO"})
        calm(cluster)
        sync(engine)
    assert [c.get("jobtitle") for c in contacts(cluster)] == ["CEO"]


def test_an_org_with_currencies_needs_nothing_special(tmp_path: Path) -> None:
    cluster = Cluster(14, profile="multi-currency")
    by_hand(cluster, 1)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        assert waiting(engine) == []
    assert [r["CurrencyIsoCode"] for r in rows(cluster, "Lead")] == ["USD"]
