"""Writes HubSpot records: updates by id, creates by upsert on our unique key, 100 a call; then their companies.

Results are matched by id, key or trace id, never by position: HubSpot does not keep the order of inputs.
Writes with one bad row are refused whole for some reasons; they are split so that good rows never fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import orjson

from crmsync.connectors.batches import Rejects, later, scrub, send_all
from crmsync.connectors.hubspot.client import Client, Json, Refused
from crmsync.connectors.hubspot.company import COMPANY, link
from crmsync.connectors.hubspot.describe import KEY, Plain, sent
from crmsync.errors import TransientError
from crmsync.model.records import Verdict, Write, WriteResult

BATCH = 100
_EXISTING = re.compile(r"Existing ID:?\s*(\d+)", re.IGNORECASE)
_EMBEDDED = re.compile(r"\[\{.*\}\]", re.DOTALL)
_FOR_ALL = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
"""Codes that hold for the property whatever its value."""


class Writer:
    """Writes one portal; `plain` gives the value reader of an object."""

    def __init__(self, client: Client, plain: Callable[[str], Plain]) -> None:
        self._client = client
        self._plain = plain

    def write(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        """One result for each write, in any order. A contact's company is written when its properties are."""
        if obj != "contacts" or not any(COMPANY in w.values for w in writes):
            return self._properties(obj, writes)
        bare = [replace(w, values={n: v for n, v in w.values.items() if n != COMPANY}) for w in writes]
        results = self._properties(obj, [w for w in bare if w.values or w.id is None])
        return self._companies(writes, {r.ref: r for r in results})

    def _companies(self, writes: Sequence[Write], written: dict[int, WriteResult]) -> list[WriteResult]:
        """The results of both steps. A record whose second step failed for now may be half written."""
        todo = []
        for write in writes:
            first = written.get(write.ref)
            if COMPANY not in write.values or (first is not None and first.verdict is not Verdict.DONE):
                continue
            if write.id is None and not write.values[COMPANY]:
                continue
            native = write.id or (first.id if first else None)
            todo.append(replace(write, id=native, values={COMPANY: write.values[COMPANY]}))
        try:
            linked = link(self._client, todo) if todo else []
        except TransientError as error:
            if not written:
                raise
            linked = later(todo, str(error), maybe_written=True)
        for result in linked:
            if result.verdict is not Verdict.DONE or result.ref not in written:
                written[result.ref] = result
        return list(written.values())

    def _properties(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        creates = [w for w in writes if w.id is None]
        updates = [w for w in writes if w.id is not None]
        results: list[WriteResult] = []
        if updates:
            results += send_all(updates, BATCH, partial(self._send, "update", obj))
        if creates:
            results += send_all(creates, BATCH, partial(self._send, "create", obj))
        return results

    def _send(self, purpose: str, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        verb, shape = _VERBS[purpose]
        path = self._client.path("objects", f"/{obj}/batch/{verb}")
        try:
            reply = self._client.send(purpose, path, {"inputs": [shape(w) for w in writes]})
        except Refused as refused:
            blame = [p for p in problems(refused.body) if p.code in _FOR_ALL]
            raise Rejects(
                partial(answer, refused.body, refused.status),
                frozenset(p.name for p in blame if p.name),
            ) from refused
        results, left, unclaimed = self._matched(obj, reply, writes)
        if len(left) > 1 and unclaimed:  # an error that names nobody: ask again in halves
            return results + send_all(left, (len(left) + 1) // 2, partial(self._send, purpose, obj))
        if unclaimed:
            return results + [answer(unclaimed[0], 207, write) for write in left]
        return results + later(left, "HubSpot's reply says nothing about this record.", maybe_written=True)

    def _matched(
        self, obj: str, reply: Json, writes: Sequence[Write]
    ) -> tuple[list[WriteResult], list[Write], list[Json]]:
        """(results, writes without an answer, errors that name no write)."""
        plain = self._plain(obj)
        open_ = {w.ref: w for w in writes}
        results: list[WriteResult] = []
        unclaimed: list[Json] = []
        for row in reply.get("results", []):
            write = _owner(row, open_)
            if write is not None:
                del open_[write.ref]
                results.append(_done(row, write, plain))
        # Decided on the presence of `errors`, not on 207 (dated versions declare none).
        for error in reply.get("errors") or []:
            named = _blamed(error, open_)
            if named is None:
                unclaimed.append(error)
            for write in named or []:
                del open_[write.ref]
                results.append(answer(error, 207, write))
        return results, list(open_.values()), unclaimed


def _update_input(write: Write) -> Json:
    return {"id": write.id, "properties": sent(write.values), "objectWriteTraceId": str(write.ref)}


def _create_input(write: Write) -> Json:
    return {
        "id": write.key,
        "idProperty": KEY,
        "properties": sent({**write.values, KEY: write.key}),
        "objectWriteTraceId": str(write.ref),
    }


_VERBS: Mapping[str, tuple[str, Callable[[Write], Json]]] = {
    "update": ("update", _update_input),
    "create": ("upsert", _create_input),
}


def _owner(row: Json, open_: dict[int, Write]) -> Write | None:
    """The write that a result row answers."""
    trace = str(row.get("objectWriteTraceId") or "")
    if trace.isdigit() and int(trace) in open_:
        return open_[int(trace)]
    own, key = str(row.get("id") or ""), (row.get("properties") or {}).get(KEY)
    return next(
        (w for w in open_.values() if (w.id == own if w.id else key is not None and w.key == key)), None
    )


def _done(row: Json, write: Write, plain: Plain) -> WriteResult:
    return WriteResult(
        write.ref,
        Verdict.DONE,
        id=str(row["id"]),
        created=write.id is None and bool(row.get("new", False)),
        stored=plain.echoed(row.get("properties") or {}, write.values),
    )


def _blamed(error: Json, open_: dict[int, Write]) -> list[Write] | None:
    """The writes that an error entry is about (one entry may cover many); None when it names none."""
    context = error.get("context") or {}
    traces = {str(t) for t in context.get("objectWriteTraceId") or []}
    ids = {str(i) for i in context.get("ids") or []}
    if traces:
        return [w for w in open_.values() if str(w.ref) in traces]
    if ids:
        return [w for w in open_.values() if w.id in ids or w.key in ids]
    return None


@dataclass(frozen=True, slots=True)
class Problem:
    """One property error: the vendor's code, the property and the vendor's words."""

    code: str
    name: str
    message: str


def problems(body: Json) -> list[Problem]:
    """Property errors of a body: the structured list, and the older form embedded as text in the message."""
    found = [
        Problem(str(e.get("code") or e.get("error") or ""), name, str(e.get("message") or ""))
        for e in body.get("errors") or []
        if isinstance(e, dict)
        for name in (e.get("context") or {}).get("propertyName") or [str(e.get("name") or e.get("in") or "")]
    ]
    embedded = _EMBEDDED.search(str(body.get("message") or ""))
    if embedded:
        try:
            rows = orjson.loads(embedded.group())
        except orjson.JSONDecodeError:
            rows = []
        found += [
            Problem(
                str(r.get("error") or ""),
                str(r.get("name") or ""),
                str(r.get("localizedErrorMessage") or r.get("message") or ""),
            )
            for r in rows
            if isinstance(r, dict)
        ]
    return found


def answer(body: Json, status: int, write: Write) -> WriteResult:
    """What an error of one row comes to."""
    category = str(body.get("category") or "")
    text = str(body.get("message") or "")
    if category == "CONFLICT" or status == 409:
        return _conflict(body, write)
    if category == "OBJECT_NOT_FOUND" or status == 404:
        return WriteResult(write.ref, Verdict.GONE, id=write.id, code=category, message=scrub(text, write))
    if category in {"RATE_LIMITS", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"}:
        return WriteResult(
            write.ref, Verdict.TRANSIENT, id=write.id, code=category, message=category, maybe_written=True
        )
    found = [p for p in problems(body) if not p.name or p.name in write.values]
    return WriteResult(
        write.ref,
        Verdict.REJECTED,
        id=write.id,
        code=next((p.code for p in found if p.code), category or f"HTTP_{status}"),
        message=scrub("; ".join(dict.fromkeys(p.message for p in found if p.message)) or text, write),
        fields=tuple(dict.fromkeys(p.name for p in found if p.name)),
    )


def _conflict(body: Json, write: Write) -> WriteResult:
    """A unique value is taken. On a create that is the record to link to; on an update the value is refused."""
    text = str(body.get("message") or "")
    context = body.get("context") or {}
    ids = [str(i) for i in context.get("existingId") or context.get("existingObjectId") or []]
    named = _EXISTING.search(text)
    existing = ids[0] if ids else named.group(1) if named else None
    if write.id is None:
        return WriteResult(
            write.ref, Verdict.EXISTS, id=existing, code="CONFLICT", message=scrub(text, write)
        )
    return WriteResult(
        write.ref,
        Verdict.REJECTED,
        id=write.id,
        code="CONFLICT",
        message=scrub(text, write),
        fields=tuple(name for name in ("email", KEY) if name in write.values)[:1],
    )
