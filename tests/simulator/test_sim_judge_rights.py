"""The judge on what an org keeps from its integration user, and on what its automation makes of a value at once."""

from __future__ import annotations

import pytest
from test_sim_judge import PAIRS, Book

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.expectation import Expectation, Pair
from crmsync.simulator.judge import judge
from crmsync.simulator.rights import within_rights

LINKED = Expectation(PAIRS, (Pair("1", "Lead", "00Q1"),))


def found(book: Book, expected: Expectation) -> list[str]:
    return [v.invariant for v in judge(book, expected)]


def linked(title: str) -> Book:
    """One person on both sides, and our write of a title to Salesforce."""
    book = Book()
    book.write("human", "contacts", "1", email="a@a.example", lastname="Lee", jobtitle=title)
    book.write("human", "Lead", "00Q1", Email="a@a.example", LastName="Lee")
    book.write("api", "Lead", "00Q1", Title=title)
    return book


# -- records that the user does not see ---------------------------------------------------------------------------
def test_nobody_is_to_be_linked_with_a_record_that_the_user_does_not_see() -> None:
    book = Book()
    book.write("human", "contacts", "1", email="a@a.example", lastname="Lee")
    book.write("human", "Lead", "00Q1", Email="a@a.example", LastName="Lee")
    assert found(book, Expectation(PAIRS)) == ["I1"]
    assert found(book, Expectation(PAIRS, unseen=frozenset({"00Q1"}))) == []


def test_whose_counterpart_went_out_of_sight_needs_no_other() -> None:
    book = linked("CEO")
    book.write("api", "contacts", "1", crmsync_id="k")
    book.write("api", "Lead", "00Q1", crmsync_id__c="k")
    born = Expectation(PAIRS, births=frozenset({"salesforce"}), unseen=frozenset({"00Q1"}))
    assert found(book, born) == []
    book.write("human", "contacts", "2", email="b@a.example", lastname="Bo")
    assert found(book, born) == ["I1"]


# -- what automation makes of a value -----------------------------------------------------------------------------
def test_what_automation_makes_of_our_value_in_the_same_save_is_no_disagreement() -> None:
    book = linked("VP Sales")
    book.write("system", "Lead", "00Q1", Title="Vice President Sales")
    assert found(book, LINKED) == []


def test_nor_is_what_automation_makes_of_the_same_value_when_a_person_saves_it_again() -> None:
    book = linked("VP Sales")
    book.write("system", "Lead", "00Q1", Title="Vice President Sales")
    book.write("human", "Lead", "00Q1", Title="VP Sales")
    book.write("system", "Lead", "00Q1", Title="Vice President Sales")
    assert found(book, LINKED) == []
    book.write("human", "Lead", "00Q1", Title="CEO")
    book.write("system", "Lead", "00Q1", Title="Vice President Sales")
    assert found(book, LINKED) == ["I1"]


def test_what_automation_makes_of_it_later_is_one() -> None:
    book = linked("VP Sales")
    book.write("human", "Lead", "00Q1", Phone="")
    book.write("system", "Lead", "00Q1", Title="Vice President Sales")
    assert found(book, LINKED) == ["I1"]


def test_and_so_is_a_value_that_was_never_sent() -> None:
    book = linked("VP Sales")
    book.write("system", "Lead", "00Q1", Title="Vice President Sales")
    book.write("human", "contacts", "1", jobtitle="CEO")
    assert found(book, LINKED) == ["I1"]


@pytest.mark.parametrize(("shown", "wrong"), [("Vice President Sales", []), ("", ["I3"])])
def test_whoever_saw_what_automation_made_of_a_value_has_seen_the_value(shown: str, wrong: list[str]) -> None:
    book = linked("VP Sales")
    if shown:
        book.write("system", "Lead", "00Q1", Title=shown)
    else:
        book.write("human", "Lead", "00Q1", Title="Buyer")
    book.write("human", "contacts", "2", email="b@a.example", lastname="Lee", jobtitle="VP Sales")
    book.write("human", "Lead", "00Q1", Title="CEO")
    book.write("api", "contacts", "2", jobtitle="CEO")
    moved = Expectation(PAIRS, (Pair("2", "Lead", "00Q1"),), former=LINKED.links)
    assert [one for one in found(book, moved) if one == "I3"] == wrong


@pytest.mark.parametrize(("typed", "wrong"), [("VP Sales", []), ("Head of Sales", ["I3"])])
def test_a_value_that_stands_there_as_automation_made_it_is_not_lost(typed: str, wrong: list[str]) -> None:
    book = linked("Buyer")
    book.write("human", "contacts", "1", jobtitle="VP Sales")
    book.write("human", "Lead", "00Q1", Title=typed)
    book.write("system", "Lead", "00Q1", Title="Vice President Sales")
    book.write("api", "contacts", "1", jobtitle="Vice President Sales")
    assert found(book, LINKED) == wrong


# -- rights, as the org tells them --------------------------------------------------------------------------------
def test_fields_and_records_that_the_org_hides_are_left_out_of_what_is_expected() -> None:
    cluster = Cluster(profile="private-sharing")
    rep = next(u["Id"] for u in cluster.salesforce.state()["User"] if u["FirstName"] == "Rosa")
    base = {"LastName": "Lee", "OwnerId": rep}
    hidden = cluster.salesforce.create("Contact", {**base, "MailingCountry": "France"})
    cluster.salesforce.create("Contact", {**base, "MailingCountry": "Canada"})
    left = within_rights(cluster, Expectation(PAIRS))
    assert left.unseen == {hidden}
    assert next(p for p in left.pairs if p.name == "title").salesforce == {"Lead": "Title"}


def test_an_object_out_of_reach_takes_all_of_its_records_along() -> None:
    cluster = Cluster(profile="contacts-only")
    lead = cluster.salesforce.create("Lead", {"LastName": "Lee", "Company": "A"})
    left = within_rights(cluster, Expectation(PAIRS))
    assert left.unseen == {lead}
    assert all("Lead" not in p.salesforce for p in left.pairs)


@pytest.mark.parametrize("profile", ["plain", "record-types", "heavy-flows"])
def test_where_everything_is_seen_nothing_is_left_out(profile: str) -> None:
    cluster = Cluster(profile=profile)
    cluster.salesforce.create("Lead", {"LastName": "Lee", "Company": "A"})
    assert within_rights(cluster, Expectation(PAIRS)) == Expectation(PAIRS)
