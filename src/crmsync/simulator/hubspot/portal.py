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
from crmsync.simulator.hubspot.state import Portal
from crmsync.simulator.hubspot.switches import Switches
from crmsync.simulator.hubspot.webhooks import Webhooks
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.wire import Request, Response

__all__ = ["PORTAL_ID", "TOKEN", "HubSpotSim"]

PORTAL_ID: Final = "48213377"
_NUMBERED: Final = frozenset({"v3", "v4"})
_DATED: Final = frozenset({"2026-03", "2026-09"})
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

Routes = dict[tuple[str, int, str], list[tuple[tuple[str, ...], Handler]]]


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
        found = self._find(request.method, parts)
        if found is None:
            others = [method for method in _METHODS if self._find(method, parts)]
            raise ApiError(405, "HTTP 405 Method Not Allowed") if others else not_found()
        handler, args = found
        if caller is not NOBODY:
            admit(self.portal, caller, request.method, parts)
        return handler, Call(self.portal, request, version, args, caller)

    def _find(self, method: str, parts: list[str]) -> tuple[Handler, dict[str, str]] | None:
        for pattern, handler in self._routes.get((method, len(parts), parts[0]), ()):
            args = _match(pattern, parts)
            if args is not None:
                return handler, args
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


def _versioned(path: str) -> tuple[str, list[str]]:
    """A path's API version and its parts without it: `/crm/v3/objects/x` and `/crm/objects/2026-09/x` alike.

    Raises ApiError 404 for a CRM path with no version, one in the wrong place, or v4 where it has associations only.
    """
    parts = path.strip("/").split("/")
    crm = parts[0] == "crm"
    for at in (1, 2):
        if len(parts) <= at:
            break
        known = parts[at] in _NUMBERED if crm and at == 1 else parts[at] in _DATED
        if not crm and parts[at] in _NUMBERED:
            known = True
        if known:
            version = parts[at]
            if version == "v4" and crm and "associations" not in parts:
                raise not_found()
            return version, [unquote(p) if "%" in p else p for p in parts[:at] + parts[at + 1 :]]
    if parts[:2] == ["oauth", "v1"]:
        return "v1", parts
    raise not_found()


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
        routes.setdefault((method, len(pattern), pattern[0]), []).append((pattern, handler))
    return routes
