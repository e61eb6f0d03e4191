"""The portal's front door: paths, versions, methods, tokens and error bodies; and who works there."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from facts import fact
from sim_hubspot_builders import Bench

from crmsync.simulator.wire import Request

CONTACTS = "/crm/v3/objects/contacts"


def status_of(bench: Bench, method: str, path: str) -> int:
    return bench.send(method, path, {}).status


# -- paths ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    ["/crm/v3/owners", "/crm/owners/2026-03", "/crm/owners/2026-09", "/crm/v3/properties/contacts", "/crm/properties/2026-09/contacts"],
)  # fmt: skip
@fact("hubspot", "versions", "v3 stands before the resource in a path and a date behind it", "doc")
def test_versions_stand_in_their_places(path: str) -> None:
    assert status_of(Bench(), "GET", path) == 200


@pytest.mark.parametrize(
    "path",
    ["/crm/objects/contacts", "/crm/objects/v3/contacts", "/crm/2026-09/objects/contacts", "/crm/v2/objects/contacts", "/crm/objects/2025-01/contacts", "/crm/v3/contacts"],
)  # fmt: skip
def test_a_version_in_the_wrong_place_or_an_unknown_one_is_not_found(path: str) -> None:
    status, body = Bench().call("GET", path)
    assert (status, body["category"]) == (404, "OBJECT_NOT_FOUND")


@fact("hubspot", "versions", "v4 has associations and no other part of the CRM", "doc")
def test_v4_is_for_associations() -> None:
    bench = Bench()
    ann = bench.person("ann")
    assert status_of(bench, "GET", f"/crm/v4/objects/contacts/{ann}/associations/companies") == 200
    assert status_of(bench, "GET", "/crm/v4/objects/contacts") == 404
    assert status_of(bench, "GET", "/crm/v4/owners") == 404


@fact("hubspot", "versions", "Account information answers under v3 and under dates", "doc")
def test_account_information_has_versions_too() -> None:
    found = [Bench().call("GET", f"/account-info/{v}/details") for v in ("v3", "2026-03", "2026-09")]
    assert found[0] == found[1] == found[2]
    assert found[0][0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", CONTACTS),
        ("DELETE", CONTACTS),
        ("POST", f"{CONTACTS}/1"),
        ("GET", f"{CONTACTS}/batch/update"),
        ("GET", f"{CONTACTS}/search"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused(method: str, path: str) -> None:
    # A path of four parts is also that of a record, whose id may be anything.
    assert status_of(Bench(), method, path) in (404, 405)
    assert status_of(Bench(), "PUT", CONTACTS) == 405


@fact("hubspot", "owners", "The owners API only reads", "doc")
def test_owners_cannot_be_written() -> None:
    bench = Bench()
    assert {status_of(bench, method, "/crm/v3/owners") for method in ("POST", "PUT", "PATCH", "DELETE")} == {
        405
    }


# -- tokens and error bodies ---------------------------------------------------------------------------------
@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer", "Basic abc"])
@fact("hubspot", "oauth", "A call without a token that is known is 401 INVALID_AUTHENTICATION", "seen")
def test_a_call_without_the_token_is_401(header: str) -> None:
    reply = Bench().sim.handle(Request("GET", CONTACTS, (), {"authorization": header} if header else {}))
    body = orjson.loads(reply.body)
    assert (reply.status, body["category"]) == (401, "INVALID_AUTHENTICATION")
    assert body["message"].startswith("Authentication credentials not found.")


@fact("hubspot", "errors", "An error has status, message, correlation id and category, and the header repeats the id", "seen")  # fmt: skip
def test_an_error_has_its_frame() -> None:
    reply = Bench().send("GET", f"{CONTACTS}/1")
    body = orjson.loads(reply.body)
    assert {"status", "message", "correlationId", "category"} <= body.keys()
    assert body["status"] == "error"
    assert reply.headers["x-hubspot-correlation-id"] == body["correlationId"]


@fact("hubspot", "errors", "Each error has a correlation id of its own", "seen")
def test_correlation_ids_differ() -> None:
    bench = Bench()
    ids = {bench.call("GET", f"{CONTACTS}/1")[1]["correlationId"] for _ in range(5)}
    assert len(ids) == 5


@pytest.mark.parametrize("path", [CONTACTS, f"{CONTACTS}/1", "/nowhere"])
@fact("hubspot", "errors", "Replies are application/json in UTF-8, errors too", "seen")
def test_replies_are_json(path: str) -> None:
    assert Bench().send("GET", path).headers["content-type"] == "application/json;charset=utf-8"


# -- owners --------------------------------------------------------------------------------------------------
def newcomer(bench: Bench) -> tuple[str, dict[str, Any]]:
    """An owner: the id, and how the list shows it."""
    id = bench.sim.create("owners", {"email": "Ida@Sales.example", "firstName": "Ida", "lastName": "Ek"})
    (owner,) = bench.call("GET", "/crm/v3/owners", email="ida@sales.example")[1]["results"]
    return id, owner


@fact("hubspot", "owners", "An owner has an id that differs from its user id", "doc")
def test_owners_have_an_id_that_differs_from_the_user_id() -> None:
    id, owner = newcomer(Bench())
    assert owner["id"] == id
    assert str(owner["userId"]) != id


@fact("hubspot", "owners", "An owner shows type, names, both user ids, stamps and teams", "doc")
def test_an_owner_shows_these_fields() -> None:
    _, owner = newcomer(Bench())
    assert (owner["type"], owner["firstName"], owner["lastName"], owner["teams"]) == (
        "PERSON",
        "Ida",
        "Ek",
        [],
    )
    assert owner["userIdIncludingInactive"] == owner["userId"]
    assert {"createdAt", "updatedAt", "archived"} <= owner.keys()


@pytest.mark.parametrize("email", ["ida@sales.example", "IDA@sales.example"])
@fact("hubspot", "owners", "Owners are found by e-mail", "doc")
def test_owners_are_found_by_email(email: str) -> None:
    bench = Bench()
    id, _ = newcomer(bench)
    assert [each["id"] for each in bench.call("GET", "/crm/v3/owners", email=email)[1]["results"]] == [id]
    assert bench.call("GET", "/crm/v3/owners", email="no@sales.example")[1]["results"] == []


@fact("hubspot", "owners", "An owner is read by its id or, with idProperty, by its user id", "doc")
def test_an_owner_is_read_by_either_id() -> None:
    bench = Bench()
    id, owner = newcomer(bench)
    assert bench.call("GET", f"/crm/v3/owners/{id}") == (200, owner)
    assert bench.call("GET", f"/crm/v3/owners/{owner['userId']}", idProperty="userId") == (200, owner)
    assert bench.call("GET", f"/crm/v3/owners/{owner['userId']}")[0] == 404
    assert bench.call("GET", f"/crm/v3/owners/{id}", idProperty="email")[0] == 400


@fact("hubspot", "owners", "A page of owners has a hundred unless asked and goes on after an id", "doc")
def test_owners_come_in_pages() -> None:
    bench = Bench()
    for n in range(120):
        bench.sim.create("owners", {"email": f"rep{n}@sales.example"})
    first = bench.call("GET", "/crm/v3/owners")[1]
    assert len(first["results"]) == 100
    rest = bench.call("GET", "/crm/v3/owners", after=first["paging"]["next"]["after"])[1]
    assert len(rest["results"]) == 22
    assert "paging" not in rest
    ids = [int(each["id"]) for page in (first, rest) for each in page["results"]]
    assert ids == sorted(set(ids))


@fact("hubspot", "owners", "An archived owner is listed only when asked for and has no user id", "doc")
def test_an_archived_owner_has_no_user() -> None:
    bench = Bench()
    id, owner = newcomer(bench)
    bench.sim.archive_owner(id)
    assert id not in [each["id"] for each in bench.call("GET", "/crm/v3/owners")[1]["results"]]
    (gone,) = bench.call("GET", "/crm/v3/owners", archived="true")[1]["results"]
    assert (gone["id"], gone["userId"], gone["archived"]) == (id, None, True)
    assert gone["userIdIncludingInactive"] == owner["userId"]
    assert bench.call("GET", f"/crm/v3/owners/{id}")[0] == 404
    assert bench.call("GET", f"/crm/v3/owners/{id}", archived="true")[0] == 200


def test_an_archived_owner_keeps_what_it_owns() -> None:
    bench = Bench()
    id, _ = newcomer(bench)
    person = bench.person("ann", hubspot_owner_id=id)
    bench.sim.archive_owner(id)
    assert bench.values(person)["hubspot_owner_id"] == id


# -- companies and their contacts ----------------------------------------------------------------------------
def firms(bench: Bench, *names: str) -> list[str]:
    return [bench.sim.create("companies", {"name": name}) for name in names]


@fact(
    "hubspot",
    "associations",
    "Version 3 lists one record's associations as ids with the names of their types",
    "doc",
)
def test_version_3_lists_associations_by_name() -> None:
    bench = Bench()
    (firm,) = firms(bench, "One")
    ann = bench.person("ann", associatedcompanyid=firm)
    listed = bench.call("GET", f"{CONTACTS}/{ann}/associations/companies")[1]["results"]
    assert listed == [
        {"id": firm, "type": "contact_to_company_unlabeled"},
        {"id": firm, "type": "contact_to_company"},
    ]


def test_a_company_that_is_archived_leaves_its_contacts() -> None:
    bench = Bench()
    (firm,) = firms(bench, "One")
    ann = bench.person("ann", associatedcompanyid=firm)
    bench.sim.delete("companies", firm)
    assert "associatedcompanyid" not in bench.values(ann)


def test_companies_that_merge_keep_their_contacts() -> None:
    bench = Bench()
    one, two = firms(bench, "One", "Two")
    ann = bench.person("ann", associatedcompanyid=two)
    survivor = bench.sim.merge("companies", one, [two])
    assert bench.values(ann)["associatedcompanyid"] == survivor


@fact("hubspot", "merge", "The associations of the absorbed records are the survivor's", "seen")
def test_contacts_that_merge_keep_their_companies() -> None:
    bench = Bench()
    one, two = firms(bench, "One", "Two")
    ann, ben = bench.person("ann", associatedcompanyid=one), bench.person("ben", associatedcompanyid=two)
    survivor = bench.sim.merge("contacts", ann, [ben])
    assert bench.values(survivor)["associatedcompanyid"] == one
    _, page = bench.call("GET", f"/crm/v4/objects/companies/{two}/associations/contacts")
    assert [str(each["toObjectId"]) for each in page["results"]] == [survivor]
