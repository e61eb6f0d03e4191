"""An org: its object types, rows, users, switches and clock, and one unit of work that can be rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from crmsync.simulator.pool import Pool
from crmsync.simulator.salesforce.access import Access
from crmsync.simulator.salesforce.ids import Mint
from crmsync.simulator.salesforce.rules import Lock, Rules
from crmsync.simulator.salesforce.schema import Entity, Field, Row, Schema, Value
from crmsync.simulator.salesforce.switches import Switches
from crmsync.simulator.salesforce.table import Table


class Clock(Protocol):
    """The simulated time."""

    def now(self) -> datetime: ...


class Ledger(Protocol):
    """Where every change is written down for the judge."""

    def append(
        self,
        *,
        at: datetime,
        side: str,
        actor: str,
        op: str,
        object: str,
        id: str,
        before: dict[str, Any],
        after: dict[str, Any],
        call: int,
    ) -> object: ...


@lru_cache(maxsize=256)
def wire(at: datetime) -> str:
    """A stamp as the vendor writes it: whole seconds, `2026-01-01T00:00:00.000+0000`."""
    return at.astimezone(UTC).isoformat()[:19] + ".000+0000"


@dataclass(slots=True)
class Actor:
    """Who writes. `api` writes meet field permissions and sharing; humans and automations do not.

    `assign` is what Sforce-Auto-Assign says: whether the active rule runs, or which rule by its id (no rule: "").
    The rest is Sforce-Duplicate-Rule-Header: `allow_duplicates` (allowSave), `duplicate_details`
    (includeRecordDetails), `as_current_user` (runAsCurrentUser).
    """

    kind: str
    user_id: str
    call: int = 0
    assign: bool | str = True
    allow_duplicates: bool = False
    duplicate_details: bool = False
    as_current_user: bool = False

    @property
    def limited(self) -> bool:
        return self.kind == "api"


@dataclass(frozen=True, slots=True)
class Purged:
    """What is left of a row that is gone for good: when it was deleted (a stamp), its id and its owner."""

    at: str
    id: str
    owner: Value


@dataclass(slots=True)
class Unit:
    """What a unit of work did so far: the rows as they were, and ledger entries not yet written."""

    rows: list[tuple[Table, str, Row | None]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)


class Tenant:
    """The state of one org. Handlers and the human side work on it; nothing here knows HTTP."""

    def __init__(self, clock: Clock, ledger: Ledger, schema: Schema, mint: Mint, side: str) -> None:
        self.clock = clock
        self.ledger = ledger
        self.schema = schema
        self.mint = mint
        self.side = side
        self.tables = {e.name: Table(e) for e in schema.entities.values()}
        self.switches = Switches()
        self.pool = Pool()
        self.org_id = mint.new("00D")
        self.user_id = mint.new("005")
        self.person_id = self.user_id
        """The user as whom people edit who do not say who they are."""
        self.access = Access(self.tables, self.user_id)
        self.rules = Rules()
        self.validations = self.rules.validations
        self.automations = self.rules.automations
        self.locks: dict[str, Lock] = {}
        self.together: dict[str, tuple[tuple[str, str], ...]] = {}
        """By the id of a deleted row: what went to the recycle bin with it, as (object, id)."""
        self.purged: dict[str, list[Purged]] = {}
        """By object: the log of rows that are gone for good, which getDeleted shows until `log_since` moves on."""
        self.log_since = ""
        self.chunk = 1
        """Rows in the transaction that is running: a Collections chunk or a Bulk batch has many."""
        self._unit: Unit | None = None

    def now(self) -> str:
        """The time as a stamp."""
        return wire(self.clock.now())

    def today(self) -> str:
        """The date in the org's time zone, which is UTC."""
        return self.clock.now().astimezone(UTC).date().isoformat()

    def entity(self, name: str) -> Entity | None:
        """A data object that the user may read, by name; Tooling's objects are elsewhere."""
        found = self.schema.entity(name)
        return None if found is None or found.tooling else found

    def add_field(self, entity: Entity, item: Field) -> Field:
        """Add a field to an object; nobody may see it yet."""
        item = entity.add(item)
        self.tables[entity.name].watch(item)
        self.access.forget()
        for told in self.rules.added:
            told(entity, item)
        return item

    def value(self, item: Field, row: Row) -> Any:
        """A field of a row as JSON: booleans are never null, a compound is put together."""
        if item.formula is not None:
            value = item.formula(row, self.look)
            return bool(value) if item.type == "boolean" else value
        if item.parts:
            found = {_part(p): row.get(p) for p in item.parts}
            if not any(found.values()):
                return None
            return {**found, "geocodeAccuracy": None, "latitude": None, "longitude": None}
        return row.get(item.name, False) if item.type == "boolean" else row.get(item.name)

    def look(self, record_id: Value) -> Row | None:
        """The row of an id, whatever its object."""
        entity = self.schema.of_id(str(record_id)) if record_id is not None else None
        return None if entity is None else self.tables[entity.name].rows.get(str(record_id))

    def put(self, table: Table, row: Row) -> None:
        """Store a row, inside the unit of work if there is one."""
        record_id = str(row["Id"])
        if self._unit is not None:
            self._unit.rows.append((table, record_id, table.rows.get(record_id)))
        table.put(row)
        if table.entity.name in {"FieldPermissions", "ObjectPermissions", "PermissionSetAssignment"}:
            self.access.forget()

    def remove(self, table: Table, record_id: str) -> None:
        """Remove a row for good, inside the unit of work if there is one."""
        if self._unit is not None:
            self._unit.rows.append((table, record_id, table.rows.get(record_id)))
        table.remove(record_id)
        if not table.entity.deletable:
            self.access.forget()

    def record(
        self, actor: Actor, op: str, entity: Entity, record_id: str, before: Row, after: Row, at: datetime
    ) -> None:
        """Write a change down, at the end of the unit of work if there is one."""
        entry: dict[str, Any] = {
            "at": at,
            "side": self.side,
            "actor": actor.kind,
            "op": op,
            "object": entity.name,
            "id": record_id,
            "before": before,
            "after": after,
            "call": actor.call,
        }
        if self._unit is not None:
            self._unit.entries.append(entry)
        else:
            self.ledger.append(**entry)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """All or nothing: an exception undoes every row written in the block. Inner units join the outer one."""
        if self._unit is not None:
            yield
            return
        unit = self._unit = Unit()
        try:
            yield
        except BaseException:
            for table, record_id, old in reversed(unit.rows):
                if old is None:
                    table.remove(record_id)
                else:
                    table.put(old)
            self.access.forget()
            raise
        else:
            for entry in unit.entries:
                self.ledger.append(**entry)
        finally:
            self._unit = None


def _part(name: str) -> str:
    """The key of an address part inside the compound: `MailingPostalCode` -> `postalCode`."""
    for tail in ("Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode"):
        if name.endswith(tail):
            return tail[0].lower() + tail[1:]
    return name


def changed(before: Row, after: Row) -> tuple[Row, Row]:
    """Only the fields that differ, audit fields left out."""
    names = [n for n in {**before, **after} if n not in _AUDIT and before.get(n) != after.get(n)]
    return {n: before.get(n) for n in names}, {n: after.get(n) for n in names}


_AUDIT = frozenset(
    {"SystemModstamp", "LastModifiedDate", "LastModifiedById", "CreatedDate", "CreatedById", "Id"}
)
