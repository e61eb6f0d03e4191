"""Tooling API: custom fields. A field made here is seen by nobody until a FieldPermissions row grants it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crmsync.simulator.salesforce.errors import not_found, refuse, row_error
from crmsync.simulator.salesforce.http import Call, Reply, flag, only
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.save import insert
from crmsync.simulator.salesforce.schema import Entity, Field, label_of
from crmsync.simulator.salesforce.tenant import Actor, Tenant

_TYPES = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Html": "textarea",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
}
_LENGTHS = {
    "TextArea": 255,
    "Email": 80,
    "Phone": 40,
    "Url": 255,
    "Picklist": 255,
    "MultiselectPicklist": 4099,
}
_KEYS = (
    *("type", "label", "description", "inlineHelpText", "length", "precision", "scale", "visibleLines"),
    *("required", "unique", "externalId", "caseSensitive", "defaultValue", "valueSet"),
)
"""What a field's metadata may say here: no formulas, lookups or roll-ups are made over the API."""
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")


class Tooling:
    """The resources below /tooling/sobjects."""

    def __init__(self, org: Tenant) -> None:
        self._org = org

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [("POST", "tooling/sobjects/{}", self.create), ("GET", "tooling/sobjects/{}/{}", self.get)]

    def create(self, call: Call, name: str) -> Reply:
        if name.lower() != "customfield":
            raise not_found()
        if not self._org.access.general("CustomizeApplication"):
            raise refuse("INSUFFICIENT_ACCESS", "insufficient access rights on entity: CustomField")
        body = call.settings("FullName", "Metadata")
        meta = body.get("Metadata")
        obj, _, field_name = str(body.get("FullName", "")).partition(".")
        entity = self._org.entity(obj)
        if entity is None or not entity.owned or not isinstance(meta, Mapping):
            raise row_error(
                "FIELD_INTEGRITY_EXCEPTION", f"Entity of {obj} not found or Metadata missing", ("FullName",)
            )
        if not _NAME.match(field_name):
            raise row_error(
                "FIELD_INTEGRITY_EXCEPTION",
                "The field name can only contain underscores and alphanumeric characters, must begin with a"
                " letter and end with __c",
                ("FullName",),
            )
        if entity.field(field_name) is not None:
            bare = field_name.removesuffix("__c")
            raise row_error(
                "DUPLICATE_DEVELOPER_NAME",
                f"There is already a field named {bare} on {entity.name}.",
                ("DeveloperName",),
            )
        record_id = add_custom_field(self._org, entity, built(field_name, meta), call.actor)
        return Reply(201, {"id": record_id, "success": True, "errors": [], "warnings": [], "infos": []})

    def get(self, call: Call, name: str, record_id: str) -> Reply:
        row = self._org.tables["CustomField"].rows.get(record_id)
        if name.lower() != "customfield" or row is None:
            raise not_found()
        url = f"{call.base}/tooling/sobjects/CustomField/{record_id}"
        full = f"{row['TableEnumOrId']}.{row['DeveloperName']}__c"
        return Reply(200, {"attributes": {"type": "CustomField", "url": url}, **row, "FullName": full})


def built(name: str, meta: Mapping[str, Any]) -> Field:
    """A field from Tooling metadata. Raises ApiError for a type or a length that the vendor refuses."""
    only(dict(meta), *_KEYS)
    kind = str(meta.get("type", ""))
    if kind not in _TYPES:
        raise row_error("FIELD_INTEGRITY_EXCEPTION", f"Unsupported field type: {kind}", ("Type",))
    length, scale = _number(meta, "length"), _number(meta, "scale")
    most = 131072 if kind in {"LongTextArea", "Html"} else 255
    if kind in {"Text", "LongTextArea", "Html"} and not 1 <= length <= most:
        raise row_error("FIELD_INTEGRITY_EXCEPTION", f"Length must be between 1 and {most}.", ("Length",))
    if kind in {"Number", "Currency", "Percent"} and "precision" not in meta:
        raise row_error(
            "FIELD_INTEGRITY_EXCEPTION", f"Must specify 'precision' for a {kind} field.", ("Precision",)
        )
    label = str(meta.get("label") or label_of(name))
    if len(label) > 40:
        raise row_error(
            "STRING_TOO_LONG", f"Label: data value too large: {label} (max length=40)", ("MasterLabel",)
        )
    values, restricted = _picklist(meta)
    return Field(
        name,
        _TYPES[kind],
        label=label,
        length=length or _LENGTHS.get(kind, 0),
        required=flag(meta, "required"),
        unique=flag(meta, "unique"),
        external_id=flag(meta, "externalId"),
        case_sensitive=flag(meta, "caseSensitive"),
        picklist=values,
        restricted=restricted,
        default=str(meta.get("defaultValue", "false")).lower() == "true" if kind == "Checkbox" else None,
        scale=scale,
        custom=True,
        permissionable=not flag(meta, "required"),
    )


def _number(meta: Mapping[str, Any], name: str) -> int:
    """A whole number of the metadata, 0 when it is left out. Raises ApiError for what is none."""
    value = meta.get(name) or 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse("JSON_PARSER_ERROR", f"Cannot deserialize instance of int from {name}")
    return value


def _picklist(meta: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """Values and whether they are the only ones allowed."""
    given = meta.get("valueSet")
    if not isinstance(given, Mapping):
        return (), False
    definition = given.get("valueSetDefinition") or {}
    values = definition.get("value", []) if isinstance(definition, Mapping) else None
    if not isinstance(values, list) or not all(isinstance(v, Mapping) for v in values):
        raise refuse("JSON_PARSER_ERROR", "valueSetDefinition must hold a list of values")
    names = [v.get("fullName") or v.get("valueName") for v in values]
    return tuple(str(n) for n in names if n), given.get("restricted") is True


def add_custom_field(org: Tenant, entity: Entity, item: Field, actor: Actor) -> str:
    """Add a field and its CustomField row; returns that row's id."""
    org.add_field(entity, item)
    values = {
        "DeveloperName": item.name.removesuffix("__c"),
        "TableEnumOrId": entity.name,
        "Length": item.length or None,
    }
    return insert(org, org.schema.entities["CustomField"], values, Actor("system", actor.user_id, actor.call))
