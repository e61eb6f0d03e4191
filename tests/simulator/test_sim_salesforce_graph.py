"""Graphs and trees of records created in one call (REST/resources-composite-graph, resources-composite-sobject-tree)."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Answer, Org, new_org


def node(name: str, url: str, body: dict[str, Any] | None = None, method: str = "POST") -> dict[str, Any]:
    out: dict[str, Any] = {"referenceId": name, "method": method, "url": f"{DATA}/{url}"}
    return out if body is None else {**out, "body": body}


def graphs(org: Org, **parts: list[dict[str, Any]]) -> Answer:
    """Graphs by their ids."""
    listed = [{"graphId": name, "compositeRequest": nodes} for name, nodes in parts.items()]
    return org.send("POST", "composite/graph", {"graphs": listed})


GOOD = [
    node("a", "sobjects/Account", {"Name": "Acme"}),
    node("c", "sobjects/Contact", {"LastName": "D", "AccountId": "@{a.id}"}),
]
BAD = [
    node("a", "sobjects/Account", {"Name": "Bad"}),
    node("c", "sobjects/Contact", {"AccountId": "@{a.id}"}),
]


@fact("salesforce", "composite", "A composite graph creates records that refer to each other.", "doc")
def test_a_graph_creates_records_that_refer_to_each_other() -> None:
    org = new_org()
    body = graphs(org, g=GOOD).body["graphs"][0]
    assert (body["graphId"], body["isSuccessful"]) == ("g", True)
    answers = body["graphResponse"]["compositeResponse"]
    assert [a["httpStatusCode"] for a in answers] == [201, 201]
    assert org.rows("SELECT AccountId FROM Contact") == [{"AccountId": answers[0]["body"]["id"]}]


@fact(
    "salesforce",
    "composite",
    "Each graph is carried out whole or not at all, whatever becomes of the others.",
    "doc",
)
def test_a_failed_graph_leaves_the_others_alone() -> None:
    org = new_org()
    body = graphs(org, bad=BAD, good=GOOD).body["graphs"]
    assert [g["isSuccessful"] for g in body] == [False, True]
    codes = [a["body"][0]["errorCode"] for a in body[0]["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert org.rows("SELECT Name FROM Account") == [{"Name": "Acme"}]


@fact("salesforce", "composite", "Composite graphs hold at most 500 nodes.", "doc")
@pytest.mark.parametrize(("count", "status"), [(500, 200), (501, 400)])
def test_graphs_hold_500_nodes(count: int, status: int) -> None:
    nodes = [node(f"n{n}", "sobjects/Account", {"Name": "A"}) for n in range(count)]
    assert graphs(new_org(), g=nodes).status == status


@fact("salesforce", "composite", "A node of a graph is about sObject rows only.", "doc")
@pytest.mark.parametrize("url", ["query?q=SELECT+Id+FROM+Lead", "composite/sobjects", "limits"])
def test_a_node_is_about_rows_only(url: str) -> None:
    assert graphs(new_org(), g=[node("n", url, method="GET")]).status == 400


def test_a_graph_without_names_is_refused() -> None:
    org = new_org()
    assert org.send("POST", "composite/graph", {"graphs": []}).status == 400
    assert org.send("POST", "composite/graph", {"graphs": [{"compositeRequest": GOOD}]}).status == 400


# -- trees --------------------------------------------------------------------------------------------------
def rec(obj: str, name: str, **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": obj, "referenceId": name}, **values}


def tree(org: Org, *records: dict[str, Any], obj: str = "Account") -> Answer:
    return org.send("POST", f"composite/tree/{obj}", {"records": list(records)})


@fact(
    "salesforce",
    "composite",
    "A tree creates records with their children and names the ids by referenceId under 201.",
    "doc",
)
def test_a_tree_creates_parents_and_children() -> None:
    org = new_org()
    answer = tree(
        org, rec("Account", "a", Name="Acme", Contacts={"records": [rec("Contact", "c", LastName="D")]})
    )
    assert (answer.status, answer.body["hasErrors"]) == (201, False)
    ids = {r["referenceId"]: r["id"] for r in answer.body["results"]}
    assert org.rows("SELECT Id, AccountId FROM Contact") == [{"Id": ids["c"], "AccountId": ids["a"]}]


@fact(
    "salesforce",
    "composite",
    "A tree with one bad record creates none and is 400 with that record's errors.",
    "doc",
)
def test_a_tree_is_created_whole_or_not_at_all() -> None:
    org = new_org()
    answer = tree(
        org, rec("Account", "a", Name="Acme", Contacts={"records": [rec("Contact", "c", FirstName="D")]})
    )
    assert (answer.status, answer.body["hasErrors"]) == (400, True)
    assert [r["referenceId"] for r in answer.body["results"]] == ["c"]
    assert answer.body["results"][0]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert org.rows("SELECT Id FROM Account") == []
    assert org.ledger.entries == []


@fact("salesforce", "composite", "A tree holds at most 200 records.", "doc")
@pytest.mark.parametrize(("count", "status"), [(200, 201), (201, 400)])
def test_a_tree_holds_200_records(count: int, status: int) -> None:
    assert tree(new_org(), *(rec("Account", f"a{n}", Name="A") for n in range(count))).status == status


def test_a_tree_needs_types_and_names_of_its_own() -> None:
    org = new_org()
    assert tree(org, rec("Account", "a", Name="A"), rec("Account", "a", Name="B")).status == 400
    assert tree(org, rec("Contact", "a", LastName="A")).status == 400
    assert tree(org, {"Name": "A"}).status == 400
    assert tree(org).status == 400
    assert tree(org, obj="Nope").status == 404
