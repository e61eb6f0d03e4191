"""The body of a batch about associations, as every version of its API takes it."""

from __future__ import annotations

from typing import Any

from crmsync.simulator.hubspot.errors import validation
from crmsync.simulator.hubspot.exchange import Call


def inputs_of(call: Call, cap: int) -> list[dict[str, Any]]:
    """The inputs of a batch, one to `cap` objects. Raises ApiError 400."""
    inputs = call.body().get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
        raise validation("Invalid input JSON: inputs must be a list of objects")
    if not inputs or len(inputs) > cap:
        raise validation(f"inputs must number between 1 and {cap}")
    return inputs


def end_id(item: dict[str, Any], end: str) -> str:
    """The id that an input names as `from` or `to`; "" for none."""
    named = item.get(end)
    return str(named.get("id") or "") if isinstance(named, dict) else ""
