"""Search: eventually consistent, 200 a page, 10,000 results at most. Docs: developers.hubspot.com, "CRM search".

It finds rows as its index knows them; a setting lets the index lag behind.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crmsync.simulator.hubspot import views
from crmsync.simulator.hubspot.errors import validation
from crmsync.simulator.hubspot.exchange import Call, Reply
from crmsync.simulator.hubspot.filters import LINKED, TRAP, groups, key, linked, matcher, reader
from crmsync.simulator.hubspot.rows import Row, number
from crmsync.simulator.hubspot.state import Kind, Portal

PAGE: Final = 200
CAP: Final = 10_000
BODY_LIMIT: Final = 3_000
QUERY_LIMIT: Final = 3_000
_QUERIED: Final[Mapping[str, tuple[str, ...]]] = {
    "contacts": (
        "firstname",
        "lastname",
        "email",
        "phone",
        "hs_additional_emails",
        "fax",
        "mobilephone",
        "company",
        "hs_marketable_until_renewal",
    ),
    "companies": ("name", "domain", "website", "phone"),
    "deals": ("dealname", "pipeline", "dealstage", "description", "dealtype"),
}
"""Object type -> the properties that a query looks into."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of the last search, so that paging through it does not search again."""

    key: tuple[Any, ...]
    nums: list[int]
    old: Mapping[int, Row | None]


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
        if not 0 <= start < CAP:
            raise validation(f"Paging beyond {CAP} results is not supported")
        asked = _listed(body, "properties", str)
        found = self._found(kind, body)
        page = found.nums[start : min(start + limit, CAP)]
        reply: dict[str, Any] = {
            "total": len(found.nums),
            "results": [self._shown(kind, num, found.old, asked) for num in page],
        }
        if start + limit < len(found.nums):
            reply["paging"] = {"next": {"after": str(start + limit)}}
        return 200, reply

    def _shown(self, kind: Kind, num: int, old: Mapping[int, Row | None], asked: list[Any]) -> dict[str, Any]:
        switches, current = self._portal.switches, kind.table.rows.get(num)
        row = old.get(num) or kind.table.rows[num]
        if switches.search_shows_current and current is not None and not current.archived:
            row = current
        values = views.values(kind, row, (*kind.shown, *asked))
        if switches.search_omits_unset:
            values = {name: value for name, value in values.items() if value is not None}
        return views.record(self._portal, kind, row, values)

    def _found(self, kind: Kind, body: Mapping[str, Any]) -> Found:
        view = self._portal.index.view(kind.name)
        asked = (body.get("filterGroups"), body.get("filters"), body.get("sorts"), body.get("query"))
        seen = (*map(repr, asked), kind.table.version, view.mark)
        last = self._last.get(kind.name)
        if last is None or last.key != seen:
            last = self._last[kind.name] = Found(seen, self._search(kind, body, view.old), view.old)
        return last

    def _search(self, kind: Kind, body: Mapping[str, Any], old: Mapping[int, Row | None]) -> list[int]:
        portal, query = self._portal, _query(body)
        if len(query) > QUERY_LIMIT:
            raise validation(f"query is longer than {QUERY_LIMIT} characters")
        any_of = groups(portal, kind, body)
        sorts = _listed(body, "sorts", (dict, str))
        if not (old or query) and (drained := drain(kind, any_of, sorts)) is not None:
            return drained
        tests = [matcher(portal, kind, group) for group in any_of if group]
        rows = _seen(kind, candidates(portal, kind, any_of), old)
        found = [row for row in rows if any(test(row) for test in tests)] if tests else list(rows)
        words = query.casefold().split()
        if words:
            found = [row for row in found if _mentions(kind, row, words)]
        return [row.num for row in _ordered(kind, found, sorts)]


