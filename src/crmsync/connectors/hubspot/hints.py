"""HubSpot's verified notices -> which records to look at. Everything else that a notice says is left to the reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from crmsync.connectors.hubspot.webhooks import Kind, Notice
from crmsync.model.hints import Hint

OBJECTS: Final = ("contacts", "companies")
"""What a cycle reads; notices of other objects are no hints."""


def hints_of(notices: Iterable[Notice], portal_id: str) -> list[Hint]:
    """Each record named, once, in order: of a merge all that took part, of an association both ends.

    Notices of another portal are left out: an app is installed in many, and ids are only unique within one.
    """
    found = (hint for notice in notices if notice.portal_id == portal_id for hint in _named(notice))
    return list(dict.fromkeys(hint for hint in found if hint.object in OBJECTS))


def _named(notice: Notice) -> Iterator[Hint]:
    yield Hint("hubspot", notice.object, notice.id)
    obj = notice.to if notice.kind is Kind.LINKED else notice.object
    yield from (Hint("hubspot", obj, other) for other in notice.others)
