"""Field history: a row for each change of a tracked field, and for births and ends. Nothing is tracked until told."""

from __future__ import annotations

from crmsync.simulator.salesforce.catalog_history import HISTORY
from crmsync.simulator.salesforce.rows import make
from crmsync.simulator.salesforce.schema import Entity, Row, Value
from crmsync.simulator.salesforce.tenant import Tenant

_LONG = 255


def note(org: Tenant, entity: Entity, row: Row, old: Row | None, user_id: str) -> None:
    """Write down what a save changed in tracked fields."""
    tracked = org.rules.tracked.get(entity.name)
    if tracked is None:
        return
    if old is None:
        event(org, entity, str(row["Id"]), "created", user_id)
        return
    for name in sorted(tracked):
        if row.get(name) != old.get(name):
            item = entity.fields[name]
            hidden = item.type == "textarea" and item.length > _LONG
            values: Row = {} if hidden else {"OldValue": old.get(name), "NewValue": row.get(name)}
            _row(org, entity, str(row["Id"]), name, item.type, values, user_id)


def event(org: Tenant, entity: Entity, record_id: str, what: str, user_id: str) -> None:
    """Write down something that befell the row: `created`, `leadConverted`, `leadMerged`."""
    if entity.name in org.rules.tracked:
        _row(org, entity, record_id, what, "Text", {}, user_id)


def _row(
    org: Tenant, entity: Entity, record_id: str, field: Value, kind: str, values: Row, user_id: str
) -> None:
    keys: Row = {f"{entity.name}Id": record_id, "Field": field, "DataType": kind}
    make(org, HISTORY[entity.name], keys | values, user_id)
