"""Delete, undelete, merge and purge: what happens to whole records. Saves are in save.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.rows import touch
from crmsync.simulator.salesforce.save import writable_row
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant

_CHILDREN = {
    "Account": (("Contact", "AccountId"), ("Account", "ParentId")),
    "Contact": (("Contact", "ReportsToId"),),
}


def delete(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Move a row to the recycle bin; set-up rows vanish. Raises ApiError."""
    row = writable_row(org, entity, record_id, actor, "Delete")
    at = org.clock.now().astimezone(UTC)
    if not entity.deletable:
        org.remove(org.tables[entity.name], str(row["Id"]))
        org.record(actor, "delete", entity, str(row["Id"]), {}, {}, at)
        return
    touch(org, entity, row, {"IsDeleted": True}, actor.user_id)
    org.record(actor, "delete", entity, str(row["Id"]), {"IsDeleted": False}, {"IsDeleted": True}, at)


def undelete(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Take a row out of the recycle bin."""
    row = org.tables[entity.name].rows.get(record_id)
    if row is None or not row.get("IsDeleted", False):
        raise row_error("UNDELETE_FAILED", "Entity is not in the recycle bin")
    touch(org, entity, row, {"IsDeleted": False, "MasterRecordId": None}, actor.user_id)
    at = org.clock.now().astimezone(UTC)
    org.record(actor, "restore", entity, record_id, {"IsDeleted": True}, {"IsDeleted": False}, at)


def purge(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Delete for good: queryAll no longer shows the row."""
    if record_id not in org.tables[entity.name].rows:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    org.remove(org.tables[entity.name], record_id)
    at = org.clock.now().astimezone(UTC)
    org.record(actor, "delete", entity, record_id, {"IsDeleted": True}, {}, at)


def merge(org: Tenant, entity: Entity, winner: str, losers: Sequence[str], actor: Actor) -> None:
    """Fold at most two rows into a third: they are deleted and point to it, their children move, it is touched.

    The ledger gets one `merge` for each loser (after: IsDeleted, MasterRecordId) and one `update` of the winner.
    """
    if entity.name not in {"Lead", "Contact", "Account"} or not 1 <= len(losers) <= 2 or winner in losers:
        raise row_error("INVALID_OPERATION", "A merge takes one winner and one or two others of one type")
    with org.unit():
        kept = writable_row(org, entity, winner, actor, "Edit")
        at = org.clock.now().astimezone(UTC)
        for loser in losers:
            row = writable_row(org, entity, loser, actor, "Delete")
            after: Row = {"IsDeleted": True, "MasterRecordId": winner}
            touch(org, entity, row, after, actor.user_id)
            org.record(actor, "merge", entity, loser, {"IsDeleted": False, "MasterRecordId": None}, after, at)
            _reparent(org, entity, loser, winner)
        touch(org, entity, kept, {}, actor.user_id)
        org.record(actor, "update", entity, winner, {}, {}, at)


def _reparent(org: Tenant, entity: Entity, loser: str, winner: str) -> None:
    """Children follow the winner without triggers: SystemModstamp moves, LastModifiedDate does not."""
    for child, name in _CHILDREN.get(entity.name, ()):
        table = org.tables[child]
        index = table.indexes.get(name)
        ids = index.get(loser) if index else tuple(i for i, r in table.rows.items() if r.get(name) == loser)
        for record_id in ids:
            touch(org, table.entity, table.rows[record_id], {name: winner}, None)
            at = org.clock.now().astimezone(UTC)
            system = Actor("system", org.user_id)
            org.record(system, "update", table.entity, record_id, {name: loser}, {name: winner}, at)
