"""The judge: each invariant turns red when it is broken and stays green when it is kept."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pytest

from crmsync.simulator.compare import empty, same
from crmsync.simulator.expectation import Expectation, FieldPair, Kept, Line, Pair, Violation
from crmsync.simulator.judge import judge, weigh

PAIRS = (
    FieldPair("email", "email", {"Lead": "Email", "Contact": "Email"}, compare="email"),
    FieldPair("last_name", "lastname", {"Lead": "LastName", "Contact": "LastName"}),
    FieldPair("title", "jobtitle", {"Lead": "Title", "Contact": "Title"}),
    FieldPair("phone", "phone", {"Lead": "Phone", "Contact": "Phone"}, compare="phone"),
    FieldPair("company", "company", {"Lead": "Company"}, defaults={"salesforce": frozenset({"[unknown]"})}),
    FieldPair(
        "opted_out",
        "hs_email_optout",
        {"Lead": "HasOptedOutOfEmail", "Contact": "HasOptedOutOfEmail"},
        direction="to_salesforce",
        compare="boolean",
    ),
    FieldPair(
        "source",
        "hs_analytics_source",
        {"Lead": "LeadSource", "Contact": "LeadSource"},
        direction="to_salesforce",
        compare="picklist",
        values=frozenset({("ORGANIC_SEARCH", "Web"), ("REFERRALS", "Partner Referral")}),
    ),
    FieldPair("owner", "hubspot_owner_id", {"Lead": "OwnerId"}, direction="to_hubspot", compare="ignore"),
)


@dataclass(slots=True)
class Book:
    """Both CRMs in miniature: writes go to a ledger and to rows, as the simulators' do."""

    entries: list[Line] = field(default_factory=list)
    rows: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def write(self, actor: str, obj: str, id: str, op: str = "", /, **values: object) -> None:
        side = "hubspot" if obj == "contacts" else "salesforce"
        row = self.rows.get((obj, id))
        op = op or ("update" if row is not None else "create")
        row = self.rows.setdefault((obj, id), {})
        before = {k: row.get(k) for k in values}
        row.update(values)
        if op == "delete":
            self.gone.add(id)
        self.entries.append(
            Line(len(self.entries) + 1, side, actor, op, obj, id, before if op != "create" else {}, values)
        )

    @property
    def ledger(self) -> Book:
        return self

    @property
    def hubspot(self) -> Book:
        return self

    @property
    def salesforce(self) -> Book:
        return self

    def state(self) -> dict[str, list[dict[str, object]]]:
        state: dict[str, list[dict[str, object]]] = {"contacts": [], "Lead": [], "Contact": []}
        for (obj, id), values in self.rows.items():
            if obj == "contacts":
                state[obj].append({"id": id, "archived": id in self.gone, "properties": values})
            else:
                state.setdefault(obj, []).append({"Id": id, "IsDeleted": id in self.gone, **values})
        return state


def linked(**more: Any) -> Expectation:
    return replace(Expectation(PAIRS, links=(Pair("1", "Lead", "L"),)), **more)


def both(**values: object) -> Book:
    """One person whom humans typed into both CRMs, agreeing but for `values` (HubSpot names on the left)."""
    book = Book()
    book.write("human", "contacts", "1", email="ann@a.example", lastname="Abara", jobtitle="CEO")
    book.write("human", "Lead", "L", Email="Ann@A.example", LastName="Abara", Title="CEO")
    return book


def broken(book: Book, expected: Expectation) -> list[str]:
    return [v.invariant for v in judge(book, expected)]


# -- I1 agreement
def test_i1_is_green_when_both_sides_agree_up_to_form() -> None:
    book = both()
    book.write("human", "contacts", "1", phone="+1 415 555 0101", hs_analytics_source="ORGANIC_SEARCH")
    book.write("human", "Lead", "L", Phone="(415) 555-0101", LeadSource="Web", HasOptedOutOfEmail=False)
    assert judge(book, linked()) == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"jobtitle": "CEO"}, {"Title": "Chief Executive"}),
        ({"phone": "+1 415 555 0101"}, {"Phone": "(415) 555-0102"}),
        ({"jobtitle": "CEO"}, {"Title": None}),
        ({"hs_analytics_source": "REFERRALS"}, {"LeadSource": "Web"}),
        ({"hs_email_optout": "true"}, {"HasOptedOutOfEmail": False}),
    ],
)
def test_i1_turns_red_when_a_field_differs(one: dict[str, object], two: dict[str, object]) -> None:
    book = Book()
    name = {"lastname": "Abara", "email": "ann@a.example"}
    book.write("human", "contacts", "1", **name, **one)
    book.write("human", "Lead", "L", LastName="Abara", Email="ann@a.example", **two)
    assert broken(book, linked()) == ["I1"]


