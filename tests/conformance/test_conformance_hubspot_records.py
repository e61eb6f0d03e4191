"""Records with the published hubspot-api-client: its models, its default retries, over loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conformance_hubspot import Portal, body, served_portal
from hubspot.crm.contacts.exceptions import (
    ApiException,
    NotFoundException,
)
from hubspot.crm.contacts.models import (
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    PublicGdprDeleteInput,
    PublicMergeInput,
    SimplePublicObjectBatchInput,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectId,
    SimplePublicObjectInput,
)


@pytest.fixture(scope="module")
def served() -> Iterator[Portal]:
    with served_portal() as portal:
        yield portal


@pytest.fixture
def portal(served: Portal, request: pytest.FixtureRequest) -> Portal:
    return Portal(
        served.cluster, served.url, served.crm, request.node.name.removeprefix("test_").replace("_", "-")
    )


# -- single records ---------------------------------------------------------------------------------------------
def test_create(portal: Portal) -> None:
    made = portal.person("Ann", jobtitle="CEO")
    assert made.id.isdigit()
    assert made.properties["email"] == portal.mail("ann").lower()
    assert made.created_at.tzinfo is not None
    assert made.archived is False


def test_read(portal: Portal) -> None:
    made = portal.person()
    found = portal.crm.contacts.basic_api.get_by_id(made.id, properties=["jobtitle", "email", "no_such"])
    assert found.properties["email"] == portal.mail("ann")
    assert found.properties["jobtitle"] is None
    assert "no_such" not in found.properties


def test_read_by_email(portal: Portal) -> None:
    made = portal.person("a+b")
    assert portal.crm.contacts.basic_api.get_by_id(portal.mail("a+b"), id_property="email").id == made.id


def test_read_with_history(portal: Portal) -> None:
    basic, made = portal.crm.contacts.basic_api, portal.person(city="Ulm")
    basic.update(made.id, SimplePublicObjectInput(properties={"city": "Bonn"}))
    found = basic.get_by_id(made.id, properties_with_history=["city"])
    assert [each.value for each in found.properties_with_history["city"]] == ["Bonn", "Ulm"]


def test_update(portal: Portal) -> None:
    made = portal.person()
    told = portal.crm.contacts.basic_api.update(made.id, SimplePublicObjectInput(properties={"city": "Ulm"}))
    assert told.properties["city"] == "Ulm"
    assert told.updated_at >= made.updated_at


def test_empty_text_clears(portal: Portal) -> None:
    basic, made = portal.crm.contacts.basic_api, portal.person(city="Ulm")
    basic.update(made.id, SimplePublicObjectInput(properties={"city": ""}))
    assert basic.get_by_id(made.id, properties=["city"]).properties["city"] is None


def test_archive(portal: Portal) -> None:
    basic, made = portal.crm.contacts.basic_api, portal.person()
    assert basic.archive(made.id) is None
    with pytest.raises(NotFoundException) as error:
        basic.get_by_id(made.id)
    assert body(error)["category"] == "OBJECT_NOT_FOUND"
    assert basic.get_by_id(made.id, archived=True).archived is True
    assert made.id in [each.id for each in basic.get_page(archived=True, limit=100).results]


def test_archive_of_nobody(portal: Portal) -> None:
    assert portal.crm.contacts.basic_api.archive("999") is None


def test_list_by_after(portal: Portal) -> None:
    for n in range(3):
        portal.person(f"p{n}")
    basic, seen, after = portal.crm.contacts.basic_api, [], None
    while True:
        page = basic.get_page(limit=2, after=after)
        seen += [each.id for each in page.results]
        if page.paging is None:
            break
        after = page.paging.next.after
    assert len(seen) == len(set(seen)) >= 3


def test_get_all_walks_through_every_page(portal: Portal) -> None:
    inputs = [
        SimplePublicObjectBatchInputForCreate(properties={"email": portal.mail(f"p{n}")}) for n in range(100)
    ]
    portal.crm.contacts.batch_api.create(BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
    portal.person("one-more")
    found = {each.properties["email"] for each in portal.crm.contacts.get_all(properties=["email"])}
    assert {each.properties["email"] for each in inputs} <= found


def test_a_page_that_is_too_large(portal: Portal) -> None:
    with pytest.raises(ApiException) as error:
        portal.crm.contacts.basic_api.get_page(limit=101)
    assert error.value.status == 400


# -- batches ----------------------------------------------------------------------------------------------------
def row(
    portal: Portal, who: str, trace: str | None = None, **more: str
) -> SimplePublicObjectBatchInputForCreate:
    properties = {"email": portal.mail(who), **more}
    return SimplePublicObjectBatchInputForCreate(properties=properties, object_write_trace_id=trace)


def create(portal: Portal, *rows: SimplePublicObjectBatchInputForCreate) -> Any:
    return portal.crm.contacts.batch_api.create(
        BatchInputSimplePublicObjectBatchInputForCreate(inputs=list(rows))
    )


def test_batch_create(portal: Portal) -> None:
    told = create(portal, row(portal, "b1"), row(portal, "b2"))
    assert type(told).__name__ == "BatchResponseSimplePublicObject"
    assert {each.properties["email"] for each in told.results} == {portal.mail("b1"), portal.mail("b2")}


def test_batch_create_in_part(portal: Portal) -> None:
    told = create(portal, row(portal, "t1", "one"), row(portal, "t2", "two", no_such="x"))
    assert type(told).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert [each.properties["email"] for each in told.results] == [portal.mail("t1")]
    assert told.errors[0].context["objectWriteTraceId"] == ["two"]


def test_batch_create_all_or_nothing(portal: Portal) -> None:
    with pytest.raises(ApiException) as error:
        create(portal, row(portal, "n1"), row(portal, "n2", no_such="x"))
    assert error.value.status == 400
    assert portal.search("email", "EQ", value=portal.mail("n1")).total == 0


def test_batch_read(portal: Portal) -> None:
    made = portal.person()
    inputs = [SimplePublicObjectId(id=id) for id in (made.id, "1")]
    request = BatchReadInputSimplePublicObjectId(
        inputs=inputs, properties=["email"], properties_with_history=[]
    )
    told = portal.crm.contacts.batch_api.read(request)
    assert [each.id for each in told.results] == [made.id]
    assert told.num_errors == 1
    assert told.errors[0].context["ids"] == ["1"]


def test_batch_update(portal: Portal) -> None:
    ids = {portal.person(who).id for who in ("ann", "ben")}
    inputs = [SimplePublicObjectBatchInput(id=id, properties={"city": "Ulm"}) for id in (*ids, "1")]
    told = portal.crm.contacts.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))
    assert {each.id for each in told.results} == ids
    assert told.errors[0].category == "OBJECT_NOT_FOUND"


def test_batch_upsert(portal: Portal) -> None:
    portal.person("old")
    inputs = [
        SimplePublicObjectBatchInputUpsert(
            id=portal.mail(who), id_property="email", properties={"email": portal.mail(who), "city": "Ulm"}
        )
        for who in ("old", "new")
    ]
    told = portal.crm.contacts.batch_api.upsert(BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs))
    fresh = {each.properties["email"]: each.new for each in told.results}
    assert fresh == {portal.mail("old"): False, portal.mail("new"): True}


def test_batch_archive(portal: Portal) -> None:
    made = portal.person()
    inputs = BatchInputSimplePublicObjectId(inputs=[SimplePublicObjectId(id=made.id)])
    assert portal.crm.contacts.batch_api.archive(inputs) is None
    with pytest.raises(NotFoundException):
        portal.crm.contacts.basic_api.get_by_id(made.id)


def test_a_batch_that_is_too_large(portal: Portal) -> None:
    with pytest.raises(ApiException) as error:
        create(portal, *(row(portal, f"x{n}") for n in range(101)))
    assert body(error)["category"] == "VALIDATION_ERROR"


# -- search -----------------------------------------------------------------------------------------------------
def test_search(portal: Portal) -> None:
    made = portal.person()
    found = portal.search("email", "EQ", value=portal.mail("ANN"))
    assert (found.total, [each.id for each in found.results]) == (1, [made.id])


def test_search_by_pages(portal: Portal) -> None:
    create(portal, *(row(portal, f"s{n}", jobtitle="Searcher") for n in range(25)))
    seen, after = [], "0"
    while after:
        page = portal.search("jobtitle", "EQ", value="Searcher", limit=10, after=after)
        seen += [each.id for each in page.results]
        after = page.paging.next.after if page.paging else None
    assert len(set(seen)) == 25


def test_search_operators(portal: Portal) -> None:
    create(portal, *(row(portal, f"o{n}", numemployees="5-25", company=portal.name) for n in range(2)))
    assert portal.search("email", "IN", values=[portal.mail("o0"), portal.mail("o1")]).total == 2
    assert portal.search("email", "BETWEEN", value=portal.mail("o0"), high_value=portal.mail("o1")).total == 2
    assert portal.search("company", "CONTAINS_TOKEN", value="*operators*").total == 2


def test_search_past_ten_thousand(portal: Portal) -> None:
    with pytest.raises(ApiException) as error:
        portal.search("email", "HAS_PROPERTY", after="10000")
    assert error.value.status == 400


# -- merging and erasing ----------------------------------------------------------------------------------------
def test_merge(portal: Portal) -> None:
    basic, winner, loser = portal.crm.contacts.basic_api, portal.person("win"), portal.person("lose")
    merged = basic.merge(PublicMergeInput(primary_object_id=winner.id, object_id_to_merge=loser.id))
    assert merged.id not in (winner.id, loser.id)
    assert {basic.get_by_id(each.id).id for each in (winner, loser)} == {merged.id}


def test_privacy_deletion(portal: Portal) -> None:
    made = portal.person()
    portal.crm.contacts.basic_api.purge(PublicGdprDeleteInput(object_id=made.id))
    with pytest.raises(NotFoundException):
        portal.crm.contacts.basic_api.get_by_id(made.id)
