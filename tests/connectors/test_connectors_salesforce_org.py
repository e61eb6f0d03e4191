"""The Salesforce connector against the simulated org: what it reads, writes and makes of failures, call by call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmsync.connectors.salesforce import SalesforceSettings, salesforce_connector
from crmsync.errors import FatalError, QuotaError, TransientError
from crmsync.model.ports import Connector
from crmsync.model.records import FieldSpec, FieldType, Record, Stamp, Verdict, Write
from crmsync.simulator.clock import SimClock
from crmsync.simulator.faults import Fault, Faults
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.mounts import SalesforceAdapter
from crmsync.simulator.salesforce.org import SalesforceSim

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIELDS = ("FirstName", "LastName", "Company", "Email", "crmsync_id__c")


class Watch:
    """The simulated clock as the connector's: sleeping moves it."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(max(0.0, seconds))


class Org:
    """A simulated org with its connector; `calls(...)` tells what the last steps cost."""

    def __init__(self, *, ready: bool = True, **options: Any) -> None:
        self.clock = SimClock(START)
        self.ledger = Ledger()
        self.sim = SalesforceSim(self.clock, self.ledger, **options)
        self.faults = Faults()
        settings = SalesforceSettings(
            login_url="https://salesforce.example",
            instance_url="https://salesforce.example",
            consumer_key=self.sim.consumer_key,
            consumer_secret=self.sim.consumer_secret,
        )
        adapter = SalesforceAdapter(self.faults.around(self.sim))
        self.crm: Connector = salesforce_connector(settings, Watch(self.clock), adapter)
        if ready:
            self.crm.setup(KEYS, apply=True)
            for obj in ("Lead", "Contact", "Account"):
                self.crm.describe(obj)
        self._before = self.crm.calls

    def calls(self) -> int:
        """HTTP requests since the last time of asking."""
        made, self._before = self.crm.calls - self._before, self.crm.calls
        return made

    def leads(self, count: int) -> list[str]:
        return [
            self.sim.create("Lead", {"LastName": f"L{n}", "Company": "Acme", "Email": f"l{n}@acme.example"})
            for n in range(count)
        ]


KEYS = [
    FieldSpec(obj, "crmsync_id__c", "crmsync id", FieldType.TEXT, 255, unique=True)
    for obj in ("Lead", "Contact")
]


def create(ref: int, **values: Any) -> Write:
    return Write(ref, {"LastName": f"N{ref}", "Company": "Acme"} | values, key=f"hubspot:1:{ref}")


def scanned(crm: Connector, obj: str, fields: tuple[str, ...] = FIELDS) -> list[Record]:
    page = crm.scan(obj, fields, None)
    records = list(page.records)
    while page.next is not None:
        page = crm.scan(obj, fields, page.next)
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
def test_identity_is_org_and_user_and_asked_once() -> None:
    org = Org(ready=False)
    identity = org.crm.identity()
    assert (identity.account_id, identity.user_id) == (org.sim.org_id, org.sim.user_id)
    assert identity.name
    assert org.calls() == 2  # token, organisation
    assert org.crm.identity() == identity
    assert org.calls() == 0


def test_description_tells_types_lengths_options_and_requirements() -> None:
    org = Org()
    org.sim.restrict("Lead", "LeadSource", ["Web", "Other"])
    org.crm.setup([], apply=True)
    lead = org.crm.describe("Lead")
    assert lead.fields["Email"].type is FieldType.EMAIL
    assert lead.fields["Company"].length == 255
    assert lead.fields["Company"].required
    assert not lead.fields["FirstName"].required
    assert not lead.fields["HasOptedOutOfEmail"].required
    assert lead.fields["LeadSource"].options == {"Web", "Other"}
    assert lead.fields["Industry"].options == frozenset()
    assert not lead.fields["IsConverted"].updateable
    assert lead.fields["crmsync_id__c"].unique
    assert not lead.fields["Email"].as_text


def test_rights_follow_sharing_and_are_asked_once() -> None:
    assert Org().crm.describe("Lead").sees_all
    blind = Org(private_sharing=True)
    assert not blind.crm.describe("Lead").sees_all
    assert blind.calls() == 0


# -- reading ------------------------------------------------------------------------------------------------
def test_a_scan_gives_every_live_record_once_in_id_order_for_one_call_a_page() -> None:
    org = Org()
    org.sim.switches.page_size = 200
    ids = org.leads(450)
    org.sim.delete("Lead", ids[7])
    org.calls()
    records = scanned(org.crm, "Lead")
    assert [r.id for r in records] == sorted(set(ids) - {ids[7]})
    assert set(records[0].values) == set(FIELDS)
    assert org.calls() == 3


