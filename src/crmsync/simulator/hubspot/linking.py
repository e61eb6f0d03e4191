"""Linking records and what follows from it: the primary company, the counters, the stamps, a deal's people moving on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from crmsync.simulator.hubspot import automation, changes
from crmsync.simulator.hubspot.links import BUILT_IN
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

_COUNTED: Final = {
    ("contacts", "deals"): "num_associated_deals",
    ("companies", "contacts"): "num_associated_contacts",
    ("companies", "deals"): "num_associated_deals",
    ("deals", "contacts"): "num_associated_contacts",
}
"""(from, to) -> the property that counts the links."""

FOLLOW: Final = frozenset([*_COUNTED.values(), "associatedcompanyid", "hs_primary_associated_company"])
"""Properties that follow from a record's links."""

End = tuple[Kind, int]
"""One end of a link: object type and record number."""


def associate(
    portal: Portal, one: End, other: End, actor: str, types: Iterable[int] = (), *, replace: bool = False
) -> None:
    """Link two records, adding association types (as seen from `one`) to what their link has; with `replace` it
    has only these and the default afterwards.

    A record has one primary company: naming another moves that; the first company becomes it by itself.
    """
    (kind, num), (to, there) = one, other
    links, (default, primary) = portal.links, BUILT_IN[(kind.name, to.name)]
    had = links.of(kind.name, num, to.name).get(there)
    wanted = tuple(dict.fromkeys(each for each in types if each != default))
    owner = _owner(one, other)
    held = links.primary(owner[0].name, owner[1]) if owner and primary else 0
    if owner and not held and had is None and portal.switches.first_company_is_primary:
        wanted = (primary, *(each for each in wanted if each != primary))
    more = wanted if replace or had is None else tuple(dict.fromkeys((*had, *wanted)))
    if had is not None and set(more) == set(had):
        portal.record(actor, "associate", kind.name, str(num), {}, {})
        return
    for end in (one, other):
        portal.touch(*end)
    company = there if owner is one else num
    if owner and primary in more and held and held != company:
        _demote(portal, owner, held)
    links.put(kind.name, num, to.name, there, more)
    _told(portal, one, other, actor, had, more)
    _follow(portal, one, other, new=had is None)
    if had is None and {kind.name, to.name} == {"contacts", "deals"}:
        contact, deal = (num, there) if kind.name == "contacts" else (there, num)
        automation.deal_linked(portal, portal.kinds["deals"].table.rows[deal], [contact])


def dissociate(portal: Portal, one: End, other: End, actor: str, types: Iterable[int] | None = None) -> None:
    """End a link, or with `types` only these of its labels. The default type stands for the whole link.

    When the primary company goes, the one linked longest takes its place.
    """
    (kind, num), (to, there) = one, other
    links, (default, primary) = portal.links, BUILT_IN[(kind.name, to.name)]
    had = links.of(kind.name, num, to.name).get(there)
    if had is None:
        return
    gone = {default} if types is None else set(types)
    kept = tuple(each for each in had if each not in gone)
    if default not in gone and kept == had:
        return
    for end in (one, other):
        portal.touch(*end)
    if default in gone:
        links.drop(kind.name, num, to.name, there)
    else:
        links.put(kind.name, num, to.name, there, kept)
    record = portal.record
    record(
        actor,
        "dissociate",
        kind.name,
        str(num),
        _said(portal, to, there, (default, *had)),
        _said(portal, to, there, ()),
    )
    owner = _owner(one, other)
    if owner and primary in had and default in gone:
        _promote(portal, owner)
    _follow(portal, one, other, new=default in gone)


def forget(portal: Portal, kind: Kind, row: Row) -> None:
    """End all links of a record that goes."""
    for pair in BUILT_IN:
        if pair[0] == kind.name:
            to = portal.kinds[pair[1]]
            for other in list(portal.links.of(kind.name, row.num, to.name)):
                dissociate(portal, (kind, row.num), (to, other), "system")


