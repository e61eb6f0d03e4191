"""Saving a row in the vendor's order: names, types, references, automation, required, validation, uniqueness, write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from crmsync.simulator.salesforce.coerce import coerce
from crmsync.simulator.salesforce.errors import ApiError, Problem, gone, row_error
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.schema import Entity, Field, Row, Value
from crmsync.simulator.salesforce.table import Table
from crmsync.simulator.salesforce.tenant import Actor, Tenant, changed, wire

_PERSONS = frozenset({"Lead", "Contact", "User"})


def insert(org: Tenant, entity: Entity, values: Mapping[str, object], actor: Actor) -> str:
    """Create a row; returns its id. Raises ApiError with the row's problems."""
    if actor.limited and ("Create" not in org.access.rights(entity) or not entity.writable):
        raise row_error("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be inserted: {entity.name}")
    row = _incoming(org, entity, values, actor, create=True)
    for item in entity.defaults:
        if row.get(item.name) is None:
            row[item.name] = item.default
    if entity.owned and row.get("OwnerId") is None:
        row["OwnerId"] = actor.user_id
    at = org.clock.now().astimezone(UTC)
    stamp = wire(at)
    row |= {
        "Id": "",
        "CreatedDate": stamp,
        "CreatedById": actor.user_id,
        "LastModifiedDate": stamp,
        "LastModifiedById": actor.user_id,
        "SystemModstamp": stamp,
    }
    if entity.deletable:
        row["IsDeleted"] = False
    meant = _finish(org, entity, row, None, actor)
    row["Id"] = meant["Id"] = org.mint.new(entity.prefix)
    _write(org, entity, row, meant, None, actor, at)
    return str(row["Id"])


def update(org: Tenant, entity: Entity, record_id: str, values: Mapping[str, object], actor: Actor) -> None:
    """Change a row. Raises ApiError; a missing row, a deleted one and a converted Lead have their own codes."""
    old = writable_row(org, entity, record_id, actor, "Edit")
    if entity.name == "Lead" and old.get("IsConverted", False) and not org.switches.edit_converted:
        raise row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    incoming = _incoming(org, entity, values, actor, create=False)
    if entity.owned and "OwnerId" in incoming and incoming["OwnerId"] is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", ("OwnerId",))
    row = old | incoming
    at = org.clock.now().astimezone(UTC)
    row["LastModifiedDate"] = row["SystemModstamp"] = wire(at)
    row["LastModifiedById"] = actor.user_id
    meant = _finish(org, entity, row, old, actor)
    _write(org, entity, row, meant, old, actor, at)


def writable_row(org: Tenant, entity: Entity, record_id: str, actor: Actor, right: str) -> Row:
    """The row to be changed or deleted, if it exists and the actor may."""
    known = to18(record_id)
    if known is None:
        raise row_error("MALFORMED_ID", f"{entity.name} ID: id value of incorrect type: {record_id}", ("Id",))
    row = org.tables[entity.name].rows.get(known)
    if row is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if actor.limited:
        if right not in org.access.rights(entity) or not entity.writable:
            raise row_error("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
        if not org.access.sees(entity, row):
            raise row_error(
                "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                "insufficient access rights on cross-reference id",
            )
    if row.get("IsDeleted", False):
        raise gone()
    return row


def _incoming(
    org: Tenant, entity: Entity, values: Mapping[str, object], actor: Actor, *, create: bool
) -> Row:
    """The given values by real field name, coerced. Raises one ApiError with every problem found."""
    out: Row = {}
    problems: list[Problem] = []
    barred: list[str] = []
    read = org.access.readable(entity) if actor.limited else None
    edit = org.access.editable(entity) if actor.limited else None
    for name, given in values.items():
        if name == "attributes":
            continue
        value = given
        item = entity.field(name)
        if item is None and isinstance(value, Mapping):
            parent = entity.parents.get(name.lower())
            if parent is not None:
                item, value = parent, _by_external_id(org, parent, value)
        if item is None or (read is not None and item.name not in read):
            raise row_error("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")
        may = item.createable if create else item.updateable
        if not may or (edit is not None and item.name not in edit):
            barred.append(item.name)
            continue
        try:
            kept = coerce(item, value)
            out[item.name] = org.pool.one(item.name, kept) if type(kept) is str else kept
        except ApiError as error:
            problems.extend(error.problems)
    if barred:
        raise row_error(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(barred)}. Please check the security settings of"
            " this field and verify that it is read/write for your profile or permission set.",
            barred,
        )
    if problems:
        raise ApiError(*problems)
    return out


