"""What a value must look like to fit its property, and what the admins of a portal require."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/properties/2026-09/contacts"
RECORDS = "/crm/v3/objects/contacts"


def write(bench: Bench, id: str, **values: Any) -> tuple[int, Any]:
    return bench.call("PATCH", f"{RECORDS}/{id}", {"properties": values})


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


@fact("hubspot", "values", "Around a value that is no text there is no white space, visible or not", "doc")
@pytest.mark.parametrize("space", [" {}", "{} ", "\u00a0{}", "{}\u200b"])
def test_values_other_than_text_have_no_space_around(space: str) -> None:
    for type, good in (
        ("number", "17"),
        ("bool", "true"),
        ("date", "2026-02-28"),
        ("datetime", "1772442000000"),
    ):
        bench = Bench()
        bench.sim.define("contacts", "probe", type=type)
        assert write(bench, bench.person("ann"), probe=space.format(good))[0] == 400
        assert write(bench, bench.person("ben"), lifecyclestage=space.format("lead"))[0] == 400


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
