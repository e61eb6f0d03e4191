"""Associations in batches, and labels."""

from __future__ import annotations

import pytest
from facts import fact
from sim_hubspot_builders import Scene, spec


@fact("hubspot", "associations", "Batch create takes at most 2,000 inputs and answers 201", "doc")
def test_a_batch_create_takes_two_thousand() -> None:
    scene = Scene()
    path = "/crm/v4/associations/contacts/companies/batch/create"
    item = {"from": {"id": scene.ann}, "to": {"id": scene.one}, "types": [spec(279)]}
    assert scene.call("POST", path, {"inputs": [item] * 2001})[0] == 400
    status, body = scene.call("POST", path, {"inputs": [item]})
    assert (status, len(body["results"])) == (201, 1)
    assert set(scene.types("contacts", scene.ann, "companies")) == {scene.one}


@fact("hubspot", "associations", "Batch read takes at most 1,000 inputs", "doc")
def test_a_batch_read_takes_a_thousand() -> None:
    path = "/crm/v4/associations/contacts/companies/batch/read"
    ids = [{"id": str(n)} for n in range(1001)]
    scene = Scene()
    assert scene.call("POST", path, {"inputs": ids})[0] == 400
    assert scene.call("POST", path, {"inputs": ids[:1000]})[0] == 207


@fact(
    "hubspot",
    "associations",
    "Batch read answers 207 with an error for each record that has no association",
    "doc",
)
def test_a_batch_read_names_those_without_any() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    inputs = {"inputs": [{"id": scene.ann}, {"id": "77"}]}
    status, body = scene.call("POST", "/crm/v4/associations/contacts/companies/batch/read", inputs)
    assert (status, body["numErrors"]) == (207, 1)
    assert body["errors"][0]["context"]["fromObjectId"] == ["77"]
    assert body["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert body["results"][0]["from"] == {"id": scene.ann}


@fact(
    "hubspot", "associations", "A batch read input may continue after a cursor that the last page gave", "doc"
)
def test_a_long_list_of_associations_is_paged() -> None:
    scene = Scene()
    people = [scene.bench.person(f"p{n}", associatedcompanyid=scene.one) for n in range(501)]
    path = "/crm/v4/associations/companies/contacts/batch/read"
    first = scene.call("POST", path, {"inputs": [{"id": scene.one}]})[1]["results"][0]
    after = first["paging"]["next"]["after"]
    rest = scene.call("POST", path, {"inputs": [{"id": scene.one, "after": after}]})[1]["results"][0]
    assert [str(each["toObjectId"]) for each in (*first["to"], *rest["to"])] == people
    assert "paging" not in rest


@fact("hubspot", "associations", "The read of one record's associations is paged by limit and after", "doc")
def test_the_associations_of_one_record_are_paged() -> None:
    scene = Scene()
    people = [scene.bench.person(f"p{n}", associatedcompanyid=scene.one) for n in range(3)]
    path = f"/crm/v4/objects/companies/{scene.one}/associations/contacts"
    first = scene.call("GET", path, limit="2")[1]
    rest = scene.call("GET", path, limit="2", after=first["paging"]["next"]["after"])[1]
    assert [str(each["toObjectId"]) for each in (*first["results"], *rest["results"])] == people
    assert "paging" not in rest


@fact("hubspot", "associations", "Batch associate/default links many pairs with the default type", "doc")
def test_a_batch_of_default_associations() -> None:
    scene = Scene()
    pairs = [{"from": {"id": scene.ann}, "to": {"id": each}} for each in (scene.one, scene.two)]
    path = "/crm/v4/associations/contacts/companies/batch/associate/default"
    status, body = scene.call("POST", path, {"inputs": pairs})
    assert (status, len(body["results"])) == (200, 4)
    assert set(scene.types("contacts", scene.ann, "companies")) == {scene.one, scene.two}


@fact("hubspot", "associations", "Batch archive answers 204 on v4 paths and 200 on 2026-09 paths", "doc")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/crm/v4/associations/contacts/companies/batch/archive", 204),
        ("/crm/associations/2026-09/contacts/companies/batch/archive", 200),
    ],
)
def test_the_status_of_a_batch_archive_goes_by_version(path: str, status: int) -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    item = {"from": {"id": scene.ann}, "to": [{"id": scene.one}, {"id": scene.two}]}
    assert scene.call("POST", path, {"inputs": [item]})[0] == status
    assert scene.types("contacts", scene.ann, "companies") == {}


