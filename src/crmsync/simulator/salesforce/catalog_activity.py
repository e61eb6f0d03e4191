"""Task and Event, as tables. Data only; what they derive from each other is in activities.py."""

from __future__ import annotations

from typing import Any

from crmsync.simulator.salesforce.fields import area, fixed, flag, pick, ref, system
from crmsync.simulator.salesforce.schema import Entity, Field

STATUSES = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
CLOSED_STATUSES = ("Completed",)
PRIORITIES = ("High", "Normal", "Low")
TASK_SUBTYPES = ("Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn")
WHO = ("Contact", "Lead")
WHAT = ("Account", "Opportunity", "Campaign")
CONTROLLED = ("WhatId", "WhoId")


def _common(children: str) -> tuple[Field, ...]:
    """What a Task and an Event have in common."""
    return (
        ref("WhoId", *WHO, indexed=True, permissionable=False, label="Name ID", children=children),
        ref("WhatId", *WHAT, indexed=True, permissionable=False, label="Related To ID", children=children),
        Field("Subject", "combobox", length=255, permissionable=False),
        Field("ActivityDate", "date", permissionable=False, label="Due Date Only"),
        area("Description"),
        fixed(ref("AccountId", "Account", indexed=True, children="")),
        fixed(flag("IsArchived", label="Archived")),
        flag("IsReminderSet", permissionable=False, label="Reminder Set"),
        Field("ReminderDateTime", "datetime", permissionable=False),
    )


def task() -> Entity:
    """Task, as in OBJ/sforce_api_objects_task."""
    plain: dict[str, Any] = {"permissionable": False}
    return Entity(
        "Task",
        "00T",
        (
            *system(),
            *_common("Tasks"),
            pick("Status", STATUSES, default=STATUSES[0], **plain),
            pick("Priority", PRIORITIES, default="Normal", **plain),
            fixed(flag("IsHighPriority", label="High Priority")),
            ref("OwnerId", "User", "Group", label="Assigned To ID", **plain),
            fixed(flag("IsClosed", label="Closed")),
            fixed(Field("CompletedDateTime", "datetime")),
            pick("Type", ("Call", "Email", "Meeting", "Other")),
            pick("TaskSubtype", TASK_SUBTYPES, default="Task", restricted=True, updateable=False, **plain),
            Field("CallDurationInSeconds", "int", label="Call Duration"),
            pick("CallType", ("Internal", "Inbound", "Outbound"), restricted=True),
            Field("CallDisposition", "string", length=255, label="Call Result"),
            Field("CallObject", "string", length=255, label="Call Object Identifier"),
        ),
        owned=True,
        controlled=CONTROLLED,
    )


def event() -> Entity:
    """Event, as in OBJ/sforce_api_objects_event."""
    plain: dict[str, Any] = {"permissionable": False}
    return Entity(
        "Event",
        "00U",
        (
            *system(),
            *_common("Events"),
            Field("Location", "string", length=255),
            flag("IsAllDayEvent", label="All-Day Event", **plain),
            Field("ActivityDateTime", "datetime", label="Due Date Time", **plain),
            Field("DurationInMinutes", "int", label="Duration", **plain),
            Field("StartDateTime", "datetime", **plain),
            Field("EndDateTime", "datetime", **plain),
            fixed(Field("EndDate", "date")),
            flag("IsPrivate", label="Private", **plain),
            pick("ShowAs", ("Busy", "OutOfOffice", "Free"), default="Busy", restricted=True, **plain),
            pick("Type", ("Call", "Email", "Meeting", "Other")),
            pick("EventSubtype", ("Event",), default="Event", restricted=True, updateable=False, **plain),
            ref("OwnerId", "User", label="Assigned To ID", **plain),
        ),
        owned=True,
        controlled=CONTROLLED,
    )
