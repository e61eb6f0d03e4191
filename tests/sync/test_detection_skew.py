"""Which stamps a reading starts from follows from the vendor's stamps: no clock that is wrong, ours or theirs, skips."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.sync.engine import Engine
from crmsync.sync.horizon import NOTHING, Horizon, VendorTime, after_scan, horizon_of, latest, vendor_time
from engines import contacts, engine_on, rows, sync

OVERLAP = timedelta(seconds=600)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Wrong:
    """Our clock, which is wrong by so many seconds."""

    def __init__(self, cluster: Cluster, by_s: float) -> None:
        self.cluster, self.by = cluster, timedelta(seconds=by_s)

    def now(self) -> datetime:
        return self.cluster.clock.now() + self.by

    def sleep(self, seconds: float) -> None:
        self.cluster.clock.advance(max(0.0, seconds))


@contextmanager
def wrong_engine(cluster: Cluster, folder: Path, by_s: float) -> Iterator[Engine]:
    with engine_on(cluster, folder) as engine:
        yield replace(engine, clock=Wrong(cluster, by_s))


def one(cluster: Cluster) -> str:
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "city": "Bonn"})
    cluster.clock.advance(1800)
    return hub


@pytest.mark.parametrize("skew_s", [-600.0, 600.0, -45.0, 0.0])
def test_every_edit_arrives_while_our_clock_is_wrong_and_the_index_lags(
    tmp_path: Path, skew_s: float
) -> None:
    cluster = Cluster(1)
    hub = one(cluster)
    cluster.hubspot.switches.search_lag_s = 300.0
    with wrong_engine(cluster, tmp_path, skew_s) as engine:
        sync(engine)
        for city in ("Kiel", "Ulm"):
            cluster.clock.advance(60)
            sync(engine)
            cluster.hubspot.edit("contacts", hub, {"city": city})
            sync(engine)
            for _ in range(4):
                cluster.clock.advance(105)
                sync(engine)
            assert rows(cluster, "Lead")[0]["City"] == city


@pytest.mark.parametrize("ahead_s", [-600.0, 600.0])
def test_every_edit_arrives_while_salesforce_s_clock_is_wrong(tmp_path: Path, ahead_s: float) -> None:
    cluster = Cluster(2)
    one(cluster)
    cluster.salesforce.switches.jwt_skew_s = None
    cluster.salesforce.ahead_s = ahead_s
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        for city in ("Kiel", "Ulm", "Jena"):
            cluster.clock.advance(60)
            sync(engine)
            lead = str(rows(cluster, "Lead")[0]["Id"])
            cluster.salesforce.edit("Lead", lead, {"City": city})
            sync(engine)
            assert contacts(cluster)[0]["city"] == city
            # A second edit in the second of the one that was just read shares its stamp.
            cluster.salesforce.edit("Lead", lead, {"City": city + " 2"})
            cluster.clock.advance(60)
            sync(engine)
            assert contacts(cluster)[0]["city"] == city + " 2"


def test_nothing_is_skipped_when_our_clock_is_put_right_by_ten_minutes_either_way(tmp_path: Path) -> None:
    cluster = Cluster(3)
    hub = one(cluster)
    with engine_on(cluster, tmp_path) as engine:
        for number, skew_s in enumerate((600.0, -600.0, 600.0, 0.0)):
            wrong = replace(engine, clock=Wrong(cluster, skew_s))
            sync(wrong)
            cluster.hubspot.edit("contacts", hub, {"city": f"City {number}"})
            cluster.clock.advance(60)
            sync(wrong)
            assert rows(cluster, "Lead")[0]["City"] == f"City {number}"


# -- the horizon itself ---------------------------------------------------------------------------------------
def test_the_overlap_is_read_until_a_reading_that_began_an_overlap_later() -> None:
    first = Horizon(NOTHING, NOTHING).advanced(NOON, NOON, NOON, OVERLAP)
    assert first.start(OVERLAP) == NOON - OVERLAP
    soon = first.advanced(NOON, NOON + 5 * MINUTE, NOON + 5 * MINUTE, OVERLAP)
    assert soon.start(OVERLAP) == NOON - OVERLAP
    late = soon.advanced(NOON, NOON + 30 * MINUTE, NOON + 30 * MINUTE, OVERLAP)
    assert late.start(OVERLAP) == NOON + timedelta(milliseconds=1)
    moved = late.advanced(NOON + 31 * MINUTE, NOON + 31 * MINUTE, NOON + 31 * MINUTE, OVERLAP)
    assert moved.start(OVERLAP) == NOON + 31 * MINUTE - OVERLAP


def test_what_changed_while_a_long_reading_went_on_is_read_again() -> None:
    horizon = Horizon(NOTHING, NOTHING).advanced(NOON + 30 * MINUTE, NOON, NOON + 30 * MINUTE, OVERLAP)
    assert horizon.start(OVERLAP) <= NOON - OVERLAP


def test_a_stamp_of_next_year_does_not_blind_us() -> None:
    assert latest([NOON, NOON + timedelta(days=365)], None, NOON) == NOON
    assert latest([NOON + timedelta(days=365)], None, NOON) is None


def test_an_empty_object_is_read_from_the_beginning() -> None:
    assert after_scan(None, NOON, NOON, OVERLAP).start(OVERLAP) <= NOTHING + MINUTE


def test_a_horizon_is_kept_as_it_is_and_an_older_store_s_is_understood() -> None:
    horizon = Horizon(NOON, NOON + MINUTE, MINUTE, settled=True, read=NOON + 2 * MINUTE)
    assert horizon_of(horizon.as_cursor()) == horizon
    assert horizon_of({"mode": "changes", "since": NOON.isoformat()}).start(OVERLAP) == NOON - OVERLAP


def test_the_vendor_s_time_is_never_taken_for_later_than_its_stamps_prove() -> None:
    time = VendorTime()
    assert not time.trusts(NOON, NOON + timedelta(seconds=3))  # our clock may be fifteen minutes ahead
    assert time.trusts(NOON, NOON + timedelta(minutes=16))
    time.see(NOON, NOON + timedelta(seconds=1))
    assert time.trusts(NOON, NOON + timedelta(seconds=3))
    assert not time.trusts(NOON, NOON + timedelta(seconds=2))
    assert vendor_time(time.as_text()) == time
    tomorrow = NOON + timedelta(days=2)
    assert not time.trusts(tomorrow, tomorrow + timedelta(seconds=3))  # learnt too long ago
