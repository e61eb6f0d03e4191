"""SOQL over relationships: subqueries, aliases, polymorphic parents, date functions."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, new_org


def family() -> tuple[Org, dict[str, str]]:
    """An Account with two Contacts and a deal, an empty Account, a Lead; Tasks about the deal and with the Lead."""
    org = new_org()
    account = org.account(Phone="1")
    org.account(Name="Empty")
    one = org.contact(LastName="One", AccountId=account)
    two = org.contact(LastName="Two", AccountId=account)
    deal = org.opportunity(AccountId=account, Amount=5)
    lead = org.lead(FirstName="Li")
    about = org.sim.create("Task", {"WhoId": one, "WhatId": deal, "Subject": "about"})
    alone = org.sim.create("Task", {"WhoId": lead, "Subject": "alone"})
    firm = org.sim.create("Task", {"WhatId": account, "Subject": "firm"})
    ids = {"account": account, "one": one, "two": two, "deal": deal, "lead": lead}
    return org, {**ids, "about": about, "alone": alone, "firm": firm}


ORG, IDS = family()


def bare(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in r.items() if k != "attributes"} for r in records]


def refused(soql: str) -> Answer:
    answer = ORG.query(soql)
    assert answer.status == 400
    return answer


# -- subqueries -----------------------------------------------------------------------------------------------
@fact("salesforce", "soql", "A subquery stands under its relationship's name as a result of its own.", "doc")
def test_a_subquery_is_a_result() -> None:
    row = ORG.one("SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Acme'")
    found = row["Contacts"]
    assert (found["totalSize"], found["done"]) == (2, True)
    assert bare(found["records"]) == [{"LastName": "One"}, {"LastName": "Two"}]
    assert found["records"][0]["attributes"]["type"] == "Contact"


@fact("salesforce", "soql", "A subquery without rows is null.", "seen")
def test_an_empty_subquery_is_null() -> None:
    assert ORG.one("SELECT (SELECT Id FROM Contacts) FROM Account WHERE Name = 'Empty'") == {"Contacts": None}


@fact("salesforce", "soql", "A subquery has its own conditions, order and limit.", "doc")
def test_a_subquery_has_clauses() -> None:
    soql = "SELECT (SELECT LastName FROM Contacts WHERE LastName != 'x' ORDER BY LastName DESC LIMIT 1) FROM Account"
    assert bare(ORG.rows(soql)[0]["Contacts"]["records"]) == [{"LastName": "Two"}]


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        ("Account", "Contacts"),
        ("Account", "Opportunities"),
        ("Account", "Tasks"),
        ("Account", "Events"),
        ("Account", "ChildAccounts"),
        ("Contact", "OpportunityContactRoles"),
        ("Contact", "CampaignMembers"),
        ("Contact", "Tasks"),
        ("Lead", "CampaignMembers"),
        ("Lead", "Events"),
        ("Opportunity", "OpportunityContactRoles"),
        ("Opportunity", "OpportunityHistories"),
        ("Opportunity", "Histories"),
        ("Campaign", "CampaignMembers"),
        ("Campaign", "Opportunities"),
        ("Group", "QueueSobjects"),
    ],
)
@fact("salesforce", "soql", "Relationships down to children have plural names.", "doc")
def test_child_relationships_have_names(obj: str, name: str) -> None:
    assert ORG.query(f"SELECT Id, (SELECT Id FROM {name}) FROM {obj}").status == 200


@fact("salesforce", "soql", "An unknown child relationship is INVALID_TYPE and told by name.", "seen")
def test_an_unknown_child_relationship() -> None:
    answer = refused("SELECT Id, (SELECT Id FROM Contact) FROM Account")
    assert answer.code == "INVALID_TYPE"
    assert "Didn't understand relationship 'Contact' in FROM part of query call." in answer.body[0]["message"]


@fact("salesforce", "soql", "A subquery counts nothing: aggregates are refused in it.", "doc")
def test_no_aggregates_in_a_subquery() -> None:
    assert refused("SELECT Id, (SELECT COUNT() FROM Contacts) FROM Account").code == "MALFORMED_QUERY"


@fact("salesforce", "soql", "Subqueries nest up to five levels deep.", "doc")
def test_subqueries_nest() -> None:
    soql = "SELECT (SELECT (SELECT Subject FROM Tasks) FROM Opportunities) FROM Account WHERE Name = 'Acme'"
    (deal,) = ORG.one(soql)["Opportunities"]["records"]
    assert bare(deal["Tasks"]["records"]) == [{"Subject": "about"}]
    deep = "SELECT Id FROM ChildAccounts"
    for _ in range(4):
        deep = f"SELECT Id, ({deep}) FROM ChildAccounts"
    assert ORG.query(f"SELECT Id, ({deep}) FROM Account").status == 200
    assert (
        refused(f"SELECT Id, (SELECT Id, ({deep}) FROM ChildAccounts) FROM Account").code == "MALFORMED_QUERY"
    )


@fact("salesforce", "soql", "A long subquery goes on by a locator of its own.", "doc")
def test_a_long_subquery_has_pages() -> None:
    org = new_org()
    org.sim.switches.page_size = 2
    account = org.account()
    for name in "abc":
        org.contact(LastName=name, AccountId=account)
    found = org.one("SELECT (SELECT LastName FROM Contacts) FROM Account")["Contacts"]
    assert (found["totalSize"], found["done"], len(found["records"])) == (3, False, 2)
    rest = org.send("GET", found["nextRecordsUrl"]).body
    assert (bare(rest["records"]), rest["done"]) == ([{"LastName": "c"}], True)


@fact("salesforce", "soql", "Deleted children are in a subquery of queryAll only.", "doc")
def test_deleted_children() -> None:
    org = new_org()
    account = org.account()
    org.sim.delete("Contact", org.contact(AccountId=account))
    soql = "SELECT (SELECT Id FROM Contacts) FROM Account"
    assert org.one(soql)["Contacts"] is None
    assert org.one(soql, "queryAll")["Contacts"]["totalSize"] == 1


# -- aliases --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "soql",
    [
        "SELECT c.LastName, c.Account.Name FROM Contact c WHERE c.Account.Name = 'Acme' ORDER BY c.LastName",
        "SELECT Contact.LastName, Account.Name FROM Contact WHERE Contact.Account.Name = 'Acme' ORDER BY LastName",
    ],
)
@fact("salesforce", "soql", "Paths may begin with the object's name or an alias of it.", "doc")
def test_paths_by_alias(soql: str) -> None:
    assert [(r["LastName"], r["Account"]["Name"]) for r in ORG.rows(soql)] == [
        ("One", "Acme"),
        ("Two", "Acme"),
    ]


def test_a_subquery_may_name_its_relationship_by_the_alias() -> None:
    row = ORG.one("SELECT a.Name, (SELECT c.LastName FROM a.Contacts c) FROM Account a WHERE a.Phone = '1'")
    assert row["Contacts"]["totalSize"] == 2


@fact("salesforce", "soql", "Only grouped and aggregated columns take an alias.", "doc")
def test_columns_with_an_alias() -> None:
    assert ORG.rows("SELECT AccountId firm, COUNT(Id) n FROM Contact GROUP BY AccountId") == [
        {"firm": IDS["account"], "n": 2}
    ]
    answer = refused("SELECT LastName n FROM Contact")
    assert (answer.code, "only aggregate expressions use field aliasing" in answer.body[0]["message"]) == (
        "MALFORMED_QUERY",
        True,
    )


# -- polymorphic parents --------------------------------------------------------------------------------------
@fact("salesforce", "soql", "Who, What and Owner have a Type that names the object behind them.", "doc")
def test_polymorphic_parents_have_a_type() -> None:
    rows = ORG.rows("SELECT Subject, Who.Type, What.Type FROM Task ORDER BY Subject")
    found = [(r["Subject"], r["Who"] and r["Who"]["Type"], r["What"] and r["What"]["Type"]) for r in rows]
    assert found == [("about", "Contact", "Opportunity"), ("alone", "Lead", None), ("firm", None, "Account")]
    assert ORG.rows("SELECT Subject FROM Task WHERE What.Type = 'Opportunity'") == [{"Subject": "about"}]


@fact("salesforce", "soql", "Owner.Type calls a queue Queue, not Group.", "assumed", "queue_type")
@pytest.mark.parametrize("kind", ["Queue", "Group"])
def test_the_type_of_a_queue(kind: str) -> None:
    org = new_org()
    org.sim.switches.queue_type = kind
    queued = org.lead(OwnerId=org.sim.setup.queue("New", "Lead"))
    org.lead()
    assert org.rows(f"SELECT Id FROM Lead WHERE Owner.Type = '{kind}'") == [{"Id": queued}]
    assert len(org.rows("SELECT Id FROM Lead WHERE Owner.Type = 'User'")) == 1


@fact("salesforce", "soql", "A polymorphic parent has the fields of the Name object only.", "doc")
def test_polymorphic_parents_have_few_fields() -> None:
    row = ORG.one("SELECT Who.FirstName, Who.Name FROM Task WHERE Subject = 'alone'")
    assert (row["Who"]["FirstName"], row["Who"]["Name"]) == ("Li", "Li Doe")
    answer = refused("SELECT Who.Company FROM Task")
    assert (answer.code, "No such column 'Company' on entity 'Name'" in answer.body[0]["message"]) == (
        "INVALID_FIELD",
        True,
    )
    assert (
        "Didn't understand relationship" in refused("SELECT What.Account.Name FROM Task").body[0]["message"]
    )


@fact(
    "salesforce", "soql", "In a record a polymorphic parent is of type Name, at the address of what it is.", "assumed",
    "polymorphic_is_name",
)  # fmt: skip
@pytest.mark.parametrize(("switch", "kind"), [(True, "Name"), (False, "Lead")])
def test_the_type_of_a_polymorphic_parent(switch: bool, kind: str) -> None:
    ORG.sim.switches.polymorphic_is_name = switch
    who = ORG.one("SELECT Who.Name FROM Task WHERE Subject = 'alone'")["Who"]
    ORG.sim.switches.polymorphic_is_name = True
    assert who["attributes"] == {"type": kind, "url": f"/services/data/v62.0/sobjects/Lead/{IDS['lead']}"}


@fact("salesforce", "soql", "TYPEOF chooses the fields by the kind of the parent.", "doc")
def test_typeof() -> None:
    soql = (
        "SELECT Subject, TYPEOF What WHEN Account THEN Phone WHEN Opportunity THEN Amount, Account.Name ELSE Name END"
        " FROM Task ORDER BY Subject"
    )
    about, alone, firm = (r["What"] for r in ORG.rows(soql))
    assert (about["attributes"]["type"], about["Amount"], about["Account"]["Name"]) == (
        "Opportunity",
        5.0,
        "Acme",
    )
    assert alone is None
    assert (firm["attributes"]["type"], firm["Phone"], "Amount" in firm) == ("Account", "1", False)


@fact("salesforce", "soql", "Without an ELSE, a parent of another kind shows no fields in TYPEOF.", "doc")
def test_typeof_without_else() -> None:
    row = ORG.one("SELECT TYPEOF What WHEN Account THEN Phone END FROM Task WHERE Subject = 'about'")
    assert row["What"].keys() == {"attributes"}


@pytest.mark.parametrize(
    "chosen",
    ["Account WHEN Account THEN Name", "What WHEN Lead THEN Name", "What WHEN Account THEN Nope", "What"],
)
@fact("salesforce", "soql", "TYPEOF takes polymorphic relationships and the objects that they reach.", "doc")
def test_a_wrong_typeof(chosen: str) -> None:
    assert refused(f"SELECT TYPEOF {chosen} END FROM Task").code in {"MALFORMED_QUERY", "INVALID_FIELD"}


# -- functions ------------------------------------------------------------------------------------------------
PARTS = [
    ("CALENDAR_YEAR", 2026),
    ("CALENDAR_QUARTER", 4),
    ("CALENDAR_MONTH", 11),
    ("FISCAL_YEAR", 2026),
    ("FISCAL_QUARTER", 4),
    ("FISCAL_MONTH", 11),
    ("DAY_IN_MONTH", 2),
    ("DAY_IN_WEEK", 2),
    ("DAY_IN_YEAR", 306),
    ("DAY_ONLY", "2026-11-02"),
    ("HOUR_IN_DAY", 9),
    ("WEEK_IN_MONTH", 1),
    ("WEEK_IN_YEAR", 44),
]


@pytest.mark.parametrize(("function", "value"), PARTS)
@fact("salesforce", "soql", "Date functions give parts of a date to group by.", "doc")
def test_date_functions(function: str, value: object) -> None:
    soql = f"SELECT {function}(CreatedDate) part, COUNT(Id) n FROM Contact GROUP BY {function}(CreatedDate)"
    assert ORG.rows(soql) == [{"part": value, "n": 2}]


@fact("salesforce", "soql", "Date functions stand in conditions too.", "doc")
def test_date_functions_in_conditions() -> None:
    assert (
        ORG.query("SELECT COUNT() FROM Contact WHERE CALENDAR_YEAR(CreatedDate) = 2026").body["totalSize"]
        == 2
    )
    assert (
        ORG.query("SELECT COUNT() FROM Contact WHERE DAY_ONLY(CreatedDate) < 2026-11-02").body["totalSize"]
        == 0
    )


@fact("salesforce", "soql", "A date function is selected only when it is grouped by.", "doc")
def test_date_functions_are_grouped_by() -> None:
    assert refused("SELECT CALENDAR_YEAR(CreatedDate) FROM Contact").code == "MALFORMED_QUERY"


@fact("salesforce", "soql", "Date functions take dates; HOUR_IN_DAY and DAY_ONLY take times only.", "doc")
def test_date_functions_take_dates() -> None:
    assert refused("SELECT Id FROM Contact WHERE CALENDAR_YEAR(LastName) = 1").code == "INVALID_FIELD"
    assert refused("SELECT Id FROM Contact WHERE HOUR_IN_DAY(Birthdate) = 1").code == "INVALID_FIELD"


@fact("salesforce", "soql", "convertTimezone may wrap the field of a date function.", "doc")
def test_convert_timezone() -> None:
    soql = "SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) h FROM Contact GROUP BY HOUR_IN_DAY(convertTimezone(CreatedDate))"
    assert ORG.rows(soql) == [{"h": 9}]


@fact("salesforce", "soql", "toLabel shows a picklist value as its label, under the field's name.", "doc")
def test_to_label() -> None:
    assert ORG.one("SELECT toLabel(StageName) FROM Opportunity") == {"StageName": "Prospecting"}


@fact("salesforce", "soql", "USING SCOPE mine finds the user's own records.", "doc")
def test_scope_mine() -> None:
    org = new_org()
    rep = org.one("SELECT Id FROM User WHERE FirstName = 'Rosa'")["Id"]
    mine = org.lead()
    org.lead(OwnerId=rep)
    assert org.rows("SELECT Id FROM Lead USING SCOPE mine") == [{"Id": mine}]
    assert len(org.rows("SELECT Id FROM Lead USING SCOPE everything")) == 2


@pytest.mark.parametrize("clause", ["FOR VIEW", "FOR REFERENCE", "FOR UPDATE"])
@fact("salesforce", "soql", "FOR VIEW, FOR REFERENCE and FOR UPDATE change nothing in what is found.", "doc")
def test_for(clause: str) -> None:
    assert len(ORG.rows(f"SELECT Id FROM Contact {clause}")) == 2
