"""The HTTP mount: a simulated vendor on a loopback port, HTTP/1.1 with keep-alive. Knows no vendor."""

from __future__ import annotations

import gzip
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crmsync.simulator.wire import Refused, Request, Reset, TimedOut, Vendor

_WORTH_PACKING = 4096
"""Bytes of a body from which on it is packed for clients that take gzip."""


class Server:
    """A running server. `url` has no trailing slash."""

    def __init__(self, vendor: Vendor, host: str, port: int) -> None:
        self._http = _Http((host, port), _handler(vendor))
        self.host, self.port = host, int(self._http.server_address[1])
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.05},
            name=f"sim-{vendor.side}",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening and drop open connections."""
        self._http.shutdown()
        self._http.server_close()
        self._http.drop()
        self._thread.join()


def serve(vendor: Vendor, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve a vendor (port 0: any free one). Requests are handled one at a time. Raises OSError on a taken port."""
    return Server(vendor, host, port)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()
        self.ending = threading.Event()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def drop(self) -> None:
        self.ending.set()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; a mistake of the simulator is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        server: _Http
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # one write for head and body

        def _read(self) -> Request:
            """What was sent. Raises ValueError for what is no HTTP."""
            length = int(self.headers.get("content-length") or 0)
            if length < 0:
                raise ValueError("no length")
            body = self.rfile.read(length) if length else b""
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                body = b"".join(_chunks(self.rfile))
            parts = urlsplit(self.path)
            return Request(
                self.command,
                parts.path,
                tuple(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )

        def _answer(self) -> None:
            try:
                request = self._read()
            except ValueError:
                self.close_connection = True
                self.send_error(400)
                return
            try:
                with lock:
                    response = vendor.handle(request)
            except (Refused, Reset):
                self._hang_up()
                return
            except TimedOut as late:
                self.server.ending.wait(late.held_s)
                self._hang_up()
                return
            if response.held_s:
                self.server.ending.wait(response.held_s)
            self.send_response_only(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            body = response.body
            if len(body) > _WORTH_PACKING and "gzip" in self.headers.get("accept-encoding", ""):
                body = gzip.compress(body, 1, mtime=0)
                self.send_header("content-encoding", "gzip")
            if response.status not in (204, 304):
                self.send_header("content-length", str(len(body) + response.missing))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            if response.missing:
                self.wfile.flush()
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = _answer  # noqa: N815 - the base class dictates them

        def log_message(self, format: str, *args: Any) -> None:
            """Silent: the ledger and the call log say more."""

    return Handler


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    """The parts of a body sent with `Transfer-Encoding: chunked`; trailers are passed over."""
    while size := int(stream.readline().partition(b";")[0], 16):
        yield stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass
