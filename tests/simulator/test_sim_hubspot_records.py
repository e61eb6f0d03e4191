"""Single records, the list and merges: what HubSpot does to values, ids and addresses."""

from __future__ import annotations

from typing import Any

import pytest
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts"


def refused(reply: tuple[int, Any]) -> tuple[int, str]:
    """(status, first code or category)."""
    status, body = reply
    return status, (body.get("errors") or [{}])[0].get("code") or body.get("category", "")


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


@pytest.mark.parametrize("path", ["/crm/v3/objects/tickets", "/crm/v3/schemas", "/nowhere"])
def test_what_is_not_simulated_answers_with_the_vendors_own_error(path: str) -> None:
    status, body = Bench().call("GET", path)
    assert status in (400, 404)
    assert body["status"] == "error"
    assert body["correlationId"]


def test_an_unknown_type_is_refused_without_a_category() -> None:
    status, body = Bench().call("GET", "/crm/v3/objects/butterflies")
    assert (status, body["message"]) == (400, "Unable to infer object type from: butterflies")
    assert "category" not in body


def test_a_create_answers_201_in_text_with_computed_values_and_one_stamp_in_milliseconds() -> None:
    bench = Bench()
    status, body = bench.call(
        "POST", PATH, {"properties": {"email": "Ann@Firm.EXAMPLE", "numemployees": "1-5"}}
    )
    assert status == 201
    properties = body["properties"]
    assert properties["email"] == "ann@firm.example"
    assert all(isinstance(value, str) for value in (body["id"], *properties.values()))
    assert properties["hs_object_id"] == body["id"]
    assert properties["hs_email_domain"] == "firm.example"
    assert properties["lifecyclestage"] == "lead"
    assert properties["hs_lifecyclestage_lead_date"] == "1772442000000"
    assert properties["createdate"] == "2026-03-02T09:00:00.000Z"


def test_a_contact_needs_an_email_or_a_name() -> None:
    assert refused(Bench().call("POST", PATH, {"properties": {"city": "Lund"}})) == (400, "VALIDATION_ERROR")


def test_an_address_is_unique_in_any_case_and_over_additional_addresses() -> None:
    bench = Bench()
    first, second = bench.person("ann"), bench.person("ben")
    status, body = bench.call("POST", PATH, {"properties": {"email": "ANN@firm.example"}})
    assert (status, body["category"], body["message"]) == (
        409,
        "CONFLICT",
        f"Contact already exists. Existing ID: {first}",
    )
    survivor = bench.sim.merge("contacts", first, [second])
    assert bench.values(survivor)["hs_additional_emails"] == "ben@firm.example"
    status, body = bench.call("POST", PATH, {"properties": {"email": "ben@firm.example"}})
    assert (status, body["message"]) == (409, f"Contact already exists. Existing ID: {survivor}")
    bench.sim.switches.conflict_without_id = True
    assert bench.call("POST", PATH, {"properties": {"email": "ben@firm.example"}})[1]["message"] == (
        "Contact already exists"
    )
    bench.sim.switches.merged_email_reusable = True
    assert bench.call("POST", PATH, {"properties": {"email": "ben@firm.example"}})[0] == 201


def test_an_archived_contact_frees_its_address() -> None:
    bench = Bench()
    bench.sim.delete("contacts", bench.person("ann"))
    assert bench.call("POST", PATH, {"properties": {"email": "ann@firm.example"}})[0] == 201


def test_empty_text_clears_null_is_ignored_and_what_is_omitted_stays() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund", phone="1", jobtitle="CEO")
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "", "phone": None}})
    values = bench.values(id)
    assert (values.get("city"), values["phone"], values["jobtitle"]) == (None, "1", "CEO")
    bench.sim.switches.null_clears = True
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"phone": None}})
    assert "phone" not in bench.values(id)


def test_a_requested_property_is_null_when_unset_and_left_out_when_unknown() -> None:
    bench = Bench()
    id = bench.person("ann")
    for query in ([("properties", "city,nope")], [("properties", "city"), ("properties", "nope")]):
        body = bench.send("GET", f"{PATH}/{id}", query=query).body
        assert b'"city":null' in body
        assert b"nope" not in body


def test_an_update_answers_what_changed_and_a_fixed_few_not_the_record() -> None:
    bench = Bench()
    id = bench.person("ann", jobtitle="CEO")
    status, body = bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Lund"}})
    assert (status, body["properties"]["city"]) == (200, "Lund")
    assert "jobtitle" not in body["properties"]
    assert "email" not in body["properties"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
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
    ],
)
def test_a_bad_value_refuses_the_whole_write_and_is_told_twice(name: str, value: str, code: str) -> None:
    bench = Bench()
    id = bench.person("ann")
    status, body = bench.call("PATCH", f"{PATH}/{id}", {"properties": {name: value, "city": "Lund"}})
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")
    assert body["errors"][0]["code"] == code
    assert body["errors"][0]["context"] == {"propertyName": [name]}
    assert body["message"].startswith("Property values were not valid: [")
    assert f'"error":"{code}"' in body["message"]
    assert "city" not in bench.values(id)