def _by_external_id(org: Tenant, item: Field, given: Mapping[str, object]) -> object:
    """The id of the parent that carries an external id: `"Account": {"Ext__c": "v"}`."""
    named = [(k, v) for k, v in given.items() if k != "attributes"]
    for target in item.references:
        entity = org.schema.entity(target)
        key = entity.field(named[0][0]) if entity and len(named) == 1 else None
        if entity is None or key is None or not (key.external_id or key.unique):
            continue
        table = org.tables[entity.name]
        live = [i for i in table.indexes[key.name].get(str(named[0][1])) if not _deleted(table, i)]
        if len(live) == 1:
            return live[0]
        raise row_error(
            "INVALID_FIELD",
            f"Foreign key external ID: {named[0][1]} not found for field {key.name} in entity {entity.name}",
        )
    raise row_error("INVALID_FIELD", f"The relationship of {item.name} takes one external id")


def _deleted(table: Table, record_id: str) -> bool:
    return bool(table.rows[record_id].get("IsDeleted", False))


def _finish(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> Row:
    """Everything between typing the values and writing the row; returns the row as the actor meant it."""
    _name(entity, row)
    meant = _automate(org, entity, row, old, actor)
    _check_references(org, entity, row, old)
    missing = [f.name for f in entity.required if row.get(f.name) is None]
    if missing:
        raise row_error(
            "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing
        )
    for validation in org.validations:
        refusal = validation(entity, row, old)
        if refusal is not None:
            raise refusal
    _check_unique(org, entity, row, old)
    if entity.name == "FieldPermissions":
        _check_field_permission(org, row)
    return meant


def _name(entity: Entity, row: Row) -> None:
    """A person's name is made of its parts."""
    if entity.name in _PERSONS:
        parts = (row.get("FirstName"), row.get("LastName"))
        row["Name"] = " ".join(str(p) for p in parts if p) or None


def _automate(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> Row:
    """Let automations and the assignment rule change the row; returns it as it was before them."""
    rule = org.switches.assignment_rule
    if not (entity.name == "Lead" and actor.limited and actor.assign):
        rule = None
    if not org.automations and rule is None:
        return row
    meant = dict(row)
    for automation in org.automations:
        automation(entity, row, old)
    if rule is not None:
        row["OwnerId"] = rule(row) or row["OwnerId"]
    _name(entity, row)
    return meant


def _check_references(org: Tenant, entity: Entity, row: Row, old: Row | None) -> None:
    for item in entity.references:
        value = row.get(item.name)
        if value is None or (old is not None and old.get(item.name) == value):
            continue
        target = org.schema.of_id(str(value))
        if target is None or target.name not in item.references:
            if item.name == "OwnerId" and target is not None and target.name == "Group":
                raise row_error(
                    "FIELD_INTEGRITY_EXCEPTION", f"{entity.plural} cannot be owned by a queue", ("OwnerId",)
                )
            raise row_error(
                "MALFORMED_ID", f"{item.label}: id value of incorrect type: {value}", (item.name,)
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


def _check_unique(org: Tenant, entity: Entity, row: Row, old: Row | None) -> None:
    table = org.tables[entity.name]
    for name in table.indexes:
        item = entity.fields.get(name)
        value = row.get(name)
        if item is None or not item.unique or value is None or (old is not None and old.get(name) == value):
            continue
        for other in table.indexes[name].get(value):
            if other != row["Id"] and (org.switches.deleted_keys_clash or not _deleted(table, other)):
                raise duplicate(name, other)


def duplicate(name: str, other: str) -> ApiError:
    """A unique value is taken."""
    return row_error(
        "DUPLICATE_VALUE", f"duplicate value found: {name} duplicates value on record with id: {other}"
    )


def _check_field_permission(org: Tenant, row: Row) -> None:
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


def _write(
    org: Tenant, entity: Entity, row: Row, meant: Row, old: Row | None, actor: Actor, at: datetime
) -> None:
    """Store the row. What automations made of it is an entry of its own, by `system`."""
    kept: Row = {n: v for n, v in row.items() if v is not None}
    record_id = str(kept["Id"])
    org.put(org.tables[entity.name], kept)
    if old is None:
        _, after = changed({}, {n: v for n, v in meant.items() if v is not None})
        org.record(actor, "create", entity, record_id, {}, after, at)
    else:
        org.record(actor, "update", entity, record_id, *changed(old, meant), at)
    before, after = changed(meant, kept) if meant is not row else ({}, {})
    if after:
        org.record(Actor("system", org.user_id, actor.call), "update", entity, record_id, before, after, at)


def touch(org: Tenant, entity: Entity, row: Row, changes: Mapping[str, Value], user_id: str | None) -> Row:
    """A row with fields set past all rules and the stamps moved; LastModified only when a user did it."""
    stamp = org.now()
    new = row | dict(changes)
    new["SystemModstamp"] = stamp
    if user_id is not None:
        new["LastModifiedDate"], new["LastModifiedById"] = stamp, user_id
    new = {n: v for n, v in new.items() if v is not None}
    org.put(org.tables[entity.name], new)
    return new
