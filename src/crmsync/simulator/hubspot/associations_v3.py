"""Associations in batches as version 3 has them: types go by name. Docs: developers.hubspot.com, "Associations" v3."""

from __future__ import annotations

from typing import Any, Final

from crmsync.simulator.hubspot import linking
from crmsync.simulator.hubspot.association_inputs import end_id, inputs_of
from crmsync.simulator.hubspot.associations import PAGE, done, ends, page, pair, targets
from crmsync.simulator.hubspot.errors import ApiError, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.links import BUILT_IN
from crmsync.simulator.hubspot.state import Kind

CAP: Final = 100

Json = dict[str, Any]


def read(call: Call) -> Reply:
    """POST v3 associations/{from}/{to}/batch/read of `{id}`: 207 when some have none."""
    portal, (kind, to) = call.portal, pair(call)
    results, errors = [], []
    for item in inputs_of(call, 1000):
        id = str(item.get("id") or "")
        row = kind.table.get(id)
        nums: list[int] = []
        if row is not None and not row.archived:
            nums, _ = page(portal, kind, to, row.num, 0, PAGE)
        if row is None or not nums:
            errors.append(_none(kind, to, id))
        else:
            results.append({"from": {"id": id}, "to": targets(portal, "v3", kind, to, row.num, nums)})
    return 207 if errors else 200, done(portal, results, errors)


def create(call: Call) -> Reply:
    """POST v3 associations/{from}/{to}/batch/create of `{from, to, type}`: 201."""
    portal, (kind, to) = call.portal, pair(call)
    results, errors = [], []
    for item, type_id in _typed(call, kind, to):
        try:
            one, other = ends(portal, kind, to, end_id(item, "from"), end_id(item, "to"))
        except ApiError as error:
            errors.append(error.row())
        else:
            linking.associate(portal, one, other, "api", (type_id,))
            ids = {"from": {"id": str(one[1])}, "to": {"id": str(other[1])}}
            results.append({**ids, "type": str(item["type"])})
    return 207 if errors else 201, done(portal, results, errors)


def archive(call: Call) -> Reply:
    """POST v3 associations/{from}/{to}/batch/archive of `{from, to, type}`: 204."""
    portal, (kind, to) = call.portal, pair(call)
    for item, type_id in _typed(call, kind, to):
        try:
            one, other = ends(portal, kind, to, end_id(item, "from"), end_id(item, "to"))
        except ApiError:
            continue  # what is not linked is unlinked already
        linking.dissociate(portal, one, other, "api", (type_id,))
    return 204, None


def types(call: Call) -> Reply:
    """GET v3 associations/{from}/{to}/types: ids and names."""
    kind, to = pair(call)
    return 200, {"results": [{"id": str(id), "name": name} for name, id in names(kind, to).items()]}


def names(kind: Kind, to: Kind) -> dict[str, int]:
    """Name -> type id. Where a primary company is possible the plain name means it."""
    default, primary = BUILT_IN[(kind.name, to.name)]
    name = f"{kind.singular}_to_{to.singular}"
    return {f"{name}_unlabeled": default, name: primary} if primary else {name: default}


def _typed(call: Call, kind: Kind, to: Kind) -> list[tuple[Json, int]]:
    known = names(kind, to)
    typed = []
    for item in inputs_of(call, CAP):
        type_id = known.get(str(item.get("type")))
        if type_id is None:
            raise validation(f"{item.get('type')} is not a valid association type")
        typed.append((item, type_id))
    return typed


def _none(kind: Kind, to: Kind, id: str) -> Json:
    message = f"No {to.singular} is associated with {kind.singular} {id}."
    return ApiError(404, message, "OBJECT_NOT_FOUND", context={"fromObjectId": [id]}).row()


ROUTES: Final[dict[str, Handler]] = {"GET crm/associations/{type}/{to}/types": types}
