"""Rows of one object in memory: by id, by indexed value, and in order of SystemModstamp. No rules.

A row is a dict of the fields that are not null; stamps are wire text, so text order is time order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import islice

from crmsync.simulator.salesforce.schema import Entity, Field, Row, Value


class Index:
    """Value -> ids in the order they came. Text is folded unless the field is case-sensitive."""

    def __init__(self, fold: bool) -> None:
        self._fold = fold
        self._ids: dict[Value, tuple[str, ...]] = {}

    def key(self, value: Value) -> Value:
        if not self._fold or not isinstance(value, str):
            return value
        low = value.lower()
        return value if low == value else low  # Keeps one copy of what is lower case already.

    def get(self, value: Value) -> tuple[str, ...]:
        return self._ids.get(self.key(value), ())

    def add(self, value: Value, record_id: str) -> None:
        key = self.key(value)
        self._ids[key] = (*self._ids.get(key, ()), record_id)

    def remove(self, value: Value, record_id: str) -> None:
        key = self.key(value)
        rest = tuple(i for i in self._ids[key] if i != record_id)
        if rest:
            self._ids[key] = rest
        else:
            del self._ids[key]


class Table:
    """The rows of one object type, deleted ones included."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.rows: dict[str, Row] = {}
        self.indexes: dict[str, Index] = {}
        self._ids: list[str] = []
        self._stamps: list[tuple[str, str]] = []
        for item in entity.fields.values():
            self.watch(item)

    def watch(self, item: Field) -> None:
        """Index a field if it is worth it; called again when a field is added."""
        if (item.indexed or item.unique or item.external_id) and item.name not in self.indexes:
            index = self.indexes[item.name] = Index(item.folded)
            for record_id, row in self.rows.items():
                if row.get(item.name) is not None:
                    index.add(row[item.name], record_id)

    def unwatch(self, name: str) -> None:
        """The field is gone."""
        self.indexes.pop(name, None)

    def put(self, row: Row) -> None:
        """Insert or replace the row with this Id."""
        record_id = str(row["Id"])
        old = self.rows.get(record_id)
        self.rows[record_id] = row
        if old is None:
            insort(self._ids, record_id)
        for name, index in self.indexes.items():
            value, was = row.get(name), old.get(name) if old else None
            if value != was:
                if was is not None:
                    index.remove(was, record_id)
                if value is not None:
                    index.add(value, record_id)
        stamp = str(row["SystemModstamp"])
        if old is None or old["SystemModstamp"] != stamp:
            self._note((stamp, record_id))

    def remove(self, record_id: str) -> None:
        """Forget a row for good."""
        row = self.rows.pop(record_id)
        del self._ids[bisect_left(self._ids, record_id)]
        for name, index in self.indexes.items():
            if row.get(name) is not None:
                index.remove(row[name], record_id)

    def _note(self, entry: tuple[str, str]) -> None:
        stamps = self._stamps
        if not stamps or entry > stamps[-1]:
            stamps.append(entry)
        else:
            at = bisect_left(stamps, entry)
            if at == len(stamps) or stamps[at] != entry:
                insort(stamps, entry)
        if len(stamps) > 2 * len(self.rows) + 1000:
            # Entries of older stamps are skipped when read; now there are too many of them.
            self._stamps = sorted((str(r["SystemModstamp"]), i) for i, r in self.rows.items())

    def by_id(self, low: str = "") -> Iterator[Row]:
        """Rows with low <= Id in id order."""
        rows = self.rows
        return (rows[i] for i in islice(self._ids, bisect_left(self._ids, low), None))

    def by_stamp(self, low: str, high: str | None) -> Iterator[Row]:
        """Rows with low <= SystemModstamp <= high (None: no end) in order of (SystemModstamp, Id)."""
        stamps = self._stamps
        end = len(stamps) if high is None else bisect_right(stamps, (high, "~"))
        for at in range(bisect_left(stamps, (low, "")), end):
            stamp, record_id = stamps[at]
            row = self.rows.get(record_id)
            if row is not None and row["SystemModstamp"] == stamp:
                yield row

    def pick(self, ids: Iterable[str]) -> list[Row]:
        """The rows that exist among these ids, in id order, each once."""
        return [self.rows[i] for i in sorted(set(ids)) if i in self.rows]
