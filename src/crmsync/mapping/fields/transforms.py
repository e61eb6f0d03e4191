"""The transforms by name: each is one function that gives the way in (native -> canonical) and the way back.

transform      canonical                          HubSpot                 Salesforce
text           trimmed text                       the text                the text
email          lower case                         lower case              lower case
phone          as typed                           as typed                as typed (equal by E.164)
boolean        true, false                        "true", "false"         true, false
number         int when whole, else float         "17.5"                  17.5
date           2026-01-31                         2026-01-31              2026-01-31
datetime       2026-01-31T08:00:00.000Z           the same                2026-01-31T08:00:00.000+0000
country        DE (unknown: as typed)             Germany                 Germany, or the option for it
picklist       the key of `values`                its HubSpot value       its Salesforce value
multipicklist  sorted keys: a;b                   a;b                     a;b
owner_name     the owner's name                   the name                (read only: a user id)
owner_id       the owner's e-mail                 owner id                user id
account        the firm's domain                  company id              Account id
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from crmsync.mapping.fields import countries, phones, times
from crmsync.mapping.fields.context import At, BadValue
from crmsync.mapping.fields.firms import NOUNS, short
from crmsync.model.values import Value, other

country_code = countries.code
"""ISO 3166 alpha-2 of a country's name or code; "" when unknown."""

_SPACE = " \t\r\n\f\v"
"""What the vendors trim. A no-break space survives there, so it does here."""
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@(?:{_LABEL}\.)+{_LABEL}\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _plain(value: Value) -> str:
    """Any scalar as trimmed text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip(_SPACE)


def _same_text(value: Value, at: At) -> Value:
    return _plain(value)


@dataclass(frozen=True, slots=True)
class Transform:
    """`read` gets a native value that is not blank, `write` a canonical one; both may raise BadValue.

    `key` gives natives of one side that mean the same the same key; `alike` may still take two of different keys
    for one value. `both_ways` is False when nothing leads
    back to Salesforce, so the field can only go to HubSpot.
    """

    read: Callable[[Value, At], Value]
    write: Callable[[Value, At], Value]
    key: Callable[[Value, At], Value] = _same_text
    alike: Callable[[Value, Value], bool] = operator.eq
    both_ways: bool = True


def text() -> Transform:
    """Text, trimmed at both ends."""

    def write(value: Value, at: At) -> Value:
        plain = _plain(value)
        if _SURROGATE.search(plain):
            raise at.bad(
                "invalid_value", "the text holds half a character", "type the text anew in the other CRM"
            )
        return plain

    return Transform(lambda value, at: _plain(value), write)


def email() -> Transform:
    """An address. Both vendors store lower case and refuse what is not local@domain with a dot."""

    def write(value: Value, at: At) -> Value:
        address = _plain(value).lower()
        if not _EMAIL.match(address) or len(address.partition("@")[0]) > 64 or len(address) > 254:
            raise at.bad(
                "invalid_email", "not a valid e-mail address", "correct the address where it was typed"
            )
        return address

    return Transform(
        lambda value, at: _plain(value).lower(), write, key=lambda value, at: _plain(value).lower()
    )


def phone() -> Transform:
    """A phone number as typed. The same number in another punctuation is equal, so neither side is rewritten."""
    plain = text()
    return Transform(
        plain.read,
        plain.write,
        key=lambda value, at: phones.same_key(_plain(value)),
        alike=lambda one, two: phones.same_number(_plain(one), _plain(two)),
    )


def boolean() -> Transform:
    """Yes or no. A Salesforce checkbox cannot be empty: blank is stored as false there."""
    words = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}

    def read(value: Value, at: At) -> Value:
        found = words.get(_plain(value).lower())
        if found is None:
            raise at.bad("invalid_value", "neither true nor false", "set it to true or false")
        return found

    def write(value: Value, at: At) -> Value:
        found = read(value, at)
        return ("true" if found else "false") if at.as_text else found

    def key(value: Value, at: At) -> Value:
        found = words.get(_plain(value).lower())
        return _plain(value) if found is None else found

    return Transform(read, write, key)


def number() -> Transform:
    """A decimal number with a point and no thousands separator; "5", 5 and 5.0 are one."""

    def parse(value: Value) -> int | float | None:
        plain = _plain(value)
        try:
            exact = Decimal(plain) if len(plain) <= 64 and "_" not in plain else None
        except InvalidOperation:
            exact = None
        if exact is None or isinstance(value, bool) or not exact.is_finite() or abs(exact.adjusted()) > 30:
            return None
        return int(exact) if exact == exact.to_integral_value() else float(exact)

    def read(value: Value, at: At) -> Value:
        found = parse(value)
        if found is None:
            raise at.bad("invalid_value", "not a number", "write digits with a decimal point, such as 17.5")
        return found

    def write(value: Value, at: At) -> Value:
        found = read(value, at)
        return format(Decimal(repr(found)), "f") if at.as_text else found

    def key(value: Value, at: At) -> Value:
        found = parse(value)
        return _plain(value) if found is None else float(found)

    return Transform(read, write, key)


def date() -> Transform:
    """A day without a time zone."""

    def read(value: Value, at: At) -> Value:
        try:
            return times.day(_plain(value))
        except ValueError:
            raise at.bad("invalid_value", "not a date", "write it as YYYY-MM-DD") from None

    return Transform(read, read, key=_lenient(read))


def datetime() -> Transform:
    """A point in time. Salesforce keeps whole seconds, so times that differ by less are equal there."""

    def read(value: Value, at: At) -> Value:
        try:
            return times.canonical(times.moment(_plain(value)))
        except ValueError:
            raise at.bad(
                "invalid_value", "not a time with a zone", "write it as 2026-01-31T08:00:00Z"
            ) from None

    def write(value: Value, at: At) -> Value:
        when = times.moment(str(read(value, at)))
        return times.salesforce(when) if at.side == "salesforce" else times.canonical(when)

    return Transform(read, write, key=_lenient(write))


def country() -> Transform:
    """A country. Any known spelling reads as its ISO code; text that is no country travels as it was typed."""

    def read(value: Value, at: At) -> Value:
        plain = _plain(value)
        return countries.code(plain) or plain

    def write(value: Value, at: At) -> Value:
        iso = str(read(value, at))
        name = countries.name(iso)
        options = at.info.options if at.info else frozenset()
        if options and name not in options:
            return next((o for o in sorted(options) if countries.code(o) == iso), name or iso)
        return name or iso

    return Transform(read, write, key=read)


def picklist() -> Transform:
    """One of a list. With `values` each side's value is looked up; without, values pass as they are."""
    return Transform(_read_option, _write_option)


