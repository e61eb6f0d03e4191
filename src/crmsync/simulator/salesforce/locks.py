"""Row locks held by somebody else's transaction: writes to a locked row, or to a child of one, fail after 10 s.

Rows of one call never lock each other: they are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.schema import Entity, Row, Value
from crmsync.simulator.salesforce.tenant import Tenant

_PARENTS = {
    "Contact": ("AccountId",),
    "Opportunity": ("AccountId",),
    "OpportunityContactRole": ("OpportunityId",),
    "CampaignMember": ("CampaignId",),
    "Task": ("WhoId", "WhatId", "AccountId"),
    "Event": ("WhoId", "WhatId", "AccountId"),
}
"""References whose row is locked together with the one that is written."""


def check_locks(org: Tenant, entity: Entity, row: Row, old: Row | None = None) -> None:
    """Raises ApiError UNABLE_TO_LOCK_ROW for a row, or a parent of it, that another transaction holds."""
    names = _PARENTS.get(entity.name, ())
    wanted: list[Value] = [row.get("Id"), *(one.get(n) for one in (row, old or {}) for n in names)]
    held = [i for i in dict.fromkeys(str(v) for v in wanted if v) if _held(org, i)]
    if held:
        inside = org.locks[held[0]].inside
        raise in_trigger(inside, entity, str(row.get("Id") or ""), held) if inside else locked(held)


def _held(org: Tenant, record_id: str) -> bool:
    lock = org.locks.get(record_id)
    if lock is None:
        return False
    if org.clock.now() < lock.until:
        return True
    del org.locks[record_id]
    return False


def locked(ids: Iterable[str]) -> ApiError:
    """The vendor's words for rows that somebody else holds."""
    named = list(ids)
    return row_error("UNABLE_TO_LOCK_ROW", f"{_BUSY} or {len(named)} records: {','.join(named)}")


_BUSY = "unable to obtain exclusive access to this record"


def in_trigger(name: str, entity: Entity, record_id: str, ids: Iterable[str]) -> ApiError:
    """The same when a trigger's own write met the lock: its error wraps ours."""
    cause = f"UNABLE_TO_LOCK_ROW, {_BUSY} or 1 records: {','.join(ids)}: []"
    return trigger_error(
        name,
        f"System.DmlException: Update failed. First exception on row 0 with id {record_id}; first error: {cause}",
    )


def trigger_error(name: str, cause: str) -> ApiError:
    """What a caller gets when a trigger or flow fails: `cause` is Apex's own message."""
    return row_error(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        f"{name}: execution of AfterUpdate\n\ncaused by: {cause}\n\nTrigger.{name}: line 1, column 1",
    )


TOO_MANY_QUERIES = "System.LimitException: Too many SOQL queries: 101"
CPU_LIMIT = "System.LimitException: Apex CPU time limit exceeded"
