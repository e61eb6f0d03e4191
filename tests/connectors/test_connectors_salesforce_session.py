"""The Salesforce session: token, renewal in single flight, replays, retries, limits and failures."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from crmsync.connectors.salesforce import SalesforceSettings
from crmsync.connectors.salesforce.client import Client, Refused
from crmsync.errors import ConfigurationError, FatalError, LeaseError, QuotaError, TransientError

ORG = "https://acme.my.salesforce.example"
API = f"{ORG}/services/data/v62.0"
TOKEN = f"{ORG}/services/oauth2/token"
QUERY = f"{API}/query/"
ENDED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
EMPTY = {"totalSize": 0, "done": True, "records": []}


class Watch:
    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


def client(watch: Watch | None = None, **changes: Any) -> Client:
    settings = {
        "login_url": ORG,
        "instance_url": ORG,
        "consumer_key": "key",
        "consumer_secret": "hush",
    } | changes
    return Client(SalesforceSettings(**settings), watch or Watch())


def grant(number: int = 1) -> dict[str, str]:
    return {
        "access_token": f"00D!token-{number}",
        "instance_url": ORG,
        "id": f"{ORG}/id/00D000000000001AAA/005000000000001AAA",
    }


@pytest.fixture
def org() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(TOKEN, json=grant(1))
        yield mock


def sent(mock: responses.RequestsMock, url: str) -> list[requests.PreparedRequest]:
    return [call.request for call in mock.calls if (call.request.url or "").startswith(url)]


def test_the_token_comes_by_client_credentials_and_goes_with_every_call(org: responses.RequestsMock) -> None:
    org.get(QUERY, json=EMPTY)
    one = client()
    one.query("scan", "SELECT Id FROM Lead")
    one.query("scan", "SELECT Id FROM Lead")
    (asked,) = sent(org, TOKEN)
    assert asked.body == "grant_type=client_credentials"
    assert asked.headers["Authorization"].startswith("Basic ")
    for request in sent(org, QUERY):
        assert request.headers["Authorization"] == "Bearer 00D!token-1"
        assert request.headers["Sforce-Auto-Assign"] == "FALSE"
        assert request.headers["Sforce-Call-Options"] == "client=crmsync"
        assert "X-PrettyPrint" not in request.headers
    assert one.caller.by_purpose() == {"token": 1, "scan": 2}


def test_a_private_key_means_jwt_bearer(org: responses.RequestsMock, tmp_path: Any) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(pem)
    watch = Watch()
    client(
        watch, consumer_secret="", username="bot@acme.example", private_key_file=str(tmp_path / "key.pem")
    ).token()
    form = dict(part.split("=") for part in str(sent(org, TOKEN)[0].body).split("&"))
    claims = jwt.decode(
        form["assertion"], key.public_key(), ["RS256"], audience=ORG, options={"verify_exp": False}
    )
    assert (claims["iss"], claims["sub"]) == ("key", "bot@acme.example")
    assert 0 < claims["exp"] - watch.now().timestamp() <= 180


def test_an_ended_session_is_renewed_once_and_the_same_request_replayed(org: responses.RequestsMock) -> None:
    path = f"{API}/composite/sobjects/Lead/crmsync_id__c"
    org.post(TOKEN, json=grant(2))
    org.patch(path, status=401, json=ENDED)
    org.patch(path, json=[{"id": "00Q", "success": True, "errors": []}])
    assert client().send("create", "PATCH", "composite/sobjects/Lead/crmsync_id__c", {"records": [1]})
    first, second = sent(org, path)
    assert first.body == second.body
    changed = {k for k in first.headers if first.headers[k] != second.headers.get(k)}
    assert changed == {"Authorization"}
    assert second.headers["Authorization"] == "Bearer 00D!token-2"


def test_a_write_is_not_replayed_by_a_process_that_was_taken_over_meanwhile(
    org: responses.RequestsMock,
) -> None:
    """Asked before the first request and before the replay; a read is never asked about."""
    path = f"{API}/composite/sobjects"
    org.post(TOKEN, json=grant(2))
    org.patch(path, status=401, json=ENDED)
    one, asked = client(), []

    def fence() -> None:
        asked.append(len(sent(org, path)))
        if len(asked) == 2:
            raise LeaseError("taken over")

    one.caller.fence = fence
    with pytest.raises(LeaseError):
        one.send("update", "PATCH", "composite/sobjects", {"records": [1]})
    assert asked == [0, 1] and len(sent(org, path)) == 1
    org.get(QUERY, status=401, json=ENDED)
    org.get(QUERY, json=EMPTY)
    one.query("scan", "SELECT Id FROM Lead")
    assert len(asked) == 2


def test_eight_parallel_ends_make_one_renewal(org: responses.RequestsMock) -> None:
    org.post(TOKEN, json=grant(2))
    together = threading.Barrier(8)

    def reply(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if request.headers["Authorization"].endswith("token-1"):
            together.wait(timeout=10)
            return 401, {}, '[{"errorCode": "INVALID_SESSION_ID"}]'
        return 200, {}, '{"totalSize": 0, "done": true, "records": []}'

    org.add_callback(responses.GET, QUERY, callback=reply)
    one = client()
    one.token()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: one.query("scan", "SELECT Id FROM Lead"), range(8)))
    assert len(sent(org, TOKEN)) == 2
    assert len(sent(org, QUERY)) == 16


def test_a_second_end_ends_the_cycle_and_never_loops(org: responses.RequestsMock) -> None:
    org.get(QUERY, status=401, json=ENDED)
    one = client()
    with pytest.raises(TransientError) as caught:
        one.query("scan", "SELECT Id FROM Lead")
    assert "run-as user" in caught.value.fix
    assert len(sent(org, QUERY)) == 2


def test_ends_over_some_cycles_with_nothing_accepted_between_are_fatal(org: responses.RequestsMock) -> None:
    org.get(QUERY, status=401, json=ENDED)
    watch = Watch()
    one = client(watch)
    for _ in range(2):
        with pytest.raises(TransientError):
            one.query("scan", "SELECT Id FROM Lead")
        watch.sleep(150)
    with pytest.raises(FatalError):
        one.query("scan", "SELECT Id FROM Lead")
    assert len(sent(org, QUERY)) == 6


def test_a_session_that_a_policy_is_against_is_fatal_at_once(org: responses.RequestsMock) -> None:
    said = {
        "errorCode": "INVALID_SESSION_ID",
        "message": "This session is not valid for use with the REST API",
    }
    org.get(QUERY, status=401, json=[said])
    with pytest.raises(FatalError):
        client().query("scan", "SELECT Id FROM Lead")
    assert len(sent(org, QUERY)) == 2


def test_another_401_is_fatal_at_once(org: responses.RequestsMock) -> None:
    org.get(QUERY, status=401, json=[{"errorCode": "OAUTH_POLICY", "message": "not attached to Agent"}])
    with pytest.raises(FatalError):
        client().query("scan", "SELECT Id FROM Lead")
    assert len(sent(org, QUERY)) == 1


def test_a_refused_token_says_what_to_do_and_no_secret() -> None:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN, status=400, json={"error": "invalid_client", "error_description": "bad hush"})
        with pytest.raises(FatalError) as caught:
            client().token()
    assert "invalid_client" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (403, "<html>The service is being maintained</html>"),
        (403, ""),
        (400, {"error": "invalid_grant", "error_description": "ip restricted"}),
        (400, {"error": "invalid_grant", "error_description": "invalid login hours"}),
        (400, {"error": "rate_limit_exceeded", "error_description": "login rate exceeded"}),
        (403, {"error": "temporarily_unavailable"}),
    ],
)
def test_a_token_endpoint_that_turns_us_away_for_now_is_asked_again_ten_minutes_later(
    status: int, reply: Any
) -> None:
    body = {"json": reply} if isinstance(reply, dict) else {"body": reply}
    watch = Watch()
    with responses.RequestsMock() as mock:
        mock.post(TOKEN, status=status, **body)
        one = client(watch)
        for _ in range(3):
            with pytest.raises(TransientError) as caught:
                one.token()
        assert len(sent(mock, TOKEN)) == 1
        assert "login IP ranges" in caught.value.fix
        watch.sleep(600)
        mock.replace(responses.POST, TOKEN, json=grant(1))
        assert one.token().access == "00D!token-1"


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (400, "invalid_grant", "user hasn't approved this consumer"),
        (400, "invalid_grant", "inactive user"),
        (400, "inactive_org", "this org is locked"),
        (401, "invalid_client", "invalid client credentials"),
        (403, "invalid_client_id", "client identifier invalid"),
    ],
)
def test_a_token_endpoint_that_says_no_is_fatal(status: int, error: str, said: str) -> None:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN, status=status, json={"error": error, "error_description": said})
        with pytest.raises(FatalError, match=error):
            client().token()


@pytest.mark.parametrize("status", [406, 420, 429, 500, 502, 503, 504])
def test_a_read_survives_the_platform_failing_with_html(org: responses.RequestsMock, status: int) -> None:
    org.get(QUERY, status=status, body="<html>Sorry</html>")
    org.get(QUERY, json=EMPTY)
    watch = Watch()
    assert client(watch).query("scan", "SELECT Id FROM Lead") == EMPTY
    assert len(watch.slept) == 1


@pytest.mark.parametrize(
    ("status", "times", "maybe"), [(503, 2, False), (429, 2, False), (500, 1, True), (502, 1, True)]
)
def test_a_write_is_repeated_only_when_turned_away(
    org: responses.RequestsMock, status: int, times: int, maybe: bool
) -> None:
    path = f"{API}/composite/sobjects"
    org.patch(path, status=status, body="")
    org.patch(path, json=[])
    one = client()
    if maybe:
        with pytest.raises(TransientError) as caught:
            one.send("update", "PATCH", "composite/sobjects", {})
        assert caught.value.maybe_written
    else:
        one.send("update", "PATCH", "composite/sobjects", {})
    assert len(sent(org, path)) == times


def test_a_broken_connection_leaves_a_write_uncertain_but_not_a_read(org: responses.RequestsMock) -> None:
    org.get(QUERY, body=requests.ConnectionError("Connection aborted."))
    org.get(QUERY, json=EMPTY)
    org.patch(f"{API}/composite/sobjects", body=requests.ReadTimeout("slow"))
    one = client()
    assert one.query("scan", "SELECT Id FROM Lead") == EMPTY
    with pytest.raises(TransientError) as caught:
        one.send("update", "PATCH", "composite/sobjects", {})
    assert caught.value.maybe_written


def test_the_two_meanings_of_the_request_limit_are_told_apart(org: responses.RequestsMock) -> None:
    limit = {"errorCode": "REQUEST_LIMIT_EXCEEDED"}
    org.get(
        QUERY,
        status=403,
        json=[limit | {"message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}],
    )
    org.get(QUERY, status=403, json=[limit | {"message": "TotalRequests Limit exceeded."}])
    with pytest.raises(QuotaError) as caught:
        client().query("scan", "SELECT Id FROM Lead")
    assert caught.value.retry_after > 0
    assert len(sent(org, QUERY)) == 2


def test_usage_is_read_from_every_reply_failed_ones_too(org: responses.RequestsMock) -> None:
    org.get(QUERY, json=EMPTY, headers={"Sforce-Limit-Info": "api-usage=18/5000"})
    org.get(
        QUERY,
        status=400,
        json=[{"errorCode": "MALFORMED_QUERY"}],
        headers={"Sforce-Limit-Info": "api-usage=19/5000; per-app-api-usage=17/250(appName=x)"},
    )
    one = client()
    one.query("scan", "SELECT Id FROM Lead")
    assert one.session.usage == (18, 5000)
    with pytest.raises(Refused) as caught:
        one.query("scan", "SELEC")
    assert caught.value.code == "MALFORMED_QUERY"
    assert one.session.usage == (19, 5000)


def test_every_call_has_timeouts(org: responses.RequestsMock) -> None:
    org.get(QUERY, json=EMPTY)
    client(connect_timeout_s=3.0, read_timeout_s=9.0).query("scan", "SELECT Id FROM Lead")
    assert [call.request.req_kwargs["timeout"] for call in org.calls] == [(3.0, 9.0)] * 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "changes",
    [
        {"login_url": "http://acme.example"},
        {"instance_url": "http://acme.example"},
        {"api_version": "v62.0"},
        {"consumer_secret": ""},
    ],
)
def test_unusable_settings_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        client(**changes)


def test_no_secret_shows_in_the_settings() -> None:
    shown = repr(SalesforceSettings(login_url=ORG, consumer_key="the-key", consumer_secret="hush"))
    assert "hush" not in shown
    assert "the-key" not in shown


@pytest.mark.parametrize(("address", "looked_up"), [(ORG, True), ("http://127.0.0.1:9", False)])
def test_a_proxy_of_the_environment_serves_the_real_org_and_not_a_simulator_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, address: str, looked_up: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    session = client(login_url=address, instance_url=address).session
    proxies = session.merge_environment_settings(address.replace("http:", "https:"), {}, None, None, None)[
        "proxies"
    ]
    assert ("https" in proxies) is looked_up