def multipicklist() -> Transform:
    """Several of a list, in no order. HubSpot takes a leading `;` as "append", so none is ever sent."""

    def each(one: Callable[[str, At], str]) -> Callable[[Value, At], Value]:
        def many(value: Value, at: At) -> Value:
            parts = (part.strip(_SPACE) for part in _plain(value).split(";"))
            return ";".join(sorted({one(part, at) for part in parts if part})) or None

        return many

    return Transform(each(_read_option), each(_write_option), key=each(lambda part, at: part))


def owner_name() -> Transform:
    """A Salesforce user's name as text, for people to read in HubSpot. Queues own nothing a marketer can call."""

    def read(value: Value, at: At) -> Value:
        plain = _plain(value)
        if at.side == "hubspot":
            return plain
        owner = at.directory.by_id("salesforce", plain)
        if owner is None and plain.startswith("005"):
            raise at.bad(
                "owner_unknown", f"no user {plain} is visible", "let the integration user see all users"
            )
        return (owner.name.strip(_SPACE) or owner.email or None) if owner else None

    def write(value: Value, at: At) -> Value:
        if at.side == "salesforce":
            raise at.bad("owner_unknown", "a name does not say which user", "use direction: to_hubspot")
        return _plain(value)

    return Transform(read, write, both_ways=False)