@pytest.mark.parametrize(
    "excuse",
    [
        {"kept": frozenset({Kept("1", "title", "CEO", open=True)})},
        {"kept": frozenset({Kept("L", "title", "CTO", open=True)})},
        {"parked": frozenset({("L", "title")})},
        {"parked": frozenset({("1", "")})},
        {"held": frozenset({("1", "")})},
        {"scope": {"salesforce": frozenset[str]()}},
    ],
)
def test_i1_takes_a_difference_that_is_shown(excuse: dict[str, object]) -> None:
    book = both()
    book.write("human", "Lead", "L", Title="CTO")
    assert broken(book, linked(**excuse)) == []
    assert broken(book, linked()) == ["I1"]


@pytest.mark.parametrize(
    "excuse",
    [
        {"kept": frozenset({Kept("1", "title", "CEO")})},  # decided, so it should have been written
        {"kept": frozenset({Kept("1", "title", "CFO", open=True)})},  # another difference
        {"parked": frozenset({("L", "phone")})},
        {"held": frozenset({("2", "")})},
    ],
)
def test_i1_takes_no_excuse_that_is_not_about_this_difference(excuse: dict[str, object]) -> None:
    book = both()
    book.write("human", "Lead", "L", Title="CTO")
    assert broken(book, linked(**excuse)) == ["I1"]


def test_i1_a_clearing_may_stay_on_its_side_if_the_field_says_so() -> None:
    book = both()
    book.write("human", "contacts", "1", jobtitle="")
    assert broken(book, linked()) == []
    clearing = tuple(replace(p, blank="clear") for p in PAIRS)
    assert broken(book, linked(pairs=clearing)) == ["I1"]


def test_i1_a_one_way_target_stands_only_while_its_source_is_blank_or_the_rule_says_so() -> None:
    book = both()
    book.write("human", "Lead", "L", LeadSource="Partner Referral")
    assert broken(book, linked()) == []
    book.write("human", "contacts", "1", hs_analytics_source="ORGANIC_SEARCH")
    assert broken(book, linked()) == ["I1"]
    assert broken(book, linked(pairs=tuple(replace(p, rule="first") for p in PAIRS))) == []


def test_i1_an_opt_out_stands_under_the_most_restrictive_rule() -> None:
    book = both()
    book.write("human", "contacts", "1", hs_email_optout="false")
    book.write("human", "Lead", "L", HasOptedOutOfEmail=True)
    strict = linked(pairs=tuple(replace(p, rule="most_restrictive") for p in PAIRS))
    assert (broken(book, linked()), broken(book, strict)) == (["I1"], [])
    book.write("human", "contacts", "1", hs_email_optout="true")
    book.write("human", "Lead", "L", HasOptedOutOfEmail=False)
    assert broken(book, strict) == ["I1"]


def test_i1_a_default_counts_as_blank() -> None:
    book = both()
    book.write("api", "Lead", "L", Company="[unknown]")
    assert broken(book, linked()) == []
    book.write("human", "Lead", "L", Company="Acme")
    assert broken(book, linked()) == ["I1"]


def test_i1_turns_red_for_people_who_are_not_linked() -> None:
    book = both()
    alone = Expectation(PAIRS)
    assert broken(book, alone) == ["I1"]
    book.write("human", "Lead", "M", Email="ann@a.example", LastName="Abara")
    assert broken(book, alone) == []  # ambiguous: for review
    book.write("human", "contacts", "2", lastname="Berg")
    assert broken(book, alone) == []
    assert broken(book, replace(alone, births=frozenset({"salesforce"}))) == ["I1"]
    parked = replace(alone, births=frozenset({"salesforce"}), parked=frozenset({("2", "")}))
    assert broken(book, parked) == []


