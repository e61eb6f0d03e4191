"""Delete, undelete, merge and purge: what happens to whole records. Saves are in save.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

from crmsync.simulator.salesforce import history
from crmsync.simulator.salesforce.activities import refresh
from crmsync.simulator.salesforce.cascade import children, dependents
from crmsync.simulator.salesforce.checks import check_unique
from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.locks import check_locks
from crmsync.simulator.salesforce.rollups import roll_up
from crmsync.simulator.salesforce.rows import derive, live, touch
from crmsync.simulator.salesforce.save import consequences, writable_row
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Purged, Tenant, wire

BIN_DAYS = 15
"""Days in the recycle bin before a row is gone for good."""


def delete(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Move a row to the recycle bin with all that depends on it; set-up rows vanish. Raises ApiError."""
    if entity.lasting and actor.limited:
        raise row_error("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be deleted: {entity.name}")
    row = writable_row(org, entity, record_id, actor, "Delete")
    known = str(row["Id"])
    if not entity.deletable:
        org.remove(org.tables[entity.name], known)
        org.record(actor, "delete", entity, known, {}, {}, org.clock.now().astimezone(UTC))
        return
    if org.locks:
        check_locks(org, entity, row)
    if entity.name == "Account":
        _check_won(org, row)
    with org.unit():
        together: list[tuple[str, str]] = []
        _bin(org, entity, row, actor, together)
        org.together[known] = tuple(together[1:])


def _check_won(org: Tenant, account: Row) -> None:
    """An Account keeps its won Opportunities, and they keep it."""
    won = [r for r in live(org, "Opportunity", "AccountId", account["Id"]) if r.get("IsWon", False)]
    if won and org.switches.won_keeps_account:
        raise row_error(
            "DELETE_FAILED",
            f"Your attempt to delete {account['Name']} could not be completed because some opportunities in"
            f" {account['Name']} were closed won: {', '.join(str(r['Name']) for r in won)}",
        )


def _bin(org: Tenant, entity: Entity, row: Row, actor: Actor, together: list[tuple[str, str]]) -> None:
    """One row into the recycle bin, then what depends on it by the vendor's own hand."""
    known = str(row["Id"])
    below = list(dependents(org, entity, known))
    if org.switches.delete_moves_stamp:
        gone = touch(org, entity, row, {"IsDeleted": True}, _toucher(entity, actor))
    else:
        derive(org, entity.name, known, {"IsDeleted": True})
        gone = org.tables[entity.name].rows[known]
    together.append((entity.name, known))
    if entity.writable:
        at = org.clock.now().astimezone(UTC)
        org.record(actor, "delete", entity, known, {"IsDeleted": False}, {"IsDeleted": True}, at)
    consequences(org, entity, gone, row, actor)
    system = Actor("system", actor.user_id, actor.call)
    for child, other in below:
        fresh = org.tables[child.name].rows[str(other["Id"])]
        if not fresh.get("IsDeleted", False):
            _bin(org, child, fresh, system, together)


def _toucher(entity: Entity, actor: Actor) -> str | None:
    """History rows have no last modification."""
    return actor.user_id if "LastModifiedDate" in entity.fields else None


