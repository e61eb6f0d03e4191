"""Campaigns: member statuses, who may be a member, responses, counters."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, new_org


def member(org: Org, campaign: str, **values: Any) -> Answer:
    return org.post("CampaignMember", CampaignId=campaign, **values)


def counters(org: Org, *names: str) -> tuple[object, ...]:
    row = org.one(f"SELECT {', '.join(names)} FROM Campaign")
    return tuple(row[n] for n in names)


@fact("salesforce", "campaigns", "A Campaign needs a Name.", "doc")
def test_a_name_is_required() -> None:
    answer = new_org().post("Campaign", Type="Webinar")
    assert (answer.code, answer.body[0]["fields"]) == ("REQUIRED_FIELD_MISSING", ["Name"])


@fact(
    "salesforce",
    "campaigns",
    "A new Campaign has the member statuses Sent, the default, and Responded.",
    "doc",
)
def test_a_new_campaign_has_two_statuses() -> None:
    org = new_org()
    org.campaign()
    rows = org.rows("SELECT Label, IsDefault, HasResponded FROM CampaignMemberStatus ORDER BY SortOrder")
    assert rows == [
        {"Label": "Sent", "IsDefault": True, "HasResponded": False},
        {"Label": "Responded", "IsDefault": False, "HasResponded": True},
    ]


@fact("salesforce", "campaigns", "A member without a status gets the Campaign's default one.", "doc")
def test_a_member_starts_with_the_default_status() -> None:
    org = new_org()
    campaign = org.campaign()
    org.post("CampaignMemberStatus", CampaignId=campaign, Label="Invited", IsDefault=True)
    member(org, campaign, LeadId=org.lead())
    assert org.one("SELECT Status FROM CampaignMember") == {"Status": "Invited"}


@fact("salesforce", "campaigns", "One member status of a Campaign is the default.", "doc")
def test_there_is_one_default_status() -> None:
    org = new_org()
    org.post("CampaignMemberStatus", CampaignId=org.campaign(), Label="Invited", IsDefault=True)
    rows = org.rows("SELECT Label FROM CampaignMemberStatus WHERE IsDefault = true")
    assert [r["Label"] for r in rows] == ["Invited"]


@fact("salesforce", "campaigns", "A label stands once among the member statuses of a Campaign.", "doc")
def test_a_label_is_unique_in_its_campaign() -> None:
    org = new_org()
    one, two = org.campaign(), org.campaign()
    assert org.post("CampaignMemberStatus", CampaignId=one, Label="sent").code == "DUPLICATE_VALUE"
    org.post("CampaignMemberStatus", CampaignId=one, Label="Invited")
    assert org.post("CampaignMemberStatus", CampaignId=two, Label="Invited").status == 201


@fact("salesforce", "campaigns", "HasResponded follows the member's status and cannot be written.", "doc")
def test_responded_follows_the_status() -> None:
    org = new_org()
    made = member(org, org.campaign(), LeadId=org.lead(), Status="Responded").body["id"]
    assert org.one("SELECT HasResponded FROM CampaignMember") == {"HasResponded": True}
    org.patch("CampaignMember", made, Status="Sent")
    assert org.one("SELECT HasResponded FROM CampaignMember") == {"HasResponded": False}
    assert org.patch("CampaignMember", made, HasResponded=True).code == "INVALID_FIELD_FOR_INSERT_UPDATE"


@fact("salesforce", "campaigns", "FirstRespondedDate is the day of the first response and stays.", "doc")
def test_the_first_response_has_a_date() -> None:
    org = new_org()
    made = member(org, org.campaign(), LeadId=org.lead()).body["id"]
    assert org.one("SELECT FirstRespondedDate FROM CampaignMember") == {"FirstRespondedDate": None}
    for status in ("Responded", "Sent", "Responded"):
        org.patch("CampaignMember", made, Status=status)
        org.clock.advance(86400)
    assert org.one("SELECT FirstRespondedDate FROM CampaignMember") == {"FirstRespondedDate": "2026-11-02"}


@fact(
    "salesforce", "campaigns", "A status that the Campaign lacks becomes the default one, or is refused.", "assumed",
    "member_status_refused",
)  # fmt: skip
@pytest.mark.parametrize("refused", [False, True])
def test_an_unknown_member_status(refused: bool) -> None:
    org = new_org()
    org.sim.switches.member_status_refused = refused
    answer = member(org, org.campaign(), LeadId=org.lead(), Status="Danced")
    if refused:
        assert answer.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    else:
        assert org.one("SELECT Status FROM CampaignMember") == {"Status": "Sent"}


@fact("salesforce", "campaigns", "A member is a Lead or a Contact.", "doc")
def test_a_member_is_somebody() -> None:
    org = new_org()
    answer = member(org, org.campaign())
    assert (answer.code, answer.body[0]["fields"]) == ("REQUIRED_FIELD_MISSING", ["LeadId", "ContactId"])


@fact("salesforce", "campaigns", "With a Lead and a Contact in one create only the Contact is taken.", "doc")
def test_of_both_the_contact_is_taken() -> None:
    org = new_org()
    contact = org.contact()
    member(org, org.campaign(), LeadId=org.lead(), ContactId=contact)
    row = org.one("SELECT LeadId, ContactId, Type FROM CampaignMember")
    assert row == {"LeadId": None, "ContactId": contact, "Type": "Contact"}


@fact(
    "salesforce", "campaigns", "A person is a member of a Campaign once: DUPLICATE_VALUE.", "assumed",
    "member_twice_refused",
)  # fmt: skip
def test_nobody_is_a_member_twice() -> None:
    org = new_org()
    campaign, lead = org.campaign(), org.lead()
    assert member(org, campaign, LeadId=lead).status == 201
    answer = member(org, campaign, LeadId=lead)
    assert answer.body == [
        {"message": "Already a campaign member.", "errorCode": "DUPLICATE_VALUE", "fields": []}
    ]
    assert member(org, org.campaign(), LeadId=lead).status == 201
    org.sim.switches.member_twice_refused = False
    assert member(org, campaign, LeadId=lead).status == 201


@fact("salesforce", "campaigns", "A converted Lead cannot be added to a Campaign.", "seen")
def test_a_converted_lead_joins_no_campaign() -> None:
    org = new_org()
    lead = org.lead()
    org.sim.convert(lead)
    answer = member(org, org.campaign(), LeadId=lead)
    assert (answer.status, answer.code) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")


@fact("salesforce", "campaigns", "LeadOrContactId names the person, whichever it is.", "doc")
def test_lead_or_contact() -> None:
    org = new_org()
    campaign, lead, contact = org.campaign(), org.lead(), org.contact()
    member(org, campaign, LeadId=lead)
    member(org, campaign, ContactId=contact)
    rows = org.rows("SELECT LeadOrContactId, Type FROM CampaignMember ORDER BY Id")
    assert [(r["LeadOrContactId"], r["Type"]) for r in rows] == [(lead, "Lead"), (contact, "Contact")]


@fact(
    "salesforce", "campaigns", "A member shows the person's name, address and company as they are now.", "doc"
)
def test_a_member_shows_the_person() -> None:
    org = new_org()
    contact = org.contact(AccountId=org.account(), Email="d@acme.example")
    member(org, org.campaign(), ContactId=contact)
    org.sim.edit("Contact", contact, {"LastName": "Roe"})
    row = org.one("SELECT LastName, Email, CompanyOrAccount FROM CampaignMember WHERE LastName = 'roe'")
    assert row == {"LastName": "Roe", "Email": "d@acme.example", "CompanyOrAccount": "Acme"}


@pytest.mark.parametrize("name", ["CampaignId", "LeadId", "ContactId"])
@fact("salesforce", "campaigns", "A member stays with its Campaign and its person.", "doc")
def test_a_member_cannot_be_moved(name: str) -> None:
    org = new_org()
    made = member(org, org.campaign(), LeadId=org.lead()).body["id"]
    assert org.patch("CampaignMember", made, **{name: None}).code == "INVALID_FIELD_FOR_INSERT_UPDATE"


@fact("salesforce", "campaigns", "A Campaign counts its Leads, Contacts and responses.", "doc")
def test_a_campaign_counts_its_members() -> None:
    org = new_org()
    campaign = org.campaign()
    member(org, campaign, LeadId=org.lead())
    made = member(org, campaign, ContactId=org.contact(), Status="Responded").body["id"]
    names = ("NumberOfLeads", "NumberOfContacts", "NumberOfResponses")
    assert counters(org, *names) == (1, 1, 1)
    org.send("DELETE", f"sobjects/CampaignMember/{made}")
    assert counters(org, *names) == (1, 0, 0)


@fact(
    "salesforce",
    "campaigns",
    "A Campaign counts its Opportunities, the won ones, and what they are worth.",
    "doc",
)
def test_a_campaign_counts_its_opportunities() -> None:
    org = new_org()
    deal = org.opportunity(CampaignId=org.campaign(), Amount=100)
    org.patch("Opportunity", deal, Amount=300)
    names = (
        "NumberOfOpportunities",
        "AmountAllOpportunities",
        "NumberOfWonOpportunities",
        "AmountWonOpportunities",
    )
    assert counters(org, *names)[:3] == (1, 300.0, None)
    org.patch("Opportunity", deal, StageName="Closed Won")
    assert counters(org, *names) == (1, 300.0, 1, 300.0)
    org.patch("Opportunity", deal, CampaignId=None)
    assert counters(org, *names) == (0, 0.0, 0, 0.0)


@fact("salesforce", "campaigns", "The counters of a Campaign are derived: they move no stamp.", "seen")
def test_counters_move_no_stamp() -> None:
    org = new_org()
    campaign = org.campaign()
    before = org.row("Campaign", campaign)["SystemModstamp"]
    org.clock.advance(60)
    member(org, campaign, LeadId=org.lead())
    assert org.row("Campaign", campaign)["SystemModstamp"] == before


@fact("salesforce", "campaigns", "The counters of a Campaign cannot be written.", "doc")
def test_counters_are_read_only() -> None:
    org = new_org()
    assert org.patch("Campaign", org.campaign(), NumberOfLeads=5).code == "INVALID_FIELD_FOR_INSERT_UPDATE"


@fact("salesforce", "campaigns", "Campaigns stand in a tree by ParentId.", "doc")
def test_campaigns_have_parents() -> None:
    org = new_org()
    top = org.campaign(Name="Year")
    org.campaign(ParentId=top)
    row = org.one("SELECT Name, (SELECT Name FROM ChildCampaigns) FROM Campaign WHERE ParentId = null")
    assert [r["Name"] for r in row["ChildCampaigns"]["records"]] == ["Fair"]


@fact("salesforce", "campaigns", "Whoever may edit a Campaign may write its members.", "doc")
def test_members_go_by_the_rights_on_the_campaign() -> None:
    org = new_org()
    campaign, lead = org.campaign(), org.lead()
    rights = org.one("SELECT Id FROM ObjectPermissions WHERE SobjectType = 'Campaign'")["Id"]
    org.patch("ObjectPermissions", rights, PermissionsEdit=False)
    assert member(org, campaign, LeadId=lead).code == "INVALID_TYPE_FOR_OPERATION"
    org.patch("ObjectPermissions", rights, PermissionsEdit=True)
    assert member(org, campaign, LeadId=lead).status == 201
