"""The objects and fields of a fresh org, as tables. Data only; lengths as the vendor's object reference says."""

from __future__ import annotations

from functools import lru_cache

from crmsync.simulator.salesforce.catalog_activity import event, task
from crmsync.simulator.salesforce.catalog_history import field_history
from crmsync.simulator.salesforce.catalog_marketing import campaign, campaign_member, member_status
from crmsync.simulator.salesforce.catalog_sales import contact_role, opportunity, opportunity_history
from crmsync.simulator.salesforce.catalog_setup import (
    custom_field_object,
    setup_objects,
    validation_rule_object,
)
from crmsync.simulator.salesforce.fields import address, area, fixed, flag, pick, ref, system, text
from crmsync.simulator.salesforce.schema import Entity, Field, Schema

STATUSES = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
CONVERTED_STATUS = "Closed - Converted"
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
SALUTATIONS = ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx.")
RATINGS = ("Hot", "Warm", "Cold")
INDUSTRIES = (
    *("Agriculture", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction"),
    *("Consulting", "Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental"),
    *("Finance", "Food & Beverage", "Government", "Healthcare", "Hospitality", "Insurance", "Machinery"),
    *("Manufacturing", "Media", "Not For Profit", "Other", "Recreation", "Retail", "Shipping", "Technology"),
    *("Telecommunications", "Transportation", "Utilities"),
)
ACCOUNT_TYPES = ("Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller", "Other")


def person() -> tuple[Field, ...]:
    """What a Lead and a Contact have in common."""
    return (
        pick("Salutation", SALUTATIONS),
        text("FirstName", 40),
        text("LastName", 80, required=True, permissionable=False),
        fixed(text("Name", 121, label="Full Name")),
        text("Title", 128),
        Field("Email", "email", length=80, indexed=True),
        Field("Phone", "phone", length=40, label="Business Phone"),
        Field("MobilePhone", "phone", length=40),
        Field("Fax", "phone", length=40),
        area("Description"),
        pick("LeadSource", SOURCES),
        flag("HasOptedOutOfEmail", label="Email Opt Out"),
        flag("HasOptedOutOfFax", label="Fax Opt Out"),
        flag("DoNotCall"),
        text("EmailBouncedReason", 255),
        Field("EmailBouncedDate", "datetime"),
        fixed(ref("MasterRecordId", "Lead", indexed=True)),
        ref("OwnerId", "User", "Group", permissionable=False),
        fixed(Field("LastActivityDate", "date", label="Last Activity")),
        Field("Jigsaw", "string", length=20, label="Data.com Key"),
    )


def lead() -> Entity:
    """Lead, as in OBJ/sforce_api_objects_lead."""
    return Entity(
        "Lead",
        "00Q",
        (
            *system(),
            *person(),
            *address(""),
            text("Company", 255, required=True, permissionable=False),
            Field("Website", "url", length=255),
            pick("Status", STATUSES, default=STATUSES[0], permissionable=False, label="Lead Status"),
            pick("Industry", INDUSTRIES),
            pick("Rating", RATINGS),
            Field("AnnualRevenue", "currency"),
            Field("NumberOfEmployees", "int", label="Employees"),
            fixed(flag("IsConverted", label="Converted")),
            fixed(Field("ConvertedDate", "date")),
            fixed(ref("ConvertedAccountId", "Account", indexed=True)),
            fixed(ref("ConvertedContactId", "Contact", indexed=True)),
            fixed(ref("ConvertedOpportunityId", "Opportunity")),
        ),
        owned=True,
    )


def contact() -> Entity:
    """Contact, as in OBJ/sforce_api_objects_contact."""
    return Entity(
        "Contact",
        "003",
        (
            *system(),
            *(f for f in person() if f.name not in {"MasterRecordId", "OwnerId"}),
            fixed(ref("MasterRecordId", "Contact", indexed=True)),
            ref("OwnerId", "User", permissionable=False),
            *address("Mailing"),
            *address("Other"),
            ref("AccountId", "Account", indexed=True, children="Contacts"),
            ref("ReportsToId", "Contact", indexed=True),
            Field("HomePhone", "phone", length=40),
            Field("OtherPhone", "phone", length=40),
            Field("AssistantPhone", "phone", length=40),
            text("AssistantName", 40),
            text("Department", 80),
            Field("Birthdate", "date"),
            fixed(flag("IsEmailBounced")),
        ),
        owned=True,
    )


def account() -> Entity:
    """Account, as in OBJ/sforce_api_objects_account."""
    return Entity(
        "Account",
        "001",
        (
            *system(),
            text("Name", 255, required=True, permissionable=False, label="Account Name"),
            pick("Type", ACCOUNT_TYPES, label="Account Type"),
            ref("ParentId", "Account", indexed=True, children="ChildAccounts"),
            *address("Billing"),
            *address("Shipping"),
            Field("Phone", "phone", length=40, label="Account Phone"),
            Field("Fax", "phone", length=40, label="Account Fax"),
            text("AccountNumber", 40),
            Field("Website", "url", length=255),
            text("Sic", 20, label="SIC Code"),
            pick("Industry", INDUSTRIES),
            Field("AnnualRevenue", "currency"),
            Field("NumberOfEmployees", "int", label="Employees"),
            pick("Ownership", ("Public", "Private", "Subsidiary", "Other")),
            text("TickerSymbol", 20),
            area("Description", label="Account Description"),
            pick("Rating", RATINGS, label="Account Rating"),
            text("Site", 80, label="Account Site"),
            pick("AccountSource", SOURCES),
            fixed(ref("MasterRecordId", "Account", indexed=True)),
            fixed(Field("LastActivityDate", "date", label="Last Activity")),
            ref("OwnerId", "User", permissionable=False),
        ),
        owned=True,
    )


@lru_cache(maxsize=1)
def _tables() -> tuple[Entity, ...]:
    """Every object of a new org. Never handed out: an org's own may grow."""
    return (
        lead(),
        contact(),
        account(),
        opportunity(SOURCES),
        contact_role(),
        opportunity_history(),
        task(),
        event(),
        campaign(),
        campaign_member(),
        member_status(),
        *field_history(),
        *setup_objects(),
        custom_field_object(),
        validation_rule_object(),
    )


def fresh_schema() -> Schema:
    """The object types of a new org."""
    return Schema(entity.copy() for entity in _tables())
