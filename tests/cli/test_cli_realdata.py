"""Records of real systems come into agreement as they are; the counts are the CRMs' own, not the engine's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_desk import agreement, crms, desk

import realdata
from crmsync.cli.common import exit_code
from crmsync.simulator.cluster import Cluster
from crmsync.store.read import status
from engines import DEFAULTS, EVERYBODY, api_writes, calm, contacts, engine_on, rows, sync, violations

EVERYONE = {"CRMSYNC_OVERLAY": "config/overlays/everybody.yaml"}


def test_a_sample_org_meets_an_empty_hubspot(tmp_path: Path) -> None:
    """42 records are 40 people: two open Leads are Contacts already, by their address.

    Two people have an address that HubSpot takes for none: they are there without it, and it waits for somebody.
    """
    org = {kind: realdata.la_dev_group(kind) for kind in ("Account", "Contact", "Lead")}
    with crms() as simulated:
        for kind, records in org.items():
            simulated.admin("create", side="salesforce", object=kind, records=records)
        here = desk(tmp_path, simulated)
        here.run("setup", "--apply")
        assert created(here.run("sync", "--json").json) == 0
        assert simulated.counts() == {"hubspot": 0, "salesforce": 42}

        first = here.run("sync", "--approve", "--json", code=1, **EVERYONE).json
        assert created(first) == first["linked"] == 40
        assert simulated.counts() == {"hubspot": 40, "salesforce": 42}
        parked = here.run("review", "--json").json["items"]
        assert [(i["kind"], i["field"]) for i in parked] == [("parked", "email")] * 2
        assert all("&" in i["values"]["hubspot"] and i["fix"] for i in parked)
        pairs, wrong = agreement(simulated.people())
        assert pairs == 40
        assert sorted(line.split()[0] for line in wrong) == ["Lead", "Lead", "email", "email"]
        people = simulated.people()["salesforce"]
        known = {r.get("Email") for r in people if r["object"] == "Contact"} - {None}
        twins = [r for r in people if r["object"] == "Lead" and r.get("Email") in known]
        assert {f"Lead {r['Id']} has no counterpart" for r in twins} < set(wrong)

        mark = simulated.mark()
        assert created(here.run("sync", "--json", code=1, **EVERYONE).json) == 0
        assert simulated.writes(mark) == []


def created(report: dict[str, Any]) -> int:
    return sum(tally["create"] for tally in report["applied"].values())


@pytest.mark.parametrize(("overlay", "people"), [(EVERYBODY, 2000), (DEFAULTS, 0)])
def test_two_thousand_leads_in_hubspot_meet_an_empty_salesforce(
    tmp_path: Path, overlay: str, people: int
) -> None:
    cluster = Cluster(3)
    for row in realdata.xeducation(2000):
        cluster.hubspot.create("contacts", dict(row))
    calm(cluster)
    with engine_on(cluster, tmp_path, overlay) as engine:
        report = sync(engine)
        assert report.applied["salesforce"].create == report.linked == people
        parked = status(engine.store)["parked"]  # type: ignore[arg-type]
        assert exit_code(report, parked) == 0
        leads = [{**r, "object": "Lead"} for r in rows(cluster, "Lead")]
        assert (len(contacts(cluster)), len(leads), len(rows(cluster, "Contact"))) == (2000, people, 0)
        if people:
            assert agreement({"hubspot": contacts(cluster), "salesforce": leads}) == (2000, [])
        calm(cluster)
        written = len(api_writes(cluster))
        assert sync(engine).writes == 0
        assert len(api_writes(cluster)) == written
        assert violations(cluster, engine) == []
