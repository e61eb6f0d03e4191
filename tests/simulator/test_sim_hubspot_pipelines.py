"""Pipelines and their stages over the API."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/pipelines/2026-09/deals"
CHECK = "validateDealStageUsagesBeforeDelete"


def stage(label: str, odds: Any, order: int = 0) -> dict[str, Any]:
    return {"label": label, "displayOrder": order, "metadata": {"probability": odds}}


RENEWALS = {
    "label": "Renewals",
    "displayOrder": 1,
    "stages": [stage("Due", "0.5"), stage("Renewed", "1.0", 1), stage("Lapsed", "0.0", 2)],
}


@fact("hubspot", "pipelines", "A new portal has one deal pipeline, whose id is default", "doc")
@pytest.mark.parametrize("path", [PATH, "/crm/v3/pipelines/deals", "/crm/v3/pipelines/0-3"])
def test_a_new_portal_has_the_sales_pipeline(path: str) -> None:
    (only,) = Bench().call("GET", path)[1]["results"]
    assert (only["id"], only["label"], only["archived"]) == ("default", "Sales Pipeline", False)
    assert [each["id"] for each in only["stages"]][-2:] == ["closedwon", "closedlost"]


@fact("hubspot", "pipelines", "A pipeline is created with its stages and answers 201", "doc")
def test_a_pipeline_is_created_with_stages() -> None:
    bench = Bench()
    status, made = bench.call("POST", PATH, RENEWALS)
    assert (status, [each["label"] for each in made["stages"]]) == (201, ["Due", "Renewed", "Lapsed"])
    assert bench.call("GET", f"{PATH}/{made['id']}")[1] == made


@fact(
    "hubspot",
    "pipelines",
    "The probability of a deal stage is text between 0.0 and 1.0 and is required",
    "doc",
)
@pytest.mark.parametrize("odds", ["", "1.5", "-0.1", "likely", None])
def test_a_stage_needs_a_probability(odds: Any) -> None:
    body = {**RENEWALS, "stages": [stage("Due", odds)]}
    status, reply = Bench().call("POST", PATH, body)
    assert (status, reply["category"]) == (400, "VALIDATION_ERROR")


@fact("hubspot", "pipelines", "A stage of probability 0.0 or 1.0 is closed", "doc")
def test_a_stage_says_whether_it_is_closed() -> None:
    made = Bench().call("POST", PATH, RENEWALS)[1]
    assert [each["metadata"] for each in made["stages"]] == [
        {"isClosed": "false", "probability": "0.5"},
        {"isClosed": "true", "probability": "1.0"},
        {"isClosed": "true", "probability": "0.0"},
    ]


@fact(
    "hubspot", "pipelines", "Pipelines and stages are options of the deal properties, by internal id", "doc"
)
def test_the_stages_are_options_of_the_property() -> None:
    bench = Bench()
    made = bench.call("POST", PATH, RENEWALS)[1]
    options = bench.call("GET", "/crm/v3/properties/deals/dealstage")[1]["options"]
    assert {each["id"] for each in made["stages"]} <= {each["value"] for each in options}
    options = bench.call("GET", "/crm/v3/properties/deals/pipeline")[1]["options"]
    assert [each["value"] for each in options] == ["default", made["id"]]


@fact("hubspot", "pipelines", "A stage is added, changed and removed by itself", "doc")
def test_a_stage_lives_by_itself() -> None:
    bench = Bench()
    status, made = bench.call("POST", f"{PATH}/default/stages", stage("Legal", "0.95", 5))
    assert status == 201
    path = f"{PATH}/default/stages/{made['id']}"
    assert bench.call("PATCH", path, {"label": "Lawyers"})[1]["label"] == "Lawyers"
    assert bench.call("GET", path)[1]["metadata"]["probability"] == "0.95"
    assert len(bench.call("GET", f"{PATH}/default/stages")[1]["results"]) == 8
    assert bench.call("DELETE", path) == (204, None)
    assert bench.call("GET", path)[0] == 404


@fact("hubspot", "pipelines", "A pipeline's label and order are changed with PATCH", "doc")
def test_a_pipeline_is_renamed() -> None:
    bench = Bench()
    status, body = bench.call("PATCH", f"{PATH}/default", {"label": "New business", "displayOrder": 3})
    assert (status, body["label"], body["displayOrder"]) == (200, "New business", 3)


@fact("hubspot", "pipelines", "PUT replaces a pipeline with all its stages", "doc")
def test_a_pipeline_is_replaced() -> None:
    bench = Bench()
    made = bench.call("POST", PATH, RENEWALS)[1]
    body = {"label": "Again", "displayOrder": 2, "stages": [stage("Only", "0.1")]}
    status, new = bench.call("PUT", f"{PATH}/{made['id']}", body)
    assert (status, new["label"], [each["label"] for each in new["stages"]]) == (200, "Again", ["Only"])


@fact(
    "hubspot", "pipelines", "Before 2026-09 a removal of what deals are in is held back only if asked", "doc"
)
@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 204), ({CHECK: "false"}, 204), ({CHECK: "true"}, 400)],
)
def test_what_deals_are_in_stays_when_asked(query: dict[str, str], status: int) -> None:
    assert removed("/crm/v3/pipelines/deals", query) == status
    assert removed("/crm/pipelines/2026-03/deals", query) == status


@fact("hubspot", "pipelines", "From 2026-09 on what deals are in stays unless the check is waived", "doc")
@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 400), ({"validateReferencesBeforeDelete": "false"}, 400), ({CHECK: "false"}, 204)],
)
def test_what_deals_are_in_stays_unless_waived(query: dict[str, str], status: int) -> None:
    assert removed("/crm/pipelines/2026-09/deals", query) == status


def removed(path: str, query: dict[str, str]) -> int:
    """The answer to removing a stage, and then its pipeline, that a deal is in."""
    bench = Bench()
    made = bench.call("POST", path, RENEWALS)[1]
    due = made["stages"][0]["id"]
    bench.sim.create("deals", {"dealname": "Boat", "pipeline": made["id"], "dealstage": due})
    found = {
        bench.call("DELETE", f"{path}/{made['id']}{stage}", **query)[0] for stage in (f"/stages/{due}", "")
    }
    assert len(found) == 1
    return found.pop()


@fact("hubspot", "pipelines", "A pipeline is removed with 204", "doc")
def test_a_pipeline_is_removed() -> None:
    bench = Bench()
    made = bench.call("POST", PATH, RENEWALS)[1]
    assert bench.call("DELETE", f"{PATH}/{made['id']}") == (204, None)
    assert bench.call("GET", f"{PATH}/{made['id']}")[0] == 404


@fact("hubspot", "pipelines", "Two pipelines cannot have the same label", "doc")
def test_a_label_is_used_once() -> None:
    bench = Bench()
    assert [bench.call("POST", PATH, RENEWALS)[0] for _ in range(2)] == [201, 409]


@pytest.mark.parametrize("path", ["/crm/v3/pipelines/contacts", "/crm/v3/pipelines/companies"])
def test_only_deals_have_pipelines_here(path: str) -> None:
    assert Bench().call("GET", path)[0] == 400


def test_an_unknown_pipeline_or_stage_is_not_found() -> None:
    bench = Bench()
    assert bench.call("GET", f"{PATH}/nope")[0] == 404
    assert bench.call("GET", f"{PATH}/default/stages/nope")[0] == 404
