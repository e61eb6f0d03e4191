"""Where creating would be blind or could double: no view of all records, no usable key, no right. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.definition.definition import Definition
from crmsync.errors import FatalError
from crmsync.model.records import ObjectInfo
from crmsync.model.values import SIDES, Side
from crmsync.sync.engine import PEOPLE, Engine

UNUSED: Mapping[str, frozenset[str]] = {"contacts_only": frozenset({"Lead"})}
"""Per person model, the objects that hold nobody."""


def visible(infos: Mapping[tuple[Side, str], ObjectInfo]) -> dict[Side, tuple[str, ...]]:
    """The objects of people that our user has access to, in reading order. Raises FatalError when a side has none."""
    found = {side: tuple(obj for obj in PEOPLE[side] if infos[side, obj].fields) for side in SIDES}
    for side, (first, *_) in PEOPLE.items():
        if first not in found[side]:
            raise FatalError(
                f"our {side} user has no access to {first}; nothing was read or written",
                fix=f"give the {side} user the right to read {first}",
            )
    return found


def unseen(definition: Definition, infos: Mapping[tuple[Side, str], ObjectInfo]) -> list[tuple[Side, str]]:
    """Objects that hold people by the definition, and that our user has no access to."""
    unused = UNUSED.get(definition.person_model, frozenset())
    return [
        (side, obj)
        for side in SIDES
        for obj in PEOPLE[side]
        if obj not in unused and not infos[side, obj].fields
    ]


def refused(engine: Engine, infos: Mapping[tuple[Side, str], ObjectInfo]) -> dict[tuple[Side, str], str]:
    """Objects on which nothing is created, each with the reason in words. Updates go on."""
    found: dict[tuple[Side, str], str] = {}
    unused = UNUSED.get(engine.definition.person_model, frozenset())
    for side in SIDES:
        key_field = engine.connectors[side].key_field
        blind = [
            obj for obj in PEOPLE[side] if not infos[side, obj].sees_all and _counts(infos, side, obj, unused)
        ]
        for obj in PEOPLE[side]:
            info = infos[side, obj]
            key = info.fields.get(key_field)
            if not info.fields:
                found[side, obj] = f"our user has no access to {obj}"
            elif key is None or not (key.createable and key.unique):
                found[side, obj] = f"{obj}.{key_field} is not there, not unique or not writable for our user"
            elif not info.createable:
                found[side, obj] = f"our user may not create {obj} records"
            elif blind and not engine.definition.accept_partial_view:
                found[side, obj] = (
                    f"our user cannot see all {' and '.join(blind)} records, so a person who looks new may be there"
                )
    return found


def _counts(
    infos: Mapping[tuple[Side, str], ObjectInfo], side: Side, obj: str, unused: frozenset[str]
) -> bool:
    """Whether people could be there unseen: not on an object that holds nobody and that we cannot read either."""
    return obj not in unused or bool(infos[side, obj].fields)
