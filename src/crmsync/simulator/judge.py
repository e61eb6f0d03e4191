"""The judge: from the two vendors' ledger and states, and an `Expectation` in plain data, what went wrong.

Knows nothing of the engine and shares no code with it. Judges I1 (agreement), I3 (no silent loss), I4 (no
duplicate), I5 (no invention), I6 (scope) and I7 (deletes); call it when the world is calm. Writes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from crmsync.simulator.compare import Native, blank, empty, same
from crmsync.simulator.expectation import (
    BORN,
    OTHER,
    SETUP,
    TO_SALESFORCE,
    TWO_WAY,
    VENDOR,
    Expectation,
    FieldPair,
    Kept,
    Pair,
    Row,
    Violation,
)
from crmsync.simulator.history import API, History
from crmsync.simulator.picture import EMAIL, PEOPLE, Person, Picture, State, take

__all__ = ["Expectation", "FieldPair", "Kept", "Pair", "Violation", "judge"]

FORBIDDEN = frozenset({"delete", "merge", "convert", "restore", "privacy"})
LINKING = frozenset({"associate", "dissociate"})
"""Their entries name the other record, no values."""


class _Ledger(Protocol):
    @property
    def entries(self) -> Sequence[Row]: ...


class _Crm(Protocol):
    def state(self) -> State: ...


class Judged(Protocol):
    """What the judge needs of a cluster: the common ledger and both final states."""

    @property
    def ledger(self) -> _Ledger: ...
    @property
    def hubspot(self) -> _Crm: ...
    @property
    def salesforce(self) -> _Crm: ...


def judge(cluster: Judged, expected: Expectation) -> list[Violation]:
    """All violations, sorted by invariant and record; empty when all is well. Linear in ledger and states."""
    return weigh(cluster.ledger.entries, cluster.hubspot.state(), cluster.salesforce.state(), expected)


def weigh(
    entries: Sequence[Row], hubspot: State, salesforce: State, expected: Expectation
) -> list[Violation]:
    """As `judge`, from a ledger and states that were fetched (say, over the admin port)."""
    picture = take(hubspot, salesforce, expected, entries)
    history = History(expected, picture)
    history.read(entries)
    found = [
        *_disagreements(expected, picture, history),
        *_unlinked(expected, picture),
        *history.lost(),
        *_duplicates(expected, picture),
        *_twins(entries, picture),
        *history.invented,
        *_trespasses(entries, expected, picture),
    ]
    return sorted(found)


# -- I1 agreement ---------------------------------------------------------------------------------------------
def _disagreements(expected: Expectation, picture: Picture, history: History) -> Iterator[Violation]:
    """Every linked pair agrees in every mapped field, or says openly why not."""
    excused = expected.parked | expected.held
    opened: dict[tuple[str, str], list[Native]] = defaultdict(list)
    for k in expected.kept:
        if k.open:
            opened[(k.id, k.field)].append(k.value)
    for link in expected.links:
        one = picture.people["hubspot"].get(link.hubspot)
        two = picture.people["salesforce"].get(link.salesforce)
        if one is None or two is None:
            continue
        if not (expected.in_scope("hubspot", one.id) and expected.in_scope("salesforce", two.id)):
            continue
        for pair in expected.pairs:
            native = pair.salesforce.get(two.object)
            if native is None:
                continue
            mine, theirs = one.values.get(pair.hubspot), two.values.get(native)
            if pair.equal("hubspot", mine, theirs):
                continue
            ids = (one.id, two.id)
            if any((id, name) in excused for id in ids for name in (pair.name, "")):
                continue
            kept = [v for id in ids for v in opened.get((id, pair.name), ())]
            if any(same(pair.compare, v, now) for v in kept for now in (mine, theirs)):
                continue
            if _tidied(pair, history, one, two, mine, theirs):
                continue
            if not _settled(pair, history, one, two, mine, theirs):
                yield Violation("I1", one.label, f"{pair.name} is {mine!r}, but {theirs!r} on {two.label}")


def _tidied(
    pair: FieldPair, history: History, one: Person, two: Person, mine: Native, theirs: Native
) -> bool:
    """Whether what the other one has was saved here, by whomever, and this side's automation made something else of it."""
    left, right = history.saved(one.id, pair.name), history.saved(two.id, pair.name)
    return (not blank(right) and pair.equal("hubspot", mine, right)) or (
        not blank(left) and pair.equal("hubspot", left, theirs)
    )


def _settled(
    pair: FieldPair, history: History, one: Person, two: Person, mine: Native, theirs: Native
) -> bool:
    """Whether a difference is meant: a human's clearing that stays on its side, or a one-way target that stands.

    A one-way field leaves its target alone while the source is empty, and where the rule says so.
    """
    if pair.blank == "keep":
        for id, value in ((one.id, mine), (two.id, theirs)):
            last = history.last(id, pair.name)
            if blank(value) and last is not None and last.actor == "human" and last.op == "update":
                return True
    if pair.direction == TWO_WAY:
        return False
    source, target = (mine, theirs) if pair.direction == TO_SALESFORCE else (theirs, mine)
    if empty(pair.compare, target):
        return False
    return blank(source) or pair.rule in ("first", "most_restrictive")


