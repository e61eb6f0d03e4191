"""What the org's own rules refuse: validation rules, lookup filters, picklists, automation; and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import Org, new_org

from crmsync.simulator.salesforce.locks import CPU_LIMIT, TOO_MANY_QUERIES
from crmsync.simulator.salesforce.schema import Field


def ruled(field: str = "Phone") -> tuple[Org, str]:
    org = new_org()
    rule = org.sim.setup.validation_rule(
        "Lead", "Phone_needed", "Type a phone number.", lambda row, _old: row.get("Phone") is None, field
    )
    return org, rule


def lead(org: Org, **values: Any) -> Any:
    return org.post("Lead", LastName="Doe", Company="Acme", **values)


@fact("salesforce", "validation", "A validation rule refuses with its own message at its field.", "doc")
def test_a_rule_speaks_for_itself() -> None:
    org, _ = ruled()
    answer = lead(org)
    assert answer.status == 400
    assert answer.body == [
        {
            "message": "Type a phone number.",
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "fields": ["Phone"],
        }
    ]
    assert lead(org, Phone="1").status == 201


@fact("salesforce", "validation", "A validation rule whose error stands at the top names no field.", "doc")
def test_a_rule_may_name_no_field() -> None:
    org, _ = ruled("")
    assert lead(org).body[0]["fields"] == []


@fact("salesforce", "validation", "Validation rules are asked on every update, whatever it changes.", "doc")
def test_a_rule_is_asked_on_updates() -> None:
    org = new_org()
    made = org.lead()
    org.sim.setup.validation_rule("Lead", "R", "no", lambda row, _old: row.get("Phone") is None)
    assert org.patch("Lead", made, City="Ulm").code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"


@fact("salesforce", "validation", "A validation rule sees the values before the change too.", "doc")
def test_a_rule_sees_the_old_row() -> None:
    org = new_org()
    org.sim.setup.validation_rule(
        "Lead",
        "R",
        "Status moves on only",
        lambda row, old: old is not None and row["Status"] < old["Status"],
    )
    made = org.lead(Status="Working - Contacted")
    assert org.patch("Lead", made, Status="Open - Not Contacted").code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert org.patch("Lead", made, City="Ulm").status == 204


@fact(
    "salesforce",
    "validation",
    "Tooling lists the validation rules; ordinary queries do not know them.",
    "doc",
)
def test_rules_are_seen_by_tooling() -> None:
    org, rule = ruled()
    soql = "SELECT Id, ValidationName, Active, ErrorMessage, ErrorDisplayField FROM ValidationRule"
    assert org.one(soql, "tooling/query") == {
        "Id": rule,
        "ValidationName": "Phone_needed",
        "Active": True,
        "ErrorMessage": "Type a phone number.",
        "ErrorDisplayField": "Phone",
    }
    assert org.query(soql).code == "INVALID_TYPE"


def test_an_inactive_rule_refuses_nothing() -> None:
    org, rule = ruled()
    table = org.sim.org.tables["ValidationRule"]
    org.sim.org.put(table, {**table.rows[rule], "Active": False})
    assert lead(org).status == 201


@fact("salesforce", "validation", "A lookup filter refuses with FIELD_FILTER_VALIDATION_EXCEPTION.", "doc")
def test_a_lookup_filter() -> None:
    org = new_org()
    org.sim.setup.lookup_filter("Contact", "AccountId", lambda account: account.get("Type") == "Prospect")
    wrong, right = org.account(), org.account(Type="Prospect")
    answer = org.post("Contact", LastName="x", AccountId=wrong)
    assert answer.body == [
        {
            "message": "Value does not exist or does not match filter criteria.",
            "errorCode": "FIELD_FILTER_VALIDATION_EXCEPTION",
            "fields": ["AccountId"],
        }
    ]
    assert org.post("Contact", LastName="x", AccountId=right).status == 201


# -- order ----------------------------------------------------------------------------------------------------
@fact("salesforce", "save", "Before-save automation runs before required fields are asked for.", "doc")
def test_automation_may_fill_a_required_field() -> None:
    org = new_org()

    def name_it(entity: Any, row: Any, old: Any) -> None:
        if entity.name == "Lead":
            row["Company"] = row.get("Company") or "None"

    org.sim.org.automations.append(name_it)
    assert org.post("Lead", LastName="x").status == 201


@fact("salesforce", "save", "Before-save automation runs before validation rules.", "doc")
def test_automation_may_satisfy_a_rule() -> None:
    org, _ = ruled()
    org.sim.org.automations.append(lambda _entity, row, _old: row.update(Phone="0"))
    assert lead(org).status == 201


@fact("salesforce", "save", "Validation rules are asked before duplicate rules.", "doc")
def test_validation_comes_before_duplicates() -> None:
    org, _ = ruled()
    org.lead(Email="a@one.example", Phone="1")
    org.sim.setup.duplicate_rule("Lead")
    assert lead(org, Email="a@one.example").code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert lead(org, Email="a@one.example", Phone="1").code == "DUPLICATES_DETECTED"


@fact("salesforce", "save", "References are checked before any automation.", "doc")
def test_references_come_first() -> None:
    org = new_org()
    org.sim.org.automations.append(lambda _entity, row, _old: row.update(AccountId=None))
    answer = org.post("Contact", LastName="x", AccountId="001000000000001AAA")
    assert answer.code == "INVALID_CROSS_REFERENCE_KEY"


@fact("salesforce", "save", "An after-save trigger that throws undoes the save.", "doc")
def test_a_failing_trigger_undoes_the_save() -> None:
    org = new_org()
    stop = org.sim.setup.failing_trigger(
        "Lead", "System.NullPointerException: Attempt to de-reference a null object"
    )
    answer = lead(org)
    assert answer.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert org.rows("SELECT Id FROM Lead") == []
    stop()
    assert lead(org).status == 201


@pytest.mark.parametrize("cause", [TOO_MANY_QUERIES, CPU_LIMIT])
@fact(
    "salesforce",
    "save",
    "Limits of the org's own code arrive as CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.",
    "seen",
)
def test_limits_of_automation(cause: str) -> None:
    org = new_org()
    org.sim.setup.failing_trigger("Lead", cause, "LeadTrigger")
    answer = lead(org)
    assert answer.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert answer.body[0]["message"].startswith("LeadTrigger: execution of AfterInsert\n\ncaused by: ")
    assert cause in answer.body[0]["message"]


def test_a_trigger_may_fail_only_in_large_transactions() -> None:
    org = new_org()
    org.sim.setup.failing_trigger("Lead", CPU_LIMIT, chunk=3)
    rows = [{"attributes": {"type": "Lead"}, "LastName": str(n), "Company": "x"} for n in range(3)]
    many = org.send("POST", "composite/sobjects", {"records": rows}).body
    few = org.send("POST", "composite/sobjects", {"records": rows[:2]}).body
    assert ([r["success"] for r in many], [r["success"] for r in few]) == ([False] * 3, [True] * 2)


@fact("salesforce", "save", "A trigger's own changes are the work of the system, not of the caller.", "seen")
def test_automation_is_told_apart_in_the_ledger() -> None:
    org = new_org()
    org.sim.org.automations.append(lambda _entity, row, _old: row.update(Rating="Hot"))
    lead(org, City="Ulm")
    written = [(e.actor, "City" in e.after, "Rating" in e.after) for e in org.ledger.entries]
    assert written == [("api", True, False), ("system", False, True)]


# -- picklists ------------------------------------------------------------------------------------------------
@fact("salesforce", "picklists", "An unrestricted picklist takes any value over the API.", "doc")
def test_an_unrestricted_picklist_takes_anything() -> None:
    org = new_org()
    assert lead(org, Industry="Astrology").status == 201
    assert org.one("SELECT Industry FROM Lead") == {"Industry": "Astrology"}


@fact("salesforce", "picklists", "A restricted picklist takes its active values only.", "seen")
def test_a_restricted_picklist_takes_its_values() -> None:
    org = new_org()
    org.sim.restrict("Lead", "Industry")
    answer = lead(org, Industry="Not Compared")
    assert answer.body == [
        {
            "message": "Industry: bad value for restricted picklist field: Not Compared",
            "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "fields": ["Industry"],
        }
    ]
    assert lead(org, Industry="Banking").status == 201


@fact(
    "salesforce",
    "picklists",
    "Records keep a value that became inactive; a restricted picklist takes it no more.",
    "doc",
)
def test_an_inactive_value() -> None:
    org = new_org()
    made = org.lead(Industry="Banking")
    org.sim.restrict("Lead", "Industry")
    org.sim.setup.retire("Lead", "Industry", "Banking")
    assert org.patch("Lead", made, City="Ulm").status == 204
    assert org.row("Lead", made)["Industry"] == "Banking"
    assert lead(org, Industry="Banking").code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


@fact("salesforce", "picklists", "A multi-select picklist holds several values split by semicolons.", "doc")
def test_a_multipicklist() -> None:
    org = new_org()
    org.sim.add_field("Lead", Field("Tags__c", "multipicklist", picklist=("a", "b", "c"), restricted=True))
    assert lead(org, Tags__c="a;c").status == 201
    assert lead(org, Tags__c="a;d").code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert len(org.rows("SELECT Id FROM Lead WHERE Tags__c INCLUDES ('a;c', 'b')")) == 1
    assert len(org.rows("SELECT Id FROM Lead WHERE Tags__c EXCLUDES ('c')")) == 0


@fact(
    "salesforce", "picklists", "Dependencies between picklists hold on screens; over the API a switch decides.",
    "assumed", "dependent_picklists_enforced",
)  # fmt: skip
@pytest.mark.parametrize("enforced", [False, True])
def test_dependent_picklists(enforced: bool) -> None:
    org = new_org()
    org.sim.switches.dependent_picklists_enforced = enforced
    org.sim.setup.depend("Lead", "Rating", "LeadSource", {"Hot": ("Web",), "Cold": ("Web", "Other")})
    assert lead(org, LeadSource="Other", Rating="Hot").status == (400 if enforced else 201)
    assert lead(org, LeadSource="Other", Rating="Cold").status == 201


@fact("salesforce", "record types", "A record type leaves some values of a picklist out.", "seen")
def test_a_record_type_restricts_values() -> None:
    org = new_org()
    org.sim.org.rules.picklists.append(
        lambda _entity, item, _row: ("Web",) if item.name == "LeadSource" else None
    )
    assert lead(org, LeadSource="Other").code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert lead(org, LeadSource="Web", Industry="Banking").status == 201


# -- owners ---------------------------------------------------------------------------------------------------
@fact("salesforce", "owners", "An inactive user owns nothing new: INACTIVE_OWNER_OR_USER.", "doc")
def test_an_inactive_owner() -> None:
    org = new_org()
    gone = org.one("SELECT Id FROM User WHERE IsActive = false")["Id"]
    answer = lead(org, OwnerId=gone)
    assert answer.body == [
        {
            "message": f"operation performed with inactive user [{gone}] as owner of lead",
            "errorCode": "INACTIVE_OWNER_OR_USER",
            "fields": ["OwnerId"],
        }
    ]


@fact("salesforce", "owners", "Records of a user who left stay as they are and may be edited.", "doc")
def test_an_inactive_owner_keeps_what_there_is() -> None:
    org = new_org()
    rep = org.one("SELECT Id FROM User WHERE FirstName = 'Rosa'")["Id"]
    made = org.lead(OwnerId=rep)
    org.sim.edit("User", rep, {"IsActive": False})
    assert org.patch("Lead", made, City="Ulm").status == 204


@fact("salesforce", "owners", "A queue is a Group of type Queue with a QueueSobject for each object.", "doc")
def test_queues_are_rows() -> None:
    org = new_org()
    org.sim.setup.queue("Both", "Lead", "Task")
    rows = org.rows("SELECT SobjectType FROM QueueSobject WHERE Queue.Name = 'Both' ORDER BY SobjectType")
    assert [r["SobjectType"] for r in rows] == ["Lead", "Task"]
    assert org.one("SELECT Type FROM Group WHERE DeveloperName = 'Both'") == {"Type": "Queue"}


@fact("salesforce", "owners", "A Lead may be owned by a queue that was set up for Leads.", "doc")
def test_a_queue_owns_leads() -> None:
    org = new_org()
    assert lead(org, OwnerId=org.sim.setup.queue("New", "Lead")).status == 201
    assert org.one("SELECT Owner.Type, Owner.Name FROM Lead")["Owner"]["Name"] == "New"


@fact("salesforce", "owners", "A queue that was not set up for the object does not own its rows.", "doc")
def test_a_queue_for_something_else_owns_no_leads() -> None:
    org = new_org()
    answer = lead(org, OwnerId=org.sim.setup.queue("Calls", "Task"))
    assert (answer.status, answer.body[0]["fields"]) == (400, ["OwnerId"])


@pytest.mark.parametrize("obj", ["Contact", "Account", "Campaign"])
@fact("salesforce", "owners", "Contacts, Accounts and Campaigns are owned by users alone.", "doc")
def test_other_objects_have_no_queues(obj: str) -> None:
    org = new_org()
    queue = org.one("SELECT Id FROM Group")["Id"]
    made = {"Contact": org.contact, "Account": org.account, "Campaign": org.campaign}[obj]()
    assert org.patch(obj, made, OwnerId=queue).code == "FIELD_INTEGRITY_EXCEPTION"


@fact("salesforce", "owners", "A record always has an owner.", "doc")
def test_the_owner_cannot_be_cleared() -> None:
    org = new_org()
    assert org.patch("Lead", org.lead(), OwnerId=None).code == "INVALID_CROSS_REFERENCE_KEY"


# -- audit fields ---------------------------------------------------------------------------------------------
@fact(
    "salesforce", "save", "Who may set audit fields may back-date a record on insert, never on update.", "assumed",
    "set_audit_fields",
)  # fmt: skip
def test_audit_fields() -> None:
    org = new_org()
    old = "2020-01-01T00:00:00.000+0000"
    assert lead(org, CreatedDate=old).code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    org.sim.switches.set_audit_fields = True
    made = lead(org, CreatedDate=old, LastModifiedDate=old).body["id"]
    row = org.row("Lead", made)
    assert (row["CreatedDate"], row["LastModifiedDate"]) == (old, old)
    assert row["SystemModstamp"] == "2026-11-02T09:30:15.000+0000"
    assert org.patch("Lead", made, CreatedDate=old).code == "INVALID_FIELD_FOR_INSERT_UPDATE"
