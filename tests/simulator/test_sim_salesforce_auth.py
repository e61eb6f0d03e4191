"""OAuth (the vendor's client-credentials flow), API versions, and the request quota (REST/headers-api-usage)."""

from __future__ import annotations

import json

import pytest
from sim_salesforce import DATA, ask_token, new_org

from crmsync.simulator.wire import Request


def test_a_token_comes_with_the_instance_and_the_address_of_the_identity() -> None:
    org = new_org()
    org.sim.instance_url = "http://127.0.0.1:8001/"
    body = ask_token(org.sim).body
    assert body["instance_url"] == "http://127.0.0.1:8001"
    assert body["id"] == f"http://127.0.0.1:8001/id/{org.sim.org_id}/{org.sim.user_id}"
    assert (body["token_type"], "expires_in" in body, "refresh_token" in body) == ("Bearer", False, False)
    org.token = body["access_token"]
    who = org.send("GET", "/services/oauth2/userinfo").body
    assert (who["organization_id"], who["user_id"]) == (org.sim.org_id, org.sim.user_id)
    assert (org.sim.org_id[:3], len(org.sim.org_id), org.sim.user_id[:3]) == ("00D", 18, "005")


def test_credentials_may_stand_in_the_body() -> None:
    sim = new_org().sim
    form = f"grant_type=client_credentials&client_id={sim.consumer_key}&client_secret={sim.consumer_secret}"
    assert sim.handle(Request("POST", "/services/oauth2/token", body=form.encode())).status == 200


def test_wrong_credentials_are_a_400_with_the_vendors_words() -> None:
    org = new_org()
    wrong = ask_token(org.sim, secret="nope")
    assert (wrong.status, wrong.body) == (
        400,
        {"error": "invalid_client", "error_description": "invalid client credentials"},
    )
    org.sim.auth.consumer_key = "another"
    form = b"grant_type=client_credentials&client_id=nope&client_secret=x"
    unknown = org.sim.handle(Request("POST", "/services/oauth2/token", body=form))
    assert json.loads(unknown.body)["error"] == "invalid_client_id"
    assert ask_token(org.sim, grant_type="password").body["error"] == "unsupported_grant_type"


def test_without_a_valid_token_every_call_is_invalid_session_id() -> None:
    org = new_org()
    org.token = "nope"
    answer = org.send("GET", "limits")
    assert (answer.status, answer.body) == (
        401,
        [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
    )


def test_tokens_end_by_age_by_revocation_and_by_a_sixth_grant() -> None:
    org = new_org()
    org.sim.switches.token_ttl_s = 600
    assert org.send("GET", "limits").status == 200
    org.clock.advance(600)
    assert org.send("GET", "limits").status == 401
    org.token = ask_token(org.sim).body["access_token"]
    assert org.send("GET", "limits").status == 200
    org.sim.auth.revoke()
    assert org.send("GET", "limits").status == 401
    tokens = [ask_token(org.sim).body["access_token"] for _ in range(6)]
    alive = []
    for token in tokens:
        org.token = token
        alive.append(org.send("GET", "limits").status == 200)
    assert alive == [False, True, True, True, True, True]


def test_versions_41_to_68_are_served_and_older_ones_are_retired() -> None:
    org = new_org()
    listed = json.loads(org.sim.handle(Request("GET", "/services/data/")).body)
    assert {v["version"]: v["label"] for v in listed}["62.0"] == "Winter '25"
    assert (listed[0]["version"], listed[-1]["label"]) == ("41.0", "Winter '27")
    for version, status in (("41.0", 200), ("68.0", 200), ("69.0", 404), ("40.0", 404), ("62", 404)):
        assert org.send("GET", f"/services/data/v{version}/limits/").status == status
    assert org.send("GET", "/services/data/v29.0/limits").code == "UNSUPPORTED_API_VERSION"
    assert org.send("GET", f"{DATA}/").body["query"] == f"{DATA}/query"


def test_every_reply_counts_one_call_failed_ones_too() -> None:
    org = new_org()
    most = org.sim.switches.daily_limit
    heads = [org.send("GET", p).headers["Sforce-Limit-Info"] for p in ("limits", "nowhere", "sobjects/")]
    assert heads == [f"api-usage={n}/{most}" for n in (1, 2, 3)]
    body = org.send("GET", "limits").body
    assert body["DailyApiRequests"] == {"Max": most, "Remaining": most - 4}


def test_whether_failed_calls_count_is_a_switch() -> None:
    org = new_org()
    org.sim.switches.count_failed_calls = False
    org.send("GET", "nowhere")
    assert org.sim.limits.used == 0


def test_a_used_up_quota_is_403_until_a_day_has_passed() -> None:
    org = new_org()
    org.sim.switches.daily_limit = 2
    statuses = [org.send("GET", "limits").status for _ in range(3)]
    refused = org.send("GET", "limits")
    assert statuses == [200, 200, 403]
    assert (refused.code, refused.body[0]["message"]) == (
        "REQUEST_LIMIT_EXCEEDED",
        "TotalRequests Limit exceeded.",
    )
    org.clock.advance(25 * 3600)
    assert org.sim.limits.used == 0
    assert org.send("GET", "limits").status == 200


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_makes_the_same_org_again(seed: int) -> None:
    assert new_org(seed=seed).sim.org_id == new_org(seed=seed).sim.org_id
    assert new_org(seed=seed).sim.org_id != new_org(seed=seed + 1).sim.org_id
