"""Makes the custom fields that crmsync needs and lets its user see them. Touches no existing field.

Fields are made by the Tooling API; visibility comes from a permission set of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crmsync.connectors.salesforce.client import Client, Json, Refused
from crmsync.connectors.salesforce.soql import soql
from crmsync.model.records import FieldSpec, FieldType, ObjectInfo, SetupChange

PERMISSION_SET = "crmsync"
_THERE = frozenset({"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE", "FIELD_ALREADY_EXISTS"})
_MOST_TEXT = 255


def set_up(
    client: Client,
    describe: Callable[[str], ObjectInfo],
    specs: Sequence[FieldSpec],
    user_id: Callable[[], str],
    *,
    apply: bool,
) -> list[SetupChange]:
    """One change for each spec: `exists`, `create`, `grant` or `refused`. Safe to repeat.

    An object that our user has no access to is passed over; `doctor` says so where people are wanted there.
    """
    granting = _Granting(client, user_id)
    changes: list[SetupChange] = []
    for spec in specs:
        fields = describe(spec.object).fields
        if not fields:
            continue
        known = fields.get(spec.name)
        if known is not None and spec.unique and not known.unique:
            changes.append(
                _change(spec, "refused", "it exists without unique values; make it unique in Setup")
            )
        elif known is not None and known.updateable:
            changes.append(_change(spec, "exists"))
        elif apply:
            changes.append(_made(client, spec, granting))
        else:
            action = "grant" if known else "create"
            changes.append(_change(spec, action, f"permission set {PERMISSION_SET}"))
    return changes


def _made(client: Client, spec: FieldSpec, granting: _Granting) -> SetupChange:
    action = "create"
    try:
        client.send("setup", "POST", "tooling/sobjects/CustomField", _body(spec))
    except Refused as refused:
        if refused.code not in _THERE and "already" not in _words(refused):
            return _change(spec, "refused", _words(refused))
        action = "grant"
    try:
        granting.grant(spec)
    except Refused as refused:
        return _change(
            spec, "refused", f"the field exists, but its permission was refused: {_words(refused)}"
        )
    return _change(spec, action, f"permission set {PERMISSION_SET}")


class _Granting:
    """Finds or makes the permission set once, then adds field permissions to it."""

    def __init__(self, client: Client, user_id: Callable[[], str]) -> None:
        self._client = client
        self._user_id = user_id
        self._set_id = ""

    def grant(self, spec: FieldSpec) -> None:
        """Read and edit for one field. Raises Refused."""
        self._set_id = self._set_id or self._permission_set()
        field = f"{spec.object}.{spec.name}"
        text = "SELECT Id, PermissionsEdit FROM FieldPermissions WHERE ParentId = {} AND Field = {}"
        rights = {"PermissionsRead": True, "PermissionsEdit": True}
        held = self._client.rows("setup", soql(text, self._set_id, field))
        if held and not held[0]["PermissionsEdit"]:
            self._client.send("setup", "PATCH", f"sobjects/FieldPermissions/{held[0]['Id']}", rights)
        elif not held:
            body = {"ParentId": self._set_id, "SobjectType": spec.object, "Field": field, **rights}
            self._client.send("setup", "POST", "sobjects/FieldPermissions", body)

    def _permission_set(self) -> str:
        text = "SELECT Id FROM PermissionSet WHERE Name = {} AND IsOwnedByProfile = false"
        rows = self._client.rows("setup", soql(text, PERMISSION_SET))
        found = (
            str(rows[0]["Id"])
            if rows
            else self._create("PermissionSet", {"Name": PERMISSION_SET, "Label": "crmsync"})
        )
        text = "SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = {} AND AssigneeId = {}"
        user = self._user_id()
        if not self._client.rows("setup", soql(text, found, user)):
            self._create("PermissionSetAssignment", {"PermissionSetId": found, "AssigneeId": user})
        return found

    def _create(self, obj: str, body: Json) -> str:
        return str(self._client.send("setup", "POST", f"sobjects/{obj}", body)["id"])


def _body(spec: FieldSpec) -> Json:
    metadata: Json = {"label": spec.label[:40], "description": spec.description, **_shape(spec)}
    if spec.unique:
        # Case-sensitive: a key is compared as it was minted.
        metadata |= {"externalId": True, "unique": True, "caseSensitive": True}
    return {"FullName": f"{spec.object}.{spec.name}", "Metadata": metadata}


def _shape(spec: FieldSpec) -> Json:
    match spec.type:
        case FieldType.NUMBER:
            return {"type": "Number", "precision": 18, "scale": 2}
        case FieldType.BOOLEAN:
            return {"type": "Checkbox", "defaultValue": "false"}
        case FieldType.DATE:
            return {"type": "Date"}
        case FieldType.DATETIME:
            return {"type": "DateTime"}
        case FieldType.EMAIL:
            return {"type": "Email"}
        case FieldType.PHONE:
            return {"type": "Phone"}
        case _ if spec.length > _MOST_TEXT:
            return {"type": "LongTextArea", "length": spec.length, "visibleLines": 3}
        case _:
            return {"type": "Text", "length": spec.length}


def _words(refused: Refused) -> str:
    return str(refused.errors[0].get("message") or refused)[:300]


def _change(spec: FieldSpec, action: str, detail: str = "") -> SetupChange:
    return SetupChange("salesforce", spec.object, spec.name, action, detail)
