"""Reads which records belong together: associations by batch, 1,000 records a call, further pages record by record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from crmsync.connectors.batches import chunks
from crmsync.connectors.hubspot.client import Client, Json, Refused
from crmsync.model.records import Association

BATCH: Final = 1_000
PRIMARY: Final = frozenset({1, 2, 5, 6})
"""HubSpot's own types that mark a primary company: of a contact, of a deal, and both seen from the company."""


def associated(client: Client, obj: str, to: str, ids: Sequence[str]) -> dict[str, tuple[Association, ...]]:
    """Who belongs to each of these records; those without anybody are left out."""
    rows = targets(client, obj, to, ids)
    return {native: tuple(map(_association, found)) for native, found in rows.items()}


def targets(client: Client, obj: str, to: str, ids: Sequence[str]) -> dict[str, list[Json]]:
    """The same as HubSpot tells it. A record that is gone, or has nobody, is an error entry: left out."""
    path = client.path("associations", f"/{obj}/{to}/batch/read")
    found: defaultdict[str, list[Json]] = defaultdict(list)
    todo: list[Json] = [{"id": native} for native in dict.fromkeys(ids) if native.isdigit()]
    while todo:
        further: list[Json] = []
        for part in chunks(todo, BATCH):
            try:
                reply = client.ask("associated", path, {"inputs": list(part)})
            except Refused as refused:
                raise refused.fatal(f"the associations of {obj} with {to}") from refused
            for row in reply.get("results", []):
                native = str(row["from"]["id"])
                found[native] += row.get("to") or []
                after = ((row.get("paging") or {}).get("next") or {}).get("after")
                further += [{"id": native, "after": str(after)}] if after else []
        todo = further
    return {native: rows for native, rows in found.items() if rows}


def own(kind: Json) -> bool:
    """Whether an association type is HubSpot's own, not a label that people made."""
    return kind.get("category") == "HUBSPOT_DEFINED"


def _association(row: Json) -> Association:
    kinds = row.get("associationTypes") or []
    return Association(
        str(row["toObjectId"]),
        tuple(str(k["label"]) for k in kinds if k.get("label") and not own(k)),
        primary=any(own(k) and k.get("typeId") in PRIMARY for k in kinds),
    )
