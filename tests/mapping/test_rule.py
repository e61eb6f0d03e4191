"""Rules: what an expression comes to, what is unknown, and what is refused before it runs."""

from __future__ import annotations

from typing import Any

import pytest

from crmsync.errors import ConfigurationError
from crmsync.mapping.fields.types import Place
from crmsync.mapping.rule import Rule

PLACE = Place("config/crmsync.yaml", 7, 12)
FACTS: dict[str, dict[str, Any]] = {
    "person": {"country": "DE", "title": "Chief Revenue Officer", "employees": 250, "rate": 0.5, "fax": None},
    "hubspot": {"lifecyclestage": "lead", "num_visits": "12"},
    "salesforce": {"HasOptedOutOfEmail": False},
    "account": {"Type": "Customer - Direct"},
}


def rule(text: str) -> Rule:
    return Rule.compile(text, PLACE)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("person.country == 'DE'", True),
        ("person.country in ['AT', 'CH']", False),
        ("person.employees > 200", True),
        ("person.employees >= 250 && person.rate < 1", True),
        ("person.employees * 2.0 == 500.0", True),
        ("person.employees + person.rate > 250.0", True),
        ("person['country'] == 'DE'", True),
        ("double(hubspot.num_visits) > 10", True),
        ("!salesforce.HasOptedOutOfEmail", True),
        ("account.Type.startsWith('Customer')", True),
        ("like(person.title, 'chief*officer')", True),
        ("person.title.like('*sales*', '*revenue*')", True),
        ("like(person.title, 'chief')", False),
        ("like('a[b]c', 'A[B]?')", True),
        ("one_of(person.country, 'at', 'de')", True),
        ("one_of(person.country, ['at', 'ch'])", False),
        ("one_of(person.employees, 250.0)", True),
        ("domain('ada@mail.northwind.co.uk') == 'northwind.co.uk'", True),
        ("company_domain('ada@gmail.com') == ''", True),
        ("lower(person.title).contains('revenue')", True),
        ("person.title.matches('(?i)^CHIEF')", True),
        ("size(person.title) > 5", True),
        ("['Chief', 'Head'].exists(w, person.title.startsWith(w))", True),
    ],
)
def test_a_rule_is_true_or_false(text: str, holds: bool) -> None:
    assert rule(text).holds(FACTS) is holds
    assert rule(text).unknown(FACTS) == ""


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("person.city == 'Berlin'", False),
        ("person.city != 'Berlin'", False),
        ("!(person.city == 'Berlin')", False),
        ("person.fax == 'x'", False),
        ("has(person.city)", False),
        ("has(person.fax)", False),
        ("has(person.country)", True),
        ("!has(person.city) || person.city != 'Berlin'", True),
        ("person.city == 'Berlin' || person.country == 'DE'", True),
        ("person.country == 'DE' || person.city == 'Berlin'", True),
        ("person.city.startsWith('B')", False),
        ("like(person.city, '*')", False),
        ("person.country < 5", False),
        ("hubspot.num_visits > 10", False),
        ("person.title.matches('(')", False),
    ],
)
def test_what_has_no_value_or_the_wrong_type_is_unknown_and_never_raises(text: str, holds: bool) -> None:
    assert rule(text).holds(FACTS) is holds


def test_a_whole_variable_may_be_absent() -> None:
    assert not rule("account.Type == 'Customer'").holds({"person": {}})
    assert not rule("account.Type == 'Customer'").holds({})


def test_unknown_says_why_in_words() -> None:
    assert rule("person.city == 'Berlin'").unknown(FACTS) == "`city` has no value"
    assert "operand types" in rule("person.country < 5").unknown(FACTS)


def test_value_is_what_the_expression_comes_to() -> None:
    assert rule("person.employees > 100 ? 'large' : 'small'").value(FACTS) == "large"
    assert rule("person.city").value(FACTS) is None


def test_only_true_holds() -> None:
    assert not rule("person.country").holds(FACTS)
    assert not rule("1").holds(FACTS)


def test_a_rule_says_which_fields_it_reads() -> None:
    read = rule(
        "person.country == 'DE' && hubspot['lifecyclestage'] == 'lead' || person.title == \"account.x\""
    )
    assert read.reads == {"person": {"country", "title"}, "hubspot": {"lifecyclestage"}}
    assert not read.loops
    assert rule("['a'].exists(x, x == person.title)").loops


def test_a_very_long_text_is_cut_before_it_is_fed() -> None:
    assert rule("size(person.title) == 10000").holds({"person": {"title": "x" * 50_000}})


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 12, "an expression was expected"),
        ("person.country == ", 30, "cannot be read"),
        ("person.country = 'DE'", 27, "`=` was not expected here"),
        ("'DE", 12, "was not expected here"),
        ("persn.country == 'DE'", 12, "did you mean `person`?"),
        ("person.country == DE", 30, "put text in quotes"),
        ("person == 'DE'", 12, "after `person` a field was expected"),
        ("size(person) > 1", 17, "after `person` a field was expected"),
        ("person.startsWith('x')", 19, "not the function `startsWith`"),
        ("salesforce.Owner.Name == 'x'", 29, "has no fields of its own"),
        ("has(person.a) && lik(person.a, 'x')", 29, "did you mean `like`?"),
        ("person.a.upperAscii() == 'X'", 21, "`upperAscii` is no function"),
        ("like(person.a)", 12, "`like` takes 2 to 20 arguments, found 1"),
        ("person.a.domain('x')", 21, "`domain` takes 1 arguments, found 2"),
        ("person.a * 2 > 1.0", 23, "write 2.0"),
        ("1 + person.a > 1.0", 12, "write 1.0"),
        ("[1].map(x, [2].map(y, x))", 27, "a loop inside a loop"),
        ("(" * 40 + "true" + ")" * 40, 42, "more than 30 deep"),
        ("true || " * 300 + "true", 12, "at most 2000 characters"),
    ],
)
def test_a_mistake_is_refused_at_its_column_with_what_was_expected(text: str, column: int, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rule(text)
    found = caught.value.findings[0]
    assert (found.file, found.line, found.column) == ("config/crmsync.yaml", 7, column)
    assert said in found.message


def test_all_mistakes_of_an_expression_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        rule("persn.a == 1 && lik(person.b, 'x')")
    assert [f.column for f in caught.value.findings] == [12, 28]
