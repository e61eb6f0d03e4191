"""What the admins of an org set up beyond fields: rules, queues, formulas, roll-ups, history, somebody's locks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.locks import trigger_error
from crmsync.simulator.salesforce.rows import make
from crmsync.simulator.salesforce.rules import Criteria, DuplicateRule, LeadAssignment, Lock, RollUp, Summary
from crmsync.simulator.salesforce.schema import Entity, Field, Formula, Row
from crmsync.simulator.salesforce.tenant import Tenant

AddField = Callable[[str, Field], None]
"""Adds a custom field that everybody sees."""


class Setup:
    """An org's set-up pages. Object and field names are as in the API; ids may have 15 or 18 characters."""

    def __init__(self, org: Tenant, add_field: AddField) -> None:
        self._org = org
        self._add_field = add_field

    # -- rules ----------------------------------------------------------------------------------------------
    def validation_rule(
        self,
        object: str,
        name: str,
        message: str,
        refuses: Callable[[Row, Row | None], bool],
        field: str = "",
    ) -> str:
        """A validation rule: `refuses(row as it would be, row as it is)`. Returns the id that Tooling shows.

        The error stands at `field`, or at the top of the page when "".
        """
        values: Row = {
            "ValidationName": name,
            "EntityDefinitionId": object,
            "Active": True,
            "ErrorMessage": message,
        }
        rule = self._make("ValidationRule", {**values, "ErrorDisplayField": field or None})
        shown = self._org.tables["ValidationRule"].rows

        def check(entity: Entity, row: Row, old: Row | None) -> ApiError | None:
            if entity.name != object or not shown[rule].get("Active", False) or not refuses(row, old):
                return None
            return row_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, (field,) if field else ())

        self._org.rules.validations.append(check)
        return rule

    def lookup_filter(self, object: str, field: str, accepts: Callable[[Row], bool]) -> None:
        """A lookup filter: `accepts(row that the reference would point to)`."""

        def check(entity: Entity, row: Row, old: Row | None) -> ApiError | None:
            if entity.name != object or row.get(field) is None or (old or {}).get(field) == row[field]:
                return None
            if accepts(self._org.look(row[field]) or {}):
                return None
            return row_error(
                "FIELD_FILTER_VALIDATION_EXCEPTION",
                "Value does not exist or does not match filter criteria.",
                (field,),
            )

        self._org.rules.validations.append(check)

    def duplicate_rule(
        self,
        object: str,
        on_create: str = "alert",
        on_update: str = "allow",
        *,
        targets: Sequence[str] = (),
        bypass_sharing: bool = True,
    ) -> None:
        """Activate the object's standard duplicate rule: each action is `block`, `alert` or `allow`.

        `targets` are the objects compared with (default: its own and, for people, the other one).
        """
        rule = next((r for r in self._org.rules.duplicates if r.entity == object), None)
        if rule is None:
            rule = self._new_duplicate_rule(object)
        rule.on_create, rule.on_update, rule.bypass_sharing = on_create, on_update, bypass_sharing
        rule.targets = tuple(targets) or rule.targets
        table = self._org.tables["DuplicateRule"]
        self._org.put(table, {**table.rows[rule.id], "IsActive": True})

    def _new_duplicate_rule(self, object: str) -> DuplicateRule:
        name = f"Standard_{object}_Duplicate_Rule"
        values: Row = {"SobjectType": object, "DeveloperName": name, "MasterLabel": name.replace("_", " ")}
        rule = DuplicateRule(
            self._make("DuplicateRule", {**values, "Language": "en_US"}), name, object, (object,)
        )
        self._org.rules.duplicates.append(rule)
        return rule

    def assignment_rule(self, name: str, criteria: Criteria, *, active: bool = True) -> str:
        """A Lead assignment rule; only one is active, the latest. Returns its id."""
        table = self._org.tables["AssignmentRule"]
        for row in list(table.rows.values()) if active else ():
            self._org.put(table, {**row, "Active": False})
        rule = self._make("AssignmentRule", {"Name": name, "SobjectType": "Lead", "Active": active})
        self._org.rules.assignments.append(LeadAssignment(rule, criteria))
        return rule

    def failing_trigger(
        self, object: str, cause: str, name: str = "Trigger", chunk: int = 1
    ) -> Callable[[], None]:
        """An Apex trigger that throws `cause` in a transaction of at least `chunk` rows, until the answer is called."""

        def fail(entity: Entity, row: Row, old: Row | None) -> None:
            if entity.name == object and self._org.chunk >= chunk:
                raise trigger_error(name, cause, created=old is None)

        self._org.rules.afters.append(fail)
        return lambda: self._org.rules.afters.remove(fail)

    def track(self, object: str, *fields: str) -> None:
        """Track the history of these fields, up to 20 an object."""
        self._org.rules.tracked[object] = frozenset(fields)

    def lock(self, ids: Sequence[str], until: datetime, inside: str = "") -> None:
        """Somebody's transaction holds these rows; `inside` names a trigger that would meet the lock."""
        for record_id in ids:
            self._org.locks[to18(record_id) or record_id] = Lock(until, inside)

    # -- owners ---------------------------------------------------------------------------------------------
    def queue(self, name: str, *objects: str) -> str:
        """A queue for rows of these objects; returns its id."""
        values: Row = {"Name": name, "DeveloperName": name.replace(" ", "_"), "Type": "Queue"}
        queue = self._make("Group", values)
        for object in objects:
            self._make("QueueSobject", {"QueueId": queue, "SobjectType": object})
        return queue

    # -- fields ---------------------------------------------------------------------------------------------
    def formula(self, object: str, name: str, formula: Formula, kind: str = "string") -> None:
        """A formula field: read-only, worked out whenever it is read, so that it moves no stamp."""
        length = 1300 if kind == "string" else 0
        item = Field(name, kind, length=length, createable=False, updateable=False)
        self._add_field(object, replace(item, calculated=True, formula=formula))

    def roll_up(
        self, parent: str, name: str, child: str, reference: str, summary: Summary, kind: str = "double"
    ) -> None:
        """A roll-up summary field: a write to a child moves the parent's SystemModstamp when the value changes."""
        item = Field(name, kind, createable=False, updateable=False, calculated=True)
        self._add_field(parent, item)
        self._org.rules.roll_ups.append(RollUp(parent, name, child, reference, summary))

    def depend(
        self, object: str, field: str, controller: str, valid_for: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Make a picklist dependent: each value with the controlling values that it is valid for."""
        entity = self._org.schema.entities[object]
        entity.add(replace(entity.fields[field], controller=controller, valid_for=dict(valid_for)))

    def retire(self, object: str, field: str, *values: str) -> None:
        """Make picklist values inactive: records keep them, a restricted picklist takes them no more."""
        entity = self._org.schema.entities[object]
        item = entity.fields[field]
        left = tuple(v for v in item.picklist if v not in values)
        entity.add(replace(item, picklist=left, inactive=(*item.inactive, *values)))

    def _make(self, name: str, values: Row) -> str:
        return make(self._org, name, values, self._org.user_id)
