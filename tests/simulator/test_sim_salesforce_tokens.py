"""The grants of the simulated token endpoint: JWT bearer, refresh, password; introspection and revocation."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from facts import fact
from sim_salesforce import Answer, Org, ask_token, new_org
from sim_salesforce_tokens import JWT, alive, app, basic, bearer, post

from crmsync.simulator.wire import Request

INVALID = {"error": "invalid_grant", "error_description": "invalid assertion"}


# -- JWT bearer ---------------------------------------------------------------------------------------------
@fact(
    "salesforce",
    "tokens",
    "A JWT bearer assertion signed with the registered RS256 key gets an access token.",
    "doc",
)
def test_an_assertion_signed_by_the_registered_key_gets_a_token() -> None:
    org = new_org()
    answer = bearer(org)
    assert answer.status == 200
    assert alive(org, answer.body["access_token"])


@fact("salesforce", "tokens", "The JWT bearer flow never returns a refresh token.", "doc")
def test_a_jwt_grant_brings_no_refresh_token() -> None:
    assert "refresh_token" not in bearer(new_org()).body


@fact(
    "salesforce",
    "tokens",
    "An assertion signed by another key is refused with invalid_grant.",
    "assumed",
    "jwt_invalid_text",
)
def test_an_assertion_of_another_key_is_refused() -> None:
    org = new_org()
    wrong = bearer(org, signed_by="another")
    assert (wrong.status, wrong.body) == (400, INVALID)
    org.sim.switches.jwt_invalid_text = "other words"
    assert bearer(org, signed_by="another").body["error_description"] == "other words"


@fact(
    "salesforce", "tokens", "Only RS256 is taken: an assertion signed with a shared secret is refused.", "doc"
)
def test_an_assertion_with_a_shared_secret_is_refused() -> None:
    assert bearer(new_org(), algorithm="HS256").body == INVALID


@pytest.mark.parametrize("assertion", ["", "nonsense", "e30.e30.e30"])
def test_what_is_no_assertion_is_refused(assertion: str) -> None:
    answer = post(new_org(), "token", grant_type=JWT, assertion=assertion)
    assert answer.status == 400


def test_without_a_registered_key_no_assertion_passes() -> None:
    org = new_org()
    org.sim.auth.public_key = "none"
    assert bearer(org).body == INVALID


@fact(
    "salesforce", "tokens", "The issuer of an assertion is the consumer key, else invalid_client_id.", "seen"
)
def test_an_assertion_of_an_unknown_app_is_refused() -> None:
    answer = bearer(new_org(), iss="nobody")
    assert answer.body == {"error": "invalid_client_id", "error_description": "client identifier invalid"}


@fact("salesforce", "tokens", "The audience of an assertion may be the login host or the My Domain.", "doc")
@pytest.mark.parametrize(
    "aud", ["https://login.salesforce.com", "https://salesforce.example", "https://salesforce.example/"]
)
def test_the_audience_is_the_login_host_or_the_domain(aud: str) -> None:
    assert bearer(new_org(), aud=aud).status == 200


@fact("salesforce", "tokens", "The audience https://test.salesforce.com belongs to sandboxes.", "doc")
def test_the_test_host_is_an_audience_of_sandboxes_only() -> None:
    org = new_org()
    assert bearer(org, aud="https://test.salesforce.com").status == 400
    table = org.sim.org.tables["Organization"]
    org.sim.org.put(table, {**table.rows[org.sim.org_id], "IsSandbox": True})
    assert bearer(org, aud="https://test.salesforce.com").status == 200


@fact(
    "salesforce", "tokens", "Another audience is refused with invalid_grant.", "assumed", "jwt_audience_text"
)
def test_another_audience_is_refused() -> None:
    org = new_org()
    answer = bearer(org, aud="https://elsewhere.example")
    assert (answer.status, answer.body["error_description"]) == (400, "audience is invalid")
    org.sim.switches.jwt_audience_text = "wrong host"
    assert bearer(org, aud="https://elsewhere.example").body["error_description"] == "wrong host"


@fact("salesforce", "tokens", "An assertion ends at most three minutes from now.", "doc")
@pytest.mark.parametrize(
    ("left", "status"), [(180, 200), (181, 400), (3600, 400), (0, 400), (-60, 400), (1, 200)]
)
def test_an_assertion_lives_at_most_three_minutes(left: int, status: int) -> None:
    org = new_org()
    org.sim.switches.jwt_skew_s = 0.0
    assert bearer(org, exp=int(org.clock.now().timestamp()) + left).status == status


@fact(
    "salesforce",
    "tokens",
    "The clocks of client and vendor may differ a little for an assertion.",
    "assumed",
    "jwt_skew_s",
)
def test_clocks_may_differ_a_little() -> None:
    org = new_org()
    late = int(org.clock.now().timestamp()) + 400
    assert bearer(org, exp=late).status == 200
    org.sim.switches.jwt_skew_s = 10.0
    assert bearer(org, exp=late).status == 400
    org.sim.switches.jwt_skew_s = None
    assert bearer(org, exp=1).status == 200


@fact("salesforce", "tokens", "A client in the field sends exp as text, and the vendor takes it.", "seen")
def test_the_end_may_be_text() -> None:
    org = new_org()
    assert bearer(org, exp=str(int(org.clock.now().timestamp()) + 120)).status == 200
    assert bearer(org, exp="soon").status == 400


@fact(
    "salesforce",
    "tokens",
    "Without the user's approval a JWT grant says that the user has not approved this consumer.",
    "seen",
)
def test_a_user_who_has_not_approved_gets_no_token() -> None:
    org = new_org()
    words = {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}
    assert bearer(org, sub="nobody@salesreps.example").body == words
    org.sim.auth.approved = False
    assert bearer(org).body == words
    org.sim.auth.authorize()
    assert bearer(org).status == 200


@fact("salesforce", "tokens", "A token for an inactive user is refused with the words inactive user.", "seen")
def test_an_inactive_user_gets_no_token() -> None:
    org = new_org()
    org.sim.edit("User", org.sim.user_id, {"IsActive": False})
    assert bearer(org).body == {"error": "invalid_grant", "error_description": "inactive user"}


# -- refresh ------------------------------------------------------------------------------------------------
def refresh(org: Org, token: str, **more: str) -> Answer:
    return post(
        org, "token", grant_type="refresh_token", refresh_token=token, client_id=org.sim.consumer_key, **more
    )


@fact(
    "salesforce",
    "tokens",
    "A refresh token gets a new access token, and stays as it is without rotation.",
    "doc",
)
def test_a_refresh_token_gets_an_access_token_again_and_again() -> None:
    org = new_org()
    token = org.sim.auth.authorize()
    first, second = refresh(org, token), refresh(org, token)
    assert (first.status, second.status) == (200, 200)
    assert first.body["access_token"] != second.body["access_token"]
    assert "refresh_token" not in first.body
    assert alive(org, second.body["access_token"])


@fact(
    "salesforce",
    "tokens",
    "With rotation each refresh returns a new refresh token and kills the old one.",
    "doc",
)
def test_rotation_replaces_the_refresh_token() -> None:
    org = new_org()
    org.sim.switches.rotate_refresh_tokens = True
    old = org.sim.auth.authorize()
    new = refresh(org, old).body["refresh_token"]
    assert new != old
    assert refresh(org, old).body == {
        "error": "invalid_grant",
        "error_description": "expired access/refresh token",
    }
    assert refresh(org, new).status == 200


@fact(
    "salesforce", "tokens", "An unknown or revoked refresh token is an expired access/refresh token.", "seen"
)
def test_an_unknown_refresh_token_is_expired() -> None:
    answer = refresh(new_org(), "nope")
    assert (answer.status, answer.body["error_description"]) == (400, "expired access/refresh token")


def test_a_refresh_with_a_wrong_secret_is_refused() -> None:
    org = new_org()
    answer = refresh(org, org.sim.auth.authorize(), client_secret="nope")
    assert answer.body["error"] == "invalid_client"


@fact(
    "salesforce",
    "tokens",
    "A sixth authorization of one user and app revokes the oldest refresh token.",
    "doc",
)
def test_a_sixth_refresh_token_ends_the_first() -> None:
    org = new_org()
    tokens = [org.sim.auth.authorize() for _ in range(6)]
    assert [refresh(org, t).status for t in tokens] == [400, 200, 200, 200, 200, 200]


# -- the web-server flow ------------------------------------------------------------------------------------
def exchange(org: Org, code: str, **more: str) -> Answer:
    return post(
        org,
        "token",
        grant_type="authorization_code",
        code=code,
        redirect_uri="https://crmsync.example",
        **app(org),
        **more,
    )


@fact("salesforce", "tokens", "The web-server flow ends with an access token and a refresh token.", "doc")
def test_a_code_is_exchanged_for_both_tokens() -> None:
    org = new_org()
    body = exchange(org, org.sim.auth.consent()).body
    assert alive(org, body["access_token"])
    assert refresh(org, body["refresh_token"]).status == 200


@fact("salesforce", "tokens", "An authorization code is good once: expired authorization code.", "seen")
def test_a_code_is_good_once() -> None:
    org = new_org()
    code = org.sim.auth.consent()
    exchange(org, code)
    assert exchange(org, code).body == {
        "error": "invalid_grant",
        "error_description": "expired authorization code",
    }


@fact("salesforce", "tokens", "With PKCE the verifier must fit the challenge that began the flow.", "doc")
def test_a_code_with_a_challenge_needs_its_verifier() -> None:
    org = new_org()
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert exchange(org, org.sim.auth.consent(challenge), code_verifier="w" * 43).status == 400
    assert exchange(org, org.sim.auth.consent(challenge), code_verifier=verifier).status == 200


# -- revocation and introspection ---------------------------------------------------------------------------
@fact("salesforce", "tokens", "Revoking an access token ends that session only.", "doc")
def test_revoking_an_access_token_ends_it() -> None:
    org = new_org()
    other = ask_token(org.sim).body["access_token"]
    answer = post(org, "revoke", token=other)
    assert (answer.status, answer.body) == (200, None)
    assert not alive(org, other)
    assert alive(org, org.token)


@fact("salesforce", "tokens", "Revoking a refresh token ends the access tokens that came from it.", "doc")
def test_revoking_a_refresh_token_ends_its_access_tokens() -> None:
    org = new_org()
    token = org.sim.auth.authorize()
    access = refresh(org, token).body["access_token"]
    assert post(org, "revoke", token=token).status == 200
    assert not alive(org, access)
    assert refresh(org, token).status == 400
    assert alive(org, org.token)


@fact("salesforce", "tokens", "Revoking what is no token is a 400.", "doc")
def test_revoking_nothing_is_a_mistake() -> None:
    answer = post(new_org(), "revoke", token="nope")
    assert (answer.status, answer.body["error"]) == (400, "invalid_token")


def test_a_token_may_be_revoked_by_get() -> None:
    org = new_org()
    got = org.sim.handle(Request("GET", "/services/oauth2/revoke", (("token", org.token),)))
    assert got.status == 200
    assert not alive(org, org.token)


@fact(
    "salesforce",
    "tokens",
    "Introspection says of a live token that it is active, for which app and user.",
    "doc",
)
def test_introspection_shows_a_live_token() -> None:
    org = new_org()
    body = post(org, "introspect", basic(org), token=org.token).body
    assert body["active"]
    assert (body["client_id"], body["username"]) == (org.sim.consumer_key, org.sim.auth.username)


@fact("salesforce", "tokens", "Introspection says of an ended token only that it is not active.", "doc")
def test_introspection_of_an_ended_token_says_no_more() -> None:
    org = new_org()
    org.sim.auth.revoke()
    assert post(org, "introspect", token=org.token, **app(org)).body == {"active": False}


def test_introspection_needs_the_app() -> None:
    org = new_org()
    assert post(org, "introspect", token=org.token).status == 401


# -- client credentials and password ------------------------------------------------------------------------
@fact(
    "salesforce",
    "tokens",
    "Client credentials need a run-as user, else no client credentials user enabled.",
    "doc",
)
def test_client_credentials_need_a_run_as_user() -> None:
    org = new_org()
    org.sim.auth.run_as = ""
    answer = ask_token(org.sim)
    assert answer.status == 400
    assert answer.body == {
        "error": "invalid_grant",
        "error_description": "no client credentials user enabled",
    }


@fact(
    "salesforce",
    "tokens",
    "Client credentials are asked for on the My Domain, not on the shared login hosts.",
    "doc",
)
@pytest.mark.parametrize(
    ("host", "status"),
    [("login.salesforce.com", 400), ("test.salesforce.com:443", 400), ("acme.my.salesforce.com", 200)],
)
def test_client_credentials_belong_to_the_domain(host: str, status: int) -> None:
    org = new_org()
    headers = {**basic(org), "host": host}
    assert post(org, "token", headers, grant_type="client_credentials").status == status


@fact(
    "salesforce", "tokens", "A client credentials grant names api_instance_url, other grants do not.", "doc"
)
def test_only_client_credentials_name_the_api_host() -> None:
    org = new_org()
    assert "api_instance_url" in ask_token(org.sim).body
    assert "api_instance_url" not in bearer(org).body


@fact(
    "salesforce",
    "tokens",
    "The password grant is being phased out: it is off unless the org allows it.",
    "doc",
)
def test_the_password_grant_is_off_unless_allowed() -> None:
    org = new_org()
    auth = org.sim.auth
    form = {
        "grant_type": "password",
        "username": auth.username,
        "password": auth.password + auth.security_token,
    }
    assert post(org, "token", **form, **app(org)).body["error"] == "unsupported_grant_type"
    org.sim.switches.password_grant = True
    assert alive(org, post(org, "token", **form, **app(org)).body["access_token"])


@fact(
    "salesforce",
    "tokens",
    "A wrong password, or one without the security token, is an authentication failure.",
    "seen",
)
def test_a_wrong_password_is_an_authentication_failure() -> None:
    org = new_org()
    org.sim.switches.password_grant = True
    form = {"grant_type": "password", "username": org.sim.auth.username, "password": org.sim.auth.password}
    answer = post(org, "token", **form, **app(org))
    assert answer.body == {"error": "invalid_grant", "error_description": "authentication failure"}


# -- sessions -----------------------------------------------------------------------------------------------
@fact("salesforce", "tokens", "The scheme OAuth is taken for Bearer.", "assumed", "oauth_scheme")
def test_the_older_scheme_works_by_switch() -> None:
    org = new_org()
    headers = {"authorization": f"OAuth {org.token}"}
    assert org.send("GET", "sobjects", headers=headers).status == 200
    org.sim.switches.oauth_scheme = False
    assert org.send("GET", "sobjects", headers=headers).status == 401
    assert alive(org, org.token)


@fact(
    "salesforce",
    "tokens",
    "A 401 may come from a policy and then has other words than an ended session; a new token does not help.",
    "seen",
)
def test_a_policy_refuses_a_valid_token_in_other_words() -> None:
    org = new_org()
    org.sim.switches.session_policy = "This session is not valid for use with the REST API"
    for token in (org.token, ask_token(org.sim).body["access_token"]):
        answer = org.send("GET", "sobjects", headers={"authorization": f"Bearer {token}"})
        assert answer.status == 401
        assert json.dumps(answer.body).find("Session expired or invalid") == -1
