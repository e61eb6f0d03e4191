"""The guard: counts of what a plan would do, held against limits. Pure; the store counts, `sync` carries it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmsync.model.links import Group, Kind
from crmsync.model.values import Side
from crmsync.reconcile.limits import Limit, Limits


@dataclass(frozen=True, slots=True)
class Stop:
    """A group that may not run without approval, and why, in words."""

    group: Group
    reason: str


def guard(
    groups: Sequence[Group], recent: Sequence[Group], linked: Mapping[Side, int], limits: Limits
) -> list[Stop]:
    """The groups that exceed their limit, alone in this cycle or together with the last 24 hours (`recent`).

    `linked` is the number of linked people per side, the base of the percentages.
    """
    by_kind: dict[Kind, Limit] = {
        Kind.CREATE: limits.creates,
        Kind.UPDATE: limits.updates,
        Kind.ARCHIVE: limits.deletes,
    }
    done = {(g.side, g.object, g.kind): g for g in recent}
    stops = []
    for group in groups:
        earlier = done.get((group.side, group.object, group.kind))
        reason = _count_reason(group, earlier, by_kind[group.kind].most(linked.get(group.side, 0)))
        reason = reason or _blank_reason(group, earlier, limits.blanks.most(linked.get(group.side, 0)))
        if reason:
            stops.append(Stop(group, reason))
    return stops


def _count_reason(group: Group, earlier: Group | None, most: int) -> str:
    before = earlier.count if earlier else 0
    what = f"{group.kind}s of {group.object}"
    if group.count > most:
        return f"{group.count} {what} in one cycle; the limit is {most}"
    if before and group.count + before > most:
        return f"{group.count} {what} after {before} in the last 24 hours; the limit is {most}"
    return ""


def _blank_reason(group: Group, earlier: Group | None, most: int) -> str:
    for name, count in sorted(group.blanks.items()):
        before = earlier.blanks.get(name, 0) if earlier else 0
        if count + before > most:
            return f"{count + before} {group.object}s would lose their {name}; the limit is {most}"
    return ""
