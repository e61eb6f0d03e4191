"""One copy of texts that many records repeat, such as a country: requests bring a new copy each time."""

from __future__ import annotations

from typing import Final

_MOST: Final = 4096
"""Different texts remembered for a field; of a field with more, the first ones."""


class Pool:
    """Texts by field, remembered in the order they come. Gives back an equal text, never another."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def one(self, name: str, text: str) -> str:
        """The copy to keep of a field's value."""
        known = self._known.setdefault(name, {})
        kept = known.get(text)
        if kept is None:
            if len(known) >= _MOST:
                return text
            kept = known[text] = text
        return kept
