"""Conversion with an Opportunity: who owns it, what it carries, and what hung on the Lead."""

from __future__ import annotations

import pytest
from facts import fact
from sim_salesforce import Org, new_org


def user(org: Org, first: str) -> str:
    return str(org.one(f"SELECT Id FROM User WHERE FirstName = '{first}'")["Id"])


@fact(
    "salesforce", "convert", "A conversion makes an Opportunity when one is named, and none otherwise.", "doc"
)
def test_an_opportunity_is_made_when_named() -> None:
    org = new_org()
    assert org.sim.convert(org.lead())["opportunityId"] is None
    done = org.sim.convert(org.lead(), opportunity="Big deal")
    row = org.one("SELECT Id, Name, AccountId, IsClosed FROM Opportunity")
    assert row == {
        "Id": done["opportunityId"],
        "Name": "Big deal",
        "AccountId": done["accountId"],
        "IsClosed": False,
    }
    assert org.row("Lead", str(done["leadId"]))["ConvertedOpportunityId"] == done["opportunityId"]


@fact("salesforce", "convert", "An Opportunity without a name of its own is called after the company.", "doc")
def test_the_company_names_the_opportunity() -> None:
    org = new_org()
    org.sim.convert(org.lead(), opportunity="")
    assert org.one("SELECT Name FROM Opportunity") == {"Name": "Acme-"}


@fact(
    "salesforce", "convert", "The Contact of a conversion is the primary contact of its Opportunity.", "doc"
)
def test_the_contact_is_primary() -> None:
    org = new_org()
    done = org.sim.convert(org.lead(), opportunity="x")
    row = org.one("SELECT OpportunityId, ContactId, IsPrimary FROM OpportunityContactRole")
    assert row == {"OpportunityId": done["opportunityId"], "ContactId": done["contactId"], "IsPrimary": True}


@fact("salesforce", "convert", "The Opportunity is due at the end of the quarter, in the first stage.", "doc")
def test_the_opportunity_is_due_at_the_end_of_the_quarter() -> None:
    org = new_org()
    org.sim.convert(org.lead(), opportunity="x")
    row = org.one("SELECT CloseDate, StageName FROM Opportunity")
    assert row == {"CloseDate": "2026-12-31", "StageName": "Prospecting"}


@fact("salesforce", "convert", "The Campaign that the Lead joined last is the Opportunity's source.", "doc")
def test_the_last_campaign_is_the_source() -> None:
    org = new_org()
    lead, campaigns = org.lead(), [org.campaign(), org.campaign()]
    for campaign in campaigns:
        org.sim.create("CampaignMember", {"CampaignId": campaign, "LeadId": lead})
    org.sim.convert(lead, opportunity="x")
    assert org.one("SELECT CampaignId FROM Opportunity") == {"CampaignId": campaigns[1]}


@fact("salesforce", "convert", "A membership keeps its LeadId and gains the ContactId.", "seen")
def test_a_membership_gains_the_contact() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.create("CampaignMember", {"CampaignId": org.campaign(), "LeadId": lead})
    done = org.sim.convert(lead)
    row = org.one("SELECT LeadId, ContactId, LeadOrContactId FROM CampaignMember")
    assert row == {"LeadId": lead, "ContactId": done["contactId"], "LeadOrContactId": done["contactId"]}
    assert org.one("SELECT NumberOfConvertedLeads FROM Campaign") == {"NumberOfConvertedLeads": 1}


@fact("salesforce", "convert", "Open Tasks follow the person to the Contact and the Opportunity.", "doc")
def test_open_tasks_move() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.create("Task", {"WhoId": lead})
    done = org.sim.convert(lead, opportunity="x")
    row = org.one("SELECT WhoId, WhatId, AccountId FROM Task")
    assert row == {
        "WhoId": done["contactId"],
        "WhatId": done["opportunityId"],
        "AccountId": done["accountId"],
    }


@fact("salesforce", "convert", "Closed Tasks move with a conversion too.", "assumed", "convert_moves_closed")
@pytest.mark.parametrize("moves", [True, False])
def test_closed_tasks_move(moves: bool) -> None:
    org = new_org()
    org.sim.switches.convert_moves_closed = moves
    lead = org.lead()
    org.sim.create("Task", {"WhoId": lead, "Status": "Completed", "ActivityDate": "2026-11-01"})
    done = org.sim.convert(lead)
    assert org.one("SELECT WhoId FROM Task") == {"WhoId": done["contactId"] if moves else lead}
    seen = org.one("SELECT LastActivityDate FROM Contact")["LastActivityDate"]
    assert seen == ("2026-11-01" if moves else None)


