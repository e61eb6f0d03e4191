"""Property definitions and groups over the API. Docs: developers.hubspot.com, "Properties API"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.pipelines import stamp_properties
from crmsync.simulator.hubspot.properties import Property
from crmsync.simulator.hubspot.readings import whole
from crmsync.simulator.hubspot.state import Kind

TYPES: Final = frozenset({"bool", "date", "datetime", "enumeration", "number", "phone_number", "string"})
FIELD_TYPES: Final = frozenset(
    [
        "booleancheckbox",
        "calculation_equation",
        "checkbox",
        "date",
        "file",
        "html",
        "number",
        "phonenumber",
        "radio",
        "select",
        "text",
        "textarea",
    ]
)
FITTING: Final = {
    "bool": {"booleancheckbox"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select"},
    "number": {"number"},
    "phone_number": {"phonenumber"},
    "string": {"file", "html", "phonenumber", "text", "textarea"},
}
"""Type -> the field types that go with it. Formulas (`calculation_equation`) are not worked out, so they are refused."""

BOOLEANS: Final = (("true", "Yes"), ("false", "No"))
SENSITIVITIES: Final = ("non_sensitive", "sensitive", "highly_sensitive")
CUSTOMISABLE: Final = frozenset(
    {"lifecyclestage", "hs_lead_status", "industry", "numemployees", "hs_persona", "type"}
)
"""HubSpot's own properties whose options a portal may change."""

UNIQUE_LIMIT: Final = 10
BATCH_CAP: Final = 100


def listing(call: Call) -> Reply:
    """GET properties/{type}: all at once, no paging; archived or sensitive ones only when asked, and then alone."""
    kind, wanted = call.kind, call.request.param("dataSensitivity") or "non_sensitive"
    if wanted not in SENSITIVITIES:
        raise validation(f"dataSensitivity {wanted} is none of {', '.join(SENSITIVITIES)}")
    held = kind.retired if call.flag("archived") else kind.schema
    return 200, {"results": [prop.as_json() for prop in held.values() if prop.sensitivity == wanted]}


def read(call: Call) -> Reply:
    """GET properties/{type}/{name}."""
    held = call.kind.retired if call.flag("archived") else call.kind.schema
    prop = _one(held, call.args["name"])
    wanted = call.request.param("dataSensitivity") or prop.sensitivity
    return 200, _one(held if wanted == prop.sensitivity else {}, prop.name).as_json()


def create(call: Call) -> Reply:
    """POST properties/{type}: 201, or 409 for a name that exists."""
    return 201, define(call.kind, call.body(), call.portal.now()).as_json()


def update(call: Call) -> Reply:
    """PATCH properties/{type}/{name}: label, description, group, order, options; never name, type or uniqueness."""
    kind, body = call.kind, call.body()
    prop = _one(kind.schema, call.args["name"])
    fixed = (
        ("type", prop.type),
        ("fieldType", prop.field_type),
        ("hasUniqueValue", prop.unique),
        ("externalOptions", False),
        ("dataSensitivity", prop.sensitivity),
    )
    for name, held in fixed:
        if body.get(name, held) != held:
            raise validation(f"{name} of {prop.name} cannot be changed here")
    if "groupName" in body and str(body["groupName"]) not in kind.groups:
        raise validation(f"Property group {body['groupName']!r} does not exist")
    if prop.defined_by_hubspot and "options" in body and prop.name not in CUSTOMISABLE:
        raise validation(f"The options of {prop.name} cannot be changed")
    listed = _listed(body) if "options" in body else None
    kind.schema[prop.name] = changed = replace(
        prop,
        label=str(body.get("label", prop.label)),
        description=str(body.get("description", prop.description)),
        group=str(body.get("groupName", prop.group)),
        hidden=bool(body.get("hidden", prop.hidden)),
        order=whole(body.get("displayOrder"), "displayOrder", prop.order),
        in_forms=bool(body.get("formField", prop.in_forms)),
        options=_options(listed) if listed is not None else prop.options,
        unlisted=_unlisted(listed) if listed is not None else prop.unlisted,
        stamp=call.portal.now(),
        ranks={},
    )
    if prop.name == "lifecyclestage":
        show_stages(kind)
    return 200, changed.as_json()


