"""What a caller sent for a row: real field names, permissions, parents by external id, coerced values. No rules."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.simulator.salesforce.coerce import coerce
from crmsync.simulator.salesforce.errors import ApiError, Problem, row_error
from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.table import Table
from crmsync.simulator.salesforce.tenant import Actor, Tenant

_AUDIT = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"})


def incoming(org: Tenant, entity: Entity, values: Mapping[str, object], actor: Actor, *, create: bool) -> Row:
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
        if create and item.name in _AUDIT:
            may = org.switches.set_audit_fields
        if not may or (edit is not None and item.name not in edit):
            barred.append(item.name)
            continue
        try:
            if value is None and item.type == "boolean" and not org.switches.null_checkbox_is_false:
                raise row_error(
                    "INVALID_TYPE_ON_FIELD_IN_RECORD",
                    f"{item.label}: value not of required type: null",
                    (item.name,),
                )
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
        live = [i for i in table.indexes[key.name].get(str(named[0][1])) if not is_deleted(table, i)]
        if len(live) == 1:
            return live[0]
        raise row_error(
            "INVALID_FIELD",
            f"Foreign key external ID: {named[0][1]} not found for field {key.name} in entity {entity.name}",
        )
    raise row_error("INVALID_FIELD", f"The relationship of {item.name} takes one external id")


def is_deleted(table: Table, record_id: str) -> bool:
    """Whether a row is in the recycle bin."""
    return bool(table.rows[record_id].get("IsDeleted", False))
