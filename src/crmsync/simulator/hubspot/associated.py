"""Associations in batches, and the labels of a pair of object types. Docs: developers.hubspot.com, "Associations" v4."""

from __future__ import annotations

from typing import Any, Final

from crmsync.simulator.hubspot import associations, associations_v3, linking
from crmsync.simulator.hubspot.association_inputs import end_id, inputs_of
from crmsync.simulator.hubspot.associations import done, ends, pair
from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.rows import number
from crmsync.simulator.hubspot.state import Kind

READ_CAP: Final = 1000
WRITE_CAP: Final = 2000

Json = dict[str, Any]


def batch_read(call: Call) -> Reply:
    """POST batch/read of at most 1,000 inputs `{id, after?}`; those without any are error entries of a 207."""
    if call.version == "v3":
        return associations_v3.read(call)
    portal, (kind, to) = call.portal, pair(call)
    results, errors = [], []
    for item in inputs_of(call, READ_CAP):
        id, start = str(item.get("id") or ""), number(str(item.get("after") or "0"))
        if start is None:
            raise validation(f"after {item['after']} is not a paging cursor")
        row = kind.table.get(id)
        nums: list[int] = []
        following = None
        if row is not None and not row.archived:
            nums, following = associations.page(portal, kind, to, row.num, start, associations.PAGE)
        if row is None or not nums:
            errors.append(_none(kind, to, id))
            continue
        found: Json = {
            "from": {"id": id},
            "to": [associations.target(portal, kind, to, row.num, n) for n in nums],
        }
        if following:
            found["paging"] = {"next": {"after": str(following)}}
        results.append(found)
    return 207 if errors else 200, done(portal, results, errors)


def batch_default(call: Call) -> Reply:
    """POST batch/associate/default of `{from, to}`: 200."""
    portal, (kind, to) = call.portal, pair(call)
    results, errors = [], []
    for item in inputs_of(call, WRITE_CAP):
        try:
            one, other = ends(portal, kind, to, end_id(item, "from"), end_id(item, "to"))
        except ApiError as error:
            errors.append(error.row())
        else:
            linking.associate(portal, one, other, "api")
            results += associations.both_ways(one, other)
    return 207 if errors else 200, done(portal, results, errors)


def batch_create(call: Call) -> Reply:
    """POST batch/create of `{from, to, types}`, at most 2,000: 201. Types that do not fit reject the whole request."""
    if call.version == "v3":
        return associations_v3.create(call)
    portal, (kind, to) = call.portal, pair(call)
    inputs = inputs_of(call, WRITE_CAP)
    asked = [associations.checked(portal, kind, to, item.get("types")) for item in inputs]
    results, errors = [], []
    for item, types in zip(inputs, asked, strict=True):
        try:
            one, other = ends(portal, kind, to, end_id(item, "from"), end_id(item, "to"))
        except ApiError as error:
            errors.append(error.row())
        else:
            linking.associate(portal, one, other, "api", types, replace=True)
            results.append(associations.labelled(portal, one, other))
    return 207 if errors else 201, done(portal, results, errors)


def batch_archive(call: Call) -> Reply:
    """POST batch/archive of `{from, to: [...]}`: 204 with nothing, on 2026-09 paths 200 with a body."""
    if call.version == "v3":
        return associations_v3.archive(call)
    kind, to = pair(call)
    for id, to_id in [each for item in inputs_of(call, WRITE_CAP) for each in _pairs(item)]:
        _unlink(call, kind, to, id, to_id, None)
    return (200, done(call.portal, [])) if call.version == "2026-09" else (204, None)


def batch_unlabel(call: Call) -> Reply:
    """POST batch/labels/archive of `{from, to, types}`: 204. The default type takes the whole link with it."""
    portal, (kind, to) = call.portal, pair(call)
    inputs = inputs_of(call, WRITE_CAP)
    asked = [associations.checked(portal, kind, to, item.get("types")) for item in inputs]
    for item, types in zip(inputs, asked, strict=True):
        _unlink(call, kind, to, end_id(item, "from"), end_id(item, "to"), types)
    return 204, None


def labels(call: Call) -> Reply:
    """GET labels: every type of the pair."""
    kind, to = pair(call)
    return 200, {"results": [_type(*each) for each in call.portal.links.types(kind.name, to.name)]}


def add_label(call: Call) -> Reply:
    """POST labels `{label, name, inverseLabel?}`: the new types, one for each direction."""
    links, (kind, to), body = call.portal.links, pair(call), call.body()
    label, name = body.get("label"), body.get("name")
    if not isinstance(label, str) or not label or not isinstance(name, str) or not name:
        raise validation("label and name are required")
    if any(label == known for _, _, known in links.types(kind.name, to.name)):
        raise ApiError(409, f"There is already a label '{label}'", "CONFLICT")
    made = links.add_label(kind.name, to.name, label, str(body.get("inverseLabel") or label))
    shown = {each.type_id: _type(each.type_id, "USER_DEFINED", each.label) for each in made}
    return 200, {"results": list(shown.values())}


def remove_label(call: Call) -> Reply:
    """DELETE labels/{type_id}: 204; links keep their other types. Only a portal's own labels can go."""
    links, (kind, to), id = call.portal.links, pair(call), call.args["type_id"]
    own = links.labels[(kind.name, to.name)]
    label = own.get(number(id) or 0)
    if label is None:
        raise not_found(f"Association label {id} does not exist")
    links.drop_label(kind.name, to.name, label)
    return 204, None


def _unlink(call: Call, kind: Kind, to: Kind, id: str, to_id: str, types: list[int] | None) -> None:
    try:
        one, other = ends(call.portal, kind, to, id, to_id)
    except ApiError:
        return  # what is not linked is unlinked already
    linking.dissociate(call.portal, one, other, "api", types)


def _pairs(item: Json) -> list[tuple[str, str]]:
    """The ids of both ends of every link that an input is about. Raises ApiError 400 where one is missing."""
    listed = item.get("to")
    ids = [end_id({"to": each}, "to") for each in (listed if isinstance(listed, list) else [listed])]
    if not ids or not all((end_id(item, "from"), *ids)):
        raise validation("every input needs from.id and to with ids")
    return [(end_id(item, "from"), each) for each in ids]


def _type(type_id: int, category: str, label: str | None) -> Json:
    return {"category": category, "typeId": type_id, "label": label}


def _none(kind: Kind, to: Kind, id: str) -> Json:
    message = f"No {to.singular} is associated with {kind.singular} {id}."
    context = {"fromObjectId": [id], "fromObjectType": [kind.type_id], "toObjectType": [to.type_id]}
    error = ApiError(404, message, "OBJECT_NOT_FOUND", context=context)
    return error.row() | {"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}


ROUTES: Final[dict[str, Handler]] = {
    "POST crm/associations/{type}/{to}/batch/read": batch_read,
    "POST crm/associations/{type}/{to}/batch/create": batch_create,
    "POST crm/associations/{type}/{to}/batch/archive": batch_archive,
    "POST crm/associations/{type}/{to}/batch/associate/default": batch_default,
    "POST crm/associations/{type}/{to}/batch/labels/archive": batch_unlabel,
    "GET crm/associations/{type}/{to}/labels": labels,
    "POST crm/associations/{type}/{to}/labels": add_label,
    "DELETE crm/associations/{type}/{to}/labels/{type_id}": remove_label,
}
