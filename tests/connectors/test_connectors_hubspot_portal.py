"""The HubSpot connector against the simulated portal: what it reads, writes and makes of failures, call by call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmsync.connectors.hubspot import HubSpotSettings, hubspot_connector
from crmsync.errors import ConfigurationError, FatalError, QuotaError, TransientError
from crmsync.model.ports import Connector
from crmsync.model.records import FieldSpec, FieldType, Record, Stamp, Verdict, Write
from crmsync.simulator.clock import SimClock
from crmsync.simulator.faults import Fault, Faults
from crmsync.simulator.hubspot.portal import HubSpotSim
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.mounts import HubSpotPool

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIELDS = ("firstname", "lastname", "email", "crmsync_id")
KEYS = [FieldSpec("contacts", "crmsync_id", "crmsync id", FieldType.TEXT, 255, unique=True)]


class Watch:
    """The simulated clock as the connector's: sleeping moves it."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(max(0.0, seconds))


class Portal:
    """A simulated portal with its connector; `calls()` tells what the last steps cost."""

    def __init__(self, *, ready: bool = True, version: str = "v3") -> None:
        self.clock = SimClock(START)
        self.ledger = Ledger()
        self.sim = HubSpotSim(self.clock, self.ledger)
        self.faults = Faults()
        settings = HubSpotSettings(self.sim.access_token, "https://hubspot.example", version)
        self.crm: Connector = hubspot_connector(
            settings, Watch(self.clock), HubSpotPool(self.faults.around(self.sim))
        )
        if ready:
            self.crm.setup(KEYS, apply=True)
            self.crm.describe("contacts")
        self._before = self.crm.calls

    def calls(self) -> int:
        """HTTP requests since the last time of asking."""
        made, self._before = self.crm.calls - self._before, self.crm.calls
        return made

    def contacts(self, count: int) -> list[str]:
        return [
            self.sim.create("contacts", {"lastname": f"L{n}", "email": f"l{n}@acme.example"})
            for n in range(count)
        ]


def create(ref: int, **values: Any) -> Write:
    return Write(
        ref, {"lastname": f"N{ref}", "email": f"n{ref}@acme.example"} | values, key=f"salesforce:1:{ref}"
    )


def scanned(crm: Connector, fields: tuple[str, ...] = FIELDS) -> list[Record]:
    page = crm.scan("contacts", fields, None)
    records = list(page.records)
    while page.next is not None:
        page = crm.scan("contacts", fields, page.next)
        records += page.records
    return records


def drained(crm: Connector, objects: dict[str, datetime]) -> list[Stamp]:
    page = crm.changes(objects, None)
    stamps = list(page.stamps)
    while page.next is not None:
        page = crm.changes(objects, page.next)
        stamps += page.stamps
    return stamps


# -- who we are, what there is ------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_both_path_styles_read_and_write(version: str) -> None:
    portal = Portal(version=version)
    assert portal.crm.identity().account_id == portal.sim.portal_id
    (made,) = portal.crm.write("contacts", [create(1)])
    assert made.verdict is Verdict.DONE
    assert [r.id for r in scanned(portal.crm)] == [made.id]
    assert portal.crm.find("contacts", {"lastname": ["n1"]}, FIELDS)
    assert portal.crm.owners()


def test_description_tells_types_options_and_what_is_read_only() -> None:
    fields = Portal().crm.describe("contacts").fields
    assert fields["email"].type is FieldType.EMAIL
    assert fields["firstname"].length == 65_536
    assert "customer" in fields["lifecyclestage"].options
    assert fields["hubspot_owner_id"].type is FieldType.REFERENCE
    assert fields["crmsync_id"].unique
    assert not fields["hs_email_optout"].updateable
    assert not fields["hs_object_id"].createable
    assert all(f.as_text for f in fields.values())


# -- reading ------------------------------------------------------------------------------------------------
def test_a_scan_gives_every_live_record_once_in_id_order_for_one_call_a_page() -> None:
    portal = Portal()
    ids = portal.contacts(250)
    portal.sim.delete("contacts", ids[7])
    records = scanned(portal.crm)
    assert [r.id for r in records] == sorted(set(ids) - {ids[7]}, key=int)
    assert records[0].values == {
        "firstname": None,
        "lastname": "L0",
        "email": "l0@acme.example",
        "crmsync_id": None,
    }
    assert records[0].version == START
    assert portal.calls() == 3


