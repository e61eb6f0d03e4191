"""What a call to each route may hold: query parameters, keys of its body and of the body's inputs, and on which versions
the route is not served. What is documented nowhere, or not simulated, is refused and never silently passed over.

Docs: developers.hubspot.com, the API reference of each route.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crmsync.simulator.hubspot.errors import ApiError, validation


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a call. `None` for what is not looked at here: the handler does, or it takes no object."""

    query: frozenset[str] | None = frozenset()
    body: frozenset[str] | None = None
    inputs: frozenset[str] | None = None
    absent: frozenset[str] = frozenset()
    """Versions that lack the route."""

    def served(self, version: str) -> bool:
        """Whether a version has the route."""
        return version not in self.absent

    def asked(self, query: Iterable[tuple[str, str]]) -> None:
        """Raises ApiError 400 for a query parameter that the route does not take."""
        if self.query is not None:
            for name, _ in query:
                if name not in self.query:
                    raise validation(f"Unknown query parameter: {name}")

    def sent(self, body: Mapping[str, Any]) -> None:
        """Raises ApiError 400 for a key that the body, or one of its inputs, does not have."""
        if self.body is not None and not self.body.issuperset(body):
            raise _unknown(self.body, body)
        inputs = body.get("inputs") if self.inputs is not None else None
        for each in inputs if isinstance(inputs, list) else ():
            if isinstance(each, dict) and self.inputs is not None and not self.inputs.issuperset(each):
                raise _unknown(self.inputs, each)


ANY: Final = Shape(query=None)
"""Routes with forms of their own: OAuth, the journal."""


def _unknown(known: frozenset[str], found: Iterable[str]) -> ApiError:
    name = next(name for name in found if name not in known)
    return ApiError(400, f'Invalid input JSON: unrecognized field "{name}"')


def _shape(query: str = "", body: str = "", inputs: str = "", absent: str = "") -> Shape:
    keys = frozenset(body.split()) | ({"inputs"} if inputs else frozenset())
    held = frozenset(inputs.split()) if inputs else None
    return Shape(frozenset(query.split()), keys if keys else None, held, frozenset(absent.split()))


_READ = "properties propertiesWithHistory associations archived"
_PROPERTY = (
    "label type fieldType groupName description options displayOrder hidden formField "
    "externalOptions dataSensitivity hasUniqueValue"
)
_HELD_BACK = "validateReferencesBeforeDelete validateDealStageUsagesBeforeDelete"
_LABELLED = "label displayOrder metadata"
_MAIL = "channel businessUnitId"

