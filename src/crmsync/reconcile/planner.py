"""The planner: one link in, its settlement and its operations out. Pure; the same input gives the same plan.

A link with rows on both sides is merged field by field. A link with a row on one side is born on the other, when
the policy for that side says so. Nothing here reads, writes or waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.types import FieldMap, Survivorship
from crmsync.model.links import (
    Change,
    Conflict,
    Intent,
    Kind,
    Link,
    Parked,
    Role,
    Settlement,
    SideRow,
)
from crmsync.model.records import ObjectInfo
from crmsync.model.values import SIDES, Side, Value, Values, other
from crmsync.reconcile.birth import Place, Routes, create_changes, record_mark
from crmsync.reconcile.digest import digest, operation_digest
from crmsync.reconcile.ends import same
from crmsync.reconcile.identity import mint, named
from crmsync.reconcile.merge import FieldOutcome, merge_field

SAVED_WITHIN = timedelta(seconds=1)
"""Stamps are whole seconds; a stamp this close to our write's acknowledgement is of that write."""


BEREAVED = "bereaved:"
"""Begins the mark of a record that is parked because its counterpart is gone."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What every decision of a cycle shares. `refused` names the objects where creates are refused, and why.

    `routes` is filled by the first birth of a kind, for those after it.
    """

    version: str
    fields: Sequence[FieldMap]
    infos: Mapping[tuple[Side, str], ObjectInfo]
    directory: Directory
    accounts: Mapping[Side, str]
    key_fields: Mapping[Side, str]
    create: Mapping[Side, str]
    place: Callable[[Link, SideRow], Place]
    refused: Mapping[tuple[Side, str], str] = field(default_factory=dict)
    in_scope: Callable[[SideRow], bool] = lambda row: row.in_scope
    routes: dict[tuple[Side, str, str], Routes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of one link. `key` is newly minted ("" when none).

    `unsure` says that it rests on values that became the same on both sides without a write of ours.
    """

    settlement: Settlement
    intents: tuple[Intent, ...] = ()
    key: str = ""
    unsure: bool = False


@dataclass(slots=True)
class _Draft:
    """A decision in the making."""

    agreed: Values = field(default_factory=dict)
    seen: dict[int, Values] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    changes: dict[int, list[Change]] = field(default_factory=dict)
    rewrites: tuple[tuple[Side, str, Value, Value], ...] = ()
    unsure: bool = False

    def add(self, link: Link, name: str, outcome: FieldOutcome) -> None:
        self.agreed |= outcome.agreed
        for row_id, values in outcome.seen.items():
            self.seen.setdefault(row_id, {}).update(values)
        if outcome.conflict is not None:
            self.conflicts.append(outcome.conflict)
        if outcome.parked is not None:
            self.parked.append(outcome.parked)
        if outcome.settled:
            self.settled.append(name)
        self.unsure = self.unsure or outcome.unsure
        for side, change in outcome.changes:
            row = link.primary(side)
            if row is not None:
                self.changes.setdefault(row.id, []).append(change)

    def settlement(self, link: Link) -> Settlement:
        return Settlement(
            link.id,
            link.seq,
            self.agreed,
            self.seen,
            tuple(self.conflicts),
            tuple(self.parked),
            self.rewrites,
            settled=tuple(self.settled),
        )


def update_mark(operation: str, version: str) -> str:
    """What a refused update waits on: another operation, or another definition."""
    return digest("", operation, version)


def plan_link(link: Link, terms: Terms) -> Decision:
    """Decide one link."""
    rows = {side: link.primary(side) for side in SIDES}
    present = [side for side in SIDES if rows[side] is not None]
    if len(present) == 2:
        return _merge(link, terms)
    if len(present) == 1:
        row = rows[present[0]]
        if row is not None:
            return _birth(link, row, terms)
    return _nobody(link)


def _nobody(link: Link) -> Decision:
    """No record to read from or to write to: one that is shadowed is reported, and that ends when it is gone."""
    row = next((r for r in link.rows if r.role is Role.SHADOWED), None)
    if row is None:
        return Decision(Settlement(link.id, link.seq, settled=("",) if "" in link.parked else ()))
    mark = digest("shadowed", row.side, row.native_id)
    if link.parked.get("") == mark:
        return Decision(Settlement(link.id, link.seq))
    cause = "the record it was linked with was merged into another one, which has its own counterpart"
    fix = (
        f"merge the two in {row.side.capitalize()}; until then this one is neither written nor created again"
    )
    parked = Parked(link.id, row.side, row.object, row.native_id, "", "shadowed", cause, fix, mark)
    return Decision(Settlement(link.id, link.seq, parked=(parked,)))


# -- both sides -----------------------------------------------------------------------------------------------
def _merge(link: Link, terms: Terms) -> Decision:
    if not all(terms.in_scope(row) for row in link.rows if row.role is Role.PRIMARY):
        return Decision(Settlement(link.id, link.seq))
    draft = _Draft()
    link, draft.rewrites = _rewritten(link)
    for fmap in terms.fields:
        outcome = merge_field(fmap, link, terms.infos, terms.directory, terms.version)
        if outcome is not None:
            draft.add(link, fmap.name, outcome)
    _consent_for_secondaries(link, terms, draft)
    key = link.key or _mint(link, terms)
    intents = [
        _update(link, row, draft.changes[row.id], key, terms)
        for row in link.rows
        if draft.changes.get(row.id)
    ]
    if link.parked.get("", "").startswith(BEREAVED) or ("" in link.parked and not intents):
        draft.settled.append("")  # whatever kept the two apart, or was refused, is over
    elif "" in link.parked:
        intents = [i for i in intents if link.parked[""] != update_mark(i.digest, terms.version)]
    return Decision(draft.settlement(link), tuple(intents), "" if link.key else key, draft.unsure)


def _rewritten(link: Link) -> tuple[Link, tuple[tuple[Side, str, Value, Value], ...]]:
    """What a CRM made of our last write on save (its stamp is no newer than our write): equal from now on.

    Without this a lossy map would be written again and again, and a tidied value would travel back as an edit.
    """
    found: dict[tuple[Side, str], tuple[Value, Value]] = {}
    for row in link.rows:
        if row.version is None or row.written_at is None or row.version > row.written_at + SAVED_WITHIN:
            continue
        for native, sent in row.written.items():
            held = row.current.get(native)
            if not same(sent, held):
                found[row.side, native] = sent, held
    if not found:
        return link, ()
    listed = tuple((side, native, sent, held) for (side, native), (sent, held) in sorted(found.items()))
    return replace(link, rewrites={**link.rewrites, **found}), listed


def _consent_for_secondaries(link: Link, terms: Terms, draft: _Draft) -> None:
    """A wish to be left alone goes to every record of the person, not only to the primary one."""
    for fmap in terms.fields:
        if fmap.rule is not Survivorship.MOST_RESTRICTIVE:
            continue
        for row in link.rows:
            native = fmap.native_name(row.side, row.object)
            if (
                native not in terms.infos[row.side, row.object].fields
                or row.role is not Role.SECONDARY
                or native is None
                or not fmap.writes_to(row.side)
            ):
                continue
            primary = link.primary(row.side)
            wish = [c for c in draft.changes.get(primary.id, ()) if c.name == fmap.name] if primary else []
            theirs = (
                primary.current.get(fmap.native_name(row.side, primary.object) or "") if primary else None
            )
            after = wish[0].after if wish else theirs
            if after is True and row.current.get(native) is not True:
                change = Change(fmap.name, native, row.current.get(native), True, "secondary", settles=False)
                draft.changes.setdefault(row.id, []).append(change)


def _mint(link: Link, terms: Terms) -> str:
    """The key of a link: what a record of ours already carries, else made from the marketing side's record."""
    carried = sorted({r.key for r in link.rows if r.key and r.role in (Role.PRIMARY, Role.SECONDARY)})
    if carried:
        return carried[0]
    first = next((r for side in SIDES if (r := link.primary(side)) is not None), None)
    return mint(first.side, terms.accounts[first.side], first.native_id) if first else ""


def _update(link: Link, row: SideRow, changes: Iterable[Change], key: str, terms: Terms) -> Intent:
    listed = sorted(changes, key=lambda c: c.name)
    field_name = terms.key_fields[row.side]
    info = terms.infos[row.side, row.object].fields.get(field_name)
    if row.role is Role.PRIMARY and row.key != key and info is not None and info.updateable:
        listed.append(Change(field_name, field_name, row.key or None, key, "key", settles=False))
    return Intent(
        link.id,
        row.side,
        row.object,
        Kind.UPDATE,
        row.native_id,
        key,
        tuple(listed),
        operation_digest(row.side, row.object, link.id, Kind.UPDATE, listed),
        row_id=row.id,
        seq=link.seq,
        person=_person(link),
    )


# -- one side -------------------------------------------------------------------------------------------------
def _birth(link: Link, row: SideRow, terms: Terms) -> Decision:
    side = other(row.side)
    nothing = Decision(Settlement(link.id, link.seq))
    wanted = terms.create.get(side, "never") == "in_scope" and terms.in_scope(row)
    if not wanted or side in link.buried or side in link.ever:
        return nothing
    if row.key and not named(row.key, side, terms.accounts):
        return _bereaved(link, row, terms)
    place = terms.place(link, row)
    refusal = terms.refused.get((side, place.object))
    if refusal:
        return _refuse(link, side, place.object, refusal, terms)
    if "" in link.parked and link.parked[""] == record_mark(row, side, terms.version):
        return nothing
    key = link.key or _mint(link, terms)
    birth = create_changes(
        link,
        row,
        side,
        place,
        terms.fields,
        terms.infos,
        terms.directory,
        terms.key_fields[side],
        key,
        terms.version,
        terms.routes,
    )
    new = tuple(p for p in birth.parked if link.parked.get(p.field) != p.digest)
    settled = ("",) if "" in link.parked and not birth.stopped else ()
    settlement = Settlement(link.id, link.seq, parked=new, settled=settled)
    if birth.stopped:
        return Decision(settlement)
    intent = Intent(
        link.id,
        side,
        birth.object,
        Kind.CREATE,
        "",
        key,
        birth.changes,
        operation_digest(side, birth.object, link.id, Kind.CREATE, birth.changes),
        seq=link.seq,
        person=_person(link),
    )
    return Decision(settlement, (intent,), "" if link.key else key)


def _bereaved(link: Link, row: SideRow, terms: Terms) -> Decision:
    """A record that carries our key has had a counterpart, known to a store that is gone: it is not born again."""
    mark = BEREAVED + digest(row.key, terms.version)
    if link.parked.get("") == mark:
        return Decision(Settlement(link.id, link.seq))
    there = other(row.side).capitalize()
    cause = f"it had a counterpart in {there} which is not there any more; this store is older than that"
    fix = f"empty {terms.key_fields[row.side]} on this record, and it is created in {there} anew"
    parked = Parked(link.id, row.side, row.object, row.native_id, "", "bereaved", cause, fix, mark)
    return Decision(Settlement(link.id, link.seq, parked=(parked,)))


def _refuse(link: Link, side: Side, obj: str, why: str, terms: Terms) -> Decision:
    mark = f"refused:{terms.version}"
    if link.parked.get("") == mark:
        return Decision(Settlement(link.id, link.seq))
    fix = "run `crmsync doctor` and grant what it names; it is then tried again by itself"
    parked = Parked(link.id, side, obj, "", "", "create_refused", why, fix, mark)
    return Decision(Settlement(link.id, link.seq, parked=(parked,)))


def _person(link: Link) -> str:
    return next((r.email for r in link.rows if r.email), "") or next(
        (f"{r.side}:{r.native_id}" for r in link.rows), str(link.id)
    )
