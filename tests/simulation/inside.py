"""What the judge cannot know from outside: which people the engine left alone on purpose, and what it still owes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

import sqlalchemy as sa

from crmsync.cli.judging import all_links, expectation
from crmsync.definition.definition import Definition
from crmsync.model.links import Role
from crmsync.model.values import SIDES
from crmsync.reconcile.limits import Limits
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.expectation import Expectation, Kept, Pair
from crmsync.simulator.ledger import Entry
from crmsync.store import SqlStore
from crmsync.store import schema as t
from crmsync.store.codec import load, to_intent
from crmsync.store.listing import accounts


def deleted(cluster: Cluster) -> set[str]:
    """Native ids of people that somebody deleted, and of those who had become one of them."""
    state = cluster.salesforce.state()
    contacts = cluster.hubspot.state()["contacts"]
    people = [row for obj in ("Lead", "Contact") for row in state[obj]]
    gone: set[str] = set()
    for entry in cluster.ledger.entries:  # a purged record stands in no state any more
        if entry.op in ("delete", "privacy") or (entry.op == "merge" and entry.after.get("IsDeleted")):
            gone.add(
                entry.id
            )  # folded into another one in Salesforce: the same as gone, for whoever was linked
        elif entry.op == "restore":
            gone.discard(entry.id)
    became = {str(r["id"]): str(r["merged_into"]) for r in contacts if r.get("merged_into")}
    became |= {str(r["Id"]): str(r["ConvertedContactId"]) for r in people if r.get("ConvertedContactId")}
    for old in became:
        heir = old
        while heir in became:
            heir = became[heir]
        if heir in gone:
            gone.add(old)
    return gone


def pairs(store: SqlStore) -> Iterator[Pair]:
    """Everybody who is linked with whom at this moment."""
    rows = sa.select(t.side.c.link_id, t.side.c.side, t.side.c.object, t.side.c.native_id)
    with store.reading() as db:
        known = list(db.rows(rows))
    for hub in (row for row in known if row.side == "hubspot"):
        for sales in (row for row in known if row.side == "salesforce" and row.link_id == hub.link_id):
            yield Pair(hub.native_id, sales.object, sales.native_id)


def expected(
    cluster: Cluster, definition: Definition, store: SqlStore, former: Iterable[Pair], kept: Iterable[Kept]
) -> Expectation:
    """The definition and the store in the judge's words; whoever lost a counterpart by deletion stays alone.

    `former` and `kept` are the pairs and the kept values of all earlier moments.
    """
    gone = deleted(cluster)
    alone: set[tuple[str, str]] = set()
    beside: set[str] = set()
    for link in all_links(store):
        lost = [r for r in link.rows if r.role in (Role.GONE, Role.ALIAS) and r.native_id in gone]
        if any(link.primary(row.side) is None for row in lost):
            alone |= {(row.native_id, "") for side in SIDES if (row := link.primary(side))}
        alone |= {(row.native_id, "") for row in link.rows if row.role is Role.SHADOWED}
        beside |= {row.native_id for row in link.rows if row.role in (Role.SECONDARY, Role.SHADOWED)}
    asked = expectation(definition, store)
    return replace(
        asked,
        held=asked.held | alone,
        former=tuple(former),
        beside=frozenset(beside),
        kept=asked.kept | frozenset(kept),
    )


def kept_values(store: SqlStore) -> Iterator[Kept]:
    """Every value that a conflict keeps, closed ones and those of records that are gone included.

    Also the before-image of a write of unknown fate: whether it never landed, or landed and somebody put the old
    value back, only the vendor's history tells, which is not read yet.
    """
    firms: dict[tuple[str, str], list[str]] = defaultdict(list)
    for side, native, domain in accounts(store):
        firms[side, domain].append(native)
    holders = sa.select(t.side.c.link_id, t.side.c.side, t.side.c.native_id)
    with store.reading() as db:
        natives = [(row.link_id, row.side, row.native_id) for row in db.rows(holders)]
        for row in db.rows(sa.select(t.conflict.c.link_id, t.conflict.c.field, t.conflict.c.data)):
            values = load(row.data)
            for link, side, native in natives:
                if link == row.link_id and side in values:
                    yield Kept(native, row.field, values[side])
                    # A firm is kept by its domain; the ledger knows the records that have it.
                    yield from (Kept(native, row.field, i) for i in firms.get((side, values[side]), ()))
        lost = sa.select(t.intent).where(t.intent.c.status == "stale", t.intent.c.sent_at.is_not(None))
        for intent in map(to_intent, db.rows(lost)):
            yield from (Kept(intent.native_id, c.name, c.before) for c in intent.changes)


def owed(store: SqlStore) -> Iterator[str]:
    """What is still open in the store and not held: dirty links and intents."""
    open_ = ("proposed", "planned", "sent")
    with store.reading() as db:
        for row in db.rows(sa.select(t.dirty.c.link_id, t.dirty.c.cause).where(t.dirty.c.held == "")):
            yield f"link {row.link_id} is still dirty ({row.cause})"
        wanted = sa.select(t.intent).where(t.intent.c.status.in_(open_), t.intent.c.held == "")
        for row in db.rows(wanted):
            yield f"intent {row.id} ({row.kind} of {row.side} {row.native_id or row.key}) is still {row.status}"


def unasked(entries: Iterable[Entry], limits: Limits, people: int) -> Iterator[str]:
    """What one cycle that nobody approved wrote beyond the guard's limits, with so many people linked at most."""
    written: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for entry in entries:
        if entry.actor == "api" and entry.op in ("create", "update"):
            written[entry.side, entry.object, entry.op].add(entry.id)
    for (side, obj, op), ids in written.items():
        most = (limits.creates if op == "create" else limits.updates).most(people)
        if len(ids) > most:
            yield f"I7 {len(ids)} {op}s of {side} {obj} in a cycle nobody approved; the limit is {most}"
