"""Which Salesforce records were deleted: told by getDeleted and not alive. Docs: sObject Get Deleted.

Also what is in the recycle bin: `changes` tells it as well, but only if its deletion has moved its stamp.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from crmsync.connectors.salesforce.client import Client, Refused
from crmsync.connectors.salesforce.describe import literal, moment, to18
from crmsync.connectors.salesforce.soql import queries, select
from crmsync.model.records import Stamp, StampPage

KEPT: Final = timedelta(days=15) - timedelta(hours=1)
"""How long the vendor's log goes back; a little less, because clocks differ and a window before the log is refused."""
AGAIN: Final = timedelta(days=1)
"""How far a reading goes back behind the last one: whoever asked may not have kept what it was told."""


class Purged:
    """Remembers how far each object was read in this process; a new process reads the whole log once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._until: dict[str, datetime] = {}

    def read(self, obj: str, now: datetime) -> StampPage:
        """Records that are no longer alive, with the time of their deletion, and how far back the log goes."""
        start = max(now - KEPT, self._until.get(obj, now - KEPT) - AGAIN)
        try:
            told, covered, kept_since = self._told(obj, start, now)
            alive = self._alive(obj, sorted(told))
        except Refused as refused:
            raise refused.fatal(f"the deleted records of {obj}") from refused
        self._until[obj] = covered
        gone = [Stamp(obj, i, when, deleted=True) for i, when in sorted(told.items()) if i not in alive]
        return StampPage(gone, None, max(start, kept_since))

    def _told(
        self, obj: str, start: datetime, end: datetime
    ) -> tuple[dict[str, datetime], datetime, datetime]:
        """(id -> deleted at, covered until, nothing older is kept); a window with too many is read in halves."""
        window = urlencode({"start": literal(start), "end": literal(end)})
        try:
            reply = self._client.get("archived", f"sobjects/{obj}/deleted/?{window}")
        except Refused as refused:
            middle = start + (end - start) / 2
            if refused.code != "EXCEEDED_ID_LIMIT" or middle - start < timedelta(minutes=2):
                raise
            first, _, kept_since = self._told(obj, start, middle)
            second, covered, later = self._told(obj, middle, end)
            return first | second, covered, max(kept_since, later)
        rows = reply.get("deletedRecords") or []
        told = {to18(str(row["id"])): moment(str(row["deletedDate"])) for row in rows}
        covered = moment(str(reply.get("latestDateCovered") or end.isoformat()))
        return told, covered, moment(str(reply.get("earliestDateAvailable") or start.isoformat()))

    def _alive(self, obj: str, ids: list[str]) -> set[str]:
        """Those that are there again: restored."""
        texts = queries(select(obj, ("Id",)) + "WHERE ", [("Id", i) for i in ids])
        return {str(row["Id"]) for text in texts for row in self._client.rows("archived", text)}
