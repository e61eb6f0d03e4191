"""Rows that the vendor itself writes, past every rule: derived rows, and fields set on the way. No ledger entries."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.simulator.salesforce.schema import Entity, Row, Value
from crmsync.simulator.salesforce.tenant import Tenant


def make(org: Tenant, name: str, values: Mapping[str, Value], user_id: str) -> str:
    """Add a row of an object as the vendor does; returns its id."""
    entity = org.schema.entities[name]
    stamp = org.now()
    row: Row = {
        "Id": org.mint.new(entity.prefix),
        **{f.name: f.default for f in entity.defaults},
        "CreatedDate": stamp,
        "CreatedById": user_id,
        "SystemModstamp": stamp,
    }
    if "LastModifiedDate" in entity.fields:
        row["LastModifiedDate"], row["LastModifiedById"] = stamp, user_id
    row |= {n: v for n, v in values.items() if v is not None}
    org.put(org.tables[name], row)
    return str(row["Id"])


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


def derive(org: Tenant, name: str, record_id: Value, changes: Mapping[str, Value]) -> None:
    """Set fields that the vendor derives; no stamp moves, so a cursor on SystemModstamp does not see it."""
    table = org.tables[name]
    row = table.rows.get(str(record_id))
    if row is not None and any(row.get(n) != v for n, v in changes.items()):
        org.put(table, {n: v for n, v in (row | dict(changes)).items() if v is not None})


def live(org: Tenant, name: str, field: str, value: Value) -> list[Row]:
    """The rows of an object whose indexed field has a value and that are not deleted, in the order of their ids."""
    table = org.tables[name]
    if value is None:
        return []
    return [r for r in table.pick(table.indexes[field].get(value)) if not r.get("IsDeleted", False)]
