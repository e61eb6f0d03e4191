"""Properties, owners, associations, account and limits of the simulated portal."""

from __future__ import annotations

from typing import Any

import pytest
from sim_hubspot_builders import Bench

from crmsync.simulator.wire import Request

CONTACTS = "/crm/v3/objects/contacts"
KEY = {
    "name": "crmsync_id",
    "label": "Key",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
    "hasUniqueValue": True,
}


def test_a_custom_property_is_created_once_and_described_truthfully() -> None:
    bench = Bench()
    status, made = bench.call("POST", "/crm/v3/properties/contacts", KEY)
    assert (status, made["hasUniqueValue"], made["hubspotDefined"]) == (201, True, False)
    assert bench.call("GET", "/crm/properties/2026-09/contacts/crmsync_id") == (200, made)
    assert bench.call("POST", "/crm/v3/properties/contacts", KEY)[0] == 409
    assert bench.call("GET", "/crm/v3/properties/contacts/nope")[0] == 404
    assert bench.call("POST", CONTACTS, {"properties": {"firstname": "Ann", "crmsync_id": "k1"}})[0] == 201
    assert bench.call("POST", CONTACTS, {"properties": {"firstname": "Ben", "crmsync_id": "k1"}})[0] == 400


@pytest.mark.parametrize(
    "wrong", [{"name": "Key"}, {"type": "text"}, {"fieldType": "line"}, {"groupName": "nope"}]
)
def test_a_bad_definition_is_refused(wrong: dict[str, str]) -> None:
    assert Bench().call("POST", "/crm/v3/properties/contacts", {**KEY, **wrong})[0] == 400


def test_at_most_ten_properties_are_unique() -> None:
    bench = Bench()
    for n in range(10):
        assert bench.call("POST", "/crm/v3/properties/contacts", {**KEY, "name": f"key_{n}"})[0] == 201
    assert bench.call("POST", "/crm/v3/properties/contacts", {**KEY, "name": "key_10"})[0] == 400


def test_definitions_say_what_is_read_only_and_which_options_there_are() -> None:
    listed = Bench().call("GET", "/crm/v3/properties/contacts")[1]["results"]
    props: dict[str, Any] = {each["name"]: each for each in listed}
    assert len(props) == len(listed) > 90
    fixed = {name for name, each in props.items() if each["modificationMetadata"]["readOnlyValue"]}
    assert {
        "hs_email_optout",
        "createdate",
        "lastmodifieddate",
        "hs_object_id",
        "hs_merged_object_ids",
    } <= fixed
    assert not fixed & {"email", "firstname", "lifecyclestage", "hubspot_owner_id", "associatedcompanyid"}
    stages = [each["value"] for each in props["lifecyclestage"]["options"]]
    assert stages[:3] == ["subscriber", "lead", "marketingqualifiedlead"]
    assert props["industry"]["type"] == "string"
    assert props["numemployees"]["type"] == "enumeration"


def test_groups_can_be_listed_and_added() -> None:
    bench = Bench()
    group = {"name": "crmsync", "label": "crmsync"}
    assert bench.call("POST", "/crm/v3/properties/contacts/groups", group)[0] == 201
    assert bench.call("POST", "/crm/v3/properties/contacts/groups", group)[0] == 409
    names = [each["name"] for each in bench.call("GET", "/crm/v3/properties/contacts/groups")[1]["results"]]
    assert "crmsync" in names


def test_owners_have_an_id_that_differs_from_the_user_id() -> None:
    bench = Bench()
    id = bench.sim.create("owners", {"email": "Ida@Sales.example", "firstName": "Ida", "lastName": "Ek"})
    (owner,) = bench.call("GET", "/crm/v3/owners", email="ida@sales.example")[1]["results"]
    assert (owner["id"], owner["firstName"]) == (id, "Ida")
    assert str(owner["userId"]) != id
    assert bench.call("GET", f"/crm/v3/owners/{owner['userId']}", idProperty="userId")[1] == owner
    assert bench.call("GET", "/crm/v3/owners/1")[0] == 404
    person = bench.person("ann", hubspot_owner_id=id)
    assert bench.values(person)["hubspot_owner_id"] == id


