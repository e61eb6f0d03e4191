"""The rows of an ingest job: read from its CSV, saved one by one, sorted into done, failed and not processed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crmsync.simulator.salesforce import csvs, lifecycle
from crmsync.simulator.salesforce.bulk_jobs import DONE, FAILED, stamp
from crmsync.simulator.salesforce.errors import ApiError, Problem, row_error
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.save import insert, update
from crmsync.simulator.salesforce.schema import Entity
from crmsync.simulator.salesforce.sobjects import by_key
from crmsync.simulator.salesforce.tenant import Actor, Tenant

BATCH_ROWS = 10_000
_CHUNK = 200


@dataclass(slots=True, eq=False)
class IngestJob:
    """One job. `key` is the external id field of an upsert, `rule` an assignment rule, `call` who closed it."""

    id: str
    created: datetime
    version: str
    user_id: str
    operation: str
    object: str
    key: str
    line_ending: str
    delimiter: str
    rule: str
    state: str = "Open"
    data: bytes | None = None
    closed: datetime | None = None
    call: int = 0
    polls: int = 0
    error: str = ""
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    succeeded: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)

    def head(self) -> dict[str, Any]:
        """What creating and closing it answer."""
        out = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.user_id,
            "createdDate": stamp(self.created),
            "systemModstamp": stamp(self.closed or self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "contentUrl": f"services/data/v{self.version}/jobs/ingest/{self.id}/batches",
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        more = {"externalIdFieldName": self.key, "assignmentRuleId": self.rule}
        return out | {name: value for name, value in more.items() if value}

    def info(self) -> dict[str, Any]:
        """What asking for it answers. Times are milliseconds."""
        done = len(self.succeeded) + len(self.failed)
        out = {
            **self.head(),
            "jobType": "V2Ingest",
            "numberRecordsProcessed": done,
            "numberRecordsFailed": len(self.failed),
            "retries": 0,
            "totalProcessingTime": done,
            "apiActiveProcessingTime": done,
            "apexProcessingTime": 0,
        }
        return out | ({"errorMessage": self.error} if self.error else {})


def load(org: Tenant, job: IngestJob) -> None:
    """Read the job's file into header and rows, once. A file that cannot be read leaves why in `error`."""
    if job.header or job.data is None:
        return
    if csvs.other_line_end(job.data, job.line_ending):
        ends = f"LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
        job.data, job.error = b"", f"ClientInputError : {ends}"
        return
    try:
        job.header, job.rows = csvs.read(job.data, csvs.DELIMITERS[job.delimiter])
    except ValueError as error:
        job.error = f"InvalidBatch : {error}"
    job.data = b""


def work(org: Tenant, job: IngestJob, stop_after: int | None) -> None:
    """Save the rows and end the job; `stop_after` rows it fails. JobComplete even if every row failed."""
    entity = org.schema.entities[job.object]
    if not job.error:
        job.error = _refusal(org, entity, job)
    if job.error:
        job.unprocessed, job.state = job.rows, FAILED
        return
    actor = Actor("api", job.user_id, job.call, job.rule or False)
    end = len(job.rows) if stop_after is None else min(stop_after, len(job.rows))
    for start in range(0, end, _CHUNK):
        rows = job.rows[start : min(start + _CHUNK, end)]
        org.chunk = len(rows)
        _chunk(org, entity, job, rows, actor)
        org.chunk = 1
    job.state = DONE
    if stop_after is not None:
        job.error = "InternalServerError : Batch failed after 20 retries"
        job.unprocessed, job.state = job.rows[end:], FAILED


def _refusal(org: Tenant, entity: Entity, job: IngestJob) -> str:
    """Why none of the rows can be processed, "" when they can."""
    if not job.header:
        return "InvalidBatch : The file has no header"
    name = csvs.unknown(entity, job.header, org.access.readable(entity))
    if name is not None:
        return f"InvalidBatch : Field name not found : {name}"
    wanted = {"update": "Id", "delete": "Id", "hardDelete": "Id", "upsert": job.key}.get(job.operation)
    if wanted and wanted.lower() not in {h.lower() for h in job.header}:
        return f"InvalidBatch : Field name not found : {wanted}"
    return ""


def _chunk(org: Tenant, entity: Entity, job: IngestJob, rows: Sequence[list[str]], actor: Actor) -> None:
    seen = _keys(entity, job, rows)
    for row in rows:
        given = csvs.values(entity, job.header, row)
        try:
            record_id, created = _save(org, entity, job, given, seen, actor)
            job.succeeded.append([record_id, "true" if created else "false", *row])
        except ApiError as error:
            text = org.switches.bulk_error_text
            said = ";".join(_said(text, problem) for problem in error.problems)
            known = _value(given, "Id") if job.operation != "insert" else ""
            job.failed.append([str(known or ""), said, *row])


def _save(
    org: Tenant, entity: Entity, job: IngestJob, given: dict[str, Any], seen: Counter[str], actor: Actor
) -> tuple[str, bool]:
    """Carry out one row. Returns the record's id and whether it is new. Raises ApiError."""
    record_id = str(_value(given, "Id") or "")
    rest = {n: v for n, v in given.items() if n.lower() != "id"}
    if job.operation == "insert":
        return insert(org, entity, given, actor), True
    if job.operation == "upsert" and job.key != "Id":
        return _upsert(org, entity, job, given, seen, actor)
    if not record_id:
        if job.operation == "upsert":
            return insert(org, entity, rest, actor), True
        raise row_error("MISSING_ARGUMENT", f"Id not specified in an {job.operation} call", ("Id",))
    if job.operation in {"delete", "hardDelete"}:
        lifecycle.delete(org, entity, record_id, actor)
        if job.operation == "hardDelete":
            lifecycle.purge(org, entity, to18(record_id) or record_id, actor)
    else:
        update(org, entity, record_id, rest, actor)
    return to18(record_id) or record_id, False


def _upsert(
    org: Tenant, entity: Entity, job: IngestJob, given: dict[str, Any], seen: Counter[str], actor: Actor
) -> tuple[str, bool]:
    item = entity.fields[job.key]
    value = str(_value(given, job.key) or "").strip()
    if not value:
        raise row_error("MISSING_ARGUMENT", f"{job.key} not specified", ())
    if seen[value.lower() if item.folded else value] > 1:
        raise row_error("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", (job.key,))
    rest = {n: v for n, v in given.items() if n.lower() != job.key.lower()}
    ids = by_key(org, entity, item, value)
    if len(ids) > 1:
        raise row_error("DUPLICATE_VALUE", f"External id field value {value} matches more than one record")
    if ids:
        update(org, entity, ids[0], rest, actor)
        return ids[0], False
    return insert(org, entity, {**rest, job.key: value}, actor), True


def _keys(entity: Entity, job: IngestJob, rows: Sequence[list[str]]) -> Counter[str]:
    """How often each external id stands in a chunk."""
    if job.operation != "upsert" or job.key == "Id":
        return Counter()
    at = [h.lower() for h in job.header].index(job.key.lower())
    folded = entity.fields[job.key].folded
    return Counter(row[at].strip().lower() if folded else row[at].strip() for row in rows)


def _value(given: dict[str, Any], name: str) -> Any:
    return next((v for n, v in given.items() if n.lower() == name.lower()), None)


def _said(text: str, problem: Problem) -> str:
    """A row's error as the results word it: `CODE:message:FIELD --`."""
    code = "INVALID_TYPE_ON_FIELD_IN_RECORD" if problem.code == "JSON_PARSER_ERROR" else problem.code
    return text.format(code=code, message=problem.message, fields=",".join(problem.fields or ()))
