"""What the vendor checks by itself before a row is stored: references, required fields, picklists, uniqueness."""

from __future__ import annotations

from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.incoming import is_deleted
from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.tenant import Tenant


def check_required(entity: Entity, row: Row) -> None:
    """Required fields have a value. Raises ApiError REQUIRED_FIELD_MISSING."""
    missing = [f.name for f in entity.required if row.get(f.name) is None]
    if missing:
        raise row_error(
            "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing
        )


def check_picklists(org: Tenant, entity: Entity, row: Row, old: Row | None) -> None:
    """Values that the record type, or a controlling field, leaves no room for. Only what changed is looked at."""
    for allowed in org.rules.picklists:
        for item in entity.fields.values():
            if item.type == "picklist" and _fresh(row, old, item.name):
                values = allowed(entity, item, row)
                if values is not None and row[item.name] not in values:
                    raise bad_value(item, row)
    if org.switches.dependent_picklists_enforced:
        for item in entity.limited:
            given = row.get(item.name)
            if given is not None and row.get(item.controller) not in (item.valid_for or {}).get(
                str(given), ()
            ):
                raise bad_value(item, row)


def _fresh(row: Row, old: Row | None, name: str) -> bool:
    """Whether this save puts a value into a field."""
    return row.get(name) is not None and (old is None or row[name] != old.get(name))


def bad_value(item: Field, row: Row) -> ApiError:
    """A picklist value that is not among the allowed ones."""
    return row_error(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"{item.label}: bad value for restricted picklist field: {row[item.name]}",
        (item.name,),
    )


def check_references(org: Tenant, entity: Entity, row: Row, old: Row | None) -> None:
    """References point to live rows of the right kind; owners are active users or queues of this object."""
    for item in entity.references:
        value = row.get(item.name)
        if value is None or (old is not None and old.get(item.name) == value):
            continue
        target = org.schema.of_id(str(value))
        if target is None or target.name not in item.references:
            raise row_error(
                "FIELD_INTEGRITY_EXCEPTION",
                f"{item.label}: id value of incorrect type: {value}",
                (item.name,),
            )
        other = org.tables[target.name].rows.get(str(value))
        if other is None:
            raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (item.name,))
        if other.get("IsDeleted", False):
            raise row_error("ENTITY_IS_DELETED", "entity is deleted", (item.name,))
        if item.name == "OwnerId" and target.name == "User" and not other.get("IsActive", False):
            raise row_error(
                "INACTIVE_OWNER_OR_USER",
                f"operation performed with inactive user [{value}] as owner of {entity.name.lower()}",
                ("OwnerId",),
            )
        if item.name == "OwnerId" and target.name == "Group":
            _check_queue(org, entity, str(value))


def _check_queue(org: Tenant, entity: Entity, queue: str) -> None:
    """A queue owns rows of the objects that it was set up for."""
    table = org.tables["QueueSobject"]
    served = {table.rows[i]["SobjectType"] for i in table.indexes["QueueId"].get(queue)}
    if entity.name not in served:
        raise row_error("INVALID_OPERATION", "Queue not associated with this SObject type", ("OwnerId",))


def check_unique(org: Tenant, entity: Entity, row: Row, old: Row | None) -> None:
    """Unique values are nobody else's. Raises ApiError DUPLICATE_VALUE with the holder's id."""
    table = org.tables[entity.name]
    for name in table.indexes:
        item = entity.fields.get(name)
        value = row.get(name)
        if item is None or not item.unique or value is None or (old is not None and old.get(name) == value):
            continue
        for other in table.indexes[name].get(value):
            if other != row["Id"] and (org.switches.deleted_keys_clash or not is_deleted(table, other)):
                raise duplicate(name, other)


def duplicate(name: str, other: str) -> ApiError:
    """A unique value is taken."""
    return row_error(
        "DUPLICATE_VALUE", f"duplicate value found: {name} duplicates value on record with id: {other}"
    )


def check_field_permission(org: Tenant, row: Row) -> None:
    """A permission must name a field that can have one: `Lead.Fit_Grade__c`."""
    name = str(row["Field"])
    entity = org.entity(str(row["SobjectType"]))
    item = entity.field(name.partition(".")[2]) if entity else None
    if entity is None or item is None or not item.permissionable:
        raise row_error(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"Field Name: bad value for restricted picklist field: {name}",
            ("Field",),
        )
    row["SobjectType"], row["Field"] = entity.name, f"{entity.name}.{item.name}"
    for other in org.tables["FieldPermissions"].rows.values():
        same = other["ParentId"] == row["ParentId"] and other["Field"] == row["Field"]
        if same and other["Id"] != row["Id"]:
            raise duplicate("ParentId, Field", str(other["Id"]))
