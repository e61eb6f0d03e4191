"""The functions that rules have beside CEL's own. Each may be called as `f(x, y)` or `x.f(y)`.

Pure and quick, and they never raise: a value that is no text is taken as its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import translate
from functools import lru_cache
from typing import Any

from crmsync.mapping.domains import organisation, registrable


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    # A character class of the shell is no part of our patterns, so a bracket stands for itself.
    return re.compile(translate(pattern.casefold().replace("[", "[[]")))


@lru_cache(maxsize=65536)
def like(text: Any, *patterns: str) -> bool:
    """Whether the whole text fits a pattern with `*` (anything) and `?` (one character), in any letter case.

    Of several patterns one must fit.

    >>> like("Chief Revenue Officer", "chief*officer"), like("Officer", "chief*")
    (True, False)
    """
    folded = str(text).casefold()
    return any(_pattern(str(pattern)).match(folded) is not None for pattern in patterns)


def one_of(text: Any, *choices: Any) -> bool:
    """Whether the value is one of the choices, which may also be a list; text in any letter case.

    >>> one_of("de", "DE", "AT"), one_of("de", ["AT", "CH"])
    (True, False)
    """
    options = choices[0] if len(choices) == 1 and isinstance(choices[0], list) else choices
    wanted = text.casefold() if isinstance(text, str) else text
    return any((c.casefold() if isinstance(c, str) else c) == wanted for c in options)


def domain(address: Any) -> str:
    """The registrable domain of an e-mail address or web address; "" when there is none."""
    return registrable(str(address))


def company_domain(address: Any) -> str:
    """As `domain`, but "" for free-mail addresses, which name no organisation."""
    return organisation(str(address))


def lower(text: Any) -> str:
    """The text in lower case."""
    return str(text).lower()


ARGUMENTS: Mapping[str, tuple[int, int]] = {
    "like": (2, 20),
    "one_of": (2, 200),
    "domain": (1, 1),
    "company_domain": (1, 1),
    "lower": (1, 1),
}
"""The fewest and the most arguments, the value before the dot included."""

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "like": like,
    "one_of": one_of,
    "domain": domain,
    "company_domain": company_domain,
    "lower": lower,
}
