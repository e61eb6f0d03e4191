"""Who is who: which rows are one person, who is ambiguous, and which of a person's rows is the primary one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from crmsync.model.links import Link, Role, SideRow
from crmsync.reconcile.identity import (
    Candidates,
    Match,
    foreign_key,
    match,
    mint,
    needs_match,
    roles,
    successor,
)

SUCCESSORS = {"Lead": "ConvertedContactId"}
NEW = Match()


def row(id: int, obj: str, **hints: Any) -> SideRow:
    """A row of the link with the same number; its native id is `n<id>`. `heir` is the Contact a Lead became."""
    heir = hints.pop("heir", None)
    side = "hubspot" if obj == "contacts" else "salesforce"
    seen = {"ConvertedContactId": heir} if heir else {}
    return SideRow(
        id,
        hints.pop("link", id),
        side,  # type: ignore[arg-type]
        obj,
        f"n{id}",
        hints.pop("role", Role.PRIMARY),
        seen=seen,
        **hints,
    )


def store(rows: Iterable[SideRow]) -> Candidates:
    """What the store would answer for any link: every row by its hints."""
    by_email: dict[Any, dict[str, list[SideRow]]] = {"hubspot": {}, "salesforce": {}}
    by_native: dict[Any, dict[str, SideRow]] = {"hubspot": {}, "salesforce": {}}
    by_key: dict[str, list[SideRow]] = {}
    by_foreign: dict[str, list[SideRow]] = {}
    for one in rows:
        by_native[one.side][one.native_id] = one
        by_email[one.side].setdefault(one.email, []).append(one)  # also under "": it must not matter
        if one.key:
            by_key.setdefault(one.key, []).append(one)
        for native in one.foreign:
            by_foreign.setdefault(native, []).append(one)
    return Candidates(by_email, by_key, by_native, by_foreign)


def found(*rows: SideRow) -> Match:
    """The match for the link of the first row."""
    link_id = rows[0].link_id
    own = tuple(r for r in rows if r.link_id == link_id)
    return match(Link(link_id, "", own), store(rows), SUCCESSORS, ACCOUNTS)


ADA, BOB = "ada@northwind.example", "bob@northwind.example"
KEY = "hubspot:4242:77"
ACCOUNTS: Any = {"hubspot": "4242", "salesforce": "00D000000000001AAA"}
MADE_FOR_2 = "salesforce:00D000000000001AAA:n2"

MATCHES = [
    # the seeking row first, then the other rows of the store
    pytest.param([row(1, "contacts", key=KEY), row(2, "Lead", key=KEY)], Match((2,), "key"), id="our key"),
    pytest.param(
        [row(1, "contacts", key=KEY, email=ADA), row(2, "Lead", key=KEY), row(3, "Lead", email=ADA)],
        Match((2,), "key"),
        id="our key before an e-mail",
    ),
    pytest.param(
        [row(1, "contacts", key=KEY), row(2, "contacts", key=KEY)],
        NEW,
        id="a key of the same side is no partner",
    ),
    pytest.param(
        [row(1, "contacts", key=MADE_FOR_2), row(2, "Lead")],
        Match((2,), "key"),
        id="the record that our key was made for, though it does not carry it",
    ),
    pytest.param(
        [row(2, "Lead"), row(1, "contacts", key=MADE_FOR_2)],
        Match((1,), "key"),
        id="and from its end as well",
    ),
    pytest.param(
        [row(1, "contacts", key=MADE_FOR_2), row(2, "Lead", role=Role.ALIAS, link=3), row(3, "Contact")],
        Match((3,), "key"),
        id="what that record became",
    ),
    pytest.param(
        [row(1, "contacts", key=MADE_FOR_2), row(2, "Lead", role=Role.GONE)],
        NEW,
        id="a key made for a record that is gone leads to nobody",
    ),
    pytest.param(
        [row(1, "contacts", key="salesforce:00D000000000002AAA:n2"), row(2, "Lead")],
        NEW,
        id="nor does one made for another org",
    ),
    pytest.param(
        [row(1, "contacts", foreign=("n2",), email=ADA), row(2, "Lead", email=ADA)],
        Match((2,), "native id"),
        id="a native id, and the e-mail agrees",
    ),
    pytest.param(
        [
            row(1, "contacts", foreign=("n2",), email=ADA, name="ada king"),
            row(2, "Lead", email=BOB, name="ada king"),
        ],
        Match((2,), "native id"),
        id="a native id, and the name agrees",
    ),
    pytest.param(
        [row(1, "contacts", foreign=("n2",), email=ADA), row(2, "Lead", email=BOB)],
        NEW,
        id="a native id alone proves nothing",
    ),
    pytest.param(
        [row(1, "contacts", foreign=("n2",)), row(2, "Lead")],
        NEW,
        id="two blanks do not agree",
    ),
    pytest.param(
        [row(2, "Lead", email=ADA), row(1, "contacts", foreign=("n2",), email=ADA)],
        Match((1,), "native id"),
        id="the native id is found from the other end as well",
    ),
    pytest.param(
        [
            row(1, "contacts", foreign=("n2",), email=ADA),
            row(2, "Lead", email=ADA),
            row(3, "Lead", email=ADA),
        ],
        Match((2,), "native id"),
        id="a native id tells apart what an e-mail cannot",
    ),
    pytest.param(
        [row(1, "contacts", email=ADA), row(2, "Lead", email=ADA)],
        Match((2,), "e-mail"),
        id="an e-mail, unique on both sides",
    ),
    pytest.param(
        [row(2, "Lead", email=ADA), row(1, "contacts", email=ADA)],
        Match((1,), "e-mail"),
        id="an e-mail, from Salesforce",
    ),
    pytest.param(
        [row(1, "contacts", email=ADA), row(2, "Lead", email=BOB)], NEW, id="nobody with this e-mail"
    ),
    pytest.param([row(1, "contacts"), row(2, "Lead")], NEW, id="people without an e-mail never match by it"),
    pytest.param(
        [row(1, "contacts", name="ada king"), row(2, "Lead", name="ada king")],
        NEW,
        id="a name alone is nobody",
    ),
    pytest.param(
        [row(1, "contacts", email=ADA), row(2, "Contact", email=ADA), row(3, "Lead", email=ADA)],
        Match((2, 3), "e-mail"),
        id="a Contact with one open Lead beside it is one person",
    ),
    pytest.param(
        [row(3, "Lead", email=ADA), row(2, "Contact", email=ADA)],
        Match((2,), "e-mail"),
        id="so is a Lead that finds its Contact, with nobody in HubSpot",
    ),
    pytest.param(
        [
            row(1, "contacts", email=ADA),
            row(2, "Contact", email=ADA, link=2),
            row(3, "Lead", email=ADA, link=2),
        ],
        Match((2,), "e-mail"),
        id="two rows of one link are one person",
    ),
    pytest.param(
        [row(3, "Lead", email=ADA, heir="n2"), row(2, "Contact", email=BOB)],
        Match((2,), "conversion"),
        id="a converted Lead finds its Contact, whatever their e-mails",
    ),
    pytest.param(
        [row(3, "Lead", email=ADA, heir="n9"), row(1, "contacts", email=ADA)],
        Match(),
        id="a converted Lead's address is history: nobody is matched by it",
    ),
    pytest.param(
        [row(1, "contacts", email=ADA), row(3, "Lead", email=ADA, heir="n9")],
        Match(),
        id="nor does anybody match the converted Lead",
    ),
]


@pytest.mark.parametrize(("rows", "expected"), MATCHES)
def test_match(rows: list[SideRow], expected: Match) -> None:
    assert found(*rows) == expected


AMBIGUOUS = [
    pytest.param([row(1, "contacts", email=ADA), row(2, "contacts", email=ADA), row(3, "Lead", email=ADA)], [2, 3], id="two in HubSpot"),
    pytest.param([row(1, "contacts", email=ADA), row(2, "Lead", email=ADA), row(3, "Lead", email=ADA)], [2, 3], id="two Leads"),
    pytest.param([row(1, "contacts", email=ADA), row(2, "Contact", email=ADA), row(3, "Contact", email=ADA)], [2, 3], id="two Contacts"),
    pytest.param(
        [row(1, "contacts", email=ADA), row(2, "Contact", email=ADA), row(3, "Lead", email=ADA), row(4, "Lead", email=ADA)],
        [2, 3, 4],
        id="a Contact with two open Leads",
    ),
    pytest.param([row(2, "Lead", email=ADA), row(3, "Lead", email=ADA)], [3], id="two Leads with nobody in HubSpot"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "candidates"), AMBIGUOUS)
def test_several_people_with_one_e_mail_are_ambiguous(rows: list[SideRow], candidates: list[int]) -> None:
    result = found(*rows)
    assert (result.links, result.reason) == ((), "e-mail")
    assert [r.id for r in result.ambiguous] == candidates


def test_one_key_on_two_records_of_the_other_side_is_ambiguous() -> None:
    result = found(row(1, "contacts", key=KEY), row(2, "Lead", key=KEY), row(3, "Lead", key=KEY))
    assert (result.links, result.reason) == ((), "key")
    assert [r.id for r in result.ambiguous] == [2, 3]


def test_the_key_of_the_link_counts_where_no_row_carries_it_yet() -> None:
    mine, theirs = row(1, "contacts"), row(2, "Lead", key=KEY)
    assert match(Link(1, KEY, (mine,)), store([mine, theirs]), SUCCESSORS, ACCOUNTS) == Match((2,), "key")


def test_a_row_that_is_gone_or_an_alias_does_not_look_for_anybody() -> None:
    gone = row(1, "contacts", email=ADA, role=Role.GONE)
    live = row(2, "contacts", email=BOB, link=1)
    theirs = row(3, "Lead", email=ADA)
    assert match(Link(1, "", (gone, live)), store([gone, live, theirs]), SUCCESSORS, ACCOUNTS) == NEW


def test_a_person_with_records_on_both_sides_looks_for_nobody_but_an_heir() -> None:
    hub, lead = row(1, "contacts", email=ADA), row(2, "Lead", link=1, email=ADA)
    rival = row(3, "Lead", email=ADA)
    whole = Link(1, "", (hub, lead))
    assert not needs_match(whole, SUCCESSORS)
    assert match(whole, store([hub, lead, rival]), SUCCESSORS, ACCOUNTS) == NEW

    converted = row(2, "Lead", link=1, email=ADA, heir="n4")
    contact = row(4, "Contact", email=BOB)
    moved = Link(1, "", (hub, converted))
    assert needs_match(moved, SUCCESSORS)
    assert match(moved, store([hub, converted, contact]), SUCCESSORS, ACCOUNTS) == Match((4,), "conversion")


def test_a_conversion_within_the_link_is_over() -> None:
    rows = (row(1, "contacts"), row(2, "Lead", link=1, heir="n3"), row(3, "Contact", link=1))
    assert not needs_match(Link(1, "", rows), SUCCESSORS)


def test_a_one_sided_person_always_looks() -> None:
    assert needs_match(Link(1, "", (row(1, "contacts"),)), SUCCESSORS)
    assert not needs_match(Link(1, "", (row(1, "contacts", role=Role.GONE),)), SUCCESSORS)


def test_successor_is_asked_of_the_objects_that_have_one() -> None:
    assert successor(row(1, "Lead", heir="n2"), SUCCESSORS) == "n2"
    assert successor(row(1, "Lead"), SUCCESSORS) == ""
    assert successor(row(1, "Contact", heir="n2"), SUCCESSORS) == ""


P, S, A = Role.PRIMARY, Role.SECONDARY, Role.ALIAS
ROLES = [
    # the rows as (object, role, heir) in the order of their ids, and the roles that change
    pytest.param([("contacts", P, ""), ("Lead", P, "")], {}, id="one on each side: primary"),
    pytest.param([("Lead", P, ""), ("Contact", P, "")], {1: S}, id="a Contact before a Lead, though it is younger"),
    pytest.param([("Contact", P, ""), ("Lead", S, "")], {}, id="an open Lead beside a Contact is secondary"),
    pytest.param([("Lead", P, ""), ("Lead", P, "")], {2: S}, id="of two Leads the older one"),
    pytest.param([("contacts", P, ""), ("contacts", P, "")], {2: S}, id="of two HubSpot contacts the older one"),
    pytest.param([("Lead", P, "n2"), ("Contact", S, "")], {1: A, 2: P}, id="a converted Lead is an alias of its Contact"),
    pytest.param([("Lead", P, "n9")], {1: A}, id="a converted Lead is an alias before its Contact is known"),
    pytest.param([("Contact", Role.GONE, ""), ("Lead", S, "")], {2: P}, id="the Contact is gone: the Lead takes its place"),
    pytest.param([("Contact", Role.SHADOWED, ""), ("Lead", P, "")], {}, id="a shadowed row has no say"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "changed"), ROLES)
def test_roles(rows: list[tuple[str, Role, str]], changed: dict[int, Role]) -> None:
    made = tuple(row(n, obj, link=1, role=role, heir=heir) for n, (obj, role, heir) in enumerate(rows, 1))
    assert roles(Link(1, "", made), SUCCESSORS) == changed


KEYS = [
    ("hubspot:4242:77", False),
    ("salesforce:00D000000000001AAA:00Q1", False),
    ("hubspot:9999:77", True),  # a sandbox, a clone
    ("salesforce:4242:77", True),  # the account of the other side
    ("4242:77", True),
    ("hubspot:4242:77:1", True),
    ("somebody's own id", True),
    ("", True),
]


@pytest.mark.parametrize(("key", "foreign"), KEYS)
def test_foreign_key(key: str, foreign: bool) -> None:
    assert foreign_key(key, ACCOUNTS) is foreign


def test_a_minted_key_is_ours_and_always_the_same() -> None:
    key = mint("hubspot", "4242", "77")
    assert key == mint("hubspot", "4242", "77") == "hubspot:4242:77"
    assert not foreign_key(key, ACCOUNTS)
