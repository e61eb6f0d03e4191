"""Batches: the cap, duplicates, all or nothing, partial success with trace ids, results in no order."""

from __future__ import annotations

from typing import Any

import pytest
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts/batch"


def inputs(*rows: dict[str, Any], trace: bool = False) -> dict[str, Any]:
    return {
        "inputs": [
            {**row, **({"objectWriteTraceId": f"t{n}"} if trace else {})} for n, row in enumerate(rows)
        ]
    }


def new(email: str, **values: str) -> dict[str, Any]:
    return {"properties": {"email": email, **values}}


def emails(bench: Bench) -> list[str]:
    return sorted(row.get("email", "") for row in bench.sim.state()["contacts"])


@pytest.mark.parametrize("op", ["read", "create", "update", "upsert", "archive"])
def test_a_hundred_inputs_are_the_cap(op: str) -> None:
    bench = Bench()
    rows = [{"id": str(n), "idProperty": "email", "properties": {"firstname": "x"}} for n in range(101)]
    assert bench.call("POST", f"{PATH}/{op}", inputs(*rows))[0] == 400
    assert bench.ledger.entries == []


def test_a_create_without_trace_ids_is_all_or_nothing() -> None:
    bench = Bench()
    body = inputs(new("ann@firm.example"), new("ben@firm.example", hs_lead_status="nope"))
    status, reply = bench.call("POST", f"{PATH}/create", body)
    assert (status, reply["errors"][0]["code"]) == (400, "INVALID_OPTION")
    bench.person("cleo")
    status, reply = bench.call(
        "POST", f"{PATH}/create", inputs(new("ann@firm.example"), new("cleo@firm.example"))
    )
    assert (status, reply["category"]) == (409, "CONFLICT")
    status, _ = bench.call("POST", f"{PATH}/create", inputs(new("ann@firm.example"), new("ANN@firm.example")))
    assert status == 409
    assert emails(bench) == ["cleo@firm.example"]
    status, reply = bench.call(
        "POST", f"{PATH}/create", inputs(new("ann@firm.example"), new("ben@firm.example"))
    )
    assert (status, reply["status"], len(reply["results"])) == (201, "COMPLETE", 2)


def test_trace_ids_let_the_good_rows_of_a_create_through_and_name_the_bad_ones() -> None:
    bench = Bench()
    existing = bench.person("cleo")
    rows = (
        new("ann@firm.example"),
        new("ben@firm.example", no_such="1"),
        new("cleo@firm.example"),
        new("", city="X"),
    )
    status, reply = bench.call("POST", f"{PATH}/create", inputs(*rows, trace=True))
    assert status == 207
    assert [row["objectWriteTraceId"] for row in reply["results"]] == ["t0"]
    errors = {each["context"]["objectWriteTraceId"][0]: each for each in reply["errors"]}
    assert {trace: each["category"] for trace, each in errors.items()} == {
        "t1": "VALIDATION_ERROR",
        "t2": "CONFLICT",
        "t3": "VALIDATION_ERROR",
    }
    assert errors["t2"]["context"]["existingId"] == [existing]
    assert reply["numErrors"] == 3
    assert emails(bench) == ["ann@firm.example", "cleo@firm.example"]


def test_an_update_with_unknown_ids_writes_the_known_ones_and_has_one_error_for_all_others() -> None:
    bench = Bench()
    id = bench.person("ann")
    rows = [{"id": each, "properties": {"city": "Lund"}} for each in (id, "5", "6")]
    status, reply = bench.call("POST", f"{PATH}/update", inputs(*rows))
    assert (status, reply["numErrors"], reply["errors"][0]["category"]) == (207, 1, "OBJECT_NOT_FOUND")
    assert reply["errors"][0]["context"]["ids"] == ["5", "6"]
    assert bench.values(id)["city"] == "Lund"


def test_an_update_with_an_invalid_value_is_rejected_whole_even_with_trace_ids() -> None:
    bench = Bench()
    ids = [bench.person("ann"), bench.person("ben")]
    rows = [{"id": ids[0], "properties": {"city": "Lund"}}, {"id": ids[1], "properties": {"nope": "1"}}]
    assert bench.call("POST", f"{PATH}/update", inputs(*rows, trace=True))[0] == 400
    assert "city" not in bench.values(ids[0])
    bench.sim.switches.update_partial = True
    assert bench.call("POST", f"{PATH}/update", inputs(*rows, trace=True))[0] == 207
    assert bench.values(ids[0])["city"] == "Lund"


def test_an_update_does_not_take_an_email_or_an_absorbed_id() -> None:
    bench = Bench()
    first, second = bench.person("ann"), bench.person("ben")
    row = {"id": "ann@firm.example", "idProperty": "email", "properties": {"city": "Lund"}}
    status, reply = bench.call("POST", f"{PATH}/update", inputs(row))
    assert (status, reply["message"]) == (
        400,
        "Unable to perform update/upsert by non-unique 0-1 property email",
    )
    bench.sim.merge("contacts", first, [second])
    status, reply = bench.call(
        "POST", f"{PATH}/update", inputs({"id": first, "properties": {"city": "Lund"}})
    )
    assert (status, reply["errors"][0]["context"]["ids"]) == (207, [first])


