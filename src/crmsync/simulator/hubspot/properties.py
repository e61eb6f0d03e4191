"""Property definitions and what a value must look like. Docs: developers.hubspot.com, "Properties API" guide."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from crmsync.simulator.hubspot.errors import ApiError, Invalid

TEXT_LIMIT: Final = 65_536
_REFERENCES: Final = ("hubspot_owner_id", "associatedcompanyid")
_EMAIL = re.compile(r"[^\s@;,<>()\"\[\]\\:]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MILLISECONDS = re.compile(r"-?\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `options` are (value, label) in display order, `unlisted` those of them that forms do not show;
    `read_only` concerns the API, not people.
    """

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group: str = "contactinformation"
    options: tuple[tuple[str, str], ...] = ()
    read_only: bool = False
    calculated: bool = False
    unique: bool = False
    hidden: bool = False
    defined_by_hubspot: bool = True
    description: str = ""
    stamp: str = "2020-01-01T00:00:00.000Z"
    created: str = "2020-01-01T00:00:00.000Z"
    archived: str = ""
    unlisted: frozenset[str] = frozenset()
    sensitivity: str = "non_sensitive"
    order: int = -1
    in_forms: bool = True
    ranks: dict[str, int] = field(default_factory=dict, compare=False)
    """Option value -> position."""

    plain: bool = field(default=True, init=False, compare=False)
    """Any text that is not too long will do."""

    def __post_init__(self) -> None:
        self.ranks.update({value: at for at, (value, _) in enumerate(self.options)})
        object.__setattr__(
            self, "plain", self.type not in _FITS and self.name not in ("email", "domain", *_REFERENCES)
        )

    def as_json(self) -> dict[str, Any]:
        """As the API describes it."""
        return {
            "updatedAt": self.stamp,
            "createdAt": self.created,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {
                    "label": label,
                    "value": value,
                    "description": "",
                    "displayOrder": at,
                    "hidden": value in self.unlisted,
                }
                for at, (value, label) in enumerate(self.options)
            ],
            "displayOrder": self.order,
            "calculated": self.calculated,
            "externalOptions": self.name == "hubspot_owner_id",
            "archived": bool(self.archived),
            **({"archivedAt": self.archived} if self.archived else {}),
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.defined_by_hubspot,
            "modificationMetadata": {
                "archivable": not self.defined_by_hubspot,
                "readOnlyDefinition": self.defined_by_hubspot,
                "readOnlyOptions": self.defined_by_hubspot
                and self.name not in ("lifecyclestage", "hs_lead_status"),
                "readOnlyValue": self.read_only,
            },
            "formField": self.in_forms and not self.read_only,
            "dataSensitivity": self.sensitivity,
        }


class Wrong(Exception):
    """A value does not fit its property."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def stored(prop: Property, value: object, before: str) -> str:
    """The text that is kept for a written value ("" clears). Raises Wrong. `before` matters to appending."""
    text = _text(value)
    if text == "":
        return ""
    fit = _FITS.get(prop.type)
    if prop.name == "email":
        return email_address(text)
    if prop.name == "domain":
        return text.strip().lower()
    if fit is not None:
        return fit(prop, text, before)
    if len(text) > TEXT_LIMIT:
        raise Wrong("INVALID_LENGTH", f"{prop.name} is too long: the limit is {TEXT_LIMIT} characters")
    return text


def refusal(name: str, prop: Property | None) -> Invalid:
    """Why a property that is unknown or read-only may not be written."""
    if prop is None:
        return Invalid(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    return Invalid(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')


def moment(text: str) -> str | None:
    """ISO text or epoch milliseconds -> ISO with milliseconds and Z; None when it is neither."""
    try:
        if _MILLISECONDS.fullmatch(text):
            at = datetime.fromtimestamp(int(text) / 1000, UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return iso(at)


def iso(at: datetime) -> str:
    """A moment as HubSpot writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _text(value: object) -> str:
    """Numbers and booleans become text. Raises ApiError 400 for what JSON nests."""
    if isinstance(value, dict | list):
        token = ("Object", "OBJECT") if isinstance(value, dict) else ("Array", "ARRAY")
        raise ApiError(
            400,
            "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `java.lang.String` "
            f"from {token[0]} value (token `JsonToken.START_{token[1]}`)",
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else "" if value is None else str(value)


def email_address(text: str) -> str:
    """An address as HubSpot keeps it: in lower case. Raises Wrong."""
    text = text.strip()
    if len(text) > 254 or not _EMAIL.fullmatch(text) or ".." in text or text.startswith("."):
        raise Wrong("INVALID_EMAIL", f"Email address {text} is invalid")
    return text.lower()


def _number(prop: Property, text: str, before: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise Wrong("INVALID_INTEGER", f"{text} was not a valid number.")
    return text


def _bool(prop: Property, text: str, before: str) -> str:
    if text not in ("true", "false"):
        raise Wrong("INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]")
    return text


def _date(prop: Property, text: str, before: str) -> str:
    if _DATE.fullmatch(text):
        if moment(text) is not None:
            return text
    elif _MILLISECONDS.fullmatch(text):
        at = moment(text)
        if at is not None and at.endswith("T00:00:00.000Z"):
            return at[:10]
        raise Wrong("INVALID_DATE", f"{text} is at {at}, not at midnight UTC")
    raise Wrong("INVALID_DATE", f"{text} was not a valid date.")


def _datetime(prop: Property, text: str, before: str) -> str:
    at = moment(text)
    if at is None:
        raise Wrong("INVALID_DATE", f"{text} was not a valid date time.")
    return at


def _enumeration(prop: Property, text: str, before: str) -> str:
    """Values are internal names, case-sensitive. A leading `;` appends to a multiple choice."""
    if prop.name == "hubspot_owner_id" or not prop.options:
        return text
    if prop.field_type != "checkbox":
        _allowed(prop, text)
        return text
    chosen = [each for each in text.split(";") if each]
    for each in chosen:
        _allowed(prop, each)
    if text.startswith(";"):
        chosen = [each for each in before.split(";") if each] + chosen
    return ";".join(dict.fromkeys(chosen))


def _allowed(prop: Property, value: str) -> None:
    if value not in prop.ranks:
        allowed = ", ".join(value for value, _ in prop.options)
        raise Wrong("INVALID_OPTION", f"{value} was not one of the allowed options: [{allowed}]")


_FITS: Final = {
    "number": _number,
    "bool": _bool,
    "date": _date,
    "datetime": _datetime,
    "enumeration": _enumeration,
}
