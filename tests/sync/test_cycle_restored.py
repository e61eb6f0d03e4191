"""An older copy of the store is put back: nobody is made twice, nobody comes back, and what people typed stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmsync.simulator.cluster import Cluster
from crmsync.store.read import review_items
from engines import api_writes, calm, contacts, engine_on, rows, sync


def restored(
    cluster: Cluster, folder: Path, human: Callable[[dict[str, Any]], object]
) -> tuple[int, list[dict[str, Any]]]:
    """Somebody is created in Salesforce, a human acts on it, and the store of before is put back; it runs till calm.

    Returns how often the API wrote to people after that, and what waits for review.
    """
    with engine_on(cluster, folder / "old") as old:
        sync(old)  # nobody is there yet: this is the copy
        cluster.hubspot.create("contacts", {"email": "ann@a.example", "firstname": "Ann", "lastname": "Lee"})
        calm(cluster)
    with engine_on(cluster, folder / "lost", set_up=False) as lost:
        sync(lost)
    (lead,) = rows(cluster, "Lead")
    calm(cluster)
    human(lead)
    calm(cluster)
    before = len(api_writes(cluster))
    with engine_on(cluster, folder / "old", set_up=False) as old:
        for _ in range(3):
            sync(old)
            calm(cluster)
        return len(api_writes(cluster)) - before, list(review_items(old.store))  # type: ignore[arg-type]


def test_a_counterpart_is_known_again_by_its_key_though_the_origin_does_not_carry_it_yet(
    tmp_path: Path,
) -> None:
    """Else the create would go through upsert, onto what a rep typed. Without a base the difference is left open."""
    cluster = Cluster(1)

    def human(lead: dict[str, Any]) -> None:
        cluster.salesforce.edit("Lead", str(lead["Id"]), {"FirstName": "Dee", "Email": "dee@b.example"})

    _, waiting = restored(cluster, tmp_path, human)
    (lead,) = rows(cluster, "Lead")
    assert (lead["FirstName"], lead["Email"]) == ("Dee", "dee@b.example")
    assert len(contacts(cluster)) == 1
    assert {i["field"] for i in waiting} == {"first_name", "email"}


@pytest.mark.parametrize("edited", [False, True])
def test_whoever_was_deleted_is_not_created_again(tmp_path: Path, edited: bool) -> None:
    cluster = Cluster(1)

    def human(lead: dict[str, Any]) -> None:
        (contact,) = contacts(cluster)
        cluster.hubspot.delete("contacts", str(contact["id"]))
        if edited:
            cluster.salesforce.edit("Lead", str(lead["Id"]), {"Title": "CTO"})

    written, waiting = restored(cluster, tmp_path, human)
    assert (written, contacts(cluster), len(rows(cluster, "Lead"))) == (0, [], 1)
    assert [i["kind"] for i in waiting] == ["parked"] and "created anew" in waiting[0]["fix"]
