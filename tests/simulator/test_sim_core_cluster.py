"""A whole cluster: three ports, common clock, ledger and faults, and the admin port's calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from crmsync.simulator.admin import Admin
from crmsync.simulator.cluster import START, Cluster, folded
from crmsync.simulator.wire import Refused, Request, Reset


@contextmanager
def served() -> Iterator[tuple[Cluster, dict[str, str], requests.Session]]:
    cluster = Cluster()
    cluster.serve()
    with requests.Session() as session:
        try:
            yield cluster, cluster.env(), session
        finally:
            cluster.close()


def admin(cluster: Cluster, method: str, path: str, body: Any = None, **query: str) -> Any:
    """A call of the admin port without a socket: the JSON, with `status` when it is not 200."""
    data = b"" if body is None else json.dumps(body).encode()
    reply = Admin(cluster).handle(Request(method, path, tuple(query.items()), {}, data))
    return (
        json.loads(reply.body) if reply.status == 200 else {"status": reply.status, **json.loads(reply.body)}
    )


def ask_hubspot(cluster: Cluster, method: str = "GET", path: str = "/crm/v3/objects/contacts") -> int:
    auth = {"authorization": f"Bearer {cluster.hubspot.access_token}"}
    return cluster.vendor("hubspot").handle(Request(method, path, (), auth)).status


def test_the_settings_lead_to_both_vendors_and_to_the_clock() -> None:
    with served() as (cluster, env, session):
        token = {"Authorization": f"Bearer {env['CRMSYNC_HUBSPOT__ACCESS_TOKEN']}"}
        base = env["CRMSYNC_HUBSPOT__BASE_URL"]
        assert session.get(f"{base}/crm/v3/objects/contacts", headers=token, timeout=5).status_code == 200
        grant = session.post(
            f"{env['CRMSYNC_SALESFORCE__LOGIN_URL']}/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": env["CRMSYNC_SALESFORCE__CONSUMER_KEY"],
                "client_secret": env["CRMSYNC_SALESFORCE__CONSUMER_SECRET"],
            },
            timeout=5,
        )
        assert grant.json()["instance_url"] == env["CRMSYNC_SALESFORCE__INSTANCE_URL"]
        now = session.get(env["CRMSYNC_CLOCK_URL"], timeout=5).json()
        assert now == {"now": "2026-03-02T09:00:00.000Z"}
        assert cluster.clock.now() == START


def test_calls_are_counted_by_folded_path_and_refused_ones_are_not() -> None:
    cluster = Cluster()
    ask_hubspot(cluster, "DELETE", "/crm/v3/objects/contacts/150000000017")
    ask_hubspot(cluster, "GET", "/crm/v3/objects/contacts/150000000018")
    admin(cluster, "POST", "/admin/faults", [{"kind": "refused"}, {"kind": "reset_after_send"}])
    with pytest.raises(Refused):
        ask_hubspot(cluster)
    with pytest.raises(Reset):
        ask_hubspot(cluster)
    assert admin(cluster, "GET", "/admin/calls") == {
        "hubspot": 3,
        "salesforce": 0,
        "by": {
            "hubspot": {
                "DELETE /crm/v3/objects/contacts/{id}": 1,
                "GET /crm/v3/objects/contacts/{id}": 1,
                "GET /crm/v3/objects/contacts": 1,
            },
            "salesforce": {},
        },
    }
    assert admin(cluster, "DELETE", "/admin/faults") == {"fired": {"refused": 1, "reset_after_send": 1}}


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/services/data/v62.0/sobjects/Lead/00Q5e00000AbCdEEAV", "/services/data/v62.0/sobjects/Lead/{id}"),
        (
            "/services/data/v62.0/sobjects/Lead/crmsync_id__c/hubspot%3A1%3A2",
            "/services/data/v62.0/sobjects/Lead/crmsync_id__c/{id}",
        ),
        ("/crm/v3/objects/contacts/a%40b.example", "/crm/v3/objects/contacts/{id}"),
        ("/crm/v3/properties/contacts/crmsync_id", "/crm/v3/properties/contacts/crmsync_id"),
        ("/account-info/2026-09/details", "/account-info/2026-09/details"),
        ("/services/data/v62.0/sobjects/FieldPermissions", "/services/data/v62.0/sobjects/FieldPermissions"),
    ],
)
def test_ids_keys_and_addresses_in_paths_are_folded(path: str, to: str) -> None:
    assert folded(path) == to


def test_time_can_be_read_moved_set_and_let_run() -> None:
    cluster = Cluster()
    assert admin(cluster, "POST", "/admin/time", {"advance_s": 90}) == {"now": "2026-03-02T09:01:30.000Z"}
    assert admin(cluster, "POST", "/admin/time", {"now": "2026-04-01T00:00:00Z"}) == {
        "now": "2026-04-01T00:00:00.000Z"
    }
    admin(cluster, "POST", "/admin/time", {"speed": 1000})
    assert cluster.clock.speed == 1000
    assert admin(cluster, "POST", "/admin/time", {"when": 1})["status"] == 400


def test_people_create_edit_delete_and_merge_on_either_side() -> None:
    cluster = Cluster()
    sides = (
        ("hubspot", "contacts", "firstname", "lastname"),
        ("salesforce", "Contact", "FirstName", "LastName"),
    )
    for side, obj, first, last in sides:
        about = {"side": side, "object": obj}
        one = admin(cluster, "POST", "/admin/create", {**about, "values": {first: "Ann", last: "Lee"}})["id"]
        two = admin(cluster, "POST", "/admin/create", {**about, "records": [{first: "Ben", last: "Lee"}]})[
            "ids"
        ][0]
        three = admin(cluster, "POST", "/admin/create", {**about, "values": {last: "Gone"}})["id"]
        admin(cluster, "POST", "/admin/edit", {**about, "id": one, "values": {first: "Anna"}})
        admin(cluster, "POST", "/admin/delete", {**about, "id": three})
        merged = admin(cluster, "POST", "/admin/merge", {**about, "winner": one, "losers": [two]})["id"]
        rows = {row.get("id") or row["Id"]: row for row in admin(cluster, "GET", "/admin/state")[side][obj]}
        assert rows[merged][first] == "Anna"
        assert rows[three].get("archived") or rows[three].get("IsDeleted")
        ops = [
            entry["op"]
            for entry in admin(cluster, "GET", "/admin/ledger")["entries"]
            if entry["side"] == side
        ]
        assert {"create", "update", "delete", "merge"} <= set(ops)


def test_a_lead_is_converted() -> None:
    cluster = Cluster()
    about = {"side": "salesforce", "object": "Lead", "values": {"LastName": "Lee", "Company": "Firm"}}
    lead = admin(cluster, "POST", "/admin/create", about)["id"]
    made = admin(cluster, "POST", "/admin/convert", {"lead": lead})
    (row,) = admin(cluster, "GET", "/admin/state")["salesforce"]["Lead"]
    assert (row["IsConverted"], row["ConvertedContactId"]) == (True, made["contactId"])


def test_tree_files_bring_their_types_references_and_custom_fields() -> None:
    cluster = Cluster()
    records = [
        {"attributes": {"type": "Account", "referenceId": "A1"}, "Name": "Firm"},
        {
            "attributes": {"type": "Contact"},
            "LastName": "Lee",
            "AccountId": "@A1",
            "Level__c": "Gold",
            "Nope": "x",
        },
    ]
    made = admin(cluster, "POST", "/admin/create", {"side": "salesforce", "records": records})
    assert made["ignored"] == ["Nope"]
    (contact,) = admin(cluster, "GET", "/admin/state")["salesforce"]["Contact"]
    assert (contact["AccountId"], contact["Level__c"]) == (made["ids"][0], "Gold")


def test_properties_that_hubspot_does_not_have_are_named_not_stored() -> None:
    cluster = Cluster()
    values = {"email": "ann@firm.example", "favourite": "blue"}
    made = admin(
        cluster, "POST", "/admin/create", {"side": "hubspot", "object": "contacts", "values": values}
    )
    assert made["ignored"] == ["favourite"]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/admin/edit", {"side": "zoho"}, "side is hubspot or salesforce, not 'zoho'"),
        ("POST", "/admin/edit", {"side": "hubspot"}, "'object' is missing"),
        (
            "POST",
            "/admin/delete",
            {"side": "hubspot", "object": "contacts", "id": "1"},
            "no live record 1 in contacts",
        ),
        ("POST", "/admin/faults", {"kind": "nope"}, "no fault of kind 'nope'"),
        ("POST", "/admin/faults", {"kind": "refused", "often": 2}, "unknown keys of a fault: often"),
        ("POST", "/admin/time", [], "say advance_s, now or speed"),
    ],
)
def test_a_mistake_is_400_and_says_what_is_wrong(method: str, path: str, body: Any, said: str) -> None:
    answer = admin(Cluster(), method, path, body)
    assert answer["status"] == 400
    assert said in answer["error"]


def test_an_unknown_admin_call_is_404() -> None:
    assert admin(Cluster(), "GET", "/admin/nothing")["status"] == 404


def test_the_ledger_is_common_to_both_sides_and_readable_from_a_number_on() -> None:
    cluster = Cluster()
    cluster.hubspot.create("companies", {"name": "Firm"})
    cluster.salesforce.create("Account", {"Name": "Firm"})
    entries = admin(cluster, "GET", "/admin/ledger")["entries"]
    assert [(e["n"], e["side"], e["actor"]) for e in entries] == [
        (1, "hubspot", "human"),
        (2, "salesforce", "human"),
    ]
    assert [e["n"] for e in admin(cluster, "GET", "/admin/ledger", since="1")["entries"]] == [2]


def test_the_same_seed_makes_the_same_cluster() -> None:
    def trace(seed: int) -> list[Any]:
        cluster = Cluster(seed)
        cluster.hubspot.create("companies", {"name": "Firm"})
        cluster.salesforce.create("Account", {"Name": "Firm"})
        return [entry.as_json() for entry in cluster.ledger.entries]

    assert trace(1) == trace(1)
    assert trace(1) != trace(2)
