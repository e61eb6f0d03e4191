"""The admin port's acts by name, its switches and its webhooks: what a process of its own needs to play an admin."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from crmsync.simulator.admin import Admin
from crmsync.simulator.admin_acts import ACTS
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.wire import Request


def admin(cluster: Cluster, path: str, body: Any) -> Any:
    return json.loads(Admin(cluster).handle(Request("POST", path, (), {}, json.dumps(body).encode())).body)


@pytest.mark.parametrize(
    ("side", "act"), [(side, act) for side, acts in ACTS.items() for act in sorted(acts)]
)
def test_every_act_is_a_method_of_its_simulator(side: str, act: str) -> None:
    assert callable(getattr(getattr(Cluster(), side), act))


def test_somebody_opts_out_by_their_own_hand() -> None:
    cluster = Cluster()
    ann = cluster.hubspot.create("contacts", {"email": "ann@a.example"})
    assert admin(
        cluster, "/admin/act", {"side": "hubspot", "act": "opt_out", "with": {"email": "ann@a.example"}}
    ) == {"done": None}
    [row] = cluster.hubspot.state()["contacts"]
    assert (row["id"], row["hs_email_optout"]) == (ann, "true")


def test_an_app_is_installed_and_told_its_secrets() -> None:
    told = admin(
        Cluster(),
        "/admin/act",
        {"side": "hubspot", "act": "install_app", "with": {"scopes": ["oauth", "crm.objects.contacts.read"]}},
    )
    assert {"client_id", "client_secret", "refresh_token"} <= told["done"].keys()


def test_an_act_that_is_not_offered_is_refused_with_those_that_are() -> None:
    refused = admin(Cluster(), "/admin/act", {"side": "salesforce", "act": "handle"})
    assert "purge_log" in refused["error"]


def test_switches_are_turned_and_shown() -> None:
    cluster = Cluster()
    shown = admin(
        cluster,
        "/admin/switches",
        {"hubspot": {"filter_limits": [5, 10, 25]}, "salesforce": {"page_size": 7}},
    )
    assert shown["hubspot"]["filter_limits"] == [5, 10, 25]
    assert cluster.hubspot.switches.filter_limits == (5, 10, 25)
    assert cluster.salesforce.switches.page_size == 7


def test_an_unknown_switch_turns_nothing() -> None:
    cluster = Cluster()
    assert "not side" in admin(cluster, "/admin/switches", {"side": "hubspot"})["error"]
    assert "no such switch: pages" in admin(cluster, "/admin/switches", {"salesforce": {"pages": 1}})["error"]


def test_webhooks_reach_a_listener_on_this_machine() -> None:
    heard: list[Any] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.extend(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        server.timeout = 10
        cluster = Cluster()
        cluster.serve()
        try:
            url = f"http://127.0.0.1:{server.server_port}/hooks"
            wanted = [{"type": "contact.creation"}]
            told = admin(cluster, "/admin/webhooks", {"url": url, "secret": "s", "subscriptions": wanted})
            listening = Thread(target=server.handle_request)
            listening.start()
            ann = admin(
                cluster,
                "/admin/create",
                {"side": "hubspot", "object": "contacts", "values": {"firstname": "Ann"}},
            )
            listening.join(10)
        finally:
            cluster.close()
    assert [(each["subscriptionId"], each["objectId"]) for each in heard] == [
        (told["ids"][0], int(ann["id"]))
    ]
