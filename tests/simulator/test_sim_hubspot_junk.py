"""Whatever a client sends, the portal answers with HubSpot's own error: no route falls over."""

from __future__ import annotations

from typing import Any

import pytest
from sim_hubspot_builders import Bench

from crmsync.simulator.hubspot import records

JUNK: list[Any] = [
    None,
    [],
    [1],
    "text",
    7,
    {"inputs": [1]},
    {"inputs": [{}]},
    {"inputs": [{"id": None, "from": 1, "to": [1], "types": [1], "properties": 1, "name": {}}]},
    {"inputs": [{"id": {}, "idProperty": [], "associations": [1], "properties": {"city": {}}}]},
    {"properties": {"email": {}, "hs_buying_role": [1], "city": 1.5}, "associations": [1]},
    {"properties": {"email": "a@b.example"}, "associations": [{"to": 1, "types": [1]}]},
    {"name": {}, "label": 1, "groupName": [], "type": [], "options": [1], "displayOrder": "x"},
    {"name": "n", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": [1]},
    {"name": "n", "objectTypeId": {}, "processingType": []},
    {"query": {}, "offset": "x", "count": [], "listIds": 1, "processingTypes": 1},
    {"recordIdsToAdd": 1, "recordIdsToRemove": {}},
    {"filterBranch": {"filterBranchType": "OR", "filterBranches": [1]}},
    {
        "filterBranch": {
            "filterBranchType": "OR",
            "filterBranches": [{"filterBranchType": "AND", "filters": [1]}],
        }
    },
    {"label": "x", "displayOrder": 1, "stages": [1], "metadata": 1},
    {"label": "x", "displayOrder": 1, "stages": [{"label": "s", "displayOrder": 1, "metadata": [1]}]},
    {"subscriptionId": {}, "statusState": [], "channel": {}, "legalBasis": []},
    {"subscriptionId": "310000007", "statusState": "SUBSCRIBED", "channel": "EMAIL", "legalBasis": []},
    {"objectId": {}, "idProperty": []},
    {"primaryObjectId": [], "objectIdToMerge": {}},
]
ARGS = {
    "type": "contacts",
    "to": "companies",
    "email": "ann@firm.example",
    "group": "contactinformation",
    "pipeline": "default",
    "stage": "closedwon",
    "name": "city",
    "record": "1",
}


@pytest.mark.parametrize("route", sorted(records.ROUTES))
def test_no_route_falls_over(route: str) -> None:
    method, _, pattern = route.partition(" ")
    for given in (
        {},
        {"type": "deals"},
        {"name": "lifecyclestage", "id": "x", "pipeline": "x", "stage": "x"},
    ):
        bench = Bench()
        bench.sim.switches.marketing_enterprise = True
        ids = {"id": bench.person("ann"), "to_id": bench.sim.create("companies", {"name": "One"})}
        bench.sim.make_list("Fair")
        args = {**ARGS, **ids, **given} if "lists/" not in pattern else {**ARGS, **ids, "id": "1", **given}
        path = "/" + "/".join(
            args[p[1:-1]] if p.startswith("{") and p[1:-1] in args else p for p in pattern.split("/")
        )
        for version, ignored in (("v3", False), ("v4", True), ("v3", True), ("2026-09", True)):
            bench.sim.switches.strays_ignored = ignored
            area, _, rest = path[1:].partition("/")
            versioned = f"/{area}/{version}/{rest}"
            for junk in JUNK:
                query = {"after": "-1"} if junk is None else {"limit": "1"}
                status, body = bench.call(method, versioned, junk, **query)
                assert status < 500
                assert body is None or status < 400 or body["status"] == "error"
