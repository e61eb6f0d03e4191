"""The rows of one object type with their indexes: by id, by unique value, by time of modification."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Version:
    """One value that a property had: text or "" for none, ISO time, and who set it."""

    value: str
    at: str
    source: str


_LONGEST: Final = 25
NO_HISTORY: Final[dict[str, list[Version]]] = {}
"""The history of all rows that never changed; never written to."""


@dataclass(slots=True)
class Row:
    """One record. `values` holds set properties only; times are ISO with milliseconds and Z.

    `history` has the versions (oldest first) of properties that changed after the creation only.
    """

    num: int
    values: dict[str, str]
    created: str
    modified: str
    source: str
    archived: str = ""
    history: dict[str, list[Version]] = field(default_factory=lambda: NO_HISTORY)

    @property
    def id(self) -> str:
        """The id as the vendor shows it: text."""
        return str(self.num)

    def copy(self) -> Row:
        """As it is now; later writes to the row do not reach the copy."""
        return Row(
            self.num, dict(self.values), self.created, self.modified, self.source, self.archived, self.history
        )


class Table:
    """Rows by number. `unique` maps a property to its values' rows; e-mail's includes additional addresses."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.live: list[int] = []
        """Numbers of live rows, ascending; likewise `gone` for archived ones."""
        self.gone: list[int] = []
        self.unique: dict[str, dict[str, int]] = {}
        self.aliases: dict[int, int] = {}
        """Merged numbers -> the survivor's."""
        self.version = 0
        """Rises with every write."""
        self._log: list[tuple[str, int]] = []

    def get(self, id: str) -> Row | None:
        """The row of exactly this id, archived or not."""
        num = number(id)
        return self.rows.get(num) if num is not None else None

    def resolve(self, id: str) -> Row | None:
        """The row of an id or of the survivor that absorbed it."""
        num = number(id)
        while num in self.aliases:
            num = self.aliases[num]
        return self.rows.get(num) if num is not None else None

    def add(self, row: Row) -> None:
        """A new live row; numbers rise."""
        self.rows[row.num] = row
        self.live.append(row.num)
        self.stamped(row)

    def stamped(self, row: Row) -> None:
        """Note that `row.modified` is new."""
        self.version += 1
        entry = (row.modified, row.num)
        if not self._log or self._log[-1] <= entry:
            self._log.append(entry)
        else:
            insort(self._log, entry)
        if len(self._log) > 2 * len(self.rows) + 1000:
            rows = self.rows
            fresh = dict.fromkeys(self._log)  # a row stamped twice in one moment stands once
            self._log = [e for e in fresh if e[1] in rows and rows[e[1]].modified == e[0]]

    def bury(self, row: Row, at: str) -> None:
        """Archive a live row; its unique values become free."""
        row.archived = at
        _drop(self.live, row.num)
        insort(self.gone, row.num)
        self.version += 1
        self.release(row)

    def revive(self, row: Row) -> None:
        """Make an archived row live again; its unique values are its own once more."""
        row.archived = ""
        _drop(self.gone, row.num)
        insort(self.live, row.num)
        self.stamped(row)
        for name in self.unique:
            self.claim(row, name, ())

    def purge(self, row: Row) -> None:
        """Remove a row as if it had never been."""
        self.release(row)
        del self.rows[row.num]
        _drop(self.live, row.num)
        _drop(self.gone, row.num)
        self.version += 1

    def release(self, row: Row) -> None:
        """Free all unique values of a row."""
        for name, index in self.unique.items():
            for value in keys(name, row.values):
                if index.get(value) == row.num:
                    del index[value]

    def claim(self, row: Row, name: str, before: tuple[str, ...]) -> None:
        """Bring the index of a unique property up to date after a change."""
        index, now = self.unique[name], keys(name, row.values)
        for value in before:
            if value not in now and index.get(value) == row.num:
                del index[value]
        for value in now:
            index[value] = row.num

    def modified_from(self, low: str) -> Iterator[int]:
        """Numbers of live rows modified at `low` or later, by time and then number; each once."""
        log = self._log
        seen: tuple[str, int] | None = None
        for at in range(bisect_left(log, (low, -1)), len(log)):
            entry = log[at]
            row = self.rows.get(entry[1])
            if row is not None and entry != seen and row.modified == entry[0] and not row.archived:
                yield entry[1]
            seen = entry

    def page(self, start: int, limit: int, *, archived: bool) -> tuple[list[Row], int | None]:
        """Up to `limit` rows from number `start` on, ascending, and the number of the next row."""
        nums = self.gone if archived else self.live
        at = bisect_left(nums, start)
        following = nums[at + limit] if at + limit < len(nums) else None
        return [self.rows[num] for num in nums[at : at + limit]], following


def number(id: str) -> int | None:
    """An id as a number; None when it is not one, or longer than any."""
    return int(id) if id.isdigit() and id.isascii() and len(id) < _LONGEST else None


def keys(name: str, values: dict[str, str]) -> tuple[str, ...]:
    """The values of a row that a unique property claims."""
    value = values.get(name, "")
    if name != "email":
        return (value,) if value else ()
    more = values.get("hs_additional_emails", "")
    return tuple(each for each in (value, *more.split(";")) if each)


def _drop(nums: list[int], num: int) -> None:
    at = bisect_left(nums, num)
    if at < len(nums) and nums[at] == num:
        del nums[at]
