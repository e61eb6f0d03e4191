"""The simulated Salesforce: its REST calls, and what people do in its screens. The parts are in the other files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from crmsync.simulator.salesforce.auth import Auth
from crmsync.simulator.salesforce.batch import Batch
from crmsync.simulator.salesforce.bulk_ingest import BulkIngest
from crmsync.simulator.salesforce.bulk_query import BulkQueries
from crmsync.simulator.salesforce.catalog import fresh_schema
from crmsync.simulator.salesforce.collections import Collections
from crmsync.simulator.salesforce.composite import Composite
from crmsync.simulator.salesforce.conditions import NotModified
from crmsync.simulator.salesforce.describes import Describes
from crmsync.simulator.salesforce.errors import ApiError, not_found, refuse
from crmsync.simulator.salesforce.fresh import fill
from crmsync.simulator.salesforce.headers import writer
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.human import Humans
from crmsync.simulator.salesforce.ids import Mint
from crmsync.simulator.salesforce.limits import Limits
from crmsync.simulator.salesforce.query import Queries
from crmsync.simulator.salesforce.replication import Replication
from crmsync.simulator.salesforce.routes import Route, Routes
from crmsync.simulator.salesforce.skew import Skewed
from crmsync.simulator.salesforce.soap_calls import Soap
from crmsync.simulator.salesforce.sobjects import SObjects
from crmsync.simulator.salesforce.switches import Switches
from crmsync.simulator.salesforce.tenant import Clock, Ledger, Tenant
from crmsync.simulator.salesforce.tooling import Tooling
from crmsync.simulator.salesforce.tree import Tree
from crmsync.simulator.wire import Request, Response

VERSIONS = range(41, 69)
_RETIRED = range(7, 31)
_NO_BULK_1 = {"exceptionCode": "FeatureNotEnabled", "exceptionMessage": "Async API not enabled"}
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class SalesforceSim(Humans):
    """One org. `handle` answers a request; the methods of Humans are what people do.

    `switches` are the choices of Switches; `instance_url` is what the token endpoint returns.
    """

    side = "salesforce"

    def __init__(self, clock: Clock, ledger: Ledger, seed: int = 0, *, private_sharing: bool = False) -> None:
        random = Random(seed)
        pod = "".join(random.choice(_DIGITS) for _ in range(2))
        self._clock = Skewed(clock)
        super().__init__(Tenant(self._clock, ledger, fresh_schema(), Mint(pod), self.side))
        self.profile_set_id, self.permission_set_id = fill(self.org)
        self.auth = Auth(self.org, seed)
        self.limits = Limits(self.org)
        self._soap = Soap(self.org, self.auth, self.limits)
        self.queries = Queries(self.org)
        self.replication = Replication(self.org)
        self.ingest = BulkIngest(self.org, self.limits, seed)
        self.bulk_queries = BulkQueries(self.org, self.limits)
        self._routes = Routes(self._table())
        if private_sharing:
            self.private_sharing = True

    @property
    def org_id(self) -> str:
        """18 characters, 00D..."""
        return self.org.org_id

    @property
    def user_id(self) -> str:
        """The integration user."""
        return self.org.user_id

    @property
    def ahead_s(self) -> float:
        """By how many seconds the org's clock is ahead of the simulator's; negative when it lags behind."""
        return self._clock.ahead.total_seconds()

    @ahead_s.setter
    def ahead_s(self, seconds: float) -> None:
        self._clock.ahead = timedelta(seconds=seconds)

    @property
    def switches(self) -> Switches:
        return self.org.switches

    @property
    def instance_url(self) -> str:
        return self.auth.instance_url

    @instance_url.setter
    def instance_url(self, url: str) -> None:
        self.auth.instance_url = url.rstrip("/")

    @property
    def consumer_key(self) -> str:
        return self.auth.consumer_key

    @property
    def consumer_secret(self) -> str:
        return self.auth.consumer_secret

    def _table(self) -> list[Route]:
        """Every address below /services/data/vNN.0, as the modules list them."""
        modules = (
            *(self.queries, self.replication, Describes(self.org), SObjects(self.org), Collections(self.org)),
            *(
                Composite(self.org),
                Tree(self.org),
                Batch(self.limits),
                Tooling(self.org),
                self.ingest,
                self.bulk_queries,
            ),
        )
        own: list[Route] = [("GET", "", self._resources), ("GET", "limits", self.limits.show)]
        return [*own, *(route for module in modules for route in module.routes())]

    # -- requests -------------------------------------------------------------------------------------------
    def handle(self, request: Request) -> Response:
        """Answer one HTTP request."""
        path = request.path.rstrip("/")
        if path.startswith("/services/oauth2/"):
            open_reply = self.auth.answer(request, path[17:])
            if open_reply is not None:
                return open_reply.response({})
        if path == "/services/data" and request.method == "GET":
            return Reply(200, [_version(n) for n in VERSIONS]).response(self.limits.header())
        if path.startswith("/services/Soap/"):
            told = self._soap.handle(request, path[15:])
            return told or Reply(404, not_found().body()).response(self.limits.header())
        if path.startswith("/services/async/"):
            return Reply(400, _NO_BULK_1).response(self.limits.header())
        try:
            self.auth.check(request.headers.get("authorization", ""))
        except ApiError as error:
            return Reply(error.status, error.body()).response(self.limits.header())
        if path in {f"/id/{self.org_id}/{self.user_id}", "/services/oauth2/userinfo"} and _reads(request):
            return Reply(200, self.auth.identity()).response({})
        return self._rest(request)

    def _rest(self, request: Request) -> Response:
        number = self.limits.take()
        try:
            self.limits.check()
            self.ingest.tick()
            if "xml" in request.headers.get("accept", "") and "*" not in request.headers["accept"]:
                raise refuse("NOT_ACCEPTABLE", "Replies are application/json", status=406)
            if _too_long(request, self.switches.uri_limit):
                raise refuse("URI_TOO_LONG", "The URI is longer than the server accepts", status=414)
            reply = self._route(
                request.method, request.path, request.query, request.headers, request.body, None, number
            )
        except ApiError as error:
            reply = Reply(error.status, error.body())
        if reply.status >= 400 and not self.switches.count_failed_calls:
            self.limits.give_back()
        return reply.response(self.limits.header())

    def _route(
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        headers: Mapping[str, str],
        body: bytes | None,
        given: Any,
        number: int,
    ) -> Reply:
        """Run one call or subrequest. Raises ApiError."""
        head, _, rest = path.removeprefix("/services/data/v").partition("/")
        version = _known(head) if path.startswith("/services/data/v") else ""
        if not version:
            raise not_found()
        if method == "POST" and query:
            # For clients that cannot send PATCH (REST/using-resources-working-with-records).
            method = next((v.upper() for k, v in query if k == "_HttpMethod"), method)
        handler, values = self._routes.find("GET" if method == "HEAD" else method, rest)

        def dispatch(verb: str, url: str, own: Mapping[str, str], payload: Any) -> Reply:
            where, _, tail = url.partition("?")
            pairs = tuple(parse_qsl(tail, keep_blank_values=True))
            return self._route(verb, where, pairs, own, None, payload, number)

        actor = writer(self.user_id, number, headers, version)
        base = f"/services/data/v{version}"
        try:
            return handler(Call(method, version, base, query, headers, body, given, actor, dispatch), *values)
        except NotModified:
            return Reply(304)

    def _resources(self, call: Call) -> Reply:
        names = ("composite", "jobs", "limits", "query", "queryAll", "sobjects", "tooling")
        return Reply(200, {n: f"{call.base}/{n}" for n in names})


def _reads(request: Request) -> bool:
    """Whether the method is one that asks who the user is; a POST does so too."""
    return request.method in {"GET", "HEAD", "POST"}


def _too_long(request: Request, most: int) -> bool:
    """Whether the request line is above so many bytes. No character takes more than twelve when it is encoded."""
    if sum(len(value) for _, value in request.query) * 12 + len(request.path) < most // 2:
        return False
    return len(request.path) + len(urlencode(request.query, safe=",")) > most


def _known(version: str) -> str:
    """A version such as `62.0`, or "" for one that never was. Raises ApiError for a retired one."""
    number, _, tail = version.partition(".")
    if not number.isdecimal() or tail != "0":
        return ""
    if int(number) in _RETIRED:
        raise refuse("UNSUPPORTED_API_VERSION", "The API version is retired", status=410)
    return version if int(number) in VERSIONS else ""


def _version(number: int) -> dict[str, str]:
    season = ("Spring", "Summer", "Winter")[number % 3]
    year = 25 + (number - 62) // 3
    return {"label": f"{season} '{year:02d}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
