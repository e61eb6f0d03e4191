"""A key names the record that it was made for. A store that knows nothing any more is led to it, or to what it became.

Nobody here has an e-mail address: nothing but the key says who is who.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.store.read import review_items
from crmsync.sync.engine import Engine
from engines import calm, contacts, engine_on, rows, sync

LEAD = {"FirstName": "Fay", "LastName": "Kim", "Company": "Acme"}
CONTACT = {"firstname": "Fay", "lastname": "Kim"}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(5)


def known(cluster: Cluster, folder: Path) -> None:
    """Both CRMs agree, and the store that knew how is lost."""
    with engine_on(cluster, folder / "lost") as engine:
        calm(cluster)
        sync(engine)
        calm(cluster)
        sync(engine)


def again(cluster: Cluster, engine: Engine) -> None:
    """Cycles until nothing is left to do."""
    for _ in range(3):
        calm(cluster)
        sync(engine)
    assert sync(engine).writes == 0


def parked(engine: Engine) -> list[str]:
    """The kinds of what waits for a person, records only."""
    return sorted({i["kind"] for i in review_items(engine.store) if not i["field"]})  # type: ignore[arg-type]


def ids(found: list[dict[str, object]]) -> set[str]:
    return {str(one.get("id") or one.get("Id")) for one in found}


def test_the_record_that_a_key_was_made_for_needs_not_carry_it(cluster: Cluster, tmp_path: Path) -> None:
    one = cluster.hubspot.create("contacts", CONTACT)
    known(cluster, tmp_path)
    with engine_on(cluster, tmp_path) as engine:
        again(cluster, engine)
        assert parked(engine) == []
    assert ids(contacts(cluster)) == {one}
    assert len(rows(cluster, "Lead")) == 1


def test_a_key_made_for_a_lead_leads_to_the_contact_it_became(cluster: Cluster, tmp_path: Path) -> None:
    lead = cluster.salesforce.create("Lead", LEAD)
    known(cluster, tmp_path)
    cluster.salesforce.convert(lead)
    with engine_on(cluster, tmp_path) as engine:
        again(cluster, engine)
        assert parked(engine) == []
    (person,) = contacts(cluster)
    assert rows(cluster, "Lead") == []
    (heir,) = rows(cluster, "Contact")
    cluster.hubspot.edit("contacts", str(person["id"]), {"lastname": "Kimble"})
    with engine_on(cluster, tmp_path) as engine:
        again(cluster, engine)
    assert [r["LastName"] for r in rows(cluster, "Contact") if r["Id"] == heir["Id"]] == ["Kimble"]


def test_whoever_was_deleted_is_not_created_anew_until_it_is_back(cluster: Cluster, tmp_path: Path) -> None:
    lead = cluster.salesforce.create("Lead", LEAD)
    known(cluster, tmp_path)
    (person,) = contacts(cluster)
    cluster.salesforce.delete("Lead", lead)
    with engine_on(cluster, tmp_path) as engine:
        again(cluster, engine)
        assert parked(engine) == ["parked"]
        cluster.hubspot.edit("contacts", str(person["id"]), {"lastname": "Kimble"})
        again(cluster, engine)
        assert (parked(engine), rows(cluster, "Lead")) == (["parked"], [])
        cluster.salesforce.undelete("Lead", lead)
        again(cluster, engine)
        assert parked(engine) == []
    assert ids(contacts(cluster)) == {str(person["id"])}
    assert ids(rows(cluster, "Lead")) == {lead}


def test_a_key_made_for_a_merged_contact_is_told_with_its_candidates(
    cluster: Cluster, tmp_path: Path
) -> None:
    one, two = (cluster.hubspot.create("contacts", {**CONTACT, "firstname": n}) for n in ("Fay", "Eva"))
    known(cluster, tmp_path)
    before = ids(rows(cluster, "Lead"))
    cluster.hubspot.merge("contacts", one, [two])
    with engine_on(cluster, tmp_path) as engine:
        again(cluster, engine)
        assert parked(engine) == ["ambiguous"]
    assert len(contacts(cluster)) == 1
    assert ids(rows(cluster, "Lead")) == before


def test_a_key_made_for_a_merged_lead_is_told_with_its_candidates(cluster: Cluster, tmp_path: Path) -> None:
    one, two = (cluster.salesforce.create("Lead", {**LEAD, "FirstName": n}) for n in ("Fay", "Eva"))
    known(cluster, tmp_path)
    before = ids(contacts(cluster))
    cluster.salesforce.merge("Lead", one, [two])
    with engine_on(cluster, tmp_path) as engine:
        again(cluster, engine)
        assert parked(engine) == ["ambiguous"]
    assert ids(contacts(cluster)) == before
    assert ids(rows(cluster, "Lead")) == {one}
