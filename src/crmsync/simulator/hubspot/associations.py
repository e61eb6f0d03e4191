"""Associations of single records, and those that come with a record. Docs: developers.hubspot.com, "Associations" v4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import orjson

from crmsync.simulator.hubspot import linking
from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.linking import End
from crmsync.simulator.hubspot.links import BUILT_IN
from crmsync.simulator.hubspot.readings import mapping, objects
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

PAGE: Final = 500
"""Other ends in one reply, for each record."""

Json = dict[str, Any]


def read_one(call: Call) -> Reply:
    """GET {type}/{id}/associations/{to}: v4's shape, or v3's on a v3 path; by id, paged. An absorbed id has none."""
    portal, (kind, to) = call.portal, pair(call)
    row = kind.table.resolve(call.args["id"])
    if row is None or row.archived:
        raise not_found()
    limit = call.limit(PAGE, PAGE)
    nums, following = page(portal, kind, to, int(call.args["id"]), call.after(), limit)
    body: Json = {"results": targets(portal, call.version, kind, to, row.num, nums)}
    if following:
        link = f"https://api.hubapi.com{call.request.path}?limit={limit}&after={following}"
        body["paging"] = {"next": {"after": str(following), "link": link}}
    return 200, body


def link_default(call: Call) -> Reply:
    """PUT {type}/{id}/associations/default/{to}/{to_id}: 200, idempotent."""
    portal, (kind, to) = call.portal, pair(call)
    one, other = ends(portal, kind, to, call.args["id"], call.args["to_id"])
    linking.associate(portal, one, other, "api")
    return 200, done(portal, both_ways(one, other))


def link_labelled(call: Call) -> Reply:
    """PUT {type}/{id}/associations/{to}/{to_id} with association types, which replace those of the link: 201."""
    portal, (kind, to) = call.portal, pair(call)
    one, other = ends(portal, kind, to, call.args["id"], call.args["to_id"])
    try:
        types = checked(portal, kind, to, orjson.loads(call.request.body or b"null"))
    except ValueError:
        raise validation("Invalid input JSON") from None
    linking.associate(portal, one, other, "api", types, replace=True)
    return 201, labelled(portal, one, other)


def unlink(call: Call) -> Reply:
    """DELETE {type}/{id}/associations/{to}/{to_id}: 204, with all labels; also when there was nothing."""
    portal, (kind, to) = call.portal, pair(call)
    linking.dissociate(portal, *ends(portal, kind, to, call.args["id"], call.args["to_id"]), "api")
    return 204, None


def plan(portal: Portal, kind: Kind, asked: object) -> list[tuple[End, list[int]]]:
    """The `associations` of a create: the other ends and the types. Raises ApiError 400 for what cannot be."""
    planned = []
    for each in objects(asked, "associations"):
        to_id = str(mapping(each.get("to"), "to").get("id") or "")
        listed = objects(each.get("types"), "types")
        to = _meant(portal, kind, [_number(each) for each in listed])
        types = checked(portal, kind, to, listed)
        row = to.table.get(to_id)
        if row is None or row.archived:
            raise validation(f"{to.singular.capitalize()} {to_id} does not exist")
        planned.append(((to, row.num), types))
    return planned


def carry_out(portal: Portal, kind: Kind, row: Row, planned: Sequence[tuple[End, list[int]]]) -> None:
    """Make the associations that a new record came with."""
    for other, types in planned:
        linking.associate(portal, (kind, row.num), other, "api", types)


def embedded(portal: Portal, kind: Kind, row: Row, wanted: list[str]) -> Json:
    """The `associations` of a read record; empty when there are none. Raises ApiError 400."""
    out: dict[str, Json] = {}
    for name in wanted:
        to = portal.kind(name)
        nums, following = page(portal, kind, to, row.num, 0, PAGE)
        if nums:
            out[to.name] = {"results": targets(portal, "v3", kind, to, row.num, nums)}
            if following:
                out[to.name]["paging"] = {"next": {"after": str(following)}}
    return {"associations": out} if out else {}


# -- shared with the batches ----------------------------------------------------------------------------------
def pair(call: Call) -> tuple[Kind, Kind]:
    """The two object types of the path. Raises ApiError 400 for a pair that is not associated here."""
    kind, to = call.kind, call.portal.kind(call.args["to"])
    if (kind.name, to.name) not in BUILT_IN:
        raise validation(f"No association type exists from {kind.type_id} to {to.type_id}")
    return kind, to


def ends(portal: Portal, kind: Kind, to: Kind, id: str, to_id: str) -> tuple[End, End]:
    """Both records of a link, which must live. Raises ApiError 404, and 400 for a record and itself."""
    found = []
    for each, name in ((kind, id), (to, to_id)):
        row = each.table.get(name)
        if row is None or row.archived:
            raise not_found(f"{each.singular.upper()} {name} does not exist")
        found.append((each, row.num))
    if found[0] == found[1]:
        raise validation("A record cannot be associated with itself")
    return found[0], found[1]


def checked(portal: Portal, kind: Kind, to: Kind, asked: object) -> list[int]:
    """The type ids of `[{associationCategory, associationTypeId}]`. Raises ApiError 400 for one that does not fit."""
    listed = objects(asked, "types")
    if not listed:
        raise validation("a list of association types is required")
    known = {type_id: category for type_id, category, _ in portal.links.types(kind.name, to.name)}
    types = []
    for each in listed:
        number = _number(each)
        category = each.get("associationCategory")
        if number not in known or category != known[number]:
            raise validation(
                f"{category} association type {number} does not fit {kind.type_id} to {to.type_id}"
            )
        types.append(number)
    return types


def page(
    portal: Portal, kind: Kind, to: Kind, num: int, start: int, limit: int
) -> tuple[list[int], int | None]:
    """Numbers of linked records from `start` on, ascending, and the number that the next page starts at."""
    linked = portal.links.of(kind.name, num, to.name)
    ordered = sorted(linked if not start else (each for each in linked if each >= start))
    return list(islice(ordered, limit)), ordered[limit] if len(ordered) > limit else None


def target(portal: Portal, kind: Kind, to: Kind, num: int, other: int) -> Json:
    """One other end with its types, as v4 and the dated versions show it."""
    more = portal.links.of(kind.name, num, to.name)[other]
    default = BUILT_IN[(kind.name, to.name)][0]
    types = [
        {"category": category, "typeId": type_id, "label": label}
        for type_id, category, label in portal.links.types(kind.name, to.name)
        if type_id == default or type_id in more
    ]
    return {"toObjectId": shown_id(portal, other), "associationTypes": types}


def both_ways(one: End, other: End) -> list[Json]:
    """A default association as its two directions."""
    return [
        {
            "from": {"id": str(here[1])},
            "to": {"id": str(there[1])},
            "associationSpec": {
                "associationCategory": "HUBSPOT_DEFINED",
                "associationTypeId": BUILT_IN[(here[0].name, there[0].name)][0],
            },
        }
        for here, there in ((one, other), (other, one))
    ]


def labelled(portal: Portal, one: End, other: End) -> Json:
    """The reply to a labelled association."""
    (kind, num), (to, there) = one, other
    more = portal.links.of(kind.name, num, to.name)[there]
    known = {type_id: label for type_id, _, label in portal.links.types(kind.name, to.name)}
    return {
        "fromObjectTypeId": kind.type_id,
        "fromObjectId": shown_id(portal, num),
        "toObjectTypeId": to.type_id,
        "toObjectId": shown_id(portal, there),
        "labels": [known[each] for each in more],
    }


def done(portal: Portal, results: list[Json], errors: list[Json] | None = None) -> Json:
    """The frame of a batch reply."""
    now = portal.now()
    body: Json = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    return {**body, "numErrors": len(errors), "errors": errors} if errors else body


def shown_id(portal: Portal, num: int) -> str | int:
    """An id as an association reply shows it."""
    return str(num) if portal.switches.association_ids_as_text else num


def targets(portal: Portal, version: str, kind: Kind, to: Kind, num: int, nums: list[int]) -> list[Json]:
    """The other ends as v3 lists them (one line a type, by name) or as all later versions do."""
    if version != "v3":
        return [target(portal, kind, to, num, other) for other in nums]
    name, linked = f"{kind.singular}_to_{to.singular}", portal.links.of(kind.name, num, to.name)
    primary = BUILT_IN[(kind.name, to.name)][1]
    return [
        {"id": str(other), "type": type}
        for other in nums
        for type in ([f"{name}_unlabeled", name] if primary and primary in linked[other] else [_plain(name, primary)])
    ]  # fmt: skip


def _plain(name: str, primary: int) -> str:
    """Pairs with a primary company call the other associations unlabeled; the rest have one name."""
    return f"{name}_unlabeled" if primary else name


def _meant(portal: Portal, kind: Kind, types: list[int]) -> Kind:
    """The object type that association types of `kind` lead to."""
    for here, there in BUILT_IN:
        if here == kind.name and types:
            known = {type_id for type_id, _, _ in portal.links.types(here, there)}
            if known.issuperset(types):
                return portal.kinds[there]
    raise validation(f"Association types {types} do not fit {kind.name}")


def _number(asked: Mapping[str, Any]) -> int:
    try:
        return int(asked["associationTypeId"])
    except (KeyError, TypeError, ValueError):
        raise ApiError(400, "associationTypeId must be a number", "VALIDATION_ERROR") from None


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/objects/{type}/{id}/associations/{to}": read_one,
    "PUT crm/objects/{type}/{id}/associations/default/{to}/{to_id}": link_default,
    "PUT crm/objects/{type}/{id}/associations/{to}/{to_id}": link_labelled,
    "DELETE crm/objects/{type}/{id}/associations/{to}/{to_id}": unlink,
}
