"""Lists over the API. Docs: developers.hubspot.com, "Lists" guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from crmsync.simulator.hubspot.errors import not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.lists import DYNAMIC, MANUAL, SNAPSHOT, RecordList, tested
from crmsync.simulator.hubspot.readings import mapping, texts, whole

if TYPE_CHECKING:
    from crmsync.simulator.hubspot.state import Portal

Json = dict[str, Any]
PAGE: Final = 100
MOST: Final = 250


def create(call: Call) -> Reply:
    """POST lists: 200."""
    return 200, {"list": shown(call.portal, make(call.portal, call.body()), filters=True)}


def make(portal: Portal, body: Json) -> RecordList:
    """A new list. A name is used once; a MANUAL list has no filters, a DYNAMIC one needs them. Raises ApiError 400."""
    name, processing, now = body.get("name"), body.get("processingType"), portal.now()
    kind = portal.kind(str(body.get("objectTypeId") or ""))
    branch = mapping(body["filterBranch"], "filterBranch") if body.get("filterBranch") is not None else None
    if not isinstance(name, str) or not name:
        raise validation("name is required")
    if processing not in (MANUAL, SNAPSHOT, DYNAMIC):
        raise validation(f"processingType {processing!r} is none of MANUAL, SNAPSHOT, DYNAMIC")
    _free(portal, name)
    if (processing == DYNAMIC and branch is None) or (processing == MANUAL and branch is not None):
        raise validation(f"filterBranch does not go with a {processing} list")
    made = RecordList(str(len(portal.lists) + 1), name, kind, processing, now, now, branch)
    if branch is not None:
        holds = tested(kind, branch)
        if processing == SNAPSHOT:
            rows = kind.table.rows
            made.members = {num: now for num in kind.table.live if holds(rows[num])}
    portal.lists[made.id] = made
    return made


def read(call: Call) -> Reply:
    """GET lists/{id}?includeFilters."""
    return 200, {"list": shown(call.portal, _one(call), filters=call.flag("includeFilters"))}


def read_by_name(call: Call) -> Reply:
    """GET lists/object-type-id/{type}/name/{name}."""
    for each in call.portal.lists.values():
        if each.name == call.args["name"] and each.kind is call.kind and not each.deleted:
            return 200, {"list": shown(call.portal, each, filters=call.flag("includeFilters"))}
    raise not_found(f"List {call.args['name']} does not exist")


def read_some(call: Call) -> Reply:
    """GET lists?listIds=1&listIds=2: those that are there."""
    found = [call.portal.lists[id] for id in call.names("listIds") if id in call.portal.lists]
    lists = [
        shown(call.portal, each, filters=call.flag("includeFilters")) for each in found if not each.deleted
    ]
    return 200, {"lists": lists}


def search(call: Call) -> Reply:
    """POST lists/search: by part of the name, processing type or id; `offset` and `count` (at most 500)."""
    body = call.body()
    query, types = (
        str(body.get("query") or "").casefold(),
        texts(body.get("processingTypes"), "processingTypes"),
    )
    offset, count = whole(body.get("offset"), "offset", 0), whole(body.get("count"), "count", 20)
    ids, told = (texts(body.get(name), name) for name in ("listIds", "additionalProperties"))
    kind = call.portal.kind(str(body["objectTypeId"])) if body.get("objectTypeId") else None
    if set(told) - {"hs_list_size"}:
        raise validation(f"additionalProperties {', '.join(told)} are not supported: hs_list_size")
    if not 0 <= count <= 500 or offset < 0:
        raise validation(f"count {count} is not between 0 and 500")
    found = [
        each
        for each in call.portal.lists.values()
        if not each.deleted
        and query in each.name.casefold()
        and kind in (None, each.kind)
        and (not types or each.processing in types)
        and (not ids or each.id in ids)
    ]
    page = found[offset : offset + count]
    lists = [_with_size(call.portal, each) for each in page]
    more = offset + count < len(found)
    return 200, {"offset": offset + len(page), "hasMore": more, "total": len(found), "lists": lists}


def rename(call: Call) -> Reply:
    """PUT lists/{id}/update-list-name?listName=."""
    each, name = _one(call), call.request.param("listName")
    if not name:
        raise validation("listName is required")
    if name != each.name:
        _free(call.portal, name)
        each.name, each.updated = name, call.portal.now()
    return 200, {"updatedList": shown(call.portal, each, filters=call.flag("includeFilters"))}


def refilter(call: Call) -> Reply:
    """PUT lists/{id}/update-list-filters: of dynamic lists only; all records are looked at anew."""
    each, branch = _one(call), call.body().get("filterBranch")
    if each.processing != DYNAMIC:
        raise validation(f"The filters of a {each.processing} list cannot be changed")
    if not isinstance(branch, dict):
        raise validation("filterBranch is required")
    tested(each.kind, branch)
    each.branch, each.seen, each.updated = branch, "", call.portal.now()
    return 200, {"updatedList": shown(call.portal, each, filters=True)}


def delete(call: Call) -> Reply:
    """DELETE lists/{id}: 204; its records stay."""
    _one(call).deleted = call.portal.now()
    return 204, None


def restore(call: Call) -> Reply:
    """PUT lists/{id}/restore: 204."""
    each = call.portal.lists.get(call.args["id"])
    if each is None:
        raise not_found(f"List {call.args['id']} does not exist")
    each.deleted = ""
    return 204, None


# -- members ------------------------------------------------------------------------------------------------------
def members(call: Call) -> Reply:
    """GET lists/{id}/memberships: by record id, 100 a page (at most 250), `after` the next record's id."""
    joined, limit, start = _one(call).current(call.portal.now()), call.limit(PAGE, MOST), call.after()
    ordered = sorted(num for num in joined if num >= start)
    following = str(ordered[limit]) if len(ordered) > limit else ""
    return _page(call, [(num, joined[num]) for num in ordered[:limit]], len(joined), following)


