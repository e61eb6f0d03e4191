"""The engine with one of its mechanisms switched off, from the outside: what do the seeds say to that?

Each mutation patches one real mechanism and counts how often it was passed over, so that a mutation which strikes
nothing cannot count as survived. `python tests/simulation/mutations.py [most]` prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from sim_run import Run, simulate

from crmsync.connectors.hubspot import write as hubspot_write
from crmsync.connectors.salesforce import write as salesforce_write
from crmsync.model.links import Conflict, Intent, Kind, Link, Settlement
from crmsync.model.records import Write, WriteResult
from crmsync.model.values import Side
from crmsync.reconcile.guard import Stop
from crmsync.store import marking, settling
from crmsync.store.db import Db
from crmsync.store.tx import SqlTx
from crmsync.sync import applying, cycle, planning, reading

MOST_SEEDS: Final = 200
RED_ANYWAY: Final = frozenset({329})
"""Seeds that say nothing of a mutation: they tell of a defect not mended yet (`OPEN` in test_seeds.py)."""

HARNESS: Final = "I8"
"""What the wire itself says of a request that names nobody does not count: a mutation must do harm to be noticed."""


@dataclass(slots=True)
class Struck:
    """How often a mutation passed over what it switches off."""

    count: int = 0


def upsert_key(stack: ExitStack, struck: Struck) -> None:
    """Creates are plain creates that carry no key of ours; trouble strikes them as it strikes the others."""

    def keyless(write: Write) -> dict[str, Any]:
        struck.count += 1
        values = {n: v for n, v in write.values.items() if n != hubspot_write.KEY}
        return {"properties": hubspot_write.sent(values), "objectWriteTraceId": str(write.ref)}

    def create(self: Any, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        struck.count += len(writes)
        values = [{n: v for n, v in w.values.items() if n != salesforce_write.KEY} for w in writes]
        records = [{"attributes": {"type": obj}, **one} for one in values]
        again = partial(create, self, obj)
        collection: list[WriteResult] = self._collection(
            "create", obj, "composite/sobjects", records, writes, again
        )
        return collection

    def posted(self: Any, purpose: str, method: str, path: str, body: Any = None) -> Any:
        return send(self, purpose, "POST" if purpose == "create" else method, path, body)

    send = salesforce_write.Client.send
    verbs = {**hubspot_write._VERBS, "create": ("create", keyless)}
    stack.enter_context(patch.object(hubspot_write, "_VERBS", verbs))
    stack.enter_context(patch.object(salesforce_write.Writer, "_create", create))
    stack.enter_context(patch.object(salesforce_write.Client, "send", posted))


def dirty_row(stack: ExitStack, struck: Struck) -> None:
    """A link's dirty row is cleared when its operations are planned, not when they are done."""
    propose = SqlTx.propose

    def forgetful(self: SqlTx, intents: Sequence[Intent], settlements: Sequence[Settlement]) -> None:
        propose(self, intents, settlements)
        struck.count += len(intents)
        self._db.run_in(marking._CLEAR, {i.link_id for i in intents})

    stack.enter_context(patch.object(SqlTx, "propose", forgetful))


def nets(stack: ExitStack) -> None:
    """What finds within a day whatever a reading missed, for any reason, is switched off: the wide window, the audit."""
    stack.enter_context(patch.object(reading._Reader, "_wide", lambda self, now: False))
    stack.enter_context(patch.object(cycle, "audit_share", lambda engine, session, report: None))


def cursor(stack: ExitStack, struck: Struck) -> None:
    """The cursor is committed before what it covers, and no net is under it (the nets alone may go: that stays green)."""
    nets(stack)
    scan, changes = reading._Reader._scan, reading._Reader._changes

    def move(self: Any, objects: Sequence[str], now: datetime) -> None:
        struck.count += len(objects)
        with self.engine.store.transaction() as tx:
            for obj in objects:
                tx.set_cursor(self.side, obj, {"mode": "changes", "since": now.isoformat()})

    def early_scan(self: Any, obj: str, at: Mapping[str, str], now: datetime) -> Any:
        move(self, [obj], now)
        return scan(self, obj, at, now)

    def early_changes(self: Any, since: dict[str, datetime], now: datetime) -> Any:
        move(self, list(since), now)
        return changes(self, since, now)

    stack.enter_context(patch.object(reading._Reader, "_scan", early_scan))
    stack.enter_context(patch.object(reading._Reader, "_changes", early_changes))