def test_i1_asks_nothing_of_a_field_that_the_object_does_not_have() -> None:
    book = Book()
    book.write("human", "contacts", "1", email="ann@a.example", lastname="Abara", company="Acme")
    book.write("human", "Contact", "L", Email="ann@a.example", LastName="Abara", Title=None)
    assert broken(book, linked(links=(Pair("1", "Contact", "L"),))) == []


def test_i1_people_who_share_an_address_or_are_out_of_scope_need_no_partner() -> None:
    book = Book()
    book.write("human", "Lead", "L", Email="ann@a.example", LastName="Abara")
    born = Expectation(PAIRS, births=frozenset({"hubspot"}))
    assert broken(book, born) == ["I1"]
    assert broken(book, replace(born, scope={"salesforce": frozenset()})) == []
    book.write("human", "Lead", "M", Email="ann@a.example", LastName="Abara")
    assert broken(book, born) == []
    book.write("human", "Lead", "N", LastName="Berg")
    book.write("human", "Lead", "O", LastName="Cruz")
    assert broken(book, born) == ["I1", "I1"]  # without an address everybody is somebody else
    book.write("human", "contacts", "2", email="dan@a.example", lastname="Dahl")
    book.write("human", "Lead", "P", Email="dan@a.example", LastName="Dahl")
    found = judge(book, Expectation(PAIRS))
    assert [v.record for v in found] == ["hubspot/contacts/2"]
    assert "not linked" in found[0].detail
    assert broken(book, Expectation(PAIRS, scope={"salesforce": frozenset({"L"})})) == []


# -- I3 no silent loss
def test_i3_turns_red_when_the_api_overwrites_what_nobody_answered() -> None:
    book = both()
    book.write("human", "contacts", "1", jobtitle="CFO")
    book.write("human", "Lead", "L", Title="CTO")
    book.write("api", "contacts", "1", jobtitle="CTO")
    assert broken(book, linked()) == ["I3"]
    assert broken(book, linked(kept=frozenset({Kept("1", "title", "CFO")}))) == []
    assert broken(book, linked(kept=frozenset({Kept("1", "title", "CEO")}))) == ["I3"]
    assert broken(book, linked(kept=frozenset({Kept("1", "phone", "CFO")}))) == ["I3"]
    assert broken(book, linked(raced=frozenset({("1", "title")}))) == []
    assert broken(book, linked(raced=frozenset({("1", "phone")}))) == ["I3"]


def test_i3_is_green_when_the_winner_saw_the_loser() -> None:
    book = both()
    book.write("human", "contacts", "1", jobtitle="CFO")
    book.write("api", "Lead", "L", Title="CFO")
    book.write("human", "Lead", "L", Title="CTO")
    book.write("human", "Lead", "L", Title="Founder")
    book.write("api", "contacts", "1", jobtitle="Founder")
    assert broken(book, linked()) == []


def test_i3_having_seen_an_older_turn_of_the_same_value_is_not_enough() -> None:
    book = both()
    book.write("human", "contacts", "1", jobtitle="CFO")
    book.write("api", "Lead", "L", Title="CFO")
    book.write("human", "contacts", "1", jobtitle="CEO")  # typed anew; nobody in Salesforce sees this one
    book.write("human", "Lead", "L", Title="CTO")
    book.write("api", "contacts", "1", jobtitle="CTO")
    assert broken(book, linked()) == ["I3"]


def test_i3_is_green_when_the_value_came_back_or_lives_on_the_other_side() -> None:
    book = both()
    book.write("human", "contacts", "1", jobtitle="CFO")
    book.write("human", "Lead", "L", Title="CTO")
    book.write("api", "contacts", "1", jobtitle="CTO")
    assert broken(book, linked()) == ["I3"]
    book.write("human", "Lead", "L", Title="CFO")
    assert broken(book, linked()) == ["I1"]
    book.write("api", "contacts", "1", jobtitle="CFO")
    assert broken(book, linked()) == []


