"""Batches of at most 100. Docs: developers.hubspot.com, "Error handling" (multi-status) and CRM objects.

Without trace ids a batch is all or nothing; a unique `objectWriteTraceId` on every input lets good rows through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from crmsync.simulator.hubspot import associations, rules, views, writes
from crmsync.simulator.hubspot.errors import ApiError, Invalid, InvalidValues, missing, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply, find, non_unique, properties_of
from crmsync.simulator.hubspot.objects import PAGE_WITH_HISTORY, need_identity
from crmsync.simulator.hubspot.readings import objects, texts
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind

CAP: Final = 100

Json = dict[str, Any]


@dataclass(slots=True)
class _Outcome:
    results: list[Json] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)


def read(call: Call) -> Reply:
    """POST batch/read. An absorbed id gives the survivor under its own id; what is not found is one error entry."""
    portal, kind, body = call.portal, call.kind, call.body()
    history = texts(body.get("propertiesWithHistory"), "propertiesWithHistory")
    inputs = _inputs(body, PAGE_WITH_HISTORY if history else CAP)
    ids = _ids(inputs, unique=False)
    by, asked = str(body.get("idProperty") or ""), texts(body.get("properties"), "properties")
    archived = call.flag("archived")
    rows: dict[int, Row] = {}
    lost = []
    for id in ids:
        row = kind.table.get(id) if archived else find(portal, kind, id, by)
        if row is not None and by == "email" and not _by_primary(call, row, id):
            row = None
        if row is None or bool(row.archived) != archived:
            lost.append(id)
        else:
            rows[row.num] = row
    out = _Outcome([views.shown(portal, kind, row, asked, history) for row in rows.values()])
    if lost:
        out.errors.append(missing(kind.singular, lost).row())
    return _reply(call, out, 200)


def _by_primary(call: Call, row: Row, email: str) -> bool:
    """Whether batch read finds a row by this address: by an additional one it does not reliably."""
    found = row.values.get("email") == email.strip().lower()
    return found or call.portal.switches.batch_read_by_additional_email


def create(call: Call) -> Reply:
    """POST batch/create: 201."""
    portal, kind = call.portal, call.kind
    inputs = _inputs(call.body())

    def write(item: Json, row: Row | None, good: dict[str, str]) -> Json:
        planned = associations.plan(portal, kind, item.get("associations"))
        made = writes.create(portal, kind, good, "api")
        associations.carry_out(portal, kind, made, planned)
        return views.echo(portal, kind, made, good, new=True)

    return _reply(
        call,
        _write(call, inputs, lambda item: None, write, identify=need_identity, partial=_traced(inputs)),
        201,
    )


def update(call: Call) -> Reply:
    """POST batch/update, by record id only for contacts: unknown and absorbed ids are one error entry of a 207."""
    portal, kind = call.portal, call.kind
    inputs = _inputs(call.body())
    by = _id_property(inputs)
    if by and (by == "email" or by not in kind.table.unique or not portal.switches.update_by_unique_property):
        raise non_unique("update/upsert", kind, by)
    _ids(inputs, unique=True)
    found: dict[str, Row] = {}
    lost = []
    for item in inputs:
        id = str(item.get("id") or "")
        row = find(portal, kind, id, by) if by else kind.table.get(id)
        if row is None or row.archived or row.num in kind.table.aliases:
            lost.append(id)
        else:
            found[id] = row
    known = [item for item in inputs if str(item.get("id") or "") in found]

    def write(item: Json, row: Row | None, good: dict[str, str]) -> Json:
        assert row is not None  # noqa: S101
        return views.echo(portal, kind, writes.update(portal, kind, row, good, "api"), good, new=False)

    partial = portal.switches.update_partial and _traced(inputs)
    out = _write(
        call,
        known,
        lambda item: found[str(item.get("id") or "")],
        write,
        identify=need_identity,
        partial=partial,
    )
    if portal.switches.update_by_address_is_silent:
        lost = [id for id in lost if "@" not in id]
    if lost:
        out.errors.append(missing(kind.singular, lost).row())
    return _reply(call, out, 200)


def upsert(call: Call) -> Reply:
    """POST batch/upsert by e-mail or a unique property; each result says whether it is `new`."""
    portal, kind = call.portal, call.kind
    inputs = _inputs(call.body())
    by = _id_property(inputs)
    if by not in kind.table.unique:
        raise non_unique("update/upsert", kind, by or "hs_object_id")
    _ids(inputs, unique=True, fold=by == "email")
    index = kind.table.unique[by]

    def current(item: Json) -> Row | None:
        value = str(item.get("id") or "")
        num = index.get(value.lower() if by == "email" else value)
        return kind.table.rows[num] if num is not None else None

    def write(item: Json, row: Row | None, good: dict[str, str]) -> Json:
        if row is None:
            made = writes.create(portal, kind, good, "api")
            return {**views.echo(portal, kind, made, good, new=True), "new": True}
        return {
            **views.echo(portal, kind, writes.update(portal, kind, row, good, "api"), good, new=False),
            "new": False,
        }

    keyed = [
        item if by in properties_of(item) else {**item, "properties": {by: item["id"], **properties_of(item)}}
        for item in inputs
    ]
    partial = _traced(inputs) and (by != "email" or portal.switches.upsert_by_email_partial)
    return _reply(
        call, _write(call, keyed, current, write, identify=need_identity_or_key, partial=partial), 200
    )


def archive(call: Call) -> Reply:
    """POST batch/archive: 204, unknown ids included."""
    portal, kind = call.portal, call.kind
    for id in _ids(_inputs(call.body()), unique=True):
        row = find(portal, kind, id)
        if row is not None:
            writes.archive(portal, kind, row, "api")
    return 204, None


def _write(
    call: Call,
    inputs: list[Json],
    current: Callable[[Json], Row | None],
    write: Callable[[Json, Row | None, dict[str, str]], Json],
    *,
    identify: Callable[[Kind, dict[str, str]], None],
    partial: bool,
) -> _Outcome:
    """Check all, then write all; with `partial` each by itself. Raises ApiError when all or nothing is nothing."""
    out = _Outcome()
    checked = [None] * len(inputs) if partial else _rehearse(call, inputs, current, identify)
    for item, known in zip(inputs, checked, strict=True):
        trace = str(item.get("objectWriteTraceId") or "")
        try:
            row, good = known or _check(call, item, current, identify)
        except ApiError as error:
            out.errors.append(error.row(trace))
        else:
            result = write(item, row, good)
            out.results.append({**result, "objectWriteTraceId": trace} if trace else result)
    return out


def _check(
    call: Call,
    item: Json,
    current: Callable[[Json], Row | None],
    identify: Callable[[Kind, dict[str, str]], None],
) -> tuple[Row | None, dict[str, str]]:
    portal, kind = call.portal, call.kind
    row = current(item)
    good = writes.check(portal, kind, row, properties_of(item), "api")
    if row is None:
        identify(kind, good)
    rules.enforce(portal, kind, row, good, call.version)
    refusal = writes.clash(portal, kind, row, good)
    if refusal is not None:
        raise refusal
    return row, good


def _rehearse(
    call: Call,
    inputs: list[Json],
    current: Callable[[Json], Row | None],
    identify: Callable[[Kind, dict[str, str]], None],
) -> list[tuple[Row | None, dict[str, str]] | None]:
    """Find what would be refused, the inputs' clashes among themselves included, before anything is written."""
    kind = call.kind
    checked: list[tuple[Row | None, dict[str, str]] | None] = []
    claimed: dict[tuple[str, str], int] = {}
    wrong: list[Invalid] = []
    for at, item in enumerate(inputs):
        try:
            row, good = _check(call, item, current, identify)
        except InvalidValues as error:
            wrong += error.found
            continue
        for name in kind.table.unique:
            value = good.get(name)
            if value and claimed.setdefault((name, value), at) != at:
                raise ApiError(409, f"{kind.singular.capitalize()} already exists", "CONFLICT")
        checked.append((row, good))
    if wrong:
        raise InvalidValues(wrong, call.portal.id, call.portal.switches.listed_errors)
    return checked


