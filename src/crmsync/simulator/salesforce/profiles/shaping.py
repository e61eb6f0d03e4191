"""What a profile is, and the few things that several of them do to a fresh org. Holds no profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crmsync.simulator.salesforce.fresh import grant
from crmsync.simulator.salesforce.schema import Entity, Field, Row, Schema, Value
from crmsync.simulator.salesforce.table import Table

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of org. `says` describes it in a line; `shape` sets a fresh org up, before anybody has typed a record.

    `leads` is False where people in sales work with Contacts only.
    """

    name: str
    says: str
    shape: Callable[[SalesforceSim], None]
    leads: bool = True


def standard(sim: SalesforceSim, obj: str, fields: Iterable[Field]) -> None:
    """Give an object standard fields that the org's edition or a feature brings, visible to the integration user."""
    entity = sim.org.schema.entities[obj]
    for item in fields:
        sim.org.add_field(entity, item)
        if item.permissionable and not item.compound:
            grant(sim.org, sim.profile_set_id, obj, item.name)


def new_object(sim: SalesforceSim, name: str, prefix: str, *fields: Field) -> None:
    """Give the org a set-up object that its feature brings: everybody reads it, nobody writes it over the API."""
    every = sim.org.schema.entities
    system = [f for f in every["Profile"].fields.values() if f.name in _SYSTEM]
    shown = (replace(f, permissionable=False) for f in fields)
    entity = Entity(name, prefix, (*system, *shown), deletable=False, writable=False)
    sim.org.schema = Schema((*every.values(), entity))
    sim.org.tables[name] = Table(entity)


_SYSTEM = frozenset({
    "Id", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
})  # fmt: skip


def put(sim: SalesforceSim, obj: str, **values: Value) -> str:
    """A row that the set-up makes, past all rules and without a trace in the ledger; returns its id."""
    entity, stamp = sim.org.schema.entities[obj], sim.org.now()
    row: Row = {
        "Id": sim.org.mint.new(entity.prefix),
        "CreatedDate": stamp,
        "CreatedById": sim.user_id,
        "LastModifiedDate": stamp,
        "LastModifiedById": sim.user_id,
        "SystemModstamp": stamp,
        **values,
    }
    sim.org.put(sim.org.tables[obj], row)
    return str(row["Id"])
