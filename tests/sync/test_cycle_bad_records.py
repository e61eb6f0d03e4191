"""Bad records neither stop nor corrupt anything: each is synced faithfully, or parked with a reason and a fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import realdata
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.store.read import review_items
from crmsync.sync.engine import Engine
from engines import calm, contacts, engine_on, rows, sync, violations


def parked(engine: Engine) -> list[dict[str, Any]]:
    return [i for i in review_items(engine.store) if i["kind"] in ("parked", "ambiguous")]  # type: ignore[arg-type]


def test_a_create_without_a_required_field_is_parked_alone(tmp_path: Path) -> None:
    cluster = Cluster(1)
    cluster.hubspot.create("contacts", {"email": "nameless@a.example"})
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        (item,) = parked(engine)
        assert "LastName" in item["cause"] and item["fix"]
        calm(cluster)
        assert sync(engine).writes == 0
        assert len(parked(engine)) == 1
        nameless = next(c for c in cluster.hubspot.state()["contacts"] if not c.get("lastname"))
        cluster.hubspot.edit("contacts", nameless["id"], {"lastname": "Found"})
        calm(cluster)
        assert sync(engine).applied["salesforce"].create == 1
        assert parked(engine) == []


def test_a_value_too_long_parks_its_field_with_the_line_to_mend_and_the_rest_goes_through(
    tmp_path: Path,
) -> None:
    cluster = Cluster(2)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee", "jobtitle": "CEO"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "x" * 300, "phone": "+1 415 555 0101"})
        calm(cluster)
        sync(engine)
        (lead,) = rows(cluster, "Lead")
        assert (lead["Title"], lead["Phone"]) == ("CEO", "+1 415 555 0101")
        (item,) = parked(engine)
        assert item["field"] == "title" and "mapping.yaml:" in item["cause"] and item["fix"]
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CFO"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["Title"] == "CFO"
        assert parked(engine) == []


def test_a_picklist_value_without_a_map_parks_its_field_only(tmp_path: Path) -> None:
    cluster = Cluster(3)
    hub = cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        mapping = tmp_path / "config" / "mapping.yaml"
        text = mapping.read_text()
        assert "OFFLINE:" in text
        mapping.write_text("".join(line for line in text.splitlines(True) if "OFFLINE:" not in line))
    cluster.hubspot.edit("contacts", hub, {"hs_analytics_source": "OFFLINE", "jobtitle": "CEO"})
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        assert rows(cluster, "Lead")[0]["Title"] == "CEO"
        (item,) = parked(engine)
        assert item["field"] == "source" and "mapping.yaml:" in item["cause"]


def test_naughty_strings_as_names_arrive_as_they_are_or_are_parked(tmp_path: Path) -> None:
    cluster = Cluster(4)
    strings = realdata.naughty_strings()
    for n, text in enumerate(strings):
        values = {"email": f"p{n}@a.example", "firstname": text, "lastname": text or "empty"}
        cluster.hubspot.create("contacts", values)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        report = sync(engine)
        waiting = parked(engine)
        assert report.applied["salesforce"].create > 0.9 * len(strings)
        assert all(item["cause"] and item["fix"] for item in waiting)
        people = len(rows(cluster, "Lead")) + len({i["link"] for i in waiting if not i["field"]})
        assert people == len(strings)
        calm(cluster)
        assert sync(engine).writes == 0
        assert violations(cluster, engine) == []


def test_strange_addresses_are_synced_or_parked_and_never_merged(tmp_path: Path) -> None:
    cluster = Cluster(5)
    made = 0
    for n, (address, _) in enumerate(realdata.email_cases()):
        try:
            cluster.salesforce.create("Lead", {"Email": address, "LastName": f"L{n}", "Company": "C"})
        except Exception:  # the org itself refuses the address, so there is no such record
            continue
        made += 1
    assert made > 20
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        sync(engine)
        waiting = parked(engine)
        assert len(contacts(cluster)) + len({i["link"] for i in waiting if not i["field"]}) == made
        assert all(item["cause"] and item["fix"] for item in waiting)
        calm(cluster)
        assert sync(engine).writes == 0


def patches(cluster: Cluster) -> int:
    return sum(n for line, n in cluster.calls["salesforce"].items() if line.startswith("PATCH "))


def refuse_titles(cluster: Cluster, *fields: str) -> None:
    """A validation rule of the org: no Lead is called Boss. It blames `fields`, or the whole record."""

    def rule(entity: Any, row: Any, old: Any) -> ApiError | None:
        if entity.name == "Lead" and row.get("Title") == "Boss":
            return row_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Nobody is called Boss here", fields)
        return None

    cluster.salesforce.org.validations.append(rule)


def test_a_field_that_the_org_refuses_waits_and_the_rest_of_the_record_goes_through(tmp_path: Path) -> None:
    cluster = Cluster(6)
    hub = cluster.hubspot.create(
        "contacts", {"email": "ann@a.example", "lastname": "Lee", "jobtitle": "Boss"}
    )
    refuse_titles(cluster, "Title")
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        assert rows(cluster, "Lead")[0].get("Title") is None
        (item,) = parked(engine)
        assert (item["field"], "validation rule" in item["fix"]) == ("title", True)
        cluster.hubspot.edit("contacts", hub, {"city": "Bonn"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["City"] == "Bonn"
        calm(cluster)
        before = patches(cluster)
        assert sync(engine).writes == 0
        assert patches(cluster) == before, "a refused value is not sent again and again"
        cluster.hubspot.edit("contacts", hub, {"jobtitle": "CEO"})
        calm(cluster)
        sync(engine)
        assert rows(cluster, "Lead")[0]["Title"] == "CEO"
        assert parked(engine) == []


def test_a_record_that_the_org_refuses_as_a_whole_waits_alone(tmp_path: Path) -> None:
    cluster = Cluster(7)
    boss = cluster.hubspot.create(
        "contacts", {"email": "boss@a.example", "lastname": "B", "jobtitle": "Boss"}
    )
    cluster.hubspot.create("contacts", {"email": "ann@a.example", "lastname": "Lee"})
    refuse_titles(cluster)
    calm(cluster)
    with engine_on(cluster, tmp_path) as engine:
        assert sync(engine).applied["salesforce"].create == 1
        (item,) = parked(engine)
        assert (item["field"], item["person"]) == ("", "boss@a.example")
        calm(cluster)
        assert sync(engine).writes == 0
        cluster.hubspot.edit("contacts", boss, {"jobtitle": "CEO"})
        calm(cluster)
        assert sync(engine).applied["salesforce"].create == 1
        assert parked(engine) == []