def move(portal: Portal, kind: Kind, merged: list[Row], num: int) -> None:
    """Give the links of merged records to their survivor. The primary record's own primary company stays primary."""
    links = portal.links
    for pair in BUILT_IN:
        if pair[0] != kind.name:
            continue
        to, inner = portal.kinds[pair[1]], {row.num for row in merged}
        for row in merged:
            for other, more in list(links.of(kind.name, row.num, to.name).items()):
                links.drop(kind.name, row.num, to.name, other)
                if pair[0] == pair[1] and other in inner:
                    continue
                kept = _without_second_primary(portal, (kind, num), (to, other), more)
                known = links.of(kind.name, num, to.name).get(other, ())
                portal.touch(to, other)
                links.put(kind.name, num, to.name, other, tuple(dict.fromkeys((*known, *kept))))
                _follow(portal, (kind, num), (to, other), new=True)


def _without_second_primary(portal: Portal, one: End, other: End, more: tuple[int, ...]) -> tuple[int, ...]:
    """The types of a link that moves to a survivor: a contact or deal keeps the one primary company it has."""
    primary, owner = BUILT_IN[(one[0].name, other[0].name)][1], _owner(one, other)
    if owner is one and portal.links.primary(one[0].name, one[1]):
        return tuple(each for each in more if each != primary)
    return more


def _owner(one: End, other: End) -> End | None:
    """The end that can have a primary company, when the other one is a company."""
    names = (one[0].name, other[0].name)
    if (names[0] == "companies") == (names[1] == "companies"):
        return None
    return other if names[0] == "companies" else one


def _demote(portal: Portal, owner: End, company: int) -> None:
    kind, num = owner
    primary = BUILT_IN[(kind.name, "companies")][1]
    more = portal.links.of(kind.name, num, "companies")[company]
    portal.links.put(kind.name, num, "companies", company, tuple(each for each in more if each != primary))


def _promote(portal: Portal, owner: End) -> None:
    kind, num = owner
    left = portal.links.of(kind.name, num, "companies")
    if left and portal.switches.first_company_is_primary:
        company, more = next(iter(left.items()))
        primary = BUILT_IN[(kind.name, "companies")][1]
        portal.links.put(kind.name, num, "companies", company, (primary, *more))


def _follow(portal: Portal, one: End, other: End, *, new: bool) -> None:
    """Bring both records' properties that follow from their links up to date; what changes one modifies it."""
    for (kind, num), (to, _) in ((one, other), (other, one)):
        row = kind.table.rows[num]
        moved = False
        counter = _COUNTED.get((kind.name, to.name))
        if counter and new:
            count = str(len(portal.links.of(kind.name, num, to.name)))
            row.values[counter] = portal.pool.one(counter, count)
            moved = True
        shows = _SHOWS.get(kind.name) if to.name == "companies" else None
        if shows:
            company = portal.pool.one("companies", str(portal.links.primary(kind.name, num) or ""))
            if row.values.get(shows, "") != company:
                _show(portal, kind, row, shows, company)
                moved = True
        if moved:
            changes.restamp(portal, kind, row)


_SHOWS: Final = {"contacts": "associatedcompanyid", "deals": "hs_primary_associated_company"}
"""Object type -> the property that shows its primary company."""


def _show(portal: Portal, kind: Kind, row: Row, name: str, company: str) -> None:
    before = {name: row.values.get(name)}
    portal.record("system", "update", kind.name, row.id, before, {name: company or None})
    if company:
        row.values[name] = company
    else:
        row.values.pop(name, None)


def _told(
    portal: Portal, one: End, other: End, actor: str, had: tuple[int, ...] | None, more: tuple[int, ...]
) -> None:
    """The ledger's entry stands at `one` and names the other end and the types before and after."""
    (kind, num), (to, there) = one, other
    default = BUILT_IN[(kind.name, to.name)][0]
    before = () if had is None else (default, *had)
    record = portal.record
    record(
        actor,
        "associate",
        kind.name,
        str(num),
        _said(portal, to, there, before) if before else {},
        _said(portal, to, there, (default, *more)),
    )


def _said(portal: Portal, to: Kind, other: int, types: tuple[int, ...]) -> dict[str, str]:
    return {"to": to.name, "to_id": portal.pool.one(to.name, str(other)), "types": _listed(types)}


@lru_cache(maxsize=256)
def _listed(types: tuple[int, ...]) -> str:
    return ";".join(map(str, sorted(types)))
