"""sObject Collections (REST/resources-composite-sobjects-collections-*) and composite (resources-composite-composite)."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_salesforce import DATA, Answer, Org, new_org

ROLLED_BACK = {
    "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
    "fields": [],
}


def typed(*rows: dict[str, Any], obj: str = "Lead") -> list[dict[str, Any]]:
    return [{"attributes": {"type": obj}, **r} for r in rows]


def keyed(*keys: str, **more: Any) -> list[dict[str, Any]]:
    return typed(*({"crmsync_id__c": k, "LastName": "Doe", "Company": "Acme", **more} for k in keys))


def upsert(org: Org, rows: list[dict[str, Any]], **more: Any) -> Answer:
    return org.send("PATCH", "composite/sobjects/Lead/crmsync_id__c", {"records": rows, **more})


@fact(
    "salesforce",
    "collections",
    "A well-formed Collections call is HTTP 200, with a verdict for each row in the order given.",
    "doc",
)
def test_each_row_has_its_own_verdict_in_the_order_given_under_http_200() -> None:
    org = new_org()
    rows = typed({"LastName": "A", "Company": "C"}, {"LastName": "B"}, {"LastName": "D", "Company": "C"})
    answer = org.send("POST", "composite/sobjects", {"allOrNone": False, "records": rows})
    assert answer.status == 200
    assert [r["success"] for r in answer.body] == [True, False, True]
    assert answer.body[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [Company]",
                "fields": ["Company"],
            }
        ],
    }
    assert len(org.rows("SELECT Id FROM Lead")) == 2


@fact(
    "salesforce",
    "collections",
    "With allOrNone the innocent rows of a failed create are ALL_OR_NONE_OPERATION_ROLLED_BACK and have no id.",
    "seen",
)
def test_all_or_none_rolls_innocent_rows_back_and_leaves_no_trace() -> None:
    org = new_org()
    rows = typed({"LastName": "A", "Company": "C"}, {"LastName": "B"})
    answer = org.send("POST", "composite/sobjects", {"allOrNone": True, "records": rows})
    assert answer.body[0] == {"success": False, "errors": [ROLLED_BACK]}
    assert answer.body[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert org.rows("SELECT Id FROM Lead") == []
    assert org.ledger.entries == []


@fact(
    "salesforce",
    "collections",
    "A rolled-back row of an update still has its id, so success alone tells.",
    "seen",
)
def test_a_rolled_back_update_still_has_its_id_and_keeps_its_values() -> None:
    org = new_org()
    one, two = org.lead(City="Ulm"), org.lead()
    rows = typed({"id": one, "City": "Bonn"}, {"Id": two, "LastName": None})
    answer = org.send("PATCH", "composite/sobjects", {"allOrNone": True, "records": rows})
    assert answer.body[0] == {"id": one, "success": False, "errors": [ROLLED_BACK]}
    assert "id" not in answer.body[1]
    assert org.row("Lead", one)["City"] == "Ulm"


def test_update_and_delete_tell_each_row_apart() -> None:
    org = new_org()
    one, two = org.lead(), org.lead()
    org.sim.delete("Lead", two)
    rows = typed(
        {"id": one, "City": "Bonn"}, {"id": two, "City": "Bonn"}, {"City": "x"}, {"id": "00Q000000000001AAA"}
    )
    answer = org.send("PATCH", "composite/sobjects", {"records": rows})
    codes = [r["errors"][0]["statusCode"] if r["errors"] else "" for r in answer.body]
    assert codes == ["", "ENTITY_IS_DELETED", "MISSING_ARGUMENT", "INVALID_CROSS_REFERENCE_KEY"]
    gone = org.send("DELETE", "composite/sobjects", query={"ids": f"{one},{two},junk"}).body
    assert [r["success"] for r in gone] == [True, False, False]


@fact("salesforce", "collections", "A Collections upsert says of each row whether it was created.", "doc")
def test_upsert_tells_created_from_updated() -> None:
    org = new_org()
    org.key_field()
    first = upsert(org, keyed("a", "b")).body
    assert [r["created"] for r in first] == [True, True]
    second = upsert(org, keyed("b", "c", City="Ulm")).body
    assert [(r["created"], r["success"]) for r in second] == [(False, True), (True, True)]
    assert second[0]["id"] == first[1]["id"]
    assert org.row("Lead", first[1]["id"])["City"] == "Ulm"


@fact(
    "salesforce",
    "collections",
    "The same external id twice in a Collections call is DUPLICATE_VALUE: Duplicate external id specified.",
    "seen",
)
def test_the_same_key_twice_in_a_call_fails_both_rows() -> None:
    org = new_org()
    org.key_field()
    answer = upsert(org, keyed("a", "A", "b")).body
    assert [r["success"] for r in answer] == [False, False, True]
    assert answer[0]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert answer[0]["errors"][0]["message"] == "Duplicate external id specified: a"


def test_upsert_takes_no_record_id_and_no_missing_key() -> None:
    org = new_org()
    org.key_field()
    answer = upsert(
        org, typed({"LastName": "D"}, {"crmsync_id__c": "a", "id": org.lead(), "LastName": "D"})
    ).body
    assert [r["errors"][0]["statusCode"] for r in answer] == ["MISSING_ARGUMENT", "INVALID_FIELD"]
    assert org.send("PATCH", "composite/sobjects/Lead/Email", {"records": []}).status == 404


@fact(
    "salesforce", "collections", "More than 200 rows are refused as a whole with EXCEEDED_ID_LIMIT.", "seen"
)
def test_more_than_200_rows_are_refused_as_a_whole() -> None:
    org = new_org()
    org.key_field()
    answer = upsert(org, keyed(*(str(n) for n in range(201))))
    assert (answer.status, answer.code) == (400, "EXCEEDED_ID_LIMIT")
    assert (
        answer.body[0]["message"]
        == "record limit reached. cannot submit more than 200 records into this call"
    )
    assert upsert(org, keyed(*(str(n) for n in range(200)))).status == 200


@fact("salesforce", "collections", "Rows of mixed types run in at most ten chunks of one type.", "doc")
def test_a_call_holds_at_most_ten_runs_of_one_type() -> None:
    org = new_org()
    mixed = [
        row
        for n in range(6)
        for row in (*typed({"LastName": "A", "Company": "C"}), *typed({"LastName": str(n)}, obj="Contact"))
    ]
    assert org.send("POST", "composite/sobjects", {"records": mixed}).status == 400
    assert org.send("POST", "composite/sobjects", {"records": mixed[:10]}).status == 200


@fact(
    "salesforce",
    "collections",
    "A converted Lead fails its own row with CANNOT_UPDATE_CONVERTED_LEAD.",
    "doc",
)
def test_a_converted_lead_fails_its_row_only() -> None:
    org = new_org()
    one, two = org.lead(), org.lead()
    org.sim.convert(one)
    answer = org.send(
        "PATCH", "composite/sobjects", {"records": typed({"id": one, "City": "x"}, {"id": two, "City": "x"})}
    )
    assert answer.body[0]["errors"] == [
        {
            "statusCode": "CANNOT_UPDATE_CONVERTED_LEAD",
            "message": "cannot reference converted lead",
            "fields": [],
        }
    ]
    assert answer.body[1]["success"]


@fact(
    "salesforce",
    "collections",
    "A value of the wrong JSON type fails its row, or the whole request.",
    "assumed",
    "type_errors_fail_request",
)
def test_a_value_of_the_wrong_type_fails_its_row_or_by_switch_the_whole_request() -> None:
    org = new_org()
    rows = typed({"LastName": "A", "Company": "C"}, {"LastName": 5, "Company": "C"})
    by_row = org.send("POST", "composite/sobjects", {"records": rows}).body
    assert by_row[1]["errors"][0]["statusCode"] == "INVALID_TYPE_ON_FIELD_IN_RECORD"
    org.sim.switches.type_errors_fail_request = True
    whole = org.send("POST", "composite/sobjects", {"records": rows})
    assert (whole.status, whole.code) == (400, "JSON_PARSER_ERROR")
    assert len(org.rows("SELECT Id FROM Lead")) == 1


@fact(
    "salesforce",
    "collections",
    "A read by ids keeps their order and gives null for what is not there.",
    "doc",
)
def test_retrieve_gives_null_for_what_is_missing_in_the_order_of_the_ids() -> None:
    org = new_org()
    one, two = org.lead(City="Ulm"), org.lead()
    org.sim.delete("Lead", two)
    asked = {"ids": [two, one, "00Q000000000001AAA", one[:15]], "fields": ["Id", "City"]}
    answer = org.send("POST", "composite/sobjects/Lead", asked)
    found = {"attributes": {"type": "Lead", "url": f"{DATA}/sobjects/Lead/{one}"}, "Id": one, "City": "Ulm"}
    assert answer.body == [None, found, None, found]
    short = org.send("GET", "composite/sobjects/Lead", query={"ids": one, "fields": "Id,City"})
    assert short.body == [found]
    assert (
        org.send("POST", "composite/sobjects/Lead", {"ids": [one], "fields": ["Nope"]}).code
        == "INVALID_FIELD"
    )
    assert org.send("POST", "composite/sobjects/Lead", {"ids": [one] * 2001, "fields": ["Id"]}).status == 400


@fact("salesforce", "collections", "A malformed Collections call is 400 as a whole.", "doc")
@pytest.mark.parametrize("body", [{}, {"records": "none"}, {"records": [1]}, []])
def test_a_malformed_call_is_a_400(body: Any) -> None:
    assert new_org().send("POST", "composite/sobjects", body).status == 400


@fact(
    "salesforce", "collections", "allOrNone is false unless said, so good rows stay when others fail.", "doc"
)
def test_good_rows_stay_by_default() -> None:
    org = new_org()
    org.send(
        "POST", "composite/sobjects", {"records": typed({"LastName": "A", "Company": "C"}, {"LastName": "B"})}
    )
    assert len(org.rows("SELECT Id FROM Lead")) == 1


@fact(
    "salesforce",
    "collections",
    "Errors of Collections rows say statusCode, those of single rows errorCode.",
    "doc",
)
def test_rows_and_calls_name_their_code_differently() -> None:
    org = new_org()
    row = org.send("POST", "composite/sobjects", {"records": typed({"LastName": "A"})}).body[0]["errors"][0]
    single = org.send("POST", "sobjects/Lead", {"LastName": "A"}).body[0]
    assert set(row) == {"statusCode", "message", "fields"}
    assert set(single) == {"errorCode", "message", "fields"}


@fact("salesforce", "collections", "A failed row has no id, not even in an update.", "doc")
def test_a_failed_row_has_no_id() -> None:
    org = new_org()
    rows = typed({"id": org.lead(), "Company": None})
    assert "id" not in org.send("PATCH", "composite/sobjects", {"records": rows}).body[0]


@fact("salesforce", "collections", "A Collections call of 200 rows counts as one call.", "doc")
def test_a_call_of_many_rows_counts_once() -> None:
    org = new_org()
    org.send("POST", "composite/sobjects", {"records": typed(*[{"LastName": "A", "Company": "C"}] * 200)})
    assert org.sim.limits.used == 1


@fact("salesforce", "collections", "Mixed types may be created in one call, and order is kept.", "doc")
def test_mixed_types_are_created_in_one_call() -> None:
    org = new_org()
    rows = [
        *typed({"LastName": "A", "Company": "C"}),
        *typed({"Name": "Acme"}, obj="Account"),
        *typed({"LastName": "B"}, obj="Contact"),
    ]
    answer = org.send("POST", "composite/sobjects", {"records": rows})
    assert [r["id"][:3] for r in answer.body] == ["00Q", "001", "003"]


@fact("salesforce", "collections", "An upsert call holds one type only.", "doc")
def test_an_upsert_call_holds_one_type() -> None:
    org = new_org()
    org.key_field()
    rows = typed({"crmsync_id__c": "a", "LastName": "D"}, obj="Contact")
    assert upsert(org, rows).body[0]["errors"][0]["statusCode"] == "INVALID_TYPE"


@fact("salesforce", "collections", "DELETE takes ids of several types and answers for each in order.", "doc")
def test_delete_takes_ids_of_several_types() -> None:
    org = new_org()
    lead, account = org.lead(), org.sim.create("Account", {"Name": "Acme"})
    answer = org.send("DELETE", "composite/sobjects", query={"ids": f"{lead},{account}"})
    assert answer.body == [{"id": i, "success": True, "errors": []} for i in (lead, account)]


@fact("salesforce", "collections", "DELETE with allOrNone undoes the good deletions when one fails.", "doc")
def test_delete_all_or_none() -> None:
    org = new_org()
    lead = org.lead()
    query = {"ids": f"{lead},00Q000000000001AAA", "allOrNone": "true"}
    answer = org.send("DELETE", "composite/sobjects", query=query)
    assert [r["success"] for r in answer.body] == [False, False]
    assert org.rows("SELECT Id FROM Lead") == [{"Id": lead}]


def test_more_than_200_ids_or_ten_chunks_cannot_be_deleted() -> None:
    org = new_org()
    assert (
        org.send("DELETE", "composite/sobjects", query={"ids": ",".join(["00Q000000000001AAA"] * 201)}).status
        == 400
    )
    mixed = ",".join(["00Q000000000001AAA", "003000000000001AAA"] * 6)
    assert org.send("DELETE", "composite/sobjects", query={"ids": mixed}).status == 400


@fact("salesforce", "collections", "A parent may be named by its external id within a row.", "doc")
def test_a_parent_is_named_by_its_key_within_a_row() -> None:
    org = new_org()
    org.key_field("Account")
    account = org.sim.create("Account", {"Name": "Acme", "crmsync_id__c": "firm-1"})
    rows = typed({"LastName": "D", "Account": {"crmsync_id__c": "firm-1"}}, obj="Contact")
    made = org.send("POST", "composite/sobjects", {"records": rows}).body[0]["id"]
    assert org.row("Contact", made)["AccountId"] == account


@fact(
    "salesforce",
    "collections",
    "A read by about 800 ids fits an address, more go by POST, up to 2,000.",
    "doc",
)
def test_many_ids_are_read_by_post() -> None:
    org = new_org()
    ids = [org.lead()] * 900
    long = {"ids": ",".join(ids), "fields": "Id"}
    assert (
        org.send("GET", "composite/sobjects/Lead", query={**long, "ids": ",".join(ids[:800])}).status == 200
    )
    assert org.send("GET", "composite/sobjects/Lead", query=long).status == 414
    assert len(org.send("POST", "composite/sobjects/Lead", {"ids": ids, "fields": ["Id"]}).body) == 900


def sub(name: str, method: str, url: str, body: Any = None, **headers: str) -> dict[str, Any]:
    out: dict[str, Any] = {"referenceId": name, "method": method, "url": f"{DATA}/{url}"}
    return out | ({"body": body} if body is not None else {}) | ({"httpHeaders": headers} if headers else {})


def composite(org: Org, *parts: dict[str, Any], **more: Any) -> Answer:
    return org.send("POST", "composite", {"compositeRequest": list(parts), **more})


@fact("salesforce", "composite", "A composite call counts as one call, whatever it holds.", "doc")
def test_composite_answers_each_subrequest_and_counts_as_one_call() -> None:
    org = new_org()
    lead = org.lead(City="Ulm")
    before = org.sim.limits.used
    answer = composite(
        org,
        sub("q", "GET", "query?q=SELECT+Id+FROM+Lead+WHERE+LastName+%3D+%27Doe%27"),
        sub("a", "GET", "queryAll/?q=SELECT%20COUNT()%20FROM%20Lead"),
        sub("p", "PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"}),
        sub("x", "GET", "nowhere"),
        sub("r", "POST", "composite/sobjects/Lead", {"ids": [lead], "fields": ["City"]}),
    )
    assert answer.status == 200
    parts = {p["referenceId"]: p for p in answer.body["compositeResponse"]}
    assert [p["httpStatusCode"] for p in parts.values()] == [200, 200, 204, 404, 200]
    assert parts["q"]["body"]["records"][0]["Id"] == lead
    assert parts["p"]["body"] is None
    assert parts["x"]["body"][0]["errorCode"] == "NOT_FOUND"
    assert parts["r"]["body"][0]["City"] == "Bonn"
    assert org.sim.limits.used == before + 1


@fact("salesforce", "composite", "A subrequest carries headers of its own, conditions among them.", "doc")
def test_a_subrequest_carries_its_own_precondition() -> None:
    org = new_org()
    old, new = org.lead(), org.lead()
    org.clock.advance(60)
    org.sim.edit("Lead", new, {"City": "Ulm"})
    when = {"If-Unmodified-Since": "Mon, 02 Nov 2026 09:30:20 GMT"}
    answer = composite(
        org,
        sub("a", "PATCH", f"sobjects/Lead/{old}", {"Title": "x"}, **when),
        sub("b", "PATCH", f"sobjects/Lead/{new}", {"Title": "x"}, **when),
    )
    assert [p["httpStatusCode"] for p in answer.body["compositeResponse"]] == [204, 412]
    assert "Title" not in org.row("Lead", new)


def test_subrequests_inherit_the_calls_options_unless_they_have_their_own() -> None:
    org = new_org()
    rep = org.rows("SELECT Id FROM User WHERE FirstName = 'Rosa'")[0]["Id"]
    org.sim.switches.assignment_rule = lambda row: rep
    parts = [
        sub("a", "POST", "sobjects/Lead", {"LastName": "A", "Company": "C"}),
        sub(
            "b", "POST", "sobjects/Lead", {"LastName": "B", "Company": "C"}, **{"Sforce-Auto-Assign": "TRUE"}
        ),
    ]
    org.send("POST", "composite", {"compositeRequest": parts}, headers={"sforce-auto-assign": "FALSE"})
    owners = {r["LastName"]: r["OwnerId"] for r in org.rows("SELECT LastName, OwnerId FROM Lead")}
    assert owners == {"A": org.sim.user_id, "B": rep}


@fact(
    "salesforce",
    "composite",
    "A later subrequest refers to the answer of an earlier one by its referenceId.",
    "doc",
)
def test_later_subrequests_may_use_earlier_answers() -> None:
    org = new_org()
    answer = composite(
        org,
        sub("acc", "POST", "sobjects/Account", {"Name": "Acme"}),
        sub("con", "POST", "sobjects/Contact", {"LastName": "D", "AccountId": "@{acc.id}"}),
        sub("get", "GET", "sobjects/Contact/@{con.id}?fields=AccountId"),
    )
    parts = answer.body["compositeResponse"]
    assert parts[2]["body"]["AccountId"] == parts[0]["body"]["id"]


@fact(
    "salesforce",
    "composite",
    "With allOrNone the subrequests around a failed one are 400 PROCESSING_HALTED and undone.",
    "doc",
)
def test_all_or_none_halts_the_others_and_undoes_them() -> None:
    org = new_org()
    lead = org.lead(City="Ulm")
    answer = composite(
        org,
        sub("a", "PATCH", f"sobjects/Lead/{lead}", {"City": "Bonn"}),
        sub("b", "POST", "sobjects/Lead", {"LastName": "D"}),
        sub("c", "GET", "limits"),
        allOrNone=True,
    )
    codes = [p["body"][0]["errorCode"] for p in answer.body["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert org.row("Lead", lead)["City"] == "Ulm"


@fact("salesforce", "composite", "A composite call holds at most 25 subrequests.", "doc")
@pytest.mark.parametrize(("count", "status"), [(25, 200), (26, 400)])
def test_composite_takes_25_subrequests(count: int, status: int) -> None:
    assert composite(new_org(), *(sub(f"r{n}", "GET", "limits") for n in range(count))).status == status


@fact(
    "salesforce",
    "composite",
    "At most five subrequests of a composite call are queries or Collections.",
    "assumed",
    "composite_heavy_limit",
)
def test_composite_takes_5_queries_unless_the_switch_says_otherwise() -> None:
    org = new_org()
    parts = [sub(f"r{n}", "GET", "query?q=SELECT+Id+FROM+Lead") for n in range(6)]
    assert composite(org, *parts[:5]).status == 200
    assert composite(org, *parts).status == 400
    org.sim.switches.composite_heavy_limit = 6
    assert composite(org, *parts).status == 200


@fact(
    "salesforce", "composite", "A failed subrequest leaves the others alone unless allOrNone is said.", "doc"
)
def test_a_failed_subrequest_leaves_the_others_alone() -> None:
    org = new_org()
    answer = composite(
        org,
        sub("a", "POST", "sobjects/Lead", {"LastName": "D"}),
        sub("b", "POST", "sobjects/Lead", {"LastName": "D", "Company": "C"}),
    )
    assert [p["httpStatusCode"] for p in answer.body["compositeResponse"]] == [400, 201]
    assert len(org.rows("SELECT Id FROM Lead")) == 1


@fact("salesforce", "composite", "The outer allOrNone overrides that of a Collections subrequest.", "doc")
def test_the_outer_all_or_none_overrides_the_inner() -> None:
    org = new_org()
    rows = typed({"LastName": "A", "Company": "C"}, {"LastName": "B"})
    part = sub("a", "POST", "composite/sobjects", {"allOrNone": False, "records": rows})
    composite(org, part, allOrNone=True)
    assert org.rows("SELECT Id FROM Lead") == []


@pytest.mark.parametrize(
    "body",
    [{}, {"compositeRequest": []}, {"compositeRequest": [{"method": "GET", "url": f"{DATA}/limits"}]}],
)
def test_a_composite_without_named_subrequests_is_refused(body: Any) -> None:
    assert new_org().send("POST", "composite", body).status == 400


@fact("salesforce", "composite", "collateSubrequests changes nothing in the answers.", "doc")
def test_collated_subrequests_are_answered_alike() -> None:
    parts = [sub(n, "POST", "sobjects/Lead", {"LastName": n, "Company": "C"}) for n in "ab"]
    found = [composite(new_org(), *parts, collateSubrequests=c).body for c in (True, False)]
    assert found[0] == found[1]
