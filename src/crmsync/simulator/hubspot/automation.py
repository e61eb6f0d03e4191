"""What a portal does by itself about deals: their people move forward. Docs: HubSpot knowledge base, lifecycle stages."""

from __future__ import annotations

from collections.abc import Iterable

from crmsync.simulator.hubspot import changes, stages
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Portal


def deal_linked(portal: Portal, deal: Row, contacts: Iterable[int]) -> None:
    """People of a deal become opportunities, of a won one customers; nobody moves back."""
    if not portal.switches.deal_moves_lifecycle:
        return
    stage = "customer" if deal.values.get("hs_is_closed_won") == "true" else "opportunity"
    kind = portal.kinds["contacts"]
    if stage not in kind.schema["lifecyclestage"].ranks:
        return
    for num in contacts:
        row = kind.table.rows[num]
        current = row.values.get("lifecyclestage", "")
        if stage != current and stages.ahead(kind, stage, current):
            changes.apply(portal, kind, row, {"lifecyclestage": stage}, "system")


def deal_moved(portal: Portal, deal: Row) -> None:
    """A deal has come to another stage. One that closes without a close date was closed now."""
    undated = deal.values.get("hs_is_closed") == "true" and "closedate" not in deal.values
    if undated and portal.switches.closing_sets_close_date:
        changes.apply(portal, portal.kinds["deals"], deal, {"closedate": portal.now()}, "system")
    deal_linked(portal, deal, list(portal.links.of("deals", deal.num, "contacts")))
