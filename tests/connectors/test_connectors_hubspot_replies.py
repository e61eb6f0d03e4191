"""The HubSpot client against replies of every shape: bodies that are no JSON, errors old and new, odd connections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import urllib3

from crmsync.connectors.hubspot import HubSpotSettings
from crmsync.connectors.hubspot.client import Client, Refused
from crmsync.connectors.hubspot.connector import HubSpotConnector
from crmsync.connectors.hubspot.describe import Plain
from crmsync.connectors.hubspot.read import Reader
from crmsync.connectors.hubspot.write import Writer
from crmsync.errors import FatalError, QuotaError, TransientError
from crmsync.model.records import FieldType, NativeField, ObjectInfo, Verdict, Write


class Watch:
    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Script:
    """A pool that answers what it was told to, in turn, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def request(self, method: str, url: str, **more: Any) -> urllib3.HTTPResponse:
        self.asked.append({"method": method, "url": url, **more})
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return urllib3.HTTPResponse(raw, headers[0] if headers else {}, status, preload_content=False)


def client(script: Script, watch: Watch | None = None) -> Client:
    settings = HubSpotSettings(
        "pat-na1-secret", "https://hubspot.example", connect_timeout_s=3.0, read_timeout_s=9.0
    )
    return Client(settings, watch or Watch(), script)


def write(script: Script, *writes: Write) -> dict[int, Any]:
    fields = {n: NativeField(n, FieldType.TEXT, as_text=True) for n in ("email", "firstname", "crmsync_id")}
    fields["since"] = NativeField("since", FieldType.DATETIME, as_text=True)
    plain = Plain(ObjectInfo("hubspot", "contacts", fields))
    return {r.ref: r for r in Writer(client(script), lambda _: plain).write("contacts", writes)}


def test_a_queue_is_an_owner_only_when_queues_are_asked_for() -> None:
    rows = [
        {"id": "1", "email": "Ann@sales.example", "type": "PERSON", "archived": False},
        {"id": "2", "email": None, "firstName": "Inbound", "type": "QUEUE", "archived": False},
    ]
    for queues, expected in ((False, ["1"]), (True, ["1", "2"])):
        script = Script((200, {"results": rows}), (200, {"results": []}))
        owners = HubSpotConnector(client(script)).owners(queues=queues)
        assert [o.id for o in owners] == expected
        assert [o.queue for o in owners] == [False, True][: len(expected)]


def ok(*results: Any, errors: Any = None) -> tuple[int, Any]:
    body: dict[str, Any] = {"status": "COMPLETE", "results": list(results)}
    return (207, body | {"numErrors": 1, "errors": errors}) if errors else (200, body)


def row(native: str, ref: int | None = None, **properties: str) -> dict[str, Any]:
    return {"id": native, "properties": properties} | (
        {} if ref is None else {"objectWriteTraceId": str(ref)}
    )


# -- transport ----------------------------------------------------------------------------------------------
def test_every_call_has_a_timeout_and_one_authorisation() -> None:
    script = Script((200, {}))
    client(script).get("scan", "/crm/v3/objects/contacts", {"limit": "100"})
    (asked,) = script.asked
    assert (asked["timeout"].connect_timeout, asked["timeout"].read_timeout) == (3.0, 9.0)
    assert asked["headers"]["Authorization"] == "Bearer pat-na1-secret"
    assert asked["fields"] == [("limit", "100")]


@pytest.mark.parametrize(
    "broken",
    [
        (502, b"<html>Bad \xff gateway</html>"),
        (500, b""),
        (524, b"<html></html>"),
        (200, b'{"results": [{"id'),
        urllib3.exceptions.ProtocolError("Connection aborted."),
        urllib3.exceptions.ReadTimeoutError(None, "", "slow"),  # type: ignore[arg-type]
        AttributeError("'NoneType' object has no attribute 'decode'"),
        OSError("broken pipe"),
    ],
)
def test_a_broken_reply_is_read_again_but_leaves_a_write_uncertain(broken: Any) -> None:
    assert client(Script(broken, (200, {"results": []}))).get("scan", "/x") == {"results": []}
    script = Script(broken)
    with pytest.raises(TransientError) as caught:
        client(script).send("update", "/x", {"inputs": [1]})
    assert caught.value.maybe_written
    assert len(script.asked) == 1


def test_a_connection_that_never_was_is_tried_again_for_writes_too() -> None:
    never = urllib3.exceptions.ConnectTimeoutError()
    script = Script(never, (200, {"done": True}))
    assert client(script).send("update", "/x", {"inputs": [1]}) == {"done": True}


