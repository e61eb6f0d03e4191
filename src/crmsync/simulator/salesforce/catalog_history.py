"""The objects that hold the history of tracked fields, as tables. Which rows they get is in history.py."""

from __future__ import annotations

from crmsync.simulator.salesforce.fields import fixed, pick, ref, system
from crmsync.simulator.salesforce.schema import Entity, Field

HISTORY = {
    "Lead": "LeadHistory",
    "Contact": "ContactHistory",
    "Account": "AccountHistory",
    "Opportunity": "OpportunityFieldHistory",
}
"""Tracked object -> the object of its history."""


def field_history() -> tuple[Entity, ...]:
    """LeadHistory and its like, as in OBJ/sforce_api_objects_leadhistory."""
    return tuple(_history(parent, name) for parent, name in HISTORY.items())


def _history(parent: str, name: str) -> Entity:
    stamps = [f for f in system() if f.name in {"Id", "IsDeleted", "CreatedDate", "CreatedById"}]
    fields = (
        ref(f"{parent}Id", parent, indexed=True, children="Histories"),
        pick("Field", (), label="Changed Field"),
        pick("DataType", ()),
        Field("OldValue", "anyType"),
        Field("NewValue", "anyType"),
    )
    return Entity(
        name,
        "017",
        (*stamps, *(fixed(f) for f in fields)),
        plural=name,
        writable=False,
        controlled=(f"{parent}Id",),
        rights_of=parent,
    )
