"""Loads a folder of records into the simulated CRMs: sObject tree JSON into Salesforce, contact CSV into HubSpot."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Protocol

ORDER = ("Account", "Contact", "Lead")
"""Objects that hold references come after what they refer to."""


class _Crm(Protocol):
    def create(self, object: str, values: dict[str, Any], actor: str = "human") -> str: ...


class Loadable(Protocol):
    """What loading needs of a cluster."""

    @property
    def hubspot(self) -> _Crm: ...
    @property
    def salesforce(self) -> _Crm: ...


def load_folder(cluster: Loadable, folder: Path) -> dict[str, int]:
    """Create every record in the folder; returns how many per object.

    `*.json` holds `{"records": [{"attributes": {"type": ...}, ...}]}` as data tools export it. `*.csv` holds one
    HubSpot contact a row under property names; a table without an `email` column is something else and passed over.
    Raises ValueError when nothing was found.
    """
    counts: dict[str, int] = {}
    trees: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and isinstance(document.get("records"), list):
            trees += document["records"]
    known = [r for r in trees if r.get("attributes", {}).get("type") in ORDER]
    for record in sorted(known, key=lambda r: ORDER.index(r["attributes"]["type"])):
        obj = record["attributes"]["type"]
        cluster.salesforce.create(obj, {k: v for k, v in record.items() if not _reference(v)})
        counts[obj] = counts.get(obj, 0) + 1
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            for row in table if "email" in (table.fieldnames or ()) else ():
                cluster.hubspot.create("contacts", {k: v for k, v in row.items() if k and v})
                counts["contacts"] = counts.get("contacts", 0) + 1
    if not counts:
        raise ValueError(f"{folder}: no sObject tree JSON and no contact CSV in it")
    return counts


def _reference(value: object) -> bool:
    """`@AccountRef1` points at another record of the export, which has another id here."""
    return isinstance(value, str) and value.startswith("@")
