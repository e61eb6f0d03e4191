"""What webhooks tell of the portal's ledger: each entry as none, one or several events. No clock, no sending.

Docs: developers.hubspot.com, "Webhooks" (subscription types, payloads).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crmsync.simulator.hubspot.switches import Switches
from crmsync.simulator.ledger import Entry

SINGULAR: Final = {"contacts": "contact", "companies": "company", "deals": "deal"}
TYPE_IDS: Final = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}
KINDS: Final = (
    "creation",
    "deletion",
    "propertyChange",
    "merge",
    "restore",
    "associationChange",
    "privacyDeletion",
)
NEVER_TOLD: Final = frozenset({"num_unique_conversion_events", "hs_lastmodifieddate"})
"""Properties whose changes no subscription gets."""
_PRIMARY: Final = frozenset({1, 2, 5, 6})
_SOURCES: Final = {"api": "INTEGRATION", "human": "CRM_UI", "system": "AUTOMATION_PLATFORM"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to one record: `object` as in the ledger, `more` the fields of its kind only."""

    kind: str
    object: str
    at_ms: int
    source: str
    more: Mapping[str, Any] = field(default_factory=dict)
    property: str = ""


def happenings(entry: Entry, switches: Switches) -> list[Happening]:
    """What an entry of the ledger is told as; nothing for a write that changed nothing or another kind of object."""
    tell = _TOLD.get(entry.op)
    if tell is None or entry.object not in SINGULAR:
        return []
    return list(tell(entry, switches))


def _creation(entry: Entry, switches: Switches) -> Iterator[Happening]:
    yield _one(entry, "creation", changeFlag=switches.webhook_creation_flag)
    if switches.webhook_changes_on_create:
        yield from _changes(entry)


def _update(entry: Entry, switches: Switches) -> Iterator[Happening]:
    yield from _changes(entry)


def _changes(entry: Entry) -> Iterator[Happening]:
    for name, value in entry.after.items():
        if name not in NEVER_TOLD:
            more = {"propertyName": name, "propertyValue": "" if value is None else str(value)}
            yield _one(entry, "propertyChange", name, **more)


def _deletion(entry: Entry, switches: Switches) -> Iterator[Happening]:
    yield _one(entry, "deletion", changeFlag="DELETED")


def _restore(entry: Entry, switches: Switches) -> Iterator[Happening]:
    yield _one(entry, "restore")


def _erasure(entry: Entry, switches: Switches) -> Iterator[Happening]:
    """Two events, of which either may come first; a record that was archived already is not deleted once more."""
    told = [_one(entry, "privacyDeletion")]
    if not entry.before.get("archived"):
        told.insert(entry.n % 2, _one(entry, "deletion", changeFlag="DELETED"))
    yield from told


def _merge(entry: Entry, switches: Switches) -> Iterator[Happening]:
    winner, *losers = [int(id) for id in entry.before["ids"]]
    moved = sum(name not in ("ids", "hs_merged_object_ids") for name in entry.after)
    yield _one(
        entry,
        "merge",
        objectId=int(entry.id) if switches.webhook_merge_names_new else winner,
        primaryObjectId=winner,
        mergedObjectIds=losers,
        newObjectId=int(entry.id),
        numberOfPropertiesMoved=moved,
    )


def _link(entry: Entry, switches: Switches) -> Iterator[Happening]:
    """An event for each association type that came or went, on both sides; a primary one comes with the default."""
    said = {**entry.before, **entry.after}
    if said.get("to") not in SINGULAR:
        return
    had, has = _types(entry.before), _types(entry.after)
    ends = ((entry.object, int(entry.id)), (said["to"], int(said["to_id"])))
    for type_id in sorted(had ^ has):
        for (here, num), (there, other) in (ends, ends[::-1]):
            more = {
                "associationType": f"{SINGULAR[here]}_to_{SINGULAR[there]}".upper(),
                "fromObjectId": num,
                "toObjectId": other,
                "associationRemoved": type_id in had,
                "isPrimaryAssociation": type_id in _PRIMARY,
            }
            yield Happening("associationChange", here, _ms(entry), _SOURCES[entry.actor], more)


_TOLD: Final[Mapping[str, Callable[[Entry, Switches], Iterator[Happening]]]] = {
    "create": _creation,
    "update": _update,
    "delete": _deletion,
    "restore": _restore,
    "privacy": _erasure,
    "merge": _merge,
    "associate": _link,
    "dissociate": _link,
}


def _one(entry: Entry, kind: str, name: str = "", **more: Any) -> Happening:
    return Happening(
        kind, entry.object, _ms(entry), _SOURCES[entry.actor], {"objectId": int(entry.id), **more}, name
    )


def _types(said: Mapping[str, Any]) -> set[int]:
    return {int(each) for each in str(said.get("types") or "").split(";") if each}


def _ms(entry: Entry) -> int:
    return round(entry.at.timestamp() * 1000)