@fact("salesforce", "convert", "The converted status is one of those that LeadStatus calls converted.", "doc")
def test_the_status_must_be_a_converted_one() -> None:
    org = new_org()
    with pytest.raises(Exception, match="INVALID_STATUS: invalid convertedStatus: Working - Contacted"):
        org.sim.convert(org.lead(), status="Working - Contacted")
    assert org.rows("SELECT Id FROM Contact") == []


@fact("salesforce", "convert", "A queue's Lead needs an owner for what becomes of it.", "doc")
def test_a_queues_lead_needs_an_owner() -> None:
    org = new_org()
    lead = org.lead(OwnerId=org.sim.setup.queue("New", "Lead"))
    with pytest.raises(Exception, match="INVALID_OWNER"):
        org.sim.convert(lead)
    done = org.sim.convert(lead, owner=user(org, "Rosa"), opportunity="x")
    for obj, key in (("Account", "accountId"), ("Contact", "contactId"), ("Opportunity", "opportunityId")):
        assert org.row(obj, str(done[key]))["OwnerId"] == user(org, "Rosa")


@fact("salesforce", "convert", "What is made belongs to the Lead's owner unless another is named.", "doc")
def test_the_owner_of_the_lead_goes_on() -> None:
    org = new_org()
    done = org.sim.convert(org.lead(OwnerId=user(org, "Sam")))
    assert org.row("Contact", str(done["contactId"]))["OwnerId"] == user(org, "Sam")


@fact("salesforce", "convert", "overwriteLeadSource replaces the given Contact's LeadSource.", "doc")
@pytest.mark.parametrize(("overwrite", "source"), [(False, "Web"), (True, "Other")])
def test_the_lead_source_may_be_overwritten(overwrite: bool, source: str) -> None:
    org = new_org()
    contact = org.contact(AccountId=org.account(), LeadSource="Web", Title="CEO")
    org.sim.convert(org.lead(LeadSource="Other", Title="CFO"), contact=contact, overwrite_source=overwrite)
    row = org.row("Contact", contact)
    assert (row["LeadSource"], row["Title"]) == (source, "CEO")


@fact("salesforce", "convert", "A mapped custom field reaches the Opportunity too.", "doc")
def test_custom_fields_reach_the_opportunity() -> None:
    org = new_org()
    org.sim.ensure("Opportunity", {"Extra__c": "x"})
    org.sim.switches.convert_map = (("Extra__c", "Opportunity.Extra__c"),)
    done = org.sim.convert(org.lead(Extra__c="y"), opportunity="x")
    assert org.row("Opportunity", str(done["opportunityId"]))["Extra__c"] == "y"


@pytest.mark.parametrize(
    "name",
    ["IsConverted", "ConvertedDate", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId"],
)
@fact("salesforce", "convert", "What a conversion sets on a Lead cannot be written.", "seen")
def test_conversion_fields_are_read_only(name: str) -> None:
    org = new_org()
    answer = org.patch("Lead", org.lead(), **{name: None})
    assert answer.body == [
        {
            "message": f"Unable to create/update fields: {name}. Please check the security settings of this field and"
            " verify that it is read/write for your profile or permission set.",
            "errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
            "fields": [name],
        }
    ]


@fact("salesforce", "convert", "ConvertedDate is a date without a time.", "doc")
def test_the_converted_date_has_no_time() -> None:
    org = new_org()
    org.sim.convert(org.lead())
    assert org.one("SELECT ConvertedDate FROM Lead WHERE ConvertedDate = TODAY") == {
        "ConvertedDate": "2026-11-02"
    }


@fact("salesforce", "convert", "A converted Lead stays in queries.", "doc")
def test_a_converted_lead_stays() -> None:
    org = new_org()
    org.sim.convert(org.lead())
    assert len(org.rows("SELECT Id FROM Lead WHERE IsConverted = true")) == 1


@fact("salesforce", "convert", "The REST API has no resource for conversion.", "doc")
def test_there_is_no_address_for_it() -> None:
    org = new_org()
    lead = org.lead()
    assert org.send("POST", f"sobjects/Lead/{lead}/convert", {}).status in {404, 405}
    assert org.send("POST", "actions/standard/convertLead", {}).status == 404


def test_the_ledger_tells_of_it_in_order() -> None:
    org = new_org()
    org.sim.convert(org.lead(), opportunity="x")
    done = [(e.op, e.object) for e in org.ledger.entries[1:]]
    assert done == [
        ("create", "Account"),
        ("create", "Contact"),
        ("create", "Opportunity"),
        ("convert", "Lead"),
    ]
