"""Which company is which Account: an exact match by domain, a finding where there is none, and never a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crmsync.mapping.fields.codec import BadValue, Directory, equal, read, write
from crmsync.mapping.fields.firms import Firms
from crmsync.mapping.fields.types import Direction, FieldMap, Place
from crmsync.model.links import Account
from crmsync.model.values import Side, Value

READ = datetime(2026, 3, 2, tzinfo=UTC)
OBJECT: dict[Side, str] = {"hubspot": "contacts", "salesforce": "Contact"}
NATIVE: dict[Side, dict[str, str]] = {
    "hubspot": {"contacts": "associatedcompanyid"},
    "salesforce": {"Contact": "AccountId"},
}
FIELD = FieldMap("firm", NATIVE, "account", Place("mapping.yaml", 7, 3))
UP = replace(FIELD, direction=Direction.TO_HUBSPOT)


def company(id: str, domain: str, *, active: bool = True) -> Account:
    return Account("hubspot", id, "A name", domain, "", READ, active=active)


def account(n: int, domain: str, *, active: bool = True) -> Account:
    return Account("salesforce", f"00100000000000{n}AAA", "A name", domain, "", READ, active=active)


def among(*accounts: Account) -> Directory:
    return Directory(firms=Firms.of(accounts))


def reading(side: Side, native: Value, directory: Directory, field: FieldMap = FIELD) -> Value:
    return read(field, side, OBJECT[side], native, directory)


def writing(side: Side, value: Value, directory: Directory, field: FieldMap = FIELD) -> Value:
    return write(field, side, OBJECT[side], value, None, directory)


def refused(side: Side, value: Value, directory: Directory) -> BadValue:
    with pytest.raises(BadValue) as caught:
        writing(side, value, directory)
    return caught.value


ONE = account(1, "acme.example")


def test_the_only_company_and_the_only_account_of_a_domain_are_one_firm() -> None:
    known = among(company("101", "acme.example"), ONE)
    assert reading("salesforce", ONE.id, known) == reading("hubspot", "101", known) == "acme.example"
    assert writing("hubspot", "acme.example", known) == "101"
    assert writing("salesforce", "acme.example", known) == ONE.id
    assert equal(FIELD, "salesforce", "Contact", "acme.example", ONE.id[:15], None, known)


def test_without_a_counterpart_it_is_a_finding_that_names_the_record() -> None:
    bad = refused("hubspot", "acme.example", among(ONE))
    assert bad.code == "account_unmatched"
    assert bad.cause == (
        f"HubSpot contacts.associatedcompanyid: no HubSpot company for Salesforce Account {ONE.id}: none has the "
        "domain acme.example (field `firm`, mapping.yaml:7:3)"
    )


def test_several_counterparts_are_a_finding_that_names_them() -> None:
    bad = refused(
        "hubspot", "acme.example", among(company("102", "acme.example"), company("101", "acme.example"), ONE)
    )
    assert bad.code == "account_ambiguous"
    assert bad.fix.startswith("merge 101, 102, or ")


def test_what_it_waits_for_changes_with_the_counterparts() -> None:
    one, two, three = (company(str(n), "acme.example") for n in (101, 102, 103))
    waits = [
        refused("hubspot", "acme.example", among(*some)).waits_on for some in ((), (one, two), (two, three))
    ]
    assert len(set(waits)) == 3


def test_several_records_of_one_firm_on_the_own_side_are_that_firm() -> None:
    two = account(2, "acme.example")
    known = among(company("101", "acme.example"), ONE, two)
    assert reading("salesforce", two.id, known) == "acme.example"
    assert writing("hubspot", "acme.example", known) == "101"
    assert equal(FIELD, "salesforce", "Contact", "acme.example", two.id, None, known)
    assert refused("salesforce", "acme.example", known).code == "account_ambiguous"


def test_a_deleted_company_is_no_counterpart() -> None:
    known = among(company("101", "acme.example", active=False), ONE)
    assert refused("hubspot", "acme.example", known).code == "account_unmatched"


@pytest.mark.parametrize("domain", ["", "gmail.com"])
def test_a_firm_without_a_domain_of_its_own_has_no_counterpart(domain: str) -> None:
    known = among(company("101", domain), account(1, domain))
    with pytest.raises(BadValue) as caught:
        reading("salesforce", ONE.id, known)
    assert (caught.value.code, caught.value.waits_on) == ("account_unmatched", "no domain")


def test_a_firm_that_was_never_read_is_a_finding() -> None:
    with pytest.raises(BadValue) as caught:
        reading("hubspot", "999", among(ONE))
    assert (caught.value.code, caught.value.waits_on) == ("account_unknown", "unread")


def test_the_side_that_a_one_way_field_is_written_to_may_hold_anything() -> None:
    assert reading("hubspot", "999", among(ONE), UP) == "999"
    assert not equal(UP, "hubspot", "contacts", "acme.example", "999", None, among(ONE))
