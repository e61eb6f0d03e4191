"""One incoming JSON value made into what the field stores, or refused with the vendor's words."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

from crmsync.simulator.salesforce.errors import ApiError, Problem, row_error
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.schema import TEXTS, Field, Value
from crmsync.simulator.salesforce.tenant import wire

_SPACE = " \t\r\n\f\v"
"""What is trimmed. A no-break space survives."""
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_EMAIL = re.compile(rf"{_LOCAL}@(?:[A-Za-z0-9&_-]+\.)+[A-Za-z0-9-]+\Z")
"""ASCII only. A developer org's own sample contacts carry an ampersand in the domain."""
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,6})?(Z|[+-]\d\d:?\d\d)\Z", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T|\Z)", re.ASCII)
_MOST_INT = 2**31 - 1


def coerce(item: Field, value: object) -> Value:
    """The stored form of `value`; None for null and for empty text. Raises ApiError (a row error)."""
    if value is None:
        return False if item.type == "boolean" else None
    kind = item.type
    if kind in TEXTS:
        return _text(item, value)
    if kind == "boolean":
        return _boolean(item, value)
    if kind in {"int", "double", "currency", "percent"}:
        return _number(item, value)
    if kind == "date":
        return _date(item, value)
    if kind == "datetime":
        return _datetime(item, value)
    if kind in {"reference", "id"}:
        return _reference(item, value)
    raise wrong_type(item, value)


def wrong_type(item: Field, value: object) -> ApiError:
    """The JSON type does not fit the field."""
    word = {"currency": "double", "percent": "double", "reference": "id"}.get(item.type, item.type)
    if item.type in TEXTS:
        word = "string"
    shown = "true" if value is True else "false" if value is False else str(value)
    json_kind = {bool: f"VALUE_{shown.upper()}", str: "VALUE_STRING", int: "VALUE_NUMBER_INT"}.get(
        type(value), "VALUE_NUMBER_FLOAT"
    )
    if isinstance(value, dict):
        json_kind = "START_OBJECT"
    elif isinstance(value, list):
        json_kind = "START_ARRAY"
    return ApiError(
        Problem(
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {word} from {json_kind} value {shown} or request may be missing a"
            " required field at [line:1, column:1]",
            (item.name,),
        )
    )


def _text(item: Field, value: object) -> Value:
    if not isinstance(value, str):
        raise wrong_type(item, value)
    out = value.strip(_SPACE)
    if not out:
        return None
    if item.length and len(out) > item.length:
        raise row_error(
            "STRING_TOO_LONG",
            f"{item.label}: data value too large: {out} (max length={item.length})",
            (item.name,),
        )
    if item.type == "email":
        if not _EMAIL.match(out):
            raise row_error(
                "INVALID_EMAIL_ADDRESS", f"{item.label}: invalid email address: {out}", (item.name,)
            )
        return out.lower()
    if item.restricted:
        given = out.split(";") if item.type == "multipicklist" else [out]
        if any(g not in item.picklist for g in given):
            raise row_error(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{item.label}: bad value for restricted picklist field: {out}",
                (item.name,),
            )
    return out


def _boolean(item: Field, value: object) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise wrong_type(item, value)


def _number(item: Field, value: object) -> Value:
    if isinstance(value, str):
        try:
            value = float(value) if value.strip() else None
        except ValueError:
            raise wrong_type(item, value) from None
        if value is None:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong_type(item, value)
    if item.type == "int":
        if value != int(value) or abs(value) > _MOST_INT:
            raise wrong_type(item, value)
        return int(value)
    if abs(value) >= 10**18:
        raise row_error(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{item.label}: value outside of valid range on numeric field: {value}",
            (item.name,),
        )
    return float(value)


def _date(item: Field, value: object) -> Value:
    if not isinstance(value, str):
        raise wrong_type(item, value)
    if not value.strip():
        return None
    if not _DATE.match(value):
        raise wrong_type(item, value)
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        raise wrong_type(item, value) from None


def _datetime(item: Field, value: object) -> Value:
    if not isinstance(value, str):
        raise wrong_type(item, value)
    if not value.strip():
        return None
    stamp = parse_stamp(value)
    if stamp is None:
        raise wrong_type(item, value)
    return stamp


def parse_stamp(value: str) -> str | None:
    """Wire text for an ISO time with a zone; None when it is none. Fractions of a second are cut."""
    found = _DATETIME.match(value)
    if not found:
        return None
    try:
        return wire(datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3].upper()}"))
    except (ValueError, OverflowError):
        return None


def _reference(item: Field, value: object) -> Value:
    if value == "":
        return None
    known = to18(value)
    if known is None:
        raise row_error("MALFORMED_ID", f"{item.label}: id value of incorrect type: {value}", (item.name,))
    return known
