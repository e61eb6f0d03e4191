"""Sessions of the simulated org: client credentials, the end of a token, who the user is, versions of the API."""

from __future__ import annotations

import json

import pytest
from facts import fact
from sim_salesforce import DATA, ask_token, new_org
from sim_salesforce_tokens import alive, app, post

from crmsync.simulator.wire import Request


@fact("salesforce", "tokens", "A token comes with the instance it belongs to.", "doc")
def test_a_token_comes_with_its_instance() -> None:
    org = new_org()
    org.sim.instance_url = "http://127.0.0.1:8001/"
    assert ask_token(org.sim).body["instance_url"] == "http://127.0.0.1:8001"


@fact(
    "salesforce", "tokens", "A token reply's id is an address that ends with the ids of org and user.", "doc"
)
def test_a_token_comes_with_the_address_of_the_identity() -> None:
    org = new_org()
    body = ask_token(org.sim).body
    assert body["id"].endswith(f"/id/{org.sim.org_id}/{org.sim.user_id}")
    assert (org.sim.org_id[:3], len(org.sim.org_id), org.sim.user_id[:3]) == ("00D", 18, "005")


@fact(
    "salesforce",
    "tokens",
    "A token reply has no expires_in: only a 401 tells that a session is over.",
    "seen",
)
def test_a_token_does_not_say_when_it_ends() -> None:
    body = ask_token(new_org().sim).body
    assert (body["token_type"], "expires_in" in body) == ("Bearer", False)


@fact("salesforce", "tokens", "Client credentials never return a refresh token.", "doc")
def test_client_credentials_bring_no_refresh_token() -> None:
    assert "refresh_token" not in ask_token(new_org().sim).body


@fact("salesforce", "tokens", "issued_at is a number of milliseconds as text.", "doc")
def test_the_time_of_issue_is_text() -> None:
    org = new_org()
    assert ask_token(org.sim).body["issued_at"] == str(int(org.clock.now().timestamp() * 1000))


@fact(
    "salesforce",
    "tokens",
    "The address of the identity and userinfo say who the user is and of which org.",
    "doc",
)
def test_userinfo_says_who_the_user_is() -> None:
    org = new_org()
    for path in ("/services/oauth2/userinfo", f"/id/{org.sim.org_id}/{org.sim.user_id}"):
        headers = {"authorization": f"Bearer {org.token}"}
        who = json.loads(org.sim.handle(Request("GET", path, (), headers)).body)
        assert (who["organization_id"], who["user_id"]) == (org.sim.org_id, org.sim.user_id)
        assert who["username"] == org.sim.auth.username


@fact(
    "salesforce", "tokens", "The app's credentials may stand in an HTTP Basic header or in the form.", "doc"
)
def test_credentials_may_stand_in_the_body() -> None:
    org = new_org()
    assert ask_token(org.sim).status == 200
    assert post(org, "token", grant_type="client_credentials", **app(org)).status == 200


@fact("salesforce", "tokens", "A wrong secret is 400 invalid_client: invalid client credentials.", "seen")
def test_a_wrong_secret_is_a_400() -> None:
    wrong = ask_token(new_org().sim, secret="nope")
    assert (wrong.status, wrong.body) == (
        400,
        {"error": "invalid_client", "error_description": "invalid client credentials"},
    )


@fact(
    "salesforce",
    "tokens",
    "An unknown consumer key is 400 invalid_client_id: client identifier invalid.",
    "seen",
)
def test_an_unknown_app_is_a_400() -> None:
    org = new_org()
    unknown = post(org, "token", grant_type="client_credentials", client_id="nope", client_secret="x")
    assert (unknown.status, unknown.body) == (
        400,
        {"error": "invalid_client_id", "error_description": "client identifier invalid"},
    )


@fact(
    "salesforce",
    "tokens",
    "An unknown grant is 400 unsupported_grant_type: grant type not supported.",
    "seen",
)
def test_an_unknown_grant_is_a_400() -> None:
    answer = post(new_org(), "token", grant_type="magic")
    assert answer.body == {"error": "unsupported_grant_type", "error_description": "grant type not supported"}


