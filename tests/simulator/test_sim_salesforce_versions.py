"""What earlier versions of the REST API lack: said of upserts and of the header for duplicates (REST/dome-upsert)."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, new_org

ROW = {"LastName": "Doe", "Company": "Acme"}


def send(org: Org, version: int, method: str, path: str, body: Any, **headers: str) -> Answer:
    """A call of another version."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return org.send(method, f"/services/data/v{version}.0/{path}", body, headers=named)


@fact(
    "salesforce", "upsert", "Before version 46 an upsert that updates is 204, and none says created.", "doc"
)
@pytest.mark.parametrize(("version", "status"), [(45, 204), (46, 200)])
def test_earlier_upserts_say_less(version: int, status: int) -> None:
    org = new_org()
    org.key_field()
    path = "sobjects/Lead/crmsync_id__c/k"
    made = send(org, version, "PATCH", path, ROW)
    assert (made.status, made.body.get("created")) == (201, True if version == 46 else None)
    again = send(org, version, "PATCH", path, {"City": "Oslo"})
    assert (again.status, again.body is None) == (status, version == 45)


@fact("salesforce", "collections", "Upserts of many records are there from version 46 on.", "doc")
@pytest.mark.parametrize(("version", "status"), [(45, 404), (46, 200)])
def test_earlier_versions_have_no_upsert_of_many(version: int, status: int) -> None:
    org = new_org()
    org.key_field()
    rows = [{"attributes": {"type": "Lead"}, "crmsync_id__c": "k", **ROW}]
    path = "composite/sobjects/Lead/crmsync_id__c"
    assert send(org, version, "PATCH", path, {"records": rows}).status == status


@fact("salesforce", "duplicates", "Sforce-Duplicate-Rule-Header works from version 52 on.", "doc")
@pytest.mark.parametrize(("version", "status"), [(51, 400), (52, 201)])
def test_earlier_versions_cannot_save_duplicates(version: int, status: int) -> None:
    org = new_org()
    org.sim.setup.duplicate_rule("Lead", "alert", "alert")
    row = {**ROW, "FirstName": "Ann", "Email": "ann@one.example"}
    assert org.post("Lead", **row).status == 201
    header = {"sforce_duplicate_rule_header": "allowSave=true"}
    assert send(org, version, "POST", "sobjects/Lead", row, **header).status == status
