"""Property definitions, and what a value must look like to fit one."""

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


@fact(
    "hubspot", "properties", "A write to an archived property is a write to one that does not exist", "seen"
)
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


@fact(
    "hubspot", "properties", "Options have an order and may be hidden, which does not keep values out", "doc"
)
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


@fact("hubspot", "properties", "Groups are created, renamed and archived when they are empty", "doc")
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


# -- values -----------------------------------------------------------------------------------------------------
CASES = {
    "number": [("17", "17"), ("1.5", "1.5"), ("-3", "-3"), ("1.5.2", None), ("1,5", None), ("x", None)],
    "bool": [("true", "true"), ("false", "false"), ("TRUE", None), ("yes", None), ("1", None)],
    "date": [
        ("2026-02-28", "2026-02-28"),
        ("2026-02-30", None),
        ("1772409600000", "2026-03-02"),
        ("1772442000000", None),
    ],
    "datetime": [
        ("1772442000000", "2026-03-02T09:00:00.000Z"),
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00.000Z"),
        ("soon", None),
    ],
}


def check(type: str) -> None:
    bench = Bench()
    bench.sim.define("contacts", "probe", type=type)
    for number, (written, stored) in enumerate(CASES[type]):
        id = bench.person(f"p{number}")
        status, _ = write(bench, id, probe=written)
        assert (written, status, bench.values(id).get("probe")) == (written, 200 if stored else 400, stored)


@fact("hubspot", "values", "A number has one decimal point and is read as it was written", "doc")
def test_numbers() -> None:
    check("number")


@fact("hubspot", "values", "A boolean is true or false in lower case, nothing else", "doc")
def test_booleans() -> None:
    check("bool")


@fact("hubspot", "values", "A date is YYYY-MM-DD or epoch milliseconds at exactly midnight UTC", "doc")
def test_dates() -> None:
    check("date")


@fact(
    "hubspot",
    "values",
    "A datetime is ISO 8601 or epoch milliseconds and is read as ISO with milliseconds and Z",
    "doc",
)
def test_times() -> None:
    check("datetime")


@fact("hubspot", "values", "A text has at most 65,536 characters", "doc")
def test_a_text_has_a_limit() -> None:
    bench = Bench()
    id = bench.person("ann")
    assert write(bench, id, jobtitle="x" * 65_536)[0] == 200
    assert write(bench, id, jobtitle="x" * 65_537)[0] == 400


@fact(
    "hubspot",
    "values",
    "An option goes by its internal value, with case, and a refusal lists what is allowed",
    "seen",
)
def test_an_option_goes_by_value() -> None:
    bench = Bench()
    id = bench.person("ann")
    for wrong in ("new", "New"):
        status, reply = write(bench, id, hs_lead_status=wrong)
        assert (status, reply["errors"][0]["code"]) == (400, "INVALID_OPTION")
        assert "NEW, OPEN, IN_PROGRESS" in reply["errors"][0]["message"]
    assert write(bench, id, hs_lead_status="NEW")[0] == 200


@fact("hubspot", "values", "A multiple choice is replaced by a list with semicolons", "doc")
def test_a_multiple_choice_is_replaced() -> None:
    bench = Bench()
    id = bench.person("ann", hs_buying_role="CHAMPION;END_USER")
    write(bench, id, hs_buying_role="BLOCKER")
    assert bench.values(id)["hs_buying_role"] == "BLOCKER"


@fact("hubspot", "values", "A multiple choice is appended to with a leading semicolon", "doc")
def test_a_multiple_choice_is_appended_to() -> None:
    bench = Bench()
    id = bench.person("ann", hs_buying_role="CHAMPION;END_USER")
    write(bench, id, hs_buying_role=";BLOCKER;CHAMPION")
    assert bench.values(id)["hs_buying_role"] == "CHAMPION;END_USER;BLOCKER"


@fact("hubspot", "values", "An owner is set by owner id; a user id is refused", "doc")
def test_an_owner_goes_by_owner_id() -> None:
    bench = Bench()
    id, owner = bench.person("ann"), next(iter(bench.sim.portal.owners.values()))
    assert write(bench, id, hubspot_owner_id=str(owner.user_id))[0] == 400
    assert write(bench, id, hubspot_owner_id=owner.id)[0] == 200


@fact("hubspot", "values", "An empty text clears a value of any type", "doc")
@pytest.mark.parametrize(
    "name", ["city", "closedate", "hs_lead_status", "hubspot_owner_id", "lifecyclestage", "email"]
)
def test_an_empty_text_clears(name: str) -> None:
    bench = Bench()
    owner = next(iter(bench.sim.portal.owners))
    set_ = {"city": "Lund", "closedate": "2026-03-01", "hs_lead_status": "NEW", "hubspot_owner_id": owner}
    id = bench.person("ann", **set_)
    assert write(bench, id, **{name: ""})[0] == 200
    assert name not in bench.values(id)


@fact("hubspot", "values", "JSON null in a write is ignored or clears", "assumed", "null_clears")
@pytest.mark.parametrize(("clears", "city"), [(False, "Lund"), (True, None)])
def test_null_is_ignored_or_clears(clears: bool, city: str | None) -> None:
    bench = Bench()
    bench.sim.switches.null_clears = clears
    id = bench.person("ann", city="Lund")
    assert write(bench, id, city=None)[0] == 200
    assert bench.values(id).get("city") == city


