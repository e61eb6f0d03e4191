"""Orgs with rules of their own, with the published simple-salesforce: duplicates, assignment, validation, profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conformance_salesforce import Org, code, served_org
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound


@pytest.fixture
def org(request: pytest.FixtureRequest) -> Iterator[Org]:
    with served_org(getattr(request, "param", "plain")) as org:
        org.name = "Person"
        yield org


def of(profile: str) -> pytest.MarkDecorator:
    """The kind of org that a test wants."""
    return pytest.mark.parametrize("org", [profile], indirect=True)


def fields(org: Org, obj: str) -> dict[str, Any]:
    return {each["name"]: each for each in getattr(org.sf, obj).describe()["fields"]}


def test_a_duplicate_rule_alerts_and_lets_itself_be_overruled(org: Org) -> None:
    org.cluster.salesforce.setup.duplicate_rule("Lead", "alert", "allow")
    first = org.lead(Email="ann@one.example")
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.lead(Email="ann@one.example")
    (told,) = error.value.content
    assert told["errorCode"] == "DUPLICATES_DETECTED"
    match = told["duplicateResut"]["matchResults"][0]["matchRecords"][0]
    assert match["record"]["Id"] == first
    values = {"LastName": "Person", "Company": "Acme", "Email": "ann@one.example"}
    headers = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert org.sf.Lead.create(values, headers=headers)["success"] is True


def test_a_duplicate_rule_that_blocks_is_not_overruled(org: Org) -> None:
    org.cluster.salesforce.setup.duplicate_rule("Lead", "block", "allow")
    org.lead(Email="ann@one.example")
    values = {"LastName": "Person", "Company": "Acme", "Email": "ann@one.example"}
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.sf.Lead.create(values, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"})
    assert code(error) == "DUPLICATES_DETECTED"


def test_the_assignment_rule_runs_unless_told_not_to(org: Org) -> None:
    rosa = org.sf.query("SELECT Id FROM User WHERE FirstName = 'Rosa'")["records"][0]["Id"]
    org.cluster.salesforce.setup.assignment_rule("All to Rosa", lambda _row: rosa)
    values = {"LastName": "Person", "Company": "Acme"}
    given = org.sf.Lead.create(values)["id"]
    kept = org.sf.Lead.create(values, headers={"Sforce-Auto-Assign": "FALSE"})["id"]
    assert org.sf.Lead.get(given)["OwnerId"] == rosa
    assert org.sf.Lead.get(kept)["OwnerId"] != rosa


def test_a_hidden_field_is_not_there_to_whoever_may_not_see_it(org: Org) -> None:
    org.cluster.salesforce.hide_field("Lead", "Title")
    assert "Title" not in fields(org, "Lead")
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.sf.query("SELECT Title FROM Lead")
    assert code(error) == "INVALID_FIELD"


@of("contacts-only")
def test_an_org_without_leads(org: Org) -> None:
    assert "Lead" not in {each["name"] for each in org.sf.describe()["sobjects"]}
    with pytest.raises(SalesforceResourceNotFound):
        org.lead()
    assert org.sf.Contact.create({"LastName": "Person"})["success"] is True


@of("person-accounts")
def test_person_accounts_are_accounts_with_a_contact(org: Org) -> None:
    kinds = org.sf.query("SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = true")
    record_type = kinds["records"][0]["Id"]
    made = org.sf.Account.create({"LastName": "Person", "RecordTypeId": record_type})["id"]
    row = org.sf.Account.get(made)
    assert row["IsPersonAccount"] is True
    assert org.sf.Contact.get(row["PersonContactId"])["AccountId"] == made


@of("multi-currency")
def test_several_currencies(org: Org) -> None:
    assert fields(org, "Opportunity")["CurrencyIsoCode"]["type"] == "picklist"


@of("state-country")
def test_states_and_countries_are_picklists(org: Org) -> None:
    assert fields(org, "Lead")["CountryCode"]["type"] == "picklist"
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.lead(Country="Atlantis")
    assert code(error) == "FIELD_INTEGRITY_EXCEPTION"


@of("record-types")
def test_record_types_are_told_by_describe(org: Org) -> None:
    infos = org.sf.Lead.describe()["recordTypeInfos"]
    assert sum(not each["master"] for each in infos) >= 2
