"""A record's native values as the canonical person that rules see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crmsync.mapping.fields.codec import BadValue, Directory, read
from crmsync.mapping.fields.types import FieldMap
from crmsync.model.values import Side, Value, Values


def person_values(
    fields: Iterable[FieldMap], side: Side, obj: str, natives: Mapping[str, Value], directory: Directory
) -> Values:
    """Canonical name -> value for every field the object has and that can be read. Blank and bad ones are left out."""
    values: Values = {}
    for field in fields:
        native = field.native_name(side, obj)
        if native is None or native not in natives:
            continue
        try:
            value = read(field, side, obj, natives[native], directory)
        except BadValue:
            continue
        if value is not None:
            values[field.name] = value
    return values
