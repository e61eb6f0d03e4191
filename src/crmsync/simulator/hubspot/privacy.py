"""Deleting a person for good, and the addresses that may not come back. Docs: developers.hubspot.com, contacts, "GDPR delete".

What is deleted leaves nothing behind in the portal; the ledger keeps that it happened, to whom by id only.
"""

from __future__ import annotations

from typing import Final

from crmsync.simulator.hubspot import linking
from crmsync.simulator.hubspot.errors import not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.properties import Wrong, email_address
from crmsync.simulator.hubspot.rows import Row, keys
from crmsync.simulator.hubspot.state import Kind, Portal


def delete(call: Call) -> Reply:
    """POST contacts/gdpr-delete `{objectId, idProperty?}`: 204, also for an unknown address, which is blocked then."""
    portal, kind, body = call.portal, call.kind, call.body()
    id, by = str(body.get("objectId") or ""), str(body.get("idProperty") or "")
    if kind.name != "contacts":
        raise not_found()
    if not id or by not in ("", "email", "hs_object_id"):
        raise validation("objectId is required; idProperty may be email")
    if by == "email":
        block(portal, kind, id, "api")
        return 204, None
    row = kind.table.resolve(id)
    if row is None:
        raise not_found()
    purge(portal, kind, row, "api")
    return 204, None


def block(portal: Portal, kind: Kind, email: str, actor: str) -> None:
    """Delete whoever has an address, and keep the address out. Raises ApiError 400 for what is no address."""
    try:
        address = email_address(email)
    except Wrong as error:
        raise validation(str(error)) from None
    num = kind.table.unique["email"].get(address)
    if num is not None:
        purge(portal, kind, kind.table.rows[num], actor)
    portal.blocked.add(address)


def purge(portal: Portal, kind: Kind, row: Row, actor: str) -> None:
    """Delete a contact with its history, its associations and every record that was merged into it."""
    portal.touch(kind, row.num)
    if not row.archived:
        linking.forget(portal, kind, row)
    for address in keys("email", row.values):
        portal.blocked.add(address)
        portal.preferences.pop(address, None)
    table = kind.table
    for old in [old for old, new in table.aliases.items() if new == row.num]:
        _merged(portal, kind, old)
    table.purge(row)
    portal.record(actor, "privacy", kind.name, row.id, {"archived": bool(row.archived)}, {"archived": True})


def _merged(portal: Portal, kind: Kind, num: int) -> None:
    """Remove what is left of an absorbed record, and of those that it had absorbed."""
    table = kind.table
    for old in [old for old, new in table.aliases.items() if new == num]:
        _merged(portal, kind, old)
    del table.aliases[num]
    table.purge(table.rows[num])


ROUTES: Final[dict[str, Handler]] = {"POST crm/objects/{type}/gdpr-delete": delete}
"""`idProperty` and `objectId` stand in the body."""
