"""The rows that a new org starts with: organisation, users, profile, permissions and Lead statuses."""

from __future__ import annotations

from crmsync.simulator.salesforce.catalog import CONVERTED_STATUS, STATUSES
from crmsync.simulator.salesforce.schema import Row
from crmsync.simulator.salesforce.tenant import Tenant

DATA_OBJECTS = ("Lead", "Contact", "Account")
_REPS = (("Rosa", "Reyes", True), ("Sam", "Stone", True), ("Tina", "Tran", True), ("Olaf", "Old", False))


def fill(org: Tenant) -> tuple[str, str]:
    """Put the first rows in. Returns the ids of the profile's own permission set and of the assignable one."""
    profile = _put(org, "Profile", Name="System Integration")
    _put(org, "Organization", Id=org.org_id, Name="Simulated Sales", OrganizationType="Enterprise Edition",
         InstanceName="SIM1", IsSandbox=False, TimeZoneSidKey="GMT", DefaultLocaleSidKey="en_US")  # fmt: skip
    _user(org, profile, "Integration", "User", True, org.user_id)
    for first, last, active in _REPS:
        _user(org, profile, first, last, active, "")
    _put(org, "Group", Name="Triage", DeveloperName="Triage", Type="Queue")
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
        for item in org.schema.entities[name].fields.values():
            if item.permissionable and not item.compound:
                grant(org, own, name, item.name)
    for at, label in enumerate(STATUSES, start=1):
        _put(org, "LeadStatus", MasterLabel=label, ApiName=label, SortOrder=at, IsDefault=at == 1,
             IsConverted=label == CONVERTED_STATUS)  # fmt: skip
    return own, free


def grant(org: Tenant, permission_set: str, obj: str, field: str) -> None:
    """Let a permission set read and edit a field."""
    _put(org, "FieldPermissions", ParentId=permission_set, SobjectType=obj, Field=f"{obj}.{field}",
         PermissionsRead=True, PermissionsEdit=True)  # fmt: skip


def _user(org: Tenant, profile: str, first: str, last: str, active: bool, record_id: str) -> None:
    address = f"{first}.{last}@salesreps.example".lower()
    username = "integration@salesreps.example" if record_id else address
    _put(org, "User", Id=record_id or org.mint.new("005"), Username=username, FirstName=first, LastName=last,
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
