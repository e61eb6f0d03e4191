"""Delete, undelete, merge, convert and purge: what happens to whole records. Field saves are in save.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from crmsync.simulator.salesforce.catalog import CONVERTED_STATUS
from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.rows import touch
from crmsync.simulator.salesforce.save import insert, update, writable_row
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant

_PARTS = ("Street", "City", "State", "PostalCode", "Country")
_TO_ACCOUNT = {
    "Company": "Name",
    "LeadSource": "AccountSource",
    **{n: n for n in ("Phone", "Fax", "Website", "Industry", "Rating", "AnnualRevenue", "NumberOfEmployees")},
    **{n: f"Billing{n}" for n in _PARTS},
}
_TO_CONTACT = {
    n: n
    for n in [
        "Salutation",
        "FirstName",
        "LastName",
        "Title",
        "Email",
        "Phone",
        "MobilePhone",
        "Fax",
        "Description",
        "LeadSource",
        "HasOptedOutOfEmail",
        "HasOptedOutOfFax",
        "DoNotCall",
        "EmailBouncedReason",
        "EmailBouncedDate",
    ]
} | {n: f"Mailing{n}" for n in _PARTS}
_CHILDREN = {
    "Account": (("Contact", "AccountId"), ("Account", "ParentId")),
    "Contact": (("Contact", "ReportsToId"),),
}


def delete(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Move a row to the recycle bin; set-up rows vanish. Raises ApiError."""
    row = writable_row(org, entity, record_id, actor, "Delete")
    at = org.clock.now().astimezone(UTC)
    if not entity.deletable:
        org.remove(org.tables[entity.name], str(row["Id"]))
        org.record(actor, "delete", entity, str(row["Id"]), {}, {}, at)
        return
    touch(org, entity, row, {"IsDeleted": True}, actor.user_id)
    org.record(actor, "delete", entity, str(row["Id"]), {"IsDeleted": False}, {"IsDeleted": True}, at)


def undelete(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Take a row out of the recycle bin."""
    row = org.tables[entity.name].rows.get(record_id)
    if row is None or not row.get("IsDeleted", False):
        raise row_error("UNDELETE_FAILED", "Entity is not in the recycle bin")
    touch(org, entity, row, {"IsDeleted": False, "MasterRecordId": None}, actor.user_id)
    at = org.clock.now().astimezone(UTC)
    org.record(actor, "restore", entity, record_id, {"IsDeleted": True}, {"IsDeleted": False}, at)


def purge(org: Tenant, entity: Entity, record_id: str, actor: Actor) -> None:
    """Delete for good: queryAll no longer shows the row."""
    if record_id not in org.tables[entity.name].rows:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    org.remove(org.tables[entity.name], record_id)
    at = org.clock.now().astimezone(UTC)
    org.record(actor, "delete", entity, record_id, {"IsDeleted": True}, {}, at)


def merge(org: Tenant, entity: Entity, winner: str, losers: Sequence[str], actor: Actor) -> None:
    """Fold at most two rows into a third: they are deleted and point to it, their children move, it is touched.

    The ledger gets one `merge` for each loser (after: IsDeleted, MasterRecordId) and one `update` of the winner.
    """
    if entity.name not in {"Lead", "Contact", "Account"} or not 1 <= len(losers) <= 2 or winner in losers:
        raise row_error("INVALID_OPERATION", "A merge takes one winner and one or two others of one type")
    with org.unit():
        kept = writable_row(org, entity, winner, actor, "Edit")
        at = org.clock.now().astimezone(UTC)
        for loser in losers:
            row = writable_row(org, entity, loser, actor, "Delete")
            after: Row = {"IsDeleted": True, "MasterRecordId": winner}
            touch(org, entity, row, after, actor.user_id)
            org.record(actor, "merge", entity, loser, {"IsDeleted": False, "MasterRecordId": None}, after, at)
            _reparent(org, entity, loser, winner)
        touch(org, entity, kept, {}, actor.user_id)
        org.record(actor, "update", entity, winner, {}, {}, at)


def _reparent(org: Tenant, entity: Entity, loser: str, winner: str) -> None:
    """Children follow the winner without triggers: SystemModstamp moves, LastModifiedDate does not."""
    for child, name in _CHILDREN.get(entity.name, ()):
        table = org.tables[child]
        index = table.indexes.get(name)
        ids = index.get(loser) if index else tuple(i for i, r in table.rows.items() if r.get(name) == loser)
        for record_id in ids:
            touch(org, table.entity, table.rows[record_id], {name: winner}, None)
            at = org.clock.now().astimezone(UTC)
            system = Actor("system", org.user_id)
            org.record(system, "update", table.entity, record_id, {name: loser}, {name: winner}, at)


def convert(
    org: Tenant, lead_id: str, account: str | None, contact: str | None, status: str | None, actor: Actor
) -> dict[str, str | None]:
    """Turn a Lead into a Contact on an Account, new or given; only their empty fields are filled.

    Returns the ids by `leadId`, `accountId`, `contactId`, `opportunityId` (always None here). The ledger gets the
    creates or updates and then one `convert` of the Lead.
    """
    lead, accounts, contacts = (org.schema.entities[n] for n in ("Lead", "Account", "Contact"))
    if contact is not None and account is None:
        account = str(org.tables["Contact"].rows[contact].get("AccountId") or "") or None
    with org.unit():
        row = writable_row(org, lead, lead_id, actor, "Edit")
        if row.get("IsConverted", False):
            raise row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        owner = str(row["OwnerId"])
        owned = owner if owner.startswith("005") else actor.user_id
        carried = _carried(org, row)
        account = _into(org, accounts, account, carried["Account"] | {"OwnerId": owned}, actor)
        values = carried["Contact"] | {"OwnerId": owned, "AccountId": account}
        contact = _into(org, contacts, contact, values, actor)
        at = org.clock.now().astimezone(UTC)
        after: Row = {
            "Status": status or CONVERTED_STATUS,
            "IsConverted": True,
            "ConvertedDate": org.today(),
            "ConvertedAccountId": account,
            "ConvertedContactId": contact,
        }
        before = {n: row.get(n, False if n == "IsConverted" else None) for n in after}
        touch(org, lead, row, after, actor.user_id)
        org.record(actor, "convert", lead, lead_id, before, after, at)
    return {"leadId": lead_id, "accountId": account, "contactId": contact, "opportunityId": None}


def _carried(org: Tenant, row: Row) -> dict[str, Row]:
    """What conversion carries over, by target object."""
    out: dict[str, Row] = {
        "Account": {to: row[name] for name, to in _TO_ACCOUNT.items() if name in row},
        "Contact": {to: row[name] for name, to in _TO_CONTACT.items() if name in row},
    }
    for name, target in org.switches.convert_map:
        obj, _, to = target.partition(".")
        if name in row:
            out[obj][to] = row[name]
    return out


def _into(org: Tenant, entity: Entity, record_id: str | None, values: Row, actor: Actor) -> str:
    if record_id is None:
        return insert(org, entity, values, actor)
    old = writable_row(org, entity, record_id, actor, "Edit")
    blanks: Row = {n: v for n, v in values.items() if old.get(n) is None and v is not False}
    blanks = {n: v for n, v in blanks.items() if not _elsewhere(n, old, values)}
    if blanks:
        update(org, entity, record_id, blanks, actor)
    return record_id


def _elsewhere(name: str, old: Row, values: Row) -> bool:
    """Whether this is the state of an address in another country than the one that the record already has."""
    country = f"{name.removesuffix('State')}Country"
    return name.endswith("State") and old.get(country) not in (None, values.get(country))
