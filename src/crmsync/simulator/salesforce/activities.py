"""What the vendor derives around Tasks and Events: closed, account, times, and the last activity of their records."""

from __future__ import annotations

from datetime import datetime, timedelta

from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.rows import derive, live, touch
from crmsync.simulator.salesforce.schema import Entity, Row, Value
from crmsync.simulator.salesforce.tenant import Actor, Tenant, wire

_TARGETS = ("WhoId", "WhatId", "AccountId")
_DATED = frozenset({"Lead", "Contact", "Account", "Opportunity"})
_DAY = 1440
_MOST_DAYS = 14
_ARCHIVE_DAYS = 365


def fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """What both kinds derive, and the rule that a Lead stands alone."""
    if str(row.get("WhoId") or "").startswith("00Q") and row.get("WhatId") is not None:
        raise row_error(
            "FIELD_INTEGRITY_EXCEPTION", "When WhoId refers to a lead, WhatId must be blank", ("WhatId",)
        )
    row["AccountId"] = _account(org, row)
    if entity.name == "Task":
        _task(org, row, old)
    else:
        _event(org, row, old)


def _account(org: Tenant, row: Row) -> Value:
    """The Account that an activity belongs to: by what it is about, else by the Contact."""
    what, who = str(row.get("WhatId") or ""), str(row.get("WhoId") or "")
    if what.startswith("001"):
        return what
    about = org.tables["Opportunity"].rows.get(what) or org.tables["Contact"].rows.get(who)
    return about.get("AccountId") if about else None


def _task(org: Tenant, row: Row, old: Row | None) -> None:
    statuses = org.tables["TaskStatus"].rows.values()
    row["IsClosed"] = any(s["ApiName"] == row.get("Status") and s.get("IsClosed", False) for s in statuses)
    row["IsHighPriority"] = row.get("Priority") == "High"
    if not row["IsClosed"]:
        row["CompletedDateTime"] = None
    elif old is None or not old.get("IsClosed", False):
        row["CompletedDateTime"] = row["LastModifiedDate"]
    if str(row.get("OwnerId")).startswith("00G") and not org.switches.task_queues:
        raise row_error("FIELD_INTEGRITY_EXCEPTION", "Tasks cannot be owned by a queue", ("OwnerId",))


def _event(org: Tenant, row: Row, old: Row | None) -> None:
    """Start, end and length agree: two of them give the third."""
    was = old or {}
    for one, other in (("ActivityDateTime", "StartDateTime"), ("StartDateTime", "ActivityDateTime")):
        if row.get(one) is not None and row.get(one) != was.get(one):
            row[other] = row[one]
    if row.get("IsAllDayEvent", False):
        _all_day(org, row)
        return
    start = _at(row.get("StartDateTime"))
    if start is None:
        missing = ("DurationInMinutes", "ActivityDateTime")
        raise row_error(
            "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing
        )
    _length(org, row, was, start)
    row["ActivityDate"] = str(row["StartDateTime"])[:10]
    row["EndDate"] = str(row["EndDateTime"])[:10]


def _all_day(org: Tenant, row: Row) -> None:
    day = str(row.get("ActivityDate") or row.get("StartDateTime") or "")[:10]
    if not day:
        raise row_error(
            "REQUIRED_FIELD_MISSING", "Required fields are missing: [ActivityDate]", ("ActivityDate",)
        )
    last = str(row.get("EndDateTime") or day)[:10]
    days = (datetime.fromisoformat(last) - datetime.fromisoformat(day)).days + 1
    _check_length(org, days * _DAY)
    midnight = "T00:00:00.000+0000"
    row |= {"ActivityDate": day, "EndDate": last, "ActivityDateTime": None, "DurationInMinutes": days * _DAY}
    row |= {"StartDateTime": day + midnight, "EndDateTime": last + midnight}


def _length(org: Tenant, row: Row, was: Row, start: datetime) -> None:
    """EndDateTime and DurationInMinutes, one from the other. Raises ApiError when they disagree or are both missing."""
    end, minutes = _at(row.get("EndDateTime")), row.get("DurationInMinutes")
    given_end = row.get("EndDateTime") != was.get("EndDateTime")
    given_length = minutes != was.get("DurationInMinutes")
    if end is not None and given_end:
        counted = int((end - start).total_seconds() // 60)
        if given_length and minutes is not None and minutes != counted:
            raise row_error(
                "FIELD_INTEGRITY_EXCEPTION",
                "Event duration does not match the start and the end",
                ("DurationInMinutes",),
            )
        minutes = counted
    if minutes is None:
        raise row_error(
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [DurationInMinutes]",
            ("DurationInMinutes",),
        )
    _check_length(org, int(minutes))
    row["DurationInMinutes"] = int(minutes)
    row["EndDateTime"] = wire(start + timedelta(minutes=int(minutes)))


def _check_length(org: Tenant, minutes: int) -> None:
    most = (_MOST_DAYS if org.switches.multiday_events else 1) * _DAY
    if not 0 <= minutes <= most:
        raise row_error(
            "FIELD_INTEGRITY_EXCEPTION",
            f"Duration must be between 0 and {most} minutes: Duration",
            ("DurationInMinutes",),
        )


def _at(stamp: Value) -> datetime | None:
    return None if stamp is None else datetime.fromisoformat(str(stamp))


def saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """The last activity of the records that the activity is, or was, about."""
    refresh(org, {r.get(n) for r in (row, old or {}) for n in _TARGETS})


def refresh(org: Tenant, ids: set[Value]) -> None:
    """LastActivityDate anew: the latest date among the closed Tasks and the Events of a record."""
    for record_id in sorted(str(i) for i in ids if i is not None):
        entity = org.schema.of_id(record_id)
        if entity is None or entity.name not in _DATED or record_id not in org.tables[entity.name].rows:
            continue
        changes: Row = {"LastActivityDate": _latest(org, entity.name, record_id)}
        if org.switches.activity_date_moves_stamp:
            row = org.tables[entity.name].rows[record_id]
            if row.get("LastActivityDate") != changes["LastActivityDate"]:
                touch(org, entity, row, changes, None)
        else:
            derive(org, entity.name, record_id, changes)


def _latest(org: Tenant, name: str, record_id: str) -> Value:
    field = {"Account": "AccountId", "Opportunity": "WhatId"}.get(name, "WhoId")
    tasks = (r for r in live(org, "Task", field, record_id) if r.get("IsClosed", False))
    dates = [str(r["ActivityDate"]) for r in tasks if r.get("ActivityDate") is not None]
    dates += [str(r["ActivityDate"]) for r in live(org, "Event", field, record_id)]
    return max(dates, default=None)


def archive(org: Tenant) -> int:
    """Archive Events that ended, and Tasks closed and due, a year ago: only queryAll shows them. Returns how many."""
    limit = (org.clock.now() - timedelta(days=_ARCHIVE_DAYS)).date().isoformat()
    count = 0
    for name in ("Task", "Event"):
        for row in list(org.tables[name].by_id()):
            over = name == "Event" or row.get("IsClosed", False)
            due = row.get("ActivityDate")
            if over and not row.get("IsArchived", False) and due is not None and str(due) < limit:
                derive(org, name, row["Id"], {"IsArchived": True})
                count += 1
    return count
