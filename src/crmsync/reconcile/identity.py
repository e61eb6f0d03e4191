"""Who is who: whether a link and rows of the other side are one person. Decides; changes nothing.

1  our key          the row that carries it, or the record that it was made for (or what that one became)
2  native ids       as HubSpot's own integration left them, when e-mail or name agree
3  e-mail           when it is unique on both sides (one Contact with one open Lead beside it is one person)
else                new, or ambiguous when there are candidates
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmsync.model.links import Link, Role, SideRow
from crmsync.model.values import SIDES, Side, other

KEY_PARTS = 3
_NAMED = (Role.PRIMARY, Role.SECONDARY, Role.ALIAS)
"""A key made for a converted or a merged record leads to what it became; one made for a deleted record to nobody."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the store knows that could be the same person, for one batch of links."""

    by_email: Mapping[Side, Mapping[str, Sequence[SideRow]]]
    by_key: Mapping[str, Sequence[SideRow]]
    by_native: Mapping[Side, Mapping[str, SideRow]]
    by_foreign: Mapping[str, Sequence[SideRow]]


@dataclass(frozen=True, slots=True)
class Match:
    """`links` are the other links of this person (empty: new). `ambiguous` lists candidates nobody can tell apart."""

    links: tuple[int, ...] = ()
    reason: str = "new"
    ambiguous: tuple[SideRow, ...] = ()


def mint(side: Side, account_id: str, native_id: str) -> str:
    """Our key for a record first seen on `side`: deterministic, so it is never minted twice."""
    return f"{side}:{account_id}:{native_id}"


def foreign_key(key: str, accounts: Mapping[Side, str]) -> bool:
    """Whether a key was not made for these two accounts (a clone, a sandbox, another installation)."""
    parts = key.split(":")
    return len(parts) != KEY_PARTS or not any(parts[0] == s and parts[1] == accounts.get(s) for s in SIDES)


def named(key: str, side: Side, accounts: Mapping[Side, str]) -> str:
    """The native id on `side` that a key was made for; "" for a key of the other side or of other accounts."""
    origin, _, rest = key.partition(":")
    account, _, native = rest.partition(":")
    return native if origin == side and account == accounts.get(side) else ""


def keys_of(link: Link, accounts: Mapping[Side, str]) -> list[str]:
    """The keys by which others may name this link: its own, and those made for any record that it has or had."""
    carried = {link.key, *(r.key for r in link.rows)}
    made = {mint(r.side, accounts[r.side], r.native_id) for r in link.rows if r.side in accounts}
    return sorted(filter(None, carried | made))


def successor(row: SideRow, successors: Mapping[str, str]) -> str:
    """The id of the record that a converted one became ("" when it is not converted)."""
    field = successors.get(row.object)
    return str(row.current.get(field) or "") if field else ""


def needs_match(link: Link, successors: Mapping[str, str]) -> bool:
    """Whether a link looks for records: one side is empty, or a converted record's successor is elsewhere."""
    live = [row for row in link.rows if row.role in (Role.PRIMARY, Role.SECONDARY)]
    own = {row.native_id for row in link.rows}
    moved = any(successor(row, successors) not in own for row in live if successor(row, successors))
    return moved or len({row.side for row in live}) == 1


def match(
    link: Link, found: Candidates, successors: Mapping[str, str], accounts: Mapping[Side, str]
) -> Match:
    """Find the person's other records. `successors` names, per object, the field with a converted record's heir."""
    rows = [r for r in link.rows if r.role in (Role.PRIMARY, Role.SECONDARY)]
    for row in rows:
        heir = found.by_native[row.side].get(successor(row, successors))
        if heir is not None and heir.link_id != link.id:
            return Match((heir.link_id,), "conversion")
    if len({r.side for r in rows}) != 1:
        return Match()
    return (
        _by_key(link, rows[0], found, accounts)
        or _by_native(link, rows, found)
        or _by_email(link, rows, found, successors)
    )


def roles(link: Link, successors: Mapping[str, str]) -> dict[int, Role]:
    """The role of each live row: a Contact before a Lead, a converted record is an alias, the older row first."""
    changed: dict[int, Role] = {}
    for side in SIDES:
        live = [r for r in link.rows if r.side == side and r.role in (Role.PRIMARY, Role.SECONDARY)]
        converted = [r for r in live if successor(r, successors)]
        ranked = sorted((r for r in live if r not in converted), key=lambda r: (r.object != "Contact", r.id))
        wanted = {r.id: Role.ALIAS for r in converted}
        wanted |= {r.id: Role.SECONDARY if n else Role.PRIMARY for n, r in enumerate(ranked)}
        changed |= {r.id: wanted[r.id] for r in live if wanted[r.id] is not r.role}
    return changed


def _by_key(link: Link, row: SideRow, found: Candidates, accounts: Mapping[Side, str]) -> Match | None:
    away = other(row.side)
    for key in keys_of(link, accounts):
        rows = [r for r in found.by_key.get(key, ()) if r.side == away and r.link_id != link.id]
        origin = found.by_native[away].get(named(key, away, accounts))
        if not rows and origin is not None and origin.role in _NAMED and origin.link_id != link.id:
            rows = [origin]
        if len({r.link_id for r in rows}) == 1:
            return Match((rows[0].link_id,), "key")
        if rows:
            return Match(reason="key", ambiguous=tuple(rows))
    return None


def _by_native(link: Link, rows: Sequence[SideRow], found: Candidates) -> Match | None:
    for row in rows:
        for native in row.foreign:
            theirs = found.by_native[other(row.side)].get(native)
            if theirs is not None and theirs.link_id != link.id and _agree(row, theirs):
                return Match((theirs.link_id,), "native id")
        for theirs in found.by_foreign.get(row.native_id, ()):
            if theirs.side != row.side and theirs.link_id != link.id and _agree(row, theirs):
                return Match((theirs.link_id,), "native id")
    return None


def _agree(mine: SideRow, theirs: SideRow) -> bool:
    same_mail = bool(mine.email) and mine.email == theirs.email
    return same_mail or (bool(mine.name) and mine.name == theirs.name)


def _by_email(link: Link, rows: Sequence[SideRow], found: Candidates, successors: Mapping[str, str]) -> Match:
    """By address. A converted record's address is history: its heir may have another one by now."""
    row = next((r for r in rows if not successor(r, successors)), None)
    if row is None or not row.email:
        return Match()
    mine, theirs = (
        [r for r in found.by_email[side].get(row.email, ()) if not successor(r, successors)]
        for side in (row.side, other(row.side))
    )
    if not (_one_person(mine) and _one_person(theirs)):
        rivals = tuple(r for r in (*mine, *theirs) if r.link_id != link.id)
        return Match(reason="e-mail", ambiguous=rivals)
    others = {r.link_id for r in (*mine, *theirs)} - {link.id}
    return Match(tuple(sorted(others)), "e-mail") if others else Match()


def _one_person(rows: Sequence[SideRow]) -> bool:
    """All of one link, or one Contact with one open Lead beside it."""
    return len({r.link_id for r in rows}) <= 1 or sorted(r.object for r in rows) == ["Contact", "Lead"]
