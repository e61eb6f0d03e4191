"""What the integration user may see and edit, computed from the permission rows of the org."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmsync.simulator.salesforce.schema import Entity, Field, Row, Value
from crmsync.simulator.salesforce.table import Table

_ALL = frozenset({"Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords"})


Sharing = Callable[[Entity, Row], bool]
"""A sharing rule: whether it opens a row of an object to the user."""


class Access:
    """Rights of one user over objects, fields and rows. Cached until `forget`."""

    def __init__(self, tables: Mapping[str, Table], user_id: str) -> None:
        self._tables = tables
        self._user = user_id
        self.shares: list[Sharing] = []
        self._objects: dict[str, frozenset[str]] = {}
        self._readable: dict[str, frozenset[str]] = {}
        self._editable: dict[str, frozenset[str]] = {}

    def forget(self) -> None:
        """Permissions or fields changed."""
        self._objects.clear()
        self._readable.clear()
        self._editable.clear()

    def sets(self) -> set[object]:
        """Ids of the permission sets that the user has, the profile's own included."""
        rows = self._tables["PermissionSetAssignment"].rows.values()
        return {r["PermissionSetId"] for r in rows if r["AssigneeId"] == self._user}

    def general(self, name: str) -> bool:
        """Whether any of the user's sets holds a permission such as `ViewAllData`."""
        table = self._tables["PermissionSet"].rows
        return any(table[str(i)].get(f"Permissions{name}", False) for i in self.sets())

    def rights(self, entity: Entity) -> frozenset[str]:
        """Rights on an object. Set-up objects and activities are open; a detail takes its master's."""
        known = self._objects.get(entity.name)
        if known is not None:
            return known
        if not entity.deletable:
            return _ALL
        if entity.controlled:
            known = self._objects[entity.name] = self._controlled(entity)
            return known
        mine = self.sets()
        rows = [
            r
            for r in self._tables["ObjectPermissions"].rows.values()
            if r["SobjectType"] == entity.name and r["ParentId"] in mine
        ]
        known = frozenset(n for n in _ALL if any(r.get(f"Permissions{n}", False) for r in rows))
        if self.general("ViewAllData") or self.general("ModifyAllData"):
            known |= {"Read", "ViewAllRecords"}
        self._objects[entity.name] = known
        return known

    def _controlled(self, entity: Entity) -> frozenset[str]:
        """Whoever may edit the master may write its details; rows of activities are decided one by one."""
        if not entity.rights_of:
            every = self.general("ViewAllData") or self.general("ModifyAllData")
            return _ALL if every else _ALL - {"ViewAllRecords", "ModifyAllRecords"}
        master = self.rights(self._tables[entity.rights_of].entity)
        return master - {"Create", "Delete"} | ({"Create", "Delete"} if "Edit" in master else frozenset())

    def readable(self, entity: Entity) -> frozenset[str]:
        """The fields that the user sees."""
        if entity.name not in self._readable:
            self._load(entity)
        return self._readable[entity.name]

    def editable(self, entity: Entity) -> frozenset[str]:
        """The fields that the user may write, as far as field permissions go."""
        if entity.name not in self._editable:
            self._load(entity)
        return self._editable[entity.name]

    def _load(self, entity: Entity) -> None:
        mine = self.sets()
        rows = [
            r
            for r in self._tables["FieldPermissions"].rows.values()
            if r["SobjectType"] == entity.name and r["ParentId"] in mine
        ]
        read = {str(r["Field"]).partition(".")[2] for r in rows if r.get("PermissionsRead", False)}
        edit = {str(r["Field"]).partition(".")[2] for r in rows if r.get("PermissionsEdit", False)}
        fields = entity.fields.values()
        self._readable[entity.name] = frozenset(
            f.name for f in fields if not f.permissionable or (f.compound or f.name) in read
        )
        self._editable[entity.name] = frozenset(
            f.name for f in fields if not f.permissionable or (f.compound or f.name) in edit
        )

    def sees(self, entity: Entity, row: Row) -> bool:
        """Whether sharing lets the user see a row."""
        if not (entity.owned or entity.controlled) or "ViewAllRecords" in self.rights(entity):
            return True
        if entity.owned and row.get("OwnerId") == self._user:
            return True
        if any(rule(entity, row) for rule in self.shares):
            return True
        return any(self._sees_id(entity.fields[n], row.get(n)) for n in entity.controlled)

    def _sees_id(self, item: Field, record_id: Value) -> bool:
        """Whether the user sees the row that a reference points to."""
        if record_id is None:
            return False
        for name in item.references:
            table = self._tables[name]
            row = table.rows.get(str(record_id))
            if row is not None:
                return "Read" in self.rights(table.entity) and self.sees(table.entity, row)
        return False

    def all_rows(self, entity: Entity) -> bool:
        """Whether no row of an object is hidden from the user."""
        return not (entity.owned or entity.controlled) or "ViewAllRecords" in self.rights(entity)
