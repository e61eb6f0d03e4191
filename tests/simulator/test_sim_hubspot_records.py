"""Single records and the list: what HubSpot does to values, ids and addresses."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts"
NINE = "2026-03-02T09:00:00.000Z"


def refused(reply: tuple[int, Any]) -> tuple[int, str]:
    """(status, first code or category)."""
    status, body = reply
    return status, (body.get("errors") or [{}])[0].get("code") or body.get("category", "")


def made(bench: Bench, **values: str) -> Any:
    """The reply to a create over the API."""
    status, body = bench.call("POST", PATH, {"properties": values})
    assert status == 201
    return body


# -- names and shapes -------------------------------------------------------------------------------------------
@fact(
    "hubspot",
    "records",
    "A type is named in the plural, the singular or by number, on v3 and dated paths alike",
    "doc",
)
@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/objects/contacts",
        "/crm/v3/objects/contact",
        "/crm/v3/objects/0-1",
        "/crm/objects/2026-03/contacts",
        "/crm/objects/2026-09/0-1",
    ],
)
def test_all_versions_and_type_names_reach_the_same_records(path: str) -> None:
    bench = Bench()
    id = bench.person("ann")
    assert bench.call("GET", f"{path}/{id}")[1]["id"] == id


@pytest.mark.parametrize(
    "path", ["/crm/v3/objects/tickets", "/crm/v3/schemas", "/crm/v3/imports", "/crm/v3/exports", "/nowhere"]
)
def test_what_is_not_simulated_answers_with_the_vendors_own_error(path: str) -> None:
    status, body = Bench().call("GET", path)
    assert status in (400, 404)
    assert body["status"] == "error"
    assert body["correlationId"]


@fact("hubspot", "errors", "An unknown object type is 400 without a category", "seen")
def test_an_unknown_type_is_refused_without_a_category() -> None:
    status, body = Bench().call("GET", "/crm/v3/objects/butterflies")
    assert (status, body["message"]) == (400, "Unable to infer object type from: butterflies")
    assert "category" not in body


@fact("hubspot", "records", "A create answers 201", "doc")
def test_a_create_answers_201() -> None:
    assert Bench().call("POST", PATH, {"properties": {"email": "ann@firm.example"}})[0] == 201


@fact("hubspot", "records", "Ids and all values are text", "doc")
def test_ids_and_values_are_text() -> None:
    body = made(Bench(), email="ann@firm.example", numemployees="1-5")
    assert all(isinstance(value, str) for value in (body["id"], *body["properties"].values()))
    assert body["properties"]["hs_object_id"] == body["id"]


@fact("hubspot", "records", "E-mail addresses are stored in lower case", "seen")
def test_an_address_is_stored_in_lower_case() -> None:
    assert made(Bench(), email="Ann@Firm.EXAMPLE")["properties"]["email"] == "ann@firm.example"


@fact("hubspot", "records", "A create echoes computed values that nobody wrote", "seen")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hs_email_domain", "firm.example"),
        ("hs_full_name_or_email", "Ann Ek"),
        ("hs_is_contact", "true"),
        ("hs_is_unworked", "true"),
        ("hs_pipeline", "contacts-lifecycle-pipeline"),
        ("hs_object_source", "INTEGRATION"),
        ("num_notes", "0"),
        ("createdate", NINE),
    ],
)
def test_a_create_echoes_computed_values(name: str, value: str) -> None:
    body = made(Bench(), email="ann@firm.example", firstname="Ann", lastname="Ek")
    assert body["properties"][name] == value


@fact(
    "hubspot",
    "records",
    "In the echo of a create the stage's date is epoch milliseconds while createdate is ISO",
    "seen",
)
def test_one_stamp_of_the_echo_is_in_milliseconds() -> None:
    echo = made(Bench(), email="ann@firm.example")["properties"]
    assert (echo["hs_lifecyclestage_lead_date"], echo["createdate"]) == ("1772442000000", NINE)


@fact(
    "hubspot",
    "records",
    "A record tells its creation, its last change, whether it is archived, and where it is seen",
    "doc",
)
def test_the_frame_of_a_record() -> None:
    bench = Bench()
    id = bench.person("ann")
    body = bench.call("GET", f"{PATH}/{id}")[1]
    assert {name: body[name] for name in body if name != "properties"} == {
        "id": id,
        "createdAt": NINE,
        "updatedAt": NINE,
        "archived": False,
        "url": f"https://app.hubspot.com/contacts/{bench.sim.portal_id}/record/0-1/{id}",
    }


@fact("hubspot", "records", "A contact shows six properties unless more are asked for", "doc")
def test_the_default_properties() -> None:
    bench = Bench()
    shown = bench.call("GET", f"{PATH}/{bench.person('ann', city='Lund')}")[1]["properties"]
    names = ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
    assert sorted(shown) == names


@fact("hubspot", "records", "A requested property that is unset is null", "doc")
def test_an_unset_property_is_null() -> None:
    bench = Bench()
    shown = bench.call("GET", f"{PATH}/{bench.person('ann')}", properties="city")[1]["properties"]
    assert shown["city"] is None


@fact("hubspot", "records", "A requested property that does not exist is left out without an error", "doc")
@pytest.mark.parametrize(
    "query", [[("properties", "city,nope")], [("properties", "city"), ("properties", "nope")]]
)
def test_an_unknown_property_is_left_out(query: list[tuple[str, str]]) -> None:
    bench = Bench()
    reply = bench.send("GET", f"{PATH}/{bench.person('ann')}", query=query)
    assert (reply.status, b"city" in reply.body, b"nope" in reply.body) == (200, True, False)


@fact("hubspot", "records", "An update echoes what changed and a fixed few, not the record", "seen")
def test_an_update_answers_what_changed_and_a_fixed_few_not_the_record() -> None:
    bench = Bench()
    id = bench.person("ann", jobtitle="CEO")
    status, body = bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Lund"}})
    assert (status, body["properties"]["city"]) == (200, "Lund")
    assert {"createdate", "hs_object_id", "lastmodifieddate", "lifecyclestage"} < set(body["properties"])
    assert not {"jobtitle", "email"} & set(body["properties"])


# -- creating and clashes ---------------------------------------------------------------------------------------
@fact("hubspot", "records", "A contact needs an e-mail, a first name or a last name", "doc")
@pytest.mark.parametrize(
    ("values", "status"),
    [({"city": "Lund"}, 400), ({"email": "ann@firm.example"}, 201), ({"lastname": "Ek"}, 201)],
)
def test_a_contact_needs_an_email_or_a_name(values: dict[str, str], status: int) -> None:
    assert Bench().call("POST", PATH, {"properties": values})[0] == status


@fact(
    "hubspot",
    "records",
    "A contact created over the API without a stage gets the portal's default one",
    "seen",
    "default_lifecycle",
)
@pytest.mark.parametrize("stage", ["lead", "subscriber", ""])
def test_a_new_contact_has_the_default_stage(stage: str) -> None:
    bench = Bench()
    bench.sim.switches.default_lifecycle = stage
    id = made(bench, email="ann@firm.example")["id"]
    assert bench.values(id).get("lifecyclestage", "") == stage


@fact("hubspot", "conflicts", "A taken address is 409 with the existing id in the message alone", "seen")
def test_a_taken_address_is_a_conflict() -> None:
    bench = Bench()
    id = bench.person("ann")
    status, body = bench.call("POST", PATH, {"properties": {"email": "ann@firm.example"}})
    assert (status, body["category"]) == (409, "CONFLICT")
    assert body["message"] == f"Contact already exists. Existing ID: {id}"
    assert not {"context", "errors"} & body.keys()


@fact("hubspot", "conflicts", "An address is taken in any case", "seen")
def test_an_address_is_taken_in_any_case() -> None:
    bench = Bench()
    bench.person("ann")
    assert bench.call("POST", PATH, {"properties": {"email": "ANN@firm.example"}})[0] == 409


@fact(
    "hubspot", "conflicts", "An address is taken as well by a contact that has it as an additional one", "doc"
)
def test_an_additional_address_is_taken() -> None:
    bench = Bench()
    survivor = bench.sim.merge("contacts", bench.person("ann"), [bench.person("ben")])
    status, body = bench.call("POST", PATH, {"properties": {"email": "ben@firm.example"}})
    assert (status, body["message"]) == (409, f"Contact already exists. Existing ID: {survivor}")


@fact("hubspot", "conflicts", "Some 409s do not name the existing record", "seen", "conflict_without_id")
def test_a_conflict_may_keep_the_id_to_itself() -> None:
    bench = Bench()
    bench.sim.switches.conflict_without_id = True
    bench.person("ann")
    body = bench.call("POST", PATH, {"properties": {"email": "ann@firm.example"}})[1]
    assert body["message"] == "Contact already exists"
    assert "context" not in body


def test_an_update_cannot_take_an_address() -> None:
    bench = Bench()
    bench.person("ann")
    values = {"properties": {"email": "ann@firm.example"}}
    assert bench.call("PATCH", f"{PATH}/{bench.person('ben')}", values)[0] == 409


def test_an_archived_contact_frees_its_address() -> None:
    bench = Bench()
    bench.sim.delete("contacts", bench.person("ann"))
    assert bench.call("POST", PATH, {"properties": {"email": "ann@firm.example"}})[0] == 201


# -- refusals ---------------------------------------------------------------------------------------------------
REFUSALS = [
    ("no_such_property", "x", "PROPERTY_DOESNT_EXIST"),
    ("hs_email_optout", "true", "READ_ONLY_VALUE"),
    ("createdate", "2026-01-01", "READ_ONLY_VALUE"),
    ("hs_lead_status", "new", "INVALID_OPTION"),
    ("numemployees", "7", "INVALID_OPTION"),
    ("email", "ann@firm", "INVALID_EMAIL"),
    ("email", "ann firm@x.example", "INVALID_EMAIL"),
    ("closedate", "soon", "INVALID_DATE"),
    ("hubspot_owner_id", "51000000", "INVALID_OWNER_ID"),
    ("jobtitle", "x" * 65_537, "INVALID_LENGTH"),
]


def refuse(name: str, value: str) -> Any:
    """The body of the refusal of a write of one bad value beside a good one, which is not written."""
    bench = Bench()
    id = bench.person("ann")
    status, body = bench.call("PATCH", f"{PATH}/{id}", {"properties": {name: value, "city": "Lund"}})
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")
    assert "city" not in bench.values(id)
    return body


@fact("hubspot", "errors", "One bad value refuses the whole write", "doc")
@pytest.mark.parametrize(("name", "value", "code"), REFUSALS)
def test_a_bad_value_refuses_the_whole_write(name: str, value: str, code: str) -> None:
    assert refuse(name, value)["errors"][0]["code"] == code


@fact("hubspot", "errors", "Refused values are told as JSON within the message", "doc")
def test_refused_values_are_told_within_the_message() -> None:
    body = refuse("no_such_property", "x")
    assert body["message"].startswith('Property values were not valid: [{"isValid":false,')
    assert '"error":"PROPERTY_DOESNT_EXIST","name":"no_such_property"' in body["message"]


@fact(
    "hubspot",
    "errors",
    "Refused values are told as structured errors too, with code and property name",
    "doc",
)
def test_refused_values_are_told_as_errors() -> None:
    error = refuse("hs_email_optout", "true")["errors"][0]
    assert (error["code"], error["context"]) == ("READ_ONLY_VALUE", {"propertyName": ["hs_email_optout"]})
    assert error["message"] == '"hs_email_optout" is a read only property; its value cannot be set.'


@fact(
    "hubspot",
    "errors",
    "The structured errors may be fewer than the message tells, or none",
    "seen",
    "listed_errors",
)
@pytest.mark.parametrize(("listed", "count"), [(None, 2), (1, 1), (0, 0)])
def test_structured_errors_may_be_fewer(listed: int | None, count: int) -> None:
    bench = Bench()
    bench.sim.switches.listed_errors = listed
    values = {"nope": "x", "neither": "y"}
    body = bench.call("PATCH", f"{PATH}/{bench.person('ann')}", {"properties": values})[1]
    assert (len(body.get("errors", [])), body["message"].count('"isValid"')) == (count, 2)


@fact("hubspot", "errors", "A bad address is refused by name", "seen")
def test_a_bad_address_is_named() -> None:
    assert refuse("email", "ann@firm")["errors"][0]["message"] == "Email address ann@firm is invalid"


def test_a_body_that_is_no_json_is_refused() -> None:
    bench = Bench()
    for body in ("text", [1], {"properties": [1]}):
        assert bench.call("POST", PATH, body)[0] == 400
