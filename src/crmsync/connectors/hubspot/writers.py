"""Who gave a property its value, by the property's history (docs: CRM objects, `propertiesWithHistory`)."""

from __future__ import annotations

from crmsync.connectors.hubspot.client import Client, Json, Refused

KINDS = {
    "AUTOMATION_PLATFORM": "a workflow",
    "API": "an integration",
    "INTEGRATION": "an integration",
    "CRM_UI": "somebody at the screen",
    "CRM_UI_BULK_ACTION": "somebody at the screen, for many records at once",
    "FORM": "a form",
    "IMPORT": "an import",
}


def writer(client: Client, obj: str, id: str, name: str) -> str:
    """The source of the newest version, in words; "" when there is none."""
    try:
        row = client.get("history", client.path("objects", f"/{obj}/{id}"), {"propertiesWithHistory": name})
    except Refused:
        return ""
    versions: list[Json] = (row.get("propertiesWithHistory") or {}).get(name) or []
    if not versions:
        return ""
    last = max(versions, key=lambda v: str(v.get("timestamp") or ""))
    source = str(last.get("sourceType") or "")
    who = str(last.get("sourceLabel") or last.get("sourceId") or "")
    kind = KINDS.get(source, source.lower().replace("_", " "))
    return f"{kind} ({who})" if who else kind
