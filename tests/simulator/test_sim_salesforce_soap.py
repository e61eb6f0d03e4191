"""What only SOAP offers of the simulated org: conversion, merge and, where it is allowed, login (SOAP/)."""

from __future__ import annotations

import pytest
import requests
from facts import fact
from sim_salesforce import Org, new_org
from simple_salesforce import SalesforceLogin
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from crmsync.simulator.mounts import SalesforceAdapter
from crmsync.simulator.wire import Request, Response

STATUS = "<convertedStatus>Closed - Converted</convertedStatus>"


def call(org: Org, operation: str, inner: str, version: str = "62.0", session: str | None = None) -> Response:
    """One operation in an envelope."""
    token = org.token if session is None else session
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
        f"<e:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header>"
        f"<e:Body><{operation}>{inner}</{operation}></e:Body></e:Envelope>"
    )
    headers = {"content-type": "text/xml", "soapaction": '""'}
    return org.sim.handle(
        Request("POST", f"/services/Soap/u/{version}/{org.sim.org_id}", (), headers, body.encode())
    )


def converted(org: Org, lead: str, more: str = "", status: str = STATUS) -> str:
    """A conversion's reply."""
    got = call(org, "convertLead", f"<leadConverts><leadId>{lead}</leadId>{status}{more}</leadConverts>")
    assert got.status == 200, got.body
    return got.body.decode()


@fact(
    "salesforce",
    "soap",
    "convertLead turns a Lead into an Account, a Contact and an Opportunity and names their ids.",
    "doc",
)
def test_a_lead_is_converted_by_soap() -> None:
    org = new_org()
    lead = org.lead()
    said = converted(org, lead)
    row = org.row("Lead", lead)
    assert row["IsConverted"]
    for name in ("Account", "Contact", "Opportunity"):
        key = name[0].lower() + name[1:] + "Id"
        assert f"<{key}>{row[f'Converted{name}Id']}</{key}>" in said
    assert "<success>true</success>" in said


@fact("salesforce", "soap", "doNotCreateOpportunity converts without an Opportunity.", "doc")
def test_no_opportunity_is_made_on_request() -> None:
    org = new_org()
    lead = org.lead()
    said = converted(org, lead, "<doNotCreateOpportunity>true</doNotCreateOpportunity>")
    assert "ConvertedOpportunityId" not in org.row("Lead", lead)
    assert '<opportunityId xsi:nil="true"/>' in said


@fact("salesforce", "soap", "convertLead needs convertedStatus.", "doc")
def test_a_conversion_needs_its_status() -> None:
    org = new_org()
    lead = org.lead()
    said = converted(org, lead, status="")
    assert "<success>false</success>" in said
    assert "IsConverted" not in org.row("Lead", lead) or not org.row("Lead", lead)["IsConverted"]


@fact("salesforce", "soap", "Each of several conversions succeeds or fails on its own.", "doc")
def test_conversions_fail_one_by_one() -> None:
    org = new_org()
    good, bad = org.lead(), org.lead()
    org.sim.convert(bad)
    parts = "".join(f"<leadConverts><leadId>{i}</leadId>{STATUS}</leadConverts>" for i in (bad, good))
    said = call(org, "convertLead", parts).body.decode()
    assert said.index("<success>false</success>") < said.index("<success>true</success>")
    assert "<statusCode>CANNOT_UPDATE_CONVERTED_LEAD</statusCode>" in said
    assert org.row("Lead", good)["IsConverted"]


@fact("salesforce", "soap", "Up to 100 Leads are converted at once.", "doc")
def test_more_than_a_hundred_conversions_are_refused() -> None:
    got = call(new_org(), "convertLead", f"<leadConverts>{STATUS}</leadConverts>" * 101)
    assert (got.status, b"EXCEEDED_MAX_SIZE_REQUEST" in got.body) == (500, True)


@fact(
    "salesforce",
    "soap",
    "merge folds up to two records into a master record, whose fields may be given along.",
    "doc",
)
def test_records_are_merged_by_soap() -> None:
    org = new_org()
    kept, lost = org.lead(), org.lead(City="Ulm")
    master = f"<masterRecord><type>Lead</type><Id>{kept}</Id><City>Bonn</City></masterRecord>"
    got = call(org, "merge", f"<request>{master}<recordToMergeIds>{lost}</recordToMergeIds></request>")
    assert b"<success>true</success>" in got.body
    assert (org.row("Lead", lost)["MasterRecordId"], org.row("Lead", kept)["City"]) == (kept, "Bonn")


def test_a_merge_of_different_types_fails() -> None:
    org = new_org()
    lead, contact = org.lead(), org.sim.create("Contact", {"LastName": "D"})
    master = f"<masterRecord><type>Lead</type><Id>{lead}</Id></masterRecord>"
    got = call(org, "merge", f"<request>{master}<recordToMergeIds>{contact}</recordToMergeIds></request>")
    assert b"<success>false</success>" in got.body