def undelete(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Take a row out of the recycle bin, with what went there together with it."""
    row = org.tables[entity.name].rows.get(record_id)
    if row is None or not row.get("IsDeleted", False):
        raise row_error("UNDELETE_FAILED", "Entity is not in the recycle bin")
    if org.switches.undelete_checks_keys:
        check_unique(org, entity, row, None)
    with org.unit():
        _restore(org, entity, row, actor)
        system = Actor("system", actor.user_id, actor.call)
        for name, other in org.together.pop(record_id, ()):
            table = org.tables[name]
            if other in table.rows and table.rows[other].get("IsDeleted", False):
                _restore(org, table.entity, table.rows[other], system)


def _restore(org: Tenant, entity: Entity, row: Row, actor: Actor) -> None:
    back: Row = {"IsDeleted": False} | ({"MasterRecordId": None} if "MasterRecordId" in row else {})
    new = touch(org, entity, row, back, _toucher(entity, actor))
    if entity.writable:
        at = org.clock.now().astimezone(UTC)
        org.record(actor, "restore", entity, str(row["Id"]), {"IsDeleted": True}, {"IsDeleted": False}, at)
    consequences(org, entity, new, row, actor)


def purge(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Delete for good: queryAll no longer shows the row; the log of deletions does, until it is purged itself."""
    row = org.tables[entity.name].rows.get(record_id)
    if row is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    deleted = str(row["SystemModstamp"]) if row.get("IsDeleted", False) else org.now()
    org.purged.setdefault(entity.name, []).append(Purged(deleted, record_id, row.get("OwnerId")))
    org.remove(org.tables[entity.name], record_id)
    org.together.pop(record_id, None)
    at = org.clock.now().astimezone(UTC)
    org.record(actor, "delete", entity, record_id, {"IsDeleted": True}, {}, at)


def empty_bin(org: Tenant, actor: Actor, *, all_: bool = False) -> int:
    """Purge what has lain in the recycle bin for 15 days (or everything); returns how many rows."""
    oldest = wire(org.clock.now() - timedelta(days=BIN_DAYS))
    count = 0
    for table in org.tables.values():
        if not table.entity.deletable:
            continue
        rows = table.by_stamp("", None if all_ else oldest)
        for record_id in [str(r["Id"]) for r in rows if r.get("IsDeleted", False)]:
            purge(org, table.entity, record_id, actor)
            count += 1
    return count


def merge(org: Tenant, entity: Entity, winner: str, losers: Sequence[str], actor: Actor) -> None:
    """Fold at most two rows into a third: they are deleted and point to it, their children move, it is touched.

    The ledger gets one `merge` for each loser (after: IsDeleted, MasterRecordId) and one `update` of the winner.
    """
    if entity.name not in {"Lead", "Contact", "Account"} or not 1 <= len(losers) <= 2 or winner in losers:
        raise row_error("INVALID_OPERATION", "A merge takes one winner and one or two others of one type")
    with org.unit():
        writable_row(org, entity, winner, actor, "Edit")
        at = org.clock.now().astimezone(UTC)
        for loser in losers:
            row = writable_row(org, entity, loser, actor, "Delete")
            after: Row = {"IsDeleted": True, "MasterRecordId": winner}
            gone = touch(org, entity, row, after, actor.user_id)
            org.record(actor, "merge", entity, loser, {"IsDeleted": False, "MasterRecordId": None}, after, at)
            _reparent(org, entity, loser, winner)
            consequences(org, entity, gone, row, actor)
        kept = org.tables[entity.name].rows[winner]  # A roll-up may have touched it.
        new = touch(org, entity, kept, {}, actor.user_id)
        org.record(actor, "update", entity, winner, {}, {}, at)
        consequences(org, entity, new, kept, actor)
        refresh(org, {winner, *losers})
        history.event(org, entity, winner, f"{entity.name.lower()}Merged", actor.user_id)


def _reparent(org: Tenant, entity: Entity, loser: str, winner: str) -> None:
    """Children follow the winner without triggers: SystemModstamp moves, LastModifiedDate does not.

    A membership that the winner has already, in a Campaign or an Opportunity, is not doubled: the loser's goes.
    """
    system = Actor("system", org.user_id)
    at = org.clock.now().astimezone(UTC)
    for child, field, row in list(children(org, entity, loser)):
        record_id = str(row["Id"])
        if _twice(org, child, field, row, winner):
            touch(org, child, row, {"IsDeleted": True}, None)
            org.record(system, "delete", child, record_id, {"IsDeleted": False}, {"IsDeleted": True}, at)
            consequences(org, child, org.tables[child.name].rows[record_id], row, system)
            continue
        derived: Row = {"LeadOrContactId": winner} if row.get("LeadOrContactId") == loser else {}
        if child.name in {"Task", "Event"} and row.get("AccountId") == loser:
            derived = {"AccountId": winner}
        moved = touch(org, child, row, {field: winner, **derived}, None)
        roll_up(org, child, moved, row)
        org.record(system, "update", child, record_id, {field: loser}, {field: winner}, at)


_ONCE = {"CampaignMember": "CampaignId", "OpportunityContactRole": "OpportunityId"}


def _twice(org: Tenant, child: Entity, field: str, row: Row, winner: str) -> bool:
    """Whether the winner has such a row under the same parent."""
    parent = _ONCE.get(child.name)
    if parent is None:
        return False
    return any(r[parent] == row[parent] for r in live(org, child.name, field, winner))
