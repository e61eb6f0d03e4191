"""Reads Salesforce records: full scans in id order, changes by stamp, batches by id, and look-ups."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import orjson

from crmsync.connectors.batches import chunks
from crmsync.connectors.salesforce.client import Client, Json, Refused, errors_of, failure
from crmsync.connectors.salesforce.describe import Plain, literal, moment, to18
from crmsync.connectors.salesforce.soql import changed_since, queries, select, soql
from crmsync.connectors.transport import CallFailed
from crmsync.errors import TransientError
from crmsync.model.records import ObjectInfo, Page, Record, Stamp, StampPage

RETRIEVE = 2_000
COMPOSITE_QUERIES = 5
_ID = re.compile(r"[A-Za-z0-9]{18}")
_PREFIXES = {"Lead": "00Q", "Contact": "003", "Account": "001"}


class Reader:
    """Reads one org. `describe` gives the fields that the user sees, asked once."""

    def __init__(self, client: Client, describe: Callable[[str], ObjectInfo]) -> None:
        self._client = client
        self._describe = describe
        self._plain: dict[str, Plain] = {}

    def forget(self) -> None:
        """The descriptions changed."""
        self._plain.clear()

    def _of(self, obj: str) -> Plain:
        if obj not in self._plain:
            self._plain[obj] = Plain(self._describe(obj))
        return self._plain[obj]

    # -- scans ----------------------------------------------------------------------------------------------
    def scan(self, obj: str, fields: Sequence[str], after: str | None) -> Page:
        """By locator; a lost one is replaced by a query above the last id."""
        place = orjson.loads(after) if after else {"url": "", "last": ""}
        try:
            if place["url"]:
                page = self._client.more("scan", place["url"])
            else:
                page = self._client.query("scan", self._scan_soql(obj, fields, place["last"]))
        except Refused as refused:
            if refused.code != "INVALID_QUERY_LOCATOR":
                raise refused.fatal(f"a query of {obj}") from refused
            page = self._client.query("scan", self._scan_soql(obj, fields, place["last"]))
        records = [self._record(obj, row, fields) for row in page["records"]]
        if page["done"]:
            return Page(records, None)
        last = records[-1].id if records else place["last"]
        return Page(records, orjson.dumps({"url": page["nextRecordsUrl"], "last": last}).decode())

    def _scan_soql(self, obj: str, fields: Sequence[str], last: str) -> str:
        above = soql("WHERE Id > {} ", last) if last else ""
        return self._select(obj, fields) + above + "ORDER BY Id"

    # -- changes --------------------------------------------------------------------------------------------
    def changes(self, objects: Mapping[str, datetime], after: str | None) -> StampPage:
        """First pages of five objects in one composite call, then the further pages of those not done.

        queryAll keeps deleted rows, so these are changes too.
        """
        place: Json = (
            orjson.loads(after)
            if after
            else {"todo": [[obj, literal(since)] for obj, since in objects.items()], "more": []}
        )
        if place["more"]:
            (obj, url, since), *place["more"] = place["more"]
            stamps = self._continue(place, obj, url, since)
        elif place["todo"]:
            now, place["todo"] = place["todo"][:COMPOSITE_QUERIES], place["todo"][COMPOSITE_QUERIES:]
            stamps = self._start(place, now)
        else:
            stamps = []
        left = bool(place["more"] or place["todo"])
        return StampPage(stamps, orjson.dumps(place).decode() if left else None)

    def _start(self, place: Json, objects: Sequence[Sequence[str]]) -> list[Stamp]:
        requests = [
            {
                "method": "GET",
                "referenceId": f"q{number}",
                "url": f"{self._client.base}/queryAll?q={quote_plus(changed_since(obj, since))}",
            }
            for number, (obj, since) in enumerate(objects)
        ]
        body = {"allOrNone": False, "compositeRequest": requests}
        try:
            reply = self._client.ask("changes", "composite", body)
        except Refused as refused:
            raise refused.fatal("a composite query") from refused
        answers = {part["referenceId"]: part for part in reply["compositeResponse"]}
        stamps: list[Stamp] = []
        for number, (obj, since) in enumerate(objects):
            answer = answers[f"q{number}"]
            if answer["httpStatusCode"] != 200:
                raise _part_failed(obj, answer)
            stamps += self._stamps(place, obj, since, answer["body"])
        return stamps

    def _continue(self, place: Json, obj: str, url: str, since: str) -> list[Stamp]:
        try:
            return self._stamps(place, obj, since, self._client.more("changes", url))
        except Refused as refused:
            if refused.code != "INVALID_QUERY_LOCATOR":
                raise refused.fatal(f"a query of {obj}") from refused
        place["todo"].insert(0, [obj, since])  # the locator is lost: again from the last stamp on
        return []

    @staticmethod
    def _stamps(place: Json, obj: str, since: str, page: Json) -> list[Stamp]:
        stamps = [
            Stamp(obj, str(r["Id"]), moment(r["SystemModstamp"]), deleted=bool(r["IsDeleted"]))
            for r in page["records"]
        ]
        if not page["done"]:
            last = literal(stamps[-1].version) if stamps else since
            place["more"].append([obj, page["nextRecordsUrl"], last])
        return stamps

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
        return list(records.values()) + self._deleted(obj, absent, fields)

    def _deleted(self, obj: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        head = (
            select(obj, ("Id", "SystemModstamp", "IsDeleted", "MasterRecordId"))
            + "WHERE IsDeleted = true AND "
        )
        gone: list[Record] = []
        for text in queries(head, [("Id", i) for i in ids]):
            gone += [self._gone(obj, row, fields) for row in self._rows("read", obj, text, deleted=True)]
        return gone

    def find(self, obj: str, by: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Record]:
        """SOQL with `A IN (...) OR B IN (...)`. A field that the user does not see matches nothing."""
        known = self._of(obj).known
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
            if refused.code == "INVALID_QUERY_LOCATOR":
                raise TransientError(f"Salesforce lost its place in a query of {obj}.") from refused
            raise refused.fatal(f"a query of {obj}") from refused

    # -- shapes ---------------------------------------------------------------------------------------------
    def _names(self, obj: str, fields: Sequence[str]) -> list[str]:
        """What to ask for: fields that the user does not see would refuse the whole query."""
        known = self._of(obj).known
        always = ["Id", "SystemModstamp"] + (["IsConverted", "ConvertedContactId"] if obj == "Lead" else [])
        return list(dict.fromkeys(always + [name for name in fields if name in known]))

    def _select(self, obj: str, fields: Sequence[str]) -> str:
        return select(obj, self._names(obj, fields))

    def _record(self, obj: str, row: Json, fields: Sequence[str]) -> Record:
        return Record(
            side="salesforce",
            object=obj,
            id=str(row["Id"]),
            version=moment(row["SystemModstamp"]),
            values=self._of(obj).read(row, fields),
            deleted=bool(row.get("IsDeleted", False)),
            converted_to=row.get("ConvertedContactId") if row.get("IsConverted") else None,
        )

    @staticmethod
    def _gone(obj: str, row: Json, fields: Sequence[str]) -> Record:
        return Record(
            side="salesforce",
            object=obj,
            id=str(row["Id"]),
            version=moment(row["SystemModstamp"]),
            values=dict.fromkeys(fields),
            deleted=True,
            merged_into=row.get("MasterRecordId") or None,
        )


def _is_id(obj: str, text: str) -> bool:
    return bool(_ID.fullmatch(text)) and text.startswith(_PREFIXES.get(obj, ""))


def _part_failed(obj: str, answer: Mapping[str, Any]) -> Exception:
    """A failed subrequest, as if it had been a call of its own."""
    error = failure(int(answer["httpStatusCode"]), errors_of(answer.get("body")))
    if isinstance(error, Refused):
        return error.fatal(f"a query of {obj}")
    if isinstance(error, CallFailed):
        return TransientError(f"Salesforce changes: {error}", retry_after=error.retry_after)
    return error
