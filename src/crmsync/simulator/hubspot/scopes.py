"""What a token may do. Docs: developers.hubspot.com, "Scopes"."""

from __future__ import annotations

from typing import Final

from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.exchange import Caller
from crmsync.simulator.hubspot.state import Portal

OBJECTS: Final = ("contacts", "companies", "deals")
ALL: Final = frozenset(
    f"crm.{area}.{kind}.{right}"
    for area in ("objects", "schemas")
    for kind in OBJECTS
    for right in ("read", "write")
) | {
    "crm.objects.owners.read",
    "crm.lists.read",
    "crm.lists.write",
    "communication_preferences.read",
    "communication_preferences.write",
    "communication_preferences.read_write",
    "communication_preferences.statuses.batch.read",
    "communication_preferences.statuses.batch.write",
    "oauth",
}
"""All that may be granted for an account."""

APPLICATION: Final = frozenset(
    f"developer.webhooks_journal.{right}"
    for right in ("read", "subscriptions.read", "subscriptions.write", "snapshots.read", "snapshots.write")
)
"""What an app may do for itself, with a token of its own (client_credentials)."""

_PAGE: Final = "https://developers.hubspot.com/scopes"


def admit(portal: Portal, caller: Caller, method: str, parts: list[str]) -> None:
    """Let a call through or raise ApiError 403 MISSING_SCOPES. `parts` is the path without its version.

    A token of an app itself belongs to no account and is admitted only where one of its scopes is asked for.
    """
    needed = _needed(portal, method, parts)
    if caller.scopes.isdisjoint(needed) if needed else not caller.hub:
        message = (
            "This app hasn't been granted all required scopes to make this call. "
            f"Read more about required scopes here: {_PAGE}."
        )
        context = {"requiredGranularScopes": list(needed)}
        more = {"links": {"scopes": _PAGE}}
        if portal.switches.missing_scopes_on_top:
            raise ApiError(403, message, "MISSING_SCOPES", context=context, more=more)
        error = {"message": "One or more of the following scopes are required.", "context": context}
        raise ApiError(403, message, "MISSING_SCOPES", errors=[error], more=more)


def _needed(portal: Portal, method: str, parts: list[str]) -> tuple[str, ...]:
    """Scopes of which any one will do; none when the call needs no particular one."""
    right = "read" if method == "GET" or parts[-1] in ("search", "read") else "write"
    if parts[0] == "communication-preferences":
        return _preferences(right, parts)
    if parts[0] == "webhooks-journal":
        return _journal(right, parts)
    if parts[0] != "crm" or len(parts) < 2:
        return ()
    match parts[1]:
        case "owners":
            return ("crm.objects.owners.read",)
        case "lists":
            return (f"crm.lists.{right}",)
        case "pipelines" if len(parts) > 2:
            kind = portal.kind(parts[2]).name
            return f"crm.schemas.{kind}.{right}", f"crm.objects.{kind}.{right}"
        case "properties" if len(parts) > 2:
            return (f"crm.schemas.{portal.kind(parts[2]).name}.{right}",)
        case "objects" | "associations" if len(parts) > 2:
            return (f"crm.objects.{portal.kind(parts[2]).name}.{right}",)
    return ()


def _preferences(right: str, parts: list[str]) -> tuple[str, ...]:
    if "batch" in parts:
        return (f"communication_preferences.statuses.batch.{right}",)
    return f"communication_preferences.{right}", "communication_preferences.read_write"


def _journal(right: str, parts: list[str]) -> tuple[str, ...]:
    area = {"subscriptions": "subscriptions.", "snapshots": "snapshots."}.get(
        parts[1] if parts[1:] else "", ""
    )
    return (f"developer.webhooks_journal.{area}{right if area else 'read'}",)