SHAPES: Final[Mapping[str, Shape]] = {
    # records
    "GET crm/objects/{type}": _shape(f"limit after {_READ}"),
    "POST crm/objects/{type}": _shape(body="properties associations objectWriteTraceId"),
    "GET crm/objects/{type}/{id}": _shape(f"idProperty {_READ}"),
    "PATCH crm/objects/{type}/{id}": _shape("idProperty", "properties objectWriteTraceId"),
    "POST crm/objects/{type}/search": _shape(body="filterGroups filters sorts query properties limit after"),
    "POST crm/objects/{type}/merge": _shape(body="primaryObjectId objectIdToMerge"),
    "POST crm/objects/{type}/gdpr-delete": _shape(body="objectId idProperty"),
    "POST crm/objects/{type}/batch/read": _shape(
        "archived", "properties propertiesWithHistory idProperty", "id"
    ),
    "POST crm/objects/{type}/batch/create": _shape(inputs="properties associations objectWriteTraceId"),
    "POST crm/objects/{type}/batch/update": _shape(inputs="id idProperty properties objectWriteTraceId"),
    "POST crm/objects/{type}/batch/upsert": _shape(inputs="id idProperty properties objectWriteTraceId"),
    "POST crm/objects/{type}/batch/archive": _shape(inputs="id"),
    # associations: labels and defaults came with v4, types by name went with v3
    "GET crm/objects/{type}/{id}/associations/{to}": _shape("limit after"),
    "PUT crm/objects/{type}/{id}/associations/default/{to}/{to_id}": _shape(absent="v3"),
    "PUT crm/objects/{type}/{id}/associations/{to}/{to_id}": _shape(absent="v3"),
    "DELETE crm/objects/{type}/{id}/associations/{to}/{to_id}": _shape(absent="v3"),
    "GET crm/associations/{type}/{to}/types": _shape(absent="v4 2026-03 2026-09"),
    "GET crm/associations/{type}/{to}/labels": _shape(absent="v3"),
    "POST crm/associations/{type}/{to}/labels": _shape(body="label name inverseLabel", absent="v3"),
    "DELETE crm/associations/{type}/{to}/labels/{type_id}": _shape(absent="v3"),
    "POST crm/associations/{type}/{to}/batch/read": _shape(inputs="id after"),
    "POST crm/associations/{type}/{to}/batch/create": _shape(inputs="from to types type"),
    "POST crm/associations/{type}/{to}/batch/archive": _shape(inputs="from to type"),
    "POST crm/associations/{type}/{to}/batch/associate/default": _shape(inputs="from to", absent="v3"),
    "POST crm/associations/{type}/{to}/batch/labels/archive": _shape(inputs="from to types", absent="v3"),
    # properties
    "GET crm/properties/{type}": _shape("archived dataSensitivity"),
    "GET crm/properties/{type}/{name}": _shape("archived dataSensitivity"),
    "POST crm/properties/{type}": _shape(body=f"name {_PROPERTY}"),
    "PATCH crm/properties/{type}/{name}": _shape(body=_PROPERTY),
    "POST crm/properties/{type}/batch/create": _shape(inputs=f"name {_PROPERTY}"),
    "POST crm/properties/{type}/batch/read": _shape(body="archived dataSensitivity", inputs="name"),
    "POST crm/properties/{type}/batch/archive": _shape(inputs="name"),
    "POST crm/properties/{type}/groups": _shape(body="name label displayOrder"),
    "PATCH crm/properties/{type}/groups/{group}": _shape(body="label displayOrder"),
    # pipelines
    "POST crm/pipelines/{type}": _shape(body="label displayOrder stages"),
    "PATCH crm/pipelines/{type}/{pipeline}": _shape(_HELD_BACK, "label displayOrder"),
    "PUT crm/pipelines/{type}/{pipeline}": _shape(_HELD_BACK, "label displayOrder stages"),
    "DELETE crm/pipelines/{type}/{pipeline}": _shape(_HELD_BACK),
    "POST crm/pipelines/{type}/{pipeline}/stages": _shape(body=_LABELLED),
    "PATCH crm/pipelines/{type}/{pipeline}/stages/{stage}": _shape(body=_LABELLED),
    "PUT crm/pipelines/{type}/{pipeline}/stages/{stage}": _shape(body=_LABELLED),
    "DELETE crm/pipelines/{type}/{pipeline}/stages/{stage}": _shape(_HELD_BACK),
    # lists
    "GET crm/lists": _shape("listIds includeFilters"),
    "POST crm/lists": _shape(body="name objectTypeId processingType filterBranch"),
    "POST crm/lists/search": _shape(
        body="query offset count listIds processingTypes objectTypeId additionalProperties"
    ),
    "GET crm/lists/{id}": _shape("includeFilters"),
    "PUT crm/lists/{id}/update-list-name": _shape("listName includeFilters"),
    "PUT crm/lists/{id}/update-list-filters": _shape(body="filterBranch"),
    "GET crm/lists/{id}/memberships": _shape("limit after"),
    "GET crm/lists/{id}/memberships/join-order": _shape("limit after"),
    "PUT crm/lists/{id}/memberships/add-and-remove": _shape(body="recordIdsToAdd recordIdsToRemove"),
    "GET crm/lists/object-type-id/{type}/name/{name}": _shape("includeFilters"),
    # subscription statuses
    "GET communication-preferences/definitions": _shape("businessUnitId"),
    "GET communication-preferences/statuses/{email}": _shape(_MAIL),
    "POST communication-preferences/statuses/{email}": _shape(
        body="subscriptionId statusState channel legalBasis legalBasisExplanation"
    ),
    "GET communication-preferences/statuses/{email}/unsubscribe-all": _shape(f"{_MAIL} verbose"),
    "POST communication-preferences/statuses/{email}/unsubscribe-all": _shape(f"{_MAIL} verbose"),
    "POST communication-preferences/statuses/batch/read": _shape(_MAIL, "inputs"),
    "POST communication-preferences/statuses/batch/write": _shape(
        inputs="subscriberIdString subscriptionId statusState channel legalBasis legalBasisExplanation"
    ),
    "POST communication-preferences/statuses/batch/unsubscribe-all": _shape(f"{_MAIL} verbose", "inputs"),
    "POST communication-preferences/statuses/batch/unsubscribe-all/read": _shape(_MAIL, "inputs"),
    "GET communication-preferences/status/email/{email}": _shape("businessUnitId"),
    "POST communication-preferences/subscribe": _shape(
        body="emailAddress subscriptionId legalBasis legalBasisExplanation"
    ),
    "POST communication-preferences/unsubscribe": _shape(
        body="emailAddress subscriptionId legalBasis legalBasisExplanation"
    ),
    # people
    "GET crm/owners": _shape("limit after email archived"),
    "GET crm/owners/{id}": _shape("idProperty archived"),
}
"""Routes that are not named take no parameters; OAuth and the journal see to theirs themselves."""


def shape_of(route: str) -> Shape:
    """The shape of a route."""
    found = SHAPES.get(route)
    own = route.partition(" ")[2].startswith(("oauth/", "webhooks-journal/"))
    return found if found is not None else ANY if own else Shape()
