"""SOQL as the vendor's SOQL reference describes it: conditions, orders, errors, totals, pages."""

from __future__ import annotations

import pytest
from facts import fact
from sim_salesforce import new_org, people

PEOPLE = people()
Cases = list[tuple[str, list[str]]]


def check(where: str, names: list[str]) -> None:
    """The condition finds these Leads, by last name, in the order of their ids."""
    assert [r["LastName"] for r in PEOPLE.rows(f"SELECT LastName FROM Lead WHERE {where}")] == names


CASE: Cases = [
    ("LastName = 'cole'", ["Cole"]),
    ("lastname = 'COLE'", ["Cole"]),
    ("LeadSource = 'WEB'", ["Cole", "back\\slash"]),
    ("LastName IN ('cole', 'O\\'Hara', 'nobody')", ["O'Hara", "Cole"]),
    ("Email IN ('ANN@one.example', 'gone@one.example')", ["O'Hara"]),
]


@pytest.mark.parametrize(("where", "names"), CASE)
@fact("salesforce", "soql", "Text is compared without regard to case, and so are field names.", "doc")
def test_text_is_compared_without_case(where: str, names: list[str]) -> None:
    check(where, names)


@pytest.mark.parametrize("include", [True, False])
@fact("salesforce", "soql", "!= and NOT IN find empty values too.", "assumed", "unequal_includes_null")
def test_unequal_and_nothing(include: bool) -> None:
    PEOPLE.sim.switches.unequal_includes_null = include
    try:
        found = ["O'Hara", "B_50%"] if include else []
        check("LeadSource != 'Web'", found)
        check("LeadSource <> 'Web'", found)
        check("LeadSource NOT IN ('Web')", found)
        check("LeadSource != null", ["Cole", "back\\slash"])
    finally:
        PEOPLE.sim.switches.unequal_includes_null = True


@fact("salesforce", "soql", "Empty values are asked for by = null.", "doc")
def test_null_is_a_value_to_ask_for() -> None:
    check("LeadSource = null", ["O'Hara", "B_50%"])
    check("ConvertedDate = null AND LastName = 'Cole'", ["Cole"])


NUMBERS: Cases = [
    ("NumberOfEmployees > 5", ["O'Hara", "B_50%"]),
    ("NumberOfEmployees >= 5", ["O'Hara", "B_50%", "back\\slash"]),
    ("NumberOfEmployees < 10.5", ["O'Hara", "back\\slash"]),
    ("NumberOfEmployees <= 5", ["back\\slash"]),
]


@pytest.mark.parametrize(("where", "names"), NUMBERS)
@fact("salesforce", "soql", "Comparisons by size leave empty values out.", "doc")
def test_comparisons_by_size(where: str, names: list[str]) -> None:
    check(where, names)


@fact("salesforce", "soql", "Checkboxes are compared with TRUE and FALSE, without quotes.", "doc")
def test_checkboxes() -> None:
    check("DoNotCall = true", ["B_50%"])
    check("DoNotCall = FALSE AND LastName < 'd'", ["Cole", "back\\slash"])


ESCAPES: Cases = [
    (r"LastName = 'O\'Hara'", ["O'Hara"]),
    (r"LastName = 'back\\slash'", ["back\\slash"]),
    (r"City = 'K\u00f6ln'", ["B_50%"]),
]


@pytest.mark.parametrize(("where", "names"), ESCAPES)
@fact("salesforce", "soql", "Quotes, backslashes and any character may stand escaped in text.", "doc")
def test_escapes(where: str, names: list[str]) -> None:
    check(where, names)


PATTERNS: Cases = [
    ("LastName LIKE 'co%'", ["Cole"]),
    ("LastName LIKE '_ole'", ["Cole"]),
    (r"LastName LIKE 'B\_50\%'", ["B_50%"]),
    (r"LastName LIKE '%\\%'", ["back\\slash"]),
    ("City LIKE '%'", ["B_50%"]),
]


@pytest.mark.parametrize(("where", "names"), PATTERNS)
@fact(
    "salesforce",
    "soql",
    "LIKE takes % for any run and _ for one character; escaped they are themselves.",
    "doc",
)
def test_patterns(where: str, names: list[str]) -> None:
    check(where, names)


