"""Which Salesforce records were deleted for good: told by getDeleted and gone from queryAll. Docs: sObject Get Deleted.

What is in the recycle bin is told by `changes` already; what was restored is there again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from crmsync.connectors.salesforce.client import Client, Refused
from crmsync.connectors.salesforce.describe import literal, moment, to18
from crmsync.connectors.salesforce.soql import queries, select
from crmsync.model.records import Stamp

KEPT: Final = timedelta(days=15) - timedelta(hours=1)
"""How long the vendor's log goes back; a little less, because clocks differ and a window before the log is refused."""
AGAIN: Final = timedelta(days=1)
"""How far a reading goes back behind the last one: whoever asked may not have kept what it was told."""


class Purged:
    """Remembers how far each object was read in this process; a new process reads the whole log once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._until: dict[str, datetime] = {}

    def read(self, obj: str, now: datetime) -> list[Stamp]:
        """Records that no query shows any more, with the time of their deletion."""
        start = max(now - KEPT, self._until.get(obj, now - KEPT) - AGAIN)
        try:
            told, covered = self._told(obj, start, now)
            shown = self._shown(obj, sorted(told))
        except Refused as refused:
            raise refused.fatal(f"the deleted records of {obj}") from refused
        self._until[obj] = covered
        return [Stamp(obj, i, when, deleted=True) for i, when in sorted(told.items()) if i not in shown]

    def _told(self, obj: str, start: datetime, end: datetime) -> tuple[dict[str, datetime], datetime]:
        """(id -> deleted at, covered until); a window with too many is read in halves."""
        window = urlencode({"start": literal(start), "end": literal(end)})
        try:
            reply = self._client.get("archived", f"sobjects/{obj}/deleted/?{window}")
        except Refused as refused:
            middle = start + (end - start) / 2
            if refused.code != "EXCEEDED_ID_LIMIT" or middle - start < timedelta(minutes=2):
                raise
            first, _ = self._told(obj, start, middle)
            second, covered = self._told(obj, middle, end)
            return first | second, covered
        rows = reply.get("deletedRecords") or []
        told = {to18(str(row["id"])): moment(str(row["deletedDate"])) for row in rows}
        return told, moment(str(reply.get("latestDateCovered") or end.isoformat()))

    def _shown(self, obj: str, ids: list[str]) -> set[str]:
        """Those that a query still shows, in the recycle bin or alive."""
        texts = queries(select(obj, ("Id",)) + "WHERE ", [("Id", i) for i in ids])
        return {str(row["Id"]) for text in texts for row in self._client.rows("archived", text, deleted=True)}
