"""What becomes of a record that a vendor refused: which fields wait, whether the rest goes through, and until when.

Writes nothing; the journal keeps what is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crmsync.definition.definition import Definition
from crmsync.mapping.fields.types import FieldMap
from crmsync.model.links import Change, Intent, Kind, Parked, SideRow
from crmsync.model.records import ObjectInfo, WriteResult
from crmsync.model.transaction import Tx
from crmsync.model.values import is_blank
from crmsync.reconcile.birth import record_mark
from crmsync.reconcile.ends import field_mark, refused_mark
from crmsync.reconcile.planner import update_mark
from crmsync.sync.advice import advice


@dataclass(frozen=True, slots=True)
class Refusal:
    """What waits, and the fields to leave out of the next try (none: the operation ends here)."""

    parked: tuple[Parked, ...]
    without: tuple[str, ...] = ()


class Refusals:
    """Refusals of one kind of operation on one object."""

    def __init__(self, definition: Definition, info: ObjectInfo, kind: Kind) -> None:
        self._version, self._info, self._kind = definition.version, info, kind
        self._maps: Mapping[str, FieldMap] = {
            name: f for f in definition.fields if (name := f.native_name(info.side, info.name))
        }

    def of(self, intent: Intent, result: WriteResult) -> Refusal:
        """Park the fields to blame; the record only when they cannot be told or cannot be left out."""
        blamed = [c for c in intent.changes if c.native in result.fields]
        ours = [c for c in blamed if c.rule != "key"]
        needed = len(ours) < len(blamed) or any(self._info.fields[c.native].required for c in ours)
        rest = [c for c in intent.changes if c not in blamed and c.rule != "key"]
        fields = tuple(self._field(intent, c, result) for c in ours)
        if blamed and rest and not (needed and self._kind is Kind.CREATE):
            return Refusal(fields, tuple(c.name for c in blamed))
        if fields and self._kind is Kind.UPDATE:
            return Refusal(fields)
        return Refusal((self._record(intent, result),))

    def marked(self, tx: Tx, parked: Parked, refused: Sequence[Intent]) -> Parked:
        """A refused record waits on what it was made from, so that the same attempt is not made again."""
        if parked.digest:
            return parked
        intent = next(i for i in refused if i.link_id == parked.link_id)
        mark = update_mark(intent.digest, self._version)
        if self._kind is Kind.CREATE:
            source = self.source(tx, intent)
            mark = record_mark(source, self._info.side, self._version) if source else mark
        return replace(parked, digest=mark)

    def source(self, tx: Tx, intent: Intent) -> SideRow | None:
        """The record on the other side that a create was made from."""
        links = tx.load([intent.link_id])
        rows = [r for link in links for r in link.rows if r.side != intent.side]
        return next((r for r in rows if not is_blank(r.native_id)), None)

    def _field(self, intent: Intent, change: Change, result: WriteResult) -> Parked:
        fmap = self._maps.get(change.native)
        where = f" ({fmap.place})" if fmap else ""
        return Parked(
            intent.link_id,
            intent.side,
            intent.object,
            intent.native_id,
            change.name,
            result.code.lower() or "rejected",
            f"{intent.side} refused {change.native}: {result.message}{where}",
            advice(result.code, change.native),
            self._mark(fmap, intent, change),
            change.after,
        )

    def _mark(self, fmap: FieldMap | None, intent: Intent, change: Change) -> str:
        if fmap is None:
            return field_mark(change.name, intent.side, change.source_value, self._version)
        return refused_mark(fmap, intent.side, change.source_value, change.after, self._version)

    def _record(self, intent: Intent, result: WriteResult) -> Parked:
        return Parked(
            intent.link_id,
            intent.side,
            intent.object,
            intent.native_id,
            "",
            result.code.lower() or "rejected",
            f"{intent.side} refused the {intent.kind} of {intent.object}: {result.message}",
            advice(result.code, ""),
            "",
        )
