"""Field history, and fields that are worked out: formulas, roll-ups, bounces."""

from __future__ import annotations

import pytest
from facts import fact
from sim_salesforce import Org, new_org

from crmsync.simulator.salesforce.schema import Look, Row, Value


def history(org: Org, obj: str = "LeadHistory") -> list[tuple[object, ...]]:
    rows = org.rows(f"SELECT Field, OldValue, NewValue FROM {obj} ORDER BY Id")
    return [(r["Field"], r["OldValue"], r["NewValue"]) for r in rows]


@fact("salesforce", "history", "Only tracked fields have a history.", "doc")
def test_only_tracked_fields_have_a_history() -> None:
    org = new_org()
    org.sim.setup.track("Lead", "City", "Email")
    lead = org.lead(City="Ulm", Title="x")
    org.patch("Lead", lead, City="Bonn", Title="y")
    assert history(org) == [("created", None, None), ("City", "Ulm", "Bonn")]


def test_nothing_is_tracked_in_a_new_org() -> None:
    org = new_org()
    org.patch("Lead", org.lead(), City="Bonn")
    assert history(org) == []


@pytest.mark.parametrize(
    ("obj", "name", "parent"),
    [
        ("Lead", "LeadHistory", "LeadId"),
        ("Contact", "ContactHistory", "ContactId"),
        ("Account", "AccountHistory", "AccountId"),
        ("Opportunity", "OpportunityFieldHistory", "OpportunityId"),
    ],
)
@fact(
    "salesforce", "history", "Each tracked object has a history object of its own that points to it.", "doc"
)
def test_history_points_to_its_record(obj: str, name: str, parent: str) -> None:
    org = new_org()
    org.sim.setup.track(obj, "Description")
    make = {"Lead": org.lead, "Contact": org.contact, "Account": org.account, "Opportunity": org.opportunity}[
        obj
    ]
    made = make()
    assert org.one(f"SELECT {parent}, Field FROM {name}") == {parent: made, "Field": "created"}


@fact("salesforce", "history", "The id of a row of history begins with 017.", "seen")
def test_history_has_its_own_prefix() -> None:
    org = new_org()
    org.sim.setup.track("Lead", "City")
    org.lead()
    assert str(org.one("SELECT Id FROM LeadHistory")["Id"]).startswith("017")


@pytest.mark.parametrize("name", ["OldValue", "NewValue"])
@fact("salesforce", "history", "OldValue and NewValue cannot be filtered by.", "doc")
def test_values_of_history_cannot_be_filtered(name: str) -> None:
    answer = new_org().query(f"SELECT Id FROM LeadHistory WHERE {name} = 'x'")
    assert answer.code == "INVALID_FIELD"
    assert f"field '{name}' can not be filtered in a query call" in answer.body[0]["message"]


@fact("salesforce", "history", "Of long text the history tells that it changed, not how.", "doc")
def test_long_text_has_no_values() -> None:
    org = new_org()
    org.sim.setup.track("Lead", "Description")
    org.patch("Lead", org.lead(), Description="new")
    assert history(org)[-1] == ("Description", None, None)


@fact("salesforce", "history", "A conversion stands in the history as leadConverted.", "seen")
def test_a_conversion_stands_in_the_history() -> None:
    org = new_org()
    org.sim.setup.track("Lead", "Status")
    org.sim.convert(org.lead())
    assert history(org)[1:] == [
        ("Status", "Open - Not Contacted", "Closed - Converted"),
        ("leadConverted", None, None),
    ]


@fact("salesforce", "history", "A merge stands in the winner's history.", "seen")
def test_a_merge_stands_in_the_history() -> None:
    org = new_org()
    org.sim.setup.track("Lead", "City")
    winner, loser = org.lead(), org.lead()
    org.sim.merge("Lead", winner, [loser])
    rows = org.rows(f"SELECT Field FROM LeadHistory WHERE LeadId = '{winner}' ORDER BY Id")
    assert [r["Field"] for r in rows] == ["created", "leadMerged"]


@fact("salesforce", "history", "A record shows its history as the child relationship Histories.", "doc")
def test_histories_are_children() -> None:
    org = new_org()
    org.sim.setup.track("Lead", "City")
    org.patch("Lead", org.lead(), City="Bonn")
    row = org.one("SELECT Id, (SELECT Field FROM Histories ORDER BY CreatedDate) FROM Lead")
    assert row["Histories"]["totalSize"] == 2


