"""What the people of a portal do by hand: make, edit, archive, restore and merge records, add properties.

They may set what is read-only over the API. Every method raises ApiError, whose message is the vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from crmsync.simulator.hubspot import (
    associations,
    consent,
    definitions,
    engagement,
    linking,
    list_calls,
    merge,
    objects,
    pipeline_calls,
    privacy,
    stages,
    writes,
)
from crmsync.simulator.hubspot.catalog import native_properties
from crmsync.simulator.hubspot.errors import ApiError, validation
from crmsync.simulator.hubspot.links import BUILT_IN
from crmsync.simulator.hubspot.lists import MANUAL
from crmsync.simulator.hubspot.properties import iso
from crmsync.simulator.hubspot.rules import Rule
from crmsync.simulator.hubspot.state import Kind, Portal

RESTORABLE_DAYS: Final = 90


class Hands:
    """The human side of a portal; whoever has it sets `portal`."""

    portal: Portal

    def create(self, object: str, values: Mapping[str, Any], actor: str = "human") -> str:
        """A person makes a contact, a company, a deal or an owner (`email`, `firstName`, `lastName`); returns its id."""
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
        if row.archived < iso(self.portal.clock.now() - timedelta(days=RESTORABLE_DAYS)):
            raise validation(f"{id} was deleted more than {RESTORABLE_DAYS} days ago")
        self._free(kind, row.num, row.values)
        writes.restore(self.portal, kind, row, actor)

    def merge(self, object: str, winner: str, losers: Sequence[str], actor: str = "human") -> str:
        """A person merges records; returns the survivor's id, which is new."""
        return merge.merge(self.portal, self.portal.kind(object), winner, losers, actor).id

    def associate(
        self, object: str, id: str, to: str, to_id: str, *, primary: bool = False, actor: str = "human"
    ) -> None:
        """A person links two records; `primary` makes a company the primary one of a contact or deal."""
        one, other = self._ends(object, id, to, to_id)
        type_id = BUILT_IN[(one[0].name, other[0].name)][1] if primary else 0
        linking.associate(self.portal, one, other, actor, (type_id,) if type_id else ())

    def dissociate(self, object: str, id: str, to: str, to_id: str, actor: str = "human") -> None:
        """A person ends a link."""
        linking.dissociate(self.portal, *self._ends(object, id, to, to_id), actor)

    def linked(self, object: str, id: str, to: str) -> list[str]:
        """The records of another type that a record is linked to, the oldest link first."""
        kind = self.portal.kind(object)
        row = kind.table.resolve(id)
        return (
            [str(n) for n in self.portal.links.of(kind.name, row.num, self.portal.kind(to).name)]
            if row
            else []
        )

    def _ends(self, object: str, id: str, to: str, to_id: str) -> tuple[linking.End, linking.End]:
        kinds = (self.portal.kind(object), self.portal.kind(to))
        if (kinds[0].name, kinds[1].name) not in BUILT_IN:
            raise validation(f"{object} and {to} cannot be associated")
        rows = [kind.table.resolve(each) for kind, each in zip(kinds, (id, to_id), strict=True)]
        return associations.ends(self.portal, *kinds, *(row.id if row else "" for row in rows))

    def add_pipeline(self, label: str, stages: Sequence[tuple[str, str]]) -> str:
        """A person makes a deal pipeline of (label, probability) stages; returns its id."""
        listed = [
            {"label": name, "displayOrder": at, "metadata": {"probability": odds}}
            for at, (name, odds) in enumerate(stages)
        ]
        known = self.portal.pipelines
        return pipeline_calls.add(
            self.portal, known, {"label": label, "displayOrder": len(known), "stages": listed}
        ).id

    def stages(self, pipeline: str = "default") -> list[tuple[str, str, str]]:
        """(internal id, label, probability) of a pipeline's stages in order."""
        return [(s.id, s.label, s.probability) for s in self.portal.pipelines[pipeline].ordered()]

    def engage(
        self, id: str, deed: str, at: datetime | None = None, *, name: str = "", count: int = 1
    ) -> None:
        """A contact does something that is counted, or a rep does something with them (engagement.DEEDS: view,
        visit, event, delivery, bounce, open, click, form, call, email, meeting, note), `at` a time in UTC (default:
        now); `name` is a form's. Counters and times move as the actor `system`."""
        row = self.portal.kinds["contacts"].table.resolve(id)
        if row is None or row.archived:
            raise ApiError(404, f"no live contact {id}", "OBJECT_NOT_FOUND")
        engagement.engage(self.portal, row, deed, iso(at) if at else self.portal.now(), name, count)

    def make_list(
        self, name: str, object: str = "contacts", ids: Sequence[str] = (), actor: str = "human"
    ) -> str:
        """A person makes a manual list of records; returns its id."""
        kind = self.portal.kind(object)
        body = {"name": name, "objectTypeId": kind.type_id, "processingType": MANUAL}
        made = list_calls.make(self.portal, body)
        list_calls.change(self.portal, made, list(ids), [], actor)
        return made.id

    def change_list(
        self, id: str, add: Sequence[str] = (), remove: Sequence[str] = (), actor: str = "human"
    ) -> None:
        """A person puts records into a manual list and out of it."""
        list_calls.change(self.portal, self.portal.lists[id], list(add), list(remove), actor)

    def members(self, id: str) -> list[str]:
        """The records in a list, as of now."""
        return [str(num) for num in self.portal.lists[id].current(self.portal.now())]

    @property
    def subscriptions(self) -> list[str]:
        """Ids of the kinds of e-mail that people can take or leave, the oldest first."""
        return list(self.portal.subscriptions)

    def define_subscription(self, name: str) -> str:
        """An admin makes a kind of e-mail that people can take or leave; returns its id."""
        return self.portal.add_subscription(name).id

    def opt_out(self, email: str, subscription: str | None = None, actor: str = "human") -> None:
        """The person behind an address unsubscribes, from one subscription or from everything."""
        consent.leave(self.portal, email, subscription or "", consent.SELF, actor)

    def opt_in(self, email: str, subscription: str | None = None, actor: str = "human") -> None:
        """The person behind an address subscribes again, to one subscription or to everything."""
        consent.join(self.portal, email, subscription or "", consent.SELF, actor)

    def forget(self, id: str, actor: str = "human") -> None:
        """A person deletes a contact for good, on that contact's request."""
        kind = self.portal.kinds["contacts"]
        row = kind.table.resolve(id)
        if row is None:
            raise ApiError(404, f"no contact {id}", "OBJECT_NOT_FOUND")
        privacy.purge(self.portal, kind, row, actor)

    def native_integration(self, active: bool) -> None:
        """HubSpot's own Salesforce integration is switched on or off. Its properties come with it and stay behind."""
        self.portal.native = active
        for kind in (self.portal.kinds["contacts"], self.portal.kinds["companies"]):
            for prop in native_properties(kind.name):
                kind.schema.setdefault(prop.name, prop)

    def define(
        self,
        object: str,
        name: str,
        *,
        type: str = "string",
        unique: bool = False,
        options: Sequence[str] = ("yes", "no"),
    ) -> None:
        """A person adds a custom property; `options` are those of an enumeration."""
        kind = self.portal.kind(object)
        fields = {
            "enumeration": "select",
            "bool": "booleancheckbox",
            "number": "number",
            "phone_number": "phonenumber",
        }
        field = fields.get(type, "date" if type.startswith("date") else "text")
        group = next(iter(kind.groups))
        body = {"name": name, "type": type, "fieldType": field, "groupName": group, "hasUniqueValue": unique}
        listed = [{"value": each, "label": each} for each in options] if type == "enumeration" else []
        definitions.define(kind, {**body, "options": listed}, self.portal.now())

    def require(self, object: str, *names: str, when: tuple[str, str] | None = None) -> None:
        """An admin makes properties required: to create a record, or whenever a property has a value (name, value).

        Writes over dated paths from 2026-09 on are held to it, earlier versions are not.
        """
        self.portal.rules.setdefault(self.portal.kind(object).name, []).append(Rule(names, when))

    def add_stage(self, label: str, before: str = "", object: str = "contacts") -> str:
        """An admin adds a lifecycle stage, last or before another; returns its internal value, a number."""
        kind = self.portal.kind(object)
        prop = kind.schema["lifecyclestage"]
        portal = self.portal
        portal.next_stage += 1 + int(portal.rng.random() * 9)
        at = prop.ranks.get(before, len(prop.options))
        options = (*prop.options[:at], (str(portal.next_stage), label), *prop.options[at:])
        kind.schema["lifecyclestage"] = replace(prop, options=options, ranks={})
        definitions.show_stages(kind)
        return str(portal.next_stage)

    def remove_stage(self, value: str, object: str = "contacts") -> None:
        """An admin removes a lifecycle stage; records that are in it keep it."""
        kind = self.portal.kind(object)
        prop = kind.schema["lifecyclestage"]
        kept = tuple(each for each in prop.options if each[0] != value)
        kind.schema["lifecyclestage"] = replace(prop, options=kept, ranks={})

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
                **stages.shown(kind, row),
                "createdate": row.created,
                kind.stamp: row.modified,
                "hs_object_id": row.id,
            }
        )
    return found


def _speakable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values without halves of surrogate pairs, which no JSON reply could carry."""
    return {n: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for n, v in values.items()}
