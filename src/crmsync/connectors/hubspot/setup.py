"""Makes the custom properties that crmsync needs, in a group of their own. Touches no existing property."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crmsync.connectors.hubspot.client import Client, Json, Refused
from crmsync.model.records import FieldSpec, FieldType, ObjectInfo, SetupChange

GROUP = "crmsync"
_SHAPES = {
    FieldType.NUMBER: ("number", "number"),
    FieldType.BOOLEAN: ("bool", "booleancheckbox"),
    FieldType.DATE: ("date", "date"),
    FieldType.DATETIME: ("datetime", "date"),
}


def set_up(
    client: Client, describe: Callable[[str], ObjectInfo], specs: Sequence[FieldSpec], *, apply: bool
) -> list[SetupChange]:
    """One change for each spec: `exists`, `create` or `refused`. Safe to repeat."""
    changes: list[SetupChange] = []
    grouped: set[str] = set()
    for spec in specs:
        known = describe(spec.object).fields.get(spec.name)
        if known is not None:
            fits = known.unique or not spec.unique
            reason = (
                "" if fits else "it exists without unique values; delete it or let crmsync use another name"
            )
            changes.append(_change(spec, "exists" if fits else "refused", reason))
            continue
        if apply and spec.object not in grouped:
            _group(client, spec.object)
            grouped.add(spec.object)
        changes.append(_create(client, spec) if apply else _change(spec, "create", f"property group {GROUP}"))
    return changes


def _group(client: Client, obj: str) -> None:
    path = client.path("properties", f"/{obj}/groups")
    groups = client.get("setup", path).get("results", [])
    if any(group.get("name") == GROUP for group in groups):
        return
    try:
        client.send("setup", path, {"name": GROUP, "label": "crmsync", "displayOrder": -1})
    except Refused as refused:
        if refused.status != 409:
            raise refused.fatal(f"the property group of {obj}") from refused


def _create(client: Client, spec: FieldSpec) -> SetupChange:
    try:
        client.send("setup", client.path("properties", f"/{spec.object}"), _body(spec))
    except Refused as refused:
        if refused.status == 409:
            return _change(spec, "exists")
        return _change(spec, "refused", str(refused.body.get("message") or refused)[:300])
    return _change(spec, "create", f"property group {GROUP}")


def _body(spec: FieldSpec) -> Json:
    kind, widget = _SHAPES.get(spec.type, ("string", "text" if spec.length <= 255 else "textarea"))
    body: Json = {
        "name": spec.name,
        "label": spec.label,
        "type": kind,
        "fieldType": widget,
        "groupName": GROUP,
        "description": spec.description,
        "hasUniqueValue": spec.unique,
    }
    if kind == "bool":
        body["options"] = [
            {"label": label, "value": value, "displayOrder": order, "hidden": False}
            for order, (label, value) in enumerate([("Yes", "true"), ("No", "false")])
        ]
    return body


def _change(spec: FieldSpec, action: str, detail: str = "") -> SetupChange:
    return SetupChange("hubspot", spec.object, spec.name, action, detail)
