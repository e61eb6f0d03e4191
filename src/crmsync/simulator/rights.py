"""What the integration user of the simulated org can see at all: nobody can be asked to bring the rest into agreement.

Told by the vendor, not by the engine: a judge that took the engine's word for it would excuse too much.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from crmsync.simulator.expectation import Expectation

if TYPE_CHECKING:
    from crmsync.simulator.cluster import Cluster

PEOPLE: Final = ("Lead", "Contact")


def within_rights(cluster: Cluster, expected: Expectation) -> Expectation:
    """The same expectation without the fields and the records that the org hides from its integration user."""
    org = cluster.salesforce.org
    readable = {}
    unseen: set[str] = set()
    for obj in PEOPLE:
        entity = org.schema.entities[obj]
        rows = org.tables[obj].rows.values()
        if "Read" not in org.access.rights(entity):
            unseen.update(str(row["Id"]) for row in rows)
            continue
        readable[obj] = org.access.readable(entity)
        unseen.update(str(row["Id"]) for row in rows if not org.access.sees(entity, row))
    pairs = tuple(
        replace(
            pair,
            salesforce={
                obj: name for obj, name in pair.salesforce.items() if name in readable.get(obj, frozenset())
            },
        )
        for pair in expected.pairs
    )
    return replace(expected, pairs=pairs, unseen=frozenset(unseen))
