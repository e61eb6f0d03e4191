"""SOQL as the vendor's SOQL reference and REST/resources-query describe it: a table of cases, then pages."""

from __future__ import annotations

from typing import Any

import pytest
from sim_salesforce import Org, new_org


def people() -> Org:
    """Five Leads a second apart, the last one deleted; Ann and Bea share an Account's country."""
    org = new_org()
    rows: list[dict[str, Any]] = [
        {"FirstName": "Ann", "LastName": "O'Hara", "Email": "ann@one.example", "NumberOfEmployees": 10},
        {"FirstName": "Bea", "LastName": "B_50%", "City": "Köln", "NumberOfEmployees": 20, "DoNotCall": True},
        {"FirstName": "Cyd", "LastName": "Cole", "Email": "cyd@one.example", "LeadSource": "Web"},
        {"LastName": "back\\slash", "LeadSource": "web", "NumberOfEmployees": 5},
        {"LastName": "Gone", "Email": "gone@one.example"},
    ]
    ids = []
    for row in rows:
        ids.append(org.lead(**row))
        org.clock.advance(1)
    org.sim.delete("Lead", ids[4])
    return org


PEOPLE = people()
CASES: list[tuple[str, list[str]]] = [
    # comparison, case, nulls
    ("LastName = 'cole'", ["Cole"]),
    ("lastname = 'COLE'", ["Cole"]),
    ("LeadSource != 'Web'", ["O'Hara", "B_50%"]),
    ("LeadSource <> 'Web'", ["O'Hara", "B_50%"]),
    ("LeadSource = null", ["O'Hara", "B_50%"]),
    ("LeadSource != null", ["Cole", "back\\slash"]),
    ("NumberOfEmployees > 5", ["O'Hara", "B_50%"]),
    ("NumberOfEmployees >= 5", ["O'Hara", "B_50%", "back\\slash"]),
    ("NumberOfEmployees < 10.5", ["O'Hara", "back\\slash"]),
    ("NumberOfEmployees <= 5", ["back\\slash"]),
    ("DoNotCall = true", ["B_50%"]),
    ("DoNotCall = FALSE AND LastName < 'd'", ["Cole", "back\\slash"]),
    # escapes and patterns
    (r"LastName = 'O\'Hara'", ["O'Hara"]),
    (r"LastName = 'back\\slash'", ["back\\slash"]),
    (r"City = 'K\u00f6ln'", ["B_50%"]),
    ("LastName LIKE 'co%'", ["Cole"]),
    ("LastName LIKE '_ole'", ["Cole"]),
    (r"LastName LIKE 'B\_50\%'", ["B_50%"]),
    (r"LastName LIKE '%\\%'", ["back\\slash"]),
    ("City LIKE '%'", ["B_50%"]),
    # sets
    ("LastName IN ('cole', 'O\\'Hara', 'nobody')", ["O'Hara", "Cole"]),
    ("LeadSource NOT IN ('Web')", ["O'Hara", "B_50%"]),
    ("Email IN ('ANN@one.example', 'gone@one.example')", ["O'Hara"]),
    # logic
    ("LeadSource = 'Web' AND Email != null", ["Cole"]),
    ("LastName = 'Cole' OR City = 'Köln'", ["B_50%", "Cole"]),
    ("(LastName = 'Cole' OR City = 'Köln') AND DoNotCall = true", ["B_50%"]),
    ("NOT LeadSource = 'Web'", ["O'Hara", "B_50%"]),
    ("NOT (LeadSource = 'Web' OR DoNotCall = true)", ["O'Hara"]),
    ("Email = 'ann@one.example' OR Email = 'cyd@one.example'", ["O'Hara", "Cole"]),
    # time
    ("CreatedDate = 2026-11-02T09:30:16Z", ["B_50%"]),
    ("CreatedDate > 2026-11-02T09:30:16Z", ["Cole", "back\\slash"]),
    ("CreatedDate >= 2026-11-02T10:30:17+01:00", ["Cole", "back\\slash"]),
    ("CreatedDate > 2026-11-02T09:30:16.500Z", ["Cole", "back\\slash"]),
    ("SystemModstamp >= 2026-11-02T09:30:16Z AND SystemModstamp < 2026-11-02T09:30:18Z", ["B_50%", "Cole"]),
    ("CreatedDate = TODAY AND LastName = 'Cole'", ["Cole"]),
    ("CreatedDate < TODAY", []),
    ("CreatedDate = LAST_N_DAYS:3 AND LeadSource = 'Web'", ["Cole", "back\\slash"]),
    ("CreatedDate = YESTERDAY", []),
    ("CreatedDate >= THIS_MONTH AND CreatedDate < NEXT_YEAR AND LastName = 'Cole'", ["Cole"]),
    ("ConvertedDate = null AND LastName = 'Cole'", ["Cole"]),
    # parents and subselects
    ("Owner.Name = 'Integration User' AND LastName = 'Cole'", ["Cole"]),
    ("CreatedBy.IsActive = false", []),
    ("Lead.LastName = 'Cole'", ["Cole"]),
    ("OwnerId IN (SELECT Id FROM User WHERE IsActive = true) AND LastName = 'Cole'", ["Cole"]),
    ("OwnerId NOT IN (SELECT Id FROM User WHERE IsActive = true)", []),
]


