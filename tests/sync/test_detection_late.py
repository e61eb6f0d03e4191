"""What appears behind the latest stamp: late commits within the overlap, and older ones by the nightly wide window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crmsync.simulator.cluster import Cluster
from engines import contacts, engine_on, rows, sync

DAY_S = 86_400


def pair(cluster: Cluster) -> None:
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "city": "Bonn"})
    cluster.clock.advance(1800)


def late(cluster: Cluster, city: str, hours: float) -> None:
    """Somebody's transaction of a while ago ends now."""
    lead = str(rows(cluster, "Lead")[0]["Id"])
    began = cluster.clock.now() - timedelta(hours=hours)
    cluster.salesforce.commit_late("Lead", lead, {"City": city}, began)


def test_a_transaction_that_ends_after_a_later_one_is_not_taken_for_stale(tmp_path: Path) -> None:
    cluster = Cluster(1)
    pair(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.clock.advance(300)
        cluster.salesforce.edit("Lead", str(rows(cluster, "Lead")[0]["Id"]), {"City": "Kiel"})
        cluster.clock.advance(30)
        sync(engine)
        late(cluster, "Ulm", 1 / 12)  # its stamp is older than the one we hold
        cluster.clock.advance(60)
        sync(engine)
        assert contacts(cluster)[0]["city"] == "Ulm"


@pytest.mark.parametrize(("wide", "found"), [("", "Ulm"), ("intervals: {wide_every_s: 0}\n", "Bonn")])
def test_the_wide_window_finds_within_a_day_what_the_overlap_is_too_short_for(
    tmp_path: Path, wide: str, found: str
) -> None:
    cluster = Cluster(2)
    pair(cluster)
    births = "create:\n  salesforce: in_scope\n  hubspot: in_scope\n"
    with engine_on(cluster, tmp_path, births + wide) as engine:
        for _ in range(3):
            sync(engine)
            cluster.clock.advance(1800)
        late(cluster, "Ulm", 12)
        assert sync(engine).writes == 0
        cluster.clock.advance(DAY_S)
        sync(engine)
        assert contacts(cluster)[0]["city"] == found


def test_the_wide_window_of_a_quiet_day_costs_no_call_more(tmp_path: Path) -> None:
    cluster = Cluster(3)
    pair(cluster)
    overlay = "intervals: {owners_every_s: 999999, archived_every_s: 999999, audit_every_s: 0}\n"
    with engine_on(cluster, tmp_path, overlay) as engine:
        for _ in range(3):
            sync(engine)
            cluster.clock.advance(DAY_S + 60)
        assert sync(engine).api_calls == {"hubspot": 2, "salesforce": 1}
