"""The one way in which a row's values change: the ledger, the history, the indexes and the stamps move together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmsync.simulator.hubspot import pipelines, stages
from crmsync.simulator.hubspot.rows import NO_HISTORY, Row, Version, keys
from crmsync.simulator.hubspot.state import Kind, Portal

SOURCES: Final = {"api": "INTEGRATION", "human": "CRM_UI", "system": "AUTOMATION_PLATFORM"}
"""Actor -> the source that a value's history names."""


def apply(portal: Portal, kind: Kind, row: Row, good: Mapping[str, str], actor: str) -> bool:
    """Set checked values ("" clears). What is equal already moves nothing, but is an empty entry of the ledger.

    Returns whether anything changed.
    """
    changed = {name: value for name, value in good.items() if row.values.get(name, "") != value}
    before = {name: row.values.get(name) for name in changed}
    portal.record(actor, "update", kind.name, row.id, before, {n: v or None for n, v in changed.items()})
    if not changed:
        return False
    portal.touch(kind, row.num)
    now, stage = portal.now(), stages.PROPERTY[kind.name]
    held = {name: keys(name, row.values) for name in kind.table.unique}
    source = SOURCES[actor]
    for name, value in changed.items():
        _remember(row, name, value, now, source)
        if value:
            row.values[name] = value
        else:
            row.values.pop(name, None)
    if "email" in changed:
        _primary_is_not_additional(row)
    for name, claimed in held.items():
        kind.table.claim(row, name, claimed)
    if stage in changed and (changed[stage] or portal.switches.clearing_stamps_exit):
        stages.stamp(kind, row, before[stage] or "", now)
    if kind.name == "deals":
        pipelines.derive(portal, row)
    restamp(portal, kind, row)
    return True


def restamp(portal: Portal, kind: Kind, row: Row) -> None:
    """The row was modified now."""
    row.modified = portal.now()
    kind.table.stamped(row)


def _remember(row: Row, name: str, value: str, now: str, source: str) -> None:
    if row.history is NO_HISTORY:
        row.history = {}
    past = row.history.get(name)
    if past is None:
        known = name in row.values
        past = row.history[name] = [Version(row.values[name], row.created, row.source)] if known else []
    past.append(Version(value, now, source))


def _primary_is_not_additional(row: Row) -> None:
    more = row.values.get("hs_additional_emails", "")
    if more:
        kept = [each for each in more.split(";") if each != row.values.get("email")]
        row.values["hs_additional_emails"] = ";".join(kept)
