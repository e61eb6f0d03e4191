"""The simulated HubSpot portal: its API as a function from request to response, and what its people do by hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import unquote

import orjson

from crmsync.simulator.clock import SimClock
from crmsync.simulator.hubspot import account, associations, batch, definitions, objects
from crmsync.simulator.hubspot.errors import ApiError
from crmsync.simulator.hubspot.exchange import Call, Handler
from crmsync.simulator.hubspot.hands import Hands
from crmsync.simulator.hubspot.limits import Limits
from crmsync.simulator.hubspot.scopes import ALL, admit
from crmsync.simulator.hubspot.search import Search
from crmsync.simulator.hubspot.state import Portal
from crmsync.simulator.hubspot.switches import Switches
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.wire import Request, Response

PORTAL_ID: Final = "48213377"
TOKEN: Final = "pat-na1-00000000-0000-4000-8000-000000000001"  # noqa: S105 - opens a simulator only
_VERSIONS: Final = frozenset({"v3", "v4", "2026-03", "2026-09"})


class HubSpotSim(Hands):
    """A portal. Raises ApiError (its message is the vendor's) from the human-side methods."""

    side = "hubspot"

    def __init__(self, clock: SimClock, ledger: Ledger, seed: int = 0) -> None:
        self.portal = Portal(PORTAL_ID, clock, ledger, seed)
        self.access_token = TOKEN
        self.scopes = ALL
        self.calls = 0
        self._limits = Limits(self.portal)
        self._routes = _routes(self._limits, Search(self.portal))
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
            self._admit(request)
            handler, call = self._route(request)
            headers = self._limits.take(search=call.request.path.endswith("/search"))
            status, body = handler(call)
        except ApiError as error:
            return self._refused(error, headers)
        finally:
            self.portal.call = 0
        if body is None:
            return Response(status, b"", headers)
        return Response(status, orjson.dumps(body), {"content-type": _JSON, **headers})

    def _route(self, request: Request) -> tuple[Handler, Call]:
        size = len(request.path) + sum(len(k) + len(v) + 2 for k, v in request.query)
        if size > self.portal.switches.url_limit:
            raise ApiError(414, "URI Too Long")
        version, parts = _versioned(request.path)
        for pattern, handler in self._routes.get((request.method, len(parts)), ()):
            args = _match(pattern, parts)
            if args is not None:
                admit(self.portal, self.scopes, request.method, parts)
                return handler, Call(self.portal, request, version, args)
        raise ApiError(404, "resource not found", "OBJECT_NOT_FOUND")

    def _admit(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self.access_token:
            message = (
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can "
                "find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
            )
            raise ApiError(401, message, "INVALID_AUTHENTICATION")

    def _refused(self, error: ApiError, headers: Mapping[str, str]) -> Response:
        correlation = self.portal.uuid()
        body = orjson.dumps(error.envelope(correlation))
        return Response(
            error.status, body, {"content-type": _JSON, "x-hubspot-correlation-id": correlation, **headers}
        )


_JSON: Final = "application/json;charset=utf-8"


def _versioned(path: str) -> tuple[str, list[str]]:
    """A path's API version and its parts without it: `/crm/v3/objects/x` and `/crm/objects/2026-09/x` alike."""
    parts = path.strip("/").split("/")
    for at in (1, 2):
        if len(parts) > at and parts[at] in _VERSIONS:
            return parts[at], [unquote(p) if "%" in p else p for p in parts[:at] + parts[at + 1 :]]
    return "", parts


def _match(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    args = {}
    for want, part in zip(pattern, parts, strict=True):
        if want[0] == "{":
            args[want[1:-1]] = part
        elif want != part:
            return None
    return args


def _routes(limits: Limits, search: Search) -> dict[tuple[str, int], list[tuple[tuple[str, ...], Handler]]]:
    """(method, number of parts) -> patterns in order, fixed words before parameters."""
    table: dict[str, Handler] = {
        "POST crm/objects/{type}/search": search.handle,
        "GET account-info/api-usage/daily/private-apps": partial(account.usage, limits),
    }
    for module in (objects, batch, associations, definitions, account):
        table |= module.ROUTES
    routes: dict[tuple[str, int], list[tuple[tuple[str, ...], Handler]]] = {}
    for line, handler in table.items():
        method, _, path = line.partition(" ")
        pattern = tuple(path.split("/"))
        routes.setdefault((method, len(pattern)), []).append((pattern, handler))
    return routes
