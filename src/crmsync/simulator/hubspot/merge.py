"""Merging, over the API and by hand. Docs: HubSpot changelog, merge functionality for contacts and companies.

The survivor is a new record with a new id; the ids of all merged ones go on resolving to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crmsync.simulator.hubspot import linking, stages, views
from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

LIMIT: Final = 250
"""Identities that one record can hold."""


def handle(call: Call) -> Reply:
    """POST {type}/merge `{primaryObjectId, objectIdToMerge}`: 200 with the survivor, whose id is neither of these."""
    portal, kind, body = call.portal, call.kind, call.body()
    ids = [str(body.get(name) or "") for name in ("primaryObjectId", "objectIdToMerge")]
    if not all(ids):
        raise validation("primaryObjectId and objectIdToMerge are required")
    survivor = merge(portal, kind, ids[0], ids[1:], "api")
    return 200, views.shown(portal, kind, survivor, ())


def merge(portal: Portal, kind: Kind, winner: str, losers: Sequence[str], actor: str) -> Row:
    """Merge `losers` into `winner`, whose values win; returns the survivor. Raises ApiError 400, 404 or 414."""
    if kind.name == "companies" and portal.native:
        raise validation("Companies cannot be merged while the Salesforce integration is active")
    first, others = _live(kind, winner), [_live(kind, each) for each in losers]
    if not others or len({first.num, *(row.num for row in others)}) != len(others) + 1:
        raise ApiError(400, "A merge needs distinct records", "VALIDATION_ERROR")
    merged = [first, *others]
    absorbed = [id for row in merged for id in (*_split(row, "hs_merged_object_ids"), row.id)]
    if len(absorbed) > LIMIT:
        raise ApiError(414, f"Cannot have more than {LIMIT} identities on a profile", "VALIDATION_ERROR")
    now, num = portal.now(), portal.mint(kind)
    survivor = Row(
        num,
        _values(portal, kind, merged, absorbed),
        min(row.created for row in merged),
        now,
        first.source,
        history=dict(first.history),
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


def _values(portal: Portal, kind: Kind, merged: list[Row], absorbed: list[str]) -> dict[str, str]:
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
        at = views.milliseconds(portal.now())
        vids = [
            vid for row in merged for vid in (*_split(row, "hs_calculated_merged_vids"), f"{row.id}:{at}")
        ]
        values["hs_calculated_merged_vids"] = ";".join(vids)
        ranks = kind.schema["lifecyclestage"].ranks
        reached = [row.values["lifecyclestage"] for row in merged if "lifecyclestage" in row.values]
        if reached and portal.switches.merge_takes_furthest_stage:
            values["lifecyclestage"] = max(reached, key=lambda stage: ranks.get(stage, 0))
    stage = values.get(stages.PROPERTY[kind.name], "")
    for row in merged:
        if stage and row.values.get(stages.PROPERTY[kind.name]) == stage:
            name = stages.stamps(stage).entered
            values[name] = stages.entered(kind, row, name) or row.created
            break
    return values


def _split(row: Row, name: str) -> list[str]:
    return [each for each in row.values.get(name, "").split(";") if each]


ROUTES: Final[dict[str, Handler]] = {"POST crm/objects/{type}/merge": handle}
