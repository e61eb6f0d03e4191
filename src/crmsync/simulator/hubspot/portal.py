"""The simulated HubSpot portal: its API as a function from request to response, and what its people do by hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import unquote

import orjson

from crmsync.simulator.clock import SimClock
from crmsync.simulator.hubspot import account, records
from crmsync.simulator.hubspot.admins import Admins
from crmsync.simulator.hubspot.errors import ApiError, not_found
from crmsync.simulator.hubspot.exchange import NOBODY, Call, Caller, Handler
from crmsync.simulator.hubspot.hands import Hands
from crmsync.simulator.hubspot.journal import Journal
from crmsync.simulator.hubspot.keyring import TOKEN, Keyring
from crmsync.simulator.hubspot.limits import Limits
from crmsync.simulator.hubspot.oauth import OAuth
from crmsync.simulator.hubspot.scopes import admit
from crmsync.simulator.hubspot.search import Search
from crmsync.simulator.hubspot.shapes import ANY, Shape, shape_of
from crmsync.simulator.hubspot.state import Portal
from crmsync.simulator.hubspot.switches import Switches
from crmsync.simulator.hubspot.webhooks import Webhooks
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.wire import Request, Response

__all__ = ["PORTAL_ID", "TOKEN", "HubSpotSim"]

PORTAL_ID: Final = "48213377"
_DATED: Final = frozenset({"2026-03", "2026-09"})
_VERSIONS: Final[Mapping[str, tuple[tuple[str, ...], int]]] = {
    "crm": (("v3", "v4"), 2),
    "communication-preferences": (("v3", "v4"), 1),
    "account-info": (("v3",), 1),
    "oauth": (("v3",), 1),
    "webhooks-journal": ((), 2),
}
"""Area -> the numbered versions, which stand right behind it, and where a dated one stands."""
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

Routes = dict[tuple[str, int, str], list[tuple[tuple[str, ...], Handler, Shape]]]


class HubSpotSim(Hands, Admins):
    """A portal. Raises ApiError (its message is the vendor's) from the human-side methods."""

    side = "hubspot"

    def __init__(self, clock: SimClock, ledger: Ledger, seed: int = 0) -> None:
        self.portal = Portal(PORTAL_ID, clock, ledger, seed)
        self.keys = Keyring(self.portal, seed)
        self.webhooks = Webhooks(self.portal, seed)
        self.calls = 0
        self._limits = Limits(self.portal)
        own = {**OAuth(self.keys, PORTAL_ID).routes(), **Journal(self.portal, seed).routes()}
        self._routes = _routes(self._limits, Search(self.portal), own)
        for first, last in (("Hana", "Nilsson"), ("Marco", "Okafor")):
            self.portal.add_owner(f"{first}.{last}@marketing.example", first, last)

    @property
    def switches(self) -> Switches:
        """The settings that may be turned at any time."""
        return self.portal.switches

    @property
    def portal_id(self) -> str:
        """The account's id."""
        return self.portal.id

    # -- the API --------------------------------------------------------------------------------------------
    def handle(self, request: Request) -> Response:
        """Answer one API request; never raises for what a client did wrong."""
        self.calls += 1
        self.portal.call = self.calls
        headers: Mapping[str, str] = {}
        try:
            handler, call = self._route(request, self._caller(request))
            headers = self._limits.take(call.caller, request.path)
            status, body = handler(call)
        except ApiError as error:
            return self._refused(error, headers)
        finally:
            self.portal.call = 0
        if body is None:
            return Response(status, b"", headers)
        return Response(status, orjson.dumps(body), {"content-type": _JSON, **headers})

    def _route(self, request: Request, caller: Caller) -> tuple[Handler, Call]:
        size = len(request.path) + sum(len(k) + len(v) + 2 for k, v in request.query)
        if size > self.portal.switches.url_limit:
            raise ApiError(414, "URI Too Long")
        version, parts = _versioned(request.path)
        found = self._find(request.method, parts, version)
        if found is None:
            others = [method for method in _METHODS if self._find(method, parts, version)]
            raise ApiError(405, "HTTP 405 Method Not Allowed") if others else not_found()
        handler, args, shape = found
        if caller is not NOBODY:
            admit(self.portal, caller, request.method, parts)
            if request.body and not _is_json(request.headers.get("content-type", _JSON)):
                raise ApiError(415, "HTTP 415 Unsupported Media Type")
        if self.portal.switches.strays_ignored:
            shape = ANY
        shape.asked(request.query)
        return handler, Call(self.portal, request, version, args, caller, shape)

    def _find(
        self, method: str, parts: list[str], version: str
    ) -> tuple[Handler, dict[str, str], Shape] | None:
        for pattern, handler, shape in self._routes.get((method, len(parts), parts[0]), ()):
            args = _match(pattern, parts)
            if args is not None and shape.served(version):
                return handler, args, shape
        return None

    def _caller(self, request: Request) -> Caller:
        """Who calls; tokens, and files by their address, are got without one."""
        if request.path.startswith(("/oauth/", "/webhooks-journal/files/")):
            return NOBODY
        return self.keys.caller(request.headers.get("authorization", ""))

    def _refused(self, error: ApiError, headers: Mapping[str, str]) -> Response:
        correlation = self.portal.uuid()
        body = orjson.dumps(error.envelope(correlation))
        return Response(
            error.status,
            body,
            {"content-type": _JSON, "x-hubspot-correlation-id": correlation, **headers, **error.headers},
        )


_JSON: Final = "application/json;charset=utf-8"


def _is_json(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() == "application/json"


def _versioned(path: str) -> tuple[str, list[str]]:
    """A path's API version and its parts without it: `/crm/v3/objects/x` and `/crm/objects/2026-09/x` alike.

    Raises ApiError 404 for a path with no version, one in the wrong place, or one that its area does not have.
    """
    parts = path.strip("/").split("/")
    area = parts[0]
    if parts[:2] == ["oauth", "v1"]:
        return "v1", parts
    numbered, dated_at = _VERSIONS.get(area, ((), 0))
    at = 1 if parts[1:2] and parts[1] in numbered else dated_at
    version = parts[at] if 0 < at < len(parts) else ""
    if version not in _DATED and not (at == 1 and version in numbered):
        raise not_found()
    if version == "v4" and area == "crm" and "associations" not in parts:
        raise not_found()
    return version, [unquote(p) if "%" in p else p for p in parts[:at] + parts[at + 1 :]]


def _match(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    args = {}
    for want, part in zip(pattern, parts, strict=True):
        if want[0] == "{":
            args[want[1:-1]] = part
        elif want != part:
            return None
    return args


def _routes(limits: Limits, search: Search, own: dict[str, Handler]) -> Routes:
    """(method, number of parts, first part) -> patterns in order, fixed words before parameters."""
    table: dict[str, Handler] = {
        "POST crm/objects/{type}/search": search.handle,
        "GET account-info/api-usage/daily/private-apps": partial(account.usage, limits),
        **own,
    }
    for module in (records, account):
        table |= module.ROUTES
    routes: Routes = {}
    for line, handler in table.items():
        method, _, path = line.partition(" ")
        pattern = tuple(path.split("/"))
        routes.setdefault((method, len(pattern), pattern[0]), []).append((pattern, handler, shape_of(line)))
    return routes
