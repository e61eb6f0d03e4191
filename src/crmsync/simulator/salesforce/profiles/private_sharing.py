"""Private sharing: the integration user sees its own records and those that a rule shares, and not every field.

Nobody gave it View All, and the profile leaves out fields that a permission set may grant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crmsync.simulator.salesforce.profiles.shaping import Profile
from crmsync.simulator.salesforce.schema import Entity, Row

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim

SHARED: Final = frozenset({"United States", "USA", "Canada"})
"""People and companies of these countries are shared with the integration user."""

CRITERIA: Final = {"Lead": "Country", "Contact": "MailingCountry", "Account": "BillingCountry"}
HIDDEN: Final = (
    ("Lead", "Website"),
    ("Lead", "MobilePhone"),
    ("Contact", "MobilePhone"),
    ("Contact", "Title"),
)
"""Fields that the profile does not let the integration user see."""


def _shape(sim: SalesforceSim) -> None:
    sim.private_sharing = True
    sim.org.access.shares.append(_north_america)
    for obj, name in HIDDEN:
        sim.hide_field(obj, name)


def _north_america(entity: Entity, row: Row) -> bool:
    """A criteria-based sharing rule, with the right to edit."""
    return row.get(CRITERIA.get(entity.name, "")) in SHARED


PROFILE = Profile(
    "private-sharing", "the integration user sees some of the records, and not all of their fields", _shape
)