@pytest.mark.parametrize(("where", "names"), CASES)
def test_a_condition_finds_its_records(where: str, names: list[str]) -> None:
    assert [r["LastName"] for r in PEOPLE.rows(f"SELECT LastName FROM Lead WHERE {where}")] == names


ORDERS = [
    ("NumberOfEmployees", ["Cole", "back\\slash", "O'Hara", "B_50%"]),
    ("NumberOfEmployees DESC", ["Cole", "B_50%", "O'Hara", "back\\slash"]),
    ("NumberOfEmployees ASC NULLS LAST", ["back\\slash", "O'Hara", "B_50%", "Cole"]),
    ("LeadSource DESC NULLS LAST, LastName", ["back\\slash", "Cole", "B_50%", "O'Hara"]),
    ("SystemModstamp, Id", ["O'Hara", "B_50%", "Cole", "back\\slash"]),
    ("SystemModstamp DESC", ["back\\slash", "Cole", "B_50%", "O'Hara"]),
    ("SystemModstamp LIMIT 2", ["O'Hara", "B_50%"]),
    ("LastName LIMIT 1 OFFSET 2", ["Cole"]),
    ("Id LIMIT 0", []),
]


@pytest.mark.parametrize(("order", "names"), ORDERS)
def test_records_come_in_the_order_asked_nulls_first_by_default(order: str, names: list[str]) -> None:
    assert [r["LastName"] for r in PEOPLE.rows(f"SELECT LastName FROM Lead ORDER BY {order}")] == names


