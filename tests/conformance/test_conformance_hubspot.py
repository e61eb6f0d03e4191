"""The published hubspot-api-client, unmodified: its models, its exceptions, its default retries, over loopback HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4.models import AssociationSpec
from hubspot.crm.companies.exceptions import ForbiddenException
from hubspot.crm.contacts.exceptions import (
    ApiException,
    NotFoundException,
    ServiceException,
    UnauthorizedException,
)
from hubspot.crm.contacts.models import (
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    Filter,
    FilterGroup,
    PublicGdprDeleteInput,
    PublicMergeInput,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInput,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectId,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.lists.models import ListCreateRequest
from hubspot.crm.properties.models import PropertyCreate, PropertyGroupCreate, PropertyUpdate
from hubspot.oauth.exceptions import ApiException as OAuthException

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault


@dataclass
class Portal:
    """A served portal and the client above it. `mail` makes an address of this test alone."""

    cluster: Cluster
    url: str
    crm: Any
    name: str = ""

    def mail(self, who: str) -> str:
        return f"{who}.{self.name}@firm.example"

    def client(self, token: str = "") -> HubSpot:
        return HubSpot(
            access_token=token or self.cluster.hubspot.access_token, host=self.url, base_url=self.url
        )

    def person(self, who: str = "ann", **more: str) -> Any:
        properties = {"email": self.mail(who), "firstname": who, **more}
        return self.crm.contacts.basic_api.create(SimplePublicObjectInputForCreate(properties=properties))

    def company(self, name: str = "Firm") -> Any:
        body = {"properties": {"name": name, "domain": f"{name.lower()}-{self.name}.example"}}
        return self.crm.companies.basic_api.create(body)

    def search(self, name: str, operator: str, **more: Any) -> Any:
        value = {key: more.pop(key) for key in ("value", "values", "high_value") if key in more}
        group = FilterGroup(filters=[Filter(property_name=name, operator=operator, **value)])
        request = PublicObjectSearchRequest(
            filter_groups=[group], **{"properties": ["email"], "limit": 100, **more}
        )
        return self.crm.contacts.search_api.do_search(public_object_search_request=request)


@pytest.fixture(scope="module")
def served() -> Iterator[Portal]:
    """One portal for all: each test keeps to addresses of its own."""
    cluster = Cluster(seed=21)
    portal = Portal(cluster, cluster.serve().hubspot, None)
    portal.crm = portal.client().crm
    yield portal
    cluster.close()


@pytest.fixture
def portal(served: Portal, request: pytest.FixtureRequest) -> Portal:
    return Portal(
        served.cluster, served.url, served.crm, request.node.name.removeprefix("test_").replace("_", "-")
    )


def body(error: Any) -> Any:
    return json.loads(error.value.body)


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


# -- associations and other objects -----------------------------------------------------------------------------
def test_associations(portal: Portal) -> None:
    v4, made, firm = portal.crm.associations.v4, portal.person(), portal.company()
    v4.basic_api.create_default("contacts", made.id, "companies", firm.id)
    page = v4.basic_api.get_page("contacts", made.id, "companies")
    assert [str(each.to_object_id) for each in page.results] == [firm.id]
    read = v4.batch_api.get_page("contacts", "companies", {"inputs": [{"id": made.id}]})
    assert [str(each.to_object_id) for each in read.results[0].to] == [firm.id]
    v4.basic_api.archive("contacts", made.id, "companies", firm.id)
    assert v4.basic_api.get_page("contacts", made.id, "companies").results == []


def test_a_labelled_association(portal: Portal) -> None:
    basic, made, firm = portal.crm.associations.v4.basic_api, portal.person(), portal.company()
    spec = AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=1)
    told = basic.create("contacts", made.id, "companies", firm.id, [spec])
    assert str(told.to_object_id) == firm.id
    page = basic.get_page("contacts", made.id, "companies")
    assert {each.type_id for each in page.results[0].association_types} == {1, 279}


def test_batch_associations(portal: Portal) -> None:
    batch, firm = portal.crm.associations.v4.batch_api, portal.company()
    ids = [portal.person(who).id for who in ("ann", "ben")]
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    inputs = [{"from": {"id": id}, "to": {"id": firm.id}, "types": types} for id in ids]
    assert len(batch.create("contacts", "companies", {"inputs": inputs}).results) == 2
    assert (
        batch.archive(
            "contacts", "companies", {"inputs": [{"from": {"id": ids[0]}, "to": [{"id": firm.id}]}]}
        )
        is None
    )
    left = portal.crm.associations.v4.basic_api.get_page("companies", firm.id, "contacts")
    assert [str(each.to_object_id) for each in left.results] == ids[1:]


def test_companies(portal: Portal) -> None:
    basic, firm = portal.crm.companies.basic_api, portal.company()
    assert basic.update(firm.id, {"properties": {"city": "Ulm"}}).properties["city"] == "Ulm"
    basic.archive(firm.id)
    with pytest.raises(Exception, match="404"):
        basic.get_by_id(firm.id)


def test_deals(portal: Portal) -> None:
    pipeline = portal.crm.pipelines.pipelines_api.get_all("deals").results[0]
    stages = [each.id for each in pipeline.stages]
    values = {"dealname": portal.name, "pipeline": pipeline.id, "dealstage": stages[0], "amount": "10.5"}
    deal = portal.crm.deals.basic_api.create({"properties": values})
    portal.crm.deals.batch_api.update({"inputs": [{"id": deal.id, "properties": {"dealstage": stages[1]}}]})
    shown = portal.crm.deals.basic_api.get_by_id(deal.id, properties=["dealstage", "amount"]).properties
    assert (shown["dealstage"], shown["amount"]) == (stages[1], "10.5")


def test_generic_objects(portal: Portal) -> None:
    made = portal.person()
    assert portal.crm.objects.basic_api.get_by_id("0-1", made.id).id == made.id


# -- what the portal is made of ---------------------------------------------------------------------------------
def test_properties(portal: Portal) -> None:
    core = portal.crm.properties.core_api
    fresh = PropertyCreate(
        name="py_key", label="Key", type="string", field_type="text", group_name="contactinformation", has_unique_value=True
    )  # fmt: skip
    assert core.create("contacts", fresh).has_unique_value is True
    assert core.update("contacts", "py_key", PropertyUpdate(label="Other")).label == "Other"
    assert "py_key" in {each.name for each in core.get_all("contacts").results}
    with pytest.raises(Exception, match="409"):
        core.create("contacts", fresh)
    core.archive("contacts", "py_key")
    with pytest.raises(Exception, match="404"):
        core.get_by_name("contacts", "py_key")


def test_property_groups(portal: Portal) -> None:
    groups = portal.crm.properties.groups_api
    groups.create("contacts", PropertyGroupCreate(name="py_group", label="Ours", display_order=1))
    assert "py_group" in {each.name for each in groups.get_all("contacts").results}


def test_owners(portal: Portal) -> None:
    owners = portal.crm.owners.owners_api
    first = owners.get_page().results[0]
    assert owners.get_by_id(int(first.id)).email == first.email
    assert [each.id for each in owners.get_page(email=first.email).results] == [first.id]


def test_lists(portal: Portal) -> None:
    lists, members = portal.crm.lists.lists_api, portal.crm.lists.memberships_api
    request = ListCreateRequest(name=portal.name, object_type_id="0-1", processing_type="MANUAL")
    made = lists.create(request).list
    ids = [portal.person(who).id for who in ("ann", "ben")]
    members.add(made.list_id, ids)
    members.remove(made.list_id, ids[:1])
    assert [each.record_id for each in members.get_page(made.list_id).results] == ids[1:]


# -- errors -----------------------------------------------------------------------------------------------------
def test_conflict(portal: Portal) -> None:
    made = portal.person()
    with pytest.raises(ApiException) as error:
        portal.person("ANN")
    assert error.value.status == 409
    assert body(error)["message"] == f"Contact already exists. Existing ID: {made.id}"
    assert error.value.headers["x-hubspot-correlation-id"] == body(error)["correlationId"]


def test_invalid_properties(portal: Portal) -> None:
    with pytest.raises(ApiException) as error:
        portal.person(no_such="x", hs_email_optout="true")
    codes = {each["context"]["propertyName"][0]: each["code"] for each in body(error)["errors"]}
    assert codes == {"no_such": "PROPERTY_DOESNT_EXIST", "hs_email_optout": "READ_ONLY_VALUE"}


def test_a_wrong_token(portal: Portal) -> None:
    with pytest.raises(UnauthorizedException):
        portal.client("wrong").crm.contacts.basic_api.get_page()


def test_a_missing_scope(portal: Portal) -> None:
    sim = portal.cluster.hubspot
    sim.scopes, kept = sim.scopes - {"crm.objects.companies.read"}, sim.scopes
    try:
        with pytest.raises(ForbiddenException) as error:
            portal.crm.companies.basic_api.get_page()
    finally:
        sim.scopes = kept
    assert body(error)["category"] == "MISSING_SCOPES"


def test_too_long_an_address(portal: Portal) -> None:
    with pytest.raises(ApiException) as error:
        portal.crm.contacts.basic_api.get_page(properties=[f"a_property_name_{n}" for n in range(900)])
    assert error.value.status == 414


def test_a_server_error(portal: Portal) -> None:
    portal.cluster.faults.add(Fault("internal", "hubspot"))
    with pytest.raises(ServiceException):
        portal.crm.contacts.basic_api.get_page()


def test_the_default_client_retries_a_read_that_says_when(portal: Portal) -> None:
    before = portal.cluster.faults.fired["rate_limit"]
    portal.cluster.faults.add(Fault("rate_limit", "hubspot", count=2, retry_after=0))
    assert portal.crm.contacts.basic_api.get_page(limit=1).results
    assert portal.cluster.faults.fired["rate_limit"] == before + 2


def test_a_limit_without_a_time_is_not_retried(portal: Portal) -> None:
    portal.cluster.faults.add(Fault("rate_limit", "hubspot", policy="TEN_SECONDLY_ROLLING"))
    with pytest.raises(ApiException) as error:
        portal.crm.contacts.basic_api.get_page(limit=1)
    assert error.value.status == 429
    assert body(error)["policyName"] == "TEN_SECONDLY_ROLLING"


# -- OAuth ------------------------------------------------------------------------------------------------------
def test_a_refresh_token(portal: Portal) -> None:
    app, tokens = portal.cluster.hubspot.install_app(), portal.client().oauth.tokens_api
    asked = {"client_id": app.client_id, "client_secret": app.client_secret}
    told = tokens.create(grant_type="refresh_token", refresh_token=app.refresh_token, **asked)
    assert (told.expires_in, told.token_type) == (1800, "bearer")
    assert portal.client(told.access_token).crm.contacts.basic_api.get_page(limit=1) is not None


def test_a_refresh_token_that_is_void(portal: Portal) -> None:
    app, tokens = portal.cluster.hubspot.install_app(), portal.client().oauth.tokens_api
    with pytest.raises(OAuthException) as error:
        tokens.create(
            grant_type="refresh_token",
            refresh_token="no",
            client_id=app.client_id,
            client_secret=app.client_secret,
        )
    assert error.value.status == 400
    assert body(error)["status"] == "BAD_REFRESH_TOKEN"
