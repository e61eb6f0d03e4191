"""Subscriptions: kept by address, shown on contacts, read-only over the CRM API."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

V4 = "/communication-preferences/v4/statuses"
DATED = "/communication-preferences/2026-09/statuses"
ANN = "ann@firm.example"
MAIL = {"channel": "EMAIL"}


def subscription(bench: Bench) -> str:
    return next(iter(bench.sim.portal.subscriptions))


def say(bench: Bench, state: str, email: str = ANN, path: str = V4, **more: Any) -> tuple[int, Any]:
    body = {"subscriptionId": subscription(bench), "statusState": state, "channel": "EMAIL", **more}
    return bench.call("POST", f"{path}/{email}", body)


def states(bench: Bench, email: str = ANN) -> dict[str, str]:
    """Subscription id -> status, over the API."""
    results = bench.call("GET", f"{V4}/{email}", **MAIL)[1]["results"]
    return {str(line["subscriptionId"]): line["status"] for line in results}


@fact("hubspot", "consent", "hs_email_optout is read-only over the CRM API", "seen")
@pytest.mark.parametrize("value", ["true", "false", ""])
def test_the_flag_cannot_be_written_as_a_property(value: str) -> None:
    bench = Bench()
    path = f"/crm/v3/objects/contacts/{bench.person('ann')}"
    status, body = bench.call("PATCH", path, {"properties": {"hs_email_optout": value}})
    assert (status, body["errors"][0]["code"]) == (400, "READ_ONLY_VALUE")


@fact("hubspot", "consent", "The statuses of an address are read with one line for each subscription", "doc")
@pytest.mark.parametrize("path", [V4, DATED])
def test_the_statuses_of_an_address(path: str) -> None:
    bench = Bench()
    status, body = bench.call("GET", f"{path}/{ANN}", **MAIL)
    assert (status, body["status"]) == (200, "COMPLETE")
    assert [line["status"] for line in body["results"]] == ["NOT_SPECIFIED"] * 2
    assert {line["subscriberIdString"] for line in body["results"]} == {ANN}


@fact("hubspot", "consent", "The channel of a status must be named, and only e-mail is meant", "doc")
@pytest.mark.parametrize("query", [{}, {"channel": "WHATSAPP"}])
def test_the_channel_must_be_named(query: dict[str, str]) -> None:
    assert Bench().call("GET", f"{V4}/{ANN}", **query)[0] == 400


@fact("hubspot", "consent", "A status is written as SUBSCRIBED, UNSUBSCRIBED or NOT_SPECIFIED", "doc")
@pytest.mark.parametrize("state", ["SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"])
def test_a_status_is_written(state: str) -> None:
    bench = Bench()
    status, body = say(bench, state)
    assert (status, body["results"][0]["status"]) == (200, state)
    assert states(bench)[subscription(bench)] == state
    assert say(bench, "GONE")[0] == 400


@fact("hubspot", "consent", "Statuses are kept by e-mail address, with or without a contact", "doc")
def test_an_address_needs_no_contact() -> None:
    bench = Bench()
    assert say(bench, "UNSUBSCRIBED")[0] == 200
    id = bench.person("ann")
    assert bench.values(id)[f"hs_email_optout_{subscription(bench)}"] == "true"


@fact("hubspot", "consent", "An address is one person in any case", "seen")
def test_the_case_of_an_address_does_not_matter() -> None:
    bench = Bench()
    say(bench, "UNSUBSCRIBED", "Ann@Firm.EXAMPLE")
    assert states(bench)[subscription(bench)] == "UNSUBSCRIBED"


@fact("hubspot", "consent", "Leaving everything sets hs_email_optout on the contact with that address", "doc")
def test_leaving_everything_is_shown_on_the_contact() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.clock.advance(1)
    assert bench.call("POST", f"{V4}/{ANN}/unsubscribe-all", **MAIL)[0] == 200
    values = bench.values(id)
    assert (values["hs_email_optout"], values["lastmodifieddate"]) == ("true", "2026-03-02T09:00:01.000Z")
    assert set(states(bench).values()) == {"UNSUBSCRIBED"}


@fact("hubspot", "consent", "Leaving everything answers nothing unless verbose asks for it", "doc")
@pytest.mark.parametrize(("verbose", "lines"), [("false", 0), ("true", 2)])
def test_leaving_everything_tells_little(verbose: str, lines: int) -> None:
    body = Bench().call("POST", f"{V4}/{ANN}/unsubscribe-all", channel="EMAIL", verbose=verbose)[1]
    assert len(body["results"]) == lines


@fact(
    "hubspot",
    "consent",
    "Whether somebody left everything is read with an empty list for those who did not",
    "doc",
)
def test_who_left_everything() -> None:
    bench = Bench()
    path = f"{V4}/{ANN}/unsubscribe-all"
    assert bench.call("GET", path, **MAIL)[1]["results"] == []
    bench.sim.opt_out(ANN)
    (line,) = bench.call("GET", path, **MAIL)[1]["results"]
    assert (line["status"], line["wideStatusType"]) == ("UNSUBSCRIBED", "PORTAL_WIDE")


@fact("hubspot", "consent", "Leaving one subscription leaves the others and hs_email_optout alone", "doc")
def test_leaving_one_subscription() -> None:
    bench = Bench()
    id = bench.person("ann")
    say(bench, "UNSUBSCRIBED")
    assert "hs_email_optout" not in bench.values(id)
    assert sorted(states(bench).values()) == ["NOT_SPECIFIED", "UNSUBSCRIBED"]


@fact(
    "hubspot",
    "consent",
    "A contact shows who left one subscription in a property that ends in the subscription's id",
    "assumed",
    "flag_per_subscription",
)
@pytest.mark.parametrize(("shows", "flag"), [(True, "true"), (False, None)])
def test_a_contact_may_show_each_subscription(shows: bool, flag: str | None) -> None:
    bench = Bench()
    bench.sim.switches.flag_per_subscription = shows
    id = bench.person("ann")
    say(bench, "UNSUBSCRIBED")
    assert bench.values(id).get(f"hs_email_optout_{subscription(bench)}") == flag


@fact(
    "hubspot",
    "consent",
    "Definitions are listed as results in v4 and as subscriptionDefinitions in v3",
    "doc",
)
@pytest.mark.parametrize(("version", "name"), [("v3", "subscriptionDefinitions"), ("v4", "results")])
def test_the_subscriptions_of_a_portal(version: str, name: str) -> None:
    bench = Bench()
    made = bench.sim.define_subscription("Regatta news")
    listed = bench.call("GET", f"/communication-preferences/{version}/definitions")[1][name]
    assert (listed[-1]["id"], listed[-1]["name"]) == (made, "Regatta news")
    names = {p["name"] for p in bench.call("GET", "/crm/v3/properties/contacts")[1]["results"]}
    assert f"hs_email_optout_{made}" in names


@fact(
    "hubspot", "consent", "A legal basis is required when data privacy settings are on", "doc", "data_privacy"
)
@pytest.mark.parametrize(("on", "status"), [(False, 200), (True, 400)])
def test_a_legal_basis_is_required(on: bool, status: int) -> None:
    bench = Bench()
    bench.sim.switches.data_privacy = on
    assert say(bench, "UNSUBSCRIBED")[0] == status
    grounds = {"legalBasis": "CONSENT_WITH_NOTICE", "legalBasisExplanation": "asked at the fair"}
    line = say(bench, "UNSUBSCRIBED", **grounds)[1]["results"][0]
    assert {name: line[name] for name in grounds} == grounds


@fact("hubspot", "consent", "A legal basis is one of a fixed list", "doc")
def test_an_unknown_legal_basis_is_refused() -> None:
    assert say(Bench(), "SUBSCRIBED", legalBasis="BECAUSE")[0] == 400


@fact(
    "hubspot",
    "consent",
    "Somebody who opted out with their own hands may not be subscribed again by an integration",
    "assumed",
    "own_opt_out_is_final",
)
@pytest.mark.parametrize(("final", "status"), [(False, 200), (True, 400)])
def test_an_own_opt_out_may_be_final(final: bool, status: int) -> None:
    bench = Bench()
    bench.sim.switches.own_opt_out_is_final = final
    bench.sim.opt_out(ANN, subscription(bench))
    assert say(bench, "SUBSCRIBED")[0] == status


@fact(
    "hubspot", "consent", "Version 4 subscribes somebody again who had opted out, and says that it did", "doc"
)
def test_version_4_brings_people_back() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.sim.opt_out(ANN)
    line = say(bench, "SUBSCRIBED")[1]["results"][0]
    assert line["setStatusSuccessReason"] == "RESUBSCRIBE_OCCURRED"
    values = bench.values(id)
    assert "hs_email_optout" not in values
    others = [each for each in bench.sim.portal.subscriptions if each != subscription(bench)]
    assert [values[f"hs_email_optout_{each}"] for each in others] == ["true"]


@fact("hubspot", "consent", "Version 3 does not subscribe anybody again who opted out", "doc")
def test_version_3_does_not_bring_people_back() -> None:
    bench = Bench()
    path = "/communication-preferences/v3/subscribe"
    body = {"emailAddress": ANN, "subscriptionId": subscription(bench)}
    assert bench.call("POST", path, body)[1]["status"] == "SUBSCRIBED"
    assert (
        bench.call("POST", "/communication-preferences/v3/unsubscribe", body)[1]["status"] == "NOT_SUBSCRIBED"
    )
    assert bench.call("POST", path, body)[0] == 400


@fact("hubspot", "consent", "Version 3 reads the statuses of an address under status/email", "doc")
def test_version_3_has_its_own_shape() -> None:
    bench = Bench()
    bench.sim.opt_out(ANN)
    status, body = bench.call("GET", f"/communication-preferences/v3/status/email/{ANN}")
    assert (status, body["recipient"]) == (200, ANN)
    assert {(s["status"], s["sourceOfStatus"]) for s in body["subscriptionStatuses"]} == {
        ("NOT_SUBSCRIBED", "PORTAL_WIDE_STATUS")
    }


@fact(
    "hubspot",
    "consent",
    "The batches of statuses need Marketing Hub Enterprise",
    "doc",
    "marketing_enterprise",
)
@pytest.mark.parametrize(("enterprise", "status"), [(False, 403), (True, 200)])
@pytest.mark.parametrize(
    ("what", "item"),
    [
        ("read", ANN),
        ("write", {"subscriberIdString": ANN, "statusState": "SUBSCRIBED", "channel": "EMAIL"}),
        ("unsubscribe-all", ANN),
        ("unsubscribe-all/read", ANN),
    ],
)
def test_batches_need_enterprise(enterprise: bool, status: int, what: str, item: Any) -> None:
    bench = Bench()
    bench.sim.switches.marketing_enterprise = enterprise
    asked = {**item, "subscriptionId": subscription(bench)} if isinstance(item, dict) else item
    query = {} if what == "write" else {"channel": "EMAIL"}
    assert bench.call("POST", f"{V4}/batch/{what}", {"inputs": [asked]}, **query)[0] == status


@pytest.mark.parametrize("query", [{}, {"channel": "FAX"}, {"channel": "EMAIL", "businessUnitId": "9"}])
def test_a_batch_names_its_channel(query: dict[str, str]) -> None:
    bench = Bench()
    bench.sim.switches.marketing_enterprise = True
    assert bench.call("POST", f"{V4}/batch/unsubscribe-all", {"inputs": [ANN]}, **query)[0] == 400
    assert bench.ledger.entries == []


@fact("hubspot", "consent", "A status that stands already is answered with no status change", "doc")
def test_the_same_again_is_no_change() -> None:
    bench = Bench()
    bench.person("ann")
    say(bench, "UNSUBSCRIBED")
    line = say(bench, "UNSUBSCRIBED")[1]["results"][0]
    assert line["setStatusSuccessReason"] == "NO_STATUS_CHANGE"
    assert dict(bench.ledger.entries[-1].after) == {}


def test_people_opt_out_and_in_and_the_contact_follows() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.sim.opt_out(ANN)
    assert bench.values(id)["hs_email_optout"] == "true"
    bench.sim.opt_in(ANN)
    assert "hs_email_optout" not in bench.values(id)
    told = [(e.actor, dict(e.after).get("hs_email_optout")) for e in bench.ledger.entries if e.op == "update"]
    assert told[-2:] == [("human", "true"), ("human", None)]


def test_the_flag_that_a_person_sets_is_the_addresss() -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.sim.edit("contacts", id, {"hs_email_optout": "true"})
    assert set(states(bench).values()) == {"UNSUBSCRIBED"}
    bench.sim.edit("contacts", id, {"hs_email_optout": ""})
    assert set(states(bench).values()) == {"SUBSCRIBED"}


@pytest.mark.parametrize("made", [True, False])
def test_flags_that_come_with_an_address_are_hubspots_own_doing(made: bool) -> None:
    bench = Bench()
    bench.sim.opt_out("new@firm.example")
    if made:
        bench.sim.create("contacts", {"email": "new@firm.example"}, "api")
    else:
        bench.sim.edit("contacts", bench.person("ann"), {"email": "new@firm.example"}, "api")
    told = [e.actor for e in bench.ledger.entries if "hs_email_optout" in e.after]
    assert told == ["system"]


def test_a_contact_that_takes_an_address_takes_its_flags() -> None:
    bench = Bench()
    bench.sim.opt_out("new@firm.example")
    id = bench.person("ann")
    bench.sim.edit("contacts", id, {"email": "new@firm.example"})
    assert bench.values(id)["hs_email_optout"] == "true"


def test_the_scopes_of_the_preferences_are_needed() -> None:
    bench = Bench()
    bench.sim.scopes = frozenset({"crm.objects.contacts.write"})
    assert bench.call("GET", f"{V4}/{ANN}", **MAIL)[0] == 403
