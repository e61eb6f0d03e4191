"""Which company and which Account are the same firm: an exact match of the registrable domain. Pure.

Free-mail domains name nobody, so a firm under one has no counterpart. Several records of one firm on a side may all
be read; only a counterpart that is the only one of its domain is ever written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crmsync.mapping.domains import FREE_MAIL
from crmsync.model.links import Account
from crmsync.model.values import Side

NOUNS: Mapping[Side, str] = {"hubspot": "HubSpot company", "salesforce": "Salesforce Account"}
"""What the records are called, for people."""


@dataclass(frozen=True, slots=True)
class Firms:
    """The domains of some companies and Accounts, and who has each domain. Ids compare as 18 characters."""

    domains: Mapping[tuple[Side, str], str] = field(default_factory=dict)
    holders: Mapping[tuple[Side, str], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, accounts: Iterable[Account]) -> Firms:
        """Index accounts by id, and the active ones by domain."""
        domains: dict[tuple[Side, str], str] = {}
        holders: dict[tuple[Side, str], set[str]] = defaultdict(set)
        for one in accounts:
            named = "" if one.domain in FREE_MAIL else one.domain
            domains[one.side, short(one.side, one.id)] = named
            if named and one.active:
                holders[one.side, named].add(one.id)
        return cls(domains, {key: tuple(sorted(ids)) for key, ids in holders.items()})

    def domain(self, side: Side, id: str) -> str | None:
        """The domain of a record: "" when it names no firm, None when the record was never read."""
        return self.domains.get((side, short(side, id)))

    def of_domain(self, side: Side, domain: str) -> tuple[str, ...]:
        """The ids of a side's active records with this domain, sorted."""
        return self.holders.get((side, domain), ())


def short(side: Side, id: str) -> str:
    """An id for comparing: Salesforce gives 15 or 18 characters for the same record."""
    return id.strip()[:15] if side == "salesforce" else id.strip()