# -- formulas and roll-ups ------------------------------------------------------------------------------------
def site(row: Row, look: Look) -> Value:
    return (look(row.get("AccountId")) or {}).get("Website")


@fact(
    "salesforce",
    "derived",
    "A cross-object formula changes without moving the record's SystemModstamp.",
    "seen",
)
def test_a_formula_moves_no_stamp() -> None:
    org = new_org()
    org.sim.setup.formula("Contact", "Site__c", site)
    account = org.account(Website="one.example")
    contact = org.contact(AccountId=account)
    before = org.row("Contact", contact)["SystemModstamp"]
    org.clock.advance(60)
    org.patch("Account", account, Website="two.example")
    row = org.one("SELECT Site__c, SystemModstamp FROM Contact WHERE Site__c = 'TWO.example'")
    assert row == {"Site__c": "two.example", "SystemModstamp": before}


@fact("salesforce", "derived", "A formula field cannot be written and says that it is calculated.", "doc")
def test_a_formula_is_read_only() -> None:
    org = new_org()
    org.sim.setup.formula("Contact", "Site__c", site)
    assert org.patch("Contact", org.contact(), Site__c="x").code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    fields = org.send("GET", "sobjects/Contact/describe").body["fields"]
    assert next(f["calculated"] for f in fields if f["name"] == "Site__c") is True


def count(rows: list[Row]) -> Value:
    return float(len(rows))


@fact(
    "salesforce",
    "derived",
    "A roll-up summary moves the parent's SystemModstamp, not its LastModifiedDate.",
    "seen",
)
def test_a_roll_up_touches_the_parent() -> None:
    org = new_org()
    org.sim.setup.roll_up("Account", "Deals__c", "Opportunity", "AccountId", count)
    account = org.account()
    before = org.row("Account", account)
    org.clock.advance(60)
    deal = org.opportunity(AccountId=account)
    after = org.row("Account", account)
    assert after["Deals__c"] == 1.0
    assert after["SystemModstamp"] > before["SystemModstamp"]
    assert after["LastModifiedDate"] == before["LastModifiedDate"]
    org.sim.delete("Opportunity", deal)
    assert org.row("Account", account)["Deals__c"] == 0.0


def test_a_roll_up_whose_value_stays_touches_nothing() -> None:
    org = new_org()
    org.sim.setup.roll_up("Account", "Deals__c", "Opportunity", "AccountId", count)
    account = org.account()
    deal = org.opportunity(AccountId=account)
    before = org.row("Account", account)["SystemModstamp"]
    org.clock.advance(60)
    org.patch("Opportunity", deal, NextStep="x")
    assert org.row("Account", account)["SystemModstamp"] == before


# -- bounces --------------------------------------------------------------------------------------------------
BOUNCE = {"EmailBouncedReason": "550", "EmailBouncedDate": "2026-11-01T00:00:00.000+0000"}


@fact("salesforce", "derived", "IsEmailBounced follows the bounce and cannot be written.", "doc")
def test_a_bounce_is_flagged() -> None:
    org = new_org()
    contact = org.contact(Email="a@one.example")
    org.patch("Contact", contact, **BOUNCE)
    assert org.one("SELECT IsEmailBounced FROM Contact") == {"IsEmailBounced": True}
    assert org.patch("Contact", contact, IsEmailBounced=False).code == "INVALID_FIELD_FOR_INSERT_UPDATE"


@fact(
    "salesforce",
    "derived",
    "A new address clears the bounce of the old one.",
    "assumed",
    "email_change_resets_bounce",
)
@pytest.mark.parametrize("resets", [True, False])
def test_a_new_address_has_not_bounced(resets: bool) -> None:
    org = new_org()
    org.sim.switches.email_change_resets_bounce = resets
    contact = org.contact(Email="a@one.example", **BOUNCE)
    org.patch("Contact", contact, Email="b@one.example")
    row = org.one("SELECT IsEmailBounced, EmailBouncedReason FROM Contact")
    assert row == {"IsEmailBounced": not resets, "EmailBouncedReason": None if resets else "550"}
    written = [e.actor for e in org.ledger.entries if "EmailBouncedReason" in e.after]
    assert written == (["human", "system"] if resets else ["human"])
