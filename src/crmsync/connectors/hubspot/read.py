"""Reads HubSpot records with their values: the list, batches by id or unique property, and look-ups.

Values come from the list and from batch reads, which are consistent; search only says which ids to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from crmsync.connectors.batches import chunks
from crmsync.connectors.hubspot.client import Client, Json, Refused, joined
from crmsync.connectors.hubspot.describe import Plain, moment, stamp_property
from crmsync.model.records import FieldType, ObjectInfo, Page, Record, Stamp, StampPage, Version

BATCH = 100
HISTORY_BATCH = 50
"""The most records of one read with history; more are refused (docs: batch read of contacts)."""
LONGEST_URL = 8_000
SEARCH_PAGE = 200
LONGEST_SEARCH = 2_500
"""Characters of IN values in one search; a body above 3,000 characters is refused."""
SUSPECTS = 5
MERGED = "hs_merged_object_ids"


OURS = frozenset({"INTEGRATION", "API"})
"""Sources of a version that may be our own writing; a person, a form, an import and a workflow have others."""


class Reader:
    """Reads one portal. `describe` gives the field definitions, asked once."""

    def __init__(self, client: Client, describe: Callable[[str], ObjectInfo]) -> None:
        self._client = client
        self._describe = describe
        self._plain: dict[str, Plain] = {}

    def forget(self) -> None:
        """The descriptions changed."""
        self._plain.clear()

    def plain(self, obj: str) -> Plain:
        """The value reader of an object."""
        if obj not in self._plain:
            self._plain[obj] = Plain(self._describe(obj))
        return self._plain[obj]

    def scan(self, obj: str, fields: Sequence[str], after: str | None) -> Page:
        """The list endpoint is ordered by id; property lists too long for a URL go by batch read instead."""
        wide = len(urlencode({"properties": self._asked(obj, fields)})) > LONGEST_URL
        query = {"limit": str(BATCH), "properties": "hs_object_id" if wide else self._asked(obj, fields)}
        if after:
            query["after"] = after
        reply = self._get("scan", obj, "", query)
        rows = reply.get("results", [])
        if wide:
            order = [str(row["id"]) for row in rows]
            found = {r.id: r for r in self._batch("scan", obj, order, fields, {})}
            records = [found[i] for i in order if i in found]
        else:
            records = [self._record(obj, row, fields) for row in rows]
        return Page(records, _next(reply))

    def archived(self, obj: str, after: str | None) -> StampPage:
        """The archived list; it cannot be filtered by time."""
        query = {"limit": str(BATCH), "archived": "true", "properties": "hs_object_id"}
        if after:
            query["after"] = after
        reply = self._get("archived", obj, "", query)
        stamps = [
            Stamp(obj, str(row["id"]), moment(row.get("archivedAt") or row.get("updatedAt")), deleted=True)
            for row in reply.get("results", [])
        ]
        return StampPage(stamps, _next(reply))

    def read(self, obj: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """By id, 100 a call. A merged id answers under its survivor's id, told by `aliases`.

        Ids that no answer accounts for are asked once more among the archived, and at most five of what is then
        left one by one: only a single GET resolves every merged id (docs: merge records).
        """
        records: dict[str, Record] = {}
        asked = [i for i in dict.fromkeys(ids) if i.isdigit()]
        for part in chunks(asked, BATCH):
            _keep(records, self._batch("read", obj, part, fields, {}))
        missing = _missing(asked, records.values())
        for part in chunks(missing, BATCH):
            _keep(records, self._batch("read", obj, part, fields, {"archived": "true"}, deleted=True))
        for suspect in _missing(missing, records.values())[:SUSPECTS]:
            _keep(records, self._single(obj, suspect, fields))
        return list(records.values())

    def find(self, obj: str, by: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Record]:
        """Unique properties and e-mail by batch read (consistent), any other by search and then batch read.

        A property that does not exist matches nothing.
        """
        known = self._describe(obj).fields
        records: dict[str, Record] = {}
        others: list[str] = []
        for name, values in by.items():
            wanted = list(dict.fromkeys(v.lower() if name == "email" else v for v in values if v))
            if not wanted or (name not in known and name != "hs_object_id"):
                continue
            if name == "hs_object_id":
                others += [i for i in wanted if i.isdigit()]
            elif known[name].unique:
                for part in chunks(wanted, BATCH):
                    _keep(records, self._batch("find", obj, part, fields, {}, by=name))
            else:
                exact = known[name].type in {FieldType.PICKLIST, FieldType.MULTIPICKLIST}
                # IN compares text only with lower-case values (docs: CRM search).
                others += self._search_ids(obj, name, wanted if exact else [v.lower() for v in wanted])
        rest = [i for i in dict.fromkeys(others) if i not in records]
        for part in chunks(rest, BATCH):
            _keep(records, self._batch("find", obj, part, fields, {}))
        return list(records.values())

    def history(
        self, obj: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, tuple[Version, ...]]]:
        """The versions of these properties, newest first, 50 records a call. A property that never changed may have none."""
        found: dict[str, dict[str, tuple[Version, ...]]] = {}
        for part in chunks(list(dict.fromkeys(ids)), HISTORY_BATCH):
            body: Json = {
                "inputs": [{"id": value} for value in part],
                "properties": ["hs_object_id"],
                "propertiesWithHistory": list(fields),
            }
            try:
                reply = self._client.ask(
                    "history", self._client.path("objects", f"/{obj}/batch/read"), body, None
                )
            except Refused as refused:
                if refused.status == 404:
                    continue
                raise refused.fatal(f"history of {obj}") from refused
            for row in reply.get("results", []):
                past = row.get("propertiesWithHistory") or {}
                found[str(row["id"])] = {
                    name: self._versions(obj, name, past.get(name) or []) for name in fields
                }
        return found

    def _versions(self, obj: str, name: str, rows: Sequence[Json]) -> tuple[Version, ...]:
        read = self.plain(obj).read
        versions = [
            Version(
                read({name: row.get("value")}, [name])[name],
                moment(row.get("timestamp")),
                row.get("sourceType") in OURS,
            )
            for row in rows
        ]
        return tuple(sorted(versions, key=lambda v: v.at, reverse=True))

    # -- calls ----------------------------------------------------------------------------------------------
    def _get(self, purpose: str, obj: str, rest: str, query: Mapping[str, str]) -> Json:
        try:
            return self._client.get(purpose, self._client.path("objects", f"/{obj}{rest}"), query)
        except Refused as refused:
            raise refused.fatal(f"{purpose} of {obj}") from refused

    def _batch(
        self,
        purpose: str,
        obj: str,
        values: Sequence[str],
        fields: Sequence[str],
        query: Mapping[str, str],
        *,
        by: str = "",
        deleted: bool = False,
    ) -> list[Record]:
        if not values:
            return []
        body: Json = {
            "inputs": [{"id": value} for value in values],
            "properties": self._asked(obj, fields).split(","),
            "propertiesWithHistory": [],
        }
        if by:
            body["idProperty"] = by
        try:
            reply = self._client.ask(
                purpose, self._client.path("objects", f"/{obj}/batch/read"), body, query or None
            )
        except Refused as refused:
            if refused.status == 404:
                return []
            raise refused.fatal(f"{purpose} of {obj}") from refused
        rows = [row for row in reply.get("results", []) if bool(row.get("archived")) == deleted]
        return [self._record(obj, row, fields) for row in rows]

    def _single(self, obj: str, suspect: str, fields: Sequence[str]) -> list[Record]:
        asked = self._asked(obj, fields)
        wide = len(urlencode({"properties": asked})) > LONGEST_URL
        try:
            row = self._client.get(
                "read",
                self._client.path("objects", f"/{obj}/{suspect}"),
                {"properties": "hs_object_id" if wide else asked},
            )
        except Refused as refused:
            if refused.status in {400, 404}:
                return []
            raise refused.fatal(f"read of {obj}") from refused
        if wide:
            return self._batch("read", obj, [str(row["id"])], fields, {})
        return [self._record(obj, row, fields, alias=suspect)]

    def _search_ids(self, obj: str, name: str, values: Sequence[str]) -> list[str]:
        found: list[str] = []
        for part in _short(values):
            after = ""
            while True:
                reply = self._searched(obj, name, part, after)
                found += [str(row["id"]) for row in reply.get("results", [])]
                after = _next(reply) or ""
                if not after:
                    break
        return found

    def _searched(self, obj: str, name: str, values: Sequence[str], after: str) -> Json:
        filters = [{"propertyName": name, "operator": "IN", "values": list(values)}]
        body: Json = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": ["hs_object_id"],
            "limit": SEARCH_PAGE,
        }
        if after:
            body["after"] = after
        try:
            return self._client.search("find", obj, body)
        except Refused as refused:
            raise refused.fatal(f"search of {obj}") from refused

    # -- shapes ---------------------------------------------------------------------------------------------
    def _asked(self, obj: str, fields: Sequence[str]) -> str:
        return joined([*fields, stamp_property(obj), MERGED])

    def _record(self, obj: str, row: Json, fields: Sequence[str], alias: str = "") -> Record:
        properties = row.get("properties") or {}
        own = str(row["id"])
        older = [i for i in (properties.get(MERGED) or "").split(";") if i]
        if alias and alias != own:
            older.append(alias)
        return Record(
            side="hubspot",
            object=obj,
            id=own,
            version=moment(properties.get(stamp_property(obj)) or row.get("updatedAt")),
            values=self.plain(obj).read(properties, fields),
            deleted=bool(row.get("archived")),
            aliases=tuple(dict.fromkeys(older)),
        )


def _next(reply: Json) -> str | None:
    after = ((reply.get("paging") or {}).get("next") or {}).get("after")
    return str(after) if after else None


def _keep(records: dict[str, Record], more: Iterable[Record]) -> None:
    for record in more:
        older = records.get(record.id)
        if older is not None:
            both = tuple(dict.fromkeys(older.aliases + record.aliases))
            records[record.id] = replace(record, aliases=both)
        else:
            records[record.id] = record


def _missing(asked: Sequence[str], records: Iterable[Record]) -> list[str]:
    known = {i for r in records for i in (r.id, *r.aliases)}
    return [i for i in asked if i not in known]


def _short(values: Sequence[str]) -> list[list[str]]:
    """Values in groups of at most 100 and at most LONGEST_SEARCH characters."""
    groups: list[list[str]] = [[]]
    size = 0
    for value in values:
        cost = len(value.encode()) + 4
        if groups[-1] and (size + cost > LONGEST_SEARCH or len(groups[-1]) >= BATCH):
            groups.append([])
            size = 0
        groups[-1].append(value)
        size += cost
    return groups
