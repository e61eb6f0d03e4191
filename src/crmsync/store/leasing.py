"""The lease: one writer for each connection. Its generation is checked wherever an intent is marked sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from crmsync.errors import LeaseError
from crmsync.store import schema as t
from crmsync.store.codec import from_ms, to_ms
from crmsync.store.db import CID, Db, Upsert

LOST: Final = (
    "Another crmsync has taken over this store while this one stood still, so this one writes nothing more."
    " The other one goes on; nothing is lost."
)
_L: Final = t.lease.c
_READ: Final = sa.select(_L.owner, _L.generation, _L.until).where(_L.connection_id == CID)
_LOCK: Final = _READ.with_for_update()
_CHECK: Final = sa.select(_L.generation).where(_L.connection_id == CID).with_for_update(read=True)
_TAKE: Final = Upsert(t.lease, ["connection_id"], {})
_RENEW: Final = (
    sa.update(t.lease)
    .where(_L.connection_id == CID, _L.generation == sa.bindparam("mine"), _L.owner != "")
    .values(until=sa.bindparam("new_until"))
)
_FREE: Final = (
    sa.update(t.lease)
    .where(_L.connection_id == CID, _L.generation == sa.bindparam("mine"))
    .values(owner="", until=0)
)


def _row(db: Db, stmt: sa.Executable) -> sa.Row[Any] | None:
    return next(iter(db.rows(stmt)), None)


def acquire(db: Db, owner: str, now: datetime, ttl_s: float, takeover: bool) -> int:
    """See `Store.acquire`. Generations only rise, also after the lease was freed."""
    held = _row(db, _LOCK)
    if held and held.owner not in ("", owner) and held.until > to_ms(now) and not takeover:
        raise LeaseError(
            f"{held.owner} works on this store until {from_ms(held.until):%Y-%m-%d %H:%M:%S} UTC."
            " Stop it, or wait until then."
        )
    generation: int = held.generation + 1 if held else 1
    until = to_ms(now + timedelta(seconds=ttl_s))
    row = {"connection_id": db.cid, "owner": owner, "generation": generation, "until": until}
    db.many(_TAKE, [row])
    return generation


def renew(db: Db, generation: int, now: datetime, ttl_s: float) -> None:
    if not db.run(_RENEW, mine=generation, new_until=to_ms(now + timedelta(seconds=ttl_s))):
        raise LeaseError(LOST)


def check(db: Db, generation: int) -> None:
    """Raises LeaseError when the lease is no longer of this generation. The row stays locked to the end."""
    if db.conn.execute(_CHECK, {"cid": db.cid}).scalar() != generation:
        raise LeaseError(LOST)


def free(db: Db, generation: int) -> None:
    db.run(_FREE, mine=generation)


def current(db: Db) -> tuple[str, datetime] | None:
    held = _row(db, _READ)
    return (held.owner, from_ms(held.until)) if held and held.owner else None
