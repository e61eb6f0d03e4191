"""The set-up objects of an org, as tables: users, permissions, queues, statuses, rules. Data only."""

from __future__ import annotations

from crmsync.simulator.salesforce.fields import area, fixed, flag, pick, ref, setup, text
from crmsync.simulator.salesforce.schema import Entity, Field


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
        setup(
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
            lasting=True,
        ),
        setup(
            "Group",
            "00G",
            text("Name", 40, required=True),
            text("DeveloperName", 80),
            pick("Type", ("Queue", "Regular")),
            Field("Email", "email", length=255),
        ),
        setup(
            "QueueSobject",
            "03g",
            ref("QueueId", "Group", required=True, indexed=True, children="QueueSobjects"),
            text("SobjectType", 40, required=True),
        ),
        setup(
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
        setup("Profile", "00e", text("Name", 255), writable=False),
        setup(
            "PermissionSet",
            "0PS",
            text("Name", 80, required=True),
            text("Label", 80),
            text("Description", 255),
            fixed(flag("IsOwnedByProfile")),
            fixed(ref("ProfileId", "Profile")),
            fixed(flag("IsCustom")),
            *(flag(f"Permissions{n}") for n in general),
        ),
        setup(
            "PermissionSetAssignment",
            "0Pa",
            ref("AssigneeId", "User", required=True),
            ref("PermissionSetId", "PermissionSet", required=True),
        ),
        setup(
            "ObjectPermissions",
            "110",
            ref("ParentId", "PermissionSet", required=True),
            text("SobjectType", 80, required=True, updateable=False),
            *(flag(f"Permissions{n}") for n in rights),
            plural="ObjectPermissions",
        ),
        setup(
            "FieldPermissions",
            "01k",
            ref("ParentId", "PermissionSet", required=True),
            text("SobjectType", 80, required=True, updateable=False),
            text("Field", 240, required=True, updateable=False),
            flag("PermissionsRead"),
            flag("PermissionsEdit"),
            plural="FieldPermissions",
        ),
        *statuses(),
        *rules(),
    )


def statuses() -> tuple[Entity, ...]:
    """The values of the status picklists with what they mean."""
    value = (text("MasterLabel", 255), text("ApiName", 255), Field("SortOrder", "int"))
    return (
        setup(
            "LeadStatus",
            "01J",
            *value,
            flag("IsDefault"),
            flag("IsConverted"),
            plural="LeadStatuses",
            writable=False,
        ),
        setup(
            "OpportunityStage",
            "01J",
            *value,
            flag("IsActive"),
            flag("IsClosed"),
            flag("IsWon"),
            pick("ForecastCategory", ()),
            text("ForecastCategoryName", 255),
            Field("DefaultProbability", "percent"),
            text("Description", 255),
            writable=False,
        ),
        setup(
            "TaskStatus",
            "01J",
            *value,
            flag("IsDefault"),
            flag("IsClosed"),
            plural="TaskStatuses",
            writable=False,
        ),
    )


def rules() -> tuple[Entity, ...]:
    """Record types and rules, as far as the vendor shows them to ordinary queries."""
    return (
        setup(
            "RecordType",
            "012",
            text("Name", 80, required=True),
            text("DeveloperName", 80, required=True),
            text("Description", 255),
            text("SobjectType", 40, required=True),
            flag("IsActive"),
            flag("IsPersonType"),
            lasting=True,
        ),
        setup(
            "AssignmentRule",
            "01Q",
            text("Name", 120),
            pick("SobjectType", ("Case", "Lead")),
            flag("Active"),
            writable=False,
        ),
        setup(
            "DuplicateRule",
            "0Bm",
            text("SobjectType", 40),
            text("DeveloperName", 80),
            text("MasterLabel", 80),
            text("Language", 10),
            text("NamespacePrefix", 15),
            flag("IsActive"),
            text("SobjectSubtype", 40),
            writable=False,
        ),
    )


def custom_field_object() -> Entity:
    """The Tooling API's view of custom fields."""
    return setup(
        "CustomField",
        "00N",
        text("DeveloperName", 80),
        text("TableEnumOrId", 80),
        text("NamespacePrefix", 15),
        Field("Length", "int"),
        area("Description", 255),
        tooling=True,
    )


def validation_rule_object() -> Entity:
    """The Tooling API's view of validation rules; ordinary queries do not know them."""
    return setup(
        "ValidationRule",
        "03d",
        text("ValidationName", 40),
        text("EntityDefinitionId", 40),
        flag("Active"),
        area("Description", 255),
        text("ErrorMessage", 255),
        text("ErrorDisplayField", 255),
        text("NamespacePrefix", 15),
        tooling=True,
    )
