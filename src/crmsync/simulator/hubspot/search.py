"""Search: eventually consistent, 200 a page, 10,000 results at most. Docs: developers.hubspot.com, "CRM search".

It finds rows as its index knows them; a setting lets the index lag behind.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crmsync.simulator.hubspot import views
from crmsync.simulator.hubspot.errors import validation
from crmsync.simulator.hubspot.exchange import Call, Reply
from crmsync.simulator.hubspot.filters import TRAP, groups, key, matcher, reader
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

PAGE: Final = 200
CAP: Final = 10_000
BODY_LIMIT: Final = 3_000
_QUERIED: Final = [
    "firstname",
    "lastname",
    "email",
    "phone",
    "hs_additional_emails",
    "fax",
    "mobilephone",
    "company",
]
_QUERIED_COMPANY: Final = ["name", "domain", "website", "phone"]


@dataclass(frozen=True, slots=True)
class Found:
    """The result of the last search, so that paging through it does not search again."""

    key: tuple[Any, ...]
    rows: list[Row]


class Search:
    """The search endpoint of a portal."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._last: dict[str, Found] = {}

    def handle(self, call: Call) -> Reply:
        """POST {type}/search."""
        kind, body = call.kind, call.body()
        if len(call.request.body) > BODY_LIMIT:
            raise validation(f"The request body is longer than {BODY_LIMIT} characters")
        limit, start = _whole(body, "limit", 10), _whole(body, "after", 0)
        if not 1 <= limit <= PAGE:
            raise validation(f"limit {limit} is not between 1 and {PAGE}")
        if start + limit > CAP and start >= CAP:
            raise validation(f"Paging beyond {CAP} results is not supported")
        rows = self._found(kind, body)
        page = rows[start : min(start + limit, CAP)]
        asked = body.get("properties") or []
        reply: dict[str, Any] = {
            "total": len(rows),
            "results": [
                views.record(call.portal, kind, row, views.values(kind, row, (*kind.shown, *asked)))
                for row in page
            ],
        }
        if start + limit < len(rows):
            reply["paging"] = {"next": {"after": str(start + limit)}}
        return 200, reply

    def _found(self, kind: Kind, body: Mapping[str, Any]) -> list[Row]:
        overlay = self._portal.overlay(kind)
        asked = (
            repr(body.get("filterGroups")),
            repr(body.get("filters")),
            repr(body.get("sorts")),
            body.get("query"),
        )
        seen = (*asked, kind.table.version)
        last = self._last.get(kind.name)
        if last is not None and last.key == seen and not overlay:
            return last.rows
        rows = self._search(kind, body, overlay)
        if not overlay:
            self._last[kind.name] = Found(seen, rows)
        return rows

    def _search(self, kind: Kind, body: Mapping[str, Any], overlay: dict[int, Row | None]) -> list[Row]:
        any_of = groups(kind, body, self._portal.switches.filter_limits)
        tests = [matcher(kind, group) for group in any_of if group]
        rows = _seen(kind, candidates(kind, any_of), overlay)
        found = [row for row in rows if any(test(row) for test in tests)] if tests else list(rows)
        words = str(body.get("query") or "").casefold().split()
        if words:
            found = [row for row in found if _mentions(kind, row, words)]
        return _ordered(kind, found, body.get("sorts") or [])


def candidates(kind: Kind, any_of: list[list[Mapping[str, Any]]]) -> Iterable[int]:
    """Numbers of live rows among which all matches are; by an index where a single group allows one."""
    table = kind.table
    if len(any_of) == 1:
        for each in any_of[0]:
            name, operator, value = each.get("propertyName"), each.get("operator"), each.get("value")
            if name in table.unique and operator in ("EQ", "IN"):
                wanted = [value] if operator == "EQ" else each.get("values") or []
                nums = (table.unique[name].get(str(w).lower() if name == "email" else str(w)) for w in wanted)
                if name == "email" or operator == "IN":
                    return [num for num in nums if num is not None]
            if (
                name == kind.stamp
                and operator in ("GT", "GTE", "BETWEEN", "EQ")
                and (kind.name, name) != TRAP
            ):
                return dict.fromkeys(table.modified_from(str(key(kind, name, str(value)))))
            if name == "hs_object_id" and operator in ("GT", "GTE"):
                return table.live[bisect_left(table.live, float(key(kind, name, str(value)))) :]
            if name == "hs_object_id" and operator in ("LT", "LTE"):
                return table.live[: bisect_right(table.live, float(key(kind, name, str(value))))]
    return table.live


def _seen(kind: Kind, nums: Iterable[int], overlay: dict[int, Row | None]) -> Iterable[Row]:
    """The rows as the index knows them: those with unseen writes as they were, new ones not at all."""
    rows = kind.table.rows
    if not overlay:
        return [rows[num] for num in nums]
    known = [rows[num] for num in nums if num not in overlay]
    return known + [row for row in overlay.values() if row is not None and not row.archived]


def _ordered(kind: Kind, rows: list[Row], sorts: list[Any]) -> list[Row]:
    """By the one sort rule, ties by id; without one by creation, oldest first. Rows without a value come last."""
    if len(sorts) > 1:
        raise validation("Only one sort rule is allowed")
    if not sorts:
        return sorted(rows, key=lambda row: (row.created, row.num))
    rule = sorts[0]
    if isinstance(rule, str):  # the short form of the specification: a name, with a minus for downwards
        rule = {"propertyName": rule.lstrip("-"), "direction": "DESCENDING" if rule[:1] == "-" else ""}
    name, downwards = rule.get("propertyName"), rule.get("direction") == "DESCENDING"
    if name not in kind.schema:
        raise validation(f"There was a problem with the request: property {name} does not exist")
    read = reader(kind, name)
    keyed = [(value, row.num, row) for row in rows if (value := read(row)) is not None]
    unset = [row for row in rows if read(row) is None]
    keyed.sort(key=lambda item: item[:2], reverse=downwards)
    return [row for _, _, row in keyed] + unset


def _mentions(kind: Kind, row: Row, words: list[str]) -> bool:
    names = _QUERIED if kind.name == "contacts" else _QUERIED_COMPANY
    text = " ".join(row.values.get(name, "") for name in names).casefold()
    return all(word in text for word in words)


def _whole(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise validation(f"{name} {value} is not a whole number") from None
