"""What each row error of Salesforce comes to, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from crmsync.connectors.salesforce.describe import literal, moment, to18
from crmsync.connectors.salesforce.soql import LONGEST_QUERY, queries, soql
from crmsync.connectors.salesforce.verdicts import judged
from crmsync.model.records import Verdict, Write

LABELS = {"Clean Status": "CleanStatus", "Billing City": "BillingCity", "Last Name": "LastName"}
OTHER = "003000000000001AAA"


def error(code: str, message: str = "", *fields: str) -> dict[str, Any]:
    return {"statusCode": code, "message": message, "fields": list(fields)}


def matched(key: str) -> dict[str, Any]:
    record = {"attributes": {"type": "Contact"}, "Id": OTHER}
    return {
        "errorCode": "DUPLICATES_DETECTED",
        "message": "Use one of these records?",
        key: {"matchResults": [{"matchRecords": [{"record": record}]}]},
    }


LOCK = "unable to obtain exclusive access to this record or 1 records: 001000000000001AAA"
BOTH = [
    (error("UNABLE_TO_LOCK_ROW", LOCK), Verdict.TRANSIENT, ()),
    (error("TOO_MANY_APEX_REQUESTS"), Verdict.TRANSIENT, ()),
    (error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "trigger: UNABLE_TO_LOCK_ROW"), Verdict.TRANSIENT, ()),
    (error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "trigger failed"), Verdict.REJECTED, ()),
    (error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No.", "Title"), Verdict.REJECTED, ("Title",)),
    (
        error("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"),
        Verdict.REJECTED,
        ("LastName",),
    ),
    (
        error("STRING_TOO_LONG", "Billing City: data value too large: x (max length=40)"),
        Verdict.REJECTED,
        ("BillingCity",),
    ),
    (
        error(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Clean Status: bad value for restricted picklist field: y",
        ),
        Verdict.REJECTED,
        ("CleanStatus",),
    ),
    (
        error(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: BillingCity, CleanStatus. Please check the security settings of this field",
        ),
        Verdict.REJECTED,
        ("BillingCity", "CleanStatus"),
    ),
    (error("INACTIVE_OWNER_OR_USER", "operation performed with inactive user"), Verdict.REJECTED, ()),
    (error("ENTITY_IS_DELETED", "entity is deleted", "AccountId"), Verdict.REJECTED, ("AccountId",)),
]
ON_UPDATE = [
    (error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"), Verdict.GONE, ()),
    (error("ENTITY_IS_DELETED", "entity is deleted"), Verdict.GONE, ()),
    (error("NOT_FOUND"), Verdict.GONE, ()),
    (error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"), Verdict.GONE, ()),
    (
        error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "OwnerId"),
        Verdict.REJECTED,
        ("OwnerId",),
    ),
    (
        error(
            "DUPLICATE_VALUE", f"duplicate value found: Code__c duplicates value on record with id: {OTHER}"
        ),
        Verdict.REJECTED,
        ("Code__c",),
    ),
]
VALUES = {"BillingCity": "x", "CleanStatus": "y"}


@pytest.mark.parametrize(("given", "verdict", "fields"), [*BOTH, *ON_UPDATE])
def test_on_update(given: dict[str, Any], verdict: Verdict, fields: tuple[str, ...]) -> None:
    result = judged(Write(1, VALUES, id="00Q000000000001AAA"), [given], LABELS)
    assert (result.verdict, result.fields) == (verdict, fields)
    assert result.code == given["statusCode"]
    assert not result.maybe_written


@pytest.mark.parametrize(("given", "verdict", "fields"), BOTH)
def test_on_create(given: dict[str, Any], verdict: Verdict, fields: tuple[str, ...]) -> None:
    result = judged(Write(1, VALUES, key="k"), [given], LABELS)
    assert (result.verdict, result.fields) == (verdict, fields)


@pytest.mark.parametrize(
    ("given", "native"),
    [
        (
            error(
                "DUPLICATE_VALUE", f"duplicate value found: K__c duplicates value on record with id: {OTHER}"
            ),
            OTHER,
        ),
        (
            error(
                "DUPLICATE_VALUE",
                f"duplicate value found: K__c duplicates value on record with id: {OTHER[:15]}",
            ),
            OTHER,
        ),
        (error("DUPLICATE_VALUE", "duplicate value found: <unknown>"), None),
        (matched("duplicateResut"), OTHER),
        (matched("duplicateResult"), OTHER),
        (error("DUPLICATES_DETECTED", "Use one of these records?"), None),
    ],
)
def test_a_create_that_meets_a_record_names_it_when_the_vendor_does(
    given: dict[str, Any], native: str | None
) -> None:
    result = judged(Write(1, {}, key="k"), [given], LABELS)
    assert (result.verdict, result.id) == (Verdict.EXISTS, native)


@pytest.mark.parametrize(
    ("status", "verdict", "maybe"),
    [
        (412, Verdict.STALE, False),
        (404, Verdict.GONE, False),
        (500, Verdict.TRANSIENT, True),
        (503, Verdict.TRANSIENT, False),
    ],
)
def test_a_part_of_a_composite_is_judged_by_its_status(status: int, verdict: Verdict, maybe: bool) -> None:
    result = judged(Write(1, {}, id="00Q000000000001AAA"), [{}], LABELS, status=status)
    assert (result.verdict, result.maybe_written) == (verdict, maybe)


def test_no_written_value_stands_in_a_message() -> None:
    given = error("STRING_TOO_LONG", "Last Name: data value too large: Wolfeschlegelstein (max length=10)")
    result = judged(Write(1, {"LastName": "Wolfeschlegelstein"}, id="00Q000000000001AAA"), [given], LABELS)
    assert "Wolfe" not in result.message
    assert result.fields == ("LastName",)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001D000000IRFma", "001D000000IRFmaIAH"),
        ("001D000000IRFmaIAH", "001D000000IRFmaIAH"),
        ("nonsense", "nonsense"),
    ],
)
def test_ids_become_18_characters(short: str, long: str) -> None:
    assert to18(short) == long


def test_values_are_quoted_and_times_are_not() -> None:
    assert soql("WHERE A IN {}", ["O'B", "a\\b"]) == "WHERE A IN ('O\\'B','a\\\\b')"
    assert literal(moment("2026-01-01T02:00:00.000+0200")) == "2026-01-01T00:00:00Z"


def test_long_lists_become_queries_that_fit_a_url() -> None:
    wanted = [("Email", f"person.{n}@a-rather-long-domain.example") for n in range(1000)] + [
        ("Key__c", "k'" * 50)
    ]
    texts = list(queries("SELECT Id FROM Lead WHERE ", wanted))
    from urllib.parse import quote_plus

    assert 2 <= len(texts) <= 8
    assert all(len(quote_plus(text)) <= LONGEST_QUERY for text in texts)
    assert sum(text.count("person.") for text in texts) == 1000
