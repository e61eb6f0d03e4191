"""Real bad data through the codec: naughty strings arrive as they were typed, bad addresses are told apart."""

from __future__ import annotations

from crmsync.mapping.fields.codec import BadValue, Directory, equal, read, write
from crmsync.mapping.fields.types import FieldMap, Place
from crmsync.model.records import FieldType, NativeField
from crmsync.model.values import is_blank
from realdata import email_cases, naughty_strings

NOBODY = Directory()
NAME = FieldMap(
    "last_name",
    {"hubspot": {"contacts": "lastname"}, "salesforce": {"Lead": "LastName"}},
    "text",
    Place("m", 1, 1),
)
EMAIL = FieldMap(
    "email", {"hubspot": {"contacts": "email"}, "salesforce": {"Lead": "Email"}}, "email", Place("m", 2, 1)
)
LAST_NAME = NativeField("LastName", FieldType.TEXT, length=80)


def test_a_naughty_string_crosses_as_it_was_typed_or_is_parked_for_its_length() -> None:
    crossed = 0
    for typed in naughty_strings():
        value = read(NAME, "hubspot", "contacts", typed, NOBODY)
        try:
            sent = write(NAME, "salesforce", "Lead", value, LAST_NAME, NOBODY)
        except BadValue as bad:
            assert (bad.code, len(typed.strip()) > 80) == ("too_long", True)  # noqa: PT017
            continue
        if is_blank(typed):
            assert sent is None
            continue
        assert sent == typed.strip(" \t\r\n\f\v")
        assert equal(NAME, "salesforce", "Lead", value, sent, LAST_NAME, NOBODY)
        crossed += 1
    assert crossed > 400


def test_every_address_is_written_lower_case_or_refused_as_one() -> None:
    refused, errors_written = 0, []
    for address, verdict in email_cases():
        try:
            sent = write(EMAIL, "salesforce", "Lead", address, None, NOBODY)
        except BadValue as bad:
            assert bad.code == "invalid_email"  # noqa: PT017
            refused += 1
        else:
            assert sent is None or sent == address.strip(" \t\r\n\f\v").lower()
            if verdict == "ISEMAIL_ERR" and address and address.split() == [address]:
                errors_written.append(address)
    assert refused > 100
    assert errors_written == []  # what is wrong with the others is white space around them
