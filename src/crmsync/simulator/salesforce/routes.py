"""Which address goes to which handler. Matching only; a path is split before it is decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import unquote

from crmsync.simulator.salesforce.errors import not_found, refuse
from crmsync.simulator.salesforce.http import Reply

Handler = Callable[..., Reply]
Route = tuple[str, str, Handler]


class Routes:
    """Patterns such as `sobjects/{}/{}`, whose first part is a word, tried in the order given."""

    def __init__(self, table: Sequence[Route]) -> None:
        self._by_head: dict[tuple[str, int], list[tuple[str, tuple[str, ...], Handler]]] = {}
        for method, pattern, handler in table:
            parts = tuple(pattern.split("/"))
            self._by_head.setdefault((parts[0], len(parts)), []).append((method, parts, handler))

    def find(self, method: str, path: str) -> tuple[Handler, list[str]]:
        """The handler and the decoded path values. Raises ApiError NOT_FOUND or METHOD_NOT_ALLOWED."""
        parts = path.strip("/").split("/")
        allowed: list[str] = []
        for verb, pattern, handler in self._by_head.get((parts[0], len(parts)), ()):
            if all(p in ("{}", given) for p, given in zip(pattern, parts, strict=True)):
                if verb == method:
                    values = [unquote(g) for p, g in zip(pattern, parts, strict=True) if p == "{}"]
                    return handler, values
                allowed.append(verb)
        if allowed:
            raise refuse(
                "METHOD_NOT_ALLOWED",
                f"HTTP Method '{method}' not allowed. Allowed are {','.join(sorted(set(allowed)))}",
            )
        raise not_found()
