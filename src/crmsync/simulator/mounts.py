"""In-process mounts: a simulated vendor beneath the real vendor clients, without a socket.

`HubSpotPool` stands in for the urllib3 pool of hubspot-api-client, `SalesforceAdapter` for a requests adapter.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.client import IncompleteRead
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse, Retry, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from crmsync.simulator.wire import Refused, Request, Reset, Response, TimedOut, Vendor

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class HubSpotPool:
    """A stand-in for `urllib3.PoolManager` without retries: set it as `api.api_client.rest_client.pool_manager`.

    Raises as that does: `NewConnectionError` when refused, always within `MaxRetryError`; `ProtocolError` when reset
    and `ReadTimeoutError`, within it for methods that may be repeated, as they are for others.
    """

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._nowhere = HTTPConnection("127.0.0.1")

    def request(
        self,
        method: str,
        url: str,
        fields: Iterable[tuple[str, Any]] | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        preload_content: bool = True,
        timeout: Any = None,
        **ignored: Any,
    ) -> HTTPResponse:
        """Carry out a request as `urllib3.PoolManager.request` does; no time passes, retries have no meaning."""
        path, query = _split(url)
        if fields:
            pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
            if method in ("GET", "HEAD", "DELETE", "OPTIONS"):
                query += tuple((key, str(value)) for key, value in pairs)
            else:
                body = urlencode(pairs)
        try:
            response = self._vendor.handle(Request(method, path, query, _lower(headers), _bytes(body)))
        except Refused as refused:
            reason = NewConnectionError(self._nowhere, "Connection refused")
            raise MaxRetryError(self, url, reason) from refused  # type: ignore[arg-type]
        except Reset as reset:
            broken = ConnectionResetError(104, "Connection reset by peer")
            raise self._lost(method, url, ProtocolError("Connection aborted.", broken)) from reset
        except TimedOut as late:
            raise self._lost(method, url, self._late(url)) from late
        if response.delay_s > _patience(timeout):
            raise self._lost(method, url, self._late(url))
        try:
            return HTTPResponse(
                body=_stream(response) if response.missing or not response.body else response.body,
                headers=response.headers,
                status=response.status,
                reason=_REASONS.get(response.status, ""),
                preload_content=preload_content,
                request_method=method,
                request_url=url,
            )
        except ProtocolError as error:
            raise self._lost(method, url, error) from error

    def clear(self) -> None:
        """Nothing is kept open."""

    def _lost(self, method: str, url: str, error: HTTPError) -> HTTPError:
        if method not in Retry.DEFAULT_ALLOWED_METHODS:
            return error
        return MaxRetryError(self, url, error)  # type: ignore[arg-type]

    def _late(self, url: str) -> HTTPError:
        return ReadTimeoutError(self, url, "Read timed out.")  # type: ignore[arg-type]


class SalesforceAdapter(BaseAdapter):
    """A requests transport adapter: mount it on `https://` (and `http://`) of a session.

    Raises `requests.ConnectionError` when refused or reset, `ReadTimeout`, `ChunkedEncodingError` for half a body.
    """

    def __init__(self, vendor: Vendor) -> None:
        super().__init__()
        self._vendor = vendor

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Carry out a prepared request."""
        url = request.url or ""
        path, query = _split(url)
        sent = Request(request.method or "GET", path, query, _lower(request.headers), _bytes(request.body))
        try:
            answer = self._vendor.handle(sent)
        except Refused as refused:
            raise requests.ConnectionError("Connection refused", request=request) from refused
        except Reset as reset:
            raise requests.ConnectionError("Connection aborted.", request=request) from reset
        except TimedOut as late:
            raise requests.ReadTimeout("Read timed out.", request=request) from late
        if answer.delay_s > _patience(timeout):
            raise requests.ReadTimeout("Read timed out.", request=request)
        if answer.missing:
            read = f"IncompleteRead({len(answer.body)} bytes read, {answer.missing} more expected)"
            raise requests.exceptions.ChunkedEncodingError(f"Connection broken: {read}", request=request)
        return _requests_response(request, answer)

    def close(self) -> None:
        """Nothing is kept open."""


def _requests_response(request: requests.PreparedRequest, answer: Response) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.reason = _REASONS.get(answer.status, "")
    response.headers = CaseInsensitiveDict(answer.headers)
    response.encoding = "utf-8"
    response.url = request.url or ""
    response.request = request
    response._content = answer.body
    response._content_consumed = True  # type: ignore[attr-defined]
    return response


class _Cut(io.BytesIO):
    """Half a body: whoever reads it to its end learns that there should be more."""

    missing = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if self.tell() == len(self.getbuffer()):
            raise IncompleteRead(found, self.missing)
        return found


def _stream(response: Response) -> io.BytesIO:
    """A body as a stream; empty bytes themselves would read as None."""
    if not response.missing:
        return io.BytesIO(response.body)
    cut = _Cut(response.body)
    cut.missing = response.missing
    return cut


def _patience(timeout: Any) -> float:
    """The read timeout in seconds of urllib3's or requests' parameter; without one a client waits for ever."""
    read = timeout
    if isinstance(timeout, Timeout):
        read = timeout.read_timeout
    elif isinstance(timeout, tuple):
        read = timeout[1]
    return float(read) if isinstance(read, int | float) else math.inf


def _split(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    parts = urlsplit(url)
    return parts.path, tuple(parse_qsl(parts.query, keep_blank_values=True)) if parts.query else ()


def _lower(headers: Mapping[str, str | bytes] | None) -> dict[str, str]:
    if not headers:
        return {}
    return {k.lower(): v if isinstance(v, str) else v.decode("latin-1") for k, v in headers.items()}


def _bytes(body: Any) -> bytes:
    """A request body as bytes; a file or an iterable is read whole."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    read = getattr(body, "read", None)
    whole = read() if read is not None else b"".join(_bytes(part) for part in body)
    return _bytes(whole)
