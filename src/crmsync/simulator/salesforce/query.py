"""/query, /queryAll, their further pages by locator, and Tooling's /query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.headers import options
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.ids import suffix
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.schema import Row
from crmsync.simulator.salesforce.soql.evaluate import Result, run
from crmsync.simulator.salesforce.soql.names import Scope
from crmsync.simulator.salesforce.soql.nodes import Query
from crmsync.simulator.salesforce.soql.parser import parse
from crmsync.simulator.salesforce.tenant import Tenant

_LEAST_BATCH = 200


@dataclass(frozen=True, slots=True)
class Cursor:
    """A query whose pages are still being fetched: the ids found; values are read when a page is.

    `rows` are the records as they were, when the org keeps those.
    """

    result: Result
    deleted: bool
    since: datetime
    rows: tuple[Row, ...] | None = None


class Queries:
    """Runs statements and remembers the cursors."""

    def __init__(self, org: Tenant) -> None:
        self._org = org
        self._cursors: dict[str, Cursor] = {}
        self._made = 0
        self._pages = 0
        self._parse = lru_cache(maxsize=256)(parse)

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [
            ("GET", "query", self.query),
            ("GET", "queryAll", self.query_all),
            ("GET", "query/{}", self.more),
            ("GET", "queryAll/{}", self.more),
            ("GET", "tooling/query", self.tooling),
            ("GET", "search", self.search),
            ("GET", "parameterizedSearch", self.search),
            ("POST", "parameterizedSearch", self.search),
        ]

    def query(self, call: Call) -> Reply:
        return self._start(call, deleted=False)

    def query_all(self, call: Call) -> Reply:
        return self._start(call, deleted=True)

    def tooling(self, call: Call) -> Reply:
        return self._start(call, deleted=False, tooling=True)

    def search(self, call: Call) -> Reply:
        """SOSL is not simulated: refused as in an org without it."""
        raise refuse("FUNCTIONALITY_NOT_ENABLED", "Search is not enabled in this organization", status=403)

    def more(self, call: Call, locator: str) -> Reply:
        """The page of `0r8...-2000`. Raises ApiError INVALID_QUERY_LOCATOR."""
        name, _, offset = locator.rpartition("-")
        cursor = self._cursors.get(name)
        age = (self._org.clock.now() - cursor.since).total_seconds() if cursor else 0.0
        if cursor is None or not offset.isdecimal() or age > self._org.switches.locator_ttl_s:
            raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
        if int(offset) >= len(cursor.result.ids):
            raise refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
        return Reply(200, self._page(call, cursor, name, int(offset)))

    def forget_cursors(self) -> None:
        """Expire every locator: what a restart of the vendor's pod does."""
        self._cursors.clear()

    def _start(self, call: Call, *, deleted: bool, tooling: bool = False) -> Reply:
        text = call.param("q")
        if call.param("explain"):
            raise refuse("FUNCTIONALITY_NOT_ENABLED", "Query plans are not available")
        if not text:
            raise refuse("MALFORMED_QUERY", "A query string has to be specified")
        query: Query = self._parse(text)
        scope = Scope(
            self._org,
            tooling=tooling,
            keep=lambda *page: self._nested_page(deleted, *page),
            version=call.version,
        )
        result = run(scope, query, deleted=deleted)
        if result.count is not None:
            return Reply(200, {"totalSize": result.count, "done": True, "records": []})
        if result.rows is not None:
            return Reply(200, {"totalSize": len(result.rows), "done": True, "records": result.rows})
        table = self._org.tables[result.entity.name].rows
        kept = tuple(table[i] for i in result.ids) if self._org.switches.locator_snapshot else None
        cursor = Cursor(result, deleted, self._org.clock.now(), kept)
        return Reply(200, self._page(call, cursor, "", 0))

    def _nested_page(self, deleted: bool, result: Result, version: str, offset: int) -> str:
        """The address of a further page of a subquery."""
        name = self._keep(Cursor(result, deleted, self._org.clock.now()))
        return f"/services/data/v{version}/query/{name}-{offset}"

    def _page(self, call: Call, cursor: Cursor, name: str, offset: int) -> dict[str, Any]:
        ids = cursor.result.ids
        end = offset + self._size(call)
        out: dict[str, Any] = {
            "totalSize": len(ids),
            "done": end >= len(ids),
            "records": self._records(cursor, offset, end, call.version),
        }
        if end < len(ids):
            name = name or self._keep(cursor)
            out["nextRecordsUrl"] = f"/services/data/v{call.version}/query/{name}-{end}"
        return out

    def _records(self, cursor: Cursor, start: int, end: int, version: str) -> list[dict[str, Any]]:
        shape = cursor.result.shape
        if cursor.rows is not None:
            return [shape(r, version) for r in cursor.rows[start:end]]
        table = self._org.tables[cursor.result.entity.name]
        rows = (table.rows.get(i) for i in cursor.result.ids[start:end])
        return [
            shape(r, version)
            for r in rows
            if r is not None and (cursor.deleted or not r.get("IsDeleted", False))
        ]

    def _size(self, call: Call) -> int:
        """Rows a page: the switch, or a smaller batchSize from Sforce-Query-Options (a hint of 200..2000)."""
        size = self._org.switches.page_size
        asked = options(call.headers.get("sforce-query-options", "")).get("batchsize", "")
        if asked.isdecimal():
            size = min(size, max(_LEAST_BATCH, int(asked)))
        sizes = self._org.switches.page_sizes
        if sizes:
            self._pages += 1
            size = min(size, sizes[(self._pages - 1) % len(sizes)])
        return size

    def _keep(self, cursor: Cursor) -> str:
        self._made += 1
        base = f"0r8Sx{self._made:010d}"
        name = base + suffix(base)
        ttl = self._org.switches.locator_ttl_s
        now = self._org.clock.now()
        for old in [n for n, c in self._cursors.items() if (now - c.since).total_seconds() > ttl]:
            del self._cursors[old]
        self._cursors[name] = cursor
        return name