def _unlinked(expected: Expectation, picture: Picture) -> Iterator[Violation]:
    """An address that stands once on either side is one person; where births are wanted, everybody has a partner."""
    by_email: dict[str, dict[str, list[Person]]] = {}
    for side, people in picture.people.items():
        by_email[side] = defaultdict(list)
        for person in people.values():
            by_email[side][person.email].append(person)
    excused = {id for id, name in expected.parked | expected.held if not name}
    for side, people in picture.people.items():
        for person in people.values():
            if person.id in picture.partner or person.id in excused | expected.beside:
                continue
            if not expected.unseen.isdisjoint(picture.counterparts(person.id)):
                continue
            alone = not person.email or len(by_email[side][person.email]) == 1
            if not alone or not expected.in_scope(side, person.id):
                continue
            there = by_email[OTHER[side]].get(person.email, []) if person.email else []
            if len(there) == 1 and side == "hubspot" and expected.in_scope(OTHER[side], there[0].id):
                yield Violation("I1", person.label, f"has the address of {there[0].label}, yet is not linked")
            elif not there and OTHER[side] in expected.births:
                yield Violation("I1", person.label, f"has nobody on {OTHER[side]}")


# -- I4 no duplicate ------------------------------------------------------------------------------------------
def _duplicates(expected: Expectation, picture: Picture) -> Iterator[Violation]:
    """No two live records of one side carry the same key, and no record stands in two links."""
    for side, people in picture.people.items():
        first: dict[str, Person] = {}
        for person in people.values():
            key = str(person.values.get(expected.keys[side]) or "")
            if person.id in expected.beside:
                continue
            if key and first.setdefault(key, person) is not person:
                yield Violation("I4", person.label, f"carries the same key as {first[key].label}")
    for side, ids in (
        ("hubspot", [link.hubspot for link in expected.links]),
        ("salesforce", [link.salesforce for link in expected.links]),
    ):
        for id, count in Counter(ids).items():
            if count > 1:
                yield Violation("I4", f"{side}/link/{id}", f"stands in {count} links")


def _twins(entries: Iterable[Row], picture: Picture) -> Iterator[Violation]:
    """The api never creates a person whose address somebody on that side has already."""
    email: dict[tuple[str, str], str] = {}
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in entries:
        name = EMAIL.get(entry.object)
        if name is None:
            continue
        spot = (entry.side, entry.id)
        folded = entry.op == "merge" and bool(entry.after.get("IsDeleted"))
        if entry.op in ("delete", "restore") or folded:
            here = holders[(entry.side, email.get(spot, ""))]
            here.add(entry.id) if entry.op == "restore" else here.discard(entry.id)
        elif name in entry.after:
            holders[(entry.side, email.get(spot, ""))].discard(entry.id)
            email[spot] = str(entry.after[name] or "").strip().lower()
            if email[spot] and entry.actor == API and entry.op == "create":
                live = picture.people[entry.side]
                for id in sorted(holders[(entry.side, email[spot])] & live.keys()):
                    if entry.id in live:
                        yield Violation("I4", live[entry.id].label, f"was created beside {live[id].label}")
            holders[(entry.side, email[spot])].add(entry.id)


# -- I6 scope, I7 deletes -------------------------------------------------------------------------------------
def _trespasses(entries: Iterable[Row], expected: Expectation, picture: Picture) -> Iterator[Violation]:
    """The api writes people in scope, in the listed fields and directions, and deletes nothing."""
    allowed = _allowed(expected)
    for entry in entries:
        if entry.actor != API:
            continue
        record = f"{entry.side}/{entry.object}/{entry.id}"
        if entry.op in FORBIDDEN:
            yield Violation("I7", record, f"the api did a {entry.op}")
            continue
        if entry.object in SETUP:
            continue
        fields = allowed.get((entry.side, entry.object))
        if fields is None:
            yield Violation("I6", record, f"the api wrote a {entry.object}")
            continue
        values = () if entry.op in LINKING else entry.after
        foreign = sorted(name for name in values if name not in fields and not _vendors(entry, name))
        if foreign:
            yield Violation("I6", record, f"the api wrote {', '.join(foreign)}")
        partner = picture.partner.get(entry.id)
        there = partner is None or expected.was_in_scope(OTHER[entry.side], partner, entry.n)
        if entry.op == "create":
            if entry.side not in expected.births:
                yield Violation("I6", record, f"was created, though nobody is to be born on {entry.side}")
            elif not there:
                yield Violation("I6", record, "was created for somebody out of scope")
        elif not there or not expected.was_in_scope(entry.side, entry.id, entry.n):
            yield Violation("I6", record, "is out of scope, yet was written")


def _vendors(entry: Row, name: str) -> bool:
    """Whether the vendor itself put this field into the entry: stamps, and what a create gets by default."""
    if name in VENDOR[entry.side] or name.startswith("hs_object_source"):
        return True
    return entry.op == "create" and (name in BORN[entry.side] or entry.after[name] in (None, "", False))


def _allowed(expected: Expectation) -> Mapping[tuple[str, str], frozenset[str]]:
    table: dict[tuple[str, str], frozenset[str]] = {}
    for side, objects in PEOPLE.items():
        own = expected.own.get(side, frozenset()) | {expected.keys[side]}
        for obj in objects:
            natives = {p.native(side, obj) for p in expected.pairs if p.writes_to(side)}
            table[(side, obj)] = own | frozenset(n for n in natives if n)
    return table
