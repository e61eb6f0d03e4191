"""The kinds of orgs: what each profile makes of a fresh one, as the vendor documents it and as people have met it."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, new_org

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.salesforce.profiles import PROFILES, profile_of

EIGHT = (
    *("plain", "person-accounts", "record-types", "state-country"),
    *("multi-currency", "private-sharing", "contacts-only", "heavy-flows"),
)


def org_of(profile: str) -> Org:
    org = new_org()
    profile_of(profile).shape(org.sim)
    return org


def made(org: Org, obj: str, **values: Any) -> Answer:
    """A record created over the API; a Lead has a company unless it says so."""
    return org.send("POST", f"sobjects/{obj}", {"LastName": "Doe", **values})


def lead(org: Org, **values: Any) -> Answer:
    return made(org, "Lead", Company="Acme", **values)


def one(org: Org, obj: str, record_id: str, *names: str) -> dict[str, Any]:
    (row,) = org.rows(f"SELECT {', '.join(names)} FROM {obj} WHERE Id = '{record_id}'")
    return row


def message(answer: Answer) -> str:
    return str(answer.body[0]["message"])


def field_of(org: Org, obj: str, name: str) -> dict[str, Any]:
    fields = org.send("GET", f"sobjects/{obj}/describe").body["fields"]
    return dict(next(f for f in fields if f["name"] == name))


def test_there_are_eight_and_each_says_what_it_is() -> None:
    assert set(PROFILES) == set(EIGHT)
    assert all(each.says for each in PROFILES.values())


def test_an_unknown_one_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(ValueError, match="odd") as refused:
        Cluster(profile="odd")
    assert all(name in str(refused.value) for name in EIGHT)


@pytest.mark.parametrize("name", EIGHT)
def test_the_same_seed_gives_the_same_org(name: str) -> None:
    one, two = Cluster(3, profile=name), Cluster(3, profile=name)
    ids = [[sorted(t.rows) for t in c.salesforce.org.tables.values()] for c in (one, two)]
    assert ids[0] == ids[1] and list(one.ledger.entries) == list(two.ledger.entries)


# -- states and countries -----------------------------------------------------------------------------------------
@fact("salesforce", "addresses", "A valid country code sets the country's integration value", "doc")
def test_a_code_sets_the_text() -> None:
    org = org_of("state-country")
    got = lead(org, CountryCode="CA", StateCode="ON").body["id"]
    assert one(org, "Lead", got, "Country", "State") == {"Country": "Canada", "State": "Ontario"}


@fact("salesforce", "addresses", "A valid integration value sets the code", "doc")
def test_a_text_sets_the_code() -> None:
    org = org_of("state-country")
    got = lead(org, Country="United States", State="Texas").body["id"]
    assert one(org, "Lead", got, "CountryCode", "StateCode") == {"CountryCode": "US", "StateCode": "TX"}


@fact("salesforce", "addresses", "State and country codes are taken in any letter case", "doc")
def test_codes_ignore_case() -> None:
    org = org_of("state-country")
    assert one(org, "Lead", lead(org, CountryCode="de").body["id"], "CountryCode") == {"CountryCode": "DE"}


@fact("salesforce", "addresses", "A new record whose code and text differ takes the text of its code", "doc")
def test_a_new_record_follows_its_code() -> None:
    org = org_of("state-country")
    got = lead(org, CountryCode="FR", Country="Germany").body["id"]
    assert one(org, "Lead", got, "Country") == {"Country": "France"}


@fact("salesforce", "addresses", "An update whose code and text differ is refused", "doc")
def test_an_update_must_mean_one_country() -> None:
    org = org_of("state-country")
    got = lead(org, CountryCode="FR").body["id"]
    refused = org.send("PATCH", f"sobjects/Lead/{got}", {"CountryCode": "DE", "Country": "Sweden"})
    assert (refused.status, refused.code) == (400, "FIELD_INTEGRITY_EXCEPTION")
    assert one(org, "Lead", got, "CountryCode") == {"CountryCode": "FR"}


@fact("salesforce", "addresses", "Removing the country code removes the state and both texts", "doc")
def test_without_a_country_there_is_no_state() -> None:
    org = org_of("state-country")
    got = lead(org, CountryCode="US", StateCode="CA").body["id"]
    assert org.send("PATCH", f"sobjects/Lead/{got}", {"CountryCode": None}).status == 204
    assert set(one(org, "Lead", got, "Country", "State", "StateCode").values()) == {None}


@fact("salesforce", "addresses", "A state that is not in the record's country is refused", "doc")
def test_a_state_belongs_to_its_country() -> None:
    org = org_of("state-country")
    got = lead(org, CountryCode="US", StateCode="CA").body["id"]
    assert (
        org.send("PATCH", f"sobjects/Lead/{got}", {"CountryCode": "AU"}).code == "FIELD_INTEGRITY_EXCEPTION"
    )


@fact(
    "salesforce",
    "addresses",
    "A country that is no integration value is refused in the words of the picklist",
    "seen",
)
def test_a_country_that_is_not_in_the_list() -> None:
    refused = lead(org_of("state-country"), Country="USA")
    assert refused.code == "FIELD_INTEGRITY_EXCEPTION"
    assert "There's a problem with this country, even though it may appear correct." in message(refused)
    assert refused.body[0]["fields"] == ["Country"]


@fact(
    "salesforce",
    "addresses",
    "A state that is no integration value is refused in the words of the picklist",
    "seen",
)
def test_a_state_that_is_not_in_the_list() -> None:
    refused = lead(org_of("state-country"), Country="Germany", State="Bayern")
    assert "There's a problem with this state, even though it may appear correct." in message(refused)
    assert "select a state from the list of valid states.: State/Province" in message(refused)


@fact(
    "salesforce", "addresses", "A code that the org does not have is refused by the name of its field", "seen"
)
def test_a_code_that_is_not_in_the_list() -> None:
    refused = made(org_of("state-country"), "Contact", MailingCountryCode="QQ")
    assert refused.code == "FIELD_INTEGRITY_EXCEPTION"
    assert message(refused).startswith("The MailingCountryCode field contains QQ, which isn't an available")


@fact("salesforce", "addresses", "A state needs a country", "seen")
def test_a_state_needs_a_country() -> None:
    refused = lead(org_of("state-country"), StateCode="CA")
    assert refused.code == "FIELD_INTEGRITY_EXCEPTION"
    assert "must be specified before specifying a state" in message(refused)


@fact(
    "salesforce",
    "addresses",
    "With state and country picklists each address has code fields that describe lists",
    "doc",
)
@pytest.mark.parametrize(
    "where",
    ["Lead.CountryCode", "Contact.MailingStateCode", "Contact.OtherCountryCode", "Account.BillingStateCode"],
)
def test_the_code_fields_of_an_address(where: str) -> None:
    obj, _, name = where.partition(".")
    item = field_of(org_of("state-country"), obj, name)
    assert (item["type"], item["restrictedPicklist"]) == ("picklist", True)
    assert any(v["value"] in ("US", "CA") for v in item["picklistValues"])


@fact("salesforce", "addresses", "A plain org has no code fields and takes any country as text", "doc")
def test_a_plain_org_takes_any_text() -> None:
    org = org_of("plain")
    assert lead(org, Country="Atlantis").status == 201
    assert lead(org, CountryCode="US").code == "INVALID_FIELD"


@fact(
    "salesforce",
    "addresses",
    "A state code is a picklist that depends on the country code of its address",
    "doc",
)
@pytest.mark.parametrize(("obj", "prefix"), [("Lead", ""), ("Contact", "Mailing"), ("Account", "Billing")])
def test_the_state_depends_on_the_country(obj: str, prefix: str) -> None:
    item = field_of(org_of("state-country"), obj, f"{prefix}StateCode")
    assert (item["dependentPicklist"], item["controllerName"]) == (True, f"{prefix}CountryCode")


def test_whoever_types_in_the_screens_picks_from_the_list() -> None:
    org = org_of("state-country")
    row = org.row("Lead", org.lead(Country="USA", State="CA"))
    assert (row["CountryCode"], row["Country"], row["State"]) == ("US", "United States", "California")


# -- currencies ---------------------------------------------------------------------------------------------------
@fact("salesforce", "currencies", "A record gets the corporate currency when none is named", "doc")
def test_the_corporate_currency_is_the_default() -> None:
    org = org_of("multi-currency")
    assert one(org, "Lead", lead(org).body["id"], "CurrencyIsoCode") == {"CurrencyIsoCode": "USD"}


@fact("salesforce", "currencies", "CurrencyType lists the currencies with rate and state", "doc")
def test_currency_types_can_be_asked_for() -> None:
    rows = org_of("multi-currency").rows(
        "SELECT IsoCode, IsActive FROM CurrencyType WHERE IsCorporate = true OR IsActive = false ORDER BY IsoCode"
    )
    assert rows == [{"IsoCode": "DEM", "IsActive": False}, {"IsoCode": "USD", "IsActive": True}]


@fact("salesforce", "currencies", "A currency that the org does not use is refused", "doc")
@pytest.mark.parametrize("iso", ["DEM", "XXX"])
def test_a_currency_that_is_not_active(iso: str) -> None:
    refused = made(org_of("multi-currency"), "Contact", CurrencyIsoCode=iso)
    assert refused.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert refused.body[0]["fields"] == ["CurrencyIsoCode"]


@fact(
    "salesforce", "currencies", "CurrencyIsoCode is there only where several currencies are enabled", "seen"
)
def test_one_currency_has_no_code() -> None:
    assert lead(org_of("plain"), CurrencyIsoCode="EUR").code == "INVALID_FIELD"
    assert lead(org_of("multi-currency"), CurrencyIsoCode="EUR").status == 201


@fact("salesforce", "currencies", "An amount is in the currency of its record and is not converted", "seen")
def test_amounts_stay_as_they_are() -> None:
    org = org_of("multi-currency")
    got = lead(org, AnnualRevenue=1000, CurrencyIsoCode="EUR").body["id"]
    org.send("PATCH", f"sobjects/Lead/{got}", {"CurrencyIsoCode": "GBP"})
    assert one(org, "Lead", got, "AnnualRevenue") == {"AnnualRevenue": 1000.0}


# -- no Leads, and not all rows -----------------------------------------------------------------------------------
@fact("salesforce", "describe", "An object without Read permission is in no list of objects", "doc")
def test_describe_global_leaves_out_what_the_user_may_not_read() -> None:
    names = {o["name"] for o in org_of("contacts-only").send("GET", "sobjects").body["sobjects"]}
    assert "Lead" not in names and {"Contact", "Account"} <= names


@fact("salesforce", "describe", "The address of an object without Read permission is not found", "doc")
@pytest.mark.parametrize(
    "path", ["sobjects/Lead/describe", "sobjects/Lead", "sobjects/Lead/00Q000000000001AAA"]
)
def test_an_object_without_permission_is_not_found(path: str) -> None:
    answer = org_of("contacts-only").send("GET", path)
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


@fact("salesforce", "query", "A query of an object without Read permission is INVALID_TYPE", "doc")
def test_soql_does_not_know_an_object_without_permission() -> None:
    answer = org_of("contacts-only").query("SELECT Id FROM Lead")
    assert answer.code == "INVALID_TYPE" and "sObject type 'Lead' is not supported" in message(answer)


@fact(
    "salesforce", "sharing", "A criteria-based sharing rule opens the rows that meet it, and no others", "doc"
)
def test_a_sharing_rule_opens_some_rows() -> None:
    org = org_of("private-sharing")
    rep = org.rows("SELECT Id FROM User WHERE Alias = 'rosa'")[0]["Id"]
    org.lead(Country="Canada", OwnerId=rep)
    org.lead(Country="Germany", OwnerId=rep)
    assert org.rows("SELECT Country FROM Lead") == [{"Country": "Canada"}]


@fact("salesforce", "sharing", "A row that sharing hides is not found by its id", "doc")
def test_a_hidden_row_is_not_found() -> None:
    org = org_of("private-sharing")
    rep = org.rows("SELECT Id FROM User WHERE Alias = 'rosa'")[0]["Id"]
    hidden = org.lead(Country="Germany", OwnerId=rep)
    assert org.send("GET", f"sobjects/Lead/{hidden}").status == 404


@fact("salesforce", "describe", "A field without field-level Read is missing from describe", "doc")
def test_a_hidden_field_is_not_described() -> None:
    org = org_of("private-sharing")
    names = {f["name"] for f in org.send("GET", "sobjects/Contact/describe").body["fields"]}
    assert "Title" not in names and "Email" in names


@fact("salesforce", "describe", "A permission set that grants a field makes it visible at once", "doc")
def test_a_permission_set_grants_a_field() -> None:
    org = org_of("private-sharing")
    rights = {
        "PermissionsRead": True,
        "PermissionsEdit": True,
        "SobjectType": "Contact",
        "Field": "Contact.Title",
    }
    granted = org.send("POST", "sobjects/FieldPermissions", {"ParentId": org.sim.permission_set_id, **rights})
    assert granted.status == 201
    assert field_of(org, "Contact", "Title")["updateable"] is True
