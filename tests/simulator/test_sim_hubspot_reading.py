"""The list, archived records, other identifiers and stamps: how records are found and followed."""

from __future__ import annotations

from typing import Any

import pytest
from facts import fact
from sim_hubspot_builders import Bench

PATH = "/crm/v3/objects/contacts"
NINE = "2026-03-02T09:00:00.000Z"


def refused(reply: tuple[int, Any]) -> tuple[int, str]:
    """(status, first code or category)."""
    status, body = reply
    return status, (body.get("errors") or [{}])[0].get("code") or body.get("category", "")


# -- the list ---------------------------------------------------------------------------------------------------
@fact("hubspot", "list", "The list goes by id, and after is the id of the next record", "doc")
def test_the_list_goes_by_id() -> None:
    bench = Bench()
    ids = [bench.person(f"p{n}") for n in range(5)]
    first = bench.call("GET", PATH, limit="2")[1]
    assert [row["id"] for row in first["results"]] == ids[:2]
    assert first["paging"]["next"]["after"] == ids[2]
    rest = bench.call("GET", PATH, limit="100", after=ids[2])[1]
    assert [row["id"] for row in rest["results"]] == ids[2:]
    assert "paging" not in rest


@fact("hubspot", "list", "A page of the list has ten records by default and a hundred at most", "doc")
def test_a_page_has_a_hundred_at_most() -> None:
    bench = Bench()
    for n in range(11):
        bench.person(f"p{n}")
    assert len(bench.call("GET", PATH)[1]["results"]) == 10
    assert [bench.call("GET", PATH, limit=n)[0] for n in ("100", "101")] == [200, 400]


@fact("hubspot", "list", "A page of the list with history has fifty records at most", "doc")
def test_a_page_with_history_has_fifty_at_most() -> None:
    bench = Bench()
    statuses = [bench.call("GET", PATH, limit=n, propertiesWithHistory="city")[0] for n in ("50", "51")]
    assert statuses == [200, 400]


@fact("hubspot", "list", "The link to the next page names a host that need not be the caller's", "doc")
def test_the_link_names_another_host() -> None:
    bench = Bench()
    for n in range(2):
        bench.person(f"p{n}")
    link = bench.call("GET", "/crm/objects/2026-09/contacts", limit="1")[1]["paging"]["next"]["link"]
    assert link.startswith("https://api.hubapi.com/crm/objects/2026-09/contacts?limit=1&after=")


# -- archiving --------------------------------------------------------------------------------------------------
@fact("hubspot", "archive", "A delete is 204", "doc")
def test_a_delete_is_204() -> None:
    bench = Bench()
    assert bench.call("DELETE", f"{PATH}/{bench.person('ann')}") == (204, None)


@fact("hubspot", "archive", "A delete of an id that is unknown or archived already is 204 as well", "seen")
def test_a_delete_of_nothing_is_204() -> None:
    bench = Bench()
    id = bench.person("ann")
    assert [bench.call("DELETE", f"{PATH}/{each}")[0] for each in (id, id, "77")] == [204] * 3


@fact(
    "hubspot", "archive", "archived=true lists the archived records and no others, in any case of true", "doc"
)
@pytest.mark.parametrize("true", ["true", "True", "TRUE"])
def test_archived_contacts_are_listed_apart(true: str) -> None:
    bench = Bench()
    keep, drop = bench.person("ann"), bench.person("ben")
    bench.sim.delete("contacts", drop)
    assert [row["id"] for row in bench.call("GET", PATH)[1]["results"]] == [keep]
    (gone,) = bench.call("GET", PATH, archived=true)[1]["results"]
    assert (gone["id"], gone["archived"], gone["archivedAt"]) == (drop, True, NINE)


@fact(
    "hubspot",
    "archive",
    "An archived id is not found unless archived records are asked for",
    "assumed",
    "archived_id_is_404",
)
@pytest.mark.parametrize(("missing", "status"), [(True, 404), (False, 200)])
def test_an_archived_id_is_not_found(missing: bool, status: int) -> None:
    bench = Bench()
    bench.sim.switches.archived_id_is_404 = missing
    id = bench.person("ann")
    bench.sim.delete("contacts", id)
    assert bench.call("GET", f"{PATH}/{id}")[0] == status
    assert bench.call("GET", f"{PATH}/{id}", archived="true")[0] == 200
    assert bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Lund"}})[0] == 404


@fact("hubspot", "archive", "Archived contacts can be restored by people for ninety days", "doc")
@pytest.mark.parametrize(("days", "back"), [(89, True), (91, False)])
def test_contacts_can_be_restored_for_ninety_days(days: int, back: bool) -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.sim.delete("contacts", id)
    bench.clock.advance(days * 86_400)
    if back:
        bench.sim.restore("contacts", id)
        assert bench.call("GET", f"{PATH}/{id}")[0] == 200
    else:
        with pytest.raises(Exception, match="90 days"):
            bench.sim.restore("contacts", id)


def test_a_restored_contact_is_as_before_unless_its_address_was_taken() -> None:
    bench = Bench()
    ann, ben = bench.person("ann"), bench.person("ben")
    for id in (ann, ben):
        bench.sim.delete("contacts", id)
    bench.clock.advance(1)
    bench.sim.restore("contacts", ann)
    assert [row["id"] for row in bench.call("GET", PATH)[1]["results"]] == [ann]
    assert bench.call("GET", f"{PATH}/ann%40firm.example", idProperty="email")[1]["id"] == ann
    assert bench.values(ann)["lastmodifieddate"] == "2026-03-02T09:00:01.000Z"
    assert bench.ledger.entries[-1].op == "restore"
    bench.person("ben")
    with pytest.raises(Exception, match="already exists"):
        bench.sim.restore("contacts", ben)