def test_property_lists_too_long_for_a_url_go_by_batch_read() -> None:
    portal = Portal()
    portal.contacts(150)
    wide = ("lastname", *(f"a_property_with_quite_a_long_name_{n:03}" for n in range(300)))
    portal.calls()
    records = scanned(portal.crm, wide)
    assert [r.values["lastname"] for r in records] == [f"L{n}" for n in range(150)]
    assert set(records[0].values) == set(wide)
    assert portal.calls() == 4


def test_changes_cost_one_search_when_idle() -> None:
    portal = Portal()
    portal.contacts(3)
    portal.clock.advance(3600)
    assert drained(portal.crm, {"contacts": portal.clock.now() - timedelta(minutes=10)}) == []
    assert portal.calls() == 1


def test_changes_of_both_objects_since_a_moment() -> None:
    portal = Portal()
    ids = portal.contacts(3)
    portal.clock.advance(3600)
    since = portal.clock.now()
    portal.sim.edit("contacts", ids[1], {"lastname": "Changed"})
    company = portal.sim.create("companies", {"name": "Acme"})
    stamps = drained(portal.crm, {"contacts": since, "companies": since})
    assert [(s.object, s.id, s.version) for s in stamps] == [
        ("contacts", ids[1], since),
        ("companies", company, since),
    ]


def test_changes_follow_pages_in_order_of_stamp() -> None:
    portal = Portal()
    ids = portal.contacts(500)
    portal.clock.advance(3600)
    since = portal.clock.now()
    for one in ids:
        portal.sim.edit("contacts", one, {"lastname": "Changed"})
        portal.clock.advance(0.01)
    portal.calls()
    assert {s.id for s in drained(portal.crm, {"contacts": since})} == set(ids)
    assert portal.calls() == 3


def test_a_row_that_moves_between_two_pages_hides_no_other() -> None:
    portal = Portal()
    ids = portal.contacts(450)
    portal.clock.advance(3600)
    since = portal.clock.now()
    for one in ids:
        portal.sim.edit("contacts", one, {"lastname": "Changed"})
        portal.clock.advance(0.01)
    page = portal.crm.changes({"contacts": since}, None)
    seen = {s.id for s in page.stamps}
    for one in ids[:50]:
        portal.sim.edit("contacts", one, {"lastname": "Changed again"})
    while page.next is not None:
        page = portal.crm.changes({"contacts": since}, page.next)
        seen |= {s.id for s in page.stamps}
    assert seen == set(ids)


def test_more_than_ten_thousand_of_one_stamp_are_drained_by_id() -> None:
    portal = Portal()
    ids = set(portal.contacts(10_150))
    portal.clock.advance(60)
    ids.add(portal.sim.create("contacts", {"lastname": "Later", "email": "later@acme.example"}))
    assert {s.id for s in drained(portal.crm, {"contacts": START})} == ids
    assert portal.calls() <= 10_150 // 200 * 2 + 4


def test_deleted_contacts_are_listed_as_archived() -> None:
    portal = Portal()
    ids = portal.contacts(3)
    portal.clock.advance(60)
    portal.sim.delete("contacts", ids[1])
    page = portal.crm.archived("contacts", None)
    assert [(s.id, s.deleted, s.version) for s in page.stamps] == [(ids[1], True, portal.clock.now())]
    assert page.next is None


def test_reading_by_id_costs_one_call_for_a_hundred() -> None:
    portal = Portal()
    ids = portal.contacts(250)
    assert {r.id for r in portal.crm.read("contacts", ids, FIELDS)} == set(ids)
    assert portal.calls() == 3


