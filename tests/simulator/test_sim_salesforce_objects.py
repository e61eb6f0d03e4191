"""What every object has: a key prefix, system fields, rights; and what a plain org holds before anybody wrote."""

from __future__ import annotations

import pytest
from facts import fact
from sim_salesforce import new_org

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Lead": "00Q",
    "Opportunity": "006",
    "OpportunityContactRole": "00K",
    "OpportunityHistory": "008",
    "Task": "00T",
    "Event": "00U",
    "Campaign": "701",
    "CampaignMember": "00v",
    "CampaignMemberStatus": "01Y",
    "User": "005",
    "Group": "00G",
    "Organization": "00D",
    "RecordType": "012",
    "AssignmentRule": "01Q",
}
READ_ONLY = (
    "Id",
    "IsDeleted",
    "CreatedDate",
    "CreatedById",
    "LastModifiedDate",
    "LastModifiedById",
    "SystemModstamp",
)


@pytest.mark.parametrize(("obj", "prefix"), PREFIXES.items())
@fact("salesforce", "ids", "The first three characters of an id say which object it is of.", "doc")
def test_key_prefixes(obj: str, prefix: str) -> None:
    assert new_org().send("GET", f"sobjects/{obj}").body["objectDescribe"]["keyPrefix"] == prefix


def test_an_id_has_its_objects_prefix() -> None:
    org = new_org()
    made = {"Opportunity": org.opportunity(), "Campaign": org.campaign(), "Lead": org.lead()}
    assert {obj: PREFIXES[obj] for obj in made} == {obj: made[obj][:3] for obj in made}


@pytest.mark.parametrize("obj", ["Lead", "Contact", "Account", "Opportunity", "Campaign", "Task", "Event"])
@fact("salesforce", "save", "Every object has the system fields, and nobody writes them.", "doc")
def test_system_fields_are_read_only(obj: str) -> None:
    fields = {f["name"]: f for f in new_org().send("GET", f"sobjects/{obj}/describe").body["fields"]}
    found = [(fields[n]["createable"], fields[n]["updateable"]) for n in READ_ONLY]
    assert found == [(False, False)] * len(READ_ONLY)


@fact("salesforce", "record types", "An org without record types has no rows in RecordType.", "doc")
def test_no_record_types_in_a_plain_org() -> None:
    assert new_org().rows("SELECT Id FROM RecordType") == []


@fact("salesforce", "leads", "LeadStatus has one default, which a new Lead gets.", "doc")
def test_the_default_status() -> None:
    org = new_org()
    default = org.one("SELECT ApiName FROM LeadStatus WHERE IsDefault = true")["ApiName"]
    org.post("Lead", LastName="x", Company="y")
    assert org.one("SELECT Status FROM Lead") == {"Status": default}


@pytest.mark.parametrize(
    "obj", ["OpportunityStage", "LeadStatus", "TaskStatus", "AssignmentRule", "DuplicateRule"]
)
@fact("salesforce", "save", "Statuses, stages and rules are not written over the data API.", "doc")
def test_definitions_are_not_written(obj: str) -> None:
    answer = new_org().post(obj, MasterLabel="x")
    assert (answer.status, answer.code) == (400, "INVALID_TYPE_FOR_OPERATION")


@pytest.mark.parametrize("obj", ["Opportunity", "Campaign"])
@fact(
    "salesforce",
    "sharing",
    "A user without the right to create on an object creates none of its rows.",
    "doc",
)
def test_rights_on_the_new_objects(obj: str) -> None:
    org = new_org()
    rights = org.one(f"SELECT Id FROM ObjectPermissions WHERE SobjectType = '{obj}'")["Id"]
    org.patch("ObjectPermissions", rights, PermissionsCreate=False)
    assert org.post(obj, Name="x").code == "INVALID_TYPE_FOR_OPERATION"


@fact("salesforce", "contacts", "ReportsToId of a Contact points to another Contact.", "doc")
def test_reports_to() -> None:
    org = new_org()
    boss = org.contact(LastName="Boss")
    org.contact(ReportsToId=boss)
    assert org.rows("SELECT LastName FROM Contact WHERE ReportsTo.LastName = 'Boss'") == [{"LastName": "Doe"}]


@fact(
    "salesforce", "leads", "A Lead and a Contact carry opt-outs of mail, fax and calls as checkboxes.", "doc"
)
@pytest.mark.parametrize("name", ["HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"])
def test_opt_outs(name: str) -> None:
    org = new_org()
    for obj, made in (("Lead", org.lead()), ("Contact", org.contact())):
        assert org.one(f"SELECT {name} FROM {obj}") == {name: False}
        assert org.patch(obj, made, **{name: True}).status == 204
        assert org.one(f"SELECT {name} FROM {obj} WHERE {name} = true") == {name: True}
