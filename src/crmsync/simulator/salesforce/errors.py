"""The one way a simulated call or row fails, and how Salesforce words it on the wire. Knows no endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_STATUS = {
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "INSUFFICIENT_ACCESS": 403,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": 403,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "INVALID_SESSION_ID": 401,
    "METHOD_NOT_ALLOWED": 405,
    "PRECONDITION_FAILED": 412,
    "UNSUPPORTED_API_VERSION": 410,
    "URI_TOO_LONG": 414,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One error. `fields` None: the error has no field list (request errors); rows always have one.

    `extra` are further keys that only a REST error carries, such as what a duplicate rule found.
    """

    code: str
    message: str
    fields: tuple[str, ...] | None = ()
    extra: Mapping[str, Any] | None = None

    def rest(self) -> dict[str, Any]:
        """As an element of a REST error list (`errorCode`)."""
        out: dict[str, Any] = {**(self.extra or {}), "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            out["fields"] = list(self.fields)
        return out

    def row(self) -> dict[str, Any]:
        """As an element of a Collections row's `errors` (`statusCode`)."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


class ApiError(Exception):
    """A refused call or row. `status` is the HTTP status when it is the whole answer."""

    def __init__(self, *problems: Problem, status: int | None = None) -> None:
        super().__init__("; ".join(f"{p.code}: {p.message}" for p in problems))
        self.problems = problems
        self.status = status or _STATUS.get(problems[0].code, 400)

    @property
    def code(self) -> str:
        """The first problem's code."""
        return self.problems[0].code

    def body(self) -> list[dict[str, Any]]:
        """The REST error list."""
        return [p.rest() for p in self.problems]


def refuse(code: str, message: str, *, status: int | None = None) -> ApiError:
    """A request error (no field list)."""
    return ApiError(Problem(code, message, None), status=status)


def row_error(code: str, message: str, fields: Iterable[str] = ()) -> ApiError:
    """A row error naming the fields to blame."""
    return ApiError(Problem(code, message, tuple(fields)))


def not_found() -> ApiError:
    """What every unknown address and unknown record answers."""
    return refuse("NOT_FOUND", "The requested resource does not exist")


def gone() -> ApiError:
    """What a deleted record answers to a write."""
    return row_error("ENTITY_IS_DELETED", "entity is deleted")