def test_a_merged_id_answers_under_its_survivor_and_a_deleted_one_says_so() -> None:
    portal = Portal()
    ids = portal.contacts(4)
    survivor = portal.sim.merge("contacts", ids[0], [ids[1]])
    portal.sim.delete("contacts", ids[2])
    records = {r.id: r for r in portal.crm.read("contacts", [*ids[:3], "999999999"], FIELDS)}
    assert set(records) == {survivor, ids[2]}
    assert set(records[survivor].aliases) >= {ids[0], ids[1]}
    assert records[ids[2]].deleted
    assert not records[survivor].deleted


def test_find_asks_unique_properties_by_batch_read_and_others_by_search() -> None:
    portal = Portal()
    ids = portal.contacts(5)
    portal.crm.write("contacts", [Write(1, {"crmsync_id": "salesforce:1:9"}, id=ids[3])])
    portal.calls()
    by = {
        "crmsync_id": ["salesforce:1:9"],
        "email": ["L1@ACME.example", "nobody@acme.example", ""],
        "nowhere": ["x"],
    }
    assert {r.id for r in portal.crm.find("contacts", by, FIELDS)} == {ids[1], ids[3]}
    assert portal.calls() == 2
    found = portal.crm.find("contacts", {"lastname": ["l2", "L4"]}, FIELDS)
    assert {r.id: r.values["lastname"] for r in found} == {ids[2]: "L2", ids[4]: "L4"}
    assert portal.calls() == 2  # a search, a batch read


def test_a_contact_just_made_is_found_whatever_the_index_lags() -> None:
    portal = Portal()
    portal.sim.switches.search_lag_s = 3600
    portal.crm.write("contacts", [create(1)])
    assert portal.crm.find("contacts", {"email": ["n1@acme.example"]}, FIELDS)
    assert portal.crm.find("contacts", {"crmsync_id": ["salesforce:1:1"]}, FIELDS)


# -- writing ------------------------------------------------------------------------------------------------
def test_creates_go_by_upsert_a_hundred_a_call_and_come_back_matched() -> None:
    portal = Portal()
    results = portal.crm.write("contacts", [create(n) for n in range(100)])
    assert portal.calls() == 1
    assert {(r.verdict, r.created) for r in results} == {(Verdict.DONE, True)}
    names = {r.id: r.values["lastname"] for r in scanned(portal.crm)}
    assert all(names[str(r.id)] == f"N{r.ref}" == r.stored["lastname"] for r in results)
    assert set(results[0].stored) <= {"lastname", "email"}
    again = portal.crm.write("contacts", [create(n) for n in range(100)])
    assert {r.ref: r.id for r in again} == {r.ref: r.id for r in results}
    assert not any(r.created for r in again)


def test_updates_are_matched_by_id_and_tell_what_was_stored() -> None:
    portal = Portal()
    ids = portal.contacts(100)
    portal.calls()
    writes = [Write(n, {"email": f"NEW{n}@Acme.example", "firstname": None}, id=i) for n, i in enumerate(ids)]
    results = portal.crm.write("contacts", writes)
    assert portal.calls() == 1
    assert all(r.id == ids[r.ref] and r.stored["email"] == f"new{r.ref}@acme.example" for r in results)
    assert all(r.stored.get("firstname") is None for r in results)


def test_null_clears() -> None:
    portal = Portal()
    (one,) = portal.contacts(1)
    portal.crm.write("contacts", [Write(1, {"lastname": None}, id=one)])
    assert scanned(portal.crm)[0].values["lastname"] is None


@pytest.mark.parametrize("partial", [False, True])
def test_bad_rows_fail_alone_and_name_their_fields(partial: bool) -> None:
    portal = Portal()
    portal.sim.switches.update_partial = partial
    ids = portal.contacts(100)
    bad: dict[int, dict[str, Any]] = {
        7: {"email": "not an address"},
        50: {"lifecyclestage": "nowhere"},
        51: {"no_such_property": "x"},
        52: {"hs_email_optout": "true"},
    }
    writes = [Write(n, {"firstname": "F"} | bad.get(n, {}), id=i) for n, i in enumerate(ids)]
    results = {r.ref: r for r in portal.crm.write("contacts", writes)}
    assert {n: r.fields for n, r in results.items() if r.verdict is not Verdict.DONE} == {
        n: tuple(values) for n, values in bad.items()
    }
    assert {results[n].verdict for n in bad} == {Verdict.REJECTED}
    assert results[51].code == "PROPERTY_DOESNT_EXIST"
    assert "not an address" not in results[7].message
    assert sum(r.values["firstname"] == "F" for r in scanned(portal.crm)) == 96


