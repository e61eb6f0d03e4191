"""Bulk API 2.0 query jobs: a statement run in the background, its rows read page by page as CSV (ASYNC/query)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crmsync.simulator.salesforce import csvs
from crmsync.simulator.salesforce.bulk_jobs import (
    ABORTED,
    DONE,
    FAILED,
    RUNNING,
    TERMINAL,
    UPLOADED,
    Jobs,
    chosen,
    stamp,
    wanted_state,
    wrong_state,
)
from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.limits import Limits
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.schema import Field, Row
from crmsync.simulator.salesforce.soql.evaluate import Select, run
from crmsync.simulator.salesforce.soql.names import Getter, Scope
from crmsync.simulator.salesforce.soql.nodes import Path, Query
from crmsync.simulator.salesforce.soql.parser import parse
from crmsync.simulator.salesforce.tenant import Tenant

MAX_PAGE = 50_000
Column = tuple[str, Field, Getter]


@dataclass(slots=True, eq=False)
class QueryJob:
    """One job. `rows` are those found when it ran; rows are replaced on change, so they stay as they were."""

    id: str
    created: datetime
    version: str
    user_id: str
    operation: str
    object: str
    text: str
    line_ending: str
    delimiter: str
    state: str = UPLOADED
    polls: int = 0
    error: str = ""
    columns: list[Column] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def head(self) -> dict[str, Any]:
        """What creating it answers."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.user_id,
            "createdDate": stamp(self.created),
            "systemModstamp": stamp(self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }

    def info(self) -> dict[str, Any]:
        """What asking for it answers."""
        done = {"numberRecordsProcessed": len(self.rows), "retries": 0, "totalProcessingTime": len(self.rows)}
        out = {**self.head(), "jobType": "V2Query", **done, "isPkChunkingSupported": True}
        return out | ({"errorMessage": self.error} if self.error else {})


