"""What the simulated portal does not do is refused, with an error of HubSpot's form, and changes nothing."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any

import orjson
import pytest
from facts import fact
from sim_hubspot_builders import Bench, Scene

from crmsync.simulator.faults import Fault, Faults
from crmsync.simulator.hubspot.records import ROUTES
from crmsync.simulator.hubspot.shapes import SHAPES
from crmsync.simulator.server import serve
from crmsync.simulator.wire import Request

CONTACTS = "/crm/v3/objects/contacts"


def searched(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"filterGroups": [{"filters": list(filters)}]}


STRAYS: list[tuple[str, str, Any, dict[str, str]]] = [
    ("GET", CONTACTS, None, {"sort": "email"}),
    ("DELETE", f"{CONTACTS}/1", None, {"idProperty": "email"}),
    ("POST", CONTACTS, {"properties": {"firstname": "Ann"}, "lists": [1]}, {}),
    ("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": "1"}], "associations": ["companies"]}, {}),
    ("POST", f"{CONTACTS}/batch/create", {"inputs": [{"properties": {"firstname": "A"}, "id": "1"}]}, {}),
    ("POST", f"{CONTACTS}/search", {"archived": True}, {}),
    ("POST", f"{CONTACTS}/search", searched({"propertyName": "email", "operator": "HAS_PROPERTY", "x": 1}), {}),
]  # fmt: skip


@fact(
    "hubspot",
    "errors",
    "Query parameters and body keys that a route does not have are refused or ignored",
    "assumed",
    "strays_ignored",
)
@pytest.mark.parametrize(("method", "path", "body", "query"), STRAYS)
def test_strays_are_refused_or_ignored(method: str, path: str, body: Any, query: dict[str, str]) -> None:
    bench = Bench()
    assert bench.call(method, path, body, **query)[0] == 400
    assert bench.ledger.entries == []
    bench.sim.switches.strays_ignored = True
    assert bench.call(method, path, body, **query)[0] < 300


@fact(
    "hubspot",
    "errors",
    "A list or an object as a property's value is invalid JSON, without a category",
    "seen",
)
@pytest.mark.parametrize("value", [["a"], {"a": 1}])
def test_values_are_not_nested(value: Any) -> None:
    status, body = Bench().call("POST", CONTACTS, {"properties": {"firstname": value}})
    assert (status, "category" in body) == (400, False)
    assert body["message"].startswith("Invalid input JSON")


@fact(
    "hubspot",
    "versions",
    "Association labels and the default association came with v4: v3 has neither",
    "doc",
)
@pytest.mark.parametrize("version", ["v4", "v3"])
def test_labels_came_with_version_4(version: str) -> None:
    scene = Scene()
    own = f"/crm/{version}/objects/contacts/{scene.ann}/associations"
    calls = [
        ("PUT", f"{own}/default/companies/{scene.one}", None),
        ("PUT", f"{own}/companies/{scene.one}", [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]),
        ("GET", f"/crm/{version}/associations/contacts/companies/labels", None),
        ("POST", f"/crm/{version}/associations/contacts/companies/batch/associate/default",
         {"inputs": [{"from": {"id": scene.ann}, "to": {"id": scene.one}}]}),
    ]  # fmt: skip
    found = {scene.call(*call)[0] < 300 for call in calls}
    assert found == {version == "v4"}


@fact(
    "hubspot", "versions", "The types of associations by name are a v3 path that later versions lack", "doc"
)
def test_types_by_name_went_with_version_3() -> None:
    paths = ["/crm/v3/associations/contacts/companies/types", "/crm/v4/associations/contacts/companies/types",
             "/crm/associations/2026-09/contacts/companies/types"]  # fmt: skip
    assert [Bench().call("GET", path)[0] for path in paths] == [200, 404, 404]


@pytest.mark.parametrize(
    "path",
    ["/account-info/v4/details", "/account-info/details/2026-09", "/oauth/v4/token", "/oauth/v2/token",
     "/webhooks-journal/v3/journal/latest", "/communication-preferences/definitions/v4", "/crm/v3", "/", "/crm/objects/v3/contacts"],
)  # fmt: skip
def test_a_version_that_an_area_does_not_have_is_not_found(path: str) -> None:
    status, body = Bench().call("GET", path)
    assert (status, body["category"]) == (404, "OBJECT_NOT_FOUND")


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "²"}, {"limit": "1.5"}, {"after": "²"}, {"after": "9" * 5000},
     {"archived": "maybe"}],
)  # fmt: skip
def test_a_parameter_that_is_not_what_it_should_be_is_refused(query: dict[str, str]) -> None:
    status, body = Bench().call("GET", CONTACTS, None, **query)
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("id", ["²", "9" * 5000, "-1", "%20", "1e5", "nan"])
def test_an_odd_id_is_not_found(id: str) -> None:
    assert Bench().call("GET", f"{CONTACTS}/{id}")[0] == 404


@pytest.mark.parametrize(
    "body",
    [{"limit": True}, {"limit": 1.7}, {"after": "x"}, {"query": {}}, {"query": ["x"]},
     searched({"propertyName": "email", "operator": "EQ", "value": {}}),
     searched({"propertyName": "email", "operator": "IN", "values": []}),
     searched({"propertyName": "hs_object_id", "operator": "GT", "value": "nan"}),
     searched({"propertyName": "hs_object_id", "operator": "LT", "value": "1e999"})],
)  # fmt: skip
def test_a_search_of_wrong_types_is_refused(body: Any) -> None:
    status, reply = Bench().call("POST", f"{CONTACTS}/search", body)
    assert (status, reply["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "body",
    [{"inputs": [{"id": "1"}], "properties": "email"}, {"inputs": [{"id": "1"}], "propertiesWithHistory": "email"}],
)  # fmt: skip
def test_a_batch_read_of_wrong_types_is_refused(body: Any) -> None:
    assert Bench().call("POST", f"{CONTACTS}/batch/read", body)[0] == 400


def test_an_association_of_a_wrong_category_is_refused() -> None:
    scene = Scene()
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": 1}]
    body = {"properties": {"firstname": "Bo"}, "associations": [{"to": {"id": scene.one}, "types": types}]}
    assert scene.call("POST", CONTACTS, body)[0] == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_of_another_type_is_refused(kind: str) -> None:
    bench = Bench()
    headers = {"authorization": f"Bearer {bench.sim.access_token}", "content-type": kind}
    body = orjson.dumps({"properties": {"firstname": "Ann"}})
    assert bench.sim.handle(Request("POST", CONTACTS, (), headers, body)).status == 415


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "HEAD", "PUT"])
def test_a_method_that_a_path_does_not_have_is_405_over_http_too(method: str) -> None:
    bench = Bench()
    server = serve(bench.sim)
    try:
        client = HTTPConnection(server.host, server.port, timeout=5)
        client.request(method, CONTACTS, headers={"authorization": f"Bearer {bench.sim.access_token}"})
        assert client.getresponse().status == 405
        client.close()
    finally:
        server.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "query"),
    [
        ("GET", "/communication-preferences/v4/statuses/a@b.example", None, {"channel": "EMAIL", "businessUnitId": "9"}),
        ("GET", "/communication-preferences/v4/definitions", None, {"includeTranslations": "true"}),
        ("POST", "/crm/v3/lists/search", {"additionalProperties": ["hs_last_record_added_at"]}, {}),
        ("POST", "/crm/v3/lists", {"name": "L", "objectTypeId": "0-1", "processingType": "MANUAL", "listFolderId": 1}, {}),
        ("POST", "/crm/v3/properties/contacts", {"name": "a", "label": "A", "type": "enumeration", "fieldType": "select",
         "groupName": "contactinformation", "externalOptions": True}, {}),
        ("PATCH", "/crm/v3/properties/contacts/city", {"hasUniqueValue": True}, {}),
        ("PATCH", "/crm/v3/pipelines/deals/default", {"archived": True}, {}),
    ],
)  # fmt: skip
def test_what_is_documented_but_not_simulated_is_refused(
    method: str, path: str, body: Any, query: dict[str, str]
) -> None:
    assert Bench().call(method, path, body, **query)[0] == 400


def test_every_shape_is_of_a_route() -> None:
    assert (
        set(SHAPES)
        - set(ROUTES)
        - {"POST crm/objects/{type}/search", "GET crm/owners", "GET crm/owners/{id}"}
        == set()
    )


@fact("hubspot", "properties", "A property group has a place that is set with it and changed later", "doc")
def test_a_group_keeps_its_place() -> None:
    bench, path = Bench(), "/crm/v3/properties/contacts/groups"
    body = {"name": "fair", "label": "Fair", "displayOrder": 3}
    assert bench.call("POST", path, body)[1]["displayOrder"] == 3
    assert bench.call("PATCH", f"{path}/fair", {"displayOrder": 5})[1] == {
        **body,
        "displayOrder": 5,
        "archived": False,
    }
    assert bench.call("GET", f"{path}/fair")[1]["label"] == "Fair"


@fact("hubspot", "properties", "Whether a property may stand in forms is set with it", "doc")
def test_a_property_may_stay_out_of_forms() -> None:
    bench, path = Bench(), "/crm/v3/properties/contacts"
    body = {
        "name": "inner",
        "label": "Inner",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    assert bench.call("POST", path, {**body, "formField": False})[1]["formField"] is False
    assert bench.call("PATCH", f"{path}/inner", {"formField": True})[1]["formField"] is True


@fact("hubspot", "errors", "Every error in HubSpot's form carries its correlation id in a header too", "seen")
@pytest.mark.parametrize(
    "kind", ["", "rate_limit", "locked", "migrating", "internal", "unavailable", "expired", "forbidden"]
)
def test_the_header_mirrors_the_correlation_id(kind: str) -> None:
    bench, faults = Bench(), Faults()
    if kind:
        faults.add(Fault(kind, side="hubspot"))
    headers = {"authorization": f"Bearer {bench.sim.access_token}"}
    reply = faults.around(bench.sim).handle(Request("GET", f"{CONTACTS}/1", (), headers))
    assert reply.headers["x-hubspot-correlation-id"] == orjson.loads(reply.body)["correlationId"]