@pytest.mark.parametrize("named", [True, False])
def test_a_create_that_meets_an_existing_address_names_the_record_when_it_can(named: bool) -> None:
    portal = Portal()
    portal.sim.switches.conflict_without_id = not named
    (taken,) = portal.contacts(1)
    results = {
        r.ref: r
        for r in portal.crm.write("contacts", [create(1, email="l0@acme.example"), create(2), create(3)])
    }
    assert results[1].verdict is Verdict.EXISTS
    assert results[1].id == (taken if named else None)
    assert {results[2].verdict, results[3].verdict} == {Verdict.DONE}


def test_updates_of_the_deleted_and_the_merged_are_gone() -> None:
    portal = Portal()
    ids = portal.contacts(4)
    portal.sim.delete("contacts", ids[0])
    portal.sim.merge("contacts", ids[1], [ids[2]])
    results = portal.crm.write("contacts", [Write(n, {"firstname": "F"}, id=i) for n, i in enumerate(ids)])
    assert {r.ref: r.verdict for r in results} == {
        0: Verdict.GONE,
        1: Verdict.GONE,
        2: Verdict.GONE,
        3: Verdict.DONE,
    }


def test_two_writes_of_one_record_go_one_after_the_other() -> None:
    portal = Portal()
    (one,) = portal.contacts(1)
    portal.calls()
    writes = [Write(1, {"firstname": "A"}, id=one), Write(2, {"firstname": "B"}, id=one)]
    assert {r.verdict for r in portal.crm.write("contacts", writes)} == {Verdict.DONE}
    assert portal.calls() == 2
    assert scanned(portal.crm)[0].values["firstname"] == "B"


# -- failures -----------------------------------------------------------------------------------------------
def test_a_lost_reply_leaves_a_write_uncertain_and_a_read_whole() -> None:
    portal = Portal()
    portal.faults.add(Fault("reset_after_send", match="batch/upsert"))
    with pytest.raises(TransientError) as caught:
        portal.crm.write("contacts", [create(1)])
    assert caught.value.maybe_written
    portal.faults.add(Fault("reset_after_send", match="GET"))
    assert len(scanned(portal.crm)) == 1


def test_a_refused_connection_is_tried_again_for_writes_too() -> None:
    portal = Portal()
    portal.faults.add(Fault("refused", match="batch/upsert", count=2))
    (result,) = portal.crm.write("contacts", [create(1)])
    assert result.verdict is Verdict.DONE
    portal.faults.add(Fault("refused", count=0))
    with pytest.raises(TransientError) as caught:
        portal.crm.write("contacts", [create(2)])
    assert not caught.value.maybe_written


@pytest.mark.parametrize("status", [423, 429, 503])
def test_a_write_turned_away_is_tried_again(status: int) -> None:
    portal = Portal()
    portal.faults.add(Fault("status", match="batch/upsert", status=status, body="{}"))
    (result,) = portal.crm.write("contacts", [create(1)])
    assert result.verdict is Verdict.DONE
    assert portal.clock.now() > START


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", ""])
def test_a_failing_platform_leaves_a_write_uncertain_and_a_read_whole(body: str) -> None:
    portal = Portal()
    portal.contacts(1)
    portal.faults.add(Fault("status", match="GET", status=502, body=body))
    assert len(scanned(portal.crm)) == 1
    portal.faults.add(Fault("status", match="batch/upsert", status=502, body=body))
    with pytest.raises(TransientError) as caught:
        portal.crm.write("contacts", [create(1)])
    assert caught.value.maybe_written


