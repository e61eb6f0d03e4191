"""Roll-up summary fields: a write to a child computes them anew on its parent, whose SystemModstamp moves."""

from __future__ import annotations

from crmsync.simulator.salesforce.rows import live, touch
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Tenant


def roll_up(org: Tenant, entity: Entity, row: Row, old: Row | None) -> None:
    """Bring the summaries of the parents up to date, the one before and the one now."""
    for summary in org.rules.roll_ups:
        if summary.child != entity.name:
            continue
        ids = dict.fromkeys(one.get(summary.reference) for one in (old or {}, row))
        table = org.tables[summary.parent]
        for parent_id in ids:
            parent = table.rows.get(str(parent_id))
            if parent is None:
                continue
            value = summary.summary(live(org, summary.child, summary.reference, parent_id))
            if parent.get(summary.name) != value:
                touch(org, table.entity, parent, {summary.name: value}, None)
