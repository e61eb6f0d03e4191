"""Pipelines and stages over the API. Docs: developers.hubspot.com, "Pipelines" guide. Only deals have pipelines here."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from crmsync.simulator.hubspot import pipelines
from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.pipelines import Pipeline, Stage
from crmsync.simulator.hubspot.readings import mapping, objects
from crmsync.simulator.hubspot.state import Portal

_CHECK: Final = "validateDealStageUsagesBeforeDelete"
"""Asks that a deletion be held back while deals stand there: from 2026-09 on unless told otherwise, before only when told
so. The other check is meant for other object types than deals and does the same here, where there are no others."""


def listing(call: Call) -> Reply:
    """GET pipelines/{type}: all at once."""
    known = _pipelines(call).values()
    return 200, {
        "results": [_shown(each) for each in sorted(known, key=lambda p: p.order) if not each.archived]
    }


def create(call: Call) -> Reply:
    """POST pipelines/{type}: 201."""
    body = call.body()
    return 201, _shown(add(call.portal, _pipelines(call), body))


def add(portal: Portal, known: dict[str, Pipeline], body: dict[str, Any]) -> Pipeline:
    """A new pipeline of a `label`, a `displayOrder` and `stages`. Raises ApiError 400 or 409."""
    label, now = _label(body), portal.now()
    _free(label, [p.label for p in known.values() if not p.archived], "pipeline")
    listed = objects(body.get("stages"), "stages")
    if not listed:
        raise validation("a pipeline needs stages")
    asked = [(_label(each), _order(each), _probability(each)) for each in listed]
    made = Pipeline(_mint(portal), label, _order(body), created=now, updated=now)
    for name, order, odds in asked:
        _free(name, [s.label for s in made.stages.values()], "stage")
        stage = Stage(_mint(portal), name, order, odds, now, now)
        made.stages[stage.id] = stage
    known[made.id] = made
    pipelines.show(portal.kinds["deals"], known)
    return made


def read(call: Call) -> Reply:
    """GET pipelines/{type}/{pipeline}."""
    return 200, _shown(_one(call))


def change(call: Call) -> Reply:
    """PATCH pipelines/{type}/{pipeline}: label and display order."""
    pipeline, body = _one(call), call.body()
    if "label" in body:
        _free(
            _label(body), [p.label for p in call.portal.pipelines.values() if p is not pipeline], "pipeline"
        )
        pipeline.label = _label(body)
    if "displayOrder" in body:
        pipeline.order = _order(body)
    return 200, _changed(call, pipeline)


def replaced(call: Call) -> Reply:
    """PUT pipelines/{type}/{pipeline}: label, order and all stages anew."""
    pipeline, body, portal = _one(call), call.body(), call.portal
    listed = objects(body.get("stages"), "stages")
    if not listed:
        raise validation("a pipeline needs stages")
    asked = [(_label(each), _order(each), _probability(each)) for each in listed]
    for stage in pipeline.ordered():
        _unused(call, pipeline, stage.id)
    pipeline.label, pipeline.order, now = _label(body), _order(body), portal.now()
    pipeline.stages = {s.id: s for s in (Stage(_mint(portal), *each, now, now) for each in asked)}
    return 200, _changed(call, pipeline)


def remove(call: Call) -> Reply:
    """DELETE pipelines/{type}/{pipeline}: 204. The last one stays; one that deals are in goes only unchecked."""
    pipeline, portal = _one(call), call.portal
    if sum(not p.archived for p in portal.pipelines.values()) == 1:
        raise validation("The last pipeline cannot be deleted")
    _unused(call, pipeline)
    del portal.pipelines[pipeline.id]
    pipelines.show(portal.kinds["deals"], portal.pipelines)
    return 204, None


def stages(call: Call) -> Reply:
    """GET pipelines/{type}/{pipeline}/stages."""
    return 200, {"results": [_stage(each) for each in _one(call).ordered()]}


def stage(call: Call) -> Reply:
    """GET pipelines/{type}/{pipeline}/stages/{stage}."""
    return 200, _stage(_one_stage(call))


def add_stage(call: Call) -> Reply:
    """POST pipelines/{type}/{pipeline}/stages: 201."""
    pipeline, body, now = _one(call), call.body(), call.portal.now()
    label = _label(body)
    _free(label, [s.label for s in pipeline.stages.values()], "stage")
    made = Stage(_mint(call.portal), label, _order(body), _probability(body), now, now)
    pipeline.stages[made.id] = made
    _changed(call, pipeline)
    return 201, _stage(made)


def change_stage(call: Call) -> Reply:
    """PATCH and PUT pipelines/{type}/{pipeline}/stages/{stage}: label, order, probability."""
    pipeline, old, body = _one(call), _one_stage(call), call.body()
    whole = call.request.method == "PUT"
    new = replace(
        old,
        label=_label(body) if whole or "label" in body else old.label,
        order=_order(body) if whole or "displayOrder" in body else old.order,
        probability=_probability(body) if whole or "metadata" in body else old.probability,
        updated=call.portal.now(),
    )
    _free(new.label, [s.label for s in pipeline.stages.values() if s is not old], "stage")
    pipeline.stages[old.id] = new
    _changed(call, pipeline)
    return 200, _stage(new)


def remove_stage(call: Call) -> Reply:
    """DELETE pipelines/{type}/{pipeline}/stages/{stage}: 204; with the check, not while deals are in it."""
    pipeline, gone = _one(call), _one_stage(call)
    _unused(call, pipeline, gone.id)
    del pipeline.stages[gone.id]
    _changed(call, pipeline)
    return 204, None


def _changed(call: Call, pipeline: Pipeline) -> dict[str, Any]:
    pipeline.updated = call.portal.now()
    pipelines.show(call.portal.kinds["deals"], call.portal.pipelines)
    return _shown(pipeline)


def _pipelines(call: Call) -> dict[str, Pipeline]:
    kind = call.kind
    if kind.name != "deals":
        raise validation(f"Object type {kind.type_id} has no pipelines")
    return call.portal.pipelines


def _one(call: Call) -> Pipeline:
    pipeline = _pipelines(call).get(call.args["pipeline"])
    if pipeline is None:
        raise not_found(f"Pipeline {call.args['pipeline']} does not exist")
    return pipeline


def _one_stage(call: Call) -> Stage:
    found = _one(call).stages.get(call.args["stage"])
    if found is None:
        raise not_found(f"Stage {call.args['stage']} does not exist")
    return found


def _unused(call: Call, pipeline: Pipeline, stage: str = "") -> None:
    """Hold a deletion back when deals stand there. Raises ApiError 400."""
    portal = call.portal
    if not (
        call.flag(_CHECK, default=call.version == "2026-09") or call.flag("validateReferencesBeforeDelete")
    ):
        return
    for num in portal.kinds["deals"].table.live:
        values = portal.kinds["deals"].table.rows[num].values
        if values.get("pipeline") == pipeline.id and stage in ("", values.get("dealstage")):
            raise validation(f"{stage or pipeline.id} is in use by deals and cannot be deleted")


def _label(body: Any) -> str:
    label = body.get("label") if isinstance(body, dict) else None
    if not isinstance(label, str) or not label:
        raise validation("label is required")
    return label


def _order(body: dict[str, Any]) -> int:
    order = body.get("displayOrder")
    if not isinstance(order, int):
        raise validation("displayOrder is required and must be a whole number")
    return order


def _probability(body: dict[str, Any]) -> str:
    """A deal stage must say how likely the deal is: text between "0.0" and "1.0"."""
    text = str(mapping(body.get("metadata"), "metadata").get("probability", ""))
    try:
        odds = Decimal(text)
    except InvalidOperation:
        raise validation("metadata.probability is required: a number between 0.0 and 1.0") from None
    if not 0 <= odds <= 1:
        raise validation(f"probability {text} is not between 0.0 and 1.0")
    return text


def _free(label: str, taken: list[str], what: str) -> None:
    if label in taken:
        raise ApiError(409, f"There is already a {what} with the label '{label}'", "CONFLICT")


def _mint(portal: Portal) -> str:
    portal.next_stage += 1 + int(portal.rng.random() * 9)
    return str(portal.next_stage)


def _shown(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "id": pipeline.id,
        "label": pipeline.label,
        "displayOrder": pipeline.order,
        "stages": [_stage(each) for each in pipeline.ordered()],
        "createdAt": pipeline.created,
        "updatedAt": pipeline.updated,
        "archived": pipeline.archived,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "id": stage.id,
        "label": stage.label,
        "displayOrder": stage.order,
        "metadata": {"isClosed": "true" if stage.closed else "false", "probability": stage.probability},
        "createdAt": stage.created,
        "updatedAt": stage.updated,
        "archived": stage.archived,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/pipelines/{type}": listing,
    "POST crm/pipelines/{type}": create,
    "GET crm/pipelines/{type}/{pipeline}": read,
    "PATCH crm/pipelines/{type}/{pipeline}": change,
    "PUT crm/pipelines/{type}/{pipeline}": replaced,
    "DELETE crm/pipelines/{type}/{pipeline}": remove,
    "GET crm/pipelines/{type}/{pipeline}/stages": stages,
    "POST crm/pipelines/{type}/{pipeline}/stages": add_stage,
    "GET crm/pipelines/{type}/{pipeline}/stages/{stage}": stage,
    "PATCH crm/pipelines/{type}/{pipeline}/stages/{stage}": change_stage,
    "PUT crm/pipelines/{type}/{pipeline}/stages/{stage}": change_stage,
    "DELETE crm/pipelines/{type}/{pipeline}/stages/{stage}": remove_stage,
}
