"""Reads again what two sides seem to agree on without a write of ours. Decides nothing.

A write is preceded by a read; an agreement is not. HubSpot's search lags, so what is known of its side may be older
than an edit made there meanwhile: that edit would then look like an answer to a value its author never saw.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.model.links import Lane, Link
from crmsync.model.values import SIDES
from crmsync.reconcile.planner import Decision
from crmsync.sync.engine import Engine
from crmsync.sync.session import Session
from crmsync.sync.watch import people_fields

CHUNK = 100


def unconfirmed(links: Sequence[Link], decisions: Sequence[Decision], confirmed: set[int]) -> list[Link]:
    """The links whose decisions rest on an agreement that no read of this pass has confirmed."""
    unsure = {d.settlement.link_id for d in decisions if d.unsure} - confirmed
    return [link for link in links if link.id in unsure]


def confirm(engine: Engine, session: Session, links: Sequence[Link]) -> list[int]:
    """Read the primary records of these links by id and keep what they hold; the links stay dirty. Returns their ids."""
    now = engine.clock.now()
    for side in SIDES:
        connector = engine.connectors[side]
        for obj in session.people[side]:
            ids = [row.native_id for link in links if (row := link.primary(side)) and row.object == obj]
            for start in range(0, len(ids), CHUNK):
                read = connector.read(
                    obj, ids[start : start + CHUNK], people_fields(engine.definition, connector, obj)
                )
                with engine.store.transaction() as tx:
                    tx.bury(side, obj, [r.id for r in read if r.deleted], now)
                    session.observer.keep(
                        tx, [r for r in read if not r.deleted], "confirmed", now, Lane.CHANGES
                    )
    return [link.id for link in links]
