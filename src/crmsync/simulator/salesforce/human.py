"""What people and automations do in the org's own screens, past field permissions and sharing. No HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crmsync.simulator.salesforce import lifecycle
from crmsync.simulator.salesforce.activities import archive
from crmsync.simulator.salesforce.conversion import Conversion, convert
from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.fresh import ACTIVITIES, DATA_OBJECTS, DETAILS, grant
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.rows import touch
from crmsync.simulator.salesforce.save import insert, update
from crmsync.simulator.salesforce.schema import Entity, Field, Value
from crmsync.simulator.salesforce.setup import Setup
from crmsync.simulator.salesforce.tenant import Actor, Tenant, wire
from crmsync.simulator.salesforce.tooling import add_custom_field

_CUSTOM = re.compile(r"[A-Za-z]\w*__c\Z")
_LONG = 32_768


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody enters: the object, the record ("" for a new one) and the values."""

    object: str
    id: str
    values: Mapping[str, Any]


Screen = Callable[[Typed], Typed]
"""What an org's screens make of an entry: they offer what the org has, so nobody can save what it would refuse."""


class Humans:
    """The human side of an org. Object names are as in the API; ids may have 15 or 18 characters.

    All raise ApiError as a screen would refuse.
    """

    def __init__(self, org: Tenant) -> None:
        self.org = org
        self.setup = Setup(org, self.add_field)
        self.screens: list[Screen] = []
        self.profile_set_id = ""
        self.permission_set_id = ""

    # -- records --------------------------------------------------------------------------------------------
    def create(self, object: str, values: Mapping[str, Any], actor: str = "human", user: str = "") -> str:
        """Create a record, as the user `user` (default: the integration user); returns its id.

        Takes sObject-tree rows: `attributes`, unknown standard fields, read-only fields and `@Reference` values
        are left out, an unknown custom field is added as text, number or checkbox that everybody sees.
        """
        entry = self._entered(object, "", values)
        entity = self._entity(entry.object)
        taken = self._taken(entity, entry.values, create=True)
        record_id = insert(self.org, entity, taken, self._actor(actor, user))
        if object == "Contact" and entity.name == "Account":
            return str(self.org.tables["Account"].rows[record_id]["PersonContactId"])
        return record_id

    def edit(
        self, object: str, id: str, values: Mapping[str, Any], actor: str = "human", user: str = ""
    ) -> None:
        """Change a record, as the user `user` (default: a rep, so never the integration user)."""
        entry = self._entered(object, _full(id), values)
        entity = self._entity(entry.object)
        taken = self._taken(entity, entry.values, create=False)
        update(self.org, entity, entry.id, taken, self._actor(actor, user or self.org.person_id))

    def delete(self, object: str, id: str, actor: str = "human", user: str = "") -> None:
        """Move a record to the recycle bin, with all that depends on it."""
        lifecycle.delete(self.org, self._entity(object), _full(id), self._actor(actor, user))

    def undelete(self, object: str, id: str, actor: str = "human", user: str = "") -> None:
        """Take a record out of the recycle bin, with what went there together with it."""
        lifecycle.undelete(self.org, self._entity(object), _full(id), self._actor(actor, user))

    def purge(self, object: str, id: str, actor: str = "human") -> None:
        """Delete a record for good."""
        lifecycle.purge(self.org, self._entity(object), _full(id), self._actor(actor))

    def empty_bin(self, *, all: bool = False) -> int:
        """What the vendor does every night: rows 15 days in the recycle bin (or `all`) are gone; returns how many."""
        return lifecycle.empty_bin(self.org, self._actor("system"), all_=all)

    def archive_activities(self) -> int:
        """What the vendor does at night: activities that were over a year ago leave all but queryAll."""
        return archive(self.org)

    def purge_log(self) -> None:
        """Shorten the log of deletions, as the vendor does when it is too big: nothing before now is left in it."""
        self.org.purged.clear()
        self.org.log_since = self.org.now()

    def merge(
        self, object: str, winner: str, losers: Sequence[str], actor: str = "human", user: str = ""
    ) -> None:
        """Fold one or two records into `winner`."""
        others = [_full(i) for i in losers]
        lifecycle.merge(self.org, self._entity(object), _full(winner), others, self._actor(actor, user))

    def convert(
        self,
        lead: str,
        account: str | None = None,
        contact: str | None = None,
        status: str | None = None,
        actor: str = "human",
        *,
        opportunity: str | None = None,
        owner: str | None = None,
        overwrite_source: bool = False,
        user: str = "",
    ) -> dict[str, str | None]:
        """Convert a Lead; returns leadId, accountId, contactId, opportunityId.

        `opportunity` names the Opportunity to make ("": after the company); None makes none. `owner` is the user who
        owns what is made, needed when a queue owns the Lead. `overwrite_source` replaces the Contact's LeadSource.
        """
        into = [None if i is None else _full(i) for i in (account, contact, owner)]
        wanted = Conversion(_full(lead), into[0], into[1], status, opportunity, into[2], overwrite_source)
        return convert(self.org, wanted, self._actor(actor, user))

    def commit_late(self, object: str, id: str, values: Mapping[str, Any], began: datetime) -> None:
        """Change a record in a transaction that began earlier and ends now.

        Its stamps are those of the beginning, so it appears behind the cursor of whoever has read on since.
        """
        table = self.org.tables[self._entity(object).name]
        self.edit(object, id, values)
        stamp = wire(began)
        self.org.put(table, {**table.rows[_full(id)], "LastModifiedDate": stamp, "SystemModstamp": stamp})

    def ensure(self, object: str, values: Mapping[str, Any]) -> list[str]:
        """Add the custom fields that `values` name and the object lacks; returns the names it has no place for."""
        entity = self._entity(object)
        return [n for n, v in values.items() if (entity.field(n) or self._added(entity, n, v)) is None]

    def touch(self, object: str, ids: Sequence[str]) -> None:
        """Move SystemModstamp alone, as a mass job of the vendor does; nothing a ledger would show."""
        entity = self._entity(object)
        for record_id in ids:
            touch(self.org, entity, self.org.tables[entity.name].rows[_full(record_id)], {}, None)

    def state(self) -> dict[str, list[dict[str, Value]]]:
        """Every data record and user, deleted ones included. Fields that are null, and calculated ones, are left out."""
        names = (*DATA_OBJECTS, *ACTIVITIES, *DETAILS, "User")
        return {n: [dict(r) for r in self.org.tables[n].rows.values()] for n in names}

    # -- set-up ---------------------------------------------------------------------------------------------
    def add_field(self, object: str, field: Field, *, visible: bool = True) -> None:
        """Add a custom field as an admin does, seen by everybody unless told otherwise."""
        entity = self._entity(object)
        add_custom_field(self.org, entity, replace(field, custom=True), self._actor("system"))
        if visible:
            grant(self.org, self.profile_set_id, entity.name, field.name)

    def drop_field(self, object: str, name: str) -> None:
        """Delete a custom field in the middle of a run, with its values and permissions."""
        entity = self._entity(object)
        self.hide_field(entity.name, name)
        entity.drop(name)
        made = self.org.tables["CustomField"]
        bare = name.removesuffix("__c")
        for record_id, row in list(made.rows.items()):
            if (row["TableEnumOrId"], row["DeveloperName"]) == (entity.name, bare):
                self.org.remove(made, record_id)
        self.org.tables[entity.name].unwatch(name)
        for row in self.org.tables[entity.name].rows.values():
            row.pop(name, None)
        self.org.access.forget()

    def restrict(self, object: str, name: str, values: Sequence[str] | None = None) -> None:
        """Allow only a picklist's values (default: those it has)."""
        entity = self._entity(object)
        item = entity.fields[name]
        entity.add(
            replace(item, restricted=True, picklist=item.picklist if values is None else tuple(values))
        )

    def hide_field(self, object: str, name: str) -> None:
        """Take a field away from the integration user."""
        table = self.org.tables["FieldPermissions"]
        for record_id in [i for i, r in table.rows.items() if r["Field"] == f"{object}.{name}"]:
            self.org.remove(table, record_id)

    @property
    def private_sharing(self) -> bool:
        """Whether the integration user sees only records that it owns."""
        rows = self.org.tables["ObjectPermissions"].rows.values()
        return not any(r.get("PermissionsViewAllRecords", False) for r in rows)

    @private_sharing.setter
    def private_sharing(self, on: bool) -> None:
        table = self.org.tables["ObjectPermissions"]
        for row in list(table.rows.values()):
            if row["ParentId"] == self.profile_set_id:
                rights = {"PermissionsViewAllRecords": not on, "PermissionsModifyAllRecords": not on}
                self.org.put(table, {**row, **rights})

    # -- inner ----------------------------------------------------------------------------------------------
    def _entered(self, object: str, id: str, values: Mapping[str, Any]) -> Typed:
        entry = Typed(object, id, values)
        for screen in self.screens:
            entry = screen(entry)
        return entry

    def _entity(self, name: str) -> Entity:
        found = self.org.entity(name)
        if found is None:
            raise row_error("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def _actor(self, kind: str, user: str = "") -> Actor:
        return Actor(kind, user or self.org.user_id)

    def _taken(self, entity: Entity, values: Mapping[str, Any], *, create: bool) -> dict[str, Any]:
        """The values that the org has a place for."""
        out: dict[str, Any] = {}
        for name, value in values.items():
            item = entity.field(name) or self._added(entity, name, value)
            if item is None or not (item.createable if create else item.updateable):
                continue
            if isinstance(value, str) and value.startswith("@") and item.type == "reference":
                continue
            out[item.name] = value
        return out

    def _added(self, entity: Entity, name: str, value: Any) -> Field | None:
        """An unknown custom field, made to fit its first value."""
        if not _CUSTOM.match(name) or value is None:
            return None
        if isinstance(value, bool):
            item = Field(name, "boolean", default=False)
        elif isinstance(value, int | float):
            item = Field(name, "double")
        elif len(str(value)) > 255:
            item = Field(name, "textarea", length=_LONG)
        else:
            item = Field(name, "string", length=255)
        self.add_field(entity.name, item)
        return entity.fields[name]


def _full(record_id: str) -> str:
    return to18(record_id) or record_id