LOGIC: Cases = [
    ("LeadSource = 'Web' AND Email != null", ["Cole"]),
    ("LastName = 'Cole' OR City = 'Köln'", ["B_50%", "Cole"]),
    ("(LastName = 'Cole' OR City = 'Köln') AND DoNotCall = true", ["B_50%"]),
    ("NOT LeadSource = 'Web'", ["O'Hara", "B_50%"]),
    ("NOT (LeadSource = 'Web' OR DoNotCall = true)", ["O'Hara"]),
    ("Email = 'ann@one.example' OR Email = 'cyd@one.example'", ["O'Hara", "Cole"]),
]


@pytest.mark.parametrize(("where", "names"), LOGIC)
@fact("salesforce", "soql", "Conditions are joined by AND, OR, NOT and parentheses.", "doc")
def test_logic(where: str, names: list[str]) -> None:
    check(where, names)


TIMES: Cases = [
    ("CreatedDate = 2026-11-02T09:30:16Z", ["B_50%"]),
    ("CreatedDate > 2026-11-02T09:30:16Z", ["Cole", "back\\slash"]),
    ("CreatedDate >= 2026-11-02T10:30:17+01:00", ["Cole", "back\\slash"]),
    ("SystemModstamp >= 2026-11-02T09:30:16Z AND SystemModstamp < 2026-11-02T09:30:18Z", ["B_50%", "Cole"]),
]


@pytest.mark.parametrize(("where", "names"), TIMES)
@fact("salesforce", "soql", "Times stand without quotes and with a zone, Z or an offset.", "doc")
def test_times(where: str, names: list[str]) -> None:
    check(where, names)


@fact("salesforce", "soql", "A literal may carry milliseconds although none are stored.", "doc")
def test_milliseconds_in_a_literal() -> None:
    check("CreatedDate > 2026-11-02T09:30:16.500Z", ["Cole", "back\\slash"])
    check("CreatedDate = 2026-11-02T09:30:16.500Z", [])


WORDS: Cases = [
    ("CreatedDate = TODAY AND LastName = 'Cole'", ["Cole"]),
    ("CreatedDate < TODAY", []),
    ("CreatedDate = LAST_N_DAYS:3 AND LeadSource = 'Web'", ["Cole", "back\\slash"]),
    ("CreatedDate = YESTERDAY", []),
    ("CreatedDate >= THIS_MONTH AND CreatedDate < NEXT_YEAR AND LastName = 'Cole'", ["Cole"]),
    ("CreatedDate = THIS_FISCAL_QUARTER AND LastName = 'Cole'", ["Cole"]),
    ("CreatedDate = N_DAYS_AGO:0 AND LastName = 'Cole'", ["Cole"]),
    ("CreatedDate = N_WEEKS_AGO:1", []),
    ("CreatedDate < NEXT_N_DAYS:2 AND LastName = 'Cole'", ["Cole"]),
    ("CreatedDate > LAST_90_DAYS", []),
]


@pytest.mark.parametrize(("where", "names"), WORDS)
@fact("salesforce", "soql", "Words such as TODAY and LAST_N_DAYS:n stand for spans of days.", "doc")
def test_date_words(where: str, names: list[str]) -> None:
    check(where, names)


PARENTS: Cases = [
    ("Owner.Name = 'Integration User' AND LastName = 'Cole'", ["Cole"]),
    ("CreatedBy.IsActive = false", []),
    ("Lead.LastName = 'Cole'", ["Cole"]),
]


@pytest.mark.parametrize(("where", "names"), PARENTS)
@fact("salesforce", "soql", "Conditions reach into parents by relationship names.", "doc")
def test_conditions_on_parents(where: str, names: list[str]) -> None:
    check(where, names)


@fact("salesforce", "soql", "IN and NOT IN take the ids that a subselect finds.", "doc")
def test_subselects() -> None:
    check("OwnerId IN (SELECT Id FROM User WHERE IsActive = true) AND LastName = 'Cole'", ["Cole"])
    check("OwnerId NOT IN (SELECT Id FROM User WHERE IsActive = true)", [])


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
@fact("salesforce", "soql", "ORDER BY takes several keys; empty values come first unless NULLS LAST.", "doc")
def test_records_come_in_the_order_asked_nulls_first_by_default(order: str, names: list[str]) -> None:
    assert [r["LastName"] for r in PEOPLE.rows(f"SELECT LastName FROM Lead ORDER BY {order}")] == names


