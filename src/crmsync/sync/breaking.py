"""The breaker at work: looks up what was written before, parks fields that are fought over, names the two writers.

What a fight is, is decided in `reconcile/pingpong.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crmsync.errors import FatalError, TransientError
from crmsync.mapping.fields.types import Survivorship
from crmsync.model.links import Link
from crmsync.model.transaction import Tx
from crmsync.model.values import Side, Value
from crmsync.reconcile.pingpong import CODE, WINDOW, Fight, break_fights, cause, suspects
from crmsync.reconcile.planner import Decision
from crmsync.sync.engine import Engine
from crmsync.sync.events import value_hash


class Breaker:
    """Checks one batch of decisions. `fights` are those that it parked (with `commit` False none is kept)."""

    def __init__(self, engine: Engine, tx: Tx, now: datetime, *, commit: bool) -> None:
        self.fights: list[Fight] = []
        self._engine, self._tx, self._now, self._commit = engine, tx, now, commit
        self._exempt = frozenset(
            f.name for f in engine.definition.fields if f.rule is Survivorship.MOST_RESTRICTIVE
        )

    def checked(self, links: Sequence[Link], decisions: Sequence[Decision]) -> list[Decision]:
        """The decisions without the writes that would only go on with a fight."""
        odd = [link.id for link, d in zip(links, decisions, strict=True) if suspects(d, self._exempt)]
        if not odd:
            return list(decisions)
        history = self._tx.written(odd, self._now - WINDOW, CODE)
        checked: list[Decision] = []
        for link, decision in zip(links, decisions, strict=True):
            version = self._engine.definition.version
            kept, fights = break_fights(
                decision, link, history, self._exempt, version, self._hashed, self._now
            )
            checked.append(kept)
            self.fights += fights
        if self._commit and self.fights:
            self._tx.park([f.parked for f in self.fights], self._now)
        return checked

    def _hashed(self, name: str, value: Value) -> str:
        return value_hash(self._engine, name, value)


def name_writers(engine: Engine, fights: Sequence[Fight]) -> None:
    """Say in each new fight's cause who set the value last on either side; unknown stays "somebody or an automation"."""
    for fight in fights:
        writers = {side: _writer(engine, side, obj, id, native) for side, obj, id, native in fight.ends}
        native = fight.ends[0][3]
        named = replace(fight.parked, cause=cause(native, fight.parked.side, writers))
        with engine.store.transaction() as tx:
            tx.park([named], engine.clock.now())


def _writer(engine: Engine, side: Side, obj: str, id: str, native: str) -> str:
    try:
        return engine.connectors[side].writer(obj, id, native)
    except (TransientError, FatalError):
        return ""  # a name is a help, never a reason to stop
