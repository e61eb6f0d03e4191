"""What a token may do. Docs: developers.hubspot.com, "Scopes"."""

from __future__ import annotations

from typing import Final

from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.state import Portal

ALL: Final = frozenset(
    f"crm.{area}.{kind}.{right}"
    for area in ("objects", "schemas")
    for kind in ("contacts", "companies")
    for right in ("read", "write")
) | {"crm.objects.owners.read"}


def admit(portal: Portal, granted: frozenset[str], method: str, parts: list[str]) -> None:
    """Let a call through or raise ApiError 403 MISSING_SCOPES. `parts` is the path without its version."""
    needed = _needed(portal, method, parts)
    if needed and needed not in granted:
        message = (
            "This app hasn't been granted all required scopes to make this call. "
            "Read more about required scopes here: https://developers.hubspot.com/scopes."
        )
        error = {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": [needed]},
        }
        links = {"links": {"scopes": "https://developers.hubspot.com/scopes"}}
        raise ApiError(403, message, "MISSING_SCOPES", errors=[error], more=links)


def _needed(portal: Portal, method: str, parts: list[str]) -> str:
    if len(parts) < 2 or parts[0] != "crm":
        return ""
    if parts[1] == "owners":
        return "crm.objects.owners.read"
    if len(parts) < 3:
        return ""
    area = {"objects": "objects", "associations": "objects", "properties": "schemas"}.get(parts[1], "")
    reads = method == "GET" or parts[-1] in ("search", "read")
    return f"crm.{area}.{portal.kind(parts[2]).name}.{'read' if reads else 'write'}" if area else ""