@fact(
    "salesforce",
    "tokens",
    "Without a valid token every call is 401 INVALID_SESSION_ID: Session expired or invalid.",
    "doc",
)
@pytest.mark.parametrize("header", ["Bearer nope", "Basic abc", "", "Bearer"])
def test_without_a_valid_token_every_call_is_invalid_session_id(header: str) -> None:
    answer = new_org().send("GET", "limits", headers={"authorization": header})
    assert (answer.status, answer.body) == (
        401,
        [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
    )


@fact(
    "salesforce",
    "tokens",
    "A session ends some time after it began, and the org sets how long it lasts.",
    "doc",
    "token_ttl_s",
)
def test_a_token_ends_by_age() -> None:
    org = new_org()
    org.sim.switches.token_ttl_s = 600
    org.clock.advance(599)
    assert alive(org, org.token)
    org.clock.advance(1)
    assert not alive(org, org.token)
    assert alive(org, ask_token(org.sim).body["access_token"])


def test_a_token_ends_by_revocation() -> None:
    org = new_org()
    org.sim.auth.revoke()
    assert not alive(org, org.token)


@fact(
    "salesforce",
    "tokens",
    "Five grants of one user and app live at once: the sixth revokes the oldest.",
    "doc",
)
def test_a_sixth_grant_ends_the_first() -> None:
    org = new_org()
    tokens = [ask_token(org.sim).body["access_token"] for _ in range(6)]
    assert [alive(org, t) for t in tokens] == [False, True, True, True, True, True]


# -- versions -----------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "versions",
    "/services/data lists label, url and version of each version, and asks for no token.",
    "doc",
)
@pytest.mark.parametrize("path", ["/services/data", "/services/data/"])
def test_the_versions_are_listed_for_everybody(path: str) -> None:
    got = new_org().sim.handle(Request("GET", path))
    listed = {v["version"]: v for v in json.loads(got.body)}
    assert listed["62.0"] == {"label": "Winter '25", "url": "/services/data/v62.0", "version": "62.0"}
    assert (min(listed, key=float), listed["68.0"]["label"]) == ("41.0", "Winter '27")


@fact("salesforce", "versions", "Versions 41 to 68 are served.", "doc")
@pytest.mark.parametrize(
    ("version", "status"), [("41.0", 200), ("62.0", 200), ("68.0", 200), ("69.0", 404), ("62", 404)]
)
def test_versions_are_served(version: str, status: int) -> None:
    assert new_org().send("GET", f"/services/data/v{version}/limits/").status == status


@fact("salesforce", "versions", "Versions up to 30 are retired: UNSUPPORTED_API_VERSION.", "doc")
@pytest.mark.parametrize("version", ["30.0", "21.0"])
def test_old_versions_are_retired(version: str) -> None:
    assert new_org().send("GET", f"/services/data/v{version}/limits").code == "UNSUPPORTED_API_VERSION"


def test_the_root_of_a_version_names_its_resources() -> None:
    body = new_org().send("GET", f"{DATA}/").body
    assert body["query"] == f"{DATA}/query"
    assert {"composite", "jobs", "limits", "queryAll", "sobjects", "tooling"} <= set(body)


@fact("salesforce", "versions", "Addresses in replies are of the version that was asked.", "doc")
def test_addresses_are_of_the_version_asked() -> None:
    org = new_org()
    org.lead()
    records = org.send("GET", "/services/data/v65.0/query", query={"q": "SELECT Id FROM Lead"}).body[
        "records"
    ]
    assert records[0]["attributes"]["url"].startswith("/services/data/v65.0/")


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_makes_the_same_org_again(seed: int) -> None:
    assert new_org(seed=seed).sim.org_id == new_org(seed=seed).sim.org_id
    assert new_org(seed=seed).sim.org_id != new_org(seed=seed + 1).sim.org_id
