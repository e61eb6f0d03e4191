"""The past of values, lifecycle stages with their stamps, and what HubSpot counts of people's deeds."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts"
NINE, LATER = "2026-03-02T09:00:00.000Z", "2026-03-02T09:01:00.000Z"


def past(bench: Bench, id: str, name: str) -> list[dict[str, Any]]:
    body = bench.call("GET", f"{PATH}/{id}", propertiesWithHistory=name)[1]
    found: list[dict[str, Any]] = body["propertiesWithHistory"][name]
    return found


def stage(bench: Bench, id: str, value: str) -> Any:
    """Write a stage over the API; returns the one that the reply shows."""
    status, body = bench.call("PATCH", f"{PATH}/{id}", {"properties": {"lifecyclestage": value}})
    assert status == 200
    return body["properties"]["lifecyclestage"]


# -- history ----------------------------------------------------------------------------------------------------
@fact("hubspot", "history", "The history of a value comes newest first with the time of each", "doc")
def test_the_history_comes_newest_first() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.clock.advance(60)
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Oslo"}})
    told = [(v["value"], v["timestamp"]) for v in past(bench, id, "city")]
    assert told == [("Oslo", LATER), ("Lund", NINE)]


@fact(
    "hubspot",
    "history",
    "A version of a value names its source: an integration with its app, a person with the user",
    "doc",
)
def test_a_version_names_its_source() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Oslo"}})
    api, human = past(bench, id, "city")
    assert (api["sourceType"], api["sourceId"]) == ("INTEGRATION", "1")
    assert "updatedByUserId" not in api
    assert (human["sourceType"], human["sourceId"]) == ("CRM_UI", "userId:51000000")
    assert human["updatedByUserId"] == 51_000_000


@fact("hubspot", "history", "A cleared value leaves a version without text", "doc")
def test_a_cleared_value_is_a_version() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": ""}})
    assert [v["value"] for v in past(bench, id, "city")] == ["", "Lund"]


def test_the_same_value_is_no_version() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Lund"}})
    assert [v["value"] for v in past(bench, id, "city")] == ["Lund"]


# -- lifecycle --------------------------------------------------------------------------------------------------
@fact(
    "hubspot",
    "lifecycle",
    "A backward stage over the API is 200, and the reply shows the stage that stayed",
    "seen",
    "forward_only_lifecycle",
)
@pytest.mark.parametrize(("forward", "after"), [(True, "salesqualifiedlead"), (False, "lead")])
def test_a_backward_stage_is_answered_with_the_one_that_stayed(forward: bool, after: str) -> None:
    bench = Bench()
    bench.sim.switches.forward_only_lifecycle = forward
    id = bench.person("ann", lifecyclestage="salesqualifiedlead")
    assert stage(bench, id, "lead") == after
    assert bench.values(id)["lifecyclestage"] == after


@fact(
    "hubspot",
    "lifecycle",
    "A backward stage leaves no version and moves no stamp",
    "assumed",
    "forward_only_lifecycle",
)
def test_a_backward_stage_leaves_no_trace() -> None:
    bench = Bench()
    id = bench.person("ann", lifecyclestage="salesqualifiedlead")
    bench.clock.advance(60)
    stage(bench, id, "lead")
    assert len(past(bench, id, "lifecyclestage")) == 1
    assert bench.values(id)["lastmodifieddate"] == NINE


@fact("hubspot", "lifecycle", "Stages move forward in the order of the definition's options", "doc")
def test_stages_move_forward() -> None:
    bench = Bench()
    id = bench.sim.create("contacts", {"email": "ann@firm.example", "lifecyclestage": "subscriber"})
    options = bench.call("GET", "/crm/v3/properties/contacts/lifecyclestage")[1]["options"]
    order = [option["value"] for option in options]
    assert order[:6] == [
        *["subscriber", "lead", "marketingqualifiedlead"],
        *["salesqualifiedlead", "opportunity", "customer"],
    ]
    assert [stage(bench, id, each) for each in order] == order


@fact("hubspot", "lifecycle", "To go back a stage is cleared first and then set, in two calls", "doc")
def test_a_cleared_stage_can_be_set_to_any() -> None:
    bench = Bench()
    id = bench.person("ann", lifecyclestage="customer")
    assert [stage(bench, id, each) for each in ("", "lead")] == ["", "lead"]


@fact("hubspot", "lifecycle", "People may move a stage back by hand", "doc")
def test_people_may_go_back() -> None:
    bench = Bench()
    id = bench.person("ann", lifecyclestage="customer")
    bench.sim.edit("contacts", id, {"lifecyclestage": "lead"})
    assert bench.values(id)["lifecyclestage"] == "lead"


@fact(
    "hubspot",
    "lifecycle",
    "A stage a portal adds has a number for its internal value and its own place",
    "seen",
)
def test_a_stage_of_the_portals_own() -> None:
    bench = Bench()
    trial = bench.sim.add_stage("Trial", before="opportunity")
    assert trial.isdigit()
    id = bench.person("ann")
    assert [stage(bench, id, each) for each in (trial, "lead", "opportunity", trial)] == [
        *[trial, trial],
        *["opportunity", "opportunity"],
    ]
    assert bench.values(id)[f"hs_v2_date_entered_{trial}"] == NINE


@fact("hubspot", "lifecycle", "Every stage can be removed, and is then no option any more", "doc")
def test_a_removed_stage_is_refused() -> None:
    bench = Bench()
    bench.sim.remove_stage("evangelist")
    id = bench.person("ann")
    body = bench.call("PATCH", f"{PATH}/{id}", {"properties": {"lifecyclestage": "evangelist"}})[1]
    assert body["errors"][0]["code"] == "INVALID_OPTION"


@fact("hubspot", "lifecycle", "Entering a stage is stamped in three properties", "seen")
@pytest.mark.parametrize("name", ["hs_lifecyclestage_{}_date", "hs_date_entered_{}", "hs_v2_date_entered_{}"])
def test_entering_a_stage_is_stamped(name: str) -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.clock.advance(60)
    stage(bench, id, "customer")
    asked = ",".join(name.format(each) for each in ("lead", "customer", "other"))
    shown = bench.call("GET", f"{PATH}/{id}", properties=asked)[1]["properties"]
    assert [shown[name.format(each)] for each in ("lead", "customer", "other")] == [NINE, LATER, None]


@fact("hubspot", "lifecycle", "Leaving a stage is stamped with the time, and with how long it lasted", "seen")
def test_leaving_a_stage_is_stamped() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.clock.advance(60)
    stage(bench, id, "customer")
    values = bench.values(id)
    assert values["hs_v2_date_exited_lead"] == LATER
    assert (values["hs_v2_latest_time_in_lead"], values["hs_v2_cumulative_time_in_lead"]) == (
        "60000",
        "60000",
    )


@fact("hubspot", "lifecycle", "Clearing a stage stamps that it was left", "assumed", "clearing_stamps_exit")
@pytest.mark.parametrize(("stamps", "left"), [(True, LATER), (False, None)])
def test_clearing_a_stage_stamps_its_end(stamps: bool, left: str | None) -> None:
    bench = Bench()
    bench.sim.switches.clearing_stamps_exit = stamps
    id = bench.person("ann")
    bench.clock.advance(60)
    stage(bench, id, "")
    assert bench.values(id).get("hs_v2_date_exited_lead") == left


@fact("hubspot", "lifecycle", "A stage that is entered again adds to the time spent in it", "seen")
def test_time_in_a_stage_adds_up() -> None:
    bench = Bench()
    id = bench.person("ann")
    for value in ("", "lead", "customer"):
        bench.clock.advance(60)
        stage(bench, id, value)
    values = bench.values(id)
    assert (values["hs_v2_latest_time_in_lead"], values["hs_v2_cumulative_time_in_lead"]) == (
        "60000",
        "120000",
    )


@fact("hubspot", "lifecycle", "Companies have lifecycle stages with the same stamps", "doc")
def test_companies_have_stages_too() -> None:
    bench = Bench()
    id = bench.sim.create("companies", {"name": "One", "lifecyclestage": "lead"})
    path = f"/crm/v3/objects/companies/{id}"
    assert bench.call("PATCH", path, {"properties": {"lifecyclestage": "customer"}})[0] == 200
    shown = bench.call("GET", path, properties="hs_v2_date_entered_customer,hs_v2_date_exited_lead")[1]
    assert shown["properties"]["hs_v2_date_entered_customer"] == NINE
    assert shown["properties"]["hs_v2_date_exited_lead"] == NINE


# -- what is counted --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("deed", "moved"),
    [
        ("view", {"hs_analytics_num_page_views": "2", "hs_analytics_last_timestamp": LATER}),
        ("visit", {"hs_analytics_num_visits": "2", "hs_analytics_num_page_views": "2"}),
        ("open", {"hs_email_open": "2", "hs_email_last_open_date": LATER}),
        ("click", {"hs_email_click": "2", "hs_email_last_click_date": LATER}),
        ("call", {"num_contacted_notes": "2", "notes_last_contacted": LATER}),
        ("note", {"num_notes": "2", "notes_last_updated": LATER}),
    ],
)
def test_deeds_are_counted(deed: str, moved: dict[str, str]) -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.sim.engage(id, deed)
    bench.clock.advance(60)
    bench.sim.engage(id, deed)
    values = bench.values(id)
    assert {name: values[name] for name in moved} == moved
    assert values["lastmodifieddate"] == LATER
    assert bench.ledger.entries[-1].actor == "system"


def test_forms_are_counted_by_name_too() -> None:
    bench = Bench()
    id = bench.person("ann")
    for name in ("Demo", "Price list", "Demo"):
        bench.clock.advance(60)
        bench.sim.engage(id, "form", name=name)
    values = bench.values(id)
    assert (values["num_conversion_events"], values["num_unique_conversion_events"]) == ("3", "2")
    assert (values["first_conversion_event_name"], values["first_conversion_date"]) == ("Demo", LATER)
    assert values["recent_conversion_event_name"] == "Demo"


def test_a_deed_of_the_past_moves_no_time_back() -> None:
    bench = Bench()
    id = bench.person("ann")
    now = bench.clock.now()
    bench.sim.engage(id, "open")
    bench.clock.advance(60)
    bench.sim.engage(id, "open", now.replace(hour=8), count=3)
    assert (bench.values(id)["hs_email_open"], bench.values(id)["hs_email_last_open_date"]) == ("4", NINE)


def test_a_deed_that_nobody_counts_is_refused() -> None:
    bench = Bench()
    with pytest.raises(Exception, match="is none of"):
        bench.sim.engage(bench.person("ann"), "yawn")


@fact("hubspot", "records", "A contact that was contacted is worked", "seen")
def test_a_contact_that_was_contacted_is_worked() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.sim.engage(id, "call")
    shown = bench.call("GET", f"{PATH}/{id}", properties="hs_is_unworked")[1]["properties"]
    assert shown["hs_is_unworked"] == "false"
