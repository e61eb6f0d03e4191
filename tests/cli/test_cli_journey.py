"""From an empty folder to two CRMs in agreement, with the real command over real HTTP, each step with its JSON."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from cli_desk import Crms, Desk, agreement, at_once, crms, desk

PEOPLE = ("contacts", "Lead", "Contact")
SYNC = {"cycle", "connection", "read", "linked", "applied", "conflicts", "parked", "held"}
SYNC_TOO = {"raced", "api_calls", "seconds"}
KEYS = ("crmsync_id", "crmsync_id__c")
OPERATION = {"side", "object", "kind", "id", "person", "fields"}
STATUS = {"name", "state", "freshness_s", "links", "conflicts", "parked", "held", "budget"}
ITEM = {"id", "kind", "person", "field", "values", "cause", "fix", "since"}
EXPLAINED = {"person", "ids", "fields", "score", "stage", "handoff", "sla"}


def to_people(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ledger entries about people; what `setup` made is left out."""
    return [e for e in entries if e["object"] in PEOPLE]


def assert_written(entries: list[dict[str, Any]], operations: list[dict[str, Any]]) -> None:
    """The ledger holds exactly the operations: each record, each native value, and no more.

    The entry of a create also has the key and the vendor's own defaults.
    """
    done = to_people(entries)
    for kind in ("create", "update"):
        assert Counter((e["side"], e["object"]) for e in done if e["op"] == kind) == Counter(
            (o["side"], o["object"]) for o in operations if o["kind"] == kind
        )
    updates = Counter((e["side"], e["id"], *native(e)) for e in done if e["op"] == "update")
    assert updates == Counter((o["side"], o["id"], *values(o)) for o in operations if o["kind"] == "update")
    born = [e for e in done if e["op"] == "create"]
    for one in (o for o in operations if o["kind"] == "create"):
        found = next(
            (
                e
                for e in born
                if (e["side"], e["object"]) == (one["side"], one["object"])
                and not Counter(values(one)) - Counter(native(e))
            ),
            None,
        )
        assert found is not None, one
        born.remove(found)


def values(operation: dict[str, Any]) -> list[str]:
    """The native values that an operation writes, in a form that sorts."""
    return sorted(json.dumps(change["to"]) for change in operation["fields"].values())


def native(entry: dict[str, Any]) -> list[str]:
    """The values that a ledger entry wrote."""
    return sorted(map(json.dumps, entry["after"].values()))


def set_up(here: Desk) -> None:
    here.run("setup", "--apply")


def test_a_newcomer_gets_from_an_empty_folder_to_agreement(tmp_path: Path) -> None:
    with crms("--people", "40") as simulated:
        here = desk(tmp_path, simulated, everybody=True)
        checks = here.run("doctor", "--json", code=2).json["checks"]
        assert all(set(c) == {"name", "ok", "detail", "fix"} for c in checks)
        assert any("crmsync_id" in c["name"] and not c["ok"] and "setup --apply" in c["fix"] for c in checks)

        asked = here.run("setup", "--json").json["changes"]
        assert {c["action"] for c in asked} == {"create"}
        assert all(set(c) == {"side", "object", "name", "action", "detail"} for c in asked)
        assert simulated.writes() == []
        made = here.run("setup", "--apply", "--json").json["changes"]
        assert [c["name"] for c in made] == [c["name"] for c in asked]

        before = simulated.mark()
        calls = simulated.admin("calls")["by"]
        plan = here.run("plan", "--json", code=3).json
        assert set(plan) == {"digest", "operations", "held"}
        assert all(set(o) == OPERATION for o in plan["operations"])
        assert all(set(h) == {"digest", "reason", "count"} for h in plan["held"])
        assert simulated.writes(before) == []
        assert_only_reads(calls, simulated.admin("calls")["by"])

        held = here.run("sync", "--json", code=3).json
        assert set(held) >= SYNC | SYNC_TOO
        assert set(held["applied"]["hubspot"]) == {"create", "update", "skipped"}
        [digest] = [h["digest"] for h in held["held"]]
        [status] = here.run("status", "--json").json["connections"]
        assert set(status) >= STATUS and status["held"] == held["held"]
        items = here.run("review", "--json").json["items"]
        assert all(set(i) == ITEM for i in items) and "held" in {i["kind"] for i in items}

        assert here.run("plan", "--json", code=3).json["held"] == held["held"]

        approved = here.run("approve", digest, "--json").json
        assert {"digest", "operations"} <= set(approved) and approved["operations"] == held["held"][0][
            "count"
        ]
        assert_written(simulated.writes(before), plan["operations"])

        pairs, wrong = agreement(simulated.people())
        assert (pairs, wrong) == (56, [])
        assert simulated.counts() == {"hubspot": 56, "salesforce": 56}
        assert_nothing_left_to_do(here, simulated)

        conflict = next(i for i in items_of(here) if i["kind"] == "conflict" and i["field"] == "phone")
        told = here.run("explain", conflict["person"], "--json").json
        assert set(told) >= EXPLAINED
        assert {"value", "side", "base", "rule", "at"} <= set(told["fields"]["phone"])
        here.run("review", "resolve", conflict["id"], "--side", "salesforce", "--json")
        mark = simulated.mark()
        here.run("sync")
        [entry] = simulated.writes(mark)
        assert entry["after"] == {"phone": conflict["values"]["salesforce"]}
        assert conflict["id"] not in {i["id"] for i in items_of(here)}