@fact("salesforce", "soql", "COUNT() alone gives the number as totalSize and no records.", "doc")
def test_count_gives_the_number_and_no_records() -> None:
    answer = PEOPLE.query("SELECT COUNT() FROM Lead WHERE Email != null")
    assert answer.body == {"totalSize": 2, "done": True, "records": []}


@fact("salesforce", "soql", "Unnamed aggregates are called expr0, expr1 and so on.", "doc")
def test_aggregates_are_aggregate_results() -> None:
    answer = PEOPLE.query("SELECT COUNT(Email), MAX(NumberOfEmployees) most, MIN(SystemModstamp) FROM Lead")
    assert answer.body["records"] == [
        {
            "attributes": {"type": "AggregateResult"},
            "expr0": 2,
            "most": 20,
            "expr1": "2026-11-02T09:30:15.000+0000",
        }
    ]


@fact(
    "salesforce", "soql", "GROUP BY folds rows without regard to case, HAVING picks among the groups.", "doc"
)
def test_groups() -> None:
    grouped = PEOPLE.rows(
        "SELECT LeadSource, COUNT(Id) n FROM Lead GROUP BY LeadSource HAVING COUNT(Id) > 1 ORDER BY LeadSource DESC"
    )
    assert grouped == [{"LeadSource": None, "n": 2}, {"LeadSource": "Web", "n": 2}]


@fact("salesforce", "soql", "LIMIT holds for COUNT() too.", "seen")
def test_count_is_limited() -> None:
    assert PEOPLE.query("SELECT COUNT() FROM Lead LIMIT 3").body["totalSize"] == 3


@fact("salesforce", "soql", "A parent is an object of its own in the record, or null.", "doc")
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


@fact("salesforce", "ids", "An id is taken with 15 or with 18 characters and given with 18.", "doc")
def test_ids_match_with_15_and_with_18_characters() -> None:
    org = new_org()
    lead = org.lead()
    for given in (lead, lead[:15]):
        assert org.rows(f"SELECT Id FROM Lead WHERE Id = '{given}'") == [{"Id": lead}]
    assert len(lead) == 18


@fact("salesforce", "query", "query leaves the recycle bin out, queryAll shows it.", "doc")
def test_query_leaves_deleted_rows_out_and_query_all_shows_them() -> None:
    soql = "SELECT IsDeleted FROM Lead WHERE LastName = 'Gone'"
    assert PEOPLE.rows(soql) == []
    assert PEOPLE.rows(soql, "queryAll") == [{"IsDeleted": True}]


@fact("salesforce", "query", "A page holds at most 2,000 rows.", "doc")
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


@fact("salesforce", "query", "A locator is good for two days.", "doc")
def test_a_locator_lives_two_days() -> None:
    org = new_org()
    org.sim.switches.page_size = 1
    org.lead(), org.lead()
    url = org.query("SELECT Id FROM Lead").body["nextRecordsUrl"]
    assert org.send("GET", url).status == 200
    org.clock.advance(2 * 86400 + 1)
    late = org.send("GET", url)
    assert (late.status, late.code) == (400, "INVALID_QUERY_LOCATOR")


@fact(
    "salesforce", "query", "A keyset of SystemModstamp and Id goes through equal stamps without loss.", "seen"
)
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


@fact(
    "salesforce",
    "soql",
    "FIELDS(ALL), FIELDS(STANDARD) and FIELDS(CUSTOM) stand for groups of fields.",
    "doc",
)
def test_fields_stands_for_groups_of_fields() -> None:
    org = new_org()
    org.lead(Extra__c="x")
    assert org.rows("SELECT FIELDS(CUSTOM) FROM Lead LIMIT 1") == [{"Extra__c": "x"}]
    every = org.rows("SELECT FIELDS(ALL) FROM Lead LIMIT 1")[0]
    assert {"Extra__c", "Company", "Address", "SystemModstamp"} <= every.keys()
    assert "Extra__c" not in org.rows("SELECT FIELDS(STANDARD) FROM Lead")[0]


@fact("salesforce", "soql", "FIELDS() is known from API version 51 on.", "seen")
def test_fields_in_an_old_version() -> None:
    old = PEOPLE.send(
        "GET", "/services/data/v50.0/query", query={"q": "SELECT FIELDS(ALL) FROM Lead LIMIT 1"}
    )
    assert (old.status, old.code) == (400, "UNSUPPORTED_API_VERSION")