def precondition(stack: ExitStack, struck: Struck) -> None:
    """Updates are read again as ever, and sent whatever that read shows; no condition goes with them."""
    checked = applying._Group._checked

    def unchecked(self: Any, intents: Sequence[Intent]) -> dict[int, tuple[Intent, Write]]:
        if self.kind is Kind.CREATE:
            return checked(self, intents)
        self.connector.read(self.obj, [i.native_id for i in intents], self.fields)
        struck.count += len(intents)
        return {i.id: (i, self._write(i, None)) for i in intents}

    stack.enter_context(patch.object(applying._Group, "_checked", unchecked))


def base(stack: ExitStack, struck: Struck) -> None:
    """Nobody remembers what was agreed, nor what each side held then."""
    load = SqlTx.load

    def blank(self: SqlTx, link_ids: Sequence[int]) -> list[Link]:
        links = load(self, link_ids)
        struck.count += sum(bool(link.agreed) for link in links)
        return [replace(k, agreed={}, rows=tuple(replace(r, seen={}) for r in k.rows)) for k in links]

    stack.enter_context(patch.object(SqlTx, "load", blank))


def conflict_store(stack: ExitStack, struck: Struck) -> None:
    """The loser of a conflict is not kept."""

    def drop(db: Db, conflicts: Sequence[Conflict], now: datetime) -> None:
        struck.count += len(conflicts)

    stack.enter_context(patch.object(settling, "conflict", drop))


def guard(stack: ExitStack, struck: Struck) -> None:
    """Whatever a plan would do, it may run."""
    asked = planning.guard

    def lenient(groups: Any, recent: Any, linked: Mapping[Side, int], limits: Any) -> list[Stop]:
        struck.count += len(asked(groups, recent, linked, limits))
        return []

    stack.enter_context(patch.object(planning, "guard", lenient))


MUTATIONS: Final[Mapping[str, Callable[[ExitStack, Struck], None]]] = {
    "upsert key": upsert_key,
    "dirty row cleared before apply": dirty_row,
    "cursor without its dirty rows": cursor,
    "precondition": precondition,
    "base": base,
    "conflict store": conflict_store,
    "guard": guard,
}


@contextmanager
def without(name: str) -> Iterator[Struck]:
    """The engine without one mechanism, until the block ends."""
    struck = Struck()
    with ExitStack() as stack:
        MUTATIONS[name](stack, struck)
        yield struck


@dataclass(frozen=True, slots=True)
class Red:
    """The first seed that noticed, what it said first, and how often the mechanism was passed over in it."""

    seed: int
    said: str
    struck: int


def first_red(name: str, *, start: int = 0, most: int = MOST_SEEDS) -> Red | None:
    """Run seeds in order without the mechanism until one turns red; None when `most` stayed green."""
    for seed in range(start, start + most):
        if seed in RED_ANYWAY:
            continue
        with without(name) as struck:
            run: Run = simulate(seed)
        told = [line for line in run.wrong if not line.startswith(HARNESS)]
        if told and struck.count:
            return Red(seed, told[0], struck.count)
    return None


def main() -> int:
    """Print the table; 1 when a mechanism can go unnoticed."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MOST_SEEDS
    survived = 0
    sys.stdout.write("| switched off | red after | by | passed over |\n| -- | -- | -- | -- |\n")
    for name in MUTATIONS:
        red = first_red(name, most=most)
        survived += red is None
        cells = (f"seed {red.seed}", red.said, str(red.struck)) if red else (f"not in {most}", "-", "-")
        sys.stdout.write(f"| {name} | {' | '.join(cells)} |\n")
        sys.stdout.flush()
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