def test_what_is_known_of_a_split_batch_is_kept_when_a_later_call_is_lost() -> None:
    portal = Portal()
    ids = portal.contacts(4)
    writes = [Write(n, {"email": "bad"} if n == 0 else {"firstname": "F"}, id=i) for n, i in enumerate(ids)]
    portal.faults.add(Fault("reset_after_send", match="batch/update", after=4))
    results = {r.ref: r for r in portal.crm.write("contacts", writes)}
    assert results[0].verdict is Verdict.REJECTED
    assert results[1].verdict is Verdict.DONE
    assert {(results[n].verdict, results[n].maybe_written) for n in (2, 3)} == {(Verdict.TRANSIENT, True)}


def test_limits_are_kept_when_the_portal_counts() -> None:
    portal = Portal()
    portal.sim.switches.burst_per_10_s = 10
    portal.sim.switches.search_per_s = 5
    ids = portal.contacts(1)
    portal.crm.read("contacts", ids, FIELDS)
    portal.calls()
    for _ in range(40):
        portal.crm.read("contacts", ids, FIELDS)
    assert portal.clock.now() >= START + timedelta(seconds=40)
    before = portal.clock.now()
    for _ in range(40):
        portal.crm.changes({"contacts": portal.clock.now()}, None)
    assert timedelta(seconds=7) <= portal.clock.now() - before <= timedelta(seconds=9)
    assert portal.calls() == 80  # none was turned away


def test_the_daily_limit_is_a_matter_of_quota() -> None:
    portal = Portal()
    portal.sim.switches.daily_limit = 1
    with pytest.raises(QuotaError) as caught:
        scanned(portal.crm)
    assert caught.value.retry_after > 0


def test_a_wrong_token_is_fatal_and_said_without_the_token() -> None:
    portal = Portal(ready=False)
    settings = HubSpotSettings("pat-na1-secret", "https://hubspot.example")
    crm = hubspot_connector(settings, Watch(portal.clock), HubSpotPool(portal.sim))
    with pytest.raises(FatalError) as caught:
        crm.identity()
    assert "secret" not in str(caught.value) + repr(settings)
    (check,) = crm.checks()
    assert not check.ok
    assert check.fix


@pytest.mark.parametrize(
    "settings",
    [
        HubSpotSettings(""),
        HubSpotSettings("t", "http://api.hubapi.example"),
        HubSpotSettings("t", api_version="v1"),
    ],
)
def test_unusable_settings_are_refused(settings: HubSpotSettings) -> None:
    with pytest.raises(ConfigurationError):
        hubspot_connector(settings, Watch(SimClock(START)))


# -- owners, set-up, checks ---------------------------------------------------------------------------------
def test_owners_have_ids_and_lower_case_addresses() -> None:
    owners = {o.name: o for o in Portal().crm.owners()}
    assert owners["Hana Nilsson"].email == "hana.nilsson@marketing.example"
    assert owners["Hana Nilsson"].active


def test_set_up_makes_the_key_and_can_be_repeated() -> None:
    portal = Portal(ready=False)
    assert [c.action for c in portal.crm.setup(KEYS, apply=False)] == ["create"]
    assert "crmsync_id" not in portal.crm.describe("contacts").fields
    assert [c.action for c in portal.crm.setup(KEYS, apply=True)] == ["create"]
    assert portal.crm.describe("contacts").fields["crmsync_id"].unique
    assert [c.action for c in portal.crm.setup(KEYS, apply=True)] == ["exists"]


def test_set_up_refuses_a_key_that_is_there_without_unique_values() -> None:
    portal = Portal(ready=False)
    portal.sim.define("contacts", "crmsync_id")
    (change,) = portal.crm.setup(KEYS, apply=True)
    assert change.action == "refused"
    assert change.detail


def test_checks_pass_on_a_ready_portal_and_name_the_fix_on_a_bare_one() -> None:
    assert [c.name for c in Portal().crm.checks() if not c.ok] == []
    failed = {c.name: c.fix for c in Portal(ready=False).crm.checks() if not c.ok}
    assert failed == {"hubspot contacts key crmsync_id": "Run `crmsync setup --apply`."}


def test_checks_never_raise_when_nobody_answers() -> None:
    portal = Portal(ready=False)
    portal.faults.add(Fault("refused", count=0))
    assert [c.ok for c in portal.crm.checks()] == [False]
