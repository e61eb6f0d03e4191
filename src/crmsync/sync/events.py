"""The log of our writes: who, which field, when, and a keyed hash instead of the value."""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.model.links import Intent
from crmsync.model.transaction import Tx
from crmsync.model.values import Value, is_blank
from crmsync.sync.engine import Engine


def value_hash(engine: Engine, name: str, value: Value) -> str:
    """The keyed hash of a native value of a canonical field; every blank has the same."""
    return engine.hashed(name, repr(None if is_blank(value) else value))


def log_writes(engine: Engine, tx: Tx, cycle: str, intents: Sequence[Intent]) -> None:
    """Append the fields that these intents wrote."""
    now = engine.clock.now()
    for kind in dict.fromkeys(i.kind for i in intents):
        entries = [
            (i.link_id, i.side, c.name, value_hash(engine, c.name, c.after))
            for i in intents
            if i.kind is kind
            for c in i.changes
        ]
        tx.log(cycle, kind.value, entries, now)
