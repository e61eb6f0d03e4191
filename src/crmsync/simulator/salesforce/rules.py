"""What the admins of an org set up: the shapes of rules, flows, roll-ups and locks. Nothing here runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from crmsync.simulator.salesforce.errors import ApiError
from crmsync.simulator.salesforce.schema import Entity, Field, Row, Value

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.tenant import Actor

Validation = Callable[[Entity, Row, Row | None], ApiError | None]
"""(object, row as it would be, row as it is) -> why the save is refused."""
Automation = Callable[[Entity, Row, Row | None], None]
"""Changes the row before it is saved, as a before-save flow or trigger does. May raise ApiError."""
After = Callable[[Entity, Row, Row | None], None]
"""Runs once the row is stored, as an after-save flow or trigger does. Raising ApiError undoes the save."""
Fill = Callable[[Entity, Row, Row | None, "Actor"], None]
"""What a feature of the org puts into a row itself. May raise ApiError."""
Persons = Callable[[Row, "Actor"], tuple[str, str]]
"""(values of a Contact, who acts) -> the Account and the Contact of a new person account."""
Added = Callable[[Entity, Field], None]
"""Told of every field that an object gets."""
Allowed = Callable[[Entity, Field, Row], tuple[str, ...] | None]
"""(object, picklist, row as it would be) -> the values that the row's record type allows; None: all."""
Summary = Callable[[list[Row]], Value]
"""The live children of a row -> what its roll-up summary field shows."""
Criteria = Callable[[Row], str | None]
"""A Lead about to be saved -> the id of its new owner, or None to leave it."""


@dataclass(frozen=True, slots=True)
class RollUp:
    """A roll-up summary: `name` of `parent` over the live rows of `child` whose `reference` points to it."""

    parent: str
    name: str
    child: str
    reference: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class Lock:
    """A transaction of somebody else that holds a row until then; `inside` names the trigger that would meet it."""

    until: datetime
    inside: str = ""


@dataclass(frozen=True, slots=True)
class LeadAssignment:
    """A Lead assignment rule: `id` is that of its AssignmentRule row, which also says whether it is active."""

    id: str
    criteria: Criteria


@dataclass(slots=True)
class DuplicateRule:
    """A duplicate rule of one object: which objects it compares with, and what it does on a match.

    `on_create` and `on_update` are `block`, `alert` (may be saved with allowSave) or `allow`. A row matches with the
    same e-mail address, or with the same names and the same company.
    """

    id: str
    name: str
    entity: str
    targets: tuple[str, ...]
    message: str = "Use one of these records?"
    on_create: str = "alert"
    on_update: str = "allow"
    bypass_sharing: bool = True


@dataclass(slots=True)
class Rules:
    """All that an org's admins set up beyond objects and fields. `tracked`: object -> fields with a history."""

    validations: list[Validation] = field(default_factory=list)
    automations: list[Automation] = field(default_factory=list)
    afters: list[After] = field(default_factory=list)
    picklists: list[Allowed] = field(default_factory=list)
    roll_ups: list[RollUp] = field(default_factory=list)
    duplicates: list[DuplicateRule] = field(default_factory=list)
    assignments: list[LeadAssignment] = field(default_factory=list)
    tracked: dict[str, frozenset[str]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    """Run before everything else, and again after automations."""
    added: list[Added] = field(default_factory=list)
    barred: set[str] = field(default_factory=set)
    """Record types that the integration user may not assign."""
    persons: Persons | None = None
    """Where person accounts are enabled: how a Lead without a company becomes one."""
