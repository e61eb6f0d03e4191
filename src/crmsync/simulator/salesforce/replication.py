"""/sobjects/X/updated and /deleted: ids changed or deleted in a window of time."""

from __future__ import annotations

from datetime import timedelta

from crmsync.simulator.salesforce.coerce import parse_stamp
from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.sobjects import entity_of
from crmsync.simulator.salesforce.tenant import Tenant, wire

UPDATED_DAYS = 30
DELETED_DAYS = 15


class Replication:
    """Both resources. Seconds of the window are cut off, as the vendor does."""

    def __init__(self, org: Tenant) -> None:
        self._org = org

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [("GET", "sobjects/{}/updated", self.updated), ("GET", "sobjects/{}/deleted", self.deleted)]

    def updated(self, call: Call, name: str) -> Reply:
        entity = entity_of(self._org, name)
        start, end = self._window(call, UPDATED_DAYS)
        rows = self._org.tables[entity.name].by_stamp(start, end)
        sees = self._org.access.sees
        ids = [r["Id"] for r in rows if not r.get("IsDeleted", False) and sees(entity, r)]
        return Reply(200, {"ids": ids, "latestDateCovered": end})

    def deleted(self, call: Call, name: str) -> Reply:
        entity = entity_of(self._org, name)
        start, end = self._window(call, DELETED_DAYS)
        rows = self._org.tables[entity.name].by_stamp(start, end)
        gone = [
            {"id": r["Id"], "deletedDate": r["SystemModstamp"]}
            for r in rows
            if r.get("IsDeleted", False) and self._org.access.sees(entity, r)
        ]
        log = self._org.purged.get(entity.name, ())
        gone += [{"id": p.id, "deletedDate": p.at} for p in log if start <= p.at <= end]
        since = self._org.log_since
        gone = [g for g in gone if str(g["deletedDate"]) >= since]
        earliest = max(since, wire(self._org.clock.now() - timedelta(days=DELETED_DAYS)))
        return Reply(
            200, {"deletedRecords": gone, "earliestDateAvailable": earliest, "latestDateCovered": end}
        )

    def _window(self, call: Call, days: int) -> tuple[str, str]:
        """Start and end of the window. Raises ApiError INVALID_REPLICATION_DATE."""
        # A plus sign that was not encoded arrives as a space.
        given = [parse_stamp(call.param(n).replace(" ", "+")) for n in ("start", "end")]
        start, end = (g[:17] + "00.000+0000" if g else "" for g in given)
        oldest = wire(self._org.clock.now() - timedelta(days=days))
        if not start or not end or start >= end or start < oldest:
            raise refuse("INVALID_REPLICATION_DATE", "startDate and endDate are not a usable window")
        return start, end
