"""CSV as Bulk API 2.0 takes and gives it: delimiters, line ends, nulls, relationship columns. Knows no job."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from crmsync.simulator.salesforce.schema import Entity, Field

DELIMITERS = {
    "COMMA": ",",
    "BACKQUOTE": "`",
    "CARET": "^",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}
NULL = "#N/A"
"""What clears a field; an empty cell leaves it alone (ASYNC/datafiles)."""


def read(data: bytes, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows. Raises ValueError for text that is no UTF-8 or no CSV, or a row of another length."""
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        rows = [r for r in csv.reader(text, delimiter=delimiter, strict=True) if r]
    except UnicodeDecodeError:
        raise ValueError("The data is not in UTF-8") from None
    except csv.Error as error:
        raise ValueError(str(error)) from None
    if not rows:
        return [], []
    header = [name.strip() for name in rows[0]]
    twice = next((name for i, name in enumerate(header) if name.lower() in map(str.lower, header[:i])), None)
    if twice is not None:
        raise ValueError(f"Duplicate field name : {twice}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise ValueError(f"The number of columns of row {number} is not that of the header")
    return header, rows[1:]


def other_line_end(data: bytes, line_ending: str) -> bool:
    """Whether the first line ends otherwise than the job says, by the name of its line ending."""
    head, found, _ = data.partition(b"\n")
    return bool(found) and head.endswith(b"\r") != (line_ending == "CRLF")


def write(rows: Iterable[Sequence[object]], delimiter: str = ",", line_end: str = "\n") -> bytes:
    """Rows as CSV in UTF-8, every cell in quotes."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


def unknown(entity: Entity, header: Sequence[str], readable: frozenset[str]) -> str | None:
    """The first column that names no field or relationship of the object that the user sees."""
    for name in header:
        bare, dot, _ = name.partition(".")
        item = entity.parents.get(bare.lower()) if dot else entity.field(name)
        if item is None or item.name not in readable:
            return name
    return None


def values(entity: Entity, header: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    """A row's values as a REST body would give them: empty cells left out, `#N/A` null, `1` a ticked box."""
    out: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        if cell == "":
            continue
        parent, dot, key = name.partition(".")
        if dot and cell == NULL:
            out[entity.parents[parent.lower()].name] = None
        elif dot:
            out[parent] = {key: cell}
        else:
            out[name] = None if cell == NULL else _typed(entity.field(name), cell)
    return out


def _typed(item: Field | None, cell: str) -> object:
    if item is not None and item.type == "boolean" and cell in {"0", "1"}:
        return cell == "1"
    return cell


def cell(item: Field, value: object) -> str:
    """A stored value as a query's result shows it: null is empty, stamps end in Z."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if item.type == "datetime":
        return str(value).removesuffix("+0000") + "Z"
    return str(value)