def archive(call: Call) -> Reply:
    """DELETE properties/{type}/{name}: 204; its values are out of sight. HubSpot's own properties stay."""
    retire(call.kind, call.args["name"], call.portal.now())
    return 204, None


def batch_create(call: Call) -> Reply:
    """POST properties/{type}/batch/create: 201; one that cannot be made stops none of the others."""
    results, errors = [], []
    for item in _inputs(call):
        try:
            results.append(define(call.kind, item, call.portal.now()).as_json())
        except ApiError as error:
            errors.append(error.row())
    return _reply(call, results, errors, 201)


def batch_read(call: Call) -> Reply:
    """POST properties/{type}/batch/read of `{name}`."""
    held = call.kind.retired if call.body().get("archived") else call.kind.schema
    names = [str(item.get("name") or "") for item in _inputs(call)]
    lost = [name for name in names if name not in held]
    errors = [not_found(f'Property "{name}" does not exist').row() for name in lost]
    return _reply(call, [held[name].as_json() for name in names if name in held], errors, 200)


def batch_archive(call: Call) -> Reply:
    """POST properties/{type}/batch/archive of `{name}`: 204."""
    for item in _inputs(call):
        retire(call.kind, str(item.get("name") or ""), call.portal.now())
    return 204, None


def groups(call: Call) -> Reply:
    """GET properties/{type}/groups."""
    return 200, {"results": [_group(call.kind, name) for name in call.kind.groups]}


