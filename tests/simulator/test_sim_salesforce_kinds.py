"""Record types and customer automation in the simulated org: which values a kind offers, what a flow costs and changes."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Answer, Org, new_org

from crmsync.simulator.salesforce.profiles import profile_of


def org_of(profile: str) -> Org:
    org = new_org()
    profile_of(profile).shape(org.sim)
    return org


def lead(org: Org, **values: Any) -> Answer:
    return org.send("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", **values})


def kind(org: Org, name: str) -> str:
    return str(org.rows(f"SELECT Id FROM RecordType WHERE DeveloperName = '{name}'")[0]["Id"])


def many(org: Org, obj: str, count: int) -> list[dict[str, Any]]:
    """The verdicts on so many new records in one Collections call."""
    row = {"attributes": {"type": obj}, "LastName": "Doe", **({"Company": "Acme"} if obj == "Lead" else {})}
    answer = org.send(
        "POST", "composite/sobjects", {"records": [{**row, "FirstName": f"N{n}"} for n in range(count)]}
    )
    assert answer.status == 200
    return list(answer.body)


# -- record types -------------------------------------------------------------------------------------------------
@fact("salesforce", "record types", "A record gets the default record type of the user's profile", "doc")
def test_the_default_of_the_profile() -> None:
    org = org_of("record-types")
    got = lead(org).body["id"]
    assert org.rows(f"SELECT RecordType.DeveloperName FROM Lead WHERE Id = '{got}'")[0]["RecordType"][
        "DeveloperName"
    ] == ("Inbound")


@fact("salesforce", "record types", "Describe lists an object's record types and which is the default", "doc")
def test_describe_lists_them() -> None:
    infos = org_of("record-types").send("GET", "sobjects/Lead/describe").body["recordTypeInfos"]
    assert {i["name"] for i in infos} == {"Inbound", "Outbound", "Event", "Legacy", "Master"}
    assert [i["name"] for i in infos if i["defaultRecordTypeMapping"]] == ["Inbound"]
    assert [i["name"] for i in infos if not i["active"]] == ["Legacy"]


@fact(
    "salesforce",
    "record types",
    "Describe says which record types the user may assign, and which is master",
    "doc",
)
def test_describe_says_which_are_available() -> None:
    infos = org_of("record-types").send("GET", "sobjects/Lead/describe").body["recordTypeInfos"]
    assert {i["name"] for i in infos if i["available"]} == {"Inbound", "Outbound", "Master"}
    assert [i["name"] for i in infos if i["master"]] == ["Master"]


@fact(
    "salesforce",
    "record types",
    "A value of the list that the record's type does not offer is refused",
    "seen",
)
def test_a_type_offers_only_some_values() -> None:
    org = org_of("record-types")
    refused = lead(org, LeadSource="Phone Inquiry")
    assert refused.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert "bad value for restricted picklist field: Phone Inquiry" in refused.body[0]["message"]
    assert lead(org, LeadSource="Phone Inquiry", RecordTypeId=kind(org, "Outbound")).status == 201


@fact(
    "salesforce",
    "record types",
    "A record keeps a value that its new type does not offer until it is written again",
    "seen",
)
def test_a_change_of_type_leaves_the_values() -> None:
    org = org_of("record-types")
    got = lead(org, LeadSource="Web").body["id"]
    assert org.send("PATCH", f"sobjects/Lead/{got}", {"RecordTypeId": kind(org, "Outbound")}).status == 204
    assert org.rows(f"SELECT LeadSource FROM Lead WHERE Id = '{got}'") == [{"LeadSource": "Web"}]
    again = org.send("PATCH", f"sobjects/Lead/{got}", {"LeadSource": "Partner Referral"})
    assert again.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


@fact("salesforce", "record types", "A record type that the user may not assign is refused by its id", "seen")
@pytest.mark.parametrize("name", ["Event", "Legacy", "Business"])
def test_a_type_that_is_not_for_this_user_or_object(name: str) -> None:
    org = org_of("record-types")
    refused = lead(org, RecordTypeId=kind(org, name))
    assert refused.code == "INVALID_CROSS_REFERENCE_KEY"
    assert "this ID value isn't valid for the user" in refused.body[0]["message"]


# -- automation ---------------------------------------------------------------------------------------------------
@fact(
    "salesforce", "automation", "Where triggers run out of CPU time every row of the call fails alike", "seen"
)
def test_a_call_with_too_many_rows_fails_as_a_whole() -> None:
    org = org_of("heavy-flows")
    verdicts = many(org, "Lead", 41)
    errors = {(e["statusCode"], e["message"]) for v in verdicts for e in v["errors"]}
    assert [v["success"] for v in verdicts] == [False] * 41
    assert errors == {
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "LeadRouting: System.LimitException: Apex CPU time limit exceeded",
        )
    }
    assert org.rows("SELECT Id FROM Lead") == []


@fact("salesforce", "automation", "Fewer rows a call get through the same triggers", "seen")
def test_fewer_rows_get_through() -> None:
    assert all(v["success"] for v in many(org_of("heavy-flows"), "Lead", 40))


@fact(
    "salesforce",
    "automation",
    "Too many SOQL queries: 101 is told as CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "seen",
)
def test_too_many_queries() -> None:
    errors = many(org_of("heavy-flows"), "Contact", 61)[0]["errors"]
    assert errors[0]["statusCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert "Too many SOQL queries: 101" in errors[0]["message"]


@fact(
    "salesforce", "automation", "Rows of another type are a chunk of their own, with limits of its own", "doc"
)
def test_chunks_are_of_one_type() -> None:
    org = org_of("heavy-flows")
    rows = [{"attributes": {"type": "Lead"}, "LastName": f"L{n}", "Company": "A"} for n in range(40)]
    rows += [{"attributes": {"type": "Contact"}, "LastName": f"C{n}"} for n in range(40)]
    assert all(v["success"] for v in org.send("POST", "composite/sobjects", {"records": rows}).body)


@fact(
    "salesforce",
    "automation",
    "A before-save flow may store another value than the one sent, and the call still succeeds",
    "doc",
)
def test_a_flow_rewrites_a_value() -> None:
    org = org_of("heavy-flows")
    got = lead(org, Title="VP Sales")
    assert got.status == 201
    assert org.rows("SELECT Title FROM Lead") == [{"Title": "Vice President Sales"}]


@fact(
    "salesforce", "automation", "An after-save flow changes the record again in the same transaction", "doc"
)
def test_a_flow_writes_after_the_save() -> None:
    org = org_of("heavy-flows")
    got = lead(org).body["id"]
    org.send("PATCH", f"sobjects/Lead/{got}", {"Title": "CTO"})
    assert org.rows("SELECT Times_Routed__c FROM Lead") == [{"Times_Routed__c": 2.0}]


def test_what_flows_change_stands_in_the_ledger_as_the_systems() -> None:
    org = org_of("heavy-flows")
    lead(org, Title="HR Manager")
    told = [(e.actor, dict(e.after).get("Title")) for e in org.ledger.entries if "Title" in dict(e.after)]
    assert told == [("api", "HR Manager"), ("system", "Human Resources Manager")]
