"""Request headers of the simulated org that change what a write does (REST/headers)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from facts import fact
from sim_salesforce import DATA, Answer, Org, new_org

from crmsync.simulator.salesforce.headers import options, writer
from crmsync.simulator.server import serve

BODY = {"LastName": "Doe", "Company": "Acme"}


def rep(org: Org) -> str:
    return str(org.rows("SELECT Id FROM User WHERE FirstName = 'Rosa'")[0]["Id"])


def created(org: Org, header: str | None, value: str = "") -> Answer:
    """A Lead created with a header."""
    return org.send("POST", "sobjects/Lead", BODY, headers={header: value} if header else {})


@pytest.mark.parametrize(
    ("given", "allow", "details", "as_user"),
    [
        ("allowSave=true", True, False, False),
        ("allowSave=true; includeRecordDetails=true; runAsCurrentUser=true", True, True, True),
        ("ALLOWSAVE = TRUE , includeRecordDetails=false", True, False, False),
        ("allowSave=false", False, False, False),
        ("allowSave=yes", False, False, False),
        ("", False, False, False),
    ],
)
def test_the_duplicate_header_is_read(given: str, allow: bool, details: bool, as_user: bool) -> None:
    actor = writer("005", 1, {"sforce-duplicate-rule-header": given}, "62.0")
    assert (actor.allow_duplicates, actor.duplicate_details, actor.as_current_user) == (
        allow,
        details,
        as_user,
    )


def test_options_may_be_parted_by_commas_or_semicolons() -> None:
    assert options("batchSize=200, client=a; x") == {"batchsize": "200", "client": "a", "x": ""}


@fact(
    "salesforce",
    "headers",
    "Sforce-Auto-Assign is TRUE by default: a new Lead goes to the owner of the active rule.",
    "doc",
)
def test_assignment_is_on_by_default() -> None:
    org = new_org()
    owner = rep(org)
    org.sim.switches.assignment_rule = lambda row: owner
    lead = created(org, None).body["id"]
    assert org.row("Lead", lead)["OwnerId"] == owner


@fact("salesforce", "headers", "Sforce-Auto-Assign FALSE leaves a Lead with its owner.", "doc")
@pytest.mark.parametrize("value", ["FALSE", "false", " False "])
def test_assignment_can_be_switched_off(value: str) -> None:
    org = new_org()
    owner = rep(org)
    org.sim.switches.assignment_rule = lambda row: owner
    lead = created(org, "sforce-auto-assign", value).body["id"]
    assert org.row("Lead", lead)["OwnerId"] == org.sim.user_id


@fact(
    "salesforce",
    "headers",
    "Sforce-Auto-Assign holds on updates too: an API update may give a Lead to another owner.",
    "doc",
)
def test_assignment_runs_on_updates_too() -> None:
    org = new_org()
    lead, owner = org.lead(), rep(org)
    org.sim.switches.assignment_rule = lambda row: owner
    org.send("PATCH", f"sobjects/Lead/{lead}", {"City": "Ulm"})
    assert org.row("Lead", lead)["OwnerId"] == owner


@pytest.mark.parametrize("name", ["sforce-call-options", "x-prettyprint", "sforce-mru"])
def test_other_headers_are_accepted(name: str) -> None:
    assert created(new_org(), name, "client=crmsync").status == 201


@fact("salesforce", "headers", "Replies with a JSON body are application/json;charset=UTF-8.", "doc")
@pytest.mark.parametrize("path", ["limits", "nowhere"])
def test_replies_are_json_in_utf8(path: str) -> None:
    assert new_org().send("GET", path).headers["Content-Type"] == "application/json;charset=UTF-8"


def test_text_beyond_ascii_comes_as_it_is() -> None:
    org = new_org()
    lead = org.lead(City="Zürich 東京")
    found: dict[str, Any] = org.send("GET", f"sobjects/Lead/{lead}").body
    assert found["City"] == "Zürich 東京"


@fact("salesforce", "headers", "A client that accepts gzip gets larger replies packed.", "doc")
def test_large_replies_are_packed_on_request() -> None:
    org = new_org()
    server = serve(org.sim)
    try:
        url, headers = f"{server.url}{DATA}/sobjects/Lead/describe", {"Authorization": f"Bearer {org.token}"}
        packed = requests.get(url, headers={**headers, "Accept-Encoding": "gzip"}, timeout=10)
        plain = requests.get(url, headers={**headers, "Accept-Encoding": "identity"}, timeout=10)
    finally:
        server.close()
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
