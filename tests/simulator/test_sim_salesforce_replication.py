"""getUpdated and getDeleted of the simulated org (REST/resources-getupdated, REST/resources-getdeleted)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from facts import fact
from sim_salesforce import START, Answer, Org, new_org


def window(
    org: Org, which: str, start: str = "2026-11-02T09:00:00Z", end: str = "2026-11-02T10:00:00Z"
) -> Answer:
    """The ids of a window."""
    return org.send("GET", f"sobjects/Lead/{which}/", query={"start": start, "end": end})


def ago(org: Org, **span: Any) -> str:
    """A time before now."""
    return (org.clock.now() - timedelta(**span)).isoformat().replace("+00:00", "Z")


@fact(
    "salesforce",
    "replication",
    "getUpdated lists what was created or changed in a window of SystemModstamp.",
    "doc",
)
def test_updated_lists_what_changed_in_the_window() -> None:
    org = new_org()
    old = org.lead()
    org.clock.advance(3600)
    new = org.lead()
    assert window(org, "updated").body["ids"] == [old]
    assert window(org, "updated", end="2026-11-02T11:00:00Z").body["ids"] == [old, new]


@fact(
    "salesforce",
    "replication",
    "A change by the vendor alone moves SystemModstamp and is listed by getUpdated.",
    "doc",
)
def test_a_mass_job_is_listed() -> None:
    org = new_org()
    lead = org.lead()
    org.clock.advance(3600)
    org.sim.touch("Lead", [lead])
    assert window(org, "updated", "2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z").body["ids"] == [lead]


@fact("salesforce", "replication", "getDeleted lists ids with the time of their deletion.", "doc")
def test_deleted_lists_ids_with_their_times() -> None:
    org = new_org()
    lead = org.lead()
    org.clock.advance(60)
    org.sim.delete("Lead", lead)
    assert window(org, "deleted").body["deletedRecords"] == [
        {"id": lead, "deletedDate": "2026-11-02T09:31:15.000+0000"}
    ]


@fact("salesforce", "replication", "A merged record is listed by getDeleted.", "seen")
def test_a_merged_record_is_listed_as_deleted() -> None:
    org = new_org()
    kept, lost = org.lead(), org.lead()
    org.sim.merge("Lead", kept, [lost])
    assert [r["id"] for r in window(org, "deleted").body["deletedRecords"]] == [lost]


def test_an_undeleted_record_is_updated() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.delete("Lead", lead)
    org.sim.undelete("Lead", lead)
    assert window(org, "deleted").body["deletedRecords"] == []
    assert window(org, "updated").body["ids"] == [lead]


@fact("salesforce", "replication", "The seconds of a window are cut off.", "doc")
def test_seconds_are_cut_off() -> None:
    org = new_org()
    org.lead()
    cut = window(org, "updated", "2026-11-02T09:29:59Z", "2026-11-02T09:30:59Z").body
    assert (cut["ids"], cut["latestDateCovered"]) == ([], "2026-11-02T09:30:00.000+0000")


@fact(
    "salesforce",
    "replication",
    "A window may not begin at or after its end: INVALID_REPLICATION_DATE.",
    "doc",
)
@pytest.mark.parametrize("start", ["2026-11-02T10:00:00Z", "2026-11-02T10:00:30Z", "2026-11-03T00:00:00Z"])
def test_a_window_needs_an_extent(start: str) -> None:
    answer = window(new_org(), "updated", start)
    assert (answer.status, answer.code) == (400, "INVALID_REPLICATION_DATE")


@fact("salesforce", "replication", "getUpdated looks back 30 days.", "doc")
def test_updated_looks_back_thirty_days() -> None:
    org = new_org()
    assert window(org, "updated", ago(org, days=29)).status == 200
    assert window(org, "updated", ago(org, days=31)).code == "INVALID_REPLICATION_DATE"


@fact("salesforce", "replication", "getDeleted looks back 15 days.", "doc")
def test_deleted_looks_back_fifteen_days() -> None:
    org = new_org()
    assert window(org, "deleted", ago(org, days=14)).status == 200
    assert window(org, "deleted", ago(org, days=16)).code == "INVALID_REPLICATION_DATE"


@fact(
    "salesforce",
    "replication",
    "Too many ids in a window are refused with EXCEEDED_ID_LIMIT, from 600,000 on.",
    "doc",
)
@pytest.mark.parametrize("which", ["updated", "deleted"])
def test_too_many_ids_are_refused(which: str) -> None:
    org = new_org()
    assert org.sim.switches.updated_limit == 600_000
    org.sim.switches.updated_limit = 1
    for lead in [org.lead() for _ in range(2)]:
        if which == "deleted":
            org.sim.delete("Lead", lead)
    assert window(org, which).code == "EXCEEDED_ID_LIMIT"


@fact(
    "salesforce",
    "replication",
    "latestDateCovered stays at the start of a transaction until it ends, and is the next start.",
    "doc",
)
def test_a_long_transaction_holds_back_what_is_covered() -> None:
    org = new_org()
    lead = org.lead()
    org.clock.advance(600)
    began = org.clock.now()
    org.sim.replication.open_since = began
    org.clock.advance(1200)
    first = window(org, "updated").body
    assert first["latestDateCovered"] == "2026-11-02T09:40:15.000+0000"
    org.sim.commit_late("Lead", lead, {"City": "Ulm"}, began)
    org.sim.replication.open_since = None
    second = window(org, "updated", first["latestDateCovered"]).body
    assert (second["ids"], second["latestDateCovered"]) == ([lead], "2026-11-02T10:00:00.000+0000")


def test_the_log_reaches_back_fifteen_days() -> None:
    org = new_org()
    assert window(org, "deleted").body["earliestDateAvailable"] == "2026-10-18T09:30:15.000+0000"


@fact(
    "salesforce",
    "replication",
    "A log of deletions that is too big loses its oldest entries, but none of the last two hours.",
    "doc",
)
def test_a_purged_log_says_from_when_on_it_is_whole() -> None:
    org = new_org()
    one, two = org.lead(), org.lead()
    org.sim.delete("Lead", one)
    org.clock.advance(3 * 3600)
    org.sim.delete("Lead", two)
    org.sim.replication.purge_log()
    body = window(org, "deleted", end="2026-11-02T13:00:00Z").body
    assert [r["id"] for r in body["deletedRecords"]] == [two]
    assert body["earliestDateAvailable"] == "2026-11-02T10:30:15.000+0000"


@fact("salesforce", "replication", "Dates of a window may carry any offset from UTC.", "doc")
def test_a_window_may_carry_an_offset() -> None:
    org = new_org()
    lead = org.lead()
    assert window(org, "updated", "2026-11-02T10:00:00+01:00", "2026-11-02T11:00:00+01:00").body["ids"] == [
        lead
    ]
    assert START.hour == 9


@pytest.mark.parametrize("start", ["", "yesterday", "2026-11-02T09:00:00"])
def test_a_date_without_a_zone_is_refused(start: str) -> None:
    assert window(new_org(), "updated", start).code == "INVALID_REPLICATION_DATE"


def test_an_object_without_a_recycle_bin_is_not_replicated() -> None:
    org = new_org()
    query = {"start": "2026-11-02T09:00:00Z", "end": "2026-11-02T10:00:00Z"}
    assert org.send("GET", "sobjects/FieldPermissions/deleted", query=query).status == 400


@fact(
    "salesforce",
    "stamps",
    "Stamps are those of the vendor's clock, which may differ from the client's.",
    "seen",
)
@pytest.mark.parametrize(("ahead", "stamp"), [(90.0, "09:31:45"), (-90.0, "09:28:45"), (0.0, "09:30:15")])
def test_stamps_are_of_the_orgs_own_clock(ahead: float, stamp: str) -> None:
    org = new_org()
    org.sim.ahead_s = ahead
    lead = org.lead()
    assert org.row("Lead", lead)["SystemModstamp"] == f"2026-11-02T{stamp}.000+0000"
    assert org.sim.ahead_s == ahead
