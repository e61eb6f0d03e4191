"""Where creating would be blind or could double: no view of all records, no usable key, no right. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.model.records import ObjectInfo
from crmsync.model.values import SIDES, Side
from crmsync.sync.engine import PEOPLE, Engine


def refused(engine: Engine, infos: Mapping[tuple[Side, str], ObjectInfo]) -> dict[tuple[Side, str], str]:
    """Objects on which nothing is created, each with the reason in words. Updates go on."""
    found: dict[tuple[Side, str], str] = {}
    for side in SIDES:
        key_field = engine.connectors[side].key_field
        blind = [obj for obj in PEOPLE[side] if not infos[side, obj].sees_all]
        for obj in PEOPLE[side]:
            info = infos[side, obj]
            key = info.fields.get(key_field)
            if key is None or not (key.createable and key.unique):
                found[side, obj] = f"{obj}.{key_field} is not there, not unique or not writable for our user"
            elif not info.createable:
                found[side, obj] = f"our user may not create {obj} records"
            elif blind and not engine.definition.accept_partial_view:
                found[side, obj] = (
                    f"our user cannot see all {' and '.join(blind)} records, so a person who looks new may be there"
                )
    return found
