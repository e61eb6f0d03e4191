"""Short ways to write a field down, for the tables of objects. Data only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crmsync.simulator.salesforce.schema import Entity, Field


def text(name: str, length: int, **more: Any) -> Field:
    """A line of text."""
    return Field(name, "string", length=length, **more)


def area(name: str, length: int = 32000, **more: Any) -> Field:
    """Long text, which cannot be filtered above 255."""
    return Field(name, "textarea", length=length, **more)


def pick(name: str, values: tuple[str, ...], **more: Any) -> Field:
    """A picklist, not restricted unless told so."""
    return Field(name, "picklist", length=255, picklist=values, **more)


def flag(name: str, **more: Any) -> Field:
    """A checkbox, off by default."""
    return Field(name, "boolean", default=False, **more)


def ref(name: str, *targets: str, **more: Any) -> Field:
    """A reference; its relationship has the name without `Id`."""
    relationship = more.pop("relationship", name.removesuffix("Id"))
    return Field(name, "reference", length=18, references=targets, relationship=relationship, **more)


def fixed(item: Field) -> Field:
    """The same field, which no API call can write and everybody sees."""
    return replace(item, createable=False, updateable=False, permissionable=False)


def address(prefix: str) -> tuple[Field, ...]:
    """The parts of an address and the read-only compound over them."""
    sizes = (("Street", 255), ("City", 40), ("State", 80), ("PostalCode", 20), ("Country", 80))
    whole = f"{prefix}Address"
    parts = tuple(
        Field(prefix + n, "textarea" if n == "Street" else "string", length=s, compound=whole)
        for n, s in sizes
    )
    return (
        *parts,
        Field(
            whole, "address", createable=False, updateable=False, parts=tuple(prefix + n for n, _ in sizes)
        ),
    )


def system(*, deletable: bool = True) -> tuple[Field, ...]:
    """The fields that every object has and nobody writes."""
    head: tuple[Field, ...] = (Field("Id", "id", length=18, label="Record ID"),)
    if deletable:
        head += (flag("IsDeleted", label="Deleted"),)
    return tuple(
        fixed(f)
        for f in (
            *head,
            Field("CreatedDate", "datetime"),
            ref("CreatedById", "User"),
            Field("LastModifiedDate", "datetime"),
            ref("LastModifiedById", "User"),
            Field("SystemModstamp", "datetime"),
        )
    )


def setup(name: str, prefix: str, *fields: Field, **more: Any) -> Entity:
    """A set-up object: no field-level security, never in the recycle bin."""
    shown = tuple(replace(f, permissionable=False) if f.permissionable else f for f in fields)
    return Entity(name, prefix, (*system(deletable=False), *shown), deletable=False, **more)
