"""What people do in the org: sObject-tree rows, conversion, merge, delete and undelete, and what the ledger keeps."""

from __future__ import annotations

from typing import Any

import pytest
from sim_salesforce import Org, new_org

from crmsync.simulator.salesforce.errors import ApiError
from crmsync.simulator.salesforce.ids import suffix, to18


def ops(org: Org) -> list[tuple[str, str, str]]:
    return [(e.actor, e.op, e.object) for e in org.ledger.entries]


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


def test_conversion_makes_an_account_and_a_contact_and_closes_the_lead() -> None:
    org = new_org()
    lead = org.lead(
        FirstName="Ann", Email="ann@one.example", City="Ulm", Phone="1", HasOptedOutOfEmail=True, Extra__c="x"
    )
    done = org.sim.convert(lead)
    contact = org.row("Contact", str(done["contactId"]))
    account = org.row("Account", str(done["accountId"]))
    assert (contact["Name"], contact["Email"], contact["MailingCity"]) == (
        "Ann Doe",
        "ann@one.example",
        "Ulm",
    )
    assert (contact["AccountId"], contact["HasOptedOutOfEmail"]) == (account["Id"], True)
    assert (account["Name"], account["BillingCity"], account["Phone"]) == ("Acme", "Ulm", "1")
    row = org.rows(
        "SELECT IsConverted, ConvertedContactId, ConvertedAccountId, ConvertedOpportunityId, ConvertedDate, Status"
        " FROM Lead"
    )[0]
    assert row == {
        "IsConverted": True,
        "ConvertedContactId": contact["Id"],
        "ConvertedAccountId": account["Id"],
        "ConvertedOpportunityId": None,
        "ConvertedDate": "2026-11-02",
        "Status": "Closed - Converted",
    }
    assert ops(org)[-3:] == [
        ("human", "create", "Account"),
        ("human", "create", "Contact"),
        ("human", "convert", "Lead"),
    ]


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


def test_custom_fields_are_carried_over_only_when_mapped() -> None:
    org = new_org()
    org.sim.ensure("Contact", {"Extra__c": "x"})
    plain = org.sim.convert(org.lead(Extra__c="x"))
    assert "Extra__c" not in org.row("Contact", str(plain["contactId"]))
    org.sim.switches.convert_map = (("Extra__c", "Contact.Extra__c"),)
    mapped = org.sim.convert(org.lead(Extra__c="y"))
    assert org.row("Contact", str(mapped["contactId"]))["Extra__c"] == "y"


def test_a_merge_deletes_the_losers_and_points_them_at_the_winner() -> None:
    org = new_org()
    winner, loser = (org.sim.create("Account", {"Name": n}) for n in ("A", "B"))
    contact = org.sim.create("Contact", {"LastName": "D", "AccountId": loser})
    org.clock.advance(5)
    org.sim.merge("Account", winner, [loser[:15]])
    soql = "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true AND MasterRecordId != null"
    assert org.rows(soql, "queryAll") == [{"Id": loser, "MasterRecordId": winner}]
    child = org.row("Contact", contact)
    assert child["AccountId"] == winner
    assert child["SystemModstamp"] > child["LastModifiedDate"]
    assert org.row("Account", winner)["LastModifiedDate"] == "2026-11-02T09:30:20.000+0000"
    assert ops(org)[-3:] == [
        ("human", "merge", "Account"),
        ("system", "update", "Contact"),
        ("human", "update", "Account"),
    ]


def test_a_merge_takes_three_records_of_one_type_at_most() -> None:
    org = new_org()
    leads = [org.lead() for _ in range(4)]
    for losers in ([], leads[1:], [leads[0]]):
        with pytest.raises(ApiError, match="merge"):
            org.sim.merge("Lead", leads[0], losers)


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
