"""What a human does between our last look and our write survives, and what only a create needs is never written back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from engines import calm, contacts, engine_on, rows, sync, violations


@pytest.mark.parametrize("before_read", [True, False], ids=["before the re-read", "after the re-read"])
def test_a_human_edit_right_before_our_write_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before_read: bool
) -> None:
    cluster = Cluster(1)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "jobtitle": "CEO"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        calm(cluster)
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CFO"})
        cluster.salesforce.edit("Lead", str(lead["Id"]), {"City": "Bonn"})
        cluster.clock.advance(30)
        connector: Any = engine.connectors["salesforce"]
        look, met = connector.read, []

        def read(obj: str, ids: Sequence[str], fields: Sequence[str]) -> Any:
            def human() -> None:
                cluster.clock.advance(5)
                cluster.salesforce.edit("Lead", str(lead["Id"]), {"Title": "Chair"})

            planning_is_over = bool(engine.store.open_intents_exist())  # type: ignore[attr-defined]
            if planning_is_over and not met and before_read:
                met.append(human())
            found = look(obj, ids, fields)
            if planning_is_over and not met:
                met.append(human())
            return found

        monkeypatch.setattr(type(engine.store), "open_intents_exist", _open, raising=False)
        monkeypatch.setattr(connector, "read", read, raising=False)
        report = sync(engine)
        assert met, "the human came in time"
        assert (report.applied["salesforce"].update, report.applied["salesforce"].skipped) == (0, 1)
        assert rows(cluster, "Lead")[0]["Title"] == "Chair"
        for _ in range(2):
            calm(cluster)
            sync(engine)
        assert contacts(cluster)[0]["jobtitle"] == rows(cluster, "Lead")[0]["Title"]
        assert violations(cluster, engine) == []


def _open(store: Any) -> bool:
    """Whether the journal holds something taken and not ended, that is: applying has begun."""
    with store.transaction() as tx:
        return bool(tx.open_intents())


def test_what_a_create_needs_is_filled_in_and_never_written_back(tmp_path: Path) -> None:
    cluster = Cluster(2)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        assert rows(cluster, "Lead")[0]["Company"] == "[not provided]"
        calm(cluster)
        assert sync(engine).writes == 0
        assert contacts(cluster)[0].get("company") is None
        cluster.hubspot.edit("contacts", hub, {"company": "Northwind"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["Company"] == "Northwind"
