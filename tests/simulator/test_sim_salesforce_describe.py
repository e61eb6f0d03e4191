"""What the simulated org says of its objects and fields (REST/resources-sobject-describe), and when it is news."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Org, new_org

from crmsync.simulator.salesforce.schema import Field

OBJECT_KEYS = {
    *(
        "activateable",
        "childRelationships",
        "compactLayoutable",
        "createable",
        "custom",
        "customSetting",
        "deletable",
    ),
    *(
        "deepCloneable",
        "deprecatedAndHidden",
        "feedEnabled",
        "fields",
        "hasSubtypes",
        "isInterface",
        "isSubtype",
    ),
    *(
        "keyPrefix",
        "label",
        "labelPlural",
        "layoutable",
        "mergeable",
        "mruEnabled",
        "name",
        "namedLayoutInfos",
    ),
    *("queryable", "recordTypeInfos", "replicateable", "retrieveable", "searchable", "searchLayoutable"),
    *("supportedScopes", "triggerable", "undeletable", "updateable", "urls"),
}
FIELD_KEYS = {
    *("aggregatable", "aiPredictionField", "autoNumber", "byteLength", "calculated", "calculatedFormula"),
    *("cascadeDelete", "caseSensitive", "compoundFieldName", "controllerName", "createable", "custom"),
    *("defaultValue", "defaultedOnCreate", "dependentPicklist", "deprecatedAndHidden", "digits", "encrypted"),
    *(
        "externalId",
        "filterable",
        "groupable",
        "htmlFormatted",
        "idLookup",
        "label",
        "length",
        "name",
        "nameField",
    ),
    *("namePointing", "nillable", "permissionable", "picklistValues", "polymorphicForeignKey", "precision"),
    *(
        "referenceTo",
        "relationshipName",
        "restrictedPicklist",
        "scale",
        "soapType",
        "sortable",
        "type",
        "unique",
    ),
    "updateable",
}


def told(org: Org, obj: str) -> dict[str, Any]:
    """The description of an object."""
    body: dict[str, Any] = org.send("GET", f"sobjects/{obj}/describe").body
    return body


def field(org: Org, obj: str, name: str) -> dict[str, Any]:
    """The description of a field."""
    return next(f for f in told(org, obj)["fields"] if f["name"] == name)


@fact("salesforce", "describe", "A description holds every documented key of an object.", "doc")
def test_an_object_has_all_its_keys() -> None:
    assert set(told(new_org(), "Lead")) >= OBJECT_KEYS


@fact("salesforce", "describe", "A description holds every documented key of each field.", "doc")
def test_each_field_has_all_its_keys() -> None:
    assert all(set(f) >= FIELD_KEYS for f in told(new_org(), "Contact")["fields"])


@fact("salesforce", "describe", "Field types are those of the documented list.", "doc")
def test_field_types_are_the_documented_ones() -> None:
    org = new_org()
    known = (
        "string picklist multipicklist combobox reference base64 boolean currency textarea int double percent phone id "
        "date datetime time url email encryptedstring location address anyType long"
    )
    found = {f["type"] for o in ("Lead", "Contact", "Account", "User") for f in told(org, o)["fields"]}
    assert found <= set(known.split())


@fact(
    "salesforce",
    "describe",
    "Describe-global says encoding, maxBatchSize 200 and the objects without their fields.",
    "doc",
)
def test_describe_global_lists_objects_in_short() -> None:
    body = new_org().send("GET", "sobjects").body
    assert (body["encoding"], body["maxBatchSize"]) == ("UTF-8", 200)
    assert all(
        "fields" not in o and o["urls"]["describe"] == f"{DATA}/sobjects/{o['name']}/describe"
        for o in body["sobjects"]
    )


@fact(
    "salesforce", "describe", "The basic information of an object is objectDescribe and recentItems.", "doc"
)
def test_basic_information() -> None:
    body = new_org().send("GET", "sobjects/Lead").body
    assert set(body) == {"objectDescribe", "recentItems"}
    assert body["objectDescribe"]["keyPrefix"] == "00Q"


@fact("salesforce", "describe", "Accounts, Contacts and Leads are mergeable, most objects are not.", "doc")
def test_which_objects_are_mergeable() -> None:
    org = new_org()
    assert {o: told(org, o)["mergeable"] for o in ("Lead", "Contact", "Account", "User")} == {
        "Lead": True, "Contact": True, "Account": True, "User": False,
    }  # fmt: skip


@fact(
    "salesforce",
    "describe",
    "Objects with a recycle bin are replicateable and undeletable, set-up objects are not.",
    "doc",
)
def test_what_is_replicateable_and_undeletable() -> None:
    org = new_org()
    found = {
        o: (told(org, o)["replicateable"], told(org, o)["undeletable"]) for o in ("Lead", "FieldPermissions")
    }
    assert found == {"Lead": (True, True), "FieldPermissions": (False, False)}


@fact(
    "salesforce", "describe", "childRelationships name the objects and fields that point to an object.", "doc"
)
def test_children_are_named() -> None:
    children = {(c["childSObject"], c["field"]): c for c in told(new_org(), "Account")["childRelationships"]}
    assert children["Contact", "AccountId"]["relationshipName"] == "Contacts"
    assert ("Account", "ParentId") in children


@fact(
    "salesforce",
    "describe",
    "An object without record types has the master one as its only and default.",
    "doc",
)
def test_without_record_types_there_is_the_master() -> None:
    (only,) = told(new_org(), "Lead")["recordTypeInfos"]
    assert (only["master"], only["defaultRecordTypeMapping"], only["recordTypeId"]) == (
        True,
        True,
        "012000000000000AAA",
    )


@fact("salesforce", "describe", "recordTypeInfos lists an object's record types beside the master.", "doc")
def test_record_types_are_listed() -> None:
    org = new_org()
    made = org.sim.create(
        "RecordType", {"Name": "Partner", "DeveloperName": "Partner", "SobjectType": "Lead", "IsActive": True}
    )
    infos = {i["developerName"]: i for i in told(org, "Lead")["recordTypeInfos"]}
    assert (infos["Partner"]["recordTypeId"], infos["Partner"]["active"]) == (made, True)
    assert set(infos) == {"Partner", "Master"}


@fact(
    "salesforce",
    "describe",
    "The parts of a person's name and of an address name their compound field.",
    "doc",
)
@pytest.mark.parametrize(
    ("name", "whole"), [("FirstName", "Name"), ("LastName", "Name"), ("City", "Address"), ("Email", None)]
)
def test_parts_name_their_compound(name: str, whole: str | None) -> None:
    assert field(new_org(), "Lead", name)["compoundFieldName"] == whole


@fact(
    "salesforce",
    "describe",
    "A dependent picklist names its controller, and validFor is a bit for each controlling value.",
    "doc",
)
def test_a_dependent_picklist_tells_which_values_go_together() -> None:
    org = new_org()
    org.sim.restrict("Lead", "Rating", ("Hot", "Warm", "Cold"))
    valid = {"North": ("Hot",), "South": ("Warm", "Cold")}
    item = Field(
        "Region__c", "picklist", length=255, picklist=("North", "South"), controller="Rating", valid_for=valid
    )
    org.sim.add_field("Lead", item)
    found = field(org, "Lead", "Region__c")
    bits = [base64.b64decode(v["validFor"])[0] for v in found["picklistValues"]]
    assert (found["controllerName"], found["dependentPicklist"], bits) == (
        "Rating",
        True,
        [0b1000_0000, 0b0110_0000],
    )


@fact("salesforce", "describe", "Inactive picklist values stay in the description, flagged.", "doc")
def test_inactive_values_are_flagged() -> None:
    org = new_org()
    org.sim.add_field("Lead", Field("Kind__c", "picklist", length=255, picklist=("A",), inactive=("B",)))
    values = field(org, "Lead", "Kind__c")["picklistValues"]
    assert [(v["value"], v["active"]) for v in values] == [("A", True), ("B", False)]


@fact(
    "salesforce",
    "describe",
    "Describe answers with Last-Modified, and 304 without a body when nothing changed since.",
    "doc",
)
@pytest.mark.parametrize("path", ["sobjects", "sobjects/Lead/describe"])
def test_describe_is_304_when_nothing_is_new(path: str) -> None:
    org = new_org()
    seen = org.send("GET", path).headers["Last-Modified"]
    org.clock.advance(3600)
    answer = org.send("GET", path, headers={"if-modified-since": seen})
    assert (answer.status, answer.body) == (304, None)


@fact("salesforce", "describe", "A new field makes the description new to those who ask since before.", "doc")
def test_a_new_field_makes_the_description_new() -> None:
    org = new_org()
    seen = org.send("GET", "sobjects/Lead/describe").headers["Last-Modified"]
    org.clock.advance(60)
    org.key_field()
    answer = org.send("GET", "sobjects/Lead/describe", headers={"if-modified-since": seen})
    assert answer.status == 200
    assert answer.headers["Last-Modified"] != seen
    later = answer.headers["Last-Modified"]
    assert org.send("GET", "sobjects/Lead/describe", headers={"if-modified-since": later}).status == 304


def test_an_object_that_is_not_there_is_not_described() -> None:
    assert new_org().send("GET", "sobjects/Nope/describe").code == "NOT_FOUND"


def test_describe_within_composite() -> None:
    org = new_org()
    part = {"referenceId": "d", "method": "GET", "url": f"{DATA}/sobjects/Lead/describe"}
    answer = org.send("POST", "composite", {"compositeRequest": [part]})
    assert answer.body["compositeResponse"][0]["body"]["name"] == "Lead"