def members_by_joining(call: Call) -> Reply:
    """GET lists/{id}/memberships/join-order: the longest in the list first."""
    joined, limit, start = _one(call).current(call.portal.now()), call.limit(PAGE, MOST), call.after()
    ordered = sorted(joined.items(), key=lambda item: (item[1], item[0]))
    following = str(start + limit) if len(ordered) > start + limit else ""
    return _page(call, ordered[start : start + limit], len(joined), following)


def add(call: Call) -> Reply:
    """PUT lists/{id}/memberships/add: a JSON array of record ids."""
    return _change(call, _ids(call), [])


def remove(call: Call) -> Reply:
    """PUT lists/{id}/memberships/remove: a JSON array of record ids."""
    return _change(call, [], _ids(call))


def add_and_remove(call: Call) -> Reply:
    """PUT lists/{id}/memberships/add-and-remove."""
    body = call.body()
    add, remove = (texts(body.get(name), name) for name in ("recordIdsToAdd", "recordIdsToRemove"))
    return _change(call, add, remove)


def clear(call: Call) -> Reply:
    """DELETE lists/{id}/memberships: 204; the list stays."""
    _change(call, [], [str(num) for num in _one(call).members])
    return 204, None


def of_record(call: Call) -> Reply:
    """GET lists/records/{type}/{record}/memberships: the lists that a record is in."""
    row = call.kind.table.resolve(call.args["record"])
    if row is None or row.archived:
        raise not_found()
    now, found = call.portal.now(), []
    for each in call.portal.lists.values():
        joined = "" if each.deleted or each.kind is not call.kind else each.current(now).get(row.num, "")
        if joined:
            line = {"listId": each.id, "listVersion": each.version, "isPublicList": False}
            found.append({**line, "firstAddedTimestamp": joined, "lastAddedTimestamp": joined})
    return 200, {"total": len(found), "results": found}


def change(portal: Portal, each: RecordList, add: list[str], remove: list[str], actor: str) -> Json:
    """Put records into a list and out of it. Raises ApiError 400 for a dynamic one, whose filters decide."""
    if each.processing == DYNAMIC:
        raise validation("Records of a DYNAMIC list cannot be added or removed by hand")
    added, removed, missing = each.change(add, remove, portal.now())
    told = {"added": ";".join(added), "removed": ";".join(removed)} if added or removed else {}
    portal.record(actor, "update", "lists", each.id, {}, told)
    return {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}


def _change(call: Call, add: list[str], remove: list[str]) -> Reply:
    return 200, change(call.portal, _one(call), add, remove, "api")


def _ids(call: Call) -> list[str]:
    try:
        ids = orjson.loads(call.request.body or b"null")
    except ValueError:
        ids = None
    if ids is None:
        raise validation("the body is a list of record ids")
    return texts(ids, "the body")


def _one(call: Call) -> RecordList:
    each = call.portal.lists.get(call.args["id"])
    if each is None or each.deleted:
        raise not_found(f"List {call.args['id']} does not exist")
    return each


def _free(portal: Portal, name: str) -> None:
    if any(each.name == name and not each.deleted for each in portal.lists.values()):
        raise validation(f"There is already a list with the name '{name}'")


def _page(call: Call, rows: list[tuple[int, str]], total: int, following: str) -> Reply:
    results = [{"recordId": str(num), "membershipTimestamp": joined} for num, joined in rows]
    body: Json = {"total": total, "results": results}
    if following:
        link = f"https://api.hubapi.com{call.request.path}?after={following}"
        body["paging"] = {"next": {"after": following, "link": link}}
    return 200, body


def shown(portal: Portal, each: RecordList, *, filters: bool = False) -> Json:
    """A list as the API describes it."""
    body: Json = {
        "listId": each.id,
        "listVersion": each.version,
        "name": each.name,
        "objectTypeId": each.kind.type_id,
        "processingType": each.processing,
        "processingStatus": "COMPLETE",
        "createdAt": each.created,
        "updatedAt": each.updated,
        "filtersUpdatedAt": each.created,
        "size": len(each.current(portal.now())),
    }
    return {**body, "filterBranch": each.branch} if filters and each.branch is not None else body


def _with_size(portal: Portal, each: RecordList) -> Json:
    body = shown(portal, each)
    return {**body, "additionalProperties": {"hs_list_size": str(body.pop("size"))}}


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/lists": read_some,
    "POST crm/lists": create,
    "POST crm/lists/search": search,
    "GET crm/lists/{id}": read,
    "DELETE crm/lists/{id}": delete,
    "PUT crm/lists/{id}/restore": restore,
    "PUT crm/lists/{id}/update-list-name": rename,
    "PUT crm/lists/{id}/update-list-filters": refilter,
    "GET crm/lists/{id}/memberships": members,
    "DELETE crm/lists/{id}/memberships": clear,
    "GET crm/lists/{id}/memberships/join-order": members_by_joining,
    "PUT crm/lists/{id}/memberships/add": add,
    "PUT crm/lists/{id}/memberships/remove": remove,
    "PUT crm/lists/{id}/memberships/add-and-remove": add_and_remove,
    "GET crm/lists/object-type-id/{type}/name/{name}": read_by_name,
    "GET crm/lists/records/{type}/{record}/memberships": of_record,
}
