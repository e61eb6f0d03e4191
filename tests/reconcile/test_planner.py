"""The planner: what is decided of a whole link, on one side or on both, and that it is always decided alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.types import Direction, FieldMap, Survivorship
from crmsync.mapping.fields.types import Place as At
from crmsync.model.links import Change, Intent, Kind, Link, Role, SideRow
from crmsync.model.records import FieldType, NativeField, ObjectInfo
from crmsync.model.values import Side
from crmsync.reconcile.birth import Place, record_mark
from crmsync.reconcile.digest import digest, operation_digest, plan_digest
from crmsync.reconcile.planner import Decision, Terms, plan_link, update_mark

WHEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACCOUNTS: Any = {"hubspot": "4242", "salesforce": "00D000000000001AAA"}
KEY_FIELDS: Any = {"hubspot": "crmsync_id", "salesforce": "crmsync_id__c"}
KEY = "hubspot:4242:77"


def fmap(name: str, hub: str, sales: str, transform: str = "text", **changes: Any) -> FieldMap:
    native: Any = {"hubspot": {"contacts": hub}, "salesforce": {"Lead": sales, "Contact": sales}}
    return replace(FieldMap(name, native, transform, At("config/mapping.yaml", 10, 3)), **changes)


TITLE, PHONE = fmap("title", "jobtitle", "Title"), fmap("mobile", "mobilephone", "MobilePhone")
LAST = fmap("last_name", "lastname", "LastName")
OPT_OUT = fmap(
    "opt_out", "hs_email_optout", "HasOptedOutOfEmail", "boolean",
    direction=Direction.TO_SALESFORCE, rule=Survivorship.MOST_RESTRICTIVE,
)  # fmt: skip


def infos() -> dict[tuple[Side, str], ObjectInfo]:
    text, flag = FieldType.TEXT, FieldType.BOOLEAN
    hub = [NativeField(n, text, as_text=True) for n in ("jobtitle", "mobilephone", "lastname", "crmsync_id")]
    hub.append(NativeField("hs_email_optout", flag, as_text=True, updateable=False))
    sales = [NativeField(n, text) for n in ("Title", "MobilePhone", "crmsync_id__c")]
    sales += [NativeField("LastName", text, required=True), NativeField("HasOptedOutOfEmail", flag)]
    described: dict[tuple[Side, str], ObjectInfo] = {
        ("salesforce", obj): ObjectInfo("salesforce", obj, {f.name: f for f in sales}) for obj in ("Lead", "Contact")
    }  # fmt: skip
    return described | {("hubspot", "contacts"): ObjectInfo("hubspot", "contacts", {f.name: f for f in hub})}


def terms(**changes: Any) -> Terms:
    create: Any = {"hubspot": "in_scope", "salesforce": "in_scope"}
    base = Terms(
        "v1",
        [TITLE, PHONE, LAST, OPT_OUT],
        infos(),
        Directory(),
        ACCOUNTS,
        KEY_FIELDS,
        create,
        lambda _link, row: Place("contacts" if row.side == "salesforce" else "Lead"),
    )
    return replace(base, **changes)


def row(
    id: int, obj: str, seen: dict[str, Any] | None = None, now: dict[str, Any] | None = None, **more: Any
) -> SideRow:
    """A row of link 1. `seen` at the last decision, `now` what was read since."""
    side: Any = "hubspot" if obj == "contacts" else "salesforce"
    role = more.pop("role", Role.PRIMARY)
    return SideRow(id, 1, side, obj, f"n{id}", role, WHEN, seen=seen or {}, observed=now, **more)


def link(*rows: SideRow, **changes: Any) -> Link:
    return replace(Link(1, KEY, rows, seq=9, ever=frozenset(r.side for r in rows)), **changes)


def wrote(intent: Intent) -> dict[str, Any]:
    return {c.native: c.after for c in intent.changes}


def nothing(decision: Decision) -> bool:
    said = decision.settlement
    return not (decision.intents or decision.key or said.agreed or said.seen or said.conflicts or said.parked)


# -- one side ---------------------------------------------------------------------------------------------------
HUB = row(1, "contacts", now={"lastname": "King", "jobtitle": "CEO"}, email="ada@northwind.example")
LEAD = row(2, "Lead", now={"LastName": "King"})
ONE_SIDED = [
    # the record, the policy of the other side, what else is known of the link, whether it is created there
    pytest.param(HUB, "in_scope", {}, True, id="in_scope: created in Salesforce"),
    pytest.param(HUB, "at_handoff", {}, False, id="at_handoff: not before the handoff"),
    pytest.param(HUB, "never", {}, False, id="never"),
    pytest.param(LEAD, "in_scope", {}, True, id="in_scope: created in HubSpot"),
    pytest.param(LEAD, "never", {}, False, id="never in HubSpot"),
    pytest.param(replace(HUB, in_scope=False), "in_scope", {}, False, id="out of scope"),
    pytest.param(HUB, "in_scope", {"buried": frozenset(["salesforce"])}, False, id="deleted there: it stays deleted"),
    pytest.param(HUB, "in_scope", {"ever": frozenset(["hubspot", "salesforce"])}, False, id="it had a record there once"),
    pytest.param(HUB, "in_scope", {"buried": frozenset(["hubspot"])}, True, id="a tombstone on its own side is no matter"),
    pytest.param(replace(HUB, role=Role.GONE), "in_scope", {}, False, id="the only record is gone"),
]  # fmt: skip


@pytest.mark.parametrize(("only", "policy", "known", "created"), ONE_SIDED)
def test_a_person_on_one_side(only: SideRow, policy: str, known: dict[str, Any], created: bool) -> None:
    other: Side = "salesforce" if only.side == "hubspot" else "hubspot"
    decision = plan_link(link(only, **known), terms(create={other: policy}))
    if not created:
        assert nothing(decision)
        return
    [intent] = decision.intents
    assert (intent.side, intent.kind, intent.native_id, intent.row_id) == (other, Kind.CREATE, "", 0)
    assert (intent.key, intent.seq, decision.settlement.seq) == (KEY, 9, 9)


def test_a_shadowed_record_is_reported_once_and_never_created_again() -> None:
    only = replace(HUB, role=Role.SHADOWED)
    decision = plan_link(link(only), terms(create={"salesforce": "in_scope"}))
    assert decision.intents == ()
    (told,) = decision.settlement.parked
    assert (told.code, told.field, told.native_id) == ("shadowed", "", only.native_id)
    known = link(only, parked={"": told.digest})
    assert nothing(plan_link(known, terms(create={"salesforce": "in_scope"})))
    gone = replace(known, rows=(replace(only, role=Role.GONE),))
    assert plan_link(gone, terms()).settlement.settled == ("",)


def test_a_policy_that_is_not_said_is_never() -> None:
    assert nothing(plan_link(link(HUB), terms(create={})))


def test_a_create_mints_the_key_from_the_record_it_comes_from() -> None:
    decision = plan_link(link(HUB, key=""), terms())
    assert decision.key == decision.intents[0].key == "hubspot:4242:n1"
    assert wrote(decision.intents[0])["crmsync_id__c"] == "hubspot:4242:n1"
    assert plan_link(link(LEAD, key=""), terms()).key == "salesforce:00D000000000001AAA:n2"


def test_a_key_that_the_record_carries_is_taken_over() -> None:
    decision = plan_link(link(replace(HUB, key="hubspot:4242:5"), LEAD, key=""), terms())
    assert decision.key == "hubspot:4242:5"


def test_a_record_that_carries_our_key_had_a_counterpart_and_is_not_born_again() -> None:
    """Known to a store that is gone: this one is older. It is told once; without its key it is anybody again."""
    alone = replace(HUB, key="hubspot:4242:5")
    decision = plan_link(link(alone, key=""), terms())
    assert decision.intents == ()
    (told,) = decision.settlement.parked
    assert (told.code, told.field) == ("bereaved", "") and "empty crmsync_id" in told.fix
    assert nothing(plan_link(link(alone, parked={"": told.digest}), terms()))
    assert plan_link(link(HUB, parked={"": told.digest}), terms()).intents != ()
    found = plan_link(link(alone, LEAD, parked={"": told.digest}), terms())
    assert "" in found.settlement.settled, "its counterpart is there after all"
    org = terms().accounts["salesforce"]
    [asked] = plan_link(link(replace(HUB, key=f"salesforce:{org}:00Q9"), key=""), terms()).intents
    assert asked.key == f"salesforce:{org}:00Q9", "that record is read by id before anything is created"


def test_a_create_does_not_write_to_its_origin() -> None:
    assert [i.side for i in plan_link(link(HUB), terms()).intents] == ["salesforce"]


def test_where_creates_are_refused_the_record_is_parked_once_with_what_to_do() -> None:
    refused: Any = {("salesforce", "Lead"): "our user may not create Lead records"}
    decision = plan_link(link(HUB), terms(refused=refused))
    assert decision.intents == ()
    [parked] = decision.settlement.parked
    assert (parked.field, parked.code, parked.cause) == ("", "create_refused", refused["salesforce", "Lead"])
    assert "crmsync doctor" in parked.fix
    assert nothing(plan_link(link(HUB, parked={"": parked.digest}), terms(refused=refused)))


def test_a_refusal_for_another_object_is_no_matter() -> None:
    assert plan_link(link(HUB), terms(refused={("salesforce", "Contact"): "no"})).intents


def test_a_create_that_lacks_a_required_field_is_parked_until_the_person_changes() -> None:
    nameless = replace(HUB, observed={"jobtitle": "CEO"})
    decision = plan_link(link(nameless, key=""), terms())
    [parked] = decision.settlement.parked
    assert (decision.intents, decision.key, parked.code) == ((), "", "required_missing")

    waiting = {"": parked.digest}
    assert nothing(plan_link(link(nameless, parked=waiting), terms()))
    assert plan_link(link(nameless, parked=waiting), terms(version="v2")).settlement.parked
    named = plan_link(link(HUB, parked=waiting), terms())
    assert named.settlement.settled == ("",)
    assert [i.kind for i in named.intents] == [Kind.CREATE]


def test_a_create_that_the_vendor_refused_waits_for_another_value() -> None:
    refused = {"": record_mark(HUB, "salesforce", "v1")}
    assert nothing(plan_link(link(HUB, parked=refused), terms()))
    assert plan_link(link(replace(HUB, observed={"lastname": "Byron"}), parked=refused), terms()).intents


# -- both sides --------------------------------------------------------------------------------------------------
def both(hub_now: dict[str, Any], sales_now: dict[str, Any], *others: SideRow, **changes: Any) -> Link:
    """Linked people who agreed on everything at the last decision; `hub_now` and `sales_now` are what changed."""
    hub = {"jobtitle": "CEO", "mobilephone": "1", "lastname": "King", "hs_email_optout": None}
    sales = {"Title": "CEO", "MobilePhone": "1", "LastName": "King", "HasOptedOutOfEmail": False}
    return link(
        row(1, "contacts", hub, hub_now, key=KEY, email="ada@northwind.example"),
        row(2, "Contact", sales, sales_now, key=KEY),
        *others,
        **changes,
    )


def test_people_who_agree_need_nothing() -> None:
    assert nothing(plan_link(both({}, {}), terms()))


def test_changes_on_both_sides_give_one_operation_for_each_side() -> None:
    decision = plan_link(both({"jobtitle": "CTO"}, {"MobilePhone": "2", "LastName": "Byron"}), terms())
    assert [(i.side, i.object, i.kind, i.native_id, i.row_id) for i in decision.intents] == [
        ("hubspot", "contacts", Kind.UPDATE, "n1", 1),
        ("salesforce", "Contact", Kind.UPDATE, "n2", 2),
    ]
    assert [wrote(i) for i in decision.intents] == [
        {"lastname": "Byron", "mobilephone": "2"},
        {"Title": "CTO"},
    ]


def test_an_operation_says_whom_it_is_about() -> None:
    [intent] = plan_link(both({"jobtitle": "CTO"}, {}), terms()).intents
    assert (intent.person, intent.link_id, intent.key, intent.seq) == ("ada@northwind.example", 1, KEY, 9)


@pytest.mark.parametrize("out", [0, 1])
def test_people_out_of_scope_on_either_side_are_not_written(out: int) -> None:
    one = both({"jobtitle": "CTO"}, {"MobilePhone": "2"})
    rows = tuple(replace(r, in_scope=n != out) for n, r in enumerate(one.rows))
    assert nothing(plan_link(replace(one, rows=rows), terms()))


def test_what_is_equal_settles_without_an_operation() -> None:
    decision = plan_link(both({"jobtitle": "CTO"}, {"Title": "CTO"}), terms())
    assert decision.intents == ()
    assert decision.settlement.agreed == {"title": "CTO"}
    assert decision.settlement.seen == {1: {"jobtitle": "CTO"}, 2: {"Title": "CTO"}}


def test_a_bad_field_is_parked_and_the_others_go_through() -> None:
    described = infos()
    short = described["salesforce", "Contact"]
    fields = {**short.fields, "Title": NativeField("Title", FieldType.TEXT, 3)}
    described["salesforce", "Contact"] = replace(short, fields=fields)
    decision = plan_link(both({"jobtitle": "Chief", "mobilephone": "2"}, {}), terms(infos=described))
    assert [wrote(i) for i in decision.intents] == [{"MobilePhone": "2"}]
    assert [(p.field, p.code) for p in decision.settlement.parked] == [("title", "too_long")]


def test_an_update_that_the_vendor_refused_waits_for_another_value_or_definition() -> None:
    one = both({"jobtitle": "CTO"}, {})
    [intent] = plan_link(one, terms()).intents
    waiting = {"": update_mark(intent.digest, "v1")}
    assert plan_link(replace(one, parked=waiting), terms()).intents == ()
    assert plan_link(replace(one, parked=waiting), terms(version="v2")).intents
    assert plan_link(both({"jobtitle": "CFO"}, {}, parked=waiting), terms()).intents


# -- the key --------------------------------------------------------------------------------------------------------
def without_keys(one: Link) -> Link:
    return replace(one, key="", rows=tuple(replace(r, key="") for r in one.rows))


def test_the_key_is_never_a_write_of_its_own() -> None:
    decision = plan_link(without_keys(both({}, {})), terms())
    assert decision.intents == ()


def test_the_key_rides_on_an_ordinary_write_as_its_last_change() -> None:
    decision = plan_link(without_keys(both({"jobtitle": "CTO"}, {})), terms())
    [intent] = decision.intents
    assert decision.key == "hubspot:4242:n1"
    assert list(wrote(intent).items()) == [("Title", "CTO"), ("crmsync_id__c", "hubspot:4242:n1")]
    assert intent.changes[-1].settles is False


def test_the_origin_gets_the_key_with_its_own_next_write() -> None:
    one = both({}, {"Title": "CTO"})
    origin = replace(one, rows=(replace(one.rows[0], key=""), one.rows[1]))
    [intent] = plan_link(origin, terms()).intents
    assert wrote(intent) == {"jobtitle": "CTO", "crmsync_id": KEY}


def test_a_record_that_has_the_key_is_not_sent_it_again() -> None:
    [intent] = plan_link(both({"jobtitle": "CTO"}, {}), terms()).intents
    assert wrote(intent) == {"Title": "CTO"}


def test_a_key_field_that_is_not_there_is_left_out() -> None:
    described = infos()
    contact = described["salesforce", "Contact"]
    fields = {n: f for n, f in contact.fields.items() if n != "crmsync_id__c"}
    described["salesforce", "Contact"] = replace(contact, fields=fields)
    [intent] = plan_link(without_keys(both({"jobtitle": "CTO"}, {})), terms(infos=described)).intents
    assert wrote(intent) == {"Title": "CTO"}


# -- a Lead beside the Contact ----------------------------------------------------------------------------------------
def beside(opted_out: bool = False) -> SideRow:
    seen = {"Title": "CEO", "LastName": "King", "HasOptedOutOfEmail": opted_out}
    return row(3, "Lead", seen, role=Role.SECONDARY)


SECONDARY = [
    # HubSpot's opt-out, the Contact's, the Lead's, what is written to the Contact and to the Lead
    pytest.param("true", False, False, {"Contact": True, "Lead": True}, id="an opt-out goes to both"),
    pytest.param("true", True, False, {"Lead": True}, id="the Contact has it: to the Lead"),
    pytest.param(None, True, False, {"Lead": True}, id="the Contact's own wish goes to the Lead"),
    pytest.param("true", True, True, {}, id="both have it"),
    pytest.param("false", False, True, {}, id="the Lead's is never taken back"),
]


@pytest.mark.parametrize(("hub", "contact", "lead", "expected"), SECONDARY)
def test_a_secondary_lead_gets_the_opt_out(
    hub: Any, contact: bool, lead: bool, expected: dict[str, bool]
) -> None:
    one = both({"hs_email_optout": hub}, {"HasOptedOutOfEmail": contact}, beside(lead))
    assert {i.object: i.changes[0].after for i in plan_link(one, terms()).intents} == expected


def test_a_secondary_lead_gets_no_other_field_and_no_key() -> None:
    one = both({"jobtitle": "CTO", "hs_email_optout": "true"}, {}, beside())
    contact, lead = plan_link(one, terms()).intents
    assert wrote(contact) == {"Title": "CTO", "HasOptedOutOfEmail": True}
    assert wrote(lead) == {"HasOptedOutOfEmail": True}
    assert (lead.native_id, lead.row_id, lead.changes[0].settles) == ("n3", 3, False)


@pytest.mark.parametrize("role", [Role.ALIAS, Role.GONE, Role.SHADOWED])
def test_a_row_that_is_no_longer_a_record_of_the_person_is_not_written(role: Role) -> None:
    one = both({"hs_email_optout": "true"}, {}, replace(beside(), role=role))
    assert [i.object for i in plan_link(one, terms()).intents] == ["Contact"]


# -- the same decision, always ------------------------------------------------------------------------------------------
def test_the_same_input_gives_the_same_plan_whatever_the_order_of_fields() -> None:
    one = both({"jobtitle": "CTO", "mobilephone": "2"}, {"LastName": "Byron"})
    turned = terms(fields=[OPT_OUT, LAST, PHONE, TITLE])
    assert plan_link(one, terms()) == plan_link(one, terms())
    assert plan_link(one, terms()).intents == plan_link(one, turned).intents


def change(native: str, after: Any, before: Any = None) -> Change:
    return Change(native.lower(), native, before, after, "changed")


BASE = ("salesforce", "Lead", 1, Kind.UPDATE, [change("Title", "CTO"), change("Phone", "5")])
SAME = [
    pytest.param((*BASE[:4], BASE[4][::-1]), id="the order of the changes"),
    pytest.param((*BASE[:4], [change("Title", "CTO", "CEO"), change("Phone", "5")]), id="what is replaced"),
]
OTHER = [
    pytest.param((*BASE[:4], [change("Title", "CFO"), change("Phone", "5")]), id="a value"),
    pytest.param((*BASE[:4], [change("Title", "CTO"), change("Phone", 5)]), id="the type of a value"),
    pytest.param((*BASE[:4], [change("Title", None), change("Phone", "5")]), id="a blank"),
    pytest.param((*BASE[:4], [change("Title", "5"), change("Phone", "CTO")]), id="which field has which value"),
    pytest.param((*BASE[:4], BASE[4][:1]), id="a field less"),
    pytest.param(("hubspot", *BASE[1:]), id="the side"),
    pytest.param((BASE[0], "Contact", *BASE[2:]), id="the object"),
    pytest.param((*BASE[:2], 2, *BASE[3:]), id="the person"),
    pytest.param((*BASE[:3], Kind.CREATE, BASE[4]), id="the kind"),
]  # fmt: skip


@pytest.mark.parametrize("operation", SAME)
def test_the_digest_of_an_operation_does_not_depend_on(operation: Any) -> None:
    assert operation_digest(*operation) == operation_digest(*BASE)


@pytest.mark.parametrize("operation", OTHER)
def test_the_digest_of_an_operation_differs_with(operation: Any) -> None:
    assert operation_digest(*operation) != operation_digest(*BASE)


def test_digests_are_the_same_on_every_machine() -> None:
    assert digest("title", "hubspot", None, 5, True) == "61ef9ffac235"
    assert plan_digest(["a", "b"]) == plan_digest(iter(["a", "b"])) != plan_digest(["b", "a"])
    assert plan_digest([]) != plan_digest(["a"])


def test_the_plan_of_another_value_has_another_digest() -> None:
    [cto] = plan_link(both({"jobtitle": "CTO"}, {}), terms()).intents
    [cfo] = plan_link(both({"jobtitle": "CFO"}, {}), terms()).intents
    assert cto.digest != cfo.digest