def test_a_scan_goes_on_when_its_locator_is_lost() -> None:
    org = Org()
    org.sim.switches.page_size = 200
    ids = org.leads(450)
    first = org.crm.scan("Lead", FIELDS, None)
    org.sim.switches.locator_ttl_s = 60
    org.clock.advance(120)
    rest: list[Record] = []
    after = first.next
    while after is not None:
        page = org.crm.scan("Lead", FIELDS, after)
        rest += page.records
        after = page.next
    assert sorted(r.id for r in [*first.records, *rest]) == sorted(ids)


def test_a_field_that_the_user_does_not_see_is_null_not_an_error() -> None:
    org = Org()
    org.leads(1)
    assert scanned(org.crm, "Lead", ("LastName", "Nowhere__c"))[0].values == {
        "LastName": "L0",
        "Nowhere__c": None,
    }


def test_times_come_in_the_one_form_of_the_model() -> None:
    org = Org()
    org.leads(1)
    record = scanned(org.crm, "Lead", ("CreatedDate",))[0]
    assert record.values["CreatedDate"] == "2026-03-02T09:00:00.000Z"
    assert record.version == START


def test_changes_of_five_objects_cost_one_call_when_idle() -> None:
    org = Org()
    org.leads(3)
    org.clock.advance(3600)
    org.calls()
    since = org.clock.now() - timedelta(minutes=10)
    assert drained(org.crm, {"Lead": since, "Contact": since, "Account": since}) == []
    assert org.calls() == 1


def test_changes_hold_edits_and_deletes_and_follow_pages() -> None:
    org = Org()
    org.sim.switches.page_size = 200
    ids = org.leads(450)
    org.clock.advance(3600)
    since = org.clock.now()
    for one in ids[:249]:
        org.sim.edit("Lead", one, {"Title": "Boss"})
    org.sim.delete("Lead", ids[300])
    contact = org.sim.create("Contact", {"LastName": "C"})
    org.calls()
    stamps = drained(org.crm, {"Lead": since, "Contact": since})
    assert {s.id for s in stamps} == {*ids[:249], ids[300], contact}
    assert [s.id for s in stamps if s.deleted] == [ids[300]]
    assert all(s.version >= since for s in stamps)
    assert org.calls() == 2


def test_reading_by_id_costs_one_call_and_one_more_only_when_something_is_gone() -> None:
    org = Org()
    ids = org.leads(250)
    org.calls()
    assert {r.id for r in org.crm.read("Lead", [i[:15] for i in ids], FIELDS)} == set(ids)
    assert org.calls() == 1
    org.sim.delete("Lead", ids[0])
    org.sim.merge("Lead", ids[1], [ids[2]])
    org.sim.delete("Lead", ids[3])
    org.sim.purge("Lead", ids[3])
    records = {r.id: r for r in org.crm.read("Lead", ids[:5], FIELDS)}
    assert org.calls() == 2
    assert set(records) == {ids[0], ids[1], ids[2], ids[4]}
    assert records[ids[0]].deleted
    assert records[ids[0]].merged_into is None
    assert records[ids[2]].merged_into == ids[1]


def test_a_converted_lead_names_its_contact() -> None:
    org = Org()
    (lead,) = org.leads(1)
    contact = org.sim.convert(lead)["contactId"]
    (record,) = org.crm.read("Lead", [lead], ("LastName",))
    assert record.converted_to == contact
    assert record.values == {"LastName": "L0"}


def test_find_asks_key_and_email_together_and_quotes_what_people_type() -> None:
    org = Org()
    ids = org.leads(3)
    odd = org.sim.create("Lead", {"LastName": "X", "Company": "Y", "Email": "o'hara@acme.example"})
    org.crm.write("Lead", [Write(1, {"crmsync_id__c": "hubspot:1:5"}, id=ids[0])])
    org.calls()
    by = {
        "crmsync_id__c": ["hubspot:1:5"],
        "Email": ["L1@acme.example", "o'hara@acme.example", ""],
        "No__c": ["x"],
    }
    assert {r.id for r in org.crm.find("Lead", by, FIELDS)} == {ids[0], ids[1], odd}
    assert org.calls() == 1
    assert org.crm.find("Lead", {"Email": []}, FIELDS) == []
    assert org.calls() == 0


def test_find_splits_long_lists_to_fit_a_url() -> None:
    org = Org()
    org.leads(600)
    org.calls()
    emails = [f"l{n}@acme.example" for n in range(600)]
    assert len(org.crm.find("Lead", {"Email": emails}, ("LastName",))) == 600
    assert org.calls() == 2


