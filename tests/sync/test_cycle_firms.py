"""Which company somebody belongs to, as a field: it travels between firms that are the same, and is a finding otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.store.read import review_items
from crmsync.sync.engine import Engine
from engines import DEFAULTS, EVERYBODY, calm, engine_on, rows, sync, violations

FIELDS = """\
fields:
  email: {{hubspot: email, salesforce: Email, transform: email}}
  last_name: {{hubspot: lastname, salesforce: LastName}}
  first_name: {{hubspot: firstname, salesforce: FirstName}}
  company: {{hubspot: company, salesforce: {{Lead: Company}}, default_on_create: {{Lead: "[not provided]"}}}}
  firm:
    hubspot: associatedcompanyid
    salesforce: {{Contact: AccountId}}
    transform: account
    direction: {direction}
    owner: salesforce
"""


def config(folder: Path, direction: str = "to_hubspot") -> Path:
    where = folder / "config"
    where.mkdir(parents=True, exist_ok=True)
    (where / "crmsync.yaml").write_text(
        'contact_when: account.Type.startsWith("Customer")\n'
        "identity:\n"
        "  hubspot: {contacts: {email: email, first_name: firstname, last_name: lastname, account: associatedcompanyid}}\n"
        "  salesforce:\n"
        "    Lead: {email: Email, first_name: FirstName, last_name: LastName}\n"
        "    Contact: {email: Email, first_name: FirstName, last_name: LastName, account: AccountId}\n"
        "accounts:\n"
        "  hubspot: {name: name, domain: domain, country: country, active: true}\n"
        "  salesforce: {name: Name, domain: Website, country: BillingCountry, active: true}\n"
    )
    (where / "mapping.yaml").write_text(FIELDS.format(direction=direction))
    return where


class World:
    """A cluster with firms on both sides; companies and Accounts by a short name."""

    def __init__(self, companies: dict[str, str], accounts: dict[str, str]) -> None:
        self.cluster = Cluster(4)
        self.hub, self.sales = self.cluster.hubspot, self.cluster.salesforce
        self.companies = {
            n: self.hub.create("companies", {"name": n, "domain": d}) for n, d in companies.items()
        }
        self.accounts = {
            n: self.sales.create("Account", {"Name": n, "Website": d}) for n, d in accounts.items()
        }

    def both(self, name: str, account: str = "", company: str = "") -> tuple[str, str]:
        """One person on both sides: (contact in HubSpot, Contact in Salesforce)."""
        values: dict[str, Any] = {"email": f"{name}@people.example", "lastname": name}
        hub = self.hub.create("contacts", values)
        if company:
            self.hub.associate("contacts", hub, "companies", self.companies[company], primary=True)
        record: dict[str, Any] = {"Email": f"{name}@people.example", "LastName": name}
        if account:
            record["AccountId"] = self.accounts[account]
        return hub, self.sales.create("Contact", record)

    def company_of(self, contact: str) -> object:
        found = next(r for r in self.hub.state()["contacts"] if r["id"] == contact)
        return found.get("associatedcompanyid")

    def account_of(self, contact: str) -> object:
        return next(r for r in rows(self.cluster, "Contact") if r["Id"] == contact).get("AccountId")


def agreed(world: World, folder: Path, direction: str = "to_hubspot") -> Any:
    """One cycle when all is calm; then nothing is left to write and nothing is broken. Returns its report."""
    calm(world.cluster)
    with engine_on(world.cluster, folder, DEFAULTS, config=config(folder, direction)) as engine:
        report = sync(engine)
        calm(world.cluster)
        assert sync(engine).writes == 0
        assert violations(world.cluster, engine) == []
    return report


def findings(engine: Engine) -> list[dict[str, Any]]:
    return [item for item in review_items(engine.store) if item["kind"] == "parked"]  # type: ignore[arg-type]


ACME = {"acme": "acme.example"}
BETA = {"acme": "acme.example", "beta": "https://www.beta.example/"}


# -- to HubSpot -----------------------------------------------------------------------------------------------
def test_the_account_becomes_the_primary_company(tmp_path: Path) -> None:
    world = World(BETA, BETA)
    ann, _ = world.both("ann", account="beta")
    assert agreed(world, tmp_path).applied["hubspot"].update == 1
    assert world.company_of(ann) == world.companies["beta"]


def test_a_rep_who_moves_a_contact_moves_the_company(tmp_path: Path) -> None:
    world = World(BETA, BETA)
    ann, contact = world.both("ann", account="acme", company="acme")
    assert agreed(world, tmp_path).writes <= 2
    world.sales.edit("Contact", contact, {"AccountId": world.accounts["beta"]})
    agreed(world, tmp_path)
    assert world.company_of(ann) == world.companies["beta"]
    assert world.hub.linked("contacts", ann, "companies")[:2].count(world.companies["acme"]) == 1


def test_one_way_never_moves_the_contact(tmp_path: Path) -> None:
    world = World(BETA, BETA)
    ann, contact = world.both("ann", account="acme", company="acme")
    agreed(world, tmp_path)
    world.hub.associate("contacts", ann, "companies", world.companies["beta"], primary=True)
    agreed(world, tmp_path)
    assert world.account_of(contact) == world.accounts["acme"]
    assert world.company_of(ann) == world.companies["acme"]


def test_a_lead_has_no_account_and_no_finding(tmp_path: Path) -> None:
    world = World(ACME, ACME)
    world.hub.create("contacts", {"email": "lee@acme.example", "lastname": "lee"})
    world.sales.create("Lead", {"Email": "lee@acme.example", "LastName": "lee", "Company": "Acme"})
    report = agreed(world, tmp_path)
    assert report.parked == 0


def test_blank_on_either_side_takes_nobody_out(tmp_path: Path) -> None:
    world = World(ACME, ACME)
    ann, contact = world.both("ann", account="acme")
    agreed(world, tmp_path)
    world.sales.edit("Contact", contact, {"AccountId": None})
    agreed(world, tmp_path)
    assert world.company_of(ann) == world.companies["acme"]


# -- findings -------------------------------------------------------------------------------------------------
def test_without_a_company_it_waits_and_goes_on_when_there_is_one(tmp_path: Path) -> None:
    world = World({}, ACME)
    ann, _ = world.both("ann", account="acme")
    assert agreed(world, tmp_path).parked == 1
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=config(tmp_path)) as engine:
        (one,) = findings(engine)
    assert (one["field"], one["values"]) == ("firm", {"hubspot": world.accounts["acme"]})
    assert f"no HubSpot company for Salesforce Account {world.accounts['acme']}" in one["cause"]
    assert "mapping.yaml:6:3" in one["cause"]
    assert world.company_of(ann) is None
    made = world.hub.create("companies", {"name": "Acme", "domain": "acme.example"})
    assert agreed(world, tmp_path).parked == 0
    assert world.company_of(ann) == made
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=config(tmp_path)) as engine:
        assert findings(engine) == []


def test_two_companies_of_one_domain_wait_until_they_are_merged(tmp_path: Path) -> None:
    world = World({"acme": "acme.example", "acme again": "acme.example"}, ACME)
    ann, _ = world.both("ann", account="acme")
    assert agreed(world, tmp_path).parked == 1
    assert world.company_of(ann) is None
    survivor = world.hub.merge("companies", world.companies["acme"], [world.companies["acme again"]])
    agreed(world, tmp_path)
    assert world.company_of(ann) == survivor


def test_two_companies_of_one_domain_wait_until_one_is_deleted(tmp_path: Path) -> None:
    world = World({"acme": "acme.example", "acme again": "acme.example"}, ACME)
    ann, _ = world.both("ann", account="acme")
    assert agreed(world, tmp_path).parked == 1
    world.hub.delete("companies", world.companies["acme again"])
    world.cluster.clock.advance(3600)
    agreed(world, tmp_path)
    assert world.company_of(ann) == world.companies["acme"]


def test_a_company_that_is_gone_unnoticed_is_refused_and_its_successor_taken(tmp_path: Path) -> None:
    world = World(BETA, BETA)
    ann, contact = world.both("ann", account="acme", company="acme")
    agreed(world, tmp_path)
    world.cluster.clock.advance(3600)
    agreed(world, tmp_path)
    world.hub.delete("companies", world.companies["beta"])
    world.sales.edit("Contact", contact, {"AccountId": world.accounts["beta"]})
    world.cluster.clock.advance(700)
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=config(tmp_path)) as engine:
        assert sync(engine).parked == 1
        assert findings(engine)[0]["cause"].startswith("hubspot refused associatedcompanyid")
    assert world.company_of(ann) == world.companies["acme"]
    made = world.hub.create("companies", {"name": "Beta", "domain": "beta.example"})
    world.cluster.clock.advance(7200)
    agreed(world, tmp_path)
    assert world.company_of(ann) == made


def test_two_accounts_of_one_domain_wait_until_one_is_deleted(tmp_path: Path) -> None:
    world = World(ACME, {"acme": "acme.example", "acme again": "acme.example"})
    _, contact = world.both("ann", company="acme")
    assert agreed(world, tmp_path, "two_way").parked == 1
    world.sales.delete("Account", world.accounts["acme again"])
    agreed(world, tmp_path, "two_way")
    assert world.account_of(contact) == world.accounts["acme"]


def test_an_account_that_gets_its_domain_later_is_matched_then(tmp_path: Path) -> None:
    world = World(ACME, {"acme": ""})
    ann, _ = world.both("ann", account="acme")
    assert agreed(world, tmp_path).parked == 1
    world.sales.edit("Account", world.accounts["acme"], {"Website": "acme.example"})
    agreed(world, tmp_path)
    assert world.company_of(ann) == world.companies["acme"]


def test_a_waiting_finding_is_recorded_once(tmp_path: Path) -> None:
    world = World({}, BETA)
    world.both("ann", account="acme")
    assert agreed(world, tmp_path).parked == 1
    world.hub.create("companies", {"name": "Beta", "domain": "beta.example"})
    world.sales.edit("Account", world.accounts["acme"], {"Name": "Acme Ltd"})
    assert agreed(world, tmp_path).parked == 0


# -- both ways ------------------------------------------------------------------------------------------------
def test_both_ways_a_marketer_moves_the_contact(tmp_path: Path) -> None:
    world = World(BETA, BETA)
    ann, contact = world.both("ann", account="acme", company="acme")
    agreed(world, tmp_path, "two_way")
    world.hub.associate("contacts", ann, "companies", world.companies["beta"], primary=True)
    agreed(world, tmp_path, "two_way")
    assert world.account_of(contact) == world.accounts["beta"]


def test_both_changed_the_owner_wins_and_the_loser_is_kept(tmp_path: Path) -> None:
    three = BETA | {"gamma": "gamma.example"}
    world = World(three, three)
    ann, contact = world.both("ann", account="acme", company="acme")
    agreed(world, tmp_path, "two_way")
    world.hub.associate("contacts", ann, "companies", world.companies["beta"], primary=True)
    world.sales.edit("Contact", contact, {"AccountId": world.accounts["gamma"]})
    assert agreed(world, tmp_path, "two_way").conflicts == 1
    assert world.company_of(ann) == world.companies["gamma"]
    assert world.account_of(contact) == world.accounts["gamma"]


def test_an_account_that_changes_seconds_before_is_not_overwritten(tmp_path: Path) -> None:
    three = BETA | {"gamma": "gamma.example"}
    world = World(three, three)
    ann, contact = world.both("ann", account="acme", company="acme")
    agreed(world, tmp_path, "two_way")
    world.hub.associate("contacts", ann, "companies", world.companies["beta"], primary=True)
    calm(world.cluster)
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=config(tmp_path, "two_way")) as engine:
        write = engine.connectors["salesforce"].write

        def raced(obj: str, writes: Any) -> Any:
            world.cluster.clock.advance(2)
            world.sales.edit("Contact", contact, {"AccountId": world.accounts["gamma"]})
            return write(obj, writes)

        world.cluster.clock.advance(1)
        world.sales.edit("Contact", contact, {"LastName": "Recent"})
        engine.connectors["salesforce"].write = raced  # type: ignore[method-assign]
        sync(engine)
    assert world.account_of(contact) == world.accounts["gamma"]


# -- births ---------------------------------------------------------------------------------------------------
def test_whoever_is_born_in_hubspot_gets_their_company(tmp_path: Path) -> None:
    world = World(ACME, ACME)
    world.sales.create(
        "Contact", {"Email": "bo@acme.example", "LastName": "bo", "AccountId": world.accounts["acme"]}
    )
    calm(world.cluster)
    with engine_on(world.cluster, tmp_path, EVERYBODY, config=config(tmp_path)) as engine:
        assert sync(engine).applied["hubspot"].create == 1
        calm(world.cluster)
        assert sync(engine).writes == 0
        assert violations(world.cluster, engine) == []
    (born,) = [r for r in world.hub.state()["contacts"] if r["email"] == "bo@acme.example"]
    assert born["associatedcompanyid"] == world.companies["acme"]


def test_whoever_is_born_without_a_counterpart_is_born_all_the_same(tmp_path: Path) -> None:
    world = World({}, ACME)
    world.sales.create(
        "Contact", {"Email": "bo@acme.example", "LastName": "bo", "AccountId": world.accounts["acme"]}
    )
    calm(world.cluster)
    with engine_on(world.cluster, tmp_path, EVERYBODY, config=config(tmp_path)) as engine:
        report = sync(engine)
        assert (report.applied["hubspot"].create, report.parked) == (1, 1)
        made = world.hub.create("companies", {"name": "Acme", "domain": "acme.example"})
        calm(world.cluster)
        sync(engine)
    (born,) = [r for r in world.hub.state()["contacts"] if r["email"] == "bo@acme.example"]
    assert born["associatedcompanyid"] == made


def test_a_contact_born_in_salesforce_is_put_to_its_account_once(tmp_path: Path) -> None:
    world = World(ACME, {})
    world.accounts["acme"] = world.sales.create(
        "Account", {"Name": "Acme", "Website": "acme.example", "Type": "Customer - Direct"}
    )
    hub = world.hub.create("contacts", {"email": "bo@acme.example", "lastname": "bo"})
    world.hub.associate("contacts", hub, "companies", world.companies["acme"], primary=True)
    calm(world.cluster)
    with engine_on(world.cluster, tmp_path, EVERYBODY, config=config(tmp_path, "two_way")) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        calm(world.cluster)
        assert sync(engine).writes == 0
    (born,) = rows(world.cluster, "Contact")
    assert born["AccountId"] == world.accounts["acme"]


# -- what it costs --------------------------------------------------------------------------------------------
def test_an_idle_cycle_costs_what_it_cost_without_the_field(tmp_path: Path) -> None:
    world = World(ACME, ACME)
    world.both("ann", account="acme")
    calm(world.cluster)
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=config(tmp_path)) as engine:
        sync(engine)
        calm(world.cluster)
        sync(engine)
        world.cluster.clock.advance(700)
        assert sync(engine).api_calls == {"hubspot": 2, "salesforce": 1}


def test_a_new_account_of_a_changed_contact_is_read_at_once(tmp_path: Path) -> None:
    world = World(ACME, {})
    ann, contact = world.both("ann")
    agreed(world, tmp_path, "two_way")
    world.hub.create("companies", {"name": "New", "domain": "new.example"})
    made = world.sales.create("Account", {"Name": "New", "Website": "new.example"})
    world.sales.edit("Contact", contact, {"AccountId": made})
    agreed(world, tmp_path, "two_way")
    assert world.company_of(ann) is not None


@pytest.mark.parametrize("direction", ["to_hubspot", "two_way"])
def test_switched_on_later_it_decides_those_who_are_linked_already(tmp_path: Path, direction: str) -> None:
    world = World(ACME, ACME)
    ann, _ = world.both("ann", account="acme")
    calm(world.cluster)
    where = config(tmp_path)
    whole = (where / "mapping.yaml").read_text()
    (where / "mapping.yaml").write_text(whole[: whole.index("  firm:")])
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=where) as engine:
        sync(engine)
    assert world.company_of(ann) is None
    agreed(world, tmp_path, direction)
    assert world.company_of(ann) == world.companies["acme"]


def test_an_account_that_is_not_ticked_as_active_is_no_counterpart(tmp_path: Path) -> None:
    world = World(ACME, {"old": "acme.example", "new": "acme.example"})
    _, contact = world.both("ann", company="acme")
    assert agreed(world, tmp_path, "two_way").parked == 1
    world.sales.ensure("Account", {"In_Use__c": True})
    world.sales.edit("Account", world.accounts["new"], {"In_Use__c": True})
    where = config(tmp_path, "two_way") / "crmsync.yaml"
    text = where.read_text().replace(
        "country: BillingCountry, active: true", "country: BillingCountry, active: In_Use__c"
    )
    calm(world.cluster)
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=where.parent) as engine:
        sync(engine)
    assert world.account_of(contact) is None
    where.write_text(text)
    with engine_on(world.cluster, tmp_path, DEFAULTS, config=where.parent) as engine:
        sync(engine)
    assert world.account_of(contact) == world.accounts["new"]
