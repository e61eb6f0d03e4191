"""Property definitions and groups."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/properties/2026-09/contacts"
RECORDS = "/crm/v3/objects/contacts"


def body(name: str = "tier", type: str = "string", field: str = "text", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "type": type,
        "fieldType": field,
        "groupName": "contactinformation",
        **more,
    }


def options(*values: str, hidden: str = "") -> list[dict[str, Any]]:
    return [
        {"label": v.title(), "value": v, "displayOrder": n, "hidden": v == hidden}
        for n, v in enumerate(values)
    ]


def write(bench: Bench, id: str, **values: Any) -> tuple[int, Any]:
    return bench.call("PATCH", f"{RECORDS}/{id}", {"properties": values})


# -- definitions ------------------------------------------------------------------------------------------------
@fact("hubspot", "properties", "All definitions of an object type come in one reply without paging", "doc")
@pytest.mark.parametrize("path", [PATH, "/crm/v3/properties/contacts", "/crm/v3/properties/0-1"])
def test_definitions_come_all_at_once(path: str) -> None:
    reply = Bench().call("GET", path)[1]
    assert list(reply) == ["results"]
    assert len(reply["results"]) > 100


@fact(
    "hubspot", "properties", "A definition tells whether its values, options and itself may be changed", "doc"
)
def test_a_definition_tells_what_may_be_changed() -> None:
    bench = Bench()
    bench.call("POST", PATH, body())
    shown = {p["name"]: p["modificationMetadata"] for p in bench.call("GET", PATH)[1]["results"]}
    assert shown["createdate"]["readOnlyValue"] is True
    assert shown["lifecyclestage"] == {
        "archivable": False,
        "readOnlyDefinition": True,
        "readOnlyOptions": False,
        "readOnlyValue": False,
    }
    assert shown["tier"]["archivable"] is True


@fact("hubspot", "properties", "A property is created with 201 and says when", "doc")
def test_a_property_is_created() -> None:
    bench = Bench()
    status, made = bench.call("POST", PATH, body())
    assert (status, made["createdAt"], made["hubspotDefined"]) == (201, "2026-03-02T09:00:00.000Z", False)
    bench.clock.advance(60)
    changed = bench.call("PATCH", f"{PATH}/tier", {"label": "Tier"})[1]
    assert (changed["label"], changed["createdAt"], changed["updatedAt"]) == (
        "Tier",
        "2026-03-02T09:00:00.000Z",
        "2026-03-02T09:01:00.000Z",
    )


@fact("hubspot", "properties", "A property name that exists is 409", "doc")
def test_a_name_exists_once() -> None:
    bench = Bench()
    assert [bench.call("POST", PATH, body())[0] for _ in range(2)] == [201, 409]
    assert bench.call("POST", PATH, body("email"))[0] == 409


@fact("hubspot", "properties", "A type goes with certain field types only", "doc")
@pytest.mark.parametrize(
    ("type", "field", "status"),
    [
        ("number", "number", 201),
        ("number", "text", 400),
        ("date", "date", 201),
        ("bool", "booleancheckbox", 201),
        ("enumeration", "text", 400),
        ("string", "textarea", 201),
        ("string", "hologram", 400),
        ("object", "text", 400),
    ],
)
def test_a_type_goes_with_its_field_types(type: str, field: str, status: int) -> None:
    assert Bench().call("POST", PATH, body(type=type, field=field))[0] == status


@fact("hubspot", "properties", "A property needs a group that exists", "doc")
def test_a_property_needs_a_group() -> None:
    bench = Bench()
    assert bench.call("POST", PATH, {**body(), "groupName": "nowhere"})[0] == 400
    assert bench.call("POST", f"{PATH}/groups", {"name": "fit", "label": "Fit"})[0] == 201
    assert bench.call("POST", PATH, {**body(), "groupName": "fit"})[0] == 201


@fact("hubspot", "properties", "At most ten properties of an object type have unique values", "doc")
def test_ten_properties_may_be_unique() -> None:
    bench = Bench()
    statuses = [bench.call("POST", PATH, body(f"key_{n}", hasUniqueValue=True))[0] for n in range(11)]
    assert statuses == [201] * 10 + [400]


@fact(
    "hubspot",
    "properties",
    "An archived property is 204, out of the list, and shown among the archived",
    "doc",
)
def test_a_property_is_archived() -> None:
    bench = Bench()
    bench.call("POST", PATH, body())
    assert bench.call("DELETE", f"{PATH}/tier") == (204, None)
    assert bench.call("GET", f"{PATH}/tier")[0] == 404
    assert [p["name"] for p in bench.call("GET", PATH, archived="true")[1]["results"]] == ["tier"]
    assert bench.call("GET", f"{PATH}/tier", archived="true")[1]["archived"] is True


def test_an_archived_property_takes_no_values() -> None:
    bench = Bench()
    bench.sim.define("contacts", "tier")
    id = bench.person("ann", tier="gold")
    bench.call("DELETE", f"{PATH}/tier")
    status, reply = write(bench, id, tier="silver")
    assert (status, reply["errors"][0]["code"]) == (400, "PROPERTY_DOESNT_EXIST")


@fact("hubspot", "properties", "HubSpot's own properties cannot be archived", "doc")
def test_hubspots_own_properties_stay() -> None:
    assert Bench().call("DELETE", f"{PATH}/email")[0] == 400


@fact("hubspot", "properties", "Sensitive properties are listed only when they are asked for", "doc")
def test_sensitive_properties_are_listed_apart() -> None:
    bench = Bench()
    bench.call("POST", PATH, body("diagnosis", dataSensitivity="sensitive"))
    assert "diagnosis" not in {p["name"] for p in bench.call("GET", PATH)[1]["results"]}
    asked = bench.call("GET", PATH, dataSensitivity="sensitive")[1]["results"]
    assert [p["name"] for p in asked] == ["diagnosis"]


@fact("hubspot", "properties", "Options have an order and may be hidden", "doc")
def test_options_are_ordered_and_may_be_hidden() -> None:
    bench = Bench()
    listed = options("gold", "silver", hidden="silver")
    made = bench.call("POST", PATH, body(type="enumeration", field="select", options=listed))[1]
    assert [(o["value"], o["hidden"]) for o in made["options"]] == [("gold", False), ("silver", True)]
    assert write(bench, bench.person("ann"), tier="silver")[0] == 200


@fact("hubspot", "properties", "An enumeration needs options, each value once", "doc")
def test_an_enumeration_needs_options() -> None:
    bench = Bench()
    for listed in ([], options("gold", "gold"), [{"label": "Gold"}]):
        assert bench.call("POST", PATH, body(type="enumeration", field="select", options=listed))[0] == 400


@fact("hubspot", "properties", "Batches create, read and archive definitions", "doc")
def test_definitions_come_in_batches() -> None:
    bench = Bench()
    status, made = bench.call(
        "POST", f"{PATH}/batch/create", {"inputs": [body("a"), body("b"), body("email")]}
    )
    assert (status, [p["name"] for p in made["results"]], made["numErrors"]) == (207, ["a", "b"], 1)
    names = {"inputs": [{"name": "a"}, {"name": "nope"}]}
    assert bench.call("POST", f"{PATH}/batch/read", names)[0] == 207
    assert bench.call("POST", f"{PATH}/batch/archive", {"inputs": [{"name": "a"}]}) == (204, None)
    assert bench.call("GET", f"{PATH}/a")[0] == 404


@fact("hubspot", "properties", "Groups are created, renamed and archived", "doc")
def test_groups_have_a_life() -> None:
    bench = Bench()
    made = {"name": "fit", "label": "Fit"}
    assert [bench.call("POST", f"{PATH}/groups", made)[0] for _ in range(2)] == [201, 409]
    assert bench.call("PATCH", f"{PATH}/groups/fit", {"label": "Fitness"})[1]["label"] == "Fitness"
    bench.call("POST", PATH, {**body(), "groupName": "fit"})
    assert bench.call("DELETE", f"{PATH}/groups/fit")[0] == 400
    bench.call("DELETE", f"{PATH}/tier")
    assert bench.call("DELETE", f"{PATH}/groups/fit") == (204, None)


@fact(
    "hubspot",
    "properties",
    "The options of HubSpot's own properties are its own, but for the customisable ones",
    "doc",
)
@pytest.mark.parametrize(("name", "status"), [("hs_analytics_source", 400), ("hs_lead_status", 200)])
def test_some_options_can_be_changed(name: str, status: int) -> None:
    assert Bench().call("PATCH", f"{PATH}/{name}", {"options": options("a", "b")})[0] == status


@fact("hubspot", "properties", "The native integration's properties exist only where it is or was", "seen")
def test_native_properties_come_with_the_native_integration() -> None:
    bench = Bench()
    names = {"salesforcecontactid", "salesforceleadid", "salesforceaccountid", "salesforcelastsynctime"}
    assert not names & {p["name"] for p in bench.call("GET", PATH)[1]["results"]}
    bench.sim.native_integration(True)
    bench.sim.native_integration(False)
    assert names <= {p["name"] for p in bench.call("GET", PATH)[1]["results"]}


@fact(
    "hubspot",
    "properties",
    "The native integration owns its properties: others cannot write them",
    "assumed",
    "native_properties_writable",
)
@pytest.mark.parametrize(("writable", "status"), [(False, 400), (True, 200)])
def test_native_properties_belong_to_the_native_integration(writable: bool, status: int) -> None:
    bench = Bench()
    bench.sim.native_integration(True)
    bench.sim.switches.native_properties_writable = writable
    assert write(bench, bench.person("ann"), salesforcecontactid="003")[0] == status


# -- room -------------------------------------------------------------------------------------------------------
@fact("hubspot", "limits", "The room for records and custom properties is told by object type", "doc")
@pytest.mark.parametrize(
    ("what", "name"), [("records", "hubspotDefinedObjectTypes"), ("custom-properties", "byObjectType")]
)
def test_the_room_of_a_portal(what: str, name: str) -> None:
    bench = Bench()
    bench.sim.define("contacts", "tier")
    bench.person("ann")
    status, reply = bench.call("GET", f"/crm/limits/2026-09/{what}")
    used = {each["objectTypeId"]: each["usage"] for each in reply[name]}
    assert (status, used) == (200, {"0-1": 1, "0-2": 0, "0-3": 0})
