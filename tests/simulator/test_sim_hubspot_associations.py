"""Associations: types, primary companies, labels, batches, and what a link does to the records it joins."""

from __future__ import annotations

import pytest
from facts import fact
from sim_hubspot_builders import Scene, spec

SECOND = "2026-03-02T09:00:01.000Z"


@fact(
    "hubspot",
    "associations",
    "A contact's link to its primary company has type 1 beside the default 279",
    "doc",
)
def test_a_primary_company_also_has_the_default_type() -> None:
    scene = Scene()
    assert scene.put("contacts", scene.ann, "companies", scene.one, 1)[0] == 201
    assert scene.types("contacts", scene.ann, "companies") == {scene.one: {1, 279}}


@fact("hubspot", "associations", "Seen from the company the link to a contact has type 280, primary 2", "doc")
def test_the_company_sees_its_own_type_ids() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    scene.put("contacts", scene.ann, "companies", scene.two, 279)
    assert scene.types("companies", scene.one, "contacts") == {scene.ann: {2, 280}}
    assert scene.types("companies", scene.two, "contacts") == {scene.ann: {280}}


@fact(
    "hubspot",
    "associations",
    "A contact's link to a deal has type 4 and the deal's to the contact type 3",
    "doc",
)
def test_contacts_and_deals_have_one_type_each_way() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "deals", scene.deal, 4)
    assert scene.types("contacts", scene.ann, "deals") == {scene.deal: {4}}
    assert scene.types("deals", scene.deal, "contacts") == {scene.ann: {3}}


@fact("hubspot", "associations", "A company's link to a deal has type 342, primary 6", "doc")
def test_the_company_of_a_deal_has_its_types() -> None:
    scene = Scene()
    scene.put("companies", scene.one, "deals", scene.deal, 6)
    assert scene.types("companies", scene.one, "deals") == {scene.deal: {6, 342}}


@fact(
    "hubspot",
    "associations",
    "A deal's link to its first company has types 341 and 5, if the first one is primary",
    "assumed",
    "first_company_is_primary",
)
@pytest.mark.parametrize(("first", "types"), [(True, {5, 341}), (False, {341})])
def test_the_first_company_of_a_deal_may_become_primary(first: bool, types: set[int]) -> None:
    scene = Scene()
    scene.bench.sim.switches.first_company_is_primary = first
    scene.put("deals", scene.deal, "companies", scene.one, 341)
    assert scene.types("deals", scene.deal, "companies") == {scene.one: types}
    scene.put("deals", scene.deal, "companies", scene.two, 341)
    assert scene.types("deals", scene.deal, "companies")[scene.two] == {341}


@fact("hubspot", "associations", "Two contacts are linked by type 449, the same from either end", "doc")
def test_contacts_are_linked_with_each_other() -> None:
    scene = Scene()
    ben = scene.bench.person("ben")
    assert scene.put("contacts", scene.ann, "contacts", ben, 449)[0] == 201
    assert scene.types("contacts", scene.ann, "contacts") == {ben: {449}}
    assert scene.types("contacts", ben, "contacts") == {scene.ann: {449}}


@fact(
    "hubspot", "associations", "The default association is a PUT without a body that may be repeated", "doc"
)
def test_a_default_association_is_idempotent() -> None:
    scene = Scene()
    path = f"/crm/objects/2026-09/contact/{scene.ann}/associations/default/company/{scene.one}"
    first, again = scene.call("PUT", path), scene.call("PUT", path)
    assert first[0] == again[0] == 200
    specs = [(r["from"]["id"], r["associationSpec"]["associationTypeId"]) for r in first[1]["results"]]
    assert specs == [(scene.ann, 279), (scene.one, 280)]
    assert dict(scene.bench.ledger.entries[-1].after) == {}


@fact(
    "hubspot",
    "associations",
    "A labelled association answers 201 with both ends' types, ids and labels",
    "doc",
)
def test_a_labelled_association_answers_201() -> None:
    scene = Scene()
    status, body = scene.put("contacts", scene.ann, "companies", scene.one, 1)
    assert status == 201
    assert body == {
        "fromObjectTypeId": "0-1",
        "fromObjectId": int(scene.ann),
        "toObjectTypeId": "0-2",
        "toObjectId": int(scene.one),
        "labels": ["Primary"],
    }


@fact("hubspot", "associations", "A labelled PUT replaces the labels that the link had", "doc")
def test_a_labelled_association_replaces_the_label_set() -> None:
    scene = Scene()
    made = scene.call(
        "POST", "/crm/v4/associations/contacts/companies/labels", {"label": "Adviser", "name": "adviser"}
    )
    label = made[1]["results"][0]["typeId"]
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    body = [spec(label, "USER_DEFINED")]
    path = f"/crm/v4/objects/contacts/{scene.ann}/associations/companies/{scene.one}"
    assert scene.call("PUT", path, body)[1]["labels"] == ["Adviser"]
    assert scene.types("contacts", scene.ann, "companies") == {scene.one: {279, label}}


