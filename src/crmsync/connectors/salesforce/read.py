"""Reads Salesforce records: full scans in id order, changes by stamp, batches by id, and look-ups."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import orjson

from crmsync.connectors.batches import chunks
from crmsync.connectors.salesforce.changes import changed
from crmsync.connectors.salesforce.client import Client, Json, Refused
from crmsync.connectors.salesforce.describe import PREFIXES, Plain, moment, to18
from crmsync.connectors.salesforce.soql import queries, select, soql
from crmsync.errors import FatalError
from crmsync.model.records import ObjectInfo, Page, Record, StampPage

RETRIEVE = 2_000
LONGEST_CHAIN = 20
"""Merges of merges that are followed; a person is merged a few times at most."""
ARCHIVING = frozenset({"Task", "Event"})
"""Objects whose old rows only queryAll shows, though nobody deleted them (docs: archived activities)."""
_ID = re.compile(r"[A-Za-z0-9]{18}")


class Reader:
    """Reads one org. `describe` gives the fields that the user sees, asked once."""

    def __init__(self, client: Client, describe: Callable[[str], ObjectInfo]) -> None:
        self._client = client
        self._describe = describe
        self._plain: dict[str, Plain] = {}

    def forget(self) -> None:
        """The descriptions changed."""
        self._plain.clear()

    def plain(self, obj: str) -> Plain:
        """The value reader of an object. Raises FatalError when the user has no access to it."""
        if obj not in self._plain:
            info = self._describe(obj)
            if not info.fields:
                raise FatalError(
                    f"Salesforce shows our user no object {obj}: they may not read it, or the org has none.",
                    fix=f"Give the integration user Read on {obj}.",
                )
            self._plain[obj] = Plain(info)
        return self._plain[obj]

    # -- scans ----------------------------------------------------------------------------------------------
    def scan(self, obj: str, fields: Sequence[str], after: str | None) -> Page:
        """By locator; a lost one is replaced by a query above the last id."""
        place = orjson.loads(after) if after else {"url": "", "last": ""}
        try:
            if place["url"]:
                page = self._client.more("scan", place["url"])
            else:
                page = self._scanned(obj, fields, place["last"])
        except Refused as refused:
            if refused.code != "INVALID_QUERY_LOCATOR":
                raise refused.fatal(f"a query of {obj}") from refused
            page = self._scanned(obj, fields, place["last"])
        records = [self._record(obj, row, fields) for row in page["records"]]
        if page["done"]:
            return Page(records, None)
        last = records[-1].id if records else place["last"]
        return Page(records, orjson.dumps({"url": page["nextRecordsUrl"], "last": last}).decode())

    def _scanned(self, obj: str, fields: Sequence[str], last: str) -> Json:
        """The first page above an id."""
        old = obj in ARCHIVING
        parts = [soql("Id > {}", last)] * bool(last) + ["IsDeleted = false"] * old
        where = f"WHERE {' AND '.join(parts)} " if parts else ""
        return self._client.query("scan", self._select(obj, fields) + where + "ORDER BY Id", deleted=old)

    def changes(self, objects: Mapping[str, datetime], after: str | None) -> StampPage:
        """See `changes.changed`."""
        return changed(self._client, self.plain, objects, after)

    # -- by id and by value ---------------------------------------------------------------------------------
    def read(self, obj: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Collections retrieve, 2,000 a call; only the absent ones are asked for among the deleted.

        What cannot be an id of this object is left out: one such would refuse the whole call.
        """
        asked = [i for i in dict.fromkeys(map(to18, ids)) if _is_id(obj, i)]
        names = self._names(obj, fields)
        records: dict[str, Record] = {}
        for part in chunks(asked, RETRIEVE):
            body = {"ids": list(part), "fields": names}
            try:
                rows = self._client.ask("read", f"composite/sobjects/{obj}", body) or []
            except Refused as refused:
                raise refused.fatal(f"the retrieval of {obj}") from refused
            found = (self._record(obj, row, fields) for row in rows if row)
            records |= {r.id: r for r in found if not r.deleted}
        absent = [i for i in asked if i not in records]
        return list(records.values()) + self._deleted(obj, absent, fields, set(records))

    def _deleted(self, obj: str, ids: Sequence[str], fields: Sequence[str], alive: set[str]) -> list[Record]:
        """Those of these records that are in the recycle bin; a merged one names who absorbed it in the end."""
        plain = self.plain(obj)
        if not plain.deletes:
            return []
        names = ("Id", plain.stamp, *(["MasterRecordId"] if plain.merges else []))
        gone = [
            self._gone(obj, row, fields)
            for text in queries(select(obj, names) + "WHERE IsDeleted = true AND ", [("Id", i) for i in ids])
            for row in self._rows("read", obj, text, deleted=True)
        ]
        return self._followed(obj, gone, alive)

    def _followed(self, obj: str, gone: Sequence[Record], alive: set[str]) -> list[Record]:
        """A master may itself have been merged away since, and its master too (docs: MasterRecordId)."""
        masters = {r.id: r.merged_into for r in gone if r.merged_into}
        asked = set(alive)
        head = (
            select(obj, ("Id", "MasterRecordId")) + "WHERE IsDeleted = true AND MasterRecordId != null AND "
        )
        for _ in range(LONGEST_CHAIN):
            todo = sorted(set(masters.values()) - masters.keys() - asked)
            if not todo:
                break
            asked.update(todo)
            for text in queries(head, [("Id", i) for i in todo]):
                rows = self._rows("read", obj, text, deleted=True)
                masters |= {str(row["Id"]): str(row["MasterRecordId"]) for row in rows}
        return [replace(r, merged_into=_last(masters, r.merged_into)) if r.merged_into else r for r in gone]

    def find(self, obj: str, by: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Record]:
        """SOQL with `A IN (...) OR B IN (...)`. A field that the user does not see matches nothing."""
        known = self.plain(obj).known
        wanted = [
            (name, v) for name, values in by.items() if name in known for v in dict.fromkeys(values) if v
        ]
        head = self._select(obj, fields) + "WHERE "
        records: dict[str, Record] = {}
        for text in queries(head, wanted):
            records |= {
                r.id: r for r in (self._record(obj, row, fields) for row in self._rows("find", obj, text))
            }
        return list(records.values())

    def _rows(self, purpose: str, obj: str, text: str, *, deleted: bool = False) -> list[Json]:
        try:
            return self._client.rows(purpose, text, deleted=deleted)
        except Refused as refused:
            raise refused.fatal(f"a query of {obj}") from refused

    # -- shapes ---------------------------------------------------------------------------------------------
    def _names(self, obj: str, fields: Sequence[str]) -> list[str]:
        """What to ask for: fields that the user does not see would refuse the whole query."""
        plain = self.plain(obj)
        known = plain.known
        always = ["Id", plain.stamp, *plain.saver]
        always += ["IsConverted", "ConvertedContactId"] if obj == "Lead" else []
        return list(dict.fromkeys(always + [name for name in fields if name in known]))

    def _select(self, obj: str, fields: Sequence[str]) -> str:
        return select(obj, self._names(obj, fields))

    def _record(self, obj: str, row: Json, fields: Sequence[str]) -> Record:
        return Record(
            side="salesforce",
            object=obj,
            id=str(row["Id"]),
            version=moment(row[self.plain(obj).stamp]),
            values=self.plain(obj).read(row, fields),
            deleted=bool(row.get("IsDeleted", False)),
            converted_to=row.get("ConvertedContactId") if row.get("IsConverted") else None,
            saved_by=str(row.get("LastModifiedById") or ""),
        )

    def _gone(self, obj: str, row: Json, fields: Sequence[str]) -> Record:
        return Record(
            side="salesforce",
            object=obj,
            id=str(row["Id"]),
            version=moment(row[self.plain(obj).stamp]),
            values=dict.fromkeys(fields),
            deleted=True,
            merged_into=row.get("MasterRecordId") or None,
        )


def _is_id(obj: str, text: str) -> bool:
    return bool(_ID.fullmatch(text)) and text.startswith(PREFIXES.get(obj, ""))


def _last(masters: Mapping[str, str], first: str) -> str:
    """The end of a chain of masters; where a chain would be a ring, the last before it closes."""
    seen = {first}
    while (following := masters.get(first)) is not None and following not in seen:
        first = following
        seen.add(first)
    return first
