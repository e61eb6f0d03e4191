"""When two phone numbers are the same number. What people typed is never rewritten."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

SHORTEST = 7
"""Digits that a number without a country code must have to be recognised in a longer one."""

_NOT_DIGITS = re.compile(r"\D")
_FILLERS = re.compile(r"[\d\s().+/\-–‑]+\Z")


@lru_cache(maxsize=65536)
def same_key(text: str) -> str:
    """A key equal for equal numbers.

    International numbers compare by E.164 and extension. Others compare by their digits, because without a
    country code punctuation is all that may differ. Anything with words in it compares as text.

    >>> same_key("+49 30 901820") == same_key("+49 (30) 90 18 20"), same_key("(415) 555-0101")
    (True, '4155550101')
    """
    text = text.strip()
    if text.startswith("+"):
        try:
            number = phonenumbers.parse(text)
        except phonenumbers.NumberParseException:
            pass
        else:
            form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            return f"{form};{number.extension or ''}"
    if _FILLERS.match(text):
        digits = _NOT_DIGITS.sub("", text)
        if digits:
            return ("+" if text.startswith("+") else "") + digits
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=65536)
def same_number(one: str, two: str) -> bool:
    """Whether two texts are one number, where one of them may leave the country code out.

    >>> same_number("+33 4 65 71 84 12", "04 65 71 84 12"), same_number("+33 4 65 71 84 12", "04 65 71 84 13")
    (True, False)
    """
    if same_key(one) == same_key(two):
        return True
    if one.lstrip().startswith("+") == two.lstrip().startswith("+"):
        return False
    if min(len(_NOT_DIGITS.sub("", text)) for text in (one, two)) < SHORTEST:
        return False
    return bool(phonenumbers.is_number_match(one, two) >= phonenumbers.MatchType.NSN_MATCH)
