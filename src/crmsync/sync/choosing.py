"""Which operations a selection chooses, and what it leaves of each: a pilot, or a part of a plan that is approved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.person import person_values
from crmsync.mapping.fields.types import FieldMap
from crmsync.model.links import Change, Intent, Kind, Link
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Values
from crmsync.reconcile.digest import operation_digest
from crmsync.sync.engine import Selection

CHUNK = 500


def choose(
    intents: Sequence[Intent],
    selection: Selection,
    link: Link,
    fields: Sequence[FieldMap],
    directory: Directory,
    room: int | None,
    approved: frozenset[str] | None,
) -> list[Intent]:
    """The chosen operations of a link, narrowed; at most `room` (None: all), only `approved` ones (None: any)."""
    if selection.everything:
        return list(intents)
    if selection.where is not None and not selection.where.holds(activation(link, fields, directory)):
        return []
    chosen = [one for i in intents if wanted(i, selection) and (one := narrowed(i, selection)) is not None]
    if approved is not None:
        chosen = [i for i in chosen if i.digest in approved]
    return chosen if room is None else chosen[: max(0, room)]


def wanted(intent: Intent, selection: Selection) -> bool:
    """Whether the operation itself is of the selection; `where` asks its person and is not looked at here."""
    names = (intent.person.lower(), intent.key.lower(), intent.native_id.lower())
    return (
        selection.object in ("", intent.object)
        and selection.kind in ("", intent.kind.value)
        and selection.person.lower() in ("", *names)
    )


def narrowed(intent: Intent, selection: Selection) -> Intent | None:
    """The operation with the selected fields alone; our key rides along. None when nothing is left.

    A record is created whole or not at all, so with `fields` no create is chosen.
    """
    if not selection.fields:
        return intent
    left = tuple(c for c in intent.changes if c.name in selection.fields or c.rule == "key")
    if intent.kind is not Kind.UPDATE or all(c.rule == "key" for c in left):
        return None
    return intent if len(left) == len(intent.changes) else _of(intent, left)


def left_of(intent: Intent, part: Intent) -> Intent:
    """What a part leaves of its operation."""
    return _of(intent, tuple(c for c in intent.changes if c not in part.changes))


def _of(intent: Intent, changes: tuple[Change, ...]) -> Intent:
    mark = operation_digest(intent.side, intent.object, intent.link_id, intent.kind, changes)
    return replace(intent, changes=changes, digest=mark)


def activation(link: Link, fields: Sequence[FieldMap], directory: Directory) -> dict[str, Values]:
    """What `where` sees of a person: both records, and the canonical person, HubSpot's values first."""
    seen: dict[str, Values] = {}
    person: Values = {}
    for side in SIDES:
        row = link.primary(side)
        if row is None:
            continue
        seen[side] = dict(row.current)
        read = person_values(fields, row.side, row.object, row.current, directory)
        person = {**read, **person}
    return {"person": person, **seen}


def picked(
    tx: Tx, intents: Iterable[Intent], selection: Selection, fields: Sequence[FieldMap], directory: Directory
) -> list[tuple[Intent, Intent]]:
    """The selected ones of these kept operations, each as it is kept and as it is narrowed."""
    found = (
        (intent, part)
        for intent in _of_people(tx, intents, selection, fields, directory)
        if wanted(intent, selection) and (part := narrowed(intent, selection)) is not None
    )
    return list(islice(found, selection.limit or None))


def _of_people(
    tx: Tx, intents: Iterable[Intent], selection: Selection, fields: Sequence[FieldMap], directory: Directory
) -> Iterator[Intent]:
    """Those whose person the rule of the selection holds for."""
    if selection.where is None:
        yield from intents
        return
    rest = iter(intents)
    while some := list(islice(rest, CHUNK)):
        links: Mapping[int, Link] = {link.id: link for link in tx.load([i.link_id for i in some])}
        for intent in some:
            link = links.get(intent.link_id)
            if link is not None and selection.where.holds(activation(link, fields, directory)):
                yield intent
