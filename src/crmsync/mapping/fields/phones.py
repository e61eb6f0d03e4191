"""When two phone numbers are the same number. What people typed is never rewritten."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

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