def test_the_first_company_of_a_contact_is_its_primary_one() -> None:
    bench = Bench()
    one, two = (bench.sim.create("companies", {"name": name}) for name in ("One", "Two"))
    ann = bench.person("ann")
    bench.clock.advance(1)
    for company in (one, two):
        path = f"/crm/v4/objects/contact/{ann}/associations/default/company/{company}"
        assert bench.call("PUT", path)[0] == 200
    assert bench.values(ann)["associatedcompanyid"] == one
    assert bench.values(ann)["lastmodifieddate"] == "2026-03-02T09:00:01.000Z"
    linked = [e for e in bench.ledger.entries if e.op == "associate"]
    assert [(e.actor, e.id, e.after["to_id"], e.after["types"]) for e in linked] == [
        ("api", ann, one, "1;279"),
        ("api", ann, two, "279"),
    ]
    _, page = bench.call("GET", f"/crm/objects/2026-09/contacts/{ann}/associations/companies")
    types = {str(e["toObjectId"]): [t["typeId"] for t in e["associationTypes"]] for e in page["results"]}
    assert types == {one: [1, 279], two: [279]}
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}
    path = f"/crm/v4/objects/contacts/{ann}/associations/companies/{two}"
    assert Bench.send(bench, "PUT", path, [spec]).status == 201
    assert bench.values(ann)["associatedcompanyid"] == two
    assert bench.call("DELETE", path)[0] == 204
    assert bench.values(ann)["associatedcompanyid"] == one


def test_associations_are_read_in_batches_and_those_without_are_errors() -> None:
    bench = Bench()
    company = bench.sim.create("companies", {"name": "One"})
    ann, ben = bench.person("ann", associatedcompanyid=company), bench.person("ben")
    body = {"inputs": [{"id": ann}, {"id": ben}]}
    status, reply = bench.call("POST", "/crm/v4/associations/contacts/companies/batch/read", body)
    assert status == 207
    assert [(each["from"]["id"], each["to"][0]["toObjectId"]) for each in reply["results"]] == [
        (ann, int(company))
    ]
    status, reply = bench.call(
        "POST", "/crm/associations/2026-09/companies/contacts/batch/read", {"inputs": [{"id": company}]}
    )
    assert (status, reply["results"][0]["to"][0]["toObjectId"]) == (200, int(ann))


def test_version_3_lists_associations_by_name() -> None:
    bench = Bench()
    company = bench.sim.create("companies", {"name": "One"})
    ann = bench.person("ann", associatedcompanyid=company)
    listed = bench.call("GET", f"{CONTACTS}/{ann}/associations/companies")[1]["results"]
    assert listed == [
        {"id": company, "type": "contact_to_company_unlabeled"},
        {"id": company, "type": "contact_to_company"},
    ]


def test_a_list_can_carry_associations() -> None:
    bench = Bench()
    company = bench.sim.create("companies", {"name": "One"})
    bench.person("ann", associatedcompanyid=company)
    bench.person("ben")
    ann, ben = bench.call("GET", CONTACTS, associations="companies")[1]["results"]
    assert {each["id"] for each in ann["associations"]["companies"]["results"]} == {company}
    assert "associations" not in ben


def test_a_company_that_is_archived_leaves_its_contacts() -> None:
    bench = Bench()
    company = bench.sim.create("companies", {"name": "One"})
    ann = bench.person("ann", associatedcompanyid=company)
    bench.sim.delete("companies", company)
    assert "associatedcompanyid" not in bench.values(ann)


def test_companies_that_merge_keep_their_contacts() -> None:
    bench = Bench()
    one, two = (bench.sim.create("companies", {"name": name}) for name in ("One", "Two"))
    ann = bench.person("ann", associatedcompanyid=two)
    survivor = bench.sim.merge("companies", one, [two])
    assert bench.values(ann)["associatedcompanyid"] == survivor


