"""The kinds of org that there are: each profile turns a fresh plain org into one of them. What they share is shaping.py.

A profile sets up what an admin of such an org has set up. It knows no client and writes no person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmsync.simulator.salesforce.profiles.contacts_only import PROFILE as CONTACTS_ONLY
from crmsync.simulator.salesforce.profiles.heavy_flows import PROFILE as HEAVY_FLOWS
from crmsync.simulator.salesforce.profiles.multi_currency import PROFILE as MULTI_CURRENCY
from crmsync.simulator.salesforce.profiles.person_accounts import PROFILE as PERSON_ACCOUNTS
from crmsync.simulator.salesforce.profiles.plain import PROFILE as PLAIN
from crmsync.simulator.salesforce.profiles.private_sharing import PROFILE as PRIVATE_SHARING
from crmsync.simulator.salesforce.profiles.record_types import PROFILE as RECORD_TYPES
from crmsync.simulator.salesforce.profiles.shaping import Profile
from crmsync.simulator.salesforce.profiles.state_country import PROFILE as STATE_COUNTRY

__all__ = ["PROFILES", "Profile", "profile_of"]

PROFILES: Final[Mapping[str, Profile]] = {
    each.name: each
    for each in (
        PLAIN,
        PERSON_ACCOUNTS,
        RECORD_TYPES,
        STATE_COUNTRY,
        MULTI_CURRENCY,
        PRIVATE_SHARING,
        CONTACTS_ONLY,
        HEAVY_FLOWS,
    )
}
"""Every profile by the name that `--profile` takes."""


def profile_of(name: str) -> Profile:
    """The profile of this name. Raises ValueError that names them all."""
    found = PROFILES.get(name)
    if found is None:
        raise ValueError(f"no org profile is called {name!r}; there are {', '.join(PROFILES)}")
    return found
