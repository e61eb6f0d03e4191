"""Reads which Salesforce records belong together: by the reference between them, or by the row in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crmsync.connectors.salesforce.client import Client, Refused
from crmsync.connectors.salesforce.describe import PREFIXES, to18
from crmsync.connectors.salesforce.soql import queries, select
from crmsync.errors import FatalError
from crmsync.model.records import Association


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of `table` name both: `mine` the record asked for, `theirs` the other. `label`, `primary`: how they belong."""

    table: str
    mine: str
    theirs: str
    label: str = ""
    primary: str = ""

    def turned(self) -> Join:
        """The same seen from the other end."""
        return Join(self.table, self.theirs, self.mine, self.label, self.primary)


_ROLE = Join("OpportunityContactRole", "OpportunityId", "ContactId", "Role", "IsPrimary")
_FORTH: Final[Mapping[tuple[str, str], Join]] = {
    ("Opportunity", "Contact"): _ROLE,
    ("Opportunity", "Account"): Join("Opportunity", "Id", "AccountId"),
    ("Contact", "Account"): Join("Contact", "Id", "AccountId"),
    ("OpportunityHistory", "Opportunity"): Join("OpportunityHistory", "Id", "OpportunityId"),
    ("Task", "Contact"): Join("Task", "Id", "WhoId"),
    ("Task", "Lead"): Join("Task", "Id", "WhoId"),
    ("Task", "Opportunity"): Join("Task", "Id", "WhatId"),
    ("Event", "Contact"): Join("Event", "Id", "WhoId"),
    ("Event", "Lead"): Join("Event", "Id", "WhoId"),
    ("Event", "Opportunity"): Join("Event", "Id", "WhatId"),
    ("Campaign", "Contact"): Join("CampaignMember", "CampaignId", "ContactId", "Status"),
    ("Campaign", "Lead"): Join("CampaignMember", "CampaignId", "LeadId", "Status"),
}
JOINS: Final = {**_FORTH, **{(to, obj): join.turned() for (obj, to), join in _FORTH.items()}}
"""Every pair of objects that is joined, both ways."""


def associated(client: Client, obj: str, to: str, ids: Sequence[str]) -> dict[str, tuple[Association, ...]]:
    """Who belongs to each of these records, the primary one first; those without anybody are left out.

    Asked with queryAll, which also shows activities that Salesforce archived. Raises FatalError for another pair.
    """
    join = JOINS.get((obj, to))
    if join is None:
        raise FatalError(f"crmsync knows no way from Salesforce's {obj} to {to}.")
    names = dict.fromkeys(("Id", join.mine, join.theirs, join.label, join.primary))
    head = (
        select(join.table, [n for n in names if n])
        + f"WHERE IsDeleted = false AND {join.theirs} != null AND "
    )
    wanted = [(join.mine, to18(native)) for native in dict.fromkeys(ids)]
    found: defaultdict[str, list[Association]] = defaultdict(list)
    for text in queries(head, wanted):
        try:
            rows = client.rows("associated", text, deleted=True)
        except Refused as refused:
            raise refused.fatal(f"the {join.table} rows between {obj} and {to}") from refused
        for row in rows:
            if not str(row[join.theirs]).startswith(PREFIXES.get(to, "")):
                continue  # a reference to objects of several types: WhoId, WhatId
            found[str(row[join.mine])].append(
                Association(
                    str(row[join.theirs]),
                    (str(row[join.label]),) if join.label and row.get(join.label) else (),
                    primary=bool(join.primary and row.get(join.primary)),
                    via=str(row["Id"]) if join.table not in (obj, to) else "",
                )
            )
    order = {native: sorted(some, key=lambda a: (not a.primary, a.id)) for native, some in found.items()}
    return {native: tuple(some) for native, some in order.items()}
