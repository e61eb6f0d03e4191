"""Every class of refusal: parked with a stable code, a cause that says where and a fix, beside a batch that goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.store.read import review_items
from crmsync.sync.advice import advice
from crmsync.sync.engine import Engine
from engines import calm, engine_on, rows, sync

SALESFORCE = [
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Nobody is called Boss here", "validation rule"),
    ("FIELD_FILTER_VALIDATION_EXCEPTION", "Value does not exist or does not match filter criteria.", "filter"),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Boss", "picklist"),
    ("STRING_TOO_LONG", "Title: data value too large: Boss (max length=128)", "truncate"),
    ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Title]", "default_on_create"),
    ("FIELD_INTEGRITY_EXCEPTION", "There's a problem with this country", "countries"),
    ("NUMBER_OUTSIDE_VALID_RANGE", "Title: value outside of valid range", "digits"),
    ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: Boss", "e-mail"),
    ("INVALID_TYPE_ON_FIELD_IN_RECORD", "Title: value not of required type: Boss", "transform"),
    ("DUPLICATES_DETECTED", "Use one of these records?", "merge"),
    ("DUPLICATE_VALUE", "duplicate value found: Title duplicates value on record with id: x", "merge"),
    ("INVALID_CROSS_REFERENCE_KEY", "Record Type ID: this ID value isn't valid for the user", "share"),
    ("INACTIVE_OWNER_OR_USER", "operation performed with inactive user", "active owner"),
    ("ENTITY_IS_LOCKED", "This record is locked.", "approval"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", "grant"),
    ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id", "share"),
    ("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Title", "direction"),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "LeadTrigger: execution of BeforeUpdate", "trigger"),
    ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", "storage"),
    ("INVALID_STATUS", "bad status", "status"),
    ("TXN_SECURITY_NO_ACCESS", "The operation you requested isn't allowed", "policy"),
]  # fmt: skip
"""Salesforce's refusals of a row (facts: status codes), and a word of what is to be done."""


def parked(engine: Engine) -> list[dict[str, Any]]:
    return [i for i in review_items(engine.store) if i["kind"] == "parked"]  # type: ignore[arg-type]


class Refusing:
    """An org that refuses Leads called Boss for one reason, as long as `active`."""

    def __init__(self, cluster: Cluster, code: str, message: str, fields: tuple[str, ...]) -> None:
        self.active, self.error = True, (code, message, fields)
        cluster.salesforce.org.validations.append(self.check)

    def check(self, entity: Any, row: Any, old: Any) -> ApiError | None:
        bad = self.active and entity.name == "Lead" and row.get("Title") == "Boss"
        return row_error(*self.error) if bad else None


def three(cluster: Cluster, engine: Engine) -> list[str]:
    people = [
        cluster.hubspot.create("contacts", {"email": f"{n}@a.example", "lastname": n})
        for n in ("a", "b", "c")
    ]
    calm(cluster)
    sync(engine)
    calm(cluster)
    for person, title in zip(people, ("CTO", "Boss", "CFO"), strict=True):
        cluster.hubspot.edit("contacts", person, {"jobtitle": title})
    calm(cluster)
    return people


def titles(cluster: Cluster) -> list[object]:
    return [r.get("Title") for r in sorted(rows(cluster, "Lead"), key=lambda r: str(r["LastName"]))]


def test_every_refusal_waits_with_its_cause_and_fix_and_ends_with_the_value(tmp_path: Path) -> None:
    """One person for each, all in one call, and one beside them whom nobody refuses."""
    cluster = Cluster(1)
    told = {code: (code, message, ("Title",)) for code, message, _ in SALESFORCE}

    def check(entity: Any, row: Any, old: Any) -> ApiError | None:
        found = told.get(str(row.get("Title"))) if entity.name == "Lead" else None
        return row_error(*found) if found else None

    cluster.salesforce.org.validations.append(check)
    with engine_on(cluster, tmp_path) as engine:
        codes = ["fine", *told]
        people = {
            c: cluster.hubspot.create("contacts", {"email": f"{c}@a.example", "lastname": c}) for c in codes
        }
        calm(cluster)
        sync(engine)
        calm(cluster)
        for code, person in people.items():
            cluster.hubspot.edit("contacts", person, {"jobtitle": code, "city": "Bonn"})
        calm(cluster)
        sync(engine)
        assert [r.get("Title") for r in rows(cluster, "Lead") if r.get("Title")] == ["fine"]
        assert {r["City"] for r in rows(cluster, "Lead")} == {"Bonn"}
        items = {i["values"]["salesforce"]: i for i in parked(engine)}
        assert items.keys() == told.keys()
        for code, _, word in SALESFORCE:
            assert items[code]["field"] == "title"
            assert "Title" in items[code]["cause"] and "mapping.yaml:" in items[code]["cause"], code
            assert word in items[code]["fix"] and "{" not in items[code]["fix"], code
        calm(cluster)
        assert sync(engine).writes == 0
        for person in people.values():
            cluster.hubspot.edit("contacts", person, {"jobtitle": "COO"})
        calm(cluster)
        assert sync(engine).writes == len(people)
        assert parked(engine) == []


@pytest.mark.parametrize("fields", [("Title",), ()], ids=["field", "record"])
def test_what_lies_in_the_crm_is_tried_again_once_a_day(tmp_path: Path, fields: tuple[str, ...]) -> None:
    """The record was unlocked: neither its value nor the definition says so."""
    cluster = Cluster(2)
    with engine_on(cluster, tmp_path) as engine:
        three(cluster, engine)
        refusing = Refusing(cluster, "ENTITY_IS_LOCKED", "This record is locked.", fields)
        sync(engine)
        (item,) = parked(engine)
        assert item["field"] == ("title" if fields else "")
        refusing.active = False
        calm(cluster)
        assert sync(engine).writes == 0
        cluster.clock.advance(timedelta(days=2).total_seconds())
        sync(engine)
        assert titles(cluster) == ["CTO", "Boss", "CFO"]
        assert parked(engine) == []


HUBSPOT = ["INVALID_EMAIL", "INVALID_OPTION", "INVALID_OWNER_ID", "INVALID_LENGTH", "INVALID_INTEGER", "INVALID_DECIMAL",
           "INVALID_DATE", "REQUIRED_PROPERTY_MISSING", "READ_ONLY_VALUE", "PROPERTY_DOESNT_EXIST",
           "CONFLICTING_UNIQUE_VALUE", "CONFLICT", "INVALID_PHONE_NUMBER"]  # fmt: skip


@pytest.mark.parametrize("code", HUBSPOT)
def test_every_refusal_of_hubspot_has_advice_of_its_own(code: str) -> None:
    told = advice(code, "jobtitle")
    assert told != advice("SOMETHING_ELSE", "jobtitle")
    assert "{" not in told
