"""HubSpot's error envelope. Docs: developers.hubspot.com, "Error handling"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson


class ApiError(Exception):
    """An error reply. `context` maps names to lists of text, as on the wire."""

    def __init__(
        self,
        status: int,
        message: str,
        category: str = "",
        *,
        context: Mapping[str, list[str]] | None = None,
        errors: list[dict[str, Any]] | None = None,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.context = dict(context or {})
        self.errors = errors or []
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    def envelope(self, correlation: str) -> dict[str, Any]:
        """The body of the reply."""
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation}
        if self.context:
            body["context"] = self.context
        if self.category:
            body["category"] = self.category
        if self.errors:
            body["errors"] = self.errors
        return {**body, **self.more}

    def alone(self) -> ApiError:
        """Without its context: a conflict of a single call says all in its message."""
        return ApiError(self.status, self.message, self.category)

    def row(self, trace: str = "") -> dict[str, Any]:
        """The error as one entry of a 207's `errors`."""
        context = {**self.context, **({"objectWriteTraceId": [trace]} if trace else {})}
        body: dict[str, Any] = {
            "status": "error",
            "category": self.category or "VALIDATION_ERROR",
            "message": self.message,
            "context": context,
        }
        return {**body, "errors": self.errors} if self.errors else body


@dataclass(frozen=True, slots=True)
class Invalid:
    """One property value that is refused."""

    name: str
    code: str
    message: str


class InvalidValues(ApiError):
    """400 for property values: told twice, as JSON within the message and (`listed` of them, None: all) as `errors`."""

    def __init__(self, found: Iterable[Invalid], portal_id: str, listed: int | None = None) -> None:
        self.found = list(found)
        told = [
            {
                "isValid": False,
                "message": each.message,
                "error": each.code,
                "name": each.name,
                "localizedErrorMessage": each.message,
                "portalId": int(portal_id),
            }
            for each in self.found
        ]
        errors = [
            {"message": each.message, "code": each.code, "context": {"propertyName": [each.name]}}
            for each in self.found[:listed]
        ]
        message = "Property values were not valid: " + orjson.dumps(told).decode()
        super().__init__(400, message, "VALIDATION_ERROR", errors=errors)


def validation(message: str, **context: list[str]) -> ApiError:
    """400 VALIDATION_ERROR."""
    return ApiError(400, message, "VALIDATION_ERROR", context=context)


def not_found(message: str = "resource not found") -> ApiError:
    """404 OBJECT_NOT_FOUND."""
    return ApiError(404, message, "OBJECT_NOT_FOUND")


def missing(singular: str, ids: Iterable[str]) -> ApiError:
    """One entry of a 207 for all ids that were not found."""
    kind = singular.upper()
    message = (
        f"Could not get some {kind} objects, they may be deleted or not exist. Check that ids are valid."
    )
    return ApiError(404, message, "OBJECT_NOT_FOUND", context={"ids": list(ids)})


def exists(singular: str, existing: str, *, tell: bool = True) -> ApiError:
    """409 CONFLICT for an e-mail address that is taken."""
    said = f"{singular.capitalize()} already exists"
    if not tell:
        return ApiError(409, said, "CONFLICT")
    context = {"existingId": [existing]}
    return ApiError(409, f"{said}. Existing ID: {existing}", "CONFLICT", context=context)
