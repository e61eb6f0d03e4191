"""How much of a portal's room for records and properties is taken. Docs: developers.hubspot.com, "Limits tracking"."""

from __future__ import annotations

from typing import Any, Final

from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.state import Kind

RECORDS: Final = 15_000_000
PROPERTIES: Final = 1_000


def records(call: Call) -> Reply:
    """GET limits/records."""
    kinds = call.portal.kinds.values()
    return 200, {"hubspotDefinedObjectTypes": [_used(k, len(k.table.live), RECORDS) for k in kinds]}


def properties(call: Call) -> Reply:
    """GET limits/custom-properties."""
    found = []
    for kind in call.portal.kinds.values():
        own = sum(not prop.defined_by_hubspot for prop in kind.schema.values())
        found.append(_used(kind, own, PROPERTIES))
    return 200, {"byObjectType": found}


def _used(kind: Kind, usage: int, limit: int) -> dict[str, Any]:
    return {
        "objectTypeId": kind.type_id,
        "singularLabel": kind.singular.capitalize(),
        "pluralLabel": kind.name.capitalize(),
        "usage": usage,
        "limit": limit,
        "percentage": round(100 * usage / limit, 2),
    }


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/limits/records": records,
    "GET crm/limits/custom-properties": properties,
}
