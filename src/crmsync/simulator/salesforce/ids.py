"""Record ids: 15 case-sensitive characters plus a checksum of 3 that says which of them are capitals."""

from __future__ import annotations

import re
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")


def suffix(base: str) -> str:
    """The 3 check characters of a 15-character id: bit k of each group of 5 says that character k is A-Z."""
    return _check(base[:5]) + _check(base[5:10]) + _check(base[10:])


@lru_cache(maxsize=4096)
def _check(group: str) -> str:
    """The check character of one group. The first two groups of an org's ids are few."""
    return _CHECK[sum(1 << k for k, c in enumerate(group) if "A" <= c <= "Z")]


def to18(value: object) -> str | None:
    """The 18-character form of a 15- or 18-character id; None when it has no id's shape."""
    if not isinstance(value, str) or not _SHAPE.match(value):
        return None
    base = value[:15]
    return base + suffix(base)


class Mint:
    """Makes ids that grow, per key prefix. `pod` are the two characters that name the instance."""

    def __init__(self, pod: str) -> None:
        self._pod = pod
        self._next: dict[str, int] = {}

    def new(self, prefix: str) -> str:
        """The next id with this 3-character prefix."""
        n = self._next.get(prefix, 0) + 1
        self._next[prefix] = n
        digits = ""
        while n:
            n, rest = divmod(n, 62)
            digits = _DIGITS[rest] + digits
        base = f"{prefix}{self._pod}{digits:0>10}"
        return base + suffix(base)
