"""What an object type and a field are, and the registry that grows when fields are added. Holds no rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace

Value = str | bool | int | float | None
Row = dict[str, Value]

Look = Callable[[Value], Row | None]
"""From an id to the row that has it."""
Formula = Callable[[Row, Look], Value]
"""What a calculated field shows, from its row and the rows that it points to."""

TEXTS = frozenset({"string", "picklist", "multipicklist", "textarea", "phone", "url", "email", "combobox"})
NUMBERS = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `permissionable` False: everybody sees it (required, name and system fields).

    `parts` names the fields that a compound address is made of. `indexed` fields answer = and IN at once.
    `children` is what a parent calls the rows that point to it (`Contacts`), `inactive` are picklist values that
    no longer count, `controller` with `valid_for` (value -> controlling values) makes a picklist dependent, and
    `formula` computes a calculated field from its row whenever it is read.
    """

    name: str
    type: str
    label: str = ""
    length: int = 0
    required: bool = False
    createable: bool = True
    updateable: bool = True
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    references: tuple[str, ...] = ()
    relationship: str = ""
    default: Value = None
    scale: int = 0
    custom: bool = False
    calculated: bool = False
    permissionable: bool = True
    indexed: bool = False
    parts: tuple[str, ...] = ()
    compound: str = ""
    children: str = ""
    inactive: tuple[str, ...] = ()
    controller: str = ""
    valid_for: Mapping[str, tuple[str, ...]] | None = None
    formula: Formula | None = None

    @property
    def filterable(self) -> bool:
        """Long text, compounds and values of history cannot stand in WHERE."""
        return not (self.type == "textarea" and self.length > 255) and self.type not in {"address", "anyType"}

    @property
    def folded(self) -> bool:
        """Whether comparisons ignore case."""
        return self.type in TEXTS and not self.case_sensitive


_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def label_of(name: str) -> str:
    """The label that a field name suggests: `BillingCity` -> `Billing City`, `OwnerId` -> `Owner ID`."""
    bare = name.removesuffix("__c").replace("_", " ")
    return " ".join(" ".join(_WORDS.findall(w)) or w for w in bare.split()).replace(" Id", " ID")


class Entity:
    """An object type. Field and relationship names are looked up without regard to case.

    `owned` rows have an owner. `controlled` names the references whose rows decide who
    may see a row; the rights on `rights_of` decide what may be done with rows that have none of their own.
    `lasting` rows are never deleted over the API, only deactivated.
    """

    def __init__(
        self,
        name: str,
        prefix: str,
        fields: Iterable[Field],
        *,
        plural: str = "",
        writable: bool = True,
        deletable: bool = True,
        owned: bool = False,
        tooling: bool = False,
        controlled: tuple[str, ...] = (),
        rights_of: str = "",
        lasting: bool = False,
    ) -> None:
        self.name = name
        self.prefix = prefix
        self.plural = plural or f"{name}s"
        self.writable = writable
        self.deletable = deletable
        self.owned = owned
        self.tooling = tooling
        self.controlled = controlled
        self.rights_of = rights_of
        self.lasting = lasting
        self.fields: dict[str, Field] = {}
        self.lower: dict[str, Field] = {}
        self.parents: dict[str, Field] = {}
        self.references: tuple[Field, ...] = ()
        self.required: tuple[Field, ...] = ()
        self.defaults: tuple[Field, ...] = ()
        self.limited: tuple[Field, ...] = ()
        for item in fields:
            self._place(item)
        self._sort()

    def copy(self) -> Entity:
        """An object type that grows apart from this one."""
        out = copy(self)
        out.fields, out.lower, out.parents = dict(self.fields), dict(self.lower), dict(self.parents)
        return out

    def add(self, item: Field) -> Field:
        """Add or replace a field; fills in its label."""
        item = self._place(item)
        self._sort()
        return item

    def _place(self, item: Field) -> Field:
        item = item if item.label else replace(item, label=label_of(item.name))
        self.fields[item.name] = item
        self.lower[item.name.lower()] = item
        if item.relationship:
            self.parents[item.relationship.lower()] = item
        return item

    def drop(self, name: str) -> None:
        """Remove a field: what an admin does in the middle of a run."""
        item = self.fields.pop(name)
        del self.lower[name.lower()]
        self.parents.pop(item.relationship.lower(), None)
        self._sort()

    def _sort(self) -> None:
        """The fields that every save looks at."""
        every = self.fields.values()
        self.references = tuple(f for f in every if f.type == "reference" and f.createable)
        self.required = tuple(f for f in every if f.required)
        self.defaults = tuple(f for f in every if f.default is not None)
        self.limited = tuple(f for f in every if f.controller)

    def field(self, name: str) -> Field | None:
        """The field of this name, or None."""
        return self.fields.get(name) or self.lower.get(name.lower())


@dataclass(frozen=True, slots=True)
class Child:
    """A relationship as the parent sees it: its name (`Contacts`), the child's object and the field that points up."""

    name: str
    entity: Entity
    field: Field


class Schema:
    """The object types of an org, by name without regard to case."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self.entities = {e.name: e for e in entities}
        self._lower = {e.name.lower(): e for e in self.entities.values()}
        self._prefix = {e.prefix: e for e in reversed(self.entities.values())}

    def entity(self, name: str) -> Entity | None:
        """The object type of this name, or None."""
        return self.entities.get(name) or self._lower.get(name.lower())

    def children(self, entity: Entity) -> tuple[Child, ...]:
        """The relationships from an object down to those that point to it, in the order of the objects."""
        return tuple(
            Child(item.children, child, item)
            for child in self.entities.values()
            for item in child.fields.values()
            if item.children and entity.name in item.references
        )

    def of_id(self, record_id: str) -> Entity | None:
        """The object type that an id's prefix names, or None."""
        return self._prefix.get(record_id[:3])
