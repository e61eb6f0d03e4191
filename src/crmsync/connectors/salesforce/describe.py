"""What a Salesforce object holds and what the connected user may see of it; native values made plain at this edge.

Nothing here reads or writes records.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from crmsync.connectors.salesforce.client import Client, Json, Refused
from crmsync.connectors.salesforce.soql import soql
from crmsync.model.records import FieldType, NativeField, ObjectInfo
from crmsync.model.values import Value, Values

KEY: Final = "crmsync_id__c"
_TYPES = {
    **dict.fromkeys(("string", "textarea", "encryptedstring", "url", "combobox"), FieldType.TEXT),
    **dict.fromkeys(("int", "double", "currency", "percent", "long"), FieldType.NUMBER),
    **dict.fromkeys(("reference", "id"), FieldType.REFERENCE),
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "picklist": FieldType.PICKLIST,
    "multipicklist": FieldType.MULTIPICKLIST,
}
PREFIXES: Final = {
    "Account": "001", "Contact": "003", "Lead": "00Q", "Opportunity": "006", "Task": "00T", "Event": "00U",
    "Campaign": "701", "CampaignMember": "00v", "OpportunityContactRole": "00K", "OpportunityHistory": "008",
}  # fmt: skip
"""What the ids of an object begin with."""
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def described(client: Client, obj: str, *, sees_all: bool) -> tuple[ObjectInfo, dict[str, str]]:
    """The object and its labels (label -> field name), which row errors are told in."""
    reply = client.get("describe", f"sobjects/{obj}/describe")
    fields = {str(f["name"]): _field(f) for f in reply["fields"]}
    labels = {str(f["label"]): str(f["name"]) for f in reply["fields"]}
    info = ObjectInfo(
        side="salesforce",
        name=obj,
        fields=fields,
        createable=bool(reply.get("createable", True)),
        updateable=bool(reply.get("updateable", True)),
        sees_all=sees_all,
    )
    return info, labels


def _field(field: Json) -> NativeField:
    kind = _TYPES.get(str(field["type"]), FieldType.OTHER)
    createable = bool(field.get("createable"))
    restricted = bool(field.get("restrictedPicklist"))
    options = frozenset(str(v["value"]) for v in field.get("picklistValues") or [] if v.get("active", True))
    needed = createable and not field.get("nillable", True) and not field.get("defaultedOnCreate")
    return NativeField(
        name=str(field["name"]),
        type=kind,
        length=int(field.get("length") or 0),
        createable=createable,
        updateable=bool(field.get("updateable")),
        required=needed,
        unique=bool(field.get("unique")) or field["type"] == "id",
        calculated=bool(field.get("calculated")),
        options=options if restricted else frozenset(),
    )


def all_seen(client: Client, user_id: str) -> frozenset[str] | None:
    """Objects of which the user sees all records whatever the sharing; None: of every object."""
    mine = soql("(SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {})", user_id)
    general = "(PermissionsViewAllData = true OR PermissionsModifyAllData = true)"
    sets = "SELECT Id FROM PermissionSet WHERE {:literal} AND Id IN {:literal}"
    objects = (
        "SELECT SobjectType FROM ObjectPermissions"
        " WHERE PermissionsViewAllRecords = true AND ParentId IN {:literal}"
    )
    try:
        if client.rows("describe", soql(sets, general, mine)):
            return None
        rows = client.rows("describe", soql(objects, mine))
    except Refused:  # without the right to look at permissions nothing is certain
        return frozenset()
    return frozenset(str(row["SobjectType"]) for row in rows)


class Plain:
    """Turns native values of one object into plain ones: times get the form of `model.values`.

    `stamp` is the field that moves with every change: history rows never change, so theirs is CreatedDate.
    `deletes` and `merges` say whether rows can be in the recycle bin, and whether they name who absorbed them; `saver`
    is the field that names who saved the row last, if there is one.
    """

    def __init__(self, info: ObjectInfo) -> None:
        self.known = frozenset(info.fields)
        self.stamp = next(
            (n for n in ("SystemModstamp", "LastModifiedDate") if n in self.known), "CreatedDate"
        )
        self.deletes = "IsDeleted" in self.known
        self.merges = "MasterRecordId" in self.known
        self.saver = ("LastModifiedById",) if "LastModifiedById" in self.known else ()
        self._times = frozenset(f.name for f in info.fields.values() if f.type is FieldType.DATETIME)

    def read(self, row: Mapping[str, Any], names: Sequence[str]) -> Values:
        """Exactly the asked fields; what the reply leaves out is null."""
        values: Values = {name: row.get(name) for name in names}
        for name in self._times.intersection(names):
            values[name] = _time(values[name])
        return values


def moment(text: str) -> datetime:
    """A Salesforce time such as `2026-01-01T00:00:00.000+0000`."""
    return datetime.fromisoformat(text).astimezone(UTC)


def literal(when: datetime) -> str:
    """An unquoted SOQL datetime in UTC; stamps have whole seconds, so the second is cut."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _time(value: Value) -> Value:
    if isinstance(value, str) and _CLOCK.match(value):
        when = moment(value)
        return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
    return value


def to18(native: str) -> str:
    """The 18-character form of an id: per five characters one more that tells which are capitals."""
    if len(native) != 15:
        return native
    groups = (native[i : i + 5] for i in (0, 5, 10))
    return native + "".join(_SUFFIX[sum(1 << k for k, c in enumerate(g) if "A" <= c <= "Z")] for g in groups)
