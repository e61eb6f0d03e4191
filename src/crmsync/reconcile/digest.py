"""Digests: the same decision has the same digest on every machine and in every run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from crmsync.model.links import Change
from crmsync.model.values import Value

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_ENCODE_ASCII = json.JSONEncoder().encode


def digest(*parts: Value) -> str:
    """Twelve hex digits over the parts; type matters (`"5"` is not `5`)."""
    return hashlib.sha256(_ENCODE(parts).encode()).hexdigest()[:12]


def operation_digest(side: str, obj: str, link: int, kind: str, changes: Iterable[Change]) -> str:
    """The digest of one operation: what would be written where, whatever it replaces."""
    body = sorted((c.native, _ENCODE_ASCII(c.after)) for c in changes)
    flat: list[Value] = [side, obj, link, kind]
    for native, after in body:
        flat += [native, after]
    return digest(*flat)


def plan_digest(operations: Iterable[str]) -> str:
    """The running digest over operation digests in plan order."""
    total = hashlib.sha256()
    for one in operations:
        total.update(one.encode())
    return total.hexdigest()[:16]
