"""Field paths of a statement resolved against the org: what they read, and whether the user may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.soql.calendar import part_of
from crmsync.simulator.salesforce.soql.lexer import pointed
from crmsync.simulator.salesforce.soql.nodes import Call, Path
from crmsync.simulator.salesforce.tenant import Tenant

Getter = Callable[[Any], Any]
"""From a row (or a group of rows) to a value."""
_HINT = (
    " If you are attempting to use a custom {what}, be sure to append the '{tail}' after the custom {what} name."
    " Please reference your WSDL or the describe call for the appropriate names."
)


_NAME_FIELDS = frozenset(
    {"id", "name", "firstname", "lastname", "title", "email", "phone", "alias", "username", "isactive"}
    | {"profileid", "userroleid"}
)
"""What the Name object has: OBJ/sforce_api_objects_name."""
_NAME_PARENTS = frozenset({"profile", "userrole"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a statement is evaluated. `limited`: field permissions and sharing of the user apply.

    `tooling` statements see Tooling's objects, `deleted` ones the recycle bin too. `keep(result, version, offset)`
    makes the address of a further page of a subquery.
    """

    org: Tenant
    limited: bool = True
    tooling: bool = False
    deleted: bool = False
    keep: Callable[[Any, str, int], str] | None = None
    version: str = "62.0"

    def entity(self, text: str, name: str, at: int) -> Entity:
        """The object in FROM. Raises ApiError INVALID_TYPE."""
        found = self.org.schema.entity(name)
        shown = found is not None and (
            found.tooling == self.tooling or (self.tooling and not found.deletable)
        )
        if found is None or not shown or (self.limited and "Read" not in self.org.access.rights(found)):
            hint = _HINT.format(what="entity", tail="__c").replace("custom entity,", "custom object,", 1)
            raise refuse("INVALID_TYPE", pointed(text, at, f"sObject type '{name}' is not supported.{hint}"))
        return found

    def field(self, entity: Entity, name: str) -> Field | None:
        """A field of an object if the user sees it."""
        item = entity.field(name)
        if item is None or (self.limited and item.name not in self.org.access.readable(entity)):
            return None
        return item

    def parents(self, item: Field) -> list[Entity]:
        """The objects a reference may point to."""
        found = (self.org.schema.entity(n) for n in item.references)
        return [e for e in found if e is not None]

    def resolve(self, text: str, entity: Entity, path: Path) -> tuple[list[Field], Field]:
        """The references to follow and the field at the end. Raises ApiError INVALID_FIELD."""
        hops: list[Field] = []
        here = [entity]
        parts = path.parts[1:] if path.parts[0].lower() == entity.name.lower() else path.parts
        parts = parts or path.parts
        for name in parts[:-1]:
            if hops and len(hops[-1].references) > 1 and name.lower() not in _NAME_PARENTS:
                raise self._no_relationship(text, path, name)
            hop = next((e.parents[name.lower()] for e in here if name.lower() in e.parents), None)
            if hop is None or (
                self.limited and not any(hop.name in self.org.access.readable(e) for e in here)
            ):
                raise self._no_relationship(text, path, name)
            hops.append(hop)
            here = self.parents(hop)
        if hops and len(hops[-1].references) > 1:
            return hops, self._of_name(text, here, path)
        item = next((f for f in (self.field(e, parts[-1]) for e in here) if f is not None), None)
        if item is None:
            where = here[0].name if here else entity.name
            hint = _HINT.format(what="field", tail="__c")
            raise invalid_field(text, path.at, f"No such column '{parts[-1]}' on entity '{where}'.{hint}")
        return hops, item

    def _no_relationship(self, text: str, path: Path, name: str) -> ApiError:
        hint = _HINT.format(what="relationship", tail="__r")
        return invalid_field(text, path.at, f"Didn't understand relationship '{name}' in field path.{hint}")

    def _of_name(self, text: str, here: list[Entity], path: Path) -> Field:
        """A field of the Name object, which stands for whatever a polymorphic reference points to."""
        name = path.parts[-1].lower()
        if name == "type":
            return Field("Type", "picklist", formula=lambda row, _look: self._kind(row), calculated=True)
        item = next((f for f in (self.field(e, name) for e in here) if f is not None), None)
        if item is None or name not in _NAME_FIELDS:
            hint = _HINT.format(what="field", tail="__c")
            raise invalid_field(text, path.at, f"No such column '{path.parts[-1]}' on entity 'Name'.{hint}")
        return item

    def _kind(self, row: Row) -> str:
        found = self.org.schema.of_id(str(row["Id"]))
        if found is None:
            return ""
        return self.org.switches.queue_type if found.name == "Group" else found.name

    def getter(self, hops: list[Field], item: Field) -> Getter:
        """A function from a row to the value at the end of a path."""
        read = self._reader(item)
        if not hops:
            return read
        names = [h.name for h in hops]

        def follow(row: Row) -> Any:
            here: Row | None = row
            for hop in names:
                here = self.parent(here, hop) if here is not None else None
            return None if here is None else read(here)

        return follow

    def _reader(self, item: Field) -> Getter:
        """A function from a row to one of its own fields."""
        name, org = item.name, self.org
        if item.parts or item.formula is not None:
            return lambda row: org.value(item, row)
        if item.type == "boolean":
            return lambda row: row.get(name, False)
        return lambda row: row.get(name)

    def parent(self, row: Row, reference: str) -> Row | None:
        """The row that a reference points to."""
        record_id = row.get(reference)
        target = self.org.schema.of_id(str(record_id)) if record_id is not None else None
        return None if target is None else self.org.tables[target.name].rows.get(str(record_id))


def date_function(scope: Scope, entity: Entity, text: str, node: Call) -> tuple[Getter, Field]:
    """What CALENDAR_YEAR(CreatedDate) and its like read. Raises ApiError for a field that is no date."""
    hops, item = scope.resolve(text, entity, node.path or Path((), node.at))
    timed = node.function in {"HOUR_IN_DAY", "DAY_ONLY"}
    if item.type != "datetime" and (timed or item.type != "date"):
        raise invalid_field(text, node.at, f"field '{item.name}' does not support {node.function}")
    read = scope.getter(hops, item)
    made = Field(node.function, "date" if node.function == "DAY_ONLY" else "double")
    return (lambda row: None if (v := read(row)) is None else part_of(node.function, v)), made


def invalid_field(text: str, at: int, message: str) -> ApiError:
    """A field or relationship that the user does not have."""
    return refuse("INVALID_FIELD", pointed(text, at, message))