def test_i3_a_change_of_form_is_no_loss_but_a_blanking_is() -> None:
    book = both()
    book.write("human", "contacts", "1", phone="(415) 555-0101")
    book.write("api", "contacts", "1", phone="+14155550101")
    book.write("api", "Lead", "L", Phone="+14155550101")
    assert broken(book, linked()) == []
    book.write("human", "contacts", "1", phone="(415) 555-0102")
    book.write("api", "Lead", "L", Phone="(415) 555-0102")
    assert broken(book, linked()) == []
    book.write("api", "contacts", "1", phone=None)
    book.write("api", "Lead", "L", Phone=None)
    assert set(broken(book, linked())) == {"I3", "I5"}


def test_i3_follows_a_converted_lead_to_its_contact() -> None:
    book = both()
    book.write("human", "contacts", "1", jobtitle="CFO")
    book.write("api", "Lead", "L", Title="CFO")
    book.write("human", "Lead", "L", Title="CTO")
    book.write("human", "Contact", "C", Email="ann@a.example", LastName="Abara", Title="CTO")
    book.write("human", "Lead", "L", "convert", IsConverted=True, ConvertedContactId="C")
    book.write("api", "contacts", "1", jobtitle="CTO")
    assert broken(book, replace(linked(), links=(Pair("1", "Contact", "C"),))) == []


# -- I4 no duplicate
def test_i4_turns_red_when_the_api_creates_somebody_who_is_there() -> None:
    book = both()
    book.write("api", "Lead", "M", Email="ANN@a.example", LastName="Abara", Title="CEO")
    expected = linked(births=frozenset({"salesforce"}))
    assert broken(book, expected) == ["I4"]
    book.write("human", "Lead", "M", "delete")
    assert broken(book, expected) == []


def test_i4_is_green_for_duplicates_that_humans_made() -> None:
    book = both()
    book.write("human", "Lead", "M", Email="ann@a.example", LastName="Abara")
    assert broken(book, linked()) == []


def test_i4_is_green_when_a_human_follows_the_api() -> None:
    book = Book()
    book.write("human", "contacts", "1", email="ann@a.example", lastname="Abara")
    book.write("api", "Lead", "L", Email="ann@a.example", LastName="Abara")
    book.write("human", "Lead", "M", Email="ann@a.example", LastName="Abara")
    assert broken(book, linked(births=frozenset({"salesforce"}))) == []


def test_i4_turns_red_on_a_key_or_a_record_used_twice() -> None:
    book = both()
    book.write("human", "Contact", "C", LastName="Berg")
    book.write("api", "Lead", "L", crmsync_id__c="hubspot:7:1")
    assert broken(book, linked()) == []
    book.write("api", "Contact", "C", crmsync_id__c="hubspot:7:1")
    assert broken(book, linked()) == ["I4"]
    assert "I4" in broken(both(), linked(links=(Pair("1", "Lead", "L"), Pair("2", "Lead", "L"))))


# -- I5 no invention
def test_i5_turns_red_for_a_value_that_nobody_typed() -> None:
    book = both()
    book.write("api", "contacts", "1", phone="+1 415 555 0101")
    book.write("api", "Lead", "L", Phone="+1 415 555 0101")
    assert broken(book, linked()) == ["I5", "I5"]
    book.write("human", "contacts", "1", phone="+1 415 555 0102")
    book.write("api", "Lead", "L", Phone="+1 415 555 0102")
    assert broken(book, linked()) == ["I5", "I5"]
    book.write("api", "contacts", "1", phone="+1 415 555 0101")  # its own old word is no source
    assert broken(book, linked()).count("I5") == 3


def test_i5_is_green_for_mapped_values_defaults_and_what_a_workflow_set() -> None:
    book = Book()
    book.write(
        "human", "contacts", "1", email="ann@a.example", lastname="Abara", hs_analytics_source="REFERRALS"
    )
    book.write(
        "api",
        "Lead",
        "L",
        Email="ann@a.example",
        LastName="Abara",
        LeadSource="Partner Referral",
        Company="[unknown]",
        HasOptedOutOfEmail=False,
        crmsync_id__c="hubspot:7:1",
    )
    book.write("system", "contacts", "1", jobtitle="Lead Engineer")
    book.write("api", "Lead", "L", Title="Lead Engineer")
    expected = linked(births=frozenset({"salesforce"}))
    assert broken(book, expected) == []
    book.write("api", "Lead", "L", LeadSource="Web")
    assert "I5" in broken(book, expected)


