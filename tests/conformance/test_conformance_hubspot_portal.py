"""The rest of a portal with the published hubspot-api-client: other objects, definitions, errors, OAuth."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conformance_hubspot import Portal, body, served_portal
from hubspot.crm.associations.v4.models import AssociationSpec
from hubspot.crm.companies.exceptions import ForbiddenException
from hubspot.crm.contacts.exceptions import (
    ApiException,
    ServiceException,
    UnauthorizedException,
)
from hubspot.crm.lists.models import ListCreateRequest
from hubspot.crm.properties.models import PropertyCreate, PropertyGroupCreate, PropertyUpdate
from hubspot.oauth.exceptions import ApiException as OAuthException
from hubspot.utils.signature import Signature

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault
from crmsync.simulator.hubspot.webhook_wire import Outcome


@pytest.fixture(scope="module")
def served() -> Iterator[Portal]:
    with served_portal() as portal:
        yield portal


@pytest.fixture
def portal(served: Portal, request: pytest.FixtureRequest) -> Portal:
    return Portal(
        served.cluster, served.url, served.crm, request.node.name.removeprefix("test_").replace("_", "-")
    )


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


# -- webhooks ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("version", "header"), [("v1", "x-hubspot-signature"), ("v3", "x-hubspot-signature-v3")]
)
def test_the_client_makes_the_signature_that_a_webhook_has(version: str, header: str) -> None:
    sim, sent, secret = Cluster(seed=21).hubspot, [], "simulated-webhook-secret"
    sim.webhooks.target("https://hook.example/in?a=%20b", secret)
    sim.webhooks.subscribe("contact.creation")
    sim.create("contacts", {"email": "ann@firm.example"})
    sim.webhooks.pump(lambda posts: [sent.append(post) or Outcome(200) for post in posts])
    (post,) = sent
    made = Signature.get_signature(
        secret,
        post.body.decode(),
        version,
        http_uri=post.url,
        timestamp=post.headers["x-hubspot-request-timestamp"],
    )
    assert made == post.headers[header]