def owner_id() -> Transform:
    """An owner, matched by e-mail. Somebody without a counterpart in HubSpot is blank there, which is no error."""

    def read(value: Value, at: At) -> Value:
        owner = at.directory.by_id(at.side, _plain(value))
        return (owner.email.strip().lower() or None) if owner else None

    def write(value: Value, at: At) -> Value:
        owner = at.directory.by_email(at.side, _plain(value))
        if owner is None and at.side == "salesforce":
            raise at.bad(
                "owner_unknown", "no active user has this owner's e-mail", "create or activate the user"
            )
        return owner.id if owner else None

    def key(value: Value, at: At) -> Value:
        return _plain(value)[:15] if at.side == "salesforce" else _plain(value)

    return Transform(read, write, key)


def account() -> Transform:
    """The company or Account that a person belongs to, matched by domain. Never a guess: none or several is a finding."""

    def read(value: Value, at: At) -> Value:
        native, noun = _plain(value), NOUNS[at.side]
        domain = at.directory.firms.domain(at.side, native)
        if domain:
            return domain
        if not at.reads:  # the side a one-way field is written to: it only has to differ from every firm
            return native
        if domain is None:
            raise at.bad(
                "account_unknown",
                f"{noun} {native} could not be read",
                "let the crmsync user see it; one that is new is looked at again by itself",
                "unread",
            )
        raise at.bad(
            "account_unmatched",
            f"{noun} {native} has no web domain of its own to find its counterpart by",
            "give it its domain; it is then looked at again by itself",
            "no domain",
        )

    def write(value: Value, at: At) -> Value:
        domain, firms, noun = _plain(value), at.directory.firms, NOUNS[at.side]
        found = firms.of_domain(at.side, domain)
        if len(found) == 1:
            return found[0]
        theirs = " or ".join(firms.of_domain(other(at.side), domain))
        what = f"for {NOUNS[other(at.side)]} {theirs}" if theirs else "for this"
        if not found:
            raise at.bad(
                "account_unmatched",
                f"no {noun} {what}: none has the domain {domain}",
                "create it there, or correct its domain; it is then looked at again by itself",
                "none",
            )
        raise at.bad(
            "account_ambiguous",
            f"no single {noun} {what}: {len(found)} have the domain {domain}",
            f"merge {', '.join(found[:5])}, or correct the domain of those that are another firm",
            ",".join(found),
        )

    return Transform(read, write, key=lambda value, at: short(at.side, _plain(value)))


def _lenient(function: Callable[[Value, At], Value]) -> Callable[[Value, At], Value]:
    """For keys: a value that cannot be read is only equal to itself."""

    def key(value: Value, at: At) -> Value:
        try:
            return function(value, at)
        except BadValue:
            return _plain(value)

    return key


def _read_option(value: Value, at: At) -> str:
    plain = _plain(value)
    table = (at.field.values or {}).get(at.side)
    if table is None:
        return plain
    for name, native in table.items():
        if native == plain:
            return name
    if not at.reads:
        # The side a one-way field is written to: what people chose there by themselves needs no translation.
        return plain
    raise _unmapped(plain, at)


def _write_option(value: Value, at: At) -> str:
    plain = _plain(value)
    table = (at.field.values or {}).get(at.side)
    if table is None:
        return plain
    if plain not in table:
        raise _unmapped(plain, at)
    return table[plain]


def _unmapped(plain: str, at: At) -> BadValue:
    shown = plain if len(plain) <= 60 else plain[:57] + "..."
    return at.bad(
        "picklist_unmapped",
        f"`{shown}` has no entry under `values`",
        f"add a line for `{shown}` to `values` at {at.field.place}",
    )


TRANSFORMS: Mapping[str, Transform] = {
    "text": text(),
    "email": email(),
    "phone": phone(),
    "boolean": boolean(),
    "number": number(),
    "date": date(),
    "datetime": datetime(),
    "country": country(),
    "picklist": picklist(),
    "multipicklist": multipicklist(),
    "owner_name": owner_name(),
    "owner_id": owner_id(),
    "account": account(),
}
