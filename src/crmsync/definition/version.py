"""The digest of what a definition means. Comments, places, the order of keys and spelled-out defaults change nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from crmsync.definition.definition import Definition
from crmsync.mapping.rule import Rule

_APART = frozenset({"version", "directory", "place", "places"})


def version(definition: Definition) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the meaning."""
    meaning = _plain(definition)
    meaning["fields"] = sorted(meaning["fields"], key=lambda f: str(f["name"]))
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """The value as JSON data."""
    if isinstance(value, Rule):
        return value.text
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in _APART}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