ERRORS = [
    ("SELEC Id FROM Lead", "MALFORMED_QUERY", "ERROR at Row:1:Column:1\nunexpected token: 'SELEC'"),
    ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected end of query"),
    ("SELECT * FROM Lead", "MALFORMED_QUERY", "unexpected char"),
    ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", "unexpected end"),
    ("SELECT Id FROM Lead WHERE LastName = 'x", "MALFORMED_QUERY", "unterminated string"),
    (r"SELECT Id FROM Lead WHERE LastName = 'a\q'", "MALFORMED_QUERY", "Illegal escape"),
    ("SELECT Id FROM Lead WHERE LastName = 'a' AND City = 'b' OR Id = null", "MALFORMED_QUERY", "'OR'"),
    ("SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01T00:00:00", "MALFORMED_QUERY", "2026-01-01T00:00:00"),
    ("SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS", "MALFORMED_QUERY", "LAST_N_DAYS"),
    ("SELECT Id FROM Lead ALL ROWS", "MALFORMED_QUERY", "ROWS"),
    ("SELECT Id, Id FROM Lead", "INVALID_FIELD", "duplicate field selected: Id"),
    ("SELECT Nope FROM Lead", "INVALID_FIELD", "No such column 'Nope' on entity 'Lead'"),
    ("SELECT Id FROM Lead WHERE Nope__c = 1", "INVALID_FIELD", "No such column 'Nope__c' on entity 'Lead'"),
    ("SELECT Id FROM Lead ORDER BY Nope", "INVALID_FIELD", "No such column 'Nope'"),
    ("SELECT Boss.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Boss'"),
    ("SELECT Owner.Nope FROM Lead", "INVALID_FIELD", "No such column 'Nope' on entity 'Name'"),
    ("SELECT Id FROM Leed", "INVALID_TYPE", "sObject type 'Leed' is not supported"),
    ("SELECT Id FROM CustomField", "INVALID_TYPE", "sObject type 'CustomField' is not supported"),
    (
        "SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01T00:00:00Z'",
        "INVALID_FIELD",
        "must be of type dateTime and should not be enclosed in quotes",
    ),
    (
        "SELECT Id FROM Lead WHERE LastName = 5",
        "INVALID_FIELD",
        "must be of type string and should be enclosed",
    ),
    ("SELECT Id FROM Lead WHERE DoNotCall = 'true'", "INVALID_FIELD", "must be of type boolean"),
    ("SELECT Id FROM Lead WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "must be of type double"),
    ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
    ("SELECT Id FROM Lead WHERE Id = 'nope'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nope"),
    ("SELECT Id FROM Lead WHERE CreatedDate LIKE '2%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("SELECT Id FROM Lead WHERE DoNotCall > true", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("SELECT Id FROM Lead WHERE LastName > null", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
    ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY", "200"),
    ("SELECT City, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "must be grouped or aggregated: City"),
    ("SELECT SUM(LastName) FROM Lead", "INVALID_FIELD", "aggregate operator SUM"),
    ("SELECT Id FROM Lead WHERE COUNT() = 1", "MALFORMED_QUERY", "not allowed in WHERE"),
    ("SELECT Id FROM Lead WHERE LastName = '" + "x" * 4001 + "'", "MALFORMED_QUERY", "too long"),
]


@pytest.mark.parametrize(("soql", "code", "part"), ERRORS)
def test_a_wrong_statement_is_refused_with_the_vendors_code_and_words(
    soql: str, code: str, part: str
) -> None:
    answer = PEOPLE.query(soql)
    assert (answer.status, answer.code) == (400, code)
    assert part in answer.body[0]["message"]


def test_an_error_points_at_the_row_and_column_of_the_mistake() -> None:
    message = PEOPLE.query("SELECT Id\nFROM Lead\nWHERE Nope = 'x'").body[0]["message"]
    assert message.startswith("\nWHERE Nope = 'x'\n      ^\nERROR at Row:3:Column:7\nNo such column 'Nope'")


def test_count_gives_the_number_and_no_records() -> None:
    answer = PEOPLE.query("SELECT COUNT() FROM Lead WHERE Email != null")
    assert answer.body == {"totalSize": 2, "done": True, "records": []}


def test_aggregates_and_groups_are_aggregate_results() -> None:
    answer = PEOPLE.query("SELECT COUNT(Email), MAX(NumberOfEmployees) most, MIN(SystemModstamp) FROM Lead")
    assert answer.body["records"] == [
        {
            "attributes": {"type": "AggregateResult"},
            "expr0": 2,
            "most": 20,
            "expr1": "2026-11-02T09:30:15.000+0000",
        }
    ]
    grouped = PEOPLE.rows(
        "SELECT LeadSource, COUNT(Id) n FROM Lead GROUP BY LeadSource HAVING COUNT(Id) > 1 ORDER BY LeadSource DESC"
    )
    assert grouped == [{"LeadSource": None, "n": 2}, {"LeadSource": "Web", "n": 2}]


def test_a_parent_is_an_object_of_its_own_or_null() -> None:
    org = new_org()
    account = org.sim.create("Account", {"Name": "Acme", "BillingCountry": "DE"})
    org.sim.create("Contact", {"LastName": "With", "AccountId": account})
    org.sim.create("Contact", {"LastName": "Without"})
    rows = org.rows("SELECT LastName, Account.Name, Account.Owner.Name FROM Contact")
    assert rows[1] == {"LastName": "Without", "Account": None}
    assert rows[0]["Account"]["Name"] == "Acme"
    assert rows[0]["Account"]["Owner"]["Name"] == "Integration User"
    assert rows[0]["Account"]["attributes"]["url"].endswith(f"/sobjects/Account/{account}")
    assert org.rows("SELECT LastName FROM Contact WHERE Account.BillingCountry = 'de'") == [
        {"LastName": "With"}
    ]


def test_ids_match_with_15_and_with_18_characters() -> None:
    org = new_org()
    lead = org.lead()
    for given in (lead, lead[:15]):
        assert org.rows(f"SELECT Id FROM Lead WHERE Id = '{given}'") == [{"Id": lead}]
    assert len(lead) == 18


def test_query_leaves_deleted_rows_out_and_query_all_shows_them() -> None:
    soql = "SELECT IsDeleted FROM Lead WHERE LastName = 'Gone'"
    assert PEOPLE.rows(soql) == []
    assert PEOPLE.rows(soql, "queryAll") == [{"IsDeleted": True}]


def test_pages_hold_2000_rows_and_go_on_by_locator_with_values_read_when_fetched() -> None:
    org = new_org()
    ids = [org.lead(LastName=f"L{n}") for n in range(4001)]
    first = org.query("SELECT Id, LastName FROM Lead ORDER BY Id").body
    assert (first["totalSize"], first["done"], len(first["records"])) == (4001, False, 2000)
    locator = first["nextRecordsUrl"].rpartition("/")[2]
    assert locator.startswith("0r8")
    assert (len(locator.partition("-")[0]), locator.partition("-")[2]) == (18, "2000")
    org.sim.edit("Lead", ids[2000], {"LastName": "New"})
    org.sim.delete("Lead", ids[2001])
    second = org.send("GET", first["nextRecordsUrl"]).body
    assert [r["LastName"] for r in second["records"][:2]] == ["New", "L2002"]
    third = org.send("GET", second["nextRecordsUrl"]).body
    assert (third["done"], len(third["records"]), "nextRecordsUrl" in third) == (True, 1, False)


def test_a_locator_lives_two_days() -> None:
    org = new_org()
    org.sim.switches.page_size = 1
    org.lead(), org.lead()
    url = org.query("SELECT Id FROM Lead").body["nextRecordsUrl"]
    assert org.send("GET", url).status == 200
    org.clock.advance(2 * 86400 + 1)
    late = org.send("GET", url)
    assert (late.status, late.code) == (400, "INVALID_QUERY_LOCATOR")


def test_query_options_ask_for_smaller_pages_of_at_least_200() -> None:
    org = new_org()
    for _ in range(201):
        org.lead()
    asked = org.send(
        "GET", "query", query={"q": "SELECT Id FROM Lead"}, headers={"sforce-query-options": "batchSize=10"}
    )
    assert len(asked.body["records"]) == 200


def test_an_uri_above_16_kb_is_refused() -> None:
    org = new_org()
    ids = ",".join(["'00Q000000000000AAA'"] * 1000)
    assert org.query(f"SELECT Id FROM Lead WHERE Id IN ({ids})").status == 414


def test_the_keyset_of_a_sync_goes_through_equal_stamps_without_loss() -> None:
    org = new_org()
    ids = [org.lead() for _ in range(7)]
    seen: list[str] = []
    stamp, last = "2026-11-02T00:00:00Z", "000000000000000AAA"
    for _ in range(4):
        where = f"(SystemModstamp = {stamp} AND Id > '{last}') OR SystemModstamp > {stamp}"
        rows = org.rows(
            f"SELECT Id, SystemModstamp FROM Lead WHERE {where} ORDER BY SystemModstamp, Id LIMIT 2"
        )
        seen += [r["Id"] for r in rows]
        stamp, last = rows[-1]["SystemModstamp"].replace(".000+0000", "Z"), rows[-1]["Id"]
    assert seen == ids


def test_fields_stands_for_groups_of_fields() -> None:
    org = new_org()
    org.lead(Extra__c="x")
    assert org.rows("SELECT FIELDS(CUSTOM) FROM Lead LIMIT 1") == [{"Extra__c": "x"}]
    every = org.rows("SELECT FIELDS(ALL) FROM Lead LIMIT 1")[0]
    assert {"Extra__c", "Company", "Address", "SystemModstamp"} <= every.keys()