# -- writing ------------------------------------------------------------------------------------------------
def test_creates_go_by_upsert_200_a_call_and_come_back_with_ids() -> None:
    org = Org()
    results = org.crm.write("Lead", [create(n) for n in range(200)])
    assert org.calls() == 1
    assert {r.verdict for r in results} == {Verdict.DONE}
    assert all(r.created for r in results)
    again = org.crm.write("Lead", [create(n) for n in range(200)])
    assert {r.ref: r.id for r in again} == {r.ref: r.id for r in results}
    assert not any(r.created for r in again)
    assert len(scanned(org.crm, "Lead")) == 200


def test_bad_rows_fail_alone_and_name_their_fields() -> None:
    org = Org()
    org.sim.restrict("Lead", "LeadSource", ["Web"])
    writes = [
        create(1),
        create(2, Company=None),
        create(3, FirstName="x" * 41),
        create(4, LeadSource="Somewhere"),
        create(5, Email="not an address"),
    ]
    results = {r.ref: r for r in org.crm.write("Lead", writes)}
    assert results[1].verdict is Verdict.DONE
    assert {ref: (r.verdict, r.fields) for ref, r in results.items() if ref > 1} == {
        2: (Verdict.REJECTED, ("Company",)),
        3: (Verdict.REJECTED, ("FirstName",)),
        4: (Verdict.REJECTED, ("LeadSource",)),
        5: (Verdict.REJECTED, ("Email",)),
    }
    assert all(r.code for ref, r in results.items() if ref > 1)
    assert "x" * 41 not in results[3].message
    assert "not an address" not in results[5].message


def test_a_field_that_does_not_exist_fails_only_rows_that_carry_it() -> None:
    org = Org()
    ids = org.leads(20)
    writes = [
        Write(n, {"Title": "Boss"} | ({"Gone__c": "x"} if n % 5 == 0 else {}), id=i)
        for n, i in enumerate(ids)
    ]
    results = {r.ref: r for r in org.crm.write("Lead", writes)}
    assert {n for n, r in results.items() if r.verdict is Verdict.REJECTED} == {0, 5, 10, 15}
    assert {r.verdict for n, r in results.items() if n % 5} == {Verdict.DONE}
    assert results[5].fields == ("Gone__c",)


def test_updates_of_the_deleted_and_the_converted_are_gone() -> None:
    org = Org()
    ids = org.leads(3)
    org.sim.delete("Lead", ids[0])
    org.sim.convert(ids[1])
    for condition in (None, org.clock.now()):
        writes = [
            Write(n, {"Title": "Boss"}, id=i, unless_modified_since=condition) for n, i in enumerate(ids)
        ]
        verdicts = {r.ref: r.verdict for r in org.crm.write("Lead", writes)}
        assert verdicts == {0: Verdict.GONE, 1: Verdict.GONE, 2: Verdict.DONE}


def test_a_conditional_update_is_stale_after_a_human_edit_25_a_call() -> None:
    org = Org()
    ids = org.leads(30)
    read_at = org.clock.now()
    org.clock.advance(5)
    org.sim.edit("Lead", ids[3], {"Title": "Human"})
    org.calls()
    writes = [Write(n, {"Title": "Boss"}, id=i, unless_modified_since=read_at) for n, i in enumerate(ids)]
    verdicts = {r.ref: r.verdict for r in org.crm.write("Lead", writes)}
    assert {n for n, v in verdicts.items() if v is Verdict.STALE} == {3}
    assert {v for n, v in verdicts.items() if n != 3} == {Verdict.DONE}
    assert org.calls() == 2
    (kept,) = org.crm.read("Lead", [ids[3]], ("Title",))
    assert kept.values["Title"] == "Human"


def test_text_that_looks_like_a_composite_reference_is_written_as_it_is() -> None:
    org = Org()
    ids = org.leads(2)
    now = org.clock.now()
    writes = [Write(n, {"Title": "@{w0.id}"}, id=i, unless_modified_since=now) for n, i in enumerate(ids)]
    assert {r.verdict for r in org.crm.write("Lead", writes)} == {Verdict.DONE}
    assert {r.values["Title"] for r in org.crm.read("Lead", ids, ("Title",))} == {"@{w0.id}"}


def test_two_writes_of_one_key_go_one_after_the_other() -> None:
    org = Org()
    writes = [
        Write(1, {"LastName": "A", "Company": "C"}, key="hubspot:1:1"),
        Write(2, {"Title": "B"}, key="hubspot:1:1"),
    ]
    first, second = sorted(org.crm.write("Lead", writes), key=lambda r: r.ref)
    assert (first.verdict, second.verdict) == (Verdict.DONE, Verdict.DONE)
    assert first.id == second.id


