"""What of a record or a link no cycle has noticed: values against the store, and the two sides of a link with each other.

Reads the store only, and marks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from crmsync.model.links import Link, Role, SideRow
from crmsync.model.records import Record
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side
from crmsync.reconcile.ends import same
from crmsync.reconcile.planner import plan_link
from crmsync.sync.engine import Engine
from crmsync.sync.horizon import horizon_of
from crmsync.sync.planning import terms_of
from crmsync.sync.session import Session

LIVE = (Role.PRIMARY, Role.SECONDARY)
CAUSE = "audit"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found; `field` is "" for a whole record, native for `changed` and canonical for `drift`.

    `kind` is `changed` (a value that no read had shown), `unseen` (a record that none had), `returned` (one that was
    taken for deleted), `absent` (one that is gone; only reported) or `drift` (the two sides differ).
    """

    person: str
    side: Side
    object: str
    id: str
    field: str
    kind: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """The stable keys; `person` and `field` only where there is one."""
        wide = asdict(self)
        return {name: value for name, value in wide.items() if value or name not in ("person", "field")}


def window_of(engine: Engine, tx: Tx, side: Side, obj: str) -> datetime | None:
    """From which stamp on the next cycle reads an object by itself; None before it has been read in full."""
    cursor = tx.cursor(side, obj)
    if cursor is None or cursor.get("mode") == "scan":
        return None
    return horizon_of(cursor).start(timedelta(seconds=engine.definition.overlap_s))


def differing(
    tx: Tx, side: Side, obj: str, since: datetime, records: Sequence[Record]
) -> list[tuple[Record, SideRow | None]]:
    """Records that differ from what the store holds and that the next cycle, which reads `since`, would not read."""
    ids = [record.id for record in records]
    rows = tx.by_native(side, ids)
    versions = tx.versions(side, obj, ids)
    return [
        (record, rows.get(record.id))
        for record in records
        if not (record.version >= since and versions.get(record.id) != record.version)
        and _differs(record, rows.get(record.id))
    ]


def findings(record: Record, row: SideRow | None, person: str) -> Iterable[Finding]:
    """What is the matter with a record that differs."""

    def one(name: str, kind: str, detail: str) -> Finding:
        return Finding(person, record.side, record.object, record.id, name, kind, detail)

    if row is None:
        yield one("", "unseen", "a record that no cycle has read")
    elif row.role is Role.GONE:
        yield one("", "returned", "taken for deleted, and there")
    else:
        for name in _changed(record, row):
            yield one(name, "changed", "holds another value than the last read showed")


def _changed(record: Record, row: SideRow) -> list[str]:
    current = row.current
    return sorted(name for name, value in record.values.items() if not same(current.get(name), value))


def _differs(record: Record, row: SideRow | None) -> bool:
    if row is None or row.role is Role.GONE:
        return True
    return row.role is not Role.ALIAS and bool(_changed(record, row))


def drifted(engine: Engine, session: Session, tx: Tx, links: Sequence[Link]) -> dict[int, list[Finding]]:
    """Settled links that a cycle would act on if it looked at every field, with the fields in question."""
    pairs = [link for link in links if all(link.primary(side) for side in SIDES) and "" not in link.parked]
    terms = terms_of(engine, session, tx, pairs)
    found: dict[int, list[Finding]] = {}
    for link in pairs:
        decision = plan_link(replace(link, cause=CAUSE), terms)
        places = {
            change.name: (intent.side, intent.object, intent.native_id)
            for intent in decision.intents
            for change in intent.changes
            if change.rule != "key"
        }
        first = next(row for row in link.rows if row.role is Role.PRIMARY)
        for conflict in decision.settlement.conflicts:
            places.setdefault(conflict.field, (first.side, first.object, first.native_id))
        apart = [
            Finding(person_of(link), *place, name, "drift", "the two sides differ, and no change was seen")
            for name, place in sorted(places.items())
            if name not in link.parked
        ]
        if apart:
            found[link.id] = apart
    return found


def person_of(link: Link) -> str:
    """Their e-mail address, for people."""
    return next((row.email for row in link.rows if row.email), "")
