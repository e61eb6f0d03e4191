"""Property definitions and groups over the API. Docs: developers.hubspot.com, "Properties API"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.properties import Property
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
UNIQUE_LIMIT: Final = 10


def listing(call: Call) -> Reply:
    """GET properties/{type}: all at once, no paging."""
    found = [] if call.flag("archived") else [prop.as_json() for prop in call.kind.schema.values()]
    return 200, {"results": found}


def read(call: Call) -> Reply:
    """GET properties/{type}/{name}."""
    prop = call.kind.schema.get(call.args["name"])
    if prop is None:
        raise not_found(f'Property "{call.args["name"]}" does not exist')
    return 200, prop.as_json()


def create(call: Call) -> Reply:
    """POST properties/{type}: 201, or 409 for a name that exists."""
    prop = define(call.kind, call.body(), call.portal.now())
    return 201, prop.as_json()


def update(call: Call) -> Reply:
    """PATCH properties/{type}/{name}: label, description, group and options of a property."""
    kind, body = call.kind, call.body()
    prop = kind.schema.get(call.args["name"])
    if prop is None:
        raise not_found(f'Property "{call.args["name"]}" does not exist')
    options = _options(body) if "options" in body else prop.options
    kind.schema[prop.name] = changed = replace(
        prop,
        label=body.get("label", prop.label),
        description=body.get("description", prop.description),
        group=body.get("groupName", prop.group),
        options=options,
        stamp=call.portal.now(),
        ranks={},
    )
    return 200, changed.as_json()


def groups(call: Call) -> Reply:
    """GET properties/{type}/groups."""
    return 200, {"results": [_group(name, label) for name, label in call.kind.groups.items()]}


def create_group(call: Call) -> Reply:
    """POST properties/{type}/groups: 201, or 409."""
    body, kind = call.body(), call.kind
    name = str(body.get("name") or "")
    if not name:
        raise validation("name is required")
    if name in kind.groups:
        raise ApiError(409, f"A property group named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
    kind.groups[name] = str(body.get("label") or name)
    return 201, _group(name, kind.groups[name])


def define(kind: Kind, body: dict[str, Any], now: str) -> Property:
    """Add a custom property. Raises ApiError."""
    name, type, field = (str(body.get(each) or "") for each in ("name", "type", "fieldType"))
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise validation(f"{name!r} is not a property name: lower-case letters, digits and underscores")
    if type not in TYPES or field not in FIELD_TYPES:
        raise validation(f"type {type!r} with fieldType {field!r} is not valid")
    if str(body.get("groupName") or "") not in kind.groups:
        raise validation(f"Property group {body.get('groupName')!r} does not exist")
    if name in kind.schema:
        raise ApiError(409, f"A property named '{name}' already exists.", "PROPERTY_ALREADY_EXISTS")
    unique = bool(body.get("hasUniqueValue"))
    if unique and sum(p.unique for p in kind.schema.values()) >= UNIQUE_LIMIT:
        raise validation(f"At most {UNIQUE_LIMIT} properties may have unique values")
    prop = Property(
        name,
        str(body.get("label") or name),
        type,
        field,
        str(body["groupName"]),
        _options(body),
        unique=unique,
        hidden=bool(body.get("hidden")),
        defined_by_hubspot=False,
        description=str(body.get("description") or ""),
        stamp=now,
    )
    kind.schema[name] = prop
    if unique:
        kind.table.unique[name] = {}
    return prop


def _options(body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    listed = sorted(body.get("options") or [], key=lambda each: each.get("displayOrder", 0))
    if body.get("type") == "bool":
        return (("true", "Yes"), ("false", "No"))
    return tuple((str(each["value"]), str(each.get("label") or each["value"])) for each in listed)


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/properties/{type}": listing,
    "POST crm/properties/{type}": create,
    "GET crm/properties/{type}/groups": groups,
    "POST crm/properties/{type}/groups": create_group,
    "GET crm/properties/{type}/{name}": read,
    "PATCH crm/properties/{type}/{name}": update,
}