@pytest.mark.parametrize(
    ("type", "written", "stored"),
    [
        ("number", "17", "17"),
        ("number", "1.5.2", None),
        ("bool", "true", "true"),
        ("bool", "TRUE", None),
        ("date", "2026-02-28", "2026-02-28"),
        ("date", "2026-02-30", None),
        ("date", "1772409600000", "2026-03-02"),
        ("date", "1772442000000", None),  # nine in the morning, not midnight UTC
        ("datetime", "1772442000000", "2026-03-02T09:00:00.000Z"),
        ("datetime", "2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00.000Z"),
        ("string", " kept as it is ", " kept as it is "),
    ],
)
def test_each_type_takes_its_own_form(type: str, written: str, stored: str | None) -> None:
    bench = Bench()
    bench.sim.define("contacts", "probe", type=type)
    id = bench.person("ann")
    status, _ = bench.call("PATCH", f"{PATH}/{id}", {"properties": {"probe": written}})
    assert (status, bench.values(id).get("probe")) == (200 if stored else 400, stored)


def test_a_multiple_choice_is_replaced_or_with_a_leading_semicolon_appended_to() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"hs_buying_role": "CHAMPION;END_USER"}})
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"hs_buying_role": ";BLOCKER"}})
    assert bench.values(id)["hs_buying_role"] == "CHAMPION;END_USER;BLOCKER"
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"hs_buying_role": "BLOCKER"}})
    assert bench.values(id)["hs_buying_role"] == "BLOCKER"


def test_people_may_opt_somebody_out_though_the_api_may_not() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.sim.edit("contacts", id, {"hs_email_optout": "true"})
    assert bench.values(id)["hs_email_optout"] == "true"


def test_a_lifecycle_stage_moves_forward_only_and_back_after_clearing() -> None:
    bench = Bench()
    id = bench.person("ann", lifecyclestage="salesqualifiedlead")
    path = f"{PATH}/{id}"
    bench.clock.advance(60)
    status, body = bench.call("PATCH", path, {"properties": {"lifecyclestage": "lead"}})
    assert (status, body["properties"]["lifecyclestage"]) == (200, "salesqualifiedlead")
    assert bench.values(id)["lastmodifieddate"] == "2026-03-02T09:00:00.000Z"
    bench.call("PATCH", path, {"properties": {"lifecyclestage": ""}})
    assert "lifecyclestage" not in bench.values(id)
    body = bench.call("PATCH", path, {"properties": {"lifecyclestage": "lead"}})[1]
    assert body["properties"]["lifecyclestage"] == "lead"
    assert bench.values(id)["hs_lifecyclestage_lead_date"] == "2026-03-02T09:01:00.000Z"


def test_the_list_goes_by_id_a_hundred_at_a_time_with_the_next_id_as_cursor() -> None:
    bench = Bench()
    ids = [bench.person(f"p{n}") for n in range(5)]
    _, first = bench.call("GET", PATH, limit="2")
    assert [row["id"] for row in first["results"]] == ids[:2]
    assert first["paging"]["next"]["after"] == ids[2]
    _, rest = bench.call("GET", PATH, limit="100", after=ids[2])
    assert [row["id"] for row in rest["results"]] == ids[2:]
    assert "paging" not in rest
    assert bench.call("GET", PATH, limit="101")[0] == 400
    assert bench.call("GET", PATH, limit="51", propertiesWithHistory="city")[0] == 400


def test_archived_contacts_are_listed_apart_and_not_found_otherwise() -> None:
    bench = Bench()
    keep, drop = bench.person("ann"), bench.person("ben")
    assert bench.call("DELETE", f"{PATH}/{drop}") == (204, None)
    assert bench.call("DELETE", f"{PATH}/{drop}") == (204, None)
    assert bench.call("DELETE", f"{PATH}/77") == (204, None)
    assert [row["id"] for row in bench.call("GET", PATH)[1]["results"]] == [keep]
    (gone,) = bench.call("GET", PATH, archived="True")[1]["results"]
    assert (gone["id"], gone["archived"], gone["archivedAt"]) == (drop, True, "2026-03-02T09:00:00.000Z")
    assert refused(bench.call("GET", f"{PATH}/{drop}")) == (404, "OBJECT_NOT_FOUND")
    assert bench.call("GET", f"{PATH}/{drop}", archived="true")[0] == 200


