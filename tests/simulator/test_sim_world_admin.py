"""The admin port lets a world live on, brings deleted records back, and says how far a list of records came."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmsync.simulator.admin import Admin
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.wire import Request
from crmsync.simulator.world import populate


def admin(cluster: Cluster, method: str, path: str, body: Any = None) -> Any:
    """A call of the admin port without a socket: the JSON, with `status`."""
    data = b"" if body is None else json.dumps(body).encode()
    reply = Admin(cluster).handle(Request(method, path, (), {}, data))
    return {"status": reply.status, **json.loads(reply.body)}


def peopled() -> Cluster:
    cluster = Cluster(seed=7)
    populate(cluster, 40)
    return cluster


def test_a_world_lives_on_as_long_as_it_is_told() -> None:
    cluster = peopled()
    first = admin(cluster, "POST", "/admin/live", {"days": 3})
    second = admin(cluster, "POST", "/admin/live", {"hours": 12})
    assert first["now"] == "2026-03-05T10:00:04.000Z"
    assert second["now"] == "2026-03-05T22:00:04.000Z"
    assert sum(first["acts"].values()) > sum(second["acts"].values()) > 0
    lived = admin(cluster, "GET", "/admin/live")
    assert lived["acts"]["visit"] == first["acts"]["visit"] + second["acts"].get("visit", 0)


def test_a_world_lives_the_same_days_again_by_its_seed() -> None:
    ledgers = []
    for _ in range(2):
        cluster = peopled()
        admin(cluster, "POST", "/admin/live", {"days": 2})
        ledgers.append(admin(cluster, "GET", "/admin/ledger"))
    assert ledgers[0] == ledgers[1]


def test_how_long_is_days_or_hours() -> None:
    for body in ({}, {"weeks": 1}):
        answer = admin(peopled(), "POST", "/admin/live", body)
        assert (answer["status"], answer["error"]) == (400, "say days or hours")


@pytest.mark.parametrize("word", ["restore", "undelete"])
@pytest.mark.parametrize(
    ("side", "object", "values", "gone"),
    [
        ("hubspot", "contacts", {"email": "ann@firm.example"}, "archived"),
        ("salesforce", "Lead", {"LastName": "Lee", "Company": "Firm"}, "IsDeleted"),
    ],
)
def test_a_deleted_record_is_brought_back(word: str, side: str, object: str, values: Any, gone: str) -> None:
    cluster = Cluster()
    about = {"side": side, "object": object}
    id = admin(cluster, "POST", "/admin/create", {**about, "values": values})["id"]
    admin(cluster, "POST", "/admin/delete", {**about, "id": id})
    assert admin(cluster, "GET", "/admin/state")[side][object][0][gone] is True
    assert admin(cluster, "POST", f"/admin/{word}", {**about, "id": id}) == {"status": 200, "id": id}
    assert admin(cluster, "GET", "/admin/state")[side][object][0][gone] is False
    assert cluster.ledger.entries[-1].op == "restore"


def test_a_record_that_is_not_deleted_is_not_brought_back() -> None:
    cluster = Cluster()
    id = cluster.hubspot.create("contacts", {"email": "ann@firm.example"})
    answer = admin(cluster, "POST", "/admin/restore", {"side": "hubspot", "object": "contacts", "id": id})
    assert answer["status"] == 400
    assert id in answer["error"]


def test_a_list_of_records_says_which_one_was_refused_and_what_was_made_before() -> None:
    cluster = Cluster()
    emails = ["ann@firm.example", "ben@firm.example", "ann@firm.example", "cid@firm.example"]
    records = [{"email": email} for email in emails]
    about = {"side": "hubspot", "object": "contacts", "records": records}
    answer = admin(cluster, "POST", "/admin/create", about)
    assert (answer["status"], answer["index"]) == (400, 2)
    assert answer["error"].startswith("record 2 was refused, after 2 that were made: ")
    assert answer["ids"] == [row["id"] for row in cluster.hubspot.state()["contacts"]]


def test_a_list_names_the_record_that_lacks_a_field() -> None:
    records = [{"LastName": "Lee", "Company": "Firm"}, {"Company": "Firm"}]
    about = {"side": "salesforce", "object": "Lead", "records": records}
    answer = admin(Cluster(), "POST", "/admin/create", about)
    assert answer["index"] == 1
    assert len(answer["ids"]) == 1
