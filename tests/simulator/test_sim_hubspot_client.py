"""The published hubspot-api-client, unmodified, against the portal through both mounts."""

from __future__ import annotations

import orjson
import pytest
import urllib3
from facts import fact
from hubspot.crm.associations.v4.exceptions import ApiException as AssociationsError
from hubspot.crm.contacts.exceptions import (
    ApiException,
    NotFoundException,
    ServiceException,
    UnauthorizedException,
)
from sim_hubspot_builders import Bench, mounted

from crmsync.simulator.faults import Fault, Faults

MOUNTS = pytest.mark.parametrize("mount", ["in process", "http"])


@MOUNTS
def test_the_typed_models_of_the_client_accept_every_kind_of_reply(mount: str) -> None:
    bench = Bench()
    with mounted(mount, bench.sim) as crm:
        contacts = crm.crm.contacts
        made = contacts.basic_api.create({"properties": {"email": "Ann@Firm.example", "firstname": "Ann"}})
        assert made.properties["email"] == "ann@firm.example"
        read = contacts.basic_api.get_by_id(made.id, properties=["jobtitle", "no_such"])
        assert read.properties["jobtitle"] is None
        changed = contacts.basic_api.update(made.id, {"properties": {"jobtitle": "CEO"}})
        assert changed.properties["jobtitle"] == "CEO"
        emails = {f"p{n}@firm.example" for n in range(3)}
        batch = contacts.batch_api.create({"inputs": [{"properties": {"email": each}} for each in emails]})
        assert {each.properties["email"] for each in batch.results} == emails
        assert len(contacts.basic_api.get_page(limit=2).results) == 2
        assert contacts.search_api.do_search({"filterGroups": [], "limit": 10}).total == 4


@MOUNTS
@fact(
    "hubspot",
    "client",
    "The published client takes a 207 for a success, with its errors beside the results",
    "seen",
)
def test_partial_success_is_no_exception(mount: str) -> None:
    bench = Bench()
    ann = bench.person("ann")
    with mounted(mount, bench.sim) as crm:
        inputs = {"inputs": [{"id": ann}, {"id": "1"}], "properties": ["email"]}
        partly = crm.crm.contacts.batch_api.read(inputs)
        assert (len(partly.results), partly.num_errors) == (1, 1)


@MOUNTS
@fact(
    "hubspot", "client", "The published client sends booleans with a capital letter, and they count", "seen"
)
def test_the_clients_booleans_count(mount: str) -> None:
    bench = Bench()
    ann = bench.person("ann")
    with mounted(mount, bench.sim) as crm:
        contacts = crm.crm.contacts.basic_api
        contacts.archive(ann)
        with pytest.raises(NotFoundException):
            contacts.get_by_id(ann)
        assert contacts.get_page(archived=True).results[0].id == ann


@MOUNTS
@fact(
    "hubspot",
    "client",
    "A create that answers 200 instead of 201 leaves the published client with nothing",
    "seen",
)
def test_a_create_that_says_200_is_lost_on_the_client(mount: str) -> None:
    bench, faults = Bench(), Faults()
    faults.add(Fault("created_as_ok"))
    with mounted(mount, faults.around(bench.sim)) as crm:
        assert crm.crm.contacts.basic_api.create({"properties": {"email": "ann@firm.example"}}) is None
    assert len(bench.sim.state()["contacts"]) == 1


@MOUNTS
def test_properties_owners_and_associations_work_through_the_client(mount: str) -> None:
    bench = Bench()
    company = bench.sim.create("companies", {"name": "Firm", "domain": "firm.example"})
    person = bench.person("ann")
    with mounted(mount, bench.sim) as crm:
        key = {
            "name": "crmsync_id",
            "label": "Key",
            "type": "string",
            "fieldType": "text",
            "groupName": "contactinformation",
            "hasUniqueValue": True,
        }
        assert crm.crm.properties.core_api.create("contacts", key).has_unique_value
        names = {each.name for each in crm.crm.properties.core_api.get_all("contacts").results}
        assert {"crmsync_id", "email", "lifecyclestage"} <= names
        assert [owner.email for owner in crm.crm.owners.owners_api.get_page().results] == [
            "hana.nilsson@marketing.example",
            "marco.okafor@marketing.example",
        ]
        links = crm.crm.associations.v4
        links.basic_api.create_default("contacts", person, "companies", company)
        page = links.basic_api.get_page("contacts", person, "companies")
        assert str(page.results[0].to_object_id) == company
        both = links.batch_api.get_page("contacts", "companies", {"inputs": [{"id": person}]})
        assert str(both.results[0].to[0].to_object_id) == company
        with pytest.raises(AssociationsError):
            links.basic_api.get_page("contacts", "1", "companies")


@MOUNTS
def test_errors_reach_the_client_as_its_own_exceptions_with_the_body(mount: str) -> None:
    bench = Bench()
    bench.person("ann")
    with mounted(mount, bench.sim) as crm:
        with pytest.raises(ApiException) as conflict:
            crm.crm.contacts.basic_api.create({"properties": {"email": "ANN@firm.example"}})
        assert conflict.value.status == 409
        assert "Existing ID: " in orjson.loads(conflict.value.body)["message"]
        assert conflict.value.headers["X-HubSpot-Correlation-Id"]


