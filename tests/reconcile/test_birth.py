"""A record that is not there yet: as what it is created, with which values, and what stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.types import Direction, FieldMap
from crmsync.mapping.fields.types import Place as At
from crmsync.mapping.rule import Rule
from crmsync.model.links import Account, Link, Role, SideRow
from crmsync.model.records import FieldType, NativeField, ObjectInfo
from crmsync.model.values import Side
from crmsync.reconcile.birth import Birth, Place, create_changes, lead_or_contact, record_mark
from crmsync.reconcile.ends import field_mark

WHEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = "hubspot:4242:77"
CUSTOMER = Rule.compile("account.Type == 'Customer'", At("config/crmsync.yaml", 7, 12))


# -- Lead or Contact ----------------------------------------------------------------------------------------------
def account(id: str, country: str = "", type_: str = "Customer") -> Account:
    return Account(
        "salesforce",
        id,
        f"Northwind {id}",
        "northwind.example",
        country,
        WHEN,
        {"Type": type_} if type_ else {},
    )


A, B, PROSPECT, UNSAID = account("1"), account("2"), account("3", type_="Prospect"), account("4", type_="")
GERMAN, FRENCH = account("5", "DE"), account("6", "FR")
LEAD = Place("Lead")

PLACES = [
    # Accounts of the domain, the person's country, contact_when, where the person goes
    pytest.param([], "", CUSTOMER, LEAD, id="no Account (free-mail never finds one): a Lead"),
    pytest.param([A], "", CUSTOMER, Place("Contact", A), id="one Account and contact_when holds: its Contact"),
    pytest.param([PROSPECT], "", CUSTOMER, Place("Lead", matched=(PROSPECT,)), id="contact_when does not hold: a Lead that names it"),
    pytest.param([UNSAID], "", CUSTOMER, Place("Lead", matched=(UNSAID,)), id="contact_when is unknown: a Lead that names it"),
    pytest.param([A], "", None, Place("Lead", matched=(A,)), id="no contact_when: a Lead that names it"),
    pytest.param([A, B], "", CUSTOMER, Place("Lead", matched=(A, B)), id="two Accounts: a Lead that names both"),
    pytest.param([GERMAN], "DE", CUSTOMER, Place("Contact", GERMAN), id="the same country"),
    pytest.param([FRENCH], "DE", CUSTOMER, LEAD, id="an Account in another country is somebody else"),
    pytest.param([FRENCH, GERMAN], "DE", CUSTOMER, Place("Contact", GERMAN), id="the country tells two Accounts apart"),
    pytest.param([FRENCH], "", CUSTOMER, Place("Contact", FRENCH), id="a person without a country may be there"),
    pytest.param([A], "DE", CUSTOMER, Place("Contact", A), id="an Account without a country may be theirs"),
]  # fmt: skip


@pytest.mark.parametrize(("accounts", "country", "rule", "place"), PLACES)
def test_lead_or_contact(accounts: list[Account], country: str, rule: Rule | None, place: Place) -> None:
    assert lead_or_contact({}, country, accounts, rule, "leads_and_contacts") == place


CONTACTS_ONLY = [([], None), ([A], A), ([PROSPECT], PROSPECT), ([A, B], None)]


@pytest.mark.parametrize(("accounts", "theirs"), CONTACTS_ONLY)
def test_where_there_are_contacts_only(accounts: list[Account], theirs: Account | None) -> None:
    """The Account is taken when it is the only one, whatever contact_when says of it."""
    assert lead_or_contact({}, "", accounts, CUSTOMER, "contacts_only") == Place("Contact", theirs)


def test_contact_when_may_ask_about_the_person_too() -> None:
    rule = Rule.compile(
        "account.Type == 'Customer' && person.title == 'CEO'", At("config/crmsync.yaml", 7, 12)
    )
    assert lead_or_contact({"title": "CEO"}, "", [A], rule, "leads_and_contacts").object == "Contact"
    assert lead_or_contact({"title": "CTO"}, "", [A], rule, "leads_and_contacts").object == "Lead"


# -- the values of a create -----------------------------------------------------------------------------------------
def fmap(name: str, hub: str, sales: str, transform: str = "text", **changes: Any) -> FieldMap:
    native: Any = {"hubspot": {"contacts": hub}, "salesforce": {"Lead": sales, "Contact": sales}}
    return replace(FieldMap(name, native, transform, At("config/mapping.yaml", 10, 3)), **changes)


LAST = fmap("last_name", "lastname", "LastName")
TITLE = fmap("title", "jobtitle", "Title")
COMPANY = fmap("company", "company", "Company", default_on_create={"salesforce": {"Lead": "[not provided]"}})
SOURCE = fmap(
    "source", "source", "LeadSource", "picklist", values={"hubspot": {"web": "WEB"}, "salesforce": {"web": "Web"}}
)  # fmt: skip
FIELDS = [LAST, TITLE, COMPANY, SOURCE]


def infos(**lead: NativeField) -> dict[tuple[Side, str], ObjectInfo]:
    """Lead and Contact as described; `lead` replaces fields of the Lead."""
    text = FieldType.TEXT
    shared = {
        "LastName": NativeField("LastName", text, 80, required=True),
        "Title": NativeField("Title", text, 20),
        "LeadSource": NativeField("LeadSource", FieldType.PICKLIST),
        "crmsync_id__c": NativeField("crmsync_id__c", text, 255, unique=True),
    }
    company = {"Company": NativeField("Company", text, 255, required=True)}
    matched = {"Matched_Account__c": NativeField("Matched_Account__c", text, 30)}
    belongs = {"AccountId": NativeField("AccountId", FieldType.REFERENCE)}
    return {
        ("salesforce", "Lead"): ObjectInfo("salesforce", "Lead", shared | company | matched | lead),
        ("salesforce", "Contact"): ObjectInfo("salesforce", "Contact", shared | belongs),
    }


def person(**values: Any) -> SideRow:
    held = {"lastname": "King", "jobtitle": "CEO", "company": "Northwind", "source": "WEB"} | values
    return SideRow(1, 1, "hubspot", "contacts", "77", Role.PRIMARY, WHEN, observed=held)


def born(
    source: SideRow,
    place: Place = LEAD,
    fields: list[FieldMap] | None = None,
    described: Any = None,
    **link: Any,
) -> Birth:
    one = replace(Link(1, "", (source,)), **link)
    return create_changes(
        one, source, "salesforce", place, fields or FIELDS, described or infos(), Directory(), "crmsync_id__c", KEY, "v1"
    )  # fmt: skip


def values(birth: Birth) -> dict[str, Any]:
    return {c.native: c.after for c in birth.changes}


def test_the_values_are_mapped_and_the_key_comes_last() -> None:
    birth = born(person())
    assert [(c.native, c.after, c.rule) for c in birth.changes] == [
        ("LastName", "King", "create"),
        ("Title", "CEO", "create"),
        ("Company", "Northwind", "create"),
        ("LeadSource", "Web", "create"),
        ("crmsync_id__c", KEY, "key"),
    ]
    assert birth.parked == ()
    assert not birth.stopped


def test_a_value_settles_the_base_and_what_was_seen_of_its_source() -> None:
    change = next(c for c in born(person()).changes if c.name == "source")
    assert (change.settles, change.before, change.agreed) == (True, None, "web")
    assert (change.source_row, change.source_native, change.source_value) == (1, "source", "WEB")


def test_the_key_never_settles() -> None:
    assert born(person()).changes[-1].settles is False


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_that_the_vendor_requires_is_filled_with_the_default_and_never_settles(
    blank: str | None,
) -> None:
    change = next(c for c in born(person(company=blank)).changes if c.native == "Company")
    assert (change.after, change.rule) == ("[not provided]", "default_on_create")
    assert (change.settles, change.source_row) == (False, 0)


def test_a_default_is_for_its_object_only_and_blanks_are_not_sent() -> None:
    contact = born(person(company=None, jobtitle=None), Place("Contact"))
    assert set(values(contact)) == {"LastName", "LeadSource", "crmsync_id__c"}


def test_a_field_that_does_not_travel_this_way_is_left_out_but_for_its_default() -> None:
    to_hubspot = replace(TITLE, direction=Direction.TO_HUBSPOT)
    assert "Title" not in values(born(person(), fields=[LAST, COMPANY, to_hubspot]))
    filled = replace(to_hubspot, default_on_create={"salesforce": {"Lead": "n/a"}})
    assert values(born(person(), fields=[LAST, COMPANY, filled]))["Title"] == "n/a"


def test_a_field_that_cannot_be_created_or_is_not_there_is_left_out() -> None:
    closed = infos(Title=NativeField("Title", FieldType.TEXT, createable=False))
    gone = fmap("nickname", "nickname", "Nickname__c")
    birth = born(person(nickname="Ada"), fields=[*FIELDS, gone], described=closed)
    assert not {"Title", "Nickname__c"} & set(values(birth))
    assert birth.parked == ()


def test_a_missing_required_value_parks_the_record_alone_and_says_what_to_do() -> None:
    birth = born(person(lastname=None))
    assert birth.stopped
    [parked] = birth.parked
    assert (parked.field, parked.code) == ("", "required_missing")
    assert parked.cause == "Lead requires LastName and this person has none"
    assert parked.fix == (
        "fill it in in HubSpot, or in config/mapping.yaml:10:3: give `last_name` a default_on_create for Lead"
    )
    assert parked.digest == record_mark(person(lastname=None), "salesforce", "v1")


def test_a_required_field_without_a_map_has_no_place_to_mend() -> None:
    described = infos(Region__c=NativeField("Region__c", FieldType.TEXT, required=True))
    [parked] = born(person(), described=described).parked
    assert (parked.cause, parked.fix) == (
        "Lead requires Region__c and this person has none",
        "fill it in in HubSpot",
    )


BAD = [
    pytest.param({"source": "FAX"}, "source", "picklist_unmapped", id="a picklist value without a map"),
    pytest.param({"jobtitle": "x" * 21}, "title", "too_long", id="text longer than its field"),
]


@pytest.mark.parametrize(("held", "name", "code"), BAD)
def test_a_value_that_cannot_travel_parks_its_field_and_the_rest_is_created(
    held: dict[str, str], name: str, code: str
) -> None:
    birth = born(person(**held))
    assert not birth.stopped
    [parked] = birth.parked
    assert (parked.field, parked.code, parked.native_id) == (name, code, "")
    assert "config/mapping.yaml:10:3" in parked.fix
    assert {"LastName", "Company", "crmsync_id__c"} < set(values(birth))
    assert name not in {c.name for c in birth.changes}


def test_what_is_parked_already_is_not_parked_again() -> None:
    mark = field_mark("source", "salesforce", "FAX", "v1")
    again = born(person(source="FAX"), parked={"source": mark})
    assert again.parked == ()
    assert "LeadSource" not in values(again)


def test_a_refused_value_is_not_sent_again_until_it_or_the_definition_changes() -> None:
    """The vendor refused `WEB`, which the map knows: the mark alone holds it back."""
    waiting = {"source": field_mark("source", "salesforce", "WEB", "v1")}
    assert "LeadSource" not in values(born(person(), parked=waiting))
    older = {"source": field_mark("source", "salesforce", "WEB", "v0")}
    assert values(born(person(), parked=older))["LeadSource"] == "Web"


def test_a_required_value_that_cannot_travel_parks_the_field_and_the_record() -> None:
    birth = born(person(lastname="x" * 81))
    assert birth.stopped
    assert [(p.field, p.code) for p in birth.parked] == [("last_name", "too_long"), ("", "required_missing")]


def test_a_contact_belongs_to_its_account() -> None:
    change = next(c for c in born(person(), Place("Contact", A)).changes if c.native == "AccountId")
    assert (change.after, change.settles) == ("1", False)


def test_a_lead_names_the_accounts_it_resembles_within_the_field() -> None:
    birth = born(person(), Place("Lead", matched=(A, B)))
    change = next(c for c in birth.changes if c.native == "Matched_Account__c")
    assert (change.after, change.settles) == ("Northwind 1 (1); Northwind 2 (2)"[:30], False)


def test_the_mark_of_a_parked_record_changes_with_any_value_side_or_definition() -> None:
    marks = [
        record_mark(person(), "salesforce", "v1"),
        record_mark(person(lastname="Byron"), "salesforce", "v1"),
        record_mark(person(), "hubspot", "v1"),
        record_mark(person(), "salesforce", "v2"),
    ]
    assert len(set(marks)) == 4
    assert marks[0] == record_mark(person(), "salesforce", "v1")
