"""A contact's company goes to HubSpot as its primary association, never as a property; nothing else of the two is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from test_connectors_hubspot_portal import Portal

from crmsync.model.records import FieldType, Verdict, Write, WriteResult
from crmsync.simulator.faults import Fault

COMPANY = "associatedcompanyid"
versions = pytest.mark.parametrize("version", ["v3", "2026-09"])


def world(contacts: int = 1, version: str = "v3") -> tuple[Portal, list[str], list[str]]:
    """A portal with contacts and two companies."""
    portal = Portal(version=version)
    companies = [portal.sim.create("companies", {"name": f"Firm {n}"}) for n in range(2)]
    people = portal.contacts(contacts)
    portal.calls()
    return portal, people, companies


def written(portal: Portal, *writes: Write) -> dict[int, WriteResult]:
    return {r.ref: r for r in portal.crm.write("contacts", writes)}


def firms(portal: Portal, people: Sequence[str]) -> list[object]:
    """What `associatedcompanyid` shows, contact by contact."""
    records = {r.id: r for r in portal.crm.read("contacts", people, (COMPANY,))}
    return [records[one].values[COMPANY] for one in people]


def test_the_property_is_described_as_a_reference_that_can_be_written() -> None:
    field = Portal().crm.describe("contacts").fields[COMPANY]
    assert (field.type, field.updateable, field.createable) == (FieldType.REFERENCE, True, True)


@versions
def test_it_is_written_as_the_primary_association_and_read_back(version: str) -> None:
    portal, people, companies = world(3, version)
    results = written(portal, *(Write(n, {COMPANY: companies[0]}, id=one) for n, one in enumerate(people)))
    assert {r.verdict for r in results.values()} == {Verdict.DONE}
    assert portal.calls() == 2  # the labels that are there, and the associations
    assert firms(portal, people) == [companies[0]] * 3
    found = portal.crm.associated("contacts", "companies", people)
    assert {(a.id, a.primary) for some in found.values() for a in some} == {(companies[0], True)}


def test_another_company_becomes_primary_and_the_former_one_stays_linked() -> None:
    portal, people, companies = world()
    portal.sim.associate("contacts", people[0], "companies", companies[0], primary=True)
    assert written(portal, Write(1, {COMPANY: companies[1]}, id=people[0]))[1].verdict is Verdict.DONE
    found = portal.crm.associated("contacts", "companies", people)[people[0]]
    assert {(a.id, a.primary) for a in found} == {(companies[0], False), (companies[1], True)}


def test_labels_that_people_gave_the_two_stay() -> None:
    portal, people, companies = world()
    links = portal.sim.portal.links
    label, _ = links.add_label("contacts", "companies", "Billing", "Billed")
    links.put("contacts", int(people[0]), "companies", int(companies[0]), (label.type_id,))
    written(portal, Write(1, {COMPANY: companies[0]}, id=people[0]))
    (found,) = portal.crm.associated("contacts", "companies", people)[people[0]]
    assert (found.primary, found.labels) == (True, ("Billing",))


def test_properties_go_first_and_both_count_as_one_write() -> None:
    portal, people, companies = world()
    (result,) = written(portal, Write(7, {"firstname": "Ann", COMPANY: companies[0]}, id=people[0])).values()
    assert (result.verdict, result.id, result.stored) == (Verdict.DONE, people[0], {"firstname": "Ann"})
    (record,) = portal.crm.read("contacts", people, ("firstname", COMPANY))
    assert record.values == {"firstname": "Ann", COMPANY: companies[0]}


def test_a_new_contact_gets_its_company() -> None:
    portal, _, companies = world(0)
    values = {"lastname": "N", "email": "n@acme.example", COMPANY: companies[0]}
    (result,) = written(portal, Write(1, values, key="salesforce:1:1")).values()
    assert (result.verdict, result.created) == (Verdict.DONE, True)
    assert firms(portal, [str(result.id)]) == [companies[0]]


def test_a_company_that_is_gone_is_refused_for_that_field_alone() -> None:
    portal, people, companies = world(3)
    portal.sim.delete("companies", companies[1])
    targets = [companies[0], companies[1], companies[0]]
    pairs = zip(people, targets, strict=True)
    results = written(
        portal, *(Write(n, {"firstname": "F", COMPANY: c}, id=p) for n, (p, c) in enumerate(pairs))
    )
    assert [results[n].verdict for n in range(3)] == [Verdict.DONE, Verdict.REJECTED, Verdict.DONE]
    assert results[1].fields == (COMPANY,)
    assert firms(portal, people) == [companies[0], None, companies[0]]


def test_a_property_that_is_refused_keeps_the_company_back() -> None:
    portal, people, companies = world()
    (result,) = written(
        portal, Write(1, {"email": "no address", COMPANY: companies[0]}, id=people[0])
    ).values()
    assert (result.verdict, result.fields) == (Verdict.REJECTED, ("email",))
    assert firms(portal, people) == [None]


def test_taking_somebody_out_of_a_company_is_refused() -> None:
    portal, people, companies = world()
    portal.sim.associate("contacts", people[0], "companies", companies[0], primary=True)
    (result,) = written(portal, Write(1, {COMPANY: None}, id=people[0])).values()
    assert (result.verdict, result.fields, result.code) == (Verdict.REJECTED, (COMPANY,), "CLEARING")
    assert portal.calls() == 0
    assert firms(portal, people) == [companies[0]]


def test_when_the_second_step_fails_for_now_the_write_may_have_landed() -> None:
    portal, people, companies = world()
    portal.faults.add(Fault("reset_after_send", match="companies/batch/create"))
    (result,) = written(portal, Write(1, {"firstname": "F", COMPANY: companies[0]}, id=people[0])).values()
    assert (result.verdict, result.maybe_written) == (Verdict.TRANSIENT, True)


def test_writes_without_a_company_cost_no_more_than_before() -> None:
    portal, people, _ = world(3)
    written(portal, *(Write(n, {"firstname": "F"}, id=one) for n, one in enumerate(people)))
    assert portal.calls() == 1
