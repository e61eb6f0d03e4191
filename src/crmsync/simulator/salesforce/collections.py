"""sObject Collections: up to 200 rows a call, each with its own verdict, or all or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import groupby, pairwise
from typing import Any

from crmsync.simulator.salesforce import lifecycle
from crmsync.simulator.salesforce.errors import ApiError, Problem, not_found, refuse, row_error
from crmsync.simulator.salesforce.http import Call, Reply, flag
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.save import insert, update
from crmsync.simulator.salesforce.schema import Entity
from crmsync.simulator.salesforce.sobjects import chosen, entity_of, put, upsert_key
from crmsync.simulator.salesforce.soql.evaluate import shape_of
from crmsync.simulator.salesforce.soql.names import Scope
from crmsync.simulator.salesforce.tenant import Tenant

MAX_ROWS = 200
MAX_READ = 2000
MAX_CHUNKS = 10
_ROLLED_BACK = Problem(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class _Rollback(Exception):
    """Ends an all-or-none unit of work."""


class Collections:
    """The resources below /composite/sobjects."""

    def __init__(self, org: Tenant) -> None:
        self._org = org

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [
            ("POST", "composite/sobjects", self.create),
            ("PATCH", "composite/sobjects", self.update),
            ("DELETE", "composite/sobjects", self.delete),
            ("GET", "composite/sobjects/{}", self.get),
            ("POST", "composite/sobjects/{}", self.retrieve),
            ("PATCH", "composite/sobjects/{}/{}", self.upsert),
        ]

    def create(self, call: Call) -> Reply:
        rows, strict = self._given(call)

        def one(row: dict[str, Any]) -> dict[str, Any]:
            return _done(insert(self._org, self._typed(row), row, call.actor))

        return self._each(rows, strict, one, keep_id=False)

    def update(self, call: Call) -> Reply:
        rows, strict = self._given(call)

        def one(row: dict[str, Any]) -> dict[str, Any]:
            record_id = _id(row)
            if not record_id:
                raise row_error("MISSING_ARGUMENT", "Id not specified in an update call", ("Id",))
            values = {k: v for k, v in row.items() if k.lower() != "id"}
            update(self._org, self._typed(row), record_id, values, call.actor)
            return _done(to18(record_id) or record_id)

        return self._each(rows, strict, one, keep_id=True)

    def upsert(self, call: Call, name: str, key: str) -> Reply:
        if float(call.version) < 46:
            raise not_found()
        entity = entity_of(self._org, name)
        item = upsert_key(self._org, entity, key)
        rows, strict = self._given(call)
        names = [next((k for k in r if k.lower() == item.name.lower()), "") for r in rows]
        held = [str(r[k]).strip() if k and r[k] is not None else "" for r, k in zip(rows, names, strict=True)]
        seen: dict[str, int] = {}
        for value in held:
            folded = value.lower() if item.folded else value
            seen[folded] = seen.get(folded, 0) + 1
        at = iter(range(len(rows)))

        def one(row: dict[str, Any]) -> dict[str, Any]:
            i = next(at)
            value = held[i]
            if not value:
                raise row_error("MISSING_ARGUMENT", f"{item.name} not specified", ())
            if _id(row):
                raise row_error("INVALID_FIELD", "Id is not allowed in an upsert by external id", ("Id",))
            if self._typed(row) is not entity:
                raise row_error("INVALID_TYPE", f"The records of this call are of type {entity.name}")
            if seen[value.lower() if item.folded else value] > 1:
                raise row_error("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", (item.name,))
            values = {k: v for k, v in row.items() if k != names[i]}
            record_id, created = put(self._org, entity, item, value, values, call)
            return {**_done(record_id), "created": created}

        return self._each(rows, strict, one, keep_id=False)

    def delete(self, call: Call) -> Reply:
        ids = _named(call)
        _limit(len(ids), MAX_ROWS)
        _few_chunks([i[:3] for i in ids])

        def one(row: dict[str, Any]) -> dict[str, Any]:
            entity = self._org.schema.of_id(row["id"])
            if entity is None:
                raise row_error("MALFORMED_ID", f"malformed id {row['id']}", ("Id",))
            lifecycle.delete(self._org, entity, row["id"], call.actor)
            return _done(to18(row["id"]) or row["id"])

        rows = [{"id": i} for i in ids]
        return self._each(rows, call.param("allOrNone").lower() == "true", one, keep_id=True)

    def get(self, call: Call, name: str) -> Reply:
        return self._read(call, name, _named(call), call.param("fields").split(","))

    def retrieve(self, call: Call, name: str) -> Reply:
        body = call.settings("ids", "fields")
        ids, names = body.get("ids", []), body.get("fields", [])
        for given in (ids, names):
            if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
                raise refuse("JSON_PARSER_ERROR", "ids and fields must be lists of strings")
        return self._read(call, name, ids, names)

    def _read(self, call: Call, name: str, ids: Sequence[str], names: Sequence[str]) -> Reply:
        """Records in the order of the ids; null for one that is not there, deleted or not visible."""
        entity = entity_of(self._org, name)
        _limit(len(ids), MAX_READ)
        wanted = [n for n in names if n.strip()]
        if not wanted:
            raise refuse("MISSING_ARGUMENT", "fields must be specified")
        shape = shape_of(Scope(self._org), entity, [((), f) for f in chosen(self._org, entity, wanted)])
        table, sees = self._org.tables[entity.name], self._org.access.sees
        out: list[dict[str, Any] | None] = []
        for given in ids:
            row = table.rows.get(given) or table.rows.get(to18(given) or "")
            hidden = row is None or row.get("IsDeleted", False) or not sees(entity, row)
            out.append(None if hidden or row is None else shape(row, call.version))
        return Reply(200, out)

    # -- how rows are run -----------------------------------------------------------------------------------
    def _given(self, call: Call) -> tuple[list[dict[str, Any]], bool]:
        body = call.settings("records", "allOrNone")
        rows = body.get("records")
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
            raise refuse("JSON_PARSER_ERROR", "records must be a list of objects")
        _limit(len(rows), MAX_ROWS)
        _few_chunks([typed(r) for r in rows])
        return rows, flag(body, "allOrNone")

    def _typed(self, row: dict[str, Any]) -> Entity:
        entity = self._org.entity(typed(row))
        if entity is None:
            raise row_error("INVALID_TYPE", "sObject type is missing or not supported")
        return entity

    def _each(
        self,
        rows: Sequence[dict[str, Any]],
        strict: bool,
        one: Callable[[dict[str, Any]], dict[str, Any]],
        *,
        keep_id: bool,
    ) -> Reply:
        self._org.chunk = max(1, len(rows))
        try:
            return self._run(rows, strict, one, keep_id)
        finally:
            self._org.chunk = 1

    def _run(
        self,
        rows: Sequence[dict[str, Any]],
        strict: bool,
        one: Callable[[dict[str, Any]], dict[str, Any]],
        keep_id: bool,
    ) -> Reply:
        if not strict:
            # A wrong type that fails the request must leave nothing behind.
            with self._org.unit() if self._org.switches.type_errors_fail_request else nullcontext():
                return Reply(200, self._every(rows, one))
        out: list[dict[str, Any]] = []
        try:
            with self._org.unit():
                out = self._every(rows, one)
                _all_good(out)
        except _Rollback:
            out = [_rolled_back(given, r, keep_id) for given, r in zip(rows, out, strict=True)]
        return Reply(200, out)

    def _every(
        self, rows: Sequence[dict[str, Any]], one: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Run the rows in chunks of one type: what customer automation costs, it costs for a chunk."""
        out: list[dict[str, Any]] = []
        try:
            for _, same in groupby(rows, key=typed):
                chunk = list(same)
                self._org.chunk = len(chunk)
                out += [self._try(r, one) for r in chunk]
        finally:
            self._org.chunk = 1
        return out

    def _try(self, row: dict[str, Any], one: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        try:
            return one(row)
        except ApiError as error:
            if error.code == "JSON_PARSER_ERROR":
                if self._org.switches.type_errors_fail_request:
                    raise refuse(error.code, error.problems[0].message) from None
                problems = [
                    Problem("INVALID_TYPE_ON_FIELD_IN_RECORD", p.message, p.fields) for p in error.problems
                ]
                return {"success": False, "errors": [p.row() for p in problems]}
            return {"success": False, "errors": [p.row() for p in error.problems]}


def typed(row: dict[str, Any]) -> str:
    """The type that a row's attributes name, "" when they name none. Raises ApiError for what are no attributes."""
    about = row.get("attributes")
    if about is None:
        return ""
    if not isinstance(about, dict):
        raise refuse("JSON_PARSER_ERROR", "attributes must be an object")
    return str(about.get("type") or "")


def _all_good(results: Sequence[dict[str, Any]]) -> None:
    if not all(r["success"] for r in results):
        raise _Rollback


def _rolled_back(given: dict[str, Any], result: dict[str, Any], keep_id: bool) -> dict[str, Any]:
    """An innocent row of a failed all-or-none call: on update and delete it still has its id."""
    if not result["success"]:
        return result
    out: dict[str, Any] = {"success": False, "errors": [_ROLLED_BACK.row()]}
    return {"id": _id(given), **out} if keep_id else out


def _done(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def _id(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("Id") or "")


def _named(call: Call) -> list[str]:
    """The ids in an address. Raises ApiError when there are none."""
    ids = [i for i in call.param("ids").split(",") if i]
    if not ids:
        raise refuse("MISSING_ARGUMENT", "ids must be specified")
    return ids


def _few_chunks(types: Sequence[str]) -> None:
    """Rows of one type that follow each other are a chunk, and a call has at most ten."""
    if sum(a != b for a, b in pairwise(types)) + bool(types) > MAX_CHUNKS:
        raise refuse("TOO_MANY_CHUNKS", f"Cannot have more than {MAX_CHUNKS} chunks in a single operation")


def _limit(count: int, most: int) -> None:
    if count > most:
        raise refuse(
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {most} records into this call",
        )
