"""Duplicate rules: what a new or changed row matches, and whether that refuses the save."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from crmsync.simulator.salesforce.errors import ApiError, Problem
from crmsync.simulator.salesforce.rules import DuplicateRule
from crmsync.simulator.salesforce.schema import Entity, Row, Value
from crmsync.simulator.salesforce.tenant import Actor, Tenant


def check_duplicates(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """Raises ApiError DUPLICATES_DETECTED. People click an alert away; the API says so with allowSave."""
    shown = org.tables["DuplicateRule"].rows
    for rule in org.rules.duplicates:
        if rule.entity != entity.name or not shown[rule.id].get("IsActive", False):
            continue
        action = rule.on_create if old is None else rule.on_update
        waved = action == "alert" and (actor.allow_duplicates or not actor.limited)
        if action == "allow" or waved or (old is not None and not _moved(row, old)):
            continue
        found = {t: list(_matches(org, rule, t, row, actor)) for t in rule.targets}
        if any(found.values()):
            raise _refusal(rule, action == "alert", found, actor)


_COMPARED = ("Email", "FirstName", "LastName", "Company", "AccountId", "Name")


def _moved(row: Row, old: Row) -> bool:
    """Whether an update touches what the rules compare."""
    return any(row.get(n) != old.get(n) for n in _COMPARED)


def _matches(org: Tenant, rule: DuplicateRule, target: str, row: Row, actor: Actor) -> Iterator[Row]:
    table = org.tables[target]
    for name in ("LastName", "Name"):
        if name in table.entity.fields and name not in table.indexes:
            table.watch(replace(table.entity.fields[name], indexed=True))
    blind = actor.limited and (actor.as_current_user or not rule.bypass_sharing)
    company = _company(org, row)
    for other in table.pick(_candidates(org, target, row)):
        if other["Id"] == row["Id"] or other.get("IsDeleted", False) or other.get("IsConverted", False):
            continue
        if blind and not org.access.sees(table.entity, other):
            continue
        email = _same(row.get("Email"), other.get("Email"))
        named = _same(row.get("LastName"), other.get("LastName")) and (
            _same(row.get("FirstName"), other.get("FirstName")) and _same(company, _company(org, other))
        )
        if email or named or (target == "Account" and _same(row.get("Name"), other.get("Name"))):
            yield other


def _candidates(org: Tenant, target: str, row: Row) -> Iterable[str]:
    """Ids that an index gives for the compared fields."""
    out: set[str] = set()
    for name in ("Email", "LastName") if target != "Account" else ("Name",):
        value = row.get(name)
        if value is not None:
            out.update(org.tables[target].indexes[name].get(value))
    return out


def _company(org: Tenant, row: Row) -> Value:
    if row.get("Company") is not None:
        return row["Company"]
    return (org.look(row.get("AccountId")) or {}).get("Name")


def _same(one: Value, other: Value) -> bool:
    return one is not None and other is not None and str(one).lower() == str(other).lower()


def _refusal(rule: DuplicateRule, may: bool, found: dict[str, list[Row]], actor: Actor) -> ApiError:
    """The vendor's error; its key for what was found is misspelt, and only single rows show it."""
    results = [_result(target, rows, actor) for target, rows in found.items() if rows]
    extra = {
        "duplicateResut": {
            "allowSave": may,
            "duplicateRule": rule.name,
            "duplicateRuleEntityType": rule.entity,
            "errorMessage": rule.message,
            "matchResults": results,
        }
    }
    return ApiError(Problem("DUPLICATES_DETECTED", rule.message, None, extra))


def _result(target: str, rows: list[Row], actor: Actor) -> dict[str, Any]:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": _record(target, row, actor),
        }
        for row in rows
    ]
    return {
        "entityType": target,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": records,
        "rule": f"Standard_{target}_Match_Rule",
        "size": len(records),
        "success": True,
    }


def _record(target: str, row: Row, actor: Actor) -> dict[str, Any]:
    about = {"type": target, "url": f"/services/data/v62.0/sobjects/{target}/{row['Id']}"}
    out: dict[str, Any] = {"attributes": about, "Id": row["Id"]}
    if actor.duplicate_details:
        out |= {n: row.get(n) for n in ("Name", "Email", "OwnerId") if row.get(n) is not None}
    return out
