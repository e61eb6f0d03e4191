"""`crmsync status`: freshness, links, conflicts, parked, held, budget."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import typer

from crmsync.cli.common import out, say_json, settings


def command(json: bool = typer.Option(False, "--json", help="One JSON document on stdout.")) -> None:
    """Say how things stand, from the store alone; asks no CRM."""
    found = settings()
    from crmsync.app import build_store, load_definition
    from crmsync.clock import make_clock
    from crmsync.model.values import SIDES
    from crmsync.store.read import status
    from crmsync.sync.rationing import told_quota
    from crmsync.sync.rounds import told_audit

    definition = load_definition(found)
    clock = make_clock(str(found.clock_url or ""))
    rows: list[dict[str, Any]] = []
    for name in found.names:
        store = build_store(found, name)
        with store.transaction() as tx:
            fresh, holds = tx.get("fresh"), tx.holds()
        counts = status(store, f"{clock.now():%Y-%m-%d}")
        store.close()
        age = (clock.now() - datetime.fromisoformat(fresh)).total_seconds() if fresh else None
        used = counts["budget"]
        rows.append(
            {
                "name": name,
                "state": "new" if age is None else "held" if holds else "ok",
                "freshness_s": None if age is None else round(age, 1),
                "links": counts["links"],
                "conflicts": counts["conflicts"],
                "parked": counts["parked"],
                **told_audit([counts["meta"].get(f"audit:{side}") for side in SIDES]),
                "held": [{"digest": h.digest, "reason": h.reason, "count": h.count} for h in holds],
                "budget": {
                    side: {
                        "used": used[side],
                        "limit": definition.budgets.get(side),
                        "account": told_quota(counts["meta"], side),
                    }
                    for side in SIDES
                },
            }
        )
    if json:
        say_json({"connections": rows})
        return
    for row in rows:
        _say(row)


def _say(row: dict[str, Any]) -> None:
    fresh = "no sync so far" if row["freshness_s"] is None else f"last sync {_ago(row['freshness_s'])} ago"
    out.print(f"[bold]{row['name']}[/]: {row['state']}, {fresh}", highlight=False)
    out.print(
        f"  {row['links']:,} people linked, {row['conflicts']:,} open conflicts, {row['parked']:,} parked"
        + (" (`crmsync review`)" if row["conflicts"] or row["parked"] else ""),
        highlight=False,
    )
    if row["audited"]:
        out.print(
            f"  all values compared {row['audited']:.16}; {row['drifted']:,} found that no reading had shown",
            highlight=False,
        )
    for side, budget in row["budget"].items():
        limit = f" of {budget['limit']:,}" if budget["limit"] else ""
        told = budget["account"]
        left = f"; {told['left']:,} of the account's {told['limit']:,} were left" if told else ""
        out.print(f"  {side}: {budget['used']:,}{limit} calls today{left}", highlight=False)
    for hold in row["held"]:
        out.print(f"  [yellow]held[/] {hold['reason']}", highlight=False)
        out.print(f"       let it run: `crmsync approve {hold['digest']}`", highlight=False)


def _ago(seconds: float) -> str:
    """A span for people: its two largest units."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