def drain(kind: Kind, any_of: list[list[Mapping[str, Any]]], sorts: list[Any]) -> list[int] | None:
    """The live rows of a range of ids, by id, as a client asks that goes through everything; None: not that."""
    rule = sorts[0] if len(sorts) == 1 else None
    name = rule.get("propertyName") if isinstance(rule, dict) else rule
    upwards = not isinstance(rule, dict) or rule.get("direction", "ASCENDING") == "ASCENDING"
    if name != "hs_object_id" or not upwards or len(any_of) > 1:
        return None
    live = kind.table.live
    low, high = 0, len(live)
    for each in any_of[0] if any_of else ():
        if each.get("propertyName") != "hs_object_id" or each.get("operator") not in _RANGES:
            return None
        cut, lower = _RANGES[each["operator"]]
        at = cut(live, float(key(kind, "hs_object_id", str(each.get("value")))))
        low, high = (max(low, at), high) if lower else (low, min(high, at))
    return live[low:high]


_RANGES: Final[dict[str, tuple[Callable[[list[int], float], int], bool]]] = {
    "GT": (bisect_right, True),
    "GTE": (bisect_left, True),
    "LT": (bisect_left, False),
    "LTE": (bisect_right, False),
}
"""Operator -> where it cuts the sorted ids, and whether from below."""


def candidates(portal: Portal, kind: Kind, any_of: list[list[Mapping[str, Any]]]) -> Iterable[int]:
    """Numbers of live rows among which all matches are; by an index where a single group allows one."""
    table = kind.table
    if len(any_of) != 1:
        return table.live
    for each in any_of[0]:
        name, operator, value = each.get("propertyName"), each.get("operator"), each.get("value")
        if name in table.unique and operator in ("EQ", "IN"):
            wanted = [value] if operator == "EQ" else each.get("values") or []
            nums = (table.unique[name].get(str(w).lower() if name == "email" else str(w)) for w in wanted)
            if name == "email" or operator == "IN":
                return list(dict.fromkeys(num for num in nums if num is not None))
        if name == kind.stamp and operator in ("GT", "GTE", "BETWEEN", "EQ") and (kind.name, name) != TRAP:
            return dict.fromkeys(table.modified_from(str(key(kind, name, str(value)))))
        if name == "hs_object_id" and operator in _RANGES:
            cut, lower = _RANGES[operator]
            at = cut(table.live, float(key(kind, name, str(value))))
            return table.live[at:] if lower else table.live[:at]
        if name == "hs_object_id" and operator in ("EQ", "IN"):
            wanted = [value] if operator == "EQ" else each.get("values") or []
            rows = {row.num: row for w in map(str, wanted) if (row := table.get(w)) is not None}
            return [num for num, row in rows.items() if not row.archived]
        if str(name).startswith(LINKED) and operator in ("EQ", "IN"):
            wanted = [value] if operator == "EQ" else each.get("values") or []
            return linked(portal, kind, str(name), [str(w) for w in wanted])
    return table.live


def _seen(kind: Kind, nums: Iterable[int], overlay: Mapping[int, Row | None]) -> Iterable[Row]:
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
    if (rule.get("direction") or "ASCENDING") not in ("ASCENDING", "DESCENDING"):
        raise validation(f"{rule['direction']} is not a sort direction")
    if name not in kind.schema:
        raise validation(f"There was a problem with the request: property {name} does not exist")
    read = reader(kind, name)
    keyed = [(value, row.num, row) for row in rows if (value := read(row)) is not None]
    unset = [row for row in rows if read(row) is None]
    keyed.sort(key=lambda item: item[:2], reverse=downwards)
    return [row for _, _, row in keyed] + unset


def _mentions(kind: Kind, row: Row, words: list[str]) -> bool:
    names = _QUERIED[kind.name]
    text = " ".join(row.values.get(name, "") for name in names).casefold()
    return all(word in text for word in words)


def _query(body: Mapping[str, Any]) -> str:
    query = body.get("query")
    if isinstance(query, dict | list):
        raise validation("Invalid input JSON: query must be text")
    return "" if query is None else str(query)


def _listed(body: Mapping[str, Any], name: str, of: type | tuple[type, ...]) -> list[Any]:
    """A list of the body; absent or null is empty. Raises ApiError 400 for anything else."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, of) for each in value):
        raise validation(f"Invalid input JSON: {name} is not a list as it should be")
    return value


def _whole(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    if value is None or value == "":
        return default
    found = number(value) if isinstance(value, str) else value
    if not isinstance(found, int) or isinstance(found, bool):
        raise validation(f"{name} {value} is not a whole number")
    return found
