"""Reads the stages of an object's pipelines, in order. Docs: pipelines guide."""

from __future__ import annotations

from crmsync.connectors.hubspot.client import Client, Json, Refused
from crmsync.model.records import Stage


def stages(client: Client, obj: str) -> list[Stage]:
    """The stages of all pipelines, pipeline after pipeline. A deal is won in a closed stage of probability 1."""
    try:
        reply = client.get("stages", client.path("pipelines", f"/{obj}"))
    except Refused as refused:
        raise refused.fatal(f"the pipelines of {obj}") from refused
    found: list[Stage] = []
    for pipeline in sorted(reply.get("results", []), key=_order):
        for row in sorted(pipeline.get("stages") or [], key=_order):
            found.append(_stage(row, str(pipeline["id"]), len(found)))
    return found


def _order(row: Json) -> tuple[int, str]:
    return int(row.get("displayOrder") or 0), str(row["id"])


def _stage(row: Json, pipeline: str, order: int) -> Stage:
    meta = row.get("metadata") or {}
    closed = str(meta.get("isClosed") or "").lower() == "true"
    told = str(meta.get("probability") or "")
    odds = float(told) if told.replace(".", "", 1).isdigit() else None
    return Stage(
        id=str(row["id"]),
        label=str(row.get("label") or row["id"]),
        order=order,
        closed=closed,
        won=closed and odds == 1.0,
        probability=odds,
        pipeline=pipeline,
        active=not row.get("archived", False),
    )
