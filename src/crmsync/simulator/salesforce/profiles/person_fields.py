"""What the fields of a Contact are called on a person account, and back. Names only.

Parts of the name keep theirs, standard fields get `Person` in front, custom ones `__pc` behind; some are one field of
both (OBJ/sforce_api_objects_account).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from crmsync.simulator.salesforce.schema import Field, Row, Value, label_of

NAME: Final = ("Salutation", "FirstName", "LastName")
SHARED: Final = ("Phone", "Fax", "Description", "OwnerId")
"""One field of the Account and of the Contact."""

PERSON: Final = frozenset({
    "Title", "Email", "MobilePhone", "LeadSource", "HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall",
    "EmailBouncedReason", "EmailBouncedDate", "HomePhone", "OtherPhone", "AssistantPhone", "AssistantName",
    "Department", "Birthdate",
    *(f"{kind}{part}" for kind in ("Mailing", "Other")
      for part in ("Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode")),
})  # fmt: skip
"""Standard fields of a Contact that a person account has as `Person...`."""


def account_name(name: str) -> str:
    """What a Contact's field is called on a person account; "" for one that it does not have there."""
    if name in NAME:
        return name
    if name in PERSON:
        return f"Person{name}"
    return f"{name.removesuffix('__c')}__pc" if name.endswith("__c") else ""


def contact_name(name: str) -> str:
    """What a person account's field is called on its Contact; "" for a field of the Account itself."""
    if name in NAME:
        return name
    if name.endswith("__pc"):
        return f"{name.removesuffix('__pc')}__c"
    bare = name.removeprefix("Person")
    return bare if bare != name and bare in PERSON else ""


def mirrored(item: Field) -> Field | None:
    """A Contact's field as Account shows it: read from the Contact whenever it is asked for."""
    name = account_name(item.name)
    if not name:
        return None
    return replace(
        item,
        name=name,
        label=item.label if name in NAME else label_of(name.removesuffix("__pc")),
        required=False,
        default=None,
        unique=False,
        external_id=False,
        indexed=False,
        permissionable=False,
        compound="",
        relationship="",
        formula=_from_contact(item.name),
    )


def _from_contact(name: str) -> Callable[[Row, Callable[[Value], Row | None]], Value]:
    def read(row: Row, look: Callable[[Value], Row | None]) -> Value:
        person = look(row.get("PersonContactId"))
        return person.get(name) if person else None

    return read