def test_i5_without_a_link_somebody_on_the_other_side_must_have_typed_it() -> None:
    book = Book()
    book.write("human", "contacts", "1", lastname="Abara", phone="+1 415 555 0101")
    book.write("api", "Lead", "L", LastName="Abara", Phone="(415) 555-0101")
    expected = Expectation(PAIRS, births=frozenset({"salesforce"}), parked=frozenset({("1", ""), ("L", "")}))
    assert broken(book, expected) == []
    book.write("api", "Lead", "M", LastName="Nobody")
    expected = replace(expected, parked=expected.parked | {("M", "")})
    assert broken(book, expected) == ["I5"]
    book.write("human", "contacts", "1", hs_analytics_source="REFERRALS")
    book.write("api", "Lead", "L", LeadSource="Partner Referral")
    assert broken(book, expected) == ["I5"]
    book.write("api", "Lead", "L", LeadSource="Web")
    assert broken(book, expected) == ["I5", "I5"]


def test_i5_a_clearing_may_travel() -> None:
    book = both()
    book.write("human", "Lead", "L", Title=None)
    book.write("api", "contacts", "1", jobtitle="")
    assert broken(book, linked()) == []


# -- I6 scope
@pytest.mark.parametrize(
    ("obj", "id", "values"),
    [
        ("Lead", "L", {"Status": "Working - Contacted"}),
        ("Lead", "L", {"OwnerId": "005X"}),
        ("contacts", "1", {"hs_email_optout": "false"}),
        ("Account", "A", {"Name": "Acme"}),
    ],
)
def test_i6_turns_red_outside_the_field_list_and_direction(
    obj: str, id: str, values: dict[str, object]
) -> None:
    book = both()
    book.write("api", obj, id, **values)
    assert broken(book, linked()) == ["I6"]


def test_i6_is_green_for_our_own_fields_and_what_the_vendor_fills_in() -> None:
    book = Book()
    book.write("human", "contacts", "1", email="ann@a.example", lastname="Abara")
    book.write("api", "contacts", "1", hubspot_owner_id="77", hs_lastmodifieddate="2026-01-01T00:00:00.000Z")
    values = {"Name": "Abara", "Status": "Open - Not Contacted", "OwnerId": "005X", "DoNotCall": False}
    book.write("api", "Lead", "L", Email="ann@a.example", LastName="Abara", Fit_Grade__c="A", **values)
    expected = linked(births=frozenset({"salesforce"}), own={"salesforce": frozenset({"Fit_Grade__c"})})
    assert broken(book, expected) == []
    assert broken(book, linked(births=frozenset({"salesforce"}))) == ["I6"]
    assert broken(book, linked(own=expected.own)) == ["I6"]  # nobody was to be born there


def test_i6_is_green_for_setting_up_but_not_for_taking_down() -> None:
    book = both()
    book.write("api", "CustomField", "F", DeveloperName="crmsync_id")
    assert broken(book, linked()) == []
    book.write("api", "CustomField", "F", "delete")
    assert broken(book, linked()) == ["I7"]


def test_i6_turns_red_for_people_out_of_scope() -> None:
    book = both()
    book.write("human", "Lead", "L", Title="CTO")
    book.write("api", "contacts", "1", jobtitle="CTO")
    kept = frozenset({Kept("1", "title", "CEO")})
    assert broken(book, linked(kept=kept)) == []
    assert broken(book, linked(kept=kept, scope={"hubspot": frozenset({"2"})})) == ["I6"]
    born = Book()
    born.write("human", "contacts", "1", email="ann@a.example", lastname="Abara")
    born.write("api", "Lead", "L", Email="ann@a.example", LastName="Abara")
    expected = linked(births=frozenset({"salesforce"}), scope={"hubspot": frozenset({"2"})})
    assert broken(born, expected) == ["I6"]


