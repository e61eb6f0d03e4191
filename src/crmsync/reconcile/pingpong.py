"""The breaker: tells a field that two writers set back and forth, so that crmsync stops taking part. Pure.

    our write, lost, written again         a return: the same value goes to the same side once more
    four returns, nothing new in between   a fight, when they lie within 14 days (A, B, A, B)
    four returns to any values             a fight within an hour, when our last write is lost already
    one side changed by somebody, often    no fight: what we wrote still stood there

What is parked so waits on a value that is neither of the fight's, another definition, or a person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from crmsync.model.links import Change, Intent, Kind, Link, Parked, Written
from crmsync.model.values import Side, Value, is_blank, other
from crmsync.reconcile.digest import operation_digest
from crmsync.reconcile.planner import Decision

CODE: Final = "ping_pong"
RETURNS: Final = 4
WINDOW: Final = timedelta(days=14)
SOON: Final = timedelta(hours=1)
UNCOUNTED: Final = frozenset({"key", "secondary", "resolved"})
"""Rules of changes that are no part of a fight: our key, a wish carried to a second record, a person's decision."""

Hashed = Callable[[str, Value], str]
"""(canonical field, native value) -> the digest that the log of writes holds."""


@dataclass(frozen=True, slots=True)
class Fight:
    """A field that is parked, with the two records that its writers change: (side, object, native id, native field)."""

    parked: Parked
    ends: tuple[tuple[Side, str, str, str], ...]


def suspects(decision: Decision, exempt: Collection[str]) -> bool:
    """Whether anything of a decision replaces a value, so that it could be part of a fight."""
    return any(_counted(i, c, exempt) for i in decision.intents for c in i.changes)


def returns(history: Sequence[Written], side: Side, after: str, before: str, now: datetime) -> frozenset[str]:
    """The digests of the values fought over when the next write, of `after` over `before`, is one too many; else none.

    `history` holds our earlier writes of the field, oldest first.
    """
    recent = [w for w in history if w.at > now - WINDOW]
    values: dict[Side, str] = {side: after}
    count = 0
    for write in reversed(recent):
        if write.side in values:
            if values[write.side] != write.digest:
                break
            count += 1
        values[write.side] = write.digest
    again = any(w.side == side and w.digest == after for w in recent)
    if again and count >= RETURNS:
        return frozenset(values.values())
    soon = [*(w for w in recent if w.at > now - SOON), Written(side, after, now)]
    last = next((w.digest for w in reversed(soon[:-1]) if w.side == side), before)
    repeated = len(soon) - len({(w.side, w.digest) for w in soon})
    if again and last != before and repeated >= RETURNS:
        return frozenset(w.digest for w in soon)
    return frozenset()


def break_fights(
    decision: Decision,
    link: Link,
    history: Mapping[tuple[int, str], Sequence[Written]],
    exempt: Collection[str],
    version: str,
    hashed: Hashed,
    now: datetime,
) -> tuple[Decision, tuple[Fight, ...]]:
    """The decision without the writes that only go on with a fight, and the fights that are new.

    `exempt` are canonical fields that are written however often they are lost (wishes to be left alone).
    """
    kept: list[Intent] = []
    fights: list[Fight] = []
    for intent in decision.intents:
        stopped: list[Change] = []
        for change in intent.changes:
            if not _counted(intent, change, exempt):
                continue
            pair = hashed(change.name, change.before), hashed(change.name, change.source_value)
            mark = link.parked.get(change.name, "")
            if mark.startswith(f"{CODE}:"):
                if mark.startswith(f"{CODE}:{version}:") and set(pair) <= _fought(mark):
                    stopped.append(change)
                continue
            past = history.get((link.id, change.name), ())
            values = returns(past, intent.side, hashed(change.name, change.after), pair[0], now)
            if values:
                stopped.append(change)
                fights.append(_fight(link, intent, change, f"{CODE}:{version}:", values | set(pair)))
        kept += _without(intent, stopped)
    if sum(len(i.changes) for i in kept) == sum(len(i.changes) for i in decision.intents):
        return decision, ()
    return replace(decision, intents=tuple(kept), key=decision.key if kept else ""), tuple(fights)


def _counted(intent: Intent, change: Change, exempt: Collection[str]) -> bool:
    return (
        intent.kind is Kind.UPDATE
        and change.rule not in UNCOUNTED
        and change.name not in exempt
        and not is_blank(change.before)
    )


def _without(intent: Intent, stopped: Sequence[Change]) -> list[Intent]:
    """The intent less these changes; none when only our key would be left, which rides on ordinary writes."""
    if not stopped:
        return [intent]
    left = tuple(c for c in intent.changes if c not in stopped)
    if all(c.rule == "key" for c in left):
        return []
    mark = operation_digest(intent.side, intent.object, intent.link_id, intent.kind, left)
    return [replace(intent, changes=left, digest=mark)]


def _fought(mark: str) -> set[str]:
    return set(mark.rpartition(":")[2].split(","))


def _fight(link: Link, intent: Intent, change: Change, head: str, values: Collection[str]) -> Fight:
    source = link.primary(other(intent.side))
    ends: list[tuple[Side, str, str, str]] = [(intent.side, intent.object, intent.native_id, change.native)]
    if source is not None:
        ends.append((source.side, source.object, source.native_id, change.source_native))
    parked = Parked(
        link.id,
        intent.side,
        intent.object,
        intent.native_id,
        change.name,
        CODE,
        cause(change.native, intent.side, {}),
        "let one side alone decide this field: change one of the two automations, or its `direction` in "
        "config/mapping.yaml; then retry it, or resolve it for one side",
        head + ",".join(sorted(values)),
        change.after,
    )
    return Fight(parked, tuple(ends))


def cause(native: str, side: Side, writers: Mapping[Side, str]) -> str:
    """What happens, in words; `writers` names who set the value last on each side, as far as that is known."""
    names: dict[Side, str] = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
    who = [f"{names[s]}: {writers.get(s) or f'somebody or an automation in {names[s]}'}" for s in names]
    return (
        f"{names[side]}'s {native} is set back and forth: each of our last {RETURNS} writes was undone "
        f"(last set in {'; in '.join(who)})"
    )
