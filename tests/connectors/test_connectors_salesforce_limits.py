"""The Salesforce connector where the org's own automation runs out of limits, and where an object is out of reach."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from test_connectors_salesforce_org import Org

from crmsync.connectors.salesforce.verdicts import too_much
from crmsync.errors import FatalError
from crmsync.model.records import Verdict, Write
from crmsync.simulator.faults import Fault
from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.profiles import profile_of
from crmsync.simulator.salesforce.schema import Entity, Row

CPU = "Routing: System.LimitException: Apex CPU time limit exceeded"


def org_that_takes(most: int, poison: str = "") -> Org:
    """Its triggers get through so many rows a call, and never through the one with this last name."""
    org = Org()
    tenant = org.sim.org

    def routed(entity: Entity, row: Row, old: Row | None) -> None:
        if entity.name == "Lead" and (tenant.chunk > most or row.get("LastName") == poison):
            raise row_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", CPU)

    tenant.automations.append(routed)
    org.calls()
    return org


def births(count: int, *, start: int = 0, named: str = "") -> list[Write]:
    """Creates; the one in the middle has the name."""
    return [
        Write(
            n,
            {"LastName": named if named and n == start + count // 2 else f"L{n}", "Company": "Acme"},
            key=f"hubspot:1:{n}",
        )
        for n in range(start, start + count)
    ]


def verdicts(org: Org, writes: Sequence[Write]) -> list[Verdict]:
    found = {r.ref: r.verdict for r in org.crm.write("Lead", writes)}
    return [found[w.ref] for w in writes]


def test_rows_that_cost_too_much_together_go_in_smaller_calls_each_once() -> None:
    org = org_that_takes(40)
    assert verdicts(org, births(100)) == [Verdict.DONE] * 100
    assert org.calls() == 1 + 1 + 4, "100 and 50 are refused, then four calls of 25"
    assert len(org.sim.state()["Lead"]) == 100


def test_the_size_that_went_through_is_kept_until_the_org_is_learnt_anew() -> None:
    org = org_that_takes(40)
    org.crm.write("Lead", births(100))
    assert org.crm.batch_size("Lead") == 25 and org.crm.batch_size("Contact") == 200
    org.calls()
    assert verdicts(org, births(50, start=100)) == [Verdict.DONE] * 50
    assert org.calls() == 2
    org.crm.forget()
    assert org.crm.batch_size("Lead") == 200


def test_updates_too() -> None:
    org = org_that_takes(40)
    ids = org.leads(60)
    assert verdicts(org, [Write(n, {"Title": "CEO"}, id=i) for n, i in enumerate(ids)]) == [Verdict.DONE] * 60
    assert all(r["Title"] == "CEO" for r in org.sim.state()["Lead"])


def test_a_row_that_is_too_much_by_itself_is_refused_alone_and_slows_nobody() -> None:
    org = org_that_takes(200, poison="Heavy")
    found = verdicts(org, births(9, named="Heavy"))
    assert found.count(Verdict.DONE) == 8 and found[4] is Verdict.REJECTED
    assert org.crm.batch_size("Lead") == 200


def test_when_a_smaller_call_is_lost_the_rest_waits_and_what_is_known_stays_known() -> None:
    org = org_that_takes(40)
    org.faults.add(Fault("unavailable", match="composite/sobjects/Lead", after=3, count=0))
    found = verdicts(org, births(100))
    assert found[:25] == [Verdict.DONE] * 25
    assert set(found[25:]) == {Verdict.TRANSIENT}


@pytest.mark.parametrize(
    "text",
    [
        CPU,
        "T: System.LimitException: Too many SOQL queries: 101",
        "T: System.LimitException: Too many DML statements: 151",
        "Apex heap size too large: 6000001",
        "We can't save this record because the flow failed: Apex CPU time limit exceeded.",
    ],
)
def test_what_running_out_of_a_limit_is_told_as(text: str) -> None:
    assert too_much([{"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": text}])


@pytest.mark.parametrize("text", ["T: System.NullPointerException", "Title: data value too large", ""])
def test_and_what_is_something_else(text: str) -> None:
    assert not too_much([{"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": text}])


def test_an_object_that_the_user_has_no_access_to_has_no_fields_and_no_rights() -> None:
    org = Org(ready=False)
    profile_of("contacts-only").shape(org.sim)
    info = org.crm.describe("Lead")
    assert (dict(info.fields), info.createable, info.updateable, info.sees_all) == ({}, False, False, False)
    assert org.crm.describe("Contact").fields
    failed = [c for c in org.crm.checks() if not c.ok and " Lead " in c.name]
    assert [c.name for c in failed] == ["salesforce Lead readable"]
    with pytest.raises(FatalError):
        org.crm.scan("Lead", ["LastName"], None)