def test_i6_turns_red_for_the_counterpart_of_somebody_out_of_scope_from_when_they_left() -> None:
    book = both()
    book.write("human", "contacts", "1", jobtitle="CTO")
    book.write("api", "Lead", "L", Title="CTO")
    last = len(book.entries)
    outside = linked(kept=frozenset({Kept("L", "title", "CEO")}), scope={"hubspot": frozenset({"2"})})
    assert broken(book, outside) == ["I6"]
    assert broken(book, replace(outside, left={"1": last})) == []
    assert broken(book, replace(outside, left={"1": last - 1})) == ["I6"]


# -- I7 deletes
@pytest.mark.parametrize("op", ["delete", "merge", "convert"])
def test_i7_turns_red_when_the_api_removes_anything(op: str) -> None:
    book = both()
    book.write("api", "Lead", "L", op, IsDeleted=True, Description="")
    assert broken(book, linked()) == ["I7"]


def test_i7_is_green_when_a_human_deletes() -> None:
    book = both()
    book.write("human", "Lead", "L", "delete")
    assert broken(book, linked()) == []


# -- the comparers
@pytest.mark.parametrize(
    ("kind", "a", "b", "equal"),
    [
        ("text", "CEO ", "CEO", True),
        ("text", "ceo", "CEO", False),
        ("text", "a\r\nb", "a\nb", True),
        ("text", None, "  ", True),
        ("text", 0, None, False),
        ("text", "17", 17.0, True),
        ("email", "Ann@A.example", "ann@a.example", True),
        ("email", "ann@a.example", "ann@b.example", False),
        ("phone", "020 7946 0018", "+44 20 7946 0018", True),
        ("phone", "+44 (0)20 7946 0018", "+442079460018", True),
        ("phone", "(415) 555-0101 ext. 7", "+1 415 555 0101 x7", True),
        ("phone", "(415) 555-0101 ext. 7", "+1 415 555 0101", False),
        ("phone", "0101", "+1 415 555 0101", False),
        ("phone", "call me", "do not", False),
        ("boolean", "true", True, True),
        ("boolean", "", False, True),
        ("boolean", "false", True, False),
        ("country", "USA", "United States", True),
        ("country", "US", "united states", True),
        ("country", "Germany", "DE", True),
        ("country", "Germany", "France", False),
        ("country", "Atlantis", "atlantis", True),
        ("number", "5.0", 5, True),
        ("number", "5.0", 6, False),
        ("set", "b;a", "a; b", True),
        ("set", "b;a", "a", False),
        ("text", "\u00a0a", "a", False),
        ("ignore", "a", "b", True),
    ],
)
def test_comparers(kind: str, a: object, b: object, equal: bool) -> None:
    assert same(kind, a, b) is equal
    assert same(kind, b, a) is equal


def test_false_is_empty_for_a_boolean_only() -> None:
    assert empty("boolean", "false")
    assert not empty("text", False)


def test_a_field_pair_with_a_typing_mistake_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown comparer"):
        FieldPair("x", "x", {}, compare="fuzzy")


def test_a_violation_names_the_record_and_says_what_is_wrong() -> None:
    book = both()
    book.write("human", "Lead", "L", Title="CTO")
    assert judge(book, linked()) == [
        Violation("I1", "hubspot/contacts/1", "title is 'CEO', but 'CTO' on salesforce/Lead/L")
    ]


def test_a_ledger_that_came_as_json_is_judged_alike() -> None:
    book = both()
    book.write("api", "Lead", "L", Title="Pope")
    lines = [Line.of(asdict(entry) | {"at": "2026-01-01T00:00:00.000Z", "call": 1}) for entry in book.entries]
    assert weigh(lines, book.state(), book.state(), linked()) == judge(book, linked()) != []


def test_a_thousand_people_are_judged_well_within_a_second() -> None:
    book = Book()
    for i in range(1000):
        book.write(
            "human", "contacts", str(i), email=f"p{i}@a.example", lastname=f"P{i}", phone="(415) 555-0101"
        )
        book.write("api", "Lead", f"L{i}", Email=f"p{i}@a.example", LastName=f"P{i}", Phone="(415) 555-0101")
    links = tuple(Pair(str(i), "Lead", f"L{i}") for i in range(1000))
    expected = Expectation(PAIRS, links=links, births=frozenset({"salesforce"}))
    started = time.process_time()
    assert judge(book, expected) == []
    assert time.process_time() - started < 1.0
