"""Custom fields, permissions, sharing and describe: what the integration user sees and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Org, new_org


def seen(org: Org, obj: str = "Lead") -> dict[str, dict[str, Any]]:
    """The fields that describe shows, by name."""
    return {f["name"]: f for f in org.send("GET", f"sobjects/{obj}/describe").body["fields"]}


@fact(
    "salesforce",
    "tooling",
    "A field made by the Tooling API is invisible to everybody until FieldPermissions grants it.",
    "seen",
)
def test_a_field_made_by_tooling_is_invisible_until_field_permissions_are_granted() -> None:
    org = new_org()
    assert org.key_field(granted=False).status == 201
    assert "crmsync_id__c" not in seen(org)
    assert org.query("SELECT crmsync_id__c FROM Lead").code == "INVALID_FIELD"
    body = {"LastName": "D", "Company": "A", "crmsync_id__c": "x"}
    assert org.send("POST", "sobjects/Lead", body).code == "INVALID_FIELD"
    rights = {"PermissionsRead": True, "PermissionsEdit": False}
    grant = {
        "ParentId": org.sim.permission_set_id,
        "SobjectType": "Lead",
        "Field": "Lead.crmsync_id__c",
        **rights,
    }
    made = org.send("POST", "sobjects/FieldPermissions", grant).body["id"]
    field = seen(org)["crmsync_id__c"]
    assert (field["externalId"], field["unique"], field["length"], field["updateable"]) == (
        True,
        True,
        100,
        False,
    )
    assert org.send("POST", "sobjects/Lead", body).code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    org.send("PATCH", f"sobjects/FieldPermissions/{made}", {"PermissionsEdit": True})
    assert seen(org)["crmsync_id__c"]["updateable"]
    assert org.send("POST", "sobjects/Lead", body).status == 201


@fact("salesforce", "tooling", "A permission set grants nothing until it is assigned to the user.", "doc")
def test_a_permission_set_grants_nothing_until_it_is_assigned() -> None:
    org = new_org()
    org.key_field(granted=False)
    made = org.send("POST", "sobjects/PermissionSet", {"Name": "crmsync", "Label": "crmsync"}).body["id"]
    rights = {"PermissionsRead": True, "PermissionsEdit": True}
    grant = {"ParentId": made, "SobjectType": "Lead", "Field": "Lead.crmsync_id__c", **rights}
    assert org.send("POST", "sobjects/FieldPermissions", grant).status == 201
    assert "crmsync_id__c" not in seen(org)
    org.send(
        "POST", "sobjects/PermissionSetAssignment", {"AssigneeId": org.sim.user_id, "PermissionSetId": made}
    )
    assert "crmsync_id__c" in seen(org)


@fact(
    "salesforce",
    "tooling",
    "Custom fields are found by Tooling's own query, without the ending of their name.",
    "doc",
)
def test_custom_fields_are_listed_by_tooling() -> None:
    org = new_org()
    made = org.key_field().body["id"]
    soql = "SELECT Id FROM CustomField WHERE TableEnumOrId = 'Lead' AND DeveloperName = 'crmsync_id'"
    assert org.rows(soql, "tooling/query") == [{"Id": made}]
    assert org.send("GET", f"tooling/sobjects/CustomField/{made}").body["FullName"] == "Lead.crmsync_id__c"


@fact("salesforce", "tooling", "A second custom field of the same name is DUPLICATE_DEVELOPER_NAME.", "seen")
def test_a_custom_field_is_made_once() -> None:
    org = new_org()
    org.key_field()
    again = org.key_field(granted=False)
    assert (again.status, again.code) == (400, "DUPLICATE_DEVELOPER_NAME")


def test_a_permission_for_a_field_that_is_not_there_is_refused() -> None:
    org = new_org()
    wrong = {
        "ParentId": org.sim.permission_set_id,
        "SobjectType": "Lead",
        "Field": "Lead.nope__c",
        "PermissionsRead": True,
    }
    assert (
        org.send("POST", "sobjects/FieldPermissions", wrong).code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    )


@pytest.mark.parametrize(
    "meta",
    [{"type": "Blob"}, {"length": 300}, {"length": 0}, {"label": "x" * 41}, {"type": "Number"}],
)
def test_tooling_refuses_metadata_that_makes_no_field(meta: dict[str, Any]) -> None:
    assert new_org().key_field(granted=False, **meta).status == 400


@pytest.mark.parametrize(
    ("kind", "more", "type_"),
    [
        ("Checkbox", {"defaultValue": "true"}, "boolean"),
        ("Number", {"precision": 6, "scale": 2}, "double"),
        ("LongTextArea", {"length": 32768}, "textarea"),
        ("Date", {}, "date"),
        ("DateTime", {}, "datetime"),
        (
            "Picklist",
            {"valueSet": {"restricted": True, "valueSetDefinition": {"value": [{"fullName": "A"}]}}},
            "picklist",
        ),
    ],
)
def test_tooling_makes_the_usual_types(kind: str, more: dict[str, Any], type_: str) -> None:
    org = new_org()
    org.key_field(name="Made__c", type=kind, unique=False, externalId=False, **more)
    field = seen(org)["Made__c"]
    assert (field["type"], field["custom"], field["label"]) == (type_, True, "Key")


@fact(
    "salesforce",
    "describe",
    "Describe says type, length, label and rights of a field as the user has them.",
    "doc",
)
def test_describe_says_length_type_and_rights_of_a_field() -> None:
    fields = seen(new_org())
    assert (fields["City"]["length"], fields["City"]["type"], fields["City"]["label"]) == (
        40,
        "string",
        "City",
    )
    assert (fields["LastName"]["nillable"], fields["FirstName"]["nillable"]) == (False, True)
    assert (fields["IsConverted"]["updateable"], fields["Address"]["createable"]) == (False, False)
    assert (fields["OwnerId"]["referenceTo"], fields["OwnerId"]["relationshipName"]) == (
        ["User", "Group"],
        "Owner",
    )
    assert fields["Status"]["picklistValues"][0]["value"] == "Open - Not Contacted"
    assert (fields["LeadSource"]["restrictedPicklist"], fields["Email"]["idLookup"]) == (False, True)


@fact("salesforce", "describe", "Describe-global gives each object's key prefix.", "doc")
def test_describe_global_lists_the_objects_with_their_prefixes() -> None:
    body = new_org().send("GET", "sobjects/").body
    found = {o["name"]: o["keyPrefix"] for o in body["sobjects"]}
    assert body["maxBatchSize"] == 200
    assert {"Lead": "00Q", "Contact": "003", "Account": "001", "User": "005"}.items() <= found.items()
    assert "CustomField" not in found


@fact("salesforce", "describe", "A field that the user may not see is as if it did not exist.", "doc")
def test_a_hidden_field_is_as_if_it_did_not_exist() -> None:
    org = new_org()
    org.sim.hide_field("Lead", "Phone")
    assert "Phone" not in seen(org)
    assert org.query("SELECT Phone FROM Lead").code == "INVALID_FIELD"
    org.lead(Phone="1")
    assert "Phone" not in org.send("GET", f"sobjects/Lead/{org.rows('SELECT Id FROM Lead')[0]['Id']}").body


@fact("salesforce", "describe", "A field that an admin deletes is INVALID_FIELD from then on.", "doc")
def test_a_field_dropped_in_the_middle_of_a_run_is_an_invalid_field() -> None:
    org = new_org()
    org.lead(Extra__c="x")
    assert org.rows("SELECT Extra__c FROM Lead") == [{"Extra__c": "x"}]
    org.sim.drop_field("Lead", "Extra__c")
    assert org.query("SELECT Extra__c FROM Lead").code == "INVALID_FIELD"
    assert org.rows("SELECT Id FROM CustomField", "tooling/query") == []
    org.key_field(name="Extra__c", granted=False, unique=False)
    assert org.query("SELECT Extra__c FROM Lead").code == "INVALID_FIELD"


def test_the_integration_user_has_view_all_by_its_profiles_permission_set() -> None:
    org = new_org()
    rows = org.rows(
        "SELECT SobjectType, PermissionsViewAllRecords FROM ObjectPermissions WHERE ParentId IN"
        f" (SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{org.sim.user_id}')"
    )
    assert {r["SobjectType"]: r["PermissionsViewAllRecords"] for r in rows} == {
        "Lead": True,
        "Contact": True,
        "Account": True,
        "Opportunity": True,
        "Campaign": True,
    }
    sets = org.rows(
        "SELECT PermissionSet.IsOwnedByProfile, PermissionSet.PermissionsViewAllData FROM PermissionSetAssignment"
    )
    assert [s["PermissionSet"]["IsOwnedByProfile"] for s in sets] == [True, False]
    assert not any(s["PermissionSet"]["PermissionsViewAllData"] for s in sets)


@fact(
    "salesforce",
    "sharing",
    "Sharing hides other owners' records, but a unique value of theirs is still taken.",
    "doc",
)
def test_private_sharing_hides_other_owners_rows_but_not_their_unique_keys() -> None:
    org = new_org(private_sharing=True)
    org.key_field()
    rep = org.rows("SELECT Id FROM User WHERE FirstName = 'Rosa'")[0]["Id"]
    mine, theirs = org.lead(), org.lead(OwnerId=rep, crmsync_id__c="k")
    assert org.rows("SELECT Id FROM Lead") == [{"Id": mine}]
    assert org.send("GET", f"sobjects/Lead/{theirs}").code == "NOT_FOUND"
    answer = org.send("PATCH", "sobjects/Lead/crmsync_id__c/k", {"LastName": "D", "Company": "A"})
    assert (answer.code, theirs in answer.body[0]["message"]) == ("DUPLICATE_VALUE", True)
    assert not org.rows(
        "SELECT PermissionsViewAllRecords FROM ObjectPermissions WHERE PermissionsViewAllRecords = true"
    )
    org.sim.private_sharing = False
    assert len(org.rows("SELECT Id FROM Lead")) == 2


@fact(
    "salesforce",
    "sharing",
    "An object that the user may not read is INVALID_TYPE in a statement and NOT_FOUND in an address.",
    "doc",
)
def test_an_object_without_read_permission_is_not_there() -> None:
    org = new_org()
    table = org.sim.org.tables["ObjectPermissions"]
    for record_id in [i for i, r in table.rows.items() if r["SobjectType"] == "Account"]:
        org.send("DELETE", f"sobjects/ObjectPermissions/{record_id}")
    assert org.query("SELECT Id FROM Account").code == "INVALID_TYPE"
    assert org.send("GET", "sobjects/Account/describe").code == "NOT_FOUND"


@fact("salesforce", "leads", "LeadStatus says which values mean that a Lead is converted.", "doc")
def test_lead_statuses_say_which_one_is_converted() -> None:
    rows = new_org().rows("SELECT MasterLabel, IsConverted FROM LeadStatus ORDER BY SortOrder")
    assert [r["MasterLabel"] for r in rows if r["IsConverted"]] == ["Closed - Converted"]
    assert len(rows) == 4


def test_users_have_addresses_on_a_reserved_domain_and_one_is_inactive() -> None:
    rows = new_org().rows("SELECT Email, IsActive FROM User WHERE UserType = 'Standard'")
    assert all(r["Email"].endswith("@salesreps.example") for r in rows)
    assert [r["IsActive"] for r in rows].count(False) == 1


@fact("salesforce", "tooling", "A permission set has a description.", "doc")
def test_a_permission_set_may_be_described() -> None:
    org = new_org()
    body = {"Name": "crmsync", "Label": "crmsync", "Description": "Fields that crmsync writes."}
    assert org.send("POST", "sobjects/PermissionSet", body).status == 201
    found = org.rows("SELECT Description FROM PermissionSet WHERE Name = 'crmsync'")
    assert found == [{"Description": "Fields that crmsync writes."}]


@fact("salesforce", "tooling", "A custom field is made only by who may customize the application.", "doc")
def test_a_custom_field_needs_a_permission() -> None:
    org = new_org()
    table = org.sim.org.tables["PermissionSet"]
    for row in list(table.rows.values()):
        org.sim.org.put(table, {**row, "PermissionsCustomizeApplication": False})
    answer = org.key_field(granted=False)
    assert (answer.status, answer.code) == (403, "INSUFFICIENT_ACCESS")


@fact(
    "salesforce",
    "tooling",
    "The objects of the Tooling API are not those of the data API, and the other way round.",
    "doc",
)
def test_tooling_has_objects_of_its_own() -> None:
    org = new_org()
    assert org.query("SELECT Id FROM CustomField").code == "INVALID_TYPE"
    assert org.query("SELECT Id FROM Lead", "tooling/query").code == "INVALID_TYPE"
    assert org.send("POST", "tooling/sobjects/Lead", {}).status == 404


@fact("salesforce", "tooling", "Validation rules are read by the Tooling API.", "doc")
def test_validation_rules_are_read_by_tooling() -> None:
    org = new_org()
    assert org.query("SELECT Id, ValidationName, Active FROM ValidationRule", "tooling/query").status == 200
    assert org.query("SELECT Id FROM ValidationRule").code == "INVALID_TYPE"


@fact("salesforce", "tooling", "Duplicate rules are read by ordinary queries.", "doc")
def test_duplicate_rules_are_read_by_ordinary_queries() -> None:
    assert new_org().query("SELECT Id, DeveloperName, IsActive FROM DuplicateRule").status == 200
