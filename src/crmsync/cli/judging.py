"""Tells the simulator's judge what the engine was asked to do, in the judge's own plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from crmsync.definition.definition import Definition
from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.types import Direction, FieldMap
from crmsync.model.links import Link, Role, SideRow
from crmsync.model.ports import Store
from crmsync.model.values import SIDES, Side
from crmsync.simulator.expectation import Expectation, FieldPair, Kept, Pair
from crmsync.store import SqlStore
from crmsync.store.listing import accounts, conflicts, link_ids
from crmsync.sync.engine import PEOPLE
from crmsync.sync.observing import Observer
from crmsync.sync.setup import specs

COMPARERS = {
    "email": "email",
    "phone": "phone",
    "boolean": "boolean",
    "number": "number",
    "country": "country",
    "picklist": "picklist",
    "multipicklist": "set",
    "owner_name": "ignore",
    "owner_id": "ignore",
}
"""Transform -> the judge's comparer; anything else is compared as text."""

DIRECTIONS = {
    Direction.TWO_WAY: "two_way",
    Direction.TO_SALESFORCE: "to_salesforce",
    Direction.TO_HUBSPOT: "to_hubspot",
}
CHUNK = 500


def expectation(definition: Definition, store: SqlStore) -> Expectation:
    """What the definition asks for and what the store says was openly left undone."""
    with store.transaction() as tx:
        members = tx.members(PEOPLE["hubspot"][0])
    observer = Observer(definition, Directory(), {}, {}, {}, members=members)
    scoped = {side for side in SIDES if definition.scope.get(side)}
    if definition.scope_list is not None:
        scoped.add("hubspot")

    def in_scope(row: SideRow) -> bool:
        return observer.in_scope(row.side, row.object, row.native_id, row.current)

    links: list[Pair] = []
    parked: set[tuple[str, str]] = set()
    natives: dict[int, dict[Side, str]] = {}
    scope: dict[str, set[str]] = {side: set() for side in SIDES}
    for link in all_links(store):
        natives[link.id] = {side: row.native_id for side in SIDES if (row := link.primary(side))}
        for row in link.rows:
            if in_scope(row):
                scope[row.side].add(row.native_id)
        parked |= {(row.native_id, name) for row in link.rows for name in link.parked}
        hub, sales = link.primary("hubspot"), link.primary("salesforce")
        if hub and sales:
            links.append(Pair(hub.native_id, sales.object, sales.native_id))
    firms = _Firms(store) if any(f.transform == "account" for f in definition.fields) else None
    births = {side for side, policy in definition.create.items() if policy == "in_scope"}
    return Expectation(
        tuple(_pair(f, firms) for f in definition.fields),
        tuple(links),
        scope={side: frozenset(ids) for side, ids in scope.items() if side in scoped},
        births=frozenset(births),
        kept=frozenset(_kept(definition, store, natives, firms)),
        parked=frozenset(parked),
        own={side: frozenset(s.name for s in specs(side, "")) | {"AccountId"} for side in SIDES},
    )


def all_links(store: Store) -> Iterator[Link]:
    """Every link, loaded in chunks."""
    assert isinstance(store, SqlStore)  # noqa: S101
    chunk: list[int] = []
    for number in link_ids(store):
        chunk.append(number)
        if len(chunk) == CHUNK:
            yield from _loaded(store, chunk)
            chunk = []
    yield from _loaded(store, chunk)


def _loaded(store: SqlStore, ids: list[int]) -> list[Link]:
    with store.transaction() as tx:
        return [link for link in tx.load(ids) if any(r.role is not Role.GONE for r in link.rows)]


class _Firms:
    """Which companies and Accounts have one domain: what the judge takes for the same firm."""

    def __init__(self, store: SqlStore) -> None:
        self.ids: dict[tuple[Side, str], list[str]] = defaultdict(list)
        for side, native, domain in accounts(store):
            self.ids[side, domain].append(native)

    def pairs(self) -> frozenset[tuple[str, str]]:
        domains = {domain for _, domain in self.ids}
        return frozenset(
            (one, two)
            for domain in domains
            for one in self.ids.get(("hubspot", domain), ())
            for two in self.ids.get(("salesforce", domain), ())
        )


def _kept(
    definition: Definition, store: SqlStore, natives: dict[int, dict[Side, str]], firms: _Firms | None
) -> Iterator[Kept]:
    for row in conflicts(store):
        fmap = definition.field_map(row["field"])
        for side, value in row["values"].items():
            native = natives.get(row["link_id"], {}).get(side)
            if native:
                whole = firms is not None and fmap is not None and fmap.transform == "account"
                held = firms.ids.get((side, value), []) if firms and whole else [value]
                for each in held:
                    yield Kept(native, row["field"], each, open=not row["winner"])


def _pair(fmap: FieldMap, firms: _Firms | None) -> FieldPair:
    values: frozenset[tuple[str, str]] = frozenset()
    if firms is not None and fmap.transform == "account":
        values = firms.pairs()
    if fmap.values:
        hub, sales = fmap.values.get("hubspot", {}), fmap.values.get("salesforce", {})
        values = frozenset((hub.get(c, c), sales.get(c, c)) for c in {*hub, *sales})
    return FieldPair(
        fmap.name,
        next(iter(fmap.native.get("hubspot", {}).values()), ""),
        dict(fmap.native.get("salesforce", {})),
        DIRECTIONS[fmap.direction],
        COMPARERS.get(fmap.transform, "text"),
        values,
        fmap.blank.value,
        {
            side: frozenset(str(v) for v in defaults.values())
            for side, defaults in fmap.default_on_create.items()
        },
        fmap.rule.value,
    )