def items_of(here: Desk) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = here.run("review", "--json").json["items"]
    return items


def assert_nothing_left_to_do(here: Desk, simulated: Crms) -> None:
    mark = simulated.mark()
    again = here.run("sync", "--json").json
    assert all(t["create"] == t["update"] == 0 for t in again["applied"].values())
    assert simulated.writes(mark) == []


def assert_only_reads(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> None:
    """Of both APIs only calls that ask were used in between; Salesforce's by-id read of many rows is a POST."""
    for side, lines in after.items():
        for line in (name for name, n in lines.items() if n > before[side].get(name, 0)):
            method, path = line.split(" ", 1)
            asks = path.endswith(("/search", "/batch/read", "/oauth2/token", "/composite")) or any(
                path.endswith(f"/composite/sobjects/{obj}") for obj in ("Lead", "Contact", "Account")
            )
            assert method == "GET" or (method == "POST" and asks), line


def test_the_defaults_create_nobody_and_exit_0_and_read_well(tmp_path: Path) -> None:
    with crms("--people", "20") as simulated:
        here = desk(tmp_path, simulated)
        set_up(here)
        before, mark = simulated.counts(), simulated.mark()
        pilot = here.run("sync", "--limit", "3")
        assert len(simulated.writes(mark)) == 3
        some = here.run(
            "plan", "--kind", "update", "--field", "title", "--where", "person.title != ''", "--json"
        )
        assert {name for o in some.json["operations"] for name in o["fields"]} <= {"title", *KEYS}
        plan = here.run("plan")
        first = here.run("sync", "--json").json
        assert [t["create"] for t in first["applied"].values()] == [0, 0]
        assert simulated.counts() == before == {"hubspot": 20, "salesforce": 20}
        assert {e["op"] for e in simulated.writes(mark)} == {"update"}
        assert_nothing_left_to_do(here, simulated)
        status, review, doctor = at_once(
            *(partial(here.run, name) for name in ("status", "review", "doctor"))
        )
        assert "12 people linked" in status.out
        for ran in (pilot, plan, status, review, doctor):
            assert max(len(line.rstrip()) for line in ran.out.splitlines()) <= 80, ran.argv
            assert ran.err == ""


def test_approve_on_sync_writes_the_plan_also_through_the_dated_api(tmp_path: Path) -> None:
    with crms("--people", "40") as simulated:
        here = desk(tmp_path, simulated, everybody=True, CRMSYNC_HUBSPOT__API_VERSION="2026-09")
        set_up(here)
        mark = simulated.mark()
        plan = here.run("plan", "--json", code=3).json["operations"]
        here.run("sync", "--approve", "--json")
        assert_written(simulated.writes(mark), plan)
        assert agreement(simulated.people()) == (56, [])
        assert_nothing_left_to_do(here, simulated)
        asked = simulated.admin("calls")["by"]["hubspot"]
        assert not [line for line in asked if "/v3/" in line]
        assert [line for line in asked if "2026-09" in line and "objects" in line]


def test_a_long_plan_is_one_operation_a_line(tmp_path: Path) -> None:
    with crms("--people", "720") as simulated:
        here = desk(tmp_path, simulated, everybody=True)
        set_up(here)
        mark = simulated.mark()
        lines = [json.loads(line) for line in here.run("plan", "--json", code=3).out.splitlines()]
        assert len(lines) > 1000
        assert all(set(line) == OPERATION for line in lines[:-1])
        assert set(lines[-1]) == {"digest", "held"} and lines[-1]["held"]
        assert simulated.writes(mark) == []