def test_a_restored_contact_is_as_before_unless_its_address_was_taken() -> None:
    bench = Bench()
    ann, ben = bench.person("ann"), bench.person("ben")
    for id in (ann, ben):
        bench.sim.delete("contacts", id)
    bench.clock.advance(1)
    bench.sim.restore("contacts", ann)
    assert [row["id"] for row in bench.call("GET", PATH)[1]["results"]] == [ann]
    assert bench.call("GET", f"{PATH}/ann%40firm.example", idProperty="email")[1]["id"] == ann
    assert bench.values(ann)["lastmodifieddate"] == "2026-03-02T09:00:01.000Z"
    assert bench.ledger.entries[-1].op == "restore"
    bench.person("ben")
    with pytest.raises(Exception, match="already exists"):
        bench.sim.restore("contacts", ben)


def test_a_contact_is_found_by_any_of_its_addresses_or_by_a_unique_property() -> None:
    bench = Bench()
    bench.sim.define("contacts", "crmsync_id", unique=True)
    id = bench.sim.merge("contacts", bench.person("ann", crmsync_id="k1"), [bench.person("ben")])
    for address in ("ann@firm.example", "ben%40firm.example"):
        assert bench.call("GET", f"{PATH}/{address}", idProperty="email")[1]["id"] == id
    assert bench.call("GET", f"{PATH}/k1", idProperty="crmsync_id")[1]["id"] == id
    assert refused(bench.call("GET", f"{PATH}/x", idProperty="city")) == (400, "VALIDATION_ERROR")


def test_a_merge_makes_a_new_id_and_both_old_ones_resolve_to_it() -> None:
    bench = Bench()
    first, second = bench.person("ann", city="Lund"), bench.person("ben", city="Oslo", phone="1")
    bench.clock.advance(5)
    survivor = bench.sim.merge("contacts", first, [second])
    assert survivor not in (first, second)
    values = bench.values(survivor)
    assert values["hs_merged_object_ids"] == f"{first};{second}"
    assert (values["email"], values["city"], values["phone"]) == ("ann@firm.example", "Lund", "1")
    for old in (first, second):
        assert bench.call("GET", f"{PATH}/{old}")[1]["id"] == survivor
    assert bench.call("PATCH", f"{PATH}/{first}", {"properties": {"city": "Rome"}})[1]["id"] == survivor
    (only,) = bench.call("GET", PATH)[1]["results"]
    assert only["id"] == survivor
    assert bench.call("GET", PATH, archived="true")[1]["results"] == []


def test_the_history_of_a_value_is_told_newest_first_with_its_source() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.clock.advance(1)
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Oslo"}})
    versions = bench.call("GET", f"{PATH}/{id}", propertiesWithHistory="city")[1]["propertiesWithHistory"][
        "city"
    ]
    assert [(v["value"], v["timestamp"], v["sourceType"]) for v in versions] == [
        ("Oslo", "2026-03-02T09:00:01.000Z", "INTEGRATION"),
        ("Lund", "2026-03-02T09:00:00.000Z", "CRM_UI"),
    ]


def test_a_write_that_changes_nothing_moves_no_stamp_and_is_an_empty_entry() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.clock.advance(1)
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Lund"}})
    assert bench.values(id)["lastmodifieddate"] == "2026-03-02T09:00:00.000Z"
    last = bench.ledger.entries[-1]
    assert (last.actor, last.op, dict(last.after), last.call) == ("api", "update", {}, 1)


@pytest.mark.parametrize(
    "name", ["\ud800 half a pair", "\x00", "\u202eright to left", "👩‍👩‍👧", "' OR 1=1 --", "x" * 65_536]
)
def test_any_name_that_people_type_can_be_read_back(name: str) -> None:
    bench = Bench()
    id = bench.sim.create("contacts", {"firstname": name})
    body = bench.call("GET", f"{PATH}/{id}")[1]
    assert body["properties"]["firstname"] == name.replace("\ud800", "?")


def test_the_ledger_tells_who_changed_what() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "", "phone": "1"}})
    bench.call("DELETE", f"{PATH}/{id}")
    told = [(e.n, e.actor, e.op, dict(e.before), dict(e.after)) for e in bench.ledger.entries]
    assert told == [
        (1, "human", "create", {}, {"email": "ann@firm.example", "firstname": "ann", "city": "Lund"}),
        (2, "system", "update", {"lifecyclestage": None}, {"lifecyclestage": "lead"}),
        (3, "api", "update", {"city": "Lund", "phone": None}, {"city": None, "phone": "1"}),
        (4, "api", "delete", {"archived": False}, {"archived": True}),
    ]


def test_a_url_that_is_too_long_is_414() -> None:
    bench = Bench()
    names = ",".join(f"property_{n}" for n in range(1500))
    assert bench.call("GET", PATH, properties=names)[0] == 414


def test_the_same_seed_makes_the_same_ids() -> None:
    assert Bench().person("a") == Bench().person("a")
