"""Row locks held by somebody else's transaction: writes to a locked row, or to a child of one, fail after 10 s.

Rows of one call never lock each other: they are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

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
        raise in_trigger(inside, held, created=old is None) if inside else locked(held)


def _held(org: Tenant, record_id: str) -> bool:
    lock = org.locks.get(record_id)
    if lock is None:
        return False
    if org.clock.now() < lock.until:
        return True
    del org.locks[record_id]
    return False


def locked(ids: Sequence[str]) -> ApiError:
    """The vendor's words for rows that somebody else holds."""
    return row_error("UNABLE_TO_LOCK_ROW", f"{_BUSY} or {len(ids)} records: {','.join(ids)}")


_BUSY = "unable to obtain exclusive access to this record"


def in_trigger(name: str, ids: Sequence[str], *, created: bool) -> ApiError:
    """The same when a trigger's own write met the lock: its error wraps ours."""
    first = f"System.DmlException: Update failed. First exception on row 0 with id {ids[0]}; first error:"
    cause = f"UNABLE_TO_LOCK_ROW, {_BUSY} or {len(ids)} records: {','.join(ids)}: []"
    return trigger_error(name, f"{first} {cause}", created=created)


def trigger_error(name: str, cause: str, *, created: bool) -> ApiError:
    """What a caller gets when a trigger or flow fails on a create or an update: `cause` is Apex's own message."""
    event = "AfterInsert" if created else "AfterUpdate"
    return row_error(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        f"{name}: execution of {event}\n\ncaused by: {cause}\n\nTrigger.{name}: line 1, column 1",
    )


TOO_MANY_QUERIES = "System.LimitException: Too many SOQL queries: 101"
CPU_LIMIT = "System.LimitException: Apex CPU time limit exceeded"