@fact(
    "salesforce",
    "soap",
    "A SOAP call without a valid session is a fault INVALID_SESSION_ID under HTTP 500.",
    "doc",
)
def test_a_session_that_ended_is_a_fault() -> None:
    got = call(new_org(), "convertLead", "", session="nope")
    assert (got.status, b'<faultcode xmlns="">sf:INVALID_SESSION_ID</faultcode>' in got.body) == (500, True)


def test_a_soap_call_counts_like_any_other() -> None:
    org = new_org()
    call(org, "convertLead", "")
    assert org.sim.limits.used == 1


def test_what_is_not_there_is_refused() -> None:
    org = new_org()
    assert b"No operation available" in call(org, "describeTabs", "").body
    assert call(org, "convertLead", "", version="69.0").status == 404
    bad = org.sim.handle(Request("POST", "/services/Soap/u/62.0", (), {}, b"no xml"))
    assert (bad.status, b"soapenv:Client" in bad.body) == (500, True)


# -- login --------------------------------------------------------------------------------------------------
def sign_in(org: Org, version: str = "62.0", password: str | None = None) -> str:
    """A session by the published client's SOAP login."""
    session = requests.Session()
    session.mount("https://", SalesforceAdapter(org.sim))
    auth = org.sim.auth
    token, _ = SalesforceLogin(
        username=auth.username,
        password=auth.password if password is None else password,
        security_token=auth.security_token,
        session=session,
        sf_version=version,
    )
    return str(token)


@fact(
    "salesforce", "soap", "SOAP login() is off in newer orgs unless it is switched on.", "doc", "soap_login"
)
def test_login_is_off_unless_allowed() -> None:
    org = new_org()
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_OPERATION"):
        sign_in(org)
    org.sim.switches.soap_login = True
    org.token = sign_in(org)
    assert org.send("GET", "sobjects").status == 200


@fact("salesforce", "soap", "SOAP login() is absent from version 65 on.", "doc")
def test_login_is_absent_in_newer_versions() -> None:
    org = new_org()
    org.sim.switches.soap_login = True
    sign_in(org, "64.0")
    assert b"No operation available" in call(org, "login", "", version="65.0").body


@fact("salesforce", "soap", "A wrong password is the fault INVALID_LOGIN.", "doc")
def test_a_wrong_password_is_refused() -> None:
    org = new_org()
    org.sim.switches.soap_login = True
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
        sign_in(org, password="nope")


@fact("salesforce", "soap", "convertLead into a contactId needs its accountId too.", "doc")
def test_a_contact_is_given_with_its_account() -> None:
    org = new_org()
    lead, account = org.lead(), org.account()
    contact = org.contact(AccountId=account)
    given = f"<contactId>{contact}</contactId>"
    assert "REQUIRED_FIELD_MISSING" in converted(org, lead, given)
    assert "<success>true</success>" in converted(org, lead, f"<accountId>{account}</accountId>{given}")


@pytest.mark.parametrize("contact", ["003000000000000", "xxx", "00Q000000000000"])
def test_a_contact_that_is_not_there_is_refused(contact: str) -> None:
    org = new_org()
    lead, account = org.lead(), org.account()
    said = converted(org, lead, f"<accountId>{account}</accountId><contactId>{contact}</contactId>")
    assert "<success>false</success>" in said


def test_what_a_conversion_does_not_know_is_a_fault() -> None:
    org = new_org()
    inner = (
        f"<leadConverts><leadId>{org.lead()}</leadId>{STATUS}<opportunityId>x</opportunityId></leadConverts>"
    )
    assert call(org, "convertLead", inner).status == 500


@fact("salesforce", "soap", "fieldsToNull of a merge's master record clears these fields.", "doc")
def test_a_merge_clears_fields() -> None:
    org = new_org()
    master, other = org.lead(City="Oslo"), org.lead()
    record = (
        f"<masterRecord><type>Lead</type><fieldsToNull>City</fieldsToNull><Id>{master}</Id></masterRecord>"
    )
    said = call(org, "merge", f"<request>{record}<recordToMergeIds>{other}</recordToMergeIds></request>")
    assert b"<success>true</success>" in said.body
    assert "City" not in org.row("Lead", master)


@pytest.mark.parametrize("records", [0, 2])
def test_a_merge_has_one_master_record(records: int) -> None:
    org = new_org()
    record = f"<masterRecord><type>Lead</type><Id>{org.lead()}</Id></masterRecord>"
    inner = f"<request>{record * records}<recordToMergeIds>{org.lead()}</recordToMergeIds></request>"
    assert b"<success>false</success>" in call(org, "merge", inner).body
