"""/sobjects: single rows, and upsert by external id. Saving itself is in save.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crmsync.simulator.salesforce import lifecycle
from crmsync.simulator.salesforce.conditions import check, date_header, tags
from crmsync.simulator.salesforce.errors import gone, not_found, refuse, row_error
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.save import insert, update
from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.soql.evaluate import shape_of
from crmsync.simulator.salesforce.soql.names import Scope
from crmsync.simulator.salesforce.tenant import Tenant


class SObjects:
    """The resources below /sobjects."""

    def __init__(self, org: Tenant) -> None:
        self._org = org

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [
            ("POST", "sobjects/{}", self.create),
            ("POST", "sobjects/{}/Id", self.create),
            ("GET", "sobjects/{}/{}", self.get),
            ("PATCH", "sobjects/{}/{}", self.patch),
            ("DELETE", "sobjects/{}/{}", self.delete),
            ("GET", "sobjects/{}/{}/{}", self.get_by_key),
            ("PATCH", "sobjects/{}/{}/{}", self.upsert),
            ("DELETE", "sobjects/{}/{}/{}", self.delete_by_key),
        ]

    def create(self, call: Call, name: str) -> Reply:
        entity = entity_of(self._org, name)
        for header in ("if-modified-since", "if-unmodified-since"):
            date_header(call, header)
        record_id = insert(self._org, entity, own(call.record(), entity), call.actor)
        where = f"{call.base}/sobjects/{entity.name}/{record_id}"
        return Reply(201, {"id": record_id, "success": True, "errors": []}, {"Location": where})

    def get(self, call: Call, name: str, record_id: str) -> Reply:
        entity = entity_of(self._org, name)
        row = visible(self._org, entity, record_id)
        check(call, entity, row)
        return Reply(200, record(self._org, entity, row, call), tags(entity, row))

    def patch(self, call: Call, name: str, record_id: str) -> Reply:
        entity = entity_of(self._org, name)
        values = own(call.record(), entity)
        if any(k.lower() == "id" for k in values):
            raise row_error("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        row = self._org.tables[entity.name].rows.get(whole(record_id))
        if row is None:
            raise not_found()
        if row.get("IsDeleted", False):
            raise gone()
        check(call, entity, row)
        update(self._org, entity, record_id, values, call.actor)
        return Reply(204)

    def delete(self, call: Call, name: str, record_id: str) -> Reply:
        entity = entity_of(self._org, name)
        row = self._org.tables[entity.name].rows.get(whole(record_id))
        if row is None:
            raise not_found()
        check(call, entity, row)
        lifecycle.delete(self._org, entity, record_id, call.actor)
        return Reply(204)

    def get_by_key(self, call: Call, name: str, key: str, value: str) -> Reply:
        entity = entity_of(self._org, name)
        found = self._one(call, entity, key, value)
        if isinstance(found, Reply):
            return found
        return self.get(call, entity.name, found)

    def delete_by_key(self, call: Call, name: str, key: str, value: str) -> Reply:
        entity = entity_of(self._org, name)
        found = self._one(call, entity, key, value)
        if isinstance(found, Reply):
            return found
        return self.delete(call, entity.name, found)

    def _one(self, call: Call, entity: Entity, key: str, value: str) -> str | Reply:
        """The id of the one record that carries an external id, or the 300 that lists several."""
        ids = by_key(self._org, entity, self._key(entity, key, value), value)
        if not ids:
            raise not_found()
        return ids[0] if len(ids) == 1 else several(call, entity, ids)

    def _key(self, entity: Entity, key: str, value: str) -> Field:
        """The external id field of an address. Raises ApiError NOT_FOUND.

        A value that ends like the name of a file or a host is cut off before it arrives
        (REST/resources-sobject-upsert-delete), so it never finds anything.
        """
        if not value.strip() or value.lower().endswith(self._org.switches.path_endings):
            raise not_found()
        return external_key(self._org, entity, key)

    def upsert(self, call: Call, name: str, key: str, value: str) -> Reply:
        """201 created, 200 (or 204) updated, 300 with the addresses when several match."""
        entity = entity_of(self._org, name)
        self._key(entity, key, value)
        item = upsert_key(self._org, entity, key)
        values = own(call.record(), entity)
        if self._org.switches.key_in_upsert_body:
            values = {k: v for k, v in values.items() if k.lower() != item.name.lower()}
        if any(k.lower() in {"id", item.name.lower()} for k in values):
            raise row_error(
                "INVALID_FIELD", f"The {item.name} field should not be specified in the sobject data."
            )
        ids = by_key(self._org, entity, item, value)
        if len(ids) > 1:
            return several(call, entity, ids)
        if ids:
            check(call, entity, self._org.tables[entity.name].rows[ids[0]])
        elif update_only(call):
            raise not_found()
        record_id, created = put(self._org, entity, item, value, values, call)
        early = float(call.version) < 46  # REST/dome-upsert: only later versions say more
        if not created and (early or self._org.switches.upsert_update_status == 204):
            return Reply(204)
        out = {"id": record_id, "success": True, "errors": []} | ({} if early else {"created": created})
        return Reply(201 if created else 200, out)


def update_only(call: Call) -> bool:
    """Whether an upsert may not create. Raises ApiError for what is neither true nor false."""
    asked = call.param("updateOnly", "false").lower()
    if asked not in {"true", "false"}:
        raise refuse("INVALID_INPUT", f"Invalid value for updateOnly: {asked}")
    return asked == "true"


def several(call: Call, entity: Entity, ids: Sequence[str]) -> Reply:
    """300 with the addresses of the records that share an external id (REST/dome-upsert)."""
    return Reply(300, [f"{call.base}/sobjects/{entity.name}/{i}" for i in ids])


def put(
    org: Tenant, entity: Entity, item: Field, value: str, values: Mapping[str, Any], call: Call
) -> tuple[str, bool]:
    """Update the one row that carries an external id, else insert it. Returns its id and whether it is new."""
    ids = by_key(org, entity, item, value)
    if len(ids) > 1:
        raise row_error("DUPLICATE_VALUE", f"External id field value {value} matches more than one record")
    if ids:
        update(org, entity, ids[0], values, call.actor)
        return ids[0], False
    return insert(org, entity, {**values, item.name: value}, call.actor), True


def entity_of(org: Tenant, name: str) -> Entity:
    """The object in a path. Raises ApiError NOT_FOUND."""
    found = org.entity(name)
    if found is None or "Read" not in org.access.rights(found):
        raise not_found()
    return found


def external_key(org: Tenant, entity: Entity, name: str) -> Field:
    """The external id field in a path. Raises ApiError NOT_FOUND for any other field."""
    item = entity.field(name)
    if item is None or not item.external_id or item.name not in org.access.readable(entity):
        raise refuse("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")
    return item


def upsert_key(org: Tenant, entity: Entity, name: str) -> Field:
    """The external id field of an upsert. Raises ApiError.

    One that is not unique may only be used by who sees all records (REST/resources-sobject-upsert).
    """
    item = external_key(org, entity, name)
    sees_all = org.access.rights(entity) >= {"ViewAllRecords"} or org.access.general("ViewAllData")
    if not item.unique and not sees_all:
        raise refuse(
            "INSUFFICIENT_ACCESS", f"{item.name} is not unique, so View All Data is needed to upsert by it"
        )
    return item


def by_key(org: Tenant, entity: Entity, item: Field, value: str) -> list[str]:
    """Ids of the live rows that carry an external id and that the user sees."""
    table = org.tables[entity.name]
    found = (table.rows[i] for i in table.indexes[item.name].get(value.strip()))
    live = [r for r in found if not r.get("IsDeleted", False) and org.access.sees(entity, r)]
    return [str(r["Id"]) for r in live]


def whole(record_id: str) -> str:
    """The 18-character form of an id in an address. Raises ApiError MALFORMED_ID."""
    known = to18(record_id)
    if known is None:
        raise refuse("MALFORMED_ID", f"malformed id {record_id}")
    return known


def own(values: dict[str, Any], entity: Entity) -> dict[str, Any]:
    """The values of a row whose attributes, if there are any, name its object. Raises ApiError."""
    about = values.get("attributes")
    if about is None:
        return values
    if not isinstance(about, dict):
        raise refuse("JSON_PARSER_ERROR", "attributes must be an object")
    if str(about.get("type", entity.name)).lower() != entity.name.lower():
        raise refuse("INVALID_TYPE", f"The record of this call is of type {entity.name}")
    return values


def visible(org: Tenant, entity: Entity, record_id: str) -> Row:
    """A live row that the user sees. Raises ApiError MALFORMED_ID or NOT_FOUND."""
    row = org.tables[entity.name].rows.get(whole(record_id))
    if row is None or row.get("IsDeleted", False) or not org.access.sees(entity, row):
        raise not_found()
    return row


def record(org: Tenant, entity: Entity, row: Row, call: Call) -> dict[str, Any]:
    """A row as JSON with the fields asked for in `fields` and its Id, or all that the user sees."""
    asked = [n for n in call.param("fields").split(",") if n.strip()]
    fields = chosen(org, entity, asked) if asked else _all(org, entity)
    if not any(f.name == "Id" for f in fields):
        fields.append(entity.fields["Id"])
    return shape_of(Scope(org), entity, [((), f) for f in fields])(row, call.version)


def chosen(org: Tenant, entity: Entity, names: list[str]) -> list[Field]:
    """Fields by name. Raises ApiError INVALID_FIELD."""
    out = []
    for name in names:
        item = entity.field(name.strip())
        if item is None or item.name not in org.access.readable(entity):
            raise refuse("INVALID_FIELD", f"No such column '{name.strip()}' on sobject of type {entity.name}")
        out.append(item)
    return out


def _all(org: Tenant, entity: Entity) -> list[Field]:
    readable = org.access.readable(entity)
    return [f for f in entity.fields.values() if f.name in readable]
