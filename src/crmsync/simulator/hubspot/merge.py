"""Merging as a person does it. Docs: HubSpot changelog, merge functionality for contacts and companies.

The survivor is a new record with a new id; the ids of all merged ones go on resolving to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.simulator.hubspot import linking
from crmsync.simulator.hubspot.errors import ApiError, not_found
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

LIMIT = 250
"""Identities that one record can hold."""


def merge(portal: Portal, kind: Kind, winner: str, losers: Sequence[str], actor: str) -> Row:
    """Merge `losers` into `winner`, whose values win; returns the survivor. Raises ApiError 400, 404 or 414."""
    first, others = _live(kind, winner), [_live(kind, each) for each in losers]
    if not others or len({first.num, *(row.num for row in others)}) != len(others) + 1:
        raise ApiError(400, "A merge needs distinct records", "VALIDATION_ERROR")
    merged = [first, *others]
    absorbed = [id for row in merged for id in (*_split(row, "hs_merged_object_ids"), row.id)]
    if len(absorbed) > LIMIT:
        raise ApiError(414, f"Cannot have more than {LIMIT} identities on a profile", "VALIDATION_ERROR")
    now, num = portal.now(), portal.mint(kind)
    survivor = Row(
        num, _values(kind, merged, absorbed), min(row.created for row in merged), now, first.source
    )
    portal.touch(kind, num)
    for row in merged:
        portal.touch(kind, row.num)
        kind.table.bury(row, now)
        kind.table.gone.remove(row.num)
        kind.table.aliases[row.num] = num
    kind.table.add(survivor)
    for name in kind.table.unique:
        kind.table.claim(survivor, name, ())
    before = {name: first.values.get(name) for name in survivor.values}
    changed = {name: value for name, value in survivor.values.items() if before[name] != value}
    portal.record(
        actor,
        "merge",
        kind.name,
        survivor.id,
        {"ids": [row.id for row in merged], **{name: before[name] for name in changed}},
        changed,
    )
    linking.move(portal, kind, merged, num)
    return survivor


def _live(kind: Kind, id: str) -> Row:
    row = kind.table.resolve(id)
    if row is None or row.archived:
        raise not_found()
    return row


def _values(kind: Kind, merged: list[Row], absorbed: list[str]) -> dict[str, str]:
    """The primary's values, blanks filled from the others; other addresses additional; the furthest stage."""
    values: dict[str, str] = {}
    for row in reversed(merged):
        values.update(row.values)
    values["hs_merged_object_ids"] = ";".join(absorbed)
    for name in linking.FOLLOW:
        values.pop(name, None)
    if kind.name == "contacts":
        emails = [
            e for row in merged for e in (row.values.get("email"), *_split(row, "hs_additional_emails")) if e
        ]
        more = [each for each in dict.fromkeys(emails) if each != values.get("email")]
        values.pop("hs_additional_emails", None)
        if more:
            values["hs_additional_emails"] = ";".join(more)
        ranks = kind.schema["lifecyclestage"].ranks
        stages = [row.values["lifecyclestage"] for row in merged if "lifecyclestage" in row.values]
        if stages:
            values["lifecyclestage"] = max(stages, key=lambda stage: ranks.get(stage, 0))
    return values


def _split(row: Row, name: str) -> list[str]:
    return [each for each in row.values.get(name, "").split(";") if each]
