"""Where in the admin's files a mistake inside an expression is."""

from __future__ import annotations

from crmsync.errors import Finding
from crmsync.mapping.fields.types import Place


def finding(place: Place, text: str, offset: tuple[int, int], message: str) -> Finding:
    """A finding `offset` (line, column from 0) into `text`, which begins at `place`.

    Of an expression over several lines only its beginning is named: how YAML folded it is not known here.
    """
    line, column = offset if "\n" not in text.strip() else (0, 0)
    return Finding(place.file, place.line + line, place.column + column, message)
