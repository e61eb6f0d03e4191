"""The quotas of the simulated org and the header that tells of them (REST/headers-api-usage, LIM/)."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, ask_token, new_org


def info(headers: dict[str, str]) -> str:
    return headers["Sforce-Limit-Info"]


@fact(
    "salesforce",
    "limits",
    "Every reply of the API carries Sforce-Limit-Info with calls used and allowed.",
    "doc",
)
@pytest.mark.parametrize(
    "path", ["sobjects", "limits", "nowhere", "sobjects/Lead/00Q000000000001AAA", "jobs/ingest"]
)
def test_every_reply_says_how_much_is_used(path: str) -> None:
    assert info(new_org().send("GET", path).headers) == "api-usage=1/115000"


@fact("salesforce", "limits", "The header may also name the usage of the connected app.", "doc")
def test_the_header_may_name_the_apps_own_usage() -> None:
    org = new_org()
    org.sim.switches.app_limit = 250
    assert (
        info(org.send("GET", "sobjects").headers)
        == "api-usage=1/115000; per-app-api-usage=1/250(appName=crmsync)"
    )


@fact(
    "salesforce", "limits", "Every HTTP call counts once, failed ones too.", "assumed", "count_failed_calls"
)
def test_failed_calls_count_unless_the_switch_says_otherwise() -> None:
    org = new_org()
    org.send("GET", "nowhere")
    assert org.sim.limits.used == 1
    org.sim.switches.count_failed_calls = False
    org.send("GET", "nowhere")
    assert org.sim.limits.used == 1


@fact("salesforce", "limits", "The daily quota counts the last 24 hours, not a calendar day.", "doc")
def test_the_day_rolls() -> None:
    org = new_org()
    org.send("GET", "sobjects")
    org.clock.advance(12 * 3600)
    org.send("GET", "sobjects")
    assert org.sim.limits.used == 2
    org.clock.advance(12 * 3600)
    assert org.sim.limits.used == 1
    org.clock.advance(12 * 3600)
    assert org.sim.limits.used == 0


@fact(
    "salesforce",
    "limits",
    "A used-up daily quota is 403 REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.",
    "doc",
)
def test_a_used_up_quota_is_refused() -> None:
    org = new_org()
    org.sim.switches.daily_limit = 1
    assert org.send("GET", "sobjects").status == 200
    answer = org.send("GET", "sobjects")
    assert (answer.status, answer.body) == (
        403,
        [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
    )


@fact(
    "salesforce",
    "limits",
    "Usage may overrun the daily quota for a while before calls are refused.",
    "assumed",
    "overrun",
)
def test_the_quota_may_be_overrun_for_a_while() -> None:
    org = new_org()
    org.sim.switches.daily_limit, org.sim.switches.overrun = 1, 2
    answers = [org.send("GET", "sobjects") for _ in range(4)]
    assert [a.status for a in answers] == [200, 200, 200, 403]
    assert info(answers[2].headers) == "api-usage=3/1"


@fact(
    "salesforce",
    "limits",
    "More than 25 requests of 20 seconds at once are REQUEST_LIMIT_EXCEEDED: ConcurrentRequests.",
    "doc",
)
def test_too_many_long_requests_at_once() -> None:
    org = new_org()
    org.sim.limits.long_running = 24
    assert org.send("GET", "sobjects").status == 200
    org.sim.limits.long_running = 25
    answer = org.send("GET", "sobjects")
    assert (answer.status, answer.code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert answer.body[0]["message"].startswith("ConcurrentRequests")


@fact(
    "salesforce", "limits", "A Developer Edition allows 5 long requests at once.", "doc", "concurrent_limit"
)
def test_a_small_edition_allows_fewer_long_requests() -> None:
    org = new_org()
    org.sim.switches.concurrent_limit, org.sim.limits.long_running = 5, 5
    assert org.send("GET", "sobjects").status == 403


@fact("salesforce", "limits", "/limits names most and remaining of each allocation.", "doc")
def test_limits_name_most_and_remaining() -> None:
    body = new_org().send("GET", "limits").body
    assert body["DailyApiRequests"] == {"Max": 115_000, "Remaining": 114_999}
    assert set(body) >= {"DailyBulkApiBatches", "DailyBulkV2QueryJobs", "DailyBulkV2QueryFileStorageMB"}


@fact("salesforce", "limits", "/limits needs the permission View Setup and Configuration.", "doc")
def test_limits_need_a_permission() -> None:
    org = new_org()
    table = org.sim.org.tables["PermissionSet"]
    for row in list(table.rows.values()):
        org.sim.org.put(table, {**row, "PermissionsViewSetup": False})
    assert org.send("GET", "limits").status == 403
    assert org.send("GET", "sobjects").status == 200


@fact("salesforce", "limits", "/limits lags behind the header by minutes.", "assumed", "limits_lag_s")
def test_limits_lag_behind_by_switch() -> None:
    org = new_org()
    org.sim.switches.limits_lag_s = 300.0
    org.send("GET", "sobjects")
    assert org.send("GET", "limits").body["DailyApiRequests"]["Remaining"] == 115_000
    org.clock.advance(360)
    assert org.send("GET", "limits").body["DailyApiRequests"]["Remaining"] == 114_998


@fact("salesforce", "limits", "An org whose edition has no API answers 403 API_DISABLED_FOR_ORG.", "doc")
def test_an_org_without_the_api() -> None:
    org = new_org()
    org.sim.switches.api_enabled = False
    answer = org.send("GET", "sobjects")
    assert (answer.status, answer.code) == (403, "API_DISABLED_FOR_ORG")


def test_tokens_and_the_list_of_versions_do_not_count() -> None:
    org = new_org()
    ask_token(org.sim)
    org.send("GET", "/services/data")
    assert org.sim.limits.used == 0


# -- /composite/batch ---------------------------------------------------------------------------------------
def batch(org: Org, *requests: tuple[Any, ...], **more: Any) -> Answer:
    parts = [
        {"method": m, "url": f"v62.0/{u}", **({"richInput": b[0]} if b else {})} for m, u, *b in requests
    ]
    return org.send("POST", "composite/batch", {"batchRequests": parts, **more})


@fact(
    "salesforce", "composite", "/composite/batch answers each subrequest with statusCode and result.", "doc"
)
def test_a_batch_answers_each_subrequest() -> None:
    org = new_org()
    lead = org.lead(City="Ulm")
    answer = batch(
        org,
        ("PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"}),
        ("GET", f"sobjects/Lead/{lead}?fields=City"),
    )
    assert (answer.status, answer.body["hasErrors"]) == (200, False)
    assert [r["statusCode"] for r in answer.body["results"]] == [204, 200]
    assert answer.body["results"][1]["result"]["City"] == "Bonn"


@fact("salesforce", "composite", "Each subrequest of /composite/batch counts as a call.", "doc")
def test_each_subrequest_of_a_batch_counts() -> None:
    org = new_org()
    batch(org, ("GET", "limits"), ("GET", "limits"), ("GET", "limits"))
    assert org.sim.limits.used == 3


@fact("salesforce", "composite", "A failed subrequest of a batch leaves the others alone.", "doc")
def test_a_failed_subrequest_leaves_the_others_alone() -> None:
    org = new_org()
    answer = batch(org, ("GET", "nowhere"), ("POST", "sobjects/Lead", {"LastName": "D", "Company": "A"}))
    assert ([r["statusCode"] for r in answer.body["results"]], answer.body["hasErrors"]) == ([404, 201], True)
    assert len(org.rows("SELECT Id FROM Lead")) == 1


@fact(
    "salesforce",
    "composite",
    "With haltOnError the subrequests after a failed one are 412 BATCH_PROCESSING_HALTED.",
    "doc",
)
def test_a_batch_may_halt_at_the_first_failure() -> None:
    org = new_org()
    parts = (
        ("GET", "limits"),
        ("GET", "nowhere"),
        ("POST", "sobjects/Lead", {"LastName": "D", "Company": "A"}),
    )
    results = batch(org, *parts, haltOnError=True).body["results"]
    assert [r["statusCode"] for r in results] == [200, 404, 412]
    assert results[2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"
    assert org.rows("SELECT Id FROM Lead") == []


@fact("salesforce", "composite", "A batch holds at most 25 subrequests.", "doc")
@pytest.mark.parametrize(("count", "status"), [(25, 200), (26, 400)])
def test_a_batch_holds_25_subrequests(count: int, status: int) -> None:
    assert batch(new_org(), *[("GET", "limits")] * count).status == status


def test_a_batch_of_composites_or_of_nothing_is_refused() -> None:
    org = new_org()
    assert batch(org, ("POST", "composite", {})).body["results"][0]["statusCode"] == 400
    assert org.send("POST", "composite/batch", {"batchRequests": []}).status == 400
