"""/composite/batch: up to 25 independent subrequests, each counted as a call; no references, nothing rolled back."""

from __future__ import annotations

from typing import Any

from crmsync.simulator.salesforce.errors import ApiError, refuse
from crmsync.simulator.salesforce.http import Call, Reply
from crmsync.simulator.salesforce.limits import Limits
from crmsync.simulator.salesforce.routes import Route

MAX_SUBREQUESTS = 25
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
        body = call.record()
        requests = body.get("batchRequests")
        if not isinstance(requests, list) or not requests or not all(isinstance(r, dict) for r in requests):
            raise refuse("JSON_PARSER_ERROR", "batchRequests must be a list of subrequests")
        if len(requests) > MAX_SUBREQUESTS:
            raise refuse(
                "LIMIT_EXCEEDED", f"Cannot have more than {MAX_SUBREQUESTS} subrequests in a batch request"
            )
        # The call itself counts for one of them.
        self._limits.take(len(requests) - 1)
        results: list[dict[str, Any]] = []
        failed = False
        for request in requests:
            if failed and body.get("haltOnError") is True:
                results.append({"statusCode": 412, "result": [_HALTED]})
                continue
            reply = self._one(call, request)
            failed = failed or reply.status >= 400
            results.append({"statusCode": reply.status, "result": reply.payload})
        return Reply(200, {"hasErrors": failed, "results": results})

    def _one(self, call: Call, request: dict[str, Any]) -> Reply:
        url = str(request.get("url", ""))
        where = url if url.startswith("/services/data/") else f"/services/data/{url.lstrip('/')}"
        headers = {k: v for k, v in call.headers.items() if k.startswith("sforce-")}
        try:
            if "/composite" in where:
                raise refuse("INVALID_INPUT", "A batch request holds no composite requests")
            method = str(request.get("method", "GET")).upper()
            return call.dispatch(method, where, headers, request.get("richInput"))
        except ApiError as error:
            return Reply(error.status, error.body())