def test_limits_wait_as_long_as_their_policy_or_the_vendor_says() -> None:
    def limit(policy: str) -> dict[str, str]:
        return {"policyName": policy, "category": "RATE_LIMITS"}

    watch = Watch()
    script = Script(
        (429, limit("TEN_SECONDLY_ROLLING")),
        (429, limit("SECONDLY")),
        (429, limit("SECONDLY"), {"Retry-After": "7"}),
        (423, {}),
        (200, {}),
    )
    client(script, watch).send("update", "/x", {"inputs": [1]})
    assert watch.slept[0] == 10.0
    assert watch.slept[1] >= 1.0
    assert watch.slept[2] == 7.0
    assert watch.slept[3] >= 2.0


@pytest.mark.parametrize("body", [{"policyName": "DAILY"}, {"message": "You have reached your daily limit."}])
def test_the_daily_limit_is_not_waited_for(body: dict[str, str]) -> None:
    script = Script((429, body))
    with pytest.raises(QuotaError):
        client(script).get("scan", "/x")
    assert len(script.asked) == 1


def test_an_account_on_the_move_is_left_alone() -> None:
    with pytest.raises(TransientError) as caught:
        client(Script((477, b"", {"Retry-After": "86400"}))).get("scan", "/x")
    assert caught.value.retry_after == 86400


def test_missing_scopes_are_named() -> None:
    body = {
        "category": "MISSING_SCOPES",
        "errors": [{"message": "m", "context": {"requiredGranularScopes": ["crm.objects.contacts.write"]}}],
    }
    with pytest.raises(FatalError) as caught:
        client(Script((403, body))).get("scan", "/x")
    assert "crm.objects.contacts.write" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_refusal_without_a_category_is_still_a_refusal_and_quotes_nothing() -> None:
    body = {"status": "error", "message": "no contact jo@acme.example", "correlationId": "c-1"}
    with pytest.raises(Refused) as caught:
        client(Script((400, body))).get("scan", "/x")
    told = str(caught.value.fatal("a read"))
    assert "c-1" in told
    assert "jo@acme.example" not in told


def test_limit_headers_are_read_whatever_their_case() -> None:
    one = client(Script((200, {}, {"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Remaining": "180",
                                   "X-HUBSPOT-RATELIMIT-DAILY": "1000", "x-hubspot-ratelimit-daily-remaining": "7"})))  # fmt: skip
    one.get("scan", "/x")
    assert one.daily == (1000, 7)


# -- batches ------------------------------------------------------------------------------------------------
def test_results_in_any_order_are_matched_by_trace_id_or_by_key() -> None:
    script = Script(
        ok(row("12", 2, firstname="B"), {**row("11", crmsync_id="k1", firstname="A"), "new": True})
    )
    results = write(script, Write(1, {"firstname": "A"}, key="k1"), Write(2, {"firstname": "B"}, key="k2"))
    assert {n: (r.verdict, r.id, r.created, r.stored) for n, r in results.items()} == {
        1: (Verdict.DONE, "11", True, {"firstname": "A"}),
        2: (Verdict.DONE, "12", False, {"firstname": "B"}),
    }


def test_every_input_carries_a_trace_id_of_its_own() -> None:
    script = Script(ok(row("1", 1)), ok(row("2", 2)))
    write(script, Write(1, {"firstname": "x"}, id="1"), Write(2, {"firstname": "x"}, key="k"))
    inputs = [orjson.loads(asked["body"])["inputs"] for asked in script.asked]
    assert [[i["objectWriteTraceId"] for i in batch] for batch in inputs] == [["1"], ["2"]]


def test_a_property_that_is_not_there_costs_one_more_call_however_many_rows_carry_it() -> None:
    error = {"error": "PROPERTY_DOESNT_EXIST", "name": "nope", "message": "m"}
    body = {
        "category": "VALIDATION_ERROR",
        "message": f"Property values were not valid: {orjson.dumps([error]).decode()}",
    }
    script = Script((400, body), ok(row("1", 1)))
    bad = [Write(n, {"nope": "x"}, id=str(n)) for n in range(2, 60)]
    results = write(script, Write(1, {"firstname": "x"}, id="1"), *bad)
    assert results.pop(1).verdict is Verdict.DONE
    assert {(r.verdict, r.fields) for r in results.values()} == {(Verdict.REJECTED, ("nope",))}
    assert len(script.asked) == 2


