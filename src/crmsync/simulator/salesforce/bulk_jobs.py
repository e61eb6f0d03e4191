"""What ingest and query jobs of Bulk API 2.0 have in common: their ids, age, addresses and refusals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.tenant import Tenant

KEPT = timedelta(days=7)
OPEN, UPLOADED, RUNNING = "Open", "UploadComplete", "InProgress"
DONE, FAILED, ABORTED = "JobComplete", "Failed", "Aborted"
TERMINAL = frozenset({DONE, FAILED, ABORTED})


class Job(Protocol):
    """What is common to both kinds. `id` has 18 characters, 750..."""

    id: str
    state: str
    created: datetime

    def info(self) -> dict[str, Any]: ...


J = TypeVar("J", bound=Job)


class Jobs(Generic[J]):
    """The jobs of one kind that are not yet forgotten, by id."""

    def __init__(self, org: Tenant) -> None:
        self._org = org
        self._known: dict[str, J] = {}

    def add(self, job: J) -> None:
        """Keep a job, and forget those that are older than seven days."""
        oldest = self._org.clock.now() - KEPT
        self._known = {i: j for i, j in self._known.items() if j.created > oldest}
        self._known[job.id] = job

    def get(self, job_id: str) -> J:
        """A job by its id of 15 or 18 characters. Raises ApiError NOT_FOUND."""
        job = self._known.get(job_id) or next(
            (j for i, j in self._known.items() if len(job_id) == 15 and i[:15] == job_id), None
        )
        if job is None or job.created <= self._org.clock.now() - KEPT:
            raise refuse("NOT_FOUND", "The requested resource does not exist")
        return job

    def drop(self, job: J) -> Reply:
        """Delete a job that has ended. Raises ApiError INVALIDJOBSTATE for one that has not."""
        if job.state not in TERMINAL:
            raise wrong_state(f"Cannot delete a job in state {job.state}")
        del self._known[job.id]
        return Reply(204)

    def listed(self, call: Call) -> Reply:
        """All jobs, the newest last, in one page. Raises ApiError for a locator, as there is no other page."""
        if call.param("queryLocator"):
            raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
        wanted = {k: v for k, v in call.query if k in {"jobType", "concurrencyMode"}}
        oldest = self._org.clock.now() - KEPT
        rows = [j.info() for j in self._known.values() if j.created > oldest]
        rows = [r for r in rows if all(str(r[k]).lower() == v.lower() for k, v in wanted.items())]
        return Reply(200, {"done": True, "records": rows, "nextRecordsUrl": None})


def wanted_state(call: Call, allowed: Iterable[str]) -> str:
    """The state a PATCH asks for. Raises ApiError."""
    state = call.settings("state").get("state")
    if state not in tuple(allowed):
        raise refuse("INVALIDJOBSTATE", f"Invalid job state: {state}")
    return str(state)


def chosen(body: dict[str, Any], name: str, allowed: Iterable[str], default: str) -> str:
    """A setting of a new job that is one of a few words. Raises ApiError."""
    value = body.get(name, default)
    if value not in tuple(allowed):
        raise refuse("INVALIDJOB", f"Invalid value for {name}: {value}")
    return str(value)


def wrong_state(message: str) -> ApiError:
    """A job is not in a state for that."""
    return refuse("INVALIDJOBSTATE", message)


def stamp(at: datetime) -> str:
    """A job's times, as every JSON reply writes them."""
    return at.isoformat()[:19] + ".000+0000"
