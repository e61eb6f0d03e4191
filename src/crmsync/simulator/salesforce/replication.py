"""/sobjects/X/updated and /deleted: ids changed or deleted in a window of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from crmsync.simulator.salesforce.coerce import parse_stamp
from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.schema import Entity
from crmsync.simulator.salesforce.sobjects import entity_of
from crmsync.simulator.salesforce.tenant import Tenant, wire

UPDATED_DAYS = 30
DELETED_DAYS = 15
LOG_KEPT = timedelta(hours=2)


class Replication:
    """Both resources. Seconds of the window are cut off, as the vendor does.

    `open_since` is when a transaction began that has not ended yet; until it does, nothing later is covered.
    """

    def __init__(self, org: Tenant) -> None:
        self._org = org
        self.open_since: datetime | None = None
        self._forgotten = ""

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [("GET", "sobjects/{}/updated", self.updated), ("GET", "sobjects/{}/deleted", self.deleted)]

    def purge_log(self) -> None:
        """The log of deletions has grown too big: what stands in it for more than two hours goes."""
        self._forgotten = wire(self._org.clock.now() - LOG_KEPT)

    def updated(self, call: Call, name: str) -> Reply:
        entity = replicated(self._org, name)
        start, end = self._window(call, UPDATED_DAYS)
        rows = self._org.tables[entity.name].by_stamp(start, end)
        sees = self._org.access.sees
        ids = [r["Id"] for r in rows if not r.get("IsDeleted", False) and sees(entity, r)]
        self._check(len(ids))
        return Reply(200, {"ids": ids, "latestDateCovered": self._covered(end)})

    def deleted(self, call: Call, name: str) -> Reply:
        entity = replicated(self._org, name)
        start, end = self._window(call, DELETED_DAYS)
        rows = self._org.tables[entity.name].by_stamp(start, end)
        since = max(self._forgotten, self._org.log_since)
        gone = [
            {"id": r["Id"], "deletedDate": r["SystemModstamp"]}
            for r in rows
            if r.get("IsDeleted", False)
            and str(r["SystemModstamp"]) >= since
            and self._org.access.sees(entity, r)
        ]
        log = self._org.purged.get(entity.name, ())
        gone += [{"id": p.id, "deletedDate": p.at} for p in log if max(start, since) <= p.at <= end]
        self._check(len(gone))
        earliest = max(wire(self._org.clock.now() - timedelta(days=DELETED_DAYS)), since)
        out = {"deletedRecords": gone, "earliestDateAvailable": earliest}
        return Reply(200, {**out, "latestDateCovered": self._covered(end)})

    def _covered(self, end: str) -> str:
        """The start of the next window: not after now, nor after the start of a transaction that is still open."""
        end = min(end, self._org.now())
        return end if self.open_since is None else min(end, wire(self.open_since))

    def _check(self, found: int) -> None:
        if found > self._org.switches.updated_limit:
            raise refuse("EXCEEDED_ID_LIMIT", "The window holds too many ids; ask for a shorter one")

    def _window(self, call: Call, days: int) -> tuple[str, str]:
        """Start and end of the window. Raises ApiError INVALID_REPLICATION_DATE."""
        # A plus sign that was not encoded arrives as a space.
        given = [parse_stamp(call.param(n).replace(" ", "+")) for n in ("start", "end")]
        start, end = (g[:17] + "00.000+0000" if g else "" for g in given)
        oldest = wire(self._org.clock.now() - timedelta(days=days))
        if not start or not end or start >= end or start < oldest:
            raise refuse("INVALID_REPLICATION_DATE", "startDate and endDate are not a usable window")
        return start, end


def replicated(org: Tenant, name: str) -> Entity:
    """An object that can be replicated. Raises ApiError NOT_FOUND, or INVALID_TYPE for one that cannot."""
    entity = entity_of(org, name)
    if not entity.deletable:
        raise refuse("INVALID_TYPE_FOR_OPERATION", f"entity type {entity.name} does not support replication")
    return entity
