"""One call as a handler meets it, and the readings of its query and body that many handlers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.rows import Row, number
from crmsync.simulator.hubspot.shapes import ANY, Shape
from crmsync.simulator.hubspot.state import Kind, Portal
from crmsync.simulator.wire import Request

Reply = tuple[int, Any]
"""Status and JSON body (None: no body)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever makes a call. `name` tells apps apart; `hub` is False for an app's own token, of no account."""

    name: str
    scopes: frozenset[str]
    oauth: bool = False
    hub: bool = True


_BOOLEANS: Final = ("", "true", "false")
NOBODY: Final = Caller("", frozenset(), hub=False)
"""The caller of what needs no token."""


@dataclass(frozen=True, slots=True)
class Call:
    """A routed request. `args` are the decoded path parameters by name."""

    portal: Portal
    request: Request
    version: str
    args: Mapping[str, str]
    caller: Caller = NOBODY
    shape: Shape = ANY

    @property
    def kind(self) -> Kind:
        """The object type in the path. Raises ApiError 400."""
        return self.portal.kind(self.args["type"])

    def body(self) -> dict[str, Any]:
        """The JSON body. Raises ApiError 400."""
        try:
            body = orjson.loads(self.request.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ApiError(400, "Invalid input JSON on line 1, column 1: cannot be read", "VALIDATION_ERROR")
        self.shape.sent(body)
        return body

    def names(self, param: str) -> list[str]:
        """A list parameter, repeated or comma-separated."""
        found = (v for k, v in self.request.query if k == param)
        return [name for value in found for name in value.split(",") if name]

    def flag(self, param: str, *, default: bool = False) -> bool:
        """A boolean parameter in any case, or the default. Raises ApiError 400 for anything else."""
        text = self.request.param(param).lower()
        if text not in _BOOLEANS:
            raise validation(f"{param} {text} is neither true nor false")
        return text == "true" if text else default

    def limit(self, default: int, most: int) -> int:
        """The `limit` parameter, at least 1. Raises ApiError 400 above `most`."""
        text = self.request.param("limit") or str(default)
        found = number(text)
        if found is None or not 1 <= found <= most:
            raise validation(f"limit {text} is not between 1 and {most}")
        return found

    def after(self) -> int:
        """The `after` parameter as a number, 0 when absent. Raises ApiError 400."""
        text = self.request.param("after") or "0"
        found = number(text)
        if found is None:
            raise validation(f"after {text} is not a paging cursor")
        return found


def properties_of(body: Mapping[str, Any]) -> dict[str, object]:
    """The `properties` of a write. Raises ApiError 400 when it is not an object."""
    values = body.get("properties", {})
    if not isinstance(values, dict):
        raise ApiError(400, "Invalid input JSON: properties must be an object", "VALIDATION_ERROR")
    return values


def find(portal: Portal, kind: Kind, id: str, by: str = "") -> Row | None:
    """A live row by id (also an absorbed one's) or by a unique property. Raises ApiError 400 for another property."""
    if not by or by == "hs_object_id":
        row = kind.table.resolve(id)
        return row if row is not None and not row.archived else None
    index = kind.table.unique.get(by)
    if index is None:
        raise non_unique("read", kind, by)
    num = index.get(id.lower() if by == "email" else id)
    return kind.table.rows[num] if num is not None else None


def must_find(portal: Portal, kind: Kind, id: str, by: str = "") -> Row:
    """As `find`. Raises ApiError 404."""
    row = find(portal, kind, id, by)
    if row is None:
        raise not_found()
    return row


def non_unique(doing: str, kind: Kind, name: str) -> ApiError:
    """400 for an idProperty that does not identify."""
    return validation(f"Unable to perform {doing} by non-unique {kind.type_id} property {name}")


Handler = Callable[[Call], Reply]
"""What answers a route; a module lists its own in `ROUTES`: "METHOD path without version" -> handler."""