@fact("hubspot", "values", "What is left out of a write stays", "doc")
def test_what_is_left_out_stays() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    write(bench, id, jobtitle="CEO")
    assert bench.values(id)["city"] == "Lund"


@fact("hubspot", "values", "On contacts, industry, annual revenue, state and country are plain texts", "seen")
@pytest.mark.parametrize(
    "name", ["annualrevenue", "industry", "date_of_birth", "salutation", "state", "country"]
)
def test_some_contact_properties_are_plain_text(name: str) -> None:
    bench = Bench()
    assert write(bench, bench.person("ann"), **{name: "anything at all"})[0] == 200


@fact("hubspot", "values", "The number of employees of a contact is a choice of ranges", "seen")
def test_the_number_of_employees_is_a_choice() -> None:
    bench = Bench()
    id = bench.person("ann")
    assert [write(bench, id, numemployees=each)[0] for each in ("7", "5-25")] == [400, 200]


READ_ONLY = [
    *["createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_object_id", "hs_email_optout"],
    *["hs_additional_emails", "hs_merged_object_ids", "hs_calculated_merged_vids", "hs_email_domain"],
    *["hs_email_bounce", "hs_object_source", "hs_lifecyclestage_lead_date", "hs_date_entered_lead"],
    *["hs_v2_date_entered_lead", "hs_v2_date_exited_lead", "num_associated_deals", "notes_last_updated"],
    *["hubspot_team_id", "hs_all_owner_ids", "hubspotscore", "hs_is_unworked", "hs_marketable_status"],
]


@fact("hubspot", "properties", "Stamps, counters, scores and merge traces of a contact are read-only", "seen")
@pytest.mark.parametrize("name", READ_ONLY)
def test_what_hubspot_keeps_is_read_only(name: str) -> None:
    bench = Bench()
    status, reply = write(bench, bench.person("ann"), **{name: "1"})
    assert (status, reply["errors"][0]["code"]) == (400, "READ_ONLY_VALUE")
    assert bench.call("GET", f"{PATH}/{name}")[1]["modificationMetadata"]["readOnlyValue"] is True


@fact(
    "hubspot",
    "properties",
    "associatedcompanyid, email, legal basis, persona and close date can be written",
    "seen",
)
def test_what_can_be_written() -> None:
    bench = Bench()
    company = bench.sim.create("companies", {"name": "One"})
    values = {
        "associatedcompanyid": company,
        "email": "new@firm.example",
        "hs_legal_basis": "Not applicable",
        "hs_persona": "persona_1",
        "closedate": "2026-03-01",
    }
    assert write(bench, bench.person("ann"), **values)[0] == 200


@fact(
    "hubspot", "companies", "A company's domain is kept in lower case and need not be unique on create", "doc"
)
def test_a_domain_is_not_unique() -> None:
    bench = Bench()
    path = "/crm/v3/objects/companies"
    made = [bench.call("POST", path, {"properties": {"domain": "Firm.EXAMPLE"}}) for _ in range(2)]
    assert [status for status, _ in made] == [201, 201]
    assert made[0][1]["properties"]["domain"] == "firm.example"


# -- rules of admins --------------------------------------------------------------------------------------------
DATED = "/crm/objects/2026-09/contacts"


@fact(
    "hubspot",
    "rules",
    "From version 2026-09 on a create is held to the properties that the create form requires",
    "doc",
)
@pytest.mark.parametrize(
    ("path", "status"), [(RECORDS, 201), ("/crm/objects/2026-03/contacts", 201), (DATED, 400)]
)
def test_dated_creates_are_held_to_the_form(path: str, status: int) -> None:
    bench = Bench()
    bench.sim.require("contacts", "jobtitle")
    reply, said = bench.call("POST", path, {"properties": {"email": "ann@firm.example"}})
    assert reply == status
    if status == 400:
        assert (said["category"], said["errors"][0]["context"]) == (
            "VALIDATION_ERROR",
            {"propertyName": ["jobtitle"]},
        )


@fact(
    "hubspot",
    "rules",
    "From version 2026-09 on a write is held to properties that a value makes required",
    "doc",
)
@pytest.mark.parametrize(("path", "status"), [(RECORDS, 200), (DATED, 400)])
def test_dated_updates_are_held_to_conditions(path: str, status: int) -> None:
    bench = Bench()
    bench.sim.require("contacts", "city", when=("hs_lead_status", "CONNECTED"))
    id = bench.person("ann")
    lead = {"properties": {"hs_lead_status": "CONNECTED"}}
    assert bench.call("PATCH", f"{path}/{id}", {"properties": {"jobtitle": "CEO"}})[0] == 200
    assert bench.call("PATCH", f"{path}/{id}", lead)[0] == status
    lead["properties"]["city"] = "Lund"
    assert bench.call("PATCH", f"{path}/{id}", lead)[0] == 200


def test_dated_batches_are_held_to_the_rules_too() -> None:
    bench = Bench()
    bench.sim.require("contacts", "jobtitle")
    item = {"properties": {"email": "ann@firm.example"}}
    assert bench.call("POST", f"{DATED}/batch/create", {"inputs": [item]})[0] == 400
    assert bench.call("POST", f"{RECORDS}/batch/create", {"inputs": [item]})[0] == 201
