"""What a token may do: each area asks for its scope, and the refusal names it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from facts import fact
from sim_hubspot_builders import Bench

from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.exchange import Caller
from crmsync.simulator.hubspot.scopes import ALL, admit
from crmsync.simulator.wire import Request

CONTACTS = "/crm/v3/objects/contacts"
PREFERENCES = ("communication-preferences", "statuses", "ann@firm.example")


def refused(bench: Bench, granted: frozenset[str], method: str, *parts: str) -> list[str]:
    """The scopes that a call names as missing; none when it passes."""
    caller = Caller("test", granted)
    try:
        admit(bench.sim.portal, caller, method, list(parts))
    except ApiError as error:
        return list(error.errors[0]["context"]["requiredGranularScopes"]) if error.status == 403 else ["?"]
    return []


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("crm.objects.contacts.read", "GET", CONTACTS),
        ("crm.objects.contacts.read", "POST", f"{CONTACTS}/search"),
        ("crm.objects.contacts.read", "POST", f"{CONTACTS}/batch/read"),
        ("crm.objects.contacts.write", "POST", f"{CONTACTS}/batch/update"),
        ("crm.objects.contacts.write", "DELETE", f"{CONTACTS}/1"),
        ("crm.objects.companies.read", "GET", "/crm/v3/objects/companies"),
        ("crm.objects.companies.write", "POST", "/crm/v3/objects/companies"),
        ("crm.schemas.contacts.read", "GET", "/crm/v3/properties/contacts"),
        ("crm.schemas.contacts.write", "POST", "/crm/v3/properties/contacts"),
        ("crm.objects.owners.read", "GET", "/crm/v3/owners"),
    ],
)
@fact("hubspot", "scopes", "Each object, schema and right has a scope of its own and a 403 MISSING_SCOPES names it", "doc")  # fmt: skip
def test_a_scope_that_is_missing_is_named(scope: str, method: str, path: str) -> None:
    bench = Bench()
    bench.sim.take_scope(scope)
    status, body = bench.call(method, path, {})
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert body["errors"][0]["context"]["requiredGranularScopes"] == [scope]
    assert body["links"]["scopes"].startswith("https://")


@pytest.mark.parametrize("right", ["read", "write"])
@fact("hubspot", "scopes", "Deals have read and write scopes of their own", "doc")
def test_deals_ask_for_their_scope(right: str) -> None:
    bench, method = Bench(), {"read": "GET", "write": "POST"}[right]
    if "deals" not in bench.sim.portal.kinds:
        pytest.skip("the portal has no deals yet")
    assert refused(bench, ALL - {f"crm.objects.deals.{right}"}, method, "crm", "objects", "deals") == [
        f"crm.objects.deals.{right}"
    ]


@fact("hubspot", "scopes", "Pipelines open to the schema scope or to the object scope of their type", "doc")
def test_pipelines_open_to_schema_or_object_scope() -> None:
    bench, path = Bench(), ("crm", "pipelines", "contacts")
    both = ["crm.schemas.contacts.read", "crm.objects.contacts.read"]
    assert refused(bench, ALL - set(both), "GET", *path) == both
    assert refused(bench, ALL - {both[0]}, "GET", *path) == []
    assert refused(bench, ALL - {both[1]}, "GET", *path) == []


@pytest.mark.parametrize(
    ("scope", "method", "parts"),
    [
        ("crm.lists.read", "GET", ("7",)),
        ("crm.lists.read", "POST", ("search",)),
        ("crm.lists.write", "POST", ()),
        ("crm.lists.write", "PUT", ("7", "memberships", "add")),
    ],
)
@fact("hubspot", "scopes", "Lists have a read and a write scope", "doc")
def test_lists_ask_for_theirs(scope: str, method: str, parts: tuple[str, ...]) -> None:
    assert refused(Bench(), ALL - {scope}, method, "crm", "lists", *parts) == [scope]
    assert refused(Bench(), ALL, method, "crm", "lists", *parts) == []


@pytest.mark.parametrize(("method", "right"), [("GET", "read"), ("POST", "write")])
@fact("hubspot", "scopes", "Subscription statuses open to their read or write scope or to read_write", "doc")
def test_preferences_open_to_either_scope(method: str, right: str) -> None:
    bench, both = Bench(), "communication_preferences.read_write"
    one = f"communication_preferences.{right}"
    assert refused(bench, ALL - {one, both}, method, *PREFERENCES) == [one, both]
    assert refused(bench, ALL - {one}, method, *PREFERENCES) == []
    assert refused(bench, ALL - {both}, method, *PREFERENCES) == []


@fact("hubspot", "scopes", "Batches of subscription statuses ask for a scope of their own", "doc")
def test_preference_batches_ask_for_their_own() -> None:
    path = ("communication-preferences", "statuses", "batch", "write")
    scope = "communication_preferences.statuses.batch.write"
    assert refused(Bench(), ALL - {scope}, "POST", *path) == [scope]


@fact(
    "hubspot",
    "scopes",
    "Merging and privacy deletion ask for no more than the write scope of contacts",
    "doc",
)
@pytest.mark.parametrize("act", ["merge", "gdpr-delete"])
def test_merge_and_privacy_deletion_need_the_write_scope_alone(act: str) -> None:
    granted = frozenset({"crm.objects.contacts.write"})
    assert refused(Bench(), granted, "POST", "crm", "objects", "contacts", act) == []
    assert refused(Bench(), ALL - granted, "POST", "crm", "objects", "contacts", act) == [*granted]


@fact("hubspot", "scopes", "The journal of webhooks asks for the app's own developer scopes", "doc")
def test_the_journal_asks_for_developer_scopes() -> None:
    path = ("webhooks-journal", "subscriptions")
    assert refused(Bench(), ALL, "POST", *path) == ["developer.webhooks_journal.subscriptions.write"]
    assert refused(Bench(), ALL, "GET", "webhooks-journal", "journal", "earliest") == [
        "developer.webhooks_journal.read"
    ]


@pytest.mark.parametrize("top", [False, True])
@fact("hubspot", "scopes", "Missing scopes stand in the context of the first error or, on some paths, of the reply itself", "seen", "missing_scopes_on_top")  # fmt: skip
def test_missing_scopes_stand_in_either_context(top: bool) -> None:
    bench = Bench()
    bench.sim.switches.missing_scopes_on_top = top
    bench.sim.take_scope("crm.objects.contacts.read")
    _, body = bench.call("GET", CONTACTS)
    holder: dict[str, Any] = body if top else body["errors"][0]
    assert holder["context"] == {"requiredGranularScopes": ["crm.objects.contacts.read"]}
    assert ("errors" in body) is not top


@fact("hubspot", "scopes", "A scope taken from an app is gone for tokens that it already holds", "doc")
def test_a_scope_taken_from_an_app_is_gone_at_once() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    access = bench.sim.keys.refresh(bench.sim.keys.apps[app.client_id], app.refresh_token)
    assert access is not None
    header = {"authorization": f"Bearer {access.token}"}
    assert bench.sim.handle(Request("GET", CONTACTS, (), header)).status == 200
    bench.sim.take_scope("crm.objects.contacts.read", app.client_id)
    reply = bench.sim.handle(Request("GET", CONTACTS, (), header))
    assert (reply.status, orjson.loads(reply.body)["category"]) == (403, "MISSING_SCOPES")
    assert bench.call("GET", CONTACTS)[0] == 200  # the private app's token is another matter
