"""The kinds of org that there are: each profile turns a fresh plain org into one of them. What they share is shaping.py.

A profile sets up what an admin of such an org has set up. It knows no client and writes no person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmsync.simulator.salesforce.profiles import (
    contacts_only,
    multi_currency,
    plain,
    private_sharing,
    state_country,
)
from crmsync.simulator.salesforce.profiles.shaping import Profile

__all__ = ["PROFILES", "Profile", "profile_of"]

PROFILES: Final[Mapping[str, Profile]] = {
    each.name: each
    for each in (
        plain.PROFILE,
        state_country.PROFILE,
        multi_currency.PROFILE,
        private_sharing.PROFILE,
        contacts_only.PROFILE,
    )
}
"""Every profile by the name that `--profile` takes."""


def profile_of(name: str) -> Profile:
    """The profile of this name. Raises ValueError that names them all."""
    found = PROFILES.get(name)
    if found is None:
        raise ValueError(f"no org profile is called {name!r}; there are {', '.join(PROFILES)}")
    return found
