"""What Salesforce's row errors come to: which are permanent, which pass, which mean that the record is elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from crmsync.connectors.batches import scrub
from crmsync.connectors.salesforce.client import Json, code_of
from crmsync.connectors.salesforce.describe import to18
from crmsync.model.records import Verdict, Write, WriteResult

_PASSING = frozenset({
    "UNABLE_TO_LOCK_ROW", "TOO_MANY_APEX_REQUESTS", "SERVER_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "QUERY_TIMEOUT",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED", "ORG_IN_MAINTENANCE",
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
})  # fmt: skip
_GONE = frozenset({"CANNOT_UPDATE_CONVERTED_LEAD", "ENTITY_IS_DELETED"})
_TAKEN = frozenset({"DUPLICATE_VALUE", "DUPLICATES_DETECTED"})
_TOO_MUCH = re.compile(
    r"System\.LimitException|Apex CPU time limit exceeded|Too many (?:SOQL queries|DML|query rows)|heap size too large",
    re.IGNORECASE,
)
"""What customer automation says when the rows of one call together cost too much."""
_PASSING_TEXT = re.compile(r"UNABLE_TO_LOCK_ROW|Too many SOQL queries", re.IGNORECASE)
_ID = re.compile(r"\bid:\s*([A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?)\b")
_FIELD_LISTS = (
    re.compile(r"\[([\w, ]+)\]"),
    re.compile(r"create/update fields: ([\w, ]+)"),
    re.compile(r"No such column '(\w+)'"),
    re.compile(r"value found: (\w+) duplicates"),
)


def judged(
    write: Write, errors: Sequence[Json], labels: Mapping[str, str], *, status: int = 400
) -> WriteResult:
    """The result of a row that failed with these errors; `labels` maps field labels to names."""
    codes = [code_of(e) for e in errors]
    text = "; ".join(str(e.get("message") or "") for e in errors)
    code = next((c for c in codes if c), f"HTTP_{status}")

    def result(verdict: Verdict, native: str | None, fields: tuple[str, ...] = ()) -> WriteResult:
        return WriteResult(
            write.ref, verdict, id=native, code=code, message=scrub(text, write), fields=fields
        )

    if status == 412:
        return result(Verdict.STALE, write.id)
    if any(map(_gone, errors)) or (
        write.id is not None and (status == 404 or any(_unknown(e, write) for e in errors))
    ):
        return result(Verdict.GONE, write.id)
    if write.id is None and _TAKEN.intersection(codes):
        return result(Verdict.EXISTS, _existing(errors))
    if all(
        c in _PASSING or (c == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" and _PASSING_TEXT.search(text))
        for c in codes
    ):
        return result(Verdict.TRANSIENT, write.id)
    if status >= 500 or status == 429:
        return WriteResult(write.ref, Verdict.TRANSIENT, write.id, code=code, maybe_written=status != 503)
    return result(
        Verdict.REJECTED, write.id, tuple(dict.fromkeys(f for e in errors for f in blamed(e, write, labels)))
    )


def too_much(errors: Sequence[Json]) -> bool:
    """Whether the org's own automation ran out of CPU time or queries: nothing was saved, and fewer rows may pass."""
    return any(_TOO_MUCH.search(str(e.get("message") or "")) for e in errors)


def _gone(error: Mapping[str, Any]) -> bool:
    """The record itself; with a field named, it is what that field refers to."""
    return code_of(error) in _GONE and not set(error.get("fields") or []) - {"Id"}


def _unknown(error: Mapping[str, Any], write: Write) -> bool:
    """A hard-deleted record is a reference to nothing, unless a reference that we wrote is meant."""
    if code_of(error) == "NOT_FOUND":
        return True
    bare = str(error.get("message") or "").startswith("invalid cross reference id")
    refers = any(name.endswith("Id") for name in write.values)
    return code_of(error) == "INVALID_CROSS_REFERENCE_KEY" and bare and not error.get("fields") and not refers


def blamed(error: Mapping[str, Any], write: Write, labels: Mapping[str, str]) -> list[str]:
    """Native names of the fields at fault: from the row, else from its text by name or by label."""
    named = [str(f) for f in error.get("fields") or []]
    if named:
        return named
    text = str(error.get("message") or "")
    for pattern in _FIELD_LISTS:
        match = pattern.search(text)
        if match:
            return [name.strip() for name in match[1].split(",") if name.strip()]
    head = text.partition(":")[0].strip()
    name = labels.get(head, head)
    return [name] if name in write.values else []


def _existing(errors: Sequence[Json]) -> str | None:
    """The record that is in the way, when the vendor names one."""
    for error in errors:
        named = _ID.search(str(error.get("message") or ""))
        if named:
            return to18(named[1])
        # The vendor's key is misspelt; the right spelling is accepted too.
        match = error.get("duplicateResut") or error.get("duplicateResult") or {}
        for matched in match.get("matchResults") or []:
            for row in matched.get("matchRecords") or []:
                native = (row.get("record") or {}).get("Id")
                if native:
                    return str(native)
    return None
