"""The rows that a new org starts with: organisation, users, profile, permissions and Lead statuses."""

from __future__ import annotations

from crmsync.simulator.salesforce.catalog import CONVERTED_STATUS, STATUSES
from crmsync.simulator.salesforce.catalog_activity import CLOSED_STATUSES
from crmsync.simulator.salesforce.catalog_activity import STATUSES as TASK_STATUSES
from crmsync.simulator.salesforce.catalog_sales import FORECASTS, STAGES
from crmsync.simulator.salesforce.rules import DuplicateRule
from crmsync.simulator.salesforce.schema import Row
from crmsync.simulator.salesforce.tenant import Tenant

DATA_OBJECTS = ("Lead", "Contact", "Account", "Opportunity", "Campaign")
"""Objects with permissions of their own."""
ACTIVITIES = ("Task", "Event")
DETAILS = ("OpportunityContactRole", "CampaignMember", "CampaignMemberStatus")
"""Whoever may edit the master may write these."""
_REPS = (("Rosa", "Reyes", True), ("Sam", "Stone", True), ("Tina", "Tran", True), ("Olaf", "Old", False))


def fill(org: Tenant) -> tuple[str, str]:
    """Put the first rows in. Returns the ids of the profile's own permission set and of the assignable one."""
    profile = _put(org, "Profile", Name="System Integration")
    _put(org, "Organization", Id=org.org_id, Name="Simulated Sales", OrganizationType="Enterprise Edition",
         InstanceName="SIM1", IsSandbox=False, TimeZoneSidKey="GMT", DefaultLocaleSidKey="en_US")  # fmt: skip
    _user(org, profile, "Integration", "User", True, org.user_id)
    reps = [_user(org, profile, first, last, active, "") for first, last, active in _REPS]
    org.person_id = reps[0]
    queue = _put(org, "Group", Name="Triage", DeveloperName="Triage", Type="Queue")
    _put(org, "QueueSobject", QueueId=queue, SobjectType="Lead")
    own = _put(org, "PermissionSet", Name="X00ex00000018ozh_128_09", Label="X00ex00000018ozh_128_09",
               IsOwnedByProfile=True, ProfileId=profile, IsCustom=False, PermissionsApiEnabled=True,
               PermissionsViewSetup=True, PermissionsCustomizeApplication=True, PermissionsManageUsers=True,
               PermissionsAssignPermissionSets=True)  # fmt: skip
    free = _put(org, "PermissionSet", Name="CRM_Integration", Label="CRM Integration", IsOwnedByProfile=False,
                IsCustom=True, PermissionsApiEnabled=True)  # fmt: skip
    for permission_set in (own, free):
        _put(org, "PermissionSetAssignment", AssigneeId=org.user_id, PermissionSetId=permission_set)
    for name in DATA_OBJECTS:
        _put(org, "ObjectPermissions", ParentId=own, SobjectType=name, PermissionsRead=True,
             PermissionsCreate=True, PermissionsEdit=True, PermissionsDelete=True,
             PermissionsViewAllRecords=True, PermissionsModifyAllRecords=True)  # fmt: skip
    for name in (*DATA_OBJECTS, *ACTIVITIES):
        for item in org.schema.entities[name].fields.values():
            if item.permissionable and not item.compound:
                grant(org, own, name, item.name)
    _statuses(org)
    _rules(org)
    return own, free


def _statuses(org: Tenant) -> None:
    for at, label in enumerate(STATUSES, start=1):
        _put(org, "LeadStatus", MasterLabel=label, ApiName=label, SortOrder=at, IsDefault=at == 1,
             IsConverted=label == CONVERTED_STATUS)  # fmt: skip
    names = {name: category for category, name in FORECASTS.items()}
    for at, (label, closed, won, probability, category) in enumerate(STAGES, start=1):
        _put(org, "OpportunityStage", MasterLabel=label, ApiName=label, SortOrder=at, IsActive=True,
             IsClosed=closed, IsWon=won, DefaultProbability=probability, ForecastCategoryName=category,
             ForecastCategory=names[category])  # fmt: skip
    for at, label in enumerate(TASK_STATUSES, start=1):
        _put(org, "TaskStatus", MasterLabel=label, ApiName=label, SortOrder=at, IsDefault=at == 1,
             IsClosed=label in CLOSED_STATUSES)  # fmt: skip


def _rules(org: Tenant) -> None:
    """The vendor's own duplicate rules, not active: a Lead and a Contact are compared with both objects."""
    for obj, other in (("Lead", "Contact"), ("Contact", "Lead")):
        name = f"Standard_{obj}_Duplicate_Rule"
        rule = _put(org, "DuplicateRule", SobjectType=obj, DeveloperName=name, Language="en_US",
                    MasterLabel=name.replace("_", " "), IsActive=False)  # fmt: skip
        org.rules.duplicates.append(DuplicateRule(rule, name, obj, (obj, other)))


def grant(org: Tenant, permission_set: str, obj: str, field: str) -> None:
    """Let a permission set read and edit a field."""
    _put(org, "FieldPermissions", ParentId=permission_set, SobjectType=obj, Field=f"{obj}.{field}",
         PermissionsRead=True, PermissionsEdit=True)  # fmt: skip


def _user(org: Tenant, profile: str, first: str, last: str, active: bool, record_id: str) -> str:
    address = f"{first}.{last}@salesreps.example".lower()
    username = "integration@salesreps.example" if record_id else address
    return _put(org, "User", Id=record_id or org.mint.new("005"), Username=username, FirstName=first, LastName=last,
         Name=f"{first} {last}", Email=address, Alias=first[:8].lower(), IsActive=active, UserType="Standard",
         ProfileId=profile, TimeZoneSidKey="GMT")  # fmt: skip


def _put(org: Tenant, obj: str, **values: str | bool | int | float | None) -> str:
    stamp = org.now()
    row: Row = {
        "Id": org.mint.new(org.schema.entities[obj].prefix) if "Id" not in values else "",
        "CreatedDate": stamp,
        "CreatedById": org.user_id,
        "LastModifiedDate": stamp,
        "LastModifiedById": org.user_id,
        "SystemModstamp": stamp,
        **values,
    }
    org.put(org.tables[obj], row)
    return str(row["Id"])