class BulkQueries:
    """The resources below /jobs/query."""

    def __init__(self, org: Tenant, limits: Limits) -> None:
        self._org = org
        self._limits = limits
        self._jobs: Jobs[QueryJob] = Jobs(org)

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [
            ("POST", "jobs/query", self.create),
            ("GET", "jobs/query", self._jobs.listed),
            ("GET", "jobs/query/{}", self.info),
            ("PATCH", "jobs/query/{}", self.abort),
            ("DELETE", "jobs/query/{}", lambda _call, job_id: self._jobs.drop(self._jobs.get(job_id))),
            ("GET", "jobs/query/{}/results", self.results),
        ]

    def create(self, call: Call) -> Reply:
        body = call.settings("operation", "query", "contentType", "lineEnding", "columnDelimiter")
        operation = chosen(body, "operation", ("query", "queryAll"), "")
        chosen(body, "contentType", ("CSV",), "CSV")
        text = body.get("query")
        if not isinstance(text, str) or not text:
            raise refuse("INVALIDJOB", "A query has to be specified")
        query = parse(text)
        scope = Scope(self._org)
        Select(scope, scope.entity(text, query.object, query.object_at), query)
        entity = scope.entity(text, query.object, query.object_at)
        columns = self._columns(scope, query)
        if self._limits.query_jobs.used >= self._org.switches.bulk_query_limit:
            raise refuse("EXCEEDEDQUOTA", "The daily number of bulk query jobs is used up")
        self._limits.query_jobs.add()
        job = QueryJob(
            id=self._org.mint.new("750"),
            created=self._org.clock.now(),
            version=call.version,
            user_id=call.actor.user_id,
            operation=operation,
            object=entity.name,
            text=text,
            line_ending=chosen(body, "lineEnding", csvs.LINE_ENDS, "LF"),
            delimiter=chosen(body, "columnDelimiter", csvs.DELIMITERS, "COMMA"),
            columns=columns,
        )
        self._jobs.add(job)
        return Reply(200, job.head())

    def info(self, call: Call, job_id: str) -> Reply:
        job = self._advanced(self._jobs.get(job_id))
        return Reply(200, job.info())

    def abort(self, call: Call, job_id: str) -> Reply:
        job = self._jobs.get(job_id)
        wanted_state(call, (ABORTED,))
        if job.state in TERMINAL:
            raise wrong_state(f"Cannot abort a job in state {job.state}")
        job.state = ABORTED
        return Reply(200, job.head())

    def results(self, call: Call, job_id: str) -> Reply:
        """One page as CSV; the header Sforce-Locator is `null` on the last."""
        job = self._jobs.get(job_id)
        self._due(job)
        if call.version != job.version:
            raise refuse("INVALID_VERSION", "The job was made in another version of the API", status=409)
        if job.state != DONE:
            raise refuse("JOB_NOT_COMPLETE", f"The job is in state {job.state}", status=412)
        start = _offset(call.param("locator"))
        asked = call.param("maxRecords", str(MAX_PAGE))
        if not asked.isdecimal() or not int(asked) or start is None or start > len(job.rows):
            raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
        end = start + min(int(asked), MAX_PAGE)
        rows = job.rows[start:end]
        lines = [[name for name, _, _ in job.columns]]
        lines += [[csvs.cell(item, read(row)) for _, item, read in job.columns] for row in rows]
        data = csvs.write(lines, csvs.DELIMITERS[job.delimiter], csvs.LINE_ENDS[job.line_ending])
        headers = {
            "Content-Type": "text/csv",
            "Sforce-Locator": _locator(end) if end < len(job.rows) else "null",
            "Sforce-NumberOfRecords": str(len(rows)),
        }
        return Reply(200, data, headers)

    def _columns(self, scope: Scope, query: Query) -> list[Column]:
        """The selected fields in their order. Raises ApiError for what a bulk query cannot select."""
        entity = scope.entity(query.text, query.object, query.object_at)
        out: list[Column] = []
        if query.group or query.offset:
            raise refuse("FUNCTIONALITY_NOT_ENABLED", "GROUP BY and OFFSET are not supported in bulk queries")
        for node in query.fields:
            if not isinstance(node, Path):
                raise refuse("FUNCTIONALITY_NOT_ENABLED", "Only fields can be selected in a bulk query")
            hops, item = scope.resolve(query.text, entity, node)
            if item.parts:
                raise refuse(
                    "FUNCTIONALITY_NOT_ENABLED", "Selecting compound data not supported in Bulk Query"
                )
            name = ".".join([*(h.relationship for h in hops), item.name])
            out.append((name, item, scope.getter(hops, item)))
        return out

    def _advanced(self, job: QueryJob) -> QueryJob:
        """The job as somebody who asks finds it."""
        self._due(job)
        if job.state in TERMINAL or self._org.switches.bulk_seconds is not None:
            return job
        job.polls += 1
        job.state = RUNNING
        if job.polls > self._org.switches.bulk_polls:
            self._run(job)
        return job

    def _due(self, job: QueryJob) -> None:
        """Run the job if its time is over."""
        seconds = self._org.switches.bulk_seconds
        if seconds is None or job.state in TERMINAL:
            return
        job.state = RUNNING
        if (self._org.clock.now() - job.created).total_seconds() >= seconds:
            self._run(job)

    def _run(self, job: QueryJob) -> None:
        try:
            result = run(Scope(self._org), parse(job.text), deleted=job.operation == "queryAll")
        except ApiError as error:  # a field has gone since
            job.state, job.error = FAILED, f"InvalidBatch : {error.problems[0].message}"
            return
        table = self._org.tables[result.entity.name].rows
        job.rows = [table[i] for i in result.ids]
        job.state = DONE


def _locator(offset: int) -> str:
    """`MTAwMDA` for 10,000: the offset in base64 without its padding."""
    return base64.b64encode(str(offset).encode()).decode().rstrip("=")


def _offset(locator: str) -> int | None:
    """The offset of a locator; None when it is none."""
    if not locator:
        return 0
    try:
        text = base64.b64decode(locator + "=" * (-len(locator) % 4), validate=True).decode()
    except ValueError:
        return None
    return int(text) if text.isdecimal() else None
