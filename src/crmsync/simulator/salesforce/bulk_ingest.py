"""Bulk API 2.0 ingest jobs: create, upload once, close, follow, read the results (ASYNC/create-job and siblings).

What happens to the rows of a closed job stands in bulk_rows.py.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from crmsync.simulator.salesforce import csvs
from crmsync.simulator.salesforce.bulk_jobs import (
    ABORTED,
    FAILED,
    OPEN,
    RUNNING,
    TERMINAL,
    UPLOADED,
    Jobs,
    chosen,
    wanted_state,
    wrong_state,
)
from crmsync.simulator.salesforce.bulk_rows import BATCH_ROWS, IngestJob, load, work
from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.limits import Limits
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.schema import Entity
from crmsync.simulator.salesforce.tenant import Tenant

OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")

SETTINGS = (
    *("object", "operation", "externalIdFieldName", "contentType", "concurrencyMode"),
    *("lineEnding", "columnDelimiter", "assignmentRuleId"),
)


class BulkIngest:
    """The resources below /jobs/ingest.

    `fail_after` makes the next job to run stop as Failed after so many rows, as when a batch was tried too often.
    """

    def __init__(self, org: Tenant, limits: Limits, seed: int) -> None:
        self._org = org
        self._limits = limits
        self._seed = seed
        self._jobs: Jobs[IngestJob] = Jobs(org)
        self._waiting: list[IngestJob] = []
        self.fail_after: int | None = None

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        out: list[Route] = [
            ("POST", "jobs/ingest", self.create),
            ("GET", "jobs/ingest", self._jobs.listed),
            ("GET", "jobs/ingest/{}", self.info),
            ("PATCH", "jobs/ingest/{}", self.close),
            ("DELETE", "jobs/ingest/{}", lambda _call, job_id: self._jobs.drop(self._jobs.get(job_id))),
            ("PUT", "jobs/ingest/{}/batches", self.upload),
        ]
        # The documentation writes the last in small letters, clients in the field do not, and both work.
        for name in ("successfulResults", "failedResults", "unprocessedrecords", "unprocessedRecords"):
            out.append(("GET", f"jobs/ingest/{{}}/{name}", self._results(name.lower())))
        return out

    def create(self, call: Call) -> Reply:
        body = call.settings(*SETTINGS)
        operation = chosen(body, "operation", OPERATIONS, "")
        if operation == "hardDelete" and not self._org.switches.bulk_hard_delete:
            raise refuse("FEATURENOTENABLED", "hardDelete operation requires special user profile permission")
        chosen(body, "contentType", ("CSV",), "CSV")
        chosen(body, "concurrencyMode", ("Parallel",), "Parallel")
        entity = self._entity(str(body.get("object") or ""))
        job = IngestJob(
            id=self._org.mint.new("750"),
            created=self._org.clock.now(),
            version=call.version,
            user_id=call.actor.user_id,
            operation=operation,
            object=entity.name,
            key=self._key(entity, operation, body),
            line_ending=chosen(body, "lineEnding", csvs.LINE_ENDS, "LF"),
            delimiter=chosen(body, "columnDelimiter", csvs.DELIMITERS, "COMMA"),
            rule=self._rule(body),
        )
        self._jobs.add(job)
        return Reply(200, job.head())

    def upload(self, call: Call, job_id: str) -> Reply:
        """The job's one file: 201 without a body."""
        job = self._jobs.get(job_id)
        if not call.headers.get("content-type", "text/csv").lower().startswith("text/csv"):
            raise refuse("UNSUPPORTED_MEDIA_TYPE", "The data of a job is text/csv", status=415)
        if job.state != OPEN:
            raise wrong_state(f"Data cannot be uploaded to a job in state {job.state}")
        if job.data is not None:
            raise wrong_state(f"Found multiple contents for job: {job.id}; data is uploaded only once")
        data = call.body or b""
        if len(data) > self._org.switches.bulk_upload_limit:
            raise refuse("REQUEST_ENTITY_TOO_LARGE", "The data of the job is too large", status=413)
        job.data = data
        return Reply(201)

    def close(self, call: Call, job_id: str) -> Reply:
        """UploadComplete hands the job over, Aborted ends it."""
        job = self._jobs.get(job_id)
        state = wanted_state(call, (UPLOADED, ABORTED))
        if job.state in TERMINAL or (state == UPLOADED and job.state != OPEN):
            raise wrong_state(f"A job in state {job.state} cannot become {state}")
        if state == ABORTED:
            load(self._org, job)
            job.unprocessed, job.state = job.rows, ABORTED
            self._waiting = [j for j in self._waiting if j is not job]
            return Reply(200, job.head())
        if job.data is None:
            raise wrong_state("No data was uploaded for the job")
        job.state, job.closed, job.call = UPLOADED, self._org.clock.now(), call.actor.call
        self._waiting.append(job)
        return Reply(200, job.head())

    def info(self, call: Call, job_id: str) -> Reply:
        job = self._jobs.get(job_id)
        if self._org.switches.bulk_seconds is None and job in self._waiting:
            job.polls += 1
            if job.polls > self._org.switches.bulk_polls:
                self._run(job)
            else:
                job.state = RUNNING
        return Reply(200, job.info())

    def tick(self) -> None:
        """Let time pass: run the jobs whose time is over."""
        seconds = self._org.switches.bulk_seconds
        if seconds is None:
            return
        now = self._org.clock.now()
        for job in list(self._waiting):
            job.state = RUNNING
            if job.closed is not None and (now - job.closed).total_seconds() >= seconds:
                self._run(job)

    def _run(self, job: IngestJob) -> None:
        self._waiting = [j for j in self._waiting if j is not job]
        load(self._org, job)
        batches = -(-len(job.rows) // BATCH_ROWS)
        if self._limits.batches.used + batches > self._org.switches.bulk_batch_limit:
            job.state, job.error, job.unprocessed = (
                FAILED,
                "ExceededQuota : ApiBatchItems Limit exceeded.",
                job.rows,
            )
            return
        self._limits.batches.add(batches)
        work(self._org, job, self.fail_after)
        job.rows, self.fail_after = [], None
        if self._org.switches.bulk_shuffle:
            random = Random(f"{self._seed}:{job.id}")
            random.shuffle(job.succeeded)
            random.shuffle(job.failed)

    def _results(self, name: str) -> Callable[[Call, str], Reply]:
        def handler(call: Call, job_id: str) -> Reply:
            job = self._jobs.get(job_id)
            if job.state not in TERMINAL:
                raise wrong_state(f"The results of a job in state {job.state} are not there yet")
            lines = {
                "successfulresults": [["sf__Id", "sf__Created", *job.header], *job.succeeded],
                "failedresults": [["sf__Id", "sf__Error", *job.header], *job.failed],
                "unprocessedrecords": [job.header, *job.unprocessed],
            }[name]
            data = csvs.write(
                filter(None, lines), csvs.DELIMITERS[job.delimiter], csvs.LINE_ENDS[job.line_ending]
            )
            return Reply(200, data, {"Content-Type": "text/csv"})

        return handler

    def _entity(self, name: str) -> Entity:
        found = self._org.entity(name)
        if found is None or not found.writable or "Read" not in self._org.access.rights(found):
            raise refuse("INVALIDENTITY", f"Unable to find object: {name}")
        return found

    def _rule(self, body: dict[str, Any]) -> str:
        """The id of the assignment rule, "" for none. Raises ApiError for one that is not there."""
        given = body.get("assignmentRuleId")
        if not given:
            return ""
        known = to18(given)
        if known not in {rule.id for rule in self._org.rules.assignments}:
            raise refuse("INVALIDJOB", f"InvalidJob : invalid assignment rule id: {given}")
        return str(known)

    def _key(self, entity: Entity, operation: str, body: dict[str, Any]) -> str:
        """The external id field of an upsert, `Id` included; "" for other operations. Raises ApiError."""
        if operation != "upsert":
            return ""
        name = str(body.get("externalIdFieldName") or "")
        if not name:
            raise refuse(
                "INVALIDJOB",
                f"InvalidJob : External ID was blank for {entity.name}. An External ID must be specified for upsert.",
            )
        item = entity.field(name)
        readable = self._org.access.readable(entity)
        if item is None or item.name not in readable or not (item.external_id or item.type == "id"):
            raise refuse(
                "INVALIDJOB",
                f"InvalidJob : Field name provided, {name} does not match an External ID, Salesforce Id,"
                f" or indexed field for {entity.name}",
            )
        return item.name
