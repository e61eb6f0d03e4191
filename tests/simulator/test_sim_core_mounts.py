"""The mounts: what a vendor receives is the same over a socket, beneath urllib3 and beneath requests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import urllib3

from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter
from crmsync.simulator.server import serve
from crmsync.simulator.wire import Refused, Request, Reset, Response, TimedOut


@dataclass
class Recorder:
    """A vendor that answers what it is told and keeps what it got."""

    reply: Response | Exception = field(default_factory=lambda: Response(200, b"{}"))
    side: str = "hubspot"
    got: list[Request] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        self.got.append(request)
        if isinstance(self.reply, Response):
            return self.reply
        raise self.reply


@contextmanager
def pools(vendor: Recorder) -> Iterator[list[tuple[HubSpotPool | urllib3.PoolManager, str]]]:
    """The same vendor as a stand-in pool and as a real pool above a server."""
    server, real = serve(vendor), urllib3.PoolManager(retries=urllib3.Retry(total=0))
    try:
        yield [(HubSpotPool(vendor), "https://api.hubspot.example"), (real, server.url)]
    finally:
        real.clear()
        server.close()


@contextmanager
def sessions(vendor: Recorder) -> Iterator[list[tuple[requests.Session, str]]]:
    server = serve(vendor)
    inner, outer = requests.Session(), requests.Session()
    inner.mount("https://", SalesforceAdapter(vendor))
    try:
        yield [(inner, "https://org.salesforce.example"), (outer, server.url)]
    finally:
        inner.close()
        outer.close()
        server.close()


def essence(request: Request) -> tuple[object, ...]:
    """What a handler looks at."""
    return (
        request.method,
        request.path,
        request.query,
        request.headers.get("authorization"),
        request.headers.get("content-type"),
        request.body,
    )


@pytest.mark.parametrize(
    ("method", "path", "extra"),
    [
        (
            "GET",
            "/a/b%40c.example",
            {"fields": [("properties", "x"), ("properties", "y z"), ("archived", True)]},
        ),
        ("GET", "/a?x=1&y=", {}),
        ("POST", "/a?x=%2B", {"body": '{"né": 1}'}),
        ("DELETE", "/a/1", {}),
    ],
)
def test_the_stand_in_pool_hands_over_what_a_real_pool_sends(
    method: str, path: str, extra: dict[str, object]
) -> None:
    vendor = Recorder(Response(201, '{"é":1}'.encode(), {"content-type": "application/json", "x-a": "b"}))
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    with pools(vendor) as both:
        for pool, base in both:
            reply = pool.request(method, base + path, headers=dict(headers), preload_content=False, **extra)
            assert (reply.status, reply.data, reply.headers["X-A"]) == (201, '{"é":1}'.encode(), "b")
            assert reply.getheader("Content-Type") == "application/json"
            reply.release_conn()
    assert essence(vendor.got[0]) == essence(vendor.got[1])


def test_the_adapter_hands_over_what_requests_sends() -> None:
    vendor = Recorder(
        Response(300, b'["a"]', {"content-type": "application/json;charset=UTF-8"}), "salesforce"
    )
    with sessions(vendor) as both:
        for session, base in both:
            form = session.post(base + "/token", data={"grant_type": "client_credentials"}, timeout=5)
            assert (form.status_code, form.json(), form.reason) == (300, ["a"], "Multiple Choices")
            session.get(base + "/q", params={"q": "SELECT Id, Name FROM Lead WHERE Name = 'é+'"}, timeout=5)
            session.patch(base + "/r", json={"a": 1}, timeout=5)
    half = len(vendor.got) // 2
    assert [essence(r) for r in vendor.got[:half]] == [essence(r) for r in vendor.got[half:]]
    assert vendor.got[1].param("q") == "SELECT Id, Name FROM Lead WHERE Name = 'é+'"


def test_an_empty_reply_reads_as_empty_bytes() -> None:
    vendor = Recorder(Response(204))
    with pools(vendor) as both, sessions(vendor) as others:
        assert [pool.request("DELETE", base + "/a").data for pool, base in both] == [b"", b""]
        assert [session.delete(base + "/a", timeout=5).content for session, base in others] == [b"", b""]


def fate(through: Any, method: str, url: str, **more: Any) -> list[str]:
    """The names of what a request raises, from without inwards; its body, when it has one."""
    try:
        reply = through.request(method, url, **more)
        return [repr(reply.content if isinstance(reply, requests.Response) else reply.data)]
    except (urllib3.exceptions.HTTPError, requests.RequestException) as error:
        inner = getattr(error, "reason", None)
        return [type(error).__name__, *([type(inner).__name__] if inner is not None else [])]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
@pytest.mark.parametrize(
    "reply",
    [
        Reset(),
        TimedOut(0.5),
        Response(200, b'{"a":', {"content-type": "application/json"}, missing=7),
        Response(200, b"{}", delay_s=9.0, held_s=0.5),
        Response(200, b"{}", delay_s=0.01, held_s=0.01),
    ],
    ids=["reset", "no reply", "half a reply", "slow", "slow but in time"],
)
def test_what_goes_wrong_looks_the_same_beneath_urllib3_as_over_a_socket(
    method: str, reply: Response | Exception
) -> None:
    """The stand-in raises what a pool without retries raises; with its body read as the vendor's client reads it."""
    with pools(Recorder(reply)) as both:
        timeout = urllib3.Timeout(connect=2, read=0.15)
        fates = [
            fate(pool, method, base + "/a", preload_content=False, timeout=timeout) for pool, base in both
        ]
    assert fates[0] == fates[1]
    assert (fates[0] == ["b'{}'"]) is (isinstance(reply, Response) and reply.delay_s == 0.01)


