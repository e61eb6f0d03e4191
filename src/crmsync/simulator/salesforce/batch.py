"""/composite/batch: up to 25 independent subrequests, each counted as a call; no references, nothing rolled back."""

from __future__ import annotations

import re
from typing import Any

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.http import Call, Reply, flag, only
from crmsync.simulator.salesforce.limits import Limits
from crmsync.simulator.salesforce.routes import Route

MAX_SUBREQUESTS = 25
_ELSEWHERE = re.compile(r"^/services/data/v\d+\.\d/(?:jobs|tooling)\b")
_VERSION = re.compile(r"^/services/data/v(\d+)\.0/")
_HALTED = {
    "errorCode": "BATCH_PROCESSING_HALTED",
    "message": "Batch processing halted per request. Processing is halted if an error occurs in the batch.",
}


class Batch:
    """Runs subrequests through the same routes as ordinary calls (REST/resources-composite-batch)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def routes(self) -> list[Route]:
        """Method, address and handler of each."""
        return [("POST", "composite/batch", self.run)]

    def run(self, call: Call) -> Reply:
        body = call.settings("batchRequests", "haltOnError")
        requests = body.get("batchRequests")
        if not isinstance(requests, list) or not requests or not all(isinstance(r, dict) for r in requests):
            raise refuse("JSON_PARSER_ERROR", "batchRequests must be a list of subrequests")
        if len(requests) > MAX_SUBREQUESTS:
            raise refuse(
                "LIMIT_EXCEEDED", f"Cannot have more than {MAX_SUBREQUESTS} subrequests in a batch request"
            )
        halt = flag(body, "haltOnError")
        for request in requests:
            # A binary part would come in a multipart body, which is not taken.
            only(request, "method", "url", "richInput")
            if not all(isinstance(request.get(n), str) for n in ("method", "url")):
                raise refuse("INVALID_INPUT", "Every subrequest needs a method and a url")
        # The call itself counts for one of them.
        self._limits.take(len(requests) - 1)
        results: list[dict[str, Any]] = []
        failed = False
        for request in requests:
            if failed and halt:
                results.append({"statusCode": 412, "result": [_HALTED]})
                continue
            reply = self._one(call, request)
            failed = failed or reply.status >= 400
            results.append({"statusCode": reply.status, "result": reply.payload})
        return Reply(200, {"hasErrors": failed, "results": results})

    def _one(self, call: Call, request: dict[str, Any]) -> Reply:
        url = str(request["url"])
        where = url if url.startswith("/services/data/") else f"/services/data/{url.lstrip('/')}"
        headers = {k: v for k, v in call.headers.items() if k.startswith("sforce-")}
        try:
            if "/composite" in where:
                raise refuse("INVALID_INPUT", "A batch request holds no composite requests")
            if _newer(where, call.version) or _ELSEWHERE.search(where):
                raise refuse("INVALID_INPUT", f"The batch resource does not support {url}")
            return call.dispatch(str(request["method"]).upper(), where, headers, request.get("richInput"))
        except ApiError as error:
            return Reply(error.status, error.body())


def _newer(where: str, version: str) -> bool:
    """Whether an address is of a later version than the batch itself, which the vendor refuses."""
    found = _VERSION.match(where)
    return found is not None and int(found[1]) > float(version)
