"""What is wrong with a SOQL statement, in the vendor's codes and words: REST/errorcodes, SOQL/."""

from __future__ import annotations

import pytest
from facts import fact
from sim_salesforce import people

from crmsync.simulator.salesforce.errors import ApiError
from crmsync.simulator.salesforce.soql.parser import parse

PEOPLE = people()
Errors = list[tuple[str, str, str]]


def refused(soql: str, code: str, part: str) -> None:
    answer = PEOPLE.query(soql)
    assert (answer.status, answer.code) == (400, code)
    assert part in answer.body[0]["message"]


GRAMMAR: Errors = [
    ("SELEC Id FROM Lead", "MALFORMED_QUERY", "ERROR at Row:1:Column:1\nunexpected token: 'SELEC'"),
    ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected end of query"),
    ("SELECT * FROM Lead", "MALFORMED_QUERY", "unexpected char"),
    ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", "unexpected end"),
    ("SELECT Id FROM Lead WHERE LastName = 'x", "MALFORMED_QUERY", "unterminated string"),
    ("SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS", "MALFORMED_QUERY", "LAST_N_DAYS"),
    ("SELECT Id FROM Lead WITH SECURITY_ENFORCED", "MALFORMED_QUERY", "'WITH'"),
    ("SELECT FORMAT(AnnualRevenue) FROM Lead", "MALFORMED_QUERY", "'('"),
    ("SELECT FIELDS(SOME) FROM Lead", "MALFORMED_QUERY", "'SOME'"),
    ("SELECT Id FROM Lead USING SCOPE nobodys", "MALFORMED_QUERY", "nobodys"),
]


@pytest.mark.parametrize(("soql", "code", "part"), GRAMMAR)
@fact("salesforce", "soql", "What does not parse is 400 MALFORMED_QUERY.", "doc")
def test_what_does_not_parse(soql: str, code: str, part: str) -> None:
    refused(soql, code, part)


@fact("salesforce", "soql", "A backslash before any other character is an error.", "doc")
def test_an_unknown_escape() -> None:
    refused(r"SELECT Id FROM Lead WHERE LastName = 'a\q'", "MALFORMED_QUERY", "Illegal escape")


@fact("salesforce", "soql", "AND and OR are not mixed without parentheses.", "seen")
def test_and_with_or() -> None:
    refused("SELECT Id FROM Lead WHERE LastName = 'a' AND City = 'b' OR Id = null", "MALFORMED_QUERY", "'OR'")


@fact("salesforce", "soql", "A time without a zone is MALFORMED_QUERY.", "seen")
def test_a_time_without_a_zone() -> None:
    refused(
        "SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01T00:00:00",
        "MALFORMED_QUERY",
        "2026-01-01T00:00:00",
    )


@fact("salesforce", "soql", "ALL ROWS is not for the REST API.", "doc")
def test_all_rows() -> None:
    refused("SELECT Id FROM Lead ALL ROWS", "MALFORMED_QUERY", "ALL ROWS not allowed in this context")
    refused("SELECT Id FROM Lead WHERE City = null ALL ROWS", "MALFORMED_QUERY", "ALL ROWS not allowed")


FIELDS: Errors = [
    ("SELECT Nope FROM Lead", "INVALID_FIELD", "No such column 'Nope' on entity 'Lead'"),
    ("SELECT Id FROM Lead WHERE Nope__c = 1", "INVALID_FIELD", "No such column 'Nope__c' on entity 'Lead'"),
    ("SELECT Id FROM Lead ORDER BY Nope", "INVALID_FIELD", "No such column 'Nope'"),
]


@pytest.mark.parametrize(("soql", "code", "part"), FIELDS)
@fact("salesforce", "soql", "An unknown field is INVALID_FIELD and told by name.", "doc")
def test_an_unknown_field(soql: str, code: str, part: str) -> None:
    refused(soql, code, part)


@fact("salesforce", "soql", "A field is selected once.", "seen")
def test_a_field_twice() -> None:
    refused("SELECT Id, Id FROM Lead", "INVALID_FIELD", "duplicate field selected: Id")


@fact("salesforce", "soql", "An unknown relationship is INVALID_FIELD and told by name.", "seen")
def test_an_unknown_relationship() -> None:
    refused(
        "SELECT Boss.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Boss' in field path"
    )


@fact("salesforce", "soql", "An unknown object is INVALID_TYPE.", "doc")
def test_an_unknown_object() -> None:
    refused("SELECT Id FROM Leed", "INVALID_TYPE", "sObject type 'Leed' is not supported")
    refused("SELECT Id FROM CustomField", "INVALID_TYPE", "sObject type 'CustomField' is not supported")


@fact("salesforce", "soql", "A time in quotes is INVALID_FIELD and says so.", "seen")
def test_a_time_in_quotes() -> None:
    refused(
        "SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01T00:00:00Z'",
        "INVALID_FIELD",
        "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
    )


