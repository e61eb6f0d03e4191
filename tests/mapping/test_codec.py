"""Values on their way in and out: golden tables for every transform, and what is refused with which word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crmsync.mapping.fields.codec import BadValue, Directory, equal, read, write
from crmsync.mapping.fields.firms import Firms
from crmsync.mapping.fields.person import person_values
from crmsync.mapping.fields.transforms import TRANSFORMS
from crmsync.mapping.fields.types import Direction, FieldMap, Place
from crmsync.model.links import Account
from crmsync.model.records import FieldType, NativeField, Owner
from crmsync.model.values import Side, Value

OBJECT: Mapping[Side, str] = {"hubspot": "contacts", "salesforce": "Lead"}
USER = "005000000000001AAA"
OWNERS = Directory.of(
    [
        Owner("salesforce", USER, "rep@sales.example", "Rita Rep"),
        Owner("salesforce", "005000000000002AAA", "gone@sales.example", "Gil Gone", active=False),
        Owner("salesforce", "005000000000003AAA", "only@sales.example", ""),
        Owner("hubspot", "71", "rep@sales.example", "Rita Rep"),
        Owner("hubspot", "70", "rep@sales.example", "Rita's second seat"),
    ]
)
ACME = "001000000000001AAA"
READ = datetime(2026, 3, 2, tzinfo=UTC)
FIRMS = Firms.of(
    [
        Account("hubspot", "101", "Acme", "acme.example", "", READ),
        Account("salesforce", ACME, "ACME Ltd", "acme.example", "", READ),
    ]
)
KNOWN = replace(OWNERS, firms=FIRMS)


def field(transform: str = "text", **more: Any) -> FieldMap:
    native: dict[Side, dict[str, str]] = {
        "hubspot": {"contacts": "the_field"},
        "salesforce": {"Lead": "Field__c"},
    }
    return FieldMap("thing", native, transform, Place("config/mapping.yaml", 12, 3), **more)


def target(kind: FieldType = FieldType.TEXT, **more: Any) -> NativeField:
    return NativeField("Field__c", kind, **more)


def reading(transform: str, side: Side, native: Value, **more: Any) -> Value:
    return read(field(transform, **more), side, OBJECT[side], native, KNOWN)


def writing(transform: str, side: Side, value: Value, info: NativeField | None = None, **more: Any) -> Value:
    return write(field(transform, **more), side, OBJECT[side], value, info, KNOWN)


def same(transform: str, side: Side, canonical: Value, native: Value, **more: Any) -> bool:
    info = more.pop("info", None)
    return equal(field(transform, **more), side, OBJECT[side], canonical, native, info, KNOWN)


SOURCES: Mapping[Side, Mapping[str, str]] = {
    "hubspot": {"organic": "ORGANIC_SEARCH", "paid": "PAID_SEARCH"},
    "salesforce": {"organic": "Organic search", "paid": "Paid search"},
}

# (transform, side, native as read, canonical, native as written)
GOLDEN: list[tuple[str, Side, Value, Value, Value]] = [
    ("text", "hubspot", "  Ada \n", "Ada", "Ada"),
    ("text", "salesforce", "Ada  Lovelace", "Ada  Lovelace", "Ada  Lovelace"),
    ("text", "salesforce", "\u00a0Ada", "\u00a0Ada", "\u00a0Ada"),
    ("text", "hubspot", "NULL", "NULL", "NULL"),
    ("text", "salesforce", 12.0, "12", "12"),
    ("email", "hubspot", " Ada@Lovelace.EXAMPLE ", "ada@lovelace.example", "ada@lovelace.example"),
    ("email", "salesforce", "o'brien+x@a-b.example", "o'brien+x@a-b.example", "o'brien+x@a-b.example"),
    ("phone", "hubspot", " +49 (30) 90 18 20 ", "+49 (30) 90 18 20", "+49 (30) 90 18 20"),
    ("phone", "salesforce", "ask for Bob", "ask for Bob", "ask for Bob"),
    ("boolean", "hubspot", "true", True, "true"),
    ("boolean", "hubspot", "FALSE", False, "false"),
    ("boolean", "salesforce", True, True, True),
    ("boolean", "salesforce", False, False, False),
    ("number", "hubspot", "5.0", 5, "5"),
    ("number", "hubspot", "-17.50", -17.5, "-17.5"),
    ("number", "hubspot", "12345678901234567890", 12345678901234567890, "12345678901234567890"),
    ("number", "hubspot", "1e3", 1000, "1000"),
    ("number", "hubspot", "0.0000001", 1e-07, "0.0000001"),
    ("number", "salesforce", 5.0, 5, 5),
    ("number", "salesforce", 0, 0, 0),
    ("date", "hubspot", "2026-01-31", "2026-01-31", "2026-01-31"),
    ("date", "hubspot", "1769817600000", "2026-01-31", "2026-01-31"),
    ("date", "salesforce", "2026-01-31", "2026-01-31", "2026-01-31"),
    ("datetime", "hubspot", "2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00.250Z"),
    ("datetime", "hubspot", "1769846400250", "2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00.250Z"),
    ("datetime", "hubspot", 1769846400250, "2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00.250Z"),
    ("datetime", "salesforce", "2026-01-31T08:00:00.000+0000", "2026-01-31T08:00:00.000Z", "2026-01-31T08:00:00.000+0000"),
    ("datetime", "salesforce", "2026-01-31T09:00:00+01:00", "2026-01-31T08:00:00.000Z", "2026-01-31T08:00:00.000+0000"),
    ("country", "hubspot", "Germany", "DE", "Germany"),
    ("country", "hubspot", "de", "DE", "Germany"),
    ("country", "salesforce", "USA", "US", "United States"),
    ("country", "salesforce", "Russian Federation", "RU", "Russia"),
    ("country", "salesforce", "Viet Nam", "VN", "Vietnam"),
    ("country", "hubspot", "Asia/Pacific Region", "Asia/Pacific Region", "Asia/Pacific Region"),
    ("picklist", "hubspot", "ORGANIC_SEARCH", "ORGANIC_SEARCH", "ORGANIC_SEARCH"),
    ("multipicklist", "hubspot", "b; a;;b", "a;b", "a;b"),
    ("multipicklist", "salesforce", "b;a", "a;b", "a;b"),
    ("owner_id", "salesforce", USER, "rep@sales.example", USER),
    ("owner_id", "salesforce", USER[:15], "rep@sales.example", USER),
    ("owner_id", "hubspot", "71", "rep@sales.example", "70"),
    ("owner_name", "hubspot", " Rita Rep", "Rita Rep", "Rita Rep"),
    ("account", "hubspot", "101", "acme.example", "101"),
    ("account", "salesforce", ACME[:15], "acme.example", ACME),
]  # fmt: skip


@pytest.mark.parametrize(("transform", "side", "native", "canonical", "written"), GOLDEN)
def test_golden(transform: str, side: Side, native: Value, canonical: Value, written: Value) -> None:
    got = reading(transform, side, native)
    assert (got, type(got)) == (canonical, type(canonical))
    back = writing(transform, side, canonical)
    assert (back, type(back)) == (written, type(written))


def test_every_transform_stands_in_the_golden_table() -> None:
    assert {row[0] for row in GOLDEN} == set(TRANSFORMS)


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
@pytest.mark.parametrize("side", ["hubspot", "salesforce"])
@pytest.mark.parametrize("native", [None, "", "  ", "\t\n", "\u00a0"])
def test_blank_is_none_everywhere_and_never_empty_text(transform: str, side: Side, native: Value) -> None:
    assert reading(transform, side, native) is None
    assert writing(transform, side, None) is None
    assert writing(transform, side, "") is None
    assert same(transform, side, None, native)


def test_a_salesforce_checkbox_cannot_be_empty() -> None:
    checkbox = target(FieldType.BOOLEAN)
    assert writing("boolean", "salesforce", None, checkbox) is False
    assert same("boolean", "salesforce", None, False, info=checkbox)
    assert same("boolean", "salesforce", False, None, info=checkbox)
    assert not same("boolean", "salesforce", None, True, info=checkbox)
    assert writing("boolean", "hubspot", None, target(FieldType.BOOLEAN, as_text=True)) is None


@pytest.mark.parametrize(
    ("transform", "side", "canonical", "native"),
    [
        ("text", "hubspot", "Ada", " Ada "),
        ("email", "hubspot", "ada@a.example", "ADA@a.example"),
        ("email", "salesforce", "not an address", "Not an address"),
        ("number", "hubspot", 5, "5.00"),
        ("number", "salesforce", 5, 5.0),
        ("number", "salesforce", 0.1, 0.1),
        ("date", "hubspot", "2026-01-31", "1769817600000"),
        ("datetime", "hubspot", "2026-01-31T08:00:00.250Z", "1769846400250"),
        ("datetime", "salesforce", "2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00.000+0000"),
        ("phone", "salesforce", "+49 30 901820", "+49 (30) 90-18-20"),
        ("phone", "salesforce", "(415) 555-0101", "415.555.0101"),
        ("phone", "hubspot", "Ask for  Bob", "ask for bob"),
        ("phone", "hubspot", "030 901820", "+49 30 901820"),
        ("phone", "salesforce", "+33 4 65 71 84 12", "04 65 71 84 12"),
        ("phone", "salesforce", "+1 415 555 0101", "(415) 555-0101"),
        ("country", "salesforce", "US", "U.S.A."),
        ("country", "hubspot", "Atlantis", "Atlantis"),
        ("multipicklist", "salesforce", "a;b", "b;a"),
        ("owner_id", "salesforce", "rep@sales.example", USER[:15]),
    ],
)
def test_two_spellings_of_one_value_are_equal(
    transform: str, side: Side, canonical: Value, native: Value
) -> None:
    assert same(transform, side, canonical, native)


@pytest.mark.parametrize(
    ("transform", "side", "canonical", "native"),
    [
        ("text", "hubspot", "Ada", "ada"),
        ("text", "salesforce", "Ada", None),
        ("text", "salesforce", None, "Ada"),
        ("number", "hubspot", 5, "6"),
        ("number", "hubspot", 5, "five"),
        ("phone", "hubspot", "+49 30 901820", "+49 30 901821"),
        ("phone", "hubspot", "+1 415 555 0101", "+1 415 555 0101 ext. 7"),
        ("phone", "hubspot", "030 901820", "+49 30 901821"),
        ("phone", "hubspot", "901820", "+49 30 901820"),
        ("phone", "hubspot", "+33 4 65 71 84 12", "+34 465 718 412"),
        ("country", "hubspot", "DE", "Austria"),
        ("datetime", "hubspot", "2026-01-31T08:00:00.250Z", "2026-01-31T08:00:00.000Z"),
        ("datetime", "hubspot", "2026-01-31T08:00:00.250Z", "soon"),
        ("multipicklist", "salesforce", "a;b", "a"),
        ("boolean", "hubspot", True, "false"),
        ("owner_id", "hubspot", "only@sales.example", "71"),
        ("email", "hubspot", "not an address", "another one"),
    ],
)
def test_different_values_are_not(transform: str, side: Side, canonical: Value, native: Value) -> None:
    assert not same(transform, side, canonical, native)


@pytest.mark.parametrize(
    ("transform", "side", "value", "code"),
    [
        ("email", "salesforce", "ada", "invalid_email"),
        ("email", "salesforce", "ada@localhost", "invalid_email"),
        ("email", "salesforce", "a b@c.example", "invalid_email"),
        ("email", "salesforce", "ä@c.example", "invalid_email"),
        ("email", "salesforce", "a..b@c.example", "invalid_email"),
        ("email", "hubspot", "a@b..example", "invalid_email"),
        ("boolean", "salesforce", "maybe", "invalid_value"),
        ("number", "salesforce", "1,000", "invalid_value"),
        ("number", "salesforce", "NaN", "invalid_value"),
        ("number", "hubspot", "Infinity", "invalid_value"),
        ("number", "hubspot", "1e999999999", "invalid_value"),
        ("number", "hubspot", "1_000", "invalid_value"),
        ("number", "hubspot", True, "invalid_value"),
        ("date", "salesforce", "31.01.2026", "invalid_value"),
        ("date", "salesforce", "2026-02-30", "invalid_value"),
        ("datetime", "salesforce", "2026-01-31T08:00:00", "invalid_value"),
        ("datetime", "salesforce", "9" * 15, "invalid_value"),
        ("text", "salesforce", "half \ud800", "invalid_value"),
        ("owner_id", "salesforce", "nobody@sales.example", "owner_unknown"),
        ("owner_id", "salesforce", "gone@sales.example", "owner_unknown"),
        ("owner_name", "salesforce", "Rita Rep", "owner_unknown"),
    ],
)
def test_a_bad_value_is_refused_with_a_word_a_place_and_a_fix(
    transform: str, side: Side, value: Value, code: str
) -> None:
    with pytest.raises(BadValue) as caught:
        writing(transform, side, value)
    assert caught.value.code == code
    assert "config/mapping.yaml:12:3" in caught.value.cause
    assert caught.value.fix
    if code != "owner_unknown":
        assert str(value) not in caught.value.cause


@pytest.mark.parametrize(
    ("transform", "native"),
    [("number", "many"), ("boolean", "maybe"), ("date", "soon"), ("datetime", "soon")],
)
def test_what_cannot_be_read_is_refused_too(transform: str, native: str) -> None:
    with pytest.raises(BadValue) as caught:
        reading(transform, "hubspot", native)
    assert caught.value.code == "invalid_value"


def test_text_too_long_is_parked_with_both_lengths() -> None:
    with pytest.raises(BadValue) as caught:
        writing("text", "salesforce", "x" * 41, target(length=40))
    assert caught.value.code == "too_long"
    assert "41 characters, and there is room for 40" in caught.value.cause
    assert "truncate: true" in caught.value.fix
    assert writing("text", "salesforce", "x" * 40, target(length=40)) == "x" * 40


def test_text_is_cut_only_when_the_field_says_so_and_then_counts_as_equal() -> None:
    room = target(length=5)
    assert writing("text", "salesforce", "abcd efg", room, truncate=True) == "abcd"
    assert same("text", "salesforce", "abcd efg", "abcd", info=room, truncate=True)


def test_a_mapped_picklist_goes_both_ways() -> None:
    assert reading("picklist", "hubspot", "ORGANIC_SEARCH", values=SOURCES) == "organic"
    assert writing("picklist", "salesforce", "organic", values=SOURCES) == "Organic search"
    assert (
        reading("multipicklist", "salesforce", "Paid search;Organic search", values=SOURCES) == "organic;paid"
    )
    assert writing("multipicklist", "hubspot", "organic;paid", values=SOURCES) == "ORGANIC_SEARCH;PAID_SEARCH"


def test_an_unmapped_picklist_value_names_the_line_to_add() -> None:
    with pytest.raises(BadValue) as caught:
        reading("picklist", "hubspot", "TELEPATHY", values=SOURCES)
    assert caught.value.code == "picklist_unmapped"
    assert "`TELEPATHY`" in caught.value.fix
    assert "config/mapping.yaml:12:3" in caught.value.fix
    with pytest.raises(BadValue):
        writing("picklist", "salesforce", "TELEPATHY", values=SOURCES)


def test_the_target_of_a_one_way_map_may_hold_what_people_chose_themselves() -> None:
    one_way = {"values": SOURCES, "direction": Direction.TO_SALESFORCE}
    assert reading("picklist", "salesforce", "Trade show", **one_way) == "Trade show"
    with pytest.raises(BadValue):
        reading("picklist", "hubspot", "Trade show", **one_way)


def test_a_value_that_is_no_option_of_a_restricted_list_is_refused() -> None:
    some = target(FieldType.PICKLIST, options=frozenset({"Mr.", "Ms."}))
    assert writing("text", "salesforce", "Ms.", some) == "Ms."
    with pytest.raises(BadValue) as caught:
        writing("text", "salesforce", "Capt.", some)
    assert caught.value.code == "not_an_option"
    several = target(FieldType.MULTIPICKLIST, options=frozenset({"a", "b"}))
    assert writing("multipicklist", "salesforce", "b;a", several) == "a;b"
    with pytest.raises(BadValue):
        writing("multipicklist", "salesforce", "a;c", several)


def test_a_country_takes_the_option_that_means_it() -> None:
    codes = target(FieldType.PICKLIST, options=frozenset({"DEU", "USA"}))
    assert writing("country", "salesforce", "DE", codes) == "DEU"
    assert same("country", "salesforce", "DE", "DEU", info=codes)


def test_our_own_default_reads_as_blank() -> None:
    company = {"default_on_create": {"salesforce": {"Lead": "[not provided]"}}}
    assert reading("text", "salesforce", " [not provided] ", **company) is None
    assert reading("text", "hubspot", "[not provided]", **company) == "[not provided]"
    assert same("text", "salesforce", None, "[not provided]", **company)
    assert not same("text", "salesforce", "Northwind", "[not provided]", **company)


def test_an_owner_travels_as_a_name_and_as_an_id() -> None:
    to_hubspot = {"direction": Direction.TO_HUBSPOT}
    assert reading("owner_name", "salesforce", USER, **to_hubspot) == "Rita Rep"
    assert reading("owner_name", "salesforce", "005000000000002AAA", **to_hubspot) == "Gil Gone"
    assert reading("owner_name", "salesforce", "005000000000003AAA", **to_hubspot) == "only@sales.example"
    assert reading("owner_name", "salesforce", "00G000000000001AAA", **to_hubspot) is None
    with pytest.raises(BadValue) as caught:
        reading("owner_name", "salesforce", "005000000000009AAA", **to_hubspot)
    assert caught.value.code == "owner_unknown"


def test_an_owner_without_a_counterpart_in_hubspot_is_blank_there() -> None:
    assert reading("owner_id", "salesforce", "005000000000003AAA") == "only@sales.example"
    assert writing("owner_id", "hubspot", "only@sales.example") is None
    assert same("owner_id", "hubspot", "only@sales.example", None)
    assert reading("owner_id", "salesforce", "005000000000009AAA") is None


def test_a_person_for_rules_leaves_out_what_is_blank_bad_or_not_mapped() -> None:
    number = FieldMap("size", {"hubspot": {"contacts": "size"}}, "number", Place("m", 1, 1))
    name = FieldMap("name", {"hubspot": {"contacts": "name"}}, "text", Place("m", 2, 1))
    lead = FieldMap("lead", {"salesforce": {"Lead": "X"}}, "text", Place("m", 3, 1))
    natives: dict[str, Value] = {"size": "many", "name": " Ada ", "other": "x"}
    fields = [number, name, lead]
    assert person_values(fields, "hubspot", "contacts", natives, OWNERS) == {"name": "Ada"}
    assert person_values(fields, "hubspot", "contacts", {"size": "7", "name": ""}, OWNERS) == {"size": 7}
