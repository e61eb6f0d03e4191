"""One REST call as the handlers see it, and what they answer. No routes and no rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from crmsync.simulator.salesforce.errors import refuse
from crmsync.simulator.salesforce.tenant import Actor
from crmsync.simulator.wire import Response

JSON = "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """`payload` None: an empty body; bytes: a body that is no JSON, whose type `headers` name."""

    status: int
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, extra: Mapping[str, str]) -> Response:
        """As bytes on the wire."""
        given = self.payload
        body = given if isinstance(given, bytes) else b"" if given is None else orjson.dumps(given)
        return Response(self.status, body, {"Content-Type": JSON, **self.headers, **extra})


@dataclass(frozen=True, slots=True)
class Call:
    """One call or composite subrequest. `version` is like `62.0`; header names are lower case.

    `base` is the address below which its resources lie. `dispatch` runs a subrequest.
    """

    method: str
    version: str
    base: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes | None
    given: Any
    actor: Actor
    dispatch: Callable[[str, str, Mapping[str, str], Any], Reply]

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((v for k, v in self.query if k == name), default)

    def json(self) -> Any:
        """The body as JSON. Raises ApiError JSON_PARSER_ERROR, or 415 for a body that says it is something else."""
        if self.body is None:
            return self.given
        kind = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind != "application/json":
            message = "The content type of the request is not supported: the body is application/json"
            raise refuse("UNSUPPORTED_MEDIA_TYPE", message, status=415)
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise refuse(
                "JSON_PARSER_ERROR", f"Unexpected character at [line:{error.lineno}, column:{error.colno}]"
            ) from None

    def record(self) -> dict[str, Any]:
        """The body as one JSON object."""
        out = self.json()
        if not isinstance(out, dict):
            raise refuse("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object")
        return out

    def settings(self, *names: str) -> dict[str, Any]:
        """The body as one JSON object that has no other keys than these. Raises ApiError JSON_PARSER_ERROR."""
        return only(self.record(), *names)


def only(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """The object itself if it has no other keys than these. Raises ApiError JSON_PARSER_ERROR."""
    stray = next((key for key in body if key not in names), None)
    if stray is not None:
        raise refuse("JSON_PARSER_ERROR", f'Unrecognized field "{stray}" at [line:1, column:1]')
    return body


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A setting that is true or false, false when it is left out. Raises ApiError JSON_PARSER_ERROR."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise refuse("JSON_PARSER_ERROR", f"Cannot deserialize instance of boolean from {name}")
    return value is True