LITERALS: Errors = [
    (
        "SELECT Id FROM Lead WHERE LastName = 5",
        "INVALID_FIELD",
        "must be of type string and should be enclosed",
    ),
    ("SELECT Id FROM Lead WHERE DoNotCall = 'true'", "INVALID_FIELD", "must be of type boolean"),
    ("SELECT Id FROM Lead WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "must be of type double"),
    (
        "SELECT Id FROM Lead WHERE ConvertedDate = 2026-01-01T00:00:00Z",
        "INVALID_FIELD",
        "must be of type date",
    ),
]


@pytest.mark.parametrize(("soql", "code", "part"), LITERALS)
@fact("salesforce", "soql", "A literal of the wrong kind is INVALID_FIELD.", "seen")
def test_a_literal_of_the_wrong_kind(soql: str, code: str, part: str) -> None:
    refused(soql, code, part)


@fact("salesforce", "soql", "Long text can be neither filtered, sorted nor grouped by.", "doc")
def test_long_text() -> None:
    refused(
        "SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"
    )
    refused("SELECT Id FROM Lead ORDER BY Description", "INVALID_FIELD", "can not be sorted in a query call")
    refused(
        "SELECT Description, COUNT(Id) FROM Lead GROUP BY Description",
        "INVALID_FIELD",
        "can not be grouped in a query call",
    )


@fact("salesforce", "soql", "A text that is no id is refused where an id is wanted.", "seen")
def test_what_is_no_id() -> None:
    refused(
        "SELECT Id FROM Lead WHERE Id = 'nope'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nope"
    )


OPERATORS: Errors = [
    ("SELECT Id FROM Lead WHERE CreatedDate LIKE '2%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("SELECT Id FROM Lead WHERE DoNotCall > true", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("SELECT Id FROM Lead WHERE LastName > null", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("SELECT Id FROM Lead WHERE City INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
]


@pytest.mark.parametrize(("soql", "code", "part"), OPERATORS)
@fact(
    "salesforce", "soql", "An operator that does not fit the field is INVALID_QUERY_FILTER_OPERATOR.", "doc"
)
def test_an_operator_that_does_not_fit(soql: str, code: str, part: str) -> None:
    refused(soql, code, part)


@fact("salesforce", "soql", "OFFSET goes up to 2,000, else NUMBER_OUTSIDE_VALID_RANGE.", "doc")
def test_offset_ends() -> None:
    refused("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000")
    assert PEOPLE.rows("SELECT Id FROM Lead OFFSET 2000") == []


@fact("salesforce", "soql", "What is selected beside aggregates must be grouped by.", "doc")
def test_what_is_not_grouped() -> None:
    refused("SELECT City, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "must be grouped or aggregated: City")


@fact("salesforce", "soql", "SUM and AVG take numbers only.", "doc")
def test_sums_of_text() -> None:
    refused("SELECT SUM(LastName) FROM Lead", "INVALID_FIELD", "aggregate operator SUM")


@fact("salesforce", "soql", "Aggregates have no place in WHERE.", "doc")
def test_aggregates_in_where() -> None:
    refused("SELECT Id FROM Lead WHERE COUNT() = 1", "MALFORMED_QUERY", "not allowed in WHERE")


@fact("salesforce", "soql", "A text in a condition has at most 4,000 characters.", "doc")
def test_a_long_literal() -> None:
    refused("SELECT Id FROM Lead WHERE LastName = '" + "x" * 4001 + "'", "MALFORMED_QUERY", "too long")
    assert PEOPLE.rows("SELECT Id FROM Lead WHERE LastName = '" + "x" * 4000 + "'") == []


@fact("salesforce", "soql", "A statement has at most 100,000 characters.", "doc")
def test_a_long_statement() -> None:
    with pytest.raises(ApiError, match="QUERY_TOO_COMPLICATED"):
        parse("SELECT Id FROM Lead WHERE " + " OR ".join(["City = 'x'"] * 8000))


@fact("salesforce", "soql", "An error points at the row and the column of the mistake.", "doc")
def test_an_error_points_at_the_row_and_column_of_the_mistake() -> None:
    message = PEOPLE.query("SELECT Id\nFROM Lead\nWHERE Nope = 'x'").body[0]["message"]
    assert message.startswith("\nWHERE Nope = 'x'\n      ^\nERROR at Row:3:Column:7\nNo such column 'Nope'")


@pytest.mark.parametrize("which", ["ALL", "CUSTOM"])
@fact("salesforce", "soql", "FIELDS(ALL) and FIELDS(CUSTOM) need a LIMIT of at most 200.", "doc")
def test_fields_need_a_limit(which: str) -> None:
    refused(f"SELECT FIELDS({which}) FROM Lead", "MALFORMED_QUERY", "200")
    refused(f"SELECT FIELDS({which}) FROM Lead LIMIT 201", "MALFORMED_QUERY", "200")
    assert PEOPLE.query(f"SELECT FIELDS({which}) FROM Lead LIMIT 200").status == 200