def need_identity_or_key(kind: Kind, good: dict[str, str]) -> None:
    """A new contact needs a name or e-mail; one that carries a unique property of the portal's is let through."""
    if kind.name == "deals" or not any(good.get(name) for name in kind.table.unique):
        need_identity(kind, good)


def _inputs(body: Json, cap: int = CAP) -> list[Json]:
    inputs = objects(body.get("inputs"), "inputs")
    if not inputs:
        raise validation("inputs must not be empty")
    if len(inputs) > cap:
        raise validation(f"Too many inputs: {len(inputs)}. The limit is {cap}.")
    return inputs


def _ids(inputs: list[Json], *, unique: bool, fold: bool = False) -> list[str]:
    ids = [str(item.get("id") or "") for item in inputs]
    if unique:
        judged = [id.lower() for id in ids] if fold else ids
        doubled = [id for id, times in Counter(judged).items() if times > 1]
        if doubled:
            message = f"Duplicate IDs found in batch input: [{', '.join(doubled)}]. IDs must be unique"
            raise validation(message, ids=doubled)
    return ids


def _id_property(inputs: Iterable[Json]) -> str:
    named = {str(item.get("idProperty") or "") for item in inputs}
    if len(named) > 1:
        raise validation("All inputs must have the same idProperty")
    return named.pop()


def _traced(inputs: list[Json]) -> bool:
    traces = [item.get("objectWriteTraceId") for item in inputs]
    return all(traces) and len(set(traces)) == len(traces)


def _reply(call: Call, out: _Outcome, status: int) -> Reply:
    if call.portal.switches.shuffle_results:
        call.portal.rng.shuffle(out.results)
    now = call.portal.now()
    body: Json = {"status": "COMPLETE", "results": out.results, "startedAt": now, "completedAt": now}
    if not out.errors:
        return status, body
    partial = 200 if call.version == rules.SINCE and not call.portal.switches.dated_partial_is_207 else 207
    return partial, {**body, "numErrors": len(out.errors), "errors": out.errors}


ROUTES: Final[dict[str, Handler]] = {
    "POST crm/objects/{type}/batch/read": read,
    "POST crm/objects/{type}/batch/create": create,
    "POST crm/objects/{type}/batch/update": update,
    "POST crm/objects/{type}/batch/upsert": upsert,
    "POST crm/objects/{type}/batch/archive": archive,
}
