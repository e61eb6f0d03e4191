"""What a HubSpot object holds: property definitions in our words, and native values made plain at this edge.

Every HubSpot value travels as text (docs: properties guide). Nothing here reads or writes records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from crmsync.connectors.hubspot.client import Client, Json
from crmsync.connectors.hubspot.company import COMPANY
from crmsync.model.records import FieldType, NativeField, ObjectInfo
from crmsync.model.values import Value, Values

LONGEST_TEXT = 65_536
KEY = "crmsync_id"
_TYPES = {
    "string": FieldType.TEXT,
    "phone_number": FieldType.PHONE,
    "number": FieldType.NUMBER,
    "bool": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
}


def stamp_property(obj: str) -> str:
    """Contacts move `lastmodifieddate`; on them `hs_lastmodifieddate` exists too, but gives wrong rows."""
    return "lastmodifieddate" if obj == "contacts" else "hs_lastmodifieddate"


def described(client: Client, obj: str) -> ObjectInfo:
    """One call: GET properties has no pages."""
    reply = client.get("describe", client.path("properties", f"/{obj}"))
    fields = {f.name: f for f in (_field(obj, p) for p in reply.get("results", []) if not p.get("archived"))}
    return ObjectInfo("hubspot", obj, fields)


def _field(obj: str, definition: Json) -> NativeField:
    name = str(definition["name"])
    kind = _kind(name, definition)
    meta = definition.get("modificationMetadata") or {}
    computed = bool(definition.get("calculated"))
    # The contact's company is written as an association, whatever its definition says of the property.
    writable = (not meta.get("readOnlyValue", False) and not computed) or (obj, name) == ("contacts", COMPANY)
    return NativeField(
        name=name,
        type=kind,
        length=LONGEST_TEXT if kind in {FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE} else 0,
        createable=writable,
        updateable=writable,
        unique=bool(definition.get("hasUniqueValue")) or (obj == "contacts" and name == "email"),
        calculated=computed,
        options=_options(definition)
        if kind in {FieldType.PICKLIST, FieldType.MULTIPICKLIST}
        else frozenset(),
        as_text=True,
    )


def _kind(name: str, definition: Json) -> FieldType:
    vendor, widget = definition.get("type"), definition.get("fieldType")
    if name == COMPANY:
        return FieldType.REFERENCE
    if vendor == "enumeration":
        if definition.get("externalOptions") or definition.get("referencedObjectType"):
            return FieldType.REFERENCE
        return FieldType.MULTIPICKLIST if widget == "checkbox" else FieldType.PICKLIST
    if vendor == "string" and name == "email":
        return FieldType.EMAIL
    if vendor == "string" and widget == "phonenumber":
        return FieldType.PHONE
    return _TYPES.get(str(vendor), FieldType.OTHER)


def _options(definition: Json) -> frozenset[str]:
    # Hidden options stay writable, so they count.
    return frozenset(str(option["value"]) for option in definition.get("options") or [])


class Plain:
    """Turns native values of one object into plain ones: "" is null, milliseconds are dates and times."""

    def __init__(self, info: ObjectInfo) -> None:
        self._times = frozenset(f.name for f in info.fields.values() if f.type is FieldType.DATETIME)
        self._dates = frozenset(f.name for f in info.fields.values() if f.type is FieldType.DATE)

    def read(self, properties: Mapping[str, Any], names: Sequence[str]) -> Values:
        """Exactly the asked fields; what the reply leaves out is null."""
        values: Values = {name: properties.get(name) or None for name in names}
        for name in self._times.intersection(names):
            values[name] = _time(values[name])
        for name in self._dates.intersection(names):
            values[name] = _date(values[name])
        return values

    def echoed(self, properties: Mapping[str, Any], written: Iterable[str]) -> Values:
        """What the vendor says it stored, for the fields that were written."""
        return self.read(properties, [name for name in written if name in properties])


def sent(values: Mapping[str, Value]) -> dict[str, str]:
    """Native text for a write. Null is "": what JSON null does is not documented."""
    return {name: _text(value) for name, value in values.items()}


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def moment(text: str | None) -> datetime:
    """A stamp: ISO 8601, or epoch milliseconds as some echoes carry. The epoch when there is none."""
    if not text:
        return datetime.fromtimestamp(0, UTC)
    if text.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return datetime.fromisoformat(text)


def millis(when: datetime) -> int:
    """Epoch milliseconds, as search filters take times."""
    return round(when.timestamp() * 1000)


def _time(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    try:
        when = moment(value).astimezone(UTC)
    except ValueError:
        return value
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def _date(value: Value) -> Value:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return f"{moment(value):%Y-%m-%d}"
    return value
