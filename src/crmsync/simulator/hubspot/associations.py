"""Contacts and companies: reading, linking, unlinking. Docs: developers.hubspot.com, "Associations" v4.

Type ids: contact to company 279, primary 1; company to contact 280, primary 2.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from crmsync.simulator.hubspot import writes
from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

READ_CAP: Final = 1000
_DEFAULT: Final = {"contacts": 279, "companies": 280}
_PRIMARY: Final = {"contacts": 1, "companies": 2}


def read_one(call: Call) -> Reply:
    """GET {type}/{id}/associations/{to}: v4's shape, or v3's on a v3 path."""
    portal, kind, to = call.portal, call.kind, call.portal.kind(call.args["to"])
    row = kind.table.resolve(call.args["id"])
    if row is None or row.archived:
        raise not_found()
    others = _linked(portal, kind, to, row.num)
    return 200, {"results": _targets(call.version, kind, to, others)}


def batch_read(call: Call) -> Reply:
    """POST associations/{from}/{to}/batch/read of at most 1,000 inputs; those without any are an error entry."""
    portal, kind, to = call.portal, call.kind, call.portal.kind(call.args["to"])
    inputs = call.body().get("inputs") or []
    if not inputs or len(inputs) > READ_CAP:
        raise validation(f"inputs must number between 1 and {READ_CAP}")
    results, lost = [], []
    for item in inputs:
        id = str(item.get("id") or "")
        row = kind.table.get(id)
        others = _linked(portal, kind, to, row.num) if row is not None and not row.archived else []
        if others:
            results.append(
                {"from": {"id": id}, "to": [_target(kind, num, primary) for num, primary in others]}
            )
        else:
            lost.append(id)
    now = portal.now()
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if not lost:
        return 200, body
    errors = [
        _none(kind, to, id).row() | {"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"} for id in lost
    ]
    return 207, {**body, "numErrors": len(errors), "errors": errors}


def link_default(call: Call) -> Reply:
    """PUT {type}/{id}/associations/default/{to}/{to_id}: 200, idempotent."""
    portal = call.portal
    contact, company = _pair(call)
    writes.associate(portal, contact, company, actor="api")
    here, there = call.kind, portal.kind(call.args["to"])
    ends = ((here, call.args["id"], call.args["to_id"]), (there, call.args["to_id"], call.args["id"]))
    results = [
        {
            "from": {"id": one},
            "to": {"id": other},
            "associationSpec": {
                "associationCategory": "HUBSPOT_DEFINED",
                "associationTypeId": _DEFAULT[kind.name],
            },
        }
        for kind, one, other in ends
    ]
    now = portal.now()
    return 200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def link_labelled(call: Call) -> Reply:
    """PUT {type}/{id}/associations/{to}/{to_id} with association types: 201."""
    contact, company = _pair(call)
    kind, to = call.kind, call.portal.kind(call.args["to"])
    asked = _types(call)
    writes.associate(call.portal, contact, company, primary=_PRIMARY[kind.name] in asked, actor="api")
    return 201, {
        "fromObjectTypeId": kind.type_id,
        "fromObjectId": int(call.args["id"]),
        "toObjectTypeId": to.type_id,
        "toObjectId": int(call.args["to_id"]),
        "labels": ["Primary"] if _PRIMARY[kind.name] in asked else [],
    }


def unlink(call: Call) -> Reply:
    """DELETE: 204."""
    contact, company = _pair(call)
    writes.dissociate(call.portal, contact, company, "api")
    return 204, None


def of_create(portal: Portal, kind: Kind, row: Row, asked: list[dict[str, Any]]) -> None:
    """Carry out the `associations` of a create. Raises ApiError 400 for a target that does not exist."""
    for each in asked:
        to = str((each.get("to") or {}).get("id") or "")
        types = {t.get("associationTypeId") for t in each.get("types") or []}
        if kind.name != "contacts" or not types & {1, 279}:
            raise validation(f"Association types {sorted(map(str, types))} do not fit {kind.name}")
        company = portal.kinds["companies"].table.get(to)
        if company is None or company.archived:
            raise validation(f"Company {to} does not exist")
        writes.associate(portal, row.num, company.num, primary=1 in types, actor="api")


def embedded(portal: Portal, kind: Kind, row: Row, wanted: list[str]) -> dict[str, Any]:
    """The `associations` of a read record; empty when there are none. Raises ApiError 400."""
    out = {}
    for name in wanted:
        to = portal.kind(name)
        others = _linked(portal, kind, to, row.num)
        if others:
            out[to.name] = {"results": _targets("v3", kind, to, others)}
    return {"associations": out} if out else {}


def _linked(portal: Portal, kind: Kind, to: Kind, num: int) -> list[tuple[int, bool]]:
    """(other, is primary) of one record."""
    if kind.name == to.name:
        return []
    if kind.name == "contacts":
        return [(company, at == 0) for at, company in enumerate(portal.companies_of.get(num, []))]
    contacts = sorted(portal.contacts_of.get(num, set()))
    return [(contact, portal.companies_of[contact][0] == num) for contact in contacts]


def _targets(version: str, kind: Kind, to: Kind, others: list[tuple[int, bool]]) -> list[dict[str, Any]]:
    """The other ends as v3 lists them (one line a type, by name) or as all later versions do."""
    if version != "v3":
        return [_target(kind, num, primary) for num, primary in others]
    name = f"{kind.singular}_to_{to.singular}"
    types = [f"{name}_unlabeled", name]
    return [{"id": str(num), "type": type} for num, primary in others for type in types[: 1 + primary]]


def _target(kind: Kind, num: int, primary: bool) -> dict[str, Any]:
    types = [{"category": "HUBSPOT_DEFINED", "typeId": _DEFAULT[kind.name], "label": None}]
    if primary:
        types.insert(0, {"category": "HUBSPOT_DEFINED", "typeId": _PRIMARY[kind.name], "label": "Primary"})
    return {"toObjectId": num, "associationTypes": types}


def _pair(call: Call) -> tuple[int, int]:
    """(contact, company) of the path. Raises ApiError 400 or 404."""
    kind, to = call.kind, call.portal.kind(call.args["to"])
    if {kind.name, to.name} != {"contacts", "companies"}:
        raise validation(f"{kind.name} and {to.name} cannot be associated here")
    rows = (kind.table.get(call.args["id"]), to.table.get(call.args["to_id"]))
    if rows[0] is None or rows[1] is None or rows[0].archived or rows[1].archived:
        raise not_found()
    nums = (rows[0].num, rows[1].num)
    return nums if kind.name == "contacts" else (nums[1], nums[0])


def _types(call: Call) -> set[int]:
    body = orjson.loads(call.request.body or b"[]")
    if not isinstance(body, list):
        raise validation("the body is a list of association types")
    return {int(each.get("associationTypeId", 0)) for each in body}


def _none(kind: Kind, to: Kind, id: str) -> ApiError:
    message = f"No {to.singular} is associated with {kind.singular} {id}."
    context = {"fromObjectId": [id], "fromObjectType": [kind.type_id], "toObjectType": [to.type_id]}
    return ApiError(404, message, "OBJECT_NOT_FOUND", context=context)


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/objects/{type}/{id}/associations/{to}": read_one,
    "PUT crm/objects/{type}/{id}/associations/default/{to}/{to_id}": link_default,
    "PUT crm/objects/{type}/{id}/associations/{to}/{to_id}": link_labelled,
    "DELETE crm/objects/{type}/{id}/associations/{to}/{to_id}": unlink,
    "POST crm/associations/{type}/{to}/batch/read": batch_read,
}
