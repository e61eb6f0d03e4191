"""Keys to the portal: static tokens, apps with their access and refresh tokens, and what takes them away."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from facts import fact
from hubspot.oauth.exceptions import ApiException
from sim_hubspot_builders import MORNING, Bench, mounted

from crmsync.simulator.hubspot.admins import REDIRECT, Installed
from crmsync.simulator.hubspot.portal import HubSpotSim
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.wire import Request, Response

CONTACTS = "/crm/v3/objects/contacts"
TOKEN_PATHS = ["/oauth/2026-09/token", "/oauth/2026-03/token", "/oauth/v3/token"]
FORM = {"content-type": "application/x-www-form-urlencoded"}


def post(bench: Bench, path: str, form: dict[str, str], query: dict[str, str] | None = None) -> Response:
    """A form without any token."""
    pairs = tuple((query or {}).items())
    return bench.sim.handle(Request("POST", path, pairs, FORM, urlencode(form).encode()))


def asked(bench: Bench, form: dict[str, str], path: str = TOKEN_PATHS[0]) -> tuple[int, Any]:
    reply = post(bench, path, form)
    return reply.status, orjson.loads(reply.body)


def by(app: Installed, **form: str) -> dict[str, str]:
    """A form of an app."""
    return {"client_id": app.client_id, "client_secret": app.client_secret, **form}


def refreshing(app: Installed, token: str = "") -> dict[str, str]:
    return by(app, grant_type="refresh_token", refresh_token=token or app.refresh_token)


def fresh(bench: Bench, app: Installed) -> str:
    """A new access token."""
    return str(asked(bench, refreshing(app))[1]["access_token"])


def call(bench: Bench, token: str, path: str = CONTACTS) -> tuple[int, Any]:
    reply = bench.sim.handle(Request("GET", path, (), {"authorization": f"Bearer {token}"}))
    return reply.status, orjson.loads(reply.body)


# -- static tokens -------------------------------------------------------------------------------------------
@fact("hubspot", "oauth", "A static token of a private app or service key never expires", "doc")
def test_a_static_token_never_expires() -> None:
    bench = Bench()
    bench.clock.advance(400 * 86_400)
    assert call(bench, bench.sim.access_token)[0] == 200


@fact("hubspot", "oauth", "A rotated service key goes on working for a grace of seven days", "doc")
def test_a_rotated_token_works_for_seven_days_more() -> None:
    bench = Bench()
    old = bench.sim.access_token
    new = bench.sim.rotate_token()
    assert new == bench.sim.access_token != old
    bench.clock.advance(7 * 86_400 - 1)
    assert [call(bench, token)[0] for token in (old, new)] == [200, 200]
    bench.clock.advance(1)
    assert [call(bench, token)[0] for token in (old, new)] == [401, 200]


def test_a_token_can_be_rotated_without_grace() -> None:
    bench = Bench()
    old = bench.sim.access_token
    bench.sim.rotate_token(grace_s=0)
    assert call(bench, old)[0] == 401


@fact("hubspot", "oauth", "A static token begins with pat and the data centre", "doc")
def test_a_static_token_names_its_data_centre() -> None:
    bench = Bench()
    assert bench.sim.access_token.startswith("pat-na1-")
    assert bench.sim.rotate_token().startswith("pat-na1-")


# -- getting tokens ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", TOKEN_PATHS)
@fact(
    "hubspot", "oauth", "Tokens are got with a form POST to the token path of v3 or of a dated version", "doc"
)
def test_a_refresh_token_gets_an_access_token(path: str) -> None:
    bench = Bench()
    app = bench.sim.install_app()
    status, reply = asked(bench, refreshing(app), path)
    assert (status, reply["token_type"]) == (200, "bearer")
    assert call(bench, reply["access_token"])[0] == 200


@fact("hubspot", "oauth", "A token reply names the account in hub_id and the granted scopes", "doc")
def test_a_token_reply_says_whose_it_is() -> None:
    bench = Bench()
    app = bench.sim.install_app(frozenset({"crm.objects.contacts.read"}))
    _, reply = asked(bench, refreshing(app))
    assert (reply["hub_id"], reply["scopes"]) == (int(bench.sim.portal_id), ["crm.objects.contacts.read"])


@fact("hubspot", "oauth", "An access token lives half an hour and expires_in says so", "doc")
def test_an_access_token_lives_half_an_hour() -> None:
    bench = Bench()
    _, reply = asked(bench, refreshing(bench.sim.install_app()))
    assert reply["expires_in"] == 1800
    bench.clock.advance(1799)
    assert call(bench, reply["access_token"])[0] == 200
    bench.clock.advance(1)
    assert call(bench, reply["access_token"])[0] == 401


@fact(
    "hubspot",
    "oauth",
    "An expired token is told from a wrong one by category, seconds and expire time",
    "seen",
)
def test_an_expired_token_says_since_when() -> None:
    bench = Bench()
    token = fresh(bench, bench.sim.install_app())
    bench.clock.advance(1807)
    status, body = call(bench, token)
    assert (status, body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert body["message"] == "The OAuth token used to make this call expired 7 second(s) ago."
    assert body["context"] == {"expire time": ["2026-03-02T09:30:00.000Z"]}


@fact("hubspot", "oauth", "A refresh token that is revoked, expired or wrong is a 400 with status BAD_REFRESH_TOKEN", "doc")  # fmt: skip
def test_a_bad_refresh_token_is_an_invalid_grant() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    status, body = asked(bench, refreshing(app, "na1-wrong"))
    said = "refresh token is invalid, expired or revoked"
    assert status == 400
    assert body == {
        "error": "invalid_grant",
        "error_description": said,
        "status": "BAD_REFRESH_TOKEN",
        "message": said,
    }


@fact("hubspot", "oauth", "Refreshing keeps the refresh token unless the vendor rotates it", "assumed", "rotate_refresh_tokens")  # fmt: skip
def test_refreshing_keeps_the_refresh_token_by_default() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    assert asked(bench, refreshing(app))[1]["refresh_token"] == app.refresh_token
    assert asked(bench, refreshing(app))[0] == 200


@fact("hubspot", "oauth", "With rotation each refresh hands out a new refresh token and voids the old one", "assumed", "rotate_refresh_tokens")  # fmt: skip
def test_a_rotating_refresh_token_works_once() -> None:
    bench = Bench()
    bench.sim.switches.rotate_refresh_tokens = True
    app = bench.sim.install_app()
    new = asked(bench, refreshing(app))[1]["refresh_token"]
    assert new != app.refresh_token
    assert asked(bench, refreshing(app))[1]["status"] == "BAD_REFRESH_TOKEN"
    assert asked(bench, refreshing(app, new))[0] == 200


@fact(
    "hubspot",
    "oauth",
    "An authorization code is good for one exchange with the app's own redirect address",
    "doc",
)
def test_a_code_is_exchanged_once() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    code = bench.sim.authorize_app(app.client_id)
    form = by(app, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert asked(bench, {**form, "redirect_uri": "https://other.example"})[0] == 400
    status, reply = asked(bench, form)
    assert (status, call(bench, reply["access_token"])[0]) == (200, 200)
    assert asked(bench, form)[1]["error"] == "invalid_grant"


@fact(
    "hubspot",
    "oauth",
    "An app gets a token of its own with client_credentials, for the webhooks journal only",
    "doc",
)
def test_an_apps_own_token_opens_no_account() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    scope = "developer.webhooks_journal.read developer.webhooks_journal.subscriptions.read"
    status, reply = asked(bench, by(app, grant_type="client_credentials", scope=scope))
    assert (status, reply["scopes"]) == (200, scope.split())
    assert "refresh_token" not in reply
    assert "hub_id" not in reply
    assert call(bench, reply["access_token"])[0] == 403
    assert call(bench, reply["access_token"], "/account-info/2026-09/details")[0] == 403


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "client_id": "nope"}, "invalid_client"),
        ({"grant_type": "refresh_token", "client_secret": "nope"}, "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "crm.everything"}, "invalid_scope"),
        ({"grant_type": "refresh_token", "client_assertion": "jwt"}, "invalid_request"),
    ],
)
@fact("hubspot", "oauth", "A token request that is wrong is a 400 with error and error_description as RFC 6749 has them", "doc")  # fmt: skip
def test_a_wrong_token_request_is_refused_in_the_standard_form(form: dict[str, str], error: str) -> None:
    bench = Bench()
    status, body = asked(bench, by(bench.sim.install_app()) | form)
    assert (status, body["error"]) == (400, error)
    assert body["error_description"] == body["message"]


@fact(
    "hubspot", "oauth", "Outside v1 secrets stand in the body and a query that holds them is refused", "doc"
)
def test_secrets_in_the_query_are_refused() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    assert post(bench, TOKEN_PATHS[0], {}, refreshing(app)).status == 400
    assert post(bench, "/oauth/v3/token", {}, refreshing(app)).status == 400


def test_a_token_request_in_json_is_no_form() -> None:
    bench = Bench()
    body = orjson.dumps(refreshing(bench.sim.install_app()))
    request = Request("POST", TOKEN_PATHS[0], (), {"content-type": "application/json"}, body)
    assert bench.sim.handle(request).status == 415


# -- looking at tokens and voiding them ----------------------------------------------------------------------
@fact(
    "hubspot", "oauth", "Introspection tells an access token's account, app, scopes and seconds left", "doc"
)
def test_introspection_describes_an_access_token() -> None:
    bench = Bench()
    app = bench.sim.install_app(frozenset({"crm.objects.contacts.read"}))
    token = fresh(bench, app)
    bench.clock.advance(60)
    status, seen = asked(bench, by(app, token=token), "/oauth/2026-09/token/introspect")
    assert status == 200
    assert (seen["active"], seen["token_use"], seen["expires_in"]) == (True, "access_token", 1740)
    assert (seen["hub_id"], seen["app_id"], seen["client_id"]) == (
        int(bench.sim.portal_id),
        app.app_id,
        app.client_id,
    )
    assert seen["scopes"] == ["crm.objects.contacts.read"]


@fact("hubspot", "oauth", "Introspecting a refresh token works through the same path", "doc")
def test_introspection_describes_a_refresh_token() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    _, seen = asked(bench, by(app, token=app.refresh_token), "/oauth/v3/token/introspect")
    assert (seen["active"], seen["token_use"]) == (True, "refresh_token")


@fact("hubspot", "oauth", "Introspecting a token that nobody knows answers 200 and not active", "seen")
def test_introspection_of_an_unknown_token_is_no_error() -> None:
    bench = Bench()
    form = by(bench.sim.install_app(), token="nope")
    assert asked(bench, form, "/oauth/2026-09/token/introspect") == (200, {"active": False})


@fact("hubspot", "oauth", "Revoking a refresh token leaves the access tokens that were got with it", "doc")
def test_revoking_leaves_access_tokens_alive() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    token = fresh(bench, app)
    assert post(bench, "/oauth/2026-09/token/revoke", by(app, token=app.refresh_token)).status == 200
    assert asked(bench, refreshing(app))[1]["status"] == "BAD_REFRESH_TOKEN"
    assert call(bench, token)[0] == 200


def test_an_app_cannot_see_or_revoke_the_tokens_of_another() -> None:
    bench = Bench()
    one, two = bench.sim.install_app(), bench.sim.install_app()
    form = by(two, token=one.refresh_token)
    assert asked(bench, form, "/oauth/v3/token/introspect")[1] == {"active": False}
    post(bench, "/oauth/v3/token/revoke", form)
    assert asked(bench, refreshing(one))[0] == 200


@fact("hubspot", "oauth", "An app that is thrown out loses all its tokens", "seen")
def test_an_uninstalled_app_is_locked_out() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    token = fresh(bench, app)
    bench.sim.uninstall_app(app.client_id)
    assert call(bench, token)[1]["category"] == "INVALID_AUTHENTICATION"
    assert asked(bench, refreshing(app))[1]["status"] == "BAD_REFRESH_TOKEN"


def test_people_can_revoke_what_an_app_refreshes_with() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    token = fresh(bench, app)
    bench.sim.revoke_refresh_tokens(app.client_id)
    assert asked(bench, refreshing(app))[0] == 400
    assert call(bench, token)[0] == 200
    with pytest.raises(ValueError, match="no app"):
        bench.sim.revoke_refresh_tokens("nope")


# -- v1 ------------------------------------------------------------------------------------------------------
@fact("hubspot", "oauth", "The v1 token path still takes its parameters from the query", "doc")
def test_v1_takes_secrets_from_the_query() -> None:
    bench = Bench()
    reply = post(bench, "/oauth/v1/token", {}, refreshing(bench.sim.install_app()))
    assert reply.status == 200
    assert set(orjson.loads(reply.body)) == {"token_type", "refresh_token", "access_token", "expires_in"}


@fact("hubspot", "oauth", "v1 describes a token that stands in the path", "doc")
def test_v1_describes_tokens_by_path() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    token = fresh(bench, app)
    seen = orjson.loads(bench.sim.handle(Request("GET", f"/oauth/v1/access-tokens/{token}")).body)
    assert (seen["hub_id"], seen["token_type"], seen["expires_in"]) == (
        int(bench.sim.portal_id),
        "access",
        1800,
    )
    seen = orjson.loads(
        bench.sim.handle(Request("GET", f"/oauth/v1/refresh-tokens/{app.refresh_token}")).body
    )
    assert (seen["client_id"], seen["token_type"]) == (app.client_id, "refresh")
    assert bench.sim.handle(Request("GET", "/oauth/v1/access-tokens/nope")).status == 404


@fact("hubspot", "oauth", "v1 revokes a refresh token with DELETE", "doc")
def test_v1_deletes_a_refresh_token() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    path = f"/oauth/v1/refresh-tokens/{app.refresh_token}"
    assert [bench.sim.handle(Request("DELETE", path)).status for _ in range(2)] == [204, 404]
    assert asked(bench, refreshing(app))[0] == 400


@pytest.mark.parametrize("mount", ["in process", "http"])
def test_the_published_client_gets_and_uses_tokens(mount: str) -> None:
    bench = Bench()
    app = bench.sim.install_app()
    with mounted(mount, bench.sim) as crm:
        tokens = crm.oauth.tokens_api.create(
            grant_type="refresh_token",
            client_id=app.client_id,
            client_secret=app.client_secret,
            refresh_token=app.refresh_token,
        )
        assert tokens.expires_in == 1800
        assert crm.oauth.access_tokens_api.get(tokens.access_token).hub_id == int(bench.sim.portal_id)
        contacts = crm.crm.contacts.basic_api
        contacts.api_client.configuration.access_token = tokens.access_token
        assert contacts.get_page().results == []
        with pytest.raises(ApiException, match="BAD_REFRESH_TOKEN"):
            crm.oauth.tokens_api.create(
                grant_type="refresh_token",
                client_id=app.client_id,
                client_secret=app.client_secret,
                refresh_token="nope",
            )


def test_the_same_seed_gives_the_same_tokens() -> None:
    def told(seed: int) -> tuple[str, ...]:
        bench = Bench()
        bench.sim = HubSpotSim(bench.clock, Ledger(), seed)
        app = bench.sim.install_app()
        return (
            app.client_id,
            app.client_secret,
            app.refresh_token,
            fresh(bench, app),
            bench.sim.rotate_token(),
        )

    assert told(1) == told(1)
    assert set(told(1)).isdisjoint(told(2))
    assert MORNING.tzinfo is not None


def test_installing_an_app_moves_no_record_id() -> None:
    ids = []
    for apps in (0, 2):
        bench = Bench()
        for _ in range(apps):
            fresh(bench, bench.sim.install_app())
        ids.append(bench.person("ann"))
    assert ids[0] == ids[1]


def test_no_secret_is_printed() -> None:
    bench = Bench()
    app = bench.sim.install_app()
    token = fresh(bench, app)
    access, grant = bench.sim.keys.access(token), bench.sim.keys.grant(app.refresh_token)
    printed = repr((app, bench.sim.keys.apps, access, grant))
    assert not [secret for secret in (app.client_secret, app.refresh_token, token) if secret in printed]
