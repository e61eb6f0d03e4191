"""Nobody is born twice: of the records of a link somebody entered at least one. From the ledger and the store.

It tells of a create that was carried out twice and left no address by which the judge could know the two as one.
"""

from __future__ import annotations

from collections.abc import Iterator

from crmsync.cli.judging import all_links
from crmsync.model.values import SIDES
from crmsync.simulator.cluster import Cluster
from crmsync.store import SqlStore


def born_of_nobody(cluster: Cluster, store: SqlStore) -> Iterator[str]:
    """Links on both sides of which stand records that the api created, all of them: made for what was made before."""
    made = {e.id for e in cluster.ledger.entries if (e.actor, e.op) == ("api", "create")}
    for link in all_links(store):
        both = all(link.primary(side) for side in SIDES)
        if both and all(row.native_id in made for row in link.rows):
            people = " and ".join(f"{row.object} {row.native_id}" for row in link.rows)
            yield f"I4 {people} stand for one person whom nobody entered"
