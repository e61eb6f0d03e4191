"""Creates what crmsync needs in both CRMs: the unique key, and the fields that carry what only we compute."""

from __future__ import annotations

from crmsync.model.records import FieldSpec, FieldType, SetupChange
from crmsync.model.values import SIDES, Side
from crmsync.sync.engine import PEOPLE, Engine

KEY = "Tells which person of the other CRM this record is. Written by crmsync; leave it alone."


def specs(side: Side, key_field: str) -> list[FieldSpec]:
    """The custom fields of one side."""
    found = [FieldSpec(obj, key_field, "crmsync id", FieldType.TEXT, 100, True, KEY) for obj in PEOPLE[side]]
    if side == "hubspot":
        owner = "Who owns this person in Salesforce, by name. Written by crmsync."
        found.append(
            FieldSpec("contacts", "crmsync_sales_owner", "Sales owner", FieldType.TEXT, 255, False, owner)
        )
    else:
        matched = "Accounts whose domain this Lead shares, for whoever converts it. Written by crmsync."
        found.append(
            FieldSpec("Lead", "Matched_Account__c", "Matched Account", FieldType.TEXT, 255, False, matched)
        )
    return found


def prepare(engine: Engine, apply: bool) -> list[SetupChange]:
    """Say what is missing on both sides; with `apply` create and grant it."""
    changes: list[SetupChange] = []
    for side in SIDES:
        connector = engine.connectors[side]
        changes += connector.setup(specs(side, connector.key_field), apply)
    return changes
