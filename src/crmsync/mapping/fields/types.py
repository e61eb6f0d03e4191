"""The typed field map that `config/mapping.yaml` becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crmsync.model.values import Side, Value


class Direction(StrEnum):
    """Which way a field travels."""

    TWO_WAY = "two_way"
    TO_SALESFORCE = "to_salesforce"
    TO_HUBSPOT = "to_hubspot"


class Survivorship(StrEnum):
    """Who wins when both sides changed."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"
    NEWEST = "newest"
    FIRST = "first"
    MOST_RESTRICTIVE = "most_restrictive"
    MAX = "max"
    MIN = "min"
    UNION = "union"
    MANUAL = "manual"


class Blank(StrEnum):
    """Whether a real clearing on one side clears the other."""

    KEEP = "keep"
    CLEAR = "clear"


class FirstLink(StrEnum):
    """What happens to differences when two records are linked for the first time."""

    FILL = "fill"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the admin's files something stands; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One canonical field.

    `native` maps a side and an object to the native field name; an object it does not name has no such field.
    `owner` is the side that wins where `rule` gives no answer (`newest` without certain times, drift).
    `values` is the picklist map as canonical -> native per side (None: values pass as they are).
    `default_on_create` fills what a vendor requires on a create, per side and object; it is never written back.
    `truncate` cuts text to the target's length instead of parking the field.
    """

    name: str
    native: Mapping[Side, Mapping[str, str]]
    transform: str
    place: Place
    direction: Direction = Direction.TWO_WAY
    rule: Survivorship = Survivorship.NEWEST
    owner: Side = "hubspot"
    blank: Blank = Blank.KEEP
    first_link: FirstLink = FirstLink.FILL
    values: Mapping[Side, Mapping[str, str]] | None = None
    default_on_create: Mapping[Side, Mapping[str, Value]] = field(default_factory=dict)
    truncate: bool = False

    def native_name(self, side: Side, obj: str) -> str | None:
        """The native field for this canonical one on an object, or None."""
        return self.native.get(side, {}).get(obj)

    def writes_to(self, side: Side) -> bool:
        """Whether the direction lets us write this field on `side`."""
        if self.direction is Direction.TWO_WAY:
            return True
        return self.direction is (Direction.TO_SALESFORCE if side == "salesforce" else Direction.TO_HUBSPOT)
