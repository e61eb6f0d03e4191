"""Two old systems that differ in many fields: a first link overwrites nothing and shows the differences."""

from __future__ import annotations

from pathlib import Path

from crmsync.simulator.cluster import Cluster
from crmsync.store.read import review_items
from engines import DEFAULTS, calm, contacts, engine_on, rows, sync

PEOPLE = 350


def test_a_thousand_differences_overwrite_nothing_and_stand_in_review(tmp_path: Path) -> None:
    cluster = Cluster(1)
    for n in range(PEOPLE):
        mail = f"p{n}@a.example"
        cluster.hubspot.create(
            "contacts",
            {"email": mail, "firstname": "A", "lastname": f"L{n}", "jobtitle": "CEO", "city": "Bonn"},
        )
        cluster.salesforce.create(
            "Lead",
            {
                "Email": mail,
                "FirstName": "B",
                "LastName": f"L{n}",
                "Title": "CTO",
                "City": "Kiel",
                "Company": "C",
            },
        )
    calm(cluster)
    old_hub = [{k: c.get(k) for k in ("firstname", "jobtitle", "city")} for c in contacts(cluster)]
    old_sales = [
        {k: r.get(k) for k in ("FirstName", "Title", "City", "Company")} for r in rows(cluster, "Lead")
    ]
    with engine_on(cluster, tmp_path, DEFAULTS) as engine:
        report = sync(engine)
        assert report.linked == PEOPLE
        items = [i for i in review_items(engine.store) if i["kind"] == "conflict"]  # type: ignore[arg-type]
        calm(cluster)
        assert sync(engine).writes == 0
    assert [{k: c.get(k) for k in ("firstname", "jobtitle", "city")} for c in contacts(cluster)] == old_hub
    new_sales = [
        {k: r.get(k) for k in ("FirstName", "Title", "City", "Company")} for r in rows(cluster, "Lead")
    ]
    assert new_sales == old_sales
    assert len(items) == 3 * PEOPLE >= 1000
    assert {i["field"] for i in items} == {"first_name", "title", "city"}
    one = next(i for i in items if i["field"] == "title")
    assert one["values"] == {"hubspot": "CEO", "salesforce": "CTO"}
