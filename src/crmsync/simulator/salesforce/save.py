"""Saving a row in the vendor's order, and writing it down. Each step has a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime

from crmsync.simulator.salesforce.assignment import lead_rule
from crmsync.simulator.salesforce.behaviour import SAVED, fill, saved
from crmsync.simulator.salesforce.checks import (
    check_field_permission,
    check_picklists,
    check_references,
    check_required,
    check_unique,
)
from crmsync.simulator.salesforce.duplicates import check_duplicates
from crmsync.simulator.salesforce.errors import gone, row_error
from crmsync.simulator.salesforce.history import note
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.incoming import incoming
from crmsync.simulator.salesforce.locks import check_locks
from crmsync.simulator.salesforce.people import unbounced
from crmsync.simulator.salesforce.rollups import roll_up
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant, changed, wire


def insert(org: Tenant, entity: Entity, values: Mapping[str, object], actor: Actor) -> str:
    """Create a row; returns its id. Raises ApiError with the row's problems."""
    if actor.limited and ("Create" not in org.access.rights(entity) or not entity.writable):
        raise row_error("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be inserted: {entity.name}")
    row = incoming(org, entity, values, actor, create=True)
    for item in entity.defaults:
        if row.get(item.name) is None:
            row[item.name] = item.default
    if entity.owned and row.get("OwnerId") is None:
        row["OwnerId"] = actor.user_id
    at = org.clock.now().astimezone(UTC)
    stamp = wire(at)
    row = {
        "CreatedDate": stamp,
        "CreatedById": actor.user_id,
        "LastModifiedDate": stamp,
        "LastModifiedById": actor.user_id,
        **row,
        "Id": "",
        "SystemModstamp": stamp,
    }
    if entity.deletable:
        row["IsDeleted"] = False
    meant = _finish(org, entity, row, None, actor)
    row["Id"] = meant["Id"] = org.mint.new(entity.prefix)
    _write(org, entity, row, meant, None, actor, at)
    return str(row["Id"])


def update(org: Tenant, entity: Entity, record_id: str, values: Mapping[str, object], actor: Actor) -> None:
    """Change a row. Raises ApiError; a missing row, a deleted one and a converted Lead have their own codes."""
    old = writable_row(org, entity, record_id, actor, "Edit")
    if entity.name == "Lead" and old.get("IsConverted", False) and not org.switches.edit_converted:
        raise row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    given = incoming(org, entity, values, actor, create=False)
    if entity.owned and "OwnerId" in given and given["OwnerId"] is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", ("OwnerId",))
    row = old | given
    at = org.clock.now().astimezone(UTC)
    if not org.switches.idle_updates_move_stamps and all(old.get(n) == v for n, v in given.items()):
        org.record(actor, "update", entity, str(old["Id"]), {}, {}, at)
        return
    row["LastModifiedDate"] = row["SystemModstamp"] = wire(at)
    row["LastModifiedById"] = actor.user_id
    meant = _finish(org, entity, row, old, actor)
    _write(org, entity, row, meant, old, actor, at)


def writable_row(org: Tenant, entity: Entity, record_id: str, actor: Actor, right: str) -> Row:
    """The row to be changed or deleted, if it exists and the actor may."""
    known = to18(record_id)
    if known is None:
        raise row_error("MALFORMED_ID", f"{entity.name} ID: id value of incorrect type: {record_id}", ("Id",))
    row = org.tables[entity.name].rows.get(known)
    if row is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if actor.limited:
        if right not in org.access.rights(entity) or not entity.writable:
            raise row_error("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
        if not org.access.sees(entity, row):
            raise row_error(
                "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                "insufficient access rights on cross-reference id",
            )
    if row.get("IsDeleted", False):
        raise gone()
    return row


def _finish(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> Row:
    """Everything between typing the values and writing the row; returns the row as the actor meant it.

    In the order of the vendor's "Triggers and Order of Execution": references, before-save automation, required
    fields and validation rules, duplicate rules; assignment is worked out here and stored with the rest.
    """
    fill(org, entity, row, old, actor)
    check_references(org, entity, row, old)
    if org.locks:
        check_locks(org, entity, row, old)
    meant = _automate(org, entity, row, old, actor)
    check_required(entity, row)
    check_picklists(org, entity, row, old)
    for validation in org.validations:
        refusal = validation(entity, row, old)
        if refusal is not None:
            raise refusal
    check_unique(org, entity, row, old)
    if org.rules.duplicates:
        check_duplicates(org, entity, row, old, actor)
    if entity.name == "FieldPermissions":
        check_field_permission(org, row)
    return _assigned(org, entity, row, meant, actor)


def _automate(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> Row:
    """Let automations, the vendor's own first, change the row; returns it as it was before them."""
    cleared = unbounced(org, entity, row, old)
    if not org.automations and not cleared:
        return row
    meant = dict(row)
    row.update(cleared)
    for automation in org.automations:
        automation(entity, row, old)
    fill(org, entity, row, old, actor)
    check_references(org, entity, row, old)
    return meant


def _assigned(org: Tenant, entity: Entity, row: Row, meant: Row, actor: Actor) -> Row:
    """Let the assignment rule choose the owner of a Lead; returns the row as the actor meant it."""
    if entity.name != "Lead" or not actor.limited or actor.assign is False:
        return meant
    rule = lead_rule(org, actor.assign)
    if rule is None:
        return meant
    if meant is row:
        meant = dict(row)
    row["OwnerId"] = rule(row) or row["OwnerId"]
    return meant


def _write(
    org: Tenant, entity: Entity, row: Row, meant: Row, old: Row | None, actor: Actor, at: datetime
) -> None:
    """Store the row. What automations made of it is an entry of its own, by `system`."""
    kept: Row = {n: v for n, v in row.items() if v is not None}
    record_id = str(kept["Id"])
    with org.unit() if ripples(org, entity) else nullcontext():
        org.put(org.tables[entity.name], kept)
        if old is None:
            _, after = changed({}, {n: v for n, v in meant.items() if v is not None})
            org.record(actor, "create", entity, record_id, {}, after, at)
        else:
            org.record(actor, "update", entity, record_id, *changed(old, meant), at)
        before, after = changed(meant, kept) if meant is not row else ({}, {})
        if after:
            system = Actor("system", org.user_id, actor.call)
            org.record(system, "update", entity, record_id, before, after, at)
        consequences(org, entity, kept, old, actor)


def ripples(org: Tenant, entity: Entity) -> bool:
    """Whether saving a row of this object may touch others, so that both happen or neither."""
    rules = org.rules
    return bool(entity.name in SAVED or rules.afters or rules.roll_ups or rules.tracked)


def consequences(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """What follows a write: history, the vendor's own derived rows, after-save automation, roll-ups."""
    if not ripples(org, entity):
        return
    note(org, entity, row, old, actor.user_id)
    saved(org, entity, row, old, actor)
    for after in org.rules.afters:
        after(entity, row, old)
    roll_up(org, entity, row, old)
