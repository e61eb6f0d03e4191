"""Finds each person's other records in the store and joins their links. Asks no CRM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from crmsync.model.links import Link, Parked, Role, Settlement, SideRow
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side, other
from crmsync.reconcile.digest import digest
from crmsync.reconcile.identity import (
    Candidates,
    Match,
    keys_of,
    match,
    named,
    needs_match,
    roles,
    successor,
)
from crmsync.sync.engine import SUCCESSORS, Engine, Report


def link_batch(
    engine: Engine, tx: Tx, ids: Sequence[int], report: Report, accounts: Mapping[Side, str]
) -> tuple[list[Link], list[Settlement]]:
    """Join what belongs together among these links and the rest of the store. `accounts` are ours, by side.

    Returns the links to decide, each once, with their roles set; and settlements that park ambiguous ones (those
    links are not among the returned).
    """
    links = tx.load(ids)
    seeking = [link for link in links if needs_match(link, SUCCESSORS)]
    if not seeking:
        return _with_roles(tx, links), []
    kept: dict[int, int] = {}
    unclear: dict[int, Match] = {}
    while seeking:
        fresh = _seek(engine, tx, seeking, report, accounts, unclear)
        kept = {name: fresh.get(target, target) for name, target in kept.items()} | fresh
        links = tx.load(list(dict.fromkeys(kept.get(i, i) for i in ids))) if fresh else links
        # Whoever was joined to a record may have been joined to one that became another.
        found = set(fresh.values()) - unclear.keys()
        seeking = [link for link in links if link.id in found and needs_match(link, SUCCESSORS)]
    parks = [_park(engine, link, unclear[link.id]) for link in links if link.id in unclear]
    return _with_roles(tx, [link for link in links if link.id not in unclear]), parks


def _seek(
    engine: Engine,
    tx: Tx,
    links: Sequence[Link],
    report: Report,
    accounts: Mapping[Side, str],
    unclear: dict[int, Match],
) -> dict[int, int]:
    """Find the other links of each of these and join them; returns the survivor of each that was joined."""
    found = _candidates(tx, links, accounts)
    kept: dict[int, int] = {}
    for link in links:
        if link.id in kept:
            continue
        result = match(link, found, SUCCESSORS, accounts)
        if result.ambiguous:
            unclear[link.id] = result
        elif result.links:
            rivals = _join(tx, link, result, kept, report, engine)
            if rivals:
                unclear[link.id] = Match(reason=result.reason, ambiguous=rivals)
    return kept


def _join(
    tx: Tx, link: Link, result: Match, kept: dict[int, int], report: Report, engine: Engine
) -> tuple[SideRow, ...]:
    """The link with a key lives, else the oldest; the others end in it. `kept` maps every one to the survivor.

    Nothing is joined when the person would get a second record of one kind; the rows in the way are returned.
    """
    group = {kept.get(i, i) for i in (link.id, *result.links)}
    if len(group) == 1:
        return ()
    members = tx.load(sorted(group))
    if _of_a_kind(members) > max(_of_a_kind([m]) for m in members):
        return tuple(r for r in _live(members) if r.link_id != link.id)
    keep = min(members, key=lambda m: (not m.key, m.id)).id
    for member in members:
        if member.id != keep:
            tx.merge_links(keep, member.id, result.reason, engine.clock.now())
    report.linked += _both_sides(members) - sum(_both_sides([m]) for m in members)
    for name in (link.id, *result.links, *group):
        kept[name] = keep
    for name, target in list(kept.items()):
        if target in group:
            kept[name] = keep
    return ()


def _live(links: Sequence[Link]) -> list[SideRow]:
    """The live rows of these links; converted ones are not."""
    rows = [r for link in links for r in link.rows if r.role in (Role.PRIMARY, Role.SECONDARY)]
    return [r for r in rows if not successor(r, SUCCESSORS)]


def _of_a_kind(links: Sequence[Link]) -> int:
    """The most live records of one object that these links have together."""
    return max(Counter((r.side, r.object) for r in _live(links)).values(), default=0)


def _both_sides(links: Sequence[Link]) -> int:
    """1 when these links together have a live record on both sides."""
    return int(all(any(m.primary(side) for m in links) for side in SIDES))


def _candidates(tx: Tx, links: Sequence[Link], accounts: Mapping[Side, str]) -> Candidates:
    found = [(link, row) for link in links for row in link.rows if row.role in (Role.PRIMARY, Role.SECONDARY)]
    rows = [row for _, row in found]
    emails = sorted({row.email for row in rows if row.email})
    keys = sorted({key for link in links for key in keys_of(link, accounts)})
    natives: dict[Side, set[str]] = {side: set() for side in SIDES}
    for link, row in found:
        away = other(row.side)
        natives[away].update(filter(None, (named(key, away, accounts) for key in (link.key, row.key))))
        natives[other(row.side)].update(row.foreign)
        heir = successor(row, SUCCESSORS)
        if heir:
            natives[row.side].add(heir)
    own = [row.native_id for row in rows if row.side == "salesforce"]
    return Candidates(
        {side: tx.by_email(side, emails) for side in SIDES},
        tx.by_key(keys),
        {side: tx.by_native(side, sorted(natives[side])) for side in SIDES},
        tx.by_foreign(own),
    )


def _with_roles(tx: Tx, links: Sequence[Link]) -> list[Link]:
    changed: list[int] = []
    for link in links:
        wanted = roles(link, SUCCESSORS)
        for row_id, role in wanted.items():
            tx.set_role(row_id, role)
        if wanted:
            changed.append(link.id)
    if not changed:
        return list(links)
    fresh = {link.id: link for link in tx.load(changed)}
    return [fresh.get(link.id, link) for link in links]


def _park(engine: Engine, link: Link, result: Match) -> Settlement:
    names = ", ".join(f"{r.side} {r.object} {r.native_id}" for r in result.ambiguous)
    mark = digest("ambiguous", names, engine.definition.version)
    row = link.rows[0]
    parked = Parked(
        link.id,
        row.side,
        row.object,
        row.native_id,
        "",
        "ambiguous",
        f"the same {result.reason} stands on several records: {names}",
        "merge the duplicates in their CRM, or correct the address; it is tried again when one of them changes",
        mark,
    )
    already = link.parked.get("") == mark
    return Settlement(link.id, link.seq, parked=() if already else (parked,))
