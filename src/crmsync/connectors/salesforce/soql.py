"""SOQL texts: every value goes through the library's quoting, every query fits a URL. Makes no call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from simple_salesforce.format import format_soql

LONGEST_QUERY = 12_000
"""Characters of a percent-encoded query; a URL may have about 16,000."""


def soql(template: str, *values: Any) -> str:
    """The template with quoted values for `{}` and names for `{:literal}`."""
    return str(format_soql(template, *values))


def select(obj: str, names: Iterable[str]) -> str:
    """The head of a query, with a blank at its end."""
    return soql("SELECT {:literal} FROM {:literal} ", ", ".join(names), obj)


def changed_since(obj: str, stamp: str, names: Iterable[str], since: str, last: str = "") -> str:
    """Rows since an unquoted datetime, oldest first; with `last` only those of that time that come after this id."""
    start = soql("WHERE {0:literal} >= {1:literal}", stamp, since)
    if last:
        start = soql(
            "WHERE ({0:literal} = {1:literal} AND Id > {2}) OR {0:literal} > {1:literal}", stamp, since, last
        )
    return select(obj, names) + start + soql(" ORDER BY {:literal}, Id", stamp)


def queries(head: str, wanted: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Queries for (field, value) pairs, each short enough for a URL."""
    base = len(quote(head))
    group: dict[str, list[str]] = {}
    size = base
    for name, value in wanted:
        cost = len(quote(soql("{},", value))) + (0 if name in group else len(name) + 30)
        if group and size + cost > LONGEST_QUERY:
            yield head + _where(group)
            group, size = {}, base
        group.setdefault(name, []).append(value)
        size += cost
    if group:
        yield head + _where(group)


def _where(group: Mapping[str, Sequence[str]]) -> str:
    parts = [f"{name} IN {soql('{}', list(values))}" for name, values in group.items()]
    return f"({' OR '.join(parts)})"
