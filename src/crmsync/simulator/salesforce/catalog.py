"""The objects and fields of a fresh org, as tables. Data only; lengths as the vendor's object reference says."""

from __future__ import annotations

from typing import Any

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


def text(name: str, length: int, **more: Any) -> Field:
    """A line of text."""
    return Field(name, "string", length=length, **more)


def area(name: str, length: int = 32000, **more: Any) -> Field:
    """Long text, which cannot be filtered above 255."""
    return Field(name, "textarea", length=length, **more)


def pick(name: str, values: tuple[str, ...], **more: Any) -> Field:
    """A picklist, not restricted unless told so."""
    return Field(name, "picklist", length=255, picklist=values, **more)


def flag(name: str, **more: Any) -> Field:
    """A checkbox, off by default."""
    return Field(name, "boolean", default=False, **more)


def ref(name: str, *targets: str, **more: Any) -> Field:
    """A reference; its relationship has the name without `Id`."""
    relationship = more.pop("relationship", name.removesuffix("Id"))
    return Field(name, "reference", length=18, references=targets, relationship=relationship, **more)


def fixed(item: Field) -> Field:
    """The same field, which no API call can write and everybody sees."""
    names = {n: getattr(item, n) for n in item.__slots__}
    return Field(**{**names, "createable": False, "updateable": False, "permissionable": False})


def address(prefix: str) -> tuple[Field, ...]:
    """The parts of an address and the read-only compound over them."""
    sizes = (("Street", 255), ("City", 40), ("State", 80), ("PostalCode", 20), ("Country", 80))
    whole = f"{prefix}Address"
    parts = tuple(
        Field(prefix + n, "textarea" if n == "Street" else "string", length=s, compound=whole)
        for n, s in sizes
    )
    return (
        *parts,
        Field(
            whole, "address", createable=False, updateable=False, parts=tuple(prefix + n for n, _ in sizes)
        ),
    )


def system(*, deletable: bool = True) -> tuple[Field, ...]:
    """The fields that every object has and nobody writes."""
    head: tuple[Field, ...] = (Field("Id", "id", length=18, label="Record ID"),)
    if deletable:
        head += (flag("IsDeleted", label="Deleted"),)
    return tuple(
        fixed(f)
        for f in (
            *head,
            Field("CreatedDate", "datetime"),
            ref("CreatedById", "User"),
            Field("LastModifiedDate", "datetime"),
            ref("LastModifiedById", "User"),
            Field("SystemModstamp", "datetime"),
        )
    )


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
            ref("AccountId", "Account", indexed=True),
            ref("ReportsToId", "Contact"),
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
            ref("ParentId", "Account"),
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
            ref("OwnerId", "User", permissionable=False),
        ),
        owned=True,
    )


def _setup(name: str, prefix: str, *fields: Field, **more: Any) -> Entity:
    """A set-up object: no field-level security, never in the recycle bin."""
    shown = tuple(f if not f.permissionable else _shown(f) for f in fields)
    return Entity(name, prefix, (*system(deletable=False), *shown), deletable=False, **more)


def _shown(item: Field) -> Field:
    return Field(**{**{n: getattr(item, n) for n in item.__slots__}, "permissionable": False})


def setup_objects() -> tuple[Entity, ...]:
    """Users, permissions and the rest of the set-up objects."""
    rights = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    general = [
        "ViewAllData",
        "ModifyAllData",
        "ApiEnabled",
        "ViewSetup",
        "CustomizeApplication",
        "ManageUsers",
        "AssignPermissionSets",
        "EditReadonlyFields",
    ]
    return (
        _setup(
            "User",
            "005",
            text("Username", 80, required=True, unique=True),
            text("FirstName", 40),
            text("LastName", 80, required=True),
            fixed(text("Name", 121)),
            Field("Email", "email", length=128, required=True, indexed=True),
            text("Alias", 8),
            text("Title", 80),
            Field("IsActive", "boolean", default=True),
            pick("UserType", ("Standard",)),
            ref("ProfileId", "Profile"),
            ref("ManagerId", "User"),
            text("TimeZoneSidKey", 40),
        ),
        _setup(
            "Group", "00G", text("Name", 40), text("DeveloperName", 80), pick("Type", ("Queue", "Regular"))
        ),
        _setup(
            "Organization",
            "00D",
            text("Name", 80),
            text("OrganizationType", 40),
            text("InstanceName", 5),
            flag("IsSandbox"),
            text("DefaultLocaleSidKey", 40),
            text("TimeZoneSidKey", 40),
            text("LanguageLocaleKey", 40),
            writable=False,
        ),
        _setup("Profile", "00e", text("Name", 255), writable=False),
        _setup(
            "PermissionSet",
            "0PS",
            text("Name", 80, required=True),
            text("Label", 80),
            fixed(flag("IsOwnedByProfile")),
            fixed(ref("ProfileId", "Profile")),
            fixed(flag("IsCustom")),
            *(flag(f"Permissions{n}") for n in general),
        ),
        _setup(
            "PermissionSetAssignment",
            "0Pa",
            ref("AssigneeId", "User", required=True),
            ref("PermissionSetId", "PermissionSet", required=True),
        ),
        _setup(
            "ObjectPermissions",
            "110",
            ref("ParentId", "PermissionSet", required=True),
            text("SobjectType", 80, required=True, updateable=False),
            *(flag(f"Permissions{n}") for n in rights),
            plural="ObjectPermissions",
        ),
        _setup(
            "FieldPermissions",
            "01k",
            ref("ParentId", "PermissionSet", required=True),
            text("SobjectType", 80, required=True, updateable=False),
            text("Field", 240, required=True, updateable=False),
            flag("PermissionsRead"),
            flag("PermissionsEdit"),
            plural="FieldPermissions",
        ),
        _setup(
            "LeadStatus",
            "01J",
            text("MasterLabel", 255),
            text("ApiName", 255),
            Field("SortOrder", "int"),
            flag("IsDefault"),
            flag("IsConverted"),
            plural="LeadStatuses",
            writable=False,
        ),
    )


def custom_field_object() -> Entity:
    """The Tooling API's view of custom fields."""
    return _setup(
        "CustomField",
        "00N",
        text("DeveloperName", 80),
        text("TableEnumOrId", 80),
        text("NamespacePrefix", 15),
        Field("Length", "int"),
        area("Description", 255),
        tooling=True,
    )


def fresh_schema() -> Schema:
    """The object types of a new org."""
    return Schema((lead(), contact(), account(), *setup_objects(), custom_field_object()))
