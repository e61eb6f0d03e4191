"""/composite and /composite/graph: subrequests in one call, with references between them, or all or none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.http import Call, Reply, flag, only
from crmsync.simulator.salesforce.routes import Route
from crmsync.simulator.salesforce.tenant import Tenant

MAX_SUBREQUESTS = 25
MAX_NODES = 500
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
_ELSEWHERE = re.compile(r"^/services/data/v\d+\.\d/(?:jobs|tooling)\b")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_ROWS = re.compile(r"^/services/data/v\d+\.\d/sobjects/\w+(?:/|\Z)")
_HALTED = [
    {
        "errorCode": "PROCESSING_HALTED",
        "message": "The transaction was rolled back since another operation in the same transaction failed.",
    }
]


class _Halted(Exception):
    """Ends an all-or-none composite."""


class Composite:
    """Runs subrequests through the same routes as ordinary calls."""

    def __init__(self, org: Tenant) -> None:
        self._org = org

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [("POST", "composite", self.run), ("POST", "composite/graph", self.graph)]

    def run(self, call: Call) -> Reply:
        body = call.settings("compositeRequest", "allOrNone", "collateSubrequests")
        requests = body.get("compositeRequest")
        if not isinstance(requests, list) or not requests:
            raise refuse("JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
        self._check(requests)
        flag(body, "collateSubrequests")
        if flag(body, "allOrNone"):
            return Reply(200, {"compositeResponse": self._together(call, requests)[0]})
        answers: list[dict[str, Any]] = []
        for request in requests:
            answers.append(self._one(call, request, answers))
        return Reply(200, {"compositeResponse": answers})

    def graph(self, call: Call) -> Reply:
        """Each graph is carried out whole or not at all, whatever becomes of the others (REST/resources-composite-graph)."""
        graphs = call.settings("graphs").get("graphs")
        if not isinstance(graphs, list) or not graphs or not all(isinstance(g, dict) for g in graphs):
            raise refuse("JSON_PARSER_ERROR", "graphs must be a list of graphs")
        nodes: list[Any] = [only(g, "graphId", "compositeRequest").get("compositeRequest") for g in graphs]
        if not all(isinstance(n, list) and n for n in nodes):
            raise refuse("JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
        if sum(map(len, nodes)) > MAX_NODES:
            raise refuse(
                "LIMIT_EXCEEDED", f"Cannot have more than {MAX_NODES} nodes in a composite graph request"
            )
        names = [g.get("graphId") for g in graphs]
        if not all(isinstance(n, str) and n for n in names) or len(set(names)) != len(names):
            raise refuse("INVALID_INPUT", "Every graph needs a graphId of its own")
        out = []
        for name, requests in zip(names, nodes, strict=True):
            _named(requests)
            if not all(_ROWS.search(str(r.get("url", ""))) for r in requests):
                raise refuse("INVALID_INPUT", "A node of a graph is a request about sObject rows")
            answers, whole = self._together(call, requests)
            out.append(
                {"graphId": name, "graphResponse": {"compositeResponse": answers}, "isSuccessful": whole}
            )
        return Reply(200, {"graphs": out})

    def _together(self, call: Call, requests: list[Any]) -> tuple[list[dict[str, Any]], bool]:
        """Run all subrequests or none; returns the answers and whether they stand."""
        answers: list[dict[str, Any]] = []
        try:
            with self._org.unit():
                for request in requests:
                    answers.append(self._one(call, request, answers))
                    _go_on(answers[-1])
        except _Halted:
            answers = [*(_halted(r) for r in requests[: len(answers) - 1]), answers[-1]]
            return answers + [_halted(r) for r in requests[len(answers) :]], False
        return answers, True

    def _check(self, requests: list[Any]) -> None:
        if len(requests) > MAX_SUBREQUESTS:
            raise refuse(
                "LIMIT_EXCEEDED",
                f"Cannot have more than {MAX_SUBREQUESTS} subrequests in a composite request",
            )
        _named(requests)
        heavy = sum(
            bool(re.search(r"/(query|queryAll|composite/sobjects)\b", str(r.get("url", ""))))
            for r in requests
        )
        most = self._org.switches.composite_heavy_limit
        if heavy > most:
            raise refuse(
                "LIMIT_EXCEEDED",
                f"Cannot have more than {most} queries and collections in a composite request",
            )

    def _one(self, call: Call, request: dict[str, Any], answers: list[dict[str, Any]]) -> dict[str, Any]:
        name = request["referenceId"]
        try:
            url = str(_filled(request.get("url", ""), answers))
            body = _filled(request.get("body"), answers)
            headers = request.get("httpHeaders") or {}
            if not isinstance(headers, dict):
                raise refuse("JSON_PARSER_ERROR", "httpHeaders must be an object")
            reply = self._send(call, str(request["method"]), url, headers, body)
        except ApiError as error:
            reply = Reply(error.status, error.body())
        return {
            "body": reply.payload,
            "httpHeaders": dict(reply.headers),
            "httpStatusCode": reply.status,
            "referenceId": name,
        }

    def _send(self, call: Call, method: str, url: str, headers: Mapping[str, str], body: Any) -> Reply:
        if "/composite" in url and "/composite/sobjects" not in url:
            raise refuse("INVALID_INPUT", "A composite request cannot be nested")
        if _ELSEWHERE.search(url):
            raise refuse("INVALID_INPUT", f"The composite resource does not support {url}")
        # The outer call's options hold unless the subrequest has its own.
        inherited = {k: v for k, v in call.headers.items() if k.startswith("sforce-")}
        own = {k.lower(): str(v) for k, v in headers.items()}
        return call.dispatch(method.upper(), url, {**inherited, **own}, body)


def _named(requests: list[Any]) -> None:
    names = [r.get("referenceId") if isinstance(r, dict) else None for r in requests]
    if not all(isinstance(n, str) and n for n in names) or len(set(names)) != len(names):
        raise refuse("INVALID_INPUT", "Every subrequest needs a referenceId of its own")
    for request in requests:
        only(request, "method", "url", "referenceId", "body", "httpHeaders")
        if not all(isinstance(request.get(n), str) for n in ("method", "url")):
            raise refuse("INVALID_INPUT", "Every subrequest needs a method and a url")


def _go_on(answer: dict[str, Any]) -> None:
    body = answer["body"]
    rows = isinstance(body, list) and any(isinstance(r, dict) and r.get("success") is False for r in body)
    if answer["httpStatusCode"] >= 400 or rows:
        raise _Halted


def _halted(request: dict[str, Any]) -> dict[str, Any]:
    return {"body": _HALTED, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": request["referenceId"]}


def _filled(value: Any, answers: list[dict[str, Any]]) -> Any:
    """A value with `@{reference.path}` replaced from earlier answers. Raises ApiError."""
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return _look_up(whole, answers)
        return _REFERENCE.sub(lambda m: str(_look_up(m, answers)), value)
    if isinstance(value, dict):
        return {k: _filled(v, answers) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, answers) for v in value]
    return value


def _look_up(found: re.Match[str], answers: list[dict[str, Any]]) -> Any:
    here: Any = next((a["body"] for a in answers if a["referenceId"] == found[1]), None)
    for key, index in _STEP.findall(found[2]):
        try:
            here = here[key] if key else here[int(index)]
        except (KeyError, IndexError, TypeError):
            here = None
    if here is None:
        raise refuse("PROCESSING_HALTED", f"Invalid reference specified. No value for {found[0][2:-1]} found")
    return here