def create_group(call: Call) -> Reply:
    """POST properties/{type}/groups: 201, or 409."""
    body, kind = call.body(), call.kind
    name = str(body.get("name") or "")
    if not name:
        raise validation("name is required")
    if name in kind.groups:
        raise ApiError(409, f"A property group named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
    kind.orders[name] = whole(body.get("displayOrder"), "displayOrder", -1)
    kind.groups[name] = str(body.get("label") or name)
    return 201, _group(kind, name)


def read_group(call: Call) -> Reply:
    """GET properties/{type}/groups/{group}."""
    return 200, _group(call.kind, _one_group(call)[0])


def update_group(call: Call) -> Reply:
    """PATCH properties/{type}/groups/{group}: its label and place."""
    (name, label), kind, body = _one_group(call), call.kind, call.body()
    kind.orders[name] = whole(body.get("displayOrder"), "displayOrder", kind.orders.get(name, -1))
    kind.groups[name] = str(body.get("label") or label)
    return 200, _group(kind, name)


def archive_group(call: Call) -> Reply:
    """DELETE properties/{type}/groups/{group}: 204, unless properties are in it."""
    name, _ = _one_group(call)
    if any(prop.group == name for prop in call.kind.schema.values()):
        raise validation(f"Property group {name} still has properties")
    del call.kind.groups[name]
    return 204, None


def define(kind: Kind, body: dict[str, Any], now: str) -> Property:
    """Add a custom property. Raises ApiError."""
    name, type, field = (str(body.get(each) or "") for each in ("name", "type", "fieldType"))
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise validation(f"{name!r} is not a property name: lower-case letters, digits and underscores")
    if type not in TYPES or field not in FIELD_TYPES or field not in FITTING[type]:
        raise validation(f"type {type!r} with fieldType {field!r} is not valid")
    if str(body.get("groupName") or "") not in kind.groups:
        raise validation(f"Property group {body.get('groupName')!r} does not exist")
    if name in kind.schema:
        raise ApiError(409, f"A property named '{name}' already exists.", "PROPERTY_ALREADY_EXISTS")
    unique = bool(body.get("hasUniqueValue"))
    if unique and sum(p.unique for p in kind.schema.values()) >= UNIQUE_LIMIT:
        raise validation(f"At most {UNIQUE_LIMIT} properties may have unique values")
    listed, sensitivity = _listed(body), str(body.get("dataSensitivity") or "non_sensitive")
    if sensitivity not in SENSITIVITIES:
        raise validation(f"dataSensitivity {sensitivity} is none of {', '.join(SENSITIVITIES)}")
    if body.get("externalOptions"):
        raise validation("options from elsewhere (externalOptions) are not supported")
    if type == "enumeration" and not listed:
        raise validation("an enumeration needs options")
    kind.retired.pop(name, None)
    prop = Property(
        name,
        str(body.get("label") or name),
        type,
        field,
        str(body["groupName"]),
        BOOLEANS if type == "bool" else _options(listed),
        unique=unique,
        hidden=bool(body.get("hidden")),
        defined_by_hubspot=False,
        description=str(body.get("description") or ""),
        stamp=now,
        created=now,
        unlisted=_unlisted(listed),
        sensitivity=sensitivity,
        order=whole(body.get("displayOrder"), "displayOrder", -1),
        in_forms=bool(body.get("formField", True)),
    )
    kind.schema[name] = prop
    if unique:
        kind.table.unique[name] = {}
    return prop


def retire(kind: Kind, name: str, now: str) -> None:
    """Archive a portal's own property. Raises ApiError 404, or 400 for one of HubSpot's."""
    prop = _one(kind.schema, name)
    if prop.defined_by_hubspot:
        raise validation(f"{name} is defined by HubSpot and cannot be archived")
    kind.retired[name] = replace(prop, archived=now, ranks={})
    del kind.schema[name]
    kind.table.unique.pop(name, None)


def show_stages(kind: Kind) -> None:
    """Give every lifecycle stage its stamps; those of a removed one stay."""
    prop = kind.schema["lifecyclestage"]
    for value, label in prop.options:
        old = f"hs_lifecyclestage_{value}_date"
        stamp = Property(
            old, f"Became a {label}", "datetime", "date", prop.group, read_only=True, calculated=True
        )
        for each in (stamp, *stamp_properties(value, label, prop.group)):
            kind.schema.setdefault(each.name, each)


def _one(held: dict[str, Property], name: str) -> Property:
    prop = held.get(name)
    if prop is None:
        raise not_found(f'Property "{name}" does not exist')
    return prop


def _one_group(call: Call) -> tuple[str, str]:
    name = call.args["group"]
    if name not in call.kind.groups:
        raise not_found(f"Property group {name} does not exist")
    return name, call.kind.groups[name]


def _listed(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The options of a body in display order. Raises ApiError 400 for one without a value, or the same value twice."""
    listed = body.get("options") or []
    if not isinstance(listed, list) or not all(isinstance(o, dict) and o.get("value") for o in listed):
        raise validation("options must be objects with label and value")
    if len({str(o["value"]) for o in listed}) != len(listed):
        raise validation("option values must be unique")
    return sorted(listed, key=lambda each: whole(each.get("displayOrder"), "displayOrder", 0))


def _options(listed: list[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(each["value"]), str(each.get("label") or each["value"])) for each in listed)


def _unlisted(listed: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(str(each["value"]) for each in listed if each.get("hidden"))


def _inputs(call: Call) -> list[dict[str, Any]]:
    inputs = call.body().get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(item, dict) for item in inputs):
        raise validation("inputs must be a list of objects")
    if len(inputs) > BATCH_CAP:
        raise validation(f"Too many inputs: {len(inputs)}. The limit is {BATCH_CAP}.")
    return inputs


def _reply(call: Call, results: list[Any], errors: list[Any], status: int) -> Reply:
    now = call.portal.now()
    body = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    return (207, {**body, "numErrors": len(errors), "errors": errors}) if errors else (status, body)


def _group(kind: Kind, name: str) -> dict[str, Any]:
    order = kind.orders.get(name, -1)
    return {"name": name, "label": kind.groups[name], "displayOrder": order, "archived": False}


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/properties/{type}": listing,
    "POST crm/properties/{type}": create,
    "GET crm/properties/{type}/groups": groups,
    "POST crm/properties/{type}/groups": create_group,
    "GET crm/properties/{type}/groups/{group}": read_group,
    "PATCH crm/properties/{type}/groups/{group}": update_group,
    "DELETE crm/properties/{type}/groups/{group}": archive_group,
    "POST crm/properties/{type}/batch/create": batch_create,
    "POST crm/properties/{type}/batch/read": batch_read,
    "POST crm/properties/{type}/batch/archive": batch_archive,
    "GET crm/properties/{type}/{name}": read,
    "PATCH crm/properties/{type}/{name}": update,
    "DELETE crm/properties/{type}/{name}": archive,
}
