"""What the people of a portal do by hand: make, edit, archive, restore and merge records, add properties.

They may set what is read-only over the API. Every method raises ApiError, whose message is the vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crmsync.simulator.hubspot import definitions, merge, objects, writes
from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.state import Kind, Portal


class Hands:
    """The human side of a portal; whoever has it sets `portal`."""

    portal: Portal

    def create(self, object: str, values: Mapping[str, Any], actor: str = "human") -> str:
        """A person makes a contact, a company or an owner (`email`, `firstName`, `lastName`); returns its id."""
        portal = self.portal
        if object == "owners":
            owner = portal.add_owner(
                str(values["email"]), str(values.get("firstName") or ""), str(values.get("lastName") or "")
            )
            return owner.id
        kind = portal.kind(object)
        good = writes.check(portal, kind, None, _speakable(values), actor)
        objects.need_identity(kind, good)
        self._free(kind, None, good)
        return writes.create(portal, kind, good, actor).id

    def edit(self, object: str, id: str, values: Mapping[str, Any], actor: str = "human") -> None:
        """A person changes values ("" or None clears), also ones that the API may not write."""
        kind = self.portal.kind(object)
        row = kind.table.resolve(id)
        if row is None or row.archived:
            raise ApiError(404, f"no live record {id} in {object}", "OBJECT_NOT_FOUND")
        good = writes.check(self.portal, kind, row, _speakable(values), actor)
        self._free(kind, row.num, good)
        writes.update(self.portal, kind, row, good, actor)

    def delete(self, object: str, id: str, actor: str = "human") -> None:
        """A person archives a record."""
        kind = self.portal.kind(object)
        row = kind.table.resolve(id)
        if row is None or row.archived:
            raise ApiError(404, f"no live record {id} in {object}", "OBJECT_NOT_FOUND")
        writes.archive(self.portal, kind, row, actor)

    def restore(self, object: str, id: str, actor: str = "human") -> None:
        """A person brings an archived record back."""
        kind = self.portal.kind(object)
        row = kind.table.get(id)
        if row is None or not row.archived or row.num in kind.table.aliases:
            raise ApiError(404, f"no archived record {id} in {object}", "OBJECT_NOT_FOUND")
        self._free(kind, row.num, row.values)
        writes.restore(self.portal, kind, row, actor)

    def merge(self, object: str, winner: str, losers: Sequence[str], actor: str = "human") -> str:
        """A person merges records; returns the survivor's id, which is new."""
        return merge.merge(self.portal, self.portal.kind(object), winner, losers, actor).id

    def define(self, object: str, name: str, *, type: str = "string", unique: bool = False) -> None:
        """A person adds a custom property."""
        kind = self.portal.kind(object)
        field = {"enumeration": "select", "bool": "booleancheckbox"}.get(type, "text")
        group = next(iter(kind.groups))
        body = {"name": name, "type": type, "fieldType": field, "groupName": group, "hasUniqueValue": unique}
        definitions.define(kind, body, self.portal.now())

    def ensure(self, object: str, names: Sequence[str]) -> list[str]:
        """The names that the object does not know; a record with them cannot be created."""
        return [] if object == "owners" else writes.unwritten(names, self.portal.kind(object))

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """All records with `id`, `archived`, `merged_into` (an absorbed one's survivor) and their set properties."""
        return {kind.name: _all(kind) for kind in self.portal.kinds.values()} | {
            "owners": [
                {"id": o.id, "email": o.email, "firstName": o.first, "lastName": o.last}
                for o in self.portal.owners.values()
            ]
        }

    def _free(self, kind: Kind, num: int | None, good: Mapping[str, str]) -> None:
        row = kind.table.rows[num] if num is not None else None
        refusal = writes.clash(self.portal, kind, row, good)
        if refusal is not None:
            raise refusal


def _all(kind: Kind) -> list[dict[str, Any]]:
    found = []
    for row in kind.table.rows.values():
        survivor = kind.table.aliases.get(row.num)
        found.append(
            {
                "id": row.id,
                "archived": bool(row.archived),
                **({"merged_into": str(survivor)} if survivor else {}),
                **row.values,
                "createdate": row.created,
                kind.stamp: row.modified,
                "hs_object_id": row.id,
            }
        )
    return found


def _speakable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values without halves of surrogate pairs, which no JSON reply could carry."""
    return {n: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for n, v in values.items()}