def test_contacts_that_merge_keep_their_companies() -> None:
    bench = Bench()
    one, two = (bench.sim.create("companies", {"name": name}) for name in ("One", "Two"))
    ann, ben = bench.person("ann", associatedcompanyid=one), bench.person("ben", associatedcompanyid=two)
    survivor = bench.sim.merge("contacts", ann, [ben])
    assert bench.values(survivor)["associatedcompanyid"] == one
    _, page = bench.call("GET", f"/crm/v4/objects/companies/{two}/associations/contacts")
    assert [str(each["toObjectId"]) for each in page["results"]] == [survivor]


def test_a_merge_takes_two_hundred_and_fifty_identities_at_most() -> None:
    bench = Bench()
    ids = [bench.sim.create("contacts", {"firstname": f"p{n}"}) for n in range(251)]
    with pytest.raises(Exception, match="250 identities"):
        bench.sim.merge("contacts", ids[0], ids[1:])
    assert bench.sim.merge("contacts", ids[0], ids[1:250])


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic abc"])
def test_a_call_without_the_token_is_401(header: str) -> None:
    reply = Bench().sim.handle(Request("GET", CONTACTS, (), {"authorization": header} if header else {}))
    assert reply.status == 401
    assert b'"INVALID_AUTHENTICATION"' in reply.body


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("crm.objects.contacts.read", "GET", CONTACTS),
        ("crm.objects.contacts.read", "POST", f"{CONTACTS}/search"),
        ("crm.objects.contacts.read", "POST", f"{CONTACTS}/batch/read"),
        ("crm.objects.contacts.write", "POST", f"{CONTACTS}/batch/update"),
        ("crm.schemas.contacts.read", "GET", "/crm/v3/properties/contacts"),
        ("crm.schemas.contacts.write", "POST", "/crm/v3/properties/contacts"),
        ("crm.objects.owners.read", "GET", "/crm/v3/owners"),
    ],
)
def test_a_scope_that_is_missing_is_named(scope: str, method: str, path: str) -> None:
    bench = Bench()
    bench.sim.scopes -= {scope}
    status, body = bench.call(method, path, {})
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert body["errors"][0]["context"]["requiredGranularScopes"] == [scope]


def test_the_account_says_who_it_is_and_how_many_calls_are_left() -> None:
    bench = Bench()
    assert bench.call("GET", "/account-info/2026-09/details")[1]["portalId"] == int(bench.sim.portal_id)
    (usage,) = bench.call("GET", "/account-info/2026-09/api-usage/daily/private-apps")[1]["results"]
    assert (usage["currentUsage"], usage["resetsAt"]) == (2, "2026-03-03T00:00:00.000Z")


def test_the_daily_limit_ends_at_midnight() -> None:
    bench = Bench()
    bench.sim.switches.daily_limit = 1
    assert bench.call("GET", CONTACTS)[0] == 200
    status, body = bench.call("GET", CONTACTS)
    assert (status, body["policyName"], body["message"]) == (
        429,
        "DAILY",
        "You have reached your daily limit.",
    )
    bench.clock.advance(15 * 3600)
    assert bench.call("GET", CONTACTS)[0] == 200


def test_the_burst_limit_rolls_over_ten_seconds_and_search_has_a_bucket_of_its_own() -> None:
    bench = Bench()
    bench.sim.switches.burst_per_10_s, bench.sim.switches.search_per_s = 2, 1
    reply = bench.send("GET", CONTACTS)
    assert reply.headers["x-hubspot-ratelimit-remaining"] == "1"
    assert bench.call("GET", CONTACTS)[0] == 200
    status, body = bench.call("GET", CONTACTS)
    assert (status, body["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    found = bench.send("POST", f"{CONTACTS}/search", {})
    assert found.status == 200
    assert not [name for name in found.headers if "ratelimit" in name]
    assert bench.call("POST", f"{CONTACTS}/search", {})[1]["policyName"] == "SECONDLY"
    bench.clock.advance(10)
    assert bench.call("GET", CONTACTS)[0] == 200


def test_without_the_switch_a_frozen_clock_never_runs_into_the_burst_limit() -> None:
    bench = Bench()
    assert {bench.send("GET", CONTACTS).status for _ in range(500)} == {200}