@fact(
    "hubspot",
    "associations",
    "A record has one primary company: naming another takes the label from the first",
    "doc",
)
def test_there_is_one_primary_company() -> None:
    scene = Scene()
    for company in (scene.one, scene.two):
        scene.put("contacts", scene.ann, "companies", company, 1)
    assert scene.types("contacts", scene.ann, "companies") == {scene.one: {279}, scene.two: {1, 279}}


@fact(
    "hubspot",
    "associations",
    "The primary company stands in associatedcompanyid and changes with the association",
    "seen",
)
def test_the_primary_company_is_kept_in_step_with_its_property() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    assert scene.bench.values(scene.ann)["associatedcompanyid"] == scene.one
    scene.put("contacts", scene.ann, "companies", scene.two, 1)
    assert scene.bench.values(scene.ann)["associatedcompanyid"] == scene.two


@fact("hubspot", "associations", "Writing associatedcompanyid makes or moves the primary association", "seen")
def test_writing_the_property_moves_the_association() -> None:
    scene = Scene()
    for company in (scene.one, scene.two):
        body = {"properties": {"associatedcompanyid": company}}
        assert scene.call("PATCH", f"/crm/v3/objects/contacts/{scene.ann}", body)[0] == 200
    assert scene.types("contacts", scene.ann, "companies") == {scene.one: {279}, scene.two: {1, 279}}


@fact("hubspot", "associations", "Removing an association is 204 and takes all its labels", "doc")
def test_removing_is_204_whatever_there_was() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    path = f"/crm/v4/objects/contacts/{scene.ann}/associations/companies/{scene.one}"
    assert [scene.call("DELETE", path) for _ in range(2)] == [(204, None), (204, None)]
    assert scene.types("contacts", scene.ann, "companies") == {}
    assert "associatedcompanyid" not in scene.bench.values(scene.ann)


@fact(
    "hubspot",
    "associations",
    "Ids in association replies are numbers in the documentation's examples and text in the specification",
    "doc",
    "association_ids_as_text",
)
@pytest.mark.parametrize("text", [False, True])
def test_ids_are_numbers_or_text(text: bool) -> None:
    scene = Scene()
    scene.bench.sim.switches.association_ids_as_text = text
    made = scene.put("contacts", scene.ann, "companies", scene.one, 1)[1]
    read = scene.call("GET", f"/crm/v4/objects/contacts/{scene.ann}/associations/companies")[1]
    form = str if text else int
    assert [made["fromObjectId"], made["toObjectId"]] == [form(scene.ann), form(scene.one)]
    assert read["results"][0]["toObjectId"] == form(scene.one)


@pytest.mark.parametrize(
    ("type_id", "category"), [(4, "HUBSPOT_DEFINED"), (999, "USER_DEFINED"), (279, "WORK")]
)
def test_a_type_of_another_pair_is_refused(type_id: int, category: str) -> None:
    scene = Scene()
    status, body = scene.put("contacts", scene.ann, "companies", scene.one, type_id, category=category)
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")
    assert scene.types("contacts", scene.ann, "companies") == {}


@fact("hubspot", "associations", "A record can be created together with its associations", "doc")
def test_a_create_brings_its_associations() -> None:
    scene = Scene()
    body = {
        "properties": {"dealname": "Ship", "dealstage": "qualifiedtobuy"},
        "associations": [
            {"to": {"id": scene.ann}, "types": [spec(3)]},
            {"to": {"id": scene.one}, "types": [spec(5)]},
        ],
    }
    status, made = scene.call("POST", "/crm/v3/objects/deals", body)
    assert status == 201
    assert scene.types("deals", made["id"], "contacts") == {scene.ann: {3}}
    assert scene.types("deals", made["id"], "companies") == {scene.one: {5, 341}}


def test_a_create_with_an_association_that_cannot_be_writes_nothing() -> None:
    scene = Scene()
    for target, type_id in (("77", 279), (scene.one, 4)):
        body = {
            "properties": {"email": "new@firm.example"},
            "associations": [{"to": {"id": target}, "types": [spec(type_id)]}],
        }
        assert scene.call("POST", "/crm/v3/objects/contacts", body)[0] == 400
    assert len(scene.bench.sim.state()["contacts"]) == 1


@fact("hubspot", "associations", "A batch create of records carries associations too", "doc")
def test_a_batch_of_records_brings_its_associations() -> None:
    scene = Scene()
    item = {
        "properties": {"email": "new@firm.example"},
        "associations": [{"to": {"id": scene.one}, "types": [spec(279)]}],
    }
    status, body = scene.call("POST", "/crm/v3/objects/contacts/batch/create", {"inputs": [item]})
    assert status == 201
    assert set(scene.types("contacts", body["results"][0]["id"], "companies")) == {scene.one}


