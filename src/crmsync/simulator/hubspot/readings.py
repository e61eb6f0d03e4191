"""Parts of a body that must have a certain form. Raises ApiError 400 for any other, as HubSpot's JSON reader does."""

from __future__ import annotations

from typing import Any

from crmsync.simulator.hubspot.errors import validation


def objects(value: object, name: str) -> list[dict[str, Any]]:
    """A list of JSON objects; None is an empty one."""
    listed = [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise validation(f"Invalid input JSON: {name} must be a list of objects")
    return listed


def texts(value: object, name: str) -> list[str]:
    """A list of texts or numbers, as texts; None is an empty one."""
    listed = [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(each, str | int) for each in listed):
        raise validation(f"Invalid input JSON: {name} must be a list of strings")
    return [str(each) for each in listed]


def mapping(value: object, name: str) -> dict[str, Any]:
    """A JSON object; None is an empty one."""
    if value is not None and not isinstance(value, dict):
        raise validation(f"Invalid input JSON: {name} must be an object")
    return value or {}


def whole(value: object, name: str, default: int) -> int:
    """A whole number, also as text; None is the default."""
    if value is None or value == "":
        return default
    try:
        return int(str(value))
    except ValueError:
        raise validation(f"Invalid input JSON: {name} must be a whole number") from None