def test_a_merge_that_only_a_single_read_resolves_is_followed() -> None:
    script = Script(ok(), ok(), (200, row("900", firstname="A")), (404, {"category": "OBJECT_NOT_FOUND"}))
    info = ObjectInfo("hubspot", "contacts", {"firstname": NativeField("firstname", FieldType.TEXT)})
    (record,) = Reader(client(script), lambda _: info).read("contacts", ["7", "8"], ("firstname",))
    assert (record.id, record.aliases, record.values) == ("900", ("7",), {"firstname": "A"})
    assert [asked["method"] for asked in script.asked] == ["POST", "POST", "GET", "GET"]


def test_of_many_absent_records_only_a_handful_is_read_one_by_one() -> None:
    script = Script(ok(), ok(), *[(404, {})] * 5)
    info = ObjectInfo("hubspot", "contacts", {})
    assert Reader(client(script), lambda _: info).read("contacts", [str(n) for n in range(50)], ()) == []
    assert len(script.asked) == 7


def test_milliseconds_in_an_echo_are_a_time() -> None:
    results = write(Script(ok(row("1", 1, since="1762212973632"))), Write(1, {"since": "x"}, id="1"))
    assert results[1].stored == {"since": "2025-11-03T23:36:13.632Z"}


def test_one_error_may_cover_many_rows() -> None:
    gone = {"category": "OBJECT_NOT_FOUND", "message": "m", "context": {"ids": ["1", "3"]}}
    results = write(
        Script(ok(row("2", 2), errors=[gone])), *(Write(n, {"firstname": "x"}, id=str(n)) for n in (1, 2, 3))
    )
    assert {n: r.verdict for n, r in results.items()} == {1: Verdict.GONE, 2: Verdict.DONE, 3: Verdict.GONE}


def test_an_error_that_names_nobody_is_narrowed_down() -> None:
    bad = {"category": "VALIDATION_ERROR", "message": "something is wrong"}
    script = Script(ok(row("1", 1), errors=[bad]), ok(row("2", 2)), ok(errors=[bad]))
    results = write(script, *(Write(n, {"firstname": "x"}, id=str(n)) for n in (1, 2, 3)))
    assert {n: r.verdict for n, r in results.items()} == {
        1: Verdict.DONE,
        2: Verdict.DONE,
        3: Verdict.REJECTED,
    }


def test_a_row_that_the_reply_forgets_may_have_been_written() -> None:
    results = write(
        Script(ok(row("1", 1))), Write(1, {"firstname": "x"}, id="1"), Write(2, {"firstname": "x"}, id="2")
    )
    assert (results[2].verdict, results[2].maybe_written) == (Verdict.TRANSIENT, True)


@pytest.mark.parametrize(
    "body",
    [
        {
            "message": 'Property values were not valid: [{"isValid":false,"message":"jo@ is invalid","error":'
            '"INVALID_EMAIL","name":"email","localizedErrorMessage":"Email address jo@ is invalid"}]',
            "category": "VALIDATION_ERROR",
        },
        {
            "message": "Property values were not valid",
            "errors": [
                {
                    "message": "Email address jo@ is invalid",
                    "code": "INVALID_EMAIL",
                    "context": {"propertyName": ["email"]},
                }
            ],
        },
    ],
    ids=["as text in the message", "as a list"],
)
def test_property_errors_are_understood_in_both_forms(body: dict[str, Any]) -> None:
    (result,) = write(Script((400, body)), Write(1, {"email": "jo@", "firstname": "x"}, id="1")).values()
    assert (result.verdict, result.code, result.fields) == (Verdict.REJECTED, "INVALID_EMAIL", ("email",))
    assert "jo@" not in result.message
    assert result.message


@pytest.mark.parametrize(
    ("body", "existing"),
    [
        (
            {"message": "Contact already exists. Existing ID: 37765128953", "category": "CONFLICT"},
            "37765128953",
        ),
        (
            {"message": "Contact already exists", "category": "CONFLICT", "context": {"existingId": ["9"]}},
            "9",
        ),
        ({"message": "Contact already exists"}, None),
    ],
)
def test_a_conflict_on_create_names_the_record_if_the_vendor_does(
    body: dict[str, Any], existing: str | None
) -> None:
    (result,) = write(Script((409, body)), Write(1, {"firstname": "x"}, key="k")).values()
    assert (result.verdict, result.id) == (Verdict.EXISTS, existing)


def test_a_conflict_on_update_refuses_the_value() -> None:
    body = {"message": "Contact already exists. Existing ID: 5", "category": "CONFLICT"}
    (result,) = write(Script((409, body)), Write(1, {"email": "jo@acme.example"}, id="1")).values()
    assert (result.verdict, result.fields) == (Verdict.REJECTED, ("email",))
