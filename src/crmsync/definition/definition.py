"""The whole definition as one frozen object: what the files under `config/` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crmsync.mapping.fields.types import FieldMap, Place
from crmsync.mapping.rule import Rule
from crmsync.model.values import Side
from crmsync.reconcile.budget import Shares
from crmsync.reconcile.limits import Limits


@dataclass(frozen=True, slots=True)
class ScopeList:
    """A HubSpot list of contacts by its name there, and where the admin wrote it."""

    name: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Definition:
    """What an admin decided. `version` is a digest of the files' meaning; a changed file is a new version.

    `scope` per side is a rule over `person.*` and the side's native values (None: everybody); with
    `scope_list` who is on that list is in scope of HubSpot, and there is no rule there. `create` per side is `at_handoff`, `in_scope` or `never`. `contact_when` decides whether a person who matches exactly one
    active Account becomes a Contact there. `identity` names the native e-mail, name and foreign-id fields per
    side and object (keys `email`, `first_name`, `last_name`, `salesforce_contact`, `salesforce_lead`, and
    `account` for the reference to a company or Account); keys without a field are absent. `accounts` does so for
    companies and Accounts (`name`, `domain`, `country`; `active` is a checkbox field, absent: all are active).
    `coexist` are canonical fields that another engine keeps. `budgets` are API calls a day, `shares` what each kind of work leaves of them. Times are seconds.
    `places` are `section`, `section.key` and `fields.name` in the files.
    """

    version: str
    directory: str
    fields: tuple[FieldMap, ...]
    limits: Limits = field(default_factory=Limits)
    scope: Mapping[Side, Rule | None] = field(default_factory=dict)
    scope_list: ScopeList | None = None
    create: Mapping[Side, str] = field(
        default_factory=lambda: {"salesforce": "at_handoff", "hubspot": "never"}
    )
    mode: str = "live"
    go_live: str = ""
    person_model: str = "leads_and_contacts"
    contact_when: Rule | None = None
    coexist: tuple[str, ...] = ()
    identity: Mapping[Side, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    accounts: Mapping[Side, Mapping[str, str]] = field(default_factory=dict)
    accept_partial_view: bool = False
    overlap_s: float = 600.0
    archived_every_s: float = 3600.0
    companies_every_s: float = 300.0
    wide_every_s: float = 86_400.0
    wide_s: float = 93_600.0
    owners_every_s: float = 3600.0
    lists_every_s: float = 3600.0
    audit_every_s: float = 86_400.0
    budgets: Mapping[Side, int] = field(default_factory=dict)
    shares: Shares = field(default_factory=Shares)
    places: Mapping[str, Place] = field(default_factory=dict)

    def field_map(self, name: str) -> FieldMap | None:
        """The field map with this canonical name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    def with_version(self, version: str) -> Definition:
        """The same definition with its version filled in."""
        return replace(self, version=version)
