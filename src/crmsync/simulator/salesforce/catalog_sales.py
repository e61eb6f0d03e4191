"""Opportunity with its contact roles and its stage history, as tables. Data only; what they derive is elsewhere."""

from __future__ import annotations

from crmsync.simulator.salesforce.fields import area, fixed, flag, pick, ref, system, text
from crmsync.simulator.salesforce.schema import Entity, Field

Stage = tuple[str, bool, bool, float, str]
STAGES: tuple[Stage, ...] = (
    ("Prospecting", False, False, 10.0, "Pipeline"),
    ("Qualification", False, False, 10.0, "Pipeline"),
    ("Needs Analysis", False, False, 20.0, "Pipeline"),
    ("Value Proposition", False, False, 50.0, "Pipeline"),
    ("Id. Decision Makers", False, False, 60.0, "Pipeline"),
    ("Perception Analysis", False, False, 70.0, "Pipeline"),
    ("Proposal/Price Quote", False, False, 75.0, "Pipeline"),
    ("Negotiation/Review", False, False, 90.0, "Pipeline"),
    ("Closed Won", True, True, 100.0, "Closed"),
    ("Closed Lost", True, False, 0.0, "Omitted"),
)
"""Label, closed, won, probability in per cent, forecast category: the vendor's own list in a new org."""
FORECASTS = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "BestCase": "Best Case",
    "Forecast": "Commit",
    "Closed": "Closed",
}
"""ForecastCategory -> ForecastCategoryName."""
TYPES = (
    "Existing Customer - Upgrade",
    "Existing Customer - Replacement",
    "Existing Customer - Downgrade",
    "New Customer",
)
ROLES = (
    "Business User",
    "Decision Maker",
    "Economic Buyer",
    "Economic Decision Maker",
    "Evaluator",
    "Executive Sponsor",
    "Influencer",
    "Technical Buyer",
    "Other",
)


def opportunity(sources: tuple[str, ...]) -> Entity:
    """Opportunity, as in OBJ/sforce_api_objects_opportunity."""
    return Entity(
        "Opportunity",
        "006",
        (
            *system(),
            ref("AccountId", "Account", indexed=True, children="Opportunities"),
            flag("IsPrivate", label="Private"),
            text("Name", 120, required=True, permissionable=False, label="Opportunity Name"),
            area("Description"),
            pick(
                "StageName", tuple(s[0] for s in STAGES), required=True, permissionable=False, label="Stage"
            ),
            Field("Amount", "currency", scale=2),
            Field("Probability", "percent", label="Probability (%)"),
            fixed(Field("ExpectedRevenue", "currency", label="Expected Amount", scale=2)),
            Field("TotalOpportunityQuantity", "double", label="Quantity", scale=2),
            Field("CloseDate", "date", required=True, permissionable=False),
            pick("Type", TYPES, label="Opportunity Type"),
            text("NextStep", 255),
            pick("LeadSource", sources),
            fixed(flag("IsClosed", label="Closed")),
            fixed(flag("IsWon", label="Won")),
            fixed(pick("ForecastCategory", tuple(FORECASTS), restricted=True)),
            pick("ForecastCategoryName", tuple(FORECASTS.values()), label="Forecast Category"),
            ref("CampaignId", "Campaign", indexed=True, children="Opportunities"),
            ref("ContactId", "Contact", updateable=False, indexed=True, label="Contact ID"),
            fixed(flag("HasOpportunityLineItem", label="Has Line Item")),
            ref("OwnerId", "User", permissionable=False),
            fixed(Field("LastActivityDate", "date", label="Last Activity")),
            fixed(Field("LastStageChangeDate", "datetime")),
            fixed(Field("FiscalQuarter", "int")),
            fixed(Field("FiscalYear", "int")),
            fixed(text("Fiscal", 6, label="Fiscal Period")),
        ),
        plural="Opportunities",
        owned=True,
    )


def contact_role() -> Entity:
    """OpportunityContactRole, as in OBJ/sforce_api_objects_opportunitycontactrole."""
    return Entity(
        "OpportunityContactRole",
        "00K",
        (
            *system(),
            ref("OpportunityId", "Opportunity", required=True, updateable=False, permissionable=False,
                indexed=True, children="OpportunityContactRoles"),
            ref("ContactId", "Contact", required=True, permissionable=False, indexed=True,
                children="OpportunityContactRoles"),
            pick("Role", ROLES, permissionable=False),
            flag("IsPrimary", permissionable=False, label="Primary"),
        ),
        controlled=("OpportunityId",),
        rights_of="Opportunity",
    )  # fmt: skip


def opportunity_history() -> Entity:
    """OpportunityHistory, as in OBJ/sforce_api_objects_opportunityhistory: written by the vendor alone."""
    fields = (
        ref("OpportunityId", "Opportunity", indexed=True, children="OpportunityHistories"),
        pick("StageName", ()),
        Field("Amount", "currency", scale=2),
        Field("PrevAmount", "currency", scale=2),
        Field("ExpectedRevenue", "currency", scale=2),
        Field("CloseDate", "date"),
        Field("PrevCloseDate", "date"),
        Field("Probability", "percent"),
        pick("ForecastCategory", ()),
    )
    stamps = [f for f in system() if not f.name.startswith("LastModified")]
    return Entity(
        "OpportunityHistory",
        "008",
        (*stamps, *(fixed(f) for f in fields)),
        plural="OpportunityHistories",
        writable=False,
        controlled=("OpportunityId",),
        rights_of="Opportunity",
    )