@pytest.mark.parametrize("trace", [False, True])
def test_duplicate_ids_reject_the_whole_request(trace: bool) -> None:
    bench = Bench()
    id = bench.person("ann")
    row = {"id": id, "properties": {"city": "Lund"}}
    status, reply = bench.call("POST", f"{PATH}/update", inputs(row, row, trace=trace))
    assert (status, reply["context"]) == (400, {"ids": [id]})
    assert reply["message"] == f"Duplicate IDs found in batch input: [{id}]. IDs must be unique"
    rows = [
        {"id": e, "idProperty": "email", "properties": {"city": "X"}} for e in ("a@x.example", "A@x.example")
    ]
    assert bench.call("POST", f"{PATH}/upsert", inputs(*rows, trace=trace))[0] == 400


def test_an_upsert_by_a_unique_property_says_what_is_new_and_lets_good_rows_through() -> None:
    bench = Bench()
    bench.sim.define("contacts", "crmsync_id", unique=True)
    known = bench.person("ann", crmsync_id="k1")
    rows = [
        {"id": "k1", "idProperty": "crmsync_id", "properties": {"city": "Lund"}},
        {"id": "k2", "idProperty": "crmsync_id", "properties": {"email": "Ben@firm.example"}},
        {"id": "k3", "idProperty": "crmsync_id", "properties": {"email": "ann@firm.example"}},
    ]
    status, reply = bench.call("POST", f"{PATH}/upsert", inputs(*rows, trace=True))
    assert status == 207
    by_trace = {row["objectWriteTraceId"]: row for row in reply["results"]}
    assert (by_trace["t0"]["id"], by_trace["t0"]["new"], by_trace["t1"]["new"]) == (known, False, True)
    assert by_trace["t1"]["properties"]["crmsync_id"] == "k2"
    (error,) = reply["errors"]
    assert (error["category"], error["context"]["existingId"]) == ("CONFLICT", [known])
    again = bench.call("POST", f"{PATH}/upsert", inputs(rows[1], trace=True))
    assert (again[0], again[1]["results"][0]["new"]) == (200, False)
    assert emails(bench) == ["ann@firm.example", "ben@firm.example"]


def test_an_upsert_by_email_has_no_partial_success_unless_switched_on() -> None:
    bench = Bench()
    rows = [
        {"id": "ann@firm.example", "idProperty": "email", "properties": {"city": "Lund"}},
        {"id": "ben@firm.example", "idProperty": "email", "properties": {"nope": "Lund"}},
    ]
    assert bench.call("POST", f"{PATH}/upsert", inputs(*rows, trace=True))[0] == 400
    assert emails(bench) == []
    bench.sim.switches.upsert_by_email_partial = True
    assert bench.call("POST", f"{PATH}/upsert", inputs(*rows, trace=True))[0] == 207
    assert emails(bench) == ["ann@firm.example"]


def test_an_upsert_by_a_property_that_is_not_unique_is_refused() -> None:
    row = {"id": "Lund", "idProperty": "city", "properties": {"firstname": "Ann"}}
    status, reply = Bench().call("POST", f"{PATH}/upsert", inputs(row))
    assert (status, reply["message"]) == (
        400,
        "Unable to perform update/upsert by non-unique 0-1 property city",
    )


def test_a_unique_value_that_another_record_has_is_refused_and_names_that_record() -> None:
    bench = Bench()
    bench.sim.define("contacts", "crmsync_id", unique=True)
    holder, other = bench.person("ann", crmsync_id="k1"), bench.person("ben")
    status, reply = bench.call(
        "PATCH", f"/crm/v3/objects/contacts/{other}", {"properties": {"crmsync_id": "k1"}}
    )
    assert (status, reply["category"]) == (400, "VALIDATION_ERROR")
    assert reply["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    assert f"on {other}. {holder} already has that value." in reply["message"]


def test_a_read_finds_survivors_under_their_own_id_and_lists_the_unknown() -> None:
    bench = Bench()
    first, second, third = (bench.person(name) for name in ("ann", "ben", "cleo"))
    survivor = bench.sim.merge("contacts", first, [second])
    body = {**inputs({"id": first}, {"id": third}, {"id": "9"}, {"id": "8"}), "properties": ["email", "city"]}
    status, reply = bench.call("POST", f"{PATH}/read", body)
    assert status == 207
    assert {row["id"] for row in reply["results"]} == {survivor, third}
    assert reply["errors"][0]["context"]["ids"] == ["9", "8"]
    assert all(row["properties"]["city"] is None for row in reply["results"])
    body = {**inputs({"id": "ANN@firm.example"}), "idProperty": "email"}
    assert bench.call("POST", f"{PATH}/read", body)[1]["results"][0]["id"] == survivor


def test_a_read_with_history_takes_fifty() -> None:
    bench = Bench()
    ids = [bench.person(f"p{n}") for n in range(51)]
    body = {**inputs(*({"id": id} for id in ids)), "propertiesWithHistory": ["city"]}
    assert bench.call("POST", f"{PATH}/read", body)[0] == 400
    body["inputs"] = body["inputs"][:50]
    status, reply = bench.call("POST", f"{PATH}/read", body)
    assert (status, reply["results"][0]["propertiesWithHistory"]) == (200, {"city": []})


def test_results_come_in_another_order_than_the_inputs() -> None:
    bench = Bench()
    ids = [bench.person(f"p{n}") for n in range(20)]
    reply = bench.call("POST", f"{PATH}/read", inputs(*({"id": id} for id in ids)))[1]
    answered = [row["id"] for row in reply["results"]]
    assert answered != ids
    assert sorted(answered) == ids


def test_a_batch_archive_answers_204_whatever_the_ids() -> None:
    bench = Bench()
    id = bench.person("ann")
    assert bench.call("POST", f"{PATH}/archive", inputs({"id": id}, {"id": "7"})) == (204, None)
    assert bench.values(id)["archived"] is True