# -- other identifiers ------------------------------------------------------------------------------------------
@fact("hubspot", "identifiers", "A contact is read by e-mail, with or without an encoded at sign", "doc")
@pytest.mark.parametrize("address", ["ann@firm.example", "ann%40firm.example", "ANN%40Firm.example"])
def test_a_contact_is_read_by_email(address: str) -> None:
    bench = Bench()
    id = bench.person("ann")
    assert bench.call("GET", f"{PATH}/{address}", idProperty="email")[1]["id"] == id


@fact(
    "hubspot",
    "identifiers",
    "A single read finds a contact by an additional address, a batch read not reliably",
    "assumed",
    "batch_read_by_additional_email",
)
@pytest.mark.parametrize(("reliable", "found"), [(False, 0), (True, 1)])
def test_a_contact_is_read_by_an_additional_address(reliable: bool, found: int) -> None:
    bench = Bench()
    bench.sim.switches.batch_read_by_additional_email = reliable
    id = bench.sim.merge("contacts", bench.person("ann"), [bench.person("ben")])
    assert bench.call("GET", f"{PATH}/ben@firm.example", idProperty="email")[1]["id"] == id
    body = {"inputs": [{"id": "ben@firm.example"}], "idProperty": "email"}
    assert len(bench.call("POST", f"{PATH}/batch/read", body)[1]["results"]) == found


@fact("hubspot", "identifiers", "A record is read and updated by a property with unique values", "doc")
def test_a_record_goes_by_a_unique_property() -> None:
    bench = Bench()
    bench.sim.define("contacts", "crmsync_id", unique=True)
    id = bench.person("ann", crmsync_id="k1")
    assert bench.call("GET", f"{PATH}/k1", idProperty="crmsync_id")[1]["id"] == id
    reply = bench.call("PATCH", f"{PATH}/k1", {"properties": {"city": "Lund"}}, idProperty="crmsync_id")
    assert (reply[0], bench.values(id)["city"]) == (200, "Lund")


@fact("hubspot", "identifiers", "A property without unique values identifies nothing", "seen")
def test_another_property_does_not_identify() -> None:
    assert refused(Bench().call("GET", f"{PATH}/Lund", idProperty="city")) == (400, "VALIDATION_ERROR")


def test_a_unique_value_that_another_record_has_is_refused_and_names_that_record() -> None:
    bench = Bench()
    bench.sim.define("contacts", "crmsync_id", unique=True)
    holder, other = bench.person("ann", crmsync_id="k1"), bench.person("ben")
    status, reply = bench.call("PATCH", f"{PATH}/{other}", {"properties": {"crmsync_id": "k1"}})
    assert (status, reply["category"]) == (400, "VALIDATION_ERROR")
    assert reply["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    assert f"on {other}. {holder} already has that value." in reply["message"]


# -- stamps, the ledger -----------------------------------------------------------------------------------------
@fact(
    "hubspot",
    "stamps",
    "Any change of a property moves lastmodifieddate, one that HubSpot counts by itself too",
    "seen",
)
@pytest.mark.parametrize("deed", ["edit", "engage"])
def test_any_change_moves_the_stamp(deed: str) -> None:
    bench = Bench()
    id = bench.person("ann")
    bench.clock.advance(1)
    if deed == "edit":
        bench.sim.edit("contacts", id, {"city": "Lund"})
    else:
        bench.sim.engage(id, "open")
    assert bench.values(id)["lastmodifieddate"] == "2026-03-02T09:00:01.000Z"


def test_a_write_that_changes_nothing_moves_no_stamp_and_is_an_empty_entry() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.clock.advance(1)
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "Lund"}})
    assert bench.values(id)["lastmodifieddate"] == NINE
    last = bench.ledger.entries[-1]
    assert (last.actor, last.op, dict(last.after), last.call) == ("api", "update", {}, 1)


@pytest.mark.parametrize(
    "name", ["\ud800 half a pair", "\x00", "\u202eright to left", "👩‍👩‍👧", "' OR 1=1 --", "x" * 65_536]
)
def test_any_name_that_people_type_can_be_read_back(name: str) -> None:
    bench = Bench()
    id = bench.sim.create("contacts", {"firstname": name})
    body = bench.call("GET", f"{PATH}/{id}")[1]
    assert body["properties"]["firstname"] == name.replace("\ud800", "?")


def test_the_ledger_tells_who_changed_what() -> None:
    bench = Bench()
    id = bench.person("ann", city="Lund")
    bench.call("PATCH", f"{PATH}/{id}", {"properties": {"city": "", "phone": "1"}})
    bench.call("DELETE", f"{PATH}/{id}")
    told = [(e.n, e.actor, e.op, dict(e.before), dict(e.after)) for e in bench.ledger.entries]
    assert told == [
        (1, "human", "create", {}, {"email": "ann@firm.example", "firstname": "ann", "city": "Lund"}),
        (2, "system", "update", {"lifecyclestage": None}, {"lifecyclestage": "lead"}),
        (3, "api", "update", {"city": "Lund", "phone": None}, {"city": None, "phone": "1"}),
        (4, "api", "delete", {"archived": False}, {"archived": True}),
    ]


@fact("hubspot", "errors", "A URL that grows too long is 414, as with many properties", "seen", "url_limit")
def test_a_url_that_is_too_long_is_414() -> None:
    bench = Bench()
    names = ",".join(f"property_{n}" for n in range(1500))
    assert bench.call("GET", PATH, properties=names)[0] == 414


def test_the_same_seed_makes_the_same_ids() -> None:
    assert Bench().person("a") == Bench().person("a")
