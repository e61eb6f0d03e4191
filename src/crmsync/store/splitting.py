"""An operation approved for some of its fields: the part is freed, the rest stays proposed as it was.

Where the guard holds the operation its link stays frozen, so the kept plan itself is split: nobody decides that link
anew until the rest is approved too. Where nothing is held the next plan makes the part again and finds it approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from crmsync.model.links import Intent
from crmsync.store import schema as t
from crmsync.store.codec import blanks, change_list
from crmsync.store.db import CID, Db, Upsert

_ITEMS: Final = Upsert(t.hold_item, ["connection_id", "hold", "digest"], {})
_KEPT: Final = sa.select(t.intent).where(t.intent.c.id == sa.bindparam("kept_id"))
_REST: Final = (
    sa.update(t.intent)
    .where(t.intent.c.id == sa.bindparam("kept_id"))
    .values(
        changes=sa.bindparam("new_changes"),
        blanks=sa.bindparam("new_blanks"),
        digest=sa.bindparam("new_digest"),
    )
)
_UNHELD: Final = sa.delete(t.hold_item).where(
    t.hold_item.c.connection_id == CID,
    t.hold_item.c.hold == sa.bindparam("of_hold"),
    t.hold_item.c.digest == sa.bindparam("old_digest"),
)


def approve_parts(db: Db, hold: str, parts: Sequence[tuple[Intent, Intent, Intent]]) -> None:
    """See `Tx.approve_parts`."""
    row = {"connection_id": db.cid, "hold": "", "approved": True}
    db.many(_ITEMS, [{**row, "digest": part.digest, "link_id": part.link_id} for _, part, _ in parts])
    if not hold:
        return
    for kept, part, rest in parts:
        (stored,) = db.rows(_KEPT, kept_id=kept.id)
        [number] = db.ids(1)
        changed = {
            "changes": change_list(part.changes),
            "blanks": blanks(part.changes),
            "digest": part.digest,
        }
        db.many(sa.insert(t.intent), [{**stored._mapping, "id": number, "held": "", **changed}])
        db.run(
            _REST,
            kept_id=kept.id,
            new_changes=change_list(rest.changes),
            new_blanks=blanks(rest.changes),
            new_digest=rest.digest,
        )
        db.run(_UNHELD, of_hold=hold, old_digest=kept.digest)
        held = {"connection_id": db.cid, "hold": hold, "approved": False}
        db.many(_ITEMS, [{**held, "digest": rest.digest, "link_id": rest.link_id}])
