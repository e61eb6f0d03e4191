"""Writes Salesforce records: creates by Collections upsert on our key, updates by Collections, 200 a call.

Updates with a precondition go as single PATCHes inside composite, 25 a call. Never all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from email.utils import format_datetime
from functools import partial
from typing import Any

from crmsync.connectors.batches import Rejects, Send, later, send_all
from crmsync.connectors.salesforce.client import Client, Json, Refused, errors_of
from crmsync.connectors.salesforce.describe import KEY
from crmsync.connectors.salesforce.verdicts import blamed, judged, too_much
from crmsync.errors import FatalError, TransientError
from crmsync.model.records import Verdict, Write, WriteResult

BATCH = 200
CONDITIONAL = 25
_FOR_ALL = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})
"""Codes that hold for the field whatever its value."""


class Writer:
    """Writes one org; `labels` gives an object's field labels."""

    def __init__(self, client: Client, labels: Callable[[str], Mapping[str, str]]) -> None:
        self._client = client
        self._labels = labels
        self._sizes: dict[str, int] = {}

    def size(self, obj: str) -> int:
        """Rows a call: 200, or what the org's automation has let through."""
        return self._sizes.get(obj, BATCH)

    def forget(self) -> None:
        """The org's automation may have changed."""
        self._sizes.clear()

    def write(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        """One result for each write, in any order."""
        creates = [w for w in writes if w.id is None]
        plain = [w for w in writes if w.id is not None and w.unless_modified_since is None]
        guarded = [w for w in writes if w.id is not None and w.unless_modified_since is not None]
        results: list[WriteResult] = []
        alone = [w for w in guarded if _referring(w)]
        together = [w for w in guarded if not _referring(w)]
        if together:
            results += send_all(together, CONDITIONAL, lambda batch: self._composite(obj, batch))
        if alone:
            results += send_all(alone, 1, lambda batch: self._single(obj, batch[0]))
        if plain:
            results += send_all(plain, self.size(obj), lambda batch: self._update(obj, batch))
        if creates:
            results += send_all(creates, self.size(obj), lambda batch: self._create(obj, batch))
        return results

    def _create(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        records = [{"attributes": {"type": obj}, **w.values, KEY: w.key} for w in writes]
        path = f"composite/sobjects/{obj}/{KEY}"
        return self._collection("create", obj, path, records, writes, lambda batch: self._create(obj, batch))

    def _update(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        records = [{"attributes": {"type": obj}, "id": w.id, **w.values} for w in writes]
        path = "composite/sobjects"
        return self._collection("update", obj, path, records, writes, lambda batch: self._update(obj, batch))

    def _collection(
        self,
        purpose: str,
        obj: str,
        path: str,
        records: list[dict[str, Any]],
        writes: Sequence[Write],
        send: Send,
    ) -> list[WriteResult]:
        body = {"allOrNone": False, "records": records}
        try:
            rows = self._client.send(purpose, "PATCH", path, body)
        except Refused as refused:
            if refused.code == "NOT_FOUND":
                raise FatalError(
                    f"Salesforce has no external id {KEY} on {obj} that the user may use.",
                    fix="Run `crmsync setup --apply`.",
                ) from refused
            raise self._rejects(obj, refused) from refused
        # The order of rows is that of the records (docs: sObject Collections), so place tells which is which.
        if not isinstance(rows, list) or len(rows) != len(writes):
            return later(writes, "Salesforce's reply does not fit the request.", maybe_written=True)
        labels = self._labels(obj)
        pairs = list(zip(writes, rows, strict=True))
        heavy = [w for w, row in pairs if not row.get("success") and too_much(row.get("errors") or [])]
        if len(writes) == 1 or not heavy:
            if heavy:  # too much all by itself: the size of the calls was not to blame
                self._sizes.pop(obj, None)
            return [self._row(write, row, labels) for write, row in pairs]
        refs = {w.ref for w in heavy}
        known = [self._row(write, row, labels) for write, row in pairs if write.ref not in refs]
        return known + self._fewer(obj, len(writes), heavy, send)

    def _fewer(self, obj: str, size: int, heavy: Sequence[Write], send: Send) -> list[WriteResult]:
        """Half as many a call, from now on: customer automation ran out of a limit that the rows of a call share."""
        self._sizes[obj] = min(self.size(obj), max(1, size // 2))
        results: list[WriteResult] = []
        rest = list(heavy)
        while rest:
            part, rest = rest[: self.size(obj)], rest[self.size(obj) :]
            try:
                results += send_all(part, len(part), send)
            except TransientError as failed:
                results += later(part, str(failed), maybe_written=failed.maybe_written)
                return results + later(rest, str(failed), maybe_written=False)
        return results

    @staticmethod
    def _row(write: Write, row: Json, labels: Mapping[str, str]) -> WriteResult:
        if row.get("success"):
            return WriteResult(
                write.ref,
                Verdict.DONE,
                id=str(row.get("id") or write.id),
                created=write.id is None and bool(row.get("created")),
            )
        return judged(write, row.get("errors") or [{}], labels)

    def _composite(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        parts = [self._part(obj, w) for w in writes]
        body = {"allOrNone": False, "collateSubrequests": False, "compositeRequest": parts}
        try:
            reply = self._client.send("update", "POST", "composite", body) or {}
        except Refused as refused:
            raise self._rejects(obj, refused) from refused
        labels = self._labels(obj)
        answers = {a.get("referenceId"): a for a in reply.get("compositeResponse") or []}
        results: list[WriteResult] = []
        for write in writes:
            answer = answers.get(f"w{write.ref}")
            if answer is None:
                results += later(
                    [write], "Salesforce's reply says nothing about this record.", maybe_written=True
                )
                continue
            status = int(answer["httpStatusCode"])
            if status < 300:
                results.append(WriteResult(write.ref, Verdict.DONE, id=write.id))
            else:
                results.append(judged(write, errors_of(answer.get("body")), labels, status=status))
        return results

    def _part(self, obj: str, write: Write) -> Json:
        return {
            "method": "PATCH",
            "url": f"{self._client.base}/sobjects/{obj}/{write.id}",
            "referenceId": f"w{write.ref}",
            "httpHeaders": _conditions(write),
            "body": dict(write.values),
        }

    def _single(self, obj: str, write: Write) -> list[WriteResult]:
        try:
            self._client.send(
                "update", "PATCH", f"sobjects/{obj}/{write.id}", dict(write.values), _conditions(write)
            )
        except Refused as refused:
            raise self._rejects(obj, refused) from refused
        return [WriteResult(write.ref, Verdict.DONE, id=write.id)]

    def _rejects(self, obj: str, refused: Refused) -> Rejects:
        """A malformed row refuses the whole call: find it by the field it names, or by halves."""
        labels = self._labels(obj)
        anybody = Write(ref=0, values={})
        bad = [e for e in refused.errors if refused.code in _FOR_ALL]
        names = frozenset(name for e in bad for name in blamed(e, anybody, labels))
        return Rejects(partial(_alone, refused, labels), names)


def _alone(refused: Refused, labels: Mapping[str, str], write: Write) -> WriteResult:
    return judged(write, refused.errors, labels, status=refused.status)


def _conditions(write: Write) -> dict[str, str]:
    """Compared with LastModifiedDate to the second (docs: conditional requests)."""
    since = write.unless_modified_since
    stamp = {"If-Unmodified-Since": format_datetime(since, usegmt=True)} if since else {}
    return {**stamp, "Sforce-Auto-Assign": "FALSE"}


def _referring(write: Write) -> bool:
    """Composite takes `@{` in a value for a reference to another part, so such a row goes by itself."""
    return any(isinstance(value, str) and "@{" in value for value in write.values.values())
