"""One person, explained from the store alone: every field on both sides, the base, who wrote it, when and why."""

from __future__ import annotations

from typing import Any

from crmsync.definition.definition import Definition
from crmsync.mapping.fields.types import FieldMap
from crmsync.model.links import Link, SideRow
from crmsync.model.values import SIDES, Side
from crmsync.store import SqlStore
from crmsync.store.read import person as read_person


def explain(definition: Definition, store: SqlStore, text: str) -> dict[str, Any] | None:
    """The stable keys of `crmsync explain --json`; None when nobody has this e-mail or id.

    `fields` holds per canonical name: `value` (what both agree on, else the owner's), `side` (where it last came
    from, None when both had it), `base`, `rule` and `at` of the last write, the native values as `hubspot` and
    `salesforce`, and `why` where it waits. Scores, stages, handoffs and clocks are null until the definition has them.
    """
    found = read_person(store, text)
    if found is None:
        return None
    link: Link = found["link"]
    rows = {side: link.primary(side) for side in SIDES}
    waiting = {item["field"]: item for item in (*found["parked"], *found["conflicts"]) if item["open"]}
    writes = _last_writes(found["intents"])
    fields = {
        fmap.name: _field(fmap, link, rows, writes.get(fmap.name), waiting.get(fmap.name))
        for fmap in definition.fields
        if any(_native(fmap, rows[side]) for side in SIDES)
    }
    email = next((row.email for row in link.rows if row.email), "")
    name = next((n for n in found["names"].values() if n), "")
    return {
        "person": email or name or link.key or str(link.id),
        "ids": {
            "crmsync_id": link.key or None,
            **{side: None if row is None else f"{row.object}/{row.native_id}" for side, row in rows.items()},
            "others": [
                f"{r.side}/{r.object}/{r.native_id} ({r.role})" for r in link.rows if r not in rows.values()
            ],
        },
        "fields": fields,
        "waiting": [
            {"id": i["id"], "field": i["field"], "cause": i["cause"], "fix": i["fix"]}
            for i in waiting.values()
        ],
        "score": None,
        "stage": None,
        "handoff": None,
        "sla": None,
    }


def _native(fmap: FieldMap, row: SideRow | None) -> str | None:
    return fmap.native_name(row.side, row.object) if row else None


def _field(
    fmap: FieldMap,
    link: Link,
    rows: dict[Side, SideRow | None],
    write: dict[str, Any] | None,
    waiting: dict[str, Any] | None,
) -> dict[str, Any]:
    natives: dict[str, Any] = {}
    for side in SIDES:
        row, name = rows[side], _native(fmap, rows[side])
        natives[side] = row.current.get(name) if row and name else None
    base = link.agreed.get(fmap.name)
    return {
        "value": base if fmap.name in link.agreed else natives[fmap.owner],
        "side": write["from"] if write else None,
        "base": base,
        "rule": write["rule"] if write else None,
        "at": write["at"] if write else None,
        **natives,
        "why": waiting["cause"] if waiting else None,
        "defined": str(fmap.place),
    }


def _last_writes(intents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Per field the newest write that was done: from which side, by which rule, when."""
    last: dict[str, dict[str, Any]] = {}
    for item in intents:
        intent = item["intent"]
        if intent.status.value != "done":
            continue
        at = item["ended_at"]
        for change in intent.changes:
            source = "salesforce" if intent.side == "hubspot" else "hubspot"
            entry = {"from": source, "rule": change.rule, "at": at.isoformat() if at else None}
            last.setdefault(change.name, entry)
    return last
