"""One field's value on its way in and out: native <-> canonical, and whether two mean the same. Pure."""

from __future__ import annotations

from crmsync.mapping.fields.context import At, BadValue, Directory
from crmsync.mapping.fields.transforms import TRANSFORMS
from crmsync.mapping.fields.types import FieldMap
from crmsync.model.records import FieldType, NativeField
from crmsync.model.values import Side, Value, is_blank

__all__ = ["BadValue", "Directory", "equal", "read", "write"]


def read(field: FieldMap, side: Side, obj: str, native: Value, directory: Directory) -> Value:
    """The canonical value of a native one; None when it is blank or our own `default_on_create`.

    Raises BadValue.
    """
    if is_blank(native) or _is_default(field, side, obj, native):
        return None
    value = TRANSFORMS[field.transform].read(native, At(field, side, obj, None, directory))
    return None if is_blank(value) else value


def write(
    field: FieldMap, side: Side, obj: str, canonical: Value, info: NativeField | None, directory: Directory
) -> Value:
    """The native value of a canonical one, exactly as `side` will store it; None clears.

    Raises BadValue: also for text longer than `info.length` (unless the field says `truncate`) and for a value
    that is not among `info.options`.
    """
    if is_blank(canonical):
        # Salesforce has no empty checkbox: it stores false for null.
        checkbox = info is not None and info.type is FieldType.BOOLEAN and not info.as_text
        return False if checkbox else None
    at = At(field, side, obj, info, directory)
    value = TRANSFORMS[field.transform].write(canonical, at)
    if is_blank(value):
        return None
    return _checked(_fitted(value, at), at)


def equal(
    field: FieldMap,
    side: Side,
    obj: str,
    canonical: Value,
    native: Value,
    info: NativeField | None,
    directory: Directory,
) -> bool:
    """Whether `side` already holds the canonical value, its own normalisation taken into account.

    Blank text, null and our own `default_on_create` are one; so are "5" and 5.0, e-mails in any letter case,
    two spellings of a phone number or country, and a time in milliseconds and in ISO 8601.
    """
    try:
        sent = write(field, side, obj, canonical, info, directory)
    except BadValue:
        return _holds_already(field, side, obj, canonical, native, directory)
    at = At(field, side, obj, info, directory)
    one, two = _key(sent, at), _key(native, at)
    if one == two or one is None or two is None:
        return one == two
    return TRANSFORMS[field.transform].alike(sent, native)


def _holds_already(
    field: FieldMap, side: Side, obj: str, canonical: Value, native: Value, directory: Directory
) -> bool:
    """A value that could not be written may be there all the same: typed on both sides, or older than a limit."""
    try:
        return read(field, side, obj, native, directory) == canonical
    except BadValue:
        return False


def _key(native: Value, at: At) -> Value:
    if is_blank(native) or _is_default(at.field, at.side, at.object, native):
        # An unticked checkbox is how Salesforce stores "not said".
        return False if at.field.transform == "boolean" and at.side == "salesforce" else None
    return TRANSFORMS[at.field.transform].key(native, at)


def _is_default(field: FieldMap, side: Side, obj: str, native: Value) -> bool:
    default = field.default_on_create.get(side, {}).get(obj)
    if default is None:
        return False
    return native == default or (isinstance(native, str) and native.strip() == default)


def _fitted(value: Value, at: At) -> Value:
    """Text within the length of its target: parked when it is longer, or cut when the field says so."""
    length = at.info.length if at.info else 0
    if not isinstance(value, str) or not length or len(value) <= length:
        return value
    if at.field.truncate:
        return value[:length].rstrip()
    raise at.bad(
        "too_long",
        f"{len(value)} characters, and there is room for {length}",
        f"shorten the text, or set `truncate: true` at {at.field.place}",
    )


def _checked(value: Value, at: At) -> Value:
    """One of the target's options, where it has a restricted list."""
    options = at.info.options if at.info else frozenset()
    if not options or not isinstance(value, str):
        return value
    several = at.info is not None and at.info.type is FieldType.MULTIPICKLIST
    for part in value.split(";") if several else [value]:
        if part not in options:
            shown = part if len(part) <= 60 else part[:57] + "..."
            raise at.bad(
                "not_an_option",
                f"`{shown}` is not among the field's options",
                f"add the option to the field, or map the value under `values` at {at.field.place}",
            )
    return value
