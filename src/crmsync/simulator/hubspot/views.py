"""How a record looks in a reply: stored and computed values, history, the echo of a write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from crmsync.simulator.hubspot import stages
from crmsync.simulator.hubspot.rows import Row, Version
from crmsync.simulator.hubspot.state import Kind, Portal

USER: Final = 51_000_000
APP: Final = "1"
_UPDATE_ECHO: Final = [
    "createdate",
    "hs_object_id",
    "lastmodifieddate",
    "hs_lastmodifieddate",
    "lifecyclestage",
    "hs_object_source",
    "hs_object_source_id",
    "hs_object_source_label",
    "hs_is_unworked",
    "hs_pipeline",
]
_CREATE_ECHO: Final = (
    *_UPDATE_ECHO,
    *["hs_all_contact_vids", "hs_email_domain", "hs_full_name_or_email", "hs_is_contact", "num_notes"],
)


def _full_name(row: Row) -> str | None:
    names = (row.values.get("firstname"), row.values.get("lastname"))
    return " ".join(filter(None, names)) or row.values.get("email")


def _domain(row: Row) -> str | None:
    return row.values["email"].rpartition("@")[2] if "email" in row.values else None


_EVERY: Final[dict[str, Callable[[Row], str | None]]] = {
    "createdate": lambda row: row.created,
    "hs_createdate": lambda row: row.created,
    "hs_lastmodifieddate": lambda row: row.modified,
    "hs_object_id": lambda row: row.id,
    "hs_object_source": lambda row: row.source,
}
COMPUTED: Final[dict[str, dict[str, Callable[[Row], str | None]]]] = {
    "contacts": {
        **_EVERY,
        "lastmodifieddate": lambda row: row.modified,
        "hs_all_contact_vids": lambda row: row.id,
        "hs_email_domain": _domain,
        "hs_full_name_or_email": _full_name,
        "hs_is_contact": lambda row: "true",
        "hs_is_unworked": lambda row: "false" if "notes_last_contacted" in row.values else "true",
        "hs_pipeline": lambda row: "contacts-lifecycle-pipeline",
        "hs_object_source_id": lambda row: APP if row.source == "INTEGRATION" else f"userId:{USER}",
        "hs_object_source_label": lambda row: row.source,
        "num_notes": lambda row: row.values.get("num_notes", "0"),
    },
    "companies": {**_EVERY, "hs_pipeline": lambda row: "companies-lifecycle-pipeline"},
    "deals": _EVERY,
}
"""Object type -> property -> how it follows from the row."""


def value_of(kind: Kind, row: Row, name: str) -> str | None:
    """The value of a property that exists; None when unset."""
    compute = COMPUTED[kind.name].get(name)
    if compute is not None:
        return compute(row)
    value = row.values.get(name)
    return stages.entered(kind, row, name) if value is None else value


def values(kind: Kind, row: Row, names: Iterable[str]) -> dict[str, str | None]:
    """The asked properties: unknown names are left out, unset ones are None."""
    computed, stored, schema = COMPUTED[kind.name], row.values, kind.schema
    out: dict[str, str | None] = {}
    for name in names:
        value = stored.get(name)
        if value is not None:
            out[name] = value
        elif name in computed:
            out[name] = computed[name](row)
        elif name in schema:
            out[name] = stages.entered(kind, row, name)
    return out


def record(
    portal: Portal, kind: Kind, row: Row, properties: dict[str, str | None], **more: Any
) -> dict[str, Any]:
    """The frame of a record around properties."""
    body: dict[str, Any] = {
        "id": row.id,
        "properties": properties,
        "createdAt": row.created,
        "updatedAt": row.modified,
        "archived": bool(row.archived),
        "url": f"https://app.hubspot.com/contacts/{portal.id}/record/{kind.type_id}/{row.id}",
    }
    if row.archived:
        body["archivedAt"] = row.archived
    return {**body, **more} if more else body


def shown(
    portal: Portal, kind: Kind, row: Row, asked: Sequence[str], history: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """A record as read: the default properties and the asked ones."""
    body = record(portal, kind, row, values(kind, row, (*kind.shown, *asked, *history)), **more)
    if history:
        body["propertiesWithHistory"] = {
            name: [_version(v) for v in reversed(versions(kind, row, name))]
            for name in history
            if name in kind.schema
        }
    return body


def echo(portal: Portal, kind: Kind, row: Row, written: Iterable[str], *, new: bool) -> dict[str, Any]:
    """What a write answers: the written properties and a few computed ones, not the whole record.

    In a create one stage date comes in epoch milliseconds while its neighbours are ISO.
    """
    stored, computed = row.values, COMPUTED[kind.name]
    found: dict[str, str | None] = {}
    for name in written:
        value = stored.get(name)
        if value is not None or not new:
            found[name] = value or ""
    for name in _CREATE_ECHO if new else _UPDATE_ECHO:
        compute = computed.get(name)
        value = compute(row) if compute is not None else stored.get(name)
        if value is not None:
            found[name] = value
    stage = stored.get("lifecyclestage")
    if new and stage:
        found[f"hs_lifecyclestage_{stage}_date"] = milliseconds(row.created)
    return record(portal, kind, row, found)


@lru_cache(maxsize=256)
def milliseconds(stamp: str) -> str:
    """ISO -> epoch milliseconds as text."""
    return str(int(datetime.fromisoformat(stamp).timestamp() * 1000 + 0.5))


def versions(kind: Kind, row: Row, name: str) -> list[Version]:
    """All versions of a property, oldest first."""
    if name in row.history:
        return row.history[name]
    value = value_of(kind, row, name)
    return [] if value is None else [Version(value, row.created, row.source)]


def _version(version: Version) -> dict[str, str | int]:
    told: dict[str, str | int] = {
        "value": version.value,
        "timestamp": version.at,
        "sourceType": version.source,
    }
    if version.source == "CRM_UI":
        return {**told, "sourceId": f"userId:{USER}", "updatedByUserId": USER}
    if version.source == "INTEGRATION":
        return {**told, "sourceId": APP, "sourceLabel": "crmsync"}
    return {**told, "sourceId": "lifecycle-stage-automation"}