def test_assignment_rules_stay_out_of_it() -> None:
    org = Org()
    rep = next(str(r["Id"]) for r in org.sim.state()["User"] if str(r["Name"]).startswith("Rosa"))
    org.sim.switches.assignment_rule = lambda _row: rep
    (made,) = org.crm.write("Lead", [create(1)])
    now = org.clock.now()
    org.crm.write("Lead", [Write(2, {"Title": "B"}, id=made.id, unless_modified_since=now)])
    (record,) = org.crm.read("Lead", [str(made.id)], ("OwnerId",))
    assert record.values["OwnerId"] == org.sim.user_id


# -- failures -----------------------------------------------------------------------------------------------
def test_a_lost_reply_leaves_a_write_uncertain_and_a_read_whole() -> None:
    org = Org()
    org.faults.add(Fault("reset_after_send", match="composite/sobjects"))
    with pytest.raises(TransientError) as caught:
        org.crm.write("Lead", [create(1)])
    assert caught.value.maybe_written
    org.faults.add(Fault("reset_after_send", match="query"))
    assert len(scanned(org.crm, "Lead")) == 1


def test_a_refused_connection_is_tried_again_for_writes_too() -> None:
    org = Org()
    org.faults.add(Fault("refused", match="composite/sobjects", count=2))
    (result,) = org.crm.write("Lead", [create(1)])
    assert result.verdict is Verdict.DONE
    org.faults.add(Fault("refused", count=0))
    with pytest.raises(TransientError) as caught:
        org.crm.write("Lead", [create(2)])
    assert not caught.value.maybe_written


def test_the_daily_limit_is_a_matter_of_quota() -> None:
    org = Org()
    org.sim.switches.daily_limit = 1
    with pytest.raises(QuotaError):
        org.crm.scan("Lead", FIELDS, None)


def test_an_expired_token_is_renewed_without_anybody_noticing() -> None:
    org = Org()
    org.leads(2)
    org.sim.switches.token_ttl_s = 60
    org.clock.advance(3600)
    org.calls()
    assert len(scanned(org.crm, "Lead")) == 2
    assert org.calls() == 3  # refused, token, replayed


def test_wrong_credentials_are_fatal_and_said() -> None:
    org = Org(ready=False)
    settings = SalesforceSettings(
        "https://salesforce.example", "nobody", "nothing", "https://salesforce.example"
    )
    crm = salesforce_connector(settings, Watch(org.clock), SalesforceAdapter(org.sim))
    with pytest.raises(FatalError):
        crm.identity()
    (check,) = crm.checks()
    assert not check.ok
    assert check.fix


# -- owners, set-up, checks ---------------------------------------------------------------------------------
def test_owners_are_users_with_lower_case_addresses() -> None:
    org = Org()
    owners = {o.name: o for o in org.crm.owners()}
    assert owners["Rosa Reyes"].email == "rosa.reyes@salesreps.example"
    assert owners["Rosa Reyes"].active
    assert not owners["Olaf Old"].active


def test_set_up_makes_and_grants_the_key_and_can_be_repeated() -> None:
    org = Org(ready=False)
    assert [c.action for c in org.crm.setup(KEYS, apply=False)] == ["create", "create"]
    assert "crmsync_id__c" not in org.crm.describe("Lead").fields
    assert [c.action for c in org.crm.setup(KEYS, apply=True)] == ["create", "create"]
    key = org.crm.describe("Lead").fields["crmsync_id__c"]
    assert (key.unique, key.createable, key.updateable) == (True, True, True)
    made = org.sim.org.schema.entities["Lead"].fields["crmsync_id__c"]
    assert (made.external_id, made.case_sensitive) == (True, True)
    assert [c.action for c in org.crm.setup(KEYS, apply=True)] == ["exists", "exists"]


def test_set_up_grants_a_field_that_was_made_but_hidden() -> None:
    org = Org()
    org.sim.hide_field("Lead", "crmsync_id__c")
    assert [c.action for c in org.crm.setup(KEYS, apply=True)] == ["grant", "exists"]
    assert org.crm.describe("Lead").fields["crmsync_id__c"].updateable


def test_checks_pass_on_a_ready_org_and_name_the_fix_on_a_bare_one() -> None:
    assert [c.name for c in Org().crm.checks() if not c.ok] == []
    bare = Org(ready=False, private_sharing=True)
    failed = {c.name: c.fix for c in bare.crm.checks() if not c.ok}
    assert "salesforce Lead key crmsync_id__c" in failed
    assert "salesforce Lead all records visible" in failed
    assert all(failed.values())


def test_checks_never_raise_when_nobody_answers() -> None:
    org = Org(ready=False)
    org.faults.add(Fault("refused", count=0))
    assert [c.ok for c in org.crm.checks()] == [False]