@fact(
    "hubspot",
    "associations",
    "The number of linked records is a calculated property that modifies the record",
    "seen",
)
def test_a_link_moves_the_counters_and_the_stamps_of_both_ends() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "deals", scene.deal, 4)
    ann, deal = scene.bench.values(scene.ann), scene.state("deals", scene.deal)
    assert (ann["num_associated_deals"], ann["lastmodifieddate"]) == ("1", SECOND)
    assert (deal["num_associated_contacts"], deal["hs_lastmodifieddate"]) == ("1", SECOND)
    scene.call("DELETE", f"/crm/v4/objects/contacts/{scene.ann}/associations/deals/{scene.deal}")
    assert scene.bench.values(scene.ann)["num_associated_deals"] == "0"


@fact(
    "hubspot",
    "associations",
    "The associations of an absorbed id are none: they live on the survivor",
    "seen",
)
def test_an_absorbed_id_has_no_associations() -> None:
    scene = Scene()
    ben = scene.bench.person("ben")
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    survivor = scene.bench.sim.merge("contacts", scene.ann, [ben])
    assert scene.types("contacts", scene.ann, "companies") == {}
    assert scene.types("contacts", survivor, "companies") == {scene.one: {1, 279}}


@fact("hubspot", "associations", "In a merge the primary record's primary company wins the label", "doc")
def test_the_primary_records_primary_company_stays_primary() -> None:
    scene = Scene()
    ben = scene.bench.person("ben", associatedcompanyid=scene.two)
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    survivor = scene.bench.sim.merge("contacts", scene.ann, [ben])
    assert scene.types("contacts", survivor, "companies") == {scene.one: {1, 279}, scene.two: {279}}
    assert scene.bench.values(survivor)["associatedcompanyid"] == scene.one


def test_a_pair_that_cannot_be_linked_is_refused() -> None:
    scene = Scene()
    assert scene.call("GET", f"/crm/v4/objects/deals/{scene.deal}/associations/deals")[0] == 400


def test_a_link_to_nobody_is_not_found() -> None:
    scene = Scene()
    status, body = scene.put("contacts", scene.ann, "companies", "77", 279)
    assert (status, body["category"]) == (404, "OBJECT_NOT_FOUND")


@fact("hubspot", "associations", "Object batch read cannot return associations", "doc")
def test_a_batch_read_of_records_has_no_associations() -> None:
    scene = Scene()
    scene.put("contacts", scene.ann, "companies", scene.one, 1)
    body = {"inputs": [{"id": scene.ann}]}
    path = "/crm/v3/objects/contacts/batch/read"
    assert "associations" not in scene.call("POST", path, body)[1]["results"][0]
    assert scene.call("POST", path, body | {"associations": ["companies"]})[0] == 400


@fact("hubspot", "associations", "A record read with associations lists each link by type name", "doc")
def test_a_read_embeds_the_associations_that_were_asked_for() -> None:
    scene = Scene()
    scene.put("deals", scene.deal, "contacts", scene.ann, 3)
    found = scene.call("GET", f"/crm/v3/objects/deals/{scene.deal}", associations="contacts,companies")[1]
    assert found["associations"] == {"contacts": {"results": [{"id": scene.ann, "type": "deal_to_contact"}]}}


def test_people_link_and_unlink_records() -> None:
    scene = Scene()
    sim = scene.bench.sim
    sim.associate("deals", scene.deal, "contacts", scene.ann)
    sim.associate("contacts", scene.ann, "companies", scene.one)
    sim.associate("contacts", scene.ann, "companies", scene.two, primary=True)
    assert sim.linked("contacts", scene.ann, "deals") == [scene.deal]
    assert scene.bench.values(scene.ann)["associatedcompanyid"] == scene.two
    sim.dissociate("contacts", scene.ann, "companies", scene.two)
    assert scene.bench.values(scene.ann)["associatedcompanyid"] == scene.one
    told = [(e.actor, e.op) for e in scene.bench.ledger.entries if e.op in ("associate", "dissociate")]
    assert told == [("human", "associate")] * 3 + [("human", "dissociate")]


def test_linking_many_to_few_stays_quick() -> None:
    scene = Scene()
    kind = scene.bench.sim.portal.kinds["companies"]
    row = kind.table.rows[int(scene.one)]
    for _ in range(5000):
        kind.table.stamped(row)
    assert len(kind.table._log) < 2500


def test_a_record_with_one_link_is_found_like_one_with_many() -> None:
    scene = Scene()
    links = scene.bench.sim.portal.links
    for company, more in ((7, (1,)), (8, ()), (7, ())):
        links.put("contacts", 5, "companies", company, more)
    assert dict(links.of("contacts", 5, "companies")) == {7: (), 8: ()}
    links.drop("contacts", 5, "companies", 7)
    links.drop("contacts", 5, "companies", 9)
    assert dict(links.of("contacts", 5, "companies")) == {8: ()}
    links.put("contacts", 6, "companies", 8, (1,))
    links.drop("contacts", 6, "companies", 7)
    assert (dict(links.of("contacts", 6, "companies")), links.has("companies", 8, "contacts", 6)) == (
        {8: (1,)},
        True,
    )
    links.drop("contacts", 6, "companies", 8)
    assert dict(links.of("contacts", 6, "companies")) == {}
