"""Contacts only: sales works without Leads, and the integration user has no right to them at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmsync.simulator.salesforce.profiles.shaping import Profile

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim


def _shape(sim: SalesforceSim) -> None:
    """The profile grants nothing on Lead, so it is in no list of objects, and its address is not found."""
    for name in ("ObjectPermissions", "FieldPermissions"):
        table = sim.org.tables[name]
        for record_id in [i for i, row in table.rows.items() if row["SobjectType"] == "Lead"]:
            sim.org.remove(table, record_id)


PROFILE = Profile(
    "contacts-only",
    "sales works with Contacts; the integration user has no access to Leads",
    _shape,
    leads=False,
)
