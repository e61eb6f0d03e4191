"""The tree that a SOQL statement parses to. Positions are offsets into the statement, for error texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as Choice


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps of a parent: `Owner.Name`. `alias` is what it is to be called, "" for its own name."""

    parts: tuple[str, ...]
    at: int
    alias: str = ""

    @property
    def text(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Call:
    """An aggregate or a date function: `COUNT()`, `MAX(SystemModstamp) last`. `alias` is "" when none is given."""

    function: str
    path: Path | None
    alias: str
    at: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """`FIELDS(ALL | STANDARD | CUSTOM)`."""

    which: str
    at: int


@dataclass(frozen=True, slots=True)
class Nested:
    """A subquery among the fields: `(SELECT Id FROM Contacts)`. Its object is the name of a child relationship."""

    query: Query
    at: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """`TYPEOF What WHEN Account THEN Phone ELSE Name END`: fields by the kind of the parent."""

    reference: Path
    whens: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal. Text of dates is as written; `range` is a date word such as TODAY with its number in `n`."""

    kind: Choice["string", "number", "boolean", "null", "date", "datetime", "range"]
    value: str | float | bool | None
    at: int
    n: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    left: Path | Call
    op: str
    right: Constant
    at: int


@dataclass(frozen=True, slots=True)
class Among:
    """IN, NOT IN, INCLUDES, EXCLUDES over literals or over a subselect."""

    left: Path | Call
    op: str
    right: tuple[Constant, ...] | Query
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    inner: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """AND (`all_` True) or OR of two or more conditions."""

    all_: bool
    items: tuple[Condition, ...]


Condition = Compare | Among | Not | Both


@dataclass(frozen=True, slots=True)
class Order:
    by: Path | Call
    descending: bool
    nulls_last: bool


Item = Path | Call | Bundle | Nested | TypeOf
DATE_FUNCTIONS = frozenset(
    {"CALENDAR_MONTH", "CALENDAR_QUARTER", "CALENDAR_YEAR", "DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR"}
    | {
        "DAY_ONLY",
        "FISCAL_MONTH",
        "FISCAL_QUARTER",
        "FISCAL_YEAR",
        "HOUR_IN_DAY",
        "WEEK_IN_MONTH",
        "WEEK_IN_YEAR",
    }
)


@dataclass(frozen=True, slots=True)
class Query:
    """A whole statement. `object_at` is where the object's name stands; `mine`: only rows of the user."""

    text: str
    fields: tuple[Item, ...]
    object: str
    object_at: int
    where: Condition | None = None
    group: tuple[Path | Call, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    mine: bool = False