@MOUNTS
@fact("hubspot", "client", "A new token set on a kept API object of the published client counts from the next call on", "seen")  # fmt: skip
def test_a_token_is_replaced_on_a_kept_api_object(mount: str) -> None:
    bench = Bench()
    with mounted(mount, bench.sim) as crm:
        api = crm.crm.contacts.basic_api
        api.api_client.configuration.access_token = "wrong"
        with pytest.raises(UnauthorizedException):
            api.get_page()
        api.api_client.configuration.access_token = bench.sim.rotate_token()
        assert api.get_page().results == []


@MOUNTS
@fact(
    "hubspot",
    "client",
    "Without retries a 429 reaches the published client's caller after one request",
    "seen",
)
def test_a_429_is_one_request(mount: str) -> None:
    bench, faults = Bench(), Faults()
    faults.add(Fault("rate_limit", retry_after=1))
    with mounted(mount, faults.around(bench.sim)) as crm, pytest.raises(ApiException) as limited:
        crm.crm.contacts.basic_api.get_page()
    assert (limited.value.status, faults.fired) == (429, {"rate_limit": 1})
    assert limited.value.headers["Retry-After"] == "1"


@MOUNTS
def test_dated_paths_work_through_call_api(mount: str) -> None:
    bench = Bench()
    id = bench.person("a+b")
    with mounted(mount, bench.sim) as crm:
        reply = crm.crm.contacts.basic_api.api_client.call_api(
            "/crm/objects/2026-09/contacts/{id}",
            "GET",
            path_params={"id": "a+b@firm.example"},
            query_params=[("idProperty", "email"), ("properties", ["email", "city"])],
            collection_formats={"properties": "multi"},
            auth_settings=["oauth2"],
            _preload_content=False,
            _request_timeout=(2, 5),
        )
        body = orjson.loads(reply.data)
        assert body["id"] == id
        assert body["properties"]["city"] is None


@MOUNTS
def test_a_refused_connection_and_a_lost_reply_look_like_the_network(mount: str) -> None:
    bench, faults = Bench(), Faults()
    with mounted(mount, faults.around(bench.sim)) as crm:
        basic = crm.crm.contacts.basic_api
        basic.get_page()
        faults.add(Fault("reset_after_send", match="POST /crm/v3/objects/contacts"))
        with pytest.raises((urllib3.exceptions.ProtocolError, urllib3.exceptions.MaxRetryError)):
            basic.create({"properties": {"email": "ann@firm.example"}})
        assert [row["email"] for row in bench.sim.state()["contacts"]] == ["ann@firm.example"]
        faults.add(Fault("refused"))
        with pytest.raises((urllib3.exceptions.ProtocolError, urllib3.exceptions.MaxRetryError)):
            basic.create({"properties": {"email": "ben@firm.example"}})
        assert len(bench.sim.state()["contacts"]) == 1
        assert faults.fired == {"reset_after_send": 1, "refused": 1}


@MOUNTS
@fact(
    "hubspot",
    "client",
    "An error page that is not UTF-8 breaks the published client with a UnicodeDecodeError",
    "seen",
)
def test_a_page_from_the_edge_that_is_not_utf8_breaks_the_client_as_in_life(mount: str) -> None:
    bench, faults = Bench(), Faults()
    faults.add(Fault("gateway_html"))
    with mounted(mount, faults.around(bench.sim)) as crm, pytest.raises(UnicodeDecodeError):
        crm.crm.contacts.basic_api.get_page()


@MOUNTS
@pytest.mark.parametrize(("kind", "status"), [("gateway_page", 502), ("gateway_timeout", 504), ("edge", 524)])
def test_other_pages_from_the_edge_are_the_clients_service_errors(mount: str, kind: str, status: int) -> None:
    bench, faults = Bench(), Faults()
    faults.add(Fault(kind))
    with mounted(mount, faults.around(bench.sim)) as crm, pytest.raises(ServiceException) as failed:
        crm.crm.contacts.basic_api.get_page()
    assert (failed.value.status, failed.value.body[:6]) == (status, "<html>")


@MOUNTS
@pytest.mark.parametrize(
    ("kind", "made"), [("timeout", 0), ("timeout_after_send", 1), ("slow", 1), ("truncated", 1)]
)
def test_a_reply_that_is_late_or_cut_short_is_urllib3s_error(mount: str, kind: str, made: int) -> None:
    bench, faults = Bench(), Faults()
    faults.add(Fault(kind, delay_s=9, stall_s=0.4))
    with mounted(mount, faults.around(bench.sim)) as crm, pytest.raises(urllib3.exceptions.HTTPError):
        crm.crm.contacts.basic_api.create(
            {"properties": {"email": "ann@firm.example"}}, _request_timeout=(2, 0.15)
        )
    assert len(bench.sim.state()["contacts"]) == made
