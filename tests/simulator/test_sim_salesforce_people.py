"""What people do in the org: sObject-tree rows, conversion, merge, delete and undelete, and what the ledger keeps."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Org, new_org

from crmsync.simulator.salesforce.errors import ApiError
from crmsync.simulator.salesforce.ids import suffix, to18


def ops(org: Org) -> list[tuple[str, str, str]]:
    return [(e.actor, e.op, e.object) for e in org.ledger.entries]


@fact("salesforce", "ids", "The last three of 18 characters say which of the first 15 are capitals.", "seen")
def test_ids_carry_the_published_check_characters() -> None:
    assert to18("001D000000IRFma") == "001D000000IRFmaIAH"
    assert suffix("001D000000IRFma") == "IAH"
    assert to18("001D000000IRFmaIAH") == "001D000000IRFmaIAH"
    assert to18("nope") is None


def test_a_tree_row_adds_custom_fields_and_leaves_out_what_has_no_place() -> None:
    org = new_org()
    lead = org.sim.create(
        "Lead",
        {
            "attributes": {"type": "Lead", "referenceId": "LeadRef1"},
            "LastName": "Akin",
            "Company": "Aethna",
            "CleanStatus": "Pending",
            "IsUnreadByOwner": True,
            "IsConverted": False,
            "SICCode__c": "2768",
            "NumberofLocations__c": 130,
            "Primary__c": True,
        },
    )
    row = org.send("GET", f"sobjects/Lead/{lead}").body
    assert (row["SICCode__c"], row["NumberofLocations__c"], row["Primary__c"]) == ("2768", 130, True)
    assert "CleanStatus" not in row


def test_ensure_adds_custom_fields_and_names_what_the_object_has_no_place_for() -> None:
    org = new_org()
    assert org.sim.ensure("Lead", {"Extra__c": 1, "CleanStatus": "x", "City": "Ulm"}) == ["CleanStatus"]
    assert org.rows("SELECT Extra__c FROM Lead") == []


def test_people_are_held_to_the_same_rules() -> None:
    org = new_org()
    with pytest.raises(ApiError, match="Required fields are missing"):
        org.sim.create("Lead", {"LastName": "x"})


def test_the_ledger_keeps_who_did_what_and_only_what_changed() -> None:
    org = new_org()
    lead = org.lead(City="Ulm", Title="CEO")
    org.sim.edit("Lead", lead, {"City": "Bonn", "Title": "CEO"})
    org.send("PATCH", f"sobjects/Lead/{lead}", {"Title": None})
    made, edited, written = org.ledger.entries
    assert (made.actor, made.op, made.side, made.call, made.before) == (
        "human",
        "create",
        "salesforce",
        0,
        {},
    )
    assert made.after["City"] == "Ulm"
    assert (edited.before, edited.after) == ({"City": "Ulm"}, {"City": "Bonn"})
    assert (written.actor, written.before, written.after) == ("api", {"Title": "CEO"}, {"Title": None})
    assert written.call == 1


def converted() -> tuple[Org, dict[str, str]]:
    org = new_org()
    lead = org.lead(
        FirstName="Ann", Email="ann@one.example", City="Ulm", Phone="1", HasOptedOutOfEmail=True, Extra__c="x"
    )
    return org, {n: str(v) for n, v in org.sim.convert(lead).items()}


@fact(
    "salesforce", "convert", "A conversion makes a Contact with the Lead's name, address and consent.", "doc"
)
def test_conversion_makes_a_contact() -> None:
    org, done = converted()
    contact = org.row("Contact", done["contactId"])
    assert (contact["Name"], contact["Email"], contact["MailingCity"]) == (
        "Ann Doe",
        "ann@one.example",
        "Ulm",
    )
    assert (contact["AccountId"], contact["HasOptedOutOfEmail"]) == (done["accountId"], True)


@fact("salesforce", "convert", "A conversion makes an Account of the Lead's company.", "doc")
def test_conversion_makes_an_account() -> None:
    org, done = converted()
    account = org.row("Account", done["accountId"])
    assert (account["Name"], account["BillingCity"], account["Phone"]) == ("Acme", "Ulm", "1")


@fact("salesforce", "convert", "A converted Lead says what became of it and takes a converted status.", "doc")
def test_conversion_closes_the_lead() -> None:
    org, done = converted()
    assert org.one(
        "SELECT IsConverted, ConvertedContactId, ConvertedAccountId, ConvertedOpportunityId, ConvertedDate, Status"
        " FROM Lead"
    ) == {
        "IsConverted": True,
        "ConvertedContactId": done["contactId"],
        "ConvertedAccountId": done["accountId"],
        "ConvertedOpportunityId": None,
        "ConvertedDate": "2026-11-02",
        "Status": "Closed - Converted",
    }
    assert ops(org)[-3:] == [
        ("human", "create", "Account"),
        ("human", "create", "Contact"),
        ("human", "convert", "Lead"),
    ]


@fact(
    "salesforce",
    "convert",
    "A converted Lead takes no update unless the user may edit converted Leads.",
    "seen",
    "edit_converted",
)
def test_a_converted_lead_takes_no_update_unless_the_user_may() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.convert(lead)
    answer = org.send("PATCH", f"sobjects/Lead/{lead}", {"City": "Ulm"})
    assert (answer.status, answer.code) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")
    with pytest.raises(ApiError, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        org.sim.convert(lead)
    org.sim.switches.edit_converted = True
    assert org.send("PATCH", f"sobjects/Lead/{lead}", {"City": "Ulm"}).status == 204


@fact("salesforce", "convert", "A conversion into given records fills only their empty fields.", "doc")
def test_conversion_into_given_records_fills_only_their_empty_fields() -> None:
    org = new_org()
    account = org.sim.create("Account", {"Name": "Acme Ltd"})
    contact = org.sim.create("Contact", {"LastName": "Doe", "Title": "CEO", "AccountId": account})
    lead = org.lead(Title="CFO", City="Ulm")
    done = org.sim.convert(lead, account=account, contact=contact)
    assert (done["accountId"], done["contactId"]) == (account, contact)
    assert org.row("Account", account)["Name"] == "Acme Ltd"
    row = org.row("Contact", contact)
    assert (row["Title"], row["MailingCity"]) == ("CEO", "Ulm")


@fact(
    "salesforce",
    "convert",
    "Custom fields are carried over by a conversion only when they are mapped.",
    "doc",
    "convert_map",
)
def test_custom_fields_are_carried_over_only_when_mapped() -> None:
    org = new_org()
    org.sim.ensure("Contact", {"Extra__c": "x"})
    plain = org.sim.convert(org.lead(Extra__c="x"))
    assert "Extra__c" not in org.row("Contact", str(plain["contactId"]))
    org.sim.switches.convert_map = (("Extra__c", "Contact.Extra__c"),)
    mapped = org.sim.convert(org.lead(Extra__c="y"))
    assert org.row("Contact", str(mapped["contactId"]))["Extra__c"] == "y"


def merged() -> tuple[Org, str, str, str]:
    """An org, a winner, a loser, and a Contact of the loser; merged five seconds later."""
    org = new_org()
    winner, loser = org.account(Name="A"), org.account(Name="B")
    contact = org.contact(AccountId=loser)
    org.clock.advance(5)
    org.sim.merge("Account", winner, [loser[:15]])
    return org, winner, loser, contact


@fact(
    "salesforce", "merge", "The losers of a merge are deleted and name the winner in MasterRecordId.", "doc"
)
def test_a_merge_deletes_the_losers() -> None:
    org, winner, loser, _ = merged()
    soql = "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true AND MasterRecordId != null"
    assert org.rows(soql, "queryAll") == [{"Id": loser, "MasterRecordId": winner}]


@fact("salesforce", "merge", "A merge updates the winner.", "doc")
def test_a_merge_touches_the_winner() -> None:
    org, winner, _, _ = merged()
    assert org.row("Account", winner)["LastModifiedDate"] == "2026-11-02T09:30:20.000+0000"


@fact(
    "salesforce",
    "merge",
    "Rows handed over by a merge keep their LastModifiedDate; SystemModstamp moves.",
    "seen",
)
def test_a_merge_moves_children_without_an_edit() -> None:
    org, winner, _, contact = merged()
    child = org.row("Contact", contact)
    assert (child["AccountId"], child["LastModifiedDate"]) == (winner, "2026-11-02T09:30:15.000+0000")
    assert child["SystemModstamp"] > child["LastModifiedDate"]


def test_the_ledger_tells_of_a_merge_in_order() -> None:
    org, _, _, _ = merged()
    assert ops(org)[-3:] == [
        ("human", "merge", "Account"),
        ("system", "update", "Contact"),
        ("human", "update", "Account"),
    ]


@fact("salesforce", "merge", "A merge takes two or three records of one object.", "doc")
def test_a_merge_takes_three_records_of_one_type_at_most() -> None:
    org = new_org()
    leads = [org.lead() for _ in range(4)]
    for losers in ([], leads[1:], [leads[0]]):
        with pytest.raises(ApiError, match="merge"):
            org.sim.merge("Lead", leads[0], losers)


@fact("salesforce", "delete", "Undelete takes a record out of the recycle bin, until it is purged.", "doc")
def test_a_deleted_record_comes_back_by_undelete_and_never_after_a_purge() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.delete("Lead", lead)
    org.sim.undelete("Lead", lead)
    assert len(org.rows("SELECT Id FROM Lead")) == 1
    org.sim.delete("Lead", lead)
    org.sim.purge("Lead", lead)
    assert org.rows("SELECT Id FROM Lead", "queryAll") == []
    with pytest.raises(ApiError):
        org.sim.undelete("Lead", lead)
    assert [e.op for e in org.ledger.entries] == ["create", "delete", "restore", "delete", "delete"]


@pytest.mark.parametrize("checked", [True, False])
@fact(
    "salesforce",
    "delete",
    "A row whose unique value another one took meanwhile does not come out of the recycle bin.",
    "assumed",
    "undelete_checks_keys",
)
def test_a_taken_key_keeps_a_row_in_the_recycle_bin(checked: bool) -> None:
    org = new_org()
    org.sim.switches.undelete_checks_keys = checked
    org.key_field()
    lead = org.lead(crmsync_id__c="k")
    org.sim.delete("Lead", lead)
    org.lead(crmsync_id__c="k")
    if checked:
        with pytest.raises(ApiError, match="duplicate value found: crmsync_id__c"):
            org.sim.undelete("Lead", lead)
    else:
        org.sim.undelete("Lead", lead)
    assert len(org.rows("SELECT Id FROM Lead")) == (1 if checked else 2)


def test_state_shows_deleted_rows_and_says_so() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.delete("Lead", lead)
    state = org.sim.state()
    assert [(r["Id"], r["IsDeleted"]) for r in state["Lead"]] == [(lead, True)]
    assert len(state["User"]) == 5


def test_a_failed_conversion_leaves_nothing_behind() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.org.validations.append(refuse_contacts)
    before = len(org.ledger.entries)
    with pytest.raises(ApiError):
        org.sim.convert(lead)
    assert org.rows("SELECT Id FROM Account") == []
    assert len(org.ledger.entries) == before


def refuse_contacts(entity: Any, row: Any, old: Any) -> ApiError | None:
    from crmsync.simulator.salesforce.errors import row_error

    return row_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no") if entity.name == "Contact" else None


@pytest.mark.parametrize("obj", ["Opportunity", "Campaign"])
@fact("salesforce", "merge", "Only Leads, Contacts, Accounts and Cases are merged.", "doc")
def test_other_objects_are_not_merged(obj: str) -> None:
    org = new_org()
    make = org.opportunity if obj == "Opportunity" else org.campaign
    with pytest.raises(ApiError, match="INVALID_OPERATION"):
        org.sim.merge(obj, make(), [make()])


def test_state_holds_every_data_object() -> None:
    org = new_org()
    org.sim.create("OpportunityContactRole", {"OpportunityId": org.opportunity(), "ContactId": org.contact()})
    org.sim.create("CampaignMember", {"CampaignId": org.campaign(), "LeadId": org.lead()})
    org.sim.create("Task", {"Subject": "x"})
    counts = {name: len(rows) for name, rows in org.sim.state().items() if name != "User"}
    assert counts == {
        "Lead": 1,
        "Contact": 1,
        "Account": 0,
        "Opportunity": 1,
        "Campaign": 1,
        "Task": 1,
        "Event": 0,
        "OpportunityContactRole": 1,
        "CampaignMember": 1,
        "CampaignMemberStatus": 2,
    }


def test_the_same_seed_gives_the_same_org() -> None:
    one, two = new_org(seed=3), new_org(seed=3)
    for org in (one, two):
        org.sim.convert(org.lead(Email="a@one.example"), opportunity="x")
    assert one.sim.state() == two.sim.state()
    assert [e.as_json() for e in one.ledger.entries] == [e.as_json() for e in two.ledger.entries]