@fact("hubspot", "associations", "Archiving labels leaves the link with its default type", "doc")
def test_labels_can_be_archived_alone() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    item = {"from": {"id": scene.ann}, "to": {"id": scene.one}, "types": [spec(1)]}
    path = "/crm/v4/associations/contacts/companies/batch/labels/archive"
    assert scene.call("POST", path, {"inputs": [item]})[0] == 204
    assert scene.types("contacts", scene.ann, "companies") == {scene.one: {279}}


@fact("hubspot", "associations", "Archiving the default type removes the link with all its labels", "doc")
def test_the_default_type_takes_everything_with_it() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    item = {"from": {"id": scene.ann}, "to": {"id": scene.one}, "types": [spec(279)]}
    path = "/crm/v4/associations/contacts/companies/batch/labels/archive"
    assert scene.call("POST", path, {"inputs": [item]})[0] == 204
    assert scene.types("contacts", scene.ann, "companies") == {}


@fact(
    "hubspot",
    "associations",
    "The labels of a pair of object types are listed with category, type id and label",
    "doc",
)
def test_the_types_of_a_pair_are_listed() -> None:
    listed = Scene().call("GET", "/crm/v4/associations/contacts/companies/labels")[1]["results"]
    assert listed == [
        {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
        {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
    ]


@fact(
    "hubspot", "associations", "A portal's own label is USER_DEFINED and has an id for each direction", "doc"
)
def test_a_label_of_the_portals_own() -> None:
    scene = Scene()
    body = {"label": "Adviser", "name": "adviser", "inverseLabel": "Advised by"}
    made = scene.call("POST", "/crm/v4/associations/contacts/companies/labels", body)[1]["results"]
    assert [(each["category"], each["label"]) for each in made] == [
        ("USER_DEFINED", "Adviser"),
        ("USER_DEFINED", "Advised by"),
    ]
    here, there = (each["typeId"] for each in made)
    scene.bench.sim.switches.first_company_is_primary = False
    scene.put("contacts", scene.ann, "companies", scene.one, here, category="USER_DEFINED")
    assert scene.types("companies", scene.one, "contacts") == {scene.ann: {280, there}}
    path = f"/crm/v4/associations/contacts/companies/labels/{here}"
    assert scene.call("DELETE", path) == (204, None)
    assert scene.types("companies", scene.one, "contacts") == {scene.ann: {280}}


# -- version 3 --------------------------------------------------------------------------------------------------
V3 = "/crm/v3/associations/contacts/companies"


@fact(
    "hubspot",
    "associations",
    "Version 3 makes associations in batches by the name of their type, with 201",
    "doc",
)
def test_version_3_links_by_name() -> None:
    scene = Scene()
    item = {"from": {"id": scene.ann}, "to": {"id": scene.one}, "type": "contact_to_company"}
    status, body = scene.call("POST", f"{V3}/batch/create", {"inputs": [item]})
    assert (status, body["results"]) == (201, [item])
    assert scene.types("contacts", scene.ann, "companies") == {scene.one: {1, 279}}
    assert scene.call("POST", f"{V3}/batch/create", {"inputs": [{**item, "type": "friend"}]})[0] == 400


@fact("hubspot", "associations", "Version 3 reads associations in batches as ids and type names", "doc")
def test_version_3_reads_names() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    status, body = scene.call("POST", f"{V3}/batch/read", {"inputs": [{"id": scene.ann}]})
    assert status == 200
    assert [(each["id"], each["type"]) for each in body["results"][0]["to"]] == [
        (scene.one, "contact_to_company_unlabeled"),
        (scene.one, "contact_to_company"),
    ]


@fact("hubspot", "associations", "Version 3 removes associations in batches with 204", "doc")
def test_version_3_unlinks() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    item = {"from": {"id": scene.ann}, "to": {"id": scene.one}, "type": "contact_to_company_unlabeled"}
    assert scene.call("POST", f"{V3}/batch/archive", {"inputs": [item]}) == (204, None)
    assert scene.types("contacts", scene.ann, "companies") == {}


@fact("hubspot", "associations", "Version 3 lists the types of a pair by id and name", "doc")
def test_version_3_lists_types() -> None:
    assert Scene().call("GET", f"{V3}/types")[1]["results"] == [
        {"id": "279", "name": "contact_to_company_unlabeled"},
        {"id": "1", "name": "contact_to_company"},
    ]
