"""Tokens and records with the published simple-salesforce, over loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from conformance_salesforce import Org, code, logged_in, served_org
from simple_salesforce import Salesforce, SalesforceLogin
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from crmsync.simulator.faults import Fault


@pytest.fixture(scope="module")
def served() -> Iterator[Org]:
    with served_org() as org:
        yield org


@pytest.fixture
def org(served: Org, request: pytest.FixtureRequest) -> Org:
    return Org(served.cluster, served.url, served.session, served.sf, request.node.name)


# -- tokens -----------------------------------------------------------------------------------------------------
def test_client_credentials(org: Org) -> None:
    sf = logged_in(org.session, org.cluster)
    assert sf.query("SELECT Id FROM User LIMIT 1")["totalSize"] == 1


def test_client_credentials_with_a_wrong_secret(org: Org) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        logged_in(org.session, org.cluster, consumer_secret="no")


def test_jwt_bearer(org: Org) -> None:
    crm = org.cluster.salesforce
    token, _ = SalesforceLogin(
        session=org.session,
        username=crm.auth.username,
        consumer_key=crm.consumer_key,
        privatekey=crm.auth.make_key(),
    )
    bearer = Salesforce(instance="acme.example", session_id=token, version="62.0", session=org.session)
    assert bearer.query("SELECT Id FROM User LIMIT 1")["done"] is True


def test_jwt_bearer_with_another_key(org: Org) -> None:
    crm = org.cluster.salesforce
    old = crm.auth.make_key()
    crm.auth.make_key()
    with pytest.raises(SalesforceAuthenticationFailed):
        SalesforceLogin(
            session=org.session, username=crm.auth.username, consumer_key=crm.consumer_key, privatekey=old
        )


def test_a_token_that_is_not_one(org: Org) -> None:
    stranger = Salesforce(instance="acme.example", session_id="no", version="62.0", session=org.session)
    with pytest.raises(SalesforceExpiredSession):
        stranger.query("SELECT Id FROM Lead")


# -- rows -------------------------------------------------------------------------------------------------------
def test_create_get_update_delete(org: Org) -> None:
    made = org.sf.Lead.create({"LastName": org.name, "Company": "Acme", "Email": "A@One.example"})
    assert (made["success"], made["errors"]) == (True, [])
    assert org.sf.Lead.update(made["id"], {"City": " Ulm "}) == 204
    row = org.sf.Lead.get(made["id"])
    assert (row["Email"], row["City"], row["attributes"]["type"]) == ("a@one.example", "Ulm", "Lead")
    assert org.sf.Lead.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        org.sf.Lead.get(made["id"])


def test_null_clears(org: Org) -> None:
    id = org.lead(City="Ulm")
    org.sf.Lead.update(id, {"City": None})
    assert org.sf.Lead.get(id)["City"] is None


def test_upsert_makes_and_changes(org: Org) -> None:
    assert org.sf.Lead.upsert("Outer__c/py%2F1", {"LastName": org.name, "Company": "A"}) == 201
    assert org.sf.Lead.upsert("Outer__c/py%2F1", {"City": "Ulm"}) == 200
    assert org.sf.Lead.get_by_custom_id("Outer__c", "py/1")["City"] == "Ulm"


def test_upsert_tells_what_it_did(org: Org) -> None:
    reply = org.sf.Lead.upsert("Outer__c/py2", {"LastName": org.name, "Company": "A"}, raw_response=True)
    assert (reply.status_code, reply.json()["created"]) == (201, True)


def test_upsert_with_several_matches(org: Org) -> None:
    for _ in range(2):
        org.lead(Many__c="m")
    with pytest.raises(SalesforceMoreThanOneRecord) as error:
        org.sf.Lead.upsert("Many__c/m", {"City": "Ulm"})
    assert len(error.value.content) == 2
    assert [row["City"] for row in org.found()] == [None, None]


def test_upsert_by_no_external_id(org: Org) -> None:
    with pytest.raises(SalesforceResourceNotFound):
        org.sf.Lead.upsert("City/Ulm", {"LastName": "x", "Company": "A"})


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"Company": None}, "REQUIRED_FIELD_MISSING"),
        ({"Nothing__c": 1}, "INVALID_FIELD"),
        ({"City": "x" * 41}, "STRING_TOO_LONG"),
        ({"Email": "no address"}, "INVALID_EMAIL_ADDRESS"),
        ({"OwnerId": "005000000000000AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_values_that_are_refused(org: Org, values: dict[str, Any], wanted: str) -> None:
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.lead(**values)
    assert code(error) == wanted


def test_a_row_that_is_gone(org: Org) -> None:
    id = org.lead()
    org.sf.Lead.delete(id)
    for act in (lambda: org.sf.Lead.update(id, {"City": "x"}), lambda: org.sf.Lead.delete(id)):
        with pytest.raises(SalesforceResourceNotFound) as error:
            act()
        assert code(error) == "ENTITY_IS_DELETED"


def test_a_precondition_that_fails(org: Org) -> None:
    id = org.lead()
    long_ago = {"If-Unmodified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    with pytest.raises(SalesforceGeneralError) as error:
        org.sf.Lead.update(id, {"City": "Ulm"}, headers=long_ago)
    assert error.value.status == 412


def test_a_converted_lead(org: Org) -> None:
    id = org.lead()
    org.cluster.salesforce.convert(id)
    assert org.sf.Lead.get(id)["IsConverted"] is True
    with pytest.raises(SalesforceMalformedRequest) as error:
        org.sf.Lead.update(id, {"City": "x"})
    assert code(error) == "CANNOT_UPDATE_CONVERTED_LEAD"


# -- faults -----------------------------------------------------------------------------------------------------
def test_the_quota(org: Org) -> None:
    org.cluster.faults.add(Fault("rate_limit", "salesforce"))
    with pytest.raises(SalesforceRefusedRequest) as error:
        org.sf.query("SELECT Id FROM Lead LIMIT 1")
    assert code(error) == "REQUEST_LIMIT_EXCEEDED"


def test_an_unavailable_server_is_not_retried(org: Org) -> None:
    before = org.cluster.faults.fired["unavailable"]
    org.cluster.faults.add(Fault("unavailable", "salesforce"))
    with pytest.raises(SalesforceGeneralError) as error:
        org.lead()
    assert error.value.status == 503
    assert org.cluster.faults.fired["unavailable"] == before + 1


def test_a_lost_reply(org: Org) -> None:
    org.cluster.faults.add(Fault("reset_after_send", "salesforce", match="POST"))
    with pytest.raises(requests.ConnectionError):
        org.lead()
    assert len(org.found()) == 1


def test_a_retired_version(org: Org) -> None:
    old = Salesforce(
        instance="acme.example", session_id=org.sf.session_id, version="30.0", session=org.session
    )
    with pytest.raises(
        (SalesforceGeneralError, SalesforceResourceNotFound, SalesforceMalformedRequest)
    ) as error:
        old.query("SELECT Id FROM User")
    assert code(error) == "UNSUPPORTED_API_VERSION"
