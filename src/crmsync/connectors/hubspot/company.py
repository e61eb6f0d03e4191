"""Writes which company a contact belongs to: as its primary association, never as a property.

The property `associatedcompanyid` shows the primary company; its definition says that it can be written, and
writing it breaks what HubSpot keeps beside it (docs: associations v4, association type id values).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from crmsync.connectors.batches import Rejects, later, scrub, send_all
from crmsync.connectors.hubspot.associations import own, targets
from crmsync.connectors.hubspot.client import Client, Json, Refused
from crmsync.model.records import Verdict, Write, WriteResult

COMPANY: Final = "associatedcompanyid"
BATCH: Final = 1_000
PRIMARY: Final[Json] = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}


def link(client: Client, writes: Sequence[Write]) -> list[WriteResult]:
    """Make each write's company the primary one of its contact. Every write has an id and this one value.

    Labels that people gave the two stay: HubSpot replaces the whole set, so what is there is read and sent along.
    """
    wanted = [w for w in writes if w.values[COMPANY]]
    results = [_rejected(w, "CLEARING", "a contact is taken out of a company by people only") for w in writes]
    results = [r for r in results if r.ref not in {w.ref for w in wanted}]
    return results + (send_all(wanted, BATCH, partial(_send, client)) if wanted else [])


def _send(client: Client, writes: Sequence[Write]) -> list[WriteResult]:
    try:
        kept = _labels(client, writes)
        body: Json = {
            "inputs": [
                {
                    "from": {"id": w.id},
                    "to": {"id": _to(w)},
                    "types": [PRIMARY, *kept.get((str(w.id), _to(w)), [])],
                }
                for w in writes
            ]
        }
        reply = client.send(
            "associate", client.path("associations", "/contacts/companies/batch/create"), body
        )
    except Refused as refused:
        raise Rejects(partial(_refused, refused.body, refused.status)) from refused
    done = {(str(r.get("fromObjectId")), str(r.get("toObjectId"))) for r in reply.get("results", [])}
    results = [WriteResult(w.ref, Verdict.DONE, id=w.id) for w in writes if (str(w.id), _to(w)) in done]
    left = [w for w in writes if (str(w.id), _to(w)) not in done]
    errors = reply.get("errors") or []
    if not errors:
        return results + later(left, "HubSpot's reply says nothing about this contact.", maybe_written=True)
    for write in left:
        error = next((e for e in errors if _names(e, write)), None)
        if error is None and len(left) > 1:  # an error that names nobody: ask again one by one
            results += send_all([write], 1, partial(_send, client))
        else:
            results.append(_refused(error or errors[0], 207, write))
    return results


def _labels(client: Client, writes: Sequence[Write]) -> dict[tuple[str, str], list[Json]]:
    """(contact, company) -> the labels that people gave them."""
    rows = targets(client, "contacts", "companies", [str(w.id) for w in writes])
    return {
        (contact, str(to["toObjectId"])): [
            {"associationCategory": t["category"], "associationTypeId": t["typeId"]}
            for t in to.get("associationTypes") or []
            if not own(t)
        ]
        for contact, found in rows.items()
        for to in found
    }


def _to(write: Write) -> str:
    return str(write.values[COMPANY])


def _names(error: Json, write: Write) -> bool:
    """Whether an error entry is about this pair."""
    context = error.get("context") or {}
    ids = {str(i) for name, values in context.items() if name.endswith(("Id", "ids")) for i in values}
    text = str(error.get("message") or "")
    return bool(ids & {str(write.id), _to(write)}) or _to(write) in text or str(write.id) in text


def _refused(body: Json, status: int, write: Write) -> WriteResult:
    code = str(body.get("category") or f"HTTP_{status}")
    return _rejected(write, code, scrub(str(body.get("message") or ""), write))


def _rejected(write: Write, code: str, message: str) -> WriteResult:
    return WriteResult(write.ref, Verdict.REJECTED, write.id, code=code, message=message, fields=(COMPANY,))
