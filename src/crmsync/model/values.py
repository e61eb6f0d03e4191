"""The values that cross rooms. Canonical and native values are JSON scalars; nothing here knows a vendor."""

from __future__ import annotations

from typing import Final, Literal

Side = Literal["hubspot", "salesforce"]
"""The marketing side and the sales side, by name. The engine is pairwise and keyed by these names."""

SIDES: Final[tuple[Side, Side]] = ("hubspot", "salesforce")

Value = str | bool | int | float | None
"""A native or canonical value. Dates are `YYYY-MM-DD`, times are `YYYY-MM-DDTHH:MM:SS.mmmZ` (UTC)."""

Values = dict[str, Value]
"""Field name -> value."""


def other(side: Side) -> Side:
    """The opposite side."""
    return "salesforce" if side == "hubspot" else "hubspot"


def is_blank(value: Value) -> bool:
    """True for null and for text without a visible character. False (a boolean) is not blank."""
    return value is None or (isinstance(value, str) and not value.strip())