@pytest.mark.parametrize(
    "reply",
    [
        Reset(),
        TimedOut(0.5),
        Response(200, b'{"a":', {"content-type": "application/json"}, missing=7),
        Response(200, b"{}", delay_s=9.0, held_s=0.5),
        Response(200, b"{}", delay_s=0.01, held_s=0.01),
    ],
    ids=["reset", "no reply", "half a reply", "slow", "slow but in time"],
)
def test_what_goes_wrong_looks_the_same_beneath_requests_as_over_a_socket(
    reply: Response | Exception,
) -> None:
    with sessions(Recorder(reply, "salesforce")) as both:
        fates = [fate(session, "GET", base, timeout=(2, 0.15)) for session, base in both]
    assert fates[0] == fates[1]


def test_a_client_without_a_timeout_waits_for_any_reply() -> None:
    vendor = Recorder(Response(200, b"{}", delay_s=9_999.0))
    assert HubSpotPool(vendor).request("GET", "https://api.hubspot.example/a").data == b"{}"
    session = requests.Session()
    session.mount("https://", SalesforceAdapter(vendor))
    assert session.get("https://org.salesforce.example/").json() == {}


def test_refused_is_the_clients_own_network_error() -> None:
    for method in ("GET", "POST"):
        with pytest.raises(urllib3.exceptions.MaxRetryError) as refused:
            HubSpotPool(Recorder(Refused())).request(method, "https://api.hubspot.example/a")
        assert isinstance(refused.value.reason, urllib3.exceptions.NewConnectionError)
    with sessions(Recorder(Refused(), "salesforce")) as both:
        for session, base in both:
            with pytest.raises(requests.ConnectionError):
                session.get(base, timeout=5)


def test_a_server_that_holds_a_request_can_be_closed() -> None:
    server, pool = serve(Recorder(TimedOut(60))), urllib3.PoolManager(retries=urllib3.Retry(total=0))
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        pool.request("GET", server.url, timeout=0.1)
    server.close()
    pool.clear()


def test_one_connection_serves_many_requests() -> None:
    vendor = Recorder()
    server, pool = serve(vendor), urllib3.PoolManager()
    try:
        for _ in range(5):
            assert pool.request("GET", server.url + "/a").status == 200
        assert pool.connection_from_url(server.url).num_connections == 1
    finally:
        pool.clear()
        server.close()


def test_a_body_in_chunks_arrives_whole() -> None:
    vendor = Recorder()
    server = serve(vendor)
    try:
        for _ in range(2):
            assert requests.post(server.url, data=iter([b"one,", b"two"]), timeout=5).status_code == 200
    finally:
        server.close()
    assert [each.body for each in vendor.got] == [b"one,two"] * 2


def test_requests_are_handled_one_at_a_time() -> None:
    inside, most, lock = [0], [0], threading.Lock()

    class Slow:
        side = "hubspot"

        def handle(self, request: Request) -> Response:
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            threading.Event().wait(0.005)
            with lock:
                inside[0] -= 1
            return Response(200, b"{}")

    server = serve(Slow())
    try:

        def ask() -> None:
            with requests.Session() as session:
                assert session.get(server.url, timeout=5).status_code == 200

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.close()
    assert most[0] == 1


def test_a_taken_port_is_an_error_and_a_closed_server_frees_its_own() -> None:
    server = serve(Recorder())
    with pytest.raises(OSError, match="in use"):
        serve(Recorder(), port=server.port)
    server.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400_and_reaches_no_vendor(sent: bytes) -> None:
    vendor = Recorder()
    server = serve(vendor)
    try:
        with socket.create_connection((server.host, server.port), 5) as connection:
            connection.sendall(sent)
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
    finally:
        server.close()
    assert (answer.partition(b"\r\n")[0], vendor.got) == (b"HTTP/1.1 400 Bad Request", [])
