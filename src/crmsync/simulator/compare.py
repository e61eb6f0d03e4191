"""When two native values mean the same, told by the judge's own small table. Shares no code with the engine.

Coarser than a mapping on purpose where vendors and people differ in form only (letter case of an address, the
way a phone number is punctuated), and exact everywhere else. Pure; no vendor is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Native = object
"""A value as a ledger or a state holds it: a JSON scalar."""

Key = str | tuple[str, ...]

_EXTENSION = re.compile(r"(?:ext\.?|extension|x|#|;ext=)\s*(\d{1,7})\s*$", re.IGNORECASE)
_DIGITS = re.compile(r"\D+")
_TRUE = frozenset({"true", "yes", "1"})

_COUNTRIES = """
us usa united states|united states of america|u.s.a.|u.s.
gb gbr united kingdom|uk|great britain|england
de deu germany|deutschland
fr fra france
in ind india
br bra brazil|brasil
jp jpn japan
ca can canada
se swe sweden|sverige
pl pol poland|polska
ae are united arab emirates|uae
sg sgp singapore
au aus australia
sa sau saudi arabia
hk hkg hong kong
kw kwt kuwait
bh bhr bahrain
qa qat qatar
za zaf south africa
om omn oman
gh gha ghana
be bel belgium
ng nga nigeria
ug uga uganda
lk lka sri lanka
cn chn china
ke ken kenya
tz tza tanzania|tanzania, united republic of
lr lbr liberia
it ita italy|italia
bd bgd bangladesh
vn vnm vietnam|viet nam
"""
_SPACE = " \t\r\n\f\v"
"""What the vendors trim; a no-break space stays."""


def _spellings() -> dict[str, str]:
    table: dict[str, str] = {}
    for line in _COUNTRIES.strip().splitlines():
        two, three, names = line.split(" ", 2)
        table.update(dict.fromkeys((three, *names.split("|")), two))
    return table


_ISO = _spellings()


def blank(value: Native) -> bool:
    """Null, or text without a visible character."""
    return value is None or (isinstance(value, str) and not value.strip())


def _text(value: Native) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip(_SPACE)


def _email(value: Native) -> str:
    return _text(value).lower()


def _boolean(value: Native) -> str:
    return "true" if _text(value).lower() in _TRUE else ""


def _number(value: Native) -> str:
    try:
        return repr(float(_text(value)))
    except ValueError:
        return _text(value)


def _set(value: Native) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in _text(value).split(";") if part.strip()}))


def _country(value: Native) -> str:
    name = _text(value).casefold()
    return _ISO.get(name, name)


def _phone(value: Native) -> tuple[str, str]:
    text = _text(value)
    found = _EXTENSION.search(text)
    main = text[: found.start()] if found else text
    digits = _DIGITS.sub("", main.replace("(0)", ""))
    return (digits.lstrip("0") or text, found.group(1) if found else "")


def _same_phone(a: Native, b: Native) -> bool:
    """The same digits; a country code of up to three digits may stand in one form and be left out in the other."""
    (one, ext), (two, other) = _phone(a), _phone(b)
    short, long = sorted((one, two), key=len)
    return ext == other and (
        short == long or (len(short) >= 7 and 1 <= len(long) - len(short) <= 3 and long.endswith(short))
    )


_KEYS: Mapping[str, Callable[[Native], Key]] = {
    "text": _text,
    "email": _email,
    "boolean": _boolean,
    "country": _country,
    "picklist": _text,
    "number": _number,
    "set": _set,
}

KINDS = frozenset({*_KEYS, "phone", "ignore"})
"""The comparers there are."""


def empty(kind: str, value: Native) -> bool:
    """Whether there is nothing in it to lose: blank, and for a boolean also false."""
    return blank(value) or (kind == "boolean" and not _boolean(value))


def same(kind: str, a: Native, b: Native) -> bool:
    """Whether two values mean the same under a comparer; two empty ones do. `ignore` takes any two.

    >>> same("email", "Ann@A.example", "ann@a.example "), same("phone", "(415) 555-0101", "+1 415 555 0101")
    (True, True)
    """
    if kind == "ignore" or a == b:
        return True
    none = empty(kind, a), empty(kind, b)
    if any(none):
        return all(none)
    if kind == "phone":
        return _same_phone(a, b)
    return _KEYS[kind](a) == _KEYS[kind](b)


def rough(kind: str, value: Native) -> str:
    """A coarse form for sets, so that many values are looked up at once: whatever is `same` is equal here."""
    if kind == "phone":
        return "".join(c for c in _phone(value)[0] if c.isdigit())[-7:] or _text(value)
    return str(_KEYS[kind](value)).casefold()
