"""Campaign, its members and their statuses, as tables. What is stored with them is derived in campaigns.py."""

from __future__ import annotations

from dataclasses import replace

from crmsync.simulator.salesforce.fields import area, fixed, flag, pick, ref, system, text
from crmsync.simulator.salesforce.schema import Entity, Field, Formula, Look, Row, Value

TYPES = (
    *("Conference", "Webinar", "Trade Show", "Public Relations", "Partners", "Referral Program"),
    *("Advertisement", "Banner Ads", "Direct Mail", "Email", "Telemarketing", "Other"),
)
STATUSES = ("Planned", "In Progress", "Completed", "Aborted")
MEMBER_STATUSES = (("Sent", False), ("Responded", True))
"""Label and whether it counts as a response: what every new Campaign starts with; the first is the default."""


def _count(name: str, kind: str = "int") -> Field:
    return fixed(Field(name, kind))


def campaign() -> Entity:
    """Campaign, as in OBJ/sforce_api_objects_campaign."""
    return Entity(
        "Campaign",
        "701",
        (
            *system(),
            text("Name", 80, required=True, permissionable=False, label="Campaign Name"),
            ref("ParentId", "Campaign", children="ChildCampaigns", indexed=True),
            pick("Type", TYPES),
            pick("Status", STATUSES, default=STATUSES[0]),
            Field("StartDate", "date"),
            Field("EndDate", "date"),
            Field("ExpectedRevenue", "currency"),
            Field("BudgetedCost", "currency"),
            Field("ActualCost", "currency"),
            Field("ExpectedResponse", "percent", label="Expected Response (%)"),
            Field("NumberSent", "double"),
            flag("IsActive", label="Active"),
            area("Description"),
            _count("NumberOfLeads"),
            _count("NumberOfConvertedLeads"),
            _count("NumberOfContacts"),
            _count("NumberOfResponses"),
            _count("NumberOfOpportunities"),
            _count("NumberOfWonOpportunities"),
            _count("AmountAllOpportunities", "currency"),
            _count("AmountWonOpportunities", "currency"),
            ref("OwnerId", "User", permissionable=False),
        ),
        owned=True,
    )


def _shown(item: Field, formula: Formula) -> Field:
    return replace(fixed(item), calculated=True, formula=formula, default=None)


def _person(row: Row, look: Look) -> Row:
    """The Lead or Contact of a member."""
    return look(row.get("LeadOrContactId")) or {}


def _of_person(name: str) -> Formula:
    return lambda row, look: _person(row, look).get(name)


def _company(row: Row, look: Look) -> Value:
    person = _person(row, look)
    return person.get("Company") or (look(person.get("AccountId")) or {}).get("Name")


def campaign_member() -> Entity:
    """CampaignMember, as in OBJ/sforce_api_objects_campaignmember."""
    copied = (
        pick("Salutation", ()),
        text("FirstName", 40),
        text("LastName", 80),
        text("Title", 128),
        Field("Email", "email", length=80),
        pick("LeadSource", ()),
        flag("HasOptedOutOfEmail"),
        flag("DoNotCall"),
    )
    return Entity(
        "CampaignMember",
        "00v",
        (
            *system(),
            ref("CampaignId", "Campaign", required=True, updateable=False, permissionable=False,
                indexed=True, children="CampaignMembers"),
            ref("LeadId", "Lead", updateable=False, permissionable=False, indexed=True,
                children="CampaignMembers"),
            ref("ContactId", "Contact", updateable=False, permissionable=False, indexed=True,
                children="CampaignMembers"),
            pick("Status", (), permissionable=False),
            fixed(flag("HasResponded", label="Responded")),
            fixed(Field("FirstRespondedDate", "date")),
            fixed(ref("LeadOrContactId", "Contact", "Lead", indexed=True, children="")),
            _shown(ref("LeadOrContactOwnerId", "User", "Group"), lambda row, look: _person(row, look).get("OwnerId")),
            _shown(text("CompanyOrAccount", 255), _company),
            fixed(pick("Type", ("Contact", "Lead"))),
            *(_shown(f, _of_person(f.name)) for f in copied),
        ),
        controlled=("CampaignId",),
        rights_of="Campaign",
    )  # fmt: skip


def member_status() -> Entity:
    """CampaignMemberStatus, as in OBJ/sforce_api_objects_campaignmemberstatus."""
    return Entity(
        "CampaignMemberStatus",
        "01Y",
        (
            *system(),
            ref("CampaignId", "Campaign", required=True, updateable=False, permissionable=False,
                indexed=True, children="CampaignMemberStatuses"),
            text("Label", 765, required=True, permissionable=False),
            Field("SortOrder", "int", permissionable=False),
            flag("IsDefault", permissionable=False, label="Default"),
            flag("HasResponded", permissionable=False, label="Responded"),
        ),
        plural="CampaignMemberStatuses",
        controlled=("CampaignId",),
        rights_of="Campaign",
    )  # fmt: skip
