"""Writes whose reply never came: carried out, lost, or landing late. Nothing is doubled, nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crmsync.model.values import Side
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.faults import Fault
from engines import api_writes, calm, contacts, engine_on, rows, sync, violations

KINDS = ("internal", "truncated", "reset_after_send", "timeout_after_send", "lands_late")
WRITES: dict[Side, tuple[str, str]] = {
    "hubspot": ("batch/update", "batch/upsert"),
    "salesforce": ("PATCH /services/data/v62.0/composite/sobjects", "/composite/sobjects/Lead/crmsync_id__c"),
}


@pytest.mark.parametrize("side", ["hubspot", "salesforce"])
def test_a_write_whose_fate_is_unknown_is_settled_by_reading(tmp_path: Path, side: Side) -> None:
    """An update and a create meet each kind of trouble; both wait out what may yet land, and are made once."""
    cluster = Cluster()
    hub, sales = cluster.hubspot, cluster.salesforce
    with engine_on(cluster, tmp_path) as engine:
        lead = sales.create("Lead", {"LastName": "Aa", "Company": "Acme", "Email": "aa@acme.example"})
        sync(engine)
        (contact,) = [c["id"] for c in contacts(cluster)]
        calm(cluster)
        sync(engine)
        for number, kind in enumerate(KINDS):
            title, person = f"Head {number}", f"p{number}@acme.example"
            if side == "hubspot":
                sales.edit("Lead", lead, {"Title": title})
                sales.create("Lead", {"LastName": "Bb", "Company": "Acme", "Email": person})
            else:
                hub.edit("contacts", str(contact), {"jobtitle": title})
                hub.create("contacts", {"lastname": "Bb", "company": "Acme", "email": person})
            calm(cluster)
            for match in WRITES[side]:
                cluster.faults.add(Fault(kind, side, match, delay_s=100.0))
            first = sync(engine)
            assert first.problems and first.cooling, kind
            cluster.clock.advance(60)
            before = len(api_writes(cluster))
            sync(engine)
            if kind == "lands_late":
                assert len(api_writes(cluster)) == before, (
                    "written to while the lost request could still land"
                )
            cluster.clock.advance(engine.settle_s)
            sync(engine)
            calm(cluster)
            assert sync(engine).writes == 0, kind
            assert violations(cluster, engine) == [], kind
    assert cluster.faults.underway == 0
    assert len(contacts(cluster)) == len(rows(cluster, "Lead")) == 1 + len(KINDS)


def test_a_day_used_up_in_the_middle_of_a_batch_breaks_off_and_goes_on_at_midnight(tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.hubspot.switches.time_zone = "America/New_York"
    with engine_on(cluster, tmp_path) as engine:
        for n in range(150):
            cluster.salesforce.create(
                "Lead", {"LastName": f"L{n}", "Company": "Acme", "Email": f"l{n}@acme.example"}
            )
        cluster.faults.add(Fault("rate_limit", "hubspot", "batch/upsert", after=1, count=0, policy="DAILY"))
        report = sync(engine)
        assert any("daily quota" in problem for problem in report.problems)
        assert len(contacts(cluster)) == 100
        cluster.faults.clear()
        spent = cluster.calls["hubspot"].total()
        cluster.clock.advance(3600)
        report = sync(engine)
        assert any("asked to be left alone" in problem for problem in report.problems)
        assert cluster.calls["hubspot"].total() == spent
        cluster.clock.advance(timedelta(days=1).total_seconds())
        sync(engine)
        assert len(contacts(cluster)) == 150
        assert violations(cluster, engine) == []
