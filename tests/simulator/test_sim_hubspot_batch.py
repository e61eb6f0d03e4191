"""Batches: the cap, duplicates, all or nothing, partial success with trace ids, results in no order."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts/batch"
DATED = "/crm/objects/2026-09/contacts/batch"


def inputs(*rows: dict[str, Any], trace: bool = False) -> dict[str, Any]:
    return {
        "inputs": [
            {**row, **({"objectWriteTraceId": f"t{n}"} if trace else {})} for n, row in enumerate(rows)
        ]
    }


def new(email: str, **values: str) -> dict[str, Any]:
    return {"properties": {"email": email, **values}}


def change(id: str, **values: str) -> dict[str, Any]:
    return {"id": id, "properties": values}


def keyed(by: str, id: str, **values: str) -> dict[str, Any]:
    """An input of an upsert."""
    return {"id": id, "idProperty": by, "properties": values}


def emails(bench: Bench) -> list[str]:
    return sorted(row.get("email", "") for row in bench.sim.state()["contacts"])


def send(
    bench: Bench, op: str, *rows: dict[str, Any], trace: bool = False, path: str = PATH
) -> tuple[int, Any]:
    return bench.call("POST", f"{path}/{op}", inputs(*rows, trace=trace))


@fact("hubspot", "batch", "A batch has at most a hundred inputs", "doc")
@pytest.mark.parametrize("op", ["read", "create", "update", "upsert", "archive"])
def test_a_hundred_inputs_are_the_cap(op: str) -> None:
    bench = Bench()
    rows = [keyed("email", str(n), firstname="x") for n in range(101)]
    assert send(bench, op, *rows)[0] == 400
    assert bench.ledger.entries == []


def test_an_empty_or_unreadable_batch_is_refused() -> None:
    bench = Bench()
    for body in ({"inputs": []}, {"inputs": "x"}, {"inputs": [1]}, {}):
        assert bench.call("POST", f"{PATH}/create", body)[0] == 400


# -- create -----------------------------------------------------------------------------------------------------
@fact("hubspot", "batch", "A batch create answers 201 with its status and results", "doc")
def test_a_create_answers_201() -> None:
    status, reply = send(Bench(), "create", new("ann@firm.example"), new("ben@firm.example"))
    assert (status, reply["status"], len(reply["results"])) == (201, "COMPLETE", 2)
    assert {"startedAt", "completedAt"} <= reply.keys()


@fact("hubspot", "batch", "Without trace ids one invalid record rejects a whole create", "seen")
def test_a_create_without_trace_ids_is_all_or_nothing() -> None:
    bench = Bench()
    rows = (new("ann@firm.example"), new("ben@firm.example", hs_lead_status="nope"))
    status, reply = send(bench, "create", *rows)
    assert (status, reply["errors"][0]["code"], emails(bench)) == (400, "INVALID_OPTION", [])


@fact("hubspot", "batch", "Without trace ids one taken address is a 409 for a whole create", "seen")
def test_a_taken_address_rejects_a_create_without_trace_ids() -> None:
    bench = Bench()
    bench.person("cleo")
    status, reply = send(bench, "create", new("ann@firm.example"), new("cleo@firm.example"))
    assert (status, reply["category"], emails(bench)) == (409, "CONFLICT", ["cleo@firm.example"])


def test_an_address_twice_in_a_create_is_a_conflict() -> None:
    bench = Bench()
    assert send(bench, "create", new("ann@firm.example"), new("ANN@firm.example"))[0] == 409
    assert emails(bench) == []


MIXED = (
    new("ann@firm.example"),
    new("ben@firm.example", no_such="1"),
    new("cleo@firm.example"),
    new("", city="X"),
)


@fact(
    "hubspot",
    "batch",
    "With a unique trace id on every input the good rows of a create are written, and it is 207",
    "doc",
)
def test_trace_ids_let_the_good_rows_of_a_create_through() -> None:
    bench = Bench()
    bench.person("cleo")
    status, reply = send(bench, "create", *MIXED, trace=True)
    assert (status, reply["numErrors"]) == (207, 3)
    assert [row["objectWriteTraceId"] for row in reply["results"]] == ["t0"]
    assert emails(bench) == ["ann@firm.example", "cleo@firm.example"]


@fact("hubspot", "batch", "Each error of a create names the trace id of its input", "doc")
def test_trace_ids_name_the_bad_rows() -> None:
    bench = Bench()
    bench.person("cleo")
    errors = send(bench, "create", *MIXED, trace=True)[1]["errors"]
    assert {each["context"]["objectWriteTraceId"][0]: each["category"] for each in errors} == {
        "t1": "VALIDATION_ERROR",
        "t2": "CONFLICT",
        "t3": "VALIDATION_ERROR",
    }


@fact("hubspot", "batch", "A conflict in a batch names the existing record in its context", "seen")
def test_a_conflict_in_a_batch_names_the_existing_record() -> None:
    bench = Bench()
    existing = bench.person("cleo")
    (error,) = send(bench, "create", new("cleo@firm.example"), trace=True)[1]["errors"]
    assert error["context"]["existingId"] == [existing]


@fact(
    "hubspot",
    "batch",
    "A trace id that stands twice, or on some inputs only, gives no partial success",
    "doc",
)
@pytest.mark.parametrize("traces", [("a", "a"), ("a", "")])
def test_trace_ids_must_be_unique_and_on_every_input(traces: tuple[str, str]) -> None:
    bench = Bench()
    rows = [new("ann@firm.example"), new("ben@firm.example", nope="1")]
    body = {"inputs": [{**r, "objectWriteTraceId": t} for r, t in zip(rows, traces, strict=True)]}
    assert bench.call("POST", f"{PATH}/create", body)[0] == 400
    assert emails(bench) == []


@fact(
    "hubspot",
    "batch",
    "Partial success on 2026-09 paths is 207 as seen or, since they do not declare it, 200 with errors",
    "seen",
    "dated_partial_is_207",
)
@pytest.mark.parametrize("declared", [True, False])
def test_partial_success_on_dated_paths(declared: bool) -> None:
    bench = Bench()
    bench.sim.switches.dated_partial_is_207 = declared
    id = bench.person("ann")
    rows = (change(id, city="Lund"), change("5", city="Lund"))
    status, reply = send(bench, "update", *rows, path=DATED)
    assert (status, reply["numErrors"]) == (207 if declared else 200, 1)
    assert send(bench, "update", *rows)[0] == 207


# -- update -----------------------------------------------------------------------------------------------------
@fact(
    "hubspot",
    "batch",
    "An update with unknown ids writes the known ones and is 207 even without trace ids",
    "seen",
)
def test_an_update_with_unknown_ids_writes_the_known_ones() -> None:
    bench = Bench()
    id = bench.person("ann")
    status, reply = send(bench, "update", change(id, city="Lund"), change("5", city="Lund"))
    assert (status, reply["errors"][0]["category"]) == (207, "OBJECT_NOT_FOUND")
    assert bench.values(id)["city"] == "Lund"


@fact("hubspot", "batch", "One error entry covers all ids that were not found", "seen")
def test_one_error_covers_all_unknown_ids() -> None:
    reply = send(Bench(), "update", *(change(id, city="Lund") for id in ("5", "6", "")))[1]
    assert (reply["numErrors"], reply["errors"][0]["context"]["ids"]) == (1, ["5", "6", ""])
    assert reply["errors"][0]["message"].startswith("Could not get some CONTACT objects")


@fact(
    "hubspot",
    "batch",
    "An invalid value rejects a whole update, even with trace ids",
    "seen",
    "update_partial",
)
@pytest.mark.parametrize(("partial", "status", "city"), [(False, 400, None), (True, 207, "Lund")])
def test_an_update_with_an_invalid_value_is_rejected_whole(
    partial: bool, status: int, city: str | None
) -> None:
    bench = Bench()
    bench.sim.switches.update_partial = partial
    ids = [bench.person("ann"), bench.person("ben")]
    rows = (change(ids[0], city="Lund"), change(ids[1], nope="1"))
    assert send(bench, "update", *rows, trace=True)[0] == status
    assert bench.values(ids[0]).get("city") == city


@fact("hubspot", "batch", "A batch update by e-mail is refused: it identifies nothing there", "seen")
def test_an_update_does_not_take_an_email() -> None:
    bench = Bench()
    bench.person("ann")
    status, reply = send(bench, "update", keyed("email", "ann@firm.example", city="Lund"))
    assert (status, reply["message"]) == (
        400,
        "Unable to perform update/upsert by non-unique 0-1 property email",
    )


@fact(
    "hubspot",
    "batch",
    "A batch update by a unique property is allowed by the specification and not by the documentation",
    "doc",
    "update_by_unique_property",
)
@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 400)])
def test_an_update_may_take_a_unique_property(allowed: bool, status: int) -> None:
    bench = Bench()
    bench.sim.switches.update_by_unique_property = allowed
    bench.sim.define("contacts", "crmsync_id", unique=True)
    bench.person("ann", crmsync_id="k1")
    assert send(bench, "update", keyed("crmsync_id", "k1", city="Lund"))[0] == status


@fact(
    "hubspot",
    "batch",
    "An e-mail address sent as an id updates nothing, which may not be said at all",
    "seen",
    "update_by_address_is_silent",
)
@pytest.mark.parametrize(("silent", "status"), [(False, 207), (True, 200)])
def test_an_address_sent_as_an_id_updates_nothing(silent: bool, status: int) -> None:
    bench = Bench()
    bench.sim.switches.update_by_address_is_silent = silent
    id = bench.person("ann")
    reply = send(bench, "update", change("ann@firm.example", city="Lund"))
    assert (reply[0], reply[1]["results"]) == (status, [])
    assert "city" not in bench.values(id)


@fact("hubspot", "batch", "The same id twice in a batch is 400 for all of it, trace ids or not", "seen")
@pytest.mark.parametrize("trace", [False, True])
def test_duplicate_ids_reject_the_whole_request(trace: bool) -> None:
    bench = Bench()
    id = bench.person("ann")
    status, reply = send(bench, "update", *[change(id, city="Lund")] * 2, trace=trace)
    assert (status, reply["category"], reply["context"]) == (400, "VALIDATION_ERROR", {"ids": [id]})
    assert reply["message"] == f"Duplicate IDs found in batch input: [{id}]. IDs must be unique"


# -- upsert -----------------------------------------------------------------------------------------------------
def with_keys() -> tuple[Bench, str]:
    """A portal with a unique property, and a contact whose key is k1."""
    bench = Bench()
    bench.sim.define("contacts", "crmsync_id", unique=True)
    return bench, bench.person("ann", crmsync_id="k1")


@fact("hubspot", "upsert", "An upsert says of each result whether it is new", "doc")
def test_an_upsert_says_what_is_new() -> None:
    bench, known = with_keys()
    rows = (keyed("crmsync_id", "k1", city="Lund"), keyed("crmsync_id", "k2", email="Ben@firm.example"))
    status, reply = send(bench, "upsert", *rows)
    assert status == 200
    assert {row["id"] == known: row["new"] for row in reply["results"]} == {True: False, False: True}
    assert send(bench, "upsert", rows[1])[1]["results"][0]["new"] is False


@fact("hubspot", "upsert", "A new record of an upsert has the value it was looked for by", "doc")
def test_a_new_record_has_the_key_it_was_looked_for_by() -> None:
    bench, _ = with_keys()
    reply = send(bench, "upsert", keyed("crmsync_id", "k2", email="ben@firm.example"))[1]
    assert reply["results"][0]["properties"]["crmsync_id"] == "k2"


@fact("hubspot", "upsert", "By a unique property of the portal's an upsert lets good rows through", "doc")
def test_an_upsert_by_a_unique_property_lets_good_rows_through() -> None:
    bench, known = with_keys()
    rows = (
        keyed("crmsync_id", "k2", email="ben@firm.example"),
        keyed("crmsync_id", "k3", email="ann@firm.example"),
    )
    status, reply = send(bench, "upsert", *rows, trace=True)
    (error,) = reply["errors"]
    assert (status, error["category"], error["context"]["existingId"]) == (207, "CONFLICT", [known])
    assert emails(bench) == ["ann@firm.example", "ben@firm.example"]


@fact(
    "hubspot",
    "upsert",
    "By e-mail one bad row fails an upsert, says the documentation, while a probe saw partial success",
    "doc",
    "upsert_by_email_partial",
)
@pytest.mark.parametrize(("partial", "status", "made"), [(False, 400, []), (True, 207, ["ann@firm.example"])])
def test_an_upsert_by_email_may_fail_whole(partial: bool, status: int, made: list[str]) -> None:
    bench = Bench()
    bench.sim.switches.upsert_by_email_partial = partial
    rows = (
        keyed("email", "ann@firm.example", city="Lund"),
        keyed("email", "ben@firm.example", nope="Lund"),
    )
    assert send(bench, "upsert", *rows, trace=True)[0] == status
    assert emails(bench) == made


@fact("hubspot", "upsert", "An upsert by a property that is not unique is refused by its name", "seen")
def test_an_upsert_by_a_property_that_is_not_unique_is_refused() -> None:
    status, reply = send(Bench(), "upsert", keyed("city", "Lund", firstname="Ann"))
    assert (status, reply["message"]) == (
        400,
        "Unable to perform update/upsert by non-unique 0-1 property city",
    )


@fact("hubspot", "upsert", "An upsert finds duplicates by the id's value, an address in any case", "seen")
@pytest.mark.parametrize("trace", [False, True])
def test_an_upsert_finds_duplicates_by_value(trace: bool) -> None:
    rows = [keyed("email", each, city="X") for each in ("a@x.example", "A@x.example")]
    bench = Bench()
    assert send(bench, "upsert", *rows, trace=trace)[0] == 400
    assert emails(bench) == []


# -- read -------------------------------------------------------------------------------------------------------
@fact(
    "hubspot",
    "batch",
    "A batch read with unknown ids is 207: what was found, and one error with the others",
    "seen",
)
def test_a_read_lists_the_unknown() -> None:
    bench = Bench()
    id = bench.person("ann")
    status, reply = send(bench, "read", {"id": id}, {"id": "9"}, {"id": "8"})
    assert (status, [row["id"] for row in reply["results"]]) == (207, [id])
    assert reply["errors"][0]["context"]["ids"] == ["9", "8"]


@fact("hubspot", "batch", "A batch read by e-mail finds contacts, in any case", "doc")
def test_a_read_by_email() -> None:
    bench = Bench()
    id = bench.person("ann")
    body = {**inputs({"id": "ANN@firm.example"}), "idProperty": "email", "properties": ["city"]}
    (row,) = bench.call("POST", f"{PATH}/read", body)[1]["results"]
    assert (row["id"], row["properties"]["city"]) == (id, None)


@fact("hubspot", "batch", "A batch read of archived records finds only these", "doc")
def test_a_read_of_archived_records() -> None:
    bench = Bench()
    keep, drop = bench.person("ann"), bench.person("ben")
    bench.sim.delete("contacts", drop)
    status, reply = bench.call("POST", f"{PATH}/read", inputs({"id": keep}, {"id": drop}), archived="true")
    assert (status, [row["id"] for row in reply["results"]]) == (207, [drop])


@fact("hubspot", "batch", "A batch read with history takes fifty inputs", "doc")
def test_a_read_with_history_takes_fifty() -> None:
    bench = Bench()
    ids = [bench.person(f"p{n}") for n in range(51)]
    body = {**inputs(*({"id": id} for id in ids)), "propertiesWithHistory": ["city"]}
    assert bench.call("POST", f"{PATH}/read", body)[0] == 400
    body["inputs"] = body["inputs"][:50]
    status, reply = bench.call("POST", f"{PATH}/read", body)
    assert (status, reply["results"][0]["propertiesWithHistory"]) == (200, {"city": []})


@fact("hubspot", "batch", "Results come in another order than the inputs", "seen", "shuffle_results")
@pytest.mark.parametrize("shuffled", [True, False])
def test_results_come_in_another_order_than_the_inputs(shuffled: bool) -> None:
    bench = Bench()
    bench.sim.switches.shuffle_results = shuffled
    ids = [bench.person(f"p{n}") for n in range(20)]
    answered = [row["id"] for row in send(bench, "read", *({"id": id} for id in ids))[1]["results"]]
    assert (answered != ids, sorted(answered)) == (shuffled, ids)


@fact("hubspot", "batch", "A batch archive is 204, whatever the ids", "doc")
def test_a_batch_archive_answers_204_whatever_the_ids() -> None:
    bench = Bench()
    id = bench.person("ann")
    assert send(bench, "archive", {"id": id}, {"id": "7"}) == (204, None)
    assert bench.values(id)["archived"] is True
